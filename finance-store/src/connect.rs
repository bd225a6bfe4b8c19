//! A store by its address.

use std::sync::Arc;

use finance_core::{MemoryStore, Store, StoreError};

use crate::TokenKeys;
use crate::refusals::invalid;

/// What every store that keeps books on a disk is opened with.
#[derive(Debug)]
pub struct ConnectOptions {
    /// The keys for access tokens. Without them everything works but storing and reading a token.
    pub token_keys: Option<TokenKeys>,
    /// Whether to keep the provider's own JSON of each row.
    pub keep_raw: bool,
}

impl Default for ConnectOptions {
    /// No keys, raw JSON kept.
    fn default() -> Self {
        Self { token_keys: None, keep_raw: true }
    }
}

/// Opens the store that an address names, with the defaults of that store for everything else:
///
/// | Address | Store |
/// | --- | --- |
/// | `memory:` | one that keeps nothing on any disk, and whose tokens need no key |
/// | `sqlite:books.sqlite`, `sqlite:/var/lib/app/books.sqlite` | `SqliteStore` on this file, which is made if it is missing |
/// | `postgres://user:password@host/database` | `PostgresStore`, with everything that PostgreSQL's own addresses say |
///
/// # Errors
/// [`StoreErrorKind::InvalidInput`](finance_core::StoreErrorKind::InvalidInput) when the address names none of them, or one
/// whose feature is off; otherwise those of the store. No part of an address becomes part of an error.
///
/// ```
/// use finance_store::{ConnectOptions, connect};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = connect("memory:", ConnectOptions::default()).await?;
/// store.ready_for_tokens().await?;
/// # Ok::<(), finance_core::StoreError>(()) }).unwrap();
/// ```
pub async fn connect(url: &str, options: ConnectOptions) -> Result<Arc<dyn Store>, StoreError> {
    let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
    match scheme {
        "memory" if rest.is_empty() => Ok(Arc::new(MemoryStore::new())),
        "sqlite" if !rest.is_empty() => sqlite(rest, options).await,
        "postgres" | "postgresql" => postgres(url, options).await,
        _ => Err(invalid(
            "the address names no store; write memory:, sqlite:path or postgres://user@host/database",
        )),
    }
}

#[cfg(feature = "sqlite")]
async fn sqlite(path: &str, options: ConnectOptions) -> Result<Arc<dyn Store>, StoreError> {
    let ConnectOptions { token_keys, keep_raw } = options;
    let options = crate::SqliteOptions { token_keys, keep_raw, ..crate::SqliteOptions::default() };
    // `sqlite:///path` is the same file as `sqlite:/path`.
    Ok(Arc::new(crate::SqliteStore::open(path.strip_prefix("//").unwrap_or(path), options).await?))
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(_path: &str, _options: ConnectOptions) -> Result<Arc<dyn Store>, StoreError> {
    Err(invalid("this build has no SQLite; turn the feature `sqlite` of finance-store on"))
}

#[cfg(feature = "postgres")]
async fn postgres(url: &str, options: ConnectOptions) -> Result<Arc<dyn Store>, StoreError> {
    let ConnectOptions { token_keys, keep_raw } = options;
    let options = crate::PostgresOptions { token_keys, keep_raw, ..crate::PostgresOptions::default() };
    Ok(Arc::new(crate::PostgresStore::connect(url, options).await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(_url: &str, _options: ConnectOptions) -> Result<Arc<dyn Store>, StoreError> {
    Err(invalid("this build has no PostgreSQL; turn the feature `postgres` of finance-store on"))
}
