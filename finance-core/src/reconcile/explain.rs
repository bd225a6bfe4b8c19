//! From the periods that differ to one ranked list.

use std::cmp::Reverse;

use chrono::NaiveDate;

use super::periods::Period;
use super::suspicion::{Case, Flaw, Suspicion, edits};
use super::weigh::{Story, confidences};
use super::{
    Agreement, Correction, Explanation, ExplanationKind, absent, bank, copies, crossed, deleted, pending,
    sums, together,
};

/// Suspicions of one period that are combined with those of another.
const COMBINED: usize = 12;

/// One period that differs, or two whose differences belong together.
struct Knot {
    periods: Vec<usize>,
    suspicions: Vec<Suspicion>,
    /// The period that each suspicion is about; the first of two.
    homes: Vec<usize>,
    stories: Vec<Story>,
}

pub(super) fn explanations(case: &Case<'_>) -> Vec<Explanation> {
    let mut ranked: Vec<(usize, Explanation)> = Vec::new();
    for knot in knots(case) {
        let mut own = ranked_knot(case, &knot);
        own.truncate(case.policy.max_explanations);
        ranked.extend(own.into_iter().enumerate());
    }
    // The best of every period comes before the second of any.
    ranked.sort_by_key(|(rank, found)| {
        ((*rank).min(1), Reverse(found.confidence), case.anchors.get(found.anchor).map(|anchor| anchor.date))
    });
    let mut list: Vec<Explanation> = ranked.into_iter().map(|(_, explanation)| explanation).collect();
    list.extend(drift(case));
    list.truncate(case.policy.max_explanations);
    list
}

/// How sure it is that a difference no larger than rounding is one.
const DRIFT_CONFIDENCE: u8 = 90;
/// How sure the best explanation of a period must be for its day to be believed.
const BELIEVED: u8 = 50;

/// The first day on which bank and books part: that of the best explanation of the first period that differs, if it is likely
/// and lies in the period; else the day of the anchor that shows it.
pub(super) fn first_unexplained_date(periods: &[Period], explanations: &[Explanation]) -> Option<NaiveDate> {
    let is_explained = |period: &&Period| {
        let of_period = |found: &&Explanation| found.anchor == period.to;
        period.agreement == Agreement::Differs
            || explanations.iter().filter(of_period).any(|found| found.kind != ExplanationKind::RoundingDrift)
    };
    let first = periods.iter().find(is_explained)?;
    let day = explanations
        .iter()
        .find(|found| found.anchor == first.to && found.kind != ExplanationKind::RoundingDrift)
        .filter(|best| best.confidence >= BELIEVED)
        .and_then(|best| best.date)
        .filter(|&date| first.after < date && date <= first.until);
    Some(day.unwrap_or(first.until))
}

fn ranked_knot(case: &Case<'_>, knot: &Knot) -> Vec<Explanation> {
    let (points, none) = confidences(&knot.suspicions, &knot.stories);
    let mut order: Vec<usize> = (0..knot.suspicions.len()).filter(|&index| points[index] > 0).collect();
    // Those still equal stay in the order of the ledger, which is that of content.
    order.sort_by_key(|&index| {
        let found = &knot.suspicions[index];
        let sure = (Reverse(points[index]), Reverse(found.weight));
        (sure, found.kind, knot.homes[index], found.effect, found.date)
    });
    let mut list: Vec<Explanation> = order
        .into_iter()
        .filter_map(|index| {
            explanation(case, &knot.suspicions[index], case.periods[knot.homes[index]].to, points[index])
        })
        .collect();
    if none >= 10 || list.is_empty() {
        let difference = case.periods[knot.periods[0]].difference;
        list.extend(case.ledger.amount(difference).map(|amount| Explanation {
            kind: ExplanationKind::Unknown,
            transactions: Vec::new(),
            anchor: case.periods[knot.periods[0]].to,
            amount,
            date: None,
            confidence: none,
            reason: format!("Nothing in the books makes up {amount}; several things may be wrong at once."),
            correction: Correction::Nothing,
        }));
    }
    list
}

fn explanation(case: &Case<'_>, suspicion: &Suspicion, anchor: usize, confidence: u8) -> Option<Explanation> {
    Some(Explanation {
        kind: suspicion.kind,
        transactions: suspicion.rows.clone(),
        anchor,
        amount: case.ledger.amount(suspicion.effect)?,
        date: suspicion.date,
        confidence,
        reason: suspicion.reason.clone(),
        correction: suspicion.correction.clone(),
    })
}

/// All drift is one explanation.
fn drift(case: &Case<'_>) -> Option<Explanation> {
    let drifting: Vec<_> =
        case.periods.iter().filter(|period| period.agreement == Agreement::Drifts).collect();
    let first = drifting.first()?;
    let sum = drifting.iter().try_fold(0_i128, |sum, period| sum.checked_add(period.difference))?;
    let amount = case.ledger.amount(sum)?;
    let largest = drifting.iter().map(|period| period.difference.abs()).max()?;
    let (count, largest) = (drifting.len(), case.ledger.amount(largest)?);
    Some(Explanation {
        kind: ExplanationKind::RoundingDrift,
        transactions: Vec::new(),
        anchor: first.to,
        amount,
        date: None,
        confidence: DRIFT_CONFIDENCE,
        reason: format!(
            "The bank's balance is off by at most {largest} in {count} periods, as by rounding; together by {amount}."
        ),
        correction: Correction::Nothing,
    })
}

fn knots(case: &Case<'_>) -> Vec<Knot> {
    let mut differing: Vec<usize> = (0..case.periods.len()).filter(|&index| differs(case, index)).collect();
    let mut knots = Vec::new();
    for (earlier, later, moves) in pairs(case, &differing) {
        if differing.contains(&earlier) && differing.contains(&later) {
            differing.retain(|&index| index != earlier && index != later);
            knots.push(joint(case, earlier, later, moves));
        }
    }
    knots.extend(differing.into_iter().map(|index| single(case, index)));
    knots.sort_by_key(|knot| knot.periods[0]);
    knots
}

/// Whether the period differs by more than rounding: by too much, by just what a deleted row is, or in digits finer than the
/// account's rows have, one row excepted that would be as round as the others if two of its digits changed places.
fn differs(case: &Case<'_>, index: usize) -> bool {
    let period = &case.periods[index];
    match period.agreement {
        Agreement::Differs => true,
        Agreement::Drifts if deleted::is_one(case, period) => true,
        Agreement::Drifts if !case.noise.is_usual(period.difference) => {
            case.ledger.entries[period.entries.clone()].iter().any(|entry| {
                !case.noise.is_usual(entry.units)
                    && edits(*entry).any(|edit| {
                        edit.flaw == Flaw::Digits
                            && case.noise.is_usual(edit.to)
                            && period
                                .difference
                                .checked_sub(edit.effect())
                                .is_some_and(|rest| case.noise.is_usual(rest))
                    })
            })
        }
        _ => false,
    }
}

/// Two differing periods with moves that put both right, the best first.
fn pairs(case: &Case<'_>, differing: &[usize]) -> Vec<(usize, usize, Vec<Suspicion>)> {
    let mut found = Vec::new();
    for (place, &earlier) in differing.iter().enumerate() {
        for &later in &differing[place + 1..] {
            let (first, second) = (&case.periods[earlier], &case.periods[later]);
            let apart = second.after.signed_duration_since(first.until).num_days();
            if apart > i64::from(case.policy.moved_days) {
                break;
            }
            let opposite = first.difference.checked_add(second.difference).and_then(i128::checked_abs);
            if opposite.is_some_and(|sum| sum <= first.slack.saturating_add(second.slack)) {
                let mut moves = crossed::moves_between(case, earlier, later);
                if earlier + 1 == later {
                    moves.extend(bank::stale(case, earlier));
                    moves.extend(bank::mistyped(case, earlier));
                }
                if !moves.is_empty() {
                    found.push((earlier, later, moves));
                }
            }
        }
    }
    let best = |moves: &[Suspicion]| moves.iter().map(|found| found.weight).max();
    found.sort_by(|a, b| best(&b.2).cmp(&best(&a.2)).then((a.0, a.1).cmp(&(b.0, b.1))));
    found
}

fn joint(case: &Case<'_>, earlier: usize, later: usize, moves: Vec<Suspicion>) -> Knot {
    let mut suspicions = moves;
    let mut homes = vec![earlier; suspicions.len()];
    let mut stories: Vec<Story> = alone(&suspicions, 0);
    let mut sides = Vec::new();
    for index in [earlier, later] {
        let mut knot = single(case, index);
        knot.stories.sort_by_key(|story| Reverse(story.weight));
        knot.stories.truncate(COMBINED);
        let shift = suspicions.len();
        for story in &mut knot.stories {
            story.parts.iter_mut().for_each(|part| *part += shift);
        }
        homes.extend(knot.homes);
        suspicions.extend(knot.suspicions);
        sides.push(knot.stories);
    }
    let cost = together::another_fault(case);
    for first in &sides[0] {
        for second in &sides[1] {
            let parts = first.parts.iter().chain(&second.parts).copied().collect();
            stories.push(Story { parts, weight: first.weight.saturating_add(second.weight) - cost });
        }
    }
    Knot { periods: vec![earlier, later], suspicions, homes, stories }
}

fn alone(suspicions: &[Suspicion], from: usize) -> Vec<Story> {
    (from..suspicions.len())
        .map(|part| Story { parts: vec![part], weight: suspicions[part].weight })
        .collect()
}

fn single(case: &Case<'_>, index: usize) -> Knot {
    let period = &case.periods[index];
    let mut suspicions = deleted::deleted(case, period);
    let mut missing = absent::any_missing(case, period, period.difference);
    deleted::before_missing(&suspicions, &mut missing);
    suspicions.extend(missing);
    suspicions.extend(wrong_rows(case, index));
    suspicions.extend(crossed::moves_at_the_ends(case, index, period.difference));
    suspicions.extend(sums::unknown_rows(case, index));
    suspicions.extend(pending::pending(case, index));
    if index + 1 == case.periods.len() {
        suspicions.extend(bank::stale(case, index));
        suspicions.extend(bank::mistyped(case, index));
    }
    let mut stories = alone(&suspicions, 0);
    together::two_faults(case, index, &mut suspicions, &mut stories);
    let homes = vec![index; suspicions.len()];
    Knot { periods: vec![index], suspicions, homes, stories }
}

/// Rows of the period of which one is wrong or too many.
fn wrong_rows(case: &Case<'_>, index: usize) -> Vec<Suspicion> {
    let period = &case.periods[index];
    let fits = |effect: i128| case.noise.of(period.difference.checked_sub(effect)?, period.slack);
    let mut found = Vec::new();
    for place in period.entries.clone() {
        let entry = case.ledger.entries[place];
        for edit in edits(entry) {
            if let Some(noise) = fits(edit.effect()) {
                found.extend(edit.suspicion(case, noise));
            }
        }
        if let Some(noise) = fits(entry.units.saturating_neg()) {
            found.extend(copies::copies_of(case, period, place, noise));
        }
    }
    found
}
