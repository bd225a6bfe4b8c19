//! Accounts, balances, transactions.

use chrono::{DateTime, Utc};

use crate::choices::*;
use crate::record::record;
use crate::values::Amount;

record! {
    /// An exact amount of money with its currency.
    Money from finance_core::Money as it {
        /// The amount: positive into the account, negative out of it.
        amount: Amount = Amount(it.amount()),
        /// The ISO 4217 code, or the provider's own.
        currency: String = it.currency().code().to_owned(),
    }
}

record! {
    /// The balances of an account at one instant. What is unknown is `None`, never zero.
    Balances from finance_core::Balances as it {
        /// What the account holds; negative when money is owed.
        current: Option<Amount> = it.current.map(Amount),
        /// What can be spent or withdrawn.
        available: Option<Amount> = it.available.map(Amount),
        /// The credit limit.
        limit: Option<Amount> = it.limit.map(Amount),
        /// The currency of all three.
        currency: Option<String> = it.currency.map(|currency| currency.code().to_owned()),
        /// When the bank last updated them, where it says so.
        updated_at: Option<DateTime<Utc>> = it.updated_at,
    }
}

record! {
    /// An account at an institution, or one kept by hand.
    Account from finance_core::Account as it {
        /// Its identifier.
        id: i64 = it.id.number(),
        /// The connection it came through.
        connection: i64 = it.connection.number(),
        /// The name that the institution shows.
        name: String = it.provider.name,
        /// Its balances.
        balances: Balances = it.provider.balances.into(),
        /// Whether the bank still lists it.
        status: AccountStatus = it.status.into(),
        /// When the balances were told.
        balances_at: DateTime<Utc> = it.balances_at,
    }
}

record! {
    /// What the rows of an account sum up to.
    AccountTotals from finance_core::AccountTotals as it {
        /// The account.
        account: i64 = it.account.number(),
        /// Rows that count, pending ones included.
        rows: u64 = it.rows,
        /// Pending rows among them.
        pending_rows: u64 = it.pending_rows,
        /// Their sum.
        sum: Money = it.sum.into(),
    }
}
