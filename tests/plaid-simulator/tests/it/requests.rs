//! What a request may hold, tokens, Link, the smaller endpoints.

use plaid_simulator::{Change, LinkSession};
use serde_json::{Value, json};

use crate::harness::{Bench, options, token};

#[tokio::test]
async fn faulty_requests_are_refused_with_their_code() {
    let bench = Bench::start(options()).await;
    let item = bench.connect();
    let access_token = token(&item);
    let public = json!({"institution_id": "ins_109508", "initial_products": ["transactions"]});
    let with = |body: &Value, key: &str, value: Value| {
        let mut body = body.clone();
        body[key] = value;
        body
    };
    let user = json!({"client_user_id": "u"});
    let link = json!({"client_name": "App", "language": "en", "country_codes": ["US"], "user": user, "products": ["transactions"]});
    let without = |key: &str| {
        let mut body = link.clone();
        body.as_object_mut().unwrap().remove(key);
        body
    };
    for (path, body, kind, code) in [
        ("/accounts/get", json!({}), "INVALID_REQUEST", "MISSING_FIELDS"),
        ("/accounts/get", json!({"access_token": "x", "extra": 1}), "INVALID_REQUEST", "UNKNOWN_FIELDS"),
        (
            "/accounts/get",
            json!({"access_token": "x", "options": {"extra": 1}}),
            "INVALID_REQUEST",
            "UNKNOWN_FIELDS",
        ),
        ("/accounts/get", json!({"access_token": 1}), "INVALID_REQUEST", "INVALID_FIELD"),
        ("/accounts/get", json!({"access_token": "x", "options": null}), "INVALID_REQUEST", "INVALID_FIELD"),
        ("/accounts/get", json!({"access_token": "x"}), "INVALID_INPUT", "INVALID_ACCESS_TOKEN"),
        (
            "/accounts/get",
            json!({"access_token": access_token, "options": {"account_ids": ["x"]}}),
            "INVALID_INPUT",
            "INVALID_ACCOUNT_ID",
        ),
        (
            "/transactions/sync",
            json!({"access_token": access_token, "count": 0}),
            "INVALID_REQUEST",
            "INVALID_FIELD",
        ),
        (
            "/transactions/sync",
            json!({"access_token": access_token, "count": 501}),
            "INVALID_REQUEST",
            "INVALID_FIELD",
        ),
        (
            "/transactions/get",
            json!({"access_token": access_token, "start_date": "2026-02-01", "end_date": "2026-01-01"}),
            "INVALID_REQUEST",
            "INVALID_FIELD",
        ),
        ("/nowhere", json!({}), "INVALID_REQUEST", "NOT_FOUND"),
        (
            "/item/public_token/exchange",
            json!({"public_token": "x"}),
            "INVALID_INPUT",
            "INVALID_PUBLIC_TOKEN",
        ),
        (
            "/institutions/get_by_id",
            json!({"institution_id": "ins_0", "country_codes": ["US"]}),
            "INVALID_INPUT",
            "INVALID_INSTITUTION",
        ),
        (
            "/institutions/get_by_id",
            json!({"institution_id": "ins_109508", "country_codes": ["GB"]}),
            "INVALID_INPUT",
            "INVALID_INSTITUTION",
        ),
        (
            "/institutions/get_by_id",
            json!({"institution_id": "ins_109508", "country_codes": ["XX"]}),
            "INVALID_REQUEST",
            "INVALID_FIELD",
        ),
        (
            "/webhook_verification_key/get",
            json!({"key_id": "x"}),
            "INVALID_INPUT",
            "INVALID_WEBHOOK_VERIFICATION_KEY_ID",
        ),
        (
            "/sandbox/public_token/create",
            with(&public, "initial_products", json!(["accounts"])),
            "INVALID_INPUT",
            "INVALID_PRODUCT",
        ),
        (
            "/sandbox/public_token/create",
            with(&public, "initial_products", json!(["balance"])),
            "INVALID_INPUT",
            "INVALID_PRODUCT",
        ),
        (
            "/sandbox/public_token/create",
            with(&public, "institution_id", json!("ins_0")),
            "INVALID_INPUT",
            "INVALID_INSTITUTION",
        ),
        (
            "/sandbox/public_token/create",
            with(&public, "institution_id", json!("ins_132361")),
            "INSTITUTION_ERROR",
            "INSTITUTION_DOWN",
        ),
        (
            "/sandbox/public_token/create",
            with(&public, "options", json!({"override_password": "error_ITEM_LOCKED"})),
            "ITEM_ERROR",
            "ITEM_LOCKED",
        ),
        (
            "/sandbox/public_token/create",
            with(&public, "options", json!({"override_username": "user_custom", "override_password": "{"})),
            "ITEM_ERROR",
            "INVALID_CREDENTIALS",
        ),
        (
            "/link/token/create",
            with(&link, "products", json!(["transactions", "accounts"])),
            "INVALID_INPUT",
            "INVALID_PRODUCT",
        ),
        (
            "/link/token/create",
            with(&link, "products", json!(["balance"])),
            "INVALID_INPUT",
            "INVALID_PRODUCT",
        ),
        (
            "/link/token/create",
            with(&link, "optional_products", json!(["transactions"])),
            "INVALID_REQUEST",
            "INVALID_FIELD",
        ),
        ("/link/token/create", with(&link, "language", json!("tlh")), "INVALID_REQUEST", "INVALID_FIELD"),
        (
            "/link/token/create",
            with(&link, "access_token", json!(access_token)),
            "INVALID_REQUEST",
            "INVALID_FIELD",
        ),
        ("/link/token/create", without("user"), "INVALID_REQUEST", "MISSING_FIELDS"),
        ("/link/token/create", without("products"), "INVALID_REQUEST", "MISSING_FIELDS"),
        (
            "/sandbox/item/fire_webhook",
            json!({"access_token": access_token, "webhook_code": "PENDING_EXPIRATION"}),
            "INVALID_REQUEST",
            "INVALID_FIELD",
        ),
        (
            "/sandbox/transactions/create",
            json!({"access_token": access_token, "transactions": []}),
            "INVALID_REQUEST",
            "INVALID_FIELD",
        ),
    ] {
        let (status, error) = bench.call(path, body.clone()).await;
        assert_eq!(
            (&error["error_type"], &error["error_code"]),
            (&json!(kind), &json!(code)),
            "{path} {body}"
        );
        assert_eq!(status, if code == "NOT_FOUND" { 404 } else { 400 });
        assert!(error["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{error}");
    }
    let broken = bench.request("/accounts/get").body("{not json").send().await.unwrap();
    assert!(broken.text().await.unwrap().contains("INVALID_BODY"));
}

#[tokio::test]
async fn credentials_are_wanted_in_headers_or_body() {
    let mut options = options();
    options.credentials = Some(("me".into(), "mine".into()));
    let bench = Bench::start(options).await;
    let url = format!("{}/institutions/get_by_id", bench.simulator.url());
    let body = json!({"institution_id": "ins_109508", "country_codes": ["US"]});
    let mut with_body = body.clone();
    with_body["client_id"] = json!("me");
    with_body["secret"] = json!("mine");
    let plain = |body: &Value| bench.http.post(&url).json(body);
    let in_headers = |id, secret| plain(&body).header("PLAID-CLIENT-ID", id).header("PLAID-SECRET", secret);
    for (request, want) in [
        (plain(&body), 400),
        (plain(&with_body), 200),
        (in_headers("me", "mine"), 200),
        (in_headers("me", "other"), 400),
        (in_headers("me", ""), 400),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), want);
        assert_eq!(answer.text().await.unwrap().contains("INVALID_API_KEYS"), want == 400);
    }
    let places: Vec<_> = bench.control().journal(None).into_iter().map(|entry| entry.credentials).collect();
    assert_eq!(places, ["none", "body", "headers", "headers", "none"]);
    let journal = serde_json::to_string(&bench.control().journal(None)).unwrap();
    assert!(!journal.contains("mine"));
}

#[tokio::test]
async fn link_makes_an_item_and_update_mode_repairs_it() {
    let bench = Bench::start(options()).await;
    let control = bench.control();
    let user = json!({"client_user_id": "u"});
    let mut body = json!({"client_name": "App", "language": "en", "country_codes": ["US"], "user": user});
    let mut first = body.clone();
    first["products"] = json!(["transactions"]);
    first["account_filters"] =
        json!({"depository": {"account_subtypes": ["checking"]}, "credit": {"account_subtypes": ["all"]}});
    let link = bench.ok("/link/token/create", first).await;
    let session = |link: &Value| LinkSession {
        link_token: link["link_token"].as_str().unwrap().to_owned(),
        ..LinkSession::default()
    };
    let linked = control.link_session(session(&link)).unwrap();
    let names: Vec<_> = linked.metadata.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["Plaid Checking", "Plaid Credit Card"]);
    assert_eq!(linked.metadata.institution.institution_id, "ins_109508");
    let exchange = json!({"public_token": linked.public_token});
    let item = bench.ok("/item/public_token/exchange", exchange.clone()).await;
    assert_eq!(item["item_id"], linked.item_id.as_str());
    assert_eq!(bench.error("/item/public_token/exchange", exchange).await, "INVALID_PUBLIC_TOKEN");
    let access = json!({"access_token": item["access_token"]});
    let accounts = bench.ok("/accounts/get", access.clone()).await;
    assert_eq!(accounts["accounts"][0]["account_id"], linked.metadata.accounts[0].id.as_str());
    let synced =
        bench.ok("/transactions/sync", json!({"access_token": item["access_token"], "count": 500})).await;
    let sums: u64 =
        control.truth_accounts(&linked.item_id).unwrap().iter().map(|account| account.transactions).sum();
    assert_eq!(synced["added"].as_array().unwrap().len() as u64, sums);

    bench.ok("/sandbox/item/reset_login", access.clone()).await;
    for path in ["/accounts/get", "/accounts/balance/get", "/transactions/sync", "/transactions/refresh"] {
        assert_eq!(bench.error(path, access.clone()).await, "ITEM_LOGIN_REQUIRED", "{path}");
    }
    let state = bench.ok("/item/get", access.clone()).await;
    assert_eq!(state["item"]["error"]["error_code"], "ITEM_LOGIN_REQUIRED");
    assert!(state["status"]["transactions"]["last_failed_update"].is_string());
    body["access_token"] = item["access_token"].clone();
    let update = bench.ok("/link/token/create", body).await;
    let refused = LinkSession { password: Some("error_INVALID_CREDENTIALS".into()), ..session(&update) };
    assert!(control.link_session(refused).is_err());
    let repaired = control.link_session(session(&update)).unwrap();
    assert_eq!((repaired.public_token, &repaired.item_id), (None, &linked.item_id));
    bench.ok("/accounts/get", access.clone()).await;

    bench.ok("/item/remove", access.clone()).await;
    assert_eq!(bench.error("/accounts/get", access).await, "ITEM_NOT_FOUND");
}

#[tokio::test]
async fn windows_of_transactions_get_agree_with_the_truth() {
    let bench = Bench::start(options()).await;
    let (control, item) = (bench.control(), bench.connect());
    let advance = plaid_simulator::Advance { days: 20, seed: 3, item: None };
    control.advance(&advance).unwrap();
    let truth = control.truth(&item.item_id).unwrap().transactions;
    let (start, end) = ("2026-10-15", "2026-12-05");
    let mut want: Vec<_> = truth
        .iter()
        .filter(|row| (start..=end).contains(&row.date.to_string().as_str()))
        .map(|row| row.transaction_id.clone())
        .collect();
    let mut seen = Vec::new();
    let mut dates = Vec::new();
    loop {
        let window = json!({"count": 7, "offset": seen.len()});
        let body = json!({"access_token": item.access_token, "start_date": start, "end_date": end, "options": window});
        let page = bench.ok("/transactions/get", body).await;
        assert_eq!(page["total_transactions"], want.len());
        let rows = page["transactions"].as_array().unwrap();
        if rows.is_empty() {
            break;
        }
        seen.extend(rows.iter().map(|row| row["transaction_id"].as_str().unwrap().to_owned()));
        dates.extend(rows.iter().map(|row| row["date"].as_str().unwrap().to_owned()));
    }
    assert!(dates.is_sorted_by(|a, b| a >= b), "newest first");
    seen.sort();
    want.sort();
    assert_eq!(seen, want);
}

#[tokio::test]
async fn the_dynamic_user_moves_with_every_refresh() {
    let bench = Bench::start(options()).await;
    let access_token = bench.sandbox_item("ins_109508", "user_transactions_dynamic", "any").await;
    let mut ledger = crate::harness::Ledger::default();
    assert_eq!(ledger.sync(&bench, &access_token, 500).await.added, 50);
    let mut last = ledger.rows.values().filter(|row| row.pending).count();
    for _ in 0..4 {
        bench.ok("/transactions/refresh", json!({"access_token": access_token})).await;
        let told = ledger.sync(&bench, &access_token, 500).await;
        assert_eq!((told.removed, told.modified), (last, 1));
        last = ledger.rows.values().filter(|row| row.pending).count();
        assert_eq!(told.added, told.removed + 3);
        ledger.assert_true(&bench.control(), &access_token);
    }
    let transaction = json!({"date_transacted": "2026-11-20", "date_posted": "2026-11-21", "amount": 1234567.89, "description": "By hand"});
    bench
        .ok(
            "/sandbox/transactions/create",
            json!({"access_token": access_token, "transactions": [transaction]}),
        )
        .await;
    ledger.sync(&bench, &access_token, 500).await;
    assert!(ledger.rows.values().any(|row| row.amount == "1234567.89" && row.name == "By hand"));
}

#[tokio::test]
async fn capital_one_wants_to_know_how_old_a_balance_may_be() {
    let bench = Bench::start(options()).await;
    let access_token = bench.sandbox_item("ins_128026", "user_good", "pass_good").await;
    let ask = |options: Value| json!({"access_token": access_token, "options": options});
    let path = "/accounts/balance/get";
    assert_eq!(bench.error(path, json!({"access_token": access_token})).await, "INVALID_FIELD");
    let late = ask(json!({"min_last_updated_datetime": "2030-01-01T00:00:00Z"}));
    assert_eq!(bench.error(path, late).await, "LAST_UPDATED_DATETIME_OUT_OF_RANGE");
    let fine = bench.ok(path, ask(json!({"min_last_updated_datetime": "2020-01-01T00:00:00Z"}))).await;
    assert!(fine["accounts"][2]["balances"]["last_updated_datetime"].is_string());
}

#[tokio::test]
async fn the_same_seed_gives_the_same_bytes() {
    let mut texts = Vec::new();
    for _ in 0..2 {
        let bench = Bench::start(options()).await;
        let item = bench.connect();
        let body = json!({"access_token": item.access_token, "count": 500});
        let sync = bench.text("/transactions/sync", &body).await;
        bench.control().advance(&plaid_simulator::Advance { days: 30, seed: 5, item: None }).unwrap();
        let after = bench.text("/transactions/sync", &body).await;
        let accounts = bench.text("/accounts/get", &json!({"access_token": item.access_token})).await;
        texts.push((sync, after, accounts));
    }
    assert_eq!(texts[0], texts[1]);
}

#[tokio::test]
async fn rate_limits_hold_when_asked_for() {
    let mut options = options();
    options.rate_limits = true;
    let bench = Bench::start(options).await;
    let body = json!({"access_token": bench.connect().access_token});
    for _ in 0..2 {
        bench.ok("/transactions/refresh", body.clone()).await;
    }
    let (status, error) = bench.call("/transactions/refresh", body.clone()).await;
    assert_eq!((status, &error["error_code"]), (429, &json!("TRANSACTIONS_REFRESH_LIMIT")));
    assert_eq!(error["error_type"], "RATE_LIMIT_EXCEEDED");
    bench.ok("/item/get", body).await;
}

#[tokio::test]
async fn a_broken_item_tells_its_own_error() {
    let bench = Bench::start(options()).await;
    let item = bench.connect();
    let broken = Change::BreakLogin { error_code: "PASSWORD_RESET_REQUIRED".into() };
    bench.control().change(&item.item_id, vec![broken]).unwrap();
    let body = json!({"access_token": item.access_token});
    assert_eq!(bench.error("/transactions/sync", body.clone()).await, "PASSWORD_RESET_REQUIRED");
    bench.control().change(&item.item_id, vec![Change::HealLogin]).unwrap();
    bench.ok("/transactions/sync", body).await;
}
