//! Databases of every earlier version of the schema open, with all that they held.

use std::path::PathBuf;

use finance_core::conformance::samples::{row, row_id, user};
use finance_core::conformance::{Linked, Snapshot};
use finance_core::{
    ConnectionStatus, ConnectionStore, KnownTransactions, LedgerStore, ProviderErrorKind, RowSelection,
    RunStore, ScheduleStore, TransactionQuery, TransactionState,
};
use sqlx::{Connection, Executor};

use crate::fixture::Place;

/// The dumps of earlier versions, oldest first.
fn earlier_versions() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/earlier_versions");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.file_name().unwrap().to_string_lossy().starts_with("sqlite_"));
    files.sort();
    files
}

#[tokio::test]
async fn sqlite_books_of_every_earlier_version_open_whole() {
    let files = earlier_versions();
    let mut told = Vec::new();
    for file in &files {
        let place = Place::new();
        let dump: &'static str = std::fs::read_to_string(file).unwrap().leak();
        let mut connection = place.connect().await;
        connection.execute("PRAGMA foreign_keys = OFF").await.unwrap();
        connection.execute(dump).await.unwrap();
        connection.close().await.unwrap();
        let store = place.open().await;
        let newest: i64 = sqlx::query_scalar("SELECT max(version) FROM finance_schema")
            .fetch_one(&mut place.connect().await)
            .await
            .unwrap();
        assert_eq!(newest as usize, files.len() + 1, "an earlier version has no dump");

        let ada = user("ada");
        let connection = store.connections(&ada).await.unwrap().remove(0);
        assert_eq!(store.access_token(&ada, connection.id).await.unwrap().expose(), "token-of-item-1");
        assert_eq!(connection.cursor.as_ref().unwrap().as_str(), "c2");
        let accounts = store.accounts(&ada).await.unwrap();
        let balances: Vec<String> = accounts
            .iter()
            .map(|account| {
                let balances = &account.provider.balances;
                format!("{} {}", balances.current.unwrap(), balances.currency.as_ref().unwrap().code())
            })
            .collect();
        assert_eq!(balances, ["123.45 USD", "999999999999999999.99999999 BTC"]);
        let query =
            TransactionQuery { rows: RowSelection::Any, limit: u32::MAX, ..TransactionQuery::default() };
        let rows = store.transactions(&ada, &query).await.unwrap();
        let rows: Vec<_> =
            rows.iter().map(|row| (row.provider.id.as_str(), row.amount().to_string(), row.state)).collect();
        use TransactionState::{DeletedByUser, Live, RemovedByProvider};
        let expected = [
            ("t5", "12.345678901234567890 BTC".to_owned(), Live),
            ("t4", "-2.00 USD".to_owned(), RemovedByProvider),
            ("t3", "-1.00 USD".to_owned(), DeletedByUser),
            ("t2", "-19.99 USD".to_owned(), Live),
            ("t1", "-4.50 USD".to_owned(), Live),
        ];
        assert_eq!(rows, expected, "{}", file.display());
        let known = [row_id("p1")];
        let known = store.known_transactions(connection.id, KnownTransactions::Among(&known)).await.unwrap();
        let coffee = store.transaction(&ada, known[0].id).await.unwrap();
        assert_eq!((coffee.name(), coffee.edits.note.as_deref()), ("My coffee", Some("a note")));
        assert_eq!(store.runs(&ada, connection.id, 9).await.unwrap()[0].counts.added, 5);
        assert!(store.schedule(&ada, connection.id).await.unwrap().due.at().is_some());

        let bob = store.connections(&user("bob")).await.unwrap().remove(0);
        let fault = bob.fault.unwrap();
        assert_eq!((bob.status, fault.kind), (ConnectionStatus::NeedsSignIn, ProviderErrorKind::SignInAgain));
        told.push(Snapshot::of(&*store, &[ada.clone(), user("bob")]).await);

        // They are written to as any.
        let linked = Linked { store, user: ada, id: connection.id };
        linked.insert([row("t9", "a", "9.00")]).await;
        assert_eq!(linked.row("t9").await.amount().to_string(), "9.00 USD");
    }
    // What a version brought is the same wherever the books began.
    for (file, books) in files.iter().zip(&told) {
        assert_eq!(books.users, told[0].users, "{}", file.display());
    }
}
