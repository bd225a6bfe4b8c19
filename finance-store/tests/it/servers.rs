//! What only a server can go through: it stops, it is busy, it is shared with others.

use std::sync::Arc;
use std::time::Duration;

use finance_core::conformance::samples::{insert, row, user};
use finance_core::conformance::{Linked, Snapshot};
use finance_core::{ChangeSet, ConnectionStore, EventStore, LedgerStore, StoreErrorKind, TransactionQuery};
use finance_store::{PostgresOptions, PostgresStore};
use postgres_server::{Database, PostgresServer};
use sqlx::{Connection, Row};

use crate::fixture::{connect_to, kind, postgres_options};

const UNAVAILABLE: Option<StoreErrorKind> = Some(StoreErrorKind::Unavailable);

async fn database() -> Database {
    PostgresServer::shared().database().await
}

async fn connect_with(database: &Database, options: PostgresOptions) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::connect(&database.url(), options).await.unwrap())
}

fn inserting(linked: &Linked, id: &str) -> ChangeSet {
    ChangeSet { inserts: vec![insert(row(id, "a", "1.00"))], ..linked.change() }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let database = database().await;
    connect_to(&database).await.close().await;
    database.execute("INSERT INTO finance_schema (version) VALUES (999)").await;
    let error = PostgresStore::connect(&database.url(), postgres_options()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NewerSchema);
    assert!(error.to_string().contains("999"), "{error}");
}

#[tokio::test]
async fn of_many_that_find_an_empty_database_one_makes_the_tables() {
    let database = database().await;
    let stores = futures::future::join_all((0..6).map(|_| connect_to(&database))).await;
    for (number, store) in stores.into_iter().enumerate() {
        let linked = Linked::new(store, "ada", &format!("item-{number}"), &["a"]).await;
        linked.insert([row("tx", "a", "1.00")]).await;
    }
    let mut connection = database.connect().await;
    let versions =
        sqlx::query("SELECT version FROM finance_schema").fetch_all(&mut connection).await.unwrap();
    assert_eq!(versions.len(), 1);
}

#[tokio::test]
async fn a_migration_of_another_process_is_waited_for_however_long_it_takes() {
    let database = database().await;
    let mut other = database.connect().await;
    // The lock that a migration holds: `finance` in ASCII.
    let lock = "SELECT pg_advisory_lock(x'66696e616e6365'::bigint)";
    sqlx::query(lock).execute(&mut other).await.unwrap();
    let brief = Some(Duration::from_millis(10));
    let options = PostgresOptions { lock_timeout: brief, ..postgres_options() };
    let url = database.url();
    let waiting = tokio::spawn(async move { PostgresStore::connect(&url, options).await });
    let waits_long = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                      AND wait_event = 'advisory' AND clock_timestamp() - query_start > interval '200 ms')";
    while !waiting.is_finished()
        && !sqlx::query_scalar::<_, bool>(waits_long).fetch_one(&mut other).await.unwrap()
    {
        tokio::task::yield_now().await;
    }
    assert!(!waiting.is_finished(), "it gave up");
    sqlx::query("SELECT pg_advisory_unlock_all()").execute(&mut other).await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_books_live_beside_the_tables_of_a_host() {
    let database = database().await;
    database.execute("CREATE TABLE transactions (mine TEXT); INSERT INTO transactions VALUES ('kept')").await;
    let linked = Linked::new(connect_to(&database).await, "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1.00")]).await;
    let mut connection = database.connect().await;
    let kept: String =
        sqlx::query_scalar("SELECT mine FROM transactions").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, "kept");
    let sql = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace \
               AND relname NOT LIKE 'finance\\_%' AND relkind IN ('r', 'S', 'f', 'v')";
    let foreign = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    let foreign: Vec<String> = foreign.iter().map(|row| row.get(0)).collect();
    assert_eq!(foreign, ["transactions"]);
}

#[tokio::test]
async fn a_server_that_starts_again_is_asked_again() {
    let server = PostgresServer::own();
    let database = server.database().await;
    let linked = Linked::new(connect_to(&database).await, "ada", "item-1", &["a"]).await;
    linked.insert([row("before", "a", "1.00")]).await;
    server.restart();
    // Every connection of the store has ended; neither reading nor writing shows it.
    assert_eq!(linked.list(&TransactionQuery::default()).await, ["before"]);
    server.restart();
    linked.insert([row("after", "a", "1.00")]).await;
    assert_eq!(linked.list(&TransactionQuery::default()).await, ["after", "before"]);
}

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable() {
    let server = PostgresServer::own();
    let database = server.database().await;
    let options = PostgresOptions { acquire_timeout: Duration::from_millis(300), ..postgres_options() };
    let linked = Linked::new(connect_with(&database, options).await, "ada", "item-1", &["a"]).await;
    server.stop();
    assert_eq!(kind(linked.store.connections(&linked.user).await), UNAVAILABLE);
    linked.refuse(inserting(&linked, "tx"), StoreErrorKind::Unavailable).await;
    let options = PostgresOptions { acquire_timeout: Duration::from_millis(300), ..postgres_options() };
    assert_eq!(kind(PostgresStore::connect(&database.url(), options).await), UNAVAILABLE);
    server.start();
    linked.apply(inserting(&linked, "tx")).await;
}

/// Ends every other connection to the database, as a server does that restarts or an administrator.
async fn end_connections(database: &Database) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    database.execute(sql).await;
}

#[tokio::test]
async fn writers_whose_connections_are_cut_write_once() {
    let database = database().await;
    let linked = Linked::new(connect_to(&database).await, "ada", "item-1", &["a"]).await;
    for round in 0..30 {
        let change = inserting(&linked, &format!("tx-{round}"));
        let cut = async {
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            end_connections(&database).await;
        };
        let (applied, ()) = futures::join!(linked.store.apply(&change), cut);
        applied.unwrap();
    }
    let totals = linked.store.account_totals(&linked.user).await.unwrap();
    assert_eq!(totals[0].rows, 30);
    let events = linked.events_after(0).await;
    assert_eq!(events.iter().map(|event| event.number).collect::<Vec<_>>(), (1..=3 + 60).collect::<Vec<_>>());
}

#[tokio::test]
async fn prepared_statements_survive_a_change_of_the_tables() {
    let database = database().await;
    let linked = Linked::new(connect_to(&database).await, "ada", "item-1", &["a"]).await;
    for width in 40..60 {
        let (one, other) =
            futures::join!(linked.store.accounts(&linked.user), linked.store.accounts(&linked.user));
        assert_eq!(one.unwrap(), other.unwrap());
        linked.store.connections(&linked.user).await.unwrap();
        let sql = format!(
            "ALTER TABLE finance_accounts ALTER COLUMN mask TYPE VARCHAR({width}); \
             ALTER TABLE finance_connections ALTER COLUMN history TYPE VARCHAR({width})"
        );
        database.execute(&sql).await;
    }
    linked.insert([row("tx", "a", "1.00")]).await;
}

#[tokio::test]
async fn writers_of_one_users_books_take_turns_and_nobody_else_waits() {
    let database = database().await;
    let options = PostgresOptions { lock_timeout: Some(Duration::from_millis(200)), ..postgres_options() };
    let store = connect_with(&database, options).await;
    let ada = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    let bob = Linked::new(store, "bob", "item-2", &["a"]).await;
    let mut other = database.connect().await;
    let mut holding = other.begin().await.unwrap();
    let sql = "SELECT * FROM finance_users WHERE user_id = 'ada' FOR UPDATE";
    sqlx::query(sql).execute(&mut *holding).await.unwrap();

    ada.refuse(inserting(&ada, "tx"), StoreErrorKind::Unavailable).await;
    assert!(ada.list(&TransactionQuery::default()).await.is_empty());
    bob.insert([row("tx", "a", "1.00")]).await;
    let change = inserting(&ada, "tx");
    let (applied, ()) = futures::join!(ada.store.apply(&change), async {
        holding.rollback().await.unwrap();
    });
    applied.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_writers_of_many_stores_neither_lose_nor_double_anything() {
    let database = database().await;
    let mut tasks = Vec::new();
    for number in 0..6 {
        let store = connect_to(&database).await;
        let owner = ["ada", "bob"][number % 2];
        tasks.push(tokio::spawn(async move {
            let linked = Linked::new(store, owner, &format!("item-{number}"), &["a"]).await;
            for round in 0..15 {
                let rows = (0..7).map(|n| row(&format!("{number}-{round}-{n}"), "a", "1.00"));
                linked.insert(rows).await;
                linked.remove(&format!("{number}-{round}-0")).await;
            }
            (linked.user.clone(), linked.store.clone())
        }));
    }
    for finished in futures::future::join_all(tasks).await {
        let (user, store) = finished.unwrap();
        let events = store.events(&user, 0, u32::MAX).await.unwrap();
        let numbers: Vec<u64> = events.events.iter().map(|event| event.number).collect();
        assert_eq!(numbers, (1..=events.last).collect::<Vec<_>>());
        for total in store.account_totals(&user).await.unwrap() {
            assert_eq!(total.rows, 15 * 6);
        }
    }
}

#[tokio::test]
async fn events_of_another_store_wake_a_listener_and_are_found_without_listening() {
    let database = database().await;
    let linked = Linked::new(connect_to(&database).await, "ada", "item-1", &["a"]).await;
    for listen in [true, false] {
        let options = PostgresOptions { listen, prepared_statements: listen, ..postgres_options() };
        let other = connect_with(&database, options).await;
        let last = linked.store.events(&linked.user, 0, 1).await.unwrap().last;
        let waiting = async {
            while other.events(&linked.user, last, 1).await.unwrap().last == last {
                other.wait_for_event(&linked.user, last, Duration::from_secs(60)).await.unwrap();
            }
        };
        let writing = linked.insert([row(&format!("listening: {listen}"), "a", "1.00")]);
        futures::join!(waiting, writing);
    }
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let database = database().await;
    let store = connect_to(&database).await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    store.wait_for_event(&linked.user, 99, Duration::from_millis(1)).await.unwrap();
    store.close().await;
    store.close().await;
    assert_eq!(kind(store.connections(&linked.user).await), UNAVAILABLE);
    assert_eq!(kind(store.apply(&linked.change()).await), UNAVAILABLE);
    assert_eq!(kind(store.reseal_tokens().await), UNAVAILABLE);
    assert_eq!(kind(store.wait_for_event(&linked.user, 99, Duration::from_secs(60)).await), UNAVAILABLE);
}

#[tokio::test]
async fn values_that_this_library_never_wrote_are_damage() {
    let database = database().await;
    let linked = Linked::new(connect_to(&database).await, "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1.00")]).await;
    let id = linked.id_of("tx").await;
    for sql in [
        "UPDATE finance_transactions SET currency = 'no currency'",
        "UPDATE finance_transactions SET currency = 'USD', amount = 'NaN'",
        "UPDATE finance_transactions SET amount = 1e40",
        "UPDATE finance_transactions SET amount = 1, date = 'infinity'",
        "UPDATE finance_transactions SET date = '2026-01-01', origin = 99",
    ] {
        database.execute(sql).await;
        let found = linked.store.transaction(&linked.user, id).await;
        assert_eq!(kind(found), Some(StoreErrorKind::Damaged), "{sql}");
    }
}

#[tokio::test]
async fn what_the_address_says_wrong_is_told_without_the_password() {
    let database = database().await;
    let no_database = database.url().replace("finance_test_", "no_such_");
    for (address, expected) in [
        (no_database.as_str(), StoreErrorKind::InvalidInput),
        ("postgres://ada:hunter-2@[", StoreErrorKind::InvalidInput),
        ("postgres://ada:hunter-2@localhost/books?sslmode=hunter-2", StoreErrorKind::InvalidInput),
        ("mysql://ada:hunter-2@localhost/books", StoreErrorKind::InvalidInput),
    ] {
        let error =
            finance_store::connect(address, finance_store::ConnectOptions::default()).await.err().unwrap();
        assert_eq!(error.kind(), expected, "{address}");
        assert!(!format!("{error} {error:?}").contains("hunter-2"), "{error:?}");
    }
    let with_password = database.url().replace("localhost", "tester:hunter-2@localhost");
    let store = PostgresStore::connect(&with_password, postgres_options()).await.unwrap_or_else(|error| {
        panic!("{error:?}");
    });
    assert!(!format!("{store:?}").contains("hunter-2"));
}

/// Whether everything hangs on something that is there, which no foreign key sees to for rows.
async fn assert_sound(database: &Database) {
    let mut connection = database.connect().await;
    for (child, column, parent) in [
        ("finance_transactions", "account_id", "finance_accounts"),
        ("finance_transactions", "connection_id", "finance_connections"),
        ("finance_transaction_json", "transaction_id", "finance_transactions"),
        ("finance_transaction_edits", "transaction_id", "finance_transactions"),
        ("finance_transaction_categories", "transaction_id", "finance_transactions"),
        ("finance_old_ids", "transaction_id", "finance_transactions"),
    ] {
        let sql = format!(
            "SELECT count(*) FROM {child} c WHERE {column} IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM {parent} p WHERE p.id = c.{column})"
        );
        let left: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&mut connection).await.unwrap();
        assert_eq!(left, 0, "{child}.{column}");
    }
}

#[tokio::test]
async fn of_two_users_one_is_erased_and_the_other_stays() {
    let database = database().await;
    let store = connect_to(&database).await;
    let ada = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    let bob = Linked::new(store.clone(), "bob", "item-2", &["a"]).await;
    for linked in [&ada, &bob] {
        linked.insert((0..600).map(|n| row(&format!("tx-{n}"), "a", "1.00"))).await;
        let note = finance_core::TransactionEdit { note: Some(Some("n".to_owned())), ..Default::default() };
        linked.edit("tx-1", &note).await;
    }
    let users = [user("bob")];
    let before = Snapshot::of(&*store, &users).await;
    finance_core::RemovalStore::forget_user(&*store, &ada.user).await.unwrap();
    assert_eq!(Snapshot::of(&*store, &users).await, before);
    assert_sound(&database).await;
    assert!(finance_core::RemovalStore::records(&*store, &ada.user).await.unwrap().is_empty());
}
