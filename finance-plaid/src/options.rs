//! Settings of the client and of the provider.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use finance_core::ProviderErrorKind;
use secrecy::{ExposeSecret, SecretString};

use crate::error::PlaidError;
use crate::transport::{Call, Patience, RateLimits, RetryPolicy};
use crate::webhook::WebhookPolicy;

/// The keys of an application at Plaid. They travel in headers only and are never printed.
#[derive(Clone)]
pub struct Credentials {
    client_id: String,
    secret: SecretString,
}

impl Credentials {
    /// The client id and the secret of one environment, as the dashboard shows them.
    pub fn new(client_id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { client_id: client_id.into(), secret: SecretString::from(secret.into()) }
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.client_id
    }

    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}

/// Which Plaid to talk to. Items and tokens never move between environments.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Environment {
    /// Made-up banks and users, free.
    Sandbox,
    /// Real banks.
    Production,
    /// Any server that speaks Plaid's JSON, such as a simulator: its address without a trailing path.
    Custom(String),
}

impl Environment {
    /// The address that paths are added to.
    pub fn base_url(&self) -> &str {
        match self {
            Self::Sandbox => "https://sandbox.plaid.com",
            Self::Production => "https://production.plaid.com",
            Self::Custom(url) => url,
        }
    }

    pub(crate) fn checked_base_url(&self) -> Result<String, PlaidError> {
        let refused = |why: &str| {
            PlaidError::new(ProviderErrorKind::Configuration, format!("the address of Plaid {why}"))
        };
        let url = url::Url::parse(self.base_url()).map_err(|_| refused("is no URL"))?;
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(refused("must begin with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("must not hold a user or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("must not hold a query or fragment"));
        }
        Ok(url.as_str().trim_end_matches('/').to_owned())
    }
}

/// How long each kind of call may take, connection and whole answer included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeouts {
    /// For opening a connection. 10 s unless changed.
    pub connect: Duration,
    /// For calls that Plaid answers from its own data. 30 s unless changed.
    pub ordinary: Duration,
    /// For calls during which Plaid asks the bank: live balances, refresh. 90 s unless changed.
    pub live: Duration,
    /// For a sync without a cursor, which can be many times slower than others. 180 s unless changed.
    pub first_sync: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            ordinary: Duration::from_secs(30),
            live: Duration::from_secs(90),
            first_sync: Duration::from_secs(180),
        }
    }
}

impl Timeouts {
    pub(crate) fn of(&self, call: &Call<'_>) -> Duration {
        match call.endpoint.spec().patience {
            _ if call.is_first_sync() => self.first_sync,
            Patience::Ordinary => self.ordinary,
            Patience::Live => self.live,
        }
    }
}

/// A source of random numbers, evenly spread over all of `u64`. The default is a fast generator seeded by the
/// system; it only spreads waits and guards no secret.
#[derive(Clone)]
pub struct Random(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Random {
    /// Takes numbers from a function, as a test does.
    pub fn from_fn(next: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(next))
    }

    pub(crate) fn next(&self) -> u64 {
        (self.0)()
    }
}

impl Default for Random {
    fn default() -> Self {
        Self::from_fn(|| fastrand::u64(..))
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(…)")
    }
}

/// Settings of a [`PlaidClient`](crate::PlaidClient).
///
/// The proxies that the environment names (`HTTPS_PROXY` and the like) are used, but never for a loopback address.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClientOptions {
    /// Which Plaid to talk to.
    pub environment: Environment,
    /// The keys to it.
    pub credentials: Credentials,
    /// Calls a minute. Plaid's defaults for the environment; off for a custom one.
    pub rate_limits: RateLimits,
    /// How failed calls are repeated.
    pub retry: RetryPolicy,
    /// Where the jitter of waits comes from.
    pub random: Random,
    /// How long calls may take.
    pub timeouts: Timeouts,
    /// The largest answer that is read, after decompression. 64 MiB unless changed; a page of 500
    /// transactions has about one.
    pub max_body_bytes: usize,
}

impl ClientOptions {
    /// The defaults for an environment.
    pub fn new(environment: Environment, credentials: Credentials) -> Self {
        let rate_limits = match environment {
            Environment::Sandbox => RateLimits::sandbox(),
            Environment::Production => RateLimits::production(),
            Environment::Custom(_) => RateLimits::off(),
        };
        Self {
            environment,
            credentials,
            rate_limits,
            retry: RetryPolicy::default(),
            random: Random::default(),
            timeouts: Timeouts::default(),
            max_body_bytes: 64 << 20,
        }
    }
}

/// Settings of a [`PlaidProvider`](crate::PlaidProvider).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PlaidOptions {
    /// Whether each transaction's own JSON is kept. On unless changed.
    pub keep_raw_json: bool,
    /// Whether to ask for the bank's untouched text as well. On unless changed.
    pub include_original_description: bool,
    /// Which webhooks are accepted.
    pub webhooks: WebhookPolicy,
}

impl Default for PlaidOptions {
    fn default() -> Self {
        Self { keep_raw_json: true, include_original_description: true, webhooks: WebhookPolicy::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked() {
        let url = |text: &str| Environment::Custom(text.to_owned()).checked_base_url();
        assert_eq!(url("http://127.0.0.1:8080/").unwrap(), "http://127.0.0.1:8080");
        assert_eq!(url("https://proxy.example/plaid/").unwrap(), "https://proxy.example/plaid");
        for wrong in ["", "plaid.com", "ftp://plaid.com", "https://a:b@plaid.com", "https://plaid.com?x=1"] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Environment::Sandbox.checked_base_url().unwrap(), "https://sandbox.plaid.com");
        assert_eq!(Environment::Production.checked_base_url().unwrap(), "https://production.plaid.com");
    }

    #[test]
    fn debug_shows_no_key() {
        let credentials = Credentials::new("the-client-id", "the-secret");
        let options = ClientOptions::new(Environment::Sandbox, credentials);
        let text = format!("{options:?}");
        assert!(!text.contains("the-client-id") && !text.contains("the-secret"), "{text}");
    }
}
