//! Worlds of any size and from files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use plaid_simulator::{Advance, CustomUser, NewConnection};
use serde_json::{Value, json};

use crate::harness::{Bench, Ledger, options, token};

#[tokio::test]
async fn a_custom_user_comes_through_digit_for_digit() {
    let user = r#"{"override_accounts":[
        {"type":"depository","starting_balance":6543.20,"meta":{"name":"Mine","mask":"4321"},"transactions":[
            {"date_transacted":"2026-08-01","date_posted":"2026-08-03","amount":575.67,"description":"One","currency":"USD"},
            {"date_transacted":"2026-11-21","date_posted":"2026-11-25","amount":-12.10,"description":"Soon","currency":"USD"},
            {"date_transacted":"2020-01-01","date_posted":"2020-01-01","amount":144575.57,"description":"Old","currency":"EUR"}]},
        {"type":"payroll","subtype":"payroll"},
        {"type":"depository","currency":"BTC","has_null_available_balance":true,"transactions":[
            {"date_posted":"2026-08-01","amount":0.00000001,"description":"Dust"}]}]}"#;
    let bench = Bench::start(options()).await;
    let access_token = bench.sandbox_item("ins_109508", "user_custom", user).await;
    let (_, accounts) = bench.text("/accounts/get", &json!({"access_token": access_token})).await;
    assert!(accounts.contains("\"current\":6543.20"), "{accounts}");
    let accounts: Value = serde_json::from_str(&accounts).unwrap();
    assert_eq!(accounts["accounts"][0]["name"], "Mine");
    assert_eq!(accounts["accounts"][1]["type"], "other");
    assert_eq!(accounts["accounts"][2]["balances"]["unofficial_currency_code"], "BTC");
    assert!(accounts["accounts"][2]["balances"]["available"].is_null());
    let mut ledger = Ledger::default();
    ledger.sync(&bench, &access_token, 500).await;
    let seen: BTreeMap<_, _> = ledger
        .rows
        .values()
        .map(|row| (row.name.as_str(), (row.amount.as_str(), row.date.as_str(), row.pending)))
        .collect();
    let want = [
        ("Dust", ("0.00000001", "2026-08-01", false)),
        ("Old", ("144575.57", "2020-01-01", false)),
        ("One", ("575.67", "2026-08-03", false)),
        ("Soon", ("-12.10", "2026-11-25", true)),
    ];
    assert_eq!(seen, BTreeMap::from(want));
    bench.control().advance(&Advance { days: 40, seed: 1, item: None }).unwrap();
    ledger.sync(&bench, &access_token, 500).await;
    ledger.assert_true(&bench.control(), &access_token);
}

#[tokio::test]
async fn logins_are_worlds_of_their_own_and_sizes_can_be_chosen() {
    let bench = Bench::start(options()).await;
    let control = bench.control();
    let connect = |username: &str, transactions| {
        let new = NewConnection {
            username: username.into(),
            transactions: Some(transactions),
            ..NewConnection::default()
        };
        control.connect(new).unwrap()
    };
    let (one, two) = (connect("ann", 30_000), connect("ben", 7));
    let mut ledger = Ledger::default();
    assert_eq!(ledger.sync(&bench, &token(&one), 500).await.added, 30_000);
    ledger.assert_true(&control, &one.item_id);
    assert_eq!(Ledger::default().sync(&bench, &token(&two), 500).await.added, 7);
}

#[tokio::test]
async fn large_answers_are_compressed_when_asked_for() {
    let bench = Bench::start(options()).await;
    let body = json!({"access_token": bench.connect().access_token, "count": 200});
    let plain = bench.request("/transactions/sync").json(&body).send().await.unwrap().bytes().await.unwrap();
    let asked = bench.request("/transactions/sync").header("accept-encoding", "br, gzip").json(&body);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let zipped = answer.bytes().await.unwrap();
    assert!(zipped.len() * 5 < plain.len());
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&zipped[..]), &mut text).unwrap();
    let (one, two): (Value, Value) =
        (serde_json::from_str(&text).unwrap(), serde_json::from_slice(&plain).unwrap());
    assert_eq!(one["added"], two["added"]);
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|end| end == "json") {
            found.push(path);
        }
    }
}

#[tokio::test]
#[ignore = "needs PLAID_FACTS, the folder of Plaid's public facts"]
async fn by_plaid_facts_every_public_custom_user_loads_with_its_sums() {
    let folder = std::env::var("PLAID_FACTS").expect("PLAID_FACTS");
    let mut found = Vec::new();
    files(&Path::new(&folder).join("sandbox-custom-users"), &mut found);
    assert_eq!(found.len(), 32);
    for path in found {
        let text = std::fs::read(&path).unwrap();
        let mut options = options();
        options.user = Some(CustomUser::from_json(&text).unwrap_or_else(|error| panic!("{path:?}: {error}")));
        let bench = Bench::start(options).await;
        let item = bench.connect();
        let file: Value = serde_json::from_slice(&text).unwrap();
        let accounts = file["override_accounts"].as_array().cloned().unwrap_or_default();
        let truth = bench.control().truth_accounts(&item.item_id).unwrap();
        assert_eq!(truth.len(), accounts.len(), "{path:?}");
        for (ours, theirs) in truth.iter().zip(&accounts) {
            let amounts = theirs["transactions"].as_array().cloned().unwrap_or_default();
            let amounts: Vec<f64> = amounts.iter().filter_map(|one| one["amount"].as_f64()).collect();
            assert_eq!(ours.transactions as usize, amounts.len(), "{path:?}");
            let cents: i64 = amounts.iter().map(|amount| (amount * 100.0).round() as i64).sum();
            assert_eq!(ours.sum, rust_decimal::Decimal::new(cents, 2), "{path:?} {}", ours.name);
        }
        let mut ledger = Ledger::default();
        ledger.sync(&bench, &token(&item), 100).await;
        ledger.assert_true(&bench.control(), &item.item_id);
    }
}

#[tokio::test]
#[ignore = "takes a minute without optimisation: a million rows"]
async fn a_million_transactions_are_served_and_agree_with_the_summary() {
    let mut options = options();
    options.transactions = 1_000_000;
    let bench = Bench::start(options).await;
    let item = bench.connect();
    let (mut cursor, mut rows) = (json!(""), 0);
    loop {
        let body = json!({"access_token": item.access_token, "count": 500, "cursor": cursor});
        let page = bench.ok("/transactions/sync", body).await;
        rows += page["added"].as_array().unwrap().len() as u64;
        cursor = page["next_cursor"].clone();
        if page["has_more"] == false {
            break;
        }
    }
    let accounts = bench.control().truth_accounts(&item.item_id).unwrap();
    assert_eq!(rows, 1_000_000);
    assert_eq!(accounts.iter().map(|account| account.transactions).sum::<u64>(), rows);
}
