//! The ports to persistence, by topic, and what crosses them.

mod audit;
mod categories;
mod change_set;
mod error;
mod events;
mod history;
mod memory;
mod merge;
mod query;
mod reconciliations;
mod removals;
mod schedules;
mod webhooks;

use async_trait::async_trait;
use chrono::NaiveDate;

pub use audit::AuditStore;
pub use categories::{
    AfterAnswers, CategoryAnswers, CategoryBacklog, CategoryClaim, CategoryClaimId, CategoryScope,
    CategoryStore, ClaimRequest,
};
pub use change_set::{
    AccountChanges, Applied, ChangeSet, CursorStep, EditCarry, EditWrite, KnownAs, RowInsert, RowUpdate,
};
pub use error::{StoreError, StoreErrorKind};
pub use events::{EventPage, EventStore};
pub use history::HistoryStore;
pub use memory::MemoryStore;
pub use merge::{AccountPair, ConnectionMerge, Merged, RowPair};
pub use query::{KnownTransaction, KnownTransactions, RowSelection, TransactionQuery};
pub use reconciliations::{
    NewReconciliation, ReconciliationStore, ReconciliationSummary, ResolutionWrite, StatementWrite,
    StoredReconciliation, StoredResolution,
};
pub use removals::{ConnectionRemoval, LocalRecords, RemovalStore};
pub use schedules::{LEASE_MAX, Lease, ScheduleStore, SchedulerStatus, StoredSchedule};
pub use webhooks::WebhookStore;

use crate::model::{
    AccessToken, Account, AccountId, AccountTotals, Connection, ConnectionId, Money, NewConnection,
    ProviderConnectionId, ProviderName, SyncRun, Transaction, TransactionId, TransactionText,
    TransactionVisitor, UserId,
};

/// Connections, their secrets and their accounts.
///
/// Everything that takes a user finds only what belongs to that user; anything else is
/// [`StoreErrorKind::NotFound`], whether or not it exists.
///
/// Every store keeps texts character for character (U+0000 and letter case included), amounts digit for digit with
/// their scale, and instants to the microsecond. Every future may be dropped at any await: what it was about to write is
/// then written whole, perhaps a moment later, or not at all.
#[async_trait]
pub trait ConnectionStore: Send + Sync {
    /// Whether an access token could be stored now. Asked before a token is made that would be lost otherwise.
    ///
    /// # Errors
    /// [`StoreErrorKind::NoKey`] when the store has no key to seal tokens with.
    async fn ready_for_tokens(&self) -> Result<(), StoreError>;

    /// Stores a connection, its sealed token and its schedule, all or nothing. The schedule counts from when the connection was
    /// linked, and is due then unless its frequency is manual. Storing a connection of the same user, provider and provider id
    /// again replaces its token, if it comes with one, and returns the connection as it stands; one that was removed is new again
    /// with it, without a cursor, and is due. One without a token needs no key.
    ///
    /// # Errors
    /// [`StoreErrorKind::NoKey`]; [`StoreErrorKind::Conflict`] when the provider id belongs to another user.
    async fn insert_connection(&self, new: NewConnection) -> Result<Connection, StoreError>;

    /// One connection of the user.
    async fn connection(&self, user: &UserId, id: ConnectionId) -> Result<Connection, StoreError>;

    /// Every connection of the user, oldest first.
    async fn connections(&self, user: &UserId) -> Result<Vec<Connection>, StoreError>;

    /// The connection that a provider knows by this identifier, whoever's it is: the provider names no user. `None` when there
    /// is none.
    async fn connection_of_provider(
        &self,
        provider: &ProviderName,
        id: &ProviderConnectionId,
    ) -> Result<Option<Connection>, StoreError>;

    /// The key to a connection.
    ///
    /// # Errors
    /// [`StoreErrorKind::NoKey`] when the key it was sealed with is not among those the host gave;
    /// [`StoreErrorKind::Damaged`] when it cannot be opened with it; [`StoreErrorKind::NoToken`] when the connection has
    /// none.
    async fn access_token(&self, user: &UserId, id: ConnectionId) -> Result<AccessToken, StoreError>;

    /// Replaces the key to a connection.
    async fn replace_access_token(
        &self,
        user: &UserId,
        id: ConnectionId,
        token: &AccessToken,
    ) -> Result<(), StoreError>;

    /// Every account of the user, those that are gone included, by connection and then in order of appearance. An
    /// account that is listed again after it was gone is open again under the same identifier.
    async fn accounts(&self, user: &UserId) -> Result<Vec<Account>, StoreError>;
}

/// Transactions and everything that one sync step writes.
#[async_trait]
pub trait LedgerStore: Send + Sync {
    /// What the planner must know of rows of a connection that are stored already. Rows that are not stored are left
    /// out; each provider id comes once; no order is promised. A connection that does not exist has no rows.
    async fn known_transactions(
        &self,
        connection: ConnectionId,
        which: KnownTransactions<'_>,
    ) -> Result<Vec<KnownTransaction>, StoreError>;

    /// Applies everything one sync step writes, whole or not at all.
    ///
    /// Accounts come first, so that new rows find theirs; then updates of known rows, their removals, new rows, and the
    /// user's edits. An update makes a removed row live again, but not one that the user deleted. The raw JSON of a row is what came with its last write,
    /// so a write without one removes it. A step that moves the cursor sets the connection's `synced_at`. A connection that
    /// is [`ConnectionStatus::Removed`](crate::ConnectionStatus::Removed) stays so, whatever status comes.
    ///
    /// In the same transaction the audit drafts are chained onto the user's trail, and the events that
    /// [`events_of`](crate::events_of) makes of what was written are numbered and stored.
    ///
    /// The balances of a listed account become an entry of its history when [`BalanceEntry::is_news`](crate::BalanceEntry::is_news)
    /// says so.
    ///
    /// Within a connection a provider id leads to one row for good: to the row that has it, or had it once.
    ///
    /// # Errors
    /// Nothing is written when there is one.
    /// - [`StoreErrorKind::NotFound`]: there is no such connection.
    /// - [`StoreErrorKind::Conflict`]: the cursor is no longer the expected one; accounts or a move of the cursor come for a
    ///   connection that was removed; a new row, a row renamed, or one known by a further provider id comes under one that leads
    ///   to another row; `renamed` does not fit the provider id that the row has by now; the user
    ///   made something else of an edited row meanwhile; a statement or a resolution is no longer what it must be.
    /// - [`StoreErrorKind::InvalidInput`]: a row, an account, a reconciliation or the run is none of the connection's; a row is
    ///   updated or edited twice, a statement or a resolution written twice.
    async fn apply(&self, change: &ChangeSet) -> Result<Applied, StoreError>;

    /// Transactions of the user that match, newest day first and newest id first within a day; the day is
    /// [`Transaction::date`]. Accounts that are none of the user's match nothing.
    async fn transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<Transaction>, StoreError>;

    /// Lends the rows of [`transactions`](Self::transactions) one after another, with these texts of them: for tables of very
    /// many rows, which need no [`Transaction`] each. What was visited before an error stays visited.
    async fn visit_transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
        texts: &[TransactionText],
        visitor: Box<dyn TransactionVisitor>,
    ) -> Result<(), StoreError>;

    /// How many rows that match lie on each day, newest first; a day without rows is left out. `limit` and `after` of the query
    /// play no part.
    async fn transaction_days(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<(NaiveDate, u64)>, StoreError>;

    /// One transaction of the user, whatever its state.
    async fn transaction(&self, user: &UserId, id: TransactionId) -> Result<Transaction, StoreError>;

    /// The provider's own JSON of a transaction; `None` when it was not kept.
    async fn raw_transaction(&self, user: &UserId, id: TransactionId) -> Result<Option<String>, StoreError>;

    /// Rows and exact sums of each account and currency of the user, by account and then by currency in its own order.
    /// [`Transaction::amount`] is what is added up; a sum has as many decimals as the amount that has most. An account without live transactions has no entry.
    ///
    /// # Errors
    /// [`StoreErrorKind::InvalidInput`] when a sum has more digits than can be kept; it is never rounded.
    async fn account_totals(&self, user: &UserId) -> Result<Vec<AccountTotals>, StoreError>;

    /// The exact sums of an account's live rows that are dated after a day and not pending, by currency in its own order; a
    /// currency without such rows has none, and so has an account that is none of the user's. Days and amounts are
    /// [`Transaction::date`] and [`Transaction::amount`]. It reads no older rows.
    ///
    /// # Errors
    /// [`StoreErrorKind::InvalidInput`] when a sum has more digits than can be kept; it is never rounded.
    async fn posted_sums_after(
        &self,
        user: &UserId,
        account: AccountId,
        day: NaiveDate,
    ) -> Result<Vec<Money>, StoreError>;
}

/// The record of attempts, which change sets write.
#[async_trait]
pub trait RunStore: Send + Sync {
    /// The latest attempts on a connection of the user, the one recorded last first.
    async fn runs(
        &self,
        user: &UserId,
        connection: ConnectionId,
        limit: u32,
    ) -> Result<Vec<SyncRun>, StoreError>;

    /// The latest attempts on every connection of the user, so many of each: by connection, and of one connection the one
    /// recorded last first.
    async fn recent_runs(&self, user: &UserId, per_connection: u32) -> Result<Vec<SyncRun>, StoreError>;
}

/// A place for everything the library keeps: the small ports under one name.
pub trait Store:
    ConnectionStore
    + LedgerStore
    + RunStore
    + EventStore
    + AuditStore
    + HistoryStore
    + RemovalStore
    + ReconciliationStore
    + ScheduleStore
    + CategoryStore
    + WebhookStore
{
}

impl<S> Store for S where
    S: ConnectionStore
        + LedgerStore
        + RunStore
        + EventStore
        + AuditStore
        + HistoryStore
        + RemovalStore
        + ReconciliationStore
        + ScheduleStore
        + CategoryStore
        + WebhookStore
        + ?Sized
{
}
