//! Two connections that become one, in one transaction.

use std::sync::LazyLock;

use finance_core::{
    AccountId, Applied, Balances, ConnectionMerge, ConnectionStatus, EditCarry, Merged, RowOrigin,
    StoreError, TransactionId,
};
use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::batch::{json_numbers, json_pairs};
use super::error::store_error;
use super::read::micros;
use super::rows::written;
use super::{categories, connections, edits, logs, removals};
use crate::changes::{Rows, check_merged_rows, note_merged};
use crate::records::Cells;
use crate::records::accounts::balances;
use crate::records::transactions::{DELETED_BY_USER, REMOVED_BY_PROVIDER, origin_number};
use crate::refusals::{conflict, invalid};
use crate::tables::{OnMerge, Owner, TABLES};

/// Where rows and accounts wait that are about to go: no connection has this number.
const NOWHERE: i64 = 0;

/// Writes the whole merge into an open transaction. When it fails the transaction must be rolled back.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    merge: &ConnectionMerge,
) -> Result<(), StoreError> {
    merge.check()?;
    let mut merged =
        Merged { status: Some(check_connections(connection, merge).await?), ..Merged::default() };
    let sets = Sets::of(merge);
    check_accounts(connection, merge, &mut merged).await?;
    let before = rows(connection, &sets).await?;
    check_merged_rows(merge, &before)?;

    carry_edits(connection, merge, &sets).await?;
    take_ids_over(connection, merge, &sets).await?;
    merge_parts(connection, Owner::Row, &sets.row_pairs).await?;
    take_rows_over(connection, merge, &sets).await?;
    move_old_rows(connection, merge, &sets).await?;
    move_new_rows(connection, merge, &sets).await?;
    merge_parts(connection, Owner::Account, &sets.account_pairs).await?;
    take_accounts_over(connection, merge, &sets).await?;
    removals::end(connection, merge.from).await?;
    connections::revise(connection, merge.into).await?;
    categories::drop_empty_ranges(connection, &merge.user).await?;

    let after = rows(connection, &sets).await?;
    note_merged(merge, &before, &after, &mut merged);
    let events = merge.events(&merged);
    logs::add(connection, &merge.user, merge.at, &merge.audit, &events, &Applied::default()).await
}

/// What statements look up, as JSON.
struct Sets {
    /// `[[old, new], …]`
    account_pairs: String,
    /// `[[old, new], …]`
    row_pairs: String,
    old_accounts: String,
    /// Accounts and rows that stay or go: every one named.
    accounts: String,
    paired: String,
}

impl Sets {
    fn of(merge: &ConnectionMerge) -> Self {
        let old_accounts = merge.accounts.iter().map(|pair| pair.old.number());
        let new_accounts = merge.accounts.iter().map(|pair| pair.new.number());
        Self {
            account_pairs: json_pairs(
                merge.accounts.iter().map(|pair| (pair.old.number(), pair.new.number())),
            ),
            row_pairs: json_pairs(merge.rows.iter().map(|pair| (pair.old.number(), pair.new.number()))),
            old_accounts: json_numbers(old_accounts.clone()),
            accounts: json_numbers(old_accounts.chain(new_accounts)),
            paired: json_numbers(merge.rows.iter().map(|pair| pair.old.number())),
        }
    }
}

/// The pairs that `?1` lists.
macro_rules! pairs {
    ($sql:literal) => {
        concat!(
            "WITH pairs (old, new) AS MATERIALIZED (SELECT value ->> 0, value ->> 1 FROM json_each(?1)) ",
            $sql
        )
    };
}

/// Whether both connections are the user's and stand where they must. Returns the status of the one that ends.
async fn check_connections(
    connection: &mut SqliteConnection,
    merge: &ConnectionMerge,
) -> Result<ConnectionStatus, StoreError> {
    let from = connections::one(&mut *connection, &merge.user, merge.from).await?;
    let into = connections::one(&mut *connection, &merge.user, merge.into).await?;
    if into.status == ConnectionStatus::Removed {
        return Err(invalid("the connection to stay was removed"));
    }
    if from.revision != merge.from_revision || into.revision != merge.into_revision {
        return Err(conflict("somebody else wrote to one of the connections first"));
    }
    Ok(from.status)
}

/// Whether the accounts are those of their connections; notes which of them have other balances from now on.
async fn check_accounts(
    connection: &mut SqliteConnection,
    merge: &ConnectionMerge,
    merged: &mut Merged,
) -> Result<(), StoreError> {
    let sql = "SELECT connection_id, current, current_scale, available, available_scale, credit_limit, \
               credit_limit_scale, currency, updated_at FROM finance_accounts WHERE id = ?";
    for pair in &merge.accounts {
        let mut found = Vec::new();
        for (account, owner) in [(pair.old, merge.from), (pair.new, merge.into)] {
            let query = sqlx::query(sql).bind(account.number());
            let row = query.fetch_optional(&mut *connection).await.map_err(store_error)?;
            let own = row.as_ref().map(balances_of).transpose()?.filter(|(of, _)| *of == owner.number());
            let gone = || conflict("an account is of another connection by now");
            found.push(own.ok_or_else(gone)?.1);
        }
        if let [old, new] = &found[..]
            && !old.same_amounts(new)
        {
            merged.balances.push((pair.old, new.clone()));
        }
    }
    Ok(())
}

/// Reads `connection_id` and balances.
fn balances_of(row: &SqliteRow) -> Result<(i64, Balances), StoreError> {
    let mut cells = Cells::of(row);
    Ok((cells.number()?, balances(&mut cells)?))
}

const ROWS: &str = "SELECT t.id, t.account_id, t.state = 0 \
     FROM finance_accounts a CROSS JOIN finance_transactions t ON t.connection_id = a.connection_id \
     WHERE a.id IN (SELECT value FROM json_each(?)) AND t.account_id = a.id";

/// The rows of the accounts.
async fn rows(connection: &mut SqliteConnection, sets: &Sets) -> Result<Rows, StoreError> {
    let rows: Vec<(i64, i64, bool)> =
        sqlx::query_as(ROWS).bind(&sets.accounts).fetch_all(connection).await.map_err(store_error)?;
    let row = |(id, account, counts)| (TransactionId::new(id), (AccountId::new(account), counts));
    Ok(rows.into_iter().map(row).collect())
}

/// Pairs of which the user changed the row that goes.
const EDITED: &str = pairs!(
    "SELECT p.old, p.new FROM pairs p CROSS JOIN finance_transactions t ON t.id = p.new \
     LEFT JOIN finance_transaction_edits e ON e.transaction_id = p.new \
     WHERE e.transaction_id IS NOT NULL OR t.state & ?2"
);
const UNCORRECT: &str = pairs!(
    "UPDATE finance_transactions AS t SET amount = e.source_amount, scale = e.source_scale, date = e.source_date \
     FROM pairs p CROSS JOIN finance_transaction_edits e ON e.transaction_id = p.new \
     WHERE t.id = p.new AND e.source_date IS NOT NULL"
);
const UNEDIT: &str =
    pairs!("DELETE FROM finance_transaction_edits WHERE transaction_id IN (SELECT new FROM pairs)");

/// Carries what the user changed on rows that go over to those that stay, and puts the source's own amounts and days of the
/// former back in their place.
async fn carry_edits(
    connection: &mut SqliteConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    let query = sqlx::query_as(EDITED).bind(&sets.row_pairs).bind(DELETED_BY_USER);
    let edited: Vec<(i64, i64)> = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    for (old, new) in edited {
        let carry = EditCarry { from: TransactionId::new(new), to: TransactionId::new(old) };
        edits::carry(connection, [merge.into, merge.from], carry).await?;
    }
    for sql in [UNCORRECT, UNEDIT] {
        run(connection, sql, &sets.row_pairs).await?;
    }
    Ok(())
}

/// Runs a statement that takes one list.
async fn run(connection: &mut SqliteConnection, sql: &'static str, list: &str) -> Result<(), StoreError> {
    sqlx::query(sql).bind(list).execute(connection).await.map(drop).map_err(store_error)
}

/// Whether an old row without a pair has an id that led to another row at the new connection.
const TAKEN: &str = "SELECT EXISTS (SELECT 1 FROM finance_transactions t \
     WHERE t.connection_id = ?2 AND t.account_id IN (SELECT value FROM json_each(?1)) \
     AND t.id NOT IN (SELECT value FROM json_each(?3)) \
     AND EXISTS (SELECT 1 FROM finance_old_ids o WHERE o.connection_id = ?4 AND o.provider_id = t.provider_id))";
const REPOINT_IDS: &str = pairs!(
    "UPDATE finance_old_ids AS o SET transaction_id = p.old FROM pairs p \
     WHERE o.connection_id = ?2 AND o.transaction_id = p.new"
);
const REMEMBER_IDS: &str = pairs!(
    "INSERT OR IGNORE INTO finance_old_ids (connection_id, provider_id, transaction_id) \
     SELECT ?2, t.provider_id, t.id FROM pairs p CROSS JOIN finance_transactions t ON t.id = p.old \
     WHERE NOT EXISTS (SELECT 1 FROM finance_transactions n \
                       WHERE n.connection_id = ?2 AND n.provider_id = t.provider_id)"
);

/// The old ids at the old connection of rows that move.
macro_rules! of_moved {
    () => {
        "connection_id = ?2 AND transaction_id IN (SELECT id FROM finance_transactions t \
         WHERE t.connection_id = ?2 AND t.account_id IN (SELECT value FROM json_each(?1)))"
    };
}
const MOVE_IDS: &str = concat!(
    "UPDATE OR IGNORE finance_old_ids AS o SET connection_id = ?3 WHERE ",
    of_moved!(),
    " AND NOT EXISTS (SELECT 1 FROM finance_transactions n \
      WHERE n.connection_id = ?3 AND n.provider_id = o.provider_id)"
);
const CLEAR_IDS: &str = concat!("DELETE FROM finance_old_ids WHERE ", of_moved!(), " AND ?3 IS NOT NULL");

/// Lets every provider id that led to one of the rows lead to the one that stays, at the new connection.
async fn take_ids_over(
    connection: &mut SqliteConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    let (from, into) = (merge.from.number(), merge.into.number());
    for (row, id) in &merge.renamed {
        let sql = "UPDATE finance_transactions SET provider_id = ? WHERE id = ?";
        let query = sqlx::query(sql).bind(id.as_str()).bind(row.number());
        query.execute(&mut *connection).await.map_err(store_error)?;
    }
    let query = sqlx::query_scalar(TAKEN).bind(&sets.old_accounts).bind(from).bind(&sets.paired).bind(into);
    if query.fetch_one(&mut *connection).await.map_err(store_error)? {
        return Err(conflict("two rows would have the same provider id"));
    }

    for sql in [REPOINT_IDS, REMEMBER_IDS] {
        let query = sqlx::query(sql).bind(&sets.row_pairs).bind(into);
        query.execute(&mut *connection).await.map_err(store_error)?;
    }
    // What leads to another row there already, by an id that a row has or had, leads there still.
    for sql in [MOVE_IDS, CLEAR_IDS] {
        let query = sqlx::query(sql).bind(&sets.old_accounts).bind(from).bind(into);
        query.execute(&mut *connection).await.map_err(store_error)?;
    }
    Ok(())
}

/// Deals with what hangs on accounts or rows that go, as the list of tables says.
async fn merge_parts(connection: &mut SqliteConnection, owner: Owner, pairs: &str) -> Result<(), StoreError> {
    let column = if owner == Owner::Row { "transaction_id" } else { "account_id" };
    let with = "WITH pairs (old, new) AS MATERIALIZED (SELECT value ->> 0, value ->> 1 FROM json_each(?1))";
    for table in TABLES.iter().filter(|table| table.of == owner) {
        let name = table.name;
        let clear =
            |place: &str| format!("{with} DELETE FROM {name} WHERE {column} IN (SELECT {place} FROM pairs)");
        let shift = format!(
            "{with} UPDATE OR IGNORE {name} AS x SET {column} = p.old FROM pairs p WHERE x.{column} = p.new"
        );
        let statements = match table.merge {
            OnMerge::Stay | OnMerge::ByHand => continue,
            OnMerge::Move => vec![shift, clear("new")],
            OnMerge::Replace => vec![clear("old"), shift],
        };
        for sql in statements {
            let query = sqlx::query(AssertSqlSafe(sql)).bind(pairs);
            query.execute(&mut *connection).await.map_err(store_error)?;
        }
    }
    Ok(())
}

/// The rows that stay take everything that the provider says over from those that go.
pub(super) static TAKE_OVER: LazyLock<String> = LazyLock::new(|| {
    let columns = written().into_iter().filter(|column| !["id", "account_id"].contains(column));
    let set: Vec<String> = columns.map(|column| format!("{column} = n.{column}")).collect();
    format!(
        "WITH pairs (old, new) AS MATERIALIZED (SELECT value ->> 0, value ->> 1 FROM json_each(?1)) \
         UPDATE finance_transactions AS o SET connection_id = ?2, updated_at = ?3, \
         state = (o.state & {DELETED_BY_USER}) | (n.state & {REMOVED_BY_PROVIDER}), {} \
         FROM pairs p CROSS JOIN finance_transactions n ON n.id = p.new WHERE o.id = p.old",
        set.join(", ")
    )
});

async fn take_rows_over(
    connection: &mut SqliteConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    // Two rows of a connection cannot have one id, so those that go make room first.
    let aside =
        pairs!("UPDATE finance_transactions SET connection_id = ?2 WHERE id IN (SELECT new FROM pairs)");
    let query = sqlx::query(aside).bind(&sets.row_pairs).bind(NOWHERE);
    query.execute(&mut *connection).await.map_err(store_error)?;
    let query = sqlx::query(AssertSqlSafe(TAKE_OVER.as_str())).bind(&sets.row_pairs);
    let query = query.bind(merge.into.number()).bind(micros(merge.at));
    query.execute(&mut *connection).await.map_err(store_error)?;
    let stay: Vec<TransactionId> = merge.rows.iter().map(|pair| pair.old).collect();
    edits::keep_corrections(connection, &stay).await?;
    let gone = pairs!("DELETE FROM finance_transactions WHERE id IN (SELECT new FROM pairs)");
    run(connection, gone, &sets.row_pairs).await
}

const MOVE_OLD_ROWS: &str = "UPDATE finance_transactions SET connection_id = ?1, \
     origin = CASE WHEN origin = ?2 THEN ?3 ELSE origin END \
     WHERE connection_id = ?4 AND account_id IN (SELECT value FROM json_each(?5))";

/// Moves the old rows without a pair to the connection that stays.
async fn move_old_rows(
    connection: &mut SqliteConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    let dropped = json_numbers(merge.dropped.iter().map(|row| row.number()));
    let take_back = "UPDATE finance_transactions SET state = state | ?, updated_at = ? \
                WHERE id IN (SELECT value FROM json_each(?))";
    let query = sqlx::query(take_back).bind(REMOVED_BY_PROVIDER).bind(micros(merge.at)).bind(dropped);
    query.execute(&mut *connection).await.map_err(store_error)?;
    let query = sqlx::query(MOVE_OLD_ROWS)
        .bind(merge.into.number())
        .bind(origin_number(RowOrigin::Provider))
        .bind(origin_number(RowOrigin::EarlierConnection))
        .bind(merge.from.number())
        .bind(&sets.old_accounts);
    query.execute(connection).await.map(drop).map_err(store_error)
}

const MOVE_NEW_ROWS: &str = pairs!(
    "UPDATE finance_transactions SET account_id = (SELECT old FROM pairs WHERE new = account_id) \
     WHERE connection_id = ?2 AND account_id IN (SELECT new FROM pairs)"
);

/// Moves the new rows without a pair to the accounts that stay.
async fn move_new_rows(
    connection: &mut SqliteConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    let query = sqlx::query(MOVE_NEW_ROWS).bind(&sets.account_pairs).bind(merge.into.number());
    query.execute(connection).await.map(drop).map_err(store_error)
}

const ACCOUNTS_ASIDE: &str =
    pairs!("UPDATE finance_accounts SET connection_id = ?2 WHERE id IN (SELECT new FROM pairs)");
const TAKE_ACCOUNTS_OVER: &str = pairs!(
    "UPDATE finance_accounts AS o SET (connection_id, provider_id, persistent_id, name, official_name, mask, type, \
         subtype, holder, current, current_scale, available, available_scale, credit_limit, credit_limit_scale, \
         currency, updated_at, balances_at, gone) = (?2, n.provider_id, n.persistent_id, n.name, n.official_name, \
         n.mask, n.type, n.subtype, n.holder, n.current, n.current_scale, n.available, n.available_scale, \
         n.credit_limit, n.credit_limit_scale, n.currency, n.updated_at, n.balances_at, n.gone) \
         FROM pairs p CROSS JOIN finance_accounts n ON n.id = p.new WHERE o.id = p.old"
);

/// The accounts that stay take everything that the provider says over from those that go.
async fn take_accounts_over(
    connection: &mut SqliteConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    for (sql, owner) in [(ACCOUNTS_ASIDE, NOWHERE), (TAKE_ACCOUNTS_OVER, merge.into.number())] {
        let query = sqlx::query(sql).bind(&sets.account_pairs).bind(owner);
        query.execute(&mut *connection).await.map_err(store_error)?;
    }
    let gone = pairs!("DELETE FROM finance_accounts WHERE id IN (SELECT new FROM pairs)");
    run(connection, gone, &sets.account_pairs).await
}

/// Statements whose cost must not grow with what else is stored.
#[cfg(test)]
pub(super) const STATEMENTS: [&str; 13] = [
    ROWS,
    EDITED,
    UNCORRECT,
    UNEDIT,
    TAKEN,
    REPOINT_IDS,
    REMEMBER_IDS,
    MOVE_IDS,
    CLEAR_IDS,
    MOVE_OLD_ROWS,
    MOVE_NEW_ROWS,
    ACCOUNTS_ASIDE,
    TAKE_ACCOUNTS_OVER,
];
