//! Compares an account with its bank, shows why they differ, accepts an explanation, takes it back, and verifies the trail.
//!
//! ```text
//! cargo run --example reconcile
//! ```
//!
//! needs no account and no set-up: the bank is a simulator of Plaid in process. It takes one payment back from Plaid's list, but
//! not from its balance, which is how rows get lost in life.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use finance_core::{
    Account, AccountId, Actor, EngineOptions, LinkOptions, LinkRequest, MemoryStore, NewStatement,
    PublicToken, ReconcileRequest, ReconciliationRecord, SyncEngine, SyncRequest, SyncScope, SystemClock,
    Transaction, TransactionQuery, UserId,
};
use finance_plaid::{ClientOptions, Credentials, Environment, PlaidOptions, PlaidProvider};
use plaid_simulator::{Change, LinkSession, Simulator, SimulatorOptions};
use rust_decimal::Decimal;

type AnyError = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), AnyError> {
    let mut options = SimulatorOptions::default();
    (options.seed, options.accounts, options.transactions) = (11, 1, 90);
    let simulator = Simulator::start(options).await?;
    let books = Books::link(&simulator).await?;

    let rows = books.posted().await?;
    let before = books.opening(&rows).await?;
    println!("The user's last statement before all rows says {} on {}.", before.balance, before.date);
    books.engine.add_statement(&books.user, books.account, &before).await?;
    println!("Bank and books: {}.", in_short(&books.reconcile().await?));

    let lost = rows.get(rows.len() / 2).ok_or("the bank has no rows")?;
    println!("\nPlaid loses {} of {}: {}.", lost.name(), lost.date(), lost.amount());
    books.lose(&simulator, lost).await?;
    let found = books.reconcile().await?;
    println!("Bank and books: {}.\n{}", in_short(&found), explanations(&found));

    // An application lets its user choose; here the best one is taken.
    let best = found.comparison.explanations.first().ok_or("nothing explains the difference")?;
    let support = books.engine.acting_as(Actor::Named("support".to_owned()));
    let reason = Some("seen on the paper statement".to_owned());
    let accepted = support.resolve(&books.user, found.id, best.number, reason).await?;
    if let Some(id) = accepted.inserted {
        let row = books.engine.transaction(&books.user, id).await?;
        println!("\nAccepted: the books have a row of {} on {} now.", row.amount(), row.date());
    }
    println!("Bank and books: {}.", in_short(&books.reconcile().await?));

    let again = support.resolve(&books.user, found.id, best.number, None).await;
    println!("Accepted twice? {}.", again.err().map_or_else(String::new, |error| error.to_string()));
    books.engine.undo_resolution(&books.user, found.id, best.number, Some("wrong day".to_owned())).await?;
    println!("\nUndone. Bank and books: {}.", in_short(&books.reconcile().await?));

    println!("\nThe audit trail:\n{}", books.trail().await?);
    let report = books.engine.verify_audit(&books.user, None).await?;
    match (report.fault, report.head) {
        (None, Some(head)) => {
            println!("{} entries, none altered. Keep this elsewhere: {}", report.checked, head.hash);
        }
        (fault, _) => return Err(format!("the trail is not as it was written: {fault:?}").into()),
    }
    Ok(())
}

/// A user's books of one account.
struct Books {
    engine: SyncEngine,
    user: UserId,
    account: AccountId,
    /// The simulator's name of the connection.
    item: String,
}

impl Books {
    async fn link(simulator: &Simulator) -> Result<Self, AnyError> {
        let credentials = Credentials::new("simulated-client", "simulated-secret");
        let client = ClientOptions::new(Environment::Custom(simulator.url().to_owned()), credentials);
        let provider = Arc::new(PlaidProvider::new(client, PlaidOptions::default())?);
        let store = Arc::new(MemoryStore::new());
        let engine = SyncEngine::new(provider, store, Arc::new(SystemClock), EngineOptions::default());
        let user = UserId::new("example-user")?;

        let link = engine.create_link_token(&user, &LinkOptions::new("Reconcile")).await?;
        let session = LinkSession { link_token: link.token.expose().to_owned(), ..LinkSession::default() };
        let signed_in = simulator.control().link_session(session)?;
        let token = PublicToken::new(signed_in.public_token.ok_or("the dialogue gave no public token")?);
        let linked = engine.link(&user, LinkRequest::new(token)).await?;
        let account = linked.accounts.first().ok_or("the bank has no account")?.id;
        let books = Self { engine, user, account, item: signed_in.item_id };
        books.sync().await?;
        Ok(books)
    }

    async fn sync(&self) -> Result<(), AnyError> {
        let report = self.engine.sync_transactions(&self.user, &SyncRequest::new(SyncScope::All)).await?;
        match report.connections.into_iter().find_map(|sync| sync.error) {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// The posted rows, newest first.
    async fn posted(&self) -> Result<Vec<Transaction>, AnyError> {
        let query =
            TransactionQuery { accounts: vec![self.account], limit: 10_000, ..TransactionQuery::default() };
        let mut rows = self.engine.transactions(&self.user, &query).await?;
        rows.retain(|row| !row.provider.pending);
        Ok(rows)
    }

    /// What the statement of the day before the first row says.
    async fn opening(&self, rows: &[Transaction]) -> Result<NewStatement, AnyError> {
        let accounts = self.engine.accounts(&self.user).await?;
        let own = |account: &Account| account.id == self.account;
        let now = accounts.into_iter().find(own).and_then(|account| account.provider.balances.current);
        let moved: Decimal = rows.iter().map(|row| row.amount().amount()).sum();
        let first = rows.last().and_then(|row| row.date().pred_opt()).ok_or("the bank has no rows")?;
        Ok(NewStatement::new(first, now.ok_or("the bank tells no balance")? - moved))
    }

    /// Lets a row vanish from what Plaid lists, but not from the bank's balance.
    async fn lose(&self, simulator: &Simulator, row: &Transaction) -> Result<(), AnyError> {
        let transaction_id = row.provider.id.as_str().to_owned();
        let change = Change::RemoveTransaction { transaction_id, keep_balance: true };
        simulator.control().change(&self.item, vec![change])?;
        self.sync().await
    }

    async fn reconcile(&self) -> Result<ReconciliationRecord, AnyError> {
        let request = ReconcileRequest::new(SyncScope::Accounts(vec![self.account]));
        let report = self.engine.reconcile(&self.user, &request).await?;
        let account = report.accounts.into_iter().next().ok_or("no account was compared")?;
        Ok(account.outcome?)
    }

    async fn trail(&self) -> Result<Table, AnyError> {
        let mut table = table(&["", "Who", "What", "Of what", "Why"]);
        for entry in self.engine.audit_trail(&self.user, 0, 1_000).await? {
            let (subject, number) = entry.subject.key();
            table.add_row(vec![
                entry.number.to_string(),
                entry.actor.to_string(),
                entry.action,
                format!("{subject} {number}"),
                entry.reason.unwrap_or_default(),
            ]);
        }
        Ok(table)
    }
}

fn in_short(found: &ReconciliationRecord) -> String {
    let comparison = &found.comparison;
    match (comparison.difference, comparison.score) {
        (Some(difference), Some(score)) => format!("a difference of {difference}, score {score} of 100"),
        _ => "too little is known to compare them".to_owned(),
    }
}

fn explanations(found: &ReconciliationRecord) -> Table {
    let mut table = table(&["", "Kind", "Amount", "Sure", "Why"]);
    for explanation in found.comparison.explanations.iter().take(5) {
        table.add_row(vec![
            explanation.number.to_string(),
            explanation.kind.name().to_owned(),
            explanation.amount.to_string(),
            format!("{} %", explanation.confidence),
            explanation.reason.clone(),
        ]);
    }
    table
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header);
    table
}
