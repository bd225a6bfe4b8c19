//! How many transactions a second come all the way from a bank into books, and do both cores work at it?
//!
//! The bank is a simulator in another process on the same machine and takes its share of the cores, as does a PostgreSQL server.
//! The limit fetches and translates the same pages, one connection after the other, and stores nothing. Where several
//! connections are synced at once, one's pages are fetched and parsed while another's are written: that takes less time than
//! one after the other, and keeps more cores in use.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::bank::{self, Bank};
use benches::books::{Books, new_connection};
use benches::cpu::CpuTime;
use benches::turns::{Contender, compare};
use benches::{Failure, from_environment};
use finance_core::{
    AccessToken, ConnectionId, EngineOptions, Store, SyncEngine, SyncReport, SyncRequest, SyncScope,
    SystemClock, UserId,
};
use finance_store::{PostgresOptions, PostgresStore, TokenKeys};
use postgres_server::PostgresServer;
use tokio::runtime::Runtime;

fn main() -> Result<(), Failure> {
    if bank::serve_if_asked()? {
        return Ok(());
    }
    let rounds = from_environment("BENCH_ROUNDS", 3)?;
    let rows = from_environment("BENCH_ROWS", 50_000)?;
    measure("Whole path, one connection", rounds, 1, rows)?;
    measure("Whole path, 24 connections", rounds, 24, rows / 10)
}

/// Where the books are kept.
#[derive(Clone, Copy)]
enum Kept {
    InSqlite,
    InPostgres,
}

/// What one way to sync was seen to do.
#[derive(Default)]
struct Seen {
    wall: Duration,
    /// Of the whole machine.
    cpu: Duration,
    /// The latest sync that found nothing new.
    again: Duration,
}

#[expect(clippy::print_stdout, clippy::float_arithmetic, reason = "a measurement prints ratios")]
fn measure(title: &str, rounds: usize, connections: u32, each: u32) -> Result<(), Failure> {
    let runtime = Runtime::new()?;
    let bank = Bank::start(each)?;
    let mut tokens = Vec::new();
    for number in 0..connections {
        tokens.push(runtime.block_on(bank.sign_in(&format!("user {number}")))?.1);
    }
    let rows = connections * each;
    let mut ways = vec![
        ("synced into SQLite, raw JSON kept", Kept::InSqlite, true),
        ("synced into PostgreSQL, raw JSON kept", Kept::InPostgres, true),
    ];
    if connections > 1 {
        ways.push(("the same into SQLite, one after the other", Kept::InSqlite, false));
        ways.push(("the same into PostgreSQL, one after the other", Kept::InPostgres, false));
    }
    let seen: Vec<RefCell<Seen>> = ways.iter().map(|_| RefCell::default()).collect();
    let fetched = || runtime.block_on(fetched(&bank, &tokens, rows));
    let mut contenders = vec![Contender::new("limit: pages fetched and translated, not stored", fetched)];
    for ((name, kept, at_once), seen) in ways.iter().zip(&seen) {
        let (runtime, bank, tokens) = (&runtime, &bank, &tokens);
        contenders.push(Contender::new(name, move || {
            runtime.block_on(synced(*kept, bank, tokens, rows, *at_once, &mut seen.borrow_mut()))
        }));
    }
    compare(title, usize::try_from(rows)?, rounds, contenders)?;
    for ((name, ..), seen) in ways.iter().zip(&seen) {
        let Seen { wall, cpu, again } = &*seen.borrow();
        let cores = cpu.as_secs_f64() / wall.as_secs_f64();
        println!("  {name}: {cores:.2} cores in use; again with nothing new: {again:.1?}");
    }
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

/// What a first sync of all connections into new books takes.
async fn synced(
    kept: Kept,
    bank: &Bank,
    tokens: &[AccessToken],
    expected: u32,
    at_once: bool,
    seen: &mut Seen,
) -> Result<Duration, Failure> {
    match kept {
        Kept::InSqlite => {
            let books = Books::open(None, true).await?;
            let took = synced_into(books.store.clone(), bank, tokens, expected, at_once, seen).await?;
            books.store.close().await?;
            Ok(took)
        }
        Kept::InPostgres => {
            let database = PostgresServer::shared().database().await;
            let token_keys = Some(TokenKeys::new("bench", [7; 32]));
            let options = PostgresOptions { token_keys, ..PostgresOptions::default() };
            let store = Arc::new(PostgresStore::connect(&database.url(), options).await?);
            let took = synced_into(store.clone(), bank, tokens, expected, at_once, seen).await?;
            store.close().await;
            Ok(took)
        }
    }
}

async fn synced_into(
    store: Arc<dyn Store>,
    bank: &Bank,
    tokens: &[AccessToken],
    expected: u32,
    at_once: bool,
    seen: &mut Seen,
) -> Result<Duration, Failure> {
    let user = UserId::new("anna")?;
    let mut connections = Vec::new();
    for (number, token) in tokens.iter().enumerate() {
        let new = new_connection(&user, &format!("item {number}"), token.clone())?;
        connections.push(store.insert_connection(new).await?.id);
    }
    let provider = Arc::new(bank::provider(bank.url(), true)?);
    let engine = SyncEngine::new(provider, store, Arc::new(SystemClock), EngineOptions::default());
    let (start, cpu) = (Instant::now(), CpuTime::now()?);
    sync(&engine, &user, &connections, at_once, expected).await?;
    let took = start.elapsed();
    seen.wall += took;
    seen.cpu += CpuTime::now()?.since(cpu);
    let start = Instant::now();
    sync(&engine, &user, &connections, at_once, 0).await?;
    seen.again = start.elapsed();
    Ok(took)
}

async fn sync(
    engine: &SyncEngine,
    user: &UserId,
    connections: &[ConnectionId],
    at_once: bool,
    expected: u32,
) -> Result<(), Failure> {
    let scopes = match at_once {
        true => vec![SyncScope::All],
        false => connections.iter().map(|connection| SyncScope::Connection(*connection)).collect(),
    };
    let mut added = 0;
    for scope in scopes {
        added += checked(&engine.sync_transactions(user, &SyncRequest::new(scope)).await?)?;
    }
    if added == u64::from(expected) { Ok(()) } else { Err(format!("{added} rows, not {expected}").into()) }
}

/// The rows that a sync brought, if all of it went well.
fn checked(report: &SyncReport) -> Result<u64, Failure> {
    match report.connections.iter().find_map(|sync| sync.error.as_ref()) {
        Some(error) => Err(format!("a sync failed: {error}").into()),
        None => Ok(report.counts().added),
    }
}
