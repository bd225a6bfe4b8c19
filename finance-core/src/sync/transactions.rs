//! `sync_transactions`: bring connections up to date.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::{StreamExt, stream};

use super::pager::{AfterFailure, AfterPage, Pager, PagingEffort, Update};
use super::planner::{LocalState, Plan, is_not_ready, named_ids, plan};
use super::{ProgressListener, SyncEngine, SyncError, SyncErrorKind, SyncProgress};
use crate::model::{
    AccessToken, Account, AccountId, Connection, ConnectionFault, ConnectionId, DateWindow, ProviderAccount,
    RunOutcome, SyncCounts, SyncRun, Transaction, UserId,
};
use crate::provider::{ProviderError, ProviderErrorKind, UpdatePage};
use crate::store::{KnownTransactions, StoreErrorKind, TransactionQuery};

/// What to bring up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncScope {
    /// Every connection of the user.
    All,
    /// One connection.
    Connection(ConnectionId),
    /// The connections behind these accounts. A provider syncs whole connections, so their other accounts come
    /// up to date too; what is returned is of these accounts only.
    Accounts(Vec<AccountId>),
}

/// A call of [`SyncEngine::sync_transactions`].
#[derive(Clone)]
pub struct SyncRequest {
    /// What to bring up to date.
    pub scope: SyncScope,
    /// The days of which to return the transactions as they stand afterwards; `None` returns none. It narrows what is
    /// returned, never what is synced.
    pub window: Option<DateWindow>,
    /// Hears how it goes.
    pub progress: Option<Arc<dyn ProgressListener>>,
}

impl SyncRequest {
    /// Syncs the scope and returns no transactions.
    pub const fn new(scope: SyncScope) -> Self {
        Self { scope, window: None, progress: None }
    }
}

impl std::fmt::Debug for SyncRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SyncRequest")
            .field("scope", &self.scope)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// What a sync of several connections did.
#[derive(Debug, Default)]
pub struct SyncReport {
    /// One entry a connection, oldest connection first. One that failed does not stop the others.
    pub connections: Vec<ConnectionSync>,
    /// The live transactions in the window asked for, newest first.
    pub transactions: Vec<Transaction>,
}

impl SyncReport {
    /// What changed over all connections.
    pub fn counts(&self) -> SyncCounts {
        self.connections.iter().filter_map(|sync| sync.run.as_ref()).fold(
            SyncCounts::default(),
            |mut total, run| {
                total += run.counts;
                total
            },
        )
    }

    /// Pages fetched over all connections.
    pub fn pages(&self) -> u32 {
        self.connections.iter().filter_map(|sync| sync.run.as_ref()).map(|run| run.pages).sum()
    }

    /// Whether every connection went well.
    pub fn is_complete(&self) -> bool {
        self.connections.iter().all(|sync| sync.error.is_none())
    }
}

/// What a sync did with one connection.
#[derive(Debug)]
pub struct ConnectionSync {
    /// The connection.
    pub connection: ConnectionId,
    /// The attempt, also kept in the store; `None` when none was made.
    pub run: Option<SyncRun>,
    /// Why it failed, where it did. Nothing of a failed update is in the ledger.
    pub error: Option<SyncError>,
    /// Accounts of a type and subtype that this version does not list, worth a report to its makers.
    pub unlisted_account_types: Vec<String>,
}

impl SyncEngine {
    /// Brings connections up to date and reports what changed, connection by connection.
    ///
    /// Each connection's update is fetched whole and then applied in one transaction with its cursor. A connection
    /// that fails keeps its old cursor and its old rows; the failure is in its entry of the report and in the store.
    ///
    /// # Errors
    /// [`SyncErrorKind::InvalidInput`] for an empty selection of accounts, [`SyncErrorKind::NotFound`] for a connection or an account
    /// that the user does not have, [`SyncErrorKind::Store`] when the store cannot be read.
    pub async fn sync_transactions(
        &self,
        user: &UserId,
        request: &SyncRequest,
    ) -> Result<SyncReport, SyncError> {
        let selected = self.select(user, &request.scope).await?;
        let progress = request.progress.as_deref();
        let connections = stream::iter(selected.connections)
            .map(|connection| self.sync_connection(connection, progress))
            .buffered(self.options.concurrent_connections.max(1))
            .collect()
            .await;
        let transactions = match request.window {
            Some(window) => self.transactions_in(user, window, selected.accounts).await?,
            None => Vec::new(),
        };
        Ok(SyncReport { connections, transactions })
    }

    /// The connections and accounts that a scope means; no accounts means all of the user's.
    pub(super) async fn select(&self, user: &UserId, scope: &SyncScope) -> Result<Selection, SyncError> {
        match scope {
            SyncScope::All => {
                Ok(Selection { connections: self.store.connections(user).await?, accounts: Vec::new() })
            }
            SyncScope::Connection(id) => {
                let connection = self.store.connection(user, *id).await?;
                let accounts = self.store.accounts(user).await?;
                let own = accounts.into_iter().filter(|account| account.connection == *id);
                Ok(Selection {
                    connections: vec![connection],
                    accounts: own.map(|account| account.id).collect(),
                })
            }
            SyncScope::Accounts(ids) => {
                if ids.is_empty() {
                    return Err(SyncError::new(
                        SyncErrorKind::InvalidInput,
                        "no accounts were chosen: name at least one, or use `SyncScope::All`",
                    ));
                }
                let accounts = self.store.accounts(user).await?;
                let mut chosen = BTreeSet::new();
                for id in ids {
                    let account = accounts.iter().find(|account| account.id == *id).ok_or_else(|| {
                        SyncError::new(
                            SyncErrorKind::NotFound,
                            format!("there is no account {id} for this user"),
                        )
                    })?;
                    chosen.insert(account.connection);
                }
                let connections = self.store.connections(user).await?;
                let connections =
                    connections.into_iter().filter(|connection| chosen.contains(&connection.id));
                Ok(Selection { connections: connections.collect(), accounts: ids.clone() })
            }
        }
    }

    async fn transactions_in(
        &self,
        user: &UserId,
        window: DateWindow,
        accounts: Vec<AccountId>,
    ) -> Result<Vec<Transaction>, SyncError> {
        let mut query = TransactionQuery { accounts, window, limit: 1_000, after: None };
        let mut found = Vec::new();
        loop {
            let page = self.store.transactions(user, &query).await?;
            let Some(last) = page.last() else { return Ok(found) };
            query.after = Some((last.provider.date, last.id));
            found.extend(page);
        }
    }

    /// Brings one connection up to date. A failure is part of the answer.
    pub(super) async fn sync_connection(
        &self,
        connection: Connection,
        progress: Option<&dyn ProgressListener>,
    ) -> ConnectionSync {
        let id = connection.id;
        let mut sync =
            ConnectionSync { connection: id, run: None, error: None, unlisted_account_types: Vec::new() };
        if !connection.status.is_alive() {
            sync.error = Some(ended(&connection));
            return sync;
        }
        let tell = |step| {
            if let Some(listener) = progress {
                listener.progress(step);
            }
        };
        let _one_at_a_time = self.locks.lock(id).await;
        tell(SyncProgress::Started { connection: id });
        let mut attempt = Attempt {
            engine: self,
            user: &connection.user,
            connection: id,
            started_at: self.clock.now(),
            effort: PagingEffort::default(),
            tell: &tell,
        };
        match attempt.run(&mut sync.unlisted_account_types).await {
            Ok(run) => sync.run = Some(run),
            Err(error) => {
                let (run, error) = attempt.failed(error).await;
                sync.run = run;
                sync.error = error;
            }
        }
        let counts = sync.run.as_ref().map_or_else(SyncCounts::default, |run| run.counts);
        tell(SyncProgress::Finished { connection: id, counts });
        if let Some(run) = &sync.run {
            tracing::info!(
                connection = %id, outcome = run.outcome.name(), pages = run.pages, restarts = run.restarts,
                added = counts.added, modified = counts.modified, posted = counts.posted, removed = counts.removed,
                "synced"
            );
        }
        sync
    }
}

pub(super) struct Selection {
    pub(super) connections: Vec<Connection>,
    pub(super) accounts: Vec<AccountId>,
}

pub(super) fn ended(connection: &Connection) -> SyncError {
    let message = format!("connection {} is {}: link it anew", connection.id, connection.status.name());
    SyncError::new(SyncErrorKind::ConnectionEnded, message)
}

/// One attempt on one connection.
struct Attempt<'a> {
    engine: &'a SyncEngine,
    user: &'a UserId,
    connection: ConnectionId,
    started_at: DateTime<Utc>,
    effort: PagingEffort,
    tell: &'a (dyn Fn(SyncProgress) + Send + Sync),
}

impl Attempt<'_> {
    async fn run(&mut self, unlisted: &mut Vec<String>) -> Result<SyncRun, SyncError> {
        let store = &self.engine.store;
        // Read under the lock: a sync that ran while this one waited has moved the cursor.
        let connection = store.connection(self.user, self.connection).await?;
        let token = store.access_token(self.user, self.connection).await?;
        let update = self.fetch(connection.cursor.clone(), &token).await?;
        if is_not_ready(&update) {
            let run = self.ended(RunOutcome::NotReady, SyncCounts::default(), None);
            store.record_run(&run, connection.status).await?;
            return Ok(run);
        }

        (self.tell)(SyncProgress::Storing {
            connection: self.connection,
            rows: update.pages.iter().map(UpdatePage::rows).sum(),
        });
        let listed = self.listed_accounts(&token).await;
        *unlisted = unlisted_types(listed.as_deref().unwrap_or_default());
        let accounts = self.own_accounts().await?;
        let known = if update.start.is_none() {
            store.known_transactions(self.connection, KnownTransactions::All).await?
        } else {
            store.known_transactions(self.connection, KnownTransactions::Among(&named_ids(&update))).await?
        };
        let local = LocalState { connection: &connection, accounts: &accounts, known: &known };
        let Plan { mut change, counts } = plan(local, update, listed, self.engine.clock.now());
        drop(known);
        let run = self.ended(RunOutcome::Applied, counts, None);
        change.run = Some(run.clone());
        store.apply(&change).await?;
        Ok(run)
    }

    /// Fetches one whole update; nothing is stored and no lock of the store is held meanwhile.
    async fn fetch(
        &mut self,
        start: Option<crate::model::Cursor>,
        token: &AccessToken,
    ) -> Result<Update, SyncError> {
        let mut pager = Pager::new(start, self.engine.options.pager);
        loop {
            let answer = self.engine.provider.transactions_page(token, &pager.request()).await;
            let step = match answer {
                Ok(page) => pager.page(page),
                Err(error) => match pager.failed(error.kind()) {
                    AfterFailure::BeginAgain => {
                        self.effort = pager.effort();
                        (self.tell)(SyncProgress::BeganAgain { connection: self.connection });
                        continue;
                    }
                    AfterFailure::GiveUp => return Err(error.into()),
                },
            };
            self.effort = pager.effort();
            let (pages, rows) = (self.effort.pages, pager.rows());
            (self.tell)(SyncProgress::PageFetched { connection: self.connection, pages, rows });
            match step {
                Ok(AfterPage::FetchMore) => {}
                Ok(AfterPage::Complete) => return Ok(pager.into_update()),
                Err(fault) => {
                    let error = ProviderError::new(
                        ProviderErrorKind::InvalidAnswer,
                        fault.to_string(),
                        "Your bank's data could not be read completely. Nothing was changed; please try again later.",
                    );
                    return Err(error.with_source(fault).into());
                }
            }
        }
    }

    /// The provider's list of open accounts. Doing without it only delays news of accounts, so a failure is not the
    /// update's failure.
    async fn listed_accounts(&self, token: &AccessToken) -> Option<Vec<ProviderAccount>> {
        match self.engine.provider.accounts(token).await {
            Ok(accounts) => Some(accounts),
            Err(error) => {
                tracing::warn!(connection = %self.connection, %error, "the list of accounts could not be read");
                None
            }
        }
    }

    async fn own_accounts(&self) -> Result<Vec<Account>, SyncError> {
        let mut accounts = self.engine.store.accounts(self.user).await?;
        accounts.retain(|account| account.connection == self.connection);
        Ok(accounts)
    }

    /// Records a failed attempt. Losing a race against another sync is no fault.
    async fn failed(&self, error: SyncError) -> (Option<SyncRun>, Option<SyncError>) {
        let superseded = *error.kind() == SyncErrorKind::Store(StoreErrorKind::Conflict);
        let (outcome, fault, error) = if superseded {
            (RunOutcome::Superseded, None, None)
        } else {
            (RunOutcome::Failed, self.fault(&error), Some(error))
        };
        let run = self.ended(outcome, SyncCounts::default(), fault);
        let recorded = async {
            let store = &self.engine.store;
            let status = store.connection(self.user, self.connection).await?.status;
            let status = run.fault.as_ref().map_or(status, |fault| status.after_failure(fault.kind));
            store.record_run(&run, status).await
        };
        // The attempt's own error matters more than that it could not be recorded.
        match recorded.await {
            Ok(()) => (Some(run), error),
            Err(not_recorded) => {
                tracing::warn!(connection = %self.connection, error = %not_recorded, "a sync run was not recorded");
                (Some(run), error.or_else(|| Some(not_recorded.into())))
            }
        }
    }

    fn fault(&self, error: &SyncError) -> Option<ConnectionFault> {
        let SyncErrorKind::Provider(kind) = *error.kind() else { return None };
        let source =
            std::error::Error::source(error).and_then(|source| source.downcast_ref::<ProviderError>());
        Some(ConnectionFault {
            kind,
            code: source.and_then(ProviderError::code).map(str::to_owned),
            user_message: error.user_message().to_owned(),
            at: self.engine.clock.now(),
        })
    }

    fn ended(&self, outcome: RunOutcome, counts: SyncCounts, fault: Option<ConnectionFault>) -> SyncRun {
        SyncRun {
            connection: self.connection,
            started_at: self.started_at,
            ended_at: self.engine.clock.now(),
            outcome,
            counts,
            pages: self.effort.pages,
            restarts: self.effort.restarts,
            retries: self.effort.retries,
            fault,
        }
    }
}

fn unlisted_types(accounts: &[ProviderAccount]) -> Vec<String> {
    let unlisted: BTreeSet<String> = accounts
        .iter()
        .filter(|account| !account.classification().known)
        .map(|account| {
            format!("{}/{}", account.provider_type, account.provider_subtype.as_deref().unwrap_or("-"))
        })
        .collect();
    unlisted.into_iter().collect()
}
