//! Accounts, as a provider describes them and as the books keep them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{AccountId, Balances, ConnectionId, Money, ProviderAccountId, UserId};
use crate::account_kind::{AccountClassification, classify_account};

/// An account as a provider describes it, its balances already in our sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderAccount {
    /// The provider's identifier; it changes on a re-link.
    pub id: ProviderAccountId,
    /// An identifier that stays the same across re-links, where the institution supports it.
    pub persistent_id: Option<String>,
    /// The name the user or the bank gave.
    pub name: String,
    /// The bank's official product name.
    pub official_name: Option<String>,
    /// The last two to four letters or digits of some account number. It may repeat within a connection.
    pub mask: Option<String>,
    /// The provider's type, verbatim.
    pub provider_type: String,
    /// The provider's subtype, verbatim.
    pub provider_subtype: Option<String>,
    /// Whether a person or a business holds it, where the provider says so.
    pub holder: Option<HolderCategory>,
    /// What the bank says it holds.
    pub balances: Balances,
}

impl ProviderAccount {
    /// What kind of account it is by our table.
    pub fn classification(&self) -> AccountClassification {
        classify_account(&self.provider_type, self.provider_subtype.as_deref())
    }
}

/// Who holds an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HolderCategory {
    /// A person.
    Personal,
    /// A business.
    Business,
    /// Anything else the provider says, verbatim.
    Other(String),
}

/// An account in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Our identifier.
    pub id: AccountId,
    /// The user it belongs to.
    pub user: UserId,
    /// The connection that feeds it.
    pub connection: ConnectionId,
    /// What the provider last said of it.
    pub provider: ProviderAccount,
    /// Whether the provider still lists it.
    pub status: AccountStatus,
    /// When the balances were last taken over from the provider.
    pub balances_at: DateTime<Utc>,
}

impl Account {
    /// What kind of account it is by our table.
    pub fn classification(&self) -> AccountClassification {
        self.provider.classification()
    }
}

/// Whether the provider still lists an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountStatus {
    /// Listed when last asked.
    Open,
    /// No longer listed: closed, de-selected by the user or renamed at the bank. Its history stays.
    Gone,
}

/// What the books hold for one account and one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountTotals {
    /// The account.
    pub account: AccountId,
    /// Live transactions, pending ones included.
    pub rows: u64,
    /// How many of them are pending.
    pub pending_rows: u64,
    /// The exact sum of the live transactions, pending ones included.
    pub sum: Money,
}
