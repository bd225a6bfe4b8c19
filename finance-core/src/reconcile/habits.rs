//! What an account's rows usually look like: which amounts, with which sign, how often.

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::bits::{NEVER, Weight, either, log2, share};
use super::ledger::{Entry, Ledger};
use super::rhythm::{LATE_DAYS, Rhythm, Series, number};
use crate::LedgerRow;
use crate::bank_text::NormalText;

/// Rows that belong together: of one counterparty, or else with one text.
pub(super) type Class = u32;

/// All rows of the account.
const ACCOUNT: Class = u32::MAX;
/// Series that are looked at for gaps.
const SERIES_MOST: usize = 64;
/// Doublings in one magnitude.
const MAGNITUDE: u32 = 4;
/// Zeros past this make no amount rounder.
const ZEROS_MOST: u32 = 7;

/// The habits of an account. Maps are only ever asked by key, so that no order of theirs shows.
#[derive(Debug)]
pub(super) struct Habits {
    class_of: Vec<Class>,
    account: Tally,
    tallies: Vec<Tally>,
    /// The rows of one amount in a class.
    exact: HashMap<(Class, i128), Exact>,
    /// How many rows have an amount.
    anywhere: HashMap<i128, u32>,
    /// Every amount with its classes, ascending.
    amounts: Vec<(i128, Class)>,
    repeated: Vec<(i128, Class)>,
    large: Vec<Class>,
    /// The rhythms of the largest classes, `None` where there is none.
    series: HashMap<(Class, Option<i128>), Option<Series>>,
    first_day: i32,
    last_day: i32,
}

/// How many rows of a class are how large and how round.
#[derive(Debug, Clone, Default)]
struct Tally {
    rows: u32,
    sizes: Vec<((bool, u32), u32)>,
    zeros: Vec<((u32, u32), u32)>,
    /// Day and amount of each row, ascending.
    days: Vec<(i32, i128)>,
}

#[derive(Debug, Clone, Default)]
struct Exact {
    /// Ascending.
    days: Vec<i32>,
    /// The latest row.
    latest: usize,
}

impl Tally {
    fn add(&mut self, units: i128) {
        self.rows += 1;
        count(&mut self.sizes, (units >= 0, size(units)));
        count(&mut self.zeros, (size(units) / MAGNITUDE, zeros(units)));
    }

    fn of_size(&self, incoming: bool, size: u32) -> u32 {
        counted(&self.sizes, &(incoming, size))
    }
}

fn count<K: PartialEq>(counts: &mut Vec<(K, u32)>, key: K) {
    match counts.iter_mut().find(|known| known.0 == key) {
        Some(known) => known.1 += 1,
        None => counts.push((key, 1)),
    }
}

fn counted<K: PartialEq>(counts: &[(K, u32)], key: &K) -> u32 {
    counts.iter().find(|known| known.0 == *key).map_or(0, |known| known.1)
}

impl Habits {
    pub(super) fn new(ledger: &Ledger<'_>) -> Self {
        let mut habits = Self {
            class_of: vec![ACCOUNT; ledger.rows.len()],
            account: Tally::default(),
            tallies: Vec::new(),
            exact: HashMap::new(),
            anywhere: HashMap::new(),
            amounts: Vec::new(),
            repeated: Vec::new(),
            large: Vec::new(),
            series: HashMap::new(),
            first_day: ledger.entries.first().map_or(0, |entry| entry.day),
            last_day: ledger.entries.last().map_or(0, |entry| entry.day),
        };
        let mut names = Names::default();
        for entry in &ledger.entries {
            let class = names.class(ledger.content(entry));
            habits.add(entry, class);
        }
        habits.amounts = habits.exact.keys().map(|&(class, units)| (units, class)).collect();
        habits.amounts.sort_unstable();
        habits.find_series();
        habits
    }

    fn add(&mut self, entry: &Entry, class: Class) {
        self.class_of[entry.row] = class;
        let place = class as usize;
        if self.tallies.len() <= place {
            self.tallies.resize(place + 1, Tally::default());
        }
        self.account.add(entry.units);
        self.tallies[place].add(entry.units);
        self.tallies[place].days.push((entry.day, entry.units));
        *self.anywhere.entry(entry.units).or_default() += 1;
        let exact = self.exact.entry((class, entry.units)).or_default();
        exact.days.push(entry.day);
        exact.latest = entry.row;
    }

    fn find_series(&mut self) {
        let times = |&(units, class): &(i128, Class)| self.times(class, units);
        let mut repeated: Vec<_> = self.amounts.iter().copied().filter(|key| times(key) > 2).collect();
        repeated.sort_by_key(|key| (Reverse(times(key)), *key));
        repeated.truncate(SERIES_MOST);
        let classes = Class::try_from(self.tallies.len()).unwrap_or(ACCOUNT);
        let mut large: Vec<Class> = (0..classes).filter(|&class| self.class_rows(class) > 2).collect();
        large.sort_by_key(|&class| (Reverse(self.class_rows(class)), class));
        large.truncate(SERIES_MOST);
        for &class in &large {
            let series = self.new_series(class, None, None);
            self.series.insert((class, None), series);
        }
        for &(units, class) in &repeated {
            let series = self.new_series(class, Some(units), None);
            self.series.insert((class, Some(units)), series);
        }
        (self.repeated, self.large) = (repeated, large);
    }

    fn new_series(&self, class: Class, units: Option<i128>, without: Option<i32>) -> Option<Series> {
        let books = (self.first_day, self.last_day);
        match units {
            Some(units) => Series::new(&self.exact.get(&(class, units))?.days, books, without),
            None => {
                let days = &self.tallies.get(class as usize)?.days;
                Series::new(&days.iter().map(|&(day, _)| day).collect::<Vec<_>>(), books, without)
            }
        }
    }

    pub(super) fn class(&self, entry: &Entry) -> Class {
        self.class_of.get(entry.row).copied().unwrap_or(ACCOUNT)
    }

    pub(super) fn rows(&self) -> u32 {
        self.account.rows
    }

    /// The largest classes, from which a row with any amount may be missing.
    pub(super) fn large_classes(&self) -> &[Class] {
        &self.large
    }

    /// The amounts that classes have most often, each more than twice.
    pub(super) fn repeated(&self) -> &[(i128, Class)] {
        &self.repeated
    }

    /// How many rows of the class have exactly this amount.
    pub(super) fn times(&self, class: Class, units: i128) -> u32 {
        let times = self.exact.get(&(class, units)).map_or(0, |exact| exact.days.len());
        u32::try_from(times).unwrap_or(u32::MAX)
    }

    /// The latest row of the class with exactly this amount.
    pub(super) fn latest(&self, class: Class, units: i128) -> Option<usize> {
        self.exact.get(&(class, units)).map(|exact| exact.latest)
    }

    pub(super) fn class_rows(&self, class: Class) -> u32 {
        self.tally(class).map_or(0, |tally| tally.rows)
    }

    fn tally(&self, class: Class) -> Option<&Tally> {
        if class == ACCOUNT { Some(&self.account) } else { self.tallies.get(class as usize) }
    }

    /// The days that the rows span, at least one.
    pub(super) fn span_days(&self) -> u32 {
        self.last_day.abs_diff(self.first_day) + 1
    }

    /// The classes that have rows with amounts in this range, and the amounts.
    pub(super) fn classes_with(&self, least: i128, most: i128) -> &[(i128, Class)] {
        let start = self.amounts.partition_point(|&(units, _)| units < least);
        let end = self.amounts.partition_point(|&(units, _)| units <= most);
        &self.amounts[start..end.max(start)]
    }

    /// How many zeros nearly every amount ends with.
    pub(super) fn usual_zeros(&self) -> u32 {
        let mut allowed = self.rows() / 20;
        for zeros in 0..ZEROS_MOST {
            let all = self.account.zeros.iter().filter(|known| known.0.1 == zeros);
            let with: u32 = all.map(|known| known.1).sum();
            if with > allowed {
                return zeros;
            }
            allowed -= with;
        }
        ZEROS_MOST
    }

    /// How likely it is that a row of the class has this amount, judged by the other rows: all but `without`.
    pub(super) fn likelihood(&self, class: Class, units: i128, without: Option<&Entry>) -> Weight {
        let view = View { habits: self, without: without.map(|entry| (self.class(entry), entry.units)) };
        let exact = view.exact(class, units);
        let anywhere = view.exact(ACCOUNT, units);
        let diffuse = view.diffuse(class, units);
        either(either(exact - share(2, 1), anywhere - share(8, 1)), diffuse + share(3, 8))
    }

    /// The same for a row of no known class, which repeats no amount.
    pub(super) fn likelihood_anywhere(&self, units: i128) -> Weight {
        View { habits: self, without: None }.diffuse(ACCOUNT, units) + share(3, 8)
    }

    /// What the rhythm of the class's rows of exactly this amount says about one more after a day, up to and with another; or
    /// that of the whole class, where most of its rows are about as large. A row on the day `without` is taken for absent.
    pub(super) fn rhythm(
        &self,
        class: Class,
        units: i128,
        time: (NaiveDate, NaiveDate),
        without: Option<i32>,
    ) -> Rhythm {
        match self.rhythm_of(class, Some(units), time, without) {
            Rhythm::Gap(due) if self.is_filled(class, units, due) => Rhythm::Kept,
            Rhythm::None if self.is_even(class, units) => self.rhythm_of(class, None, time, without),
            known => known,
        }
    }

    fn rhythm_of(
        &self,
        class: Class,
        units: Option<i128>,
        time: (NaiveDate, NaiveDate),
        without: Option<i32>,
    ) -> Rhythm {
        let within = |series: Option<&Series>| series.map_or(Rhythm::None, |series| series.within(time));
        match self.series.get(&(class, units)).filter(|_| without.is_none()) {
            Some(known) => within(known.as_ref()),
            None => within(self.new_series(class, units, without).as_ref()),
        }
    }

    /// Whether most rows of the class are about as large as this.
    fn is_even(&self, class: Class, units: i128) -> bool {
        let Some(tally) = self.tally(class) else { return false };
        let size = size(units);
        let sizes = size.saturating_sub(1)..=size + 1;
        let alike: u32 = sizes.map(|size| tally.of_size(units >= 0, size)).sum();
        alike * 2 > tally.rows
    }

    /// Whether a series has a row of another but similar amount when one is due, as pay with a bonus is.
    fn is_filled(&self, class: Class, units: i128, due: NaiveDate) -> bool {
        let Some(tally) = self.tally(class) else { return false };
        let (start, end) = (number(due) - LATE_DAYS, number(due) + LATE_DAYS);
        let first = tally.days.partition_point(|&(day, _)| day < start);
        let near = tally.days[first..].iter().take_while(|&&(day, _)| day <= end);
        let is_similar = |other: i128| {
            other != units && other.signum() == units.signum() && size(other).abs_diff(size(units)) <= 1
        };
        near.into_iter().any(|&(_, other)| is_similar(other))
    }
}

/// The habits without one row.
struct View<'a> {
    habits: &'a Habits,
    without: Option<(Class, i128)>,
}

impl View<'_> {
    /// The row that is left out of a class's counts.
    fn left_out(&self, class: Class) -> Option<i128> {
        self.without.filter(|&(own, _)| class == own || class == ACCOUNT).map(|(_, units)| units)
    }

    fn rows(&self, class: Class) -> u128 {
        u128::from(self.habits.class_rows(class)) - u128::from(self.left_out(class).is_some())
    }

    fn exact(&self, class: Class, units: i128) -> Weight {
        let times = match class {
            ACCOUNT => self.habits.anywhere.get(&units).copied().unwrap_or(0),
            _ => self.habits.times(class, units),
        };
        let own = u32::from(self.left_out(class) == Some(units));
        match times.saturating_sub(own) {
            0 => NEVER,
            times => share(times.into(), self.rows(class) + 1),
        }
    }

    /// By sign, size and roundness alone.
    fn diffuse(&self, class: Class, units: i128) -> Weight {
        let (size, zeros) = (size(units), zeros(units));
        let magnitude = size / MAGNITUDE;
        let by_size =
            self.mixed(class, 32, |class| (self.of_size(class, units >= 0, size), self.rows(class)));
        let by_zeros = self.mixed(class, 8, |class| {
            (4 * self.of_zeros(class, magnitude, Some(zeros)), self.of_zeros(class, magnitude, None))
        });
        let values = log2(9) + log2(1_u128 << size.min(127)) - log2(10) * (zeros + 1).cast_signed();
        by_size + by_zeros - values.max(0)
    }

    /// Four times the rows of about this size; half of them by the neighbouring sizes.
    fn of_size(&self, class: Class, incoming: bool, wanted: u32) -> u128 {
        let left_out = self.left_out(class);
        let rows = |wanted: u32| {
            let all = self.habits.tally(class).map_or(0, |tally| tally.of_size(incoming, wanted));
            let own = left_out.is_some_and(|units| (units >= 0, size(units)) == (incoming, wanted));
            u128::from(all.saturating_sub(u32::from(own)))
        };
        2 * rows(wanted) + rows(wanted + 1) + wanted.checked_sub(1).map_or(0, rows)
    }

    /// The rows of a magnitude, all or those that end with so many zeros.
    fn of_zeros(&self, class: Class, magnitude: u32, wanted: Option<u32>) -> u128 {
        let fits = |(own, ends): (u32, u32)| own == magnitude && wanted.is_none_or(|zeros| zeros == ends);
        let Some(tally) = self.habits.tally(class) else { return 0 };
        let all: u32 = tally.zeros.iter().filter(|known| fits(known.0)).map(|known| known.1).sum();
        let own = self.left_out(class).is_some_and(|units| fits((size(units) / MAGNITUDE, zeros(units))));
        u128::from(all.saturating_sub(u32::from(own)))
    }

    /// A share of a class, filled up with two rows as the account has them. `parts` tells four times the share's rows, and the
    /// rows it is a share of; `kinds` is how many quarters of a row are assumed before any is seen.
    fn mixed(&self, class: Class, kinds: u128, parts: impl Fn(Class) -> (u128, u128)) -> Weight {
        const ONE: u128 = 1 << 20;
        let (fourfold, all) = parts(ACCOUNT);
        let account = (fourfold + 1) * ONE / (4 * all + kinds);
        let (fourfold, all) = parts(class);
        share((fourfold * ONE / 4 + 2 * account).max(1), (all + 2) * ONE)
    }
}

/// Between which powers of two an amount lies.
fn size(units: i128) -> u32 {
    units.unsigned_abs().max(1).ilog2()
}

fn zeros(units: i128) -> u32 {
    let mut rest = units;
    let mut zeros = 0;
    while zeros < ZEROS_MOST && rest % 10 == 0 {
        rest /= 10;
        zeros += 1;
    }
    zeros
}

/// The classes by what names them.
#[derive(Default)]
struct Names<'a> {
    by_text: HashMap<(bool, &'a str), Class>,
    by_name: HashMap<(bool, String), Class>,
}

impl<'a> Names<'a> {
    fn class(&mut self, row: &'a LedgerRow) -> Class {
        let text = row.payee.as_deref().or(row.description.as_deref()).unwrap_or("");
        let key = row.counterparty.as_deref().map_or((false, text), |counterparty| (true, counterparty));
        if let Some(&class) = self.by_text.get(&key) {
            return class;
        }
        let words = || NormalText::of(key.1).map_or_else(String::new, |text| text.words().to_owned());
        let name = if key.0 { key.1.to_owned() } else { words() };
        let next = Class::try_from(self.by_name.len()).unwrap_or(ACCOUNT - 1);
        let class = *self.by_name.entry((key.0, name)).or_insert(next);
        self.by_text.insert(key, class);
        class
    }
}
