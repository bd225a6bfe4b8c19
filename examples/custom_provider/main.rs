//! A bank provider of one's own: a bank that leaves its data as files in a folder.
//!
//! ```sh
//! cargo run --example custom_provider     # links such a bank, syncs, lets the bank change something, syncs again
//! cargo test --example custom_provider    # the suite that every provider passes
//! ```
//!
//! `bank.rs` is the bank's side: which files there are and what they say. `provider.rs` is the provider: it reads them and
//! translates. `tests.rs` lets the suite play the bank's customers.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

mod bank;
mod provider;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use finance_core::{
    EngineOptions, LinkRequest, MemoryStore, SyncEngine, SyncRequest, SyncScope, SystemClock,
    TransactionQuery, UserId,
};

use bank::{BankAccount, BankRow, Direction, FolderBank, Line, Outcome};
use provider::FolderProvider;

#[tokio::main]
async fn main() -> Outcome<()> {
    let folder = std::env::temp_dir().join(format!("folder-bank-{}", std::process::id()));
    let result = run(FolderBank::new(&folder)).await;
    std::fs::remove_dir_all(&folder).or_else(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(error),
    })?;
    result
}

async fn run(bank: FolderBank) -> Outcome<()> {
    // The bank's side: a customer signs in on the bank's own pages.
    let account = BankAccount { number: "0001".into(), name: "Everyday".into(), ..BankAccount::default() };
    let wage = BankRow { amount: "1200.00".into(), direction: Direction::In, ..BankRow::new("1", "Wage") };
    let rent = BankRow { amount: "575.67".into(), direction: Direction::Out, ..BankRow::new("2", "Rent") };
    let sign_in = bank.sign_in(&[account], &[wage, rent.clone()])?;

    // Our side: the provider over that folder, and an engine as with any other provider.
    let provider = Arc::new(FolderProvider::new(bank.clone()));
    let store = Arc::new(MemoryStore::new());
    let engine = SyncEngine::new(provider, store, Arc::new(SystemClock), EngineOptions::default());
    let user = UserId::new("user-1")?;
    let linked = engine.link(&user, LinkRequest::new(sign_in.public_token())).await?;
    println!("linked {}; its accounts: {}", linked.connection.provider_id, linked.accounts.len());
    print_rows(&engine, &user).await?;

    bank.write(&sign_in.id, &Line::Modified(BankRow { amount: "590.00".into(), ..rent }))?;
    let report = engine.sync_transactions(&user, &SyncRequest::new(SyncScope::All)).await?;
    println!("the rent went up: {} modified", report.counts().modified);
    print_rows(&engine, &user).await
}

async fn print_rows(engine: &SyncEngine, user: &UserId) -> Outcome<()> {
    for row in engine.transactions(user, &TransactionQuery::default()).await? {
        println!("  {} {:<8} {:>12}", row.date(), row.name(), row.amount());
    }
    Ok(())
}
