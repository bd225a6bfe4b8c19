//! What users change of their transactions.

use finance_core::{AccountId, TransactionEdit, TransactionId};
use pyo3::prelude::*;

use super::arguments::Change;
use super::operations;
use crate::records::{DuplicatePair, Transaction, TransactionPart};
use crate::values::{Amount, Day, Many, User};

/// An edit out of the arguments that name its fields.
macro_rules! edit {
    ($name:ident, $category:ident, $note:ident, $hidden:ident, $deleted:ident, $amount:ident, $date:ident, $counts:ident, $parts:ident) => {
        TransactionEdit {
            name: $name.change(),
            category: $category.change(),
            note: $note.change(),
            hidden: $hidden,
            deleted: $deleted,
            amount: $amount.map(|amount| amount.0),
            date: $date.map(|day| day.0),
            counts_while_pending: $counts.change(),
            parts: $parts.map(|parts| parts.0.into_iter().map(Into::into).collect()),
        }
    };
}

operations! {
    /// Changes a transaction for the user. What they change wins over later updates of the bank.
    ///
    /// `...` leaves a field as it is, and `None` gives it back to the bank. `parts` splits it; they must sum up to its amount, and an empty
    /// sequence joins it again.
    #[pyo3(signature = (user, transaction, *, name = Change::Keep, category = Change::Keep, note = Change::Keep, hidden = None, deleted = None, amount = Change::Keep, date = Change::Keep, counts_while_pending = Change::Keep, parts = None))]
    fn edit_transaction(
        engine,
        user: User,
        transaction: i64,
        name: Change<String>,
        category: Change<String>,
        note: Change<String>,
        hidden: Option<bool>,
        deleted: Option<bool>,
        amount: Change<Amount>,
        date: Change<Day>,
        counts_while_pending: Change<bool>,
        parts: Option<Many<TransactionPart>>,
    ) -> Transaction {
        let edit = edit!(name, category, note, hidden, deleted, amount, date, counts_while_pending, parts);
        Ok(engine.edit_transaction(&user.0, TransactionId::new(transaction), &edit).await?.into())
    }

    /// Changes several transactions in the same way: all of them, or none.
    #[pyo3(signature = (user, transactions, *, name = Change::Keep, category = Change::Keep, note = Change::Keep, hidden = None, deleted = None, amount = Change::Keep, date = Change::Keep, counts_while_pending = Change::Keep, parts = None))]
    fn edit_transactions(
        engine,
        user: User,
        transactions: Many<i64>,
        name: Change<String>,
        category: Change<String>,
        note: Change<String>,
        hidden: Option<bool>,
        deleted: Option<bool>,
        amount: Change<Amount>,
        date: Change<Day>,
        counts_while_pending: Change<bool>,
        parts: Option<Many<TransactionPart>>,
    ) -> Many<Transaction> {
        let ids: Vec<TransactionId> = transactions.0.into_iter().map(TransactionId::new).collect();
        let edit = edit!(name, category, note, hidden, deleted, amount, date, counts_while_pending, parts);
        Ok(Many::of(engine.edit_transactions(&user.0, &ids, &edit).await?))
    }

    /// Pairs of rows of an account that may be one transaction, the most alike first.
    #[pyo3(signature = (user, account))]
    fn review_duplicates(engine, user: User, account: i64) -> Many<DuplicatePair> {
        Ok(Many::of(engine.review_duplicates(&user.0, AccountId::new(account)).await?))
    }

    /// Makes one transaction of two: `keep` stays, with the edits of both; `drop` goes and does not come back.
    #[pyo3(signature = (user, keep, drop))]
    fn merge_transactions(engine, user: User, keep: i64, drop: i64) -> Transaction {
        let (keep, drop) = (TransactionId::new(keep), TransactionId::new(drop));
        Ok(engine.merge_transactions(&user.0, keep, drop).await?.into())
    }
}
