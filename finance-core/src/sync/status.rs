//! `connection_status`, `account_health`, `sync_status`, `sync_overview`: how everything stands, from what is stored.

use super::manual::refuse_manual;
use super::{LinkOptions, SyncEngine, SyncError, SyncErrorKind};
use crate::health::HealthPolicy;
use crate::model::{AccountId, ConnectionId, UserId};
use crate::overview::{
    AccountReport, ConnectionAction, ConnectionReport, ConnectionsReport, Records, SyncOverview, SyncStatus,
};
use crate::schedule::next_due;
use crate::store::StoredSchedule;

/// Whose sync status to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StatusSubject {
    /// One account.
    Account(AccountId),
    /// One connection with all its open accounts.
    Connection(ConnectionId),
}

impl SyncEngine {
    /// Tells how every connection of the user stands, what to do about it, and all of them in one. A user without connections
    /// gets an empty report. Nothing is asked of the provider.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks};
    /// use finance_core::{ConnectionAction, ConnectionStatus, SyncRequest, SyncScope};
    ///
    /// let books = SampleBooks::new().await;
    /// books.provider.change(&books.sign_in, BankChange::BreakSignIn).await;
    /// books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await?;
    ///
    /// let report = books.engine.connection_status(&books.user).await?;
    /// let connection = &report.connections[0];
    /// assert_eq!(connection.state, ConnectionStatus::NeedsSignIn);
    /// assert_eq!(connection.action, ConnectionAction::Update { select_accounts: false });
    /// assert_eq!(report.overall.need_user, 1);
    /// // Scripted Bank asks you to sign in again. Until then nothing new comes in.
    /// println!("{}", report.overall.sentence);
    ///
    /// // The button beside it.
    /// let options = connection.link_options("My App").unwrap();
    /// let session = books.engine.create_link_token(&books.user, &options).await?;
    /// # let _ = session;
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn connection_status(&self, user: &UserId) -> Result<ConnectionsReport, SyncError> {
        let (connections, accounts, schedules) = futures::try_join!(
            self.store.connections(user),
            self.store.accounts(user),
            self.store.schedules(user),
        )?;
        let schedules = self.planned(schedules);
        let records = Records { connections, accounts, schedules, ..Records::default() };
        Ok(records.connections_report(self.clock.now()))
    }

    /// Tells how one account does, 0 to 100 in named parts with their reasons, and what would help.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::Recommendation;
    ///
    /// let books = SampleBooks::new().await;
    /// let account = books.engine.account_health(&books.user, books.accounts[0]).await?;
    /// assert_eq!(account.name, "Account a");
    /// assert!(account.health.recommendations.contains(&Recommendation::Reconcile));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such account.
    pub async fn account_health(
        &self,
        user: &UserId,
        account: AccountId,
    ) -> Result<AccountReport, SyncError> {
        let subject = StatusSubject::Account(account);
        let records = self.connection_records(user, subject, runs_for_health(&self.options.health)).await?;
        let report = records.account_report(account, &self.options.health, self.clock.now());
        report.ok_or_else(|| no_account(account))
    }

    /// Tells how the syncs of a connection, or of the connection behind one account, go: indicators, success rate, durations,
    /// rows a run, age of the data, quality, recommendations. Everything is counted from stored runs;
    /// [`EngineOptions::status`](super::EngineOptions::status) says which.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::StatusSubject;
    ///
    /// let books = SampleBooks::new().await;
    /// let status = books.engine.sync_status(&books.user, StatusSubject::Connection(books.connection)).await?;
    /// assert_eq!((status.statistics.runs, status.statistics.success_percent), (1, Some(100)));
    /// assert_eq!(status.statistics.rows, 4);
    /// assert_eq!(status.accounts.len(), 2);
    /// for indicator in &status.indicators {
    ///     println!("{:<15} {:<6} {}", indicator.factor.name(), indicator.light.name(), indicator.reason);
    /// }
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such account or connection, [`SyncErrorKind::InvalidInput`] when it is kept
    /// by hand.
    pub async fn sync_status(&self, user: &UserId, subject: StatusSubject) -> Result<SyncStatus, SyncError> {
        let policies = (&self.options.health, &self.options.status);
        let runs = self.options.status.runs_max.max(runs_for_health(policies.0));
        let records = self.connection_records(user, subject, runs).await?;
        records.connections.iter().try_for_each(refuse_manual)?;
        let account = match subject {
            StatusSubject::Account(account) => Some(account),
            StatusSubject::Connection(_) => None,
        };
        let status = records.sync_status(account, policies, self.clock.now());
        status.ok_or_else(|| SyncError::new(SyncErrorKind::NotFound, "the connection is gone"))
    }

    /// Shows everything on one page: every open account, worst first, the connections, totals by currency and class, the next
    /// sync, and what would help. A user without accounts gets an empty page. Nothing is asked of the provider.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let page = books.engine.sync_overview(&books.user).await?;
    /// assert_eq!(page.accounts.len(), 2);
    /// let total = &page.totals.by_currency[0];
    /// assert_eq!(total.net.as_ref().unwrap().to_string(), "200.00 USD");
    /// for advice in &page.advice {
    ///     println!("{} ({} accounts)", advice.recommendation, advice.accounts.len());
    /// }
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn sync_overview(&self, user: &UserId) -> Result<SyncOverview, SyncError> {
        let policy = &self.options.health;
        let (connections, accounts, runs, pending_days, reconciliations, schedules) = futures::try_join!(
            self.store.connections(user),
            self.store.accounts(user),
            self.store.recent_runs(user, runs_for_health(policy)),
            self.store.pending_days(user, None),
            self.store.latest_reconciliations(user),
            self.store.schedules(user),
        )?;
        let schedules = self.planned(schedules);
        let ledger_balances = self.ledger_balances(user, &connections, &accounts).await?;
        let records = Records {
            connections,
            accounts,
            runs,
            pending_days,
            reconciliations,
            schedules,
            ledger_balances,
        };
        Ok(records.overview(policy, self.clock.now()))
    }

    /// The schedules as they are now: what was planned when one was saved does not know of a new status.
    fn planned(&self, mut schedules: Vec<StoredSchedule>) -> Vec<StoredSchedule> {
        for schedule in &mut schedules {
            schedule.due = next_due(&schedule.state, &self.options.schedule, self.clock.now());
        }
        schedules
    }

    /// What is stored of one connection.
    async fn connection_records(
        &self,
        user: &UserId,
        subject: StatusSubject,
        runs: u32,
    ) -> Result<Records, SyncError> {
        let mut accounts = self.store.accounts(user).await?;
        let id = match subject {
            StatusSubject::Connection(id) => id,
            StatusSubject::Account(id) => {
                let account = accounts.iter().find(|account| account.id == id);
                account.ok_or_else(|| no_account(id))?.connection
            }
        };
        let (connection, runs, schedule, pending_days, reconciliations) = futures::try_join!(
            self.store.connection(user, id),
            self.store.runs(user, id, runs),
            self.store.schedule(user, id),
            self.store.pending_days(user, Some(id)),
            self.store.latest_reconciliations(user),
        )?;
        accounts.retain(|account| account.connection == id);
        let (connections, schedules) = (vec![connection], self.planned(vec![schedule]));
        let ledger_balances = self.ledger_balances(user, &connections, &accounts).await?;
        Ok(Records { connections, accounts, runs, pending_days, reconciliations, schedules, ledger_balances })
    }
}

/// How many runs to read so that enough of them count: those that found nothing ready do not.
fn runs_for_health(policy: &HealthPolicy) -> u32 {
    u32::from(policy.runs_max) * 2
}

fn no_account(id: AccountId) -> SyncError {
    SyncError::new(SyncErrorKind::NotFound, format!("this user has no account {id}"))
}

impl ConnectionReport {
    /// What to open the link dialogue with, where [`ConnectionReport::action`] is one of the user's: in update mode for this
    /// connection, or for a new one. `None` when there is nothing to open.
    pub fn link_options(&self, client_name: impl Into<String>) -> Option<LinkOptions> {
        match self.action {
            ConnectionAction::Update { select_accounts } => {
                Some(LinkOptions { select_accounts, ..LinkOptions::update(client_name, self.connection) })
            }
            ConnectionAction::LinkAgain => Some(LinkOptions::new(client_name)),
            ConnectionAction::Nothing | ConnectionAction::Wait { .. } | ConnectionAction::ContactSupport => {
                None
            }
        }
    }
}
