//! When connections are due, and who works on them.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use finance_core::{
    Applied, AuditDraft, ConnectionId, Due, DueReason, Lease, NewConnection, PauseReason, ProviderName,
    ScheduleStore, SchedulerStatus, StoreError, StoredSchedule, UserId,
};
use sqlx::postgres::{PgConnection, PgRow};

use super::batch::Binder;
use super::error::store_error;
use super::writer::{at_once, reading, snapshot, writing};
use super::{PostgresStore, logs};
use crate::records::schedules::{columns, give, give_new, number, read, whose};
use crate::records::{Cells, Row, Values};
use crate::refusals::{conflict, not_found, unreadable};

macro_rules! select {
    ($end:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            " FROM finance_connections c JOIN finance_schedules sc ON sc.connection_id = c.id WHERE c.user_id = $1 ",
            $end
        )
    };
}

const ONE: &str = select!("AND c.id = $2");
const ONE_LOCKED: &str = select!("AND c.id = $2 FOR UPDATE OF sc");
const OF_USER: &str = select!("ORDER BY c.id");

/// Whether nobody works on a connection at the instant `$2`, as [`Lease::holds`] says.
macro_rules! free {
    () => {
        "(lease_until IS NULL OR lease_until <= $2 OR lease_until > $2 + interval '24 hours')"
    };
}

/// Those due whose lease is as `$lease` says, the one that waits longest first, passing over those that somebody takes right now.
macro_rules! due_where {
    ($lease:literal) => {
        concat!(
            "SELECT connection_id, due_at FROM finance_schedules WHERE provider = $1 AND due_at <= $2 AND ",
            $lease,
            " ORDER BY due_at, connection_id LIMIT $3 FOR UPDATE SKIP LOCKED"
        )
    };
}

/// Takes those that nobody works on, as `free!` says. Each of its three ways reads a part of an index that holds no others, so
/// that a claim does not pass over what was claimed before.
const CLAIM: &str = concat!(
    "WITH free AS MATERIALIZED (",
    due_where!("lease_until IS NULL"),
    "), lapsed AS MATERIALIZED (",
    due_where!("lease_until <= $2"),
    "), ahead AS MATERIALIZED (",
    due_where!("lease_until > $2 + interval '24 hours'"),
    "), due AS MATERIALIZED (SELECT connection_id FROM (TABLE free UNION ALL TABLE lapsed UNION ALL TABLE ahead) every \
         ORDER BY due_at, connection_id LIMIT $3) \
     UPDATE finance_schedules AS sc SET lease_number = lease_number + 1, lease_worker = $4, lease_until = $5 \
     WHERE connection_id = ANY (ARRAY (SELECT connection_id FROM due)) \
     RETURNING connection_id, (SELECT user_id FROM finance_connections c WHERE c.id = sc.connection_id), lease_number, due_at"
);

const ATTEMPTED_AFTER: &str = "SELECT c.user_id, sc.connection_id FROM finance_schedules sc \
     JOIN finance_connections c ON c.id = sc.connection_id \
     WHERE sc.provider = $1 AND due_at IS NOT NULL AND attempt_ended_at > $2 ORDER BY sc.connection_id";

const NEXT: &str = "SELECT least(\
     (SELECT min(due_at) FROM finance_schedules WHERE provider = $1 AND due_at IS NOT NULL AND lease_until IS NULL), \
     (SELECT min(greatest(due_at, lease_until)) FROM finance_schedules \
      WHERE provider = $1 AND lease_until IS NOT NULL AND due_at IS NOT NULL))";

const COUNT_DUE: &str = concat!(
    "SELECT count(*), min(due_at) FROM finance_schedules WHERE provider = $1 AND due_at <= $2 AND ",
    free!()
);
const COUNT_PLANNED: &str = concat!(
    "SELECT count(*), min(due_at) FROM finance_schedules WHERE provider = $1 AND due_at > $2 AND ",
    free!()
);
const COUNT_WAITING: &str = "SELECT why, count(*) FROM finance_schedules \
     WHERE provider = $1 AND due_at IS NULL AND $2::timestamptz IS NOT NULL GROUP BY why";
const COUNT_RUNNING: &str = concat!(
    "SELECT lease_worker, count(*) FROM finance_schedules WHERE provider = $1 AND NOT ",
    free!(),
    " GROUP BY lease_worker"
);

/// Plans nothing more of a connection that was removed, and ends its lease, within a transaction of the caller's.
pub(super) async fn end(connection: &mut PgConnection, id: ConnectionId) -> Result<(), StoreError> {
    let sql = "UPDATE finance_schedules SET due_at = NULL, why = $1, lease_worker = NULL, lease_until = NULL, \
               revision = revision + 1 WHERE connection_id = $2";
    let why = Due::Paused(PauseReason::ConnectionRemoved).key();
    let query = sqlx::query(sql).bind(why).bind(id.number());
    query.execute(connection).await.map(drop).map_err(store_error)
}

/// Plans a connection that was removed and is new again, within a transaction of the caller's.
pub(super) async fn begin_again(
    connection: &mut PgConnection,
    id: i64,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "UPDATE finance_schedules SET due_at = $1, why = $2, revision = revision + 1 WHERE connection_id = $3";
    let why = Due::At { at, why: DueReason::First }.key();
    let query = sqlx::query(sql).bind(at).bind(why).bind(id);
    query.execute(connection).await.map(drop).map_err(store_error)
}

/// Adds the schedule of a new connection, within a transaction of the caller's.
pub(super) async fn insert(
    connection: &mut PgConnection,
    id: i64,
    new: &NewConnection,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO finance_schedules (connection_id, provider, frequency, since, due_at, why, revision, failures, \
               lease_number) VALUES ($1, $2, $3, $4, $5, $6, 1, 0, 0)";
    let mut binder = Binder::default();
    give_new(&mut binder, id, new);
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

async fn one(
    connection: &mut PgConnection,
    sql: &'static str,
    user: &UserId,
    id: ConnectionId,
) -> Result<StoredSchedule, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.number(id.number());
    let query = sqlx::query_with(sql, binder.finish()?);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    read(&row.ok_or_else(|| not_found("connection", id.number()))?)
}

async fn save(
    connection: &mut PgConnection,
    schedule: &StoredSchedule,
    at: DateTime<Utc>,
    audit: &[AuditDraft],
) -> Result<(), StoreError> {
    let books = if audit.is_empty() { None } else { Some(logs::lock(connection, &schedule.user).await?) };
    one(connection, ONE_LOCKED, &schedule.user, schedule.connection).await?;
    let sql = "UPDATE finance_schedules SET revision = revision + 1, frequency = $1, since = $2, \
               attempt_started_at = $3, attempt_ended_at = $4, attempt_fault = $5, attempt_retry_after = $6, \
               failures = $7, webhook_at = $8, requested_at = $9, due_at = $10, why = $11 \
               WHERE connection_id = $12 AND revision = $13";
    let mut binder = Binder::default();
    give(&mut binder, schedule);
    let done =
        sqlx::query_with(sql, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;
    if done.rows_affected() == 0 {
        return Err(conflict("the schedule was saved by somebody else"));
    }
    match books {
        Some(books) => logs::add(connection, books, at, audit, &[], &Applied::default()).await,
        None => Ok(()),
    }
}

/// Where the connection ends before the answer came, what was claimed is claimed again when its leases are over.
async fn claim(
    connection: &mut PgConnection,
    provider: &ProviderName,
    worker: &str,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
    limit: u32,
) -> Result<Vec<Lease>, StoreError> {
    let mut binder = Binder::default();
    binder.text(provider.as_str());
    binder.instant(now);
    binder.number(i64::from(limit));
    binder.text(worker);
    binder.instant(until);
    let query = sqlx::query_with(CLAIM, binder.finish()?);
    let mut leases = Vec::new();
    for row in &query.fetch_all(connection).await.map_err(store_error)? {
        let mut cells = Cells::of(row);
        let connection = ConnectionId::new(cells.number()?);
        let user = cells.parsed("identifier", |text| UserId::new(text).ok())?;
        let lease = Lease { user, connection, worker: worker.to_owned(), number: cells.count()?, until };
        leases.push((cells.instant()?, lease));
    }
    leases.sort_by_key(|(due_at, lease)| (*due_at, lease.connection));
    Ok(leases.into_iter().map(|(_, lease)| lease).collect())
}

async fn take(
    connection: &mut PgConnection,
    (user, id): (&UserId, ConnectionId),
    worker: &str,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Lease, StoreError> {
    let stored = one(connection, ONE_LOCKED, user, id).await?;
    if stored.running(now).is_some() {
        return Err(conflict("somebody else holds the lease of the connection"));
    }
    let sql = "UPDATE finance_schedules SET lease_number = lease_number + 1, lease_worker = $1, lease_until = $2 \
               WHERE connection_id = $3 RETURNING lease_number";
    let mut binder = Binder::default();
    binder.text(worker);
    binder.instant(until);
    binder.number(id.number());
    let query = sqlx::query_scalar_with(sql, binder.finish()?);
    let taken: i64 = query.fetch_one(connection).await.map_err(store_error)?;
    let number = u64::try_from(taken).map_err(|_| unreadable("count"))?;
    Ok(Lease { user: user.clone(), connection: id, worker: worker.to_owned(), number, until })
}

/// Sets the end of a lease that is still held; `None` releases it.
async fn set_end(
    connection: &mut PgConnection,
    lease: &Lease,
    until: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let sql = "UPDATE finance_schedules SET lease_worker = CASE WHEN $1::timestamptz IS NULL THEN NULL ELSE lease_worker END, \
               lease_until = $1 WHERE connection_id = $2 AND lease_number = $3 AND lease_until IS NOT NULL";
    let query = sqlx::query(sql).bind(until).bind(lease.connection.number()).bind(number(lease.number));
    let done = query.execute(connection).await.map_err(store_error)?;
    if done.rows_affected() == 0 {
        return Err(conflict("the lease is no longer held"));
    }
    Ok(())
}

/// Within a transaction that sees one instant.
async fn status(
    connection: &mut PgConnection,
    provider: &ProviderName,
    now: DateTime<Utc>,
) -> Result<SchedulerStatus, StoreError> {
    let mut status = SchedulerStatus::default();
    let mut ask = async |sql: &'static str| -> Result<Vec<PgRow>, StoreError> {
        let mut binder = Binder::default();
        binder.text(provider.as_str());
        binder.instant(now);
        sqlx::query_with(sql, binder.finish()?).fetch_all(&mut *connection).await.map_err(store_error)
    };
    for row in ask(COUNT_DUE).await? {
        let mut cells = Cells::of(&row);
        (status.due, status.oldest_due) = (cells.count()?, cells.optional_instant()?);
    }
    for row in ask(COUNT_PLANNED).await? {
        let mut cells = Cells::of(&row);
        (status.planned, status.next_due) = (cells.count()?, cells.optional_instant()?);
    }
    for row in ask(COUNT_WAITING).await? {
        let mut cells = Cells::of(&row);
        match cells.parsed("schedule", |key| Due::from_key(None, key))? {
            Due::Paused(reason) => drop(status.paused.insert(reason, cells.count()?)),
            _ => status.by_request = cells.count()?,
        }
    }
    for row in ask(COUNT_RUNNING).await? {
        let mut cells = Cells::of(&row);
        status.running.insert(cells.text()?, cells.count()?);
    }
    Ok(status)
}

#[async_trait]
impl ScheduleStore for PostgresStore {
    async fn schedule(&self, user: &UserId, connection: ConnectionId) -> Result<StoredSchedule, StoreError> {
        let id = connection;
        reading!(self, |connection| one(connection, ONE, user, id).await)
    }

    async fn schedules(&self, user: &UserId) -> Result<Vec<StoredSchedule>, StoreError> {
        reading!(self, |connection| {
            let mut binder = Binder::default();
            binder.text(user.as_str());
            let rows = sqlx::query_with(OF_USER, binder.finish()?).fetch_all(connection).await;
            rows.map_err(store_error)?.iter().map(read).collect()
        })
    }

    async fn save_schedule(
        &self,
        schedule: &StoredSchedule,
        at: DateTime<Utc>,
        audit: &[AuditDraft],
    ) -> Result<(), StoreError> {
        writing!(self, |connection| save(connection, schedule, at, audit).await)
    }

    async fn claim_due(
        &self,
        provider: &ProviderName,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: u32,
    ) -> Result<Vec<Lease>, StoreError> {
        at_once!(self, |connection| claim(connection, provider, worker, (now, until), limit).await)
    }

    async fn take_lease(
        &self,
        user: &UserId,
        connection: ConnectionId,
        worker: &str,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Lease, StoreError> {
        let whose = (user, connection);
        writing!(self, |connection| take(connection, whose, worker, (now, until)).await)
    }

    async fn renew_lease(&self, lease: &Lease, until: DateTime<Utc>) -> Result<Lease, StoreError> {
        writing!(self, |connection| set_end(connection, lease, Some(until)).await)?;
        Ok(Lease { until, ..lease.clone() })
    }

    async fn release_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        writing!(self, |connection| set_end(connection, lease, None).await)
    }

    async fn next_claim_at(&self, provider: &ProviderName) -> Result<Option<DateTime<Utc>>, StoreError> {
        reading!(self, |connection| {
            let mut binder = Binder::default();
            binder.text(provider.as_str());
            let row = sqlx::query_with(NEXT, binder.finish()?).fetch_one(connection).await;
            row.map_err(store_error)?.instant(0)
        })
    }

    async fn attempted_after(
        &self,
        provider: &ProviderName,
        at: DateTime<Utc>,
    ) -> Result<Vec<(UserId, ConnectionId)>, StoreError> {
        reading!(self, |connection| {
            let mut binder = Binder::default();
            binder.text(provider.as_str());
            binder.instant(at);
            let rows = sqlx::query_with(ATTEMPTED_AFTER, binder.finish()?).fetch_all(connection).await;
            rows.map_err(store_error)?.iter().map(whose).collect()
        })
    }

    async fn scheduler_status(
        &self,
        provider: &ProviderName,
        now: DateTime<Utc>,
    ) -> Result<SchedulerStatus, StoreError> {
        reading!(self, |connection| status(&mut *snapshot(connection).await?, provider, now).await)
    }
}
