//! What end-to-end tests stand on: a simulated Plaid, the real client, the engine, and any of the stores.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by a panic")]

pub mod hostile;
pub mod judgements;
pub mod torture;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use finance_core::{
    AccountId, CategoryPolicy, Clock, ConnectionId, ConnectionSync, EngineOptions, InstitutionId,
    InstitutionRef, LinkOptions, LinkRequest, Linked, LinkedAccount, PagerPolicy, PublicToken, Store,
    SyncEngine, SyncRequest, SyncScope, SystemClock, Transaction, TransactionQuery, UserId,
};
use finance_plaid::{ClientOptions, Credentials, Environment, PlaidOptions, PlaidProvider, RetryPolicy};
use finance_store::{ConnectOptions, PostgresOptions, PostgresStore, TokenKeys, connect};
use plaid_simulator::{Control, LinkSession, Simulator, SimulatorOptions};
use postgres_server::PostgresServer;
use rust_decimal::Decimal;

/// Which store the books are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "tests run over every store")]
pub enum Books {
    /// `MemoryStore`.
    InMemory,
    /// `SqliteStore` on a file that ends with the test.
    InSqlite,
    /// `PostgresStore` in a database that ends with the test.
    InPostgres,
}

/// What a store stands on, which must live as long.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "nobody looks inside")]
pub enum Ground {
    /// Nothing.
    Nothing,
    /// A folder for files.
    Folder(tempfile::TempDir),
    /// A database on a server.
    Database(Box<postgres_server::Database>),
}

impl Books {
    /// Every store.
    pub const ALL: [Self; 3] = [Self::InMemory, Self::InSqlite, Self::InPostgres];

    /// The address of books that are empty, and what they stand on.
    pub async fn place(self) -> (String, Ground) {
        match self {
            Self::InMemory => ("memory:".to_owned(), Ground::Nothing),
            Self::InSqlite => {
                let folder = tempfile::tempdir().unwrap();
                (format!("sqlite:{}", folder.path().join("books.db").display()), Ground::Folder(folder))
            }
            Self::InPostgres => {
                let database = PostgresServer::shared().prepared_database(make_tables).await;
                (database.url(), Ground::Database(Box::new(database)))
            }
        }
    }

    /// An empty store, and what it stands on.
    pub async fn open(self) -> (Arc<dyn Store>, Ground) {
        let (place, ground) = self.place().await;
        (open(&place).await, ground)
    }
}

async fn make_tables(address: &str) {
    PostgresStore::connect(address, PostgresOptions::default()).await.unwrap().close().await;
}

/// Opens the books at an address.
pub async fn open(place: &str) -> Arc<dyn Store> {
    let token_keys = Some(TokenKeys::new("test", [7; 32]));
    connect(place, ConnectOptions { token_keys, ..ConnectOptions::default() }).await.unwrap()
}

/// A simulated Plaid, a user, and an engine that keeps the user's books.
pub struct World {
    /// The simulator's levers.
    pub control: Control,
    /// The engine under test.
    pub engine: SyncEngine,
    /// The real client behind it.
    pub provider: Arc<PlaidProvider>,
    /// The store behind it.
    pub store: Arc<dyn Store>,
    /// The user.
    pub user: UserId,
    simulator: Simulator,
    _ground: Ground,
}

impl World {
    /// A world on one of the stores; pages hold so many rows at the most.
    pub async fn new(books: Books, options: SimulatorOptions, page_size: u16) -> Self {
        let (store, ground) = books.open().await;
        Self { _ground: ground, ..Self::over(store, options, page_size).await }
    }

    /// A world on a store that outlives it.
    pub async fn over(store: Arc<dyn Store>, options: SimulatorOptions, page_size: u16) -> Self {
        let simulator = Simulator::start(options).await.unwrap();
        let provider = Arc::new(provider(simulator.url()));
        let engine = engine(provider.clone(), store.clone(), page_size);
        let (control, user) = (simulator.control(), UserId::new("anna").unwrap());
        Self { control, engine, provider, store, user, simulator, _ground: Ground::Nothing }
    }

    /// Another engine on the same store, as another process has: it shares no lock with the first.
    pub fn second_engine(&self, page_size: u16) -> SyncEngine {
        engine(Arc::new(provider(self.simulator.url())), self.store.clone(), page_size)
    }

    /// An engine on the same store that goes by this clock.
    pub fn engine_by(&self, clock: Arc<dyn Clock>, page_size: u16) -> SyncEngine {
        engine_by(clock, self.provider.clone(), self.store.clone(), page_size)
    }

    /// The address of the simulator.
    pub fn url(&self) -> &str {
        self.simulator.url()
    }

    /// Goes through the link dialogue and returns what an application hands to `link`, and the simulator's own name of the
    /// connection.
    pub async fn sign_in(&self, username: &str, password: Option<&str>) -> (LinkRequest, String) {
        self.sign_in_as(&self.user, username, password).await
    }

    /// The same for any user.
    pub async fn sign_in_as(
        &self,
        user: &UserId,
        username: &str,
        password: Option<&str>,
    ) -> (LinkRequest, String) {
        let link = self.engine.create_link_token(user, &LinkOptions::new("Test")).await.unwrap();
        let session = LinkSession {
            link_token: link.token.expose().to_owned(),
            username: Some(username.to_owned()),
            password: password.map(str::to_owned),
            ..LinkSession::default()
        };
        let finished = self.control.link_session(session).unwrap();
        let metadata = finished.metadata;
        let accounts = metadata.accounts.into_iter().map(|account| LinkedAccount {
            name: Some(account.name),
            mask: account.mask,
            provider_type: Some(account.kind),
            provider_subtype: account.subtype,
            persistent_id: None,
        });
        let institution = InstitutionRef {
            id: InstitutionId::new(metadata.institution.institution_id).unwrap(),
            name: Some(metadata.institution.name),
        };
        let request = LinkRequest {
            institution: Some(institution),
            accounts: accounts.collect(),
            ..LinkRequest::new(PublicToken::new(finished.public_token.unwrap()))
        };
        (request, finished.item_id)
    }

    /// Links a login; returns the connection with the simulator's own name of it.
    pub async fn link(&self, username: &str) -> (Linked, String) {
        let (request, item) = self.sign_in(username, None).await;
        (self.engine.link(&self.user, request).await.unwrap(), item)
    }

    /// Syncs one connection.
    pub async fn sync(&self, connection: ConnectionId) -> ConnectionSync {
        let request = SyncRequest::new(SyncScope::Connection(connection));
        self.engine.sync_transactions(&self.user, &request).await.unwrap().connections.remove(0)
    }

    /// Syncs one connection again and again until an update goes through. Panics after 20 tries.
    pub async fn sync_until_whole(&self, connection: ConnectionId) -> ConnectionSync {
        for _ in 0..20 {
            let sync = self.sync(connection).await;
            if sync.error.is_none() {
                return sync;
            }
        }
        panic!("20 syncs failed, although no fault is left");
    }

    /// Every live transaction in the books, newest first.
    pub async fn ledger(&self) -> Vec<Transaction> {
        let rows = finance_core::RowSelection::WithHidden;
        let query = TransactionQuery { limit: u32::MAX, rows, ..TransactionQuery::default() };
        self.engine.transactions(&self.user, &query).await.unwrap()
    }

    /// What a perfect ledger of the connection holds, by provider id, in our sign.
    pub fn truth(&self, item: &str) -> BTreeMap<String, Entry> {
        let truth = self.control.truth(item).unwrap();
        let entries = truth.transactions.into_iter().map(|row| {
            let amount = if row.amount.is_zero() { row.amount } else { -row.amount };
            let entry = Entry {
                account: row.account_id,
                amount,
                date: row.date,
                pending: row.pending,
                name: row.name,
            };
            (row.transaction_id, entry)
        });
        entries.collect()
    }

    /// Panics unless the books hold exactly the truth of the connection: nothing lost, doubled or off by a digit, and sums
    /// that agree account by account.
    pub async fn assert_true(&self, connection: ConnectionId, item: &str) {
        let accounts = self.engine.accounts(&self.user).await.unwrap();
        let provider_ids: BTreeMap<AccountId, String> =
            accounts.iter().map(|account| (account.id, account.provider.id.to_string())).collect();
        let rows = self.ledger().await;
        let own: Vec<&Transaction> = rows.iter().filter(|row| row.connection == connection).collect();
        let books: BTreeMap<String, Entry> = own
            .iter()
            .map(|row| {
                let entry = Entry {
                    account: provider_ids[&row.account].clone(),
                    amount: row.provider.amount.amount(),
                    date: row.provider.date,
                    pending: row.provider.pending,
                    name: row.provider.description.to_string(),
                };
                (row.provider.id.to_string(), entry)
            })
            .collect();
        assert_eq!(books.len(), own.len(), "a row stands twice in the books");
        let truth = self.truth(item);
        for (id, entry) in &truth {
            assert_eq!(books.get(id), Some(entry), "row {id} of the bank against the books");
        }
        let invented: Vec<&String> = books.keys().filter(|id| !truth.contains_key(*id)).collect();
        assert!(invented.is_empty(), "the bank does not have {invented:?}");
        self.assert_sums(connection, &books).await;
    }

    async fn assert_sums(&self, connection: ConnectionId, books: &BTreeMap<String, Entry>) {
        let accounts = self.engine.accounts(&self.user).await.unwrap();
        let totals = self.engine.account_totals(&self.user).await.unwrap();
        for account in accounts.iter().filter(|account| account.connection == connection) {
            let own = books.values().filter(|entry| entry.account == account.provider.id.as_str());
            let (mut rows, mut sum) = (0_u64, Decimal::ZERO);
            for entry in own {
                rows += 1;
                sum += entry.amount;
            }
            let own = totals.iter().filter(|total| total.account == account.id);
            let told = own
                .fold((0, Decimal::ZERO), |(rows, sum), total| (rows + total.rows, sum + total.sum.amount()));
            assert_eq!(told, (rows, sum), "the totals of {}", account.provider.name);
        }
    }
}

/// A row as a perfect ledger holds it, in our sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The provider's identifier of the account.
    pub account: String,
    /// Positive is money in.
    pub amount: Decimal,
    /// The day.
    pub date: NaiveDate,
    /// Whether it is pending.
    pub pending: bool,
    /// The bank's text.
    pub name: String,
}

/// The real client, set up to lose no time over repetitions.
fn provider(url: &str) -> PlaidProvider {
    let credentials = Credentials::new("test-client", "test-secret-not-real");
    let mut options = ClientOptions::new(Environment::Custom(url.to_owned()), credentials);
    options.retry = RetryPolicy {
        attempts: 3,
        base: Duration::from_millis(1),
        cap: Duration::from_millis(2),
        ..RetryPolicy::default()
    };
    options.timeouts.ordinary = Duration::from_secs(2);
    options.timeouts.first_sync = Duration::from_secs(2);
    options.max_body_bytes = 8 << 20;
    PlaidProvider::new(options, PlaidOptions::default()).unwrap()
}

fn engine(provider: Arc<PlaidProvider>, store: Arc<dyn Store>, page_size: u16) -> SyncEngine {
    engine_by(Arc::new(SystemClock), provider, store, page_size)
}

fn engine_by(
    clock: Arc<dyn Clock>,
    provider: Arc<PlaidProvider>,
    store: Arc<dyn Store>,
    page_size: u16,
) -> SyncEngine {
    let mut options = EngineOptions {
        pager: PagerPolicy { page_size, ..PagerPolicy::default() },
        categories: CategoryPolicy {
            time_per_batch: Duration::from_millis(500),
            ..CategoryPolicy::default()
        },
        ..EngineOptions::default()
    };
    // What is asked for twice in a row is not to be waited for.
    options.schedule.gap_seconds = 0;
    SyncEngine::new(provider, store, clock, options)
}
