//! SQLite books to write to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use finance_core::{
    AccessToken, AccountChanges, ChangeSet, Connection, ConnectionId, ConnectionStore, EngineOptions,
    LedgerStore, NewConnection, ProviderAccount, ProviderConnectionId, ProviderName, ProviderTransaction,
    ProviderTransactionId, RowInsert, RowOrigin, SyncEngine, SyncFrequency, SystemClock, UserId,
};
use finance_plaid::PlaidProvider;
use finance_store::{SqliteOptions, SqliteStore, TokenKeys};
use tempfile::TempDir;

use crate::Failure;

/// A store in a file that ends with this value.
pub struct Books {
    /// The store.
    pub store: Arc<SqliteStore>,
    /// Whose books they are.
    pub user: UserId,
    folder: TempDir,
}

impl Books {
    /// Empty books, or those of another file.
    ///
    /// # Errors
    /// When they cannot be opened.
    pub async fn open(from: Option<&Path>, keep_raw: bool) -> Result<Self, Failure> {
        let folder = TempDir::new()?;
        let file = folder.path().join("books.db");
        if let Some(from) = from {
            std::fs::copy(from, &file)?;
        }
        let keys = Some(TokenKeys::new("bench", [7; 32]));
        let options = SqliteOptions { token_keys: keys, keep_raw, ..SqliteOptions::default() };
        let store = Arc::new(SqliteStore::open(&file, options).await?);
        Ok(Self { store, user: UserId::new("anna")?, folder })
    }

    /// The database.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("books.db")
    }

    /// Takes a connection over.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn connect(&self, provider_id: &str, token: AccessToken) -> Result<Connection, Failure> {
        Ok(self.store.insert_connection(new_connection(&self.user, provider_id, token)?).await?)
    }

    /// A new connection with these accounts and no rows.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub async fn connect_with(
        &self,
        provider_id: &str,
        accounts: &[ProviderAccount],
    ) -> Result<ConnectionId, Failure> {
        let connection = self.connect(provider_id, AccessToken::new("access-bench")).await?.id;
        let accounts = AccountChanges { listed: accounts.to_vec(), gone: Vec::new() };
        self.store.apply(&ChangeSet { accounts, ..ChangeSet::new(connection, Utc::now()) }).await?;
        Ok(connection)
    }

    /// The engine over these books, as it comes.
    pub fn engine(&self, provider: PlaidProvider) -> SyncEngine {
        let store = Arc::clone(&self.store);
        SyncEngine::new(Arc::new(provider), store, Arc::new(SystemClock), EngineOptions::default())
    }
}

/// A connection of Plaid's, linked now.
///
/// # Errors
/// When the provider's identifier is none.
pub fn new_connection(
    user: &UserId,
    provider_id: &str,
    token: AccessToken,
) -> Result<NewConnection, Failure> {
    Ok(NewConnection {
        user: user.clone(),
        provider: ProviderName::new("plaid")?,
        provider_id: ProviderConnectionId::new(provider_id)?,
        institution: None,
        access_token: Some(token),
        frequency: SyncFrequency::DEFAULT,
        created_at: Utc::now(),
    })
}

/// The rows as new ones.
pub fn inserts(connection: ConnectionId, rows: impl IntoIterator<Item = ProviderTransaction>) -> ChangeSet {
    let inserts = rows.into_iter().map(|row| RowInsert::new(row, RowOrigin::Provider)).collect();
    ChangeSet { inserts, ..ChangeSet::new(connection, Utc::now()) }
}

/// Gives rows identifiers of their own, such as Plaid's: 37 letters and digits without order.
pub struct FreshIds(fastrand::Rng);

impl FreshIds {
    /// The same seed gives the same identifiers.
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// The row under another identifier.
    ///
    /// # Errors
    /// None in practice.
    pub fn rename(&mut self, row: &ProviderTransaction) -> Result<ProviderTransaction, Failure> {
        let id: String = (0..37).map(|_| self.0.alphanumeric()).collect();
        Ok(ProviderTransaction { id: ProviderTransactionId::new(id)?, ..row.clone() })
    }

    /// So many rows, made from the given ones in turn.
    ///
    /// # Errors
    /// None in practice.
    pub fn rows(
        &mut self,
        from: &[ProviderTransaction],
        count: usize,
    ) -> Result<Vec<ProviderTransaction>, Failure> {
        from.iter().cycle().take(count).map(|row| self.rename(row)).collect()
    }
}
