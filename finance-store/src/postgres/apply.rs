//! Writing a change set, in one transaction.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use finance_core::{
    AccountId, Applied, ChangeSet, ConnectionStatus, CursorStep, ProviderTransaction, RowInsert, RowOrigin,
    RowUpdate, StoreError, TransactionId, UserId, Written, events_of,
};
use sqlx::postgres::PgConnection;

use super::batch::{Arrays, Binder, LARGEST, copy};
use super::error::store_error;
use super::lookups::Categories;
use super::text::escaped;
use super::{accounts, categories, connections, edits, logs, reconciliations, runs};
use crate::changes::{Rows, note_touched, refuse_doubles, told_status, touched};
use crate::records::Values;
use crate::records::transactions::{RowToWrite, WRITTEN, give};
use crate::refusals::{conflict, invalid};

/// Writes the whole change set into an open transaction, and returns whose books it is of, too. When it fails the transaction must be rolled back.
pub(super) async fn write(
    connection: &mut PgConnection,
    change: &ChangeSet,
    lookups: &Categories,
    keep_raw: bool,
) -> Result<(UserId, Applied), StoreError> {
    refuse_doubles(change)?;
    let mut applied = Applied::default();
    let mut written = Written::default();
    let user = connections::owner(connection, change.connection).await?;
    let books = logs::lock(connection, &user).await?;
    let status = connections::locked_status(connection, change.connection).await?;
    let told = told_status(change, status)?;
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
    logs::add(connection, books, change.at, &change.audit, &events, &applied).await?;
    Ok((user, applied))
}

/// The stored rows that a change set may change, as they stand now.
async fn touched_rows(connection: &mut PgConnection, change: &ChangeSet) -> Result<Rows, StoreError> {
    let ids: Vec<i64> = touched(change).into_iter().collect();
    if ids.is_empty() {
        return Ok(Rows::new());
    }
    let sql = "SELECT id, account_id, state = 0 FROM finance_transactions WHERE id = ANY($1)";
    let rows: Vec<(i64, i64, bool)> =
        sqlx::query_as(sql).bind(ids).fetch_all(connection).await.map_err(store_error)?;
    let row = |(id, account, counts)| (TransactionId::new(id), (AccountId::new(account), counts));
    Ok(rows.into_iter().map(row).collect())
}

/// Moves the cursor and writes what the change set tells of the connection.
async fn write_connection(
    connection: &mut PgConnection,
    change: &ChangeSet,
    status: Option<ConnectionStatus>,
) -> Result<(), StoreError> {
    let sql = "UPDATE finance_connections SET \
               cursor = CASE WHEN $3 THEN $5 ELSE cursor END, \
               synced_at = CASE WHEN $3 THEN $2 ELSE synced_at END, \
               history = coalesce($6, history), \
               institution_name = CASE WHEN $7::text IS NULL THEN institution_name ELSE $8 END, \
               institution_id = coalesce($7, institution_id), \
               consent_expires_at = CASE WHEN $9 THEN $10 ELSE consent_expires_at END, \
               bank_updated_at = coalesce($11, bank_updated_at), \
               bank_failed_at = coalesce($12, bank_failed_at), \
               new_accounts_available = coalesce($13, new_accounts_available), \
               status = coalesce($14, status), \
               fault_kind = CASE WHEN $14::text IS NULL THEN fault_kind ELSE $15 END, \
               fault_code = CASE WHEN $14::text IS NULL THEN fault_code ELSE $16 END, \
               fault_message = CASE WHEN $14::text IS NULL THEN fault_message ELSE $17 END, \
               fault_at = CASE WHEN $14::text IS NULL THEN fault_at ELSE $18 END, \
               revision = revision + $19 \
               WHERE id = $1 AND (NOT $3 OR cursor IS NOT DISTINCT FROM $4) \
               AND ($20::bigint IS NULL OR revision = $20)";
    let step = change.cursor.as_ref();
    let institution = change.institution.as_ref();
    let expected = step.and_then(|step: &CursorStep| step.expected.as_ref());
    let next = step.and_then(|step| step.next.as_ref());
    let mut binder = Binder::default();
    binder.number(change.connection.number());
    binder.instant(change.at);
    binder.flag(step.is_some());
    binder.text(expected.map(|cursor| cursor.as_str()));
    binder.text(next.map(|cursor| cursor.as_str()));
    binder.text(change.history.map(|history| history.name()));
    binder.text(institution.map(|institution| institution.id.as_str()));
    binder.text(institution.and_then(|institution| institution.name.as_deref()));
    binder.flag(change.consent_expires_at.is_some());
    binder.instant(change.consent_expires_at.flatten());
    binder.instant(change.bank_updated_at);
    binder.instant(change.bank_failed_at);
    binder.flag(change.new_accounts_available);
    binder.text(status.map(ConnectionStatus::name));
    binder.fault(change.fault.as_ref());
    binder.number(i64::from(change.revises()));
    binder.number(change.revision.map(u64::cast_signed));
    let done = sqlx::query_with(sql, binder.finish()?).execute(connection).await.map_err(store_error)?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    Err(conflict("somebody else wrote to the connection first"))
}

/// Writes updates, removals and new rows, and returns the new ones with their accounts.
async fn write_rows(
    connection: &mut PgConnection,
    change: &ChangeSet,
    lookups: &Categories,
    keep_raw: bool,
) -> Result<Vec<(AccountId, TransactionId)>, StoreError> {
    if change.updates.is_empty() && change.inserts.is_empty() {
        remove_rows(connection, change).await?;
        return Ok(Vec::new());
    }
    let accounts = accounts::numbers(connection, change.connection).await?;
    let numbers = Numbers { accounts, lookups };
    update_rows(connection, change, &numbers).await?;
    let updated: Vec<TransactionId> = change.updates.iter().map(|update| update.id).collect();
    edits::keep_corrections(connection, &updated).await?;
    remove_rows(connection, change).await?;
    let inserted = insert_rows(connection, change, &numbers).await?;
    refuse_old_ids(connection, change, &inserted).await?;

    if !change.updates.is_empty() {
        let sql = "DELETE FROM finance_transaction_json WHERE transaction_id = ANY($1)";
        let updated: Vec<i64> = updated.iter().map(|id| id.number()).collect();
        sqlx::query(sql).bind(updated).execute(&mut *connection).await.map_err(store_error)?;
    }
    if keep_raw {
        let updated = change.updates.iter().map(|update| (update.id.number(), &update.row));
        let new = inserted.iter().map(|(_, id)| id.number());
        let new = new.zip(change.inserts.iter().map(|insert| &insert.row));
        insert_raw(connection, updated.chain(new)).await?;
    }
    Ok(inserted)
}

/// The database's own numbers for what rows name.
struct Numbers<'a> {
    accounts: HashMap<String, i64>,
    lookups: &'a Categories,
}

impl Numbers<'_> {
    fn row_to_write<'row>(
        &self,
        id: i64,
        (digest, origin): (u64, RowOrigin),
        row: &'row ProviderTransaction,
    ) -> Result<RowToWrite<'row>, StoreError> {
        let account = self.accounts.get(row.account.as_str()).copied();
        let account =
            account.ok_or_else(|| invalid("a row names an account that the connection does not have"))?;
        Ok(RowToWrite { id, account, repeated: self.lookups.repeated(row)?, digest, origin, row })
    }
}

/// The sort of each column of [`WRITTEN`] as an array.
fn array_sort(column: &str) -> &'static str {
    match column {
        "id" | "account_id" | "digest" | "origin" | "category_id" => "bigint[]",
        "pending" => "boolean[]",
        "date" | "authorized_date" => "date[]",
        "datetime" | "authorized_datetime" => "timestamptz[]",
        "amount" => "numeric[]",
        _ => "text[]",
    }
}

/// An update under the identifier that the row has (`=`), or under a new one (`<>`).
fn update_sql(comparison: &str) -> String {
    let columns = WRITTEN.iter().filter(|column| **column != "id");
    // Leaving the identifier out spares the work on its index.
    let columns = columns.filter(|column| comparison == "<>" || **column != "provider_id");
    let set: Vec<String> = columns.map(|column| format!("{column} = v.{column}")).collect();
    let arrays = WRITTEN.iter().enumerate();
    let arrays: Vec<String> =
        arrays.map(|(index, column)| format!("${}::{}", index + 3, array_sort(column))).collect();
    format!(
        "UPDATE finance_transactions AS t SET state = t.state & 2::smallint, updated_at = $1, {} \
         FROM unnest({}) AS v ({}) \
         WHERE t.id = v.id AND t.connection_id = $2 AND t.provider_id {comparison} v.provider_id",
        set.join(", "),
        arrays.join(", "),
        WRITTEN.join(", ")
    )
}

static UPDATE: LazyLock<String> = LazyLock::new(|| update_sql("="));
static RENAME: LazyLock<String> = LazyLock::new(|| update_sql("<>"));

async fn update_rows(
    connection: &mut PgConnection,
    change: &ChangeSet,
    numbers: &Numbers<'_>,
) -> Result<(), StoreError> {
    if change.updates.is_empty() {
        return Ok(());
    }
    remember_old_ids(connection, change).await?;
    let mut changed = 0;
    for batch in change.updates.chunks(LARGEST) {
        let (mut kept, mut renamed) = (Vec::new(), Vec::new());
        for update in batch {
            let said = (update.digest, update.origin);
            let to_write = numbers.row_to_write(update.id.number(), said, &update.row)?;
            if update.renamed { renamed.push(to_write) } else { kept.push(to_write) }
        }
        changed += update_batch(connection, change, &UPDATE, &kept).await?;
        changed += update_batch(connection, change, &RENAME, &renamed).await?;
    }
    if usize::try_from(changed).ok() != Some(change.updates.len()) {
        return Err(why_not_updated(connection, change).await?);
    }
    forget_ids_in_use(connection, change).await
}

async fn update_batch(
    connection: &mut PgConnection,
    change: &ChangeSet,
    sql: &'static str,
    rows: &[RowToWrite<'_>],
) -> Result<u64, StoreError> {
    if rows.is_empty() {
        return Ok(0);
    }
    let mut binder = Binder::default();
    binder.instant(change.at);
    binder.number(change.connection.number());
    Arrays::of(rows, give).bind(&mut binder);
    let done = sqlx::query_with(sql, binder.finish()?).execute(connection).await.map_err(store_error)?;
    Ok(done.rows_affected())
}

/// What is wrong with updates of which not all found their row.
async fn why_not_updated(
    connection: &mut PgConnection,
    change: &ChangeSet,
) -> Result<StoreError, StoreError> {
    let sql = "SELECT count(*) FROM finance_transactions WHERE connection_id = $1 AND id = ANY($2)";
    let ids: Vec<i64> = change.updates.iter().map(|update| update.id.number()).collect();
    let query = sqlx::query_scalar(sql).bind(change.connection.number()).bind(ids);
    let found: i64 = query.fetch_one(connection).await.map_err(store_error)?;
    Ok(if usize::try_from(found).is_ok_and(|found| found < change.updates.len()) {
        invalid("an update names a transaction that is none of the connection's")
    } else {
        conflict("a row has another provider id by now")
    })
}

fn renamed_ids(change: &ChangeSet) -> Vec<i64> {
    let renamed = |update: &&RowUpdate| update.renamed;
    change.updates.iter().filter(renamed).map(|update| update.id.number()).collect()
}

/// Before rows are renamed, notes the identifiers they have.
async fn remember_old_ids(connection: &mut PgConnection, change: &ChangeSet) -> Result<(), StoreError> {
    let renamed = renamed_ids(change);
    if renamed.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO finance_old_ids (connection_id, provider_id, transaction_id) \
               SELECT connection_id, provider_id, id FROM finance_transactions \
               WHERE connection_id = $1 AND id = ANY($2)";
    let query = sqlx::query(sql).bind(change.connection.number()).bind(renamed);
    query.execute(connection).await.map(drop).map_err(store_error)
}

const FORGET_OLD_IDS: &str = "DELETE FROM finance_old_ids o USING finance_transactions t \
     WHERE o.connection_id = $1 AND t.id = ANY($2) AND o.provider_id = t.provider_id AND o.transaction_id = t.id";

/// After rows were renamed, drops the notes on identifiers that a row had before and has again.
async fn forget_ids_in_use(connection: &mut PgConnection, change: &ChangeSet) -> Result<(), StoreError> {
    let renamed = renamed_ids(change);
    if renamed.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(FORGET_OLD_IDS).bind(change.connection.number()).bind(renamed);
    query.execute(connection).await.map(drop).map_err(store_error)
}

/// Which of further identifiers lead to a row already, and to which.
const LEADS_TO: &str = "SELECT t.provider_id, t.id FROM finance_transactions t \
     WHERE t.connection_id = $1 AND t.provider_id = ANY($2) \
     UNION ALL SELECT o.provider_id, o.transaction_id FROM finance_old_ids o \
     WHERE o.connection_id = $1 AND o.provider_id = ANY($2)";
const KNOWN_AS: &str = "INSERT INTO finance_old_ids (connection_id, provider_id, transaction_id) \
     SELECT t.connection_id, v.provider_id, t.id FROM unnest($2::text[], $3::bigint[]) AS v (provider_id, id) \
     JOIN finance_transactions t ON t.id = v.id AND t.connection_id = $1";

/// Lets further identifiers lead to known rows.
async fn write_known_as(connection: &mut PgConnection, change: &ChangeSet) -> Result<(), StoreError> {
    if change.known_as.is_empty() {
        return Ok(());
    }
    let text = |id: &str| escaped(id).into_owned();
    let asked: Vec<String> = change.known_as.iter().map(|known| text(known.provider_id.as_str())).collect();
    let query = sqlx::query_as(LEADS_TO).bind(change.connection.number()).bind(asked);
    let led: Vec<(String, i64)> = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    let led: HashMap<String, i64> = led.into_iter().collect();
    let (mut provider_ids, mut ids) = (Vec::new(), Vec::new());
    for known in &change.known_as {
        let provider_id = text(known.provider_id.as_str());
        match led.get(&provider_id) {
            Some(id) if *id == known.id.number() => {}
            Some(_) => return Err(conflict("a further provider id leads to another row")),
            None => {
                provider_ids.push(provider_id);
                ids.push(known.id.number());
            }
        }
    }
    let wanted = ids.len();
    let query = sqlx::query(KNOWN_AS).bind(change.connection.number()).bind(provider_ids).bind(ids);
    let done = query.execute(connection).await.map_err(store_error)?;
    if usize::try_from(done.rows_affected()).ok() != Some(wanted) {
        return Err(invalid("a further provider id is given to a row of another connection"));
    }
    Ok(())
}

static INSERT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "COPY finance_transactions (connection_id, created_at, updated_at, {}) FROM STDIN (FORMAT BINARY)",
        WRITTEN.join(", ")
    )
});

/// Takes numbers for new rows, in one go; others may take some between them.
const NUMBERS: &str = "SELECT nextval('finance_transaction_numbers') FROM generate_series(1, $1)";

/// Inserts the new rows and returns them with their accounts, in their order and by ascending number.
async fn insert_rows(
    connection: &mut PgConnection,
    change: &ChangeSet,
    numbers: &Numbers<'_>,
) -> Result<Vec<(AccountId, TransactionId)>, StoreError> {
    if change.inserts.is_empty() {
        return Ok(Vec::new());
    }
    let wanted = i64::try_from(change.inserts.len()).map_err(|_| invalid("there are too many rows"))?;
    let query = sqlx::query_scalar(NUMBERS).bind(wanted);
    let mut ids: Vec<i64> = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    ids.sort_unstable();
    let mut rows = Vec::with_capacity(change.inserts.len());
    for (insert, id) in change.inserts.iter().zip(ids) {
        rows.push(numbers.row_to_write(id, (insert.digest, insert.origin), &insert.row)?);
    }
    copy(connection, &INSERT, WRITTEN.len() + 3, &rows, |values, row| {
        values.number(change.connection.number());
        values.instant(change.at);
        values.instant(change.at);
        give(values, row);
    })
    .await?;
    Ok(rows.iter().map(|row| (AccountId::new(row.account), TransactionId::new(row.id))).collect())
}

/// Whether a new or renamed row has an identifier that leads to another row.
const TAKEN: &str = "SELECT EXISTS (SELECT 1 FROM finance_transactions t JOIN finance_old_ids o \
         ON o.connection_id = t.connection_id AND o.provider_id = t.provider_id \
         WHERE t.connection_id = $1 AND t.id = ANY($2))";

async fn refuse_old_ids(
    connection: &mut PgConnection,
    change: &ChangeSet,
    inserted: &[(AccountId, TransactionId)],
) -> Result<(), StoreError> {
    let any = "SELECT EXISTS (SELECT 1 FROM finance_old_ids WHERE connection_id = $1)";
    let query = sqlx::query_scalar(any).bind(change.connection.number());
    if !query.fetch_one(&mut *connection).await.map_err(store_error)? {
        return Ok(());
    }
    let mut rows = renamed_ids(change);
    rows.extend(inserted.iter().map(|(_, id)| id.number()));
    let query = sqlx::query_scalar(TAKEN).bind(change.connection.number()).bind(rows);
    if query.fetch_one(connection).await.map_err(store_error)? {
        return Err(conflict("a row's provider id leads to another row"));
    }
    Ok(())
}

const INSERT_RAW: &str = "COPY finance_transaction_json (transaction_id, json) FROM STDIN (FORMAT BINARY)";

async fn insert_raw<'a>(
    connection: &mut PgConnection,
    rows: impl Iterator<Item = (i64, &'a ProviderTransaction)>,
) -> Result<(), StoreError> {
    let rows: Vec<(i64, &[u8])> =
        rows.filter_map(|(id, row)| Some((id, row.raw.as_ref()?.as_bytes()))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let give = |values: &mut super::batch::CopyRows, (id, json): (i64, &[u8])| {
        values.number(id);
        values.bytes(json);
    };
    copy(connection, INSERT_RAW, 2, rows, give).await.map(drop)
}

async fn remove_rows(connection: &mut PgConnection, change: &ChangeSet) -> Result<(), StoreError> {
    if change.removals.is_empty() {
        return Ok(());
    }
    let ids: HashSet<i64> = change.removals.iter().map(|id| id.number()).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let sql = "UPDATE finance_transactions SET state = state | 1::smallint, updated_at = $1 \
               WHERE connection_id = $2 AND id = ANY($3)";
    let query = sqlx::query(sql).bind(change.at).bind(change.connection.number()).bind(&ids);
    let done = query.execute(connection).await.map_err(store_error)?;
    if usize::try_from(done.rows_affected()).ok() != Some(ids.len()) {
        return Err(invalid("a removal names a transaction that is none of the connection's"));
    }
    Ok(())
}

/// The rows of a change set whose categories must be known.
pub(super) fn rows_of(change: &ChangeSet) -> impl Iterator<Item = &ProviderTransaction> {
    let inserted = change.inserts.iter().map(|insert: &RowInsert| &insert.row);
    change.updates.iter().map(|update| &update.row).chain(inserted)
}
