//! `schedule`, `scheduler_status`, `set_sync_frequency`, `sync_now` and `request_sync`: when connections are synced.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::transactions::{ConnectionSync, ended};
use super::{SyncEngine, SyncError, SyncReport, SyncScope};
use crate::audit::{AuditDraft, AuditSubject};
use crate::model::{Connection, ConnectionId, ConnectionStatus, RunOutcome, SyncRun, UserId};
use crate::provider::{ProviderError, ProviderErrorKind};
use crate::schedule::{
    Due, LastAttempt, ScheduleState, SyncFrequency, latest_news, named_wait_until, next_due,
};
use crate::store::{SchedulerStatus, StoreErrorKind, StoredSchedule};

/// Tries after somebody else saved the same schedule in between.
const TRIES: usize = 8;

/// When a connection is synced, for a screen.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectionSchedule {
    /// The connection.
    pub connection: ConnectionId,
    /// The institution's name, where it is known.
    pub name: Option<String>,
    /// Whether it works.
    pub status: ConnectionStatus,
    /// How often it is synced.
    pub frequency: SyncFrequency,
    /// The last attempt, whether it went well or not.
    pub last_attempt: Option<LastAttempt>,
    /// Failures in a row, the last attempt included.
    pub failures: u32,
    /// When it is due next and why, or why it is paused: [`PauseReason::ender`](crate::PauseReason::ender) says who can end
    /// that.
    pub due: Due,
    /// Who is syncing it right now, by the name of their engine or worker.
    pub synced_by: Option<String>,
}

/// What the audit trail says of a frequency.
#[derive(Serialize)]
struct Frequency {
    frequency: String,
}

impl Frequency {
    fn of(frequency: SyncFrequency) -> Self {
        Self { frequency: frequency.to_string() }
    }
}

impl SyncEngine {
    /// When each of the user's connections through this engine's provider is synced, oldest connection first.
    ///
    /// # Errors
    /// When the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{Due, DueReason, SyncFrequency};
    ///
    /// let books = SampleBooks::new().await;
    /// let schedule = books.engine.schedule(&books.user).await?.remove(0);
    /// assert_eq!(schedule.name.as_deref(), Some("Scripted Bank"));
    /// assert_eq!(schedule.frequency, SyncFrequency::DEFAULT);
    /// assert!(matches!(schedule.due, Due::At { why: DueReason::Period, .. }));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn schedule(&self, user: &UserId) -> Result<Vec<ConnectionSchedule>, SyncError> {
        let connections = self.store.connections(user).await?;
        let schedules = self.own_schedules(user, &connections).await?;
        let own = |schedule: StoredSchedule| {
            let connection = connections.iter().find(|connection| connection.id == schedule.connection)?;
            Some(self.shown(connection, &schedule))
        };
        Ok(schedules.into_iter().filter_map(own).collect())
    }

    /// How many of the user's connections through this engine's provider are due, in work, planned and paused.
    /// [`Worker::status`](super::Worker::status) tells the same of all users.
    ///
    /// # Errors
    /// When the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let status = books.engine.scheduler_status(&books.user).await?;
    /// assert_eq!((status.due, status.in_work(), status.planned), (0, 0, 1));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn scheduler_status(&self, user: &UserId) -> Result<SchedulerStatus, SyncError> {
        let connections = self.store.connections(user).await?;
        let schedules = self.own_schedules(user, &connections).await?;
        Ok(SchedulerStatus::of(&schedules, self.clock.now()))
    }

    /// Sets how often a connection is synced, from now on, and returns its schedule. Daily and weekly syncs keep to the time of
    /// day at which this is called. The audit trail tells it; the same frequency again changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](super::SyncErrorKind::NotFound) when the user has no such connection,
    /// [`InvalidInput`](super::SyncErrorKind::InvalidInput) when it does not go through this engine's provider, as one that is kept by
    /// hand, [`ConnectionEnded`](super::SyncErrorKind::ConnectionEnded) when it was removed.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{Due, SyncFrequency};
    ///
    /// let books = SampleBooks::new().await;
    /// let manual = SyncFrequency::Manual;
    /// let schedule = books.engine.set_sync_frequency(&books.user, books.connection, manual).await?;
    /// assert_eq!((schedule.frequency, schedule.due), (SyncFrequency::Manual, Due::Never));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn set_sync_frequency(
        &self,
        user: &UserId,
        connection: ConnectionId,
        frequency: SyncFrequency,
    ) -> Result<ConnectionSchedule, SyncError> {
        let connection = self.store.connection(user, connection).await?;
        self.refuse_strange(&connection)?;
        if connection.status == ConnectionStatus::Removed {
            return Err(ended(&connection));
        }
        let since = self.clock.now();
        let set = |state: &mut ScheduleState| {
            if state.frequency == frequency {
                return None;
            }
            let subject = AuditSubject::Connection(connection.id);
            let draft = AuditDraft::new(self.actor.clone(), "sync_frequency_set", subject);
            let (before, after) = (Frequency::of(state.frequency), Frequency::of(frequency));
            (state.frequency, state.since) = (frequency, since);
            Some(draft.changing(Some(&before), Some(&after)))
        };
        let schedule = self.change_schedule(user, connection.id, set).await?;
        Ok(self.shown(&connection, &schedule))
    }

    /// Syncs now whatever the schedule says, and reports as [`SyncEngine::sync_transactions`] does.
    ///
    /// The wish is stored first and fulfilled by this call itself, with a worker somewhere or without. Should the call be
    /// dropped, or its process die, a worker fulfils it. It ends every pause that the user can end, if they did what it
    /// waits for: a connection that must be signed in to again is tried. Only a wait that the provider named is kept to: such
    /// a connection is not tried, its entry says [`ProviderErrorKind::RetryLater`], and a worker syncs it when the wait is over.
    ///
    /// # Errors
    /// As for [`SyncEngine::sync_transactions`].
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{RunOutcome, SyncScope};
    ///
    /// let books = SampleBooks::new().await;
    /// let report = books.engine.sync_now(&books.user, &SyncScope::Connection(books.connection)).await?;
    /// assert_eq!(report.connections[0].run.as_ref().unwrap().outcome, RunOutcome::Applied);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn sync_now(&self, user: &UserId, scope: &SyncScope) -> Result<SyncReport, SyncError> {
        let chosen = self.chosen_connections(user, scope).await?;
        let mut waiting = Vec::new();
        let mut ready = Vec::new();
        for connection in chosen {
            let schedule = self.request(&connection).await?;
            let now = self.clock.now();
            match named_wait_until(&schedule.state, &self.options.schedule) {
                Some(until) if until > now => waiting.push(told_to_wait(connection.id, until, now)),
                _ => ready.push(connection),
            }
        }
        let mut connections = self.sync_all(ready, None).await;
        connections.extend(waiting);
        connections.sort_by_key(|sync| sync.connection);
        Ok(SyncReport { connections, transactions: Vec::new() })
    }

    /// Asks the workers to sync as soon as one of them is free and [`SchedulePolicy::gap_seconds`](crate::SchedulePolicy) have
    /// passed since the connection's last attempt, and returns the schedules of what was chosen, oldest connection
    /// first. It does no work itself: without a [`Worker`](super::Worker) on the store, nothing follows. A connection that waits
    /// for somebody to act stays paused, as its schedule says.
    ///
    /// # Errors
    /// As for [`SyncEngine::sync_transactions`]; [`ConnectionEnded`](super::SyncErrorKind::ConnectionEnded) when one that was removed was
    /// chosen.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{Clock, Due, DueReason, SyncScope};
    ///
    /// let books = SampleBooks::new().await;
    /// // The first sync was ten seconds ago, and the gap is a minute.
    /// books.clock.advance(chrono::TimeDelta::seconds(10));
    /// let schedule = books.engine.request_sync(&books.user, &SyncScope::All).await?.remove(0);
    /// let at = books.clock.now() + chrono::TimeDelta::seconds(50);
    /// assert_eq!(schedule.due, Due::At { at, why: DueReason::Requested });
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn request_sync(
        &self,
        user: &UserId,
        scope: &SyncScope,
    ) -> Result<Vec<ConnectionSchedule>, SyncError> {
        let chosen = self.chosen_connections(user, scope).await?;
        if let Some(removed) = chosen.iter().find(|connection| connection.status == ConnectionStatus::Removed)
        {
            return Err(ended(removed));
        }
        let mut schedules = Vec::with_capacity(chosen.len());
        for connection in &chosen {
            let schedule = self.request(connection).await?;
            schedules.push(self.shown(connection, &schedule));
        }
        Ok(schedules)
    }

    pub(super) async fn request(&self, connection: &Connection) -> Result<StoredSchedule, SyncError> {
        let now = self.clock.now();
        let ask = |state: &mut ScheduleState| {
            state.requested_at = latest_news(state.requested_at, now, &self.options.schedule);
            None
        };
        self.change_schedule(&connection.user, connection.id, ask).await
    }

    /// Takes note that the provider told of news, or that a login works again: the connection is due at once, as far as
    /// [`next_due`] allows.
    pub(super) async fn note_webhook(
        &self,
        user: &UserId,
        connection: ConnectionId,
        at: DateTime<Utc>,
    ) -> Result<StoredSchedule, SyncError> {
        let note = |state: &mut ScheduleState| {
            state.webhook_at = latest_news(state.webhook_at, at, &self.options.schedule);
            None
        };
        self.change_schedule(user, connection, note).await
    }

    /// Takes note of an attempt and, where it failed, of the wait that the provider named. One that was cancelled leaves the
    /// connection due as it was, and so does one that was overtaken: what the other one stored may be older than what was asked
    /// for meanwhile.
    pub(super) async fn note_attempt(
        &self,
        user: &UserId,
        run: &SyncRun,
        error: Option<&SyncError>,
    ) -> Result<(), SyncError> {
        let retry_after = error.and_then(SyncError::retry_after);
        let note = |state: &mut ScheduleState| {
            if !matches!(run.outcome, RunOutcome::Cancelled | RunOutcome::Superseded) {
                let attempt = LastAttempt { retry_after, ..LastAttempt::of_run(run) };
                state.failures = attempt.fault.map_or(0, |_| state.failures.saturating_add(1));
                state.last_attempt = Some(attempt);
            }
            None
        };
        self.change_schedule(user, run.connection, note).await.map(drop)
    }

    /// Plans a connection anew, after its status changed.
    pub(super) async fn reschedule(
        &self,
        user: &UserId,
        connection: ConnectionId,
    ) -> Result<StoredSchedule, SyncError> {
        self.change_schedule(user, connection, |_| None).await
    }

    /// Plans those connections anew, of all users, whose last attempt lies in the future.
    pub(super) async fn replan_the_future(&self) -> Result<(), SyncError> {
        let provider = self.provider.name();
        for (user, connection) in self.store.attempted_after(&provider, self.clock.now()).await? {
            self.reschedule(&user, connection).await?;
        }
        Ok(())
    }

    /// Changes a schedule, plans the next sync anew and saves both, unless nothing is different.
    async fn change_schedule(
        &self,
        user: &UserId,
        connection: ConnectionId,
        change: impl Fn(&mut ScheduleState) -> Option<AuditDraft>,
    ) -> Result<StoredSchedule, SyncError> {
        let mut tries = TRIES;
        loop {
            let before = self.store.schedule(user, connection).await?;
            let mut after = before.clone();
            let draft = change(&mut after.state);
            let now = self.clock.now();
            after.due = next_due(&after.state, &self.options.schedule, now);
            if after == before {
                return Ok(after);
            }
            match self.store.save_schedule(&after, now, draft.as_slice()).await {
                Ok(()) => {
                    self.schedule_news.notify_waiters();
                    return Ok(after);
                }
                Err(error) if error.kind() == StoreErrorKind::Conflict && tries > 1 => tries -= 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The schedules of those of the user's connections that go through this engine's provider, as planned now.
    async fn own_schedules(
        &self,
        user: &UserId,
        connections: &[Connection],
    ) -> Result<Vec<StoredSchedule>, SyncError> {
        let mut schedules = self.store.schedules(user).await?;
        schedules.retain(|schedule| {
            let connection = connections.iter().find(|connection| connection.id == schedule.connection);
            connection.is_some_and(|connection| connection.provider == self.provider.name())
        });
        for schedule in &mut schedules {
            schedule.due = next_due(&schedule.state, &self.options.schedule, self.clock.now());
        }
        Ok(schedules)
    }

    fn shown(&self, connection: &Connection, schedule: &StoredSchedule) -> ConnectionSchedule {
        let state = &schedule.state;
        ConnectionSchedule {
            connection: connection.id,
            name: connection.institution.as_ref().and_then(|institution| institution.name.clone()),
            status: state.status,
            frequency: state.frequency,
            last_attempt: state.last_attempt,
            failures: state.failures,
            due: schedule.due,
            synced_by: schedule.running(self.clock.now()).map(|lease| lease.worker.clone()),
        }
    }

    fn refuse_strange(&self, connection: &Connection) -> Result<(), SyncError> {
        if connection.provider == self.provider.name() {
            return Ok(());
        }
        let message = format!("connection {} does not go through {}", connection.id, self.provider.name());
        Err(SyncError::invalid_input(message, "There is no bank to ask about this account."))
    }
}

fn told_to_wait(connection: ConnectionId, until: DateTime<Utc>, now: DateTime<Utc>) -> ConnectionSync {
    let message = format!("the provider asked to leave connection {connection} alone until {until}");
    let sentence = "Your bank asks to wait a little. Please look again later.";
    let wait = (until - now).to_std().unwrap_or_default();
    let error = ProviderError::new(ProviderErrorKind::RetryLater, message, sentence).with_retry_after(wait);
    ConnectionSync { error: Some(error.into()), ..ConnectionSync::new(connection) }
}
