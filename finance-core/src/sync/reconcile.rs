//! `reconcile`: accounts against what the bank said they held.

use chrono::{Days, NaiveDate, SubsecRound};
use futures::{StreamExt, stream};

use super::statements::tomorrow;
use super::transactions::no_accounts_chosen;
use super::{SyncEngine, SyncError, SyncErrorKind, SyncProgress, SyncScope};
use crate::audit::{AuditDraft, AuditSubject};
use crate::events::EventKind;
use crate::ledger_row::LedgerRow;
use crate::model::{
    Account, AccountId, AccountStatus, Connection, ConnectionStatus, Currency, DateWindow, Money,
    ReconciliationId, Transaction, TransactionState, UserId,
};
use crate::reconcile::{
    AccountComparison, Compared, ReconcilePolicy, Resolution, counted_row, known_balances, reconcile, settled,
};
use crate::store::{
    ChangeSet, NewReconciliation, ReconciliationSummary, RowSelection, StoreError, StoreErrorKind,
    StoredReconciliation, TransactionQuery,
};

/// Days before the first known balance whose rows tell the habits of an account.
const HABIT_DAYS: u64 = 366;

/// A call of [`SyncEngine::reconcile`].
#[derive(Debug, Clone)]
pub struct ReconcileRequest {
    /// Which accounts. [`SyncScope::All`] and [`SyncScope::Connection`] mean open accounts only, and the former none of connections
    /// that were removed.
    pub scope: SyncScope,
    /// The first day of which a balance is looked at; `None` looks at all that were ever told.
    pub since: Option<NaiveDate>,
    /// How closely bank and books must agree; `None` is [`ReconcilePolicy::of_currency`] of each account's own. Where the
    /// policy names no currency, it gets the account's.
    pub policy: Option<ReconcilePolicy>,
}

impl ReconcileRequest {
    /// Compares these accounts over all that is known of them.
    pub const fn new(scope: SyncScope) -> Self {
        Self { scope, since: None, policy: None }
    }
}

/// What a comparison of several accounts found.
#[derive(Debug, Default)]
pub struct ReconcileReport {
    /// One entry an account, by connection and then in order of appearance. One that failed does not stop the others.
    pub accounts: Vec<ReconciledAccount>,
}

impl ReconcileReport {
    /// Whether every account could be compared, whatever was found.
    pub fn is_complete(&self) -> bool {
        self.accounts.iter().all(|account| account.outcome.is_ok())
    }
}

/// What a comparison found for one account.
#[derive(Debug)]
pub struct ReconciledAccount {
    /// The account.
    pub account: AccountId,
    /// The comparison, also kept in the store, or why there is none.
    pub outcome: Result<ReconciliationRecord, SyncError>,
}

/// A comparison in the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciliationRecord {
    /// Its identifier.
    pub id: ReconciliationId,
    /// When it was made.
    pub at: chrono::DateTime<chrono::Utc>,
    /// What it found. It stays as it was found, whatever is accepted of it.
    pub comparison: AccountComparison,
    /// What the user accepted of it, undone or not, by explanation.
    pub resolutions: Vec<Resolution>,
}

impl SyncEngine {
    /// Compares accounts with the balances that their bank and the user's statements told, explains the differences, and keeps
    /// every answer. Nothing else in the books changes; what an explanation proposes is changed by [`SyncEngine::resolve`].
    ///
    /// At most [`EngineOptions::concurrent_accounts`](super::EngineOptions::concurrent_accounts) accounts are worked on at
    /// once. Each comparison is told as [`EventKind::AccountReconciled`], and the end of all as one
    /// [`EventKind::BulkCompleted`] of the operation `reconcile`. An account of which fewer than two balances are known has
    /// neither difference nor score; its notes say what is missing.
    ///
    /// A row that the user deleted does not count. Where the provider still reports it and bank and books differ by just its
    /// amount, it is named first, as [`ExplanationKind::DeletedTransaction`](crate::ExplanationKind::DeletedTransaction).
    ///
    /// A pending row counts as the user said of it; without the user's word the policy decides, which leaves pending rows out
    /// by default. A manual account is compared with its statements only. Of the bank's own balances the last of each day (UTC) is compared with. One that was told before rows of its
    /// day reached the books is passed over, if these rows are all that sets it apart from later balances.
    ///
    /// # Errors
    /// [`SyncErrorKind::InvalidInput`] for an empty selection of accounts and a `since` after tomorrow (UTC), [`SyncErrorKind::NotFound`] for a connection or an
    /// account that the user does not have, [`SyncErrorKind::Store`] when the store cannot be read. What fails for one account
    /// is in its entry of the report.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{ExplanationKind, NewStatement, ReconcileRequest, SyncScope, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// // The bank holds 100.00 now; what it held before the four rows is on a statement.
    /// let statement = NewStatement::new("2025-12-20".parse()?, parse_amount("105.00")?);
    /// engine.add_statement(user, account, &statement).await?;
    ///
    /// let report = engine.reconcile(user, &ReconcileRequest::new(SyncScope::Accounts(vec![account]))).await?;
    /// let found = &report.accounts[0].outcome.as_ref().unwrap().comparison;
    /// assert_eq!(found.difference, Some(parse_amount("5.00")?));
    /// assert_eq!(found.explanations[0].kind, ExplanationKind::MissingTransaction);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn reconcile(
        &self,
        user: &UserId,
        request: &ReconcileRequest,
    ) -> Result<ReconcileReport, SyncError> {
        if let Some(since) = request.since.filter(|since| *since > tomorrow(self.clock.now())) {
            let message = format!("no balance can be compared since {since}, which has not come yet");
            return Err(SyncError::invalid_input(
                message,
                "This day has not come yet. Please check the date.",
            ));
        }
        let connections = self.store.connections(user).await?;
        let accounts = self.accounts_to_compare(user, &request.scope, &connections).await?;
        let of = u32::try_from(accounts.len()).unwrap_or(u32::MAX);
        let work = accounts.iter().filter_map(|account| {
            let connection = connections.iter().find(|connection| connection.id == account.connection)?;
            Some(self.reconciled(connection, account, request))
        });
        let mut compared =
            stream::iter(work.collect::<Vec<_>>()).buffered(self.options.concurrent_accounts.max(1));
        let mut report = ReconcileReport::default();
        while let Some(account) = compared.next().await {
            let done = u32::try_from(report.accounts.len() + 1).unwrap_or(u32::MAX);
            self.tell(SyncProgress::AccountReconciled { account: account.account, done, of });
            report.accounts.push(account);
        }
        drop(compared);
        if let Some(account) = accounts.first() {
            self.tell_the_end(account, &report).await?;
        }
        Ok(report)
    }

    /// The accounts that a scope means, manual ones included.
    async fn accounts_to_compare(
        &self,
        user: &UserId,
        scope: &SyncScope,
        connections: &[Connection],
    ) -> Result<Vec<Account>, SyncError> {
        let mut accounts = self.chosen_accounts(user, scope).await?;
        match scope {
            SyncScope::Accounts(ids) if ids.is_empty() => return Err(no_accounts_chosen()),
            SyncScope::Accounts(ids) => {
                if let Some(id) = ids.iter().find(|id| accounts.iter().all(|account| account.id != **id)) {
                    let message = format!("there is no account {id} for this user");
                    return Err(SyncError::new(SyncErrorKind::NotFound, message));
                }
            }
            SyncScope::Connection(id) => {
                self.store.connection(user, *id).await?;
                accounts.retain(|account| account.status == AccountStatus::Open);
            }
            SyncScope::All => {
                let has_ended = |account: &Account| {
                    let of = connections.iter().find(|connection| connection.id == account.connection);
                    of.is_none_or(|connection| connection.status == ConnectionStatus::Removed)
                };
                accounts.retain(|account| account.status == AccountStatus::Open && !has_ended(account));
            }
        }
        Ok(accounts)
    }

    async fn tell_the_end(&self, account: &Account, report: &ReconcileReport) -> Result<(), SyncError> {
        let count = |ok: bool| {
            let accounts = report.accounts.iter().filter(|account| account.outcome.is_ok() == ok);
            u32::try_from(accounts.count()).unwrap_or(u32::MAX)
        };
        let end = EventKind::BulkCompleted {
            operation: "reconcile".to_owned(),
            done: count(true),
            failed: count(false),
        };
        let change = ChangeSet { events: vec![end], ..ChangeSet::new(account.connection, self.clock.now()) };
        self.store.apply(&change).await?;
        Ok(())
    }

    async fn reconciled(
        &self,
        connection: &Connection,
        account: &Account,
        request: &ReconcileRequest,
    ) -> ReconciledAccount {
        let outcome = self.compare(connection, account, request).await;
        if let Err(error) = &outcome {
            tracing::warn!(account = %account.id, %error, "not reconciled");
        }
        ReconciledAccount { account: account.id, outcome }
    }

    async fn compare(
        &self,
        connection: &Connection,
        account: &Account,
        request: &ReconcileRequest,
    ) -> Result<ReconciliationRecord, SyncError> {
        let policy = request.policy.as_ref();
        let comparison = self.comparison(connection, account, request.since, policy).await?;
        self.keep(account, comparison).await
    }

    /// What there is to find now.
    pub(super) async fn comparison(
        &self,
        connection: &Connection,
        account: &Account,
        since: Option<NaiveDate>,
        policy: Option<&ReconcilePolicy>,
    ) -> Result<AccountComparison, SyncError> {
        let window = DateWindow::new(since, None).unwrap_or_default();
        // What is stated of a manual account is a statement of its own day already.
        let history = match connection.is_manual() {
            true => Vec::new(),
            false => self.store.balance_history(&account.user, account.id, window, u32::MAX).await?,
        };
        let mut statements = self.store.statements(&account.user, account.id).await?;
        statements.retain(|statement| window.contains(statement.date));
        let known = known_balances(&history, &statements, account.provider.balances.currency.as_ref());
        let rows = match known.first() {
            Some(first) => self.rows_to_compare(connection, account, first.anchor.date).await?,
            None => CountedRows::default(),
        };
        let policy = policy_for(account, &rows.transactions, policy);
        let anchors = settled(&known, &rows.transactions, &rows.ledger, &policy);
        let answer = reconcile(&anchors, &rows.ledger, &policy);
        let compared = Compared {
            account: account.id,
            since,
            anchors: &anchors,
            rows: &rows.transactions,
            policy: &policy,
        };
        Ok(compared.told(answer))
    }

    async fn keep(
        &self,
        account: &Account,
        comparison: AccountComparison,
    ) -> Result<ReconciliationRecord, SyncError> {
        let difference = comparison.difference.zip(comparison.policy.currency.clone());
        let new = NewReconciliation {
            account: account.id,
            score: comparison.score,
            difference: difference.map(|(amount, currency)| Money::new(amount, currency)),
            body: to_json(&comparison)?,
        };
        let draft = AuditDraft::new(self.actor.clone(), "reconciled", AuditSubject::NewReconciliation(0));
        let in_short = serde_json::json!({
            "account": account.id,
            "difference": new.difference,
            "score": new.score,
            "explanations": comparison.explanations.len(),
        });
        let change = ChangeSet {
            reconciliations: vec![new],
            audit: vec![draft.changing(None::<&()>, Some(&in_short))],
            // As a store keeps it, so that what is returned is what is read later.
            ..ChangeSet::new(account.connection, self.clock.now().trunc_subsecs(6))
        };
        let applied = self.store.apply(&change).await?;
        let id = applied.reconciliations.first().copied().ok_or_else(|| {
            SyncError::new(SyncErrorKind::Internal, "the store gave the comparison no identifier")
        })?;
        Ok(ReconciliationRecord { id, at: change.at, comparison, resolutions: Vec::new() })
    }

    /// The rows of an account that bank and books may count from a first balance on, and those before that tell its habits;
    /// oldest first, since of two alike the one that came later is the copy. Then those that the user deleted and the bank may
    /// count.
    async fn rows_to_compare(
        &self,
        connection: &Connection,
        account: &Account,
        first: NaiveDate,
    ) -> Result<CountedRows, SyncError> {
        let habits_from = first.checked_sub_days(Days::new(HABIT_DAYS));
        let mut rows = self.rows_from(connection, account, habits_from, RowSelection::WithHidden).await?;
        let deleted = self.rows_from(connection, account, Some(first), RowSelection::Restorable).await?;
        rows.transactions.extend(deleted.transactions);
        rows.ledger.extend(deleted.ledger);
        Ok(rows)
    }

    async fn rows_from(
        &self,
        connection: &Connection,
        account: &Account,
        from: Option<NaiveDate>,
        selection: RowSelection,
    ) -> Result<CountedRows, SyncError> {
        let mut query = TransactionQuery {
            accounts: vec![account.id],
            window: DateWindow::new(from, None).unwrap_or_default(),
            limit: 1_000,
            rows: selection,
            ..TransactionQuery::default()
        };
        let mut rows = CountedRows::default();
        loop {
            let page = self.store.transactions(&account.user, &query).await?;
            let Some(last) = page.last() else { break };
            query.after = Some((last.date(), last.id));
            for transaction in page {
                if let Some(row) = counted_row(&transaction, &connection.provider) {
                    rows.ledger.push(row);
                    rows.transactions.push(transaction);
                }
            }
        }
        rows.transactions.reverse();
        rows.ledger.reverse();
        Ok(rows)
    }

    /// One comparison of the user's, with what was accepted of it.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such comparison.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{ReconcileRequest, SyncScope};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// let request = ReconcileRequest::new(SyncScope::Accounts(vec![account]));
    /// let found = engine.reconcile(user, &request).await?.accounts.remove(0).outcome?;
    /// assert_eq!(engine.reconciliation(user, found.id).await?, found);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn reconciliation(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<ReconciliationRecord, SyncError> {
        let stored = self.store.reconciliation(user, id).await?;
        let (at, comparison) = (stored.summary.at, comparison_of(&stored)?);
        let account = self.own_account(user, comparison.account).await?;
        let mut resolutions = Vec::new();
        for stored in self.store.resolutions(user, id).await? {
            resolutions.push(self.resolution_of(&account, stored).await?);
        }
        Ok(ReconciliationRecord { id, at, comparison, resolutions })
    }

    /// Comparisons of an account in short, the latest first, `limit` at the most.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such account.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{ReconcileRequest, SyncScope};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// let request = ReconcileRequest::new(SyncScope::Accounts(vec![account]));
    /// let found = engine.reconcile(user, &request).await?.accounts.remove(0).outcome?;
    /// let listed = engine.reconciliations(user, account, 10).await?;
    /// assert_eq!((listed[0].id, listed[0].score), (found.id, found.comparison.score));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn reconciliations(
        &self,
        user: &UserId,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<ReconciliationSummary>, SyncError> {
        Ok(self.store.reconciliations(user, account, limit).await?)
    }
}

/// Rows of the books, and in the same order what reconciliation sees of them.
#[derive(Default)]
struct CountedRows {
    transactions: Vec<Transaction>,
    ledger: Vec<LedgerRow>,
}

/// What was found, under the account's present identifier: a merge may have given it another one.
pub(super) fn comparison_of(stored: &StoredReconciliation) -> Result<AccountComparison, SyncError> {
    let comparison: AccountComparison = from_json(&stored.body)?;
    Ok(AccountComparison { account: stored.summary.account, ..comparison })
}

/// The policy for an account: its currency is the one the bank tells, else the one that all its rows have.
fn policy_for(account: &Account, rows: &[Transaction], given: Option<&ReconcilePolicy>) -> ReconcilePolicy {
    let currency = account.provider.balances.currency.clone().or_else(|| only_currency(rows));
    match (given, currency) {
        (None, None) => ReconcilePolicy::default(),
        (None, Some(currency)) => ReconcilePolicy::of_currency(currency),
        (Some(given), currency) => {
            let mut policy = given.clone();
            policy.currency = policy.currency.or(currency);
            policy
        }
    }
}

fn only_currency(rows: &[Transaction]) -> Option<Currency> {
    let mut live = rows.iter().filter(|row| row.state == TransactionState::Live);
    let first = live.next()?.provider.amount.currency();
    live.all(|row| row.provider.amount.currency() == first).then(|| first.clone())
}

pub(super) fn to_json(value: &impl serde::Serialize) -> Result<String, SyncError> {
    serde_json::to_string(value)
        .map_err(|error| SyncError::new(SyncErrorKind::Internal, format!("not written as JSON: {error}")))
}

pub(super) fn from_json<T: serde::de::DeserializeOwned>(body: &str) -> Result<T, SyncError> {
    serde_json::from_str(body).map_err(|error| {
        let message = "a stored comparison cannot be read; restore the database from a backup";
        StoreError::new(StoreErrorKind::Damaged, message).with_source(error).into()
    })
}
