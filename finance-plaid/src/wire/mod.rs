//! The shapes of Plaid's requests and answers, one file per topic.
//!
//! Requests hold only what is to be sent: an option that is `None` or empty is left out, because Plaid refuses
//! both `null` options and keys it does not know. Answers are read leniently: unknown keys are ignored, values
//! of open lists stay text, and an array that is missing or `null` is empty. The raw text of each account and
//! transaction is kept, so that one odd record is reported by its id instead of failing unnamed.

mod accounts;
mod error;
mod institutions;
mod item;
mod link;
mod record;
mod sandbox;
mod transactions;
mod webhook;
mod webhook_keys;

pub use accounts::{Account, AccountBalances, AccountsAnswer};
pub use error::ErrorBody;
pub use institutions::{Institution, InstitutionAnswer};
pub use item::{
    ExchangeAnswer, InvalidateAnswer, Item, ItemAnswer, ItemStatus, LastWebhook, PlainAnswer, UpdateTimes,
    WebhookUpdateAnswer,
};
pub use link::{
    HostedLinkOptions, LinkTokenAnswer, LinkTokenCreate, LinkTransactionsOptions, LinkUpdateOptions, LinkUser,
};
pub use record::{AccountRecord, Text, TransactionRecord};
pub use sandbox::{
    FireWebhookAnswer, PublicTokenAnswer, ResetLoginAnswer, SandboxHistory, SandboxPublicToken,
    SandboxTransaction,
};
pub use transactions::{
    GetPage, PersonalFinanceCategory, Removed, SyncPage, SyncRequest, Transaction, TransactionsGet,
};
pub use webhook_keys::{WebhookKey, WebhookKeyAnswer};

pub(crate) use accounts::{AccountsOptions, AccountsRequest};
pub(crate) use institutions::{InstitutionOptions, InstitutionRequest};
pub(crate) use item::{ExchangeRequest, TokenRequest, WebhookUpdateRequest};
pub(crate) use record::explain;
pub(crate) use sandbox::{FireWebhookRequest, SandboxPublicTokenRequest, SandboxTransactionsRequest};
pub(crate) use transactions::{SyncBody, TransactionsGetBody};
pub(crate) use webhook::WebhookBody;
pub(crate) use webhook_keys::WebhookKeyRequest;

use serde::{Deserialize, Deserializer};

/// An answer that carries Plaid's number of the request.
pub(crate) trait Answer {
    /// The number by which Plaid's support finds the request.
    fn request_id(&self) -> Option<&str>;
}

macro_rules! answers {
    ($($name:ident)*) => {$(
        impl Answer for $name {
            fn request_id(&self) -> Option<&str> {
                self.request_id.as_deref()
            }
        }
    )*};
}

answers! {
    AccountsAnswer ExchangeAnswer FireWebhookAnswer GetPage InstitutionAnswer InvalidateAnswer ItemAnswer
    LinkTokenAnswer PlainAnswer PublicTokenAnswer ResetLoginAnswer SyncPage WebhookKeyAnswer WebhookUpdateAnswer
}

/// Reads `null` like a missing key: as the empty value.
pub(crate) fn null_as_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
