//! What a fault means for the next attempt: one table over every kind of fault.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::ConnectionStatus;
use crate::provider::ProviderErrorKind;

/// What the scheduler does after an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AfterFault {
    /// It tries again after a wait that doubles with every failure in a row.
    Wait(BackOffKind),
    /// It goes on as planned: the fault says nothing about the connection.
    GoOn,
    /// It stops until somebody acts.
    Pause(PauseReason),
}

impl AfterFault {
    /// The one table.
    ///
    /// | Fault | What follows |
    /// | --- | --- |
    /// | `RetryLater`, `RestartUpdate`, `RestartFromEmpty`, `UnknownAccount` | short wait |
    /// | `Unavailable` | long wait; a webhook ends it, for then the bank answers again |
    /// | `NotReady` | wait for data; a webhook ends it |
    /// | `InvalidAnswer`, `InvalidRequest` | slow wait: nothing mends itself, but an update of the library may |
    /// | `ProductNotSupported`, `BalanceTooOld` | as planned, or at once after a webhook |
    /// | `SignInAgain` | paused until the user acts; a webhook ends it, for it may tell that they did |
    /// | `LinkAgain`, `ConnectionRemoved` | paused until the user acts |
    /// | `QuotaUsedUp`, `Configuration` | paused until the operator acts |
    /// | `ProviderFault` | paused until the provider mends it |
    ///
    /// A webhook ends no other wait or pause than said here, and none of a manual connection. A request ends them all.
    pub const fn of(kind: ProviderErrorKind) -> Self {
        use ProviderErrorKind as K;
        match kind {
            K::RetryLater | K::RestartUpdate | K::RestartFromEmpty | K::UnknownAccount => {
                Self::Wait(BackOffKind::Short)
            }
            K::Unavailable => Self::Wait(BackOffKind::Long),
            K::NotReady => Self::Wait(BackOffKind::Data),
            K::InvalidAnswer | K::InvalidRequest => Self::Wait(BackOffKind::Slow),
            K::ProductNotSupported | K::BalanceTooOld => Self::GoOn,
            K::SignInAgain => Self::Pause(PauseReason::SignInAgain),
            K::LinkAgain => Self::Pause(PauseReason::LinkAgain),
            K::ConnectionRemoved => Self::Pause(PauseReason::ConnectionRemoved),
            K::QuotaUsedUp => Self::Pause(PauseReason::QuotaUsedUp),
            K::Configuration => Self::Pause(PauseReason::Configuration),
            K::ProviderFault => Self::Pause(PauseReason::ProviderFault),
        }
    }

    /// Whether a webhook that came after the failed attempt says that a new one is worth while.
    pub(super) const fn webhook_ends_it(self) -> bool {
        matches!(
            self,
            Self::GoOn
                | Self::Wait(BackOffKind::Long | BackOffKind::Data)
                | Self::Pause(PauseReason::SignInAgain)
        )
    }
}

/// Which wait of the policy applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BackOffKind {
    /// [`SchedulePolicy::short`](super::SchedulePolicy::short).
    Short,
    /// [`SchedulePolicy::long`](super::SchedulePolicy::long).
    Long,
    /// [`SchedulePolicy::data`](super::SchedulePolicy::data).
    Data,
    /// [`SchedulePolicy::slow`](super::SchedulePolicy::slow).
    Slow,
}

/// Why a connection is not synced until somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PauseReason {
    /// The user must sign in again, through update mode.
    SignInAgain,
    /// The user must link the bank anew.
    LinkAgain,
    /// The connection is gone at the provider.
    ConnectionRemoved,
    /// The provider's quota is used up.
    QuotaUsedUp,
    /// Keys, products or permissions of the application are wrong.
    Configuration,
    /// The provider must mend something.
    ProviderFault,
}

impl fmt::Display for PauseReason {
    /// A sentence for the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignInAgain => "Please sign in at your bank again.",
            Self::LinkAgain => "Please connect your bank anew.",
            Self::ConnectionRemoved => "This connection was removed.",
            Self::QuotaUsedUp => "No more updates are possible for now. We have to look into it.",
            Self::Configuration => "Something is not set up rightly on our side. We have to look into it.",
            Self::ProviderFault => "The connection to the bank has a fault that only the provider can mend.",
        })
    }
}

/// Who can end a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PauseEnder {
    /// The person whose accounts they are.
    User,
    /// Whoever runs the application.
    Operator,
    /// The provider, at the operator's request.
    Provider,
}

impl PauseReason {
    /// Every reason, in the order of declaration.
    pub const ALL: [Self; 6] = [
        Self::SignInAgain,
        Self::LinkAgain,
        Self::ConnectionRemoved,
        Self::QuotaUsedUp,
        Self::Configuration,
        Self::ProviderFault,
    ];

    /// The pause that a connection's status asks for, whatever its frequency.
    pub const fn of_status(status: ConnectionStatus) -> Option<Self> {
        use ConnectionStatus as S;
        match status {
            S::New | S::Good | S::ConsentEndsSoon | S::Disconnecting | S::Degraded => None,
            S::NeedsSignIn => Some(Self::SignInAgain),
            S::Revoked => Some(Self::LinkAgain),
            S::Removed => Some(Self::ConnectionRemoved),
        }
    }

    /// The stable name, as in `sign_in_again`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignInAgain => "sign_in_again",
            Self::LinkAgain => "link_again",
            Self::ConnectionRemoved => "connection_removed",
            Self::QuotaUsedUp => "quota_used_up",
            Self::Configuration => "configuration",
            Self::ProviderFault => "provider_fault",
        }
    }

    /// Reads what [`PauseReason::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Who can end it.
    pub const fn ender(self) -> PauseEnder {
        match self {
            Self::SignInAgain | Self::LinkAgain | Self::ConnectionRemoved => PauseEnder::User,
            Self::QuotaUsedUp | Self::Configuration => PauseEnder::Operator,
            Self::ProviderFault => PauseEnder::Provider,
        }
    }
}
