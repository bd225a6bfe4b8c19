//! Balances over time.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::model::{AccountId, BalanceEntry, DateWindow};

/// By account, by ascending instant and of one instant in the order of writing.
#[derive(Default)]
pub(super) struct History(HashMap<AccountId, Vec<BalanceEntry>>);

impl History {
    /// Adds the entry if it is news.
    pub(super) fn add(&mut self, entry: BalanceEntry) {
        let entries = self.0.entry(entry.account).or_default();
        if entry.is_news(entries.last()) {
            let place = entries.partition_point(|earlier| earlier.at <= entry.at);
            entries.insert(place, entry);
        }
    }

    pub(super) fn entries(&self, account: AccountId, window: DateWindow, limit: u32) -> Vec<BalanceEntry> {
        let day = |entry: &BalanceEntry| -> NaiveDate { entry.at.date_naive() };
        let newest_first = self.0.get(&account).into_iter().flatten().rev();
        let chosen = newest_first.filter(|entry| window.contains(day(entry)));
        chosen.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect()
    }
}
