//! When connections are due, and who works on them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use finance_core::{
    Applied, AuditDraft, ConnectionId, Due, DueReason, Lease, NewConnection, PauseReason, ProviderName,
    ScheduleStore, SchedulerStatus, StoreError, StoredSchedule, UserId,
};
use sqlx::Executor;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool, SqliteRow};

use super::batch::{Binder, json_numbers};
use super::error::store_error;
use super::read::{column, micros};
use super::writer::commit;
use super::{SqliteStore, logs};
use crate::records::schedules::{columns, give, give_new, number, read, whose};
use crate::records::{Cells, Row};
use crate::refusals::{conflict, not_found, unreadable};

macro_rules! select {
    ($end:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM finance_connections c JOIN finance_schedules sc ON sc.connection_id = c.id WHERE c.user_id = ? ",
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
    let sql = "INSERT INTO finance_schedules (connection_id, provider, frequency, since, due_at, why, revision, failures, \
               lease_number) VALUES (?, ?, ?, ?, ?, ?, 1, 0, 0)";
    let mut binder = Binder::default();
    give_new(&mut binder, id, new);
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
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

fn count(row: &SqliteRow, index: usize) -> Result<u64, StoreError> {
    u64::try_from(column::<i64>(row, index)?).map_err(|_| unreadable("count"))
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
    let mut binder = Binder::default();
    give(&mut binder, schedule);
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
            user: UserId::new(column::<String>(row, 1)?).map_err(|_| unreadable("identifier"))?,
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
        (status.due, status.oldest_due) = (count(&row, 0)?, row.instant(1)?);
    }
    for row in ask(COUNT_PLANNED).await? {
        (status.planned, status.next_due) = (count(&row, 0)?, row.instant(1)?);
    }
    for row in ask(COUNT_WAITING).await? {
        match Cells::of(&row).parsed("schedule", |key| Due::from_key(None, key))? {
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
            let found = row.map(|row| row.instant(0)).transpose()?.flatten();
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
        query.fetch_all(&self.readers).await.map_err(store_error)?.iter().map(whose).collect()
    }

    async fn scheduler_status(
        &self,
        provider: &ProviderName,
        now: DateTime<Utc>,
    ) -> Result<SchedulerStatus, StoreError> {
        status(&self.readers, provider, now).await
    }
}
