//! A disk that fills up under a server. `make test` runs these where a server can be given a disk of its own.

use finance_core::conformance::samples::{insert, row, user};
use finance_core::conformance::{Linked, Snapshot};
use finance_core::{ChangeSet, Cursor, ProviderTransaction, RawJson, StoreErrorKind};
use postgres_server::{Database, PostgresServer, ServerOptions};

use crate::fixture::connect_to;

/// Rows that take some space, so many that the server's memory does not hold them until later.
fn bulky(linked: &Linked, round: usize) -> ChangeSet {
    let json = format!("{{\"bulk\":\"{}\"}}", "0123456789abcdef".repeat(60));
    let rows = (0..400).map(|n| ProviderTransaction {
        raw: Some(RawJson::from_text(&json)),
        ..row(&format!("{round}-{n}"), "a", "1.00")
    });
    let cursor = Linked::step(
        round.checked_sub(1).map(|before| format!("c{before}")).as_deref(),
        Some(&format!("c{round}")),
    );
    ChangeSet { inserts: rows.map(insert).collect(), cursor, ..linked.change() }
}

async fn whole(linked: &Linked) -> Snapshot {
    Snapshot::of(&*linked.store, &[user("ada")]).await
}

/// A server on a disk of its own, and books on it.
async fn on_a_small_disk(settings: &[&str]) -> (PostgresServer, Database, Linked) {
    let server = PostgresServer::own_with(&ServerOptions {
        settings: settings.iter().map(|setting| (*setting).to_owned()).collect(),
        disk_megabytes: Some(256),
        ..ServerOptions::default()
    });
    let database = server.database().await;
    let linked = Linked::new(connect_to(&database).await, "ada", "item-1", &["a"]).await;
    (server, database, linked)
}

/// Writes on until something is refused; returns how many updates there are then, the refusal, and the books before it.
async fn write_until_refused(linked: &Linked, mut rounds: usize) -> (usize, StoreErrorKind, Snapshot) {
    let mut before = whole(linked).await;
    loop {
        match linked.store.apply(&bulky(linked, rounds)).await {
            Ok(_) => rounds += 1,
            Err(error) => return (rounds, error.kind(), before),
        }
        before = whole(linked).await;
    }
}

async fn assert_goes_on(linked: &Linked, rounds: usize) {
    linked.apply(bulky(linked, rounds)).await;
    let totals = linked.store.account_totals(&linked.user).await.unwrap();
    assert_eq!(totals[0].rows, 400 * (rounds as u64 + 1));
    let events = linked.store.events(&linked.user, 0, u32::MAX).await.unwrap();
    assert_eq!(events.events.len() as u64, events.last);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a disk of the server's own; `make test` runs it where `unshare` makes one"]
async fn on_a_small_disk_tables_that_cannot_grow_are_told_as_no_space() {
    // The log of what is written has its space already, so it is the tables that find none.
    let (server, database, linked) = on_a_small_disk(&["min_wal_size=100MB", "max_wal_size=100MB"]).await;
    let sql = "CREATE TABLE space AS SELECT repeat(md5(n::text), 40) FROM generate_series(1, 40000) n; \
               DROP TABLE space; CHECKPOINT; CHECKPOINT";
    for statement in sql.split(';') {
        database.execute(statement).await;
    }
    linked.apply(bulky(&linked, 0)).await;
    server.fill_disk();
    let (rounds, kind, before) = write_until_refused(&linked, 1).await;
    assert_eq!(kind, StoreErrorKind::NoSpace);
    assert!(whole(&linked).await == before, "something is half written");
    server.empty_disk();
    assert_goes_on(&linked, rounds).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a disk of the server's own; `make test` runs it where `unshare` makes one"]
async fn on_a_small_disk_a_server_that_cannot_log_goes_down_with_the_books_whole() {
    let (server, _database, linked) = on_a_small_disk(&["min_wal_size=2MB", "max_wal_size=2MB"]).await;
    linked.apply(bulky(&linked, 0)).await;
    server.fill_disk();
    // Without a place for its log a server stops by itself, and cannot start.
    let (mut rounds, mut kind) = (1, None);
    while kind.is_none() {
        match linked.store.apply(&bulky(&linked, rounds)).await {
            Ok(_) => rounds += 1,
            Err(error) => kind = Some(error.kind()),
        }
    }
    assert!(matches!(kind, Some(StoreErrorKind::NoSpace | StoreErrorKind::Unavailable)), "{kind:?}");
    server.empty_disk();
    server.restart();
    // What is not known is read again: the cursor says whether the last update is there, and its rows are there with it.
    if linked.connection().await.cursor == Cursor::new(&format!("c{rounds}")) {
        rounds += 1;
    }
    assert_goes_on(&linked, rounds).await;
}
