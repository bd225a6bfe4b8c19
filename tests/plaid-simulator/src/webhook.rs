//! Webhooks: their bodies, their signature, their delivery.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::error::PlaidError;
use crate::options::Readiness;
use crate::world::ids::mix;

/// What webhooks are sent with: plain HTTP, whatever TLS other crates of the process use.
pub(crate) type WebhookClient = Client<HttpConnector, Body>;

/// How long a receiver has, as at Plaid.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A webhook to send.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) url: String,
    body: Value,
}

impl Notice {
    pub(crate) fn plain(kind: &str, code: &str) -> Self {
        let body = json!({"webhook_type": kind, "webhook_code": code, "environment": "sandbox"});
        Self { url: String::new(), body }
    }

    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.body[key] = value;
        self
    }

    /// The end of a Hosted Link session, which concerns a token and no item yet.
    pub(crate) fn session_finished(
        url: String,
        session_id: &str,
        link_token: &str,
        public_token: &str,
    ) -> Self {
        let notice = Self::plain("LINK", "SESSION_FINISHED")
            .with("status", json!("SUCCESS"))
            .with("link_session_id", json!(session_id))
            .with("link_token", json!(link_token))
            .with("public_token", json!(public_token))
            .with("public_tokens", json!([public_token]));
        Self { url, ..notice }
    }

    pub(crate) fn addressed(self, item_id: &str, url: String) -> Self {
        Self { url, ..self.with("item_id", json!(item_id)) }
    }

    pub(crate) fn code(&self) -> &str {
        self.body["webhook_code"].as_str().unwrap_or_default()
    }

    pub(crate) fn item_error(error: &PlaidError) -> Self {
        Self::plain("ITEM", "ERROR").with("error", error.in_webhook())
    }

    pub(crate) fn user_permission_revoked(error: &PlaidError) -> Self {
        Self::plain("ITEM", "USER_PERMISSION_REVOKED").with("error", error.in_webhook())
    }

    pub(crate) fn initial_update(new: u32) -> Self {
        Self::plain("TRANSACTIONS", "INITIAL_UPDATE").with("new_transactions", json!(new)).without_error()
    }

    pub(crate) fn historical_update(new: u32) -> Self {
        Self::plain("TRANSACTIONS", "HISTORICAL_UPDATE").with("new_transactions", json!(new)).without_error()
    }

    pub(crate) fn default_update(new: usize) -> Self {
        Self::plain("TRANSACTIONS", "DEFAULT_UPDATE").with("new_transactions", json!(new)).without_error()
    }

    pub(crate) fn transactions_removed(ids: &[String]) -> Self {
        Self::plain("TRANSACTIONS", "TRANSACTIONS_REMOVED")
            .with("removed_transactions", json!(ids))
            .without_error()
    }

    pub(crate) fn sync_updates_available(readiness: Readiness) -> Self {
        Self::plain("TRANSACTIONS", "SYNC_UPDATES_AVAILABLE")
            .with("initial_update_complete", json!(readiness >= Readiness::InitialUpdateComplete))
            .with("historical_update_complete", json!(readiness >= Readiness::HistoricalUpdateComplete))
    }

    pub(crate) fn without_error(self) -> Self {
        self.with("error", Value::Null)
    }

    /// The exact bytes sent: indented by two spaces, as Plaid's are.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(&self.body).unwrap_or_default()
    }

    pub(crate) fn body(&self) -> &Value {
        &self.body
    }
}

/// One attempt to deliver a webhook.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Delivery {
    /// Where it went.
    pub url: String,
    /// The body.
    pub body: Value,
    /// The value of `Plaid-Verification`.
    pub verification: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// The receiver's HTTP status; `None` if it could not be reached.
    pub status: Option<u16>,
}

/// The signing keys, the last being the live one.
#[derive(Debug)]
pub(crate) struct Keys {
    seed: u64,
    /// How far the clock that signs is ahead.
    pub(crate) ahead: TimeDelta,
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    id: String,
    signing: SigningKey,
    created_at: i64,
    expired_at: Option<i64>,
}

impl Keys {
    pub(crate) fn new(seed: u64) -> Self {
        let mut keys = Self { seed, ahead: TimeDelta::zero(), keys: Vec::new() };
        keys.rotate();
        keys
    }

    /// Makes a new live key; the old one expires now. Returns the new key's id.
    pub(crate) fn rotate(&mut self) -> String {
        let now = Utc::now().timestamp();
        if let Some(old) = self.keys.last_mut() {
            old.expired_at = Some(now);
        }
        // A hash is no valid key about once in 2^32 hashes; then the next one is.
        let mut round = mix(self.seed ^ self.keys.len() as u64);
        let signing = loop {
            round = mix(round);
            if let Ok(key) = SigningKey::from_slice(&Sha256::digest(round.to_le_bytes())) {
                break key;
            }
        };
        let hex = format!("{:016x}{:016x}", mix(round), mix(round ^ 1));
        let id = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
        self.keys.push(Key { id: id.clone(), signing, created_at: now, expired_at: None });
        id
    }

    /// The public key of an id as a JWK.
    pub(crate) fn jwk(&self, key_id: &str) -> Option<Value> {
        let key = self.keys.iter().find(|key| key.id == key_id)?;
        let point = key.signing.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x()?, point.y()?);
        Some(json!({
            "alg": "ES256", "crv": "P-256", "kty": "EC", "use": "sig", "kid": key.id,
            "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
            "created_at": key.created_at, "expired_at": key.expired_at,
        }))
    }

    /// A signed token over the body's exact bytes, by the live key.
    pub(crate) fn sign(&self, body: &[u8]) -> String {
        let Some(key) = self.keys.last() else { return String::new() };
        let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        let header = json!({"alg": "ES256", "kid": key.id, "typ": "JWT"}).to_string();
        let claims =
            json!({"iat": (Utc::now() + self.ahead).timestamp(), "request_body_sha256": hash}).to_string();
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature: Signature = key.signing.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    pub(crate) fn live_id(&self) -> String {
        self.keys.last().map(|key| key.id.clone()).unwrap_or_default()
    }
}

/// Sends one webhook, again after a pause if the receiver did not answer 200. Tells of every try.
pub(crate) async fn deliver(
    client: &WebhookClient,
    notice: &Notice,
    verification: &str,
    tries: u32,
    pause: Duration,
    tell: impl Fn(Delivery),
) {
    let bytes = notice.bytes();
    for attempt in 1..=tries.max(1) {
        let status = post(client, &notice.url, verification, bytes.clone()).await;
        tell(Delivery {
            url: notice.url.clone(),
            body: notice.body().clone(),
            verification: verification.to_owned(),
            attempt,
            status,
        });
        if status == Some(200) {
            return;
        }
        tokio::time::sleep(pause).await;
    }
}

/// The status of the receiver's answer; `None` when none came.
async fn post(client: &WebhookClient, url: &str, verification: &str, body: Vec<u8>) -> Option<u16> {
    let request = Request::post(url)
        .header("Content-Type", "application/json")
        .header("Plaid-Verification", verification)
        .body(Body::from(body))
        .ok()?;
    let answer = tokio::time::timeout(ANSWER_WITHIN, client.request(request)).await;
    Some(answer.ok()?.ok()?.status().as_u16())
}

#[cfg(test)]
mod tests {
    use super::{Keys, Notice, URL_SAFE_NO_PAD};
    use base64::Engine as _;
    use p256::ecdsa::signature::Verifier as _;
    use p256::ecdsa::{Signature, VerifyingKey};
    use serde_json::Value;
    use sha2::Digest as _;

    fn verify(keys: &Keys, token: &str, body: &[u8]) -> bool {
        let parts: Vec<&str> = token.split('.').collect();
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let header: Value = serde_json::from_slice(&decode(parts[0])).unwrap();
        let claims: Value = serde_json::from_slice(&decode(parts[1])).unwrap();
        let jwk = keys.jwk(header["kid"].as_str().unwrap()).unwrap();
        let coordinate = |name: &str| decode(jwk[name].as_str().unwrap());
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let key = VerifyingKey::from_sec1_bytes(&point).unwrap();
        let signature = Signature::from_slice(&decode(parts[2])).unwrap();
        let signed = format!("{}.{}", parts[0], parts[1]);
        let hash: String = sha2::Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        key.verify(signed.as_bytes(), &signature).is_ok() && claims["request_body_sha256"] == hash
    }

    #[test]
    fn signatures_hold_over_rotation_and_for_the_exact_bytes_only() {
        let mut keys = Keys::new(4);
        let body = Notice::plain("ITEM", "LOGIN_REPAIRED").bytes();
        assert!(body.starts_with(b"{\n  \""));
        let old = keys.sign(&body);
        let old_id = keys.live_id();
        assert!(verify(&keys, &old, &body));
        assert!(!verify(&keys, &old, b"{}"));
        keys.rotate();
        assert_ne!(keys.live_id(), old_id);
        assert!(keys.jwk(&old_id).unwrap()["expired_at"].is_i64());
        assert!(verify(&keys, &old, &body) && verify(&keys, &keys.sign(&body), &body));
        assert_eq!(keys.jwk("nobody"), None);
    }
}
