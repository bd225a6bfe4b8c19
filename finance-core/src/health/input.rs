//! What the health of an account is judged by.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::model::{ConnectionStatus, RunOutcome, SyncRun};
use crate::provider::ProviderErrorKind;
use crate::schedule::SyncFrequency;

/// What is known of an account. What is not known is `None` or empty, and is not held against it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthInput {
    /// Its connection; `None` for a manual account.
    pub connection: Option<HealthConnection>,
    /// The latest reconciliation that has a score, or the latest of all when none has.
    pub reconciliation: Option<HealthReconciliation>,
    /// When the bank last updated the data: the provider's last successful update, or the balance's own date, whichever is
    /// later. **Not when we last asked.**
    pub bank_updated_at: Option<DateTime<Utc>>,
    /// Runs of its connection, in any order; the policy says how many count.
    pub runs: Vec<HealthRun>,
    /// The last sync that was due; `None` when none was, or the frequency is manual.
    pub schedule: Option<HealthSchedule>,
    /// How often its connection is synced, where that was chosen: data may be older when it is fetched less than once a day.
    pub frequency: Option<SyncFrequency>,
    /// The calendar days of its pending rows, in any order; `None` when they were not read.
    pub pending: Option<Vec<NaiveDate>>,
}

/// The connection of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthConnection {
    /// Whether it works.
    pub status: ConnectionStatus,
    /// When the user's consent ends, where it does.
    pub consent_expires_at: Option<DateTime<Utc>>,
}

/// The latest reconciliation of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthReconciliation {
    /// Its score, 0 to 100; more counts as 100. `None` when too few balances were known to compare with.
    pub score: Option<u8>,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The bank's balance less the books', in the account's currency, where known.
    pub difference: Option<Decimal>,
}

/// A sync run as health sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthRun {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What went wrong, where something did.
    pub fault: Option<ProviderErrorKind>,
}

impl From<&SyncRun> for HealthRun {
    fn from(run: &SyncRun) -> Self {
        Self { at: run.ended_at, outcome: run.outcome, fault: run.fault.as_ref().map(|fault| fault.kind) }
    }
}

/// The last sync that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthSchedule {
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// When it ran; `None` when it has not yet.
    pub ran_at: Option<DateTime<Utc>>,
}
