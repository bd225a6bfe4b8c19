//! Plaid as a bank provider: a typed client with exact money, retries and rate limits, behind the library's port.
//!
//! [`PlaidProvider`] is what the engine is given. [`PlaidClient`] underneath has one call for each endpoint, the
//! sandbox's included, and [`translate`] turns its answers into the model.
//!
//! ```no_run
//! use finance_core::{AccessToken, BankProvider, PageRequest, ProviderError};
//! use finance_plaid::{ClientOptions, Credentials, Environment, PlaidOptions, PlaidProvider};
//!
//! # async fn example(client_id: String, secret: String, token: AccessToken) -> Result<(), ProviderError> {
//! let options = ClientOptions::new(Environment::Sandbox, Credentials::new(client_id, secret));
//! let plaid = PlaidProvider::new(options, PlaidOptions::default())?;
//!
//! for account in plaid.accounts(&token).await? {
//!     println!("{}: {:?}", account.name, account.balances.current);
//! }
//! // Money out of the account is negative here, although Plaid writes it positive.
//! let page = plaid.transactions_page(&token, &PageRequest { cursor: None, count: 500 }).await?;
//! println!("{} new transactions", page.added.len());
//! # Ok(())
//! # }
//! ```
//!
//! What holds for every call:
//!
//! - **Secrets** travel in headers (keys) or in the body (tokens), and appear in no error, log or `Debug`.
//! - **Amounts** are read from the number's own text, digit for digit. One that does not fit is an error that
//!   names the record; nothing is rounded and no record is left out.
//! - **What is new at Plaid does no harm**: unknown keys are ignored, unknown words kept, `null` arrays empty.
//! - **Waiting** for a rate limit ([`RateLimits`]) or before a repetition ([`RetryPolicy`]) is part of the call
//!   and bounded. A call that must not happen twice, such as the exchange of a public token, is not repeated
//!   once Plaid may have seen it.
//! - **Errors** ([`PlaidError`]) say what to do, in the kinds of the port, with a sentence for the user.
//!
//! The calls need a Tokio runtime with time and I/O. TLS is rustls with ring (feature `tls-ring`, the default) or
//! aws-lc (`tls-aws-lc`) and Mozilla's roots; no process-wide crypto provider is set or needed.

mod client;
mod codes;
mod error;
mod options;
mod products;
mod provider;
pub mod translate;
mod transport;
mod webhook;
pub mod wire;

pub use client::PlaidClient;
pub use error::PlaidError;
pub use options::{ClientOptions, Credentials, Environment, PlaidOptions, Random, Timeouts};
pub use products::{InvalidProduct, Product};
pub use provider::PlaidProvider;
pub use transport::{Endpoint, PerMinute, RateLimits, RetryDecision, RetryPolicy};
pub use webhook::WebhookPolicy;
