//! Telling what is the same from what merely looks alike.

mod connection;

pub use connection::{DuplicateConnection, LinkedAccount, find_duplicate_connection};
