//! When connections are due, and who works on them.

use std::collections::{BTreeMap, HashSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::super::{
    Lease, MemoryStore, ScheduleStore, SchedulerStatus, StoreError, StoreErrorKind, StoredSchedule,
};
use super::books::Books;
use crate::audit::AuditDraft;
use crate::model::{Connection, ConnectionId, ProviderName, UserId};
use crate::schedule::{Due, DueReason, PauseReason, ScheduleState, SyncFrequency};
use crate::store::Applied;

#[derive(Default)]
pub(super) struct Schedules(BTreeMap<ConnectionId, Entry>);

struct Entry {
    provider: ProviderName,
    schedule: StoredSchedule,
    /// How often the lease was taken.
    taken: u64,
}

fn lost(lease: &Lease) -> StoreError {
    StoreError::new(
        StoreErrorKind::Conflict,
        format!("the lease of connection {} is no longer held", lease.connection),
    )
}

impl Schedules {
    /// Adds the schedule of a new connection.
    pub(super) fn add(&mut self, connection: &Connection, frequency: SyncFrequency) {
        let (id, since) = (connection.id, connection.created_at);
        let due = match frequency {
            SyncFrequency::Manual => Due::Never,
            _ => Due::At { at: since, why: DueReason::First },
        };
        let state = ScheduleState::new(frequency, id.number().unsigned_abs(), since);
        let user = connection.user.clone();
        let schedule = StoredSchedule { user, connection: id, state, due, lease: None, revision: 1 };
        let provider = connection.provider.clone();
        self.0.insert(id, Entry { provider, schedule, taken: 0 });
    }

    /// Plans nothing more of a connection that was removed, and ends its lease.
    pub(super) fn end(&mut self, id: ConnectionId) {
        if let Some(entry) = self.0.get_mut(&id) {
            entry.schedule.due = Due::Paused(PauseReason::ConnectionRemoved);
            entry.schedule.lease = None;
            entry.schedule.revision += 1;
        }
    }

    /// Plans a connection that was removed and is new again.
    pub(super) fn begin_again(&mut self, id: ConnectionId, at: DateTime<Utc>) {
        if let Some(entry) = self.0.get_mut(&id) {
            entry.schedule.due = Due::At { at, why: DueReason::First };
            entry.schedule.revision += 1;
        }
    }

    /// Drops the schedules of some connections.
    pub(super) fn erase(&mut self, connections: &HashSet<ConnectionId>) {
        self.0.retain(|id, _| !connections.contains(id));
    }

    fn held(&mut self, lease: &Lease) -> Result<&mut Lease, StoreError> {
        let held = self.0.get_mut(&lease.connection).and_then(|entry| entry.schedule.lease.as_mut());
        held.filter(|held| held.number == lease.number).ok_or_else(|| lost(lease))
    }

    pub(super) fn renew(&mut self, lease: &Lease, until: DateTime<Utc>) -> Result<Lease, StoreError> {
        self.held(lease)?.until = until;
        Ok(Lease { until, ..lease.clone() })
    }

    pub(super) fn release(&mut self, lease: &Lease) -> Result<(), StoreError> {
        self.held(lease)?;
        if let Some(entry) = self.0.get_mut(&lease.connection) {
            entry.schedule.lease = None;
        }
        Ok(())
    }

    fn through(&self, provider: &ProviderName) -> impl Iterator<Item = &Entry> {
        self.0.values().filter(move |entry| entry.provider == *provider)
    }

    pub(super) fn claim_due(
        &mut self,
        provider: &ProviderName,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Vec<Lease> {
        let due = |entry: &Entry| {
            let at = entry.schedule.due.at().filter(|at| *at <= now)?;
            entry.schedule.running(now).is_none().then_some((at, entry.schedule.connection))
        };
        let mut due: Vec<_> = self.through(provider).filter_map(due).collect();
        due.sort_unstable();
        due.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        due.into_iter().filter_map(|(_, id)| Some(self.0.get_mut(&id)?.take(worker, until))).collect()
    }

    pub(super) fn attempted_after(
        &self,
        provider: &ProviderName,
        at: DateTime<Utc>,
    ) -> Vec<(UserId, ConnectionId)> {
        let schedules = self.through(provider).map(|entry| &entry.schedule);
        let found = schedules.filter(|schedule| {
            let attempt = schedule.state.last_attempt;
            schedule.due.at().is_some() && attempt.is_some_and(|attempt| attempt.ended_at > at)
        });
        found.map(|schedule| (schedule.user.clone(), schedule.connection)).collect()
    }

    pub(super) fn next_claim_at(&self, provider: &ProviderName) -> Option<DateTime<Utc>> {
        let free_at = |schedule: &StoredSchedule| {
            let due = schedule.due.at()?;
            Some(schedule.lease.as_ref().map_or(due, |lease| lease.until.max(due)))
        };
        self.through(provider).filter_map(|entry| free_at(&entry.schedule)).min()
    }
}

impl Entry {
    fn take(&mut self, worker: &str, until: DateTime<Utc>) -> Lease {
        self.taken += 1;
        let lease = Lease {
            user: self.schedule.user.clone(),
            connection: self.schedule.connection,
            worker: worker.to_owned(),
            number: self.taken,
            until,
        };
        self.schedule.lease = Some(lease.clone());
        lease
    }
}

impl Books {
    fn with_status(&self, schedule: &StoredSchedule) -> StoredSchedule {
        let mut schedule = schedule.clone();
        if let Some(status) = self.status_of(schedule.connection) {
            schedule.state.status = status;
        }
        schedule
    }

    pub(super) fn schedules_of(&self, user: &UserId) -> Vec<StoredSchedule> {
        let all = self.schedules.0.values().map(|entry| &entry.schedule);
        all.filter(|schedule| schedule.user == *user).map(|schedule| self.with_status(schedule)).collect()
    }

    pub(super) fn schedule_of(&self, user: &UserId, id: ConnectionId) -> Result<StoredSchedule, StoreError> {
        let entry = self.schedules.0.get(&id).filter(|entry| entry.schedule.user == *user);
        let entry = entry.ok_or_else(|| {
            StoreError::new(StoreErrorKind::NotFound, format!("this user has no connection {id}"))
        })?;
        Ok(self.with_status(&entry.schedule))
    }

    pub(super) fn save_schedule(
        &mut self,
        schedule: &StoredSchedule,
        at: DateTime<Utc>,
        audit: &[AuditDraft],
    ) -> Result<(), StoreError> {
        let stored = self.schedule_of(&schedule.user, schedule.connection)?;
        if stored.revision != schedule.revision {
            return Err(StoreError::new(StoreErrorKind::Conflict, "the schedule was saved by somebody else"));
        }
        let saved = StoredSchedule {
            state: ScheduleState { seed: stored.state.seed, ..schedule.state.clone() },
            due: schedule.due,
            revision: stored.revision + 1,
            ..stored
        };
        if let Some(entry) = self.schedules.0.get_mut(&schedule.connection) {
            entry.schedule = saved;
        }
        self.logs.add(&schedule.user, at, audit, Vec::new(), &Applied::default());
        Ok(())
    }

    pub(super) fn take_lease(
        &mut self,
        user: &UserId,
        id: ConnectionId,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Lease, StoreError> {
        if let Some(held) = self.schedule_of(user, id)?.running(now) {
            let message = format!("{} holds the lease of connection {id}", held.worker);
            return Err(StoreError::new(StoreErrorKind::Conflict, message));
        }
        let entry = self.schedules.0.get_mut(&id);
        let missing = || StoreError::new(StoreErrorKind::Internal, "the schedule is gone");
        Ok(entry.ok_or_else(missing)?.take(worker, until))
    }

    pub(super) fn scheduler_status(&self, provider: &ProviderName, now: DateTime<Utc>) -> SchedulerStatus {
        SchedulerStatus::of(self.schedules.through(provider).map(|entry| &entry.schedule), now)
    }
}

#[async_trait]
impl ScheduleStore for MemoryStore {
    async fn schedule(&self, user: &UserId, connection: ConnectionId) -> Result<StoredSchedule, StoreError> {
        self.books().schedule_of(user, connection)
    }

    async fn schedules(&self, user: &UserId) -> Result<Vec<StoredSchedule>, StoreError> {
        Ok(self.books().schedules_of(user))
    }

    async fn save_schedule(
        &self,
        schedule: &StoredSchedule,
        at: DateTime<Utc>,
        audit: &[AuditDraft],
    ) -> Result<(), StoreError> {
        self.books().save_schedule(schedule, at, audit)
    }

    async fn claim_due(
        &self,
        provider: &ProviderName,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Lease>, StoreError> {
        Ok(self.books().schedules.claim_due(provider, worker, now, until, limit))
    }

    async fn take_lease(
        &self,
        user: &UserId,
        connection: ConnectionId,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Lease, StoreError> {
        self.books().take_lease(user, connection, worker, now, until)
    }

    async fn renew_lease(&self, lease: &Lease, until: DateTime<Utc>) -> Result<Lease, StoreError> {
        self.books().schedules.renew(lease, until)
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.books().schedules.release(lease)
    }

    async fn next_claim_at(&self, provider: &ProviderName) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(self.books().schedules.next_claim_at(provider))
    }

    async fn attempted_after(
        &self,
        provider: &ProviderName,
        at: DateTime<Utc>,
    ) -> Result<Vec<(UserId, ConnectionId)>, StoreError> {
        Ok(self.books().schedules.attempted_after(provider, at))
    }

    async fn scheduler_status(
        &self,
        provider: &ProviderName,
        now: DateTime<Utc>,
    ) -> Result<SchedulerStatus, StoreError> {
        Ok(self.books().scheduler_status(provider, now))
    }
}
