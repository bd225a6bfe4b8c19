//! Two connections that become one, in one transaction.

use std::sync::LazyLock;

use finance_core::{
    AccountId, Applied, Balances, ConnectionMerge, ConnectionStatus, EditCarry, Merged, RowOrigin,
    StoreError, TransactionId,
};
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres};
use sqlx::query::Query;

use super::error::store_error;
use super::text::escaped;
use super::{categories, connections, edits, logs, removals};
use crate::changes::{Rows, check_merged_rows, note_merged};
use crate::records::Cells;
use crate::records::accounts::balances;
use crate::records::transactions::{DELETED_BY_USER, REMOVED_BY_PROVIDER, WRITTEN, origin_number};
use crate::refusals::{conflict, invalid};
use crate::tables::{OnMerge, Owner, TABLES, Table};

/// Writes the whole merge into an open transaction. When it fails the transaction must be rolled back.
pub(super) async fn write(connection: &mut PgConnection, merge: &ConnectionMerge) -> Result<(), StoreError> {
    merge.check()?;
    let books = logs::lock(connection, &merge.user).await?;
    let status = check_connections(connection, merge).await?;
    let mut merged = Merged { status: Some(status), ..Merged::default() };
    let sets = Sets::of(merge);
    check_accounts(connection, merge, &mut merged).await?;
    let before = rows(connection, &sets).await?;
    check_merged_rows(merge, &before)?;

    carry_edits(connection, merge, &sets).await?;
    take_ids_over(connection, merge, &sets).await?;
    merge_parts(connection, Owner::Row, &sets.rows).await?;
    take_rows_over(connection, merge, &sets).await?;
    move_old_rows(connection, merge, &sets).await?;
    move_new_rows(connection, merge, &sets).await?;
    merge_parts(connection, Owner::Account, &sets.accounts).await?;
    take_accounts_over(connection, merge, &sets).await?;
    removals::end(connection, merge.from).await?;
    connections::revise(connection, merge.into).await?;
    categories::drop_empty_ranges(connection, &merge.user).await?;

    let after = rows(connection, &sets).await?;
    note_merged(merge, &before, &after, &mut merged);
    let events = merge.events(&merged);
    logs::add(connection, books, merge.at, &merge.audit, &events, &Applied::default()).await
}

/// What statements look up.
struct Sets {
    accounts: Pairs,
    rows: Pairs,
}

/// Those that stay, and beside each the one that goes.
struct Pairs {
    stay: Vec<i64>,
    go: Vec<i64>,
}

impl Sets {
    fn of(merge: &ConnectionMerge) -> Self {
        let pairs = |pairs: Vec<(i64, i64)>| {
            let (stay, go) = pairs.into_iter().unzip();
            Pairs { stay, go }
        };
        let accounts = merge.accounts.iter().map(|pair| (pair.old.number(), pair.new.number()));
        let rows = merge.rows.iter().map(|pair| (pair.old.number(), pair.new.number()));
        Self { accounts: pairs(accounts.collect()), rows: pairs(rows.collect()) }
    }
}

/// A statement with the pairs that `$1` and `$2` list.
macro_rules! pairs {
    ($sql:literal) => {
        concat!("WITH pairs AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS v (stays, goes)) ", $sql)
    };
}

impl Pairs {
    /// The statement, with the pairs bound.
    fn bound(&self, sql: &'static str) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(sql).bind(self.stay.clone()).bind(self.go.clone())
    }
}

async fn run(
    connection: &mut PgConnection,
    query: Query<'static, Postgres, PgArguments>,
) -> Result<(), StoreError> {
    query.execute(connection).await.map(drop).map_err(store_error)
}

/// Whether both connections are the user's and stand where they must. Returns the status of the one that ends.
async fn check_connections(
    connection: &mut PgConnection,
    merge: &ConnectionMerge,
) -> Result<ConnectionStatus, StoreError> {
    let from = connections::locked(connection, &merge.user, merge.from).await?;
    let into = connections::locked(connection, &merge.user, merge.into).await?;
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
    connection: &mut PgConnection,
    merge: &ConnectionMerge,
    merged: &mut Merged,
) -> Result<(), StoreError> {
    let sql = "SELECT connection_id, current, available, credit_limit, currency, updated_at \
               FROM finance_accounts WHERE id = $1";
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
fn balances_of(row: &PgRow) -> Result<(i64, Balances), StoreError> {
    let mut cells = Cells::of(row);
    Ok((cells.number()?, balances(&mut cells)?))
}

const ROWS: &str = "SELECT t.id, t.account_id, t.state = 0 \
     FROM finance_accounts a JOIN finance_transactions t ON t.account_id = a.id AND t.connection_id = a.connection_id \
     WHERE a.id = ANY($1)";

/// The rows of the accounts.
async fn rows(connection: &mut PgConnection, sets: &Sets) -> Result<Rows, StoreError> {
    let accounts: Vec<i64> = sets.accounts.stay.iter().chain(&sets.accounts.go).copied().collect();
    let rows: Vec<(i64, i64, bool)> =
        sqlx::query_as(ROWS).bind(accounts).fetch_all(connection).await.map_err(store_error)?;
    let row = |(id, account, counts)| (TransactionId::new(id), (AccountId::new(account), counts));
    Ok(rows.into_iter().map(row).collect())
}

/// Pairs of which the user changed the row that goes.
const EDITED: &str = pairs!(
    "SELECT p.stays, p.goes FROM pairs p JOIN finance_transactions t ON t.id = p.goes \
     LEFT JOIN finance_transaction_edits e ON e.transaction_id = p.goes \
     WHERE e.transaction_id IS NOT NULL OR t.state & $3 <> 0 ORDER BY p.stays"
);
const UNCORRECT: &str = pairs!(
    "UPDATE finance_transactions AS t SET amount = e.source_amount, date = e.source_date \
     FROM pairs p JOIN finance_transaction_edits e ON e.transaction_id = p.goes \
     WHERE t.id = p.goes AND e.source_date IS NOT NULL"
);
const UNEDIT: &str =
    pairs!("DELETE FROM finance_transaction_edits e USING pairs p WHERE e.transaction_id = p.goes");

/// Carries what the user changed on rows that go over to those that stay, and puts the source's own amounts and days of the
/// former back in their place.
async fn carry_edits(
    connection: &mut PgConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    let query = sets.rows.bound(EDITED).bind(DELETED_BY_USER);
    for row in &query.fetch_all(&mut *connection).await.map_err(store_error)? {
        let mut cells = Cells::of(row);
        let (stays, goes) = (TransactionId::new(cells.number()?), TransactionId::new(cells.number()?));
        let carry = EditCarry { from: goes, to: stays };
        edits::carry(connection, [merge.into, merge.from], carry).await?;
    }
    for sql in [UNCORRECT, UNEDIT] {
        run(connection, sets.rows.bound(sql)).await?;
    }
    Ok(())
}

/// Whether an old row without a pair has an id that led to another row at the new connection.
const TAKEN: &str = "SELECT EXISTS (SELECT 1 FROM finance_transactions t JOIN finance_old_ids o \
     ON o.connection_id = $4 AND o.provider_id = t.provider_id \
     WHERE t.connection_id = $2 AND t.account_id = ANY($1) AND t.id <> ALL($3))";
const REPOINT_IDS: &str = pairs!(
    "UPDATE finance_old_ids AS o SET transaction_id = p.stays FROM pairs p \
     WHERE o.connection_id = $3 AND o.transaction_id = p.goes"
);
const REMEMBER_IDS: &str = pairs!(
    "INSERT INTO finance_old_ids (connection_id, provider_id, transaction_id) \
     SELECT $3, t.provider_id, t.id FROM pairs p JOIN finance_transactions t ON t.id = p.stays \
     WHERE NOT EXISTS (SELECT 1 FROM finance_transactions n \
                       WHERE n.connection_id = $3 AND n.provider_id = t.provider_id) ON CONFLICT DO NOTHING"
);

/// The old ids at the old connection of rows that move.
macro_rules! of_moved {
    () => {
        "o.connection_id = $2 AND o.transaction_id IN (SELECT id FROM finance_transactions t \
         WHERE t.connection_id = $2 AND t.account_id = ANY($1))"
    };
}
const MOVE_IDS: &str = concat!(
    "UPDATE finance_old_ids AS o SET connection_id = $3 WHERE ",
    of_moved!(),
    " AND NOT EXISTS (SELECT 1 FROM finance_transactions n \
      WHERE n.connection_id = $3 AND n.provider_id = o.provider_id) \
      AND NOT EXISTS (SELECT 1 FROM finance_old_ids n WHERE n.connection_id = $3 AND n.provider_id = o.provider_id)"
);
const CLEAR_IDS: &str = concat!("DELETE FROM finance_old_ids o WHERE ", of_moved!());

/// Lets every provider id that led to one of the rows lead to the one that stays, at the new connection.
async fn take_ids_over(
    connection: &mut PgConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    let (from, into) = (merge.from.number(), merge.into.number());
    for (row, id) in &merge.renamed {
        let sql = "UPDATE finance_transactions SET provider_id = $1 WHERE id = $2";
        let query = sqlx::query(sql).bind(escaped(id.as_str()).into_owned()).bind(row.number());
        run(connection, query).await?;
    }
    let old_accounts = sets.accounts.stay.clone();
    let query = sqlx::query_scalar(TAKEN).bind(old_accounts.clone()).bind(from);
    let query = query.bind(sets.rows.stay.clone()).bind(into);
    if query.fetch_one(&mut *connection).await.map_err(store_error)? {
        return Err(conflict("two rows would have the same provider id"));
    }
    for sql in [REPOINT_IDS, REMEMBER_IDS] {
        run(connection, sets.rows.bound(sql).bind(into)).await?;
    }
    // What leads to another row there already, by an id that a row has or had, leads there still.
    run(connection, sqlx::query(MOVE_IDS).bind(old_accounts.clone()).bind(from).bind(into)).await?;
    run(connection, sqlx::query(CLEAR_IDS).bind(old_accounts).bind(from)).await
}

/// Deals with what hangs on accounts or rows that go, as the list of tables says.
async fn merge_parts(connection: &mut PgConnection, owner: Owner, pairs: &Pairs) -> Result<(), StoreError> {
    let column = if owner == Owner::Row { "transaction_id" } else { "account_id" };
    let with = pairs!("");
    for table in TABLES.iter().filter(|table| table.of == owner) {
        let name = table.name;
        let clear =
            |side: &str| format!("{with} DELETE FROM {name} x USING pairs p WHERE x.{column} = p.{side}");
        let shift = format!(
            "{with} UPDATE {name} AS x SET {column} = p.stays FROM pairs p WHERE x.{column} = p.goes {}",
            unless_it_has_its_own(table, column)
        );
        let statements = match table.merge {
            OnMerge::Stay | OnMerge::ByHand => continue,
            OnMerge::Move => vec![shift, clear("goes")],
            OnMerge::Replace => vec![clear("stays"), shift],
        };
        for sql in statements {
            let query = sqlx::query(AssertSqlSafe(sql)).bind(pairs.stay.clone()).bind(pairs.go.clone());
            run(connection, query).await?;
        }
    }
    Ok(())
}

/// What a record must not meet at the one that stays: a row has one record of a sort, an account has one statement a day, and
/// any number of others.
fn unless_it_has_its_own(table: &Table, column: &str) -> String {
    let same = match (table.of, table.name) {
        (Owner::Row, _) => "",
        (_, "finance_statements") => " AND own.date = x.date",
        _ => return String::new(),
    };
    format!("AND NOT EXISTS (SELECT 1 FROM {} own WHERE own.{column} = p.stays{same})", table.name)
}

/// The rows that stay take everything that the provider says over from those that go.
static TAKE_OVER: LazyLock<String> = LazyLock::new(|| {
    let columns = WRITTEN.iter().filter(|column| !["id", "account_id"].contains(column));
    let set: Vec<String> = columns.map(|column| format!("{column} = n.{column}")).collect();
    format!(
        "{} UPDATE finance_transactions AS o SET connection_id = $3, updated_at = $4, \
         state = ((o.state & {DELETED_BY_USER}) | (n.state & {REMOVED_BY_PROVIDER}))::smallint, {} \
         FROM pairs p JOIN finance_transactions n ON n.id = p.goes WHERE o.id = p.stays",
        pairs!(""),
        set.join(", ")
    )
});

/// Where rows and accounts wait that are about to go: no connection has this number, and no other merge uses it.
fn nowhere(merge: &ConnectionMerge) -> i64 {
    -merge.into.number()
}

async fn take_rows_over(
    connection: &mut PgConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    // Two rows of a connection cannot have one id, so those that go make room first.
    let aside =
        pairs!("UPDATE finance_transactions t SET connection_id = $3 FROM pairs p WHERE t.id = p.goes");
    run(connection, sets.rows.bound(aside).bind(nowhere(merge))).await?;
    run(connection, sets.rows.bound(&TAKE_OVER).bind(merge.into.number()).bind(merge.at)).await?;
    let stay: Vec<TransactionId> = merge.rows.iter().map(|pair| pair.old).collect();
    edits::keep_corrections(connection, &stay).await?;
    let gone = pairs!("DELETE FROM finance_transactions t USING pairs p WHERE t.id = p.goes");
    run(connection, sets.rows.bound(gone)).await
}

const MOVE_OLD_ROWS: &str = "UPDATE finance_transactions SET connection_id = $1, \
     origin = CASE WHEN origin = $2 THEN $3 ELSE origin END \
     WHERE connection_id = $4 AND account_id = ANY($5)";

/// Moves the old rows without a pair to the connection that stays.
async fn move_old_rows(
    connection: &mut PgConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    let dropped: Vec<i64> = merge.dropped.iter().map(|row| row.number()).collect();
    let take_back =
        "UPDATE finance_transactions SET state = (state | $1)::smallint, updated_at = $2 WHERE id = ANY($3)";
    let query = sqlx::query(take_back).bind(REMOVED_BY_PROVIDER).bind(merge.at).bind(dropped);
    run(connection, query).await?;
    let query = sqlx::query(MOVE_OLD_ROWS)
        .bind(merge.into.number())
        .bind(origin_number(RowOrigin::Provider))
        .bind(origin_number(RowOrigin::EarlierConnection))
        .bind(merge.from.number())
        .bind(sets.accounts.stay.clone());
    run(connection, query).await
}

const MOVE_NEW_ROWS: &str = pairs!(
    "UPDATE finance_transactions t SET account_id = p.stays FROM pairs p \
     WHERE t.connection_id = $3 AND t.account_id = p.goes"
);

/// Moves the new rows without a pair to the accounts that stay.
async fn move_new_rows(
    connection: &mut PgConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    run(connection, sets.accounts.bound(MOVE_NEW_ROWS).bind(merge.into.number())).await
}

const ACCOUNTS_ASIDE: &str =
    pairs!("UPDATE finance_accounts a SET connection_id = $3 FROM pairs p WHERE a.id = p.goes");
const TAKE_ACCOUNTS_OVER: &str = pairs!(
    "UPDATE finance_accounts AS o SET (connection_id, provider_id, persistent_id, name, official_name, mask, type, \
         subtype, holder, current, available, credit_limit, currency, updated_at, balances_at, gone) = ($3, \
         n.provider_id, n.persistent_id, n.name, n.official_name, n.mask, n.type, n.subtype, n.holder, n.current, \
         n.available, n.credit_limit, n.currency, n.updated_at, n.balances_at, n.gone) \
         FROM pairs p JOIN finance_accounts n ON n.id = p.goes WHERE o.id = p.stays"
);

/// The accounts that stay take everything that the provider says over from those that go.
async fn take_accounts_over(
    connection: &mut PgConnection,
    merge: &ConnectionMerge,
    sets: &Sets,
) -> Result<(), StoreError> {
    run(connection, sets.accounts.bound(ACCOUNTS_ASIDE).bind(nowhere(merge))).await?;
    run(connection, sets.accounts.bound(TAKE_ACCOUNTS_OVER).bind(merge.into.number())).await?;
    let gone = pairs!("DELETE FROM finance_accounts a USING pairs p WHERE a.id = p.goes");
    run(connection, sets.accounts.bound(gone)).await
}
