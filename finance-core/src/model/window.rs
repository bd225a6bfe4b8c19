//! A range of calendar days.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Calendar days from one date to another, both included; an open end has no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateWindow {
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
}

/// The first day of a window lies after its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the window begins on {from}, after its end on {to}: swap the two dates")]
pub struct ReversedWindow {
    from: NaiveDate,
    to: NaiveDate,
}

impl DateWindow {
    /// A window of days.
    ///
    /// # Errors
    /// [`ReversedWindow`] when the first day lies after the last.
    pub fn new(from: Option<NaiveDate>, to: Option<NaiveDate>) -> Result<Self, ReversedWindow> {
        match (from, to) {
            (Some(from), Some(to)) if from > to => Err(ReversedWindow { from, to }),
            _ => Ok(Self { from, to }),
        }
    }

    /// The first day of the window, if it has one.
    pub const fn from(&self) -> Option<NaiveDate> {
        self.from
    }

    /// The last day of the window, if it has one.
    pub const fn to(&self) -> Option<NaiveDate> {
        self.to
    }

    /// Whether the day lies in the window.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }

    /// The window in portions, newest first, that leave no day of it out. Each holds so many rows at the most, or the rows of
    /// one day; how many rows there are on each day is told newest first.
    pub fn portions(&self, days: &[(NaiveDate, u64)], rows: u64) -> Vec<Self> {
        let mut portions = Vec::new();
        let (mut to, mut first, mut held) = (self.to, None, 0_u64);
        for &(day, count) in days {
            if let Some(from) = first.filter(|_| held.saturating_add(count) > rows) {
                portions.push(Self { from: Some(from), to });
                (to, held) = (from.pred_opt(), 0);
            }
            (first, held) = (Some(day), held.saturating_add(count));
        }
        portions.push(Self { from: self.from, to });
        portions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn portions_leave_no_day_out() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        let days = [(day(20), 3), (day(18), 4), (day(15), 20), (day(10), 1), (day(9), 9), (day(2), 1)];
        let whole = DateWindow::new(Some(day(1)), Some(day(30))).unwrap();
        let portion = |from, to| DateWindow { from: Some(day(from)), to: Some(day(to)) };
        for (rows, expected) in [
            (10, vec![portion(18, 30), portion(15, 17), portion(9, 14), portion(1, 8)]),
            (1_000, vec![whole]),
            (
                0,
                vec![
                    portion(20, 30),
                    portion(18, 19),
                    portion(15, 17),
                    portion(10, 14),
                    portion(9, 9),
                    portion(1, 8),
                ],
            ),
        ] {
            assert_eq!(whole.portions(&days, rows), expected, "{rows}");
        }
        assert_eq!(whole.portions(&[], 10), [whole]);
        let open = DateWindow::default().portions(&days, 20);
        assert_eq!((open[0].to(), open[open.len() - 1].from()), (None, None));
        let first = [(NaiveDate::MAX, 5), (NaiveDate::MIN, 5)];
        assert_eq!(DateWindow::default().portions(&first, 5).len(), 2);
    }

    #[test]
    fn both_ends_belong_to_the_window() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        let window = DateWindow::new(Some(day(2)), Some(day(4))).unwrap();
        assert_eq!([1, 2, 4, 5].map(|d| window.contains(day(d))), [false, true, true, false]);
        assert!(DateWindow::default().contains(day(1)));
        assert!(DateWindow::new(Some(day(4)), Some(day(2))).is_err());
    }
}
