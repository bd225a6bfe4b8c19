//! Stores in a folder of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use finance_store::{SqliteOptions, SqliteStore, TokenKeys};
use tempfile::TempDir;

pub(crate) const KEY: [u8; 32] = [7; 32];

pub(crate) fn options() -> SqliteOptions {
    SqliteOptions { token_keys: Some(TokenKeys::new("key-1", KEY)), ..SqliteOptions::default() }
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
        Arc::new(SqliteStore::open(self.file(), options()).await.unwrap())
    }
}
