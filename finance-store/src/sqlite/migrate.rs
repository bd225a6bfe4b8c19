//! The schema's versions.

use finance_core::{StoreError, StoreErrorKind};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Executor};

use super::error::store_error;

/// Migrations in their order; the first makes version 1. One that was ever released is never changed.
const MIGRATIONS: [&str; 10] = [
    include_str!("../../migrations/sqlite/0001_books.sql"),
    include_str!("../../migrations/sqlite/0002_events_audit_and_edits.sql"),
    include_str!("../../migrations/sqlite/0003_history.sql"),
    include_str!("../../migrations/sqlite/0004_reconciliations.sql"),
    include_str!("../../migrations/sqlite/0005_schedules.sql"),
    include_str!("../../migrations/sqlite/0006_webhooks.sql"),
    include_str!("../../migrations/sqlite/0007_categories.sql"),
    include_str!("../../migrations/sqlite/0008_manual_accounts_and_merges.sql"),
    include_str!("../../migrations/sqlite/0009_revisions.sql"),
    include_str!("../../migrations/sqlite/0010_hidden.sql"),
];

/// The version of the books in the database, 0 when there are none; refuses a version newer than this library.
pub(super) async fn version(connection: &mut SqliteConnection) -> Result<usize, StoreError> {
    let exists =
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'finance_schema' AND type = 'table')";
    if !sqlx::query_scalar(exists).fetch_one(&mut *connection).await.map_err(store_error)? {
        return Ok(0);
    }
    let stored: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM finance_schema")
        .fetch_one(&mut *connection)
        .await
        .map_err(store_error)?;
    match usize::try_from(stored) {
        Ok(version) if version <= MIGRATIONS.len() => Ok(version),
        _ => Err(StoreError::new(
            StoreErrorKind::NewerSchema,
            format!(
                "the database has version {stored} of the books, this library knows versions up to {}: \
                 update the library",
                MIGRATIONS.len()
            ),
        )),
    }
}

/// Brings the books to the newest version, in one transaction. Of several processes that try at once, one does it.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    if version(connection).await? == MIGRATIONS.len() {
        return Ok(());
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)?;
    let from = version(&mut transaction).await?;
    if from == 0 {
        let create = "CREATE TABLE IF NOT EXISTS finance_schema (version INTEGER PRIMARY KEY) STRICT";
        transaction.execute(create).await.map_err(store_error)?;
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(from) {
        transaction.execute(*sql).await.map_err(store_error)?;
        let number = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1);
        sqlx::query("INSERT INTO finance_schema (version) VALUES (?)")
            .bind(number)
            .execute(&mut *transaction)
            .await
            .map_err(store_error)?;
        tracing::info!(version = number, "the books were brought to a newer version");
    }
    transaction.commit().await.map_err(store_error)
}
