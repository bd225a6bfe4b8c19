//! Identifiers. Ours are numbers that a store hands out; a provider's are opaque, case-sensitive text.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An identifier was given as empty text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an identifier must not be empty")]
pub struct EmptyId;

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Wraps the number under which a store keeps the record.
            pub const fn new(number: i64) -> Self {
                Self(number)
            }

            /// The number under which the store keeps the record.
            pub const fn number(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Arc<str>", into = "Arc<str>")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is: no trimming, no change of case.
            ///
            /// # Errors
            /// [`EmptyId`] when the text is empty.
            pub fn new(text: impl Into<Arc<str>>) -> Result<Self, EmptyId> {
                let text = text.into();
                if text.is_empty() { Err(EmptyId) } else { Ok(Self(text)) }
            }

            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<Arc<str>> for $name {
            type Error = EmptyId;
            fn try_from(text: Arc<str>) -> Result<Self, EmptyId> {
                Self::new(text)
            }
        }

        impl From<$name> for Arc<str> {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

number_id! {
    /// Our identifier of a connection; stays the same for the connection's whole life.
    ConnectionId
}
number_id! {
    /// Our identifier of an account; survives renames at the bank and a re-link.
    AccountId
}
number_id! {
    /// Our identifier of a transaction; survives posting, modification and a full replay.
    TransactionId
}

number_id! {
    /// Our identifier of a comparison of an account with the bank.
    ReconciliationId
}

text_id! {
    /// The host application's identifier of a user. Free text without personal data.
    UserId
}
text_id! {
    /// The name of a bank provider, such as `plaid`.
    ProviderName
}
text_id! {
    /// The provider's identifier of a connection (Plaid: `item_id`).
    ProviderConnectionId
}
impl ProviderName {
    /// The provider of what the user keeps by hand: [`MANUAL_PROVIDER`](super::MANUAL_PROVIDER).
    pub(crate) fn manual() -> Self {
        Self(super::MANUAL_PROVIDER.into())
    }
}

impl ProviderConnectionId {
    /// The identifier of what a user keeps by hand.
    pub(crate) fn of_user(user: &UserId) -> Self {
        Self(user.0.clone())
    }
}

text_id! {
    /// The provider's identifier of an account (Plaid: `account_id`). It changes on a re-link.
    ProviderAccountId
}
text_id! {
    /// The provider's identifier of a transaction (Plaid: `transaction_id`). It changes when a pending row posts.
    ProviderTransactionId
}
text_id! {
    /// The provider's identifier of an institution (Plaid: `ins_…`).
    InstitutionId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ids_keep_their_case_and_refuse_nothing_but_emptiness() {
        let lower = ProviderTransactionId::new("abC").unwrap();
        let upper = ProviderTransactionId::new("ABC").unwrap();
        assert_ne!(lower, upper);
        assert_eq!(ProviderTransactionId::new(" x ").unwrap().as_str(), " x ");
        assert_eq!(UserId::new(""), Err(EmptyId));
        assert!(serde_json::from_str::<UserId>("\"\"").is_err());
    }
}
