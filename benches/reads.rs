//! Do the screens stay quick as the books grow?
//!
//! One user with 50 connections and 200 accounts in a SQLite file of 10 thousand to a million transactions. Each operation is
//! asked through the engine, warm, in turn over the files. The bar is 5 ms at the median.

#![expect(clippy::print_stdout, reason = "a measurement prints")]

use std::future::Future;
use std::time::{Duration, Instant};

use benches::bank::{self, Data};
use benches::books::{Books, FreshIds};
use benches::turns::{Contender, compare_times};
use benches::{Failure, from_environment};
use chrono::{DateTime, Days, TimeDelta, Utc};
use finance_core::{
    AccountChanges, AccountId, ChangeSet, ConnectionId, ConnectionStatus, ConnectionStore, Cursor,
    CursorStep, DateWindow, InstitutionId, InstitutionRef, LedgerStore, Money, NewReconciliation,
    ProviderAccount, ProviderAccountId, ProviderTransaction, RowInsert, RowOrigin, RunOutcome, StatusSubject,
    SyncCounts, SyncEngine, SyncRun, TransactionQuery, UserId,
};
use rust_decimal::Decimal;
use tokio::runtime::Runtime;

const CONNECTIONS: usize = 50;
const ACCOUNTS_EACH: usize = 4;
/// Syncs of each connection, one a day.
const RUNS: usize = 60;
/// Days over which rows are spread.
const DAYS: u64 = 730;

fn main() -> Result<(), Failure> {
    let rounds = from_environment("BENCH_ROUNDS", 200)?;
    let most: usize = from_environment("BENCH_STORED", 1_000_000)?;
    let runtime = Runtime::new()?;
    let data = runtime.block_on(Data::fetch(10_000))?;
    let mut files = Vec::new();
    for rows in [most / 100, most / 10, most] {
        let begun = Instant::now();
        let file = runtime.block_on(filled(&data, rows))?;
        println!("{rows} transactions written in {:.1?}", begun.elapsed());
        files.push((format!("{rows} transactions"), file));
    }
    measure(&runtime, &files, rounds)
}

/// Books with rows in them, and what to ask for.
struct Filled {
    engine: SyncEngine,
    user: UserId,
    connection: ConnectionId,
    account: AccountId,
    _books: Books,
}

fn measure(runtime: &Runtime, files: &[(String, Filled)], rounds: usize) -> Result<(), Failure> {
    let page = TransactionQuery::default();
    ask(runtime, files, rounds, "a page of 100 transactions", |file| async {
        expect(file.engine.transactions(&file.user, &page).await?.len(), 100)
    })?;
    let deep = TransactionQuery {
        window: DateWindow::new(None, Some((Utc::now() - TimeDelta::days(300)).date_naive()))?,
        ..TransactionQuery::default()
    };
    ask(runtime, files, rounds, "a page of 100 transactions, 300 days back", |file| async {
        expect(file.engine.transactions(&file.user, &deep).await?.len(), 100)
    })?;
    ask(runtime, files, rounds, "a page of 50 transactions of one account", |file| async {
        let own = TransactionQuery { accounts: vec![file.account], limit: 50, ..TransactionQuery::default() };
        expect(file.engine.transactions(&file.user, &own).await?.len(), 50)
    })?;
    ask(runtime, files, rounds, "connection_status", |file| async {
        expect(file.engine.connection_status(&file.user).await?.connections.len(), CONNECTIONS)
    })?;
    ask(runtime, files, rounds, "account_health", |file| async {
        let report = file.engine.account_health(&file.user, file.account).await?;
        expect(report.health.parts.len(), 6)
    })?;
    ask(runtime, files, rounds, "sync_status of an account", |file| async {
        let status = file.engine.sync_status(&file.user, StatusSubject::Account(file.account)).await?;
        expect(usize::try_from(status.statistics.runs)?, 30)
    })?;
    ask(runtime, files, rounds, "sync_status of a connection", |file| async {
        let status = file.engine.sync_status(&file.user, StatusSubject::Connection(file.connection)).await?;
        expect(status.accounts.len(), ACCOUNTS_EACH)
    })?;
    ask(runtime, files, rounds, "sync_overview", |file| async {
        let page = file.engine.sync_overview(&file.user).await?;
        expect(page.accounts.len(), CONNECTIONS * ACCOUNTS_EACH)
    })?;
    ask(runtime, files, rounds, "balance_history of 90 days", |file| async {
        let history =
            file.engine.balance_history(&file.user, file.account, DateWindow::default(), 90).await?;
        expect(history.len(), RUNS)
    })
}

/// Asks the same of every file in turn.
fn ask<'a, Answer: Future<Output = Result<(), Failure>>>(
    runtime: &Runtime,
    files: &'a [(String, Filled)],
    rounds: usize,
    title: &str,
    question: impl Fn(&'a Filled) -> Answer,
) -> Result<(), Failure> {
    let question = &question;
    let contender = |(name, file): &'a (String, Filled)| {
        Contender::new(name, move || {
            runtime.block_on(async {
                let begun = Instant::now();
                question(file).await?;
                Ok::<Duration, Failure>(begun.elapsed())
            })
        })
    };
    compare_times(title, rounds, files.iter().map(contender).collect())
}

fn expect(found: usize, expected: usize) -> Result<(), Failure> {
    if found == expected { Ok(()) } else { Err(format!("{found} instead of {expected}").into()) }
}

/// New books with so many rows, brought by daily syncs of every connection.
async fn filled(data: &Data, rows: usize) -> Result<Filled, Failure> {
    let books = Books::open(None, true).await?;
    let mut ids = FreshIds::new(u64::try_from(rows)?);
    let each = rows / CONNECTIONS;
    let now = Utc::now();
    let mut last = None;
    for number in 0..CONNECTIONS {
        let mut rows = ids.rows(&data.rows, each)?;
        let accounts = accounts(data, number)?;
        spread(&mut rows, &accounts, now);
        let connection = books.connect_with(&format!("item {number}"), &accounts).await?;
        let mut cursor = None;
        for sync in 0..RUNS {
            let portion = &rows[sync * each / RUNS..(sync + 1) * each / RUNS];
            let at = now - TimeDelta::days(i64::try_from(RUNS - sync)?) + TimeDelta::hours(20);
            let mut change = synced(connection, at, portion, sync + number);
            let next = Cursor::new(&format!("{number}-{sync}"));
            change.cursor = Some(CursorStep { expected: cursor, next: next.clone() });
            change.accounts.listed = told(&accounts, sync);
            books.store.apply(&change).await?;
            cursor = next;
        }
        books.store.apply(&compared(&books, connection, now).await?).await?;
        last = Some(connection);
    }
    let connection = last.ok_or("there is no connection")?;
    let accounts = books.store.accounts(&books.user).await?;
    let account = accounts.last().ok_or("there is no account")?.id;
    let engine = books.engine(bank::provider("http://127.0.0.1:1", false)?);
    Ok(Filled { engine, user: books.user.clone(), connection, account, _books: books })
}

/// The accounts of a connection: those of the bank in turn, under names of their own.
fn accounts(data: &Data, connection: usize) -> Result<Vec<ProviderAccount>, Failure> {
    let some = data.accounts.iter().cycle().take(ACCOUNTS_EACH).enumerate();
    some.map(|(number, account)| {
        let id = ProviderAccountId::new(format!("account {connection}-{number}"))?;
        Ok(ProviderAccount { id, ..account.clone() })
    })
    .collect()
}

/// Spreads rows over accounts and days, the last ones to the last days, and lets one in 200 be pending.
fn spread(rows: &mut [ProviderTransaction], accounts: &[ProviderAccount], now: DateTime<Utc>) {
    let count = rows.len().max(1) as u64;
    let first = now.date_naive() - Days::new(DAYS);
    for ((number, row), account) in (0_u64..).zip(rows).zip(accounts.iter().cycle()) {
        row.account = account.id.clone();
        row.date = first + Days::new(number * DAYS / count);
        row.pending = number + count / 200 >= count;
    }
}

/// What a sync that went well, or now and then one that did not, leaves.
fn synced(
    connection: ConnectionId,
    at: DateTime<Utc>,
    rows: &[ProviderTransaction],
    number: usize,
) -> ChangeSet {
    let inserts: Vec<RowInsert> =
        rows.iter().map(|row| RowInsert::new(row.clone(), RowOrigin::Provider)).collect();
    let took = 300 + i64::try_from(number * 7_919 % 2_000).unwrap_or_default();
    let run = SyncRun {
        connection,
        started_at: at - TimeDelta::milliseconds(took),
        ended_at: at,
        outcome: if number % 17 == 3 { RunOutcome::Failed } else { RunOutcome::Applied },
        counts: SyncCounts { added: inserts.len() as u64, ..SyncCounts::default() },
        pages: 1,
        restarts: 0,
        retries: 0,
        fault: None,
    };
    let broken = number % 11 == 5;
    ChangeSet {
        inserts,
        run: Some(run),
        status: Some(if broken { ConnectionStatus::NeedsSignIn } else { ConnectionStatus::Good }),
        institution: InstitutionId::new(format!("ins_{connection}"))
            .ok()
            .map(|id| InstitutionRef { id, name: Some(format!("Bank {connection}")) }),
        bank_updated_at: Some(at - TimeDelta::hours(3)),
        ..ChangeSet::new(connection, at)
    }
}

/// The accounts with other balances than the day before.
fn told(accounts: &[ProviderAccount], day: usize) -> Vec<ProviderAccount> {
    let mut accounts = accounts.to_vec();
    for account in &mut accounts {
        account.balances.current = account.balances.current.map(|current| current + Decimal::from(day));
    }
    accounts
}

/// A dozen comparisons of each account with the bank.
async fn compared(books: &Books, connection: ConnectionId, now: DateTime<Utc>) -> Result<ChangeSet, Failure> {
    let accounts = books.store.accounts(&books.user).await?;
    let own = accounts.iter().filter(|account| account.connection == connection);
    let made = own.flat_map(|account| {
        let currency = account.provider.balances.currency.clone();
        let difference = currency.map(|currency| Money::new(Decimal::ZERO, currency));
        let body = "{}".repeat(1_000);
        let made = NewReconciliation { account: account.id, score: Some(100), difference, body };
        std::iter::repeat_n(made, 12)
    });
    let accounts = AccountChanges::default();
    Ok(ChangeSet { reconciliations: made.collect(), accounts, ..ChangeSet::new(connection, now) })
}
