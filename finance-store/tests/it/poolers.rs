//! PgBouncer between the store and its server. `make test` runs these where PgBouncer is installed, and installs it where it may.

use std::sync::Arc;

use async_trait::async_trait;
use finance_core::Store;
use finance_core::conformance::samples::row;
use finance_core::conformance::{Linked, StoreFixture};
use finance_store::{PostgresOptions, PostgresStore};
use postgres_server::{Database, Pooler, PoolerMode, PostgresServer};

use crate::fixture::postgres_options;

/// What older releases of PgBouncer take: time limits are told to a server as the connection begins, which they do not pass on.
fn without_limits() -> PostgresOptions {
    PostgresOptions { statement_timeout: None, lock_timeout: None, ..postgres_options() }
}

/// What a pooler takes that hands out connections for a transaction.
fn by_transaction() -> PostgresOptions {
    PostgresOptions { listen: false, prepared_statements: false, ..without_limits() }
}

/// Stores of two processes at the least, with fewer connections to the server between them than they would like to have.
async fn stores(
    pooler: &Pooler,
    database: &Database,
    options: fn() -> PostgresOptions,
) -> Vec<Arc<dyn Store>> {
    let mut stores: Vec<Arc<dyn Store>> = Vec::new();
    for _ in 0..4 {
        stores.push(Arc::new(PostgresStore::connect(&pooler.url(database), options()).await.unwrap()));
    }
    stores
}

/// Readers and writers take turns on the server's connections in every order.
async fn many_at_once(stores: Vec<Arc<dyn Store>>) {
    let mut tasks = Vec::new();
    for (number, store) in stores.into_iter().enumerate() {
        tasks.push(tokio::spawn(async move {
            let linked =
                Linked::new(store, &format!("user-{number}"), &format!("item-{number}"), &["a"]).await;
            for round in 0..10 {
                linked.insert((0..5).map(|n| row(&format!("{round}-{n}"), "a", "1.00"))).await;
                let (one, other) = futures::join!(
                    linked.store.accounts(&linked.user),
                    linked.store.connections(&linked.user)
                );
                assert_eq!((one.unwrap().len(), other.unwrap().len()), (1, 1));
                let (totals, events) = futures::join!(
                    linked.store.account_totals(&linked.user),
                    linked.store.events(&linked.user, 0, u32::MAX)
                );
                assert_eq!(totals.unwrap()[0].rows, 5 * (round + 1));
                let events = events.unwrap();
                assert_eq!(events.events.len() as u64, events.last);
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgBouncer; `make test` runs it where it is installed"]
async fn by_pgbouncer_for_a_session() {
    let server = PostgresServer::own();
    let database = server.database().await;
    let pooler = Pooler::start(&server, PoolerMode::Session, 60);
    let stores = stores(&pooler, &database, without_limits).await;
    let linked = Linked::new(stores[0].clone(), "ada", "item", &["a"]).await;
    let last = linked.store.events(&linked.user, 0, 1).await.unwrap().last;
    let waiting = stores[1].wait_for_event(&linked.user, last, std::time::Duration::from_secs(60));
    let (waited, ()) = futures::join!(waiting, linked.insert([row("told", "a", "1.00")]));
    waited.unwrap();
    many_at_once(stores).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PgBouncer; `make test` runs it where it is installed"]
async fn by_pgbouncer_for_a_transaction() {
    let server = PostgresServer::own();
    let database = server.database().await;
    let pooler = Pooler::start(&server, PoolerMode::Transaction, 3);
    many_at_once(stores(&pooler, &database, by_transaction).await).await;
}

/// The suite that every store passes, by transaction.
struct BehindAPooler {
    database: Database,
    store: Arc<PostgresStore>,
}

/// One server and one pooler for the whole suite.
fn pooled() -> &'static (PostgresServer, Pooler) {
    static POOLED: std::sync::OnceLock<(PostgresServer, Pooler)> = std::sync::OnceLock::new();
    POOLED.get_or_init(|| {
        let server = PostgresServer::own();
        let pooler = Pooler::start(&server, PoolerMode::Transaction, 2);
        (server, pooler)
    })
}

#[async_trait]
impl StoreFixture for BehindAPooler {
    async fn create() -> Self {
        let (server, pooler) = pooled();
        let database = server.database().await;
        let store = PostgresStore::connect(&pooler.url(&database), by_transaction()).await.unwrap();
        Self { database, store: Arc::new(store) }
    }

    fn store(&self) -> Arc<dyn Store> {
        self.store.clone()
    }

    async fn reopen(&mut self) {
        self.store.close().await;
        let address = pooled().1.url(&self.database);
        self.store = Arc::new(PostgresStore::connect(&address, by_transaction()).await.unwrap());
    }
}

mod by_pgbouncer {
    use super::BehindAPooler;

    finance_core::store_conformance_tests!(
        #[ignore = "needs PgBouncer; `make test` runs it where it is installed"]
        BehindAPooler
    );
}
