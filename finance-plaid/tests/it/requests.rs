//! What is sent.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate};
use finance_core::{AccessToken, BankProvider, Cursor, HostedLink, LinkMode, LinkTokenRequest, UserId};
use finance_plaid::wire::{
    SandboxHistory, SandboxPublicToken, SandboxTransaction, SyncRequest, TransactionsGet,
};
use finance_plaid::{Endpoint, PlaidError};
use serde_json::{Value, json};
use wiremock::matchers::any;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Calls every endpoint with every option there is, against a server that refuses all.
async fn call_everything(server: &MockServer) {
    let refused = |result: Result<(), PlaidError>| assert_eq!(result.unwrap_err().status(), Some(400));
    let mut options = options(&server.uri());
    options.retry = RetryPolicy::never();
    let provider = PlaidProvider::new(options, PlaidOptions::default()).unwrap();
    let client = provider.client();
    let token = token();

    let mut link = LinkTokenRequest::new(UserId::new("user-1").unwrap(), "App");
    link.dialogue.webhook = Some("https://app.example/hook".to_owned());
    link.dialogue.redirect_uri = Some("https://app.example/back".to_owned());
    let completion_redirect_uri = Some("https://app.example/done".to_owned());
    link.dialogue.hosted = Some(HostedLink { completion_redirect_uri, url_lifetime_seconds: Some(900) });
    link.mode = LinkMode::New { products: vec!["transactions".to_owned()], days_requested: Some(365) };
    provider.create_link_token(&link).await.unwrap_err();
    link.mode = LinkMode::Update {
        access_token: AccessToken::new(ACCESS_TOKEN),
        select_accounts: true,
        additional_products: vec!["liabilities".to_owned()],
    };
    provider.create_link_token(&link).await.unwrap_err();

    refused(client.item_public_token_exchange(&public_token()).await.map(drop));
    refused(client.item_get(&token).await.map(drop));
    refused(client.item_remove(&token).await.map(drop));
    refused(client.item_webhook_update(&token, Some("https://app.example/new")).await.map(drop));
    refused(client.item_webhook_update(&token, None).await.map(drop));
    refused(client.item_access_token_invalidate(&token).await.map(drop));
    refused(client.accounts_get(&token, &[]).await.map(drop));
    refused(client.accounts_get(&token, &["a1"]).await.map(drop));
    let instant = DateTime::from_timestamp_millis(1_767_323_045_678);
    refused(client.accounts_balance_get(&token, &["a1", "a2"], instant).await.map(drop));
    let first = SyncRequest { cursor: None, count: 500, include_original_description: false };
    refused(client.transactions_sync(&token, &first).await.map(drop));
    let next = SyncRequest { cursor: Cursor::new("c1"), count: 9_999, include_original_description: true };
    refused(client.transactions_sync(&token, &next).await.map(drop));
    let window = TransactionsGet {
        start_date: day("2026-01-01"),
        end_date: day("2026-01-31"),
        account_ids: vec!["a1".to_owned()],
        count: 0,
        offset: 500,
        include_original_description: true,
    };
    refused(client.transactions_get(&token, &window).await.map(drop));
    refused(client.transactions_refresh(&token).await.map(drop));
    refused(client.institutions_get_by_id("ins_1", &["US".to_owned()]).await.map(drop));
    refused(client.webhook_verification_key_get("key-1").await.map(drop));
    call_the_sandbox(client, &token).await;
}

async fn call_the_sandbox(client: &PlaidClient, token: &AccessToken) {
    let mut wanted = SandboxPublicToken::new("ins_109508");
    client.sandbox_public_token_create(&wanted).await.unwrap_err();
    wanted.webhook = Some("https://app.example/hook".to_owned());
    wanted.username = Some("user_custom".to_owned());
    wanted.password = Some("{}".to_owned());
    wanted.history = Some(SandboxHistory {
        start_date: Some(day("2026-01-01")),
        end_date: Some(day("2026-01-31")),
        days_requested: Some(30),
    });
    client.sandbox_public_token_create(&wanted).await.unwrap_err();
    client.sandbox_item_reset_login(token).await.unwrap_err();
    client
        .sandbox_item_fire_webhook(token, Some("TRANSACTIONS"), "SYNC_UPDATES_AVAILABLE")
        .await
        .unwrap_err();
    client.sandbox_item_fire_webhook(token, None, "ERROR").await.unwrap_err();
    let transaction = SandboxTransaction {
        date_transacted: day("2026-01-01"),
        date_posted: day("2026-01-02"),
        amount: finance_core::parse_amount("12345678901234567.10").unwrap(),
        description: "D".to_owned(),
        iso_currency_code: Some("USD".to_owned()),
    };
    client.sandbox_transactions_create(token, &[transaction]).await.unwrap_err();
}

/// The path and body of every request, checked for what all requests share.
async fn sent() -> Vec<(String, String)> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(failure(400, "INVALID_REQUEST", "MISSING_FIELDS")).mount(&server).await;
    call_everything(&server).await;
    let check = |request: wiremock::Request| {
        let header = |name: &str| request.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(request.method.as_str(), "POST");
        assert_eq!(header("plaid-client-id").as_deref(), Some(CLIENT_ID));
        assert_eq!(header("plaid-secret").as_deref(), Some(SECRET));
        assert_eq!(header("plaid-version").as_deref(), Some("2020-09-14"));
        assert_eq!(header("content-type").as_deref(), Some("application/json"));
        assert!(header("accept-encoding").unwrap().contains("gzip"));
        let body = String::from_utf8(request.body).unwrap();
        for credential in [CLIENT_ID, SECRET, "client_id\"", "\"secret\""] {
            assert!(!body.contains(credential), "{body}");
        }
        (request.url.path().to_owned(), body)
    };
    server.received_requests().await.unwrap().into_iter().map(check).collect()
}

#[tokio::test]
async fn every_call_sends_exactly_what_was_asked() {
    let t = ACCESS_TOKEN;
    let dialogue = json!({
        "client_name": "App", "language": "en", "country_codes": ["US"], "user": {"client_user_id": "user-1"},
        "redirect_uri": "https://app.example/back",
        "hosted_link": {"completion_redirect_uri": "https://app.example/done", "url_lifetime_seconds": 900},
    });
    let with = |more: Value| {
        let mut all = dialogue.clone();
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let expected = [
        (
            "/link/token/create",
            with(json!({"products": ["transactions"], "transactions": {"days_requested": 365},
                "webhook": "https://app.example/hook"})),
        ),
        (
            "/link/token/create",
            with(json!({"access_token": t, "update": {"account_selection_enabled": true},
                "additional_consented_products": ["liabilities"]})),
        ),
        ("/item/public_token/exchange", json!({"public_token": PUBLIC_TOKEN})),
        ("/item/get", json!({"access_token": t})),
        ("/item/remove", json!({"access_token": t})),
        ("/item/webhook/update", json!({"access_token": t, "webhook": "https://app.example/new"})),
        ("/item/webhook/update", json!({"access_token": t, "webhook": null})),
        ("/item/access_token/invalidate", json!({"access_token": t})),
        ("/accounts/get", json!({"access_token": t})),
        ("/accounts/get", json!({"access_token": t, "options": {"account_ids": ["a1"]}})),
        (
            "/accounts/balance/get",
            json!({"access_token": t, "options": {"account_ids": ["a1", "a2"],
                "min_last_updated_datetime": "2026-01-02T03:04:05Z"}}),
        ),
        (
            "/transactions/sync",
            json!({"access_token": t, "count": 500, "options": {"personal_finance_category_version": "v2"}}),
        ),
        (
            "/transactions/sync",
            json!({"access_token": t, "cursor": "c1", "count": 500, "options": {
                "include_original_description": true, "personal_finance_category_version": "v2"}}),
        ),
        (
            "/transactions/get",
            json!({"access_token": t, "start_date": "2026-01-01", "end_date": "2026-01-31", "options": {
                "account_ids": ["a1"], "count": 1, "offset": 500, "include_original_description": true,
                "personal_finance_category_version": "v2"}}),
        ),
        ("/transactions/refresh", json!({"access_token": t})),
        (
            "/institutions/get_by_id",
            json!({"institution_id": "ins_1", "country_codes": ["US"],
                "options": {"include_optional_metadata": true}}),
        ),
        ("/webhook_verification_key/get", json!({"key_id": "key-1"})),
        (
            "/sandbox/public_token/create",
            json!({"institution_id": "ins_109508", "initial_products": ["transactions"]}),
        ),
        (
            "/sandbox/public_token/create",
            json!({"institution_id": "ins_109508", "initial_products": ["transactions"], "options": {
                "webhook": "https://app.example/hook", "override_username": "user_custom",
                "override_password": "{}", "transactions": {"start_date": "2026-01-01",
                "end_date": "2026-01-31", "days_requested": 30}}}),
        ),
        ("/sandbox/item/reset_login", json!({"access_token": t})),
        (
            "/sandbox/item/fire_webhook",
            json!({"access_token": t, "webhook_code": "SYNC_UPDATES_AVAILABLE", "webhook_type": "TRANSACTIONS"}),
        ),
        ("/sandbox/item/fire_webhook", json!({"access_token": t, "webhook_code": "ERROR"})),
    ];
    let sent = sent().await;
    for ((path, body), (expected_path, expected_body)) in sent.iter().zip(&expected) {
        assert_eq!(path, expected_path);
        assert_eq!(&serde_json::from_str::<Value>(body).unwrap(), expected_body, "{path}");
    }
    // The amount is compared as text: reading it as a number would round it.
    let (path, body) = sent.last().unwrap();
    assert_eq!((path.as_str(), sent.len()), ("/sandbox/transactions/create", expected.len() + 1));
    assert_eq!(
        body,
        r#"{"access_token":"access-sandbox-of-the-test","transactions":[{"date_transacted":"2026-01-01","date_posted":"2026-01-02","amount":12345678901234567.10,"description":"D","iso_currency_code":"USD"}]}"#
    );
    let paths: BTreeSet<&str> = sent.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(
        paths,
        Endpoint::ALL.iter().map(|endpoint| endpoint.path()).collect(),
        "an endpoint is not tested"
    );
}

#[tokio::test]
#[ignore = "needs PLAID_FACTS, the folder of Plaid's public facts"]
async fn by_plaid_facts_every_key_sent_is_one_that_plaid_knows() {
    let folder = std::env::var("PLAID_FACTS").unwrap();
    let facts = std::fs::read_to_string(format!("{folder}/plaid-schema-facts.json")).unwrap();
    let facts: Value = serde_json::from_str(&facts).unwrap();
    for (path, body) in sent().await {
        let schema = facts["operations"][&path]["request"].as_str().unwrap();
        check_keys(&facts, schema, &serde_json::from_str(&body).unwrap(), &path);
    }
}

/// Compares an object with its schema: no unknown key, no required key missing, no `null` where none is allowed.
fn check_keys(facts: &Value, schema: &str, value: &Value, place: &str) {
    let schema = &facts["schemas"][schema.trim_start_matches('#')];
    let (Some(known), Some(object)) = (schema["properties"].as_object(), value.as_object()) else { return };
    for required in schema["required"].as_array().unwrap() {
        assert!(object.contains_key(required.as_str().unwrap()), "{place} lacks {required}");
    }
    for (key, value) in object {
        let place = format!("{place}.{key}");
        let property = known.get(key).unwrap_or_else(|| panic!("{place} is unknown to Plaid"));
        assert!(!value.is_null() || property["nullable"] == true, "{place} must not be null");
        let of = property["type"].as_str().or(property["type"]["array"].as_str()).unwrap();
        match value {
            Value::Array(values) => values.iter().for_each(|value| check_keys(facts, of, value, &place)),
            _ => check_keys(facts, of, value, &place),
        }
    }
}

#[tokio::test]
async fn connections_are_kept() {
    let server =
        script::ScriptedServer::start(vec![script::Act::Answer(r#"{"accounts":[],"request_id":"r"}"#)]).await;
    let client = client(&server.address);
    for _ in 0..3 {
        client.accounts_get(&token(), &[]).await.unwrap();
    }
    assert_eq!((server.requests(), server.connections()), (3, 1));
}

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
#[tokio::test]
async fn https_is_spoken_without_a_provider_for_the_whole_process() {
    // The server speaks plain HTTP, so the handshake must fail, and must do so before anything is sent.
    let server = server("/item/get", ResponseTemplate::new(200)).await;
    let error = client(&server.uri().replace("http:", "https:")).item_get(&token()).await.unwrap_err();
    assert_eq!(error.status(), None);
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
}
