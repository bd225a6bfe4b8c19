//! What is known of a connection when its next sync is planned, and what is said of it.

use std::time::Duration;

use chrono::{DateTime, Utc};

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
    /// Data that is not ready counts as a fault, and a run that failed for a reason outside the provider as a passing one.
    pub fn of_run(run: &SyncRun) -> Self {
        let outcome = match run.outcome {
            RunOutcome::Applied | RunOutcome::Superseded => None,
            RunOutcome::NotReady => Some(ProviderErrorKind::NotReady),
            RunOutcome::Failed => Some(ProviderErrorKind::RetryLater),
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

/// When a connection is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    /// Whether a sync should begin now.
    pub fn is_due(self, now: DateTime<Utc>) -> bool {
        self.at().is_some_and(|at| at <= now)
    }
}

/// What makes a connection due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
