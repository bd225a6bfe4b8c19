//! The end of records: connections that are removed or merged, users that are forgotten.

use async_trait::async_trait;
use finance_core::{
    Applied, ConnectionId, ConnectionMerge, ConnectionRemoval, ConnectionStatus, LocalRecords, RecordCounts,
    RemovalStore, StoreError, StoreErrorKind, UserId,
};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::batch::json_numbers;
use super::error::store_error;
use super::tables::condition;
use super::writer::commit;
use super::{SqliteStore, categories, logs, merge, schedules};
use crate::records::Cells;
use crate::refusals::not_found;
use crate::sealed_token::NO_KEY;
use crate::tables::TABLES;

#[async_trait]
impl RemovalStore for SqliteStore {
    async fn records(&self, user: &UserId) -> Result<RecordCounts, StoreError> {
        // One transaction, so that the answers are of one instant.
        let mut reader = self.readers.begin().await.map_err(store_error)?;
        let connections = json_numbers(connections_of(&mut reader, user).await?);
        let mut records = RecordCounts::default();
        for table in TABLES {
            let Some(kind) = table.kind else { continue };
            let sql = format!("SELECT count(*) FROM {} WHERE {}", table.name, condition(table.of));
            let query = sqlx::query_scalar(AssertSqlSafe(sql)).bind(user.as_str()).bind(&connections);
            let found: i64 = query.fetch_one(&mut *reader).await.map_err(store_error)?;
            records.add(kind, found.unsigned_abs());
        }
        Ok(records)
    }

    async fn remove_connection(&self, removal: &ConnectionRemoval) -> Result<RecordCounts, StoreError> {
        let turn = self.writer.turn().await?;
        let mut connection = turn.eraser().await?;
        let erased = remove(&mut connection, removal).await?;
        self.news.notify_waiters();
        match removal.local {
            LocalRecords::Keep => settle(&mut connection).await,
            LocalRecords::Erase => wipe(&mut connection).await?,
        }
        Ok(erased)
    }

    async fn merge_connections(&self, merge: &ConnectionMerge) -> Result<(), StoreError> {
        let turn = self.writer.turn().await?;
        let mut connection = turn.eraser().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        merge::write(&mut transaction, merge).await?;
        commit(transaction).await?;
        self.news.notify_waiters();
        Ok(())
    }

    async fn forget_user(&self, user: &UserId) -> Result<RecordCounts, StoreError> {
        let turn = self.writer.turn().await?;
        let mut connection = turn.eraser().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
        let connections = connections_of(&mut transaction, user).await?;
        let erased = erase(&mut transaction, Some(user), &connections).await?;
        commit(transaction).await?;
        wipe(&mut connection).await?;
        Ok(erased)
    }
}

async fn connections_of(connection: &mut SqliteConnection, user: &UserId) -> Result<Vec<i64>, StoreError> {
    let query =
        sqlx::query_scalar("SELECT id FROM finance_connections WHERE user_id = ?").bind(user.as_str());
    query.fetch_all(connection).await.map_err(store_error)
}

async fn remove(
    connection: &mut SqliteConnection,
    removal: &ConnectionRemoval,
) -> Result<RecordCounts, StoreError> {
    let id = removal.connection.number();
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
    let sql = "SELECT status, token_key <> ? FROM finance_connections WHERE id = ? AND user_id = ?";
    let query = sqlx::query(sql).bind(NO_KEY).bind(id).bind(removal.user.as_str());
    let row = query.fetch_optional(&mut *transaction).await.map_err(store_error)?;
    let row = row.ok_or_else(|| not_found("connection", id))?;
    let mut cells = Cells::of(&row);
    let status = cells.parsed("status", ConnectionStatus::from_name)?;
    let has_token = cells.flag()?;
    let erased = match removal.local {
        LocalRecords::Keep if status == ConnectionStatus::Removed && !has_token => {
            return Ok(RecordCounts::default());
        }
        LocalRecords::Keep => {
            end(&mut transaction, removal.connection).await?;
            RecordCounts::default()
        }
        LocalRecords::Erase => {
            let erased = erase(&mut transaction, None, &[id]).await?;
            categories::drop_empty_ranges(&mut transaction, &removal.user).await?;
            erased
        }
    };
    let (draft, events) = (removal.audit(status, &erased), removal.events(status));
    logs::add(&mut transaction, &removal.user, removal.at, &[draft], &events, &Applied::default()).await?;
    commit(transaction).await?;
    Ok(erased)
}

/// Leaves a connection without token, fault and plans, within a transaction of the caller's.
pub(super) async fn end(connection: &mut SqliteConnection, id: ConnectionId) -> Result<(), StoreError> {
    let sql = "UPDATE finance_connections SET status = ?, token_key = ?, token = x'', fault_kind = NULL, \
               fault_code = NULL, fault_message = NULL, fault_at = NULL, revision = revision + 1 WHERE id = ?";
    let query = sqlx::query(sql).bind(ConnectionStatus::Removed.name()).bind(NO_KEY).bind(id.number());
    query.execute(&mut *connection).await.map_err(store_error)?;
    schedules::end(connection, id).await
}

/// Erases connections and everything that hangs on them, and everything that hangs on the user if one is given, within a
/// transaction of the caller's.
async fn erase(
    connection: &mut SqliteConnection,
    user: Option<&UserId>,
    connections: &[i64],
) -> Result<RecordCounts, StoreError> {
    let connections = json_numbers(connections.iter().copied());
    let mut erased = RecordCounts::default();
    for table in TABLES {
        let sql = format!("DELETE FROM {} WHERE {}", table.name, condition(table.of));
        let query = sqlx::query(AssertSqlSafe(sql)).bind(user.map(UserId::as_str)).bind(&connections);
        let done = query.execute(&mut *connection).await.map_err(store_error)?;
        if let Some(kind) = table.kind {
            erased.add(kind, done.rows_affected());
        }
    }
    for table in TABLES {
        let check = AssertSqlSafe(format!("PRAGMA foreign_key_check({})", table.name));
        if sqlx::query(check).fetch_optional(&mut *connection).await.map_err(store_error)?.is_some() {
            let message = format!("records of {} would be left without what they hang on", table.name);
            return Err(StoreError::new(StoreErrorKind::Internal, message));
        }
    }
    Ok(erased)
}

/// Removes what erased records left in the database's files.
///
/// SQLite zeroes what it deletes, but copies of it may lie in the unused parts of pages that were split before, and in the
/// write-ahead log. So the database is written anew.
async fn wipe(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    sqlx::query("VACUUM").execute(&mut *connection).await.map_err(store_error)?;
    if settle_log(connection).await? {
        return Ok(());
    }
    let message =
        "everything is erased, but the database is being read, so that its log still holds it; try again";
    Err(StoreError::new(StoreErrorKind::Unavailable, message))
}

/// Moves the write-ahead log into the database if nobody reads it; if somebody does, a later write moves it.
async fn settle(connection: &mut SqliteConnection) {
    if !settle_log(connection).await.unwrap_or_default() {
        tracing::info!("the write-ahead log could not be emptied now");
    }
}

async fn settle_log(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await.map_err(store_error)?;
    Ok(busy == 0)
}
