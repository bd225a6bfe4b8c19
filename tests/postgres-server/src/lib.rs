//! A throw-away PostgreSQL server for tests.
//!
//! [`PostgresServer::shared`] is started once for each process of tests; every test takes a [`Database`] of its own from it.
//! The server stops and its folder goes when the process ends, in whatever way. If `DATABASE_URL` names a server, that one is
//! used instead: databases are made on it and dropped again.
//!
//! Without a server and without PostgreSQL's programs tests fail, saying what to install. Nothing is skipped.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test fails by a panic")]

mod cluster;
mod pooler;
mod programs;
mod relay;

pub use pooler::{Pooler, PoolerMode};
pub use relay::{Cut, Relay};

use std::path::Path;

use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};
use tokio::sync::OnceCell;

use cluster::Cluster;

/// What a server of a test's own has that others have not.
#[derive(Debug, Clone, Default)]
#[expect(clippy::exhaustive_structs, reason = "a test names what it needs and leaves the rest as it is")]
pub struct ServerOptions {
    /// Settings, each as `name=value`.
    pub settings: Vec<String>,
    /// Files that lie in its folder before it starts, which it alone may read. One that is called `access` takes the place of
    /// the rules of who may connect from where (`pg_hba.conf`).
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// The port on the loopback interface. Without one nothing listens on the network.
    pub port: Option<u16>,
    /// The size of a disk of its own. It takes `unshare`, and a system that lets everybody make namespaces.
    pub disk_megabytes: Option<u32>,
}

/// A server.
#[derive(Debug)]
pub struct PostgresServer {
    /// `None` for the server that `DATABASE_URL` names.
    cluster: Option<Cluster>,
    options: PgConnectOptions,
    /// What prepared databases are copies of, on a server of our own.
    template: OnceCell<Database>,
}

impl PostgresServer {
    /// The server of this process, started when it is first asked for.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PostgresServer> = OnceLock::new();
        SHARED.get_or_init(|| match std::env::var("DATABASE_URL") {
            Ok(url) => {
                let options =
                    PgConnectOptions::from_str(&url).expect("DATABASE_URL must name a PostgreSQL server");
                Self {
                    cluster: None,
                    options: options.disable_statement_logging(),
                    template: OnceCell::new(),
                }
            }
            Err(_) => Self::own(),
        })
    }

    /// A server for one test alone, which may stop it. It ends when it is dropped, or with the process.
    pub fn own() -> Self {
        Self::own_with(&ServerOptions::default())
    }

    /// The same with something that others have not.
    pub fn own_with(options: &ServerOptions) -> Self {
        let cluster = Cluster::start(options);
        let options = PgConnectOptions::new_without_pgpass()
            .socket(cluster.folder())
            .port(cluster.port())
            .username(cluster::USER)
            .database("postgres")
            .disable_statement_logging();
        Self { cluster: Some(cluster), options, template: OnceCell::new() }
    }

    /// Makes an empty database.
    pub async fn database(&self) -> Database {
        self.copy_of("template0").await
    }

    /// Makes a database that was prepared, given its address. A server of our own prepares one, the first time, and copies it;
    /// so everybody's preparation must be the same, and no connection may be left of it.
    pub async fn prepared_database(&self, prepare: impl AsyncFn(&str)) -> Database {
        if self.cluster.is_none() {
            let database = self.database().await;
            prepare(&database.url()).await;
            return database;
        }
        let template = self.template.get_or_init(async || {
            let database = self.database().await;
            prepare(&database.url()).await;
            database
        });
        self.copy_of(&template.await.name).await
    }

    async fn copy_of(&self, template: &str) -> Database {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("finance_test_{}_{number}", std::process::id());
        let mut connection =
            self.options.connect().await.expect("the PostgreSQL server must take connections");
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template} ENCODING 'UTF8'");
        connection.execute(AssertSqlSafe(sql)).await.unwrap();
        connection.close().await.unwrap();
        Database {
            server: self.options.clone(),
            options: self.options.clone().database(&name),
            name,
            must_be_gone: self.cluster.is_none(),
        }
    }

    /// Stops the server at once, as a crash does: connections end, and what was not committed is lost.
    pub fn stop(&self) {
        self.cluster().order("stop");
    }

    /// Starts the server after [`PostgresServer::stop`].
    pub fn start(&self) {
        self.cluster().order("start");
    }

    /// Stops the server at once, unless it did so itself, and starts it again.
    pub fn restart(&self) {
        self.cluster().order("restart");
    }

    /// Leaves no byte of its disk free, where the disk is its own.
    pub fn fill_disk(&self) {
        self.cluster().order("fill");
    }

    /// Takes back [`PostgresServer::fill_disk`].
    pub fn empty_disk(&self) {
        self.cluster().order("empty");
    }

    /// The folder of a server of the test's own: its data, its log (`log`) and the socket.
    pub fn folder(&self) -> &Path {
        self.cluster().folder()
    }

    fn cluster(&self) -> &Cluster {
        self.cluster.as_ref().expect("this takes a server of the test's own")
    }
}

/// A database of one test, dropped at its end.
#[derive(Debug)]
pub struct Database {
    server: PgConnectOptions,
    options: PgConnectOptions,
    name: String,
    /// Whether the server outlives this process.
    must_be_gone: bool,
}

impl Database {
    /// Its address, as `postgres://…`.
    pub fn url(&self) -> String {
        self.options.to_url_lossy().to_string()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address by way of another socket.
    fn url_by(&self, folder: &Path, port: u16) -> String {
        self.options.clone().socket(folder).port(port).to_url_lossy().to_string()
    }

    /// A plain connection to it.
    pub async fn connect(&self) -> PgConnection {
        self.options.connect().await.unwrap()
    }

    /// Runs SQL on it, any number of statements.
    pub async fn execute(&self, sql: &str) {
        let mut connection = self.connect().await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

impl Drop for Database {
    /// Drops the database. A server that is stopped by now keeps it, which ends with the server.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), std::mem::take(&mut self.name));
        // A thread of its own, as a runtime may be about to end here.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                if let Ok(mut connection) = server.connect().await {
                    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    let _ = connection.execute(AssertSqlSafe(sql)).await;
                }
            });
        });
        // A server of our own outlives the thread or takes the database with it.
        if self.must_be_gone {
            let _ = dropping.join();
        }
    }
}
