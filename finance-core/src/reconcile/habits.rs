//! What an account's rows usually look like: which amounts, with which sign, how often.

use std::collections::{BTreeSet, HashMap};

use chrono::{Months, NaiveDate};

use super::bits::{NEVER, Weight, either, log2, share};
use super::ledger::{Entry, Ledger};
use crate::LedgerRow;

/// Rows that belong together: of one counterparty, or else with one text.
pub(super) type Class = u32;

/// All rows of the account.
const ACCOUNT: Class = u32::MAX;
/// Days that a series may be early or late.
const LATE_DAYS: i32 = 3;
/// Series that are looked at for gaps.
const SERIES_MOST: usize = 256;
/// Rows that come more often than this have no rhythm that a gap would show in.
const SHORTEST_RHYTHM_DAYS: i32 = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Trait {
    Any,
    Exactly(i128),
    /// Money in or out, and between which powers of two.
    Size(bool, u32),
    /// Roughly how large, whichever the sign.
    Magnitude(u32),
    /// How many zeros it ends with, at a magnitude.
    Zeros(u32, u32),
}

/// The habits of an account. Only ever asked by key, so that no order of a map shows.
#[derive(Debug)]
pub(super) struct Habits {
    counts: HashMap<(Class, Trait), u32>,
    class_of: HashMap<usize, Class>,
    /// The days of each class, ascending.
    days: Vec<Vec<i32>>,
    /// The days of each amount of a class, ascending.
    exact_days: HashMap<(Class, i128), Vec<i32>>,
    /// Every amount with its classes, ascending.
    amounts: Vec<(i128, Class)>,
    repeated: Vec<(i128, Class)>,
    large: Vec<Class>,
    /// Class, day and amount of every row.
    rows_of: BTreeSet<(Class, i32, i128)>,
    first_day: i32,
    last_day: i32,
}

impl Habits {
    pub(super) fn new(ledger: &Ledger<'_>) -> Self {
        let mut habits = Self {
            counts: HashMap::new(),
            class_of: HashMap::with_capacity(ledger.entries.len()),
            days: Vec::new(),
            exact_days: HashMap::new(),
            amounts: Vec::new(),
            repeated: Vec::new(),
            large: Vec::new(),
            rows_of: BTreeSet::new(),
            first_day: ledger.entries.first().map_or(0, |entry| entry.day),
            last_day: ledger.entries.last().map_or(0, |entry| entry.day),
        };
        let mut names: HashMap<String, Class> = HashMap::new();
        for entry in &ledger.entries {
            let next = Class::try_from(names.len()).unwrap_or(ACCOUNT - 1);
            let class = *names.entry(class_name(ledger.content(entry))).or_insert(next);
            habits.add(entry, class);
        }
        for entry in &ledger.left_out {
            if let Some(&class) = names.get(&class_name(ledger.content(entry))) {
                habits.class_of.insert(entry.row, class);
            }
        }
        habits.amounts = habits.exact_days.keys().map(|&(class, units)| (units, class)).collect();
        habits.amounts.sort_unstable();
        habits.sort_by_size();
        habits
    }

    fn add(&mut self, entry: &Entry, class: Class) {
        self.class_of.insert(entry.row, class);
        for class in [class, ACCOUNT] {
            for what in traits(entry.units) {
                *self.counts.entry((class, what)).or_default() += 1;
            }
        }
        if self.days.len() <= class as usize {
            self.days.resize(class as usize + 1, Vec::new());
        }
        self.days[class as usize].push(entry.day);
        self.rows_of.insert((class, entry.day, entry.units));
        self.exact_days.entry((class, entry.units)).or_default().push(entry.day);
    }

    fn sort_by_size(&mut self) {
        let times = |&(units, class): &(i128, Class)| self.times(class, units);
        let mut repeated: Vec<_> = self.amounts.iter().copied().filter(|key| times(key) > 2).collect();
        repeated.sort_by_key(|key| (std::cmp::Reverse(times(key)), *key));
        repeated.truncate(SERIES_MOST);
        let classes = Class::try_from(self.days.len()).unwrap_or(ACCOUNT);
        let mut large: Vec<Class> = (0..classes).filter(|&class| self.class_rows(class) > 2).collect();
        large.sort_by_key(|&class| (std::cmp::Reverse(self.class_rows(class)), class));
        large.truncate(SERIES_MOST);
        (self.repeated, self.large) = (repeated, large);
    }

    pub(super) fn class(&self, entry: &Entry) -> Class {
        self.class_of.get(&entry.row).copied().unwrap_or(ACCOUNT)
    }

    pub(super) fn rows(&self) -> u32 {
        self.count(ACCOUNT, Trait::Any)
    }

    /// The largest classes, from which a row with any amount may be missing.
    pub(super) fn large_classes(&self) -> &[Class] {
        &self.large
    }

    /// Every amount that a class has more than twice.
    pub(super) fn repeated(&self) -> &[(i128, Class)] {
        &self.repeated
    }

    /// How many rows of the class have exactly this amount.
    pub(super) fn times(&self, class: Class, units: i128) -> u32 {
        self.count(class, Trait::Exactly(units))
    }

    pub(super) fn class_rows(&self, class: Class) -> u32 {
        self.count(class, Trait::Any)
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
            let with: u32 =
                (0..=128 / MAGNITUDE).map(|size| self.count(ACCOUNT, Trait::Zeros(size, zeros))).sum();
            if with > allowed {
                return zeros;
            }
            allowed -= with;
        }
        ZEROS_MOST
    }

    fn count(&self, class: Class, what: Trait) -> u32 {
        self.counts.get(&(class, what)).copied().unwrap_or(0)
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
        (after, until): (NaiveDate, NaiveDate),
        without: Option<i32>,
    ) -> Rhythm {
        let ledger = (self.first_day, self.last_day);
        let of = |days: &[i32]| gap(days, (after, until), ledger, without);
        let exact = self.exact_days.get(&(class, units)).map_or(Rhythm::None, |days| of(days));
        match exact {
            Rhythm::Gap(due) if self.is_filled(class, units, due) => Rhythm::Kept,
            Rhythm::None if self.is_even(class, units) => {
                self.days.get(class as usize).map_or(Rhythm::None, |days| of(days))
            }
            known => known,
        }
    }

    /// Whether most rows of the class are about as large as this.
    fn is_even(&self, class: Class, units: i128) -> bool {
        let size = size(units);
        let sizes = size.saturating_sub(1)..=size + 1;
        let alike: u32 = sizes.map(|size| self.count(class, Trait::Size(units >= 0, size))).sum();
        alike * 2 > self.class_rows(class)
    }

    /// Whether a series has a row of another but similar amount when one is due, as pay with a bonus is.
    fn is_filled(&self, class: Class, units: i128, due: NaiveDate) -> bool {
        let due = number(due);
        let similar = |other: i128| {
            other != units && other.signum() == units.signum() && size(other).abs_diff(size(units)) <= 1
        };
        let near = self.rows_of.range((class, due.saturating_sub(LATE_DAYS), i128::MIN)..);
        near.take_while(|row| (row.0, row.1) <= (class, due.saturating_add(LATE_DAYS)))
            .any(|row| similar(row.2))
    }
}

/// What the rhythm of a series says about one more row in a given time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// The series has no rhythm.
    None,
    /// It has one, and no row is missing then.
    Kept,
    /// A row is due on this day, between others.
    Gap(NaiveDate),
    /// A row would be due on this day if the series did not begin later or end before.
    Edge(NaiveDate),
}

fn gap(days: &[i32], time: (NaiveDate, NaiveDate), ledger: (i32, i32), without: Option<i32>) -> Rhythm {
    let mut distinct: Vec<i32> = days.to_vec();
    if let Some(index) = without.and_then(|day| distinct.iter().position(|&own| own == day)) {
        distinct.remove(index);
    }
    distinct.dedup();
    let mut steps: Vec<i32> = distinct.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    let Some(&typical) = steps.get(steps.len().saturating_sub(1) / 2) else { return Rhythm::None };
    let allowed = (LATE_DAYS + typical / 12).min(typical / 6);
    let late = |step: i32, times: i32| (step - times * typical).abs() <= allowed;
    let regular = steps.iter().filter(|&&step| (1..=3).any(|times| late(step, times))).count();
    if steps.len() < 2 || typical < SHORTEST_RHYTHM_DAYS || regular * 3 < steps.len() * 2 {
        return Rhythm::None;
    }
    let (Some(&first), Some(&last)) = (distinct.first(), distinct.last()) else { return Rhythm::None };
    let near = |date: &NaiveDate| {
        let day = number(*date);
        (number(time.0).saturating_sub(LATE_DAYS) < day && day <= number(time.1).saturating_add(LATE_DAYS))
            .then(|| (*date).min(time.1).max(time.0.succ_opt().unwrap_or(time.0)))
    };
    let inner = distinct.windows(2).flat_map(|pair| due(pair[0], pair[1], typical));
    if let Some(day) = inner.collect::<Vec<_>>().iter().find_map(near) {
        return Rhythm::Gap(day);
    }
    let mut edges = due(last, ledger.1.saturating_add(typical / 2), typical);
    edges.extend(step_back(first, typical).filter(|&date| number(date) >= ledger.0));
    edges.iter().find_map(near).map_or(Rhythm::Kept, Rhythm::Edge)
}

/// The days on which a series is due after one row and well before the next.
fn due(from: i32, next: i32, typical: i32) -> Vec<NaiveDate> {
    let mut due = Vec::new();
    let mut day = step(from, typical);
    while let Some(date) = day.filter(|&date| number(date) <= next.saturating_sub(typical / 2)) {
        due.push(date);
        day = step(number(date), typical);
    }
    due
}

fn number(date: NaiveDate) -> i32 {
    use chrono::Datelike;
    date.num_days_from_ce()
}

/// The next day of a series; a monthly one keeps its day of the month.
fn step(from: i32, typical: i32) -> Option<NaiveDate> {
    match typical {
        28..=31 => NaiveDate::from_num_days_from_ce_opt(from)?.checked_add_months(Months::new(1)),
        _ => NaiveDate::from_num_days_from_ce_opt(from.checked_add(typical)?),
    }
}

fn step_back(from: i32, typical: i32) -> Option<NaiveDate> {
    match typical {
        28..=31 => NaiveDate::from_num_days_from_ce_opt(from)?.checked_sub_months(Months::new(1)),
        _ => NaiveDate::from_num_days_from_ce_opt(from.checked_sub(typical)?),
    }
}

/// The habits without one row.
struct View<'a> {
    habits: &'a Habits,
    without: Option<(Class, i128)>,
}

impl View<'_> {
    fn count(&self, class: Class, what: Trait) -> u128 {
        let own = match self.without {
            Some((own, units)) if class == own || class == ACCOUNT => traits(units).contains(&what),
            _ => false,
        };
        u128::from(self.habits.count(class, what).saturating_sub(u32::from(own)))
    }

    fn exact(&self, class: Class, units: i128) -> Weight {
        match self.count(class, Trait::Exactly(units)) {
            0 => NEVER,
            times => share(times, self.count(class, Trait::Any) + 1),
        }
    }

    /// By sign, size and roundness alone.
    fn diffuse(&self, class: Class, units: i128) -> Weight {
        let (size, zeros) = (size(units), zeros(units));
        let by_size = self.mixed(class, |class| self.sizes(class, units >= 0, size), Trait::Any, 32);
        let magnitude = size / MAGNITUDE;
        let round = |class| 4 * self.count(class, Trait::Zeros(magnitude, zeros));
        let by_zeros = self.mixed(class, round, Trait::Magnitude(magnitude), 8);
        let values = log2(9) + log2(1_u128 << size.min(127)) - log2(10) * (zeros + 1).cast_signed();
        by_size + by_zeros - values.max(0)
    }

    /// Four times the rows of about this size; half of them by the neighbouring sizes.
    fn sizes(&self, class: Class, incoming: bool, size: u32) -> u128 {
        2 * self.count(class, Trait::Size(incoming, size))
            + self.count(class, Trait::Size(incoming, size + 1))
            + size.checked_sub(1).map_or(0, |less| self.count(class, Trait::Size(incoming, less)))
    }

    /// The share of a class's rows of a kind, filled up with two rows as the account has them. `fourfold` counts in quarters; `kinds` is how many
    /// quarters are assumed before any row is seen.
    fn mixed(&self, class: Class, fourfold: impl Fn(Class) -> u128, among: Trait, kinds: u128) -> Weight {
        const ONE: u128 = 1 << 20;
        let account = (fourfold(ACCOUNT) + 1) * ONE / (4 * self.count(ACCOUNT, among) + kinds);
        let own = fourfold(class) * ONE / 4 + 2 * account;
        share(own.max(1), (self.count(class, among) + 2) * ONE)
    }
}

fn traits(units: i128) -> [Trait; 5] {
    let size = size(units);
    [
        Trait::Any,
        Trait::Exactly(units),
        Trait::Size(units >= 0, size),
        Trait::Magnitude(size / MAGNITUDE),
        Trait::Zeros(size / MAGNITUDE, zeros(units)),
    ]
}

fn size(units: i128) -> u32 {
    units.unsigned_abs().max(1).ilog2()
}

/// Doublings in one magnitude.
const MAGNITUDE: u32 = 4;
/// Zeros past this make no amount rounder.
const ZEROS_MOST: u32 = 7;

fn zeros(units: i128) -> u32 {
    let mut rest = units.unsigned_abs();
    let mut zeros = 0;
    while zeros < ZEROS_MOST && rest % 10 == 0 {
        rest /= 10;
        zeros += 1;
    }
    zeros
}

/// The counterparty, or else the letters of the text.
fn class_name(row: &LedgerRow) -> String {
    if let Some(counterparty) = &row.counterparty {
        return format!("#{counterparty}");
    }
    let text = row.payee.as_ref().or(row.description.as_ref()).map_or("", |text| text);
    let mut name = String::with_capacity(text.len());
    for word in text.split_whitespace().filter(|word| !word.contains(|c: char| c.is_ascii_digit())) {
        name.extend(word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase));
        name.push(' ');
    }
    name
}
