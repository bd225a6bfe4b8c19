//! What the planner must know of stored rows.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use finance_core::{ConnectionId, KnownTransaction, KnownTransactions, ProviderTransactionId, StoreError};
use futures::TryStreamExt;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};

use super::batch::{BatchSql, Binder};
use super::error::store_error;
use crate::records::known::read;

pub(super) const ALL: &str = "SELECT provider_id, id, 0, state, digest, account_id, origin \
     FROM finance_transactions WHERE connection_id = ?1 \
     UNION ALL SELECT o.provider_id, t.id, 1, t.state, t.digest, t.account_id, t.origin \
     FROM finance_old_ids o JOIN finance_transactions t ON t.id = o.transaction_id WHERE o.connection_id = ?1";

pub(super) static AMONG: LazyLock<BatchSql> = LazyLock::new(|| {
    let sql = "WITH whose (id) AS (SELECT ?), asked (provider_id) AS (VALUES {rows}) \
               SELECT provider_id, id, 0, state, digest, account_id, origin FROM finance_transactions \
               WHERE connection_id = (SELECT id FROM whose) AND provider_id IN asked \
               UNION ALL SELECT o.provider_id, t.id, 1, t.state, t.digest, t.account_id, t.origin \
               FROM finance_old_ids o JOIN finance_transactions t ON t.id = o.transaction_id \
               WHERE o.connection_id = (SELECT id FROM whose) AND o.provider_id IN asked";
    BatchSql::new(sql, 1)
});

/// The statements need not see the rows of one instant: a change set that was planned on rows which changed meanwhile
/// is refused for its cursor.
pub(super) async fn transactions(
    readers: &SqlitePool,
    connection: ConnectionId,
    which: KnownTransactions<'_>,
) -> Result<Vec<KnownTransaction>, StoreError> {
    let mut reader = readers.acquire().await.map_err(store_error)?;
    let mut known = Vec::new();
    match which {
        KnownTransactions::All => {
            let mut rows = sqlx::query(ALL).bind(connection.number()).fetch(&mut *reader);
            while let Some(row) = rows.try_next().await.map_err(store_error)? {
                known.push(read(&row)?);
            }
        }
        KnownTransactions::Among(ids) if holds_any(&mut reader, connection).await? => {
            // In order, as neighbours lie on the same pages of the index.
            let distinct: BTreeSet<&str> = ids.iter().map(ProviderTransactionId::as_str).collect();
            let distinct: Vec<&str> = distinct.into_iter().collect();
            let first = |binder: &mut Binder| binder.push(connection.number());
            let take = |row: &SqliteRow| {
                known.push(read(row)?);
                Ok(())
            };
            AMONG.fetch(&mut reader, &distinct, first, |binder, id| binder.push(*id), take).await?;
        }
        KnownTransactions::Among(_) => {}
    }
    Ok(known)
}

/// Spares the look-ups of a first update.
async fn holds_any(reader: &mut SqliteConnection, connection: ConnectionId) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM finance_transactions WHERE connection_id = ?)";
    sqlx::query_scalar(sql).bind(connection.number()).fetch_one(reader).await.map_err(store_error)
}
