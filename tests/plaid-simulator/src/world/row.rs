//! One transaction as the bank knows it, ids apart.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// The content of a transaction. A generated row owns no heap memory.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) account: u16,
    /// Plaid's sign: positive = money leaves the account.
    pub(crate) amount: Decimal,
    pub(crate) date: NaiveDate,
    pub(crate) authorized_date: Option<NaiveDate>,
    pub(crate) pending: bool,
    /// The pending row that this one replaced, if the bank says so.
    pub(crate) pending_row: Option<u32>,
    /// Index into the table of merchants; decides category, counterparties and the like.
    pub(crate) merchant: u16,
    /// A number behind the merchant's statement text, such as a store's; 0 for none.
    pub(crate) reference: u32,
    /// The text on the statement, where it is not the merchant's own.
    pub(crate) name: Option<Box<str>>,
    /// The currency, where it is not the account's.
    pub(crate) currency: Option<Box<str>>,
    /// Keys of the transaction's JSON that are written as given.
    pub(crate) fields: Option<Box<Fields>>,
}

/// Keys and the JSON text of their values.
pub(crate) type Fields = Vec<(String, Box<RawValue>)>;
