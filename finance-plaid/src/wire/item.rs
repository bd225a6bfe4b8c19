use chrono::{DateTime, Utc};
use finance_core::AccessToken;
use serde::{Deserialize, Deserializer, Serialize};

use super::{ErrorBody, null_as_empty};

/// A request that only names the Item.
#[derive(Serialize)]
pub(crate) struct TokenRequest<'a> {
    pub(crate) access_token: &'a str,
}

#[derive(Serialize)]
pub(crate) struct ExchangeRequest<'a> {
    pub(crate) public_token: &'a str,
}

/// `webhook: null` is documented: it clears the address.
#[derive(Serialize)]
pub(crate) struct WebhookUpdateRequest<'a> {
    pub(crate) access_token: &'a str,
    pub(crate) webhook: Option<&'a str>,
}

/// An answer that says nothing but that the call went well.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct PlainAnswer {
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// The answer of `/item/public_token/exchange`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct ExchangeAnswer {
    /// The key to the Item. It does not end by itself.
    #[serde(deserialize_with = "access_token")]
    pub access_token: AccessToken,
    /// The Item's identifier.
    pub item_id: String,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// The answer of `/item/access_token/invalidate`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct InvalidateAnswer {
    /// The key that holds from now on; the old one is dead.
    #[serde(deserialize_with = "access_token")]
    pub new_access_token: AccessToken,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// The answer of `/item/get`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct ItemAnswer {
    /// The Item.
    pub item: Item,
    /// How its updates went.
    pub status: Option<ItemStatus>,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// The answer of `/item/webhook/update`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct WebhookUpdateAnswer {
    /// The Item with its new webhook address.
    pub item: Item,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// One sign-in of a user at an institution.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Item {
    /// The identifier.
    pub item_id: String,
    /// Where its webhooks go.
    pub webhook: Option<String>,
    /// The fault it is in.
    pub error: Option<ErrorBody>,
    /// Products that could be added.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub available_products: Vec<String>,
    /// Products that were used and are billed.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub billed_products: Vec<String>,
    /// When the user's consent ends.
    pub consent_expiration_time: Option<DateTime<Utc>>,
    /// `background`, or `user_present_required` when the user must be there for each update.
    pub update_type: Option<String>,
    /// The institution's identifier.
    pub institution_id: Option<String>,
    /// The institution's name.
    pub institution_name: Option<String>,
}

/// How an Item's updates went.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct ItemStatus {
    /// Of transactions.
    pub transactions: Option<UpdateTimes>,
    /// Of investments.
    pub investments: Option<UpdateTimes>,
    /// The last webhook Plaid sent for the Item.
    pub last_webhook: Option<LastWebhook>,
}

/// When a product's data was last read from the bank.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct UpdateTimes {
    /// The last success, stamped even when nothing was new.
    pub last_successful_update: Option<DateTime<Utc>>,
    /// The last failure.
    pub last_failed_update: Option<DateTime<Utc>>,
}

/// A webhook that Plaid sent.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct LastWebhook {
    /// When.
    pub sent_at: Option<DateTime<Utc>>,
    /// Its code.
    pub code_sent: Option<String>,
}

fn access_token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AccessToken, D::Error> {
    String::deserialize(deserializer).map(AccessToken::new)
}
