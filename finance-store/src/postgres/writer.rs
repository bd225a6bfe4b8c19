//! Work on a connection of the pool, and work in a transaction; both are done again where that is safe and promises to help.

use std::time::Duration;

use finance_core::{StoreError, StoreErrorKind};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row, Transaction};

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

/// How a transaction begins that writes. Behind a pooler the server's connection is another one each time, and on it lies what
/// others prepared under the names that this one is going to use.
pub(super) fn begin(keeps_statements: bool) -> &'static str {
    if keeps_statements { "BEGIN" } else { "BEGIN; DEALLOCATE ALL" }
}

/// Where something is asked, up to its end on one connection of the server. Behind a pooler this takes a transaction: a statement
/// is prepared in one round trip and run in the next.
pub(super) enum Asking<'a> {
    Plainly(&'a mut PgConnection),
    InTransaction(Transaction<'a, Postgres>),
}

impl<'a> Asking<'a> {
    pub(super) async fn begin(
        keeps_statements: bool,
        connection: &'a mut PgConnection,
    ) -> Result<Self, StoreError> {
        if keeps_statements {
            return Ok(Self::Plainly(connection));
        }
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ; DEALLOCATE ALL";
        connection.begin_with(begin).await.map(Self::InTransaction).map_err(store_error)
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Plainly(connection) => connection,
            Self::InTransaction(transaction) => transaction,
        }
    }

    /// Some answers are remembered, so this may be a commit of something.
    pub(super) async fn end<T>(self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if let (Self::InTransaction(transaction), true) = (self, outcome.is_ok()) {
            transaction.commit().await.map_err(store_error)?;
        }
        outcome
    }
}

/// Asks the database something on a connection of the pool.
macro_rules! reading {
    ($store:expr, |$connection:ident| $work:expr) => {{
        let mut attempts = $crate::postgres::writer::Attempts::default();
        loop {
            let outcome = match attempts.connection(&$store.pool).await {
                Ok(mut held) => {
                    let outcome: Result<_, finance_core::StoreError> = async {
                        let connection = &mut held.connection;
                        let mut asking =
                            $crate::postgres::writer::Asking::begin($store.keeps_statements, connection)
                                .await?;
                        let $connection: &mut sqlx::postgres::PgConnection = asking.connection();
                        let outcome: Result<_, finance_core::StoreError> = async { $work }.await;
                        asking.end(outcome).await
                    }
                    .await;
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
/// came, and then nobody knows what became of it: for what does no harm done twice. Behind a pooler it is a transaction like
/// others.
macro_rules! at_once {
    ($store:expr, |$connection:ident| $work:expr) => {
        if $store.keeps_statements {
            $crate::postgres::writer::reading!($store, |$connection| $work)
        } else {
            $crate::postgres::writer::writing!($store, |$connection| $work)
        }
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
                    let begin = $crate::postgres::writer::begin($store.keeps_statements);
                    let outcome = match sqlx::Connection::begin_with(&mut *held.connection, begin).await {
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
    if connection.is_in_transaction() {
        // Which is one that sees one instant.
        return connection.begin().await.map_err(store_error);
    }
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
            Some("committed") => return Ok(()),
            // Not committed, and never to be.
            Some("aborted") => return Err(store_error(error)),
            _ => tokio::time::sleep(FIRST_WAIT * 3_u32.pow(attempt)).await,
        }
    }
    let message = "the connection to the database ended while something was committed, and what became of it is not known; \
                   read again before repeating it";
    Err(StoreError::new(StoreErrorKind::Unavailable, message).with_source(Unknown(error)))
}

/// What became of a transaction: `committed`, `aborted` or `in progress`; `None` when nobody can tell now. It is asked on a
/// connection of its own, as those of the pool may all be at work, the one that ended among them.
async fn outcome(pool: &PgPool, number: &str) -> Option<String> {
    let asking = async {
        let mut connection = pool.connect_options().connect().await.ok()?;
        // The number is digits, written by the server. A plain query is one round trip, whatever lies between.
        let sql = AssertSqlSafe(format!("SELECT pg_xact_status('{number}')"));
        let answer = sqlx::raw_sql(sql).fetch_one(&mut connection).await.ok()?;
        let _ = connection.close().await;
        answer.try_get(0).ok()?
    };
    tokio::time::timeout(pool.options().get_acquire_timeout(), asking).await.ok()?
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
