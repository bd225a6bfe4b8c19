//! A bare client, and a ledger that follows `/transactions/sync` as an application would.

use std::collections::BTreeMap;

use plaid_simulator::{Connection, Control, NewConnection, Simulator, SimulatorOptions};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

pub(crate) struct Bench {
    pub(crate) simulator: Simulator,
    pub(crate) http: reqwest::Client,
}

pub(crate) fn options() -> SimulatorOptions {
    let mut options = SimulatorOptions::default();
    options.today = "2026-11-22".parse().ok();
    options
}

impl Bench {
    pub(crate) async fn start(options: SimulatorOptions) -> Self {
        let simulator = Simulator::start(options).await.expect("a free port");
        Self { simulator, http: http_client() }
    }

    pub(crate) fn control(&self) -> Control {
        self.simulator.control()
    }

    pub(crate) fn connect(&self) -> Connection {
        self.control().connect(NewConnection::default()).expect("a connection")
    }

    pub(crate) fn request(&self, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.simulator.url());
        self.http.post(url).header("PLAID-CLIENT-ID", "client").header("PLAID-SECRET", "secret")
    }

    /// Status and text.
    pub(crate) async fn text(&self, path: &str, body: &Value) -> (u16, String) {
        let answer = self.request(path).json(body).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    }

    pub(crate) async fn call(&self, path: &str, body: Value) -> (u16, Value) {
        let (status, text) = self.text(path, &body).await;
        (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}: {text}")))
    }

    pub(crate) async fn ok(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// The error code of a refused call.
    pub(crate) async fn error(&self, path: &str, body: Value) -> String {
        let (status, answer) = self.call(path, body).await;
        assert_ne!(status, 200, "{path}: {answer}");
        answer["error_code"].as_str().expect("an error code").to_owned()
    }

    /// Public token and exchange for a sandbox user.
    pub(crate) async fn sandbox_item(&self, institution: &str, user: &str, password: &str) -> String {
        let options = json!({"override_username": user, "override_password": password});
        let body =
            json!({"institution_id": institution, "initial_products": ["transactions"], "options": options});
        let token = self.ok("/sandbox/public_token/create", body).await;
        let exchanged =
            self.ok("/item/public_token/exchange", json!({"public_token": token["public_token"]})).await;
        exchanged["access_token"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn token(connection: &Connection) -> String {
    connection.access_token.clone().expect("an access token")
}

/// One transaction as an application keeps it; the amount is the text on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) account_id: String,
    pub(crate) amount: String,
    pub(crate) date: String,
    pub(crate) pending: bool,
    pub(crate) name: String,
    pub(crate) pending_transaction_id: Option<String>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    added: Vec<Wire<'a>>,
    #[serde(borrow)]
    modified: Vec<Wire<'a>>,
    removed: Vec<Removed>,
    next_cursor: String,
    has_more: bool,
}

#[derive(Deserialize)]
struct Wire<'a> {
    transaction_id: String,
    account_id: String,
    #[serde(borrow)]
    amount: &'a RawValue,
    date: String,
    pending: bool,
    name: String,
    pending_transaction_id: Option<String>,
}

#[derive(Deserialize)]
struct Removed {
    transaction_id: String,
}

/// Rows added, modified and removed, and pages, of one update.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
pub(crate) struct Count {
    pub(crate) added: usize,
    pub(crate) modified: usize,
    pub(crate) removed: usize,
    pub(crate) pages: usize,
}

/// What an application that misses nothing holds.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) cursor: String,
    pub(crate) rows: BTreeMap<String, Kept>,
}

impl Ledger {
    pub(crate) async fn sync(&mut self, bench: &Bench, access_token: &str, count: u32) -> Count {
        let mut told = Count::default();
        loop {
            let body = json!({"access_token": access_token, "cursor": self.cursor, "count": count});
            let (status, text) = bench.text("/transactions/sync", &body).await;
            assert_eq!(status, 200, "{text}");
            let page: Page<'_> = serde_json::from_str(&text).expect("a page");
            let rows = page.added.len() + page.modified.len() + page.removed.len();
            assert!(rows <= count as usize);
            told.pages += 1;
            told.added += page.added.len();
            told.modified += page.modified.len();
            told.removed += page.removed.len();
            for wire in page.added.into_iter().chain(page.modified) {
                self.rows.insert(wire.transaction_id.clone(), Kept::of(wire));
            }
            for removed in page.removed {
                self.rows.remove(&removed.transaction_id);
            }
            self.cursor = page.next_cursor;
            if !page.has_more {
                return told;
            }
            assert!(rows > 0, "a page that promises more holds something");
        }
    }

    /// Compares every row with the simulator's own truth.
    pub(crate) fn assert_true(&self, control: &Control, item: &str) {
        let truth = control.truth(item).expect("a connection");
        let want: BTreeMap<String, Kept> = truth
            .transactions
            .into_iter()
            .map(|row| {
                let kept = Kept {
                    account_id: row.account_id,
                    amount: row.amount.to_string(),
                    date: row.date.to_string(),
                    pending: row.pending,
                    name: row.name,
                    pending_transaction_id: row.pending_transaction_id,
                };
                (row.transaction_id, kept)
            })
            .collect();
        assert_eq!(self.rows.len(), want.len());
        assert_eq!(self.rows, want);
    }
}

impl Kept {
    fn of(wire: Wire<'_>) -> Self {
        Self {
            account_id: wire.account_id,
            amount: wire.amount.get().to_owned(),
            date: wire.date,
            pending: wire.pending,
            name: wire.name,
            pending_transaction_id: wire.pending_transaction_id,
        }
    }
}

/// A client for plain HTTP that leaves bodies as they come. It wants to know its TLS all the same.
pub(crate) fn http_client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_gzip().build().unwrap()
}
