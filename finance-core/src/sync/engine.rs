//! The engine itself: what it stands on, and the operations that only read or edit.

use std::sync::Arc;

use chrono::NaiveDate;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::categories::HostCategorizer;
use super::keyed_locks::KeyedLocks;
use super::manual::refuse_manual;
use super::{EngineOptions, ProgressListener, SyncError};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::model::{
    Account, AccountTotals, Connection, ConnectionId, SyncRun, Transaction, TransactionId, TransactionText,
    TransactionVisitor, UserId,
};
use crate::provider::BankProvider;
use crate::store::{Store, TransactionQuery};

/// The bank-sync engine: one provider, one store, one clock.
///
/// Every operation takes the user it acts for and reaches nothing of any other user; only webhooks, the tidying of events and
/// claims for all users ([`CategoryScope::AllUsers`](crate::CategoryScope::AllUsers)) are the host's own. The engine is cheap to clone
/// and can be shared between tasks; its futures may be dropped at any await, which leaves nothing half done.
#[derive(Clone)]
pub struct SyncEngine {
    pub(super) provider: Arc<dyn BankProvider>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: EngineOptions,
    pub(super) actor: Actor,
    /// What goes on although whoever asked for it may have given up.
    pub(super) unfinished: TaskTracker,
    /// Tells those who wait in this process that a lease was released, or that something may be due earlier.
    pub(super) schedule_news: Arc<Notify>,
    pub(super) linking: Arc<KeyedLocks<UserId>>,
    pub(super) resolving: Arc<KeyedLocks<UserId>>,
    pub(super) entering: Arc<KeyedLocks<UserId>>,
    pub(super) categorizer: Option<Arc<HostCategorizer>>,
    pub(super) progress: Option<Arc<dyn ProgressListener>>,
}

impl SyncEngine {
    /// An engine on these ports. It takes the options as they are: [`EngineOptions::check`] says whether they make sense.
    pub fn new(
        provider: Arc<dyn BankProvider>,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        options: EngineOptions,
    ) -> Self {
        let actor = Actor::default();
        Self {
            provider,
            store,
            clock,
            options,
            actor,
            unfinished: TaskTracker::new(),
            schedule_news: Arc::default(),
            linking: Arc::default(),
            resolving: Arc::default(),
            entering: Arc::default(),
            categorizer: None,
            progress: None,
        }
    }

    /// Waits for what goes on although whoever asked for it gave up, here and in engines made of this one: a public token that is
    /// being exchanged is in the books then, and leases on their way back are free. To be awaited when the work is over and
    /// before the runtime ends, which would drop it half way.
    ///
    /// The future has no part in the engine, which may be dropped before.
    pub fn settled(&self) -> impl Future<Output = ()> + Send + use<> {
        let unfinished = self.unfinished.clone();
        async move {
            unfinished.close();
            unfinished.wait().await;
        }
    }

    /// The same engine in the name of somebody else: the audit trail says that they did what it does. An engine acts in the
    /// user's own name unless told otherwise.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// Every connection of the user, oldest first; those that were removed with their records kept, and the one of accounts
    /// kept by hand, included.
    ///
    /// # Errors
    /// When the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let connections = books.engine.connections(&books.user).await?;
    /// assert_eq!(connections[0].id, books.connection);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn connections(&self, user: &UserId) -> Result<Vec<Connection>, SyncError> {
        Ok(self.store.connections(user).await?)
    }

    /// Every account of the user, by connection and then in order of appearance.
    ///
    /// # Errors
    /// When the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let accounts = books.engine.accounts(&books.user).await?;
    /// assert_eq!(accounts[0].provider.name, "Account a");
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn accounts(&self, user: &UserId) -> Result<Vec<Account>, SyncError> {
        Ok(self.store.accounts(user).await?)
    }

    /// Rows and exact sums of each account and currency.
    ///
    /// # Errors
    /// When the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let totals = books.engine.account_totals(&books.user).await?;
    /// assert_eq!((totals[0].rows, totals[0].sum.to_string().as_str()), (4, "-10.00 USD"));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn account_totals(&self, user: &UserId) -> Result<Vec<AccountTotals>, SyncError> {
        Ok(self.store.account_totals(user).await?)
    }

    /// Transactions that match, newest first.
    ///
    /// # Errors
    /// [`super::SyncErrorKind::NotFound`] when an account of the query is none of the user's; when the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::TransactionQuery;
    ///
    /// let books = SampleBooks::new().await;
    /// // The newest two, and then what follows them.
    /// let first = TransactionQuery { limit: 2, ..TransactionQuery::default() };
    /// let page = books.engine.transactions(&books.user, &first).await?;
    /// let after = page.last().map(|row| (row.date(), row.id));
    /// let rest = books.engine.transactions(&books.user, &TransactionQuery { after, ..first }).await?;
    /// assert_eq!((page.len(), rest.len()), (2, 2));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<Transaction>, SyncError> {
        self.refuse_strange_accounts(user, query).await?;
        Ok(self.store.transactions(user, query).await?)
    }

    /// Lends transactions that match, newest first, to a visitor, with these texts of them: for tables of very many rows. No
    /// [`Transaction`] is built, and no text read that nobody asked for.
    ///
    /// All are read at one instant. Read many portion by portion ([`DateWindow::portions`](crate::DateWindow::portions)), and
    /// within a portion page by page as with [`SyncEngine::transactions`], so that nothing is held up meanwhile.
    ///
    /// # Errors
    /// [`super::SyncErrorKind::NotFound`] when an account of the query is none of the user's; when the store cannot be read. What
    /// was visited before stays visited.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use std::sync::mpsc::{Sender, channel};
    ///
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{TransactionQuery, TransactionText, TransactionView, TransactionVisitor};
    ///
    /// struct Names(Sender<String>);
    ///
    /// impl TransactionVisitor for Names {
    ///     fn visit(&mut self, row: &TransactionView<'_>) {
    ///         let name = row.text(TransactionText::Name).unwrap_or_default();
    ///         self.0.send(format!("{} {name}", row.amount)).ok();
    ///     }
    /// }
    ///
    /// let books = SampleBooks::new().await;
    /// let (names, told) = channel();
    /// let query = TransactionQuery { limit: 1, ..TransactionQuery::default() };
    /// let visitor = Box::new(Names(names));
    /// books.engine.visit_transactions(&books.user, &query, &[TransactionText::Name], visitor).await?;
    /// assert_eq!(told.iter().collect::<Vec<_>>(), ["-4.00 ROW t3"]);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn visit_transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
        texts: &[TransactionText],
        visitor: Box<dyn TransactionVisitor>,
    ) -> Result<(), SyncError> {
        self.refuse_strange_accounts(user, query).await?;
        Ok(self.store.visit_transactions(user, query, texts, visitor).await?)
    }

    /// Refuses a query that names an account which is none of the user's.
    async fn refuse_strange_accounts(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<(), SyncError> {
        if !query.accounts.is_empty() {
            self.named_accounts(user, &query.accounts).await?;
        }
        Ok(())
    }

    /// How many transactions that match lie on each day, newest first; a day without one is left out. The query's `limit` and
    /// `after` play no part.
    ///
    /// # Errors
    /// [`super::SyncErrorKind::NotFound`] when an account of the query is none of the user's; when the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::TransactionQuery;
    ///
    /// let books = SampleBooks::new().await;
    /// let days = books.engine.transaction_days(&books.user, &TransactionQuery::default()).await?;
    /// assert_eq!(days.iter().map(|(_, rows)| rows).sum::<u64>(), 4);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn transaction_days(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<(NaiveDate, u64)>, SyncError> {
        self.refuse_strange_accounts(user, query).await?;
        Ok(self.store.transaction_days(user, query).await?)
    }

    /// One transaction of the user, whatever its state.
    ///
    /// # Errors
    /// [`super::SyncErrorKind::NotFound`] when the user has no such transaction.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{SyncErrorKind, TransactionId};
    ///
    /// let books = SampleBooks::new().await;
    /// let stranger = books.engine.transaction(&books.user, TransactionId::new(999)).await;
    /// assert_eq!(*stranger.unwrap_err().kind(), SyncErrorKind::NotFound);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn transaction(&self, user: &UserId, id: TransactionId) -> Result<Transaction, SyncError> {
        Ok(self.store.transaction(user, id).await?)
    }

    /// The provider's own JSON of a transaction, as it was sent; `None` when it was not kept.
    ///
    /// # Errors
    /// [`super::SyncErrorKind::NotFound`] when the user has no such transaction.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::{TransactionQuery, conformance::SampleBooks};
    ///
    /// let books = SampleBooks::new().await;
    /// let rows = books.engine.transactions(&books.user, &TransactionQuery::default()).await?;
    /// // The provider of these books sends no JSON.
    /// assert_eq!(books.engine.transaction_json(&books.user, rows[0].id).await?, None);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn transaction_json(
        &self,
        user: &UserId,
        id: TransactionId,
    ) -> Result<Option<String>, SyncError> {
        Ok(self.store.raw_transaction(user, id).await?)
    }

    /// Asks the provider to look at the bank again soon. New data arrives later, through a sync; the call may be paid for.
    ///
    /// # Errors
    /// [`super::SyncErrorKind::NotFound`] when the user has no such connection, [`super::SyncErrorKind::InvalidInput`] when
    /// the user keeps it by hand, [`super::SyncErrorKind::Provider`] when the provider refuses.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// books.engine.refresh_transactions(&books.user, books.connection).await?;
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn refresh_transactions(
        &self,
        user: &UserId,
        connection: ConnectionId,
    ) -> Result<(), SyncError> {
        refuse_manual(&self.store.connection(user, connection).await?)?;
        let token = self.store.access_token(user, connection).await?;
        Ok(self.provider.refresh_transactions(&token).await?)
    }

    /// The latest sync runs of a connection, newest first.
    ///
    /// # Errors
    /// [`super::SyncErrorKind::NotFound`] when the user has no such connection.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let runs = books.engine.sync_runs(&books.user, books.connection, 10).await?;
    /// assert_eq!((runs.len(), runs[0].counts.added), (1, 4));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn sync_runs(
        &self,
        user: &UserId,
        connection: ConnectionId,
        limit: u32,
    ) -> Result<Vec<SyncRun>, SyncError> {
        Ok(self.store.runs(user, connection, limit).await?)
    }
}

impl std::fmt::Debug for SyncEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SyncEngine")
            .field("provider", &self.provider.name())
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
