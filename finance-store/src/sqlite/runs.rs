//! The record of attempts.

use finance_core::{
    ConnectionFault, ConnectionId, ProviderErrorKind, RunOutcome, StoreError, SyncCounts, SyncRun, UserId,
};
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::batch::Binder;
use super::error::store_error;
use super::read::{column, instant_of};
use crate::records::runs::{columns, give};
use crate::refusals::unreadable;

/// Records an attempt, within a transaction of the caller's.
pub(super) async fn insert(connection: &mut SqliteConnection, run: &SyncRun) -> Result<(), StoreError> {
    let sql = concat!(
        "INSERT INTO finance_runs (",
        columns!(),
        ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let mut binder = Binder::default();
    give(&mut binder, run)?;
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

/// The latest attempts of one connection as one text: a row that crosses from the database's thread costs more than what is
/// in it.
macro_rules! latest {
    ($connection:literal, $limit:literal) => {
        concat!(
            "(SELECT json_group_array(json_array(\
                 json_array(id, started_at, ended_at, outcome), \
                 json_array(added, modified, posted, removed, unchanged, kept_deleted, matched), \
                 json_array(pages, restarts, retries), \
                 json_array(fault_kind, fault_code, fault_message, fault_at))) \
             FROM (SELECT * FROM finance_runs WHERE connection_id = ",
            $connection,
            " ORDER BY id DESC LIMIT ",
            $limit,
            "))"
        )
    };
}
pub(super) const LATEST: &str = concat!("SELECT ", latest!("?1", "?2"));
pub(super) const RECENT: &str = concat!(
    "SELECT n.id, ",
    latest!("n.id", "?2"),
    " FROM finance_connections n WHERE n.user_id = ?1 ORDER BY n.id"
);

/// The latest attempts on a connection, the one recorded last first.
pub(super) async fn latest(
    readers: &SqlitePool,
    connection: ConnectionId,
    limit: u32,
) -> Result<Vec<SyncRun>, StoreError> {
    let query = sqlx::query(LATEST).bind(connection.number()).bind(limit);
    runs(connection, column(&query.fetch_one(readers).await.map_err(store_error)?, 0)?)
}

/// The latest attempts on every connection of a user.
pub(super) async fn recent(
    readers: &SqlitePool,
    user: &UserId,
    per_connection: u32,
) -> Result<Vec<SyncRun>, StoreError> {
    let query = sqlx::query(RECENT).bind(user.as_str()).bind(per_connection);
    let mut recent = Vec::new();
    for row in &query.fetch_all(readers).await.map_err(store_error)? {
        recent.extend(runs(ConnectionId::new(column(row, 0)?), column(row, 1)?)?);
    }
    Ok(recent)
}

/// A run in the text: number, instants and outcome; counts; effort; fault.
type RunText = (
    (i64, i64, i64, String),
    (u64, u64, u64, u64, u64, u64, u64),
    (u32, u32, u32),
    (Option<String>, Option<String>, Option<String>, Option<i64>),
);

/// Reads the runs of a connection, the one recorded last first.
fn runs(connection: ConnectionId, text: &str) -> Result<Vec<SyncRun>, StoreError> {
    let mut runs: Vec<RunText> =
        serde_json::from_str(text).map_err(|error| unreadable("run").with_source(error))?;
    runs.sort_unstable_by_key(|run| std::cmp::Reverse(run.0.0));
    runs.into_iter().map(|run| read_run(connection, run)).collect()
}

fn read_run(connection: ConnectionId, (when, counts, effort, fault): RunText) -> Result<SyncRun, StoreError> {
    let (_, started_at, ended_at, outcome) = when;
    let (added, modified, posted, removed, unchanged, kept_deleted, matched) = counts;
    let (pages, restarts, retries) = effort;
    Ok(SyncRun {
        connection,
        started_at: instant_of(started_at)?,
        ended_at: instant_of(ended_at)?,
        outcome: RunOutcome::from_name(&outcome).ok_or_else(|| unreadable("outcome"))?,
        counts: SyncCounts { added, modified, posted, removed, unchanged, kept_deleted, matched },
        pages,
        restarts,
        retries,
        fault: read_fault(fault)?,
    })
}

fn read_fault(
    (kind, code, user_message, at): (Option<String>, Option<String>, Option<String>, Option<i64>),
) -> Result<Option<ConnectionFault>, StoreError> {
    let (Some(kind), Some(user_message), Some(at)) = (kind, user_message, at) else { return Ok(None) };
    let kind = ProviderErrorKind::from_name(&kind).ok_or_else(|| unreadable("fault"))?;
    Ok(Some(ConnectionFault { kind, code, user_message, at: instant_of(at)? }))
}
