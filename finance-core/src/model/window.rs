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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_belong_to_the_window() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        let window = DateWindow::new(Some(day(2)), Some(day(4))).unwrap();
        assert_eq!([1, 2, 4, 5].map(|d| window.contains(day(d))), [false, true, true, false]);
        assert!(DateWindow::default().contains(day(1)));
        assert!(DateWindow::new(Some(day(4)), Some(day(2))).is_err());
    }
}
