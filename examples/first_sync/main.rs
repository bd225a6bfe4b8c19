//! Links a bank, syncs it into a SQLite file, lets the bank's world move on, and syncs again.
//!
//! ```text
//! cargo run --example first_sync
//! ```
//!
//! needs no account and no set-up: it starts a simulator of Plaid in process and talks to it over HTTP. With `PLAID_CLIENT_ID` and
//! `PLAID_SECRET` set it talks to Plaid's own sandbox instead. Run it twice: the second run finds the connection in the file
//! and doubles nothing.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

mod bank;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bank::Bank;
use clap::Parser;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use examples::AnyError;
use finance_core::{
    Account, AccountTotals, BankProvider, Connection, ConnectionStore, EngineOptions, LinkOptions, Money,
    RunOutcome, SyncCounts, SyncEngine, SyncProgress, SyncReport, SyncRequest, SyncScope, SystemClock,
    Transaction, TransactionQuery, UserId, category_name,
};
use finance_plaid::{PlaidOptions, PlaidProvider};
use finance_store::{SqliteOptions, SqliteStore, TokenKeys};
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Parser)]
#[command(
    about = "Links a bank and syncs it into SQLite, end to end",
    after_help = "With PLAID_CLIENT_ID and PLAID_SECRET set it talks to Plaid's own sandbox, else to a simulator in process."
)]
struct Arguments {
    /// The SQLite file; made if it is not there. Its key is kept beside it, in the same name with `.key` added. A file
    /// belongs to one bank: to one set of the options below.
    #[arg(long, default_value = "first_sync.db")]
    db: PathBuf,
    /// A custom user in Plaid's sandbox format to sync instead of a made-up one. Such a world stands still.
    #[arg(long, value_name = "FILE")]
    user: Option<PathBuf>,
    /// How many transactions the made-up bank has before its world moves on.
    #[arg(long, default_value_t = 240, conflicts_with_all = ["user", "server"])]
    transactions: u32,
    /// Lets the world of a custom user move on, too.
    #[arg(long, requires = "user", conflicts_with = "server")]
    live: bool,
    /// Prints one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// A simulator that runs elsewhere, such as `http://127.0.0.1:4010`.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), AnyError> {
    let store = Arc::new(SqliteStore::open(&arguments.db, sqlite_options(&arguments.db)?).await?);
    let user = UserId::new("example-user")?;
    let stored = store.connections(&user).await?.into_iter().next();
    let bank = Bank::open(&arguments, stored.as_ref()).await?;
    if !arguments.json {
        println!("The bank is {}.", bank.name());
    }
    let provider = Arc::new(PlaidProvider::new(bank.client_options(), PlaidOptions::default())?);
    let engine =
        SyncEngine::new(provider.clone(), store.clone(), Arc::new(SystemClock), EngineOptions::default());
    let session =
        Session { arguments: &arguments, bank, provider, engine, user, bar: progress_bar(arguments.json) };

    session.run(stored).await?;
    Ok(store.close().await?)
}

struct Session<'a> {
    arguments: &'a Arguments,
    bank: Bank,
    provider: Arc<PlaidProvider>,
    engine: SyncEngine,
    user: UserId,
    bar: ProgressBar,
}

impl Session<'_> {
    async fn run(&self, stored: Option<Connection>) -> Result<(), AnyError> {
        let started = Instant::now();
        let mut done = match stored {
            None => self.link().await?,
            Some(connection) => {
                self.say(&format!("The file knows this bank already: connection {}.", connection.id));
                self.restore(&connection).await?;
                Done::of(&self.sync().await?)?
            }
        };
        let mut elapsed = started.elapsed();
        self.say(&format!("\nFirst sync of this run: {}", done.sentence()));
        if !self.arguments.json {
            self.show_accounts().await?;
        }

        for _ in 0..self.bank.moves(self.arguments) {
            let news = self.bank.move_on(&self.engine, &self.user).await?;
            let started = Instant::now();
            let later = Done::of(&self.sync().await?)?;
            elapsed += started.elapsed();
            self.say(&format!("\n{news}\nSync after the world moved on: {}", later.sentence()));
            done.add(later);
        }
        if self.arguments.json {
            self.print_json(&done, elapsed).await
        } else {
            self.show_transactions().await?;
            self.say(&format!(
                "\nThe books are in {}. Run this again: nothing doubles.",
                self.arguments.db.display()
            ));
            Ok(())
        }
    }

    /// From a link token to a connection with its first data.
    async fn link(&self) -> Result<Done, AnyError> {
        let link = self.engine.create_link_token(&self.user, &LinkOptions::new("First sync")).await?;
        self.say(&format!("Link token received, good until {}.", link.expires_at.format("%H:%M:%S UTC")));
        // In an application the user signs in now, in the provider's own dialogue.
        let finished = self.bank.user_signs_in(self.arguments, &self.provider, &link.token).await?;
        self.say("The user signed in; exchanging the public token.");
        let linked = self.watched().link(&self.user, finished).await?;
        self.bar.finish_and_clear();
        if let Some(error) = linked.first_sync.error {
            return Err(error.into());
        }
        let run = linked.first_sync.run.ok_or("the first sync made no attempt")?;
        let mut done = Done { counts: run.counts, pages: run.pages };
        if run.outcome == RunOutcome::NotReady {
            done.add(self.sync_until_ready().await?);
        }
        Ok(done)
    }

    /// A bank may need a minute to hand out the first rows.
    async fn sync_until_ready(&self) -> Result<Done, AnyError> {
        for _ in 0..30 {
            tokio::time::sleep(Duration::from_secs(4)).await;
            let report = self.sync().await?;
            let outcome =
                report.connections.first().and_then(|sync| sync.run.as_ref()).map(|run| run.outcome);
            if outcome != Some(RunOutcome::NotReady) {
                return Done::of(&report);
            }
        }
        Err("the bank had no data ready after two minutes; run the example again later".into())
    }

    async fn sync(&self) -> Result<SyncReport, AnyError> {
        let request = SyncRequest::new(SyncScope::All);
        let mut report = self.watched().sync_transactions(&self.user, &request).await?;
        self.bar.finish_and_clear();
        match report.connections.iter_mut().find_map(|sync| sync.error.take()) {
            Some(error) => Err(error.into()),
            None => Ok(report),
        }
    }

    /// The engine, telling the bar how it goes.
    fn watched(&self) -> SyncEngine {
        let bar = self.bar.clone();
        bar.reset();
        bar.set_message("transactions");
        self.engine.with_progress(Arc::new(move |step| match step {
            SyncProgress::PageFetched { pages, rows, .. } => {
                bar.set_position(rows);
                bar.set_message(format!("transactions, page {pages}"));
            }
            SyncProgress::BeganAgain { .. } => bar.set_message("the data changed; fetching again"),
            SyncProgress::Storing { rows, .. } => bar.set_message(format!("transactions; storing {rows}")),
            _ => {}
        }))
    }

    /// A simulator in process forgets its world when the example ends. The same seed makes the same world again,
    /// and the days that had passed by then pass again.
    async fn restore(&self, connection: &Connection) -> Result<(), AnyError> {
        if !self.bank.forgets() {
            return Ok(());
        }
        let link = self.engine.create_link_token(&self.user, &LinkOptions::new("First sync")).await?;
        let finished = self.bank.user_signs_in(self.arguments, &self.provider, &link.token).await?;
        let exchanged = self.provider.exchange_public_token(&finished.public_token).await?;
        if exchanged.id != connection.provider_id {
            let message = "this file holds the books of another bank, or was made with other options: choose another \
                           one with --db";
            return Err(message.into());
        }
        let moves = self.bank.moves(self.arguments);
        if moves > 0 {
            // Each run of the example syncs once before the world moves on and once after each move.
            let syncs = self.engine.sync_runs(&self.user, connection.id, u32::MAX).await?.len();
            let moved = syncs / (moves + 1) * moves + (syncs % (moves + 1)).saturating_sub(1);
            for _ in 0..moved {
                self.bank.move_on(&self.engine, &self.user).await?;
            }
        }
        Ok(())
    }

    async fn totals(&self) -> Result<Vec<(Account, Vec<AccountTotals>)>, AnyError> {
        let totals = self.engine.account_totals(&self.user).await?;
        let of =
            |account: &Account| totals.iter().filter(|total| total.account == account.id).cloned().collect();
        let accounts = self.engine.accounts(&self.user).await?;
        Ok(accounts.into_iter().map(|account| (account.clone(), of(&account))).collect())
    }

    async fn show_accounts(&self) -> Result<(), AnyError> {
        let mut table =
            table(&["Account", "Kind", "Current", "Available", "Rows", "Sum of rows"], &[2, 3, 4, 5]);
        for (account, totals) in self.totals().await? {
            let balances = &account.provider.balances;
            let money = |amount: Option<_>| match (amount, &balances.currency) {
                (Some(amount), Some(currency)) => Money::new(amount, currency.clone()).to_string(),
                _ => "unknown".to_owned(),
            };
            let sums: Vec<String> = totals.iter().map(|total| total.sum.to_string()).collect();
            let rows: u64 = totals.iter().map(|total| total.rows).sum();
            table.add_row(vec![
                account.provider.name.clone(),
                account.classification().kind.to_string(),
                money(balances.current),
                money(balances.available),
                rows.to_string(),
                sums.join("\n"),
            ]);
        }
        println!("\n{table}");
        Ok(())
    }

    async fn show_transactions(&self) -> Result<(), AnyError> {
        let query = TransactionQuery { limit: 10, ..TransactionQuery::default() };
        let mut table = table(&["Day", "Name", "Category", "Amount", ""], &[3]);
        for row in self.engine.transactions(&self.user, &query).await? {
            table.add_row(transaction_cells(&row));
        }
        println!("\nThe last transactions (money out is negative):\n{table}");
        Ok(())
    }

    async fn print_json(&self, done: &Done, elapsed: Duration) -> Result<(), AnyError> {
        let accounts = self.totals().await?;
        let rows = |totals: &[AccountTotals]| totals.iter().map(|total| total.rows).sum::<u64>();
        let shown: Vec<_> = accounts
            .iter()
            .map(|(account, totals)| {
                let balances = &account.provider.balances;
                // Sums of several currencies do not add up to one.
                let sum = match totals.as_slice() {
                    [] => Some("0".to_owned()),
                    [total] => Some(total.sum.amount().to_string()),
                    _ => None,
                };
                let sums: Vec<String> = totals.iter().map(|total| total.sum.to_string()).collect();
                serde_json::json!({
                    "name": account.provider.name,
                    "kind": account.classification().kind.name(),
                    "currency": balances.currency.as_ref().map(ToString::to_string),
                    "current": balances.current.map(|amount| amount.to_string()),
                    "rows": rows(totals),
                    "sum": sum,
                    "sums": sums,
                })
            })
            .collect();
        let counts = done.counts;
        let answer = serde_json::json!({
            "accounts": shown,
            "added": counts.added,
            "modified": counts.modified,
            "posted": counts.posted,
            "removed": counts.removed,
            "unchanged": counts.unchanged,
            "transactions": accounts.iter().map(|(_, totals)| rows(totals)).sum::<u64>(),
            "pages": done.pages,
            "elapsed_ms": u64::try_from(elapsed.as_millis())?,
        });
        println!("{answer}");
        Ok(())
    }

    fn say(&self, text: &str) {
        if !self.arguments.json {
            println!("{text}");
        }
    }
}

/// What syncs did.
#[derive(Clone, Copy)]
struct Done {
    counts: SyncCounts,
    pages: u32,
}

impl Done {
    fn of(report: &SyncReport) -> Result<Self, AnyError> {
        if report.connections.is_empty() {
            return Err("there is no connection to sync".into());
        }
        Ok(Self { counts: report.counts(), pages: report.pages() })
    }

    fn add(&mut self, other: Self) {
        self.counts += other.counts;
        self.pages += other.pages;
    }

    fn sentence(&self) -> String {
        let SyncCounts { added, modified, posted, removed, unchanged, .. } = self.counts;
        format!(
            "{added} added, {posted} pending rows posted, {modified} changed, {removed} removed, {unchanged} as they \
             were; pages read: {}.",
            self.pages
        )
    }
}

fn transaction_cells(row: &Transaction) -> Vec<String> {
    vec![
        row.provider.date.to_string(),
        row.name().replace(char::is_control, " "),
        row.category().map_or("-", category_name).to_owned(),
        row.provider.amount.to_string(),
        if row.provider.pending { "pending" } else { "" }.to_owned(),
    ]
}

fn table(header: &[&str], right_aligned: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header);
    for column in right_aligned {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A bar on the terminal; nothing when the output is piped or is to be JSON.
fn progress_bar(hidden: bool) -> ProgressBar {
    let bar = if hidden { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    let style = ProgressStyle::with_template("{spinner} {human_pos} {msg}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
}

/// The key that seals access tokens lies beside the file here. A real host keeps it where it keeps its other secrets.
fn sqlite_options(db: &Path) -> Result<SqliteOptions, AnyError> {
    let mut file = db.as_os_str().to_owned();
    file.push(".key");
    let file = PathBuf::from(file);
    let in_file = |error: std::io::Error| format!("{}: {error}", file.display());
    if !file.exists() {
        if db.exists() {
            return Err(format!(
                "{} is missing: restore it, or choose another file with --db",
                file.display()
            )
            .into());
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&file).map_err(in_file)?.write_all(&rand::random::<[u8; 32]>()).map_err(in_file)?;
    }
    let key = std::fs::read(&file).map_err(in_file)?;
    let key = key.try_into().map_err(|_| format!("{} is no key of 32 bytes", file.display()))?;
    Ok(SqliteOptions { token_keys: Some(TokenKeys::new("example", key)), ..SqliteOptions::default() })
}
