//! Keys and tokens appear nowhere but on the wire.

use std::io;
use std::sync::{Arc, Mutex};

use finance_core::ProviderError;
use finance_plaid::PlaidError;
use tracing::Level;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The error in every form in which an application may print it, its sources included.
fn every_form(error: PlaidError) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(&error);
    while let Some(error) = source {
        text.push_str(&format!("{error} {error:?}"));
        source = error.source();
    }
    let port = ProviderError::from(error);
    text.push_str(&format!("{port} {port:?}"));
    text
}

fn assert_clean(text: &str) {
    for secret in [CLIENT_ID, SECRET, ACCESS_TOKEN, PUBLIC_TOKEN, "access-fresh"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn neither_errors_nor_logs_nor_debug_show_a_secret() {
    let log = Log::default();
    // For the whole process: what the other tests log meanwhile must be as clean.
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_writer(log.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let echo = ResponseTemplate::new(500).set_body_json(json!({
        "error_type": "API_ERROR", "error_code": "INTERNAL_SERVER_ERROR", "request_id": "request-7",
        "error_message": format!("you sent {ACCESS_TOKEN} {PUBLIC_TOKEN} with {SECRET}"),
    }));
    let server = MockServer::start().await;
    for at in ["/item/get", "/item/public_token/exchange"] {
        Mock::given(path(at)).respond_with(echo.clone()).mount(&server).await;
    }
    let unreadable = json!({"new_access_token": ["access-fresh"], "request_id": "request-8"});
    Mock::given(path("/item/access_token/invalidate")).respond_with(ok(unreadable)).mount(&server).await;
    Mock::given(path("/accounts/get"))
        .respond_with(ok(json!({"request_id": "request-9"})))
        .mount(&server)
        .await;

    let client = client(&server.uri());
    let item = client.item_get(&token()).await.unwrap_err();
    assert!(item.to_string().contains("you sent [hidden]"), "{item}");
    let exchange = client.item_public_token_exchange(&public_token()).await.unwrap_err();
    let rotation = client.item_access_token_invalidate(&token()).await.unwrap_err();
    let unreachable = super::client("http://127.0.0.1:9").item_get(&token()).await.unwrap_err();
    client.accounts_get(&token(), &[]).await.unwrap();

    assert_clean(&format!("{client:?} {:?} {:?}", options(&server.uri()), token()));
    // The exchange was sent the public token only, so that is what its error is cleared of.
    for error in [item, rotation, unreachable] {
        assert_clean(&every_form(error).replace(PUBLIC_TOKEN, ""));
    }
    assert_clean(&every_form(exchange).replace(ACCESS_TOKEN, ""));

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_clean(&log);
    for told in ["/item/get", "request-7", "request-9", "status=500", "duration_ms=", "INTERNAL_SERVER_ERROR"]
    {
        assert!(log.contains(told), "{told} is missing in {log}");
    }
}
