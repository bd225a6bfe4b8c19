//! The books in one SQLite file.

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
mod tokens;
mod visit;
mod webhooks;
mod writer;

use std::fmt;
use std::path::Path;
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
use sqlx::sqlite::SqlitePool;
use tokio::sync::Notify;

use crate::refusals::unreadable;
use crate::token_cipher::{TokenKeys, TokenOwner};
use visit::PlainDriver;
use writer::{Writer, commit};

/// How to open an [`SqliteStore`].
#[derive(Debug)]
pub struct SqliteOptions {
    /// The keys for access tokens. Without them everything works but storing and reading a token.
    pub token_keys: Option<TokenKeys>,
    /// Whether to keep the provider's own JSON of each row. It is about half of the file.
    pub keep_raw: bool,
    /// How long to wait for another process that writes.
    pub busy_timeout: Duration,
    /// Memory for pages of the database, for each connection to it, in KiB.
    pub cache_kib: u32,
    /// How many queries may read at once; at least 1. Writing goes on beside them, one at a time.
    pub readers: u32,
}

impl Default for SqliteOptions {
    /// No keys, raw JSON kept, 10 seconds of patience, 16 MiB of cache, 4 readers.
    fn default() -> Self {
        Self {
            token_keys: None,
            keep_raw: true,
            busy_timeout: Duration::from_secs(10),
            cache_kib: 16 * 1024,
            readers: 4,
        }
    }
}

/// A store in one SQLite file, for an application on a phone, a laptop or a small server.
///
/// Its tables begin with `finance_` and may live in the host's own database. Several stores, also in several processes, may
/// open one file at once: readers never wait, writers take turns. The file is kept in WAL mode with full synchronisation:
/// what was written survives a power cut as well as a crash, and nothing is ever written by half.
///
/// Erasing rewrites the whole file (`VACUUM`), so that nothing can be read from it afterwards. SQLite then numbers the rows of tables without an `INTEGER PRIMARY KEY` anew: whatever of the host's own refers to a row in the same file must
/// refer to such a key.
///
/// The file holds the user's financial data in the clear, access tokens aside: keep it where only the application can read.
pub struct SqliteStore {
    writer: Writer,
    readers: SqlitePool,
    plain_driver: PlainDriver,
    keys: Option<TokenKeys>,
    keep_raw: bool,
    /// Tells those who wait in this process that something was written.
    news: Notify,
}

impl SqliteStore {
    /// Opens the database, makes it if it is missing, and brings its tables to the version of this library.
    ///
    /// # Errors
    /// Kinds that leave the file as it was: [`StoreErrorKind::NewerSchema`]; [`StoreErrorKind::Damaged`] when it is no
    /// SQLite database; [`StoreErrorKind::NoSpace`] when it may not be written; [`StoreErrorKind::Unavailable`] when
    /// another process kept it busy all the while; [`StoreErrorKind::InvalidInput`] when its folder does not exist.
    ///
    /// [`StoreErrorKind::NewerSchema`]: finance_core::StoreErrorKind::NewerSchema
    /// [`StoreErrorKind::Damaged`]: finance_core::StoreErrorKind::Damaged
    /// [`StoreErrorKind::NoSpace`]: finance_core::StoreErrorKind::NoSpace
    /// [`StoreErrorKind::Unavailable`]: finance_core::StoreErrorKind::Unavailable
    /// [`StoreErrorKind::InvalidInput`]: finance_core::StoreErrorKind::InvalidInput
    pub async fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        let (writer, readers) = connect::open(path.as_ref(), &options).await?;
        let SqliteOptions { token_keys: keys, keep_raw, busy_timeout, cache_kib, .. } = options;
        let plain_driver = PlainDriver { path: path.as_ref().to_owned(), busy_timeout, cache_kib };
        Ok(Self { writer, readers, plain_driver, keys, keep_raw, news: Notify::new() })
    }

    /// Waits for what is being read and written, and closes the database. Calls after that are
    /// [`StoreErrorKind::Unavailable`]. A store that is dropped instead loses nothing and closes a moment later.
    ///
    /// [`StoreErrorKind::Unavailable`]: finance_core::StoreErrorKind::Unavailable
    ///
    /// # Errors
    /// As for writing.
    pub async fn close(&self) -> Result<(), StoreError> {
        // The writer last: as the last one to go it moves the write-ahead log into the database.
        self.readers.close().await;
        self.writer.close().await
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
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        let resealed = tokens::reseal(&mut transaction, self.keys.as_ref()).await?;
        commit(transaction).await?;
        Ok(resealed)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("keys", &self.keys).field("keep_raw", &self.keep_raw).finish()
    }
}

#[async_trait]
impl ConnectionStore for SqliteStore {
    async fn ready_for_tokens(&self) -> Result<(), StoreError> {
        tokens::ready(&self.readers, self.keys.as_ref()).await
    }

    async fn insert_connection(&self, new: NewConnection) -> Result<Connection, StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        let owner = TokenOwner { user: &new.user, provider: &new.provider, provider_id: &new.provider_id };
        let token = match &new.access_token {
            Some(token) => Some(tokens::seal(&mut transaction, self.keys.as_ref(), owner, token).await?),
            None => None,
        };
        let stored = connections::insert(&mut transaction, &new, token).await?;
        commit(transaction).await?;
        Ok(stored)
    }

    async fn connection(&self, user: &UserId, id: ConnectionId) -> Result<Connection, StoreError> {
        connections::one(&self.readers, user, id).await
    }

    async fn connections(&self, user: &UserId) -> Result<Vec<Connection>, StoreError> {
        connections::of_user(&self.readers, user).await
    }

    async fn connection_of_provider(
        &self,
        provider: &ProviderName,
        id: &ProviderConnectionId,
    ) -> Result<Option<Connection>, StoreError> {
        connections::of_provider(&self.readers, provider, id).await
    }

    async fn access_token(&self, user: &UserId, id: ConnectionId) -> Result<AccessToken, StoreError> {
        tokens::open(&self.readers, self.keys.as_ref(), user, id).await
    }

    async fn replace_access_token(
        &self,
        user: &UserId,
        id: ConnectionId,
        token: &AccessToken,
    ) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        let owner = connections::one(&mut *transaction, user, id).await?;
        tokens::replace(&mut transaction, self.keys.as_ref(), &owner, token).await?;
        commit(transaction).await
    }

    async fn accounts(&self, user: &UserId) -> Result<Vec<Account>, StoreError> {
        accounts::of_user(&self.readers, user).await
    }
}

#[async_trait]
impl LedgerStore for SqliteStore {
    async fn known_transactions(
        &self,
        connection: ConnectionId,
        which: KnownTransactions<'_>,
    ) -> Result<Vec<KnownTransaction>, StoreError> {
        known::transactions(&self.readers, connection, which).await
    }

    async fn apply(&self, change: &ChangeSet) -> Result<Applied, StoreError> {
        let _line = self.writer.line_up(change.updates.len() + change.inserts.len()).await;
        let mut turn = self.writer.turn().await?;
        // Taken out, so that nothing learned in a transaction that fails or is dropped stays.
        let mut lookups = std::mem::take(&mut turn.lookups);
        let mut transaction = turn.begin().await?;
        let applied = apply::write(&mut transaction, change, &mut lookups, self.keep_raw).await?;
        commit(transaction).await?;
        turn.lookups = lookups;
        self.news.notify_waiters();
        Ok(applied)
    }

    async fn transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<Transaction>, StoreError> {
        query::list(&self.readers, user, query).await
    }

    async fn visit_transactions(
        &self,
        user: &UserId,
        query: &TransactionQuery,
        texts: &[TransactionText],
        visitor: Box<dyn TransactionVisitor>,
    ) -> Result<(), StoreError> {
        visit::visit(&self.readers, &self.plain_driver, user, query, texts, visitor).await
    }

    async fn transaction_days(
        &self,
        user: &UserId,
        query: &TransactionQuery,
    ) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        query::days(&self.readers, user, query).await
    }

    async fn transaction(&self, user: &UserId, id: TransactionId) -> Result<Transaction, StoreError> {
        query::one(&self.readers, user, id).await
    }

    async fn raw_transaction(&self, user: &UserId, id: TransactionId) -> Result<Option<String>, StoreError> {
        let json = query::raw(&self.readers, user, id).await?;
        let text = json.map(|bytes| RawJson::from_bytes(&bytes).to_text()).transpose();
        text.map_err(|error| unreadable("raw JSON").with_source(error))
    }

    async fn account_totals(&self, user: &UserId) -> Result<Vec<AccountTotals>, StoreError> {
        query::totals(&self.readers, user).await
    }

    async fn posted_sums_after(
        &self,
        user: &UserId,
        account: AccountId,
        day: NaiveDate,
    ) -> Result<Vec<Money>, StoreError> {
        query::posted_sums_after(&self.readers, user, account, day).await
    }
}

#[async_trait]
impl RunStore for SqliteStore {
    async fn runs(
        &self,
        user: &UserId,
        connection: ConnectionId,
        limit: u32,
    ) -> Result<Vec<SyncRun>, StoreError> {
        connections::one(&self.readers, user, connection).await?;
        runs::latest(&self.readers, connection, limit).await
    }

    async fn recent_runs(&self, user: &UserId, per_connection: u32) -> Result<Vec<SyncRun>, StoreError> {
        runs::recent(&self.readers, user, per_connection).await
    }
}

/// How often a waiting listener looks for events of other processes.
const LOOK_EVERY: Duration = Duration::from_millis(250);

#[async_trait]
impl EventStore for SqliteStore {
    async fn events(&self, user: &UserId, after: u64, limit: u32) -> Result<EventPage, StoreError> {
        logs::events(&self.readers, user, after, limit).await
    }

    async fn wait_for_event(&self, user: &UserId, after: u64, at_most: Duration) -> Result<(), StoreError> {
        let deadline = tokio::time::Instant::now() + at_most;
        loop {
            let news = self.news.notified();
            if logs::last_event(&self.readers, user).await? > after {
                return Ok(());
            }
            let now = tokio::time::Instant::now();
            if now >= deadline {
                return Ok(());
            }
            // In time or not: it looks again.
            let _ = tokio::time::timeout_at(deadline.min(now + LOOK_EVERY), news).await;
        }
    }

    async fn prune_events(&self, before: DateTime<Utc>, keep: u64) -> Result<u64, StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        let dropped = logs::prune_events(&mut transaction, before, keep).await?;
        commit(transaction).await?;
        Ok(dropped)
    }
}

#[async_trait]
impl AuditStore for SqliteStore {
    async fn audit_entries(
        &self,
        user: &UserId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        logs::audit_entries(&self.readers, user, after, limit).await
    }

    async fn audit_entries_about(
        &self,
        user: &UserId,
        subject: AuditSubject,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        logs::audit_entries_about(&self.readers, user, subject, limit).await
    }

    async fn audit_head(&self, user: &UserId) -> Result<AuditHead, StoreError> {
        logs::audit_head(&self.readers, user).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use finance_core::StoreErrorKind;
    use finance_core::conformance::samples::{insert, row};
    use finance_core::conformance::{Linked, Snapshot};
    use sqlx::{AssertSqlSafe, Executor};

    use crate::records::views;

    use super::*;
    use crate::tables::{Owner, TABLES};

    /// SQLite reports a database at its largest allowed size as it reports a full disk.
    async fn allow_pages(store: &SqliteStore, pages: u32) {
        let sql = format!("PRAGMA max_page_count = {pages}");
        store.writer.turn().await.unwrap().connection().execute(AssertSqlSafe(sql)).await.unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let keys = TokenKeys::new("k", [1; 32]);
        let options = SqliteOptions { token_keys: Some(keys), ..SqliteOptions::default() };
        let store = Arc::new(SqliteStore::open(folder.path().join("books.sqlite"), options).await.unwrap());
        let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
        linked.insert([row("before", "a", "1.00")]).await;
        let users = [linked.user.clone()];
        let before = Snapshot::of(&*store, &users).await;

        allow_pages(&store, 60).await;
        let inserts = (0..3_000).map(|n| insert(row(&format!("tx-{n}"), "a", "1.00"))).collect();
        let change = ChangeSet { inserts, ..linked.change() };
        linked.refuse(change.clone(), StoreErrorKind::NoSpace).await;
        assert_eq!(Snapshot::of(&*store, &users).await, before);

        // And the next write finds everything in order.
        allow_pages(&store, 1_000_000).await;
        linked.apply(change).await;
    }

    /// No statement may take longer because more is stored that it does not ask for.
    #[tokio::test]
    async fn no_statement_reads_a_whole_table() {
        let folder = tempfile::tempdir().unwrap();
        let store =
            SqliteStore::open(folder.path().join("b.sqlite"), SqliteOptions::default()).await.unwrap();
        let batches = [&*known::AMONG, &*apply::UPDATE, &*apply::RENAME];
        let batches = batches.map(|batch| batch.with_room_for(1).to_string());
        let single = [
            query::ONE,
            query::TOTALS,
            query::POSTED_AFTER,
            known::ALL,
            apply::TAKEN,
            apply::FORGET_OLD_IDS,
            apply::KNOWN_AS,
            apply::LEADS_TO,
            logs::EVENTS,
            logs::ENTRIES,
            logs::ENTRIES_ABOUT,
            history::NEWEST,
            history::ENTRIES,
            history::PENDING_DAYS,
            runs::LATEST,
            runs::RECENT,
            reconciliations::LATEST,
            reconciliations::OF_ACCOUNT,
            reconciliations::WHOLE,
            reconciliations::RESOLUTIONS,
            reconciliations::STATEMENTS,
            schedules::ONE,
            schedules::OF_USER,
            schedules::DUE,
            schedules::ATTEMPTED_AFTER,
            schedules::NEXT_FREE,
            schedules::NEXT_LEASED,
            schedules::COUNT_DUE,
            schedules::COUNT_PLANNED,
            schedules::COUNT_WAITING,
            schedules::COUNT_RUNNING,
            categories::OF_USER,
            categories::FRESH_OF_USER,
            categories::OF_ALL,
            categories::FRESH_OF_ALL,
            categories::QUESTIONS,
            categories::ANSWERED,
            categories::BACKLOG,
            categories::WITHOUT_CATEGORY,
            categories::CHOICES,
            logs::PRUNE_EVENTS,
            connections::OF_PROVIDER,
            connections::OF_USER,
            accounts::OF_USER,
            webhooks::KNOWS,
            webhooks::FORGET,
        ];
        // They look after what hangs on what they delete themselves.
        let mut eraser = store.writer.turn().await.unwrap().eraser().await.unwrap();
        let erasing = TABLES.iter().filter(|table| table.of != Owner::User);
        let erasing =
            erasing.map(|table| format!("DELETE FROM {} WHERE {}", table.name, tables::condition(table.of)));
        let merging = merge::STATEMENTS.map(str::to_owned).into_iter().chain([merge::TAKE_OVER.clone()]);
        let single = single.map(str::to_owned).into_iter().chain(erasing).chain(merging);
        let selections =
            [query::LIVE, query::WITH_HIDDEN, query::ANY, query::DELETED, query::RESTORABLE, query::AWAITING];
        let of_rows = selections.iter().flat_map(|questions| {
            let view = views::with_texts(questions.view, &TransactionText::ALL);
            [questions.list.to_owned(), view, questions.days.to_owned()]
        });
        let by_day = |questions: &query::Questions| {
            [questions.list.to_owned(), views::with_texts(questions.view, &TransactionText::ALL)]
        };
        let (live, with_hidden) = (by_day(&query::LIVE), by_day(&query::WITH_HIDDEN));
        let single = single.chain(of_rows);
        for sql in batches.into_iter().chain(single) {
            let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(explain).fetch_all(&mut eraser).await.unwrap();
            let steps: Vec<&str> = plan.iter().map(|step| step.3.as_str()).collect();
            let scanned = |step: &&str| step.strip_prefix("SCAN ")?.split(' ').next().map(str::to_owned);
            let is_table = |name: String| {
                name.starts_with("finance_")
                    || ["t", "o", "a", "n", "e", "c", "f", "h", "r", "l", "q", "g", "sc"]
                        .contains(&name.as_str())
            };
            assert!(!steps.iter().filter_map(scanned).any(is_table), "{sql}\n{steps:#?}");
            if live.contains(&sql) || with_hidden.contains(&sql) || sql == query::TOTALS {
                let wanted = "finance_transactions USING COVERING INDEX finance_transactions_by_day";
                assert!(steps.iter().any(|step| step.contains(wanted)), "{steps:#?}");
            }
            if sql == query::POSTED_AFTER {
                let wanted = "USING COVERING INDEX finance_transactions_by_day (account_id=? AND date>?)";
                assert!(steps.iter().any(|step| step.contains(wanted)), "{steps:#?}");
            }
            if live.contains(&sql) {
                let hidden = "e USING COVERING INDEX finance_transaction_edits_hidden (transaction_id=?";
                assert!(steps.iter().any(|step| step.contains(hidden)), "{steps:#?}");
            }
            if live.contains(&sql) || with_hidden.contains(&sql) {
                let wanted = "finance_transactions_by_day (account_id=? AND date>? AND date<?)";
                assert!(steps.iter().any(|step| step.contains(wanted)), "{steps:#?}");
            }
        }
    }
}
