//! Rows on the wrong side of an anchor.

use super::bits::{BIT, Weight, log2};
use super::habits::Rhythm;
use super::ledger::Entry;
use super::periods::Period;
use super::suspicion::{Case, Suspicion};
use super::{Correction, ExplanationKind};

/// What it costs that a date is wrong at all.
const WRONG_DATE: Weight = -BIT;
/// What the rhythm of a series is worth for or against a move.
const RHYTHM: Weight = 3 * BIT;

/// A move of a row of one period, or of none, into another period or out of all.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    pub(super) entry: Entry,
    /// The period it should lie in, by its place; `None` is before all or after all.
    pub(super) into: Option<usize>,
    /// The period it lies in now.
    pub(super) out_of: Option<usize>,
}

/// Moves between no period and this one that change its books by about this much.
pub(super) fn moves_at_the_ends(case: &Case<'_>, index: usize, difference: i128) -> Vec<Suspicion> {
    let (period, last) = (&case.periods[index], case.periods.len() - 1);
    let limit = i32::from(case.policy.moved_days);
    let entries = &case.ledger.entries;
    let fits = |units: i128| case.noise.of(difference.checked_sub(units)?, period.slack);
    let mut found = Vec::new();
    let mut consider = |entry: &Entry, mv: Move, effect: Option<i128>| {
        if let Some(noise) = effect.and_then(fits) {
            found.extend(suspicion(case, mv, entry.units, noise));
        }
    };
    let near = |entry: &&Entry, day: i32| entry.day.abs_diff(day) <= limit.unsigned_abs();
    let (start, end) = (number(period.after), number(period.until));
    if index == 0 {
        let before = entries[..period.entries.start].iter().rev().take_while(|entry| near(entry, start));
        before.for_each(|entry| {
            consider(entry, Move { entry: *entry, into: Some(index), out_of: None }, Some(entry.units));
        });
        let inside = entries[period.entries.clone()].iter().take_while(|entry| near(entry, start));
        inside.for_each(|entry| {
            let effect = entry.units.checked_neg();
            consider(entry, Move { entry: *entry, into: None, out_of: Some(index) }, effect);
        });
    }
    if index == last {
        let later = entries[period.entries.end..].iter().take_while(|entry| near(entry, end));
        later.for_each(|entry| {
            consider(entry, Move { entry: *entry, into: Some(index), out_of: None }, Some(entry.units));
        });
        let inside = entries[period.entries.clone()].iter().rev().take_while(|entry| near(entry, end));
        inside.for_each(|entry| {
            let effect = entry.units.checked_neg();
            consider(entry, Move { entry: *entry, into: None, out_of: Some(index) }, effect);
        });
    }
    found
}

/// The rows whose move between these two periods makes both agree.
pub(super) fn moves_between(case: &Case<'_>, earlier: usize, later: usize) -> Vec<Suspicion> {
    let (first, second) = (&case.periods[earlier], &case.periods[later]);
    let limit = i32::from(case.policy.moved_days);
    let mut found = Vec::new();
    let sides = [(first, second, earlier, later), (second, first, later, earlier)];
    for (home, target, out_of, into) in sides {
        for entry in &case.ledger.entries[home.entries.clone()] {
            let rest = |difference: i128, slack| case.noise.of(difference, slack);
            let Some(noise) =
                home.difference.checked_add(entry.units).and_then(|left| rest(left, home.slack))
            else {
                continue;
            };
            let left = target.difference.checked_sub(entry.units);
            let Some(other) = left.and_then(|left| rest(left, target.slack)) else { continue };
            let step = Move { entry: *entry, into: Some(into), out_of: Some(out_of) };
            if distance(case, step).is_some_and(|days| days <= limit.unsigned_abs()) {
                let effect = if out_of == earlier { entry.units.checked_neg() } else { Some(entry.units) };
                found.extend(effect.and_then(|effect| suspicion(case, step, effect, noise + other)));
            }
        }
    }
    found
}

/// The days from the row to where it should be.
fn distance(case: &Case<'_>, step: Move) -> Option<u32> {
    let target = goal(case, step)?;
    Some(number(target).abs_diff(step.entry.day))
}

/// The nearest day on the right side.
fn goal(case: &Case<'_>, step: Move) -> Option<chrono::NaiveDate> {
    match (step.into, step.out_of) {
        (Some(into), _) => {
            let period = &case.periods[into];
            let first = period.after.succ_opt()?;
            Some(if step.entry.date > period.until { period.until } else { first.max(step.entry.date) })
        }
        (None, Some(out_of)) => {
            let period = &case.periods[out_of];
            let to_start = number(period.after).abs_diff(step.entry.day);
            let to_end = number(period.until).abs_diff(step.entry.day) + 1;
            match (out_of == 0, out_of + 1 == case.periods.len()) {
                (true, true) if to_start <= to_end => Some(period.after),
                (true, false) => Some(period.after),
                _ => period.until.succ_opt(),
            }
        }
        (None, None) => None,
    }
}

fn suspicion(case: &Case<'_>, step: Move, effect: i128, noise: Weight) -> Option<Suspicion> {
    let to = goal(case, step)?;
    let days = number(to).abs_diff(step.entry.day);
    let amount = case.ledger.amount(step.entry.units)?;
    let rhythm = rhythm(case, step);
    let habit = match rhythm {
        1.. => "; its series is due there",
        0 => "",
        _ => "; though its series has it where it is",
    };
    let (side, anchor) = match to < step.entry.date {
        true => ("by", to),
        false => ("after", to.pred_opt().unwrap_or(to)),
    };
    Some(Suspicion {
        kind: ExplanationKind::WrongSideOfAnchor,
        rows: vec![step.entry.row],
        effect,
        weight: WRONG_DATE + rhythm - log2(u128::from(days.max(1))) + noise,
        date: Some(step.entry.date),
        reason: format!(
            "The row of {amount} dated {} is counted by the bank {side} {anchor}{habit}.",
            step.entry.date
        ),
        correction: Correction::MoveRow { row: step.entry.row, to },
    })
}

/// Whether the row's series is due on the other side, or has it where it is.
fn rhythm(case: &Case<'_>, step: Move) -> Weight {
    let class = case.habits.class(&step.entry);
    let gap = |after, until| match case.habits.gap(
        class,
        Some(step.entry.units),
        after,
        until,
        Some(step.entry.day),
    ) {
        Rhythm::None => case.habits.gap(class, None, after, until, Some(step.entry.day)),
        known => known,
    };
    let there =
        step.into.map(|into| &case.periods[into]).map(|period: &Period| gap(period.after, period.until));
    let here = step.entry.date.pred_opt().map(|before| gap(before, step.entry.date));
    match (there, here) {
        (Some(Rhythm::Gap(_)), Some(Rhythm::Gap(_))) => 0,
        (Some(Rhythm::Gap(_)), _) => RHYTHM,
        (_, Some(Rhythm::Gap(_))) => -RHYTHM,
        _ => 0,
    }
}

fn number(date: chrono::NaiveDate) -> i32 {
    use chrono::Datelike;
    date.num_days_from_ce()
}
