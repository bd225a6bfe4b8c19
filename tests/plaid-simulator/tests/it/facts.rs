//! Every kind of answer and webhook against the schema of Plaid's own client library.

use plaid_simulator::{Advance, Change, FireWebhook, LinkSession, NewConnection, error_codes};
use serde_json::{Map, Value, json};

use crate::harness::{Bench, options, token};

/// Keys that newer client libraries require and the facts do not know yet.
const NEWER: [&str; 1] = ["connection_availability"];

struct Facts(Value);

impl Facts {
    fn read() -> Self {
        let folder = std::env::var("PLAID_FACTS").expect("PLAID_FACTS is the folder of Plaid's public facts");
        let text = std::fs::read(format!("{folder}/plaid-schema-facts.json")).unwrap();
        Self(serde_json::from_slice(&text).unwrap())
    }

    fn schema(&self, name: &str) -> &Value {
        let schema = &self.0["schemas"][name.trim_start_matches('#')];
        assert!(schema.is_object(), "no schema {name}");
        schema
    }

    fn check_answer(&self, path: &str, answer: &Value) {
        let schema = self.0["operations"][path]["response"].as_str().expect(path);
        self.check(path, answer, &json!({"type": schema}));
    }

    fn check_named(&self, schema: &str, value: &Value) {
        self.check(schema, value, &json!({"type": format!("#{schema}")}));
    }

    fn nullable(&self, property: &Value) -> bool {
        let referenced = property["type"].as_str().filter(|kind| kind.starts_with('#'));
        property["nullable"] == true || referenced.is_some_and(|name| self.schema(name)["nullable"] == true)
    }

    /// Stricter than any client: keys the schema does not know are faults too.
    fn check(&self, path: &str, value: &Value, property: &Value) {
        if value.is_null() {
            assert!(self.nullable(property), "{path} is null");
            return;
        }
        let declared = &property["type"];
        if let Some(name) = declared.as_str().filter(|kind| kind.starts_with('#')) {
            return self.check(path, value, self.schema(name));
        }
        if let Some(choices) = property["enum"].as_array() {
            assert!(choices.contains(value), "{path}: {value} is none of {choices:?}");
        }
        if declared["array"] != Value::Null {
            let list = value.as_array().unwrap_or_else(|| panic!("{path} is no list"));
            let element = json!({"type": declared["array"]});
            list.iter().enumerate().for_each(|(at, one)| self.check(&format!("{path}[{at}]"), one, &element));
            return;
        }
        let text = || value.as_str().unwrap_or_else(|| panic!("{path} is no text: {value}"));
        match declared.as_str().unwrap_or_else(|| panic!("{path}: type {declared}")) {
            "string" => drop(text()),
            "number" => assert!(value.is_number(), "{path}: {value}"),
            "integer" => assert!(value.is_i64() || value.is_u64(), "{path}: {value}"),
            "boolean" => assert!(value.is_boolean(), "{path}: {value}"),
            "date" => drop(text().parse::<chrono::NaiveDate>().expect(path)),
            "date-time" => drop(chrono::DateTime::parse_from_rfc3339(text()).expect(path)),
            "object" => self.check_object(path, value.as_object().expect(path), property),
            other => panic!("{path}: {other}"),
        }
    }

    fn check_object(&self, path: &str, object: &Map<String, Value>, schema: &Value) {
        for key in schema["required"].as_array().into_iter().flatten() {
            assert!(object.contains_key(key.as_str().unwrap()), "{path} lacks {key}");
        }
        for (key, value) in object.iter().filter(|(key, _)| !NEWER.contains(&key.as_str())) {
            let property = &schema["properties"][key];
            assert!(property.is_object(), "{path}.{key} is not in the schema");
            self.check(&format!("{path}.{key}"), value, property);
        }
    }
}

#[tokio::test]
#[ignore = "needs PLAID_FACTS, the folder of Plaid's public facts"]
async fn by_plaid_facts_every_answer_fits_the_schema() {
    let facts = Facts::read();
    let mut options = options();
    options.accounts = 8;
    options.currencies = ["USD", "BTC", "EUR"].map(String::from).to_vec();
    let bench = Bench::start(options).await;
    let control = bench.control();
    let ask = async |path: &str, body: Value| {
        let answer = bench.ok(path, body).await;
        facts.check_answer(path, &answer);
        answer
    };
    let institution = "ins_127287";
    let link = json!({"client_name": "A", "language": "en", "country_codes": ["US"], "user": {"client_user_id": "u"},
        "products": ["transactions"], "hosted_link": {}});
    ask("/link/token/create", link).await;
    let public = json!({"institution_id": institution, "initial_products": ["transactions"], "options": {"override_username": "user_transactions_dynamic"}});
    let public = ask("/sandbox/public_token/create", public).await;
    let item = ask("/item/public_token/exchange", json!({"public_token": public["public_token"]})).await;
    let access = json!({"access_token": item["access_token"]});
    let with = |key: &str, value: Value| {
        let mut body = access.clone();
        body[key] = value;
        body
    };
    ask("/item/get", access.clone()).await;
    ask("/accounts/get", access.clone()).await;
    ask("/accounts/balance/get", access.clone()).await;
    for version in ["v1", "v2"] {
        let options =
            json!({"personal_finance_category_version": version, "include_original_description": true});
        ask("/transactions/sync", with("options", options)).await;
    }
    let cursor = ask("/transactions/sync", with("count", json!(500))).await["next_cursor"].clone();
    ask("/transactions/refresh", access.clone()).await;
    control.advance(&Advance { days: 20, seed: 2, item: None }).unwrap();
    let day = control.today();
    let one = json!({"date_transacted": day, "date_posted": day, "amount": 1.5, "description": "d"});
    ask("/sandbox/transactions/create", with("transactions", json!([one]))).await;
    let page = ask("/transactions/sync", with("cursor", cursor)).await;
    for array in ["added", "modified", "removed"] {
        assert!(!page[array].as_array().unwrap().is_empty(), "{array} was checked");
    }
    let mut window = access.clone();
    window["start_date"] = json!("2026-01-01");
    window["end_date"] = json!(day);
    ask("/transactions/get", window).await;
    ask("/item/webhook/update", with("webhook", json!("http://127.0.0.1:9/none"))).await;
    ask("/sandbox/item/fire_webhook", with("webhook_code", json!("DEFAULT_UPDATE"))).await;
    let metadata =
        json!({"include_optional_metadata": true, "include_status": true, "include_auth_metadata": true});
    let by_id = json!({"institution_id": institution, "country_codes": ["US"], "options": metadata});
    ask("/institutions/get_by_id", by_id).await;
    ask("/webhook_verification_key/get", json!({"key_id": control.key_id()})).await;
    ask("/sandbox/item/reset_login", access.clone()).await;
    assert!(ask("/item/get", access.clone()).await["item"]["error"].is_object());
    let fresh = ask("/item/access_token/invalidate", access).await;
    ask("/item/remove", json!({"access_token": fresh["new_access_token"]})).await;
    for code in error_codes() {
        control.add_fault(plaid_simulator::FaultRule::once("/item/get", plaid_simulator::Fault::error(code)));
        let (_, error) = bench.call("/item/get", json!({})).await;
        facts.check_named("PlaidError", &error);
    }
}

#[tokio::test]
#[ignore = "needs PLAID_FACTS, the folder of Plaid's public facts"]
async fn by_plaid_facts_every_webhook_fits_the_schema() {
    let facts = Facts::read();
    let mut options = options();
    options.webhook_tries = 1;
    options.readiness = plaid_simulator::ReadinessPlan::ByCommand;
    let bench = Bench::start(options).await;
    let control = bench.control();
    let webhook = Some("http://127.0.0.1:9/none".to_owned());
    let products = ["transactions", "liabilities", "investments"].map(String::from).to_vec();
    let item = control
        .connect(NewConnection { webhook: webhook.clone(), products, ..NewConnection::default() })
        .unwrap();
    bench.ok("/transactions/sync", json!({"access_token": token(&item)})).await;
    let readiness = plaid_simulator::Readiness::HistoricalUpdateComplete;
    let broken = Change::BreakLogin { error_code: "ITEM_LOGIN_REQUIRED".into() };
    control
        .change(&item.item_id, vec![Change::SetReadiness { readiness }, broken, Change::HealLogin])
        .unwrap();
    control.advance(&Advance { days: 5, seed: 1, item: None }).unwrap();
    bench.ok("/item/webhook/update", json!({"access_token": token(&item), "webhook": webhook})).await;
    for (kind, code) in [
        ("ITEM", "NEW_ACCOUNTS_AVAILABLE"),
        ("ITEM", "USER_PERMISSION_REVOKED"),
        ("ITEM", "USER_ACCOUNT_REVOKED"),
        ("ITEM", "PENDING_DISCONNECT"),
        ("TRANSACTIONS", "RECURRING_TRANSACTIONS_UPDATE"),
        ("HOLDINGS", "DEFAULT_UPDATE"),
        ("INVESTMENTS_TRANSACTIONS", "DEFAULT_UPDATE"),
        ("LIABILITIES", "DEFAULT_UPDATE"),
    ] {
        let fire =
            FireWebhook { webhook_type: kind.into(), webhook_code: code.into(), ..FireWebhook::default() };
        control.fire_webhook(&item.item_id, fire).unwrap();
    }
    let link = json!({"client_name": "A", "language": "en", "country_codes": ["US"], "user": {"client_user_id": "u"},
        "products": ["transactions"], "hosted_link": {}, "webhook": webhook});
    let link = bench.ok("/link/token/create", link).await;
    let link_token = link["link_token"].as_str().unwrap().to_owned();
    control.link_session(LinkSession { link_token, ..LinkSession::default() }).unwrap();
    control.webhooks_settled().await;
    let mut checked = std::collections::BTreeSet::new();
    for delivery in control.deliveries() {
        let text = |key: &str| delivery.body[key].as_str().unwrap().to_owned();
        let schema = match (text("webhook_type").as_str(), text("webhook_code").as_str()) {
            ("TRANSACTIONS", "SYNC_UPDATES_AVAILABLE") => "SyncUpdatesAvailableWebhook",
            ("TRANSACTIONS", "INITIAL_UPDATE") => "InitialUpdateWebhook",
            ("TRANSACTIONS", "HISTORICAL_UPDATE") => "HistoricalUpdateWebhook",
            ("TRANSACTIONS", "DEFAULT_UPDATE") => "DefaultUpdateWebhook",
            ("TRANSACTIONS", "TRANSACTIONS_REMOVED") => "TransactionsRemovedWebhook",
            ("TRANSACTIONS", "RECURRING_TRANSACTIONS_UPDATE") => "RecurringTransactionsUpdateWebhook",
            ("ITEM", "ERROR") => "ItemErrorWebhook",
            ("ITEM", "LOGIN_REPAIRED") => "ItemLoginRepairedWebhook",
            ("ITEM", "NEW_ACCOUNTS_AVAILABLE") => "NewAccountsAvailableWebhook",
            ("ITEM", "USER_PERMISSION_REVOKED") => "UserPermissionRevokedWebhook",
            ("ITEM", "USER_ACCOUNT_REVOKED") => "UserAccountRevokedWebhook",
            ("ITEM", "PENDING_DISCONNECT") => "PendingDisconnectWebhook",
            ("ITEM", "WEBHOOK_UPDATE_ACKNOWLEDGED") => "WebhookUpdateAcknowledgedWebhook",
            ("LINK", "SESSION_FINISHED") => "LinkSessionFinishedWebhook",
            ("HOLDINGS", _) => "HoldingsDefaultUpdateWebhook",
            ("INVESTMENTS_TRANSACTIONS", _) => "InvestmentsDefaultUpdateWebhook",
            ("LIABILITIES", _) => "LiabilitiesDefaultUpdateWebhook",
            (kind, code) => panic!("{kind}/{code} is not expected"),
        };
        facts.check_named(schema, &delivery.body);
        checked.insert(schema);
    }
    assert_eq!(checked.len(), 17, "{checked:?}");
}
