//! Signed webhooks against a server that hands out keys.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use finance_core::{BankProvider, ProviderWebhook, WebhookDelivery, WebhookErrorKind, WebhookNews};
use finance_plaid::{PlaidOptions, PlaidProvider};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use wiremock::matchers::{body_partial_json, path};
use wiremock::{Mock, MockGuard, MockServer, ResponseTemplate};

use crate::{calls, failure, ok, options};

const PATH: &str = "/webhook_verification_key/get";
const BODY: &str =
    "{\n  \"webhook_type\": \"ITEM\",\n  \"webhook_code\": \"LOGIN_REPAIRED\",\n  \"item_id\": \"item-1\"\n}";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap()
}

fn after(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

/// A key of Plaid, and what it can be made to sign.
struct Key {
    id: &'static str,
    signing: SigningKey,
}

impl Key {
    fn new(id: &'static str, seed: u8) -> Self {
        Self { id, signing: SigningKey::from_slice(&[seed; 32]).unwrap() }
    }

    fn answer(&self, expired_at: Option<i64>) -> Value {
        let point = self.signing.verifying_key().to_sec1_point(false);
        let [x, y] = [point.x(), point.y()].map(|half| URL_SAFE_NO_PAD.encode(half.unwrap()));
        json!({"key": {
            "alg": "ES256", "crv": "P-256", "kty": "EC", "use": "sig", "kid": self.id, "x": x, "y": y,
            "created_at": 1, "expired_at": expired_at,
        }, "request_id": "r"})
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = parts.join(".");
        let signature: Signature = self.signing.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn delivery(&self, body: &str, received_at: DateTime<Utc>) -> WebhookDelivery {
        let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        let header = json!({"alg": "ES256", "kid": self.id, "typ": "JWT"});
        let claims = json!({"iat": received_at.timestamp(), "request_body_sha256": hash});
        with_token(body, received_at, self.token(&header, &claims))
    }
}

fn with_token(body: &str, received_at: DateTime<Utc>, token: String) -> WebhookDelivery {
    let headers = vec![("plaid-verification".to_owned(), token)];
    WebhookDelivery { headers, body: body.as_bytes().to_vec(), received_at }
}

async fn serve(server: &MockServer, key: &str, answer: ResponseTemplate) -> MockGuard {
    let mock = Mock::given(path(PATH)).and(body_partial_json(json!({"key_id": key})));
    mock.respond_with(answer).mount_as_scoped(server).await
}

fn no_such_key() -> ResponseTemplate {
    failure(400, "INVALID_INPUT", "INVALID_WEBHOOK_VERIFICATION_KEY_ID")
}

fn provider(server: &MockServer) -> PlaidProvider {
    let mut options = options(&server.uri());
    options.retry.attempts = 1;
    PlaidProvider::new(options, PlaidOptions::default()).unwrap()
}

async fn verify(
    provider: &PlaidProvider,
    delivery: &WebhookDelivery,
) -> Result<ProviderWebhook, WebhookErrorKind> {
    provider.verify_webhook(delivery).await.map_err(|error| error.kind())
}

#[tokio::test]
async fn a_signed_webhook_is_read_and_its_key_kept() {
    let (server, key) = (MockServer::start().await, Key::new("key-1", 1));
    let _key = serve(&server, "key-1", ok(key.answer(None))).await;
    let provider = provider(&server);
    for second in [0, 60, 23 * 3_600] {
        let webhook = verify(&provider, &key.delivery(BODY, after(second))).await.unwrap();
        assert!(matches!(webhook.news, WebhookNews::ConnectionRepaired));
        assert_eq!(webhook.connection.unwrap().as_str(), "item-1");
        assert_eq!(webhook.sent_at, after(second));
    }
    assert_eq!(calls(&server).await, 1);
    // After a day Plaid is asked again.
    verify(&provider, &key.delivery(BODY, after(25 * 3_600))).await.unwrap();
    assert_eq!(calls(&server).await, 2);
}

#[tokio::test]
async fn forged_webhooks_are_refused() {
    let (server, key, thief) = (MockServer::start().await, Key::new("key-1", 1), Key::new("key-1", 2));
    let _key = serve(&server, "key-1", ok(key.answer(None))).await;
    let provider = provider(&server);
    verify(&provider, &key.delivery(BODY, now())).await.unwrap();

    let forged = Err(WebhookErrorKind::Forged);
    let refused = |delivery: WebhookDelivery| {
        let provider = &provider;
        async move { verify(provider, &delivery).await.map(|webhook| webhook.sent_at) }
    };
    assert_eq!(refused(thief.delivery(BODY, now())).await, forged);
    // Written anew, the same words have another hash.
    let compact = serde_json::from_str::<Value>(BODY).unwrap().to_string();
    let token = key.delivery(BODY, now()).headers.remove(0).1;
    assert_eq!(refused(with_token(&compact, now(), token.clone())).await, forged);
    // Claims changed under the old signature.
    let parts: Vec<&str> = token.split('.').collect();
    let later = json!({"iat": after(9).timestamp(), "request_body_sha256": "00"}).to_string();
    let altered = [parts[0], &URL_SAFE_NO_PAD.encode(later), parts[2]].join(".");
    assert_eq!(refused(with_token(BODY, now(), altered)).await, forged);
    // An algorithm of the sender's choice, with no signature or with one by the public key as a secret.
    for alg in ["none", "HS256", "ES384"] {
        let header = json!({"alg": alg, "kid": "key-1"});
        let token = key.token(&header, &json!({"iat": now().timestamp(), "request_body_sha256": "00"}));
        assert_eq!(refused(with_token(BODY, now(), token)).await, forged, "{alg}");
    }
    // Signed by Plaid, but with claims that are none.
    let header = json!({"alg": "ES256", "kid": "key-1"});
    for claims in [json!({}), json!({"iat": "now"}), json!({"iat": i64::MAX, "request_body_sha256": "00"})] {
        let answer = refused(with_token(BODY, now(), key.token(&header, &claims))).await;
        assert_eq!(answer, Err(WebhookErrorKind::Malformed), "{claims}");
    }
    assert_eq!(calls(&server).await, 1);
}

#[tokio::test]
async fn a_signature_turned_over_is_still_the_same_delivery() {
    let (server, key) = (MockServer::start().await, Key::new("key-1", 1));
    let _key = serve(&server, "key-1", ok(key.answer(None))).await;
    let provider = provider(&server);
    let delivery = key.delivery(BODY, now());
    let (signed, signature) = delivery.headers[0].1.rsplit_once('.').unwrap();
    let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let (r, s) = signature.split_scalars();
    let turned = Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
    assert_ne!(signature, turned);
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(turned.to_bytes()));
    let first = verify(&provider, &delivery).await.unwrap();
    if let Ok(second) = verify(&provider, &with_token(BODY, now(), token)).await {
        assert_eq!(first.digest, second.digest);
    }
}

#[tokio::test]
async fn age_is_bounded_on_both_sides() {
    let (server, key) = (MockServer::start().await, Key::new("key-1", 1));
    let _key = serve(&server, "key-1", ok(key.answer(None))).await;
    let provider = provider(&server);
    let stale = Some(WebhookErrorKind::Stale);
    for (seconds, refused) in [(-61, stale), (-60, None), (0, None), (300, None), (301, stale)] {
        let delivery = WebhookDelivery { received_at: after(seconds), ..key.delivery(BODY, now()) };
        assert_eq!(verify(&provider, &delivery).await.err(), refused, "{seconds}");
    }
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_once() {
    let (server, key) = (MockServer::start().await, Key::new("key-1", 1));
    let unknown = serve(&server, "key-1", no_such_key()).await;
    let provider = provider(&server);
    let forged = Some(WebhookErrorKind::Forged);
    for second in [0, 1, 599] {
        assert_eq!(verify(&provider, &key.delivery(BODY, after(second))).await.err(), forged);
    }
    assert_eq!(calls(&server).await, 1);
    // Names that no key of Plaid can have are not asked for at all.
    let odd = Key::new("a key / of nobody", 1);
    assert_eq!(verify(&provider, &odd.delivery(BODY, now())).await.err(), forged);
    assert_eq!(calls(&server).await, 1);
    drop(unknown);
    let _known = serve(&server, "key-1", ok(key.answer(None))).await;
    verify(&provider, &key.delivery(BODY, after(601))).await.unwrap();
}

#[tokio::test]
async fn many_who_need_one_key_ask_once() {
    let (server, key) = (MockServer::start().await, Key::new("key-1", 1));
    let slow = ok(key.answer(None)).set_delay(Duration::from_millis(50));
    let _key = serve(&server, "key-1", slow).await;
    let provider = provider(&server);
    let delivery = key.delivery(BODY, now());
    // One of them goes away while it asks for all; another takes over.
    let gone = tokio::time::timeout(Duration::from_millis(1), verify(&provider, &delivery)).await;
    assert!(gone.is_err());
    let before = calls(&server).await;
    let all = tokio::join!(
        verify(&provider, &delivery),
        verify(&provider, &delivery),
        verify(&provider, &delivery),
        verify(&provider, &delivery)
    );
    assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok() && all.3.is_ok());
    assert!(calls(&server).await <= before.max(1) + 1);
}

#[tokio::test]
async fn a_new_key_shows_that_the_old_one_ended() {
    let (server, old, new) = (MockServer::start().await, Key::new("old", 1), Key::new("new", 2));
    let live = serve(&server, "old", ok(old.answer(None))).await;
    let provider = provider(&server);
    verify(&provider, &old.delivery(BODY, now())).await.unwrap();
    drop(live);
    let _ended = serve(&server, "old", ok(old.answer(Some(after(5).timestamp())))).await;
    let _new = serve(&server, "new", ok(new.answer(None))).await;
    // It is not known yet that the old key ended.
    verify(&provider, &old.delivery(BODY, after(6))).await.unwrap();
    verify(&provider, &new.delivery(BODY, after(7))).await.unwrap();
    let refused = verify(&provider, &old.delivery(BODY, after(8))).await;
    assert_eq!(refused.err(), Some(WebhookErrorKind::Forged));
    verify(&provider, &new.delivery(BODY, after(9))).await.unwrap();
}

#[tokio::test]
async fn when_plaid_cannot_be_asked_the_webhook_may_come_again() {
    let (server, key) = (MockServer::start().await, Key::new("key-1", 1));
    let down = serve(&server, "key-1", failure(500, "API_ERROR", "INTERNAL_SERVER_ERROR")).await;
    let provider = provider(&server);
    let unavailable = Some(WebhookErrorKind::KeyUnavailable);
    for second in [0, 1, 4] {
        assert_eq!(verify(&provider, &key.delivery(BODY, after(second))).await.err(), unavailable);
    }
    assert_eq!(calls(&server).await, 1, "not asked again within 5 seconds");
    drop(down);
    let up = serve(&server, "key-1", ok(key.answer(None))).await;
    verify(&provider, &key.delivery(BODY, after(6))).await.unwrap();
    drop(up);
    // A known key is used on for a day after it should have been asked about, and no longer.
    let _down = serve(&server, "key-1", failure(500, "API_ERROR", "INTERNAL_SERVER_ERROR")).await;
    let day = 24 * 3_600;
    verify(&provider, &key.delivery(BODY, after(day + 7))).await.unwrap();
    verify(&provider, &key.delivery(BODY, after(2 * day))).await.unwrap();
    assert_eq!(verify(&provider, &key.delivery(BODY, after(2 * day + 7))).await.err(), unavailable);
}

#[tokio::test]
async fn what_is_no_key_for_webhooks_is_not_used() {
    let (server, key) = (MockServer::start().await, Key::new("key-1", 1));
    for (second, field, value) in [
        (0, "kid", "key-2"),
        (10, "alg", "RS256"),
        (20, "crv", "P-384"),
        (30, "x", "AAAA"),
        (40, "y", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        let mut answer = key.answer(None);
        answer["key"][field] = json!(value);
        let _odd = serve(&server, "key-1", ok(answer)).await;
        let refused = verify(&provider(&server), &key.delivery(BODY, after(second))).await;
        assert_eq!(refused.err(), Some(WebhookErrorKind::KeyUnavailable), "{field}");
    }
}

#[tokio::test]
async fn made_up_keys_wear_out_nothing() {
    let server = MockServer::start().await;
    let _none = Mock::given(path(PATH)).respond_with(no_such_key()).mount_as_scoped(&server).await;
    let provider = provider(&server);
    let names: Vec<&'static str> =
        (0..40).map(|n| &*Box::leak(format!("made-up-{n}").into_boxed_str())).collect();
    let mut kinds = Vec::new();
    for name in names {
        kinds.push(verify(&provider, &Key::new(name, 1).delivery(BODY, now())).await.err().unwrap());
    }
    assert!(kinds[..30].iter().all(|kind| *kind == WebhookErrorKind::Forged));
    assert!(kinds[30..].iter().all(|kind| *kind == WebhookErrorKind::KeyUnavailable));
    assert_eq!(calls(&server).await, 30);
}

#[tokio::test]
async fn a_huge_body_is_refused_unread() {
    let server = MockServer::start().await;
    let key = Key::new("key-1", 1);
    let huge = WebhookDelivery { body: vec![b' '; (4 << 20) + 1], ..key.delivery(BODY, now()) };
    assert_eq!(verify(&provider(&server), &huge).await.err(), Some(WebhookErrorKind::Malformed));
    assert_eq!(calls(&server).await, 0);
}
