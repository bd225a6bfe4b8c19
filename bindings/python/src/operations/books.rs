//! Reading the books.

use pyo3::prelude::*;

use super::operations;
use crate::records::{Account, AccountTotals};
use crate::values::{Many, User};

operations! {
    /// Every account of the user, in the order they came; those that the bank no longer lists included.
    #[pyo3(signature = (user))]
    fn accounts(engine, user: User) -> Many<Account> {
        Ok(Many::of(engine.accounts(&user.0).await?))
    }

    /// What the rows of each account sum up to, pending ones apart.
    #[pyo3(signature = (user))]
    fn account_totals(engine, user: User) -> Many<AccountTotals> {
        Ok(Many::of(engine.account_totals(&user.0).await?))
    }
}
