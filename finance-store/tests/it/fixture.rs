//! Stores in a folder of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use finance_core::{StoreError, StoreErrorKind};
use finance_store::{SqliteOptions, SqliteStore, TokenKeys};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, Executor};
use tempfile::TempDir;

pub(crate) const KEY: [u8; 32] = [7; 32];

pub(crate) fn with_keys(keys: TokenKeys) -> SqliteOptions {
    SqliteOptions { token_keys: Some(keys), ..SqliteOptions::default() }
}

pub(crate) fn options() -> SqliteOptions {
    with_keys(TokenKeys::new("key-1", KEY))
}

pub(crate) async fn open_at(path: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(path, options()).await.unwrap())
}

pub(crate) fn kind<T>(answer: Result<T, StoreError>) -> Option<StoreErrorKind> {
    answer.err().map(|error| error.kind())
}

/// A folder for a database, removed at the end.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("books.sqlite")
    }

    pub(crate) async fn open(&self) -> Arc<SqliteStore> {
        open_at(&self.file()).await
    }

    /// A plain connection to the database, past the store.
    pub(crate) async fn connect(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.file()).create_if_missing(true);
        options.connect().await.unwrap()
    }

    /// Runs SQL on the database, past the store.
    pub(crate) async fn execute(&self, sql: &'static str) {
        let mut connection = self.connect().await;
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.file()).unwrap()
    }

    /// Whether any file in the folder holds these bytes.
    pub(crate) fn holds(&self, needle: &[u8]) -> bool {
        let files = std::fs::read_dir(self.folder()).unwrap();
        files.into_iter().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    }
}
