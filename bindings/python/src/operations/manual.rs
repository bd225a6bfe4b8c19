//! Accounts and transactions that users keep by hand, and what statements say.

use finance_core::{
    AccountId, HolderCategory, ManualAccountUpdate, NewManualAccount, NewStatement, NewTransaction,
    SignConvention, StatedBalance,
};
use pyo3::prelude::*;

use super::arguments::{Change, currency as to_currency};
use super::operations;
use crate::choices;
use crate::records::{Account, Statement, Transaction};
use crate::values::{Amount, Day, Nothing, User};

fn holder(word: String) -> HolderCategory {
    match word.as_str() {
        "personal" => HolderCategory::Personal,
        "business" => HolderCategory::Business,
        _ => HolderCategory::Other(word),
    }
}

fn stated((amount, day): (Amount, Day)) -> StatedBalance {
    StatedBalance { amount: amount.0, day: day.0 }
}

operations! {
    /// Opens an account that the user keeps by hand. `opening` is a balance, negative when money is owed, and the day at whose end it held.
    #[pyo3(signature = (user, name, kind, currency, *, mask = None, holder_category = None, opening = None))]
    fn create_manual_account(
        engine,
        user: User,
        name: String,
        kind: choices::AccountKind,
        currency: String,
        mask: Option<String>,
        holder_category: Option<String>,
        opening: Option<(Amount, Day)>,
    ) -> Account {
        let new = NewManualAccount {
            mask,
            holder: holder_category.map(holder),
            opening: opening.map(stated),
            ..NewManualAccount::new(name, kind.value()?, to_currency(&currency)?)
        };
        Ok(engine.create_manual_account(&user.0, &new).await?.into())
    }

    /// Changes an account that is kept by hand; `...` leaves a field as it is, and `None` empties it.
    #[pyo3(signature = (user, account, *, name = None, kind = None, mask = Change::Keep, balance = Change::Keep, limit = Change::Keep, reopen = false))]
    fn update_manual_account(
        engine,
        user: User,
        account: i64,
        name: Option<String>,
        kind: Option<choices::AccountKind>,
        mask: Change<String>,
        balance: Change<(Amount, Day)>,
        limit: Change<Amount>,
        reopen: bool,
    ) -> Account {
        let update = ManualAccountUpdate {
            name,
            kind: kind.map(|kind| kind.value()).transpose()?,
            mask: mask.change(),
            balance: balance.map(stated),
            limit: limit.map(|amount| amount.0),
            reopen,
        };
        Ok(engine.update_manual_account(&user.0, AccountId::new(account), &update).await?.into())
    }

    /// Closes an account that is kept by hand; its rows stay.
    #[pyo3(signature = (user, account))]
    fn close_manual_account(engine, user: User, account: i64) -> Account {
        Ok(engine.close_manual_account(&user.0, AccountId::new(account)).await?.into())
    }

    /// Types in a transaction: positive into the account, negative out of it. When the bank reports it later with a
    /// text that is alike, it stays one row; where yours says something else, both stand until `merge_transactions` makes them one.
    #[pyo3(signature = (user, account, date, amount, description, *, currency = None, payee = None, category = None, note = None, check_number = None))]
    fn add_transaction(
        engine,
        user: User,
        account: i64,
        date: Day,
        amount: Amount,
        description: String,
        currency: Option<String>,
        payee: Option<String>,
        category: Option<String>,
        note: Option<String>,
        check_number: Option<String>,
    ) -> Transaction {
        let currency = currency.map(|code| to_currency(&code)).transpose()?;
        let mut new = NewTransaction::new(date.0, amount.0, description);
        (new.currency, new.payee, new.category, new.note, new.check_number) =
            (currency, payee, category, note, check_number);
        Ok(engine.add_transaction(&user.0, AccountId::new(account), &new).await?.into())
    }

    /// Writes down what a statement says an account held at the end of a day: negative when money is owed, or, with
    /// `debts_are_positive`, as banks print what is owed.
    #[pyo3(signature = (user, account, date, balance, *, debts_are_positive = false))]
    fn add_statement(
        engine,
        user: User,
        account: i64,
        date: Day,
        balance: Amount,
        debts_are_positive: bool,
    ) -> Statement {
        let convention =
            if debts_are_positive { SignConvention::PositiveOut } else { SignConvention::PositiveIn };
        let new = NewStatement { date: date.0, balance: balance.0, convention };
        Ok(engine.add_statement(&user.0, AccountId::new(account), &new).await?.into())
    }

    /// Takes a statement back.
    #[pyo3(signature = (user, account, date))]
    fn remove_statement(engine, user: User, account: i64, date: Day) -> Nothing {
        engine.remove_statement(&user.0, AccountId::new(account), date.0).await?;
        Ok(Nothing)
    }
}
