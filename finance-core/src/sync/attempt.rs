//! One attempt to bring one connection up to date.

use std::collections::BTreeSet;
use std::pin::pin;

use chrono::{DateTime, Utc};
use futures::StreamExt;
use futures::future::{Either, select};

use super::awaiting::{accounts_with_new_rows, match_awaiting};
use super::conflicts::{TRIES, again_on_conflict, is_conflict};
use super::leases::{HeldLease, cancelled, until_cancelled};
use super::pager::{AfterFailure, AfterPage, Pager, PagingEffort, PagingFault, Update};
use super::planner::{LocalState, Plan, is_not_ready, named_ids, plan};
use super::progress::Throttle;
use super::{Cancellation, SyncEngine, SyncError, SyncProgress};
use crate::model::{
    AccessToken, Account, Connection, ConnectionFault, ConnectionId, Cursor, ProviderAccount, RowOrigin,
    RunOutcome, SyncCounts, SyncRun, Transaction, UserId,
};
use crate::provider::{ProviderConnection, ProviderError, ProviderErrorKind, UpdatePage};
use crate::store::{ChangeSet, KnownTransactions, RowSelection, TransactionQuery};

/// One attempt on one connection.
pub(super) struct Attempt<'a> {
    engine: &'a SyncEngine,
    user: &'a UserId,
    connection: ConnectionId,
    started_at: DateTime<Utc>,
    /// Where the cursor stood when the attempt began.
    begun_at: Option<Cursor>,
    effort: PagingEffort,
    lease: &'a HeldLease,
    cancellation: Option<&'a Cancellation>,
    throttle: &'a Throttle<'a>,
}

/// Why an attempt ends without an update.
pub(super) enum Stop {
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

impl<'a> Attempt<'a> {
    pub(super) fn new(
        engine: &'a SyncEngine,
        lease: &'a HeldLease,
        cancellation: Option<&'a Cancellation>,
        throttle: &'a Throttle<'a>,
    ) -> Self {
        Self {
            engine,
            user: lease.user(),
            connection: lease.connection(),
            started_at: engine.clock.now(),
            begun_at: None,
            effort: PagingEffort::default(),
            lease,
            cancellation,
            throttle,
        }
    }

    /// Makes the attempt. Types of accounts that are not listed are told beside it.
    pub(super) async fn run(&mut self, unlisted: &mut Vec<String>) -> Result<SyncRun, Stop> {
        let store = &self.engine.store;
        // Read under the lease: a sync that ran while this one waited has moved the cursor.
        let connection = store.connection(self.user, self.connection).await?;
        let token = store.access_token(self.user, self.connection).await?;
        self.begun_at.clone_from(&connection.cursor);
        let update = self.fetch(connection.cursor.clone(), &token).await?;
        if is_not_ready(&update) {
            let described = self.description(&token).await;
            return Ok(self.not_ready(&connection, described.as_ref()).await?);
        }

        let rows = update.pages.iter().map(UpdatePage::rows).sum();
        self.throttle.tell(SyncProgress::Storing { connection: self.connection, rows });
        let asked_at = self.engine.clock.now();
        let (listed, described) = futures::join!(self.listed_accounts(&token), self.description(&token));
        *unlisted = unlisted_types(listed.as_deref().unwrap_or_default());
        let known = if update.start.is_none() {
            store.known_transactions(self.connection, KnownTransactions::All).await?
        } else {
            store.known_transactions(self.connection, KnownTransactions::Among(&named_ids(&update))).await?
        };
        let accounts = self.own_accounts().await?;
        let local = LocalState { connection: &connection, accounts: &accounts, known: &known };
        // Without the list, balances came with the pages.
        let balances_at = Some(if listed.is_some() { asked_at } else { self.started_at });
        let mut planned = plan(local, update, listed, self.engine.clock.now());
        planned.change.balances_at = balances_at;
        drop(known);
        self.go_on()?;
        Ok(self.store_plan(planned, &accounts, described.as_ref()).await?)
    }

    /// Stores a plan as what it means for the books as they stand. Whoever writes to the connection in between makes its
    /// revision grow, and both are looked at anew: rows that entered the books before, and the status.
    async fn store_plan(
        &self,
        mut planned: Plan,
        accounts: &[Account],
        described: Option<&ProviderConnection>,
    ) -> Result<SyncRun, SyncError> {
        let mut tries_left = TRIES;
        loop {
            let now = self.engine.store.connection(self.user, self.connection).await?;
            settle(&mut planned.change, &now, described, self.started_at);
            let awaiting = self.awaiting_rows(&planned, accounts).await?;
            let stored = if awaiting.is_empty() {
                self.apply(&mut planned).await
            } else {
                let dedup = &self.engine.options.dedup;
                self.apply(&mut match_awaiting(planned.clone(), &awaiting, &now.provider, dedup)).await
            };
            tries_left -= 1;
            match stored {
                // A cursor that moved stays where it is.
                Err(error) if is_conflict(&error) && tries_left > 0 && now.cursor == self.begun_at => {}
                answer => return answer,
            }
        }
    }

    async fn apply(&self, plan: &mut Plan) -> Result<SyncRun, SyncError> {
        let run = self.ended(RunOutcome::Applied, plan.counts, None);
        plan.change.run = Some(run.clone());
        self.engine.store.apply(&plan.change).await?;
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
        let query = TransactionQuery { accounts, window, ..TransactionQuery::default() };
        let rows = RowSelection::AwaitingTheBank;
        let mut found =
            self.engine.all_transactions(self.user, TransactionQuery { rows, ..query.clone() }).await?;
        let rows = RowSelection::DeletedByUser;
        let mut deleted = self.engine.all_transactions(self.user, TransactionQuery { rows, ..query }).await?;
        // One that was typed in and deleted was a slip; the bank's row is another.
        deleted.retain(|row| matches!(row.origin, RowOrigin::File | RowOrigin::EarlierConnection));
        found.extend(deleted);
        Ok(found)
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
        let mut pages = self.engine.provider.update_pages(token, pager.request());
        loop {
            self.go_on()?;
            let answer = match select(pages.next(), pin!(until_cancelled(self.cancellation))).await {
                Either::Left((answer, _)) => answer,
                Either::Right(_) => return Err(Stop::Cancelled),
            };
            let step = match answer {
                Some(Ok(page)) => pager.page(page),
                None => Err(PagingFault::NoProgress),
                Some(Err(error)) => match pager.failed(error.kind()) {
                    AfterFailure::BeginAgain => {
                        self.effort = pager.effort();
                        self.throttle.tell(SyncProgress::BeganAgain { connection: self.connection });
                        pages = self.engine.provider.update_pages(token, pager.request());
                        continue;
                    }
                    AfterFailure::GiveUp => return Err(error.into()),
                },
            };
            self.effort = pager.effort();
            let (pages, rows) = (self.effort.pages, pager.rows());
            self.throttle.tell(SyncProgress::PageFetched { connection: self.connection, pages, rows });
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
    pub(super) async fn stopped(&self, stop: Stop) -> (Option<SyncRun>, Option<SyncError>) {
        let now = self.engine.store.connection(self.user, self.connection).await;
        let moved = now.as_ref().is_ok_and(|now| now.cursor != self.begun_at);
        let (outcome, fault, error) = match stop {
            Stop::Overtaken => (RunOutcome::Superseded, None, None),
            Stop::Failed(error) if moved && is_conflict(&error) => (RunOutcome::Superseded, None, None),
            Stop::Failed(error) => (RunOutcome::Failed, error.fault(self.engine.clock.now()), Some(error)),
            Stop::Cancelled => (RunOutcome::Cancelled, None, Some(cancelled(self.connection))),
        };
        let run = self.ended(outcome, SyncCounts::default(), fault);
        // The attempt's own error matters more than that it could not be recorded.
        match self.engine.record_attempt(self.user, &run).await {
            Ok(()) => (Some(run), error),
            Err(not_recorded) => {
                tracing::warn!(connection = %self.connection, error = %not_recorded, "a sync run was not recorded");
                (Some(run), error.or(Some(not_recorded)))
            }
        }
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

impl SyncEngine {
    /// Records an attempt that changed nothing in the ledger, with what its fault makes of the connection's status.
    pub(super) async fn record_attempt(&self, user: &UserId, run: &SyncRun) -> Result<(), SyncError> {
        let record = || async {
            let mut change = ChangeSet::new(run.connection, run.ended_at);
            change.run = Some(run.clone());
            if let Some(fault) = &run.fault {
                let now = self.store.connection(user, run.connection).await?;
                change.revision = Some(now.revision);
                change.status = Some(now.status.after_failure(fault.kind));
                change.fault = Some(fault.clone());
            }
            self.store.apply(&change).await?;
            Ok(())
        };
        again_on_conflict(record).await
    }
}

/// What an update makes of a connection that stands like this now. A fault that was told since the update began stands: the
/// pages are from before.
fn settle(
    change: &mut ChangeSet,
    now: &Connection,
    described: Option<&ProviderConnection>,
    begun_at: DateTime<Utc>,
) {
    let told_since = now.fault.as_ref().is_some_and(|fault| fault.at > begun_at);
    let works = now.status.after_success(change.history.unwrap_or(now.history));
    change.revision = Some(now.revision);
    change.status = (!told_since).then_some(works);
    if let Some(described) = described {
        take_over(change, now, described);
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
