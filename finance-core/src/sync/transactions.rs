//! `sync_transactions`: bring connections up to date.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::{Either, select};
use futures::{StreamExt, stream};

use super::awaiting::{accounts_with_new_rows, match_awaiting};
use super::leases::{HeldLease, cancelled, until_cancelled};
use super::manual::refuse_manual;
use super::pager::{AfterFailure, AfterPage, Pager, PagingEffort, Update};
use super::planner::{LocalState, Plan, is_not_ready, named_ids, plan};
use super::progress::Throttle;
use super::{Cancellation, ProgressListener, SyncEngine, SyncError, SyncErrorKind, SyncProgress};
use crate::model::{
    AccessToken, Account, AccountId, Connection, ConnectionFault, ConnectionId, ConnectionStatus, Cursor,
    DateWindow, ProviderAccount, ProviderName, RunOutcome, SyncCounts, SyncRun, Transaction, UserId,
};
use crate::provider::{ProviderConnection, ProviderError, ProviderErrorKind, UpdatePage};
use crate::store::{ChangeSet, KnownTransactions, RowSelection, StoreErrorKind, TransactionQuery};

/// What to bring up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncScope {
    /// Every connection of the user that a provider feeds.
    All,
    /// One connection.
    Connection(ConnectionId),
    /// The connections behind these accounts. A provider syncs whole connections, so their other accounts come
    /// up to date too; what is returned is of these accounts only. Accounts kept by hand have nothing to sync.
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
    /// Hears how it goes, as often as [`ProgressPolicy`](super::ProgressPolicy) allows.
    pub progress: Option<Arc<dyn ProgressListener>>,
    /// Stops it: before a connection, between its pages, and before they are stored, never while they are. What was stored by
    /// then stays; the rest is [`SyncErrorKind::Cancelled`] in the report.
    pub cancellation: Option<Cancellation>,
}

impl SyncRequest {
    /// Syncs the scope and returns no transactions.
    pub const fn new(scope: SyncScope) -> Self {
        Self { scope, window: None, progress: None, cancellation: None }
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
}

/// Who watches a sync.
#[derive(Clone, Copy, Default)]
pub(super) struct Watch<'a> {
    pub(super) progress: Option<&'a dyn ProgressListener>,
    pub(super) cancellation: Option<&'a Cancellation>,
}

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
    /// that the user does not have, [`SyncErrorKind::Store`] when the store cannot be read.
    pub async fn sync_transactions(
        &self,
        user: &UserId,
        request: &SyncRequest,
    ) -> Result<SyncReport, SyncError> {
        let chosen = self.chosen_connections(user, &request.scope).await?;
        let progress = request.progress.as_deref();
        let connections =
            self.sync_all(chosen, Watch { progress, cancellation: request.cancellation.as_ref() }).await;
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
                connections.retain(|connection| !connection.is_manual());
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
            return Err(SyncError::new(
                SyncErrorKind::InvalidInput,
                "no accounts were chosen: name at least one, or use `SyncScope::All`",
            ));
        }
        let accounts = self.store.accounts(user).await?;
        let mut chosen = BTreeSet::new();
        for id in ids {
            let account = accounts.iter().find(|account| account.id == *id).ok_or_else(|| {
                let message = format!("there is no account {id} for this user");
                SyncError::new(SyncErrorKind::NotFound, message)
            })?;
            chosen.insert(account.connection);
        }
        let mut connections = self.store.connections(user).await?;
        connections.retain(|connection| chosen.contains(&connection.id) && !connection.is_manual());
        Ok(connections)
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

    /// Brings connections up to date, some at once.
    pub(super) async fn sync_all(
        &self,
        connections: Vec<Connection>,
        watch: Watch<'_>,
    ) -> Vec<ConnectionSync> {
        stream::iter(connections)
            .map(|connection| self.sync_connection(connection, None, watch))
            .buffered(self.options.concurrent_connections.max(1))
            .collect()
            .await
    }

    /// Brings one connection up to date, under a lease that is held already or is waited for. A failure is part of the answer.
    pub(super) async fn sync_connection(
        &self,
        connection: Connection,
        lease: Option<HeldLease>,
        watch: Watch<'_>,
    ) -> ConnectionSync {
        let begun_at = self.clock.now();
        let throttle = Throttle::new(watch.progress, self.options.progress);
        let mut sync = ConnectionSync::new(connection.id);
        if connection.status == ConnectionStatus::Removed {
            sync.error = Some(ended(&connection));
            return sync;
        }
        let lease = match lease {
            Some(lease) => Ok(lease),
            None => self.wait_for_lease(&connection, watch.cancellation, &throttle).await,
        };
        match lease {
            Ok(lease) => {
                sync = self.sync_leased(&lease, watch.cancellation, &throttle).await.0;
                lease.release().await;
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
        cancellation: Option<&Cancellation>,
        throttle: &Throttle<'_>,
    ) -> (ConnectionSync, Result<(), SyncError>) {
        let id = lease.connection();
        let mut sync = ConnectionSync::new(id);
        let tell = |step| throttle.tell(step);
        tell(SyncProgress::Started { connection: id });
        let mut attempt = Attempt {
            engine: self,
            user: lease.user(),
            connection: id,
            started_at: self.clock.now(),
            begun_at: None,
            effort: PagingEffort::default(),
            tell: &tell,
            lease,
            cancellation,
        };
        let work = async {
            match attempt.run(&mut sync.unlisted_account_types).await {
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
        tell(SyncProgress::Finished { connection: id, counts });
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

pub(super) fn ended(connection: &Connection) -> SyncError {
    let message = format!("connection {} is {}: link it anew", connection.id, connection.status.name());
    SyncError::new(SyncErrorKind::ConnectionEnded, message)
}

/// Tries to store an update after the user changed a row that is part of it.
const MATCHING_TRIES: usize = 5;

/// One attempt on one connection.
struct Attempt<'a> {
    engine: &'a SyncEngine,
    user: &'a UserId,
    connection: ConnectionId,
    started_at: DateTime<Utc>,
    /// Where the cursor stood when the attempt began.
    begun_at: Option<Cursor>,
    effort: PagingEffort,
    tell: &'a (dyn Fn(SyncProgress) + Send + Sync),
    lease: &'a HeldLease,
    cancellation: Option<&'a Cancellation>,
}

/// Why an attempt ends without an update.
enum Stop {
    Failed(SyncError),
    Cancelled,
    /// Another sync took the connection over.
    Overtaken,
}

impl<E: Into<SyncError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Attempt<'_> {
    async fn run(&mut self, unlisted: &mut Vec<String>) -> Result<SyncRun, Stop> {
        let store = &self.engine.store;
        // Read under the lease: a sync that ran while this one waited has moved the cursor.
        let connection = store.connection(self.user, self.connection).await?;
        let token = store.access_token(self.user, self.connection).await?;
        self.begun_at.clone_from(&connection.cursor);
        let update = self.fetch(connection.cursor.clone(), &token).await?;
        let described = self.description(&token).await;
        if is_not_ready(&update) {
            return Ok(self.not_ready(&connection, described.as_ref()).await?);
        }

        let rows = update.pages.iter().map(UpdatePage::rows).sum();
        (self.tell)(SyncProgress::Storing { connection: self.connection, rows });
        let listed = self.listed_accounts(&token).await;
        *unlisted = unlisted_types(listed.as_deref().unwrap_or_default());
        let known = if update.start.is_none() {
            store.known_transactions(self.connection, KnownTransactions::All).await?
        } else {
            store.known_transactions(self.connection, KnownTransactions::Among(&named_ids(&update))).await?
        };
        // Fetching may have taken minutes: the status is read anew, the cursor must be where the update began.
        let fresh = store.connection(self.user, self.connection).await?;
        let connection = Connection { cursor: connection.cursor, ..fresh };
        let accounts = self.own_accounts().await?;
        let local = LocalState { connection: &connection, accounts: &accounts, known: &known };
        let mut planned = plan(local, update, listed, self.engine.clock.now());
        drop(known);
        if let Some(described) = &described {
            take_over(&mut planned.change, &connection, described);
        }
        self.go_on()?;
        Ok(self.store_plan(planned, &connection.provider, &accounts).await?)
    }

    /// Stores a plan, after looking for rows of it that entered the books before. The user may change those meanwhile, so that
    /// they are looked for again.
    async fn store_plan(
        &self,
        planned: Plan,
        provider: &ProviderName,
        accounts: &[Account],
    ) -> Result<SyncRun, SyncError> {
        for tries_left in (0..MATCHING_TRIES).rev() {
            let awaiting = self.awaiting_rows(&planned, accounts).await?;
            if awaiting.is_empty() {
                break;
            }
            let matched = match_awaiting(planned.clone(), &awaiting, provider, &self.engine.options.dedup);
            match self.apply(matched).await {
                Err(error)
                    if *error.kind() == SyncErrorKind::Store(StoreErrorKind::Conflict) && tries_left > 0 => {}
                answer => return answer,
            }
        }
        self.apply(planned).await
    }

    async fn apply(&self, plan: Plan) -> Result<SyncRun, SyncError> {
        let run = self.ended(RunOutcome::Applied, plan.counts, None);
        let change = ChangeSet { run: Some(run.clone()), ..plan.change };
        self.engine.store.apply(&change).await?;
        Ok(run)
    }

    /// Stored rows that entered without the provider and that a new row of the plan may be.
    async fn awaiting_rows(&self, plan: &Plan, accounts: &[Account]) -> Result<Vec<Transaction>, SyncError> {
        let days = plan.change.inserts.iter().map(|insert| insert.row.date);
        let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { return Ok(Vec::new()) };
        let accounts = accounts_with_new_rows(plan, accounts);
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let window = self.engine.days_around(first, last);
        let rows = RowSelection::AwaitingTheBank;
        self.engine
            .all_transactions(
                self.user,
                TransactionQuery { accounts, window, rows, ..TransactionQuery::default() },
            )
            .await
    }

    /// Whether the attempt may go on.
    fn go_on(&self) -> Result<(), Stop> {
        if self.lease.is_lost() {
            return Err(Stop::Overtaken);
        }
        match self.cancellation.is_some_and(Cancellation::is_cancelled) {
            true => Err(Stop::Cancelled),
            false => Ok(()),
        }
    }

    /// Fetches one whole update; nothing is stored and no lock of the store is held meanwhile.
    async fn fetch(&mut self, start: Option<Cursor>, token: &AccessToken) -> Result<Update, Stop> {
        let mut pager = Pager::new(start, self.engine.options.pager);
        loop {
            self.go_on()?;
            let request = pager.request();
            let page = self.engine.provider.transactions_page(token, &request);
            let answer = match select(page, pin!(until_cancelled(self.cancellation))).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => return Err(Stop::Cancelled),
            };
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

    /// Records that nothing is ready yet. A fault that the provider tells of the connection may be why.
    async fn not_ready(
        &self,
        connection: &Connection,
        described: Option<&ProviderConnection>,
    ) -> Result<SyncRun, SyncError> {
        let run = self.ended(RunOutcome::NotReady, SyncCounts::default(), None);
        let mut change = ChangeSet::new(self.connection, run.ended_at);
        if let Some(described) = described {
            take_over(&mut change, connection, described);
        }
        change.run = Some(run.clone());
        self.engine.store.apply(&change).await?;
        Ok(run)
    }

    /// What the provider knows of the connection itself: pages without a fault do not say that the bank still answers. Doing
    /// without it only delays such news, so a failure is not the update's failure.
    async fn description(&self, token: &AccessToken) -> Option<ProviderConnection> {
        let described = self.engine.provider.connection(token).await;
        described
            .inspect_err(|error| {
                tracing::warn!(connection = %self.connection, %error, "the connection could not be described");
            })
            .ok()
    }

    async fn own_accounts(&self) -> Result<Vec<Account>, SyncError> {
        let mut accounts = self.engine.store.accounts(self.user).await?;
        accounts.retain(|account| account.connection == self.connection);
        Ok(accounts)
    }

    /// Records an attempt that ends without an update. Losing a race against another sync is no fault.
    async fn stopped(&self, stop: Stop) -> (Option<SyncRun>, Option<SyncError>) {
        let store = &self.engine.store;
        let now = store.connection(self.user, self.connection).await;
        let moved = now.as_ref().is_ok_and(|now| now.cursor != self.begun_at);
        let (outcome, fault, error) = match stop {
            Stop::Overtaken => (RunOutcome::Superseded, None, None),
            Stop::Failed(error) if moved && is_conflict(&error) => (RunOutcome::Superseded, None, None),
            Stop::Failed(error) => (RunOutcome::Failed, self.fault(&error), Some(error)),
            Stop::Cancelled => (RunOutcome::Cancelled, None, Some(cancelled(self.connection))),
        };
        let run = self.ended(outcome, SyncCounts::default(), fault);
        let status =
            now.ok().zip(run.fault.as_ref()).map(|(now, fault)| now.status.after_failure(fault.kind));
        // The attempt's own error matters more than that it could not be recorded.
        match store.record_run(&run, status).await {
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

/// Takes over what the provider says of a connection into what an update changes.
pub(super) fn take_over(change: &mut ChangeSet, before: &Connection, described: &ProviderConnection) {
    let kind = described.fault.as_ref().map(|fault| fault.kind);
    let status = change.status.unwrap_or(before.status);
    let now = status.as_described(kind, described.consent_expires_at, change.at);
    if change.status.is_some() || kind.is_some() || now != before.status {
        change.status = Some(now);
    }
    change.fault = described.fault.as_ref().map(|fault| ConnectionFault {
        kind: fault.kind,
        code: fault.code.clone(),
        user_message: fault.user_message.clone(),
        at: change.at,
    });
    // A name that the link dialogue gave is not lost to a description without one.
    let known = before.institution.as_ref();
    let told = described.institution.as_ref();
    let told = told.filter(|told| told.name.is_some() || known.is_none_or(|known| known.id != told.id));
    change.institution = told.cloned();
    change.consent_expires_at = Some(described.consent_expires_at);
    change.bank_updated_at = described.transactions_updated_at;
    change.bank_failed_at = described.transactions_failed_at;
}

fn is_conflict(error: &SyncError) -> bool {
    *error.kind() == SyncErrorKind::Store(StoreErrorKind::Conflict)
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
