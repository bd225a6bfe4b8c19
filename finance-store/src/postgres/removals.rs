//! The end of records: connections that are removed or merged, users that are forgotten.

use async_trait::async_trait;
use finance_core::{
    Applied, ConnectionId, ConnectionMerge, ConnectionRemoval, ConnectionStatus, LocalRecords, RecordCounts,
    RemovalStore, StoreError, UserId,
};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, PgConnection};

use super::batch::Binder;
use super::error::store_error;
use super::tables::condition;
use super::writer::{reading, snapshot, writing};
use super::{PostgresStore, categories, logs, merge, schedules};
use crate::records::{Cells, Values};
use crate::refusals::not_found;
use crate::sealed_token::NO_KEY;
use crate::tables::{Owner, TABLES, Table};

#[async_trait]
impl RemovalStore for PostgresStore {
    async fn records(&self, user: &UserId) -> Result<RecordCounts, StoreError> {
        reading!(self, |connection| count(&mut *snapshot(connection).await?, user).await)
    }

    async fn remove_connection(&self, removal: &ConnectionRemoval) -> Result<RecordCounts, StoreError> {
        let erased = writing!(self, |connection| remove(connection, removal).await)?;
        self.waiting.wake(&removal.user);
        Ok(erased)
    }

    async fn merge_connections(&self, merge: &ConnectionMerge) -> Result<(), StoreError> {
        writing!(self, |connection| merge::write(connection, merge).await)?;
        self.waiting.wake(&merge.user);
        Ok(())
    }

    async fn forget_user(&self, user: &UserId) -> Result<RecordCounts, StoreError> {
        writing!(self, |connection| {
            // Nobody writes to the books any more, and whoever waits to finds nothing.
            logs::lock(connection, user).await?;
            let connections = connections_of(connection, user).await?;
            erase(connection, Some(user), &connections).await
        })
    }
}

async fn connections_of(connection: &mut PgConnection, user: &UserId) -> Result<Vec<i64>, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    let sql = "SELECT id FROM finance_connections WHERE user_id = $1 ORDER BY id FOR UPDATE";
    let query = sqlx::query_scalar_with(sql, binder.finish()?);
    query.fetch_all(connection).await.map_err(store_error)
}

/// Within a transaction that sees one instant.
async fn count(connection: &mut PgConnection, user: &UserId) -> Result<RecordCounts, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    let sql = "SELECT id FROM finance_connections WHERE user_id = $1";
    let query = sqlx::query_scalar_with(sql, binder.finish()?);
    let connections: Vec<i64> = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    let mut records = RecordCounts::default();
    for table in TABLES {
        let Some(kind) = table.kind else { continue };
        let Some(arguments) = whose(table, Some(user), &connections)? else { continue };
        let sql = format!("SELECT count(*) FROM {} WHERE {}", table.name, condition(table.of));
        let query = sqlx::query_scalar_with(AssertSqlSafe(sql), arguments);
        let found: i64 = query.fetch_one(&mut *connection).await.map_err(store_error)?;
        records.add(kind, found.unsigned_abs());
    }
    Ok(records)
}

/// What the condition of a table asks for; `None` for tables of users when no user is given.
fn whose(
    table: &Table,
    user: Option<&UserId>,
    connections: &[i64],
) -> Result<Option<PgArguments>, StoreError> {
    let mut binder = Binder::default();
    match (table.of, user) {
        (Owner::User, None) => return Ok(None),
        (Owner::User, Some(user)) => binder.text(user.as_str()),
        _ => binder.push(connections.to_vec()),
    }
    binder.finish().map(Some)
}

async fn remove(
    connection: &mut PgConnection,
    removal: &ConnectionRemoval,
) -> Result<RecordCounts, StoreError> {
    let id = removal.connection.number();
    let books = logs::lock(connection, &removal.user).await?;
    let sql =
        "SELECT status, token_key <> $1 FROM finance_connections WHERE id = $2 AND user_id = $3 FOR UPDATE";
    let mut binder = Binder::default();
    binder.number(NO_KEY);
    binder.number(id);
    binder.text(removal.user.as_str());
    let query = sqlx::query_with(sql, binder.finish()?);
    let row = query.fetch_optional(&mut *connection).await.map_err(store_error)?;
    let row = row.ok_or_else(|| not_found("connection", id))?;
    let mut cells = Cells::of(&row);
    let status = cells.parsed("status", ConnectionStatus::from_name)?;
    let has_token = cells.flag()?;
    let erased = match removal.local {
        LocalRecords::Keep if status == ConnectionStatus::Removed && !has_token => {
            return Ok(RecordCounts::default());
        }
        LocalRecords::Keep => {
            end(connection, removal.connection).await?;
            RecordCounts::default()
        }
        LocalRecords::Erase => {
            let erased = erase(connection, None, &[id]).await?;
            categories::drop_empty_ranges(connection, &removal.user).await?;
            erased
        }
    };
    let (draft, events) = (removal.audit(status, &erased), removal.events(status));
    logs::add(connection, books, removal.at, &[draft], &events, &Applied::default()).await?;
    Ok(erased)
}

/// Leaves a connection without token, fault and plans, within a transaction of the caller's.
pub(super) async fn end(connection: &mut PgConnection, id: ConnectionId) -> Result<(), StoreError> {
    let sql = "UPDATE finance_connections SET status = $1, token_key = $2, token = '', fault_kind = NULL, \
               fault_code = NULL, fault_message = NULL, fault_at = NULL, revision = revision + 1 WHERE id = $3";
    let query = sqlx::query(sql).bind(ConnectionStatus::Removed.name()).bind(NO_KEY).bind(id.number());
    query.execute(&mut *connection).await.map_err(store_error)?;
    schedules::end(connection, id).await
}

/// Erases connections and everything that hangs on them, and everything that hangs on the user if one is given, within a
/// transaction of the caller's.
async fn erase(
    connection: &mut PgConnection,
    user: Option<&UserId>,
    connections: &[i64],
) -> Result<RecordCounts, StoreError> {
    let mut erased = RecordCounts::default();
    for table in TABLES {
        let Some(arguments) = whose(table, user, connections)? else { continue };
        let sql = format!("DELETE FROM {} WHERE {}", table.name, condition(table.of));
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        let done = query.execute(&mut *connection).await.map_err(store_error)?;
        if let Some(kind) = table.kind {
            erased.add(kind, done.rows_affected());
        }
    }
    Ok(erased)
}
