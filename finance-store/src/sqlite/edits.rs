//! The user's changes to transactions.

use chrono::{DateTime, Utc};
use finance_core::{
    ConnectionId, EditCarry, StoreError, Transaction, TransactionEdit, TransactionId, UserId,
};
use sqlx::sqlite::SqliteConnection;

use super::batch::Binder;
use super::error::{invalid, store_error};
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

/// Takes the user's changes over from one row of the connection to another that has none, within a transaction of the
/// caller's.
pub(super) async fn carry(
    connection: &mut SqliteConnection,
    owner: ConnectionId,
    EditCarry { from, to }: EditCarry,
) -> Result<(), StoreError> {
    let untouched = "SELECT t.state & ?4 = 0 AND coalesce(e.name, e.category, e.note) IS NULL AND NOT ifnull(e.hidden, 0) \
                     FROM finance_transactions t JOIN finance_transactions f ON f.id = ?1 AND f.connection_id = ?3 \
                     LEFT JOIN finance_transaction_edits e ON e.transaction_id = t.id \
                     WHERE t.id = ?2 AND t.connection_id = ?3";
    let edits = "INSERT OR REPLACE INTO finance_transaction_edits \
                 (transaction_id, name, category, note, hidden, edited_at) \
                 SELECT ?2, name, category, note, hidden, edited_at \
                 FROM finance_transaction_edits WHERE transaction_id = ?1";
    let deletion = "UPDATE finance_transactions \
                    SET state = state | (SELECT f.state & ?4 FROM finance_transactions f WHERE f.id = ?1) \
                    WHERE id = ?2 AND connection_id = ?3";
    let arguments = || {
        let mut binder = Binder::default();
        for number in [from.number(), to.number(), owner.number(), DELETED_BY_USER] {
            binder.push(number);
        }
        binder.finish()
    };
    let asked = sqlx::query_scalar_with(untouched, arguments()?).fetch_optional(&mut *connection).await;
    match asked.map_err(store_error)? {
        None => Err(invalid("edits are carried between transactions that are not both the connection's")),
        Some(false) => Ok(()),
        Some(true) => {
            for sql in [edits, deletion] {
                let query = sqlx::query_with(sql, arguments()?);
                query.execute(&mut *connection).await.map_err(store_error)?;
            }
            Ok(())
        }
    }
}
