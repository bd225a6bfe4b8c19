//! What a failing statement asks of the caller.

use std::error::Error as _;

use finance_core::{StoreError, StoreErrorKind};
use sqlx::Error;

use StoreErrorKind::{Conflict, Damaged, Internal, InvalidInput, NoSpace, Unavailable};

pub(super) fn store_error(error: Error) -> StoreError {
    let (kind, message) = match &error {
        error if is_untrusted(error) => (
            InvalidInput,
            "no trusted TLS connection to the database; check sslmode and sslrootcert in its address, and that the library was \
             built with TLS",
        ),
        Error::Database(fault) => meaning(fault.code().as_deref().unwrap_or_default()),
        Error::Io(_) | Error::PoolTimedOut | Error::Protocol(_) | Error::WorkerCrashed => {
            (Unavailable, "the database cannot be reached now; try again")
        }
        Error::PoolClosed => (Unavailable, "the store is closed; open it again"),
        Error::ColumnDecode { .. } | Error::Decode(_) => {
            (Damaged, "a stored value cannot be read; restore the database from a backup")
        }
        Error::Encode(_) => (InvalidInput, "a value is too large to be stored"),
        Error::Configuration(_) => (InvalidInput, "the options for the database make no sense"),
        _ => (Internal, "the database driver failed"),
    };
    StoreError::new(kind, message).with_source(error)
}

/// Whether TLS was not to be had, or not with somebody who is trusted. The latter comes as data that make no sense.
fn is_untrusted(error: &Error) -> bool {
    match error {
        Error::Tls(_) => true,
        Error::Io(error) => error.kind() == std::io::ErrorKind::InvalidData,
        _ => false,
    }
}

/// The meaning of a five-letter SQLSTATE; its first two are its class.
fn meaning(code: &str) -> (StoreErrorKind, &'static str) {
    match code {
        "23505" => return (Conflict, "another writer stored the same record first"),
        "25006" => {
            return (Unavailable, "the server takes no writes now; try again, or name the one that does");
        }
        "42501" => return (NoSpace, "the database user may not write the tables; check its rights"),
        "53100" => return (NoSpace, "the server's disk is full; free some space"),
        "55P03" | "57014" => return (Unavailable, "the database is too busy to answer in time; try again"),
        "3D000" => return (InvalidInput, "the server has no such database; create it first"),
        "58P01" | "58P02" => {
            return (Damaged, "the server misses files of the database; restore it from a backup");
        }
        _ => {}
    }
    match code.get(..2).unwrap_or_default() {
        "08" | "40" | "53" | "55" | "57" | "58" => (Unavailable, "the database cannot serve now; try again"),
        "22" => (InvalidInput, "a value is out of the range that can be stored"),
        "54" => (InvalidInput, "a value is too large to be stored"),
        "28" => (InvalidInput, "the server refuses the user, the password, or a connection without TLS"),
        "XX" => (Damaged, "the server reports a damaged database; restore it from a backup"),
        _ => (Internal, "the database refused a statement of this library"),
    }
}

/// Whether the same work promises to succeed on another connection: it met another transaction, the connection ended, or a
/// prepared statement outlived what it was prepared for. Only for what was not committed.
pub(super) fn is_passing(error: &StoreError) -> bool {
    match error.source().and_then(|source| source.downcast_ref()) {
        Some(Error::Database(fault)) => {
            let code = fault.code();
            let code = code.as_deref().unwrap_or_default();
            let stale_plan = code == "0A000" && fault.message().contains("cached plan");
            stale_plan
                || ["40001", "40P01", "57P01", "57P02", "57P03", "26000"].contains(&code)
                || code.starts_with("08")
        }
        Some(error @ (Error::Io(_) | Error::Protocol(_) | Error::WorkerCrashed)) => !is_untrusted(error),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_to_do() {
        for (code, kind) in [
            ("23505", Conflict),
            ("23503", Internal),
            ("40001", Unavailable),
            ("40P01", Unavailable),
            ("55P03", Unavailable),
            ("57014", Unavailable),
            ("57P01", Unavailable),
            ("57P03", Unavailable),
            ("53300", Unavailable),
            ("53200", Unavailable),
            ("08006", Unavailable),
            ("25006", Unavailable),
            ("58030", Unavailable),
            ("53100", NoSpace),
            ("42501", NoSpace),
            ("22003", InvalidInput),
            ("22021", InvalidInput),
            ("54000", InvalidInput),
            ("28P01", InvalidInput),
            ("3D000", InvalidInput),
            ("XX001", Damaged),
            ("58P01", Damaged),
            ("42P01", Internal),
            ("0A000", Internal),
            ("", Internal),
        ] {
            assert_eq!(meaning(code).0, kind, "{code}");
        }
        assert_eq!(store_error(Error::PoolClosed).kind(), Unavailable);
        assert_eq!(store_error(Error::RowNotFound).kind(), Internal);
    }

    #[test]
    fn what_passes_is_tried_again() {
        let broken = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(is_passing(&store_error(Error::Io(broken))));
        let untrusted = store_error(Error::Io(std::io::Error::from(std::io::ErrorKind::InvalidData)));
        assert!(!is_passing(&untrusted) && untrusted.kind() == InvalidInput);
        assert!(!is_passing(&store_error(Error::PoolTimedOut)));
        assert!(!is_passing(&crate::refusals::conflict("somebody came first")));
    }
}
