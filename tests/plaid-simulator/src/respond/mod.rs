//! JSON of accounts and transactions, written straight into a buffer.

mod account;
mod transaction;

pub(crate) use account::write_accounts;
pub(crate) use transaction::TransactionWriter;
