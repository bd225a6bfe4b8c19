//! What does it cost to write new rows into PostgreSQL?
//!
//! The limit of writing is raw binary `COPY` of the same rows into the same tables with the same indexes, in one transaction; the
//! bytes are those that the store itself had written. What a store does besides (the cursor, checks, events, the queue of
//! categories, which are tables of their own) is part of ours only. The server is a throw-away one without `fsync`, in
//! memory where there is room.

use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::bank::Data;
use benches::books::{FreshIds, inserts, new_connection};
use benches::turns::{Contender, compare};
use benches::{Failure, from_environment};
use chrono::Utc;
use finance_core::{
    AccessToken, AccountChanges, ChangeSet, ConnectionId, ConnectionStore, LedgerStore, ProviderAccount,
    UserId,
};
use finance_store::{PostgresOptions, PostgresStore, TokenKeys};
use futures::StreamExt;
use postgres_server::{Database, PostgresServer};
use sqlx::Executor;
use sqlx::postgres::PgConnection;
use tokio::runtime::Runtime;

/// Rows written before the clock runs, so that statements are prepared and categories known.
const WARM_UP: usize = 500;

fn main() -> Result<(), Failure> {
    let rounds = from_environment("BENCH_ROUNDS", 5)?;
    let runtime = Runtime::new()?;
    let data = runtime.block_on(Data::fetch(50_000))?;
    for rows in [5_000, 50_000] {
        for keep_raw in [false, true] {
            against_copy(&runtime, &data, rows, keep_raw, rounds)?;
        }
    }
    Ok(())
}

/// Books of one connection with a few rows, in a database of their own.
struct Books {
    store: Arc<PostgresStore>,
    connection: ConnectionId,
    database: Database,
}

impl Books {
    async fn new(
        accounts: &[ProviderAccount],
        keep_raw: bool,
        warm_up: &[ChangeSet],
    ) -> Result<Self, Failure> {
        let database = PostgresServer::shared().database().await;
        let token_keys = Some(TokenKeys::new("bench", [7; 32]));
        let options = PostgresOptions { token_keys, keep_raw, ..PostgresOptions::default() };
        let store = Arc::new(PostgresStore::connect(&database.url(), options).await?);
        let new = new_connection(&UserId::new("anna")?, "item", AccessToken::new("access-bench"))?;
        let connection = store.insert_connection(new).await?.id;
        let accounts = AccountChanges { listed: accounts.to_vec(), gone: Vec::new() };
        store.apply(&ChangeSet { accounts, ..ChangeSet::new(connection, Utc::now()) }).await?;
        for change in warm_up {
            store.apply(change).await?;
        }
        Ok(Self { store, connection, database })
    }
}

/// What one table holds, as `COPY` writes and reads it.
async fn copied(connection: &mut PgConnection, table: &str, last: i64) -> Result<Vec<u8>, Failure> {
    let id = if table == "finance_transactions" { "id" } else { "transaction_id" };
    let sql = format!("COPY (SELECT * FROM {table} WHERE {id} > {last}) TO STDOUT (FORMAT binary)");
    let mut pieces = connection.copy_out_raw(&sql).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

fn against_copy(
    runtime: &Runtime,
    data: &Data,
    rows: usize,
    keep_raw: bool,
    rounds: usize,
) -> Result<(), Failure> {
    let mut ids = FreshIds::new(1);
    // A first connection of a database has the number 1.
    let connection = ConnectionId::new(1);
    let warm_up = [inserts(connection, ids.rows(&data.rows, WARM_UP)?)];
    let mut change = inserts(connection, ids.rows(&data.rows, rows)?);
    if !keep_raw {
        change.inserts.iter_mut().for_each(|insert| insert.row.raw = None);
    }
    let apply = async |change: &ChangeSet| -> Result<(Books, Duration), Failure> {
        let books = Books::new(&data.accounts, keep_raw, &warm_up).await?;
        assert_eq!(books.connection, connection);
        let start = Instant::now();
        books.store.apply(change).await?;
        Ok((books, start.elapsed()))
    };
    let tables: &[&str] = if keep_raw {
        &["finance_transactions", "finance_transaction_json"]
    } else {
        &["finance_transactions"]
    };
    let bytes = runtime.block_on(async {
        let (books, _) = apply(&change).await?;
        let mut plain = books.database.connect().await;
        let last: i64 =
            sqlx::query_scalar("SELECT id FROM finance_transactions ORDER BY id OFFSET $1 LIMIT 1")
                .bind(i64::try_from(WARM_UP)? - 1)
                .fetch_one(&mut plain)
                .await?;
        let mut bytes = Vec::new();
        for table in tables {
            bytes.push(copied(&mut plain, table, last).await?);
        }
        Ok::<_, Failure>(bytes)
    })?;
    let limit = || {
        runtime.block_on(async {
            let books = Books::new(&data.accounts, keep_raw, &warm_up).await?;
            let mut plain = books.database.connect().await;
            let start = Instant::now();
            plain.execute("BEGIN").await?;
            for (table, bytes) in tables.iter().zip(&bytes) {
                let sql = format!("COPY {table} FROM STDIN (FORMAT binary)");
                let mut copy = plain.copy_in_raw(&sql).await?;
                copy.send(bytes.as_slice()).await?;
                copy.finish().await?;
            }
            plain.execute("COMMIT").await?;
            let took = start.elapsed();
            expect_rows(&mut plain, WARM_UP + rows).await?;
            Ok(took)
        })
    };
    let ours = || {
        runtime.block_on(async {
            let (books, took) = apply(&change).await?;
            expect_rows(&mut books.database.connect().await, WARM_UP + rows).await?;
            Ok(took)
        })
    };
    let json = if keep_raw { "raw JSON kept" } else { "no raw JSON" };
    let contenders = vec![Contender::new("limit: raw binary COPY", limit), Contender::new("apply", ours)];
    compare(&format!("PostgreSQL, one change set of new rows, {json}"), rows, rounds, contenders)
}

async fn expect_rows(connection: &mut PgConnection, rows: usize) -> Result<(), Failure> {
    let found: i64 =
        sqlx::query_scalar("SELECT count(*) FROM finance_transactions").fetch_one(connection).await?;
    if usize::try_from(found)? == rows { Ok(()) } else { Err(format!("{found} rows, not {rows}").into()) }
}
