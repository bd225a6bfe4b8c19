use chrono::{DateTime, Utc};
use finance_core::LinkToken;
use serde::{Deserialize, Deserializer, Serialize};

/// The request of `/link/token/create`, for a new Item or, with `access_token`, for update mode.
///
/// [`PlaidProvider`](crate::PlaidProvider) builds it from a checked
/// [`LinkTokenRequest`](finance_core::LinkTokenRequest).
#[derive(Serialize)]
pub struct LinkTokenCreate<'a> {
    /// The application's name, 1 to 30 characters.
    pub client_name: &'a str,
    /// The language of the dialogue, such as `en`.
    pub language: &'a str,
    /// Upper-case ISO 3166 codes; at least one.
    pub country_codes: &'a [String],
    /// The user who links.
    pub user: LinkUser<'a>,
    /// Products to link; empty in update mode.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub products: &'a [String],
    /// Further products to ask consent for.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub additional_consented_products: &'a [String],
    /// How much history to ask for; never in update mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transactions: Option<LinkTransactionsOptions>,
    /// Where Plaid sends the Item's webhooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<&'a str>,
    /// Where the bank's site returns the user to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uri: Option<&'a str>,
    /// The Android application, instead of a redirect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub android_package_name: Option<&'a str>,
    /// The key of the Item to update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<&'a str>,
    /// What update mode offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update: Option<LinkUpdateOptions>,
    /// Set to let Plaid host the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosted_link: Option<HostedLinkOptions<'a>>,
}

/// The user who links.
#[derive(Serialize)]
pub struct LinkUser<'a> {
    /// The application's own identifier of the user, without personal data.
    pub client_user_id: &'a str,
}

/// How much history to ask for.
#[derive(Serialize)]
pub struct LinkTransactionsOptions {
    /// Days, 1 to 730; frozen once the Item is made.
    pub days_requested: u16,
}

/// What update mode offers.
#[derive(Serialize)]
pub struct LinkUpdateOptions {
    /// Whether accounts can be added and dropped.
    pub account_selection_enabled: bool,
}

/// A page that Plaid hosts.
#[derive(Serialize)]
pub struct HostedLinkOptions<'a> {
    /// Where the user goes after finishing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_redirect_uri: Option<&'a str>,
    /// How long the page's address is good for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_lifetime_seconds: Option<u32>,
}

/// The answer of `/link/token/create`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct LinkTokenAnswer {
    /// The key with which the device opens Link.
    #[serde(deserialize_with = "link_token")]
    pub link_token: LinkToken,
    /// When the key ends.
    pub expiration: DateTime<Utc>,
    /// The page that Plaid hosts, when one was asked for.
    pub hosted_link_url: Option<String>,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

fn link_token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LinkToken, D::Error> {
    String::deserialize(deserializer).map(LinkToken::new)
}
