//! Reading the books.

use finance_core::{AccountId, TransactionId, TransactionQuery};
use pyo3::prelude::*;

use super::arguments::{chosen, selected, whole, window};
use super::operations;
use crate::choices;
use crate::records::{Account, AccountTotals, BalanceEntry, Connection, Statement, Transaction};
use crate::values::{Day, Many, User};

operations! {
    /// Every connection of the user, oldest first; those that were removed with their records kept, and the one of accounts kept by
    /// hand, included.
    #[pyo3(signature = (user))]
    fn connections(engine, user: User) -> Many<Connection> {
        Ok(Many::of(engine.connections(&user.0).await?))
    }

    /// Every account of the user, in the order they came; those that the bank no longer lists included.
    #[pyo3(signature = (user))]
    fn accounts(engine, user: User) -> Many<Account> {
        Ok(Many::of(engine.accounts(&user.0).await?))
    }

    /// What the rows of each account sum up to.
    #[pyo3(signature = (user))]
    fn account_totals(engine, user: User) -> Many<AccountTotals> {
        Ok(Many::of(engine.account_totals(&user.0).await?))
    }

    /// A page of transactions, newest first: of chosen accounts or all, between two days, both included.
    ///
    /// The next page begins `after` the last row of this one: give its `(date, id)`. `rows` says which ones: those that count and are not
    /// hidden (`live`, unless you choose), hidden ones too (`with_hidden`), all (`any`), those that the user deleted (`deleted_by_user`), those
    /// of them that would count again (`restorable`), or those that count and that the bank has not reported (`awaiting_the_bank`).
    #[pyo3(signature = (user, *, accounts = None, since = None, until = None, limit = 100, after = None, rows = None))]
    fn transactions(
        engine,
        user: User,
        accounts: Option<Many<i64>>,
        since: Option<Day>,
        until: Option<Day>,
        limit: i64,
        after: Option<(Day, i64)>,
        rows: Option<choices::RowSelection>,
    ) -> Many<Transaction> {
        let query = TransactionQuery {
            accounts: chosen(accounts.as_ref())?,
            window: window(since, until)?,
            limit: whole("limit", limit)?,
            after: after.map(|(day, id)| (day.0, TransactionId::new(id))),
            rows: selected(rows)?,
        };
        Ok(Many::of(engine.transactions(&user.0, &query).await?))
    }

    /// How many transactions lie on each day, newest first, as `(day, count)`; a day without one is left out. Accounts, days and `rows` are
    /// chosen as in `transactions`.
    #[pyo3(signature = (user, *, accounts = None, since = None, until = None, rows = None))]
    fn transaction_days(
        engine,
        user: User,
        accounts: Option<Many<i64>>,
        since: Option<Day>,
        until: Option<Day>,
        rows: Option<choices::RowSelection>,
    ) -> Many<(Day, u64)> {
        let query = TransactionQuery {
            accounts: chosen(accounts.as_ref())?,
            window: window(since, until)?,
            rows: selected(rows)?,
            ..TransactionQuery::default()
        };
        let days = engine.transaction_days(&user.0, &query).await?;
        Ok(Many(days.into_iter().map(|(day, count)| (Day(day), count)).collect()))
    }

    /// One transaction, whatever its state.
    #[pyo3(signature = (user, transaction))]
    fn transaction(engine, user: User, transaction: i64) -> Transaction {
        Ok(engine.transaction(&user.0, TransactionId::new(transaction)).await?.into())
    }

    /// The provider's own JSON of a transaction, as it was sent; `None` when it was not kept.
    #[pyo3(signature = (user, transaction))]
    fn transaction_json(engine, user: User, transaction: i64) -> Option<String> {
        Ok(engine.transaction_json(&user.0, TransactionId::new(transaction)).await?)
    }

    /// The balances an account had, newest first, between two days, both included.
    #[pyo3(signature = (user, account, *, since = None, until = None, limit = 100))]
    fn balance_history(
        engine,
        user: User,
        account: i64,
        since: Option<Day>,
        until: Option<Day>,
        limit: i64,
    ) -> Many<BalanceEntry> {
        let (window, limit) = (window(since, until)?, whole("limit", limit)?);
        Ok(Many::of(engine.balance_history(&user.0, AccountId::new(account), window, limit).await?))
    }

    /// The statements that were written down for an account, oldest first.
    #[pyo3(signature = (user, account))]
    fn statements(engine, user: User, account: i64) -> Many<Statement> {
        Ok(Many::of(engine.statements(&user.0, AccountId::new(account)).await?))
    }
}
