//! What can go wrong with a call to Plaid.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use finance_core::{ProviderError, ProviderErrorKind};

use crate::codes::{kind_of_body, kind_of_status, user_message};
use crate::transport::Endpoint;
use crate::wire::ErrorBody;

/// An error of a call to Plaid: what it asks of the caller, and everything Plaid said of it.
///
/// Neither `Display` nor `Debug` shows tokens, secrets or values of an answer. It turns into the port's
/// [`ProviderError`] with the same kind and words.
pub struct PlaidError(Box<Details>);

struct Details {
    kind: ProviderErrorKind,
    reached: Reached,
    endpoint: Option<Endpoint>,
    status: Option<u16>,
    error_type: Option<String>,
    code: Option<String>,
    message: String,
    request_id: Option<String>,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// How far a failed call got, which decides whether it may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reached {
    /// No byte of the request left.
    Nothing,
    /// The request left, the answer was lost: what Plaid did is unknown.
    Unknown,
    /// Plaid refused the call before doing anything: a rate limit.
    Refused,
    /// Plaid answered.
    Answer,
}

impl PlaidError {
    /// What the error asks of the caller.
    pub fn kind(&self) -> ProviderErrorKind {
        self.0.kind
    }

    /// The endpoint that was called; `None` when the fault was found before or after a call.
    pub fn endpoint(&self) -> Option<Endpoint> {
        self.0.endpoint
    }

    /// The HTTP status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Plaid's `error_type`, when Plaid answered with its error object.
    pub fn error_type(&self) -> Option<&str> {
        self.0.error_type.as_deref()
    }

    /// Plaid's `error_code`, when Plaid answered with its error object.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// Plaid's number of the request.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long to wait before the next try, when a server or our own rate limit said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// A sentence fit for the user.
    pub fn user_message(&self) -> &'static str {
        user_message(self.kind(), self.code())
    }

    pub(crate) fn new(kind: ProviderErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            reached: Reached::Answer,
            endpoint: None,
            status: None,
            error_type: None,
            code: None,
            message: message.into(),
            request_id: None,
            retry_after: None,
            source: None,
        }))
    }

    /// Plaid answered with its error object.
    pub(crate) fn answered(status: u16, body: ErrorBody, cursor_sent: bool) -> Self {
        let mut error = Self::new(
            kind_of_body(&body, Some(status), cursor_sent),
            body.error_message.unwrap_or_else(|| "Plaid gave no message".to_owned()),
        );
        error.0.status = Some(status);
        error.0.reached = reached(status);
        error.0.error_type = body.error_type;
        error.0.code = body.error_code;
        error.0.request_id = body.request_id;
        error
    }

    /// Something answered, but not with Plaid's error object.
    pub(crate) fn foreign_answer(status: u16, content_type: Option<&str>) -> Self {
        let what = content_type.unwrap_or("no content type");
        let mut error = Self::new(
            kind_of_status(status),
            format!("status {status} without Plaid's error object ({what}), as from a gateway or proxy"),
        );
        error.0.status = Some(status);
        error.0.reached = reached(status);
        error
    }

    pub(crate) fn unreadable_record(what: &str, id: Option<&str>, problem: &str) -> Self {
        let id = id.map_or_else(|| "without an identifier".to_owned(), |id| format!("`{id}`"));
        Self::new(ProviderErrorKind::InvalidAnswer, format!("{what} {id} cannot be used: {problem}"))
    }

    pub(crate) fn reaching(mut self, reached: Reached) -> Self {
        self.0.reached = reached;
        self
    }

    pub(crate) fn at(mut self, endpoint: Endpoint) -> Self {
        self.0.endpoint = Some(endpoint);
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    pub(crate) fn with_request_id(mut self, request_id: Option<&str>) -> Self {
        self.0.request_id = request_id.map(str::to_owned);
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Takes secrets out of what Plaid said, should it have quoted the request.
    pub(crate) fn without(mut self, secrets: &[&str]) -> Self {
        let details = &mut *self.0;
        let texts = [Some(&mut details.message), details.code.as_mut(), details.error_type.as_mut()];
        for text in texts.into_iter().flatten().chain(details.request_id.as_mut()) {
            for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
                if text.contains(secret) {
                    *text = text.replace(secret, "[hidden]");
                }
            }
        }
        self
    }

    pub(crate) fn reached(&self) -> Reached {
        self.0.reached
    }
}

const fn reached(status: u16) -> Reached {
    if status == 429 { Reached::Refused } else { Reached::Answer }
}

impl fmt::Display for PlaidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(endpoint) = self.0.endpoint {
            write!(f, "{}: ", endpoint.path())?;
        }
        f.write_str(&self.0.message)?;
        if let Some(code) = &self.0.code {
            write!(f, " ({code})")?;
        }
        if let Some(request_id) = &self.0.request_id {
            write!(f, " [request {request_id}]")?;
        }
        Ok(())
    }
}

impl fmt::Debug for PlaidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let details = &*self.0;
        f.debug_struct("PlaidError")
            .field("kind", &details.kind)
            .field("endpoint", &details.endpoint)
            .field("status", &details.status)
            .field("error_type", &details.error_type)
            .field("code", &details.code)
            .field("message", &details.message)
            .field("request_id", &details.request_id)
            .field("retry_after", &details.retry_after)
            .field("source", &details.source)
            .finish_non_exhaustive()
    }
}

impl StdError for PlaidError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<PlaidError> for ProviderError {
    fn from(error: PlaidError) -> Self {
        let user_message = error.user_message();
        let details = *error.0;
        let message = match details.endpoint {
            Some(endpoint) => format!("{}: {}", endpoint.path(), details.message),
            None => details.message,
        };
        let mut port = Self::new(details.kind, message, user_message);
        if let Some(code) = details.code {
            port = port.with_code(code);
        }
        if let Some(retry_after) = details.retry_after {
            port = port.with_retry_after(retry_after);
        }
        if let Some(request_id) = details.request_id {
            port = port.with_request_id(request_id);
        }
        match details.source {
            Some(source) => port.with_source(source),
            None => port,
        }
    }
}
