//! What can go wrong in an operation of the engine.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::categorize::InvalidRule;
use crate::dedup::{DuplicateConnection, InvalidAnswer};
use crate::import::ImportError;
use crate::model::{AccountId, ConnectionFault, ConnectionId, InvalidEdit};
use crate::provider::{ProviderError, ProviderErrorKind, WebhookError, WebhookErrorKind};
use crate::store::{StoreError, StoreErrorKind};

/// What an operation's error asks of the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncErrorKind {
    /// The call does not make sense, as the message says. Where it is the user's own entry that cannot be kept, the source is
    /// the [`InvalidEdit`], [`InvalidRule`], [`InvalidAnswer`] or [`ImportError`] that says why.
    InvalidInput,
    /// There is no such record for this user.
    NotFound,
    /// The link session names a connection that the user already has. The public token was not exchanged.
    AlreadyLinked(DuplicateConnection),
    /// The explanation was accepted before, and that still holds.
    AlreadyResolved,
    /// The explanation is not accepted, so there is nothing to undo.
    NotResolved,
    /// The connection was removed: only a new link helps.
    ConnectionEnded,
    /// The next events are kept no longer. Take the number of the newest event ([`SyncEngine::last_event`](super::SyncEngine::last_event)), read
    /// the books anew, and go on after that number; or go on after `first - 1` and do without what was missed.
    EventsPruned {
        /// The number of the oldest event that is kept; one more than the newest's when none is.
        first: u64,
    },
    /// Somebody else has been syncing the connection for longer than this call waits: try again later.
    Busy,
    /// The operation was stopped because somebody asked for it. Nothing is half done.
    Cancelled,
    /// These connections could not be ended at the provider, so nothing was erased.
    NotEnded(Vec<ConnectionId>),
    /// The user must say of these accounts which ones they are.
    Undecided(Vec<AccountId>),
    /// The bank has not handed out the connection's whole history yet: try again later.
    HistoryIncomplete,
    /// The webhook is refused; its kind says why and what to answer.
    Webhook(WebhookErrorKind),
    /// The provider failed; its kind says what to do.
    Provider(ProviderErrorKind),
    /// The store failed; its kind says what to do.
    Store(StoreErrorKind),
    /// A fault in this library.
    Internal,
}

/// An error of an operation: what it asks for, and why. It is serialised as its message.
pub struct SyncError {
    kind: SyncErrorKind,
    message: String,
    /// What the user reads, where neither the kind nor a provider's words say it.
    user_message: Option<Cow<'static, str>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Serialize for SyncError {
    /// As its message, the text that printing it gives.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl SyncError {
    pub(crate) fn new(kind: SyncErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), user_message: None, source: None }
    }

    /// A call that does not make sense: what a developer reads, and what the user does.
    pub(crate) fn invalid_input(message: impl Into<String>, user_message: &'static str) -> Self {
        Self { user_message: Some(user_message.into()), ..Self::new(SyncErrorKind::InvalidInput, message) }
    }

    /// A call that does not make sense, as another error says.
    fn invalid(
        error: impl StdError + Send + Sync + 'static,
        user_message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let message = error.to_string();
        let user_message = Some(user_message.into());
        Self { kind: SyncErrorKind::InvalidInput, message, user_message, source: Some(Box::new(error)) }
    }

    /// The error with what another one was caused by, and with its words for the user.
    pub(super) fn caused_by(self, other: Option<Self>) -> Self {
        Self { source: other.and_then(|other| other.source), ..self }
    }

    /// What the error asks of the caller.
    pub const fn kind(&self) -> &SyncErrorKind {
        &self.kind
    }

    /// How long the provider asks to wait before the next try, where it does.
    pub fn retry_after(&self) -> Option<Duration> {
        self.provider_error()?.retry_after()
    }

    fn provider_error(&self) -> Option<&ProviderError> {
        self.source.as_deref()?.downcast_ref()
    }

    /// The fault as a connection keeps it; `None` when it is none of the provider's.
    pub(super) fn fault(&self, at: DateTime<Utc>) -> Option<ConnectionFault> {
        let SyncErrorKind::Provider(kind) = self.kind else { return None };
        let source = self.source.as_deref().and_then(|source| source.downcast_ref::<ProviderError>());
        Some(ConnectionFault {
            kind,
            code: source.and_then(ProviderError::code).map(str::to_owned),
            user_message: self.user_message().to_owned(),
            at,
        })
    }

    /// A sentence fit for the user, without jargon. Of what the user gave and cannot be kept it says what to mend.
    pub fn user_message(&self) -> &str {
        if let Some(sentence) = &self.user_message {
            return sentence;
        }
        match self.provider_error() {
            Some(error) => error.user_message(),
            None => match &self.kind {
                SyncErrorKind::InvalidInput => "This cannot be done in this way. Nothing was changed.",
                SyncErrorKind::NotFound => "This is not there any more.",
                SyncErrorKind::AlreadyLinked(_) => "You have already connected this bank.",
                SyncErrorKind::AlreadyResolved => "This explanation was accepted before.",
                SyncErrorKind::NotResolved => "There is nothing to undo: this explanation is not accepted.",
                SyncErrorKind::Store(StoreErrorKind::Conflict) => {
                    "This was changed in the meantime. Please look again, and repeat what you wanted to do."
                }
                SyncErrorKind::ConnectionEnded => {
                    "This bank is no longer connected. Please connect it again."
                }
                SyncErrorKind::Busy => {
                    "This bank is being updated already. Please look again in a few minutes."
                }
                SyncErrorKind::Cancelled => "The update was stopped.",
                SyncErrorKind::HistoryIncomplete => {
                    "Your bank is still sending its data. Please try again in a few minutes."
                }
                SyncErrorKind::Undecided(_) => "Please say which of your accounts these are.",
                _ => "Something went wrong on our side. Nothing was lost; please try again later.",
            },
        }
    }
}

impl From<InvalidEdit> for SyncError {
    fn from(error: InvalidEdit) -> Self {
        let user_message = error.user_message();
        Self::invalid(error, user_message)
    }
}

impl From<InvalidRule> for SyncError {
    fn from(error: InvalidRule) -> Self {
        let user_message = error.user_message();
        Self::invalid(error, user_message)
    }
}

impl From<InvalidAnswer> for SyncError {
    fn from(error: InvalidAnswer) -> Self {
        let user_message = error.user_message();
        Self::invalid(error, user_message)
    }
}

impl From<ImportError> for SyncError {
    fn from(error: ImportError) -> Self {
        let user_message = error.user_message();
        Self::invalid(error, user_message)
    }
}

impl From<ProviderError> for SyncError {
    fn from(error: ProviderError) -> Self {
        Self {
            kind: SyncErrorKind::Provider(error.kind()),
            message: error.to_string(),
            user_message: None,
            source: Some(Box::new(error)),
        }
    }
}

impl From<WebhookError> for SyncError {
    fn from(error: WebhookError) -> Self {
        Self {
            kind: SyncErrorKind::Webhook(error.kind()),
            message: error.to_string(),
            user_message: None,
            source: Some(Box::new(error)),
        }
    }
}

impl From<StoreError> for SyncError {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::NotFound => SyncErrorKind::NotFound,
            StoreErrorKind::InvalidInput => SyncErrorKind::InvalidInput,
            StoreErrorKind::NoToken => SyncErrorKind::ConnectionEnded,
            other => SyncErrorKind::Store(other),
        };
        Self { kind, message: error.to_string(), user_message: None, source: Some(Box::new(error)) }
    }
}

impl fmt::Display for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for SyncError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncError")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("source", &self.source)
            .finish()
    }
}

impl StdError for SyncError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
