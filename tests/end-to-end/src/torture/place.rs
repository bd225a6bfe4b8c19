//! Where the books are that outlive their processes.

use std::path::PathBuf;
use std::sync::Arc;

use finance_core::Store;
use finance_store::{SqliteOptions, SqliteStore, TokenKeys};

/// Where books are kept, in a form that can be handed to another process.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// An SQLite file.
    Sqlite(PathBuf),
}

impl Place {
    /// Reads what its text gave.
    ///
    /// # Panics
    /// When it is no place.
    pub fn parse(text: &str) -> Self {
        match text.split_once(':') {
            Some(("sqlite", path)) => Self::Sqlite(path.into()),
            _ => panic!("`{text}` is no place of books"),
        }
    }

    /// Opens the books.
    ///
    /// # Panics
    /// When they cannot be opened.
    pub async fn open(&self) -> Arc<dyn Store> {
        let keys = TokenKeys::new("test", [7; 32]);
        match self {
            Self::Sqlite(path) => {
                let options = SqliteOptions { token_keys: Some(keys), ..SqliteOptions::default() };
                Arc::new(SqliteStore::open(path, options).await.unwrap())
            }
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}
