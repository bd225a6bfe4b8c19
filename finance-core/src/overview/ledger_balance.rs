//! What an account that is kept by hand holds by its own rows.

use rust_decimal::Decimal;

use crate::model::{Account, ExactSum, Money, StatedBalance, Statement};

/// The latest balance that the user stated of an account kept by hand: that of its statements, oldest first, or the
/// account's own where it is of a later day.
pub(crate) fn last_stated(account: &Account, statements: &[Statement]) -> Option<StatedBalance> {
    let balances = &account.provider.balances;
    let own = balances.current.zip(balances.updated_at);
    let own = own.map(|(amount, at)| StatedBalance { amount, day: at.date_naive() });
    let stated = statements.last().map(|last| StatedBalance { amount: last.balance, day: last.date });
    match (own, stated) {
        (Some(own), Some(stated)) if own.day > stated.day => Some(own),
        (own, stated) => stated.or(own),
    }
}

/// A known balance and what was booked since, by currency; `None` where the account's currency is not known, or the sum has
/// more digits than an amount can have. What is in another currency does not count.
pub(crate) fn ledger_balance(account: &Account, known: Decimal, since: &[Money]) -> Option<Money> {
    let currency = account.provider.balances.currency.as_ref()?;
    let mut sum = ExactSum::default();
    sum.add(known);
    since.iter().filter(|booked| booked.currency() == currency).for_each(|booked| sum.add(booked.amount()));
    Some(Money::new(sum.total()?, currency.clone()))
}
