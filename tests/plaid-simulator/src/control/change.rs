//! Carries out changes.

use super::ControlError;
use super::commands::{
    Change, FieldOverrides, ModifyTransaction, NewAccount, NewTransaction, Outcome, PostPending,
};
use crate::error::PlaidError;
use crate::world::account::Account;
use crate::world::item::{Item, lock};
use crate::world::ledger::Ledger;
use crate::world::life::{Manner, Posting};
use crate::world::merchants::recognise;
use crate::world::row::{Fields, Row};
use crate::world::{Effects, World};

pub(super) fn apply(
    world: &mut World,
    item: usize,
    changes: Vec<Change>,
    webhooks: bool,
) -> Result<Vec<Outcome>, ControlError> {
    let before = world.outbox.len();
    let mut effects = Effects::default();
    let done: Result<Vec<Outcome>, ControlError> =
        changes.into_iter().map(|change| one(world, item, change, &mut effects)).collect();
    world.notify_changes(item, &effects);
    if !webhooks {
        world.outbox.truncate(before);
    }
    done
}

fn one(
    world: &mut World,
    item: usize,
    change: Change,
    effects: &mut Effects,
) -> Result<Outcome, ControlError> {
    match change {
        Change::BreakLogin { error_code } => world.break_login(item, &PlaidError::new(&error_code)),
        Change::HealLogin => world.heal_login(item, true),
        Change::SetReadiness { readiness } => world.set_readiness(item, readiness),
        Change::OpenAccount(new) => return Ok(open_account(world, item, new)),
        other => {
            let (today, manner) = (world.today, world.manner());
            let subject = &mut world.items[item];
            let ledger = std::sync::Arc::clone(&subject.ledger);
            let mut bank = Bank { item: subject, ledger: &mut lock(&ledger), today, manner, effects };
            return bank.change(other);
        }
    }
    Ok(Outcome::default())
}

fn open_account(world: &mut World, item: usize, new: NewAccount) -> Outcome {
    let account = Account {
        kind: new.kind,
        subtype: new.subtype,
        name: new.name,
        official_name: None,
        mask: new.mask,
        currency: new.currency.unwrap_or_else(|| "USD".into()),
        current: new.current,
        available: new.available,
        limit: new.limit,
        apy: None,
        closed: false,
    };
    let index = world.open_account(item, account);
    Outcome { account_id: Some(world.items[item].ids.account(index)), ..Outcome::default() }
}

/// A connection and its bank while a change is carried out.
struct Bank<'a> {
    item: &'a Item,
    ledger: &'a mut Ledger,
    today: chrono::NaiveDate,
    manner: Manner,
    effects: &'a mut Effects,
}

impl Bank<'_> {
    fn change(&mut self, change: Change) -> Result<Outcome, ControlError> {
        match change {
            Change::AddTransaction(new) => self.add(new),
            Change::PostPending(post) => self.post(post),
            Change::ModifyTransaction(modify) => self.modify(modify),
            Change::RemoveTransaction { transaction_id, keep_balance } => {
                let (number, row) = self.transaction(&transaction_id)?;
                self.ledger.remove(number, !keep_balance);
                self.effects.removed.push(number);
                Ok(self.outcome(number, row.account))
            }
            Change::SetBalance { account, current, available, limit } => {
                self.account_change(&account, |account| {
                    current.apply(&mut account.current);
                    available.apply(&mut account.available);
                    limit.apply(&mut account.limit);
                })
            }
            Change::CloseAccount { account } => {
                self.account_change(&account, |account| account.closed = true)
            }
            Change::RenameAccount { account, name, official_name, mask } => {
                self.account_change(&account, |account| {
                    account.name = name.unwrap_or_else(|| std::mem::take(&mut account.name));
                    account.official_name = official_name.or_else(|| account.official_name.take());
                    account.mask = mask.or_else(|| account.mask.take());
                })
            }
            Change::PageBreak => {
                self.ledger.break_page();
                Ok(Outcome::default())
            }
            // The others concern the connection, not its bank, and never come here.
            _ => Ok(Outcome::default()),
        }
    }

    fn account(&self, named: &str) -> Result<u16, ControlError> {
        let open = || self.item.open_accounts(self.ledger);
        let by_id = open().find(|(index, _)| self.item.ids.account(*index) == named);
        let by_name = || open().find(|(_, account)| account.name == named);
        let by_mask = || open().find(|(_, account)| account.mask.as_deref() == Some(named));
        let found = by_id.or_else(by_name).or_else(by_mask).map(|(index, _)| index);
        found.ok_or_else(|| ControlError::UnknownAccount(named.into()))
    }

    fn account_change(
        &mut self,
        named: &str,
        change: impl FnOnce(&mut Account),
    ) -> Result<Outcome, ControlError> {
        let index = self.account(named)?;
        change(&mut self.ledger.accounts[usize::from(index)]);
        Ok(Outcome { account_id: Some(self.item.ids.account(index)), ..Outcome::default() })
    }

    fn transaction(&self, id: &str) -> Result<(u32, Row), ControlError> {
        let number = self.item.ids.find_transaction(id);
        let found = number.and_then(|number| Some((number, self.ledger.row(number)?.into_owned())));
        found.ok_or_else(|| ControlError::UnknownTransaction(id.into()))
    }

    fn outcome(&self, number: u32, account: u16) -> Outcome {
        Outcome {
            transaction_id: Some(self.item.ids.transaction_text(number)),
            removed_transaction_id: None,
            account_id: Some(self.item.ids.account(account)),
        }
    }

    fn add(&mut self, new: NewTransaction) -> Result<Outcome, ControlError> {
        let account = self.account(&new.account)?;
        let own = &self.ledger.accounts[usize::from(account)].currency;
        let pending_row = match &new.pending_transaction_id {
            None => None,
            Some(id) => {
                let known = self.item.ids.find_transaction(id).filter(|&number| number < self.ledger.rows());
                Some(known.ok_or_else(|| ControlError::UnknownTransaction(id.clone()))?)
            }
        };
        let row = Row {
            account,
            amount: new.amount,
            date: new.date.unwrap_or(self.today),
            authorized_date: new.authorized_date,
            pending: new.pending,
            pending_row,
            merchant: recognise(&new.name, new.amount.is_sign_negative()),
            reference: 0,
            name: Some(new.name.into()),
            currency: new.currency.filter(|currency| currency != own).map(Into::into),
            fields: fields(new.fields, None),
        };
        let number = self.ledger.add(row, !new.keep_balance);
        self.effects.added += 1;
        Ok(self.outcome(number, account))
    }

    fn post(&mut self, post: PostPending) -> Result<Outcome, ControlError> {
        let (pending, row) = self.transaction(&post.transaction_id)?;
        if !row.pending {
            return Err(ControlError::NotPending(post.transaction_id));
        }
        let account = row.account;
        let row = Row {
            amount: post.amount.unwrap_or(row.amount),
            date: post.date.unwrap_or(self.today),
            authorized_date: row.authorized_date.or(Some(row.date)),
            pending: false,
            pending_row: post.link.then_some(pending),
            name: post.name.map(Into::into).or(row.name),
            ..row
        };
        let posting = Posting {
            row,
            order: post.order.unwrap_or(self.manner.order),
            split: post.split_pages.unwrap_or(self.manner.split),
            move_balance: !post.keep_balance,
        };
        let number = self.ledger.post(pending, posting, self.effects);
        Ok(Outcome { removed_transaction_id: Some(post.transaction_id), ..self.outcome(number, account) })
    }

    fn modify(&mut self, modify: ModifyTransaction) -> Result<Outcome, ControlError> {
        let (number, row) = self.transaction(&modify.transaction_id)?;
        let account = row.account;
        let row = Row {
            amount: modify.amount.unwrap_or(row.amount),
            date: modify.date.unwrap_or(row.date),
            pending: modify.pending.unwrap_or(row.pending),
            fields: fields(modify.fields, row.fields),
            name: modify.name.map(Into::into).or(row.name),
            ..row
        };
        self.ledger.replace(number, row, !modify.keep_balance);
        self.effects.modified += 1;
        Ok(self.outcome(number, account))
    }
}

/// New overrides on top of the old ones.
fn fields(new: FieldOverrides, old: Option<Box<Fields>>) -> Option<Box<Fields>> {
    let mut all = old.map(|old| *old).unwrap_or_default();
    all.retain(|(key, _)| !new.contains_key(key));
    all.extend(new);
    (!all.is_empty()).then(|| Box::new(all))
}
