use serde::Deserialize;

/// Plaid's error object: the body of a failed call, and the `error` of an Item.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ErrorBody {
    /// The broad class, such as `ITEM_ERROR`.
    pub error_type: Option<String>,
    /// The code on which to act, such as `ITEM_LOGIN_REQUIRED`.
    pub error_code: Option<String>,
    /// Plaid's words for a developer; they may change at any time.
    pub error_message: Option<String>,
    /// Plaid's number of the request; absent when embedded in an Item.
    pub request_id: Option<String>,
}
