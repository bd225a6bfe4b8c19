//! Transactions that the books lack.

use chrono::NaiveDate;

use super::bits::{BIT, Weight, either, share};
use super::habits::Class;
use super::periods::Period;
use super::rhythm::Rhythm;
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
    // Where no row was ever seen, one may still be missing.
    let anywhere = expected(case, period, habits.rows().max(1)) + habits.likelihood_anywhere(units);
    let mut fit = Fit { weight: anywhere, series: None, due: None };
    let mut best = anywhere;
    let exact = habits.classes_with(units, units).iter().take(CLASSES_MOST).map(|&(_, class)| class);
    let mut classes: Vec<Class> = exact.chain(habits.large_classes().iter().copied()).collect();
    classes.sort_unstable();
    classes.dedup();
    for class in classes {
        let times = habits.times(class, units);
        let rhythm = habits.rhythm(class, units, (period.after, period.until), None);
        let likely = habits.likelihood(class, units, None);
        let usual = expected(case, period, habits.class_rows(class));
        let (weight, due) = match rhythm {
            Rhythm::Gap(due) => (likely.max(usual + likely) + GAP, Some(due)),
            Rhythm::Edge(due) => (likely + NO_GAP / 2, Some(due)),
            Rhythm::Kept => (usual + likely + NO_GAP, None),
            Rhythm::None => (usual + likely, None),
        };
        fit.weight = either(fit.weight, weight);
        if weight > best && (times > 0 || due.is_some()) {
            best = weight;
            (fit.series, fit.due) = (Some(class), due);
        }
    }
    fit
}

/// The logarithm of how many of so many rows fall into a period of that length.
fn expected(case: &Case<'_>, period: &Period, rows: u32) -> Weight {
    let days = period.until.signed_duration_since(period.after).num_days().max(1).unsigned_abs();
    let days = days.min(u64::from(case.habits.span_days()));
    share(u128::from(rows) * u128::from(days), u128::from(case.habits.span_days()))
}

/// A missing row of this amount.
pub(super) fn missing(case: &Case<'_>, period: &Period, units: i128, noise: Weight) -> Option<Suspicion> {
    let amount = case.ledger.amount(units)?;
    let fit = fit(case, period, units);
    let times = fit.series.map_or(0, |class| case.habits.times(class, units));
    let one_day = period.after.succ_opt() == Some(period.until);
    let date = fit.due.or(one_day.then_some(period.until));
    let habit = match (times, fit.due) {
        (0, None) => String::new(),
        (0, Some(due)) => format!("; a series of rows leaves a gap at {due}"),
        (times, None) => format!(", an amount that {times} of its rows have"),
        (times, Some(due)) => {
            format!(", which {times} of its rows have in a rhythm that leaves a gap at {due}")
        }
    };
    let like = fit.series.and_then(|class| case.habits.latest(class, units));
    Some(Suspicion {
        kind: ExplanationKind::MissingTransaction,
        rows: Vec::new(),
        effect: units,
        weight: fit.weight.saturating_add(noise),
        date,
        reason: format!("The bank booked {amount} by {} that the books lack{habit}.", period.until),
        correction: Correction::InsertRow { date: date.unwrap_or(period.until), amount, like },
    })
}

/// The amount with most zeros that is no farther away than rounding allows, the nearest of those.
fn roundest(difference: i128, slack: i128) -> i128 {
    let mut round = difference;
    let mut step = 10_i128;
    while let Some(nearest) = difference
        .checked_add(difference.signum() * step / 2)
        .map(|further| further / step * step)
        .filter(|nearest| *nearest != 0 && (nearest - difference).abs() <= slack)
    {
        round = nearest;
        let Some(next) = step.checked_mul(10) else { break };
        step = next;
    }
    round
}

/// A missing row that would make up this difference: of exactly that amount, or of a usual or rounder one that rounding hides.
/// Where it is told with another amount, one of exactly that amount follows.
pub(super) fn any_missing(case: &Case<'_>, period: &Period, difference: i128) -> Vec<Suspicion> {
    let slack = period.slack;
    let mut amounts = vec![difference, roundest(difference, slack)];
    let near = case.habits.classes_with(difference.saturating_sub(slack), difference.saturating_add(slack));
    let usual = near.iter().filter(|&&(units, class)| units != 0 && case.habits.times(class, units) > 1);
    amounts.extend(usual.take(CLASSES_MOST).map(|&(units, _)| units));
    amounts.sort_unstable();
    amounts.dedup();
    let told = |units| missing(case, period, units, case.noise.of(difference.checked_sub(units)?, slack)?);
    let found = amounts.into_iter().filter_map(told);
    // What is far from the difference makes a missing row likelier, but is not told as its amount.
    let is_near = |found: &Suspicion| case.noise.is_near(difference.saturating_sub(found.effect));
    let best = found.reduce(|best, other| {
        let weight = either(best.weight, other.weight);
        let is_better = (is_near(&other), other.weight) > (is_near(&best), best.weight);
        Suspicion { weight, ..if is_better { other } else { best } }
    });
    let is_other = best.as_ref().is_some_and(|best| best.effect != difference);
    best.into_iter().chain(told(difference).filter(|_| is_other)).collect()
}
