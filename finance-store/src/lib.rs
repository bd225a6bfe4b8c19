//! Storage adapters: the ports of `finance-core` over databases.
//!
//! `SqliteStore` keeps the books in one SQLite file, on a phone, a laptop or a small server; `PostgresStore` in a PostgreSQL
//! database, for any number of processes. Access tokens are encrypted before they touch a disk, with the [`TokenKeys`] that the
//! host gives. [`connect()`] opens whichever store an address names.
//!
//! Features: `sqlite` (on by default), `postgres`, and `tls-ring` or `tls-aws-lc` for TLS to a PostgreSQL server. A build for
//! phones carries SQLite alone.

#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    allow(dead_code, unused_imports, unused_macros)
)]

mod changes;
mod connect;
#[cfg(feature = "postgres")]
mod postgres;
mod records;
mod refusals;
mod sealed_token;
#[cfg(feature = "sqlite")]
mod sqlite;
mod tables;
mod token_cipher;

pub use connect::{ConnectOptions, connect};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteOptions, SqliteStore};
pub use token_cipher::TokenKeys;
