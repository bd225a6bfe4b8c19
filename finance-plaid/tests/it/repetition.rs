//! What is repeated, how often, and what is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use finance_core::{BankProvider, Cursor, PageRequest, ProviderErrorKind};
use finance_plaid::wire::SyncRequest;
use finance_plaid::{Endpoint, PerMinute, PlaidError, Random, RateLimits};

use super::script::{Act, ScriptedServer};
use super::*;

const ANSWER: &str = r#"{"added":[],"has_more":false,"next_cursor":"c1","accounts":[],"access_token":"a",
    "item_id":"i","request_id":"r"}"#;

fn next_page() -> SyncRequest {
    SyncRequest { cursor: Cursor::new("c0"), count: 500, include_original_description: false }
}

/// Fails so often, then answers.
async fn failing(times: u64, first: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path("/transactions/sync")).respond_with(first).up_to_n_times(times).mount(&server).await;
    Mock::given(path("/transactions/sync")).respond_with(ok(empty_page())).mount(&server).await;
    server
}

#[tokio::test]
async fn passing_faults_are_repeated_and_counted() {
    for fault in [
        failure(429, "RATE_LIMIT_EXCEEDED", "TRANSACTIONS_SYNC_LIMIT"),
        failure(400, "RATE_LIMIT_EXCEEDED", "INSTITUTION_RATE_LIMIT"),
        failure(500, "API_ERROR", "INTERNAL_SERVER_ERROR"),
        ResponseTemplate::new(502).set_body_raw("<html>Bad Gateway</html>", "text/html"),
        ResponseTemplate::new(503),
        ResponseTemplate::new(504).set_body_raw(r#"{"message":"gateway"}"#, "application/json"),
    ] {
        let server = failing(2, fault.clone()).await;
        let request = PageRequest { cursor: None, count: 500 };
        let page = provider(&server.uri()).transactions_page(&token(), &request).await.unwrap();
        assert_eq!((page.retries, calls(&server).await), (2, 3));

        let server = failing(3, fault).await;
        let error = provider(&server.uri()).transactions_page(&token(), &request).await.unwrap_err();
        assert_eq!((error.kind(), calls(&server).await), (ProviderErrorKind::RetryLater, 3));
        assert!(
            !error.to_string().contains("Gateway") && !error.to_string().contains("gateway\""),
            "{error}"
        );
    }
}

#[tokio::test]
async fn faults_that_last_are_handed_on_at_once() {
    for fault in [
        failure(400, "ITEM_ERROR", "ITEM_LOGIN_REQUIRED"),
        failure(400, "INSTITUTION_ERROR", "INSTITUTION_DOWN"),
        failure(503, "API_ERROR", "PLANNED_MAINTENANCE"),
        failure(429, "RATE_LIMIT_EXCEEDED", "CREDITS_EXHAUSTED"),
        failure(400, "TRANSACTIONS_ERROR", "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"),
    ] {
        let server = failing(u64::MAX, fault).await;
        client(&server.uri()).transactions_sync(&token(), &next_page()).await.unwrap_err();
        assert_eq!(calls(&server).await, 1);
    }
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_kept_to() {
    let limited = failure(429, "RATE_LIMIT_EXCEEDED", "TRANSACTIONS_SYNC_LIMIT");
    let server = failing(1, limited.clone().insert_header("retry-after", "1")).await;
    let start = Instant::now();
    client(&server.uri()).transactions_sync(&token(), &next_page()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));

    let server = failing(1, limited.insert_header("retry-after", "3600")).await;
    let error = client(&server.uri()).transactions_sync(&token(), &next_page()).await.unwrap_err();
    assert_eq!((error.retry_after(), calls(&server).await), (Some(Duration::from_secs(3_600)), 1));
}

/// The outcome of one call of each safety, and how many requests it took.
async fn broken(act: Act) -> [(bool, usize); 3] {
    let mut outcomes = [(false, 0); 3];
    for (index, outcome) in outcomes.iter_mut().enumerate() {
        let server = ScriptedServer::start(vec![act.clone(), Act::Answer(ANSWER)]).await;
        let client = client(&server.address);
        let result: Result<(), PlaidError> = match index {
            0 => client.transactions_sync(&token(), &next_page()).await.map(drop),
            1 => client.accounts_balance_get(&token(), &[], None).await.map(drop),
            _ => client.item_public_token_exchange(&public_token()).await.map(drop),
        };
        if let Err(error) = &result {
            assert_eq!(error.kind(), ProviderErrorKind::RetryLater);
            assert!(error.to_string().contains("connection broke"), "{error}");
        }
        *outcome = (result.is_ok(), server.requests());
    }
    outcomes
}

#[tokio::test]
async fn after_a_lost_answer_only_harmless_calls_are_repeated() {
    for act in [Act::Hang, Act::CutBody, Act::CutFailure] {
        assert_eq!(broken(act).await, [(true, 2), (false, 1), (false, 1)]);
    }
}

#[tokio::test]
async fn after_an_answer_an_exchange_is_repeated_only_if_it_was_refused() {
    for (status, code, requests) in
        [(429, "RATE_LIMIT", 3), (500, "INTERNAL_SERVER_ERROR", 1), (400, "INSTITUTION_RATE_LIMIT", 1)]
    {
        let server = server("/item/public_token/exchange", failure(status, "X", code)).await;
        client(&server.uri()).item_public_token_exchange(&public_token()).await.unwrap_err();
        assert_eq!(calls(&server).await, requests, "{code}");
    }
    let server = server("/accounts/balance/get", failure(500, "API_ERROR", "INTERNAL_SERVER_ERROR")).await;
    client(&server.uri()).accounts_balance_get(&token(), &[], None).await.unwrap_err();
    assert_eq!(calls(&server).await, 3, "an error is an answer, and is not billed");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again_for_every_call() {
    // A port that was free a moment ago refuses connections.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let draws = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&draws);
    let mut options = options(&address);
    options.random = Random::from_fn(move || counted.fetch_add(1, Ordering::SeqCst) as u64);
    let client = PlaidClient::new(options).unwrap();
    let error = client.item_public_token_exchange(&public_token()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ProviderErrorKind::RetryLater, None));
    assert_eq!(draws.load(Ordering::SeqCst), 3, "each failed call asks for jitter once");
}

#[tokio::test]
async fn each_call_has_its_own_patience() {
    let slow = Duration::from_millis(400);
    let server = MockServer::start().await;
    for (at, body) in
        [("/transactions/sync", empty_page()), ("/accounts/balance/get", json!({"accounts": []}))]
    {
        Mock::given(path(at)).respond_with(ok(body).set_delay(slow)).mount(&server).await;
    }
    let mut options = options(&server.uri());
    options.retry = RetryPolicy::never();
    options.timeouts.ordinary = slow / 4;
    let client = PlaidClient::new(options).unwrap();
    let error = client.transactions_sync(&token(), &next_page()).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::RetryLater);
    assert!(error.to_string().contains("no complete answer within 100ms"), "{error}");
    let first = SyncRequest { cursor: None, ..next_page() };
    client.transactions_sync(&token(), &first).await.unwrap();
    client.accounts_balance_get(&token(), &[], None).await.unwrap();
}

#[tokio::test]
async fn our_own_limit_fails_without_a_call_when_the_turn_is_too_far_off() {
    let server = server("/accounts/get", ok(json!({"accounts": []}))).await;
    let mut options = options(&server.uri());
    options.rate_limits = RateLimits::off().with(Endpoint::AccountsGet, PerMinute::new(2, 0));
    options.rate_limits.max_wait = Duration::from_secs(1);
    let client = PlaidClient::new(options).unwrap();
    client.accounts_get(&token(), &[]).await.unwrap();
    let error = client.accounts_get(&token(), &[]).await.unwrap_err();
    assert_eq!((error.kind(), calls(&server).await), (ProviderErrorKind::RetryLater, 1));
    assert!(error.retry_after().unwrap() > Duration::from_secs(1));
    let other = finance_core::AccessToken::new("access-of-another-item");
    client.accounts_get(&other, &[]).await.unwrap();
}
