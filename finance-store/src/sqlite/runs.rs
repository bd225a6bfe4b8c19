//! The record of attempts.

use finance_core::{
    Applied, ChangeSet, ConnectionId, ConnectionStatus, RunOutcome, StoreError, SyncCounts, SyncRun, UserId,
    Written, events_of,
};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};

use super::batch::Binder;
use super::error::{invalid, store_error, unreadable};
use super::read::{column, fault, instant, micros, parsed, push_fault};
use super::{connections, logs};

/// Records an attempt, within a transaction of the caller's.
pub(super) async fn insert(connection: &mut SqliteConnection, run: &SyncRun) -> Result<(), StoreError> {
    let sql = "INSERT INTO finance_runs (connection_id, started_at, ended_at, outcome, added, modified, posted, \
               removed, unchanged, kept_deleted, pages, restarts, retries, fault_kind, fault_code, fault_message, \
               fault_at, matched) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let counts = run.counts;
    let mut binder = Binder::default();
    binder.push(run.connection.number());
    binder.push(micros(run.started_at));
    binder.push(micros(run.ended_at));
    binder.push(run.outcome.name());
    let number = |count| i64::try_from(count).map_err(|_| invalid("a run's count is past counting"));
    for count in
        [counts.added, counts.modified, counts.posted, counts.removed, counts.unchanged, counts.kept_deleted]
    {
        binder.push(number(count)?);
    }
    for count in [run.pages, run.restarts, run.retries] {
        binder.push(i64::from(count));
    }
    push_fault(&mut binder, run.fault.as_ref());
    binder.push(number(counts.matched)?);
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

/// Records an attempt with the connection's status and fault after it, within a transaction of the caller's.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    run: &SyncRun,
    status: Option<ConnectionStatus>,
) -> Result<(), StoreError> {
    let (user, before) = connections::owner_and_status(connection, run.connection).await?;
    let status = status.filter(|_| before != ConnectionStatus::Removed);
    let sql = "UPDATE finance_connections SET status = coalesce(?2, status), \
               fault_kind = CASE WHEN ?3 IS NULL THEN fault_kind ELSE ?3 END, \
               fault_code = CASE WHEN ?3 IS NULL THEN fault_code ELSE ?4 END, \
               fault_message = CASE WHEN ?3 IS NULL THEN fault_message ELSE ?5 END, \
               fault_at = CASE WHEN ?3 IS NULL THEN fault_at ELSE ?6 END WHERE id = ?1";
    let mut binder = Binder::default();
    binder.push(run.connection.number());
    binder.push(status.map(ConnectionStatus::name));
    push_fault(&mut binder, run.fault.as_ref());
    sqlx::query_with(sql, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;
    insert(connection, run).await?;
    let written = Written { status: status.filter(|now| *now != before), ..Written::default() };
    let (change, applied) = (ChangeSet::new(run.connection, run.ended_at), Applied::default());
    let events = events_of(&change, &written, &applied);
    logs::add(connection, &user, run.ended_at, &[], &events, &applied).await
}

macro_rules! read_columns {
    () => {
        "SELECT r.started_at, r.ended_at, r.outcome, r.added, r.modified, r.posted, r.removed, r.unchanged, \
         r.kept_deleted, r.pages, r.restarts, r.retries, r.fault_kind, r.fault_code, r.fault_message, r.fault_at, \
         r.connection_id, r.matched "
    };
}
pub(super) const LATEST: &str =
    concat!(read_columns!(), "FROM finance_runs r WHERE r.connection_id = ? ORDER BY r.id DESC LIMIT ?");
pub(super) const RECENT: &str = concat!(
    read_columns!(),
    "FROM finance_connections n CROSS JOIN finance_runs r ON r.id IN (\
         SELECT id FROM finance_runs WHERE connection_id = n.id ORDER BY id DESC LIMIT ?2) \
     WHERE n.user_id = ?1 ORDER BY n.id, r.id DESC"
);

/// The latest attempts on a connection, the one recorded last first.
pub(super) async fn latest(
    readers: &SqlitePool,
    connection: ConnectionId,
    limit: u32,
) -> Result<Vec<SyncRun>, StoreError> {
    let query = sqlx::query(LATEST).bind(connection.number()).bind(limit);
    query.fetch_all(readers).await.map_err(store_error)?.iter().map(run).collect()
}

/// The latest attempts on every connection of a user.
pub(super) async fn recent(
    readers: &SqlitePool,
    user: &UserId,
    per_connection: u32,
) -> Result<Vec<SyncRun>, StoreError> {
    let query = sqlx::query(RECENT).bind(user.as_str()).bind(per_connection);
    query.fetch_all(readers).await.map_err(store_error)?.iter().map(run).collect()
}

fn run(row: &SqliteRow) -> Result<SyncRun, StoreError> {
    let count = |index| u64::try_from(column::<i64>(row, index)?).map_err(|_| unreadable("count"));
    Ok(SyncRun {
        connection: ConnectionId::new(column(row, 16)?),
        started_at: instant(row, 0)?,
        ended_at: instant(row, 1)?,
        outcome: parsed(row, 2, "outcome", RunOutcome::from_name)?,
        counts: SyncCounts {
            added: count(3)?,
            modified: count(4)?,
            posted: count(5)?,
            removed: count(6)?,
            unchanged: count(7)?,
            kept_deleted: count(8)?,
            matched: count(17)?,
        },
        pages: column(row, 9)?,
        restarts: column(row, 10)?,
        retries: column(row, 11)?,
        fault: fault(row, 12)?,
    })
}
