//! The commands over HTTP, and the program.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::harness::{Bench, Ledger, http_client, options};

struct Levers<'a>(&'a Bench);

impl Levers<'_> {
    async fn send(&self, method: &str, path: &str, body: Option<Value>) -> (u16, String) {
        let url = format!("{}/_simulator{path}", self.0.simulator.url());
        let request = self.0.http.request(method.parse().unwrap(), url);
        let request = body.iter().fold(request, |request, body| request.json(body));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn ok(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, text) = self.send(method, path, body).await;
        assert_eq!(status, 200, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap()
    }
}

#[tokio::test]
async fn every_command_can_be_given_over_http() {
    let bench = Bench::start(options()).await;
    let levers = Levers(&bench);
    assert_eq!(levers.ok("GET", "/today", None).await["today"], "2026-11-22");
    let item = levers.ok("POST", "/connections", Some(json!({"username": "http", "transactions": 20}))).await;
    let id = item["item_id"].as_str().unwrap();
    let access_token = item["access_token"].as_str().unwrap();
    let changes = json!({"changes": [
        {"add_transaction": {"account": "Plaid Checking", "amount": "-1234567.890", "name": "Big", "pending": true, "fields": {"merchant_name": "Big Inc", "check_number": "7"}}},
        {"set_balance": {"account": "0000", "current": 12.30, "available": null}},
        {"break_login": {}}, "heal_login", "page_break",
    ]});
    let made = levers.ok("POST", &format!("/connections/{access_token}/changes"), Some(changes)).await;
    let pending = made["outcomes"][0]["transaction_id"].as_str().unwrap();
    let post = json!({"changes": [{"post_pending": {"transaction_id": pending, "amount": -1234567.89}}], "silent": true});
    levers.ok("POST", &format!("/connections/{id}/changes"), Some(post)).await;
    let (_, truth) = levers.send("GET", &format!("/connections/{id}/truth"), None).await;
    assert!(truth.contains("\"amount\":-1234567.89,"), "{truth}");
    let truth: Value = serde_json::from_str(&truth).unwrap();
    assert_eq!(truth["transactions"].as_array().unwrap().len(), 21);
    let summary = levers.ok("GET", &format!("/connections/{id}/summary"), None).await;
    assert_eq!(summary["accounts"], truth["accounts"]);
    let page = bench.ok("/transactions/sync", json!({"access_token": access_token, "count": 500})).await;
    assert_eq!(
        (page["added"].as_array().unwrap().len(), &page["has_more"]),
        (20, &json!(true)),
        "the page breaks"
    );
    let rest = json!({"access_token": access_token, "cursor": page["next_cursor"]});
    let page = bench.ok("/transactions/sync", rest).await;
    let big = page["added"].as_array().unwrap().iter().find(|row| row["name"] == "Big").unwrap();
    assert_eq!((&big["merchant_name"], &big["check_number"]), (&json!("Big Inc"), &json!("7")));
    assert_eq!(big["pending_transaction_id"], pending);

    assert_eq!(
        levers.ok("POST", "/advance", Some(json!({"days": 3, "seed": 1}))).await["today"],
        "2026-11-25"
    );
    let relinked = levers.ok("POST", &format!("/connections/{id}/relink"), None).await;
    assert_ne!(relinked["item_id"], id);
    assert_eq!(levers.ok("GET", &format!("/connections/{id}"), None).await["updates"], 1);
    assert_eq!(levers.ok("GET", "/connections", None).await["connections"].as_array().unwrap().len(), 2);
    let link = bench
        .ok(
            "/link/token/create",
            json!({"client_name": "App", "language": "en", "country_codes": ["US"], "user": {"client_user_id": "u"}, "products": ["transactions"]}),
        )
        .await;
    let session = json!({"link_token": link["link_token"], "accounts": ["0000"]});
    let linked = levers.ok("POST", "/link_session", Some(session)).await;
    assert_eq!(linked["metadata"]["accounts"].as_array().unwrap().len(), 1);

    let rule = json!({"faults": [{"endpoint": "/item/get", "fault": {"error": {"code": "RATE_LIMIT"}}}]});
    levers.ok("POST", "/faults", Some(rule)).await;
    assert_eq!(levers.ok("GET", "/faults", None).await["faults"].as_array().unwrap().len(), 1);
    assert_eq!(bench.error("/item/get", json!({"access_token": access_token})).await, "RATE_LIMIT");
    levers.ok("DELETE", "/faults", None).await;
    let journal = levers.ok("GET", "/journal?endpoint=/item/get", None).await;
    assert_eq!(journal["requests"][0]["error_code"], "RATE_LIMIT");
    assert_eq!(journal["requests"][0]["body"], json!({"access_token": "***"}));
    levers.ok("DELETE", "/journal", None).await;
    assert_eq!(levers.ok("GET", "/journal", None).await["requests"], json!([]));
    let old = levers.ok("GET", "/webhooks/keys", None).await;
    assert_ne!(levers.ok("POST", "/webhooks/keys", None).await, old);
    let fire = json!({"webhook_type": "ITEM", "webhook_code": "LOGIN_REPAIRED"});
    levers.ok("POST", &format!("/connections/{id}/webhooks"), Some(fire)).await;
    assert_eq!(levers.ok("GET", "/webhooks", None).await["deliveries"], json!([]), "it has no URL");
}

#[tokio::test]
async fn webhooks_are_dated_by_the_clock_that_was_set() {
    let mut options = options();
    options.webhook_tries = 1;
    let bench = Bench::start(options).await;
    let levers = Levers(&bench);
    let item = levers.ok("POST", "/connections", Some(json!({"webhook": "http://127.0.0.1:9/"}))).await;
    levers.ok("POST", "/webhooks/clock", Some(json!({"ahead_seconds": -86_400}))).await;
    let fire = json!({"webhook_type": "ITEM", "webhook_code": "LOGIN_REPAIRED"});
    let path = format!("/connections/{}/webhooks", item["item_id"].as_str().unwrap());
    levers.ok("POST", &path, Some(fire)).await;
    let sent = levers.ok("GET", "/webhooks", None).await;
    let claims = sent["deliveries"][0]["verification"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let half_a_day_ago = (Utc::now() - TimeDelta::hours(12)).timestamp();
    assert!(claims["iat"].as_i64().unwrap() < half_a_day_ago, "{claims}");
}

#[tokio::test]
async fn mistaken_commands_say_so() {
    let bench = Bench::start(options()).await;
    let levers = Levers(&bench);
    let id = bench.connect().item_id;
    let changes = format!("/connections/{id}/changes");
    let one = |change: Value| Some(json!({"changes": [change]}));
    for (path, body, status) in [
        (changes.as_str(), one(json!({"remove_transaction": {"transaction_id": "x"}})), 404),
        (&changes, one(json!({"close_account": {"account": "x"}})), 404),
        (&changes, one(json!({"no_such": {}})), 400),
        (
            &changes,
            one(json!({"add_transaction": {"account": "0000", "amount": 1, "name": "n", "oops": 1}})),
            400,
        ),
        ("/connections/x/changes", one(json!("heal_login")), 404),
        ("/connections", Some(json!({"institution_id": "ins_0"})), 400),
        ("/link_session", Some(json!({"link_token": "x"})), 400),
        ("/nowhere", Some(json!({})), 404),
    ] {
        let (found, text) = levers.send("POST", path, body).await;
        assert_eq!(found, status, "{path}: {text}");
        assert!(serde_json::from_str::<Value>(&text).unwrap()["error"].is_string());
    }
}

#[tokio::test]
async fn the_program_says_where_it_listens_and_ends_when_told() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_plaid-simulator"))
        .args(["--port", "0", "--seed", "3", "--transactions", "12", "--today", "2026-11-22"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let url = first.trim().strip_prefix("listening on ").expect("its first line").to_owned();
    let answer = http_client().post(format!("{url}/_simulator/connections")).body("{}").send().await.unwrap();
    let item: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert!(item["access_token"].is_string());
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(child.wait().unwrap().success());
    let mistake = Command::new(env!("CARGO_BIN_EXE_plaid-simulator"))
        .args(["--user", "/no/such/file"])
        .output()
        .unwrap();
    assert!(!mistake.status.success());
    assert!(String::from_utf8_lossy(&mistake.stderr).contains("cannot read /no/such/file"));
}

#[tokio::test]
async fn a_server_stops_when_dropped() {
    let bench = Bench::start(options()).await;
    let (url, http) = (bench.simulator.url().to_owned(), bench.http.clone());
    Ledger::default().sync(&bench, &bench.connect().access_token.unwrap(), 500).await;
    drop(bench);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(http.post(url).send().await.is_err());
}
