//! What the operations answer, as JSON.

use finance_core::conformance::samples::{account, row};
use finance_core::conformance::{ProviderFixture, SampleBooks, ScriptedCall};
use finance_core::*;
use serde_json::{Value, json};

/// The answer as JSON, in which no amount is a number: every number is a whole one, and none is called as amounts are.
fn written(answer: &impl serde::Serialize) -> Value {
    let json = serde_json::to_value(answer).unwrap();
    check("", &json);
    json
}

fn check(name: &str, value: &Value) {
    const AMOUNTS: [&str; 6] = ["amount", "current", "available", "limit", "balance", "rows_per_run"];
    match value {
        Value::Number(number) => {
            assert!(!number.is_f64() && !AMOUNTS.contains(&name), "{name}: {number} must be a text");
        }
        Value::Array(items) => items.iter().for_each(|item| check(name, item)),
        Value::Object(fields) => fields.iter().for_each(|(name, field)| check(name, field)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[test]
fn names_are_the_stable_ones() {
    fn same<T: serde::Serialize + Copy>(all: impl IntoIterator<Item = T>, name: fn(T) -> &'static str) {
        for value in all {
            assert_eq!(serde_json::to_value(value).unwrap(), name(value));
        }
    }
    same(ConnectionStatus::ALL, ConnectionStatus::name);
    same(RunOutcome::ALL, RunOutcome::name);
    same(RowOrigin::ALL, RowOrigin::name);
    same(HealthFactor::ALL, HealthFactor::name);
    same(HardFault::ALL, HardFault::name);
    same(Recommendation::ALL, Recommendation::name);
    same(PauseReason::ALL, PauseReason::name);
    same(ProviderErrorKind::ALL, ProviderErrorKind::name);
    same(AccountKind::ALL.iter().copied(), AccountKind::name);
    for text in ["online", "in store", "other", "by pigeon"] {
        assert_eq!(serde_json::to_value(PaymentChannel::from_name(text)).unwrap(), text);
    }
}

#[tokio::test]
async fn overviews_have_stable_names_and_money_as_text() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    engine.reconcile(anna, &ReconcileRequest::new(SyncScope::All)).await.unwrap();

    let overview = written(&engine.sync_overview(anna).await.unwrap());
    let account = &overview["accounts"][0];
    assert_eq!(account["balances"]["current"], "100.00");
    assert_eq!((&account["status"], &account["state"]), (&json!("open"), &json!("good")));
    assert_eq!(account["kind"], "checking");
    assert_eq!(account["health"]["parts"][0]["factor"], "reconciliation");
    assert_eq!(account["next_due"]["at"]["why"], "period");
    assert_eq!(overview["totals"]["by_currency"][0]["net"], json!({"amount": "200.00", "currency": "USD"}));
    assert_eq!(overview["next_sync"]["why"], "period");

    let status =
        written(&engine.sync_status(anna, StatusSubject::Connection(books.connection)).await.unwrap());
    assert_eq!(status["latest_runs"][0]["outcome"], "applied");
    assert_eq!(status["statistics"]["rows_per_run"], "4.0");
    assert!(status["indicators"][0]["light"].is_string());

    let report = written(&engine.connection_status(anna).await.unwrap());
    assert_eq!(report["connections"][0]["action"], json!({"action": "nothing"}));

    let own = written(&engine.account_health(anna, books.accounts[0]).await.unwrap());
    assert_eq!(own["account"], json!(books.accounts[0].number()));
}

#[tokio::test]
async fn reports_of_imports_have_money_as_text() {
    let books = SampleBooks::new().await;
    let file = ImportRequest {
        bytes: b"Date,Description,Amount\n2026-01-05,Whole Foods,-42.10\n".to_vec(),
        ..ImportRequest::default()
    };
    let report = written(&books.engine.import_file(&books.user, books.accounts[1], &file).await.unwrap());
    assert_eq!(report["format"], "csv");
    let row = &report["rows"][0];
    assert_eq!(row["amount"], json!({"amount": "-42.10", "currency": "USD"}));
    assert_eq!((&row["row"]["amount"], &row["verdict"]["action"]), (&json!("-42.10"), &json!("insert")));
}

#[tokio::test]
async fn plans_of_merges_name_their_reasons() {
    let books = SampleBooks::new().await;
    let rows = vec![row("n0", "n", "-1.00")];
    let mut again = account("n");
    again.name = "Account a".to_owned();
    let sign_in = books.provider.sign_in(vec![again], rows, true).await;
    let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(sign_in) };
    let new = books.engine.link(&books.user, request).await.unwrap().connection.id;
    let answers = MergeAnswers::default();
    let plan = books.engine.plan_merge(&books.user, books.connection, new, &answers).await.unwrap();
    let json = written(&plan);
    assert_eq!(json["accounts"][0]["verdict"], plan.accounts[0].verdict.name());
    let reasons = &json["accounts"][0]["candidates"][0]["reasons"];
    assert!(reasons.as_array().unwrap().contains(&json!("same_name")), "{reasons}");
}

#[tokio::test]
async fn a_receipt_tells_what_was_not_ended_by_its_message() {
    let books = SampleBooks::new().await;
    books.provider.fail(ScriptedCall::RemoveConnection, [Some(ProviderErrorKind::Unavailable)]);
    let options = ForgetOptions { even_if_the_provider_fails: true };
    let receipt = books.engine.forget_user(&books.user, &options).await.unwrap();
    let (id, error) = &receipt.not_ended[0];
    let json = written(&receipt);
    assert_eq!(json["not_ended"], json!([[id.as_str(), error.to_string()]]));
    assert_eq!(json["erased"]["accounts"], 2);
}
