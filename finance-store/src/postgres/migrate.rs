//! The schema's versions.

use finance_core::{StoreError, StoreErrorKind};
use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

use super::error::store_error;

/// Migrations in their order; the first makes version 1. One that was ever released is never changed.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/postgres/0001_books.sql")];

/// Held while the schema is looked at and changed: `finance` in ASCII.
const LOCK: i64 = 0x66_69_6e_61_6e_63_65;

/// The version of the books in the database, 0 when there are none; refuses a version newer than this library.
async fn version(connection: &mut PgConnection) -> Result<usize, StoreError> {
    let exists = "SELECT to_regclass('finance_schema') IS NOT NULL";
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
pub(super) async fn migrate(connection: &mut PgConnection, begin: &'static str) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with(begin).await.map_err(store_error)?;
    if version(&mut transaction).await? == MIGRATIONS.len() {
        return transaction.rollback().await.map_err(store_error);
    }
    // Another process may be migrating large books, for which no wait is too long.
    transaction
        .execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
        .await
        .map_err(store_error)?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await
        .map_err(store_error)?;
    transaction.execute("SET LOCAL lock_timeout TO DEFAULT").await.map_err(store_error)?;
    let from = version(&mut transaction).await?;
    if from == 0 {
        let create = "CREATE TABLE IF NOT EXISTS finance_schema (version BIGINT PRIMARY KEY)";
        transaction.execute(create).await.map_err(store_error)?;
    }
    for (index, sql) in MIGRATIONS.iter().enumerate().skip(from) {
        sqlx::raw_sql(*sql).execute(&mut *transaction).await.map_err(store_error)?;
        let number = i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1);
        sqlx::query("INSERT INTO finance_schema (version) VALUES ($1)")
            .bind(number)
            .execute(&mut *transaction)
            .await
            .map_err(store_error)?;
        tracing::info!(version = number, "the books were brought to a newer version");
    }
    transaction.commit().await.map_err(store_error)
}
