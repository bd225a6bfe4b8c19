//! The pure judgements as plain functions: no store, no clock, no I/O.

#![allow(clippy::needless_pass_by_value, reason = "arguments come as they are taken out of Python")]

use finance_core::{
    DedupPolicy, HealthConnection, HealthInput, HealthPolicy, HealthReconciliation, HealthSchedule,
    ReconcilePolicy, RecurringPolicy, TransferPolicy,
};
use pyo3::prelude::*;

use crate::choices;
use crate::errors::Failure;
use crate::operations::{currency as to_currency, whole};
use crate::records::{
    AccountClassification, AccountHealth, Anchor, Deduplication, HealthRun, LedgerRow, Reconciliation,
    Recurring, TransferAccount, Transfers, ledger_rows,
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
/// `date_window_days` is how far a file's row may lie from the stored row of the same amount. `strict_ids` keeps two rows of one source
/// whose identifiers differ two rows. `reimport_deleted` lets rows that the user deleted come back.
#[pyfunction]
#[pyo3(signature = (stored, incoming, *, date_window_days = None, strict_ids = None, reimport_deleted = None))]
pub(crate) fn deduplicate(
    py: Python<'_>,
    stored: Many<LedgerRow>,
    incoming: Many<LedgerRow>,
    date_window_days: Option<i64>,
    strict_ids: Option<bool>,
    reimport_deleted: Option<bool>,
) -> Result<Deduplication, Failure> {
    let mut policy = DedupPolicy::default();
    if let Some(days) = date_window_days {
        policy.date_window_days = whole("date_window_days", days)?;
    }
    policy.strict_ids = strict_ids.unwrap_or(policy.strict_ids);
    policy.reimport_deleted = reimport_deleted.unwrap_or(policy.reimport_deleted);
    let (stored, incoming) = (ledger_rows(stored)?, ledger_rows(incoming)?);
    Ok(py.detach(|| finance_core::deduplicate(&stored, &incoming, &policy)).into())
}

/// Compares known balances with rows, and explains every difference.
///
/// `tolerance` is the difference that still counts as agreement, and `count_pending` whether pending rows count; both have sane defaults.
#[pyfunction]
#[pyo3(signature = (anchors, rows, *, currency = None, tolerance = None, count_pending = None))]
pub(crate) fn reconcile(
    py: Python<'_>,
    anchors: Many<Anchor>,
    rows: Many<LedgerRow>,
    currency: Option<&str>,
    tolerance: Option<Amount>,
    count_pending: Option<bool>,
) -> Result<Reconciliation, Failure> {
    let mut policy = ReconcilePolicy::default();
    policy.currency = currency.map(to_currency).transpose()?;
    policy.tolerance = tolerance.map_or(policy.tolerance, |amount| amount.0);
    policy.count_pending = count_pending.unwrap_or(policy.count_pending);
    let anchors: Vec<_> = anchors.0.into_iter().map(Anchor::core).collect::<PyResult<_>>()?;
    let rows = ledger_rows(rows)?;
    Ok(py.detach(|| finance_core::reconcile(&anchors, &rows, &policy)).into())
}

/// How an account does, 0 to 100 from named parts, each with its reason. What is not given is not judged.
///
/// `connection` is its status and when consent ends; `reconciliation` is score, instant and difference of the last comparison;
/// `schedule` is when the last sync was due and when it ran; `pending` are the days of pending rows.
#[pyfunction]
#[pyo3(signature = (now, *, connection = None, reconciliation = None, bank_updated_at = None, runs = Many(Vec::new()), schedule = None, frequency = None, pending = None))]
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
    Ok(finance_core::account_health(&input, &HealthPolicy::default(), now.0).into())
}

/// Both sides of transfers between accounts of one user. `rejected` are pairs that the user said are none.
#[pyfunction]
#[pyo3(signature = (rows, accounts = Many(Vec::new()), *, rejected = Many(Vec::new()), date_window_days = None))]
pub(crate) fn pair_transfers(
    py: Python<'_>,
    rows: Many<LedgerRow>,
    accounts: Many<TransferAccount>,
    rejected: Many<(usize, usize)>,
    date_window_days: Option<i64>,
) -> Result<Transfers, Failure> {
    let mut policy = TransferPolicy::default();
    if let Some(days) = date_window_days {
        policy.date_window_days = whole("date_window_days", days)?;
    }
    let rows = ledger_rows(rows)?;
    let accounts = accounts.0.into_iter().map(TransferAccount::core).collect::<Result<Vec<_>, Failure>>()?;
    Ok(py.detach(|| finance_core::pair_transfers(&rows, &accounts, &rejected.0, &policy)).into())
}

/// Payments that come again, and when they are expected next. `today` is the day it is.
#[pyfunction]
#[pyo3(signature = (rows, today, *, min_occurrences = None))]
pub(crate) fn find_recurring(
    py: Python<'_>,
    rows: Many<LedgerRow>,
    today: Day,
    min_occurrences: Option<i64>,
) -> Result<Many<Recurring>, Failure> {
    let mut policy = RecurringPolicy::default();
    if let Some(occurrences) = min_occurrences {
        policy.min_occurrences = whole("min_occurrences", occurrences)?;
    }
    let rows = ledger_rows(rows)?;
    Ok(Many::of(py.detach(|| finance_core::find_recurring(&rows, today.0, &policy))))
}
