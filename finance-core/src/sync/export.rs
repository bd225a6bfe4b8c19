//! `export`: a user's books as bytes, piece by piece.

use std::collections::{HashMap, VecDeque};

use chrono::NaiveDate;

use super::{SyncEngine, SyncError};
use crate::categorize::CategoryRule;
use crate::export::{
    BYTE_ORDER_MARK, CsvText, ExportFormat, ExportedConnection, ExportedReconciliation, JsonText,
};
use crate::model::{
    Account, AccountId, Connection, ConnectionId, DateWindow, ReconciliationId, TransactionId, UserId,
};
use crate::schedule::SyncFrequency;
use crate::store::{RowSelection, StoreError, StoreErrorKind, TransactionQuery};

/// Bytes that a chunk has at the most.
pub const EXPORT_CHUNK_BYTES: usize = 64 * 1024;
/// Records read at once.
const PAGE: u32 = 200;

/// What to export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportOptions {
    /// The format.
    pub format: ExportFormat,
    /// The days whose transactions are exported. Everything else is exported whole.
    pub window: DateWindow,
    /// Whether a CSV begins with the mark by which Excel knows UTF-8. Other programs may take it for a part of the first
    /// column's name.
    pub byte_order_mark: bool,
}

impl ExportOptions {
    /// Everything, in this format, without a mark.
    pub fn new(format: ExportFormat) -> Self {
        Self { format, window: DateWindow::default(), byte_order_mark: false }
    }
}

/// A user's books on their way out. At no time are more than some hundred records in memory.
pub struct ExportStream {
    engine: SyncEngine,
    user: UserId,
    options: ExportOptions,
    stage: Stage,
    /// What was read and not handed out yet, and how much of its beginning was.
    ready: Vec<u8>,
    handed_out: usize,
    accounts: Vec<Account>,
    connections: Vec<Connection>,
    frequencies: HashMap<ConnectionId, SyncFrequency>,
    rules: Vec<CategoryRule>,
    begun_at: Position,
    changed: Option<bool>,
}

/// How far a user's events and audit trail have come: what is written to the books moves one or the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Position {
    event: u64,
    entry: u64,
}

/// What is to be read next.
#[derive(Clone)]
enum Stage {
    Head,
    Rows(Option<(NaiveDate, TransactionId)>),
    Balances(OfEach<AccountId>),
    Statements(OfEach<AccountId>),
    /// With the comparisons that were listed and not read yet.
    Reconciliations(OfEach<AccountId>, VecDeque<ReconciliationId>),
    /// The runs of these connections.
    Runs(OfEach<ConnectionId>),
    Audit(u64),
    Tail,
    End,
}

/// A list that is read account by account, or connection by connection.
#[derive(Clone)]
struct OfEach<Id> {
    /// Those that are still to be read.
    left: VecDeque<Id>,
    /// Whether the list has no item so far.
    is_empty: bool,
}

/// What one step read.
struct Step {
    bytes: Vec<u8>,
    next: Stage,
}

impl SyncEngine {
    /// Exports a user's books, chunk by chunk. Nothing is changed.
    ///
    /// What is read is not of one instant: syncs and edits go on meanwhile, and no lock is held. Each page is of one instant, and
    /// each record whole; one that changes meanwhile is exported as it was before or after. Only a row whose day changes
    /// while its page is read may be missing or come twice. Ask [`ExportStream::changed_meanwhile`] at the end, or read it
    /// in the JSON, and export again if it must be exact.
    ///
    /// # Errors
    /// When the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{ExportFormat, ExportOptions};
    ///
    /// let books = SampleBooks::new().await;
    /// let mut export = books.engine.export(&books.user, &ExportOptions::new(ExportFormat::Csv)).await?;
    /// let mut file = Vec::new();
    /// while let Some(chunk) = export.next().await? {
    ///     file.extend(chunk); // or write it to a file or a socket
    /// }
    /// assert_eq!(export.changed_meanwhile(), Some(false));
    ///
    /// let text = String::from_utf8(file)?;
    /// assert_eq!(text.lines().count(), 5);
    /// assert!(text.lines().nth(1).unwrap().starts_with("2026-01-01,Account a,Scripted Bank,ROW t3,ROW t3,,-4.00,USD,"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn export(&self, user: &UserId, options: &ExportOptions) -> Result<ExportStream, SyncError> {
        let mut stream = ExportStream {
            engine: self.clone(),
            user: user.clone(),
            options: options.clone(),
            stage: Stage::Head,
            ready: Vec::new(),
            handed_out: 0,
            accounts: Vec::new(),
            connections: Vec::new(),
            frequencies: HashMap::new(),
            rules: Vec::new(),
            begun_at: Position::default(),
            changed: None,
        };
        stream.begun_at = stream.position().await?;
        stream.connections = self.store.connections(user).await?;
        let schedules = self.store.schedules(user).await?;
        stream.frequencies = schedules.iter().map(|it| (it.connection, it.state.frequency)).collect();
        stream.accounts = self.store.accounts(user).await?;
        stream.rules = self.store.category_rules(user).await?;
        Ok(stream)
    }
}

impl ExportStream {
    /// The next bytes, [`EXPORT_CHUNK_BYTES`] at the most; `None` at the end. A future that is dropped loses nothing: the next
    /// call goes on there. After an error the same call tries again.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, SyncError> {
        while self.ready.len() - self.handed_out < EXPORT_CHUNK_BYTES && !matches!(self.stage, Stage::End) {
            let step = self.step().await?;
            self.ready.drain(..self.handed_out);
            self.handed_out = 0;
            self.ready.extend(step.bytes);
            self.stage = step.next;
        }
        let left = &self.ready[self.handed_out..];
        let chunk = left[..left.len().min(EXPORT_CHUNK_BYTES)].to_vec();
        self.handed_out += chunk.len();
        Ok((!chunk.is_empty()).then_some(chunk))
    }

    /// Whether anything was written to the user's books while they were read; `None` before the end.
    pub const fn changed_meanwhile(&self) -> Option<bool> {
        self.changed
    }

    async fn position(&self) -> Result<Position, SyncError> {
        let event = self.engine.store.events(&self.user, u64::MAX, 0).await?.last;
        let entry = self.engine.store.audit_head(&self.user).await?.number;
        Ok(Position { event, entry })
    }

    async fn step(&mut self) -> Result<Step, SyncError> {
        match self.stage.clone() {
            Stage::Head => self.head(),
            Stage::Rows(after) => self.rows(after).await,
            Stage::Balances(accounts) => self.balances(accounts).await,
            Stage::Statements(accounts) => self.statements(accounts).await,
            Stage::Reconciliations(accounts, listed) => self.reconciliations(accounts, listed).await,
            Stage::Runs(connections) => self.runs(connections).await,
            Stage::Audit(after) => self.audit(after).await,
            Stage::Tail => self.tail().await,
            Stage::End => Ok(Step { bytes: Vec::new(), next: Stage::End }),
        }
    }

    fn all_accounts(&self) -> OfEach<AccountId> {
        OfEach::new(self.accounts.iter().map(|account| account.id))
    }

    fn head(&self) -> Result<Step, SyncError> {
        let next = Stage::Rows(None);
        if self.options.format == ExportFormat::Csv {
            let mut bytes = if self.options.byte_order_mark { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
            let mut csv = CsvText::new();
            csv.head().map_err(unwritable)?;
            bytes.extend(csv.into_bytes().map_err(unwritable)?);
            return Ok(Step { bytes, next });
        }
        let mut json = JsonText::default();
        json.head(&self.user, self.engine.clock.now()).map_err(unwritable)?;
        json.open("connections");
        for (place, connection) in self.connections.iter().enumerate() {
            let frequency = self.frequencies.get(&connection.id).copied();
            json.item(&ExportedConnection::new(connection, frequency), place == 0).map_err(unwritable)?;
        }
        json.close();
        json.open("accounts");
        for (place, account) in self.accounts.iter().enumerate() {
            json.item(account, place == 0).map_err(unwritable)?;
        }
        json.close();
        json.open("category_rules");
        for (place, rule) in self.rules.iter().enumerate() {
            json.item(rule, place == 0).map_err(unwritable)?;
        }
        json.close();
        json.open("transactions");
        Ok(Step { bytes: json.into_bytes(), next })
    }

    async fn rows(&self, after: Option<(NaiveDate, TransactionId)>) -> Result<Step, SyncError> {
        let csv = self.options.format == ExportFormat::Csv;
        let query = TransactionQuery {
            window: self.options.window,
            limit: PAGE,
            after,
            rows: if csv { RowSelection::WithHidden } else { RowSelection::Any },
            ..TransactionQuery::default()
        };
        let rows = self.engine.store.transactions(&self.user, &query).await?;
        let last = rows.last().map(|row| (row.date(), row.id));
        if csv {
            let accounts: HashMap<AccountId, &Account> =
                self.accounts.iter().map(|account| (account.id, account)).collect();
            let connections: HashMap<ConnectionId, &Connection> =
                self.connections.iter().map(|connection| (connection.id, connection)).collect();
            let mut csv = CsvText::new();
            for row in &rows {
                let connection = connections.get(&row.connection);
                let institution = connection.and_then(|connection| connection.institution.as_ref());
                csv.row(row, accounts.get(&row.account).copied(), institution).map_err(unwritable)?;
            }
            let next = last.map_or(Stage::Tail, |last| Stage::Rows(Some(last)));
            return Ok(Step { bytes: csv.into_bytes().map_err(unwritable)?, next });
        }
        let mut json = JsonText::default();
        for (place, row) in rows.iter().enumerate() {
            json.item(row, place == 0 && after.is_none()).map_err(unwritable)?;
        }
        let next = match last {
            Some(last) => Stage::Rows(Some(last)),
            None => {
                json.close();
                json.open("balances");
                Stage::Balances(self.all_accounts())
            }
        };
        Ok(Step { bytes: json.into_bytes(), next })
    }

    async fn balances(&self, mut list: OfEach<AccountId>) -> Result<Step, SyncError> {
        let mut json = JsonText::default();
        let next = match list.left.pop_front() {
            Some(account) => {
                let store = &self.engine.store;
                let entries =
                    store.balance_history(&self.user, account, DateWindow::default(), u32::MAX).await;
                list.add(&mut json, &entries.or_else(gone_is_empty)?)?;
                Stage::Balances(list)
            }
            None => {
                json.close();
                json.open("statements");
                Stage::Statements(self.all_accounts())
            }
        };
        Ok(Step { bytes: json.into_bytes(), next })
    }

    async fn statements(&self, mut list: OfEach<AccountId>) -> Result<Step, SyncError> {
        let mut json = JsonText::default();
        let next = match list.left.pop_front() {
            Some(account) => {
                let statements = self.engine.store.statements(&self.user, account).await;
                list.add(&mut json, &statements.or_else(gone_is_empty)?)?;
                Stage::Statements(list)
            }
            None => {
                json.close();
                json.open("reconciliations");
                Stage::Reconciliations(self.all_accounts(), VecDeque::new())
            }
        };
        Ok(Step { bytes: json.into_bytes(), next })
    }

    async fn reconciliations(
        &self,
        mut list: OfEach<AccountId>,
        mut listed: VecDeque<ReconciliationId>,
    ) -> Result<Step, SyncError> {
        let (store, user) = (&self.engine.store, &self.user);
        let mut json = JsonText::default();
        let next = if let Some(id) = listed.pop_front() {
            match (store.reconciliation(user, id).await, store.resolutions(user, id).await) {
                (Ok(stored), Ok(resolutions)) => {
                    let item = ExportedReconciliation::new(&stored, &resolutions).map_err(unwritable)?;
                    list.add(&mut json, &[item])?;
                }
                (Err(error), _) | (_, Err(error)) => gone_is_empty::<()>(error).map(drop)?,
            }
            Stage::Reconciliations(list, listed)
        } else if let Some(account) = list.left.pop_front() {
            let found = store.reconciliations(user, account, u32::MAX).await.or_else(gone_is_empty)?;
            Stage::Reconciliations(list, found.into_iter().map(|summary| summary.id).collect())
        } else {
            json.close();
            json.open("sync_runs");
            Stage::Runs(OfEach::new(self.connections.iter().map(|connection| connection.id)))
        };
        Ok(Step { bytes: json.into_bytes(), next })
    }

    async fn runs(&self, mut list: OfEach<ConnectionId>) -> Result<Step, SyncError> {
        let mut json = JsonText::default();
        let next = match list.left.pop_front() {
            Some(connection) => {
                let runs = self.engine.store.runs(&self.user, connection, u32::MAX).await;
                list.add(&mut json, &runs.or_else(gone_is_empty)?)?;
                Stage::Runs(list)
            }
            None => {
                json.close();
                json.open("audit");
                Stage::Audit(0)
            }
        };
        Ok(Step { bytes: json.into_bytes(), next })
    }

    async fn audit(&self, after: u64) -> Result<Step, SyncError> {
        let entries = self.engine.store.audit_entries(&self.user, after, PAGE).await?;
        let mut json = JsonText::default();
        for (place, entry) in entries.iter().enumerate() {
            json.item(entry, place == 0 && after == 0).map_err(unwritable)?;
        }
        let next = match entries.last() {
            Some(last) => Stage::Audit(last.number),
            None => {
                json.close();
                Stage::Tail
            }
        };
        Ok(Step { bytes: json.into_bytes(), next })
    }

    async fn tail(&mut self) -> Result<Step, SyncError> {
        let changed = self.position().await? != self.begun_at;
        self.changed = Some(changed);
        let mut json = JsonText::default();
        if self.options.format == ExportFormat::Json {
            json.tail(changed);
        }
        Ok(Step { bytes: json.into_bytes(), next: Stage::End })
    }
}

impl<Id> OfEach<Id> {
    fn new(ids: impl Iterator<Item = Id>) -> Self {
        Self { left: ids.collect(), is_empty: true }
    }

    fn add(&mut self, json: &mut JsonText, items: &[impl serde::Serialize]) -> Result<(), SyncError> {
        for item in items {
            json.item(item, self.is_empty).map_err(unwritable)?;
            self.is_empty = false;
        }
        Ok(())
    }
}

/// What was erased or merged while the books are read is not in them any more.
fn gone_is_empty<T>(error: StoreError) -> Result<Vec<T>, StoreError> {
    if error.kind() == StoreErrorKind::NotFound { Ok(Vec::new()) } else { Err(error) }
}

fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> SyncError {
    let message = "a stored record cannot be written in this format";
    StoreError::new(StoreErrorKind::Damaged, message).with_source(error).into()
}

impl std::fmt::Debug for ExportStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExportStream")
            .field("user", &self.user)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}
