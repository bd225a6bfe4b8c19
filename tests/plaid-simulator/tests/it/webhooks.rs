//! Webhooks as a receiver gets them.

use std::sync::{Arc, Mutex};

use plaid_simulator::{Advance, Change, FireWebhook, NewConnection, Readiness, ReadinessPlan};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::harness::{Bench, options};

/// Answers the first requests with 500, the others with 200, and keeps what it got.
async fn receiver(failures: usize) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let mut piece = [0; 4_096];
            loop {
                let read = stream.read(&mut piece).await.unwrap();
                bytes.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.lines().find_map(|line| {
                    line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
                });
                if read == 0 || length.is_some_and(|length| body.len() >= length) {
                    break;
                }
            }
            let number = {
                let mut seen = keep.lock().unwrap();
                seen.push(String::from_utf8(bytes).unwrap());
                seen.len()
            };
            let status = if number <= failures { "500 No" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, seen)
}

fn codes(bench: &Bench) -> Vec<String> {
    let code = |body: &Value| {
        format!("{}/{}", body["webhook_type"].as_str().unwrap(), body["webhook_code"].as_str().unwrap())
    };
    bench.control().deliveries().iter().map(|delivery| code(&delivery.body)).collect()
}

#[tokio::test]
async fn a_receiver_gets_signed_pretty_json_and_is_tried_again() {
    let (url, seen) = receiver(1).await;
    let bench = Bench::start(options()).await;
    let control = bench.control();
    let item = control.connect(NewConnection { webhook: Some(url), ..NewConnection::default() }).unwrap();
    bench.ok("/sandbox/item/reset_login", json!({"access_token": item.access_token})).await;
    control.webhooks_settled().await;
    let attempts: Vec<_> = control.deliveries().iter().map(|one| (one.attempt, one.status)).collect();
    assert_eq!(attempts, [(1, Some(500)), (2, Some(200))]);
    let request = seen.lock().unwrap()[1].clone();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains("plaid-verification: ey"), "{head}");
    assert!(body.starts_with("{\n  \""), "indented by two spaces: {body}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["webhook_type"], &body["webhook_code"]), (&json!("ITEM"), &json!("ERROR")));
    assert_eq!(body["error"]["error_code"], "ITEM_LOGIN_REQUIRED");
    assert!(body["error"].get("request_id").is_none() && body["error"]["status"] == 400);
    let old = control.key_id();
    let new = control.rotate_key();
    let expired = |id: &str| bench.ok("/webhook_verification_key/get", json!({"key_id": id}));
    assert!(expired(&old).await["key"]["expired_at"].is_i64());
    assert!(expired(&new).await["key"]["expired_at"].is_null());
}

#[tokio::test]
async fn sync_arms_its_webhook_and_legacy_ones_come_anyway() {
    let (url, _) = receiver(0).await;
    let mut options = options();
    options.readiness = ReadinessPlan::ByCommand;
    let bench = Bench::start(options).await;
    let control = bench.control();
    let item = control.connect(NewConnection { webhook: Some(url), ..NewConnection::default() }).unwrap();
    let ready = |readiness| control.change(&item.item_id, vec![Change::SetReadiness { readiness }]).unwrap();
    ready(Readiness::InitialUpdateComplete);
    control.webhooks_settled().await;
    assert_eq!(codes(&bench), ["TRANSACTIONS/INITIAL_UPDATE"]);
    bench.ok("/transactions/sync", json!({"access_token": item.access_token})).await;
    ready(Readiness::HistoricalUpdateComplete);
    control.webhooks_settled().await;
    assert_eq!(codes(&bench)[1..], ["TRANSACTIONS/HISTORICAL_UPDATE", "TRANSACTIONS/SYNC_UPDATES_AVAILABLE"]);
    assert_eq!(control.deliveries()[2].body["historical_update_complete"], true);
    let before = control.deliveries().len();
    control.advance(&Advance { days: 4, seed: 1, item: None }).unwrap();
    control.webhooks_settled().await;
    let lately = codes(&bench)[before..].to_vec();
    for code in ["DEFAULT_UPDATE", "TRANSACTIONS_REMOVED", "SYNC_UPDATES_AVAILABLE"] {
        assert!(lately.contains(&format!("TRANSACTIONS/{code}")), "{code} in {lately:?}");
    }
    let state = bench.ok("/item/get", json!({"access_token": item.access_token})).await;
    assert_eq!(state["status"]["last_webhook"]["code_sent"], "SYNC_UPDATES_AVAILABLE");
}

#[tokio::test]
async fn any_webhook_can_be_fired_and_the_sandbox_ones_by_endpoint() {
    let (url, _) = receiver(0).await;
    let bench = Bench::start(options()).await;
    let control = bench.control();
    let item = bench.connect();
    let access_token = json!(item.access_token);
    let fire = |code: &str| json!({"access_token": access_token, "webhook_code": code});
    let path = "/sandbox/item/fire_webhook";
    assert_eq!(bench.error(path, fire("LOGIN_REPAIRED")).await, "SANDBOX_WEBHOOK_INVALID");
    bench.ok("/item/webhook/update", json!({"access_token": access_token, "webhook": url})).await;
    for code in [
        "DEFAULT_UPDATE",
        "NEW_ACCOUNTS_AVAILABLE",
        "USER_PERMISSION_REVOKED",
        "USER_ACCOUNT_REVOKED",
        "PENDING_DISCONNECT",
        "RECURRING_TRANSACTIONS_UPDATE",
        "LOGIN_REPAIRED",
        "SYNC_UPDATES_AVAILABLE",
    ] {
        assert_eq!(bench.ok(path, fire(code)).await["webhook_fired"], true);
    }
    assert_eq!(bench.error(path, fire("ERROR")).await, "SANDBOX_PRODUCT_NOT_ENABLED");
    let mut extra = Map::new();
    extra.insert("consent_expiration_time".into(), json!("2026-12-01T00:00:00Z"));
    let pending =
        FireWebhook { webhook_type: "ITEM".into(), webhook_code: "PENDING_EXPIRATION".into(), extra };
    control.fire_webhook(&item.item_id, pending).unwrap();
    control.webhooks_settled().await;
    let sent = codes(&bench);
    assert_eq!(sent.len(), 10);
    for code in ["WEBHOOK_UPDATE_ACKNOWLEDGED", "PENDING_EXPIRATION", "PENDING_DISCONNECT"] {
        assert!(sent.contains(&format!("ITEM/{code}")), "{code} in {sent:?}");
    }
}
