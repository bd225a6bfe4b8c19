//! The one connection that writes.

use finance_core::StoreError;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Transaction};
use tokio::sync::{Mutex, MutexGuard};

use super::batch::LARGEST;
use super::error::store_error;
use super::lookups::Lookups;

/// Hands out the writing connection to one caller at a time, in the order they came, until it is closed.
pub(super) struct Writer {
    turn: Mutex<Option<Turn>>,
    /// Where those who write much line up.
    line: Mutex<()>,
}

/// What a caller holds while it writes.
pub(super) struct Turn {
    connection: SqliteConnection,
    options: SqliteConnectOptions,
    pub(super) lookups: Lookups,
}

impl Writer {
    pub(super) fn new(connection: SqliteConnection, options: SqliteConnectOptions) -> Self {
        let turn = Turn { connection, options, lookups: Lookups::default() };
        Self { turn: Mutex::new(Some(turn)), line: Mutex::default() }
    }

    /// Waits until the caller may ask for a turn to write so many rows; what it returns is to be kept until that turn is over.
    /// Of those who write much only one asks, so that the others, such as a sync that takes its lease and then fetches, never
    /// wait for two of them.
    pub(super) async fn line_up(&self, rows: usize) -> Option<MutexGuard<'_, ()>> {
        if rows > LARGEST { Some(self.line.lock().await) } else { None }
    }

    /// Waits for the caller's turn.
    pub(super) async fn turn(&self) -> Result<tokio::sync::MappedMutexGuard<'_, Turn>, StoreError> {
        let guard = self.turn.lock().await;
        MutexGuard::try_map(guard, Option::as_mut).map_err(|_| store_error(sqlx::Error::PoolClosed))
    }

    /// Waits for the last turn and closes the connection. Nobody gets a turn any more.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        match self.turn.lock().await.take() {
            Some(turn) => turn.connection.close().await.map_err(store_error),
            None => Ok(()),
        }
    }
}

impl Turn {
    /// Begins to write. The transaction is rolled back when it is dropped, also half-way through a statement.
    pub(super) async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        if !self.is_settled().await {
            self.connection = self.options.connect().await.map_err(store_error)?;
        }
        self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(store_error)
    }

    /// A connection to erase and to merge with, while the caller has its turn. It zeroes what it deletes, and it looks after
    /// nothing that hangs on what it deletes: for that SQLite would read whole tables, once a record. Those who use it delete
    /// everything that hangs on a record themselves.
    pub(super) async fn eraser(&self) -> Result<SqliteConnection, StoreError> {
        let options = self.options.clone().foreign_keys(false);
        // What is sorted and copied meanwhile can be as large as the database.
        let options = options.pragma("secure_delete", "ON").pragma("temp_store", "FILE");
        options.connect().await.map_err(store_error)
    }

    /// Whether no transaction is open, once the last one is rolled back if it was dropped. After some failures, a full
    /// disk among them, SQLite rolls back by itself, and the driver takes the transaction for open ever after.
    async fn is_settled(&mut self) -> bool {
        if !self.connection.is_in_transaction() {
            return true;
        }
        self.connection.ping().await.is_ok() && !self.connection.is_in_transaction()
    }

    #[cfg(test)]
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

/// Makes what was written last.
pub(super) async fn commit(transaction: Transaction<'_, Sqlite>) -> Result<(), StoreError> {
    transaction.commit().await.map_err(store_error)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use finance_core::conformance::Linked;
    use finance_core::conformance::samples::{insert, row};
    use finance_core::{ChangeSet, LedgerStore};

    use super::LARGEST;
    use crate::{SqliteOptions, SqliteStore, TokenKeys};

    #[tokio::test]
    async fn who_writes_little_waits_for_one_long_write_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let keys = TokenKeys::new("k", [1; 32]);
        let options = SqliteOptions { token_keys: Some(keys), ..SqliteOptions::default() };
        let store = Arc::new(SqliteStore::open(folder.path().join("books.sqlite"), options).await.unwrap());
        let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
        let done = Arc::new(Mutex::new(Vec::new()));
        let mut writes = Vec::new();
        let turn = store.writer.turn().await.unwrap();
        for (name, rows) in [("long 1", LARGEST + 1), ("long 2", LARGEST + 1), ("short", 1)] {
            let inserts = (0..rows).map(|n| insert(row(&format!("{name} {n}"), "a", "1.00"))).collect();
            let change = ChangeSet { inserts, ..linked.change() };
            let (store, done) = (store.clone(), done.clone());
            writes.push(tokio::spawn(async move {
                store.apply(&change).await.unwrap();
                done.lock().unwrap().push(name);
            }));
            // On this one thread, that is enough for it to begin to wait.
            tokio::task::yield_now().await;
        }
        drop(turn);
        for write in writes {
            write.await.unwrap();
        }
        assert_eq!(*done.lock().unwrap(), ["long 1", "short", "long 2"]);
    }
}
