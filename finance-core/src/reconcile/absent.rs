//! Transactions that the books lack.

use chrono::NaiveDate;

use super::bits::{BIT, NEVER, Weight, either, log2};
use super::habits::{Class, Rhythm};
use super::periods::Period;
use super::suspicion::{Case, Suspicion};
use super::{Correction, ExplanationKind};

/// What a gap in a series is worth.
const GAP: Weight = 4 * BIT;
/// What a series without a gap takes away.
const NO_GAP: Weight = -4 * BIT;
/// Classes that are asked about one amount.
const CLASSES_MOST: usize = 32;

/// How well a missing row of this amount fits a period, and its series and day where there is one.
pub(super) struct Fit {
    pub(super) weight: Weight,
    pub(super) series: Option<Class>,
    pub(super) due: Option<NaiveDate>,
}

pub(super) fn fit(case: &Case<'_>, period: &Period, units: i128) -> Fit {
    let habits = case.habits;
    let anywhere = log2(u128::from(habits.rows()) + 1) + habits.likelihood_anywhere(units);
    let mut fit = Fit { weight: anywhere, series: None, due: None };
    let mut best = NEVER;
    for &(_, class) in habits.classes_with(units, units).iter().take(CLASSES_MOST) {
        let exact = habits.gap(class, Some(units), period.after, period.until, None);
        let rhythm = match exact {
            Rhythm::None => habits.gap(class, None, period.after, period.until, None),
            known => known,
        };
        let (weight, due) = match rhythm {
            Rhythm::Gap(due) => (GAP, Some(due)),
            Rhythm::Kept => (NO_GAP + log2(u128::from(habits.times(class, units))), None),
            Rhythm::None => (log2(u128::from(habits.times(class, units))) - 2 * BIT, None),
        };
        fit.weight = either(fit.weight, weight);
        if weight > best {
            best = weight;
            (fit.series, fit.due) = (Some(class), due);
        }
    }
    fit
}

/// A missing row of this amount.
pub(super) fn missing(case: &Case<'_>, period: &Period, units: i128, noise: Weight) -> Option<Suspicion> {
    let amount = case.ledger.amount(units)?;
    let fit = fit(case, period, units);
    let times = fit.series.map_or(0, |class| case.habits.times(class, units));
    let one_day = period.after.succ_opt() == Some(period.until);
    let date = fit.due.or(one_day.then_some(period.until));
    let habit = match (times, fit.due) {
        (0, _) => String::new(),
        (times, None) => format!(", an amount that {times} of its rows have"),
        (times, Some(due)) => {
            format!(", which {times} of its rows have in a rhythm that leaves a gap at {due}")
        }
    };
    let like = fit.series.and_then(|class| {
        case.ledger
            .entries
            .iter()
            .rev()
            .find(|entry| entry.units == units && case.habits.class(entry) == class)
    });
    Some(Suspicion {
        kind: ExplanationKind::MissingTransaction,
        rows: Vec::new(),
        effect: units,
        weight: fit.weight.saturating_add(noise),
        date,
        reason: format!("The bank booked {amount} by {} that the books lack{habit}.", period.until),
        correction: Correction::InsertRow {
            date: date.unwrap_or(period.until),
            amount,
            like: like.map(|entry| entry.row),
        },
    })
}

/// Missing rows that would make up this difference: one of exactly that amount, or of a usual amount that rounding hides.
pub(super) fn all_missing(case: &Case<'_>, period: &Period, difference: i128) -> Vec<Suspicion> {
    let slack = period.slack;
    let mut amounts = vec![difference];
    let near = case.habits.classes_with(difference.saturating_sub(slack), difference.saturating_add(slack));
    amounts.extend(near.iter().take(CLASSES_MOST).map(|&(units, _)| units).filter(|&units| units != 0));
    amounts.sort_unstable();
    amounts.dedup();
    amounts
        .into_iter()
        .filter_map(|units| {
            missing(case, period, units, case.noise.of(difference.checked_sub(units)?, slack)?)
        })
        .collect()
}
