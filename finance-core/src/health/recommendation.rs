//! What would raise the health of an account.

use std::fmt;

use serde::Serialize;

use crate::provider::ProviderErrorKind;

/// What somebody can do for an account. The order is that of urgency, the most urgent first. Printed, it is its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Recommendation {
    /// Link the bank anew.
    LinkAgain,
    /// Sign in again, through update mode.
    SignInAgain,
    /// Renew the consent before it ends, through update mode.
    RenewConsent,
    /// Tell whoever runs the application: only they can mend it.
    AskSupport,
    /// Look at the difference between the books and the bank.
    ReviewDifference,
    /// Sync now.
    SyncNow,
    /// Compare the books with the bank or a statement.
    Reconcile,
    /// Look at rows that have been pending for too long.
    ReviewPending,
    /// Nothing to do but wait for the bank.
    WaitForBank,
}

impl Recommendation {
    /// Every recommendation, the most urgent first.
    pub const ALL: [Self; 9] = [
        Self::LinkAgain,
        Self::SignInAgain,
        Self::RenewConsent,
        Self::AskSupport,
        Self::ReviewDifference,
        Self::SyncNow,
        Self::Reconcile,
        Self::ReviewPending,
        Self::WaitForBank,
    ];

    /// The stable name, as in `sign_in_again`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkAgain => "link_again",
            Self::SignInAgain => "sign_in_again",
            Self::RenewConsent => "renew_consent",
            Self::AskSupport => "ask_support",
            Self::ReviewDifference => "review_difference",
            Self::SyncNow => "sync_now",
            Self::Reconcile => "reconcile",
            Self::ReviewPending => "review_pending",
            Self::WaitForBank => "wait_for_bank",
        }
    }

    /// Reads what [`Recommendation::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|recommendation| recommendation.name() == name)
    }

    /// A sentence for the person whose account it is.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::LinkAgain => "Link your bank again: the old connection no longer works.",
            Self::SignInAgain => "Sign in to your bank again so that updates can go on.",
            Self::RenewConsent => "Renew the connection to your bank before it ends.",
            Self::AskSupport => "Contact support: this cannot be mended from your side.",
            Self::ReviewDifference => "Review why your transactions do not add up to the bank's balance.",
            Self::SyncNow => "Sync the account now.",
            Self::Reconcile => "Compare the account with the balance at the bank or on a statement.",
            Self::ReviewPending => "Check the transactions that have been pending for a long time.",
            Self::WaitForBank => "Wait: new data will come as soon as the bank provides it.",
        }
    }

    /// What to do about a fault of a sync; `None` when it says nothing about the connection.
    pub const fn for_fault(kind: ProviderErrorKind) -> Option<Self> {
        use ProviderErrorKind as K;
        Some(match kind {
            K::SignInAgain => Self::SignInAgain,
            K::LinkAgain | K::ConnectionRemoved => Self::LinkAgain,
            K::RetryLater | K::RestartUpdate | K::RestartFromEmpty | K::UnknownAccount => Self::SyncNow,
            K::Unavailable | K::NotReady => Self::WaitForBank,
            K::QuotaUsedUp | K::Configuration | K::ProviderFault | K::InvalidAnswer | K::InvalidRequest => {
                Self::AskSupport
            }
            K::ProductNotSupported | K::BalanceTooOld => return None,
        })
    }
}

impl fmt::Display for Recommendation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}
