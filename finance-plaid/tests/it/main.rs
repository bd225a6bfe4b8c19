//! The client and the provider against servers that answer by script.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod codes;
mod paging;
mod repetition;
mod requests;
mod script;
mod secrecy;
mod webhooks;

use std::time::Duration;

use finance_core::{AccessToken, PublicToken};
use finance_plaid::{
    ClientOptions, Credentials, Environment, PlaidClient, PlaidOptions, PlaidProvider, RetryPolicy,
};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

const CLIENT_ID: &str = "client-id-of-the-test";
const SECRET: &str = "secret-of-the-test";
const ACCESS_TOKEN: &str = "access-sandbox-of-the-test";
const PUBLIC_TOKEN: &str = "public-sandbox-of-the-test";

fn token() -> AccessToken {
    AccessToken::new(ACCESS_TOKEN)
}

fn public_token() -> PublicToken {
    PublicToken::new(PUBLIC_TOKEN)
}

/// Options for a server of the test: up to three calls with next to no waits.
fn options(address: &str) -> ClientOptions {
    let mut options =
        ClientOptions::new(Environment::Custom(address.to_owned()), Credentials::new(CLIENT_ID, SECRET));
    options.retry = RetryPolicy {
        attempts: 3,
        total: Duration::from_secs(30),
        base: Duration::from_millis(2),
        cap: Duration::from_millis(2),
    };
    options
}

fn client(address: &str) -> PlaidClient {
    PlaidClient::new(options(address)).unwrap()
}

fn provider(address: &str) -> PlaidProvider {
    PlaidProvider::new(options(address), PlaidOptions::default()).unwrap()
}

/// A server that gives one answer at one path, however often it is called.
async fn server(at: &str, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path(at)).respond_with(answer).mount(&server).await;
    server
}

async fn calls(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

fn ok(body: Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn failure(status: u16, error_type: &str, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({
        "error_type": error_type, "error_code": code, "error_message": "what Plaid says",
        "display_message": null, "request_id": "request-1",
    }))
}

fn empty_page() -> Value {
    json!({
        "added": [], "modified": [], "removed": [], "accounts": [], "next_cursor": "c1", "has_more": false,
        "transactions_update_status": "HISTORICAL_UPDATE_COMPLETE", "request_id": "request-2",
    })
}
