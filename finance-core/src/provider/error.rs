//! What can go wrong at a provider, by what it asks of the caller.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What a provider's error asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProviderErrorKind {
    /// A passing fault or a rate limit: the same call will do later ([`ProviderError::retry_after`]).
    RetryLater,
    /// The institution or the provider is out for minutes to a day: try again at long intervals.
    Unavailable,
    /// The data is not ready yet: ask again in seconds to minutes, or wait for the webhook.
    NotReady,
    /// The data changed while it was paged: begin again at the update's first cursor.
    RestartUpdate,
    /// The cursor is not accepted: begin again without one, once.
    RestartFromEmpty,
    /// The user must sign in again or give consent, through update mode.
    SignInAgain,
    /// The connection or a short-lived token is dead: only a new link helps.
    LinkAgain,
    /// The connection was removed at the provider meanwhile.
    ConnectionRemoved,
    /// The product is not to be had for this connection: skip it, the connection is sound.
    ProductNotSupported,
    /// An account identifier is out of date: read the accounts again.
    UnknownAccount,
    /// No balance is fresh enough for the bound given: allow an older one or use the cached balance.
    BalanceTooOld,
    /// A quota of the provider's customer is used up: do not retry.
    QuotaUsedUp,
    /// Keys, products or permissions of the host application are wrong: an operator must act.
    Configuration,
    /// The provider must mend it: report it, do not retry.
    ProviderFault,
    /// The answer could not be understood, or an amount in it does not fit: nothing of it was used.
    InvalidAnswer,
    /// The request was wrong: a fault in the caller or in this library.
    InvalidRequest,
}

impl ProviderErrorKind {
    /// Every kind, in the order of declaration.
    pub const ALL: [Self; 16] = [
        Self::RetryLater,
        Self::Unavailable,
        Self::NotReady,
        Self::RestartUpdate,
        Self::RestartFromEmpty,
        Self::SignInAgain,
        Self::LinkAgain,
        Self::ConnectionRemoved,
        Self::ProductNotSupported,
        Self::UnknownAccount,
        Self::BalanceTooOld,
        Self::QuotaUsedUp,
        Self::Configuration,
        Self::ProviderFault,
        Self::InvalidAnswer,
        Self::InvalidRequest,
    ];

    /// The stable name, as in `sign_in_again`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RetryLater => "retry_later",
            Self::Unavailable => "unavailable",
            Self::NotReady => "not_ready",
            Self::RestartUpdate => "restart_update",
            Self::RestartFromEmpty => "restart_from_empty",
            Self::SignInAgain => "sign_in_again",
            Self::LinkAgain => "link_again",
            Self::ConnectionRemoved => "connection_removed",
            Self::ProductNotSupported => "product_not_supported",
            Self::UnknownAccount => "unknown_account",
            Self::BalanceTooOld => "balance_too_old",
            Self::QuotaUsedUp => "quota_used_up",
            Self::Configuration => "configuration",
            Self::ProviderFault => "provider_fault",
            Self::InvalidAnswer => "invalid_answer",
            Self::InvalidRequest => "invalid_request",
        }
    }

    /// Reads what [`ProviderErrorKind::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An error of a provider: what it asks for, in words for a developer and for a user.
pub struct ProviderError(Box<Parts>);

struct Parts {
    kind: ProviderErrorKind,
    code: Option<String>,
    message: String,
    user_message: String,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl ProviderError {
    /// An error with a message for a developer and a sentence for the user.
    pub fn new(kind: ProviderErrorKind, message: impl Into<String>, user_message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            kind,
            code: None,
            message: message.into(),
            user_message: user_message.into(),
            retry_after: None,
            request_id: None,
            source: None,
        }))
    }

    /// Adds the provider's own code.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// Adds how long to wait before the next try.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Duration) -> Self {
        self.0.retry_after = Some(retry_after);
        self
    }

    /// Adds the provider's number of the request, for its support.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.0.request_id = Some(request_id.into());
        self
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What the error asks of the caller.
    pub fn kind(&self) -> ProviderErrorKind {
        self.0.kind
    }

    /// The provider's own code, where it gave one.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// A sentence fit for the user, without jargon.
    pub fn user_message(&self) -> &str {
        &self.0.user_message
    }

    /// How long to wait before the next try, where known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The provider's number of the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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

impl fmt::Debug for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderError")
            .field("kind", &self.0.kind)
            .field("code", &self.0.code)
            .field("message", &self.0.message)
            .field("retry_after", &self.0.retry_after)
            .field("request_id", &self.0.request_id)
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}

impl StdError for ProviderError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for kind in ProviderErrorKind::ALL {
            assert_eq!(ProviderErrorKind::from_name(kind.name()), Some(kind));
        }
    }
}
