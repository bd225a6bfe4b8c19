//! What a simulator is started with.

use std::path::PathBuf;
use std::time::Duration;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::CustomUser;

/// How a simulator and the worlds in it are made. [`Default`] is a small world on a free port.
///
/// Every sign-in, that is every pair of institution and username, is a login with data of its own that follows
/// from the seed. The same seed, options and `today` give the same accounts and transactions, byte for byte.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SimulatorOptions {
    /// The port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// What everything random follows from.
    pub seed: u64,
    /// The first day of the virtual world; `None` is today, in UTC.
    pub today: Option<NaiveDate>,
    /// Accounts per generated login.
    pub accounts: usize,
    /// Transactions per generated login, at the start.
    pub transactions: u32,
    /// Over how many days back they are spread.
    pub days: u32,
    /// Currencies of the generated accounts, taken in turn; Plaid's unofficial codes such as BTC included.
    pub currencies: Vec<String>,
    /// Institutions besides Plaid's sandbox ones.
    pub institutions: Vec<NewInstitution>,
    /// What every sign-in finds instead of a generated world, except `user_custom` and `user_transactions_dynamic`.
    pub user: Option<CustomUser>,
    /// The only client id and secret accepted; `None` accepts any that are not empty.
    pub credentials: Option<(String, String)>,
    /// How the transactions of a new connection become ready.
    pub readiness: ReadinessPlan,
    /// Whether a change of the world between two pages fails the second, as at Plaid.
    pub mutation_fails_paging: bool,
    /// No page holds more rows than this, whatever `count` says.
    pub page_limit: Option<usize>,
    /// In which order a posted row and the removal of its pending one are told.
    pub posting: PostingOrder,
    /// Whether the two are told on different pages.
    pub split_postings: bool,
    /// Whether logins also break and heal and accounts open and close as days pass.
    pub upheavals: bool,
    /// Whether Plaid's Sandbox rate limits hold.
    pub rate_limits: bool,
    /// How often a webhook is tried.
    pub webhook_tries: u32,
    /// The pause between two tries.
    pub webhook_retry_delay: Duration,
    /// How many requests and how many deliveries are remembered; older ones are forgotten.
    pub journal_limit: usize,
}

impl Default for SimulatorOptions {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 1,
            today: None,
            accounts: 4,
            transactions: 200,
            days: 180,
            currencies: vec!["USD".into()],
            institutions: Vec::new(),
            user: None,
            credentials: None,
            readiness: ReadinessPlan::Complete,
            mutation_fails_paging: false,
            page_limit: None,
            posting: PostingOrder::RemovedFirst,
            split_postings: false,
            upheavals: false,
            rate_limits: false,
            webhook_tries: 3,
            webhook_retry_delay: Duration::from_millis(50),
            journal_limit: 20_000,
        }
    }
}

/// How far Plaid has come with pulling the transactions of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Readiness {
    /// Nothing yet: sync answers with empty arrays and an empty cursor.
    NotReady,
    /// The latest 30 days.
    InitialUpdateComplete,
    /// Everything.
    HistoricalUpdateComplete,
}

impl Readiness {
    /// The value of `transactions_update_status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotReady => "NOT_READY",
            Self::InitialUpdateComplete => "INITIAL_UPDATE_COMPLETE",
            Self::HistoricalUpdateComplete => "HISTORICAL_UPDATE_COMPLETE",
        }
    }
}

/// How the transactions of a new connection become ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadinessPlan {
    /// At once.
    Complete,
    /// The first updates asked for find nothing, the next ones 30 days, the rest everything. Pages do not count.
    ByUpdates {
        /// Updates that find nothing.
        not_ready: u32,
        /// Updates after those that find 30 days.
        initial: u32,
    },
    /// Not ready until a command says so.
    ByCommand,
}

/// In which order a posted row and the removal of its pending one are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostingOrder {
    /// The removal is the earlier change.
    #[default]
    RemovedFirst,
    /// The posted row is the earlier change.
    AddedFirst,
}

/// An institution of the host's own choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInstitution {
    /// Such as `ins_1`.
    pub institution_id: String,
    /// Its name.
    pub name: String,
}

/// The command line of the program.
#[derive(Debug, clap::Parser)]
#[command(name = "plaid-simulator", about = "A stateful server that speaks Plaid's JSON", version)]
pub struct Arguments {
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// A custom user in Plaid's format; every sign-in finds it.
    #[arg(long, value_name = "FILE")]
    pub user: Option<PathBuf>,
    /// What everything random follows from.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Transactions per login.
    #[arg(long, default_value_t = 200)]
    pub transactions: u32,
    /// Accounts per login.
    #[arg(long, default_value_t = 4)]
    pub accounts: usize,
    /// Over how many days the transactions are spread.
    #[arg(long, default_value_t = 180)]
    pub days: u32,
    /// Currencies of the accounts, in turn, separated by commas.
    #[arg(long, default_value = "USD", value_delimiter = ',')]
    pub currencies: Vec<String>,
    /// The first day of the virtual world (YYYY-MM-DD); without it, today.
    #[arg(long)]
    pub today: Option<NaiveDate>,
    /// No page holds more rows than this.
    #[arg(long)]
    pub page_limit: Option<usize>,
    /// Hold Plaid's Sandbox rate limits.
    #[arg(long)]
    pub rate_limits: bool,
    /// A change of the world between two pages fails the second, as at Plaid.
    #[arg(long)]
    pub mutation_fails_paging: bool,
}

/// Why the command line does not lead to options.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// The custom user's file cannot be read.
    #[error("cannot read {}", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// The file is no custom user.
    #[error("{} is no custom user", .0.display())]
    User(PathBuf, #[source] crate::CustomUserError),
}

impl Arguments {
    /// Turns the command line into options, reading the custom user's file.
    ///
    /// # Errors
    /// Fails if that file cannot be read or is no custom user.
    pub fn into_options(self) -> Result<SimulatorOptions, ArgumentError> {
        let read = |path: PathBuf| {
            let text = std::fs::read(&path).map_err(|error| ArgumentError::File(path.clone(), error))?;
            CustomUser::from_json(&text).map_err(|error| ArgumentError::User(path, error))
        };
        Ok(SimulatorOptions {
            port: self.port,
            user: self.user.map(read).transpose()?,
            seed: self.seed,
            transactions: self.transactions,
            accounts: self.accounts,
            days: self.days,
            currencies: self.currencies,
            today: self.today,
            page_limit: self.page_limit,
            rate_limits: self.rate_limits,
            mutation_fails_paging: self.mutation_fails_paging,
            ..SimulatorOptions::default()
        })
    }
}
