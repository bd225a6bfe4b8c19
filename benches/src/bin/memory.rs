//! How much memory does a large first sync take at its peak?
//!
//! Each case runs in a process of its own, against a bank in another, with options as they come. The books are then
//! compared with the bank's own account of the truth. Ends with an error when a bound is broken or a sum is wrong.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Instant;

use benches::Failure;
use benches::bank::{self, Bank};
use benches::books::Books;
use finance_core::{AccessToken, ConnectionStore, LedgerStore, SyncRequest, SyncScope};
use rust_decimal::Decimal;
use tokio::runtime::Runtime;

/// Connections, transactions of each, and the peak that is allowed in MB.
const CASES: [(u32, u32, u64); 2] = [(50, 20_000, 150), (1, 200_000, 300)];
/// The argument that makes this program run one case.
const CASE: &str = "case";

fn main() -> Result<(), Failure> {
    if bank::serve_if_asked()? {
        return Ok(());
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, connections, each, bound] = &arguments[..]
        && mode == CASE
    {
        return Runtime::new()?.block_on(run(connections.parse()?, each.parse()?, bound.parse()?));
    }
    let mut failed = false;
    for (connections, each, bound) in CASES {
        let case = [connections.to_string(), each.to_string(), bound.to_string()];
        let status = Command::new(std::env::current_exe()?).arg(CASE).args(case).status()?;
        failed |= !status.success();
    }
    if failed { Err("a bound is broken, or the books are wrong".into()) } else { Ok(()) }
}

#[expect(clippy::print_stdout, reason = "a measurement prints")]
async fn run(connections: u32, each: u32, bound_mb: u64) -> Result<(), Failure> {
    let bank = Bank::start(each)?;
    let books = Books::open(None, true).await?;
    let mut items = Vec::new();
    for number in 0..connections {
        let (connection, token) = bank.sign_in(&format!("user {number}")).await?;
        books.connect(&connection.item_id, AccessToken::new(token.expose())).await?;
        items.push(connection.item_id);
    }
    let engine = books.engine(bank::provider(bank.url(), true)?);

    let start = Instant::now();
    let report = engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await?;
    let took = start.elapsed();
    let peak_mb = peak_bytes()? / 1_000_000;
    if let Some(error) = report.connections.iter().find_map(|sync| sync.error.as_ref()) {
        return Err(format!("a sync failed: {error}").into());
    }

    let rows = report.counts().added;
    println!(
        "{connections} connections of {each}: {rows} rows in {took:.1?}, peak {peak_mb} MB (bound {bound_mb} MB)"
    );
    compare_with_truth(&bank, &books, &items).await?;
    if rows != u64::from(connections) * u64::from(each) {
        return Err("rows are missing".into());
    }
    if peak_mb >= bound_mb { Err(format!("the peak is over {bound_mb} MB").into()) } else { Ok(()) }
}

/// Rows and sums of every account, against the bank's.
async fn compare_with_truth(bank: &Bank, books: &Books, items: &[String]) -> Result<(), Failure> {
    let mut truth = BTreeMap::new();
    for item in items {
        for account in bank::truth(bank.url(), item).await?.into_iter().filter(|own| own.transactions > 0) {
            truth.insert(account.account_id, (account.transactions, -account.sum));
        }
    }
    let mut names = BTreeMap::new();
    for account in books.store.accounts(&books.user).await? {
        names.insert(account.id, account.provider.id.to_string());
    }
    let mut own: BTreeMap<String, (u64, Decimal)> = BTreeMap::new();
    for total in books.store.account_totals(&books.user).await? {
        let name = names.get(&total.account).ok_or("a total names an unknown account")?;
        let entry = own.entry(name.clone()).or_default();
        *entry = (entry.0 + total.rows, entry.1 + total.sum.amount());
    }
    if own == truth { Ok(()) } else { Err("the books differ from what the bank holds".into()) }
}

/// The most memory this process ever had resident, as Linux counts it.
fn peak_bytes() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")
        .map_err(|error| format!("the peak is read from /proc/self/status, which only Linux has: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("VmHWM is missing")?;
    Ok(kib.trim().parse::<u64>()? * 1024)
}
