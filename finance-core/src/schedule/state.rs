//! What is known of a connection when its next sync is planned, and what is said of it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{PauseReason, SyncFrequency};
use crate::model::{ConnectionStatus, RunOutcome, SyncRun};
use crate::provider::ProviderErrorKind;

/// What is known of a connection when its next sync is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleState {
    /// How often it is wanted.
    pub frequency: SyncFrequency,
    /// Whether the connection works; some statuses pause it whatever the frequency.
    pub status: ConnectionStatus,
    /// Spreads connections over time: any number that stays the same, such as the connection's identifier.
    pub seed: u64,
    /// When it was linked or its frequency was last set; daily and weekly syncs keep to this time of day.
    pub since: DateTime<Utc>,
    /// The last attempt, whether it went well or not.
    pub last_attempt: Option<LastAttempt>,
    /// Failures in a row, the last attempt included; 0 after a good one.
    pub failures: u32,
    /// The newest webhook that told of news.
    pub webhook_at: Option<DateTime<Utc>>,
    /// When somebody last asked for a sync now.
    pub requested_at: Option<DateTime<Utc>>,
}

impl ScheduleState {
    /// A sound connection that was never synced.
    pub const fn new(frequency: SyncFrequency, seed: u64, since: DateTime<Utc>) -> Self {
        Self {
            frequency,
            status: ConnectionStatus::New,
            seed,
            since,
            last_attempt: None,
            failures: 0,
            webhook_at: None,
            requested_at: None,
        }
    }
}

/// The last attempt on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastAttempt {
    /// When it began. Webhooks and requests up to then are served by it.
    pub started_at: DateTime<Utc>,
    /// When it ended. Waits count from here.
    pub ended_at: DateTime<Utc>,
    /// What went wrong, where something did; data that is not ready counts.
    pub fault: Option<ProviderErrorKind>,
    /// The wait that the provider named, where it named one.
    pub retry_after: Option<Duration>,
}

impl LastAttempt {
    /// The attempt that a run records, which keeps no wait named by the provider.
    ///
    /// Data that is not ready counts as a fault, and a run that failed for a reason outside the provider as a passing one, as
    /// does one that was cancelled.
    pub fn of_run(run: &SyncRun) -> Self {
        let outcome = match run.outcome {
            RunOutcome::Applied | RunOutcome::Superseded => None,
            RunOutcome::NotReady => Some(ProviderErrorKind::NotReady),
            RunOutcome::Failed | RunOutcome::Cancelled => Some(ProviderErrorKind::RetryLater),
        };
        Self {
            started_at: run.started_at,
            ended_at: run.ended_at,
            fault: run.fault.as_ref().map(|fault| fault.kind).or(outcome),
            retry_after: None,
        }
    }

    /// When it was over, even by a clock that went backwards meanwhile.
    pub(super) fn over_at(&self) -> DateTime<Utc> {
        self.started_at.max(self.ended_at)
    }
}

const RETRY: &str = "retry:";
const PAUSED: &str = "paused:";
const NEVER: &str = "never";

/// When a connection is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// At this instant, or at once when it has passed.
    At {
        /// The instant.
        at: DateTime<Utc>,
        /// What makes it due.
        why: DueReason,
    },
    /// Not before somebody acts.
    Paused(PauseReason),
    /// Not before somebody asks: the frequency is manual.
    Never,
}

impl Due {
    /// The instant, when there is one.
    pub const fn at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::At { at, .. } => Some(at),
            Self::Paused(_) | Self::Never => None,
        }
    }

    /// The reason by a stable name: that of what makes it due, as in `period` or `retry:unavailable`, that of a pause, as in
    /// `paused:sign_in_again`, or `never`.
    ///
    /// ```
    /// use finance_core::{Due, PauseReason};
    ///
    /// let due = Due::Paused(PauseReason::SignInAgain);
    /// assert_eq!(due.key(), "paused:sign_in_again");
    /// assert_eq!(Due::from_key(None, "paused:sign_in_again"), Some(due));
    /// ```
    pub fn key(self) -> Cow<'static, str> {
        match self {
            Self::At { why: DueReason::Retry(kind), .. } => format!("{RETRY}{}", kind.name()).into(),
            Self::At { why, .. } => why.name().into(),
            Self::Paused(reason) => format!("{PAUSED}{}", reason.name()).into(),
            Self::Never => NEVER.into(),
        }
    }

    /// Reads what [`Due::key`] gave, and the instant beside it.
    pub fn from_key(at: Option<DateTime<Utc>>, key: &str) -> Option<Self> {
        let Some(at) = at else {
            return match key.strip_prefix(PAUSED) {
                Some(reason) => PauseReason::from_name(reason).map(Self::Paused),
                None => (key == NEVER).then_some(Self::Never),
            };
        };
        let why = match key.strip_prefix(RETRY) {
            Some(kind) => DueReason::Retry(ProviderErrorKind::from_name(kind)?),
            None => *DueReason::NAMED.iter().find(|why| why.name() == key)?,
        };
        Some(Self::At { at, why })
    }

    /// Whether a sync should begin now.
    pub fn is_due(self, now: DateTime<Utc>) -> bool {
        self.at().is_some_and(|at| at <= now)
    }
}

/// What makes a connection due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DueReason {
    /// It was never synced.
    First,
    /// Its period has passed.
    Period,
    /// No webhook came for as long as the backstop allows.
    Backstop,
    /// The provider told of news.
    Webhook,
    /// Somebody asked.
    Requested,
    /// The wait after this fault is over.
    Retry(ProviderErrorKind),
}

impl DueReason {
    /// Those whose name says all.
    const NAMED: [Self; 5] = [Self::First, Self::Period, Self::Backstop, Self::Webhook, Self::Requested];

    /// The stable name, as in `period`; the kind of the fault has its own.
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Period => "period",
            Self::Backstop => "backstop",
            Self::Webhook => "webhook",
            Self::Requested => "requested",
            Self::Retry(_) => "retry",
        }
    }
}

impl fmt::Display for DueReason {
    /// A sentence for the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::First => "It is the first update of this connection.",
            Self::Period => "It is the regular update.",
            Self::Backstop => "The bank has sent no news for a while.",
            Self::Webhook => "The bank has news.",
            Self::Requested => "You asked for it.",
            Self::Retry(_) => "The last update failed and is tried again.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_sentence_of_its_own() {
        let retry = DueReason::Retry(ProviderErrorKind::ALL[0]);
        let dues = DueReason::NAMED.into_iter().chain([retry]).map(|why| why.to_string());
        let said: Vec<String> = dues.chain(PauseReason::ALL.map(|why| why.to_string())).collect();
        let different: std::collections::BTreeSet<&String> = said.iter().collect();
        assert_eq!(different.len(), 12);
        for sentence in said {
            assert!(sentence.ends_with('.') && sentence.starts_with(char::is_uppercase), "{sentence}");
        }
    }

    #[test]
    fn keys_read_back() {
        let at = DateTime::UNIX_EPOCH;
        let retries = ProviderErrorKind::ALL.map(DueReason::Retry);
        let whys = DueReason::NAMED.into_iter().chain(retries).map(|why| Due::At { at, why });
        let pauses = PauseReason::ALL.map(Due::Paused);
        for due in whys.chain(pauses).chain([Due::Never]) {
            assert_eq!(Due::from_key(due.at(), &due.key()), Some(due), "{due:?}");
        }
        for (instant, key) in
            [(Some(at), "never"), (Some(at), "retry"), (None, "period"), (None, "paused:"), (None, "")]
        {
            assert_eq!(Due::from_key(instant, key), None, "{key}");
        }
    }
}
