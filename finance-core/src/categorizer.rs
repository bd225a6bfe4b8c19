//! The port to whatever knows categories: a model, a service, a table.

use std::error::Error as StdError;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::categorize::{CategoryQuestion, RulesAndMemory};
use crate::model::AssignedCategory;

/// Whatever knows categories. The engine asks it batch by batch, for one user at a time, after the user's rules and memory.
///
/// An implementation may fail, take too long or panic: rows are then asked about again later, and no sync fails for it.
/// Futures may be dropped at any await.
#[async_trait]
pub trait Categorizer: Send + Sync {
    /// Its name for logs.
    fn name(&self) -> &str;

    /// The categories of the rows, one answer for each in their order; `None` where it does not know.
    ///
    /// # Errors
    /// When the batch as a whole could not be categorised now.
    async fn categorize(
        &self,
        batch: &[CategoryQuestion],
    ) -> Result<Vec<Option<AssignedCategory>>, CategorizerError>;
}

#[async_trait]
impl Categorizer for RulesAndMemory {
    fn name(&self) -> &str {
        "rules and memory"
    }

    async fn categorize(
        &self,
        batch: &[CategoryQuestion],
    ) -> Result<Vec<Option<AssignedCategory>>, CategorizerError> {
        Ok(batch.iter().map(|question| self.answer(question)).collect())
    }
}

/// What went wrong with a batch. Whatever it is, the batch is tried again later, a bounded number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CategorizerErrorKind {
    /// It cannot be asked now.
    Unavailable,
    /// It took longer than it may.
    TooSlow,
    /// Its answer does not fit the question: another number of answers, or a category that cannot be kept.
    InvalidAnswer,
    /// It has a fault, such as a panic.
    Internal,
}

/// An error of a categoriser.
pub struct CategorizerError {
    kind: CategorizerErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl CategorizerError {
    /// An error with a message for a developer.
    pub fn new(kind: CategorizerErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What went wrong.
    pub const fn kind(&self) -> CategorizerErrorKind {
        self.kind
    }
}

impl fmt::Display for CategorizerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for CategorizerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CategorizerError")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("source", &self.source)
            .finish()
    }
}

impl StdError for CategorizerError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
