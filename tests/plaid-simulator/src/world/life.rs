//! How the world moves on: pendings appear and post, amounts drift, rows change and vanish.

use std::borrow::Cow;

use chrono::{Datelike as _, Days, NaiveDate};
use rust_decimal::Decimal;

use super::account::Account;
use super::ids::mix;
use super::item::lock;
use super::ledger::Ledger;
use super::row::Row;
use super::{Effects, World};
use crate::error::PlaidError;
use crate::options::PostingOrder;

/// How a pending row posts.
#[derive(Debug, Clone)]
pub(crate) struct Posting {
    pub(crate) row: Row,
    pub(crate) order: PostingOrder,
    pub(crate) split: bool,
    pub(crate) move_balance: bool,
}

impl Ledger {
    /// Replaces a pending row by a posted one under another number, which is returned.
    pub(crate) fn post(&mut self, pending: u32, posting: Posting, effects: &mut Effects) -> u32 {
        let Posting { row, order, split, move_balance } = posting;
        let part = |ledger: &mut Self| {
            if split {
                ledger.break_page();
            }
        };
        effects.added += 1;
        effects.removed.push(pending);
        match order {
            PostingOrder::RemovedFirst => {
                self.remove(pending, move_balance);
                part(self);
                self.add(row, move_balance)
            }
            PostingOrder::AddedFirst => {
                let number = self.add(row, move_balance);
                part(self);
                self.remove(pending, move_balance);
                number
            }
        }
    }

    fn some_row(&self, dice: &mut Dice, fits: impl Fn(&Row) -> bool) -> Option<(u32, Row)> {
        let rows = self.rows();
        (0..20).filter(|_| rows > 0).find_map(|_| {
            let number = dice.below(u64::from(rows)) as u32;
            self.row(number).map(Cow::into_owned).filter(&fits).map(|row| (number, row))
        })
    }
}

/// Numbers that follow from a seed.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = mix(self.0);
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound.max(1)
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

/// How rows post, as the options say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) order: PostingOrder,
    pub(crate) split: bool,
}

impl World {
    /// Lets `days` days pass for every login, or for one connection's. What happens follows from the seed and
    /// the day.
    pub(crate) fn advance(&mut self, days: u32, seed: u64, only: Option<usize>) {
        let manner = self.manner();
        let logins = self.first_of_each_login(only);
        for _ in 0..days {
            self.today = self.today + Days::new(1);
            let day = mix(seed ^ mix(self.today.num_days_from_ce() as u64));
            for &item in &logins {
                let mut dice = Dice(day ^ self.items[item].login_seed);
                let effects =
                    live_one_day(&mut lock(&self.items[item].ledger), self.today, manner, &mut dice);
                self.notify_changes(item, &effects);
                if self.options.upheavals {
                    self.upheave(item, &mut dice);
                }
            }
        }
    }

    /// Logins break and heal, accounts open and close.
    fn upheave(&mut self, item: usize, dice: &mut Dice) {
        for one in self.siblings(item) {
            if self.items[one].error.is_some() {
                if dice.one_in(2) {
                    self.heal_login(one, true);
                }
            } else if dice.one_in(20) {
                self.break_login(one, &PlaidError::new("ITEM_LOGIN_REQUIRED"));
            }
        }
        if dice.one_in(30) {
            let mask = format!("{:04}", dice.below(10_000));
            self.open_account(
                item,
                Account {
                    kind: "depository".into(),
                    subtype: Some("savings".into()),
                    name: format!("Plaid Pot {mask}"),
                    official_name: None,
                    mask: Some(mask),
                    currency: "USD".into(),
                    current: Some(Decimal::ZERO),
                    available: Some(Decimal::ZERO),
                    limit: None,
                    apy: None,
                    closed: false,
                },
            );
        }
        if dice.one_in(60) {
            let mut ledger = lock(&self.items[item].ledger);
            let index = dice.below(ledger.accounts.len() as u64) as usize;
            if let Some(account) = ledger.accounts.get_mut(index) {
                account.closed = true;
            }
        }
    }

    fn first_of_each_login(&self, only: Option<usize>) -> Vec<usize> {
        let all = 0..self.items.len();
        match only {
            Some(item) => vec![item],
            None => all.filter(|&item| self.siblings(item).first() == Some(&item)).collect(),
        }
    }

    pub(crate) fn manner(&self) -> Manner {
        Manner { order: self.options.posting, split: self.options.split_postings }
    }

    /// What `/transactions/refresh` finds: news for `user_transactions_dynamic`, nothing for others.
    pub(crate) fn refresh(&mut self, item: usize) {
        let manner = self.manner();
        let effects = {
            let mut ledger = lock(&self.items[item].ledger);
            if !ledger.dynamic {
                return;
            }
            let mut dice = Dice(self.items[item].login_seed ^ mix(u64::from(ledger.rows())));
            let mut effects = Effects::default();
            refresh_dynamic(&mut ledger, self.today, manner, &mut dice, &mut effects);
            effects
        };
        self.notify_changes(item, &effects);
    }
}

fn posted(row: &Row, number: u32, today: NaiveDate, amount: Decimal, linked: bool) -> Row {
    Row {
        amount,
        date: today.max(row.date),
        authorized_date: row.authorized_date.or(Some(row.date)),
        pending: false,
        pending_row: linked.then_some(number),
        ..row.clone()
    }
}

fn refresh_dynamic(
    ledger: &mut Ledger,
    today: NaiveDate,
    manner: Manner,
    dice: &mut Dice,
    effects: &mut Effects,
) {
    for number in ledger.pending() {
        let Some(row) = ledger.row(number).map(Cow::into_owned) else { continue };
        let row = posted(&row, number, today, row.amount, true);
        ledger.post(
            number,
            Posting { row, order: manner.order, split: manner.split, move_balance: true },
            effects,
        );
    }
    if let Some((number, row)) = ledger.some_row(dice, |row| !row.pending && row.pending_row.is_none()) {
        let amount = row.amount + Decimal::new(100, 2);
        ledger.replace(number, Row { amount, ..row }, true);
        effects.modified += 1;
    }
    appear(ledger, today, 3, dice, effects);
}

fn appear(ledger: &mut Ledger, today: NaiveDate, count: u64, dice: &mut Dice, effects: &mut Effects) {
    for _ in 0..count {
        if let Some(row) = ledger.fresh_row(dice.roll(), today) {
            ledger.add(row, true);
            effects.added += 1;
        }
    }
}

fn live_one_day(ledger: &mut Ledger, today: NaiveDate, manner: Manner, dice: &mut Dice) -> Effects {
    let mut effects = Effects::default();
    for number in ledger.pending() {
        let Some(row) = ledger.row(number).map(Cow::into_owned) else { continue };
        let age = (today - row.date).num_days();
        if age < 1 || (age < 3 && dice.one_in(3)) {
            continue;
        }
        if dice.one_in(20) {
            ledger.remove(number, true);
            effects.removed.push(number);
            continue;
        }
        let amount = if dice.one_in(5) { tipped(row.amount, dice) } else { row.amount };
        let row = posted(&row, number, today, amount, !dice.one_in(8));
        let posting = Posting { row, order: manner.order, split: manner.split, move_balance: true };
        ledger.post(number, posting, &mut effects);
    }
    if dice.one_in(2)
        && let Some((number, row)) = ledger.some_row(dice, |row| !row.pending)
    {
        let amount = if dice.one_in(3) { tipped(row.amount, dice) } else { row.amount };
        let name = Some(format!("{} (corrected)", statement(&row)).into());
        ledger.replace(number, Row { amount, name, ..row }, true);
        effects.modified += 1;
    }
    if dice.one_in(6)
        && let Some((number, _)) = ledger.some_row(dice, |row| !row.pending)
    {
        ledger.remove(number, true);
        effects.removed.push(number);
    }
    let count = 1 + dice.below(3);
    appear(ledger, today, count, dice, &mut effects);
    effects
}

/// The amount with something on top, in its own direction and scale.
fn tipped(amount: Decimal, dice: &mut Dice) -> Decimal {
    let tip = Decimal::new(1 + dice.below(500) as i64, amount.scale());
    if amount.is_sign_negative() { amount - tip } else { amount + tip }
}

/// The text a bank prints for a row.
pub(crate) fn statement(row: &Row) -> Cow<'_, str> {
    if let Some(name) = &row.name {
        return Cow::Borrowed(name);
    }
    let merchant = super::merchants::MERCHANTS.get(usize::from(row.merchant));
    let text = merchant.map_or("", |merchant| merchant.statement);
    if row.reference == 0 { Cow::Borrowed(text) } else { Cow::Owned(format!("{text} {}", row.reference)) }
}
