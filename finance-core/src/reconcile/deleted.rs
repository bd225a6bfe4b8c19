//! Rows that the user deleted and the bank counts.

use super::bits::{BIT, Weight, log2};
use super::ledger::Entry;
use super::periods::Period;
use super::sums::{choices, sets};
use super::suspicion::{Case, Suspicion};
use super::together::another_fault;
use super::{Correction, ExplanationKind};

/// Deleted rows of the period that make up its difference: one alone, a few together, or all.
pub(super) fn deleted(case: &Case<'_>, period: &Period) -> Vec<Suspicion> {
    let entries = of_period(case, period);
    let one = |place: usize| {
        let rest = period.difference.checked_sub(entries[place].units)?;
        suspicion(case, entries, &[place], case.noise.of(rest, period.slack)?)
    };
    let mut found: Vec<Suspicion> = (0..entries.len()).filter_map(one).collect();
    let mut several = sets(entries, period.difference);
    several.retain(|set| set.len() > 1);
    let whole = entries.iter().try_fold(0_i128, |sum, entry| sum.checked_add(entry.units));
    if whole == Some(period.difference) && entries.len() > 4 {
        several.insert(0, (0..entries.len()).collect());
    }
    let exact = case.noise.of(0, period.slack);
    found.extend(several.iter().filter_map(|set| suspicion(case, entries, set, exact?)));
    found
}

/// Every deleted row of the period, whatever the difference is.
pub(super) fn any_deleted(case: &Case<'_>, period: &Period) -> Vec<Suspicion> {
    let entries = of_period(case, period);
    (0..entries.len()).filter_map(|place| suspicion(case, entries, &[place], 0)).collect()
}

/// Whether one deleted row is just the difference.
pub(super) fn is_one(case: &Case<'_>, period: &Period) -> bool {
    of_period(case, period).iter().any(|entry| entry.units == period.difference)
}

/// A row that is missing for no known reason is never likelier than one of the same amount of which it is known why.
pub(super) fn before_missing(deleted: &[Suspicion], missing: &mut [Suspicion]) {
    let alone = deleted.iter().filter(|found| found.rows.len() == 1).map(|found| found.weight);
    if let Some(below) = alone.min().map(|weight| weight - BIT) {
        missing.iter_mut().for_each(|found| found.weight = found.weight.min(below));
    }
}

fn of_period<'a>(case: &Case<'a>, period: &Period) -> &'a [Entry] {
    let deleted = &case.ledger.deleted;
    let start = deleted.partition_point(|entry| entry.date <= period.after);
    let end = deleted.partition_point(|entry| entry.date <= period.until);
    &deleted[start.min(end)..end]
}

fn suspicion(case: &Case<'_>, entries: &[Entry], set: &[usize], noise: Weight) -> Option<Suspicion> {
    let effect = set.iter().try_fold(0_i128, |sum, &place| sum.checked_add(entries[place].units))?;
    let amount = case.ledger.amount(effect)?;
    let mut rows: Vec<usize> = set.iter().map(|&place| entries[place].row).collect();
    rows.sort_unstable();
    let date = set.first().map(|&place| entries[place].date);
    let what = match (rows.len(), date) {
        (1, Some(date)) => format!("a row of {amount} of {date}"),
        (many, _) => format!("{many} rows, together {amount}"),
    };
    let count = if rows.len() == 1 { "counts it" } else { "counts them" };
    Some(Suspicion {
        kind: ExplanationKind::DeletedTransaction,
        effect,
        weight: weight(case, entries.len(), set.len()).saturating_add(noise),
        date,
        reason: format!("The user deleted {what}; the bank {count}."),
        correction: Correction::RestoreRows { rows: rows.clone() },
        rows,
    })
}

/// That these rows are not in the books needs no accident, so it costs nothing of what a fault costs. How many of the deleted
/// rows the bank counts is anybody's guess, and so is which.
fn weight(case: &Case<'_>, among: usize, many: usize) -> Weight {
    another_fault(case) - choices(among, many) - log2(among as u128 + 1)
}
