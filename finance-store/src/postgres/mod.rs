//! The books in PostgreSQL.

mod accounts;
mod amount;
mod apply;
mod batch;
mod categories;
mod connect;
mod connections;
mod edits;
mod error;
mod history;
mod known;
mod listen;
mod logs;
mod lookups;
mod merge;
mod migrate;
mod query;
mod read;
mod reconciliations;
mod removals;
mod rows;
mod runs;
mod schedules;
mod tables;
mod text;
mod tokens;
mod webhooks;
mod writer;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use finance_core::{
    AccessToken, Account, AccountId, AccountTotals, Applied, AuditEntry, AuditHead, AuditStore, AuditSubject,
    ChangeSet, Connection, ConnectionId, ConnectionStore, EventPage, EventStore, KnownTransaction,
    KnownTransactions, LedgerStore, Money, NewConnection, ProviderConnectionId, ProviderName, RawJson,
    RunStore, StoreError, SyncRun, Transaction, TransactionId, TransactionQuery, TransactionText,
    TransactionVisitor, UserId,
};
use sqlx::postgres::{PgConnectOptions, PgPool};
use tokio::time::Instant;

use crate::records::views;
use crate::refusals::unreadable;
use crate::token_cipher::{TokenKeys, TokenOwner};
use listen::{Listener, Waiting};
use lookups::Lookups;
use writer::{reading, snapshot, writing};

/// How to reach a [`PostgresStore`].
#[derive(Debug)]
pub struct PostgresOptions {
    /// The keys for access tokens. Without them everything works but storing and reading a token.
    pub token_keys: Option<TokenKeys>,
    /// Whether to keep the provider's own JSON of each row. It is about half of the database.
    pub keep_raw: bool,
    /// Connections to the server at the most, at least 1; one more listens for events.
    pub connections: u32,
    /// How long to wait for one of them to be free, or for a server that does not answer.
    pub acquire_timeout: Duration,
    /// How long the server may work on one statement; `None` for as long as the server itself allows. This and the next are told
    /// as a connection begins, which some poolers refuse: there they must be `None`.
    pub statement_timeout: Option<Duration>,
    /// How long a statement may wait for another writer; `None` for as long as the server itself allows.
    pub lock_timeout: Option<Duration>,
    /// Whether to be told of events of other processes by `LISTEN`, on a connection of its own. Without it, or behind a pooler
    /// that knows no `LISTEN`, they are found by looking, a moment later.
    pub listen: bool,
    /// Whether the server keeps prepared statements from one piece of work to the next. Without it, every piece of work is a
    /// transaction that forgets what was prepared on its connection before: for poolers that hand out a connection for a
    /// transaction and know nothing of prepared statements.
    pub prepared_statements: bool,
}

impl Default for PostgresOptions {
    /// No keys, raw JSON kept, 10 connections, 10 seconds for one to be free, a minute for a statement, 10 seconds for another
    /// writer; events are listened for, statements prepared.
    fn default() -> Self {
        Self {
            token_keys: None,
            keep_raw: true,
            connections: 10,
            acquire_timeout: Duration::from_secs(10),
            statement_timeout: Some(Duration::from_secs(60)),
            lock_timeout: Some(Duration::from_secs(10)),
            listen: true,
            prepared_statements: true,
        }
    }
}

/// A store in a PostgreSQL database, version 14 or later, for any number of processes at once.
///
/// Its tables begin with `finance_` and may live in the host's own database, in the first schema of the search path. Readers
/// never wait; those who write to one user's books take turns, and whoever is in the way of nobody waits for nobody. Work that
/// meets a lost connection or another transaction is done again a few times, as long as nothing of it can have been written.
///
/// Erased rows are found by nobody from then on. Their bytes stay in the server's files until it reuses the space, in its
/// write-ahead log and in its backups: what becomes of these is up to who runs the server.
///
/// The database holds the users' financial data in the clear, access tokens aside. TLS to the server is chosen by the address
/// (`?sslmode=verify-full`) and needs one of the features `tls-ring` and `tls-aws-lc`. The password of the address is never
/// printed, neither by the store nor by its errors.
///
/// ```no_run
/// use finance_store::{PostgresOptions, PostgresStore, TokenKeys};
///
/// # async fn example(key: [u8; 32]) -> Result<(), finance_core::StoreError> {
/// let options = PostgresOptions { token_keys: Some(TokenKeys::new("2026", key)), ..PostgresOptions::default() };
/// let store = PostgresStore::connect("postgres://app@localhost/books", options).await?;
/// # Ok(()) }
/// ```
pub struct PostgresStore {
    pool: PgPool,
    options: PgConnectOptions,
    keys: Option<TokenKeys>,
    keep_raw: bool,
    /// Whether a connection is to one connection of the server, which keeps what was prepared on it.
    keeps_statements: bool,
    lookups: Lookups,
    waiting: Arc<Waiting>,
    /// Started when somebody first waits; `None` when nobody shall listen.
    listener: Option<Mutex<Option<Listener>>>,
}

impl PostgresStore {
    /// Reaches the database, which must exist, and brings its tables to the version of this library.
    ///
    /// # Errors
    /// Kinds that leave the database as it was: [`StoreErrorKind::NewerSchema`]; [`StoreErrorKind::InvalidInput`] when the
    /// address cannot be read, or the server refuses the user or has no such database; [`StoreErrorKind::NoSpace`] when the
    /// user may not make tables; [`StoreErrorKind::Unavailable`] when the server did not answer all the while.
    ///
    /// [`StoreErrorKind::NewerSchema`]: finance_core::StoreErrorKind::NewerSchema
    /// [`StoreErrorKind::InvalidInput`]: finance_core::StoreErrorKind::InvalidInput
    /// [`StoreErrorKind::NoSpace`]: finance_core::StoreErrorKind::NoSpace
    /// [`StoreErrorKind::Unavailable`]: finance_core::StoreErrorKind::Unavailable
    pub async fn connect(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let (connect, pool) = connect::connect(url, &options).await?;
        let PostgresOptions { token_keys: keys, keep_raw, listen, prepared_statements, .. } = options;
        Ok(Self {
            pool,
            options: connect,
            keys,
            keep_raw,
            keeps_statements: prepared_statements,
            lookups: Lookups::default(),
            waiting: Arc::default(),
            listener: listen.then(Mutex::default),
        })
    }

    /// Waits for what is being read and written, and ends the connections. Calls after that are
    /// [`StoreErrorKind::Unavailable`]. A store that is dropped instead loses nothing.
    ///
    /// [`StoreErrorKind::Unavailable`]: finance_core::StoreErrorKind::Unavailable
    pub async fn close(&self) {
        if let Some(listener) = &self.listener {
            drop(listener.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        self.pool.close().await;
    }

    /// Encrypts every access token anew that the current key did not encrypt, and returns how many there were. After
    /// that the earlier keys are needed no more.
    ///
    /// # Errors
    /// [`StoreErrorKind::NoKey`] when a key is missing, [`StoreErrorKind::Damaged`] when a token cannot be opened;
    /// nothing is written then.
    ///
    /// [`StoreErrorKind::NoKey`]: finance_core::StoreErrorKind::NoKey
    /// [`StoreErrorKind::Damaged`]: finance_core::StoreErrorKind::Damaged
    pub async fn reseal_tokens(&self) -> Result<u64, StoreError> {
        writing!(self, |connection| tokens::reseal(connection, self.keys.as_ref()).await)
    }

    /// Sees to it that somebody listens, if anybody shall.
    fn listen(&self) {
        let Some(listener) = &self.listener else { return };
        let mut listener = listener.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.pool.is_closed() && listener.as_ref().is_none_or(Listener::is_over) {
            *listener = Some(Listener::start(self.options.clone(), self.waiting.clone()));
        }
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("host", &self.options.get_host())
            .field("database", &self.options.get_database())
            .field("keys", &self.keys)
            .field("keep_raw", &self.keep_raw)
            .finish()
    }
}

#[async_trait]
impl ConnectionStore for PostgresStore {
    async fn ready_for_tokens(&self) -> Result<(), StoreError> {
        reading!(self, |connection| tokens::ready(connection, self.keys.as_ref()).await)
    }

    async fn insert_connection(&self, new: NewConnection) -> Result<Connection, StoreError> {
        let owner = TokenOwner { user: &new.user, provider: &new.provider, provider_id: &new.provider_id };
        writing!(self, |connection| {
            let token = match &new.access_token {
                Some(token) => Some(tokens::seal(connection, self.keys.as_ref(), owner, token).await?),
                None => None,
            };
            connections::insert(connection, &new, token).await
        })
    }

    async fn connection(&self, user: &UserId, id: ConnectionId) -> Result<Connection, StoreError> {
        reading!(self, |connection| connections::one(connection, user, id).await)
    }

    async fn connections(&self, user: &UserId) -> Result<Vec<Connection>, StoreError> {
        reading!(self, |connection| connections::of_user(connection, user).await)
    }

    async fn connection_of_provider(
        &self,
        provider: &ProviderName,
        id: &ProviderConnectionId,
    ) -> Result<Option<Connection>, StoreError> {
        reading!(self, |connection| connections::of_provider(connection, provider, id).await)
    }

    async fn access_token(&self, user: &UserId, id: ConnectionId) -> Result<AccessToken, StoreError> {
        reading!(self, |connection| tokens::open(connection, self.keys.as_ref(), user, id).await)
    }

    async fn replace_access_token(
        &self,
        user: &UserId,
        id: ConnectionId,
        token: &AccessToken,
    ) -> Result<(), StoreError> {
        writing!(self, |connection| {
            let owner = connections::one(connection, user, id).await?;
            tokens::replace(connection, self.keys.as_ref(), &owner, token).await
        })
    }

    async fn accounts(&self, user: &UserId) -> Result<Vec<Account>, StoreError> {
        reading!(self, |connection| accounts::of_user(connection, user).await)
    }
}

#[async_trait]
impl LedgerStore for PostgresStore {
    async fn known_transactions(
        &self,
        connection: ConnectionId,
        which: KnownTransactions<'_>,
    ) -> Result<Vec<KnownTransaction>, StoreError> {
        let id = connection;
        reading!(self, |connection| known::transactions(connection, id, which).await)
    }

    async fn apply(&self, change: &ChangeSet) -> Result<Applied, StoreError> {
        let (mut categories, unknown) = self.lookups.known(apply::rows_of(change));
        if !unknown.is_empty() {
            let learned = reading!(self, |connection| self.lookups.learn(connection, &unknown).await)?;
            categories.extend([learned]);
        }
        let (user, applied) = writing!(self, |connection| {
            apply::write(connection, change, &categories, self.keep_raw).await
        })?;
        self.waiting.wake(&user);
        Ok(applied)
    }

    async fn transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<Transaction>, StoreError> {
        reading!(self, |connection| query::list(connection, user, query).await)
    }

    async fn visit_transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
        texts: &[TransactionText],
        mut visitor: Box<dyn TransactionVisitor>,
    ) -> Result<(), StoreError> {
        // Reading is tried again where that helps; visiting is not.
        let rows = reading!(self, |connection| query::lent(connection, user, query, texts).await)?;
        for row in &rows {
            visitor.visit(&views::read(row, texts)?);
        }
        Ok(())
    }

    async fn transaction_days(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        reading!(self, |connection| query::days(connection, user, query).await)
    }

    async fn transaction(&self, user: &UserId, id: TransactionId) -> Result<Transaction, StoreError> {
        reading!(self, |connection| query::one(connection, user, id).await)
    }

    async fn raw_transaction(&self, user: &UserId, id: TransactionId) -> Result<Option<String>, StoreError> {
        let json = reading!(self, |connection| query::raw(connection, user, id).await)?;
        let text = json.map(|bytes| RawJson::from_bytes(&bytes).to_text()).transpose();
        text.map_err(|error| unreadable("raw JSON").with_source(error))
    }

    async fn account_totals(&self, user: &UserId) -> Result<Vec<AccountTotals>, StoreError> {
        reading!(self, |connection| query::totals(connection, user).await)
    }

    async fn posted_sums_after(
        &self,
        user: &UserId,
        account: AccountId,
        day: NaiveDate,
    ) -> Result<Vec<Money>, StoreError> {
        reading!(self, |connection| query::posted_sums_after(connection, user, account, day).await)
    }
}

#[async_trait]
impl RunStore for PostgresStore {
    async fn runs(
        &self,
        user: &UserId,
        connection: ConnectionId,
        limit: u32,
    ) -> Result<Vec<SyncRun>, StoreError> {
        let id = connection;
        reading!(self, |connection| {
            connections::one(connection, user, id).await?;
            runs::latest(connection, id, limit).await
        })
    }

    async fn recent_runs(&self, user: &UserId, per_connection: u32) -> Result<Vec<SyncRun>, StoreError> {
        reading!(self, |connection| runs::recent(connection, user, per_connection).await)
    }
}

#[async_trait]
impl EventStore for PostgresStore {
    async fn events(&self, user: &UserId, after: u64, limit: u32) -> Result<EventPage, StoreError> {
        reading!(self, |connection| {
            logs::events(&mut *snapshot(connection).await?, user, after, limit).await
        })
    }

    async fn wait_for_event(&self, user: &UserId, after: u64, at_most: Duration) -> Result<(), StoreError> {
        self.listen();
        let deadline = Instant::now() + at_most;
        let bell = self.waiting.bell(user);
        loop {
            let news = bell.notified();
            tokio::pin!(news);
            // From here on nothing rings unheard.
            news.as_mut().enable();
            let (last, _) = reading!(self, |connection| logs::counters(connection, user).await)?;
            let now = Instant::now();
            if last > after || now >= deadline {
                return Ok(());
            }
            // In time or not: it looks again.
            let _ = tokio::time::timeout_at(deadline.min(now + self.waiting.patience()), news).await;
        }
    }

    async fn prune_events(&self, before: DateTime<Utc>, keep: u64) -> Result<u64, StoreError> {
        writing!(self, |connection| logs::prune_events(connection, before, keep).await)
    }
}

#[async_trait]
impl AuditStore for PostgresStore {
    async fn audit_entries(
        &self,
        user: &UserId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        reading!(self, |connection| logs::audit_entries(connection, user, after, limit).await)
    }

    async fn audit_entries_about(
        &self,
        user: &UserId,
        subject: AuditSubject,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        reading!(self, |connection| logs::audit_entries_about(connection, user, subject, limit).await)
    }

    async fn audit_head(&self, user: &UserId) -> Result<AuditHead, StoreError> {
        reading!(self, |connection| logs::counters(connection, user).await.map(|(_, head)| head))
    }
}
