//! The bank against the books, and why they differ.
//!
//! A difference is explained in three steps. Every single fault that would make it is listed with a weight: how much better it
//! accounts for what is seen than chance does, by the habits of the account (which amounts, signs and rhythms its rows have), by
//! how few rows the fault could have befallen, and by what mistakes are made at all. Faults that only together make the
//! difference become stories of two. Last, the weights of the stories are shared out as confidences, so that what cannot be told
//! apart gets equal parts.

mod absent;
mod anchor;
mod bank;
mod bits;
mod comparison;
mod copies;
mod crossed;
mod deleted;
mod explain;
mod habits;
mod known_balances;
mod ledger;
mod outcome;
mod pending;
mod periods;
mod policy;
mod resolution;
mod rhythm;
mod score;
mod sentences;
mod sums;
mod suspicion;
mod together;
mod weigh;

use rust_decimal::Decimal;

use crate::LedgerRow;
use habits::Habits;
use ledger::Ledger;
use periods::Period;
use suspicion::{Case, Noise};

pub(crate) use comparison::{Compared, counted_row};
pub(crate) use known_balances::{known_balances, settled};
pub(crate) use resolution::{correction_row, steps};

pub use anchor::{Anchor, AnchorSource, derive_opening_balance};
pub use comparison::{
    AccountComparison, ComparedPeriod, ComparedRow, ComparisonNote, ComparisonScorePart, ProposedChange,
    ProposedExplanation,
};
pub use outcome::{
    Agreement, Correction, Explanation, ExplanationKind, ReconcileNote, ReconcileScorePart, ReconciledPeriod,
    Reconciliation,
};
pub use policy::ReconcilePolicy;
pub use resolution::{Resolution, ResolutionStep};

/// Compares the rows of one account with what the bank said it held, and explains every difference.
///
/// The answer does not depend on the order of rows or anchors, but for the numbers by which it names them. Rows that do not
/// count ([`LedgerRow::counts`]) are passed over; but where bank and books differ by what a row of
/// [`DeletedByUser`](crate::TransactionState::DeletedByUser) is, or a few of them are together, that is why. With fewer than two known balances nothing can be compared: difference and
/// score are `None`, and the notes say what is missing.
///
/// ```
/// use finance_core::{
///     AccountId, Anchor, AnchorSource, ExplanationKind, LedgerRow, ReconcilePolicy, parse_amount, reconcile,
/// };
///
/// let row = |date: &str, amount| {
///     Ok::<_, Box<dyn std::error::Error>>(LedgerRow::new(AccountId::new(1), date.parse()?, parse_amount(amount)?))
/// };
/// let known = |date: &str, balance| {
///     let balance = Some(parse_amount(balance)?);
///     Ok::<_, Box<dyn std::error::Error>>(Anchor::new(date.parse()?, balance, AnchorSource::Provider))
/// };
/// let rows = [row("2024-03-04", "-18.40")?, row("2024-03-09", "-52.86")?, row("2024-03-09", "-52.86")?];
/// let anchors = [known("2024-02-29", "500.00")?, known("2024-03-31", "428.74")?];
///
/// let answer = reconcile(&anchors, &rows, &ReconcilePolicy::default());
/// assert_eq!(answer.difference, Some(parse_amount("52.86")?));
/// assert_eq!(answer.explanations[0].kind, ExplanationKind::Duplicate);
/// assert_eq!(answer.explanations[0].transactions, [1, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn reconcile(anchors: &[Anchor], rows: &[LedgerRow], policy: &ReconcilePolicy) -> Reconciliation {
    let (known, mut notes) = periods::known_anchors(anchors);
    let ledger = Ledger::new(rows, anchors, policy);
    if let Some(ledger) = ledger.as_ref().filter(|ledger| !ledger.foreign.is_empty()) {
        notes.push(ReconcileNote::OtherCurrency { rows: ledger.foreign.clone() });
    }
    let periods = ledger.as_ref().and_then(|ledger| periods::periods(ledger, anchors, &known, policy));
    match ledger.zip(periods) {
        Some((ledger, periods)) if !all_told(&ledger, &periods) => {
            notes.push(ReconcileNote::TooLarge);
            let periods = periods.iter().map(|period| period.told(&ledger)).collect();
            Reconciliation { periods, notes, ..Reconciliation::default() }
        }
        Some((ledger, periods)) if !periods.is_empty() => {
            Reconciliation { notes, ..compared(&ledger, &periods, anchors, policy) }
        }
        Some(_) => Reconciliation { notes, ..Reconciliation::default() },
        None => {
            notes.push(ReconcileNote::TooLarge);
            Reconciliation { notes, ..Reconciliation::default() }
        }
    }
}

/// Whether every amount of the answer fits into 28 digits.
fn all_told(ledger: &Ledger<'_>, periods: &[Period]) -> bool {
    let parts: [fn(&Period) -> i128; 3] =
        [|period| period.bank, |period| period.books, |period| period.difference];
    periods.iter().all(|period| period.agreement != Agreement::Unknown)
        && parts.into_iter().all(|part| total(ledger, periods, part).is_some())
}

fn compared(
    ledger: &Ledger<'_>,
    periods: &[Period],
    anchors: &[Anchor],
    policy: &ReconcilePolicy,
) -> Reconciliation {
    let explanations = if periods.iter().all(|period| period.agreement == Agreement::Agrees) {
        Vec::new()
    } else {
        let habits = Habits::new(ledger);
        let units = |amount| ledger.units(amount).unwrap_or(0).max(0);
        let noise = Noise::new(periods, &habits, units(policy.drift_step), units(policy.tolerance));
        explain::explanations(&Case { ledger, habits: &habits, policy, anchors, periods, noise })
    };
    let score_parts = score::parts(ledger, periods, &explanations, policy);
    Reconciliation {
        periods: periods.iter().map(|period| period.told(ledger)).collect(),
        bank_change: total(ledger, periods, |period| period.bank),
        books_change: total(ledger, periods, |period| period.books),
        difference: total(ledger, periods, |period| period.difference),
        first_unexplained_date: explain::first_unexplained_date(periods, &explanations),
        score: Some(score_parts.iter().map(|part| part.points).sum()),
        score_parts,
        explanations,
        notes: Vec::new(),
    }
}

fn total(ledger: &Ledger<'_>, periods: &[Period], part: fn(&Period) -> i128) -> Option<Decimal> {
    let sum = periods.iter().try_fold(0_i128, |sum, period| sum.checked_add(part(period)))?;
    ledger.amount(sum)
}

#[cfg(test)]
mod tests;
