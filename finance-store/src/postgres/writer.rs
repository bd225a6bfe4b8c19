//! Work on a connection of the pool, and work in a transaction; both are done again where that is safe and promises to help.

use std::time::Duration;

use finance_core::{StoreError, StoreErrorKind};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::{Connection, Transaction};

use super::error::{is_passing, store_error};

/// How often work is tried that meets another transaction, or a connection that has ended.
const ATTEMPTS: u32 = 5;
/// The wait before the second attempt; each further one waits three times as long.
const FIRST_WAIT: Duration = Duration::from_millis(5);

/// Counts the attempts at one piece of work.
#[derive(Default)]
pub(super) struct Attempts(u32);

impl Attempts {
    /// A connection for the next attempt.
    pub(super) async fn connection(&self, pool: &PgPool) -> Result<Held, StoreError> {
        let connection = pool.acquire().await.map_err(store_error)?;
        let mut held = Held { connection, is_settled: false };
        if self.0 > 0 {
            // What was prepared may be the reason for another attempt.
            held.connection.clear_cached_statements().await.map_err(store_error)?;
        }
        Ok(held)
    }

    /// The outcome of the work, or `None` when it shall be tried again.
    pub(super) async fn settle<T>(
        &mut self,
        outcome: Result<T, StoreError>,
    ) -> Option<Result<T, StoreError>> {
        self.0 += 1;
        match outcome {
            Err(error) if self.0 < ATTEMPTS && is_passing(&error) => {
                tracing::debug!(%error, attempt = self.0, "the database is asked again");
                tokio::time::sleep(FIRST_WAIT * 3_u32.pow(self.0 - 1)).await;
                None
            }
            outcome => Some(outcome),
        }
    }
}

/// A connection at work. Where the work is dropped half-way, nobody knows what the server will still answer to it, least of all
/// in a `COPY`; so the connection ends with it, instead of answering the next one.
pub(super) struct Held {
    pub(super) connection: PoolConnection<Postgres>,
    is_settled: bool,
}

impl Held {
    /// Notes the outcome of the work; what went wrong may be the connection's fault.
    pub(super) fn settle<T>(&mut self, outcome: &Result<T, StoreError>) {
        self.is_settled = !outcome.as_ref().err().is_some_and(is_passing);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_settled {
            self.connection.close_on_drop();
        }
    }
}

/// Asks the database something on a connection of the pool.
macro_rules! reading {
    ($store:expr, |$connection:ident| $work:expr) => {{
        let mut attempts = $crate::postgres::writer::Attempts::default();
        loop {
            let outcome = match attempts.connection(&$store.pool).await {
                Ok(mut held) => {
                    let $connection: &mut sqlx::postgres::PgConnection = &mut held.connection;
                    let outcome: Result<_, finance_core::StoreError> = async { $work }.await;
                    held.settle(&outcome);
                    outcome
                }
                Err(error) => Err(error),
            };
            if let Some(outcome) = attempts.settle(outcome).await {
                break outcome;
            }
        }
    }};
}
pub(super) use reading;

/// Writes with one statement, made last with it, in one round trip. It is done again when the connection ends before the answer
/// came, and then nobody knows what became of it: for what does no harm done twice.
macro_rules! at_once {
    ($store:expr, |$connection:ident| $work:expr) => {
        $crate::postgres::writer::reading!($store, |$connection| $work)
    };
}
pub(super) use at_once;

/// Does work in a transaction, which is committed when the work succeeds.
macro_rules! writing {
    ($store:expr, |$connection:ident| $work:expr) => {{
        let mut attempts = $crate::postgres::writer::Attempts::default();
        loop {
            let outcome = match attempts.connection(&$store.pool).await {
                Ok(mut held) => {
                    let outcome = match sqlx::Connection::begin(&mut *held.connection).await {
                        Ok(mut transaction) => {
                            let $connection: &mut sqlx::postgres::PgConnection = &mut transaction;
                            let outcome: Result<_, finance_core::StoreError> = async { $work }.await;
                            match outcome {
                                Ok(value) => $crate::postgres::writer::commit(&$store.pool, transaction)
                                    .await
                                    .map(|()| value),
                                Err(error) => Err(error),
                            }
                        }
                        Err(error) => Err($crate::postgres::error::store_error(error)),
                    };
                    held.settle(&outcome);
                    outcome
                }
                Err(error) => Err(error),
            };
            if let Some(outcome) = attempts.settle(outcome).await {
                break outcome;
            }
        }
    }};
}
pub(super) use writing;

/// A transaction that only reads, and sees one instant all the while.
pub(super) async fn snapshot(connection: &mut PgConnection) -> Result<Transaction<'_, Postgres>, StoreError> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    connection.begin_with(begin).await.map_err(store_error)
}

/// Makes what was written last. If the connection ends meanwhile, another one is asked what became of it.
pub(super) async fn commit(
    pool: &PgPool,
    mut transaction: Transaction<'_, Postgres>,
) -> Result<(), StoreError> {
    let number = "SELECT pg_current_xact_id_if_assigned()::text";
    let number: Option<String> =
        sqlx::query_scalar(number).fetch_one(&mut *transaction).await.map_err(store_error)?;
    let error = match transaction.commit().await {
        Ok(()) => return Ok(()),
        // The server itself says that nothing was committed.
        Err(sqlx::Error::Database(fault)) if !fault.code().is_some_and(|code| code.starts_with("57P")) => {
            return Err(store_error(sqlx::Error::Database(fault)));
        }
        Err(error) => error,
    };
    let Some(number) = number else { return Ok(()) };
    for attempt in 0..ATTEMPTS {
        match outcome(pool, &number).await.as_deref() {
            Ok("committed") => return Ok(()),
            // Not committed, and never to be.
            Ok("aborted") => return Err(store_error(error)),
            _ => tokio::time::sleep(FIRST_WAIT * 3_u32.pow(attempt)).await,
        }
    }
    let message = "the connection to the database ended while something was committed, and what became of it is not known; \
                   read again before repeating it";
    Err(StoreError::new(StoreErrorKind::Unavailable, message).with_source(Unknown(error)))
}

/// What became of a transaction: `committed`, `aborted` or `in progress`.
async fn outcome(pool: &PgPool, number: &str) -> Result<String, StoreError> {
    let mut connection = pool.acquire().await.map_err(store_error)?;
    connection.ping().await.map_err(store_error)?;
    let query = sqlx::query_scalar("SELECT pg_xact_status($1::text::xid8)").bind(number);
    query.fetch_one(&mut *connection).await.map_err(store_error)
}

/// An error whose cause is hidden from those who would try again.
#[derive(Debug)]
struct Unknown(sqlx::Error);

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unknown {}
