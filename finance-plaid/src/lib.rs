//! Plaid as a bank provider.

mod client;
mod codes;
mod error;
mod options;
mod products;
mod provider;
pub mod translate;
mod transport;
pub mod wire;

pub use client::PlaidClient;
pub use error::PlaidError;
pub use options::{ClientOptions, Credentials, Environment, PlaidOptions, Random, Timeouts};
pub use products::{InvalidProduct, Product};
pub use provider::PlaidProvider;
pub use transport::{Endpoint, PerMinute, RateLimits, RetryDecision, RetryPolicy};
