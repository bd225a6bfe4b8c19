//! The user's changes to transactions.
//!
//! The amount and the day that count stand in `finance_transactions`, where lists and sums look. While the user's own stand
//! there, the source's are kept beside the edits.

use std::collections::HashSet;

use finance_core::{
    AccountId, ChangeSet, ConnectionId, EditCarry, EditState, StoreError, TransactionEdits, TransactionId,
};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::amount::{amount, optional_amount, push_amount, push_optional_amount};
use super::batch::{Binder, json_numbers};
use super::error::{conflict, invalid, store_error, unreadable};
use super::read::{column, day, day_number, micros, optional_day, optional_parsed};
use super::rows::DELETED_BY_USER;

/// Writes the edits of a change set, within a transaction of the caller's.
pub(super) async fn write(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<(), StoreError> {
    let distinct: HashSet<TransactionId> = change.edits.iter().map(|edit| edit.id).collect();
    if distinct.len() < change.edits.len() {
        return Err(invalid("a transaction is edited twice"));
    }
    for edit in &change.edits {
        let found = find(connection, change.connection, edit.id).await?;
        let stored =
            found.ok_or_else(|| invalid("an edit names a transaction that is none of the connection's"))?;
        if stored.state != edit.before {
            return Err(conflict("the user changed the row meanwhile"));
        }
        set(connection, edit.id, &stored, &edit.after, micros(change.at)).await?;
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
            edited_at: micros(change.at),
        };
        let state = EditState { edits: (**edits).clone(), deleted: false };
        set(connection, id, &stored, &state, stored.edited_at).await?;
    }
    Ok(())
}

/// Takes the user's changes over from one row to another that has none, given the connections of both, within a transaction
/// of the caller's.
pub(super) async fn carry(
    connection: &mut SqliteConnection,
    owners: [ConnectionId; 2],
    EditCarry { from, to }: EditCarry,
) -> Result<(), StoreError> {
    let strangers = || invalid("edits are carried between transactions that are not both the connection's");
    let from = find(connection, owners[0], from).await?.ok_or_else(strangers)?;
    let stored = find(connection, owners[1], to).await?.ok_or_else(strangers)?;
    if stored.state == EditState::default() && from.state != EditState::default() {
        set(connection, to, &stored, &from.state, from.edited_at).await?;
    }
    Ok(())
}

/// A row as the user left it, and what its source says in place of the user's amount and day.
struct Stored {
    state: EditState,
    source_amount: rust_decimal::Decimal,
    source_date: chrono::NaiveDate,
    edited_at: i64,
}

async fn find(
    connection: &mut SqliteConnection,
    owner: ConnectionId,
    id: TransactionId,
) -> Result<Option<Stored>, StoreError> {
    let sql = "SELECT e.name, e.category, e.note, ifnull(e.hidden, 0), e.amount, e.scale, e.date, \
               e.counts_while_pending, e.parts, t.state, coalesce(e.source_amount, t.amount), \
               coalesce(e.source_scale, t.scale), coalesce(e.source_date, t.date), ifnull(e.edited_at, 0) \
               FROM finance_transactions t LEFT JOIN finance_transaction_edits e ON e.transaction_id = t.id \
               WHERE t.id = ? AND t.connection_id = ?";
    let query = sqlx::query(sql).bind(id.number()).bind(owner.number());
    query.fetch_optional(connection).await.map_err(store_error)?.as_ref().map(stored).transpose()
}

fn stored(row: &SqliteRow) -> Result<Stored, StoreError> {
    let parts = optional_parsed(row, 8, "split", |json| serde_json::from_str(json).ok())?;
    let edits = TransactionEdits {
        name: column(row, 0)?,
        category: column(row, 1)?,
        note: column(row, 2)?,
        hidden: column(row, 3)?,
        amount: optional_amount(row, 4)?,
        date: optional_day(row, 6)?,
        counts_while_pending: column(row, 7)?,
        parts: parts.unwrap_or_default(),
    };
    let deleted = column::<i64>(row, 9)? & DELETED_BY_USER != 0;
    Ok(Stored {
        state: EditState { edits, deleted },
        source_amount: amount(row, 10)?,
        source_date: day(row, 12)?,
        edited_at: column(row, 13)?,
    })
}

/// Makes of a stored row what the user makes of it.
async fn set(
    connection: &mut SqliteConnection,
    id: TransactionId,
    stored: &Stored,
    state: &EditState,
    edited_at: i64,
) -> Result<(), StoreError> {
    let edits = &state.edits;
    let corrected = edits.amount.is_some() || edits.date.is_some();
    let sql = "INSERT OR REPLACE INTO finance_transaction_edits (transaction_id, name, category, note, hidden, edited_at, \
               amount, scale, date, source_amount, source_scale, source_date, counts_while_pending, parts, user_id) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, \
               (SELECT n.user_id FROM finance_transactions t JOIN finance_connections n ON n.id = t.connection_id \
               WHERE t.id = ?1))";
    let mut binder = Binder::default();
    binder.push(id.number());
    binder.push(edits.name.clone());
    binder.push(edits.category.clone());
    binder.push(edits.note.clone());
    binder.push(edits.hidden);
    binder.push(edited_at);
    push_optional_amount(&mut binder, edits.amount);
    binder.push(edits.date.map(day_number));
    push_optional_amount(&mut binder, corrected.then_some(stored.source_amount));
    binder.push(corrected.then(|| day_number(stored.source_date)));
    binder.push(edits.counts_while_pending);
    let parts = (!edits.parts.is_empty()).then(|| serde_json::to_string(&edits.parts)).transpose();
    binder.push(parts.map_err(|error| unreadable("split").with_source(error))?);
    sqlx::query_with(sql, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;

    let sql = "UPDATE finance_transactions SET amount = ?, scale = ?, date = ?, \
               state = CASE WHEN ? THEN state | ? ELSE state & ~? END WHERE id = ?";
    let mut binder = Binder::default();
    push_amount(&mut binder, edits.amount.unwrap_or(stored.source_amount));
    binder.push(day_number(edits.date.unwrap_or(stored.source_date)));
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
