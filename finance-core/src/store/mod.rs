//! The ports to persistence, by topic, and what crosses them.

mod change_set;
mod error;
mod memory;
mod query;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub use change_set::{AccountChanges, ChangeSet, CursorStep, RowInsert, RowUpdate};
pub use error::{StoreError, StoreErrorKind};
pub use memory::MemoryStore;
pub use query::{KnownTransaction, KnownTransactions, TransactionQuery};

use crate::model::{
    AccessToken, Account, AccountTotals, Connection, ConnectionId, ConnectionStatus, NewConnection, SyncRun,
    Transaction, TransactionEdit, TransactionId, UserId,
};

/// Connections, their secrets and their accounts.
///
/// Everything that takes a user finds only what belongs to that user; anything else is
/// [`StoreErrorKind::NotFound`], whether or not it exists.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// Whether an access token could be stored now. Asked before a token is made that would be lost otherwise.
    ///
    /// # Errors
    /// [`StoreErrorKind::NoKey`] when the store has no key to seal tokens with.
    async fn ready_for_tokens(&self) -> Result<(), StoreError>;

    /// Stores a connection and its sealed token, both or neither. Storing a connection of the same user, provider and
    /// provider id again replaces its token and returns the connection as it stands.
    ///
    /// # Errors
    /// [`StoreErrorKind::NoKey`]; [`StoreErrorKind::Conflict`] when the provider id belongs to another user.
    async fn insert_connection(&self, new: NewConnection) -> Result<Connection, StoreError>;

    /// One connection of the user.
    async fn connection(&self, user: &UserId, id: ConnectionId) -> Result<Connection, StoreError>;

    /// Every connection of the user, oldest first.
    async fn connections(&self, user: &UserId) -> Result<Vec<Connection>, StoreError>;

    /// The key to a connection.
    ///
    /// # Errors
    /// [`StoreErrorKind::NoKey`] when the key it was sealed with is not among those the host gave;
    /// [`StoreErrorKind::Damaged`] when it cannot be opened with it.
    async fn access_token(&self, user: &UserId, id: ConnectionId) -> Result<AccessToken, StoreError>;

    /// Replaces the key to a connection.
    async fn replace_access_token(
        &self,
        user: &UserId,
        id: ConnectionId,
        token: &AccessToken,
    ) -> Result<(), StoreError>;

    /// Every account of the user, those that are gone included, by connection and then in order of appearance.
    async fn accounts(&self, user: &UserId) -> Result<Vec<Account>, StoreError>;
}

/// Transactions and everything that one sync step writes.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// What the planner must know of rows of a connection that are stored already. Rows that are not stored are left
    /// out; no order is promised.
    async fn known_transactions(
        &self,
        connection: ConnectionId,
        which: KnownTransactions<'_>,
    ) -> Result<Vec<KnownTransaction>, StoreError>;

    /// Applies everything one sync step writes, whole or not at all.
    ///
    /// Accounts come first, so that new rows find theirs; then updates of known rows; then new rows; then removals. A new
    /// row whose provider id the connection already holds is [`StoreErrorKind::Conflict`], as is a cursor that is no
    /// longer the expected one; nothing is written then.
    async fn apply(&self, change: &ChangeSet) -> Result<(), StoreError>;

    /// Live transactions of the user that match, newest day first and newest id first within a day.
    async fn transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<Transaction>, StoreError>;

    /// One transaction of the user, whatever its state.
    async fn transaction(&self, user: &UserId, id: TransactionId) -> Result<Transaction, StoreError>;

    /// The provider's own JSON of a transaction; `None` when it was not kept.
    async fn raw_transaction(&self, user: &UserId, id: TransactionId) -> Result<Option<String>, StoreError>;

    /// Applies a change of the user's and returns the row as it stands afterwards.
    async fn edit_transaction(
        &self,
        user: &UserId,
        id: TransactionId,
        edit: &TransactionEdit,
        at: DateTime<Utc>,
    ) -> Result<Transaction, StoreError>;

    /// Rows and exact sums of each account and currency of the user, by account. An account without live
    /// transactions has no entry.
    async fn account_totals(&self, user: &UserId) -> Result<Vec<AccountTotals>, StoreError>;
}

/// The record of attempts.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// Records an attempt that changed nothing in the ledger, and the connection's status and fault after it. A fault of
    /// `None` in the run leaves an earlier fault as it is.
    async fn record_run(&self, run: &SyncRun, status: ConnectionStatus) -> Result<(), StoreError>;

    /// The latest attempts on a connection of the user, newest first.
    async fn runs(
        &self,
        user: &UserId,
        connection: ConnectionId,
        limit: u32,
    ) -> Result<Vec<SyncRun>, StoreError>;
}

/// A place for everything the library keeps: the small ports under one name.
pub trait Store: ConnectionStore + LedgerStore + RunStore {}

impl<S: ConnectionStore + LedgerStore + RunStore + ?Sized> Store for S {}
