//! The place in a provider's stream of changes up to which the books are complete.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A provider's opaque bookmark. Never empty: "no progress yet" is the absence of a cursor.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(Arc<str>);

impl Cursor {
    /// Wraps the provider's text; empty text is no cursor.
    pub fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.into()))
    }

    /// The provider's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cursor({:?})", self.0)
    }
}
