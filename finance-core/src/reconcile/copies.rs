//! Rows that the books hold twice.

use super::bits::{BIT, Weight, share};
use super::ledger::Entry;
use super::periods::Period;
use super::suspicion::{Case, Suspicion};
use super::{Correction, ExplanationKind};
use crate::LedgerRow;

/// Copies that are looked at for one row.
const COPIES_MOST: usize = 8;

/// The pairs in which one of these rows, which lie in the period, may be a copy.
pub(super) fn copies_of(case: &Case<'_>, period: &Period, index: usize, noise: Weight) -> Vec<Suspicion> {
    let entries = &case.ledger.entries;
    let entry = &entries[index];
    let days = i32::from(case.policy.duplicate_days);
    let mut found = Vec::new();
    for day in entry.day.saturating_sub(days)..=entry.day.saturating_add(days) {
        let start = entries.partition_point(|other| (other.day, other.units) < (day, entry.units));
        let same = entries[start..].iter().take_while(|other| (other.day, other.units) == (day, entry.units));
        for (other, copy) in (start..).zip(same).take(COPIES_MOST) {
            // A pair within the period is met twice.
            if other == index || other < index && period.entries.contains(&other) {
                continue;
            }
            let both_inside = period.entries.contains(&other);
            found.extend(pair(case, entry, copy, both_inside, noise));
        }
    }
    found
}

fn pair(case: &Case<'_>, entry: &Entry, copy: &Entry, both_inside: bool, noise: Weight) -> Option<Suspicion> {
    let (row, other) = (case.ledger.content(entry), case.ledger.content(copy));
    // Of two in the period the one that the user left alone goes, and of two alike the later one.
    let (extra, kept) = match both_inside && (other.user_edited, entry.row) < (row.user_edited, copy.row) {
        true => (copy.row, entry.row),
        false => (entry.row, copy.row),
    };
    let mut rows = vec![extra, kept];
    rows.sort_unstable();
    let amount = case.ledger.amount(entry.units)?;
    let when = match entry.day.abs_diff(copy.day) {
        0 => format!("on {}", entry.date),
        days => format!("{days} days apart about {}", entry.date.min(copy.date)),
    };
    let (text, same_text) = match (row.description == other.description, row.payee == other.payee) {
        (true, true) => ("the same text", true),
        _ => ("different texts", false),
    };
    Some(Suspicion {
        kind: ExplanationKind::Duplicate,
        rows,
        effect: entry.units.checked_neg()?,
        weight: weight(case, entry, copy, same_text).saturating_add(noise),
        date: Some(entry.date),
        reason: format!("The books hold {amount} twice {when}, with {text}; the bank has it once."),
        correction: Correction::RemoveRows { rows: vec![extra] },
    })
}

/// How unlikely such a pair is unless one is a copy.
fn weight(case: &Case<'_>, entry: &Entry, copy: &Entry, same_text: bool) -> Weight {
    let habits = case.habits;
    let (row, other) = (case.ledger.content(entry), case.ledger.content(copy));
    let class = habits.class(entry);
    let days = entry.day.abs_diff(copy.day);
    let mut weight = 0;
    if row.imported_id.is_some() && row.imported_id == other.imported_id && row.provider == other.provider {
        weight += 6 * BIT;
    }
    let replaces = |a: &LedgerRow, b: &LedgerRow| a.pending_of.is_some() && a.pending_of == b.imported_id;
    if replaces(row, other) || replaces(other, row) {
        weight += 6 * BIT;
    }
    if class != habits.class(copy) {
        weight -= 5 * BIT;
    } else if !same_text {
        weight -= BIT;
    }
    if row.counterparty.is_some() && row.counterparty == other.counterparty {
        weight += BIT;
    }
    // Other rows of that amount that might fall so near by chance, and repeats that nobody can foresee.
    let others = u128::from(habits.times(class, entry.units).saturating_sub(2));
    let by_chance = others * u128::from(2 * days + 1) * 64 + u128::from(habits.span_days());
    weight
        - share(by_chance.max(1), 64 * u128::from(habits.span_days())).min(0)
        - BIT / 2 * i32::try_from(days).unwrap_or(i32::MAX / BIT)
}
