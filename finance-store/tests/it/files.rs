//! What can be wrong with a file, and what may live in it beside the books.

use std::sync::Arc;
use std::time::{Duration, Instant};

use finance_core::conformance::samples::{insert, row, update, user};
use finance_core::conformance::{Linked, Snapshot};
use finance_core::{
    ChangeSet, ConnectionStore, LedgerStore, ProviderTransaction, RawJson, StoreErrorKind, TransactionQuery,
};
use finance_store::{SqliteOptions, SqliteStore};
use sqlx::{Connection, Executor, Row};

use crate::fixture::{Place, kind, options};

async fn open_kind(place: &Place) -> Option<StoreErrorKind> {
    kind(SqliteStore::open(place.file(), options()).await)
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_left_alone() {
    let place = Place::new();
    place.open().await.close().await.unwrap();
    place.execute("INSERT INTO finance_schema (version) VALUES (999)").await;
    let before = place.bytes();
    let error = SqliteStore::open(place.file(), options()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::NewerSchema);
    assert!(error.to_string().contains("999"), "{error}");
    assert_eq!(place.bytes(), before);
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_alone() {
    let text = "not a database, whatever its name says\n".repeat(500);
    for bytes in [text.as_bytes(), b"short", b"SQLite format 3\0 and then something else"] {
        let place = Place::new();
        std::fs::write(place.file(), bytes).unwrap();
        assert_eq!(open_kind(&place).await, Some(StoreErrorKind::Damaged));
        assert_eq!(place.bytes(), bytes);
    }
}

#[tokio::test]
async fn damage_inside_the_file_is_told_apart_from_our_faults() {
    let place = Place::new();
    let store = place.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    linked.insert((0..2_000).map(|n| row(&format!("tx-{n}"), "a", "1.00"))).await;
    store.close().await.unwrap();

    let mut bytes = place.bytes();
    let pages = bytes.len() / 4096;
    for page in 3..pages {
        bytes[page * 4096..page * 4096 + 200].fill(0xA5);
    }
    std::fs::write(place.file(), &bytes).unwrap();
    let damaged = match SqliteStore::open(place.file(), options()).await {
        Err(error) => error.kind(),
        Ok(store) => {
            let query = TransactionQuery { limit: u32::MAX, ..TransactionQuery::default() };
            kind(store.transactions(&user("ada"), &query).await).unwrap()
        }
    };
    assert_eq!(damaged, StoreErrorKind::Damaged);
}

#[tokio::test]
async fn values_that_this_library_never_wrote_are_damage() {
    let place = Place::new();
    let linked = Linked::new(place.open().await, "ada", "item-1", &["a"]).await;
    let with_raw = ProviderTransaction { raw: Some(RawJson::from_text("{}")), ..row("tx", "a", "1.00") };
    linked.insert([with_raw]).await;
    let (store, id) = (linked.store.clone(), linked.id_of("tx").await);
    let damaged = Some(StoreErrorKind::Damaged);

    place.execute("UPDATE finance_transaction_json SET json = x'0102'").await;
    assert_eq!(kind(store.raw_transaction(&linked.user, id).await), damaged);
    for sql in [
        "UPDATE finance_transactions SET currency = 'no currency'",
        "UPDATE finance_transactions SET currency = 'USD', scale = 99",
        "UPDATE finance_transactions SET scale = 2, amount = 'twelve'",
        "UPDATE finance_transactions SET amount = 1, date = 9223372036854775807",
    ] {
        place.execute(sql).await;
        assert_eq!(kind(store.transaction(&linked.user, id).await), damaged, "{sql}");
    }
    place.execute("UPDATE finance_connections SET status = 'nonsense'").await;
    assert_eq!(kind(store.connection(&linked.user, linked.id).await), damaged);
}

#[tokio::test]
async fn a_place_that_cannot_hold_a_file_is_told() {
    let place = Place::new();
    let missing = place.folder().join("no").join("such").join("folder.sqlite");
    let opened = SqliteStore::open(&missing, options()).await;
    assert_eq!(kind(opened), Some(StoreErrorKind::InvalidInput));
    let folder = place.folder().join("a-folder");
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(kind(SqliteStore::open(&folder, options()).await), Some(StoreErrorKind::NoSpace));
}

#[tokio::test]
async fn the_books_live_beside_the_tables_of_a_host() {
    let place = Place::new();
    place
        .execute(
            "CREATE TABLE transactions (id INTEGER PRIMARY KEY, mine TEXT); \
             INSERT INTO transactions (mine) VALUES ('kept'); PRAGMA user_version = 7;",
        )
        .await;
    let linked = Linked::new(place.open().await, "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1.00")]).await;

    let mut connection = place.connect().await;
    let row = connection.fetch_one("SELECT mine FROM transactions").await.unwrap();
    assert_eq!(row.get::<&str, _>(0), "kept");
    let row = connection.fetch_one("PRAGMA user_version").await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 7);
    let foreign =
        "SELECT count(*) FROM sqlite_schema WHERE name NOT GLOB 'finance_*' AND name NOT GLOB 'sqlite_*'";
    let row = connection.fetch_one(foreign).await.unwrap();
    assert_eq!(row.get::<i64, _>(0), 1);
    connection.close().await.unwrap();
}

#[tokio::test]
async fn raw_json_is_kept_only_when_wanted() {
    let place = Place::new();
    let linked = Linked::new(place.open().await, "ada", "item-1", &["a"]).await;
    let with_raw = |id: &str| ProviderTransaction {
        raw: Some(RawJson::from_text(r#"{"kept":true}"#)),
        ..row(id, "a", "1.00")
    };
    linked.insert([with_raw("kept"), with_raw("updated")]).await;

    let options = SqliteOptions { keep_raw: false, ..options() };
    let store = Arc::new(SqliteStore::open(place.file(), options).await.unwrap());
    let sparing = Linked { store, ..linked.clone() };
    sparing.insert([with_raw("not kept")]).await;
    let updates = vec![update(sparing.id_of("updated").await, with_raw("updated"))];
    sparing.apply(ChangeSet { updates, ..sparing.change() }).await;
    assert_eq!(sparing.raw("kept").await.as_deref(), Some(r#"{"kept":true}"#));
    assert_eq!(sparing.raw("not kept").await, None);
    // What is kept would no longer be what the row says.
    assert_eq!(sparing.raw("updated").await, None);
}

#[tokio::test]
async fn a_writer_waits_for_another_one_but_not_for_ever() {
    let place = Place::new();
    let patience = Duration::from_millis(300);
    let options = SqliteOptions { busy_timeout: patience, ..options() };
    let store = Arc::new(SqliteStore::open(place.file(), options).await.unwrap());
    let linked = Linked::new(store, "ada", "item-1", &["a"]).await;

    let mut other = place.connect().await;
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let begun = Instant::now();
    let change = ChangeSet { inserts: vec![insert(row("tx", "a", "1"))], ..linked.change() };
    linked.refuse(change.clone(), StoreErrorKind::Unavailable).await;
    assert!(begun.elapsed() >= patience);
    // Reading never waits.
    assert!(linked.list(&TransactionQuery::default()).await.is_empty());

    let release = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        lock.rollback().await.unwrap();
    };
    let (applied, ()) = futures::join!(linked.store.apply(&change), release);
    applied.unwrap();
    assert_eq!(linked.list(&TransactionQuery::default()).await, ["tx"]);
    other.close().await.unwrap();
}

#[tokio::test]
async fn two_stores_share_one_file() {
    let place = Place::new();
    let (first, second) = futures::join!(place.open(), place.open());
    let one = Linked::new(first, "ada", "item-1", &["a"]).await;
    let two = Linked::new(second, "ada", "item-2", &["a"]).await;
    let fill = async |linked: &Linked, name: &str| {
        for round in 0..20 {
            let rows = (0..50).map(|n| row(&format!("{name}-{round}-{n}"), "a", "1.00"));
            linked.insert(rows).await;
        }
    };
    futures::join!(fill(&one, "one"), fill(&two, "two"));
    for linked in [&one, &two] {
        let everything = TransactionQuery { limit: u32::MAX, ..TransactionQuery::default() };
        assert_eq!(linked.list(&everything).await.len(), 2_000);
    }
    let users = [user("ada")];
    assert_eq!(Snapshot::of(&*one.store, &users).await, Snapshot::of(&*two.store, &users).await);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let place = Place::new();
    let store = place.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    store.close().await.unwrap();
    store.close().await.unwrap();
    let unavailable = Some(StoreErrorKind::Unavailable);
    assert_eq!(kind(store.connections(&linked.user).await), unavailable);
    assert_eq!(kind(store.apply(&linked.change()).await), unavailable);
    assert_eq!(kind(store.reseal_tokens().await), unavailable);
    // Everything is in the one file now.
    let names: Vec<_> =
        std::fs::read_dir(place.folder()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["books.sqlite"]);
}

#[tokio::test]
async fn nothing_is_put_in_the_place_of_a_file_that_is_gone() {
    let place = Place::new();
    let store = place.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", place.file().display()));
    }
    assert!(linked.store.forget_user(&linked.user).await.is_err());
    assert!(!place.file().exists());
}

#[tokio::test]
async fn sqlite_is_built_without_locks_that_all_connections_share() {
    let place = Place::new();
    let mut connection = place.connect().await;
    let rows = connection.fetch_all("PRAGMA compile_options").await.unwrap();
    let options: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(
        options.iter().any(|option| option == "DEFAULT_MEMSTATUS=0" || option == "OMIT_MEMSTATUS"),
        "{options:?}"
    );
    assert!(!options.iter().any(|option| option == "ENABLE_MEMORY_MANAGEMENT"), "{options:?}");
}
