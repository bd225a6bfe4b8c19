//! The record of attempts.

use finance_core::{ConnectionId, StoreError, SyncRun, UserId};
use sqlx::postgres::PgConnection;

use super::batch::Binder;
use super::error::store_error;
use crate::records::Values;
use crate::records::runs::{columns, give, read};

/// Records an attempt, within a transaction of the caller's.
pub(super) async fn insert(connection: &mut PgConnection, run: &SyncRun) -> Result<(), StoreError> {
    let sql = concat!(
        "INSERT INTO finance_runs (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"
    );
    let mut binder = Binder::default();
    give(&mut binder, run)?;
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

const LATEST: &str =
    concat!("SELECT ", columns!(), " FROM finance_runs WHERE connection_id = $1 ORDER BY id DESC LIMIT $2");
const RECENT: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM (SELECT r.* FROM finance_connections n CROSS JOIN LATERAL (\
         SELECT * FROM finance_runs WHERE connection_id = n.id ORDER BY id DESC LIMIT $2) r \
     WHERE n.user_id = $1) AS recent ORDER BY connection_id, id DESC"
);

/// The latest attempts on a connection, the one recorded last first.
pub(super) async fn latest(
    connection: &mut PgConnection,
    of: ConnectionId,
    limit: u32,
) -> Result<Vec<SyncRun>, StoreError> {
    let query = sqlx::query(LATEST).bind(of.number()).bind(i64::from(limit));
    query.fetch_all(connection).await.map_err(store_error)?.iter().map(read).collect()
}

/// The latest attempts on every connection of a user.
pub(super) async fn recent(
    connection: &mut PgConnection,
    user: &UserId,
    per_connection: u32,
) -> Result<Vec<SyncRun>, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.number(i64::from(per_connection));
    let query = sqlx::query_with(RECENT, binder.finish()?);
    query.fetch_all(connection).await.map_err(store_error)?.iter().map(read).collect()
}
