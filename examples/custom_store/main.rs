//! A store of one's own: one that keeps its books in another store and measures every call.
//!
//! ```sh
//! cargo run --example custom_store     # links a simulated bank, syncs it, and tells where the time went
//! cargo test --example custom_store    # the suite that every store passes
//! ```
//!
//! A store is a few small ports by topic. One that wraps another implements each by handing the call on, with something of
//! its own around it: here a stopwatch; elsewhere a cache, a log, or a second copy. `store.rs` has every method of every
//! port. A store over a database of one's own implements the same methods and passes the same suite.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use examples::{AnyError, SimulatedBank};
use finance_core::{
    EngineOptions, MemoryStore, SyncEngine, SyncRequest, SyncScope, SystemClock, TransactionQuery, UserId,
};

use store::MeteredStore;

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let bank = SimulatedBank::start(240).await?;
    let store = Arc::new(MeteredStore::new(Arc::new(MemoryStore::new())));
    let options = EngineOptions::default();
    let engine = SyncEngine::new(bank.provider()?, store.clone(), Arc::new(SystemClock), options);
    let user = UserId::new("example-user")?;

    let (request, _) = bank.sign_in(&engine, &user).await?;
    let linked = engine.link(&user, request).await?;
    engine.sync_transactions(&user, &SyncRequest::new(SyncScope::All)).await?;
    let rows = engine.transactions(&user, &TransactionQuery::default()).await?;
    println!("Accounts: {}; transactions on the first page: {}\n", linked.accounts.len(), rows.len());

    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["call of the store", "times", "refused", "microseconds"]);
    for (call, measured) in store.measured() {
        let numbers = [measured.times.into(), measured.refused.into(), measured.took.as_micros()];
        table.add_row([call.to_owned()].into_iter().chain(numbers.map(|number: u128| number.to_string())));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    Ok(())
}
