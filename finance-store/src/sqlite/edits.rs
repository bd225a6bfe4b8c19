//! The user's changes to transactions.

use chrono::{DateTime, Utc};
use finance_core::{AccountId, ChangeSet, ConnectionId, EditCarry, EditState, StoreError, TransactionId};
use sqlx::sqlite::SqliteConnection;

use super::batch::{Binder, json_numbers};
use super::error::store_error;
use crate::records::Values;
use crate::records::edits::{Stored, give, stored};
use crate::records::transactions::DELETED_BY_USER;
use crate::refusals::{conflict, invalid, unreadable};

/// Writes the edits of a change set, within a transaction of the caller's.
pub(super) async fn write(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<(), StoreError> {
    for edit in &change.edits {
        let found = find(connection, change.connection, edit.id).await?;
        let stored =
            found.ok_or_else(|| conflict("an edited transaction is none of the connection's by now"))?;
        if stored.state != edit.before {
            return Err(conflict("the user changed the row meanwhile"));
        }
        set(connection, edit.id, &stored, &edit.after, change.at).await?;
    }
    Ok(())
}

/// Writes what the user says of new rows from the start, given with their accounts in the order of the change set, within a
/// transaction of the caller's.
pub(super) async fn write_new(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    inserted: &[(AccountId, TransactionId)],
) -> Result<(), StoreError> {
    for (insert, &(_, id)) in change.inserts.iter().zip(inserted) {
        let Some(edits) = &insert.edits else { continue };
        let stored = Stored {
            state: EditState::default(),
            source_amount: insert.row.amount.amount(),
            source_date: insert.row.date,
            edited_at: Some(change.at),
        };
        let state = EditState { edits: (**edits).clone(), deleted: false };
        set(connection, id, &stored, &state, change.at).await?;
    }
    Ok(())
}

/// Joins the user's changes of one row to those of another, given the connections of both, within a transaction
/// of the caller's.
pub(super) async fn carry(
    connection: &mut SqliteConnection,
    owners: [ConnectionId; 2],
    EditCarry { from, to }: EditCarry,
) -> Result<(), StoreError> {
    let strangers = || invalid("edits are carried between transactions that are not both the connection's");
    let from = find(connection, owners[0], from).await?.ok_or_else(strangers)?;
    let stored = find(connection, owners[1], to).await?.ok_or_else(strangers)?;
    let own = (stored.state.clone(), stored.edited_at);
    let (joined, edited_at) = EditState::joined(own, (from.state, from.edited_at));
    if joined != stored.state {
        let edited_at = edited_at.ok_or_else(|| unreadable("edit"))?;
        set(connection, to, &stored, &joined, edited_at).await?;
    }
    Ok(())
}

async fn find(
    connection: &mut SqliteConnection,
    owner: ConnectionId,
    id: TransactionId,
) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT e.name, e.category, e.note, ifnull(e.hidden, 0), e.amount, e.scale, e.date, \
               e.counts_while_pending, e.parts, t.state, coalesce(e.source_amount, t.amount), \
               coalesce(e.source_scale, t.scale), coalesce(e.source_date, t.date), e.edited_at \
               FROM finance_transactions t LEFT JOIN finance_transaction_edits e ON e.transaction_id = t.id \
               WHERE t.id = ? AND t.connection_id = ?";
    let query = sqlx::query(sql).bind(id.number()).bind(owner.number());
    query.fetch_optional(connection).await.map_err(store_error)?.as_ref().map(stored).transpose()
}

/// Makes of a stored row what the user makes of it.
async fn set(
    connection: &mut SqliteConnection,
    id: TransactionId,
    stored: &Stored,
    state: &EditState,
    edited_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let edits = &state.edits;
    let sql = "INSERT OR REPLACE INTO finance_transaction_edits (transaction_id, name, category, note, hidden, \
               amount, scale, date, counts_while_pending, parts, source_amount, source_scale, source_date, edited_at, \
               user_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, \
               (SELECT n.user_id FROM finance_transactions t JOIN finance_connections n ON n.id = t.connection_id \
               WHERE t.id = ?1))";
    let mut binder = Binder::default();
    give(&mut binder, id, stored, edits, edited_at)?;
    sqlx::query_with(sql, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;

    let sql = "UPDATE finance_transactions SET amount = ?, scale = ?, date = ?, \
               state = CASE WHEN ? THEN state | ? ELSE state & ~? END WHERE id = ?";
    let mut binder = Binder::default();
    binder.amount(edits.amount.unwrap_or(stored.source_amount));
    binder.day(edits.date.unwrap_or(stored.source_date));
    binder.push(state.deleted);
    binder.push(DELETED_BY_USER);
    binder.push(DELETED_BY_USER);
    binder.push(id.number());
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

/// After updates wrote the source's amounts and days: puts them beside the user's own, where there are any, and the user's
/// back in their place.
pub(super) async fn keep_corrections(
    connection: &mut SqliteConnection,
    updated: &[TransactionId],
) -> Result<(), StoreError> {
    let any = "SELECT EXISTS (SELECT 1 FROM finance_transaction_edits WHERE source_date IS NOT NULL)";
    if updated.is_empty()
        || !sqlx::query_scalar::<_, bool>(any).fetch_one(&mut *connection).await.map_err(store_error)?
    {
        return Ok(());
    }
    let aside = "UPDATE finance_transaction_edits AS e SET (source_amount, source_scale, source_date) = \
                 (SELECT t.amount, t.scale, t.date FROM finance_transactions t WHERE t.id = e.transaction_id) \
                 WHERE e.source_date IS NOT NULL AND e.transaction_id IN (SELECT value FROM json_each(?))";
    let back = "UPDATE finance_transactions AS t SET amount = coalesce(e.amount, t.amount), \
                scale = coalesce(e.scale, t.scale), date = coalesce(e.date, t.date) \
                FROM finance_transaction_edits AS e WHERE e.transaction_id = t.id AND e.source_date IS NOT NULL \
                AND t.id IN (SELECT value FROM json_each(?))";
    let updated = json_numbers(updated.iter().map(|id| id.number()));
    for sql in [aside, back] {
        let query = sqlx::query(sql).bind(updated.as_str());
        query.execute(&mut *connection).await.map_err(store_error)?;
    }
    Ok(())
}
