//! Reaching a database, and the connections to it.

use std::str::FromStr;
use std::time::Duration;

use finance_core::StoreError;
use sqlx::ConnectOptions;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgPool, Postgres};

use super::error::store_error;
use super::{PostgresOptions, migrate, writer};
use crate::refusals::invalid;

/// How long a connection may lie idle before it ends.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// How old a connection becomes at the most.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

/// Reaches the database, brings the books to the newest version, and returns how to reach it with the connections.
pub(super) async fn connect(
    url: &str,
    options: &PostgresOptions,
) -> Result<(PgConnectOptions, PgPool), StoreError> {
    let connect = connect_options(url, options)?;
    let pool = PoolOptions::<Postgres>::new()
        .max_connections(options.connections.max(1))
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(IDLE)
        .max_lifetime(LIFETIME)
        // Work that finds its connection ended is tried again on another one.
        .test_before_acquire(false)
        .connect_lazy_with(connect.clone());
    let mut connection = pool.acquire().await.map_err(store_error)?;
    migrate::migrate(&mut connection, writer::begin(options.prepared_statements)).await?;
    drop(connection);
    Ok((connect, pool))
}

/// The address may hold a password, so no part of it becomes part of an error.
fn connect_options(url: &str, options: &PostgresOptions) -> Result<PgConnectOptions, StoreError> {
    let parsed = PgConnectOptions::from_str(url).map_err(|_| {
        invalid("the address of the database cannot be read; write postgres://user@host/database")
    })?;
    let mut parsed = parsed.disable_statement_logging().extra_float_digits(None);
    if parsed.get_application_name().is_none() {
        parsed = parsed.application_name("finance-store");
    }
    let timeouts = [("statement_timeout", options.statement_timeout), ("lock_timeout", options.lock_timeout)];
    let timeouts = timeouts.into_iter().filter_map(|(name, timeout)| Some((name, timeout?)));
    let timeouts: Vec<(&str, String)> =
        timeouts.map(|(name, timeout)| (name, timeout.as_millis().to_string())).collect();
    if !timeouts.is_empty() {
        parsed = parsed.options(timeouts);
    }
    Ok(if options.prepared_statements { parsed } else { parsed.statement_cache_capacity(0) })
}
