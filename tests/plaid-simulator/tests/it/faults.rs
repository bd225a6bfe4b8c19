//! Every fault, as a client meets it.

use std::time::{Duration, Instant};

use plaid_simulator::{Fault, FaultRule, error_codes};
use serde_json::{Value, json};

use crate::harness::{Bench, Ledger, options, token};

const SYNC: &str = "/transactions/sync";

#[tokio::test]
async fn every_error_code_can_be_asked_for() {
    let bench = Bench::start(options()).await;
    let item = bench.connect();
    for code in error_codes() {
        bench.control().add_fault(FaultRule::once(SYNC, Fault::error(code)));
        let (status, error) = bench.call(SYNC, json!({"access_token": item.access_token})).await;
        assert_eq!(error["error_code"], code);
        let want = match error["error_type"].as_str().unwrap() {
            "RATE_LIMIT_EXCEEDED" => 429,
            "API_ERROR" if code == "PLANNED_MAINTENANCE" => 503,
            "API_ERROR" => 500,
            _ if code == "NOT_FOUND" => 404,
            _ => 400,
        };
        assert_eq!(status, want, "{code}");
    }
    let hint = Fault::Error {
        code: "NEW_CODE".into(),
        error_type: Some("NEW_ERROR".into()),
        status: Some(418),
        message: None,
        retry_after: Some(7),
    };
    bench.control().add_fault(FaultRule::once(SYNC, hint));
    let answer = bench.request(SYNC).json(&json!({"access_token": item.access_token})).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (418, "7"));
    assert!(answer.text().await.unwrap().contains("NEW_ERROR"));
    bench.ok(SYNC, json!({"access_token": item.access_token})).await;
}

#[tokio::test]
async fn answers_are_spoiled_as_asked() {
    let bench = Bench::start(options()).await;
    let item = bench.connect();
    let body = json!({"access_token": item.access_token, "count": 5});
    let strike = |fault| bench.control().add_fault(FaultRule::once(SYNC, fault));
    let send = || bench.request(SYNC).json(&body).send();

    strike(Fault::Gateway { status: 502, retry_after: None });
    let answer = send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 502);
    assert!(answer.text().await.unwrap().starts_with("<html>"));

    for fault in [Fault::CutBeforeAnswer, Fault::CutAfterWork] {
        strike(fault);
        assert!(send().await.is_err(), "no answer at all");
    }
    strike(Fault::CutBody { after: Some(100) });
    assert!(send().await.unwrap().text().await.is_err(), "the body breaks off");

    for fault in [Fault::TruncatedJson, Fault::WrongJson] {
        strike(fault);
        let text = send().await.unwrap().text().await.unwrap();
        let object = serde_json::from_str::<Value>(&text).is_ok_and(|value| value.is_object());
        assert!(!object);
    }
    let start = Instant::now();
    strike(Fault::Delay { milliseconds: 80 });
    send().await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(80));

    let start = Instant::now();
    strike(Fault::Drip { bytes: 2_000, milliseconds: 10 });
    let text = send().await.unwrap().text().await.unwrap();
    assert!(serde_json::from_str::<Value>(&text).is_ok() && start.elapsed() >= Duration::from_millis(40));

    strike(Fault::Oversized { bytes: 3_000_000 });
    let text = send().await.unwrap().text().await.unwrap();
    assert!(text.len() > 3_000_000);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["added"].as_array().unwrap().len(), 5);

    strike(Fault::NullArrays);
    let page: Value = serde_json::from_str(&send().await.unwrap().text().await.unwrap()).unwrap();
    assert!(page["modified"].is_null() && page["removed"].is_null() && page["added"].is_array());

    strike(Fault::UnknownValues);
    let page: Value = serde_json::from_str(&send().await.unwrap().text().await.unwrap()).unwrap();
    assert!(page["added"][0]["a_new_key"].is_object());
    assert_eq!(page["added"][0]["transaction_code"], "teleport");

    strike(Fault::Answer { status: 200, content_type: "text/plain".into(), body: "hi".into() });
    assert_eq!(send().await.unwrap().text().await.unwrap(), "hi");
    let names: Vec<_> =
        bench.control().journal(Some(SYNC)).into_iter().filter_map(|entry| entry.fault).collect();
    assert_eq!(names.len(), 12);
    assert!(bench.control().faults().is_empty());
}

#[tokio::test]
async fn cursors_misbehave_as_asked() {
    let bench = Bench::start(options()).await;
    let (control, item) = (bench.control(), bench.connect());
    let page = |cursor: Value| {
        bench.ok(SYNC, json!({"access_token": item.access_token, "count": 60, "cursor": cursor}))
    };
    let first = page(json!("")).await;
    control.add_fault(FaultRule::once(SYNC, Fault::DuplicatePage).on_page(1));
    let second = page(first["next_cursor"].clone()).await;
    let twice = page(second["next_cursor"].clone()).await;
    assert_eq!(second["added"], twice["added"]);
    assert_ne!(second["next_cursor"], twice["next_cursor"]);
    let mut ledger = Ledger::default();
    control.add_fault(FaultRule::once(SYNC, Fault::DuplicatePage).on_page(3));
    assert_eq!(ledger.sync(&bench, &token(&item), 60).await.pages, 5);
    ledger.assert_true(&control, &item.item_id);

    control.add_fault(FaultRule::always(SYNC, Fault::UnchangedCursor));
    let stuck = page(first["next_cursor"].clone()).await;
    assert_eq!((&stuck["next_cursor"], &stuck["has_more"]), (&first["next_cursor"], &json!(true)));
    control.clear_faults();
    control.add_fault(FaultRule::once(SYNC, Fault::EmptyCursor));
    let empty = page(json!("")).await;
    assert_eq!((&empty["next_cursor"], &empty["has_more"]), (&json!(""), &json!(true)));
}

#[tokio::test]
async fn mutation_strikes_at_the_chosen_page() {
    let bench = Bench::start(options()).await;
    let item = bench.connect();
    let fault = Fault::error("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION");
    bench.control().add_fault(FaultRule::once(SYNC, fault).on_page(2).of_item(&item.item_id));
    let mut cursor = json!("");
    for number in 0..3 {
        let body = json!({"access_token": item.access_token, "count": 20, "cursor": cursor});
        let (status, answer) = bench.call(SYNC, body).await;
        assert_eq!(status, if number == 2 { 400 } else { 200 });
        cursor = answer["next_cursor"].clone();
    }
}
