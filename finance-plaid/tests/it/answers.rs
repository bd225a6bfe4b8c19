//! How answers are read.

use std::io::Write;

use finance_core::{BankProvider, HistoryStatus, PageRequest, ProviderErrorKind};
use flate2::{Compression, write::GzEncoder};

use super::*;

const PAGE: PageRequest = PageRequest { cursor: None, count: 500 };

fn row(id: &str) -> Value {
    json!({
        "transaction_id": id, "account_id": "a1", "amount": 4.5, "iso_currency_code": "USD",
        "unofficial_currency_code": null, "date": "2026-03-01", "authorized_date": null, "datetime": null,
        "authorized_datetime": null, "pending": false, "pending_transaction_id": null, "name": "COFFEE",
        "payment_channel": "online", "transaction_code": null, "account_owner": null, "location": {},
        "payment_meta": {},
    })
}

fn gzip(text: &[u8]) -> ResponseTemplate {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    ResponseTemplate::new(200)
        .insert_header("content-encoding", "gzip")
        .set_body_raw(encoder.finish().unwrap(), "application/json")
}

async fn sync(answer: ResponseTemplate) -> Result<finance_core::UpdatePage, finance_core::ProviderError> {
    let server = server("/transactions/sync", answer).await;
    provider(&server.uri()).transactions_page(&token(), &PAGE).await
}

#[tokio::test]
async fn a_page_arrives_plain_or_compressed() {
    let mut body = empty_page();
    body["added"] = json!([row("t1"), row("t2")]);
    body["removed"] = json!([{"transaction_id": "t0", "account_id": "a1"}]);
    for answer in [ok(body.clone()), gzip(body.to_string().as_bytes())] {
        let page = sync(answer).await.unwrap();
        let ids: Vec<&str> = page.added.iter().map(|row| row.id.as_str()).collect();
        assert_eq!((ids, page.removed.len(), page.retries), (vec!["t1", "t2"], 1, 0));
        assert_eq!(page.added[0].amount.to_string(), "-4.5 USD");
        assert_eq!(page.history, Some(HistoryStatus::Complete));
    }
}

#[tokio::test]
async fn null_missing_and_unknown_things_do_no_harm() {
    let page = sync(ok(json!({
        "added": null, "removed": null, "next_cursor": null, "has_more": false, "request_id": "r",
        "transactions_update_status": "BRAND_NEW", "accounts": null, "brand_new": {"x": 1},
    })))
    .await
    .unwrap();
    assert!(page.added.is_empty() && page.modified.is_empty() && page.removed.is_empty());
    assert_eq!((page.next_cursor, page.history), (None, Some(HistoryStatus::Unknown)));

    let server = server("/accounts/get", ok(json!({"accounts": null, "item": null}))).await;
    assert!(provider(&server.uri()).accounts(&token()).await.unwrap().is_empty());
}

#[tokio::test]
async fn one_odd_record_is_named_and_nothing_is_used() {
    let mut body = empty_page();
    body["added"] = json!([row("t1"), row("t2")]);
    body["added"][1]["amount"] = json!("4.50");
    let error = sync(ok(body)).await.unwrap_err();
    assert_eq!(error.kind(), ProviderErrorKind::InvalidAnswer);
    let text = error.to_string();
    assert!(text.starts_with("/transactions/sync: transaction `t2`") && text.contains("`amount`"), "{text}");
    assert_eq!(error.request_id(), Some("request-2"));
}

#[tokio::test]
async fn a_good_status_without_good_json_is_told_from_a_passing_fault() {
    for (body, words) in [
        ("", "it is empty"),
        ("<html>Welcome to the hotel</html>", "broken JSON"),
        (r#"{"added":[],"has_more":fal"#, "broken JSON"),
        (r#"{"added":{},"has_more":false}"#, "`added`"),
        ("{}", "`has_more`"),
    ] {
        let server = server("/transactions/sync", ResponseTemplate::new(200).set_body_string(body)).await;
        let error = provider(&server.uri()).transactions_page(&token(), &PAGE).await.unwrap_err();
        assert_eq!(error.kind(), ProviderErrorKind::InvalidAnswer);
        assert!(error.to_string().contains(words) && !error.to_string().contains("hotel"), "{error}");
        assert_eq!(calls(&server).await, 1, "asking again would bring the same");
    }
}

#[tokio::test]
async fn an_answer_past_the_limit_is_cut_off() {
    let large = vec![b' '; 3 << 20];
    for answer in [ResponseTemplate::new(200).set_body_bytes(large.clone()), gzip(&large)] {
        let server = server("/accounts/get", answer).await;
        let mut options = options(&server.uri());
        options.max_body_bytes = 1 << 20;
        let error = PlaidClient::new(options).unwrap().accounts_get(&token(), &[]).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (ProviderErrorKind::InvalidAnswer, Some(200)));
        assert!(error.to_string().contains("larger than the 1048576 bytes"), "{error}");
        assert_eq!(calls(&server).await, 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let answer = ResponseTemplate::new(302).insert_header("location", "/elsewhere");
    let server = server("/item/get", answer).await;
    let error = client(&server.uri()).item_get(&token()).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ProviderErrorKind::Configuration, Some(302)));
    assert_eq!(calls(&server).await, 1);
}

#[tokio::test]
async fn an_item_that_is_gone_already_counts_as_removed() {
    for (code, removed) in
        [("ITEM_NOT_FOUND", true), ("ITEM_CONCURRENTLY_DELETED", true), ("ITEM_LOGIN_REQUIRED", false)]
    {
        let server = server("/item/remove", failure(400, "ITEM_ERROR", code)).await;
        assert_eq!(provider(&server.uri()).remove_connection(&token()).await.is_ok(), removed, "{code}");
    }
}

#[tokio::test]
async fn tokens_and_institutions_are_handed_on() {
    let server = MockServer::start().await;
    for (at, body) in [
        (
            "/item/public_token/exchange",
            json!({"access_token": "access-1", "item_id": "item-1", "request_id": "r"}),
        ),
        ("/item/access_token/invalidate", json!({"new_access_token": "access-2", "request_id": "r"})),
        (
            "/link/token/create",
            json!({"link_token": "link-1", "expiration": "2026-01-02T03:04:05Z", "request_id": "r"}),
        ),
        (
            "/institutions/get_by_id",
            json!({"institution": {"institution_id": "ins_1", "name": "Bank", "country_codes": ["US"],
                "products": null, "routing_numbers": [], "oauth": true}, "request_id": "r"}),
        ),
    ] {
        Mock::given(path(at)).respond_with(ok(body)).mount(&server).await;
    }
    let provider = provider(&server.uri());
    let exchanged = provider.exchange_public_token(&public_token()).await.unwrap();
    assert_eq!((exchanged.access_token.expose(), exchanged.id.as_str()), ("access-1", "item-1"));
    assert_eq!(provider.rotate_access_token(&token()).await.unwrap().expose(), "access-2");
    let request = finance_core::LinkTokenRequest::new(finance_core::UserId::new("u").unwrap(), "App");
    let session = provider.create_link_token(&request).await.unwrap();
    assert_eq!((session.token.expose(), session.expires_at.timestamp()), ("link-1", 1_767_323_045));
    let id = finance_core::InstitutionId::new("ins_1").unwrap();
    let bank = provider.institution(&id, &["US".to_owned()]).await.unwrap();
    assert_eq!((bank.name.as_str(), bank.oauth), ("Bank", true));
}
