use chrono::NaiveDate;
use finance_core::Cursor;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{AccountRecord, Text, TransactionRecord, null_as_empty};

/// The version of Plaid's categories that is asked for.
const CATEGORY_VERSION: &str = "v2";

/// Which page of `/transactions/sync` to fetch.
#[derive(Debug, Clone, Default)]
pub struct SyncRequest {
    /// The place to go on from; `None` is the beginning.
    pub cursor: Option<Cursor>,
    /// Rows a page at the most, 1 to 500; values outside are moved to the nearest bound.
    pub count: u16,
    /// Whether to ask for the bank's untouched text as well.
    pub include_original_description: bool,
}

#[derive(Serialize)]
pub(crate) struct SyncBody<'a> {
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
    count: u16,
    options: TransactionsOptions,
}

#[derive(Serialize)]
struct TransactionsOptions {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    include_original_description: bool,
    personal_finance_category_version: &'static str,
}

impl TransactionsOptions {
    const fn new(include_original_description: bool) -> Self {
        Self { include_original_description, personal_finance_category_version: CATEGORY_VERSION }
    }
}

impl<'a> SyncBody<'a> {
    pub(crate) fn new(access_token: &'a str, request: &'a SyncRequest) -> Self {
        Self {
            access_token,
            cursor: request.cursor.as_ref().map(Cursor::as_str),
            count: request.count.clamp(1, 500),
            options: TransactionsOptions::new(request.include_original_description),
        }
    }
}

/// Which transactions `/transactions/get` is to return.
#[derive(Debug, Clone)]
pub struct TransactionsGet {
    /// The first day.
    pub start_date: NaiveDate,
    /// The last day.
    pub end_date: NaiveDate,
    /// The accounts by Plaid's identifiers; none means all.
    pub account_ids: Vec<String>,
    /// Rows a page at the most, 1 to 500; values outside are moved to the nearest bound.
    pub count: u16,
    /// Rows to skip, from the newest.
    pub offset: u32,
    /// Whether to ask for the bank's untouched text as well.
    pub include_original_description: bool,
}

#[derive(Serialize)]
pub(crate) struct TransactionsGetBody<'a> {
    access_token: &'a str,
    start_date: NaiveDate,
    end_date: NaiveDate,
    options: GetOptions<'a>,
}

#[derive(Serialize)]
struct GetOptions<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    account_ids: &'a [String],
    count: u16,
    offset: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    include_original_description: bool,
    personal_finance_category_version: &'static str,
}

impl<'a> TransactionsGetBody<'a> {
    pub(crate) fn new(access_token: &'a str, request: &'a TransactionsGet) -> Self {
        Self {
            access_token,
            start_date: request.start_date,
            end_date: request.end_date,
            options: GetOptions {
                account_ids: &request.account_ids,
                count: request.count.clamp(1, 500),
                offset: request.offset,
                include_original_description: request.include_original_description,
                personal_finance_category_version: CATEGORY_VERSION,
            },
        }
    }
}

/// One page of `/transactions/sync`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct SyncPage {
    /// New rows, in ascending order of change. May name rows that are known.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub added: Vec<TransactionRecord>,
    /// Changed rows, in ascending order of change. May name rows that are not known.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub modified: Vec<TransactionRecord>,
    /// Rows that are gone, in ascending order of change. May name rows that are not known.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub removed: Vec<Removed>,
    /// The accounts of this page's rows; not the list of all accounts.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub accounts: Vec<AccountRecord>,
    /// Where to go on; empty or missing while Plaid has nothing yet.
    pub next_cursor: Option<String>,
    /// Whether the update goes on.
    pub has_more: bool,
    /// How much of the history is ready, an open list.
    pub transactions_update_status: Option<String>,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
    /// How often the call was repeated after a passing fault.
    #[serde(skip)]
    pub retries: u32,
}

/// A row that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Removed {
    /// The row's identifier.
    pub transaction_id: String,
    /// Its account's identifier.
    pub account_id: Option<String>,
}

/// One page of `/transactions/get`, newest first.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct GetPage {
    /// The accounts asked for.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub accounts: Vec<AccountRecord>,
    /// The rows of this page.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub transactions: Vec<TransactionRecord>,
    /// The rows of all pages.
    pub total_transactions: u64,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// One transaction as Plaid writes it. [`TransactionRecord::read`] gives it.
///
/// It names what the library's model keeps; [`TransactionRecord::json`] has everything.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct Transaction<'a> {
    /// The identifier. A pending row and the posted row that replaces it have different ones.
    #[serde(borrow)]
    pub transaction_id: Text<'a>,
    /// The account's identifier.
    #[serde(borrow)]
    pub account_id: Text<'a>,
    /// The number as it is written, in **Plaid's** sign: positive is money out of the account.
    #[serde(borrow)]
    pub amount: &'a RawValue,
    /// The ISO 4217 code.
    #[serde(borrow)]
    pub iso_currency_code: Option<Text<'a>>,
    /// Plaid's code where there is no ISO code.
    #[serde(borrow)]
    pub unofficial_currency_code: Option<Text<'a>>,
    /// The calendar day: of posting, or of occurrence while pending.
    #[serde(borrow)]
    pub date: Text<'a>,
    /// The calendar day on which the user acted.
    #[serde(borrow)]
    pub authorized_date: Option<Text<'a>>,
    /// The instant of posting.
    #[serde(borrow)]
    pub datetime: Option<Text<'a>>,
    /// The instant at which the user acted.
    #[serde(borrow)]
    pub authorized_datetime: Option<Text<'a>>,
    /// Whether it may still be replaced or dropped.
    pub pending: bool,
    /// The pending row that this posted row replaces.
    #[serde(borrow)]
    pub pending_transaction_id: Option<Text<'a>>,
    /// The bank's text, cleaned.
    #[serde(borrow)]
    pub name: Text<'a>,
    /// The bank's text, untouched.
    #[serde(borrow)]
    pub original_description: Option<Text<'a>>,
    /// The merchant's name.
    #[serde(borrow)]
    pub merchant_name: Option<Text<'a>>,
    /// The merchant's identifier.
    #[serde(borrow)]
    pub merchant_entity_id: Option<Text<'a>>,
    /// The four-digit merchant category code of card payments.
    #[serde(borrow)]
    pub merchant_category_code: Option<Text<'a>>,
    /// The category.
    #[serde(borrow)]
    pub personal_finance_category: Option<PersonalFinanceCategory<'a>>,
    /// `online`, `in store`, `other`; an open list.
    #[serde(borrow)]
    pub payment_channel: Option<Text<'a>>,
    /// The bank's kind of movement, an open list.
    #[serde(borrow)]
    pub transaction_code: Option<Text<'a>>,
    /// The number of a cheque.
    #[serde(borrow)]
    pub check_number: Option<Text<'a>>,
}

/// The category of a transaction.
#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
#[non_exhaustive]
pub struct PersonalFinanceCategory<'a> {
    /// The coarse category.
    #[serde(borrow)]
    pub primary: Text<'a>,
    /// The fine category. Its beginning need not agree with `primary`.
    #[serde(borrow)]
    pub detailed: Text<'a>,
    /// How sure Plaid is.
    #[serde(borrow)]
    pub confidence_level: Option<Text<'a>>,
    /// The version of the taxonomy.
    #[serde(borrow)]
    pub version: Option<Text<'a>>,
}
