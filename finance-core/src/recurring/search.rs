//! Finding series among the rows of one partner.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::group::{Group, Item, Partner};
use super::rhythm::{Rhythm, unbroken};

/// Needed strengths, in quarters of a bit, when amounts are equal and when they vary.
const STEADY_NEEDS: i32 = 10;
const VARYING_NEEDS: i32 = 32;
/// What is needed more when the partner has other rows, more yet on a day of the week, and when the partner is not known.
const AMONG_OTHERS_NEEDS: i32 = 16;
const WEEKDAY_NEEDS: i32 = 8;
const UNKNOWN_NEEDS: i32 = 16;

/// Rows that come again.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Oldest first.
    pub(super) items: Vec<Item>,
    pub(super) rhythm: Rhythm,
    /// Whether the partner has other rows that do not come again.
    pub(super) among_others: bool,
}

impl Found {
    /// The series with one row more, if it goes in the same rhythm and the price is near that of its neighbours.
    fn with(&self, item: Item) -> Option<Self> {
        let place = self.items.partition_point(|own| own.date < item.date);
        let neighbour = self.items.get(place.saturating_sub(1))?;
        if !near_price(neighbour.amount, item.amount) {
            return None;
        }
        let mut items = self.items.clone();
        items.insert(place, item);
        let wider = fit(&items)?;
        (wider.items.len() == items.len() && wider.rhythm.period == self.rhythm.period).then_some(wider)
    }
}

/// Finds the series of one partner. No row is in two of them.
pub(super) fn search(group: &Group) -> Vec<Found> {
    let items = &*group.items;
    let unknown = group.partner == Partner::Unknown;
    if let [_, _] = items {
        return if unknown { Vec::new() } else { pair(items).into_iter().collect() };
    }
    let more = if unknown { UNKNOWN_NEEDS } else { 0 };
    let by_amount = equal_amounts(items);
    let tried = i32::try_from(by_amount.len().checked_ilog2().unwrap_or(0) * 4).unwrap_or(0);
    let mut steady: Vec<Found> = by_amount.iter().flat_map(|same| steady_series(same, more)).collect();
    // The sort is stable, and sets of one amount came in order.
    steady.sort_by_key(|found| found.items.first().map(|item| (item.date, item.amount)));
    let contracts = explain(&steady, items) && several_at_once(&steady);
    if let (false, Some(whole)) = (contracts, strong(items, more)) {
        return vec![whole];
    }
    let steady = join_prices(steady);
    let mut found = steady.clone();
    fill(&mut found, items);
    if explain(&found, items) {
        return found;
    }
    // What was added later says nothing about the rhythm, among rows of which many could have been added.
    let needs = |found: &Found| STEADY_NEEDS + AMONG_OTHERS_NEEDS + on_a_weekday(found) + tried + more;
    let strong = steady.iter().map(|steady| steady.rhythm.strength >= needs(steady));
    let found = found.into_iter().zip(strong).filter_map(|(found, strong)| strong.then_some(found));
    found.map(|found| Found { among_others: true, ..found }).collect()
}

/// Adds rows that no series has to the series in which they fill a gap, or which they go on with, at a near price.
fn fill(found: &mut [Found], items: &[Item]) {
    let mut taken: BTreeSet<usize> =
        found.iter().flat_map(|found| &found.items).map(|item| item.place).collect();
    for found in found {
        while let Some((item, wider)) = wider(found, items, &taken) {
            *found = wider;
            taken.insert(item);
        }
    }
}

/// The series with one row more, and the place of that row. Nothing is added where the partner has so many other rows that one
/// of them may well lie on such a day by chance.
fn wider(found: &Found, items: &[Item], taken: &BTreeSet<usize>) -> Option<(usize, Found)> {
    let most = i64::from(found.rhythm.days_off);
    let days =
        |items: &[Item]| Some(items.last()?.date.signed_duration_since(items.first()?.date).num_days());
    let others = i64::try_from(items.len() - found.items.len()).unwrap_or(i64::MAX);
    if others.saturating_mul((2 * most + 1) * 8) > days(items)? {
        return None;
    }
    let near = |day: NaiveDate| {
        let apart = move |item: &Item| item.date.signed_duration_since(day).num_days();
        let start = items.partition_point(|item| apart(item) < -most);
        items[start..].iter().take_while(move |item| apart(item) <= most)
    };
    let free = found.rhythm.free_days();
    let mut rows = free.into_iter().flat_map(near).filter(|item| !taken.contains(&item.place));
    rows.find_map(|item| Some((item.place, found.with(*item)?)))
}

/// Whether two series, sorted by their first days, ran at the same time.
fn several_at_once(found: &[Found]) -> bool {
    let days = |found: &Found| Some((found.items.first()?.date, found.items.last()?.date));
    let mut until: Option<NaiveDate> = None;
    found.iter().filter_map(days).any(|(first, last)| {
        let together = until.is_some_and(|until| first <= until);
        until = until.max(Some(last));
        together
    })
}

/// Whether nearly all rows belong to some series.
fn explain(found: &[Found], items: &[Item]) -> bool {
    let rows: usize = found.iter().map(|found| found.items.len()).sum();
    items.len() - rows <= items.len() / 8
}

/// Two rows are a beginning when their amounts are equal and they lie whole months apart to the day.
fn pair(items: &[Item]) -> Option<Found> {
    let found = fit(items)?;
    let to_the_day = found.rhythm.period.months().is_some() && found.rhythm.days_off <= 1;
    (to_the_day && steady(&found.items)).then_some(found)
}

/// The rows as one series, if their rhythm is strong enough.
fn strong(items: &[Item], more: i32) -> Option<Found> {
    let found = fit(items)?;
    let needs = if steady(&found.items) { STEADY_NEEDS } else { VARYING_NEEDS };
    let is = found.items.len() > 2 && found.rhythm.strength >= needs + more && !is_habit(&found);
    is.then_some(found)
}

/// The series among rows of one amount: all of them, or most of them, or several one after the other where the rhythm breaks,
/// whichever has more rows.
fn steady_series(same: &[Item], more: i32) -> Vec<Found> {
    if let Some(whole) = strong(same, more) {
        return vec![whole];
    }
    let is_sure = |found: &Found| {
        found.rhythm.strength >= STEADY_NEEDS + AMONG_OTHERS_NEEDS + on_a_weekday(found) + more
    };
    let most = most_in_rhythm(same).filter(is_sure);
    let mut parts: Vec<Found> =
        unbroken(same, |item| item.date).into_iter().filter_map(|part| strong(part, more)).collect();
    // One that is sure by itself speaks for the others of its period.
    let sure = parts.iter().filter(|part| is_sure(part)).max_by_key(|part| part.items.len());
    match sure.map(|part| part.rhythm.period) {
        Some(period) => parts.retain(|part| part.rhythm.period == period),
        None => parts.clear(),
    }
    let rows = parts.iter().map(|part| part.items.len()).sum::<usize>();
    match most {
        Some(most) if most.items.len() >= rows => vec![most],
        _ => parts,
    }
}

/// What is needed more for a series that always falls on one day of the week, as shopping does.
fn on_a_weekday(found: &Found) -> i32 {
    if found.rhythm.period.days() % 7 == 0 && found.rhythm.period.months().is_none() {
        WEEKDAY_NEEDS
    } else {
        0
    }
}

/// Whether it is somebody's shopping day: money spent every week or two, once more than half as much again as another time.
fn is_habit(found: &Found) -> bool {
    let amounts = || found.items.iter().map(|item| item.amount);
    let (Some(dearest), Some(cheapest)) = (amounts().min(), amounts().max()) else { return false };
    let spent = cheapest.is_sign_negative() && found.rhythm.period.days() < 15;
    spent && cheapest - dearest > -cheapest / Decimal::TWO
}

fn steady(items: &[Item]) -> bool {
    items.windows(2).all(|pair| pair[0].amount == pair[1].amount)
}

/// The rows in their best rhythm; a few that do not fit are left out.
fn fit(items: &[Item]) -> Option<Found> {
    let mut of_days: Vec<Item> = items.to_vec();
    of_days.dedup_by_key(|item| item.date);
    if (items.len() - of_days.len()) * 8 > items.len() {
        return None;
    }
    in_rhythm(&of_days, Rhythm::of)
}

/// Those of the rows, of different days, that follow a rhythm which most of them have.
fn most_in_rhythm(items: &[Item]) -> Option<Found> {
    in_rhythm(items, Rhythm::of_most).filter(|found| found.items.len() > 2)
}

fn in_rhythm(items: &[Item], rhythm: impl Fn(&[NaiveDate]) -> Option<Rhythm>) -> Option<Found> {
    let days: Vec<_> = items.iter().map(|item| item.date).collect();
    let rhythm = rhythm(&days)?;
    let items = rhythm.kept.iter().map(|(place, _)| items[*place]).collect();
    Some(Found { items, rhythm, among_others: false })
}

/// Rows of equal amounts on different days, three at least. Of two equal rows a day each has its own set: two lines of one
/// telephone contract are two series.
fn equal_amounts(items: &[Item]) -> Vec<Vec<Item>> {
    let mut sets: BTreeMap<(Decimal, usize), Vec<Item>> = BTreeMap::new();
    let mut sorted: Vec<Item> = items.to_vec();
    sorted.sort_by_key(|item| (item.amount, item.date));
    for same in sorted.chunk_by(|one, other| (one.amount, one.date) == (other.amount, other.date)) {
        for (turn, item) in same.iter().enumerate() {
            sets.entry((item.amount, turn)).or_default().push(*item);
        }
    }
    sets.into_values().filter(|set| set.len() > 2).collect()
}

/// Joins series, sorted by their first days, of which one goes on where the other ended at another price.
fn join_prices(found: Vec<Found>) -> Vec<Found> {
    let mut joined: Vec<Found> = Vec::new();
    for next in found {
        let together =
            joined.iter().enumerate().find_map(|(place, before)| Some((place, join(before, &next)?)));
        match together {
            Some((place, both)) => joined[place] = both,
            None => joined.push(next),
        }
    }
    joined
}

fn join(before: &Found, after: &Found) -> Option<Found> {
    let (last, first) = before.items.last().zip(after.items.first())?;
    if last.date >= first.date
        || before.rhythm.period != after.rhythm.period
        || !near_price(last.amount, first.amount)
    {
        return None;
    }
    let items: Vec<Item> = before.items.iter().chain(&after.items).copied().collect();
    let both = fit(&items)?;
    (both.items.len() == items.len() && both.rhythm.period == before.rhythm.period).then_some(both)
}

/// Whether one is at most twice the other.
fn near_price(one: Decimal, other: Decimal) -> bool {
    let (one, other) = (one.abs(), other.abs());
    let (low, high) = (one.min(other), one.max(other));
    high - low <= low
}
