//! What can go wrong in a store, by what it asks of the caller.

use std::error::Error as StdError;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a store's error asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// There is no such record for this user.
    NotFound,
    /// Another writer came first; read again and decide anew. Nothing was written.
    Conflict,
    /// The database is busy or out of reach for now: the same call will do later. Nothing was written.
    Unavailable,
    /// The host gave no key to seal or open access tokens with, or not the one that is needed.
    NoKey,
    /// The connection has no access token: the user keeps it by hand, or it was removed.
    NoToken,
    /// The database is of a newer version than this library: update the library. Nothing was touched.
    NewerSchema,
    /// What is stored cannot be read: restore it from a backup. Nothing was written.
    Damaged,
    /// The disk or a quota is full, or the files may not be written. Nothing was written.
    NoSpace,
    /// The call does not make sense, as its message says.
    InvalidInput,
    /// A fault in this library or its adapter.
    Internal,
}

/// An error of a store: what it asks for, and why.
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// An error with a message that says what to do.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What the error asks of the caller.
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreError")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("source", &self.source)
            .finish()
    }
}

impl StdError for StoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
