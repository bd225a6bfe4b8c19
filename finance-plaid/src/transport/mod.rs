//! How a call reaches Plaid: one HTTP client, time-outs, limits, repetition.

mod body;
mod endpoint;
mod rate_limit;
mod retry;
mod tls;

use std::time::Duration;

use finance_core::ProviderErrorKind;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use tokio::time::Instant;
use tracing::Instrument;

pub use endpoint::Endpoint;
pub(crate) use endpoint::{Patience, Repeat};
pub use rate_limit::{PerMinute, RateLimits};
pub use retry::{RetryDecision, RetryPolicy};

use crate::error::{PlaidError, Reached};
use crate::options::{ClientOptions, Credentials, Random, Timeouts};
use crate::wire::{Answer, ErrorBody, explain};
use rate_limit::Limiter;

/// The version of Plaid's API that this library speaks.
const API_VERSION: HeaderValue = HeaderValue::from_static("2020-09-14");
/// A server that asks for a longer pause is not taken at its word.
const LONGEST_HINT: Duration = Duration::from_secs(24 * 60 * 60);

/// One call: an endpoint, its JSON body, and what the body holds that decides how to treat the call.
pub(crate) struct Call<'a> {
    pub(crate) endpoint: Endpoint,
    pub(crate) body: Vec<u8>,
    /// The token in the body: it tells Items apart for rate limits and must not turn up in errors.
    pub(crate) token: Option<&'a str>,
    /// For a sync: whether the body has a cursor. Without one it may take long, and a refused field is
    /// a mistake in the request.
    pub(crate) cursor_sent: bool,
}

impl Call<'_> {
    /// Whether the call may take many times longer than others of its endpoint.
    pub(crate) fn is_first_sync(&self) -> bool {
        self.endpoint == Endpoint::TransactionsSync && !self.cursor_sent
    }
}

pub(crate) struct Transport {
    http: reqwest::Client,
    base: String,
    credentials: Credentials,
    timeouts: Timeouts,
    max_body_bytes: usize,
    retry: RetryPolicy,
    random: Random,
    limiter: Limiter,
}

fn is_loopback(base: &str) -> bool {
    match url::Url::parse(base).ok().as_ref().and_then(url::Url::host) {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Transport {
    pub(crate) fn new(options: ClientOptions) -> Result<Self, PlaidError> {
        let base = options.environment.checked_base_url()?;
        let http = reqwest::Client::builder()
            .default_headers(headers(&options.credentials)?)
            .user_agent(concat!("finance-plaid/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(options.timeouts.connect)
            .redirect(reqwest::redirect::Policy::none());
        // A proxy cannot reach this machine's own loopback address.
        let http = if is_loopback(&base) { http.no_proxy() } else { http };
        let http = tls::with_tls(http, base.starts_with("https:"))?.build().map_err(|error| {
            PlaidError::new(ProviderErrorKind::Configuration, "the HTTP client cannot be set up")
                .with_source(error)
        })?;
        Ok(Self {
            http,
            base,
            credentials: options.credentials,
            timeouts: options.timeouts,
            max_body_bytes: options.max_body_bytes,
            retry: options.retry,
            limiter: Limiter::new(&options.rate_limits),
            random: options.random,
        })
    }

    /// Makes the call and reads its answer, repeating it as the policy allows. Also tells how often it was
    /// repeated.
    pub(crate) async fn call<T>(&self, call: Call<'_>) -> Result<(T, u32), PlaidError>
    where
        T: Answer + serde::de::DeserializeOwned,
    {
        let span = tracing::debug_span!("plaid", endpoint = call.endpoint.path());
        self.repeat(&call).instrument(span).await.map_err(|error| {
            let secret = self.credentials.secret();
            error.at(call.endpoint).without(&[call.token.unwrap_or_default(), secret])
        })
    }

    async fn repeat<T>(&self, call: &Call<'_>) -> Result<(T, u32), PlaidError>
    where
        T: Answer + serde::de::DeserializeOwned,
    {
        let start = Instant::now();
        let mut repetitions = 0;
        loop {
            self.limiter.turn(call.endpoint, call.token).await.map_err(|late| too_late(&late))?;
            let error = match self.attempt(call).await {
                Ok(answer) => return Ok((answer, repetitions)),
                Err(error) => error,
            };
            let decision = if may_repeat(call.endpoint.spec().repeat, error.reached()) {
                let random = self.random.next();
                self.retry.decide(error.kind(), repetitions + 1, start.elapsed(), random, error.retry_after())
            } else {
                RetryDecision::Stop
            };
            let RetryDecision::RetryAfter(wait) = decision else { return Err(error) };
            repetitions += 1;
            tracing::debug!(
                repetition = repetitions,
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                kind = error.kind().name(),
                status = error.status(),
                "repeating a failed call"
            );
            tokio::time::sleep(wait).await;
        }
    }

    /// One call on the wire.
    async fn attempt<T>(&self, call: &Call<'_>) -> Result<T, PlaidError>
    where
        T: Answer + serde::de::DeserializeOwned,
    {
        let start = Instant::now();
        let mut status = None;
        let result = self.exchange(call, &mut status).await;
        let request_id = match &result {
            Ok(answer) => Answer::request_id(answer),
            Err(error) => error.request_id(),
        };
        tracing::debug!(
            status,
            request_id,
            error_code = result.as_ref().err().and_then(PlaidError::code),
            kind = result.as_ref().err().map(|error| error.kind().name()),
            duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
            "called Plaid"
        );
        result
    }

    async fn exchange<T>(&self, call: &Call<'_>, status: &mut Option<u16>) -> Result<T, PlaidError>
    where
        T: serde::de::DeserializeOwned,
    {
        let timeout = self.timeouts.of(call);
        let request = self
            .http
            .post(format!("{}{}", self.base, call.endpoint.path()))
            .timeout(timeout)
            .body(call.body.clone());
        let response = request.send().await.map_err(|error| body::lost(error, timeout))?;
        let code = response.status().as_u16();
        *status = Some(code);
        if response.status().is_success() {
            let body = body::read(response, self.max_body_bytes, timeout).await;
            let body = body.map_err(|error| error.with_status(code))?;
            return serde_json::from_slice(&body).map_err(|_| unreadable::<T>(code, &body));
        }
        let hint = retry_after(response.headers());
        let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let content_type = content_type.map(|text| text.chars().take(80).collect::<String>());
        let body = match body::read(response, self.max_body_bytes, timeout).await {
            Ok(body) => body,
            // The code that would say what to do is lost with the rest.
            Err(lost) if lost.reached() == Reached::Unknown => return Err(lost.with_status(code)),
            Err(_too_large) => Vec::new(),
        };
        let error = match serde_json::from_slice::<ErrorBody>(&body) {
            Ok(body) if body.error_code.is_some() => PlaidError::answered(code, body, call.cursor_sent),
            _ => PlaidError::foreign_answer(code, content_type.as_deref()),
        };
        Err(error.with_retry_after(hint))
    }
}

fn headers(credentials: &Credentials) -> Result<HeaderMap, PlaidError> {
    let sensitive = |text: &str| {
        let mut value = HeaderValue::from_str(text).map_err(|_| {
            let message = "the client id or the secret has a character that no header can hold";
            PlaidError::new(ProviderErrorKind::Configuration, message)
        })?;
        value.set_sensitive(true);
        Ok::<_, PlaidError>(value)
    };
    let json = HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::new();
    headers.insert("plaid-client-id", sensitive(credentials.client_id())?);
    headers.insert("plaid-secret", sensitive(credentials.secret())?);
    headers.insert("plaid-version", API_VERSION);
    headers.insert(CONTENT_TYPE, json.clone());
    headers.insert(ACCEPT, json);
    Ok(headers)
}

fn may_repeat(repeat: Repeat, reached: Reached) -> bool {
    match repeat {
        Repeat::Freely => true,
        Repeat::AfterAnswer => reached != Reached::Unknown,
        Repeat::IfNothingDone => matches!(reached, Reached::Nothing | Reached::Refused),
    }
}

fn too_late(late: &rate_limit::TurnTooLate) -> PlaidError {
    let message = "our own rate limit leaves no room for this call in the time allowed";
    PlaidError::new(ProviderErrorKind::RetryLater, message).with_retry_after(Some(late.0))
}

fn unreadable<T: serde::de::DeserializeOwned>(status: u16, body: &[u8]) -> PlaidError {
    let problem = if body.is_empty() { "it is empty".to_owned() } else { explain::<T>(body) };
    let message = format!("the answer cannot be read: {problem}");
    PlaidError::new(ProviderErrorKind::InvalidAnswer, message).with_status(status)
}

/// The wait that a server asks for, in seconds or until an instant.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text)
            .ok()?
            .duration_since(std::time::SystemTime::now())
            .unwrap_or_default(),
    };
    Some(wait.min(LONGEST_HINT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_answer_is_only_repeated_where_that_is_safe() {
        use Reached::{Answer, Nothing, Refused, Unknown};
        for (repeat, reached, allowed) in [
            (Repeat::Freely, Unknown, true),
            (Repeat::Freely, Answer, true),
            (Repeat::AfterAnswer, Nothing, true),
            (Repeat::AfterAnswer, Answer, true),
            (Repeat::AfterAnswer, Unknown, false),
            (Repeat::IfNothingDone, Nothing, true),
            (Repeat::IfNothingDone, Refused, true),
            (Repeat::IfNothingDone, Answer, false),
            (Repeat::IfNothingDone, Unknown, false),
        ] {
            assert_eq!(may_repeat(repeat, reached), allowed, "{repeat:?} {reached:?}");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_bounded() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
            retry_after(&headers)
        };
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(read("999999999"), Some(LONGEST_HINT));
        assert_eq!(read("soon"), None);
        let soon = std::time::SystemTime::now() + Duration::from_secs(90);
        let wait = read(&httpdate::fmt_http_date(soon)).unwrap();
        assert!(wait > Duration::from_secs(80) && wait <= Duration::from_secs(90), "{wait:?}");
    }
}
