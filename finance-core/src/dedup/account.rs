//! Which old account of a re-linked connection each new account is.

use std::fmt;

use crate::dedup::LinkedAccount;
use crate::model::{Account, Currency, HolderCategory, ProviderAccount};

/// What tells one account from another. What is not known is `None` and speaks neither for nor against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountIdentity {
    /// An identifier that is the same for every link of the account, where the institution has one.
    pub persistent_id: Option<String>,
    /// The name the user or the bank gave.
    pub name: Option<String>,
    /// The bank's official product name.
    pub official_name: Option<String>,
    /// The last letters or digits of its number.
    pub mask: Option<String>,
    /// The provider's type, verbatim.
    pub provider_type: Option<String>,
    /// The provider's subtype, verbatim.
    pub provider_subtype: Option<String>,
    /// The currency of its balances.
    pub currency: Option<Currency>,
    /// Whether a person or a business holds it.
    pub holder: Option<HolderCategory>,
}

impl From<&ProviderAccount> for AccountIdentity {
    fn from(account: &ProviderAccount) -> Self {
        Self {
            persistent_id: account.persistent_id.clone(),
            name: Some(account.name.clone()),
            official_name: account.official_name.clone(),
            mask: account.mask.clone(),
            provider_type: Some(account.provider_type.clone()),
            provider_subtype: account.provider_subtype.clone(),
            currency: account.balances.currency.clone(),
            holder: account.holder.clone(),
        }
    }
}

impl From<&Account> for AccountIdentity {
    fn from(account: &Account) -> Self {
        Self::from(&account.provider)
    }
}

impl From<&LinkedAccount> for AccountIdentity {
    fn from(account: &LinkedAccount) -> Self {
        Self {
            persistent_id: account.persistent_id.clone(),
            name: account.name.clone(),
            mask: account.mask.clone(),
            provider_type: account.provider_type.clone(),
            provider_subtype: account.provider_subtype.clone(),
            ..Self::default()
        }
    }
}

/// What became of the accounts of a connection that was linked anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountMatches {
    /// One answer per new account, in the order given.
    pub accounts: Vec<AccountMatch>,
    /// Old accounts that no new one can be, by their places in the slice given, ascending.
    pub gone: Vec<usize>,
}

/// What a new account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountMatch {
    /// What it is.
    pub verdict: AccountVerdict,
    /// The old accounts it may be, best first: one if it is the same, one or more if that cannot be told, none if it is new.
    pub candidates: Vec<AccountCandidate>,
}

/// What a new account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "an old one, none of them, or unknown")]
pub enum AccountVerdict {
    /// It is the old account that stands as the only candidate. No other new account is.
    Same,
    /// It may be one of the candidates, or none. The user must say.
    CannotTell,
    /// It is none of the old accounts.
    New,
}

impl AccountVerdict {
    /// The stable name, as in `cannot_tell`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::CannotTell => "cannot_tell",
            Self::New => "new",
        }
    }
}

/// An old account that a new one may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCandidate {
    /// The old account, by its place in the slice given.
    pub old: usize,
    /// How likely it is, in whole points from 0 to 100.
    pub score: u8,
    /// Why, the weightiest first.
    pub reasons: Vec<AccountReason>,
}

/// A piece of evidence. Printed, it is a sentence's part for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AccountReason {
    /// Both have the same persistent identifier.
    SamePersistentId,
    /// The last letters or digits of the number are the same.
    SameMask,
    /// They differ.
    OtherMask,
    /// The names are the same.
    SameName,
    /// The names differ.
    OtherName,
    /// The bank's product names are the same.
    SameOfficialName,
    /// The bank's product names differ.
    OtherOfficialName,
    /// The kinds are the same.
    SameKind,
    /// The kinds are close, as far as they are known.
    SimilarKind,
    /// The currencies are the same.
    SameCurrency,
    /// The holders are the same.
    SameHolder,
    /// A person holds the one, a business the other.
    OtherHolder,
    /// It is the only one left on both sides.
    OnlyOneLeft,
    /// Another account fits as well.
    Ambiguous,
}

impl AccountReason {
    /// The stable name, as in `same_mask`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SamePersistentId => "same_persistent_id",
            Self::SameMask => "same_mask",
            Self::OtherMask => "other_mask",
            Self::SameName => "same_name",
            Self::OtherName => "other_name",
            Self::SameOfficialName => "same_official_name",
            Self::OtherOfficialName => "other_official_name",
            Self::SameKind => "same_kind",
            Self::SimilarKind => "similar_kind",
            Self::SameCurrency => "same_currency",
            Self::SameHolder => "same_holder",
            Self::OtherHolder => "other_holder",
            Self::OnlyOneLeft => "only_one_left",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl fmt::Display for AccountReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SamePersistentId => "same persistent identifier",
            Self::SameMask => "same last digits",
            Self::OtherMask => "other last digits",
            Self::SameName => "same name",
            Self::OtherName => "other name",
            Self::SameOfficialName => "same product name",
            Self::OtherOfficialName => "other product name",
            Self::SameKind => "same kind",
            Self::SimilarKind => "same kind as far as it is known",
            Self::SameCurrency => "same currency",
            Self::SameHolder => "same holder",
            Self::OtherHolder => "other holder",
            Self::OnlyOneLeft => "the only one left on both sides",
            Self::Ambiguous => "another account fits as well",
        })
    }
}

/// Finds which old account each new account is.
pub fn match_relinked_accounts(old: &[AccountIdentity], new: &[AccountIdentity]) -> AccountMatches {
    let unseen = AccountMatch { verdict: AccountVerdict::New, candidates: Vec::new() };
    AccountMatches { accounts: vec![unseen; new.len()], gone: (0..old.len()).collect() }
}
