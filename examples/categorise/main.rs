//! Categories from a model of the host's: first asked by the engine after a sync, then corrected by the user, then working on
//! its own as a separate worker.
//!
//! ```text
//! cargo run --example categorise
//! ```
//!
//! needs no account and no set-up: the bank is a simulator of Plaid in process.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use examples::{AnyError, SimulatedBank};
use finance_core::{
    AssignedCategory, Categorizer, CategorizerError, CategoryAnswer, CategoryQuestion, CategoryRule,
    CategoryScope, EngineOptions, MemoryStore, MoneyDirection, SyncEngine, SyncRequest, SyncScope,
    SystemClock, Transaction, TransactionEdit, TransactionQuery, UserId, category_name,
};
use plaid_simulator::{Change, NewTransaction, Readiness, ReadinessPlan, SimulatorOptions};
use rust_decimal::Decimal;

/// A model, for want of a better one: words that it has seen in bank texts. A real one would call a service here.
struct ToyModel;

const WORDS: [(&str, &str, u8); 4] = [
    ("bakery", "Groceries", 61),
    ("gym", "Sports", 88),
    ("cinema", "Going out", 93),
    ("florist", "Gifts", 74),
];

impl ToyModel {
    fn guess(question: &CategoryQuestion) -> Option<AssignedCategory> {
        let text = question.text.to_lowercase();
        let (_, category, confidence) = WORDS.iter().find(|(word, ..)| text.contains(word))?;
        let (category, source) = ((*category).to_owned(), "toy model".to_owned());
        Some(AssignedCategory { category, confidence: Some(*confidence), source })
    }
}

#[async_trait]
impl Categorizer for ToyModel {
    fn name(&self) -> &str {
        "toy model"
    }

    async fn categorize(
        &self,
        batch: &[CategoryQuestion],
    ) -> Result<Vec<Option<AssignedCategory>>, CategorizerError> {
        Ok(batch.iter().map(Self::guess).collect())
    }
}

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
    (options.accounts, options.transactions, options.readiness) = (1, 0, ReadinessPlan::ByCommand);
    let simulated = SimulatedBank::with(options).await?;
    let bank = Bank::link(&simulated).await?;

    println!(
        "1. The engine asks the model after each sync. The user has a rule of their own, which comes first."
    );
    let engine = bank.engine.with_categorizer(Arc::new(ToyModel));
    let salary = CategoryRule {
        text_contains: Some("acme inc".to_owned()),
        direction: Some(MoneyDirection::In),
        category: "Salary".to_owned(),
        ..CategoryRule::default()
    };
    engine.set_category_rules(&bank.user, &[salary]).await?;
    bank.happens(&[
        ("ACME INC PAYROLL", -240_000),
        ("CORNER BAKERY 0815", 450),
        ("CITY GYM", 3_900),
        ("SP PARKING", 300),
    ])?;
    sync(&engine, &bank.user).await?;
    println!("{}", table(&engine, &bank.user).await?);

    println!("2. The user corrects a row. Later rows of the same text follow, whatever the model thinks.");
    let bakery = find(&engine, &bank.user, "CORNER BAKERY 0815").await?;
    let edit = TransactionEdit { category: Some(Some("Breakfast".to_owned())), ..TransactionEdit::default() };
    engine.edit_transaction(&bank.user, bakery.id, &edit).await?;
    bank.happens(&[("CORNER BAKERY 4711", 520), ("ROYAL CINEMA", 1_400)])?;
    sync(&engine, &bank.user).await?;
    println!("{}", table(&engine, &bank.user).await?);

    println!("3. An engine without a model; what rules and memory do not know waits for a worker.");
    bank.happens(&[("CORNER BAKERY 0007", 380), ("FLORIST IRIS", 2_500), ("STATION GYM", 1_900)])?;
    sync(&bank.engine, &bank.user).await?;
    let backlog = bank.engine.category_backlog(&bank.user).await?;
    println!("Rows that may wait for a model: {}.", backlog.passed_on);
    tokio::spawn(work(bank.engine.clone())).await??;
    println!("{}", table(&bank.engine, &bank.user).await?);
    Ok(())
}

/// A worker that serves every user of the store, in a process of its own as a rule.
async fn work(engine: SyncEngine) -> Result<(), AnyError> {
    let scope = CategoryScope::AllUsers;
    while let Some(claim) = engine.claim_uncategorised(&scope, 50).await? {
        let answers: Vec<CategoryAnswer> = claim
            .questions
            .iter()
            .filter_map(|question| {
                let assigned = ToyModel::guess(question)?;
                Some(CategoryAnswer { transaction: question.transaction, assigned })
            })
            .collect();
        println!(
            "Rows that the worker is asked about: {}, of which it knows {}.",
            claim.questions.len(),
            answers.len()
        );
        engine.apply_categories(&scope, claim.id, answers).await?;
    }
    Ok(())
}

/// A user's connection, and the bank behind it.
struct Bank<'a> {
    simulated: &'a SimulatedBank,
    engine: SyncEngine,
    user: UserId,
    /// The simulator's names of connection and account.
    item: String,
    account: String,
}

impl<'a> Bank<'a> {
    async fn link(simulated: &'a SimulatedBank) -> Result<Self, AnyError> {
        let (provider, store) = (simulated.provider()?, Arc::new(MemoryStore::new()));
        let engine = SyncEngine::new(provider, store, Arc::new(SystemClock), EngineOptions::default());
        let user = UserId::new("example-user")?;
        let (request, item) = simulated.sign_in(&engine, &user).await?;
        let linked = engine.link(&user, request).await?;
        let account = linked.accounts.first().ok_or("the bank has no account")?.provider.id.to_string();
        let bank = Self { simulated, engine, user, item, account };
        bank.change(vec![Change::SetReadiness { readiness: Readiness::HistoricalUpdateComplete }])?;
        Ok(bank)
    }

    fn change(&self, changes: Vec<Change>) -> Result<(), AnyError> {
        self.simulated.control().change(&self.item, changes)?;
        Ok(())
    }

    /// Payments with the bank's text and the amount in cents, in Plaid's sign: positive is money out.
    fn happens(&self, payments: &[(&str, i64)]) -> Result<(), AnyError> {
        let added = payments.iter().map(|(text, cents)| {
            Change::AddTransaction(NewTransaction {
                account: self.account.clone(),
                amount: Decimal::new(*cents, 2),
                name: (*text).to_owned(),
                ..NewTransaction::default()
            })
        });
        self.change(added.collect())
    }
}

async fn sync(engine: &SyncEngine, user: &UserId) -> Result<(), AnyError> {
    let report = engine.sync_transactions(user, &SyncRequest::new(SyncScope::All)).await?;
    match report.connections.into_iter().find_map(|sync| sync.error) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

async fn rows(engine: &SyncEngine, user: &UserId) -> Result<Vec<Transaction>, AnyError> {
    let mut rows = engine.transactions(user, &TransactionQuery::default()).await?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

async fn find(engine: &SyncEngine, user: &UserId, text: &str) -> Result<Transaction, AnyError> {
    let found = rows(engine, user).await?.into_iter().find(|row| &*row.provider.description == text);
    found.ok_or_else(|| format!("there is no row {text}").into())
}

async fn table(engine: &SyncEngine, user: &UserId) -> Result<Table, AnyError> {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(["Text", "Amount", "Category", "By", "Sure"]);
    for row in rows(engine, user).await? {
        let (by, sure) = match (&row.edits.category, &row.assigned) {
            (Some(_), _) => ("the user", None),
            (None, Some(assigned)) => (assigned.source.as_str(), assigned.confidence),
            (None, None) => ("Plaid", None),
        };
        table.add_row(vec![
            row.provider.description.to_string(),
            row.amount().to_string(),
            category_name(row.category().unwrap_or("none")).to_owned(),
            by.to_owned(),
            sure.map_or_else(String::new, |sure| format!("{sure} %")),
        ]);
    }
    Ok(table)
}
