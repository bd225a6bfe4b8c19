use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::ErrorBody;

/// What every webhook of Plaid has, and the keys of those that this library reads. A value of another type than expected is as
/// good as none: webhooks that this library does not know may have the same keys for something else.
#[derive(Deserialize)]
pub(crate) struct WebhookBody {
    pub(crate) webhook_type: String,
    pub(crate) webhook_code: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) environment: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) item_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) error: Option<ErrorBody>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) consent_expiration_time: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) disconnect_time: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) account_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) status: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) link_token: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) public_token: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) public_tokens: Option<Vec<String>>,
}

fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: for<'text> Deserialize<'text>,
{
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}
