//! Two faults in one period.

use std::cmp::Reverse;

use super::bits::{BIT, Weight, log2};
use super::rhythm::Rhythm;
use super::suspicion::{Case, Edit, Suspicion, edits};
use super::weigh::Story;
use super::{Agreement, Correction, absent, copies, crossed, deleted};

/// What a further independent fault costs, besides the choice of its row.
const ANOTHER_FAULT: Weight = 10 * BIT;
/// How much less likely than one fault that is the whole difference two are, one of which may have any amount.
const BELOW_ONE_FAULT: Weight = BIT;
/// Rows of a period, and of all that differ, past which nothing is combined.
const ROWS_MOST: usize = 400;
const ALL_ROWS_MOST: usize = 8_000;
/// Single faults that are combined with each other, the likeliest.
const FAULTS_MOST: usize = 1_500;
/// Single faults that may come with a missing row of any amount.
const STRONG_MOST: usize = 32;
/// Pairs that are kept.
const PAIRS_MOST: usize = 40;
/// Faults less likely than this are not combined.
const WEAKEST: Weight = -10 * BIT;

pub(super) fn another_fault(case: &Case<'_>) -> Weight {
    ANOTHER_FAULT + log2(u128::from(case.habits.rows().max(1)))
}

enum Part {
    Edit(Edit),
    Ready(Suspicion),
}

struct Fault {
    effect: i128,
    weight: Weight,
    part: Part,
}

/// Adds the stories of two faults that make up the period's difference together.
pub(super) fn two_faults(
    case: &Case<'_>,
    index: usize,
    suspicions: &mut Vec<Suspicion>,
    stories: &mut Vec<Story>,
) {
    let period = &case.periods[index];
    let differing = case.periods.iter().filter(|period| period.agreement == Agreement::Differs);
    let rows: usize = differing.map(|period| period.entries.len()).sum();
    if period.entries.len() > ROWS_MOST || rows > ALL_ROWS_MOST {
        return;
    }
    let mut faults = faults(case, index);
    let mut pairs: Vec<(Weight, [Suspicion; 2])> = Vec::new();
    for fault in faults.iter().take(STRONG_MOST).filter(|fault| fault.weight > 0) {
        let rest = period.difference.checked_sub(fault.effect).filter(|rest| rest.abs() > period.slack);
        let with = rest.and_then(|rest| {
            let missing = absent::missing(case, period, rest, 0)?;
            Some((fault.weight.saturating_add(missing.weight), [fault.suspicion(case)?, missing]))
        });
        pairs.extend(with);
    }
    faults.sort_by_key(|fault| (fault.effect, Reverse(fault.weight)));
    for (weight, first, second) in sums(case, index, &faults) {
        let both = faults[first].suspicion(case).zip(faults[second].suspicion(case));
        pairs.extend(both.map(|(first, second)| (weight, [first, second])));
    }
    let cost = another_fault(case);
    let exact = |story: &&Story| suspicions[story.parts[0]].effect == period.difference;
    let alone = stories.iter().filter(exact).map(|story| story.weight).max();
    let below = alone.map_or(Weight::MAX, |alone| alone.saturating_sub(BELOW_ONE_FAULT));
    for (weight, pair) in pairs {
        let weight = weight.saturating_sub(cost);
        let weight = if pair.iter().any(is_arbitrary) { weight.min(below) } else { weight };
        let parts = pair.map(|part| place_of(part, suspicions)).to_vec();
        stories.push(Story { parts, weight });
    }
}

/// Whether this is a missing row with an amount that no other row has: with such a one any fault makes up any difference.
fn is_arbitrary(part: &Suspicion) -> bool {
    matches!(part.correction, Correction::InsertRow { like: None, .. })
}

fn place_of(part: Suspicion, suspicions: &mut Vec<Suspicion>) -> usize {
    let same =
        |other: &Suspicion| (other.kind, &other.rows, other.effect) == (part.kind, &part.rows, part.effect);
    suspicions.iter().position(same).unwrap_or_else(|| {
        suspicions.push(part);
        suspicions.len() - 1
    })
}

impl Fault {
    fn suspicion(&self, case: &Case<'_>) -> Option<Suspicion> {
        match &self.part {
            Part::Edit(edit) => edit.suspicion(case, 0),
            Part::Ready(suspicion) => Some(suspicion.clone()),
        }
    }

    fn rows(&self) -> &[usize] {
        match &self.part {
            Part::Edit(edit) => std::slice::from_ref(&edit.entry.row),
            Part::Ready(suspicion) => &suspicion.rows,
        }
    }
}

/// The single faults that may have happened in the period, whatever they add up to, the likeliest first.
fn faults(case: &Case<'_>, index: usize) -> Vec<Fault> {
    let period = &case.periods[index];
    let mut ready: Vec<Suspicion> = Vec::new();
    let mut faults: Vec<Fault> = Vec::new();
    for place in period.entries.clone() {
        let entry = case.ledger.entries[place];
        faults.extend(edits(entry).map(|edit| Fault {
            effect: edit.effect(),
            weight: edit.weight(case.habits),
            part: Part::Edit(edit),
        }));
        let next = case.ledger.entries.get(place + 1);
        if next.is_some_and(|next| (next.day, next.units) == (entry.day, entry.units)) {
            ready.extend(copies::copies_of(case, period, place, 0));
        }
    }
    for &(units, class) in case.habits.repeated() {
        let rhythm = case.habits.rhythm(class, units, (period.after, period.until), None);
        if matches!(rhythm, Rhythm::Gap(_) | Rhythm::Edge(_)) {
            ready.extend(absent::missing(case, period, units, 0));
        }
    }
    ready.extend(deleted::any_deleted(case, period));
    ready.extend(crossed::all_moves_at_the_ends(case, index));
    faults.extend(ready.into_iter().map(|suspicion| Fault {
        effect: suspicion.effect,
        weight: suspicion.weight,
        part: Part::Ready(suspicion),
    }));
    faults.retain(|fault| fault.weight > WEAKEST && fault.effect != 0);
    faults.sort_by_key(|fault| (Reverse(fault.weight), fault.effect));
    faults.truncate(FAULTS_MOST);
    faults
}

/// Pairs of faults, given by effect, that make up the difference; the likeliest first.
fn sums(case: &Case<'_>, index: usize, faults: &[Fault]) -> Vec<(Weight, usize, usize)> {
    let period = &case.periods[index];
    let mut found = Vec::new();
    for (first, fault) in faults.iter().enumerate() {
        let Some(rest) = period.difference.checked_sub(fault.effect) else { continue };
        let least = rest.saturating_sub(period.slack);
        let most = rest.saturating_add(period.slack);
        let start = faults.partition_point(|other| other.effect < least).max(first + 1);
        let near = faults.iter().enumerate().skip(start).take_while(|(_, other)| other.effect <= most);
        for (second, other) in near {
            let left = rest.checked_sub(other.effect);
            let Some(noise) = left.and_then(|left| case.noise.of(left, period.slack)) else { continue };
            if !other.rows().iter().any(|row| fault.rows().contains(row)) {
                found.push((fault.weight + other.weight + noise, first, second));
            }
        }
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    found.truncate(PAIRS_MOST);
    found
}
