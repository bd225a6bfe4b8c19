//! Stores in a folder of their own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use finance_core::{Store, StoreError, StoreErrorKind};
use finance_store::{ConnectOptions, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, TokenKeys};
use postgres_server::{Database, PostgresServer};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection, Executor};
use tempfile::TempDir;

pub(crate) const KEY: [u8; 32] = [7; 32];

pub(crate) fn with_keys(keys: TokenKeys) -> SqliteOptions {
    SqliteOptions { token_keys: Some(keys), ..SqliteOptions::default() }
}

pub(crate) fn options() -> SqliteOptions {
    with_keys(TokenKeys::new("key-1", KEY))
}

pub(crate) async fn open_at(path: &Path) -> Arc<SqliteStore> {
    Arc::new(SqliteStore::open(path, options()).await.unwrap())
}

pub(crate) fn kind<T>(answer: Result<T, StoreError>) -> Option<StoreErrorKind> {
    answer.err().map(|error| error.kind())
}

/// A folder for a database, removed at the end.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("books.sqlite")
    }

    pub(crate) async fn open(&self) -> Arc<SqliteStore> {
        open_at(&self.file()).await
    }

    /// A plain connection to the database, past the store.
    pub(crate) async fn connect(&self) -> SqliteConnection {
        let options = SqliteConnectOptions::new().filename(self.file()).create_if_missing(true);
        options.connect().await.unwrap()
    }

    /// Runs SQL on the database, past the store.
    pub(crate) async fn execute(&self, sql: &'static str) {
        let mut connection = self.connect().await;
        connection.execute(sql).await.unwrap();
        connection.close().await.unwrap();
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.file()).unwrap()
    }

    /// Whether any file in the folder holds these bytes.
    pub(crate) fn holds(&self, needle: &[u8]) -> bool {
        let files = std::fs::read_dir(self.folder()).unwrap();
        files.into_iter().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    }
}

pub(crate) fn postgres_options() -> PostgresOptions {
    PostgresOptions { token_keys: Some(TokenKeys::new("key-1", KEY)), ..PostgresOptions::default() }
}

/// A database with the tables of the books.
pub(crate) async fn database() -> Database {
    let prepare = async |url: &str| {
        PostgresStore::connect(url, PostgresOptions::default()).await.unwrap().close().await;
    };
    PostgresServer::shared().prepared_database(prepare).await
}

pub(crate) async fn connect_to(database: &Database) -> Arc<PostgresStore> {
    Arc::new(PostgresStore::connect(&database.url(), postgres_options()).await.unwrap())
}

/// Where the books of one test are kept, whichever store keeps them.
pub(crate) enum Home {
    InAFile(Place),
    OnAServer(Box<Database>),
}

impl Home {
    pub(crate) fn in_a_file() -> Self {
        Self::InAFile(Place::new())
    }

    pub(crate) async fn on_a_server() -> Self {
        Self::OnAServer(Box::new(database().await))
    }

    pub(crate) fn address(&self) -> String {
        match self {
            Self::InAFile(place) => format!("sqlite:{}", place.file().display()),
            Self::OnAServer(database) => database.url(),
        }
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        open_address(&self.address()).await
    }

    pub(crate) async fn open_with(&self, token_keys: Option<TokenKeys>) -> Arc<dyn Store> {
        let options = ConnectOptions { token_keys, ..ConnectOptions::default() };
        finance_store::connect(&self.address(), options).await.unwrap()
    }

    /// Encrypts every token anew with a store of these keys.
    pub(crate) async fn reseal(&self, token_keys: Option<TokenKeys>) -> Result<u64, StoreError> {
        match self {
            Self::InAFile(place) => {
                let options = SqliteOptions { token_keys, ..SqliteOptions::default() };
                SqliteStore::open(place.file(), options).await.unwrap().reseal_tokens().await
            }
            Self::OnAServer(database) => {
                let options = PostgresOptions { token_keys, ..PostgresOptions::default() };
                PostgresStore::connect(&database.url(), options).await.unwrap().reseal_tokens().await
            }
        }
    }

    /// Runs SQL past the store.
    pub(crate) async fn execute(&self, sql: &str) {
        match self {
            Self::InAFile(place) => {
                let mut connection = place.connect().await;
                connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
                connection.close().await.unwrap();
            }
            Self::OnAServer(database) => database.execute(sql).await,
        }
    }

    /// How far the numbers of a server's records have come, as SQL that sets them so. Categories are everybody's, and stay when
    /// a call is refused.
    pub(crate) async fn numbers(&self) -> Option<String> {
        let Self::OnAServer(database) = self else { return None };
        let mut connection = database.connect().await;
        let sql = "SELECT string_agg(format('SELECT setval(%L, %s, %L)', schemaname || '.' || sequencename, \
                   coalesce(last_value, 1), last_value IS NOT NULL), ';') FROM pg_sequences WHERE sequencename <> 'finance_categories_id_seq'";
        let numbers = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        numbers
    }

    /// Lets numbers that a refused call used up be given again. No caller minds them; who compares stores does.
    pub(crate) async fn give_back(&self, numbers: Option<String>) {
        if let Some(sql) = numbers {
            self.execute(&sql).await;
        }
    }

    /// Bytes in SQL.
    pub(crate) fn literal(&self, bytes: &[u8]) -> String {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::InAFile(_) => format!("x'{digits}'"),
            Self::OnAServer(_) => format!("'\\x{digits}'::bytea"),
        }
    }
}

pub(crate) async fn open_address(address: &str) -> Arc<dyn Store> {
    let options =
        ConnectOptions { token_keys: Some(TokenKeys::new("key-1", KEY)), ..ConnectOptions::default() };
    finance_store::connect(address, options).await.unwrap()
}

/// Makes one test for every store of each of these functions, which take a [`Home`].
macro_rules! on_every_store {
    ($($test:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(crate::fixture::Home::in_a_file()).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(crate::fixture::Home::on_a_server().await).await;
                }
            )*
        }
    };
}
pub(crate) use on_every_store;
