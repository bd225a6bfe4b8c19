//! The user's changes to transactions.

use chrono::{DateTime, Utc};
use finance_core::{StoreError, Transaction, TransactionEdit, TransactionId, UserId};
use sqlx::sqlite::SqliteConnection;

use super::error::store_error;
use super::query;
use super::read::micros;
use super::rows::DELETED_BY_USER;

/// Applies a change of the user's, within a transaction of the caller's.
pub(super) async fn apply(
    connection: &mut SqliteConnection,
    user: &UserId,
    id: TransactionId,
    edit: &TransactionEdit,
    at: DateTime<Utc>,
) -> Result<Transaction, StoreError> {
    let before = query::one(&mut *connection, user, id).await?;
    let edits = edit.applied_to(&before.edits);
    let sql = "INSERT INTO finance_transaction_edits (transaction_id, name, category, note, hidden, edited_at) \
               VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (transaction_id) DO UPDATE SET name = excluded.name, \
               category = excluded.category, note = excluded.note, hidden = excluded.hidden, \
               edited_at = excluded.edited_at";
    sqlx::query(sql)
        .bind(id.number())
        .bind(edits.name)
        .bind(edits.category)
        .bind(edits.note)
        .bind(edits.hidden)
        .bind(micros(at))
        .execute(&mut *connection)
        .await
        .map_err(store_error)?;
    if let Some(deleted) = edit.deleted {
        let sql = "UPDATE finance_transactions SET state = CASE WHEN ?2 THEN state | ?3 ELSE state & ~?3 END WHERE id = ?1";
        let query = sqlx::query(sql).bind(id.number()).bind(deleted).bind(DELETED_BY_USER);
        query.execute(&mut *connection).await.map_err(store_error)?;
    }
    query::one(connection, user, id).await
}
