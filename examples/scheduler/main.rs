//! Two workers, each a process of its own, share one SQLite file. One is killed in the middle of its syncs, the other takes over,
//! and nothing is lost or doubled.
//!
//! ```text
//! cargo run --example scheduler
//! ```
//!
//! needs no account and no set-up: the bank is a simulator of Plaid in process, and the file lies in a temporary folder.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use examples::{AnyError, SimulatedBank, plaid_at};
use finance_core::{
    Cancellation, EngineOptions, LinkRequest, SchedulerStatus, SyncEngine, SyncScope, SystemClock,
    TransactionQuery, UserId, Worker, WorkerOptions,
};
use finance_store::{SqliteOptions, SqliteStore, TokenKeys};
use plaid_simulator::{Advance, Fault, FaultRule};

/// The banks of each user.
const BANKS: usize = 3;

#[derive(Parser)]
#[command(about = "Two workers on one SQLite file; one is killed, the other takes over")]
struct Arguments {
    /// Work under this name; the example starts itself so.
    #[arg(long, hide = true, requires_all = ["db", "bank"])]
    worker: Option<String>,
    #[arg(long, hide = true)]
    db: Option<PathBuf>,
    #[arg(long, hide = true)]
    bank: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match (&arguments.worker, &arguments.db, &arguments.bank) {
        (Some(name), Some(db), Some(bank)) => work(name, db, bank).await,
        _ => show().await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// An engine on the file, as every process has one of its own.
async fn engine(db: &Path, bank: &str) -> Result<SyncEngine, AnyError> {
    // An application keeps its key where only it can read it.
    let keys = TokenKeys::new("example", [7; 32]);
    let store = SqliteStore::open(db, SqliteOptions { token_keys: Some(keys), ..SqliteOptions::default() });
    let mut options = EngineOptions::default();
    // Small pages and short leases, so that there is something to see within seconds. Real ones may stay as they are.
    options.pager.page_size = 10;
    options.lease.term = Duration::from_secs(3);
    options.schedule.gap_seconds = 0;
    Ok(SyncEngine::new(plaid_at(bank)?, Arc::new(store.await?), Arc::new(SystemClock), options))
}

/// What a worker's process does: it works until its input ends.
async fn work(name: &str, db: &Path, bank: &str) -> Result<(), AnyError> {
    let options = WorkerOptions {
        name: name.to_owned(),
        at_once: 2,
        poll: Duration::from_secs(1),
        ..WorkerOptions::default()
    };
    let worker = Worker::new(&engine(db, bank).await?, options);
    let shutdown = Cancellation::new();
    let asked = shutdown.clone();
    std::thread::spawn(move || {
        // An error is an end of the input, too.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        asked.cancel();
    });
    let report = worker.run(shutdown).await;
    println!("Worker {name} ends: {} synced, {} failed.", report.applied, report.failed);
    Ok(())
}

async fn show() -> Result<(), AnyError> {
    let folder = tempfile::tempdir()?;
    let db = folder.path().join("books.db");
    let bank = SimulatedBank::start(60).await?;
    let engine = engine(&db, bank.url()).await?;
    let users = [UserId::new("anna")?, UserId::new("ben")?];
    let mut items = Vec::new();
    for user in &users {
        for _ in 0..BANKS {
            let (request, item) = bank.sign_in(&engine, user).await?;
            let request = LinkRequest { allow_duplicate: true, ..request };
            items.push((user.clone(), engine.link(user, request).await?.connection.id, item));
        }
    }
    let today = bank.control().advance(&Advance { days: 20, seed: 7, item: None })?;
    println!("{} connections of {} users are linked; it is {today} at the bank.", items.len(), users.len());

    bank.control().add_fault(FaultRule::always("/transactions/sync", Fault::Delay { milliseconds: 700 }));
    for user in &users {
        engine.request_sync(user, &SyncScope::All).await?;
    }
    let look = Worker::new(&engine, WorkerOptions::default());
    let mut one = start("one", &db, bank.url())?;
    let mut two = start("two", &db, bank.url())?;
    wait_until(&look, |status| status.running.len() == 2).await?;
    one.kill()?;
    one.wait()?;
    println!("Worker one is killed in the middle of its syncs.");
    wait_until(&look, |status| status.due == 0 && status.in_work() == 0).await?;
    // The end of its input asks it to end.
    drop(two.stdin.take());
    two.wait()?;

    bank.control().clear_faults();
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["User", "Connection", "Rows at the bank", "Rows in the books", "Syncs"]);
    let mut faults = 0;
    for (user, connection, item) in &items {
        let at_bank: BTreeSet<String> =
            bank.control().truth(item)?.transactions.into_iter().map(|row| row.transaction_id).collect();
        let query = TransactionQuery { limit: u32::MAX, ..TransactionQuery::default() };
        let rows = engine.transactions(user, &query).await?;
        let own = rows.iter().filter(|row| row.connection == *connection);
        let in_books: Vec<String> = own.map(|row| row.provider.id.to_string()).collect();
        let same = in_books.len() == at_bank.len() && in_books.iter().all(|id| at_bank.contains(id));
        faults += u32::from(!same);
        let syncs = engine.sync_runs(user, *connection, 100).await?.len();
        let cells = [at_bank.len(), in_books.len(), syncs].map(|count| count.to_string());
        table.add_row([user.to_string(), connection.to_string()].into_iter().chain(cells));
    }
    println!("{table}");
    if faults > 0 {
        return Err(format!("{faults} connections are not as they are at the bank").into());
    }
    println!("Every row of the bank is in the books, and is there once.");
    Ok(())
}

/// Starts this program again, as a worker.
fn start(name: &str, db: &Path, bank: &str) -> Result<Child, AnyError> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--worker", name, "--bank", bank, "--db"]).arg(db);
    Ok(command.stdin(Stdio::piped()).spawn()?)
}

/// Tells how the work goes until it has come so far.
async fn wait_until(look: &Worker, far: impl Fn(&SchedulerStatus) -> bool) -> Result<(), AnyError> {
    let mut told = String::new();
    loop {
        let status = look.status().await?;
        let running: Vec<String> =
            status.running.iter().map(|(worker, count)| format!("{worker} has {count} in work")).collect();
        let now = format!(
            "{} due, {} planned for later; {}",
            status.due,
            status.planned,
            if running.is_empty() { "nobody works".to_owned() } else { running.join(", ") }
        );
        if now != told {
            println!("  {now}");
            told = now;
        }
        if far(&status) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
