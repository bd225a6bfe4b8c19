//! Balances over time.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::super::AccountPair;
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

    /// Puts the entries of an account that goes among those of the one that stays.
    pub(super) fn merge(&mut self, pair: AccountPair) {
        let moved = self.0.remove(&pair.new).unwrap_or_default();
        let entries = self.0.entry(pair.old).or_default();
        entries.extend(moved.into_iter().map(|entry| BalanceEntry { account: pair.old, ..entry }));
        entries.sort_by_key(|entry| entry.at);
    }

    /// Drops the entries of some accounts, and returns how many there were.
    pub(super) fn erase(&mut self, accounts: &HashSet<AccountId>) -> u64 {
        let size = self.size(accounts);
        self.0.retain(|account, _| !accounts.contains(account));
        size
    }

    /// How many entries some accounts have.
    pub(super) fn size(&self, accounts: &HashSet<AccountId>) -> u64 {
        accounts.iter().filter_map(|account| self.0.get(account)).map(|entries| entries.len() as u64).sum()
    }
}
