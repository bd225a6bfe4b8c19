//! The commands and what they return, as values and as JSON.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::amount::{self, Patch};
use crate::options::{PostingOrder, Readiness};
use crate::world::item::Item;

/// A connection to make without Link.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewConnection {
    /// Such as `ins_109508`, the default.
    pub institution_id: String,
    /// `user_good` unless given. Another name is another login, with data of its own.
    pub username: String,
    /// `pass_good` unless given; for `user_custom` the custom user's JSON.
    pub password: String,
    /// `transactions` unless given.
    pub products: Vec<String>,
    /// Where its webhooks go.
    pub webhook: Option<String>,
    /// Accounts of a login seen for the first time, if not as many as the options say.
    pub accounts: Option<usize>,
    /// Its transactions.
    pub transactions: Option<u32>,
    /// The days they are spread over.
    pub days: Option<u32>,
    /// The currencies of its accounts.
    pub currencies: Option<Vec<String>>,
}

impl Default for NewConnection {
    fn default() -> Self {
        Self {
            institution_id: "ins_109508".into(),
            username: "user_good".into(),
            password: "pass_good".into(),
            products: vec!["transactions".into()],
            webhook: None,
            accounts: None,
            transactions: None,
            days: None,
            currencies: None,
        }
    }
}

/// A connection as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Plaid's item id.
    pub item_id: String,
    /// `None` until the public token is exchanged.
    pub access_token: Option<String>,
    /// Where.
    pub institution_id: String,
    /// Who.
    pub username: String,
    /// The code of the error it is in.
    pub error_code: Option<String>,
    /// How far its transactions are ready.
    pub readiness: Readiness,
    /// How many updates have been asked for; pages do not count.
    pub updates: u32,
    /// Where its webhooks go.
    pub webhook: Option<String>,
    /// Whether `/item/remove` was called.
    pub removed: bool,
}

impl Connection {
    pub(super) fn of(item: &Item) -> Self {
        Self {
            item_id: item.item_id.clone(),
            access_token: item.access_token.clone(),
            institution_id: item.institution.id.clone(),
            username: item.username.clone(),
            error_code: item.error.as_ref().map(|error| error.error_code.clone()),
            readiness: item.readiness,
            updates: item.updates,
            webhook: item.webhook.clone(),
            removed: item.removed,
        }
    }
}

/// One thing that happens at the bank or at Plaid. In JSON an object with one key, the name in lower case with
/// underscores; the two without content are plain texts.
///
/// Accounts are named by id, name or mask, transactions by id. Amounts are in Plaid's sign (positive = money out),
/// as numbers or texts. The account's balances follow its transactions unless `keep_balance` is set. What happens
/// to the transactions, accounts and balances of a login happens to every connection of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// A transaction appears.
    AddTransaction(NewTransaction),
    /// A pending transaction posts under a new id.
    PostPending(PostPending),
    /// A transaction keeps its id and changes.
    ModifyTransaction(ModifyTransaction),
    /// A transaction vanishes.
    RemoveTransaction {
        /// Which.
        transaction_id: String,
        /// Leave the balances alone.
        #[serde(default)]
        keep_balance: bool,
    },
    /// Balances change by themselves.
    SetBalance {
        /// Which.
        account: String,
        /// The new current balance.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        current: Patch,
        /// The new available balance.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        available: Patch,
        /// The new limit.
        #[serde(default, skip_serializing_if = "Patch::is_keep")]
        limit: Patch,
    },
    /// An account is opened; it shows at once, as if the user had shared it.
    OpenAccount(NewAccount),
    /// An account is closed: it and its transactions are no longer told, nor taken back.
    CloseAccount {
        /// Which.
        account: String,
    },
    /// An account gets another name or mask; what is absent stays.
    RenameAccount {
        /// Which.
        account: String,
        /// The new name.
        #[serde(default)]
        name: Option<String>,
        /// The new official name.
        #[serde(default)]
        official_name: Option<String>,
        /// The new mask.
        #[serde(default)]
        mask: Option<String>,
    },
    /// Data calls of this connection fail with this error until it heals.
    BreakLogin {
        /// `ITEM_LOGIN_REQUIRED` unless given.
        #[serde(default = "login_required")]
        error_code: String,
    },
    /// The connection works again, healed elsewhere than in the application's own update mode.
    HealLogin,
    /// Plaid has come so far with this connection's transactions.
    SetReadiness {
        /// How far.
        readiness: Readiness,
    },
    /// The page of a sync that tells the change before this one ends there.
    PageBreak,
}

fn login_required() -> String {
    "ITEM_LOGIN_REQUIRED".into()
}

fn yes() -> bool {
    true
}

/// Keys of a transaction's JSON to write exactly so, such as `{"merchant_name": "X"}`.
pub type FieldOverrides = BTreeMap<String, Box<RawValue>>;

/// A transaction that appears.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTransaction {
    /// The account's id, name or mask.
    pub account: String,
    /// Plaid's sign: positive = money out.
    #[serde(with = "amount")]
    pub amount: Decimal,
    /// The text on the statement.
    pub name: String,
    /// Today unless given.
    #[serde(default)]
    pub date: Option<NaiveDate>,
    /// Null unless given.
    #[serde(default)]
    pub authorized_date: Option<NaiveDate>,
    /// Whether it is pending.
    #[serde(default)]
    pub pending: bool,
    /// The id of the pending transaction it says it comes from, live or not.
    #[serde(default)]
    pub pending_transaction_id: Option<String>,
    /// The account's currency unless given.
    #[serde(default)]
    pub currency: Option<String>,
    /// Any other key.
    #[serde(default)]
    pub fields: FieldOverrides,
    /// Leave the balances alone.
    #[serde(default)]
    pub keep_balance: bool,
}

/// A pending transaction posts: it is removed and a posted one is added under a new id.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostPending {
    /// The pending one.
    pub transaction_id: String,
    /// Whether the posted one names it in `pending_transaction_id`; true unless given.
    #[serde(default = "yes")]
    pub link: bool,
    /// The posted amount, if another.
    #[serde(default, with = "amount::option")]
    pub amount: Option<Decimal>,
    /// The posting day; today unless given.
    #[serde(default)]
    pub date: Option<NaiveDate>,
    /// The posted text, if another.
    #[serde(default)]
    pub name: Option<String>,
    /// Which of the two is told first; as the options say unless given.
    #[serde(default)]
    pub order: Option<PostingOrder>,
    /// Whether they are told on different pages; as the options say unless given.
    #[serde(default)]
    pub split_pages: Option<bool>,
    /// Leave the balances alone.
    #[serde(default)]
    pub keep_balance: bool,
}

impl PostPending {
    /// The plain case: linked, with the same amount and text.
    pub fn of(transaction_id: &str) -> Self {
        Self {
            transaction_id: transaction_id.into(),
            link: true,
            amount: None,
            date: None,
            name: None,
            order: None,
            split_pages: None,
            keep_balance: false,
        }
    }
}

/// A transaction keeps its id and changes; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModifyTransaction {
    /// Which.
    pub transaction_id: String,
    /// The new amount.
    #[serde(default, with = "amount::option")]
    pub amount: Option<Decimal>,
    /// The new date.
    #[serde(default)]
    pub date: Option<NaiveDate>,
    /// The new text.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it is pending now.
    #[serde(default)]
    pub pending: Option<bool>,
    /// Any other key.
    #[serde(default)]
    pub fields: FieldOverrides,
    /// Leave the balances alone.
    #[serde(default)]
    pub keep_balance: bool,
}

/// An account that is opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Such as `depository`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Such as `checking`.
    #[serde(default)]
    pub subtype: Option<String>,
    /// Its name.
    pub name: String,
    /// Its mask.
    #[serde(default)]
    pub mask: Option<String>,
    /// USD unless given.
    #[serde(default)]
    pub currency: Option<String>,
    /// Null unless given.
    #[serde(default, with = "amount::option")]
    pub current: Option<Decimal>,
    /// Null unless given.
    #[serde(default, with = "amount::option")]
    pub available: Option<Decimal>,
    /// Null unless given.
    #[serde(default, with = "amount::option")]
    pub limit: Option<Decimal>,
}

/// What a change made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The transaction added, posted, modified or removed.
    pub transaction_id: Option<String>,
    /// The pending transaction that a posting removed.
    pub removed_transaction_id: Option<String>,
    /// The account concerned.
    pub account_id: Option<String>,
}

/// Days that pass.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// How many.
    pub days: u32,
    /// What happens follows from it.
    #[serde(default)]
    pub seed: u64,
    /// Only this connection's login lives; the day changes for all.
    #[serde(default)]
    pub item: Option<String>,
}

/// A webhook to send.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FireWebhook {
    /// Such as `ITEM`.
    pub webhook_type: String,
    /// Such as `PENDING_EXPIRATION`.
    pub webhook_code: String,
    /// Further keys, beside those that every webhook of the code has.
    #[serde(default)]
    pub extra: Map<String, Value>,
}
