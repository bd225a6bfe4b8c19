//! Balances that are themselves wrong: old, or mistyped.

use chrono::NaiveDate;

use super::bits::{BIT, Weight};
use super::ledger::Entry;
use super::suspicion::{Case, Flaw, Suspicion, edits};
use super::{Anchor, AnchorSource, Correction, ExplanationKind};

/// What it costs that a bank tells an old balance.
const STALE: Weight = -4 * BIT;
/// Days that a bank's balance may lag behind.
const STALE_DAYS: i64 = 31;
/// What it is worth that the bank itself says it has not looked since, or counts against it when it has.
const SAYS_SO: Weight = 8 * BIT;
/// What it is worth that the balance is the previous one to the last digit.
const UNCHANGED: Weight = 3 * BIT;

/// Whether the balance at the end of a period is the one that the books had some days before.
pub(super) fn stale(case: &Case<'_>, index: usize) -> Vec<Suspicion> {
    let period = &case.periods[index];
    let anchor = &case.anchors[period.to];
    if !matches!(anchor.source, AnchorSource::Provider | AnchorSource::File) {
        return Vec::new();
    }
    let entries = &case.ledger.entries[period.entries.clone()];
    let mut behind = 0_i128;
    let mut found = Vec::new();
    for (place, entry) in entries.iter().enumerate().rev() {
        if anchor.date.signed_duration_since(entry.date).num_days() > STALE_DAYS {
            break;
        }
        let Some(sum) = behind.checked_add(entry.units) else { break };
        behind = sum;
        let first_of_day = place == 0 || entries[place - 1].day != entry.day;
        let rest = period.difference.checked_add(behind);
        let noise = rest.and_then(|rest| case.noise.of(rest, period.slack));
        if let Some(noise) = noise.filter(|_| first_of_day) {
            found.extend(old_balance(case, anchor, index, &entries[place..], behind, noise));
        }
    }
    found
}

fn old_balance(
    case: &Case<'_>,
    anchor: &Anchor,
    index: usize,
    later: &[Entry],
    behind: i128,
    noise: Weight,
) -> Option<Suspicion> {
    let period = &case.periods[index];
    let date = later.first()?.date.pred_opt()?.max(period.after);
    let mut weight = STALE + noise;
    if later.len() == 1 {
        weight -= 2 * BIT;
    }
    if period.bank == 0 && later.len() == period.entries.len() {
        weight += UNCHANGED;
    }
    let refreshed = anchor.refreshed_at.map(|instant| instant.date_naive());
    let says = match refreshed {
        Some(day) if day <= date => {
            weight += SAYS_SO;
            format!(", and the bank last refreshed it on {day}")
        }
        Some(day) if later.last().is_some_and(|entry| day > entry.date) => {
            weight -= SAYS_SO;
            String::new()
        }
        _ => String::new(),
    };
    let balance = case.ledger.amount(case.ledger.units(anchor.balance?)?)?;
    let mut rows: Vec<usize> = later.iter().map(|entry| entry.row).collect();
    rows.sort_unstable();
    Some(Suspicion {
        kind: ExplanationKind::StaleBalance,
        rows,
        effect: behind.checked_neg()?,
        weight,
        date: Some(date),
        reason: format!("The bank's {balance} for {} is what the books had on {date}{says}.", anchor.date),
        correction: Correction::WaitForBank { anchor: period.to },
    })
}

/// Whether the balance at the end of a period was typed wrongly.
pub(super) fn mistyped(case: &Case<'_>, index: usize) -> Vec<Suspicion> {
    let period = &case.periods[index];
    let anchor = &case.anchors[period.to];
    let (Some(balance), AnchorSource::Statement) = (anchor.balance, anchor.source) else { return Vec::new() };
    let Some(units) = case.ledger.units(balance) else { return Vec::new() };
    let typed = Entry { row: 0, date: anchor.date, day: 0, units };
    let right = |to: i128| to.checked_sub(units).and_then(i128::checked_neg) == Some(period.difference);
    edits(typed)
        .filter(|edit| right(edit.to))
        .filter_map(|edit| suspicion(case, anchor.date, period.to, edit.flaw, (units, edit.to)))
        .collect()
}

fn suspicion(
    case: &Case<'_>,
    date: NaiveDate,
    anchor: usize,
    flaw: Flaw,
    (units, right): (i128, i128),
) -> Option<Suspicion> {
    let (balance, to) = (case.ledger.amount(units)?, case.ledger.amount(right)?);
    let kind = match flaw {
        Flaw::Sign => ExplanationKind::WrongSign,
        Flaw::Digits => ExplanationKind::SwappedDigits,
        Flaw::Times(_) | Flaw::Divided(_) => ExplanationKind::DroppedDecimals,
    };
    Some(Suspicion {
        kind,
        rows: Vec::new(),
        effect: units.checked_sub(right)?,
        weight: 2 * BIT,
        date: Some(date),
        reason: format!(
            "The balance of {date} was entered as {balance}; the books have {to}, which is easily mistyped so."
        ),
        correction: Correction::AdjustAnchor { anchor, to },
    })
}
