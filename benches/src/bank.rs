//! A simulated bank to measure against.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use axum::body::Body;
use axum::http::Request;
use finance_core::{
    AccessToken, BankProvider, PageRequest, ProviderAccount, ProviderTransaction, UpdatePage,
};
use finance_plaid::{ClientOptions, Credentials, Environment, PlaidOptions, PlaidProvider};
use futures::StreamExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use plaid_simulator::{Connection, NewConnection, Simulator, SimulatorOptions, TruthAccount};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::Failure;

/// The argument that makes a measurement serve instead.
const SERVE: &str = "serve-a-bank";

/// A simulator in a process of its own, so that its work and its memory are its own. It ends with this value.
pub struct Bank {
    process: Child,
    url: String,
}

impl Bank {
    /// Starts a bank whose logins have so many transactions each, by starting this program anew; its `main` must begin
    /// with [`serve_if_asked`].
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(transactions: u32) -> Result<Self, Failure> {
        let mut process = Command::new(std::env::current_exe()?)
            .args([SERVE, &transactions.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        if let Some(stdout) = process.stdout.take() {
            BufReader::new(stdout).read_line(&mut url)?;
        }
        Ok(Self { process, url: url.trim().to_owned() })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A new connection to a login of this name, whose data is made now.
    ///
    /// # Errors
    /// When the bank does not answer.
    pub async fn sign_in(&self, username: &str) -> Result<(Connection, AccessToken), Failure> {
        let new = NewConnection { username: username.to_owned(), ..NewConnection::default() };
        let url = format!("{}/_simulator/connections", self.url);
        let connection: Connection = serde_json::from_slice(&call(&url, Some(&new)).await?)?;
        let token = connection.access_token.clone().ok_or("the bank gave no access token")?;
        Ok((connection, AccessToken::new(token)))
    }
}

impl Drop for Bank {
    fn drop(&mut self) {
        // It ends when its input does; one that hangs is ended.
        drop(self.process.stdin.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves a bank until the input ends, if the program was started for that, and says whether it was.
///
/// # Errors
/// When the bank cannot be started.
#[expect(clippy::print_stdout, reason = "the address goes to the process that waits for it")]
pub fn serve_if_asked() -> Result<bool, Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, transactions] = &arguments[..] else { return Ok(false) };
    if mode != SERVE {
        return Ok(false);
    }
    let runtime = Runtime::new()?;
    let simulator = runtime.block_on(start(transactions.parse()?))?;
    println!("{}", simulator.url());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(true)
}

async fn start(transactions: u32) -> Result<Simulator, Failure> {
    let mut options = SimulatorOptions::default();
    options.transactions = transactions;
    options.days = 730;
    Ok(Simulator::start(options).await?)
}

/// Every account of a connection with what a perfect ledger holds of it, in Plaid's sign.
///
/// # Errors
/// When the bank does not answer.
pub async fn truth(url: &str, item: &str) -> Result<Vec<TruthAccount>, Failure> {
    #[derive(Deserialize)]
    struct Summary {
        accounts: Vec<TruthAccount>,
    }
    let url = format!("{url}/_simulator/connections/{item}/summary");
    Ok(serde_json::from_slice::<Summary>(&call(&url, None::<&()>).await?)?.accounts)
}

/// The real client, with nothing but the address changed.
///
/// # Errors
/// When the client cannot be set up.
pub fn provider(url: &str, keep_raw_json: bool) -> Result<PlaidProvider, Failure> {
    let credentials = Credentials::new("bench", "not-a-secret");
    let options = ClientOptions::new(Environment::Custom(url.to_owned()), credentials);
    let mut plaid = PlaidOptions::default();
    plaid.keep_raw_json = keep_raw_json;
    Ok(PlaidProvider::new(options, plaid)?)
}

/// Every page of a connection's first update, handed on one by one.
///
/// # Errors
/// When a page cannot be read.
pub async fn each_page(
    provider: &PlaidProvider,
    token: &AccessToken,
    mut take: impl FnMut(UpdatePage),
) -> Result<(), Failure> {
    let mut pages = provider.update_pages(token, PageRequest { cursor: None, count: 500 });
    while let Some(page) = pages.next().await {
        take(page?);
    }
    Ok(())
}

/// A connection's accounts and rows, as the provider reports them.
pub struct Data {
    /// The accounts.
    pub accounts: Vec<ProviderAccount>,
    /// The rows, raw JSON included.
    pub rows: Vec<ProviderTransaction>,
}

impl Data {
    /// So many rows of a bank in this process.
    ///
    /// # Errors
    /// When they cannot be fetched.
    pub async fn fetch(rows: u32) -> Result<Self, Failure> {
        let simulator = start(rows).await?;
        let token = access_token(&simulator)?;
        let provider = provider(simulator.url(), true)?;
        let mut data = Self { accounts: provider.accounts(&token).await?, rows: Vec::new() };
        each_page(&provider, &token, |page| data.rows.extend(page.added)).await?;
        Ok(data)
    }
}

/// One page of `/transactions/sync` as it comes over the wire.
///
/// # Errors
/// When it cannot be fetched.
pub async fn page_as_sent(rows: u32) -> Result<Vec<u8>, Failure> {
    #[derive(Serialize)]
    struct Question<'a> {
        access_token: &'a str,
        count: u32,
        options: Options,
    }
    #[derive(Serialize)]
    struct Options {
        include_original_description: bool,
        personal_finance_category_version: &'static str,
    }
    let simulator = start(rows).await?;
    let token = access_token(&simulator)?;
    let options = Options { include_original_description: true, personal_finance_category_version: "v2" };
    let body = Question { access_token: token.expose(), count: rows, options };
    call(&format!("{}/transactions/sync", simulator.url()), Some(&body)).await
}

fn access_token(simulator: &Simulator) -> Result<AccessToken, Failure> {
    let connection = simulator.control().connect(NewConnection::default())?;
    Ok(AccessToken::new(connection.access_token.ok_or("the bank gave no access token")?))
}

/// One call over plain HTTP. Without a body it only asks.
async fn call(url: &str, body: Option<&impl Serialize>) -> Result<Vec<u8>, Failure> {
    const LARGEST: usize = 64 << 20;
    let client: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::builder()
        .uri(url)
        .method(if body.is_some() { "POST" } else { "GET" })
        .header("Content-Type", "application/json")
        .header("PLAID-CLIENT-ID", "bench")
        .header("PLAID-SECRET", "not-a-secret")
        .body(body.map_or_else(|| Ok(Body::empty()), |body| serde_json::to_vec(body).map(Body::from))?)?;
    let answer = client.request(request).await?;
    let status = answer.status();
    let bytes = axum::body::to_bytes(Body::new(answer.into_body()), LARGEST).await?;
    if status.is_success() { Ok(bytes.to_vec()) } else { Err(format!("{url} answered {status}").into()) }
}
