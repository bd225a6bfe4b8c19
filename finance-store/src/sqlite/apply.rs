//! Writing a change set, in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use finance_core::{
    AccountId, Applied, ChangeSet, ConnectionStatus, CursorStep, ProviderTransaction, RowInsert, RowOrigin,
    RowUpdate, StoreError, TransactionId, Written, events_of,
};
use sqlx::sqlite::SqliteConnection;

use super::batch::{BatchSql, Binder, LARGEST, json_numbers};
use super::error::store_error;
use super::lookups::Lookups;
use super::read::micros;
use super::rows::written;
use super::{accounts, categories, connections, edits, logs, reconciliations, runs};
use crate::changes::{Rows, note_touched, refuse_doubles, told_status, touched};
use crate::records::Values;
use crate::records::transactions::{RowToWrite, give};
use crate::refusals::{conflict, invalid};

/// Writes the whole change set into an open transaction. When it fails the transaction must be rolled back.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    lookups: &mut Lookups,
    keep_raw: bool,
) -> Result<Applied, StoreError> {
    let mut applied = Applied::default();
    let mut written = Written::default();
    let (user, status) = connections::owner_and_status(connection, change.connection).await?;
    let told = told_status(change, status)?;
    refuse_doubles(change)?;
    write_connection(connection, change, told).await?;
    written.status = told.filter(|now| *now != status);
    applied.accounts = accounts::write(connection, change, &mut written).await?;
    let before = touched_rows(connection, change).await?;
    for &carry in &change.edit_carries {
        edits::carry(connection, [change.connection; 2], carry).await?;
    }
    let inserted = write_rows(connection, change, lookups, keep_raw).await?;
    write_known_as(connection, change).await?;
    edits::write_new(connection, change, &inserted).await?;
    edits::write(connection, change).await?;
    categories::queue(connection, &user, &inserted).await?;
    written.created.extend_from_slice(&inserted);
    if !before.is_empty() {
        note_touched(&before, &touched_rows(connection, change).await?, &mut written);
    }
    applied.transactions = inserted.into_iter().map(|(_, id)| id).collect();
    if let Some(run) = &change.run {
        if run.connection != change.connection {
            return Err(invalid("the run belongs to another connection"));
        }
        runs::insert(connection, run).await?;
    }
    applied.reconciliations = reconciliations::write(connection, change).await?;
    let events = events_of(change, &written, &applied);
    logs::add(connection, &user, change.at, &change.audit, &events, &applied).await?;
    Ok(applied)
}

/// The stored rows that a change set may change, as they stand now.
async fn touched_rows(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<Rows, StoreError> {
    let ids = touched(change);
    if ids.is_empty() {
        return Ok(Rows::new());
    }
    let sql = "SELECT id, account_id, state = 0 FROM finance_transactions \
               WHERE id IN (SELECT value FROM json_each(?))";
    let rows: Vec<(i64, i64, bool)> =
        sqlx::query_as(sql).bind(json_numbers(ids)).fetch_all(connection).await.map_err(store_error)?;
    let row = |(id, account, counts)| (TransactionId::new(id), (AccountId::new(account), counts));
    Ok(rows.into_iter().map(row).collect())
}

/// Moves the cursor and writes what the change set tells of the connection.
async fn write_connection(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    status: Option<ConnectionStatus>,
) -> Result<(), StoreError> {
    let sql = "UPDATE finance_connections SET \
               cursor = CASE WHEN ?3 THEN ?5 ELSE cursor END, \
               synced_at = CASE WHEN ?3 THEN ?2 ELSE synced_at END, \
               history = coalesce(?6, history), \
               institution_name = CASE WHEN ?7 IS NULL THEN institution_name ELSE ?8 END, \
               institution_id = coalesce(?7, institution_id), \
               consent_expires_at = CASE WHEN ?9 THEN ?10 ELSE consent_expires_at END, \
               bank_updated_at = coalesce(?11, bank_updated_at), \
               bank_failed_at = coalesce(?12, bank_failed_at), \
               new_accounts_available = coalesce(?13, new_accounts_available), \
               status = coalesce(?14, status), \
               fault_kind = CASE WHEN ?14 IS NULL THEN fault_kind ELSE ?15 END, \
               fault_code = CASE WHEN ?14 IS NULL THEN fault_code ELSE ?16 END, \
               fault_message = CASE WHEN ?14 IS NULL THEN fault_message ELSE ?17 END, \
               fault_at = CASE WHEN ?14 IS NULL THEN fault_at ELSE ?18 END, \
               revision = revision + ?19 \
               WHERE id = ?1 AND (NOT ?3 OR cursor IS ?4) AND (?20 IS NULL OR revision = ?20)";
    let step = change.cursor.as_ref();
    let institution = change.institution.as_ref();
    let expected = step.and_then(|step: &CursorStep| step.expected.as_ref());
    let next = step.and_then(|step| step.next.as_ref());
    let mut binder = Binder::default();
    binder.push(change.connection.number());
    binder.push(micros(change.at));
    binder.push(step.is_some());
    binder.push(expected.map(|cursor| cursor.as_str()));
    binder.push(next.map(|cursor| cursor.as_str()));
    binder.push(change.history.map(|history| history.name()));
    binder.push(institution.map(|institution| institution.id.as_str()));
    binder.push(institution.and_then(|institution| institution.name.as_deref()));
    binder.push(change.consent_expires_at.is_some());
    binder.push(change.consent_expires_at.flatten().map(micros));
    binder.push(change.bank_updated_at.map(micros));
    binder.push(change.bank_failed_at.map(micros));
    binder.push(change.new_accounts_available);
    binder.push(status.map(ConnectionStatus::name));
    binder.fault(change.fault.as_ref());
    binder.push(change.revises());
    binder.push(change.revision.map(u64::cast_signed));
    let done =
        sqlx::query_with(sql, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    Err(conflict("somebody else wrote to the connection first"))
}

/// Writes updates, removals and new rows, and returns the new ones with their accounts.
async fn write_rows(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    lookups: &mut Lookups,
    keep_raw: bool,
) -> Result<Vec<(AccountId, TransactionId)>, StoreError> {
    if change.updates.is_empty() && change.inserts.is_empty() {
        remove_rows(connection, change).await?;
        return Ok(Vec::new());
    }
    let accounts = accounts::numbers(connection, change.connection).await?;
    let mut numbers = Numbers { accounts, lookups };
    update_rows(connection, change, &mut numbers).await?;
    let updated: Vec<TransactionId> = change.updates.iter().map(|update| update.id).collect();
    edits::keep_corrections(connection, &updated).await?;
    remove_rows(connection, change).await?;
    let first_new = insert_rows(connection, change, &mut numbers).await?;
    refuse_old_ids(connection, change, first_new).await?;

    if !change.updates.is_empty() {
        let updated = json_numbers(change.updates.iter().map(|update| update.id.number()));
        let sql = "DELETE FROM finance_transaction_json \
                   WHERE transaction_id IN (SELECT value FROM json_each(?))";
        sqlx::query(sql).bind(updated).execute(&mut *connection).await.map_err(store_error)?;
    }
    if keep_raw {
        let updated = change.updates.iter().map(|update| (update.id.number(), &update.row));
        let inserted = (first_new..).zip(change.inserts.iter().map(|insert| &insert.row));
        insert_raw(connection, updated.chain(inserted)).await?;
    }
    let account = |insert: &RowInsert| {
        let number = numbers.accounts.get(insert.row.account.as_str()).copied();
        AccountId::new(number.unwrap_or_default())
    };
    let ids = (first_new..).map(TransactionId::new);
    Ok(change.inserts.iter().map(account).zip(ids).collect())
}

/// The database's own numbers for what rows name.
struct Numbers<'a> {
    accounts: HashMap<String, i64>,
    lookups: &'a mut Lookups,
}

impl Numbers<'_> {
    async fn row_to_write<'row>(
        &mut self,
        connection: &mut SqliteConnection,
        id: i64,
        (digest, origin): (u64, RowOrigin),
        row: &'row ProviderTransaction,
    ) -> Result<RowToWrite<'row>, StoreError> {
        let account = self.accounts.get(row.account.as_str()).copied();
        let account =
            account.ok_or_else(|| invalid("a row names an account that the connection does not have"))?;
        let repeated = self.lookups.repeated(connection, row).await?;
        Ok(RowToWrite { id, account, repeated, digest, origin, row })
    }
}

/// An update under the identifier that the row has (`=`), or under a new one (`<>`).
fn update_sql(comparison: &str) -> BatchSql {
    let written = written();
    let columns = written.iter().enumerate().skip(1);
    // Leaving the identifier out spares the work on its index.
    let columns = columns.filter(|(_, column)| comparison == "<>" || **column != "provider_id");
    let set: Vec<String> =
        columns.map(|(index, column)| format!("{column} = v.column{}", index + 1)).collect();
    let sql = format!(
        "UPDATE OR FAIL finance_transactions AS t SET state = t.state & 2, updated_at = s.updated_at, {} \
         FROM (SELECT ? AS updated_at, ? AS connection_id) AS s, (VALUES {{rows}}) AS v \
         WHERE t.id = v.column1 AND t.connection_id = s.connection_id AND t.provider_id {comparison} v.column3",
        set.join(", ")
    );
    BatchSql::new(&sql, written.len())
}

pub(super) static UPDATE: LazyLock<BatchSql> = LazyLock::new(|| update_sql("="));
pub(super) static RENAME: LazyLock<BatchSql> = LazyLock::new(|| update_sql("<>"));

async fn update_rows(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    numbers: &mut Numbers<'_>,
) -> Result<(), StoreError> {
    if change.updates.is_empty() {
        return Ok(());
    }
    let first = |binder: &mut Binder| {
        binder.push(micros(change.at));
        binder.push(change.connection.number());
    };
    remember_old_ids(connection, change).await?;
    let mut changed = 0;
    for batch in change.updates.chunks(LARGEST) {
        let (mut kept, mut renamed) = (Vec::new(), Vec::new());
        for update in batch {
            let (id, row) = (update.id.number(), &update.row);
            let said = (update.digest, update.origin);
            let to_write = numbers.row_to_write(connection, id, said, row).await?;
            if update.renamed { renamed.push(to_write) } else { kept.push(to_write) }
        }
        changed += UPDATE.execute(connection, &kept, first, give).await?;
        changed += RENAME.execute(connection, &renamed, first, give).await?;
    }
    if usize::try_from(changed).ok() != Some(change.updates.len()) {
        return Err(why_not_updated(connection, change).await?);
    }
    forget_ids_in_use(connection, change).await
}

/// What is wrong with updates of which not all found their row.
async fn why_not_updated(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
) -> Result<StoreError, StoreError> {
    let sql = "SELECT count(*) FROM finance_transactions \
               WHERE connection_id = ? AND id IN (SELECT value FROM json_each(?))";
    let found: i64 = sqlx::query_scalar(sql)
        .bind(change.connection.number())
        .bind(json_numbers(change.updates.iter().map(|update| update.id.number())))
        .fetch_one(connection)
        .await
        .map_err(store_error)?;
    Ok(if usize::try_from(found).is_ok_and(|found| found < change.updates.len()) {
        invalid("an update names a transaction that is none of the connection's")
    } else {
        conflict("a row has another provider id by now")
    })
}

fn renamed_ids(change: &ChangeSet) -> Option<String> {
    let renamed = |update: &&RowUpdate| update.renamed;
    let mut ids = change.updates.iter().filter(renamed).map(|update| update.id.number()).peekable();
    ids.peek()?;
    Some(json_numbers(ids))
}

/// Before rows are renamed, notes the identifiers they have.
async fn remember_old_ids(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<(), StoreError> {
    let Some(renamed) = renamed_ids(change) else { return Ok(()) };
    let sql = "INSERT INTO finance_old_ids (connection_id, provider_id, transaction_id) \
               SELECT connection_id, provider_id, id FROM finance_transactions \
               WHERE connection_id = ? AND id IN (SELECT value FROM json_each(?))";
    let query = sqlx::query(sql).bind(change.connection.number()).bind(renamed);
    query.execute(connection).await.map(drop).map_err(store_error)
}

pub(super) const FORGET_OLD_IDS: &str = "DELETE FROM finance_old_ids WHERE connection_id = ?1 AND (provider_id, transaction_id) IN \
     (SELECT provider_id, id FROM finance_transactions WHERE id IN (SELECT value FROM json_each(?2)))";

/// After rows were renamed, drops the notes on identifiers that a row had before and has again.
async fn forget_ids_in_use(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<(), StoreError> {
    let Some(renamed) = renamed_ids(change) else { return Ok(()) };
    let query = sqlx::query(FORGET_OLD_IDS).bind(change.connection.number()).bind(renamed);
    query.execute(connection).await.map(drop).map_err(store_error)
}

pub(super) const KNOWN_AS: &str = "INSERT INTO finance_old_ids (connection_id, provider_id, transaction_id) \
     SELECT connection_id, ?1, id FROM finance_transactions WHERE id = ?2 AND connection_id = ?3";
pub(super) const LEADS_TO: &str = "SELECT id FROM finance_transactions WHERE connection_id = ?1 AND provider_id = ?2 \
     UNION ALL SELECT transaction_id FROM finance_old_ids WHERE connection_id = ?1 AND provider_id = ?2";

/// Lets further identifiers lead to known rows.
async fn write_known_as(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<(), StoreError> {
    for known in &change.known_as {
        let query = sqlx::query_scalar(LEADS_TO).bind(change.connection.number());
        let query = query.bind(known.provider_id.as_str());
        let led: Option<i64> = query.fetch_optional(&mut *connection).await.map_err(store_error)?;
        let query = sqlx::query(KNOWN_AS).bind(known.provider_id.as_str());
        let query = query.bind(known.id.number()).bind(change.connection.number());
        match led {
            Some(id) if id == known.id.number() => {}
            Some(_) => return Err(conflict("a further provider id leads to another row")),
            None => {
                let done = query.execute(&mut *connection).await.map_err(store_error)?;
                if done.rows_affected() != 1 {
                    return Err(invalid("a further provider id is given to a row of another connection"));
                }
            }
        }
    }
    Ok(())
}

static INSERT: LazyLock<BatchSql> = LazyLock::new(|| {
    let written = written();
    let values: Vec<String> = (1..=written.len()).map(|number| format!("column{number}")).collect();
    // A failure ends the whole transaction, so SQLite need not keep what it takes to undo the statement alone.
    let sql = format!(
        "INSERT OR FAIL INTO finance_transactions (connection_id, state, created_at, updated_at, {}) \
         SELECT ?, 0, ?, ?, {} FROM (VALUES {{rows}}) WHERE column1 IS NOT NULL",
        written.join(", "),
        values.join(", ")
    );
    BatchSql::new(&sql, written.len())
});

/// Inserts the new rows and returns the number of the first; the others follow without a gap.
async fn insert_rows(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    numbers: &mut Numbers<'_>,
) -> Result<i64, StoreError> {
    let last = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'finance_transactions'";
    let last: i64 = sqlx::query_scalar(last).fetch_one(&mut *connection).await.map_err(store_error)?;
    let first_new = last + 1;
    let first = |binder: &mut Binder| {
        binder.push(change.connection.number());
        binder.push(micros(change.at));
        binder.push(micros(change.at));
    };
    let mut ids = first_new..;
    // Enough batches at once that one is bound while another is written, and not a second copy of a large update.
    for batches in change.inserts.chunks(20 * LARGEST) {
        let mut rows = Vec::with_capacity(batches.len());
        for (insert, id) in batches.iter().zip(ids.by_ref()) {
            let said = (insert.digest, insert.origin);
            rows.push(numbers.row_to_write(connection, id, said, &insert.row).await?);
        }
        INSERT.execute(connection, &rows, first, give).await?;
    }
    Ok(first_new)
}

/// Whether a new or renamed row has an identifier that leads to another row. The join begins with those rows, however many
/// old identifiers there are.
pub(super) const TAKEN: &str = "SELECT EXISTS (\
         SELECT 1 FROM finance_transactions t CROSS JOIN finance_old_ids o \
         ON o.connection_id = t.connection_id AND o.provider_id = t.provider_id WHERE t.id >= ?1) \
     OR EXISTS (\
         SELECT 1 FROM finance_transactions t CROSS JOIN finance_old_ids o \
         ON o.connection_id = t.connection_id AND o.provider_id = t.provider_id \
         WHERE t.id IN (SELECT value FROM json_each(?2)))";

async fn refuse_old_ids(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    first_new: i64,
) -> Result<(), StoreError> {
    let renamed = renamed_ids(change).unwrap_or_else(|| "[]".to_owned());
    let query = sqlx::query_scalar(TAKEN).bind(first_new).bind(renamed);
    if query.fetch_one(connection).await.map_err(store_error)? {
        return Err(conflict("a row's provider id leads to another row"));
    }
    Ok(())
}

static INSERT_RAW: LazyLock<BatchSql> = LazyLock::new(|| {
    let sql = "INSERT OR FAIL INTO finance_transaction_json (transaction_id, json) \
               SELECT column1, column2 FROM (VALUES {rows}) WHERE column1 IS NOT NULL";
    BatchSql::new(sql, 2)
});

async fn insert_raw<'a>(
    connection: &mut SqliteConnection,
    rows: impl Iterator<Item = (i64, &'a ProviderTransaction)>,
) -> Result<(), StoreError> {
    let rows: Vec<(i64, &[u8])> =
        rows.filter_map(|(id, row)| Some((id, row.raw.as_ref()?.as_bytes()))).collect();
    let bind = |binder: &mut Binder, (id, json): &(i64, &[u8])| {
        binder.push(*id);
        binder.push(*json);
    };
    INSERT_RAW.execute(connection, &rows, |_| {}, bind).await.map(drop)
}

async fn remove_rows(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<(), StoreError> {
    if change.removals.is_empty() {
        return Ok(());
    }
    let ids: HashSet<i64> = change.removals.iter().map(|id| id.number()).collect();
    let sql = "UPDATE finance_transactions SET state = state | 1, updated_at = ? \
               WHERE connection_id = ? AND id IN (SELECT value FROM json_each(?))";
    let done = sqlx::query(sql)
        .bind(micros(change.at))
        .bind(change.connection.number())
        .bind(json_numbers(ids.iter().copied()))
        .execute(connection)
        .await
        .map_err(store_error)?;
    if usize::try_from(done.rows_affected()).ok() != Some(ids.len()) {
        return Err(invalid("a removal names a transaction that is none of the connection's"));
    }
    Ok(())
}
