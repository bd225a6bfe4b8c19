//! Finding series among the rows of one partner.

use rust_decimal::Decimal;

use super::group::{Group, Item, Partner};
use super::rhythm::Rhythm;

/// Needed strengths, in quarters of a bit, when amounts are equal and when they vary.
const STEADY_NEEDS: i32 = 12;
const VARYING_NEEDS: i32 = 32;
/// What is needed more when the partner has other rows, when it is not known, and when rows are as near as people go shopping.
const AMONG_OTHERS_NEEDS: i32 = 12;
const UNKNOWN_NEEDS: i32 = 16;
const OFTEN_NEEDS: i32 = 16;

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
    fn first(&self) -> Option<&Item> {
        self.items.first()
    }

    fn last(&self) -> Option<&Item> {
        self.items.last()
    }

    fn overlaps(&self, other: &Self) -> bool {
        let spans = [self, other].map(|found| found.first().zip(found.last()));
        match spans {
            [Some((a, b)), Some((c, d))] => a.date <= d.date && c.date <= b.date,
            _ => false,
        }
    }
}

/// Finds the series of one partner. No row is in two of them.
pub(super) fn search(group: &Group) -> Vec<Found> {
    let items = &*group.items;
    if let [_, _] = items {
        return pair(items).into_iter().collect();
    }
    let more = if group.partner == Partner::Unknown { UNKNOWN_NEEDS } else { 0 };
    let by_amount = equal_amounts(items);
    let tried = i32::try_from(by_amount.len().checked_ilog2().unwrap_or(0) * 4).unwrap_or(0);
    let steady: Vec<Found> = by_amount.iter().filter_map(|same| strong(same, more)).collect();
    if !(explain(&steady, items) && several_at_once(&steady)) {
        if let Some(whole) = strong(items, more) {
            return vec![whole];
        }
    }
    let mut found = join_prices(steady);
    let needs = |found: &Found| {
        let rest = items.len() - found.items.len();
        if rest > found.items.len() / 8 { more + AMONG_OTHERS_NEEDS + tried } else { more }
    };
    let explained = explain(&found, items);
    if !explained {
        found.retain(|found| found.rhythm.strength >= STEADY_NEEDS + often(&found.rhythm) + needs(found));
    }
    for found in &mut found {
        found.among_others = !explained;
    }
    found
}

/// Whether at least two series ran at the same time.
fn several_at_once(found: &[Found]) -> bool {
    found.iter().enumerate().any(|(place, one)| found[place + 1..].iter().any(|other| one.overlaps(other)))
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
    let needs = if steady(&found.items) { STEADY_NEEDS } else { VARYING_NEEDS + often(&found.rhythm) };
    (found.items.len() > 2 && found.rhythm.strength >= needs + more).then_some(found)
}

fn often(rhythm: &Rhythm) -> i32 {
    if rhythm.period.days() < 15 { OFTEN_NEEDS } else { 0 }
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
    let days: Vec<_> = of_days.iter().map(|item| item.date).collect();
    let rhythm = Rhythm::of(&days)?;
    let items = rhythm.kept.iter().map(|(place, _)| of_days[*place]).collect();
    Some(Found { items, rhythm, among_others: false })
}

/// Rows of equal amounts, three at least, those of the amount seen first first.
fn equal_amounts(items: &[Item]) -> Vec<Vec<Item>> {
    let mut sorted: Vec<Item> = items.to_vec();
    sorted.sort_by_key(|item| item.amount);
    let same = sorted.chunk_by(|one, other| one.amount == other.amount);
    same.filter(|same| same.len() > 2).map(<[Item]>::to_vec).collect()
}

/// Joins series of which one goes on where the other ended, at another price.
fn join_prices(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|found| (found.first().map(|item| item.date), found.first().map(|item| item.place)));
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
    let (last, first) = before.last().zip(after.first())?;
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

/// Whether one is at most half as much again as the other.
fn near_price(one: Decimal, other: Decimal) -> bool {
    let (one, other) = (one.abs(), other.abs());
    let (low, high) = (one.min(other), one.max(other));
    low.checked_mul(Decimal::new(15, 1)).is_none_or(|most| high <= most)
}
