use chrono::NaiveDate;
use finance_core::PublicToken;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error};
use serde_json::value::RawValue;

/// What `/sandbox/public_token/create` is to make.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SandboxPublicToken {
    /// The institution, such as `ins_109508`.
    pub institution_id: String,
    /// The Item's products; at least one.
    pub initial_products: Vec<String>,
    /// Where the Item's webhooks go.
    pub webhook: Option<String>,
    /// The sandbox user; `user_good` when `None`, `user_custom` for own data.
    pub username: Option<String>,
    /// The sandbox password; for `user_custom` the data itself as JSON text.
    pub password: Option<String>,
    /// How much history the Item has.
    pub history: Option<SandboxHistory>,
}

impl SandboxPublicToken {
    /// An Item of `user_good` with transactions at an institution.
    pub fn new(institution_id: impl Into<String>) -> Self {
        Self {
            institution_id: institution_id.into(),
            initial_products: vec!["transactions".to_owned()],
            webhook: None,
            username: None,
            password: None,
            history: None,
        }
    }
}

/// How much history a sandbox Item has.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct SandboxHistory {
    /// The first day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<NaiveDate>,
    /// The last day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<NaiveDate>,
    /// Days back from today, 1 to 730.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_requested: Option<u16>,
}

#[derive(Serialize)]
pub(crate) struct SandboxPublicTokenRequest<'a> {
    institution_id: &'a str,
    initial_products: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    options: Option<SandboxOptions<'a>>,
}

#[derive(Serialize)]
struct SandboxOptions<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    override_username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    override_password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transactions: Option<SandboxHistory>,
}

impl<'a> SandboxPublicTokenRequest<'a> {
    pub(crate) fn new(wanted: &'a SandboxPublicToken) -> Self {
        let options = SandboxOptions {
            webhook: wanted.webhook.as_deref(),
            override_username: wanted.username.as_deref(),
            override_password: wanted.password.as_deref(),
            transactions: wanted.history,
        };
        let any = options.webhook.is_some()
            || options.override_username.is_some()
            || options.override_password.is_some()
            || options.transactions.is_some();
        Self {
            institution_id: &wanted.institution_id,
            initial_products: &wanted.initial_products,
            options: any.then_some(options),
        }
    }
}

/// The answer of `/sandbox/public_token/create`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct PublicTokenAnswer {
    /// The token to exchange, as if Link had given it.
    #[serde(deserialize_with = "public_token")]
    pub public_token: PublicToken,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// The answer of `/sandbox/item/reset_login`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct ResetLoginAnswer {
    /// Whether the Item now asks for a new sign-in.
    pub reset_login: bool,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct FireWebhookRequest<'a> {
    pub(crate) access_token: &'a str,
    pub(crate) webhook_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_type: Option<&'a str>,
}

/// The answer of `/sandbox/item/fire_webhook`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct FireWebhookAnswer {
    /// Whether the webhook was sent.
    pub webhook_fired: bool,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct SandboxTransactionsRequest<'a> {
    pub(crate) access_token: &'a str,
    pub(crate) transactions: &'a [SandboxTransaction],
}

/// A transaction to be made in the sandbox.
#[derive(Debug, Clone, Serialize)]
pub struct SandboxTransaction {
    /// When the user acted: today to 14 days back.
    pub date_transacted: NaiveDate,
    /// When it posted: today to 14 days back.
    pub date_posted: NaiveDate,
    /// In **Plaid's** sign: positive is money out of the account.
    #[serde(serialize_with = "number")]
    pub amount: Decimal,
    /// The bank's text.
    pub description: String,
    /// The ISO currency code; US dollars when `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iso_currency_code: Option<String>,
}

/// Writes the decimal's own digits as a JSON number.
fn number<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(amount.to_string()).map_err(S::Error::custom)?.serialize(serializer)
}

fn public_token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PublicToken, D::Error> {
    String::deserialize(deserializer).map(PublicToken::new)
}
