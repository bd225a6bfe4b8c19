//! `sync_transactions`: bring connections up to date.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::attempt::Attempt;
use super::leases::HeldLease;
use super::manual::refuse_manual;
use super::progress::Throttle;
use super::{Cancellation, SyncEngine, SyncError, SyncErrorKind, SyncProgress};
use crate::model::{
    Account, AccountId, Connection, ConnectionId, ConnectionStatus, DateWindow, SyncCounts, SyncRun,
    Transaction, UserId,
};
use crate::store::TransactionQuery;

/// What to bring up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncScope {
    /// Every connection of the user that a provider feeds, but those that were removed.
    All,
    /// One connection.
    Connection(ConnectionId),
    /// The connections behind these accounts. A provider syncs whole connections, so their other accounts come
    /// up to date too; what is returned is of these accounts only. Accounts kept by hand have nothing to sync.
    Accounts(Vec<AccountId>),
}

/// A call of [`SyncEngine::sync_transactions`].
#[derive(Debug, Clone)]
pub struct SyncRequest {
    /// What to bring up to date.
    pub scope: SyncScope,
    /// The days of which to return the transactions as they stand afterwards; `None` returns none. It narrows what is
    /// returned, never what is synced.
    pub window: Option<DateWindow>,
    /// Stops it: before a connection, between its pages, and before they are stored, never while they are. What was stored by
    /// then stays; the rest is [`SyncErrorKind::Cancelled`] in the report.
    pub cancellation: Option<Cancellation>,
}

impl SyncRequest {
    /// Syncs the scope and returns no transactions.
    pub const fn new(scope: SyncScope) -> Self {
        Self { scope, window: None, cancellation: None }
    }
}

/// What a sync of several connections did.
#[derive(Debug, Default)]
pub struct SyncReport {
    /// One entry a connection, oldest connection first. One that failed does not stop the others.
    pub connections: Vec<ConnectionSync>,
    /// The transactions in the window asked for, newest first: those that count and that the user did not hide.
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
    /// How long it took by the engine's clock, the wait for another sync of the connection included.
    pub duration: Duration,
    /// Why it failed, where it did. Nothing of a failed update is in the ledger.
    pub error: Option<SyncError>,
    /// Accounts of a type and subtype that this version does not list, worth a report to its makers.
    pub unlisted_account_types: Vec<String>,
}

impl ConnectionSync {
    pub(super) fn new(connection: ConnectionId) -> Self {
        Self {
            connection,
            run: None,
            duration: Duration::ZERO,
            error: None,
            unlisted_account_types: Vec::new(),
        }
    }

    /// Of a task that panicked, as in a provider, or whose runtime is ending.
    fn not_ended(connection: ConnectionId, error: &JoinError) -> Self {
        let why = if error.is_panic() { "panicked" } else { "was cut short, for its runtime ends" };
        let message = format!("the sync of connection {connection} {why}");
        let error = SyncError::new(SyncErrorKind::Internal, message);
        Self { error: Some(error), ..Self::new(connection) }
    }
}

/// Room for one update in memory, from before it is fetched until it is stored.
pub(super) type Room = OwnedSemaphorePermit;

impl SyncEngine {
    /// Brings connections up to date and reports what changed, connection by connection.
    ///
    /// Each connection's update is fetched whole and then applied in one transaction with its cursor. A connection
    /// that fails keeps its old cursor and its old rows; the failure is in its entry of the report and in the store. So a sync
    /// that is dropped, or whose process dies, left each connection either as it was or up to date, and the next one goes on from
    /// there.
    ///
    /// A connection that is being synced elsewhere, be it by a [`Worker`](super::Worker) in another process, is waited for and
    /// then synced from where that sync left it; see [`LeasePolicy`](super::LeasePolicy). One that stays busy is
    /// [`SyncErrorKind::Busy`] in its entry.
    ///
    /// # Errors
    /// [`SyncErrorKind::InvalidInput`] for an empty selection of accounts and for the connection that the user keeps by hand,
    /// [`SyncErrorKind::NotFound`] for a connection or an account
    /// that the user does not have, [`SyncErrorKind::Store`] when the store cannot be read. Of each connection its entry tells:
    /// one that was removed is [`SyncErrorKind::ConnectionEnded`] there.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::samples::row;
    /// use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks};
    /// use finance_core::{SyncRequest, SyncScope};
    ///
    /// let books = SampleBooks::new().await;
    /// books.provider.change(&books.sign_in, BankChange::Add(row("late", "a", "-5.00"))).await;
    ///
    /// let report = books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await?;
    /// assert!(report.is_complete());
    /// assert_eq!((report.counts().added, report.pages()), (1, 1));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn sync_transactions(
        &self,
        user: &UserId,
        request: &SyncRequest,
    ) -> Result<SyncReport, SyncError> {
        let chosen = self.chosen_connections(user, &request.scope).await?;
        let connections = self.sync_all(chosen, request.cancellation.as_ref()).await;
        let transactions = match request.window {
            Some(window) => {
                // Asked after the sync, which may have brought accounts.
                let accounts = self.chosen_accounts(user, &request.scope).await?;
                self.transactions_in(user, window, accounts).await?
            }
            None => Vec::new(),
        };
        Ok(SyncReport { connections, transactions })
    }

    /// The connections that a scope means.
    pub(super) async fn chosen_connections(
        &self,
        user: &UserId,
        scope: &SyncScope,
    ) -> Result<Vec<Connection>, SyncError> {
        let ids = match scope {
            SyncScope::All => {
                let mut connections = self.store.connections(user).await?;
                let is_fed = |connection: &Connection| {
                    !connection.is_manual() && connection.status != ConnectionStatus::Removed
                };
                connections.retain(is_fed);
                return Ok(connections);
            }
            SyncScope::Connection(id) => {
                let connection = self.store.connection(user, *id).await?;
                refuse_manual(&connection)?;
                return Ok(vec![connection]);
            }
            SyncScope::Accounts(ids) => ids,
        };
        if ids.is_empty() {
            return Err(no_accounts_chosen());
        }
        let accounts = self.named_accounts(user, ids).await?;
        let chosen: BTreeSet<ConnectionId> = accounts.iter().map(|account| account.connection).collect();
        let mut connections = self.store.connections(user).await?;
        connections.retain(|connection| chosen.contains(&connection.id) && !connection.is_manual());
        Ok(connections)
    }

    /// The user's accounts of these identifiers.
    pub(super) async fn named_accounts(
        &self,
        user: &UserId,
        ids: &[AccountId],
    ) -> Result<Vec<Account>, SyncError> {
        let mut accounts = self.store.accounts(user).await?;
        accounts.retain(|account| ids.contains(&account.id));
        match ids.iter().find(|id| accounts.iter().all(|account| account.id != **id)) {
            None => Ok(accounts),
            Some(id) => {
                let message = format!("there is no account {id} for this user");
                Err(SyncError::new(SyncErrorKind::NotFound, message))
            }
        }
    }

    /// The accounts that a scope means, as they stand now.
    pub(super) async fn chosen_accounts(
        &self,
        user: &UserId,
        scope: &SyncScope,
    ) -> Result<Vec<Account>, SyncError> {
        let mut accounts = self.store.accounts(user).await?;
        accounts.retain(|account| match scope {
            SyncScope::All => true,
            SyncScope::Connection(id) => account.connection == *id,
            SyncScope::Accounts(ids) => ids.contains(&account.id),
        });
        Ok(accounts)
    }

    async fn transactions_in(
        &self,
        user: &UserId,
        window: DateWindow,
        accounts: Vec<Account>,
    ) -> Result<Vec<Transaction>, SyncError> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let accounts = accounts.into_iter().map(|account| account.id).collect();
        let query = TransactionQuery { accounts, window, ..TransactionQuery::default() };
        self.all_transactions(user, query).await
    }

    /// Brings connections up to date, some at once: each in a task of its own, so that one's pages are read on another core
    /// while another's rows are written. The tasks end with this future.
    pub(super) async fn sync_all(
        &self,
        connections: Vec<Connection>,
        cancellation: Option<&Cancellation>,
    ) -> Vec<ConnectionSync> {
        let rooms =
            Arc::new(Semaphore::new(self.options.concurrent_connections.clamp(1, Semaphore::MAX_PERMITS)));
        let mut tasks = Vec::with_capacity(connections.len());
        for connection in connections {
            // Never closed, so never refused.
            let room = rooms.clone().acquire_owned().await.ok();
            let (engine, id, cancellation) = (self.clone(), connection.id, cancellation.cloned());
            let sync =
                async move { engine.sync_connection(connection, None, room, cancellation.as_ref()).await };
            tasks.push((id, AbortOnDropHandle::new(tokio::spawn(sync.in_current_span()))));
        }
        let ended = tasks
            .into_iter()
            .map(async |(id, task)| task.await.unwrap_or_else(|error| ConnectionSync::not_ended(id, &error)));
        join_all(ended).await
    }

    /// Brings one connection up to date, under a lease that is held already or is waited for. A failure is part of the answer.
    pub(super) async fn sync_connection(
        &self,
        connection: Connection,
        lease: Option<HeldLease>,
        room: Option<Room>,
        cancellation: Option<&Cancellation>,
    ) -> ConnectionSync {
        let begun_at = self.clock.now();
        let throttle = Throttle::new(self);
        let mut sync = ConnectionSync::new(connection.id);
        if connection.status == ConnectionStatus::Removed {
            sync.error = Some(ended(&connection));
            return sync;
        }
        let lease = match lease {
            Some(lease) => Ok(lease),
            None => self.wait_for_lease(&connection, cancellation, &throttle).await,
        };
        match lease {
            Ok(lease) => {
                sync = self.sync_leased(&lease, room, cancellation, &throttle).await.0;
                lease.release().await;
                self.categorize_after_sync(&connection.user, sync.run.as_ref(), cancellation).await;
            }
            Err(error) => sync.error = Some(error),
        }
        sync.duration = (self.clock.now() - begun_at).to_std().unwrap_or_default();
        sync
    }

    /// Brings a connection up to date that nobody else syncs meanwhile, and plans its next sync, which is the one thing that
    /// may fail apart from what the answer says.
    pub(super) async fn sync_leased(
        &self,
        lease: &HeldLease,
        room: Option<Room>,
        cancellation: Option<&Cancellation>,
        throttle: &Throttle<'_>,
    ) -> (ConnectionSync, Result<(), SyncError>) {
        let id = lease.connection();
        let mut sync = ConnectionSync::new(id);
        throttle.tell(SyncProgress::Started { connection: id });
        let mut attempt = Attempt::new(self, lease, cancellation, throttle);
        let work = async {
            let ran = attempt.run(&mut sync.unlisted_account_types).await;
            drop(room);
            match ran {
                Ok(run) => sync.run = Some(run),
                Err(stop) => (sync.run, sync.error) = attempt.stopped(stop).await,
            }
            match &sync.run {
                Some(run) => self.note_attempt(lease.user(), run, sync.error.as_ref()).await,
                None => Ok(()),
            }
        };
        let noted = lease.keep(work).await;
        let counts = sync.run.as_ref().map_or_else(SyncCounts::default, |run| run.counts);
        throttle.tell(SyncProgress::Finished { connection: id, counts });
        if let Some(run) = &sync.run {
            sync.duration = run.duration();
            tracing::info!(
                connection = %id, outcome = run.outcome.name(), pages = run.pages, restarts = run.restarts,
                added = counts.added, modified = counts.modified, posted = counts.posted, removed = counts.removed,
                "synced"
            );
        }
        if let Err(error) = &noted {
            tracing::warn!(connection = %id, %error, "the next sync was not planned");
        }
        (sync, noted)
    }
}

pub(super) fn no_accounts_chosen() -> SyncError {
    let message = "no accounts were chosen: name at least one, or use `SyncScope::All`";
    SyncError::invalid_input(message, "Please choose at least one account.")
}

pub(super) fn ended(connection: &Connection) -> SyncError {
    let message = format!("connection {} is {}: link it anew", connection.id, connection.status.name());
    SyncError::new(SyncErrorKind::ConnectionEnded, message)
}
