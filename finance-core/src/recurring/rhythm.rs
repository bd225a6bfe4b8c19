//! Whether days follow each other in a period, and how unlikely that is by chance.

use chrono::{Datelike, NaiveDate};

use super::RecurringPeriod;
use super::grid::{Grid, ends_month};

/// What finding any one of the periods by chance costs, in quarters of a bit.
const PERIODS_TRIED: i32 = 12;
/// What four weeks cost more than a month, in quarters of a bit: they are seldom meant.
const FOUR_WEEKS: i32 = 4;
/// What an occurrence left out costs, in quarters of a bit.
const SKIPPED: i32 = 6;
/// What a day that does not fit costs, in quarters of a bit.
const DROPPED: i32 = 8;

/// Days that follow each other in a period.
#[derive(Debug, Clone)]
pub(super) struct Rhythm {
    pub(super) period: RecurringPeriod,
    pub(super) grid: Grid,
    /// The days that belong to it, by their places in the slice given, with their slots.
    pub(super) kept: Vec<(usize, i32)>,
    /// How many times it did not come in between.
    pub(super) skipped: i32,
    /// The most days by which one is off, weekends aside.
    pub(super) days_off: i32,
    /// How unlikely it is that days without any rhythm look like this, in quarters of a bit.
    pub(super) strength: i32,
}

impl Rhythm {
    /// The rhythm that the days, ascending and all different, follow best.
    pub(super) fn of(days: &[NaiveDate]) -> Option<Self> {
        let mut gaps: Vec<i32> =
            days.windows(2).map(|pair| pair[1].num_days_from_ce() - pair[0].num_days_from_ce()).collect();
        gaps.sort_unstable();
        let median = *gaps.get(gaps.len().checked_sub(1)? / 2)?;
        let near = |period: &RecurringPeriod| {
            let usual = period.days();
            median * 4 >= usual * 3 && median * 4 <= usual * 5
        };
        let near = RecurringPeriod::ALL.into_iter().filter(near);
        strongest(near.filter_map(|period| Self::in_period(days, period, days.len() / 8)))
    }

    /// The rhythm that most of the days follow, of which up to a third do not fit. The first of those costs nothing here: who
    /// asks for less than the whole asks for more strength.
    pub(super) fn of_most(days: &[NaiveDate]) -> Option<Self> {
        let rhythm = |period| {
            let rhythm = Self::in_period(days, period, days.len() / 3)?;
            let free = if rhythm.kept.len() < days.len() { DROPPED } else { 0 };
            Some(Self { strength: rhythm.strength + free, ..rhythm })
        };
        strongest(RecurringPeriod::ALL.into_iter().filter_map(rhythm))
    }

    /// The days on which it could have come too: those left out, and one more at either end.
    pub(super) fn free_days(&self) -> Vec<NaiveDate> {
        let (Some((_, first)), step) = (self.kept.first(), self.grid.step()) else { return Vec::new() };
        let mut used = self.kept.iter().map(|(_, slot)| *slot).peekable();
        let slots = (-1..=(self.last_slot() - first) / step + 1).map(|count| first + count * step);
        slots
            .filter(|slot| used.next_if_eq(slot).is_none())
            .filter_map(|slot| self.grid.day_of(slot))
            .collect()
    }

    /// The slot of the latest occurrence.
    pub(super) fn last_slot(&self) -> i32 {
        self.kept.last().map_or(0, |(_, slot)| *slot)
    }

    fn in_period(days: &[NaiveDate], period: RecurringPeriod, may_drop: usize) -> Option<Self> {
        let grid = best_grid(days, period)?;
        let most = period.days_off_max();
        let kept = keep(days, grid, most);
        let dropped = days.len() - kept.len();
        if kept.len() < 2 || dropped > may_drop {
            return None;
        }
        let offs = || kept.iter().map(|(_, _, off)| *off);
        let (earliest, latest) = (offs().min()?, offs().max()?);
        let slots = kept.last()?.1 - kept.first()?.1;
        let skipped = slots / grid.step() + 1 - count(kept.len());
        let spread = latest - earliest;
        let may_skip = match (kept.len(), period) {
            (3, _) if spread <= 1 => 1,
            // Three of a month with a stray half a month off look like four of these.
            (length, RecurringPeriod::SemiMonthly) => count(length) / 5,
            (length, _) => count(length) / 4,
        };
        if skipped > may_skip {
            return None;
        }
        let strength = (count(kept.len()) - 1) * quarter_bits(period.days(), spread + 1)
            - PERIODS_TRIED
            - if period == RecurringPeriod::FourWeekly { FOUR_WEEKS } else { 0 }
            - SKIPPED * skipped
            - DROPPED * count(dropped);
        let days_off = earliest.abs().max(latest.abs());
        let kept = kept.into_iter().map(|(place, slot, _)| (place, slot)).collect();
        Some(Self { period, grid, kept, skipped, days_off, strength })
    }
}

/// The strongest one, of equals the first.
fn strongest(rhythms: impl Iterator<Item = Rhythm>) -> Option<Rhythm> {
    rhythms.reduce(|best, other| if other.strength > best.strength { other } else { best })
}

/// Splits what follows each other where a gap is too far from the usual one to be of its period.
pub(super) fn unbroken<T>(items: &[T], day: impl Fn(&T) -> NaiveDate) -> Vec<&[T]> {
    let gap = |one: &T, other: &T| day(other).num_days_from_ce() - day(one).num_days_from_ce();
    let mut gaps: Vec<i32> = items.windows(2).map(|pair| gap(&pair[0], &pair[1])).collect();
    gaps.sort_unstable();
    let Some(median) = gaps.get(gaps.len() / 2) else { return vec![items] };
    let nearest = RecurringPeriod::ALL.into_iter().min_by_key(|period| (period.days() - median).abs());
    let most = nearest.map_or(0, |period| period.days_off_max() + 1);
    items.chunk_by(|one, other| (gap(one, other) - median).abs() <= most).collect()
}

fn count(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX / 64)
}

/// Four times the binary logarithm of a ratio, rounded down; 0 when it is less than one.
fn quarter_bits(numerator: i32, denominator: i32) -> i32 {
    let fourth = |number: i32| u64::from(number.unsigned_abs()).pow(4);
    (fourth(numerator) / fourth(denominator).max(1)).checked_ilog2().map_or(0, u32::cast_signed)
}

/// The days within reach of a slot in use, the nearest one of each slot, with their slots and how far off they are.
fn keep(days: &[NaiveDate], grid: Grid, most: i32) -> Vec<(usize, i32, i32)> {
    let near = days.iter().enumerate().filter_map(|(place, day)| {
        let (slot, off) = grid.nearest(*day);
        (off.abs() <= most).then_some((place, slot, off))
    });
    let near: Vec<_> = near.collect();
    let step = grid.step();
    let phases = |phase: &i32| near.iter().filter(|(_, slot, _)| slot.rem_euclid(step) == *phase).count();
    let Some(phase) = (0..step).rev().max_by_key(phases) else { return Vec::new() };
    let mut kept: Vec<(usize, i32, i32)> = Vec::new();
    for day in near.into_iter().filter(|(_, slot, _)| slot.rem_euclid(step) == phase) {
        match kept.last_mut() {
            Some(last) if last.1 == day.1 => {
                if day.2.abs() < last.2.abs() {
                    *last = day;
                }
            }
            _ => kept.push(day),
        }
    }
    kept
}

/// The grid of the period from which the days are least off.
fn best_grid(days: &[NaiveDate], period: RecurringPeriod) -> Option<Grid> {
    let most = period.days_off_max() + 1;
    let cost = |grid: &Grid| days.iter().map(|day| grid.nearest(*day).1.abs().min(most)).sum::<i32>();
    let mut seen = [0_u32; 32];
    days.iter().for_each(|day| seen[day.day() as usize] += 1);
    let all_end_months = days.iter().all(|day| ends_month(*day));
    if days.iter().any(|day| ends_month(*day)) {
        seen[31] = seen[31].max(1);
    }
    let seen_days = || (1_u32..=31).filter(|day| seen[*day as usize] > 0);
    // Of equally good days the most frequent one, unless all are ends of months.
    let preferred = |day: u32| (!(all_end_months && day == 31), u32::MAX - seen[day as usize]);
    match (period, period.months()) {
        (_, Some(months)) => {
            let grids = seen_days().map(|day| (Grid::Months { months, day }, preferred(day)));
            grids.min_by_key(|(grid, preferred)| (cost(grid), *preferred)).map(|(grid, _)| grid)
        }
        (RecurringPeriod::SemiMonthly, _) => {
            let seconds =
                |first: u32| (first + 13..=first + 17).filter(|day| seen.get(*day as usize) > Some(&0));
            let pairs = seen_days().flat_map(|first| seconds(first).map(move |second| (first, second)));
            let grids = pairs.map(|(first, second)| (Grid::TwiceAMonth { first, second }, preferred(second)));
            grids.min_by_key(|(grid, preferred)| (cost(grid), *preferred)).map(|(grid, _)| grid)
        }
        _ => {
            let days_apart = period.days();
            let phases = days.iter().map(|day| day.num_days_from_ce().rem_euclid(days_apart));
            let mut phases: Vec<i32> = phases.collect();
            phases.sort_unstable();
            phases.dedup();
            let grids = phases.into_iter().map(|phase| Grid::Days { days: days_apart, phase });
            grids.min_by_key(cost)
        }
    }
}
