//! When connections are due, and who works on them.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use finance_core::{
    Applied, AuditDraft, ConnectionId, ConnectionStatus, Due, DueReason, LastAttempt, Lease, NewConnection,
    PauseReason, ProviderErrorKind, ProviderName, ScheduleState, ScheduleStore, SchedulerStatus, StoreError,
    StoredSchedule, SyncFrequency, UserId,
};
use sqlx::Executor;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool, SqliteRow};

use super::batch::{Binder, json_numbers};
use super::error::{conflict, not_found, store_error, unreadable};
use super::read::{column, instant, micros, optional_instant, optional_parsed, parsed};
use super::writer::commit;
use super::{SqliteStore, logs};

macro_rules! select {
    ($end:literal) => {
        concat!(
            "SELECT c.id, c.user_id, c.status, finance_schedules.revision, frequency, since, attempt_started_at, attempt_ended_at, ",
            "attempt_fault, attempt_retry_after, failures, webhook_at, requested_at, due_at, why, lease_number, ",
            "lease_worker, lease_until ",
            "FROM finance_connections c JOIN finance_schedules ON connection_id = c.id WHERE c.user_id = ? ",
            $end
        )
    };
}

pub(super) const ONE: &str = select!("AND c.id = ?");
pub(super) const OF_USER: &str = select!("ORDER BY c.id");

/// Whether nobody works on a connection at the instant `?2`, as [`Lease::holds`] says.
macro_rules! free {
    () => {
        "ifnull(lease_until <= ?2 OR lease_until > ?2 + 86400000000, 1)"
    };
}

/// Those nobody works on, the one that waits longest first.
pub(super) const DUE: &str = concat!(
    "SELECT connection_id, c.user_id, lease_number FROM finance_schedules \
     JOIN finance_connections c ON c.id = connection_id \
     WHERE finance_schedules.provider = ?1 AND due_at <= ?2 AND ",
    free!(),
    " \
     ORDER BY due_at, connection_id LIMIT ?3"
);

pub(super) const ATTEMPTED_AFTER: &str = "SELECT c.user_id, connection_id FROM finance_schedules \
     JOIN finance_connections c ON c.id = connection_id \
     WHERE finance_schedules.provider = ?1 AND due_at IS NOT NULL AND attempt_ended_at > ?2 ORDER BY connection_id";

pub(super) const NEXT_FREE: &str = "SELECT due_at FROM finance_schedules \
     WHERE provider = ?1 AND due_at IS NOT NULL AND lease_until IS NULL ORDER BY due_at LIMIT 1";
pub(super) const NEXT_LEASED: &str = "SELECT min(max(due_at, lease_until)) FROM finance_schedules \
     WHERE provider = ?1 AND lease_until IS NOT NULL AND due_at IS NOT NULL";

pub(super) const COUNT_DUE: &str = concat!(
    "SELECT count(*), min(due_at) FROM finance_schedules \
     WHERE provider = ?1 AND due_at <= ?2 AND ",
    free!()
);
pub(super) const COUNT_PLANNED: &str = concat!(
    "SELECT count(*), min(due_at) FROM finance_schedules \
     WHERE provider = ?1 AND due_at > ?2 AND ",
    free!()
);
pub(super) const COUNT_WAITING: &str = "SELECT why, count(*) FROM finance_schedules \
     WHERE provider = ?1 AND due_at IS NULL GROUP BY why";
pub(super) const COUNT_RUNNING: &str = concat!(
    "SELECT lease_worker, count(*) FROM finance_schedules \
     WHERE provider = ?1 AND NOT ",
    free!(),
    " GROUP BY lease_worker"
);

/// Plans nothing more of a connection that was removed, and ends its lease, within a transaction of the caller's.
pub(super) async fn end(connection: &mut SqliteConnection, id: ConnectionId) -> Result<(), StoreError> {
    let sql = "UPDATE finance_schedules SET due_at = NULL, why = ?, lease_worker = NULL, lease_until = NULL, \
               revision = revision + 1 WHERE connection_id = ?";
    let why = Due::Paused(PauseReason::ConnectionRemoved).key();
    let query = sqlx::query(sql).bind(why).bind(id.number());
    query.execute(connection).await.map(drop).map_err(store_error)
}

/// Plans a connection that was removed and is new again, within a transaction of the caller's.
pub(super) async fn begin_again(
    connection: &mut SqliteConnection,
    id: i64,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE finance_schedules SET due_at = ?, why = ?, revision = revision + 1 WHERE connection_id = ?";
    let why = Due::At { at, why: DueReason::First }.key();
    let query = sqlx::query(sql).bind(micros(at)).bind(why).bind(id);
    query.execute(connection).await.map(drop).map_err(store_error)
}

/// Adds the schedule of a new connection, within a transaction of the caller's.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    id: i64,
    new: &NewConnection,
) -> Result<(), StoreError> {
    let due = match new.frequency {
        SyncFrequency::Manual => Due::Never,
        _ => Due::At { at: new.created_at, why: DueReason::First },
    };
    let sql = "INSERT INTO finance_schedules (connection_id, provider, revision, frequency, since, failures, due_at, why, \
               lease_number) VALUES (?, ?, 1, ?, ?, 0, ?, ?, 0)";
    sqlx::query(sql)
        .bind(id)
        .bind(new.provider.as_str())
        .bind(new.frequency.to_string())
        .bind(micros(new.created_at))
        .bind(due.at().map(micros))
        .bind(due.key())
        .execute(connection)
        .await
        .map(drop)
        .map_err(store_error)
}

async fn one<'e>(
    executor: impl Executor<'e, Database = Sqlite>,
    user: &UserId,
    id: ConnectionId,
) -> Result<StoredSchedule, StoreError> {
    let query = sqlx::query(ONE).bind(user.as_str()).bind(id.number());
    let row = query.fetch_optional(executor).await.map_err(store_error)?;
    read(&row.ok_or_else(|| not_found("connection", id.number()))?)
}

fn read(row: &SqliteRow) -> Result<StoredSchedule, StoreError> {
    let id: i64 = column(row, 0)?;
    let user = parsed(row, 1, "identifier", |text| UserId::new(text).ok())?;
    let last_attempt = match optional_instant(row, 6)? {
        None => None,
        Some(started_at) => Some(LastAttempt {
            started_at,
            ended_at: instant(row, 7)?,
            fault: optional_parsed(row, 8, "fault", ProviderErrorKind::from_name)?,
            retry_after: column::<Option<i64>>(row, 9)?
                .map(|micros| u64::try_from(micros).map(Duration::from_micros))
                .transpose()
                .map_err(|_| unreadable("wait"))?,
        }),
    };
    let due_at = optional_instant(row, 13)?;
    let lease = match optional_instant(row, 17)? {
        None => None,
        Some(until) => Some(Lease {
            user: user.clone(),
            connection: ConnectionId::new(id),
            worker: column(row, 16)?,
            number: count(row, 15)?,
            until,
        }),
    };
    Ok(StoredSchedule {
        user,
        connection: ConnectionId::new(id),
        state: ScheduleState {
            frequency: parsed(row, 4, "frequency", |text| text.parse().ok())?,
            status: parsed(row, 2, "status", ConnectionStatus::from_name)?,
            seed: id.unsigned_abs(),
            since: instant(row, 5)?,
            last_attempt,
            failures: column(row, 10)?,
            webhook_at: optional_instant(row, 11)?,
            requested_at: optional_instant(row, 12)?,
        },
        due: parsed(row, 14, "schedule", |key| Due::from_key(due_at, key))?,
        lease,
        revision: count(row, 3)?,
    })
}

fn count(row: &SqliteRow, index: usize) -> Result<u64, StoreError> {
    u64::try_from(column::<i64>(row, index)?).map_err(|_| unreadable("count"))
}

/// A number that came from a column, or one that no column has.
fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}

async fn save(
    connection: &mut SqliteConnection,
    schedule: &StoredSchedule,
    at: DateTime<Utc>,
    audit: &[AuditDraft],
) -> Result<(), StoreError> {
    one(&mut *connection, &schedule.user, schedule.connection).await?;
    let sql = "UPDATE finance_schedules SET revision = revision + 1, frequency = ?, since = ?, attempt_started_at = ?, \
               attempt_ended_at = ?, attempt_fault = ?, attempt_retry_after = ?, failures = ?, webhook_at = ?, \
               requested_at = ?, due_at = ?, why = ? WHERE connection_id = ? AND revision = ?";
    let state = &schedule.state;
    let attempt = state.last_attempt;
    let retry_after = attempt.and_then(|attempt| attempt.retry_after);
    let mut binder = Binder::default();
    binder.push(state.frequency.to_string());
    binder.push(micros(state.since));
    binder.push(attempt.map(|attempt| micros(attempt.started_at)));
    binder.push(attempt.map(|attempt| micros(attempt.ended_at)));
    binder.push(attempt.and_then(|attempt| attempt.fault).map(ProviderErrorKind::name));
    binder.push(retry_after.map(|wait| i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)));
    binder.push(i64::from(state.failures));
    binder.push(state.webhook_at.map(micros));
    binder.push(state.requested_at.map(micros));
    binder.push(schedule.due.at().map(micros));
    binder.push(schedule.due.key().into_owned());
    binder.push(schedule.connection.number());
    binder.push(number(schedule.revision));
    let done =
        sqlx::query_with(sql, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;
    if done.rows_affected() == 0 {
        return Err(conflict("the schedule was saved by somebody else"));
    }
    logs::add(connection, &schedule.user, at, audit, &[], &Applied::default()).await
}

async fn claim(
    connection: &mut SqliteConnection,
    provider: &ProviderName,
    worker: &str,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: u32,
) -> Result<Vec<Lease>, StoreError> {
    let query = sqlx::query(DUE).bind(provider.as_str()).bind(micros(now)).bind(limit);
    let rows = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    let mut leases = Vec::with_capacity(rows.len());
    for row in &rows {
        leases.push(Lease {
            connection: ConnectionId::new(column(row, 0)?),
            user: parsed(row, 1, "identifier", |text| UserId::new(text).ok())?,
            worker: worker.to_owned(),
            number: count(row, 2)? + 1,
            until,
        });
    }
    if !leases.is_empty() {
        take(connection, &leases, worker, until).await?;
    }
    Ok(leases)
}

async fn take(
    connection: &mut SqliteConnection,
    leases: &[Lease],
    worker: &str,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "UPDATE finance_schedules SET lease_number = lease_number + 1, lease_worker = ?, lease_until = ? \
               WHERE connection_id IN (SELECT value FROM json_each(?))";
    let taken = json_numbers(leases.iter().map(|lease| lease.connection.number()));
    let query = sqlx::query(sql).bind(worker).bind(micros(until)).bind(taken.as_str());
    query.execute(connection).await.map(drop).map_err(store_error)
}

/// Sets the end of a lease that is still held; `None` releases it.
async fn set_end(
    connection: &mut SqliteConnection,
    lease: &Lease,
    until: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let sql = "UPDATE finance_schedules SET lease_worker = iif(?1 IS NULL, NULL, lease_worker), lease_until = ?1 \
               WHERE connection_id = ?2 AND lease_number = ?3 AND lease_until IS NOT NULL";
    let query = sqlx::query(sql).bind(until.map(micros));
    let query = query.bind(lease.connection.number()).bind(number(lease.number));
    let done = query.execute(connection).await.map_err(store_error)?;
    if done.rows_affected() == 0 {
        return Err(conflict("the lease is no longer held"));
    }
    Ok(())
}

async fn status(
    readers: &SqlitePool,
    provider: &ProviderName,
    now: DateTime<Utc>,
) -> Result<SchedulerStatus, StoreError> {
    // One transaction, so that all counts are of one instant.
    let mut reader = readers.begin().await.map_err(store_error)?;
    let mut status = SchedulerStatus::default();
    let mut ask = async |sql: &'static str| {
        let query = sqlx::query(sql).bind(provider.as_str()).bind(micros(now));
        query.fetch_all(&mut *reader).await.map_err(store_error)
    };
    for row in ask(COUNT_DUE).await? {
        (status.due, status.oldest_due) = (count(&row, 0)?, optional_instant(&row, 1)?);
    }
    for row in ask(COUNT_PLANNED).await? {
        (status.planned, status.next_due) = (count(&row, 0)?, optional_instant(&row, 1)?);
    }
    for row in ask(COUNT_WAITING).await? {
        match parsed(&row, 0, "schedule", |key| Due::from_key(None, key))? {
            Due::Paused(reason) => drop(status.paused.insert(reason, count(&row, 1)?)),
            _ => status.by_request = count(&row, 1)?,
        }
    }
    for row in ask(COUNT_RUNNING).await? {
        status.running.insert(column(&row, 0)?, count(&row, 1)?);
    }
    Ok(status)
}

#[async_trait]
impl ScheduleStore for SqliteStore {
    async fn schedule(&self, user: &UserId, connection: ConnectionId) -> Result<StoredSchedule, StoreError> {
        one(&self.readers, user, connection).await
    }

    async fn schedules(&self, user: &UserId) -> Result<Vec<StoredSchedule>, StoreError> {
        let query = sqlx::query(OF_USER).bind(user.as_str());
        query.fetch_all(&self.readers).await.map_err(store_error)?.iter().map(read).collect()
    }

    async fn save_schedule(
        &self,
        schedule: &StoredSchedule,
        at: DateTime<Utc>,
        audit: &[AuditDraft],
    ) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        save(&mut transaction, schedule, at, audit).await?;
        commit(transaction).await
    }

    async fn claim_due(
        &self,
        provider: &ProviderName,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Lease>, StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        let leases = claim(&mut transaction, provider, worker, now, until, limit).await?;
        commit(transaction).await?;
        Ok(leases)
    }

    async fn take_lease(
        &self,
        user: &UserId,
        connection: ConnectionId,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Lease, StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        let stored = one(&mut *transaction, user, connection).await?;
        if stored.running(now).is_some() {
            return Err(conflict("somebody else holds the lease of the connection"));
        }
        let taken: i64 = sqlx::query_scalar(
            "UPDATE finance_schedules SET lease_number = lease_number + 1, lease_worker = ?, lease_until = ? \
             WHERE connection_id = ? RETURNING lease_number",
        )
        .bind(worker)
        .bind(micros(until))
        .bind(connection.number())
        .fetch_one(&mut *transaction)
        .await
        .map_err(store_error)?;
        commit(transaction).await?;
        let number = u64::try_from(taken).map_err(|_| unreadable("count"))?;
        Ok(Lease { user: user.clone(), connection, worker: worker.to_owned(), number, until })
    }

    async fn renew_lease(&self, lease: &Lease, until: DateTime<Utc>) -> Result<Lease, StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        set_end(&mut transaction, lease, Some(until)).await?;
        commit(transaction).await?;
        Ok(Lease { until, ..lease.clone() })
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        set_end(&mut transaction, lease, None).await?;
        commit(transaction).await
    }

    async fn next_claim_at(&self, provider: &ProviderName) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut reader = self.readers.begin().await.map_err(store_error)?;
        let mut next: Option<DateTime<Utc>> = None;
        for sql in [NEXT_FREE, NEXT_LEASED] {
            let query = sqlx::query(sql).bind(provider.as_str());
            let row = query.fetch_optional(&mut *reader).await.map_err(store_error)?;
            let found = row.map(|row| optional_instant(&row, 0)).transpose()?.flatten();
            next = [next, found].into_iter().flatten().min();
        }
        Ok(next)
    }

    async fn attempted_after(
        &self,
        provider: &ProviderName,
        at: DateTime<Utc>,
    ) -> Result<Vec<(UserId, ConnectionId)>, StoreError> {
        let query = sqlx::query(ATTEMPTED_AFTER).bind(provider.as_str()).bind(micros(at));
        let rows = query.fetch_all(&self.readers).await.map_err(store_error)?;
        let found = |row: &SqliteRow| {
            let user = parsed(row, 0, "identifier", |text| UserId::new(text).ok())?;
            Ok((user, ConnectionId::new(column(row, 1)?)))
        };
        rows.iter().map(found).collect()
    }

    async fn scheduler_status(
        &self,
        provider: &ProviderName,
        now: DateTime<Utc>,
    ) -> Result<SchedulerStatus, StoreError> {
        status(&self.readers, provider, now).await
    }
}
