use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{AccountRecord, Item, Text, null_as_empty};

#[derive(Serialize)]
pub(crate) struct AccountsRequest<'a> {
    pub(crate) access_token: &'a str,
    #[serde(skip_serializing_if = "AccountsOptions::is_empty")]
    pub(crate) options: AccountsOptions<'a>,
}

#[derive(Default, Serialize)]
pub(crate) struct AccountsOptions<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) account_ids: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_last_updated_datetime: Option<String>,
}

impl AccountsOptions<'_> {
    fn is_empty(&self) -> bool {
        self.account_ids.is_empty() && self.min_last_updated_datetime.is_none()
    }
}

/// The answer of `/accounts/get` and `/accounts/balance/get`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct AccountsAnswer {
    /// The open accounts, in Plaid's order.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub accounts: Vec<AccountRecord>,
    /// The Item they belong to.
    pub item: Option<Item>,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// One account as Plaid writes it. [`AccountRecord::read`] gives it.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct Account<'a> {
    /// The identifier; it changes on a re-link.
    #[serde(borrow)]
    pub account_id: Text<'a>,
    /// What the bank says it holds, in Plaid's sign.
    #[serde(borrow)]
    pub balances: AccountBalances<'a>,
    /// The last two to four characters of an account number.
    #[serde(borrow)]
    pub mask: Option<Text<'a>>,
    /// The name the user or the bank gave.
    #[serde(borrow)]
    pub name: Option<Text<'a>>,
    /// The bank's official name of the product.
    #[serde(borrow)]
    pub official_name: Option<Text<'a>>,
    /// The type, an open list.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// The subtype, an open list.
    #[serde(borrow)]
    pub subtype: Option<Text<'a>>,
    /// An identifier that survives a re-link, at the few institutions that allow it.
    #[serde(borrow)]
    pub persistent_account_id: Option<Text<'a>>,
    /// `business`, `personal`, `unrecognized`.
    #[serde(borrow)]
    pub holder_category: Option<Text<'a>>,
}

/// What the bank says an account holds. The numbers are kept as they are written.
#[derive(Debug, Deserialize)]
#[non_exhaustive]
pub struct AccountBalances<'a> {
    /// What can be spent now.
    #[serde(borrow)]
    pub available: Option<&'a RawValue>,
    /// What it holds; for credit and loans positive is owed.
    #[serde(borrow)]
    pub current: Option<&'a RawValue>,
    /// The credit limit or the agreed overdraft.
    #[serde(borrow)]
    pub limit: Option<&'a RawValue>,
    /// The ISO 4217 code.
    #[serde(borrow)]
    pub iso_currency_code: Option<Text<'a>>,
    /// Plaid's code where there is no ISO code.
    #[serde(borrow)]
    pub unofficial_currency_code: Option<Text<'a>>,
    /// When the bank last updated the balance; Capital One only.
    #[serde(borrow)]
    pub last_updated_datetime: Option<Text<'a>>,
}
