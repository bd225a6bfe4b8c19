//! The pure judgements as plain functions: no store, no clock, no I/O.

#![allow(clippy::needless_pass_by_value, reason = "arguments come as they are taken out of Python")]

use finance_core::{HealthConnection, HealthInput, HealthReconciliation, HealthSchedule};
use pyo3::prelude::*;

use crate::choices;
use crate::errors::Failure;
use crate::records::{
    AccountClassification, AccountHealth, Anchor, DedupPolicy, Deduplication, HealthPolicy, HealthRun,
    LedgerRow, ReconcilePolicy, Reconciliation, Recurring, RecurringPolicy, TransferAccount, TransferPolicy,
    Transfers, ledger_rows, policy as to_policy,
};
use crate::values::{Amount, Day, Instant, Many};

/// What kind of account a provider's type and subtype mean. Unknown words give a guess, never an error.
#[pyfunction]
#[pyo3(signature = (provider_type, provider_subtype = None))]
pub(crate) fn classify_account(provider_type: &str, provider_subtype: Option<&str>) -> AccountClassification {
    finance_core::classify_account(provider_type, provider_subtype).into()
}

/// What each incoming row is beside the stored ones: new, an update, a match, a repetition; one to one over the whole batch.
///
/// `policy` says when two rows are one.
#[pyfunction]
#[pyo3(signature = (stored, incoming, *, policy = None))]
pub(crate) fn deduplicate(
    py: Python<'_>,
    stored: Many<LedgerRow>,
    incoming: Many<LedgerRow>,
    policy: Option<DedupPolicy>,
) -> Result<Deduplication, Failure> {
    let policy = to_policy(policy)?;
    let (stored, incoming) = (ledger_rows(stored)?, ledger_rows(incoming)?);
    Ok(py.detach(|| finance_core::deduplicate(&stored, &incoming, &policy)).into())
}

/// Compares known balances with rows, and explains every difference.
///
/// `policy` says how closely they must agree; `ReconcilePolicy.of_currency` makes one for an account in that currency.
#[pyfunction]
#[pyo3(signature = (anchors, rows, *, policy = None))]
pub(crate) fn reconcile(
    py: Python<'_>,
    anchors: Many<Anchor>,
    rows: Many<LedgerRow>,
    policy: Option<ReconcilePolicy>,
) -> Result<Reconciliation, Failure> {
    let policy = to_policy(policy)?;
    let anchors: Vec<_> = anchors.0.into_iter().map(Anchor::core).collect::<PyResult<_>>()?;
    let rows = ledger_rows(rows)?;
    Ok(py.detach(|| finance_core::reconcile(&anchors, &rows, &policy)).into())
}

/// How an account does, 0 to 100 from named parts, each with its reason. What is not given is not judged.
///
/// `connection` is its status and when consent ends; `reconciliation` is score, instant and difference of the last comparison;
/// `schedule` is when the last sync was due and when it ran; `pending` are the days of pending rows; `policy` is what the parts weigh.
#[pyfunction]
#[pyo3(signature = (now, *, connection = None, reconciliation = None, bank_updated_at = None, runs = Many(Vec::new()), schedule = None, frequency = None, pending = None, policy = None))]
#[allow(clippy::too_many_arguments, reason = "Python names them")]
pub(crate) fn account_health(
    now: Instant,
    connection: Option<(choices::ConnectionStatus, Option<Instant>)>,
    reconciliation: Option<(Option<u8>, Instant, Option<Amount>)>,
    bank_updated_at: Option<Instant>,
    runs: Many<HealthRun>,
    schedule: Option<(Instant, Option<Instant>)>,
    frequency: Option<&str>,
    pending: Option<Many<Day>>,
    policy: Option<HealthPolicy>,
) -> Result<AccountHealth, Failure> {
    let connection = match connection {
        None => None,
        Some((status, consent)) => {
            Some(HealthConnection { status: status.value()?, consent_expires_at: consent.map(|at| at.0) })
        }
    };
    let input = HealthInput {
        connection,
        reconciliation: reconciliation.map(|(score, at, difference)| HealthReconciliation {
            score,
            at: at.0,
            difference: difference.map(|amount| amount.0),
        }),
        bank_updated_at: bank_updated_at.map(|at| at.0),
        runs: runs.0.into_iter().map(HealthRun::core).collect::<PyResult<_>>()?,
        schedule: schedule
            .map(|(due_at, ran_at)| HealthSchedule { due_at: due_at.0, ran_at: ran_at.map(|at| at.0) }),
        frequency: frequency.map(str::parse).transpose().map_err(Failure::invalid)?,
        pending: pending.map(|days| days.0.into_iter().map(|day| day.0).collect()),
    };
    Ok(finance_core::account_health(&input, &to_policy(policy)?, now.0).into())
}

/// Both sides of transfers between accounts of one user. `rejected` are pairs that the user said are none.
#[pyfunction]
#[pyo3(signature = (rows, accounts = Many(Vec::new()), *, rejected = Many(Vec::new()), policy = None))]
pub(crate) fn pair_transfers(
    py: Python<'_>,
    rows: Many<LedgerRow>,
    accounts: Many<TransferAccount>,
    rejected: Many<(usize, usize)>,
    policy: Option<TransferPolicy>,
) -> Result<Transfers, Failure> {
    let policy = to_policy(policy)?;
    let rows = ledger_rows(rows)?;
    let accounts = accounts.0.into_iter().map(TransferAccount::core).collect::<Result<Vec<_>, Failure>>()?;
    Ok(py.detach(|| finance_core::pair_transfers(&rows, &accounts, &rejected.0, &policy)).into())
}

/// Payments that come again, and when they are expected next. `today` is the day it is.
#[pyfunction]
#[pyo3(signature = (rows, today, *, policy = None))]
pub(crate) fn find_recurring(
    py: Python<'_>,
    rows: Many<LedgerRow>,
    today: Day,
    policy: Option<RecurringPolicy>,
) -> Result<Many<Recurring>, Failure> {
    let policy = to_policy(policy)?;
    let rows = ledger_rows(rows)?;
    Ok(Many::of(py.detach(|| finance_core::find_recurring(&rows, today.0, &policy))))
}
