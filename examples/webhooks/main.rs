//! A small host that receives the bank's webhooks, and a screen that follows the books as they change.
//!
//! ```text
//! cargo run --example webhooks
//! ```
//!
//! needs no account and no set-up: the bank is a simulator of Plaid in process, which signs its webhooks and sends them over HTTP.
//! The host hands headers and body to the engine, a worker syncs what becomes due, and a listener prints every event. At the
//! end somebody else tries their luck: with a forged webhook, with an old one, and with one sent again.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it does")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::TimeDelta;
use examples::{AnyError, SimulatedBank};
use finance_core::{
    Cancellation, ConnectionStatus, ConnectionStore, EngineOptions, EventKind, EventStream, MemoryStore,
    SchedulePolicy, SyncEngine, SyncErrorKind, SystemClock, UserId, Worker, WorkerOptions,
};
use plaid_simulator::{Change, Control, Delivery, FireWebhook, NewTransaction, SimulatorOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), AnyError> {
    let mut options = SimulatorOptions::default();
    (options.accounts, options.transactions, options.webhook_tries) = (2, 60, 1);
    let bank = SimulatedBank::with(options).await?;
    let (provider, store) = (bank.provider()?, Arc::new(MemoryStore::new()));
    let mut schedule = SchedulePolicy::default();
    // So that nobody has to wait here; in life a minute between two syncs of a connection is little.
    schedule.gap_seconds = 1;
    let options = EngineOptions { schedule, ..EngineOptions::default() };
    let engine = SyncEngine::new(provider.clone(), store.clone(), Arc::new(SystemClock), options);

    let address = listen(engine.clone()).await?;
    println!("The host listens at {address}.");

    let user = UserId::new("anna")?;
    let (request, item) = bank.sign_in(&engine, &user).await?;
    let linked = engine.link(&user, request).await?;
    // An application gives the address when it opens the dialogue: `LinkDialogue::webhook`.
    let token = store.access_token(&user, linked.connection.id).await?;
    provider.client().item_webhook_update(&token, Some(&address)).await?;

    // The screen: what there is now, and from then on every event.
    let seen = engine.last_event(&user).await?;
    println!("Accounts linked: {}; event {seen} was the last one so far.\n", linked.accounts.len());
    let mut screen = Screen(engine.events(&user, seen));

    let shutdown = Cancellation::new();
    let worker = tokio::spawn({
        let (worker, shutdown) = (Worker::new(&engine, WorkerOptions::default()), shutdown.clone());
        async move { worker.run(shutdown).await }
    });

    let control = bank.control();
    // Webhooks are dated to the second, and all of this happens within one or two: the bank's clock is a little ahead, so that
    // no news look older than the sync before them.
    control.set_webhook_clock(TimeDelta::seconds(5));
    let account = linked.accounts.first().ok_or("the bank has no accounts")?;
    let coffee = NewTransaction {
        account: account.provider.id.to_string(),
        amount: rust_decimal::Decimal::new(475, 2),
        name: "CORNER COFFEE".to_owned(),
        ..NewTransaction::default()
    };
    println!("The user buys a coffee.");
    control.change(&item, vec![Change::AddTransaction(coffee)])?;
    screen.until(|event| matches!(event, EventKind::TransactionsCreated { .. })).await?;

    println!("\nThe user changes the password at the bank.");
    control.change(&item, vec![Change::BreakLogin { error_code: "ITEM_LOGIN_REQUIRED".to_owned() }])?;
    screen.until(|event| has_status(event, ConnectionStatus::NeedsSignIn)).await?;

    println!("\nThe user signs in again elsewhere.");
    control.change(&item, vec![Change::HealLogin])?;
    screen.until(|event| has_status(event, ConnectionStatus::Good)).await?;

    println!("\nSomebody sends webhooks of their own:");
    strangers(&control, &item, &address).await?;

    shutdown.cancel();
    let report = worker.await?;
    println!(
        "\nThe worker synced {} times. Nothing else is told: event {} was the last.",
        report.applied,
        screen.0.after()
    );
    Ok(())
}

/// Forged, sent again, and old.
async fn strangers(control: &Control, item: &str, address: &str) -> Result<(), AnyError> {
    control.webhooks_settled().await;
    let genuine = control.deliveries().pop().ok_or("the bank sent nothing")?;
    let body = serde_json::to_vec_pretty(&genuine.body)?;
    let forged = String::from_utf8(body.clone())?.replace("LOGIN_REPAIRED", "USER_PERMISSION_REVOKED");
    for (what, body) in [("a body that nobody signed", forged.into_bytes()), ("one that came before", body)] {
        println!("  {what} -> {}", send(address, &genuine, &body).await?);
    }
    control.set_webhook_clock(TimeDelta::minutes(-10));
    let code = "SYNC_UPDATES_AVAILABLE".to_owned();
    control.fire_webhook(item, FireWebhook { webhook_code: code, ..FireWebhook::default() })?;
    control.webhooks_settled().await;
    let status = control.deliveries().pop().and_then(|delivery| delivery.status);
    println!("  one signed ten minutes ago -> {}", status.ok_or("the host did not answer")?);
    Ok(())
}

/// The host: one address, and an answer at once.
async fn listen(engine: SyncEngine) -> Result<String, AnyError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}/webhooks", listener.local_addr()?);
    let router = Router::new().route("/webhooks", post(receive)).with_state(engine);
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Hands everything over as it came: a body that was parsed before has another signature.
async fn receive(State(engine): State<SyncEngine>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let text = |value: &axum::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
    match engine.handle_webhook(headers, body.to_vec()).await {
        Ok(outcome) => {
            println!("  webhook: {}, {}", outcome.news.name(), outcome.handling.name());
            StatusCode::OK
        }
        Err(error) => {
            println!("  webhook refused: {error}");
            match error.kind() {
                SyncErrorKind::Webhook(kind) => {
                    StatusCode::from_u16(kind.http_status()).unwrap_or(StatusCode::BAD_REQUEST)
                }
                // The bank sends it again.
                _ => StatusCode::SERVICE_UNAVAILABLE,
            }
        }
    }
}

/// Prints events.
struct Screen(EventStream);

impl Screen {
    /// Prints every event up to one that is meant, and to the end of what was told with it.
    async fn until(&mut self, is_meant: impl Fn(&EventKind) -> bool) -> Result<(), AnyError> {
        let mut met = false;
        loop {
            let event = tokio::time::timeout(Duration::from_secs(30), self.0.next()).await??;
            println!("  event {}: {}", event.number, event.kind.name());
            met |= is_meant(&event.kind);
            if met && event.kind == EventKind::DashboardUpdated {
                return Ok(());
            }
        }
    }
}

fn has_status(event: &EventKind, wanted: ConnectionStatus) -> bool {
    matches!(event, EventKind::ConnectionChanged { status, .. } if *status == wanted)
}

/// Posts a body under the signature of a webhook that the bank sent, and returns the status of the answer.
async fn send(address: &str, webhook: &Delivery, body: &[u8]) -> Result<String, AnyError> {
    let host = address.trim_start_matches("http://").trim_end_matches("/webhooks");
    let mut stream = TcpStream::connect(host).await?;
    let head = format!(
        "POST /webhooks HTTP/1.1\r\nhost: {host}\r\nplaid-verification: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        webhook.verification,
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.split_whitespace().nth(1).unwrap_or("no answer").to_owned())
}
