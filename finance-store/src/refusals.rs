//! Errors that are the same whatever engine keeps the books.

use finance_core::{StoreError, StoreErrorKind};

/// A record that says something this library never wrote.
pub(crate) fn unreadable(what: &str) -> StoreError {
    let message = format!("a stored {what} cannot be read; restore the database from a backup");
    StoreError::new(StoreErrorKind::Damaged, message)
}

pub(crate) fn not_found(what: &str, number: i64) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, format!("this user has no {what} {number}"))
}

pub(crate) fn no_connection(number: i64) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, format!("there is no connection {number}"))
}

pub(crate) fn invalid(message: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::InvalidInput, message)
}

pub(crate) fn conflict(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, message)
}
