//! What one login's bank holds: accounts, rows, and the order in which rows changed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use super::account::Account;
use super::custom_user::CustomUser;
use super::generate::{Generator, Size, accounts};
use super::row::Row;

/// The rows that were there when the login was first seen; newest first.
#[derive(Debug)]
enum Base {
    Generated,
    Listed(Vec<Row>),
}

/// A row that changed or came later.
#[derive(Debug)]
pub(super) struct Stored {
    /// `None` once the row is gone.
    pub(super) row: Option<Row>,
    pub(super) account: u16,
    /// Every change of the row by its number, rising; for a later row the first is its appearance.
    pub(super) changes: Vec<u64>,
}

/// The bank's side of a login, shared by all connections of it.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) accounts: Vec<Account>,
    generator: Generator,
    base: Base,
    pub(super) stored: HashMap<u32, Stored>,
    next_row: u32,
    pub(super) change: u64,
    /// The last change of each changed row, by number.
    pub(super) log: BTreeMap<u64, u32>,
    /// A page ends behind each of these changes.
    pub(super) breaks: BTreeSet<u64>,
    pending: BTreeSet<u32>,
    /// Whether a refresh makes new rows, as Plaid's `user_transactions_dynamic` does.
    pub(crate) dynamic: bool,
}

impl Ledger {
    /// A login that follows from a seed.
    pub(crate) fn generated(seed: u64, size: &Size, today: NaiveDate, dynamic: bool) -> Self {
        let accounts = accounts(seed, size);
        let generator = Generator::new(seed, size, today, &accounts);
        let pending = generator.newest_possibly_pending().filter(|&row| generator.row(row).pending).collect();
        let next_row = generator.len();
        Self { pending, dynamic, ..Self::new(accounts, generator, Base::Generated, next_row) }
    }

    /// A login from a custom-user file.
    pub(crate) fn custom(seed: u64, user: &CustomUser, today: NaiveDate) -> Self {
        let size = Size { accounts: 0, transactions: 0, days: 1, currencies: Vec::new() };
        let generator = Generator::new(seed, &size, today, &user.accounts);
        let rows = user.rows(today);
        let next_row = rows.len() as u32;
        let pending = (0u32..).zip(&rows).filter(|(_, row)| row.pending).map(|(index, _)| index).collect();
        Self { pending, ..Self::new(user.accounts.clone(), generator, Base::Listed(rows), next_row) }
    }

    fn new(accounts: Vec<Account>, generator: Generator, base: Base, next_row: u32) -> Self {
        Self {
            accounts,
            generator,
            base,
            stored: HashMap::new(),
            next_row,
            change: 0,
            log: BTreeMap::new(),
            breaks: BTreeSet::new(),
            pending: BTreeSet::new(),
            dynamic: false,
        }
    }

    /// How many rows were there at first.
    pub(crate) fn base_len(&self) -> u32 {
        match &self.base {
            Base::Generated => self.generator.len(),
            Base::Listed(rows) => rows.len() as u32,
        }
    }

    /// How many rows there ever were.
    pub(crate) fn rows(&self) -> u32 {
        self.next_row
    }

    /// The date a row had at first.
    pub(super) fn base_date(&self, row: u32) -> NaiveDate {
        match &self.base {
            Base::Generated => self.generator.date(row),
            Base::Listed(rows) => rows[row as usize].date,
        }
    }

    /// The first of the initial rows that is older than `date`.
    pub(super) fn base_older_than(&self, date: NaiveDate) -> u32 {
        let (mut low, mut high) = (0, self.base_len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.base_date(middle) >= date { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// How many initial rows Plaid has after the first pull of a connection made on `day`: those of 30 days.
    pub(crate) fn recent_len(&self, day: NaiveDate) -> u32 {
        self.base_older_than(day - Days::new(30))
    }

    pub(super) fn base_row(&self, row: u32) -> Cow<'_, Row> {
        match &self.base {
            Base::Generated => Cow::Owned(self.generator.row(row)),
            Base::Listed(rows) => Cow::Borrowed(&rows[row as usize]),
        }
    }

    pub(super) fn account_of(&self, row: u32) -> u16 {
        if let Some(stored) = self.stored.get(&row) {
            return stored.account;
        }
        match &self.base {
            Base::Generated => self.generator.account(row),
            Base::Listed(rows) => rows[row as usize].account,
        }
    }

    /// The row's present content; `None` if it is gone or never was.
    pub(crate) fn row(&self, row: u32) -> Option<Cow<'_, Row>> {
        match self.stored.get(&row) {
            Some(stored) => stored.row.as_ref().map(Cow::Borrowed),
            None => (row < self.base_len()).then(|| self.base_row(row)),
        }
    }

    /// Live pending rows, oldest number first.
    pub(crate) fn pending(&self) -> Vec<u32> {
        self.pending.iter().copied().collect()
    }

    fn touch(&mut self, row: u32, content: Option<Row>) {
        let account = content.as_ref().map_or_else(|| self.account_of(row), |row| row.account);
        self.change += 1;
        match &content {
            Some(content) if content.pending => self.pending.insert(row),
            _ => self.pending.remove(&row),
        };
        let stored = self.stored.entry(row).or_insert(Stored { row: None, account, changes: Vec::new() });
        if let Some(last) = stored.changes.last() {
            self.log.remove(last);
        }
        stored.changes.push(self.change);
        stored.row = content;
        stored.account = account;
        self.log.insert(self.change, row);
    }

    fn book(&mut self, row: &Row, back: bool) {
        if let Some(account) = self.accounts.get_mut(usize::from(row.account)) {
            if back { account.unbook(row.amount, row.pending) } else { account.book(row.amount, row.pending) }
        }
    }

    /// Adds a row; the balances follow unless told otherwise.
    pub(crate) fn add(&mut self, row: Row, move_balance: bool) -> u32 {
        let number = self.next_row;
        self.next_row += 1;
        if move_balance {
            self.book(&row, false);
        }
        self.touch(number, Some(row));
        number
    }

    /// Replaces a live row's content. `false` if the row is gone.
    pub(crate) fn replace(&mut self, number: u32, row: Row, move_balance: bool) -> bool {
        let Some(old) = self.row(number).map(Cow::into_owned) else { return false };
        if move_balance {
            self.book(&old, true);
            self.book(&row, false);
        }
        self.touch(number, Some(row));
        true
    }

    /// Removes a live row. `false` if it was gone already.
    pub(crate) fn remove(&mut self, number: u32, move_balance: bool) -> bool {
        let Some(old) = self.row(number).map(Cow::into_owned) else { return false };
        if move_balance {
            self.book(&old, true);
        }
        self.touch(number, None);
        true
    }

    /// Ends the page behind the last change.
    pub(crate) fn break_page(&mut self) {
        self.breaks.insert(self.change);
    }

    /// A new pending row of one day, like the generated ones.
    pub(crate) fn fresh_row(&self, random: u64, date: NaiveDate) -> Option<Row> {
        let made = self.generator.fresh(random, date);
        made.or_else(|| self.repeat_row(random, date))
    }

    /// A listed login has no generator: a new row repeats one of its own.
    fn repeat_row(&self, random: u64, date: NaiveDate) -> Option<Row> {
        let Base::Listed(rows) = &self.base else { return None };
        let model = rows.get(random as usize % rows.len().max(1))?;
        Some(Row { date, authorized_date: Some(date), pending: true, ..model.clone() })
    }

    /// Live rows in the order of their numbers, from `from` on, as a caller who may see `visible` initial rows.
    pub(crate) fn live(&self, from: u32, visible: u32) -> impl Iterator<Item = (u32, Cow<'_, Row>)> {
        let base = self.base_len();
        (from..self.next_row)
            .filter(move |&row| row < visible || row >= base)
            .filter_map(|row| self.row(row).map(|content| (row, content)))
    }
}

/// Adds exactly; what does not fit 28 digits is no test world.
pub(crate) fn add_up(sum: &mut Decimal, amount: Decimal) {
    *sum = sum.saturating_add(amount);
}
