//! What does the planner cost by itself?
//!
//! The limit does what no planner gets around: it takes the digest of every row and puts its identifier into a hash map.

use std::collections::HashMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use benches::bank::Data;
use benches::turns::{Contender, compare};
use benches::{Failure, from_environment};
use chrono::{DateTime, Utc};
use finance_core::{
    AccessToken, Account, AccountId, AccountStatus, Connection, ConnectionStore, Cursor, HistoryStatus,
    KnownTransaction, LocalState, MemoryStore, NewConnection, ProviderConnectionId, ProviderName,
    ProviderTransactionId, RowOrigin, TransactionId, TransactionState, Update, UpdatePage, UserId, plan,
};
use tokio::runtime::Runtime;

fn main() -> Result<(), Failure> {
    let rounds = from_environment("BENCH_ROUNDS", 11)?;
    let rows = from_environment("BENCH_ROWS", 50_000)?;
    let runtime = Runtime::new()?;
    let data = runtime.block_on(Data::fetch(rows))?;
    let connection = runtime.block_on(connection())?;
    let known = known(&data);

    let contenders = vec![
        Contender::new("limit: a digest and a hash map entry a row", || Ok(limit(&data))),
        Contender::new("nothing known, everything new", || planned(&connection, &data, &[])),
        Contender::new("everything known, told again as it stands", || planned(&connection, &data, &known)),
    ];
    compare("Plan one update", data.rows.len(), rounds, contenders)
}

fn limit(data: &Data) -> Duration {
    let rows = data.rows.clone();
    let start = Instant::now();
    let digests: HashMap<ProviderTransactionId, u64> =
        rows.iter().map(|row| (row.id.clone(), row.digest())).collect();
    let took = start.elapsed();
    black_box(digests);
    took
}

fn planned(connection: &Connection, data: &Data, known: &[KnownTransaction]) -> Result<Duration, Failure> {
    let accounts = accounts(connection, data);
    let pages =
        data.rows.chunks(500).map(|rows| UpdatePage { added: rows.to_vec(), ..UpdatePage::default() });
    let update = Update {
        pages: pages.collect(),
        next: Cursor::new("next"),
        history: Some(HistoryStatus::Complete),
        ..Update::default()
    };
    let listed = Some(data.accounts.clone());
    let local = LocalState { connection, accounts: &accounts, known };
    let start = Instant::now();
    let plan = plan(local, update, listed, DateTime::UNIX_EPOCH);
    let took = start.elapsed();
    let expected = if known.is_empty() { plan.counts.added } else { plan.counts.unchanged };
    if usize::try_from(expected)? != data.rows.len() {
        return Err(format!("the plan is wrong: {:?}", plan.counts).into());
    }
    black_box(plan);
    Ok(took)
}

async fn connection() -> Result<Connection, Failure> {
    let new = NewConnection {
        user: UserId::new("anna")?,
        provider: ProviderName::new("plaid")?,
        provider_id: ProviderConnectionId::new("item")?,
        institution: None,
        access_token: Some(AccessToken::new("access-bench")),
        frequency: finance_core::SyncFrequency::DEFAULT,
        created_at: Utc::now(),
    };
    Ok(MemoryStore::default().insert_connection(new).await?)
}

fn accounts(connection: &Connection, data: &Data) -> Vec<Account> {
    let accounts = (1..).zip(&data.accounts).map(|(number, account)| Account {
        id: AccountId::new(number),
        user: connection.user.clone(),
        connection: connection.id,
        provider: account.clone(),
        status: AccountStatus::Open,
        balances_at: DateTime::UNIX_EPOCH,
    });
    accounts.collect()
}

fn known(data: &Data) -> Vec<KnownTransaction> {
    let known = (1..).zip(&data.rows).map(|(number, row)| KnownTransaction {
        provider_id: row.id.clone(),
        id: TransactionId::new(number),
        superseded: false,
        account: AccountId::new(1),
        state: TransactionState::Live,
        removed_by_provider: false,
        origin: RowOrigin::Provider,
        digest: row.digest(),
    });
    known.collect()
}
