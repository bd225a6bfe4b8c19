//! One account on a screen: what it holds, how it does, what would help.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::connections;
use super::whole::ConnectionRecords;
use crate::account_kind::AccountKind;
use crate::health::{
    AccountHealth, HealthConnection, HealthFactor, HealthInput, HealthPart, HealthPolicy,
    HealthReconciliation, HealthSchedule, account_health, seconds_between,
};
use crate::model::{Account, AccountId, AccountStatus, Balances, ConnectionId, ConnectionStatus, Money};
use crate::schedule::Due;
use crate::store::{ReconciliationSummary, StoredSchedule};

/// What is known of one account, and how it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountReport {
    /// The account.
    pub account: AccountId,
    /// Its connection.
    pub connection: ConnectionId,
    /// Its name.
    pub name: String,
    /// The last letters or digits of its number.
    pub mask: Option<String>,
    /// What kind of account it is.
    pub kind: AccountKind,
    /// The institution's name, where the provider told it.
    pub institution: Option<String>,
    /// Whether the provider still lists it.
    pub status: AccountStatus,
    /// Whether its connection works, as in [`ConnectionReport::state`](super::ConnectionReport::state); `None` when it is kept
    /// by hand.
    pub state: Option<ConnectionStatus>,
    /// What it holds by the bank's word, or held by the user's when it is kept by hand.
    pub balances: Balances,
    /// What it holds by its own rows, where it is kept by hand: the balance that the user stated last, and every row dated after
    /// that day. In our sign and the account's currency: **what is owed is negative**. Rows that the user deleted and rows in
    /// another currency do not count; hidden ones do. `None` where no balance was ever stated, where it has more digits than an
    /// amount can have, where the account is closed, and where a bank feeds it, whose word is in `balances`.
    pub ledger_balance: Option<Money>,
    /// When the balances were taken over.
    pub balances_at: DateTime<Utc>,
    /// When an update of its connection was last applied.
    pub synced_at: Option<DateTime<Utc>>,
    /// The age of the bank's data in whole seconds, where the bank told it. **Not the age of our sync.**
    pub data_age_seconds: Option<u64>,
    /// Its pending transactions.
    pub pending_rows: u32,
    /// The latest comparison with the bank that has a score, or the latest of all when none has.
    pub reconciliation: Option<ReconciliationSummary>,
    /// When its connection is synced next by itself.
    pub next_due: Option<Due>,
    /// How it does and what would help; nothing is advised for an account of a connection that the user removed.
    pub health: AccountHealth,
}

/// A light on a panel: one of the parts of health, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Indicator {
    /// What it looks at.
    pub factor: HealthFactor,
    /// How it looks.
    pub light: Light,
    /// Why, as a sentence; of several accounts that of the worst one.
    pub reason: String,
}

/// How an indicator looks. The order is from bad to good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Light {
    /// Something is wrong: less than half of what it can earn.
    Red,
    /// Something is not as it should be.
    Yellow,
    /// All is well.
    Green,
    /// It is not judged.
    Off,
}

impl Light {
    /// The stable name, as in `green`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Yellow => "yellow",
            Self::Green => "green",
            Self::Off => "off",
        }
    }

    fn of(part: &HealthPart) -> Self {
        match part.points {
            None => Self::Off,
            Some(points) if points >= part.weight => Self::Green,
            Some(points) if u16::from(points) * 2 >= u16::from(part.weight) => Self::Yellow,
            Some(_) => Self::Red,
        }
    }
}

/// The indicators of some accounts, in the order of the factors: the worst part of each.
pub(super) fn indicators(accounts: &[AccountReport]) -> Vec<Indicator> {
    let worst = |factor: HealthFactor| {
        let parts = accounts.iter().flat_map(|account| &account.health.parts);
        let lights = parts.filter(|part| part.factor == factor).map(|part| (Light::of(part), part));
        let (light, part) = lights.min_by_key(|(light, _)| *light)?;
        Some(Indicator { factor, light, reason: part.reason.clone() })
    };
    HealthFactor::ALL.into_iter().filter_map(worst).collect()
}

/// Reports on one account of a connection.
pub(super) fn report(
    records: &ConnectionRecords<'_>,
    account: &Account,
    policy: &HealthPolicy,
    now: DateTime<Utc>,
) -> AccountReport {
    let connection = records.connection;
    let input = health_input(records, account, now);
    let age = input.bank_updated_at.map(|at| seconds_between(at, now));
    let health = account_health(&input, policy, now);
    let health = if connections::ended_by_user(connection) { health.without_advice() } else { health };
    AccountReport {
        account: account.id,
        connection: connection.id,
        name: account.provider.name.clone(),
        mask: account.provider.mask.clone(),
        kind: account.classification().kind,
        institution: connection.institution.as_ref().and_then(|institution| institution.name.clone()),
        status: account.status,
        state: (!connection.is_manual()).then(|| connections::state(connection, now)),
        balances: account.provider.balances.clone(),
        ledger_balance: records.ledger_balance(account.id).cloned(),
        balances_at: account.balances_at,
        synced_at: connection.synced_at,
        data_age_seconds: age.and_then(|age| u64::try_from(age).ok()),
        pending_rows: u32::try_from(records.pending_days(account.id).len()).unwrap_or(u32::MAX),
        reconciliation: records.reconciliation(account.id).cloned(),
        next_due: records.due(),
        health,
    }
}

fn health_input(records: &ConnectionRecords<'_>, account: &Account, now: DateTime<Utc>) -> HealthInput {
    let connection = records.connection;
    let reconciliation = records.reconciliation(account.id).map(|made| {
        let difference = made.difference.as_ref().map(|difference| difference.amount());
        HealthReconciliation { score: made.score, at: made.at, difference }
    });
    HealthInput {
        connection: (!connection.is_manual()).then_some(HealthConnection {
            status: connection.status,
            consent_expires_at: connection.consent_expires_at,
        }),
        reconciliation,
        bank_updated_at: connection.bank_updated_at.max(account.provider.balances.updated_at),
        runs: records.runs.clone(),
        schedule: records.schedule.and_then(|schedule| last_due(schedule, now)),
        frequency: records.schedule.map(|schedule| schedule.state.frequency),
        pending: Some(records.pending_days(account.id).to_vec()),
    }
}

/// The last sync that was due: the one that is late now, else the last one, which came in time.
fn last_due(schedule: &StoredSchedule, now: DateTime<Utc>) -> Option<HealthSchedule> {
    match schedule.due {
        Due::Paused(_) | Due::Never => None,
        Due::At { at, .. } if at <= now => Some(HealthSchedule { due_at: at, ran_at: None }),
        Due::At { .. } => {
            let ran_at = schedule.state.last_attempt?.started_at;
            Some(HealthSchedule { due_at: ran_at, ran_at: Some(ran_at) })
        }
    }
}

/// Worst first: by score, accounts that cannot be judged last; then by identifier.
pub(super) fn sort_worst_first(accounts: &mut [AccountReport]) {
    accounts.sort_by_key(|account| (account.health.score.unwrap_or(u8::MAX), account.account));
}
