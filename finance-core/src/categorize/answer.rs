//! A category for a row, and what makes one acceptable.

use serde::{Deserialize, Serialize};

use crate::model::{AssignedCategory, CATEGORY_CHARS_MAX, PROVIDER_SOURCE, TransactionId, USER_SOURCE};

/// The longest name of a source of categories, in characters.
pub const CATEGORY_SOURCE_CHARS_MAX: usize = 100;

/// A category for one row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryAnswer {
    /// The row.
    pub transaction: TransactionId,
    /// Its category.
    pub assigned: AssignedCategory,
}

/// Why an assigned category is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCategory {
    /// The category or its source is empty.
    #[error("the {0} is empty")]
    Empty(&'static str),
    /// The category or its source is too long.
    #[error("the {field} has {chars} characters; {most} at the most")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// How long it is.
        chars: usize,
        /// How long it may be.
        most: usize,
    },
    /// A source that names somebody else than a categoriser: who reads the books must not take a guess for the user's own choice.
    #[error(
        "the source `{0}` is not a categoriser's: `user` and `provider` are those of the user's choice and of the bank's category"
    )]
    Reserved(String),
    /// More than sure.
    #[error("a confidence is 0 to 100, not {0}")]
    Confidence(u8),
}

impl AssignedCategory {
    /// Whether it can be kept: category and source are neither blank nor too long, the source is neither `user` nor `provider`, and
    /// the confidence is 100 at the most.
    ///
    /// # Errors
    /// [`InvalidCategory`] says what is wrong.
    pub fn check(&self) -> Result<(), InvalidCategory> {
        check_text("category", &self.category, CATEGORY_CHARS_MAX)?;
        check_text("source", &self.source, CATEGORY_SOURCE_CHARS_MAX)?;
        if [USER_SOURCE, PROVIDER_SOURCE].contains(&&*self.source) {
            return Err(InvalidCategory::Reserved(self.source.clone()));
        }
        match self.confidence {
            Some(confidence) if confidence > 100 => Err(InvalidCategory::Confidence(confidence)),
            _ => Ok(()),
        }
    }
}

pub(super) fn check_text(field: &'static str, text: &str, most: usize) -> Result<(), InvalidCategory> {
    if text.trim().is_empty() {
        return Err(InvalidCategory::Empty(field));
    }
    let chars = text.chars().count();
    if chars > most { Err(InvalidCategory::TooLong { field, chars, most }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_kept_is_accepted() {
        let assigned = |category: &str, confidence, source: &str| {
            AssignedCategory { category: category.to_owned(), confidence, source: source.to_owned() }.check()
        };
        let long = "é".repeat(CATEGORY_CHARS_MAX);
        assert_eq!(assigned(&long, Some(100), "m"), Ok(()));
        assert_eq!(assigned("a", None, "m"), Ok(()));
        assert_eq!(assigned(" ", None, "m"), Err(InvalidCategory::Empty("category")));
        assert_eq!(assigned("a", None, ""), Err(InvalidCategory::Empty("source")));
        for source in ["user", "provider"] {
            assert_eq!(assigned("a", None, source), Err(InvalidCategory::Reserved(source.to_owned())));
        }
        assert_eq!(assigned("a", Some(101), "m"), Err(InvalidCategory::Confidence(101)));
        let too_long = InvalidCategory::TooLong { field: "category", chars: 201, most: 200 };
        assert_eq!(assigned(&format!("{long}é"), None, "m"), Err(too_long));
    }
}
