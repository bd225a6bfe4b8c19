//! Series that come every so many days, and the gaps in them.

use chrono::{Datelike, Months, NaiveDate};

/// Days that a series may be early or late.
pub(super) const LATE_DAYS: i32 = 3;
/// Rows that come more often than this have no rhythm that a gap would show in.
const SHORTEST_DAYS: i32 = 6;

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

/// The days on which a series with a rhythm lacks a row, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Series {
    gaps: Vec<NaiveDate>,
    edges: Vec<NaiveDate>,
}

impl Series {
    /// The series of these days, which ascend; `None` without a rhythm. The books begin and end with the days of `books`.
    pub(super) fn new(days: &[i32], books: (i32, i32), without: Option<i32>) -> Option<Self> {
        let mut distinct = days.to_vec();
        if let Some(place) = without.and_then(|day| distinct.iter().position(|&own| own == day)) {
            distinct.remove(place);
        }
        distinct.dedup();
        let (&first, &last) = (distinct.first()?, distinct.last()?);
        let typical = typical(&distinct)?;
        let gaps = distinct.windows(2).flat_map(|pair| due(pair[0], pair[1], typical)).collect();
        let mut edges = due(last, books.1.saturating_add(typical / 2), typical);
        edges.extend(step_back(first, typical).filter(|&date| number(date) >= books.0));
        edges.sort_unstable();
        Some(Self { gaps, edges })
    }

    /// What it says about a time after one day, up to and with another. A day that is only just outside counts as the nearest
    /// inside.
    pub(super) fn within(&self, (after, until): (NaiveDate, NaiveDate)) -> Rhythm {
        let (start, end) = (number(after) - LATE_DAYS, number(until) + LATE_DAYS);
        let find = |days: &[NaiveDate]| {
            let place = days.partition_point(|&date| number(date) <= start);
            let date = *days.get(place).filter(|&&date| number(date) <= end)?;
            Some(date.min(until).max(after.succ_opt().unwrap_or(after)))
        };
        find(&self.gaps)
            .map(Rhythm::Gap)
            .or_else(|| find(&self.edges).map(Rhythm::Edge))
            .unwrap_or(Rhythm::Kept)
    }
}

/// The usual step of a series, when at least half of its steps are that, and two thirds that or a small multiple.
fn typical(days: &[i32]) -> Option<i32> {
    let mut steps: Vec<i32> = days.windows(2).map(|pair| pair[1] - pair[0]).collect();
    steps.sort_unstable();
    let typical = *steps.get(steps.len().checked_sub(1)? / 2).filter(|&&step| step >= SHORTEST_DAYS)?;
    let allowed = (LATE_DAYS + typical / 12).min(typical / 6);
    let is_late = |step: i32, times: i32| (step - times.saturating_mul(typical)).abs() <= allowed;
    let single = steps.iter().filter(|&&step| is_late(step, 1)).count();
    let regular = steps.iter().filter(|&&step| (1..=3).any(|times| is_late(step, times))).count();
    (single >= 2 && single * 2 >= steps.len() && regular * 3 >= steps.len() * 2).then_some(typical)
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

/// Days since the common era began; those of every date are far from the ends of the number.
pub(super) fn number(date: NaiveDate) -> i32 {
    date.num_days_from_ce()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn series(days: &[&str]) -> Option<Series> {
        let days: Vec<i32> = days.iter().map(|text| number(day(text))).collect();
        Series::new(&days, (number(day("2023-12-01")), number(day("2024-12-31"))), None)
    }

    #[test]
    fn gaps_and_edges_of_a_series() {
        let monthly =
            series(&["2024-02-05", "2024-03-05", "2024-05-06", "2024-06-05", "2024-07-05"]).unwrap();
        for (after, until, expected) in [
            ("2024-03-31", "2024-04-30", Rhythm::Gap(day("2024-04-05"))),
            ("2024-03-31", "2024-04-03", Rhythm::Gap(day("2024-04-03"))),
            ("2024-02-29", "2024-03-31", Rhythm::Kept),
            ("2023-12-31", "2024-01-31", Rhythm::Edge(day("2024-01-05"))),
            ("2024-07-31", "2024-08-31", Rhythm::Edge(day("2024-08-05"))),
            ("2025-01-31", "2025-02-28", Rhythm::Kept),
        ] {
            assert_eq!(monthly.within((day(after), day(until))), expected, "{after}");
        }
    }

    #[test]
    fn most_rows_have_no_rhythm() {
        for days in [
            &[][..],
            &["2024-02-05"],
            &["2024-02-05", "2024-03-05"],
            &["2024-02-05", "2024-02-07", "2024-02-08", "2024-02-12"],
            &["2024-01-05", "2024-01-15", "2024-03-01", "2024-03-20"],
        ] {
            assert_eq!(series(days), None, "{days:?}");
        }
        let ends = [number(NaiveDate::MIN), 0, number(NaiveDate::MAX)];
        let far = Series::new(&ends, (ends[0], ends[2]), None);
        assert_eq!(far.map(|far| far.within((NaiveDate::MIN, NaiveDate::MAX))), Some(Rhythm::Kept));
    }
}
