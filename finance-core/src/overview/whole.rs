//! From what is stored of a user to the pages of a screen.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::StatusPolicy;
use super::accounts::{AccountReport, Indicator, indicators, report, sort_worst_first};
use super::connections::{self, ConnectionReport, ConnectionsReport};
use super::statistics::{SyncStatistics, connection_quality, sync_statistics};
use super::totals::{BalanceTotals, balance_totals};
use crate::health::{HealthLevel, HealthPolicy, HealthRun, Recommendation};
use crate::model::{Account, AccountId, AccountStatus, Connection, ConnectionId, Money, SyncRun};
use crate::schedule::{Due, DueReason};
use crate::store::{ReconciliationSummary, StoredSchedule};

/// Every account of a user on one page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncOverview {
    /// As of when.
    pub at: DateTime<Utc>,
    /// Every account that is open, worst first: by the score of its health, those that cannot be judged last; of equal ones the
    /// older first.
    pub accounts: Vec<AccountReport>,
    /// How many accounts the provider no longer lists, or belong to a connection that the user removed. They are in no list and no
    /// total.
    pub gone_accounts: u32,
    /// How the connections stand.
    pub connections: ConnectionsReport,
    /// What is owned and owed, by the banks' word; of accounts kept by hand by their ledger balance
    /// ([`AccountReport::ledger_balance`]).
    pub totals: BalanceTotals,
    /// The sync that comes next by itself; `None` when none is planned.
    pub next_sync: Option<NextSync>,
    /// What would help, the most urgent first, each with the accounts that it would help.
    pub advice: Vec<AccountsAdvice>,
}

/// The sync that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NextSync {
    /// The connection.
    pub connection: ConnectionId,
    /// When it is due; it may have passed.
    pub at: DateTime<Utc>,
    /// What makes it due.
    pub why: DueReason,
}

/// What would help some accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountsAdvice {
    /// What to do; printed, it is a sentence.
    pub recommendation: Recommendation,
    /// The accounts that it would help, by identifier.
    pub accounts: Vec<AccountId>,
}

/// How the syncs of a connection, or of one account of it, go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncStatus {
    /// As of when.
    pub at: DateTime<Utc>,
    /// The connection.
    pub connection: ConnectionReport,
    /// The account that was asked for, or every open account of the connection, worst first.
    pub accounts: Vec<AccountReport>,
    /// One for each part of health, over these accounts.
    pub indicators: Vec<Indicator>,
    /// How the connection's latest syncs went.
    pub statistics: SyncStatistics,
    /// How well they go, in a word.
    pub quality: HealthLevel,
    /// The age of the bank's data in whole seconds, where the bank told it; of several accounts that of the oldest.
    pub data_age_seconds: Option<u64>,
    /// What would help, the most urgent first, each once.
    pub recommendations: Vec<Recommendation>,
    /// The latest syncs, newest first.
    pub latest_runs: Vec<SyncRun>,
}

/// How many runs a [`SyncStatus`] shows.
const LATEST_RUNS: usize = 10;

/// What is stored of a user, or of one connection of theirs, as far as overviews look at it.
#[derive(Debug, Default)]
pub(crate) struct Records {
    pub(crate) connections: Vec<Connection>,
    pub(crate) accounts: Vec<Account>,
    /// Those of one connection newest first.
    pub(crate) runs: Vec<SyncRun>,
    pub(crate) pending_days: BTreeMap<AccountId, Vec<NaiveDate>>,
    /// One an account at the most, by account.
    pub(crate) reconciliations: Vec<ReconciliationSummary>,
    pub(crate) schedules: Vec<StoredSchedule>,
    /// Of accounts that are kept by hand.
    pub(crate) ledger_balances: BTreeMap<AccountId, Money>,
}

/// What is stored of one connection.
pub(super) struct ConnectionRecords<'a> {
    pub(super) connection: &'a Connection,
    pub(super) accounts: Vec<&'a Account>,
    pub(super) runs: Vec<HealthRun>,
    pub(super) schedule: Option<&'a StoredSchedule>,
    all: &'a Records,
}

impl<'a> ConnectionRecords<'a> {
    pub(super) fn pending_days(&self, account: AccountId) -> &'a [NaiveDate] {
        self.all.pending_days.get(&account).map_or(&[], Vec::as_slice)
    }

    pub(super) fn reconciliation(&self, account: AccountId) -> Option<&'a ReconciliationSummary> {
        let all = &self.all.reconciliations;
        let place = all.binary_search_by_key(&account, |made| made.account).ok()?;
        all.get(place)
    }

    pub(super) fn ledger_balance(&self, account: AccountId) -> Option<&'a Money> {
        self.all.ledger_balances.get(&account)
    }

    /// The account with the balance that counts.
    fn counted(&self, account: &'a Account) -> Cow<'a, Account> {
        if !self.connection.is_manual() {
            return Cow::Borrowed(account);
        }
        let mut counted = account.clone();
        counted.provider.balances.current = self.ledger_balance(account.id).map(Money::amount);
        Cow::Owned(counted)
    }

    pub(super) fn due(&self) -> Option<Due> {
        self.schedule.map(|schedule| schedule.due)
    }

    fn connection_report(&self, now: DateTime<Utc>) -> ConnectionReport {
        connections::report(self.connection, &self.accounts, self.due(), now)
    }

    fn open_accounts(&self) -> impl Iterator<Item = &'a Account> {
        self.accounts.iter().copied().filter(|account| account.status == AccountStatus::Open)
    }
}

impl Records {
    /// Connection by connection. What belongs to a connection that was not read is passed over.
    fn by_connection(&self) -> Vec<ConnectionRecords<'_>> {
        let mut accounts: HashMap<ConnectionId, Vec<&Account>> = HashMap::new();
        for account in &self.accounts {
            accounts.entry(account.connection).or_default().push(account);
        }
        let mut runs: HashMap<ConnectionId, Vec<HealthRun>> = HashMap::new();
        for run in &self.runs {
            runs.entry(run.connection).or_default().push(run.into());
        }
        let schedules: HashMap<_, _> = self.planned().map(|it| (it.connection, it)).collect();
        let records = self.connections.iter().map(|connection| ConnectionRecords {
            connection,
            accounts: accounts.remove(&connection.id).unwrap_or_default(),
            runs: runs.remove(&connection.id).unwrap_or_default(),
            schedule: schedules.get(&connection.id).copied(),
            all: self,
        });
        records.collect()
    }

    /// The schedules of connections that are synced: not of accounts kept by hand.
    fn planned(&self) -> impl Iterator<Item = &StoredSchedule> {
        let by_hand = self.connections.iter().find(|connection| connection.is_manual());
        self.schedules.iter().filter(move |it| by_hand.is_none_or(|by_hand| by_hand.id != it.connection))
    }

    pub(crate) fn connections_report(&self, now: DateTime<Utc>) -> ConnectionsReport {
        let synced = self.by_connection().into_iter().filter(|records| !records.connection.is_manual());
        let connections: Vec<_> = synced.map(|records| records.connection_report(now)).collect();
        let overall = connections::summary(&connections);
        ConnectionsReport { at: now, connections, overall }
    }

    /// One account, whatever its status.
    pub(crate) fn account_report(
        &self,
        id: AccountId,
        policy: &HealthPolicy,
        now: DateTime<Utc>,
    ) -> Option<AccountReport> {
        let all = self.by_connection();
        let own = |records: &ConnectionRecords<'_>| {
            let account = records.accounts.iter().find(|account| account.id == id)?;
            Some(report(records, account, policy, now))
        };
        all.iter().find_map(own)
    }

    pub(crate) fn overview(&self, policy: &HealthPolicy, now: DateTime<Utc>) -> SyncOverview {
        let mut all = self.by_connection();
        all.retain(|records| !connections::ended_by_user(records.connection));
        let shown: Vec<_> = all.iter().flat_map(|it| it.open_accounts().map(move |own| (it, own))).collect();
        let mut accounts: Vec<AccountReport> =
            shown.iter().map(|(records, account)| report(records, account, policy, now)).collect();
        let counted: Vec<_> = shown.iter().map(|(records, account)| records.counted(account)).collect();
        let gone = self.accounts.len() - accounts.len();
        sort_worst_first(&mut accounts);
        SyncOverview {
            at: now,
            advice: advice(&accounts),
            accounts,
            gone_accounts: u32::try_from(gone).unwrap_or(u32::MAX),
            connections: self.connections_report(now),
            totals: balance_totals(counted.iter().map(AsRef::as_ref)),
            next_sync: self.next_sync(),
        }
    }

    fn next_sync(&self) -> Option<NextSync> {
        let planned = self.planned().filter_map(|schedule| match schedule.due {
            Due::At { at, why } => Some(NextSync { connection: schedule.connection, at, why }),
            Due::Paused(_) | Due::Never => None,
        });
        planned.min_by_key(|next| (next.at, next.connection))
    }

    /// The records must be of one connection; `account` narrows the answer to one of its accounts.
    pub(crate) fn sync_status(
        mut self,
        account: Option<AccountId>,
        (health, policy): (&HealthPolicy, &StatusPolicy),
        now: DateTime<Utc>,
    ) -> Option<SyncStatus> {
        let records = self.by_connection().into_iter().next()?;
        let connection = records.connection_report(now);
        let chosen = records.accounts.iter().filter(|it| match account {
            Some(id) => it.id == id,
            None => it.status == AccountStatus::Open,
        });
        let mut accounts: Vec<AccountReport> =
            chosen.map(|account| report(&records, account, health, now)).collect();
        sort_worst_first(&mut accounts);
        let statistics = sync_statistics(&self.runs, policy, now);
        self.runs.truncate(LATEST_RUNS);
        Some(SyncStatus {
            at: now,
            indicators: indicators(&accounts),
            quality: connection_quality(connection.state, &statistics, policy),
            statistics,
            data_age_seconds: accounts.iter().filter_map(|account| account.data_age_seconds).max(),
            recommendations: advice(&accounts).into_iter().map(|advice| advice.recommendation).collect(),
            connection,
            accounts,
            latest_runs: self.runs,
        })
    }
}

fn advice(accounts: &[AccountReport]) -> Vec<AccountsAdvice> {
    let mut helped: BTreeMap<Recommendation, Vec<AccountId>> = BTreeMap::new();
    for account in accounts {
        for recommendation in &account.health.recommendations {
            helped.entry(*recommendation).or_default().push(account.account);
        }
    }
    let sorted = |(recommendation, mut accounts): (Recommendation, Vec<AccountId>)| {
        accounts.sort_unstable();
        AccountsAdvice { recommendation, accounts }
    };
    helped.into_iter().map(sorted).collect()
}
