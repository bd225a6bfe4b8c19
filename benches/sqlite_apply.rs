//! What does it cost to write new rows into SQLite, and does it grow with what is stored?
//!
//! The limit writes the same rows to the same tables with the same settings: one statement, prepared once with the plain C
//! driver, run row by row in one transaction. What an [`SqliteStore`](finance_store::SqliteStore) does besides (the cursor,
//! lookups of categories, checks) is part of ours only.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use benches::bank::Data;
use benches::books::{Books, FreshIds, inserts};
use benches::plain_driver::PlainDriver;
use benches::turns::{Contender, compare, compare_growth};
use benches::{Failure, from_environment};
use chrono::Utc;
use finance_core::{
    ChangeSet, ConnectionId, KnownTransactions, LedgerStore, ProviderTransaction, ProviderTransactionId,
    RowOrigin, RowUpdate,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Rows written before the clock runs, so that statements are prepared and categories known.
const WARM_UP: usize = 500;
/// Rows of a change set while the books grow.
const NEW_ROWS: usize = 5_000;
/// Rows that change in an incremental sync.
const CHANGED_ROWS: usize = 500;

fn main() -> Result<(), Failure> {
    let rounds = from_environment("BENCH_ROUNDS", 5)?;
    let stored_most = from_environment("BENCH_STORED", 1_000_000)?;
    let runtime = Runtime::new()?;
    let data = runtime.block_on(Data::fetch(50_000))?;
    for rows in [500, 5_000, 50_000] {
        let rounds = if rows < 50_000 { 3 * rounds } else { rounds };
        for keep_raw in [false, true] {
            against_the_limit(&runtime, &data, rows, keep_raw, rounds)?;
        }
    }
    growth(&runtime, &data, stored_most, rounds)
}

fn against_the_limit(
    runtime: &Runtime,
    data: &Data,
    rows: usize,
    keep_raw: bool,
    rounds: usize,
) -> Result<(), Failure> {
    let (template, connection) = runtime.block_on(template(data))?;
    let mut ids = FreshIds::new(1);
    let warm_up = inserts(connection, ids.rows(&data.rows, WARM_UP)?);
    let mut change = inserts(connection, ids.rows(&data.rows, rows)?);
    if !keep_raw {
        change.inserts.iter_mut().for_each(|insert| insert.row.raw = None);
    }
    let limit = || {
        let folder = TempDir::new()?;
        let file = folder.path().join("books.db");
        std::fs::copy(template.file(), &file)?;
        let mut driver = PlainDriver::open(&file)?;
        driver.insert(&warm_up)?;
        let start = Instant::now();
        driver.insert(&change)?;
        let took = start.elapsed();
        driver.expect_rows(WARM_UP + rows)?;
        Ok(took)
    };
    let ours = || {
        runtime.block_on(async {
            let books = Books::open(Some(&template.file()), keep_raw).await?;
            books.store.apply(&warm_up).await?;
            let start = Instant::now();
            books.store.apply(&change).await?;
            let took = start.elapsed();
            books.store.close().await?;
            PlainDriver::open(&books.file())?.expect_rows(WARM_UP + rows)?;
            Ok(took)
        })
    };
    let json = if keep_raw { "raw JSON kept" } else { "no raw JSON" };
    let contenders =
        vec![Contender::new("limit: C driver, one prepared statement", limit), Contender::new("apply", ours)];
    compare(&format!("SQLite, one change set of new rows, {json}"), rows, rounds, contenders)
}

/// Closed books with a connection, its accounts and no rows.
async fn template(data: &Data) -> Result<(Books, ConnectionId), Failure> {
    let books = Books::open(None, true).await?;
    let connection = books.connect_with("item", &data.accounts).await?;
    books.store.close().await?;
    Ok((books, connection))
}

/// New rows, and rows that change, at sizes a hundred times apart.
///
/// Plaid's identifiers have no order. In books of many connections a sync touches the part of the index that its connection
/// has; with everything in one connection it touches all of it, which is the hard case for any driver.
fn growth(runtime: &Runtime, data: &Data, most: usize, rounds: usize) -> Result<(), Failure> {
    for (layout, rows_a_connection) in [("connections of 10,000", 10_000), ("one connection", most)] {
        let mut sizes = Vec::new();
        for stored in [most / 100, most / 10, most] {
            let books = runtime.block_on(filled(data, stored, rows_a_connection))?;
            sizes.push((format!("{stored} rows stored"), books));
        }
        let inserting = sizes.iter().map(|(name, books)| {
            let mut ids = FreshIds::new(u64::MAX);
            Contender::new(name, move || apply_new(runtime, books, &data.rows, &mut ids))
        });
        let title = format!("SQLite, new rows as the books grow, {layout}");
        compare_growth(&title, NEW_ROWS, rounds, inserting.collect())?;

        let updating = sizes.iter().map(|(name, books)| {
            let mut choice = fastrand::Rng::with_seed(1);
            Contender::new(name, move || {
                runtime.block_on(updated(books, choice.choose_multiple(&books.rows, CHANGED_ROWS)))
            })
        });
        let title = format!("SQLite, known rows looked up and changed as the books grow, {layout}");
        compare_growth(&title, CHANGED_ROWS, rounds * 3, updating.collect())?;

        if let Some((name, books)) = sizes.last().filter(|_| rows_a_connection == most) {
            at_the_end(runtime, data, name, books, rounds)?;
        }
    }
    Ok(())
}

/// The limit on large books, to tell what of the growth is SQLite's own.
fn at_the_end(
    runtime: &Runtime,
    data: &Data,
    name: &str,
    books: &Filled,
    rounds: usize,
) -> Result<(), Failure> {
    let mut driver = PlainDriver::open(&books.books.file())?;
    let (mut ids, mut more_ids) = (FreshIds::new(2), FreshIds::new(3));
    let limit = || {
        let change = inserts(books.connection, ids.rows(&data.rows, NEW_ROWS)?);
        let start = Instant::now();
        driver.insert(&change)?;
        Ok(start.elapsed())
    };
    let ours = || apply_new(runtime, books, &data.rows, &mut more_ids);
    let contenders =
        vec![Contender::new("limit: C driver, one prepared statement", limit), Contender::new("apply", ours)];
    compare(&format!("SQLite, new rows beside {name}, one connection"), NEW_ROWS, rounds, contenders)
}

fn apply_new(
    runtime: &Runtime,
    books: &Filled,
    like: &[ProviderTransaction],
    ids: &mut FreshIds,
) -> Result<Duration, Failure> {
    let change = inserts(books.connection, ids.rows(like, NEW_ROWS)?);
    let start = Instant::now();
    runtime.block_on(books.books.store.apply(&change))?;
    Ok(start.elapsed())
}

/// Books with rows in them, a connection of theirs, and the rows that it got last.
struct Filled {
    books: Books,
    connection: ConnectionId,
    rows: Vec<ProviderTransaction>,
}

async fn filled(data: &Data, stored: usize, rows_a_connection: usize) -> Result<Filled, Failure> {
    let books = Books::open(None, true).await?;
    let mut ids = FreshIds::new(u64::try_from(stored)?);
    let (mut connection, mut rows) = (books.connect_with("item 0", &data.accounts).await?, Vec::new());
    let mut written = 0;
    while written < stored {
        if written > 0 && written % rows_a_connection == 0 {
            connection = books.connect_with(&format!("item {written}"), &data.accounts).await?;
        }
        let portion = ids.rows(&data.rows, rows_a_connection.min(stored - written).min(50_000))?;
        written += portion.len();
        rows.clone_from(&portion);
        books.store.apply(&inserts(connection, portion)).await?;
    }
    Ok(Filled { books, connection, rows })
}

/// What an incremental sync asks of the store: what is known of the rows, then the rows as they are now.
async fn updated(books: &Filled, rows: Vec<&ProviderTransaction>) -> Result<Duration, Failure> {
    let start = Instant::now();
    let store = &books.books.store;
    let ids: Vec<ProviderTransactionId> = rows.iter().map(|row| row.id.clone()).collect();
    let known = store.known_transactions(books.connection, KnownTransactions::Among(&ids)).await?;
    let known: HashMap<_, _> = known.iter().map(|known| (&known.provider_id, known.id)).collect();
    let mut change = ChangeSet::new(books.connection, Utc::now());
    for row in rows {
        let id = *known.get(&row.id).ok_or("a stored row is not known")?;
        let row = ProviderTransaction { amount: row.amount.negated(), ..row.clone() };
        change.updates.push(RowUpdate {
            id,
            digest: row.digest(),
            row,
            renamed: false,
            origin: RowOrigin::Provider,
        });
    }
    store.apply(&change).await?;
    Ok(start.elapsed())
}
