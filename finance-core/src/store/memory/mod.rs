//! A store in memory, for tests and for trying things out.

mod books;
mod categories;
mod connections;
mod history;
mod logs;
mod merge;
mod queries;
mod reconciliations;
mod removals;
mod schedules;
mod webhooks;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use tokio::sync::Notify;

use super::{
    Applied, AuditStore, ChangeSet, ConnectionStore, EventPage, EventStore, HistoryStore, KnownTransaction,
    KnownTransactions, LedgerStore, ReconciliationStore, ReconciliationSummary, RunStore, StoreError,
    StoreErrorKind, StoredReconciliation, StoredResolution, TransactionQuery, WebhookStore,
};
use crate::audit::{AuditEntry, AuditHead, AuditSubject};
use crate::model::{
    AccessToken, Account, AccountId, AccountTotals, BalanceEntry, Connection, ConnectionId, DateWindow,
    Money, NewConnection, ProviderConnectionId, ProviderName, ReconciliationId, Statement, SyncRun,
    Transaction, TransactionId, TransactionText, TransactionView, TransactionVisitor, UserId,
};
use crate::provider::WebhookDigest;
use books::Books;

/// A store in memory: everything is lost when it is dropped, and access tokens are not encrypted.
#[derive(Default)]
pub struct MemoryStore {
    books: Mutex<Books>,
    /// Tells those who wait that something was written.
    news: Notify,
    #[cfg(feature = "conformance")]
    interruption: Mutex<Option<futures::future::BoxFuture<'static, ()>>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Does something right before the next change set is written, as if somebody else came first.
    #[cfg(feature = "conformance")]
    pub fn before_next_apply(&self, interruption: impl Future<Output = ()> + Send + 'static) {
        *self.interruption.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::pin(interruption));
    }

    #[cfg(feature = "conformance")]
    async fn interrupted(&self) {
        let interruption = self.interruption.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(interruption) = interruption {
            interruption.await;
        }
    }

    /// No call panics while it holds the lock with half a change made, so a poisoned lock is still good.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (connections, accounts, transactions) = self.books().sizes();
        f.debug_struct("MemoryStore")
            .field("connections", &connections)
            .field("accounts", &accounts)
            .field("transactions", &transactions)
            .finish()
    }
}

#[async_trait]
impl ConnectionStore for MemoryStore {
    async fn ready_for_tokens(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn insert_connection(&self, new: NewConnection) -> Result<Connection, StoreError> {
        self.books().insert_connection(new)
    }

    async fn connection(&self, user: &UserId, id: ConnectionId) -> Result<Connection, StoreError> {
        Ok(self.books().connection_of(user, id)?.connection.clone())
    }

    async fn connections(&self, user: &UserId) -> Result<Vec<Connection>, StoreError> {
        Ok(self.books().connections_of(user).cloned().collect())
    }

    async fn connection_of_provider(
        &self,
        provider: &ProviderName,
        id: &ProviderConnectionId,
    ) -> Result<Option<Connection>, StoreError> {
        Ok(self.books().connection_of_provider(provider, id).cloned())
    }

    async fn access_token(&self, user: &UserId, id: ConnectionId) -> Result<AccessToken, StoreError> {
        let token = self.books().connection_of(user, id)?.token.clone();
        token.ok_or_else(|| {
            StoreError::new(StoreErrorKind::NoToken, format!("connection {id} has no access token"))
        })
    }

    async fn replace_access_token(
        &self,
        user: &UserId,
        id: ConnectionId,
        token: &AccessToken,
    ) -> Result<(), StoreError> {
        let mut books = self.books();
        books.connection_of(user, id)?;
        books.replace_token(id, token.clone());
        Ok(())
    }

    async fn accounts(&self, user: &UserId) -> Result<Vec<Account>, StoreError> {
        let mut accounts: Vec<Account> = self.books().accounts_of(user).cloned().collect();
        accounts.sort_by_key(|account| (account.connection, account.id));
        Ok(accounts)
    }
}

#[async_trait]
impl LedgerStore for MemoryStore {
    async fn known_transactions(
        &self,
        connection: ConnectionId,
        which: KnownTransactions<'_>,
    ) -> Result<Vec<KnownTransaction>, StoreError> {
        Ok(self.books().known(connection, which))
    }

    async fn apply(&self, change: &ChangeSet) -> Result<Applied, StoreError> {
        #[cfg(feature = "conformance")]
        self.interrupted().await;
        let applied = {
            let mut books = self.books();
            books.check(change)?;
            books.write(change)
        };
        self.news.notify_waiters();
        Ok(applied)
    }

    async fn transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<Transaction>, StoreError> {
        Ok(self.books().list(user, query).into_iter().cloned().collect())
    }

    async fn visit_transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
        texts: &[TransactionText],
        mut visitor: Box<dyn TransactionVisitor>,
    ) -> Result<(), StoreError> {
        // The visitor may take its time: nobody waits for it meanwhile.
        for row in self.transactions(user, query).await? {
            visitor.visit(&TransactionView::of(&row, texts));
        }
        Ok(())
    }

    async fn transaction_days(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        Ok(self.books().transaction_days(user, query))
    }

    async fn transaction(&self, user: &UserId, id: TransactionId) -> Result<Transaction, StoreError> {
        Ok(self.books().row_of(user, id)?.transaction.clone())
    }

    async fn raw_transaction(&self, user: &UserId, id: TransactionId) -> Result<Option<String>, StoreError> {
        let raw = self.books().row_of(user, id)?.raw.clone();
        raw.map(|raw| raw.to_text()).transpose().map_err(|error| {
            StoreError::new(StoreErrorKind::Damaged, format!("the raw JSON of transaction {id} is damaged"))
                .with_source(error)
        })
    }

    async fn account_totals(&self, user: &UserId) -> Result<Vec<AccountTotals>, StoreError> {
        self.books().totals(user)
    }

    async fn posted_sums_after(
        &self,
        user: &UserId,
        account: AccountId,
        day: NaiveDate,
    ) -> Result<Vec<Money>, StoreError> {
        self.books().posted_sums_after(user, account, day)
    }
}

#[async_trait]
impl RunStore for MemoryStore {
    async fn runs(
        &self,
        user: &UserId,
        connection: ConnectionId,
        limit: u32,
    ) -> Result<Vec<SyncRun>, StoreError> {
        let books = self.books();
        books.connection_of(user, connection)?;
        Ok(books.runs(connection, limit))
    }

    async fn recent_runs(&self, user: &UserId, per_connection: u32) -> Result<Vec<SyncRun>, StoreError> {
        let books = self.books();
        let runs = books.connections_of(user).map(|connection| books.runs(connection.id, per_connection));
        Ok(runs.flatten().collect())
    }
}

#[async_trait]
impl HistoryStore for MemoryStore {
    async fn balance_history(
        &self,
        user: &UserId,
        account: AccountId,
        window: DateWindow,
        limit: u32,
    ) -> Result<Vec<BalanceEntry>, StoreError> {
        self.books().balance_history(user, account, window, limit)
    }

    async fn pending_days(
        &self,
        user: &UserId,
        connection: Option<ConnectionId>,
    ) -> Result<BTreeMap<AccountId, Vec<NaiveDate>>, StoreError> {
        Ok(self.books().pending_days(user, connection))
    }
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn events(&self, user: &UserId, after: u64, limit: u32) -> Result<EventPage, StoreError> {
        Ok(self.books().logs.events(user, after, limit))
    }

    async fn wait_for_event(&self, user: &UserId, after: u64, at_most: Duration) -> Result<(), StoreError> {
        let news = self.news.notified();
        if self.books().logs.events(user, after, 0).last > after {
            return Ok(());
        }
        // Out of time or not: the caller looks again.
        let _ = tokio::time::timeout(at_most, news).await;
        Ok(())
    }

    async fn prune_events(&self, before: DateTime<Utc>, keep: u64) -> Result<u64, StoreError> {
        Ok(self.books().logs.prune_events(before, keep))
    }
}

#[async_trait]
impl AuditStore for MemoryStore {
    async fn audit_entries(
        &self,
        user: &UserId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(self.books().logs.audit_entries(user, after, limit))
    }

    async fn audit_entries_about(
        &self,
        user: &UserId,
        subject: AuditSubject,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        Ok(self.books().logs.audit_entries_about(user, subject, limit))
    }

    async fn audit_head(&self, user: &UserId) -> Result<AuditHead, StoreError> {
        Ok(self.books().logs.audit_head(user))
    }
}

#[async_trait]
impl ReconciliationStore for MemoryStore {
    async fn latest_reconciliations(&self, user: &UserId) -> Result<Vec<ReconciliationSummary>, StoreError> {
        let books = self.books();
        let latest = books.accounts_of(user).filter_map(|account| books.reconciliations.latest(account.id));
        Ok(latest.cloned().collect())
    }

    async fn reconciliations(
        &self,
        user: &UserId,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<ReconciliationSummary>, StoreError> {
        let books = self.books();
        books.account_of(user, account)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(books.reconciliations.of_account(account).take(limit).cloned().collect())
    }

    async fn reconciliation(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<StoredReconciliation, StoreError> {
        self.books().reconciliation_of(user, id).cloned()
    }

    async fn resolutions(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<Vec<StoredResolution>, StoreError> {
        let books = self.books();
        books.reconciliation_of(user, id)?;
        Ok(books.reconciliations.resolutions(id))
    }

    async fn statements(&self, user: &UserId, account: AccountId) -> Result<Vec<Statement>, StoreError> {
        let books = self.books();
        books.account_of(user, account)?;
        Ok(books.reconciliations.statements(account))
    }
}

#[async_trait]
impl WebhookStore for MemoryStore {
    async fn knows_webhook(&self, digest: &WebhookDigest) -> Result<bool, StoreError> {
        Ok(self.books().webhooks.knows(digest))
    }

    async fn remember_webhook(
        &self,
        digest: &WebhookDigest,
        at: DateTime<Utc>,
        forget_before: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.books().webhooks.remember(digest, at, forget_before);
        Ok(())
    }
}
