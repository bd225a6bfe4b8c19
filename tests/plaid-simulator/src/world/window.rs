//! Rows of a span of days, newest first, as `/transactions/get` gives them.

use std::borrow::Cow;

use chrono::{Days, NaiveDate};

use super::ledger::Ledger;
use super::row::Row;

/// What `/transactions/get` asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    pub(crate) start: NaiveDate,
    pub(crate) end: NaiveDate,
    pub(crate) offset: usize,
    pub(crate) count: usize,
    pub(crate) visible: u32,
}

impl Ledger {
    /// Hands the rows of a window to `each` and returns how many there are without offset and count.
    pub(crate) fn window<'a>(
        &'a self,
        window: &Window,
        sees: impl Fn(u16) -> bool,
        mut each: impl FnMut(u32, Cow<'a, Row>),
    ) -> usize {
        let within = |date: NaiveDate| (window.start..=window.end).contains(&date);
        let mut changed: Vec<(NaiveDate, u32)> = self
            .stored
            .iter()
            .filter(|(number, _)| **number < window.visible || **number >= self.base_len())
            .filter_map(|(number, stored)| Some((stored.row.as_ref()?, *number)))
            .filter(|(row, _)| within(row.date) && sees(row.account))
            .map(|(row, number)| (row.date, number))
            .collect();
        changed.sort_by_key(|&(date, number)| (std::cmp::Reverse(date), number));
        let first = window.end.checked_add_days(Days::new(1)).map_or(0, |after| self.base_older_than(after));
        let last = self.base_older_than(window.start).min(window.visible);
        let mut base = (first..last.max(first))
            .filter(|row| !self.stored.contains_key(row) && sees(self.account_of(*row)))
            .peekable();
        let mut changed = changed.into_iter().peekable();
        let mut total = 0;
        loop {
            let changed_first = match (base.peek(), changed.peek()) {
                (None, None) => return total,
                (None, Some(_)) => true,
                (Some(_), None) => false,
                (Some(&row), Some((date, _))) => *date >= self.base_date(row),
            };
            let next = if changed_first { changed.next().map(|(_, number)| number) } else { base.next() };
            let Some(number) = next else { return total };
            if total >= window.offset
                && total - window.offset < window.count
                && let Some(row) = self.row(number)
            {
                each(number, row);
            }
            total += 1;
        }
    }
}
