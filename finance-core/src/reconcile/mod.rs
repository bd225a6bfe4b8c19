//! The bank against the books, and why they differ.

mod absent;
mod anchor;
mod bank;
mod bits;
mod copies;
mod crossed;
mod explain;
mod habits;
mod ledger;
mod outcome;
mod pending;
mod periods;
mod policy;
mod rhythm;
mod score;
mod sums;
mod suspicion;
mod together;
mod weigh;

use crate::LedgerRow;
use habits::Habits;
use ledger::Ledger;
use periods::Period;
use suspicion::{Case, Noise};

pub use anchor::{Anchor, AnchorSource, derive_opening_balance};
pub use outcome::{
    Agreement, Correction, Explanation, ExplanationKind, ReconcileNote, ReconcileScorePart, ReconciledPeriod,
    Reconciliation,
};
pub use policy::ReconcilePolicy;

/// Compares the rows of one account with what the bank said it held, and explains every difference.
///
/// The answer does not depend on the order of rows or anchors, but for the numbers by which it names them. Rows that do not
/// count ([`LedgerRow::counts`]) are passed over.
#[must_use]
pub fn reconcile(anchors: &[Anchor], rows: &[LedgerRow], policy: &ReconcilePolicy) -> Reconciliation {
    let (known, mut notes) = periods::known_anchors(anchors);
    let mut answer = Reconciliation {
        periods: Vec::new(),
        bank_change: None,
        books_change: None,
        difference: None,
        first_unexplained_date: None,
        explanations: Vec::new(),
        score: None,
        score_parts: Vec::new(),
        notes: Vec::new(),
    };
    let Some(ledger) = Ledger::new(rows, anchors, policy) else {
        notes.push(ReconcileNote::TooLarge);
        return Reconciliation { notes, ..answer };
    };
    if !ledger.foreign.is_empty() {
        notes.push(ReconcileNote::OtherCurrency { rows: ledger.foreign.clone() });
    }
    let Some(periods) = periods::periods(&ledger, anchors, &known, policy) else {
        notes.push(ReconcileNote::TooLarge);
        return Reconciliation { notes, ..answer };
    };
    answer.notes = notes;
    answer.periods = periods.iter().map(|period| period.told(&ledger)).collect();
    if !periods.is_empty() {
        answer.bank_change = total(&ledger, &periods, |period| period.bank);
        answer.books_change = total(&ledger, &periods, |period| period.books);
        answer.difference = total(&ledger, &periods, |period| period.difference);
    }
    if periods.iter().any(|period| period.agreement != Agreement::Agrees) {
        let habits = Habits::new(&ledger);
        let noise = Noise::new(&periods, &habits, ledger.units(policy.drift_step).unwrap_or(0));
        let case = Case { ledger: &ledger, habits: &habits, policy, anchors, periods: &periods, noise };
        answer.explanations = explain::explanations(&case);
    }
    answer.first_unexplained_date = explain::first_unexplained_date(&periods, &answer.explanations);
    answer.score_parts = score::parts(&ledger, &periods, &answer.explanations, policy);
    answer.score = (!periods.is_empty()).then(|| answer.score_parts.iter().map(|part| part.points).sum());
    answer
}

fn total(
    ledger: &Ledger<'_>,
    periods: &[Period],
    part: fn(&Period) -> i128,
) -> Option<rust_decimal::Decimal> {
    let sum = periods.iter().try_fold(0_i128, |sum, period| sum.checked_add(part(period)))?;
    ledger.amount(sum)
}

#[cfg(test)]
mod tests;
