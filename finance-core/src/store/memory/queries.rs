//! Listing and adding up transactions.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::super::{RowSelection, StoreError, TransactionQuery};
use super::books::{Books, invalid};
use crate::model::{
    AccountId, AccountTotals, ConnectionId, Currency, ExactSum, Money, Transaction, TransactionState, UserId,
};

impl Books {
    pub(super) fn live_rows<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a Transaction> {
        let live = self.rows.values().filter(|row| row.transaction.state == TransactionState::Live);
        live.filter(move |row| self.owns(user, row)).map(|row| &row.transaction)
    }

    pub(super) fn list<'a>(&'a self, user: &'a UserId, query: &'a TransactionQuery) -> Vec<&'a Transaction> {
        let key = |row: &Transaction| (row.date(), row.id);
        let mut rows: Vec<&Transaction> = self
            .matching(user, query)
            .filter(|row| query.after.is_none_or(|after| key(row) < after))
            .collect();
        rows.sort_by_key(|row| std::cmp::Reverse(key(row)));
        rows.truncate(usize::try_from(query.limit).unwrap_or(usize::MAX));
        rows
    }

    pub(super) fn transaction_days(&self, user: &UserId, query: &TransactionQuery) -> Vec<(NaiveDate, u64)> {
        let mut days: BTreeMap<NaiveDate, u64> = BTreeMap::new();
        for row in self.matching(user, query) {
            *days.entry(row.date()).or_default() += 1;
        }
        days.into_iter().rev().collect()
    }

    /// The rows that match, wherever a page begins and ends.
    fn matching<'a>(
        &'a self,
        user: &'a UserId,
        query: &'a TransactionQuery,
    ) -> impl Iterator<Item = &'a Transaction> {
        let selected = move |row: &&Transaction| match query.rows {
            RowSelection::Live => row.state == TransactionState::Live && !row.edits.hidden,
            RowSelection::WithHidden => row.state == TransactionState::Live,
            RowSelection::Any => true,
            RowSelection::DeletedByUser => row.state == TransactionState::DeletedByUser,
            RowSelection::Restorable => {
                row.state == TransactionState::DeletedByUser && !self.rows[&row.id].removed_by_provider
            }
            RowSelection::AwaitingTheBank => {
                row.state == TransactionState::Live && row.origin.awaits_the_bank()
            }
        };
        let own = self.rows.values().filter(move |row| self.owns(user, row)).map(|row| &row.transaction);
        own.filter(selected)
            .filter(|row| query.accounts.is_empty() || query.accounts.contains(&row.account))
            .filter(|row| query.window.contains(row.date()))
    }

    pub(super) fn pending_days(
        &self,
        user: &UserId,
        connection: Option<ConnectionId>,
    ) -> BTreeMap<AccountId, Vec<NaiveDate>> {
        let mut days: BTreeMap<AccountId, Vec<NaiveDate>> = BTreeMap::new();
        for row in self.live_rows(user).filter(|row| row.provider.pending) {
            if connection.is_some_and(|id| id != row.connection) {
                continue;
            }
            days.entry(row.account).or_default().push(row.date());
        }
        days.values_mut().for_each(|days| days.sort_unstable());
        days
    }

    pub(super) fn totals(&self, user: &UserId) -> Result<Vec<AccountTotals>, StoreError> {
        added_up(self.live_rows(user))
    }

    pub(super) fn posted_sums_after(
        &self,
        user: &UserId,
        account: AccountId,
        day: NaiveDate,
    ) -> Result<Vec<Money>, StoreError> {
        let own = self.live_rows(user).filter(|row| row.account == account);
        let totals = added_up(own.filter(|row| row.date() > day && !row.provider.pending))?;
        Ok(totals.into_iter().map(|total| total.sum).collect())
    }
}

/// By account and then by currency.
fn added_up<'a>(rows: impl Iterator<Item = &'a Transaction>) -> Result<Vec<AccountTotals>, StoreError> {
    let mut sums: BTreeMap<(AccountId, &Currency), (u64, u64, ExactSum)> = BTreeMap::new();
    for row in rows {
        let currency = row.provider.amount.currency();
        let (rows, pending_rows, sum) = sums.entry((row.account, currency)).or_default();
        *rows += 1;
        *pending_rows += u64::from(row.provider.pending);
        sum.add(row.amount().amount());
    }
    let total = |((account, currency), (rows, pending_rows, sum)): (_, (_, _, ExactSum))| {
        let amount = sum.total().ok_or_else(|| {
            invalid(format!("the sum of account {account} in {currency} has too many digits"))
        })?;
        Ok(AccountTotals { account, rows, pending_rows, sum: Money::new(amount, Currency::clone(currency)) })
    };
    sums.into_iter().map(total).collect()
}
