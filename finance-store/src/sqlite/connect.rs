//! Opening a database, and the connections to it.

use std::path::Path;
use std::time::Duration;

use finance_core::{StoreError, StoreErrorKind};
use sqlx::ConnectOptions;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqliteSynchronous};
use tokio::time::Instant;

use super::error::store_error;
use super::writer::Writer;
use super::{SqliteOptions, migrate};
use crate::refusals::invalid;

/// Pages of the write-ahead log after which it is moved into the database: 62 MiB. The usual 1,000 would do so several
/// times within one large update.
const CHECKPOINT_PAGES: &str = "16000";
/// Rows that a query may be ahead of its reader.
const ROWS_AHEAD: usize = 512;
/// How long a query waits for other queries of this store to end.
const READERS_PATIENCE: Duration = Duration::from_secs(60);

/// Opens the database and brings the books to the newest version.
pub(super) async fn open(path: &Path, options: &SqliteOptions) -> Result<(Writer, SqlitePool), StoreError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    if parent.is_some_and(|parent| !parent.is_dir()) {
        return Err(invalid("the folder of the database does not exist; create it first"));
    }
    let connect = connect_options(path, options);
    let mut writer = connect.connect().await.map_err(store_error)?;
    // Whatever is wrong with the file is found before anything is written to it.
    migrate::version(&mut writer).await?;
    use_write_ahead_log(&mut writer, options.busy_timeout).await?;
    migrate::migrate(&mut writer).await?;

    // Should the file be gone later, nothing is put in its place.
    let again = connect.create_if_missing(false);
    let readers = PoolOptions::new()
        .max_connections(options.readers.max(1))
        .acquire_timeout(READERS_PATIENCE)
        .test_before_acquire(false)
        .connect_lazy_with(again.clone().pragma("query_only", "ON"));
    Ok((Writer::new(writer, again), readers))
}

fn connect_options(path: &Path, options: &SqliteOptions) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(options.busy_timeout)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", format!("-{}", options.cache_kib))
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("temp_store", "MEMORY")
        .pragma("secure_delete", "FAST")
        .row_buffer_size(ROWS_AHEAD)
        .thread_name(|number| format!("finance-sqlite-{number}"))
        .disable_statement_logging()
}

/// Switches the database to its write-ahead log. SQLite does not wait for that by itself when another process uses the
/// database, or makes the same switch, right then.
async fn use_write_ahead_log(
    connection: &mut SqliteConnection,
    patience: Duration,
) -> Result<(), StoreError> {
    let deadline = Instant::now() + patience;
    loop {
        let mode: Result<String, _> =
            sqlx::query_scalar("PRAGMA journal_mode = WAL").fetch_one(&mut *connection).await;
        let error = match mode.map_err(store_error) {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Ok(_) => {
                let message =
                    "the database cannot keep a write-ahead log where it lies; move it to a local disk";
                return Err(invalid(message));
            }
            Err(error) => error,
        };
        if error.kind() != StoreErrorKind::Unavailable || Instant::now() >= deadline {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
