//! Storage adapters: the ports of `finance-core` over databases.
//!
//! [`SqliteStore`] keeps the books in one SQLite file, on a phone, a laptop or a small server. Access tokens are encrypted
//! before they touch a disk, with the [`TokenKeys`] that the host gives.

mod changes;
mod records;
mod refusals;
mod sealed_token;
mod sqlite;
mod tables;
mod token_cipher;

pub use sqlite::{SqliteOptions, SqliteStore};
pub use token_cipher::TokenKeys;
