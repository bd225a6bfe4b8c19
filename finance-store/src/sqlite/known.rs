//! What the planner must know of stored rows.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use finance_core::{
    ConnectionId, KnownTransaction, KnownTransactions, ProviderTransactionId, StoreError, TransactionId,
};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};

use futures::TryStreamExt;

use super::batch::{BatchSql, Binder};
use super::error::store_error;
use super::read::{column, parsed};
use super::rows::state;

/// Rows by the identifiers they have, and by those they had: two pairs of statements that differ in their end.
macro_rules! by_present_id {
    ($end:literal) => {
        concat!(
            "SELECT t.provider_id, t.id, 0, t.state, t.digest FROM finance_transactions t ",
            "WHERE t.connection_id = ?",
            $end
        )
    };
}
macro_rules! by_old_id {
    ($end:literal) => {
        concat!(
            "SELECT o.provider_id, t.id, 1, t.state, t.digest ",
            "FROM finance_old_ids o JOIN finance_transactions t ON t.id = o.transaction_id ",
            "WHERE o.connection_id = ?",
            $end
        )
    };
}

static AMONG: LazyLock<BatchSql> =
    LazyLock::new(|| BatchSql::new(by_present_id!(" AND t.provider_id IN (VALUES {rows})"), 1));
static OLD_AMONG: LazyLock<BatchSql> =
    LazyLock::new(|| BatchSql::new(by_old_id!(" AND o.provider_id IN (VALUES {rows})"), 1));

pub(super) async fn transactions(
    readers: &SqlitePool,
    connection: ConnectionId,
    which: KnownTransactions<'_>,
) -> Result<Vec<KnownTransaction>, StoreError> {
    // One transaction, so that all statements see the same rows.
    let mut reader = readers.begin().await.map_err(store_error)?;
    let any = "SELECT EXISTS (SELECT 1 FROM finance_transactions WHERE connection_id = ?)";
    if !holds_any(&mut reader, any, connection).await? {
        return Ok(Vec::new());
    }
    let any = "SELECT EXISTS (SELECT 1 FROM finance_old_ids WHERE connection_id = ?)";
    let any_old = holds_any(&mut reader, any, connection).await?;
    let mut known = Vec::new();
    match which {
        KnownTransactions::All => {
            collect_all(&mut reader, by_present_id!(""), connection, &mut known).await?;
            if any_old {
                collect_all(&mut reader, by_old_id!(""), connection, &mut known).await?;
            }
        }
        KnownTransactions::Among(ids) => {
            // In order, as neighbours lie on the same pages of the index.
            let distinct: BTreeSet<&str> = ids.iter().map(ProviderTransactionId::as_str).collect();
            let distinct: Vec<&str> = distinct.into_iter().collect();
            collect_among(&mut reader, &AMONG, connection, &distinct, &mut known).await?;
            if any_old {
                collect_among(&mut reader, &OLD_AMONG, connection, &distinct, &mut known).await?;
            }
        }
    }
    Ok(known)
}

async fn holds_any(
    reader: &mut SqliteConnection,
    sql: &'static str,
    connection: ConnectionId,
) -> Result<bool, StoreError> {
    sqlx::query_scalar(sql).bind(connection.number()).fetch_one(reader).await.map_err(store_error)
}

async fn collect_all(
    reader: &mut SqliteConnection,
    sql: &'static str,
    connection: ConnectionId,
    known: &mut Vec<KnownTransaction>,
) -> Result<(), StoreError> {
    let mut rows = sqlx::query(sql).bind(connection.number()).fetch(reader);
    while let Some(row) = rows.try_next().await.map_err(store_error)? {
        known.push(known_transaction(&row)?);
    }
    Ok(())
}

async fn collect_among(
    reader: &mut SqliteConnection,
    sql: &BatchSql,
    connection: ConnectionId,
    ids: &[&str],
    known: &mut Vec<KnownTransaction>,
) -> Result<(), StoreError> {
    let first = |binder: &mut Binder| binder.push(connection.number());
    let take = |row: &SqliteRow| {
        known.push(known_transaction(row)?);
        Ok(())
    };
    sql.fetch(reader, ids, first, |binder, id| binder.push(*id), take).await
}

fn known_transaction(row: &SqliteRow) -> Result<KnownTransaction, StoreError> {
    Ok(KnownTransaction {
        provider_id: parsed(row, 0, "identifier", |text| ProviderTransactionId::new(text).ok())?,
        id: TransactionId::new(column(row, 1)?),
        superseded: column(row, 2)?,
        state: state(column(row, 3)?),
        digest: column::<i64>(row, 4)?.cast_unsigned(),
    })
}
