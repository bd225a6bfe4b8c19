use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(crate) struct WebhookKeyRequest<'a> {
    pub(crate) key_id: &'a str,
}

/// The answer of `/webhook_verification_key/get`.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct WebhookKeyAnswer {
    /// The key asked for.
    pub key: WebhookKey,
    /// Plaid's number of the request.
    pub request_id: Option<String>,
}

/// A public key with which Plaid signs webhooks, in the terms of a JSON Web Key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct WebhookKey {
    /// The algorithm; Plaid documents `ES256` only.
    pub alg: String,
    /// The curve, `P-256`.
    pub crv: String,
    /// The kind of key, `EC`.
    pub kty: String,
    /// What it is for, `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// The key's identifier.
    pub kid: String,
    /// The point's x, base64url.
    pub x: String,
    /// The point's y, base64url.
    pub y: String,
    /// Unix seconds since when the key exists.
    pub created_at: i64,
    /// Unix seconds since when it must not be trusted; `None` while it is in use.
    pub expired_at: Option<i64>,
}
