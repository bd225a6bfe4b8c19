//! The port to schedules: when connections are due, and who works on them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use super::StoreError;
use crate::audit::AuditDraft;
use crate::model::{ConnectionId, ProviderName, UserId};
use crate::schedule::{Due, PauseReason, ScheduleState};

/// The schedule of one connection as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSchedule {
    /// The user whose connection it is.
    pub user: UserId,
    /// The connection.
    pub connection: ConnectionId,
    /// What the next sync is planned from. Its status is the connection's own, and its seed the connection's number; neither
    /// is written with a schedule.
    pub state: ScheduleState,
    /// When the connection is due, as it was planned when the schedule was last saved.
    pub due: Due,
    /// The lease that was taken last and not released; it may be over.
    pub lease: Option<Lease>,
    /// Grows with each save; leases do not change it.
    pub revision: u64,
}

/// No lease is taken for longer. One that ends later than so long after now was taken by a clock that ran ahead.
pub const LEASE_MAX: TimeDelta = TimeDelta::days(1);

impl StoredSchedule {
    /// Who works on the connection now, if anybody does.
    pub fn running(&self, now: DateTime<Utc>) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| lease.holds(now))
    }
}

/// The right to be the only one who syncs a connection, up to an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The user whose connection it is.
    pub user: UserId,
    /// The connection.
    pub connection: ConnectionId,
    /// Who holds it, for people to read: two holders may have one name.
    pub worker: String,
    /// Which taking of the connection's lease this is: each one has a greater number than those before.
    pub number: u64,
    /// Up to when it holds.
    pub until: DateTime<Utc>,
}

impl Lease {
    /// Whether it holds: it is not over, and ends within [`LEASE_MAX`].
    pub fn holds(&self, now: DateTime<Utc>) -> bool {
        self.until > now && self.until - now <= LEASE_MAX
    }
}

/// How many connections are due, in work, planned and paused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchedulerStatus {
    /// Connections that are due and that nobody works on.
    pub due: u64,
    /// Since when the one of them that waits longest is due.
    pub oldest_due: Option<DateTime<Utc>>,
    /// Connections in work, by the name of who works on them.
    pub running: BTreeMap<String, u64>,
    /// Connections that are due later and that nobody works on.
    pub planned: u64,
    /// When the first of them is due.
    pub next_due: Option<DateTime<Utc>>,
    /// Connections that wait for somebody to act, by the reason, whether or not somebody works on them.
    pub paused: BTreeMap<PauseReason, u64>,
    /// Connections that are due by request only, whether or not somebody works on them.
    pub by_request: u64,
}

impl SchedulerStatus {
    /// Counts some schedules.
    pub fn of<'a>(schedules: impl IntoIterator<Item = &'a StoredSchedule>, now: DateTime<Utc>) -> Self {
        let mut status = Self::default();
        for schedule in schedules {
            let running = schedule.running(now);
            if let Some(lease) = running {
                *status.running.entry(lease.worker.clone()).or_default() += 1;
            }
            match schedule.due {
                Due::Paused(reason) => *status.paused.entry(reason).or_default() += 1,
                Due::Never => status.by_request += 1,
                Due::At { .. } if running.is_some() => {}
                Due::At { at, .. } if at <= now => {
                    status.due += 1;
                    status.oldest_due = Some(status.oldest_due.map_or(at, |oldest| oldest.min(at)));
                }
                Due::At { at, .. } => {
                    status.planned += 1;
                    status.next_due = Some(status.next_due.map_or(at, |next| next.min(at)));
                }
            }
        }
        status
    }

    /// Connections in work, whoever works on them.
    pub fn in_work(&self) -> u64 {
        self.running.values().sum()
    }
}

/// Schedules and leases. Every connection has a schedule from
/// [`ConnectionStore::insert_connection`](super::ConnectionStore::insert_connection) on, and loses it with itself.
///
/// A lease holds until its instant, unless it is released before ([`Lease::holds`]). It is over by the instants that callers name:
/// a store asks no clock. Its number tells an old holder from a new one, so that whoever lost a lease finds out.
#[async_trait]
pub trait ScheduleStore: Send + Sync {
    /// The schedule of one connection of the user.
    async fn schedule(&self, user: &UserId, connection: ConnectionId) -> Result<StoredSchedule, StoreError>;

    /// The schedules of every connection of the user, oldest connection first.
    async fn schedules(&self, user: &UserId) -> Result<Vec<StoredSchedule>, StoreError>;

    /// Writes what a schedule says of its state and when it is due, and the audit drafts with it, if the schedule still has
    /// the revision given. Its lease stays as it is.
    ///
    /// # Errors
    /// Nothing is written when there is one. [`StoreErrorKind::NotFound`](super::StoreErrorKind::NotFound);
    /// [`StoreErrorKind::Conflict`](super::StoreErrorKind::Conflict) when the schedule was saved by somebody else meanwhile.
    async fn save_schedule(
        &self,
        schedule: &StoredSchedule,
        at: DateTime<Utc>,
        audit: &[AuditDraft],
    ) -> Result<(), StoreError>;

    /// Takes the leases of connections of all users through a provider that are due at `now` and that nobody holds, those due
    /// longest first and `limit` at the most. No two callers get the same connection.
    async fn claim_due(
        &self,
        provider: &ProviderName,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Lease>, StoreError>;

    /// Takes the lease of one connection of the user, due or not.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`](super::StoreErrorKind::NotFound);
    /// [`StoreErrorKind::Conflict`](super::StoreErrorKind::Conflict) when somebody holds it at `now`, whatever their name.
    async fn take_lease(
        &self,
        user: &UserId,
        connection: ConnectionId,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Lease, StoreError>;

    /// Lets a lease hold until another instant. One that is over but was not taken by anybody since holds again.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`](super::StoreErrorKind::Conflict) when the lease is lost: released, taken by somebody else,
    /// or gone with its connection.
    async fn renew_lease(&self, lease: &Lease, until: DateTime<Utc>) -> Result<Lease, StoreError>;

    /// Ends a lease.
    ///
    /// # Errors
    /// As for renewing.
    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError>;

    /// The first instant at which [`ScheduleStore::claim_due`] can find something, as things stand; it may have passed. `None`
    /// when nothing is due at any time.
    async fn next_claim_at(&self, provider: &ProviderName) -> Result<Option<DateTime<Utc>>, StoreError>;

    /// Connections of all users through a provider that are planned and whose last attempt ended after an instant, oldest
    /// connection first: a clock that ran ahead planned them.
    async fn attempted_after(
        &self,
        provider: &ProviderName,
        at: DateTime<Utc>,
    ) -> Result<Vec<(UserId, ConnectionId)>, StoreError>;

    /// The status of the schedules of all users' connections through a provider.
    async fn scheduler_status(
        &self,
        provider: &ProviderName,
        now: DateTime<Utc>,
    ) -> Result<SchedulerStatus, StoreError>;
}
