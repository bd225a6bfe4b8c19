//! What a call reads in PostgreSQL does not grow with the books of other users.
//!
//! The server itself counts what it reads, so whatever statements a call sends and whatever plans the server makes of them are
//! put to the test, in books whose statistics are known.

use std::sync::Arc;

use finance_core::conformance::samples::{account, at, day, row, usd, user};
use finance_core::conformance::{ManualClock, ProviderFixture, ScriptedProvider, Snapshot};
use finance_core::{
    AccountId, BankProvider, CategoryRule, ConnectionId, DateWindow, EngineOptions, LinkRequest,
    NewStatement, ReconcileRequest, ScheduleStore, StatusSubject, SyncEngine, SyncScope, TransactionEdit,
    TransactionQuery, UserId,
};
use finance_store::{PostgresOptions, PostgresStore};
use postgres_server::Database;
use sqlx::AssertSqlSafe;

use crate::fixture::{database, postgres_options};

/// Users besides the one that asks, with the same books as that one.
const STRANGERS: i64 = 2_000;
/// Of these, so many are synced by somebody right now.
const BUSY: i64 = 1_000;
/// How often a call is made on one connection: a prepared statement may get another plan at the sixth time.
const TIMES: i64 = 7;
/// A table of which one call reads more than this is read for others.
const OWN: i64 = 200;

/// Copies everything the first user has for every stranger. Numbers and names of a stranger follow from those of the first.
async fn add_strangers(database: &Database) {
    let mut connection = database.connect().await;
    let sql = "SELECT table_name::text, array_agg(column_name::text) FROM information_schema.columns \
               WHERE table_schema = current_schema() AND table_name LIKE 'finance\\_%' \
               AND table_name NOT IN ('finance_schema', 'finance_token_keys', 'finance_categories', 'finance_webhooks') \
               GROUP BY table_name";
    let tables: Vec<(String, Vec<String>)> = sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap();
    let mut all = String::from("BEGIN;");
    for (table, columns) in tables {
        let copied = columns.iter().map(|column| match column.as_str() {
            "id" | "connection_id" | "account_id" | "transaction_id" | "reconciliation_id" | "subject_id"
            | "first_id" | "last_id" => format!("{column} + 1000000 * n"),
            "user_id" | "provider_id" => format!("{column} || '-' || n"),
            _ => column.clone(),
        });
        let (columns, copied) = (columns.join(", "), copied.collect::<Vec<_>>().join(", "));
        all += &format!(
            "INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE \
             SELECT {copied} FROM {table}, generate_series(1, {STRANGERS}) n;"
        );
    }
    all += &format!(
        "UPDATE finance_schedules SET due_at = '2026-01-01Z', lease_number = 1; \
         UPDATE finance_schedules SET lease_worker = 'busy', lease_until = '2026-01-01 00:10Z' \
         WHERE connection_id BETWEEN 1000000 AND 1000000 * ({BUSY} + 1); COMMIT;"
    );
    database.execute(&all).await;
    database.execute("VACUUM ANALYZE").await;
}

/// What was read so far of each table with many records, in order of their names: table rows and index entries.
async fn read_so_far(database: &Database) -> Vec<(String, i64)> {
    let mut connection = database.connect().await;
    // What a connection read is counted when it has ended.
    let ended = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    sqlx::query(ended).execute(&mut connection).await.unwrap();
    let sql = format!(
        "SELECT relname::text, (seq_tup_read + (SELECT coalesce(sum(idx_tup_read), 0) \
             FROM pg_stat_user_indexes i WHERE i.relid = t.relid))::bigint \
         FROM pg_stat_user_tables t WHERE n_live_tup >= {STRANGERS} ORDER BY relname"
    );
    sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap()
}

/// The most that a call read of one table, after it was made some times over on one connection.
async fn most_read<Call>(books: &Books, call: Call) -> (String, i64)
where
    Call: AsyncFn(&Books, &SyncEngine, &PostgresStore),
{
    let before = read_so_far(&books.database).await;
    let options = PostgresOptions { connections: 1, ..postgres_options() };
    let store = Arc::new(PostgresStore::connect(&books.database.url(), options).await.unwrap());
    let engine = books.engine(store.clone());
    for _ in 0..TIMES {
        call(books, &engine, &store).await;
    }
    store.close().await;
    let after = read_so_far(&books.database).await;
    let read = before.into_iter().zip(after).map(|((table, before), (_, after))| (table, after - before));
    read.max_by_key(|(_, read)| *read).unwrap()
}

struct Books {
    database: Database,
    provider: Arc<ScriptedProvider>,
    clock: Arc<ManualClock>,
    user: UserId,
    connection: ConnectionId,
    account: AccountId,
}

impl Books {
    async fn new() -> Self {
        let database = database().await;
        let store = Arc::new(PostgresStore::connect(&database.url(), postgres_options()).await.unwrap());
        let (provider, clock) = (Arc::new(ScriptedProvider::new()), Arc::new(ManualClock::default()));
        let engine =
            SyncEngine::new(provider.clone(), store.clone(), clock.clone(), EngineOptions::default());
        let user = user("ada");
        let rows = (0..20).map(|number| row(&format!("t{number}"), "a", "-1.00")).collect();
        let sign_in = provider.sign_in(vec![account("a"), account("b")], rows, true).await;
        let linked = engine.link(&user, LinkRequest::new(sign_in)).await.unwrap();
        let (connection, account) = (linked.connection.id, linked.accounts[0].id);
        let listed = engine.transactions(&user, &TransactionQuery::default()).await.unwrap();
        let edit = TransactionEdit { category: Some(Some("Tea".to_owned())), ..TransactionEdit::default() };
        engine.edit_transaction(&user, listed[0].id, &edit).await.unwrap();
        let rule = CategoryRule {
            text_contains: Some("row".to_owned()),
            category: "Tea".to_owned(),
            ..CategoryRule::default()
        };
        engine.set_category_rules(&user, &[rule]).await.unwrap();
        let statement = NewStatement::new(day(0), usd("100.00").amount());
        engine.add_statement(&user, account, &statement).await.unwrap();
        engine.reconcile(&user, &ReconcileRequest::new(SyncScope::All)).await.unwrap();
        store.close().await;
        Self { database, provider, clock, user, connection, account }
    }

    fn engine(&self, store: Arc<PostgresStore>) -> SyncEngine {
        SyncEngine::new(self.provider.clone(), store, self.clock.clone(), EngineOptions::default())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_reads_the_books_of_strangers() {
    let books = Books::new().await;
    add_strangers(&books.database).await;

    // The count sees a statement that reads a table through, by a scan or by the whole of an index.
    let everything = most_read(&books, async |books, _, _| {
        let sql = "SELECT count(*) FROM finance_transactions WHERE description = 'of nobody'";
        books.database.execute(sql).await;
    });
    assert_eq!(everything.await, ("finance_transactions".to_owned(), TIMES * 20 * (STRANGERS + 1)));

    macro_rules! frugal {
        ($($name:ident: $call:expr;)*) => {
            $(
                let (table, read) = most_read(&books, $call).await;
                let name = stringify!($name);
                assert!(read > 0, "{name} was not counted");
                assert!(read <= TIMES * OWN, "{name}: {read} records of {table} in {TIMES} calls");
            )*
        };
    }
    frugal! {
        connection_status: async |it, engine, _| drop(engine.connection_status(&it.user).await.unwrap());
        account_health: async |it, engine, _| drop(engine.account_health(&it.user, it.account).await.unwrap());
        sync_status: async |it, engine, _| {
            engine.sync_status(&it.user, StatusSubject::Connection(it.connection)).await.unwrap();
        };
        sync_overview: async |it, engine, _| drop(engine.sync_overview(&it.user).await.unwrap());
        a_page: async |it, engine, _| {
            let query = TransactionQuery { limit: 5, ..TransactionQuery::default() };
            let first = engine.transactions(&it.user, &query).await.unwrap();
            let after = first.last().map(|row| (row.date(), row.id));
            let next = engine.transactions(&it.user, &TransactionQuery { after, ..query }).await.unwrap();
            assert_eq!((first.len(), next.len()), (5, 5));
        };
        a_window_of_one_account: async |it, engine, _| {
            let window = DateWindow::new(Some(day(0)), Some(day(9))).unwrap();
            let query = TransactionQuery { window, accounts: vec![it.account], ..TransactionQuery::default() };
            assert_eq!(engine.transactions(&it.user, &query).await.unwrap().len(), 20);
        };
        sync: async |it, engine, _| {
            let report = engine.sync_now(&it.user, &SyncScope::All).await.unwrap();
            assert!(report.connections.iter().all(|sync| sync.error.is_none()), "{report:?}");
        };
        reconcile: async |it, engine, _| {
            engine.reconcile(&it.user, &ReconcileRequest::new(SyncScope::All)).await.unwrap();
        };
        every_answer: async |it, _, store| drop(Snapshot::of(store, std::slice::from_ref(&it.user)).await);
        claim_due: async |it, _, store| {
            let claimed = store.claim_due(&it.provider.name(), "worker", at(0), at(600), 10).await.unwrap();
            assert_eq!(claimed.len(), 10);
        };
    }
}
