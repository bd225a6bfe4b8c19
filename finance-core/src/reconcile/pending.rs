//! Pending rows that one side counts and the other does not.

use super::bits::{BIT, Weight};
use super::ledger::Entry;
use super::sums::{choices, sets};
use super::suspicion::{Case, Suspicion};
use super::{Correction, ExplanationKind};

/// What it is worth that all pending rows of the time add up to the difference.
const ALL: Weight = 4 * BIT;

/// Pending rows of the period that make up its difference.
pub(super) fn pending(case: &Case<'_>, index: usize) -> Vec<Suspicion> {
    let period = &case.periods[index];
    let within = |entry: &&Entry| period.after < entry.date && entry.date <= period.until;
    let (entries, sum): (Vec<Entry>, _) = if case.policy.count_pending {
        let counted = &case.ledger.entries[period.entries.clone()];
        let pending = counted.iter().filter(|entry| case.ledger.content(entry).pending);
        (pending.copied().collect(), period.difference.checked_neg())
    } else {
        let left_out = case.ledger.left_out.iter().filter(within);
        (left_out.copied().collect(), Some(period.difference))
    };
    let Some(sum) = sum else { return Vec::new() };
    let whole = entries.iter().try_fold(0_i128, |sum, entry| sum.checked_add(entry.units));
    let mut found = sets(&entries, sum);
    if whole == Some(sum) && entries.len() > 4 {
        found.insert(0, (0..entries.len()).collect());
    }
    found.into_iter().filter_map(|set| suspicion(case, index, &entries, &set)).collect()
}

fn suspicion(case: &Case<'_>, index: usize, entries: &[Entry], set: &[usize]) -> Option<Suspicion> {
    let difference = case.periods[index].difference;
    let mut rows: Vec<usize> = set.iter().map(|&place| entries[place].row).collect();
    rows.sort_unstable();
    let amount = case.ledger.amount(if case.policy.count_pending { -difference } else { difference })?;
    let which = if set.len() == entries.len() { "All" } else { "Some" };
    let (kind, reason, correction) = if case.policy.count_pending {
        let reason = format!(
            "{which} pending rows, together {amount}, are in the books but not yet in the bank's balance."
        );
        (ExplanationKind::PendingCounted, reason, Correction::LeavePendingOut { rows: rows.clone() })
    } else {
        let reason = format!("{which} pending rows, together {amount}, are in the bank's balance already.");
        (ExplanationKind::PendingNotCounted, reason, Correction::CountPending { rows: rows.clone() })
    };
    let weight = if set.len() == entries.len() { ALL } else { BIT - choices(entries.len(), set.len()) };
    let date = set.first().map(|&place| entries[place].date);
    Some(Suspicion { kind, rows, effect: difference, weight, date, reason, correction })
}
