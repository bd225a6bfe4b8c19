//! What an application may choose about transfers, and what it may tell about the accounts.

use serde::{Deserialize, Serialize};

use crate::account_kind::AccountKind;
use crate::model::{Account, AccountId};

/// How readily two rows count as a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct TransferPolicy {
    /// How many days the two sides may lie apart.
    pub date_window_days: u16,
    /// The score from which a pair is certain; below it, it is a suggestion.
    pub pair_from_score: u8,
}

impl Default for TransferPolicy {
    fn default() -> Self {
        Self { date_window_days: 4, pair_from_score: 60 }
    }
}

/// What is known of an account of the user, as evidence for transfers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferAccount {
    /// The account.
    pub account: AccountId,
    /// Its name, as texts may tell it.
    pub name: Option<String>,
    /// The last letters or digits of its number.
    pub mask: Option<String>,
    /// What kind it is; a card or a loan is paid off by transfers.
    pub kind: Option<AccountKind>,
}

impl From<&Account> for TransferAccount {
    fn from(account: &Account) -> Self {
        Self {
            account: account.id,
            name: Some(account.provider.name.clone()),
            mask: account.provider.mask.clone(),
            kind: Some(account.classification().kind),
        }
    }
}
