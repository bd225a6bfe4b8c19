//! Rows on the wrong side of an anchor.

use chrono::{Days, NaiveDate};

use super::bits::{BIT, Weight, log2, share};
use super::ledger::Entry;
use super::rhythm::{Rhythm, number};
use super::suspicion::{Case, Suspicion};
use super::{Correction, ExplanationKind};

/// What it costs that a date is wrong at all.
const WRONG_DATE: Weight = -BIT;
/// What the rhythm of a series is worth for or against a move.
const RHYTHM: Weight = 3 * BIT;

/// Days within which a row easily slips across an anchor.
const USUAL_DAYS: u128 = 4;

/// Days around a move in which the row's series may be due.
const LATE_DAYS: u64 = 3;

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
    let slack = case.periods[index].slack;
    moves(case, index, |units| case.noise.of(difference.checked_sub(units)?, slack))
}

/// Moves between no period and this one, whatever they change.
pub(super) fn all_moves_at_the_ends(case: &Case<'_>, index: usize) -> Vec<Suspicion> {
    moves(case, index, |_| Some(0))
}

fn moves(case: &Case<'_>, index: usize, fits: impl Fn(i128) -> Option<Weight>) -> Vec<Suspicion> {
    let (Some(first), Some(last)) = (case.periods.first(), case.periods.last()) else { return Vec::new() };
    let period = &case.periods[index];
    let limit = u32::from(case.policy.moved_days);
    let entries = &case.ledger.entries;
    let near = |entry: &&Entry, date: NaiveDate| entry.day.abs_diff(number(date)) <= limit;
    let before = entries[..first.entries.start].iter().rev().take_while(|entry| near(entry, period.after));
    let later = entries[last.entries.end..].iter().take_while(|entry| near(entry, period.until));
    let inside = entries[period.entries.clone()].iter();
    let near_an_end = inside.filter(|entry| near(entry, first.after) || near(entry, last.until));
    let into = before
        .chain(later)
        .map(|entry| (Move { entry: *entry, into: Some(index), out_of: None }, Some(entry.units)));
    let out = near_an_end
        .map(|entry| (Move { entry: *entry, into: None, out_of: Some(index) }, entry.units.checked_neg()));
    into.chain(out).filter_map(|(step, effect)| suspicion(case, step, effect?, fits(effect?)?)).collect()
}

/// The rows whose move between these two periods makes both agree.
pub(super) fn moves_between(case: &Case<'_>, earlier: usize, later: usize) -> Vec<Suspicion> {
    let limit = u32::from(case.policy.moved_days);
    let mut found = Vec::new();
    for (out_of, into) in [(earlier, later), (later, earlier)] {
        let (home, target) = (&case.periods[out_of], &case.periods[into]);
        for entry in &case.ledger.entries[home.entries.clone()] {
            let left = (home.difference.checked_add(entry.units), target.difference.checked_sub(entry.units));
            let (Some(here), Some(there)) = left else { continue };
            let noise = case.noise.of(here, home.slack).zip(case.noise.of(there, target.slack));
            let step = Move { entry: *entry, into: Some(into), out_of: Some(out_of) };
            let is_near = || goal(case, step).is_some_and(|to| number(to).abs_diff(entry.day) <= limit);
            if let Some((here, there)) = noise.filter(|_| is_near()) {
                let effect = if out_of == earlier { entry.units.checked_neg() } else { Some(entry.units) };
                found.extend(effect.and_then(|effect| suspicion(case, step, effect, here + there)));
            }
        }
    }
    found
}

/// The nearest day on the right side.
fn goal(case: &Case<'_>, step: Move) -> Option<NaiveDate> {
    match (step.into, step.out_of) {
        (Some(into), _) => {
            let period = &case.periods[into];
            let first = period.after.succ_opt()?;
            Some(if step.entry.date > period.until { period.until } else { first.max(step.entry.date) })
        }
        (None, Some(_)) => {
            let (first, last) = (case.periods.first()?.after, case.periods.last()?.until.succ_opt()?);
            let to = |date| number(date).abs_diff(step.entry.day);
            Some(if to(first) <= to(last) { first } else { last })
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
        weight: WRONG_DATE + rhythm + nearness(case, days) + noise,
        date: Some(step.entry.date),
        reason: format!(
            "The row of {amount} dated {} is counted by the bank {side} {anchor}{habit}.",
            step.entry.date
        ),
        correction: Correction::MoveRow { row: step.entry.row, to },
    })
}

/// How few rows lie so near to an anchor by chance, less what longer moves cost.
fn nearness(case: &Case<'_>, days: u32) -> Weight {
    let anchors = case.periods.len() as u128 + 1;
    let days = u128::from(days.max(1));
    let by_chance = (2 * days.max(USUAL_DAYS) * anchors).min(u128::from(case.habits.span_days()));
    -share(by_chance, u128::from(case.habits.span_days())) - log2(days) - log2((days / USUAL_DAYS).max(1))
}

/// Whether the row's series is due on the other side, or has it where it is.
fn rhythm(case: &Case<'_>, step: Move) -> Weight {
    let class = case.habits.class(&step.entry);
    let Some(target) = goal(case, step) else { return 0 };
    let later = target > step.entry.date;
    let from = target.min(step.entry.date).checked_sub_days(Days::new(LATE_DAYS)).unwrap_or(target);
    let until = target.max(step.entry.date).checked_add_days(Days::new(LATE_DAYS)).unwrap_or(target);
    match case.habits.rhythm(class, step.entry.units, (from, until), Some(step.entry.day)) {
        Rhythm::Gap(due) | Rhythm::Edge(due) if (due >= target) == later || due == target => RHYTHM,
        Rhythm::Gap(_) | Rhythm::Edge(_) => -RHYTHM,
        Rhythm::None | Rhythm::Kept => 0,
    }
}
