//! Connections: one sign-in of one user at one institution.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{AccessToken, ConnectionId, Cursor, InstitutionRef, ProviderConnectionId, ProviderName, UserId};
use crate::provider::ProviderErrorKind;
use crate::schedule::SyncFrequency;

/// One sign-in of one user at one institution (Plaid: an Item).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Our identifier.
    pub id: ConnectionId,
    /// The user it belongs to.
    pub user: UserId,
    /// The provider it goes through.
    pub provider: ProviderName,
    /// The provider's identifier.
    pub provider_id: ProviderConnectionId,
    /// The institution, when the provider told it.
    pub institution: Option<InstitutionRef>,
    /// Whether it works.
    pub status: ConnectionStatus,
    /// Up to where the books are complete; `None` before the first update with data.
    pub cursor: Option<Cursor>,
    /// How much of the history the provider has made ready.
    pub history: HistoryStatus,
    /// When it was linked.
    pub created_at: DateTime<Utc>,
    /// When an update was last applied.
    pub synced_at: Option<DateTime<Utc>>,
    /// The fault of the last attempt; a good sync clears it.
    pub fault: Option<ConnectionFault>,
    /// When the user's consent ends, where it does.
    pub consent_expires_at: Option<DateTime<Utc>>,
    /// When the bank last gave the provider transactions, whether or not any were new. **Not when we last asked.**
    pub bank_updated_at: Option<DateTime<Utc>>,
    /// When the bank last refused or failed to.
    pub bank_failed_at: Option<DateTime<Utc>>,
    /// Whether the bank has accounts of the user's that are not shared yet: offer update mode with a choice of accounts.
    pub new_accounts_available: bool,
    /// Grows by one with every step that writes what others may have planned on
    /// ([`ChangeSet::revises`](crate::ChangeSet::revises)).
    pub revision: u64,
}

/// Consent that ends within this many days ends soon.
pub const CONSENT_ENDS_SOON_DAYS: i64 = 7;

/// A connection about to be stored: the result of an exchange.
#[derive(Debug, Clone)]
pub struct NewConnection {
    /// The user it belongs to.
    pub user: UserId,
    /// The provider it goes through.
    pub provider: ProviderName,
    /// The provider's identifier.
    pub provider_id: ProviderConnectionId,
    /// The institution, when the link dialogue told it.
    pub institution: Option<InstitutionRef>,
    /// The key to it, sealed by the store before it touches a disk; `None` for one that no provider feeds, which is
    /// [`ConnectionStatus::Good`] from the start.
    pub access_token: Option<AccessToken>,
    /// How often it is to be synced.
    pub frequency: SyncFrequency,
    /// When it was linked.
    pub created_at: DateTime<Utc>,
}

/// The name of the provider of connections that the user keeps by hand; they have no access token and are never synced. No
/// other provider may have it.
pub const MANUAL_PROVIDER: &str = "manual";

impl Connection {
    /// Whether the user keeps it by hand.
    pub fn is_manual(&self) -> bool {
        self.provider.as_str() == MANUAL_PROVIDER
    }
}

impl NewConnection {
    /// The connection on which all accounts hang that a user keeps by hand. There is one at the most for each user.
    pub fn manual(user: &UserId, created_at: DateTime<Utc>) -> Self {
        Self {
            user: user.clone(),
            provider: ProviderName::manual(),
            provider_id: ProviderConnectionId::of_user(user),
            institution: None,
            access_token: None,
            frequency: SyncFrequency::Manual,
            created_at,
        }
    }
}

/// Whether a connection works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionStatus {
    /// Linked, no data yet.
    New,
    /// The last sync went well.
    Good,
    /// The user must sign in again, through update mode.
    NeedsSignIn,
    /// The user's consent ends soon.
    ConsentEndsSoon,
    /// The institution will disconnect soon.
    Disconnecting,
    /// The institution or the provider is not answering for now.
    Degraded,
    /// The user or the bank withdrew access; a new link helps, update mode perhaps.
    Revoked,
    /// Removed at the provider.
    Removed,
}

impl ConnectionStatus {
    /// Every status, in the order of declaration.
    pub const ALL: [Self; 8] = [
        Self::New,
        Self::Good,
        Self::NeedsSignIn,
        Self::ConsentEndsSoon,
        Self::Disconnecting,
        Self::Degraded,
        Self::Revoked,
        Self::Removed,
    ];

    /// The stable name under which stores and bindings keep it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Good => "good",
            Self::NeedsSignIn => "needs_sign_in",
            Self::ConsentEndsSoon => "consent_ends_soon",
            Self::Disconnecting => "disconnecting",
            Self::Degraded => "degraded",
            Self::Revoked => "revoked",
            Self::Removed => "removed",
        }
    }

    /// Reads what [`ConnectionStatus::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The status of a connection that was just stored.
    pub const fn of_new(has_token: bool) -> Self {
        if has_token { Self::New } else { Self::Good }
    }

    /// Whether the user has it, so that linking the same bank again would double it: not when it is revoked or removed.
    pub const fn is_alive(self) -> bool {
        !matches!(self, Self::Revoked | Self::Removed)
    }

    /// The status after an attempt failed in this way.
    #[must_use]
    pub const fn after_failure(self, kind: ProviderErrorKind) -> Self {
        match kind {
            ProviderErrorKind::SignInAgain => Self::NeedsSignIn,
            ProviderErrorKind::LinkAgain => Self::Revoked,
            ProviderErrorKind::ConnectionRemoved => Self::Removed,
            ProviderErrorKind::Unavailable if matches!(self, Self::New | Self::Good) => Self::Degraded,
            _ => self,
        }
    }

    /// The status after a sync went well. A warning of something that will end stays; an error is cleared.
    #[must_use]
    pub const fn after_success(self, history: HistoryStatus) -> Self {
        match self {
            Self::ConsentEndsSoon | Self::Disconnecting => self,
            Self::New if matches!(history, HistoryStatus::NotReady) => Self::New,
            _ => Self::Good,
        }
    }

    /// The status once the provider described the connection, after a sync went well or found nothing ready: a fault that
    /// the description names holds all the same, for a sync hands out what was gathered before. That the consent ends soon is
    /// said when, and as long as, it is true.
    #[must_use]
    pub fn as_described(
        self,
        fault: Option<ProviderErrorKind>,
        consent_expires_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        let ends_within = |days| consent_expires_at.is_some_and(|at| at <= now + TimeDelta::days(days));
        let warned = match self {
            Self::Good if ends_within(CONSENT_ENDS_SOON_DAYS) => Self::ConsentEndsSoon,
            // The day more keeps a warning of the provider's own, which comes about a week ahead.
            Self::ConsentEndsSoon if !ends_within(CONSENT_ENDS_SOON_DAYS + 1) => Self::Good,
            other => other,
        };
        fault.map_or(warned, |kind| warned.after_failure(kind))
    }
}

/// What went wrong on a connection's last attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionFault {
    /// What the fault asks for.
    pub kind: ProviderErrorKind,
    /// The provider's code, where it gave one.
    pub code: Option<String>,
    /// A sentence fit for the user.
    pub user_message: String,
    /// When it happened.
    pub at: DateTime<Utc>,
}

/// How much of a connection's history the provider has made ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HistoryStatus {
    /// The provider does not say.
    Unknown,
    /// Nothing yet: ask again in some seconds.
    NotReady,
    /// About the latest 30 days.
    Recent,
    /// Everything the bank gives.
    Complete,
}

impl HistoryStatus {
    /// The stable name under which stores and bindings keep it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotReady => "not_ready",
            Self::Recent => "recent",
            Self::Complete => "complete",
        }
    }

    /// Reads what [`HistoryStatus::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Unknown, Self::NotReady, Self::Recent, Self::Complete]
            .into_iter()
            .find(|status| status.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for status in ConnectionStatus::ALL {
            assert_eq!(ConnectionStatus::from_name(status.name()), Some(status));
        }
        assert_eq!(ConnectionStatus::from_name("fine"), None);
    }

    #[test]
    fn a_good_sync_clears_an_error_but_not_a_warning() {
        use ConnectionStatus as S;
        for (before, history, after) in [
            (S::New, HistoryStatus::NotReady, S::New),
            (S::New, HistoryStatus::Recent, S::Good),
            (S::NeedsSignIn, HistoryStatus::Complete, S::Good),
            (S::Degraded, HistoryStatus::Unknown, S::Good),
            (S::ConsentEndsSoon, HistoryStatus::Complete, S::ConsentEndsSoon),
            (S::Disconnecting, HistoryStatus::Complete, S::Disconnecting),
        ] {
            assert_eq!(before.after_success(history), after, "{before:?}");
        }
    }

    #[test]
    fn a_description_says_what_a_good_sync_does_not() {
        use ConnectionStatus as S;
        use ProviderErrorKind as K;
        let now: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().unwrap();
        let ends = |hours| Some(now + TimeDelta::hours(hours));
        for (before, fault, consent, after) in [
            (S::Good, None, None, S::Good),
            (S::Good, None, ends(7 * 24 + 1), S::Good),
            (S::Good, None, ends(7 * 24), S::ConsentEndsSoon),
            (S::Good, None, ends(-1), S::ConsentEndsSoon),
            (S::New, None, ends(1), S::New),
            (S::ConsentEndsSoon, None, ends(1), S::ConsentEndsSoon),
            (S::ConsentEndsSoon, None, ends(7 * 24 + 1), S::ConsentEndsSoon),
            (S::ConsentEndsSoon, None, ends(8 * 24 + 1), S::Good),
            (S::ConsentEndsSoon, None, None, S::Good),
            (S::Disconnecting, None, ends(90 * 24), S::Disconnecting),
            (S::Good, Some(K::SignInAgain), None, S::NeedsSignIn),
            (S::New, Some(K::SignInAgain), None, S::NeedsSignIn),
            (S::ConsentEndsSoon, Some(K::SignInAgain), ends(1), S::NeedsSignIn),
            (S::Good, Some(K::Unavailable), None, S::Degraded),
            (S::Good, Some(K::Unavailable), ends(1), S::ConsentEndsSoon),
            (S::Good, Some(K::ProductNotSupported), None, S::Good),
        ] {
            assert_eq!(before.as_described(fault, consent, now), after, "{before:?} {fault:?} {consent:?}");
        }
    }

    #[test]
    fn a_failure_changes_the_status_only_when_it_says_something_of_the_connection() {
        use ConnectionStatus as S;
        use ProviderErrorKind as K;
        for (before, kind, after) in [
            (S::Good, K::SignInAgain, S::NeedsSignIn),
            (S::Good, K::LinkAgain, S::Revoked),
            (S::Good, K::ConnectionRemoved, S::Removed),
            (S::Good, K::Unavailable, S::Degraded),
            (S::NeedsSignIn, K::Unavailable, S::NeedsSignIn),
            (S::Good, K::Configuration, S::Good),
            (S::Good, K::RetryLater, S::Good),
        ] {
            assert_eq!(before.after_failure(kind), after, "{before:?} {kind:?}");
        }
    }
}
