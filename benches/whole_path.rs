//! How many transactions a second come all the way from a bank into a SQLite file?
//!
//! The bank is a simulator in another process on the same machine and takes its share of the cores. The limit fetches and
//! translates the same pages and stores nothing.

use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::bank::{self, Bank};
use benches::books::Books;
use benches::turns::{Contender, compare};
use benches::{Failure, from_environment};
use finance_core::{AccessToken, SyncReport, SyncRequest, SyncScope};
use tokio::runtime::Runtime;

fn main() -> Result<(), Failure> {
    if bank::serve_if_asked()? {
        return Ok(());
    }
    let rounds = from_environment("BENCH_ROUNDS", 3)?;
    let rows = from_environment("BENCH_ROWS", 50_000)?;
    measure("Whole path, one connection", rounds, 1, rows)?;
    measure("Whole path, eight connections", rounds, 8, rows / 5)
}

#[expect(clippy::print_stdout, reason = "a measurement prints")]
fn measure(title: &str, rounds: usize, connections: u32, each: u32) -> Result<(), Failure> {
    let runtime = Runtime::new()?;
    let bank = Bank::start(each)?;
    let mut tokens = Vec::new();
    for number in 0..connections {
        tokens.push(runtime.block_on(bank.sign_in(&format!("user {number}")))?.1);
    }
    let rows = connections * each;
    let mut again = Duration::ZERO;
    let fetched = || runtime.block_on(fetched(&bank, &tokens, rows));
    let synced = || {
        let (first, second) = runtime.block_on(synced(&bank, &tokens, rows))?;
        again = second;
        Ok(first)
    };
    let contenders = vec![
        Contender::new("limit: pages fetched and translated, not stored", fetched),
        Contender::new("synced into SQLite, raw JSON kept", synced),
    ];
    compare(title, usize::try_from(rows)?, rounds, contenders)?;
    println!("  synced again with nothing new: {again:.1?}");
    Ok(())
}

/// Fetches every page of every connection, one connection after the other.
async fn fetched(bank: &Bank, tokens: &[AccessToken], expected: u32) -> Result<Duration, Failure> {
    let provider = bank::provider(bank.url(), true)?;
    let start = Instant::now();
    let mut rows = 0;
    for token in tokens {
        bank::each_page(&provider, token, |page| rows += black_box(page).added.len()).await?;
    }
    let took = start.elapsed();
    if rows != usize::try_from(expected)? {
        return Err(format!("{rows} rows instead of {expected}").into());
    }
    Ok(took)
}

/// What a first sync of all connections into new books takes, and one more.
async fn synced(bank: &Bank, tokens: &[AccessToken], expected: u32) -> Result<(Duration, Duration), Failure> {
    let books = Books::open(None, true).await?;
    for (number, token) in tokens.iter().enumerate() {
        books.connect(&format!("item {number}"), token.clone()).await?;
    }
    let engine = books.engine(bank::provider(bank.url(), true)?);
    let request = SyncRequest::new(SyncScope::All);
    let start = Instant::now();
    let report = engine.sync_transactions(&books.user, &request).await?;
    let first = start.elapsed();
    check(&report, expected)?;
    let start = Instant::now();
    let report = engine.sync_transactions(&books.user, &request).await?;
    let again = start.elapsed();
    check(&report, 0)?;
    books.store.close().await?;
    Ok((first, again))
}

fn check(report: &SyncReport, expected: u32) -> Result<(), Failure> {
    let added = report.counts().added;
    match report.connections.iter().find_map(|sync| sync.error.as_ref()) {
        Some(error) => Err(format!("a sync failed: {error}").into()),
        None if added != u64::from(expected) => Err(format!("{added} rows instead of {expected}").into()),
        None => Ok(()),
    }
}
