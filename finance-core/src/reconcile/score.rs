//! How well bank and books agree.

use super::ledger::Ledger;
use super::periods::Period;
use super::{Agreement, Explanation, ReconcilePolicy, ReconcileScorePart};

/// Points for the whole time, for each period, and for what is explained.
const BALANCE: u8 = 50;
const PERIODS: u8 = 30;
const EXPLAINED: u8 = 20;

/// The parts of the score; empty when there is nothing to compare.
pub(super) fn parts(
    ledger: &Ledger<'_>,
    periods: &[Period],
    explanations: &[Explanation],
    policy: &ReconcilePolicy,
) -> Vec<ReconcileScorePart> {
    if periods.is_empty() {
        return Vec::new();
    }
    let wrong: Vec<&Period> =
        periods.iter().filter(|period| period.agreement == Agreement::Differs).collect();
    vec![balance(ledger, periods, policy), agreeing(periods, wrong.len()), explained(&wrong, explanations)]
}

/// Full points when the last balance is right, fewer the more it is off against what went in and out.
fn balance(ledger: &Ledger<'_>, periods: &[Period], policy: &ReconcilePolicy) -> ReconcileScorePart {
    let sum = periods.iter().try_fold(0_i128, |sum, period| sum.checked_add(period.difference));
    let slack = periods.iter().map(|period| period.slack).fold(0, i128::saturating_add);
    let allowed = ledger.units(policy.tolerance).unwrap_or(0).max(slack);
    let drifts = periods.iter().all(|period| period.agreement != Agreement::Differs);
    let off = sum.map_or(u128::MAX, i128::unsigned_abs);
    let turnover = periods
        .iter()
        .flat_map(|period| &ledger.entries[period.entries.clone()])
        .fold(1_u128, |sum, entry| sum.saturating_add(entry.units.unsigned_abs()));
    let points = match off {
        _ if drifts || off <= allowed.unsigned_abs() => BALANCE,
        off if off.saturating_mul(1_000) <= turnover => 30,
        off if off.saturating_mul(100) <= turnover => 20,
        off if off.saturating_mul(10) <= turnover => 10,
        _ => 0,
    };
    let reason = match sum.and_then(|sum| ledger.amount(sum)) {
        Some(_) if points == BALANCE => "The last balance agrees with the books.".to_owned(),
        Some(sum) => format!("The last balance is {sum} away from the books."),
        None => "The last balance cannot be compared.".to_owned(),
    };
    ReconcileScorePart { name: "balance", points, of: BALANCE, reason }
}

fn agreeing(periods: &[Period], wrong: usize) -> ReconcileScorePart {
    let (all, right) = (periods.len(), periods.len() - wrong);
    let points = u8::try_from(usize::from(PERIODS) * right / all).unwrap_or(PERIODS);
    let reason = format!("{right} of {all} periods between two balances agree.");
    ReconcileScorePart { name: "periods", points, of: PERIODS, reason }
}

/// The confidence of the best explanation of each period, on average.
fn explained(wrong: &[&Period], explanations: &[Explanation]) -> ReconcileScorePart {
    let best = |period: &&Period| {
        let of_period = explanations.iter().filter(|found| found.anchor == period.to);
        usize::from(of_period.map(|found| found.confidence).max().unwrap_or(0))
    };
    let (points, reason) = match wrong.len() {
        0 => (EXPLAINED, "There is nothing to explain.".to_owned()),
        many => {
            let sure = wrong.iter().map(best).sum::<usize>() / many;
            let points = u8::try_from(usize::from(EXPLAINED) * sure / 100).unwrap_or(EXPLAINED);
            (points, format!("The differences are explained with {sure} % confidence on average."))
        }
    };
    ReconcileScorePart { name: "explained", points, of: EXPLAINED, reason }
}
