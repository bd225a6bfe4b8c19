//! What a failing statement asks of the caller.

use finance_core::{StoreError, StoreErrorKind};
use sqlx::Error;

use StoreErrorKind::{Conflict, Damaged, Internal, InvalidInput, NoSpace, Unavailable};

/// SQLite's primary result codes.
mod code {
    pub(super) const PERMISSION: u32 = 3;
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const OUT_OF_MEMORY: u32 = 7;
    pub(super) const READ_ONLY: u32 = 8;
    pub(super) const IO: u32 = 10;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const FULL: u32 = 13;
    pub(super) const CANNOT_OPEN: u32 = 14;
    pub(super) const TOO_BIG: u32 = 18;
    pub(super) const NOT_A_DATABASE: u32 = 26;
    pub(super) const PRIMARY_KEY_TAKEN: u32 = 1555;
    pub(super) const UNIQUE_VALUE_TAKEN: u32 = 2067;
}

pub(super) fn store_error(error: Error) -> StoreError {
    let (kind, message) = match &error {
        Error::Database(fault) => {
            let code = fault.code().and_then(|code| code.parse().ok()).unwrap_or(0);
            meaning(code)
        }
        Error::Io(_) | Error::PoolTimedOut => (Unavailable, "the database cannot be reached now; try again"),
        Error::PoolClosed => (Unavailable, "the store is closed; open it again"),
        Error::ColumnDecode { .. } | Error::Decode(_) => {
            (Damaged, "a stored value cannot be read; restore the database from a backup")
        }
        _ => (Internal, "the database driver failed"),
    };
    StoreError::new(kind, message).with_source(error)
}

/// Of the plain driver.
pub(super) fn driver_error(error: rusqlite::Error) -> StoreError {
    let code = error.sqlite_error().map_or(0, |fault| fault.extended_code.cast_unsigned());
    let (kind, message) = meaning(code);
    StoreError::new(kind, message).with_source(error)
}

fn meaning(code: u32) -> (StoreErrorKind, &'static str) {
    if matches!(code, code::PRIMARY_KEY_TAKEN | code::UNIQUE_VALUE_TAKEN) {
        return (Conflict, "another writer stored the same record first");
    }
    match code & 0xff {
        code::BUSY | code::LOCKED => (Unavailable, "another process keeps the database busy; try again"),
        code::OUT_OF_MEMORY => (Unavailable, "there is no memory left; try again"),
        code::IO => (Unavailable, "the disk reports an error; try again, and look after the disk"),
        code::FULL => (NoSpace, "the disk is full; free some space"),
        code::READ_ONLY | code::PERMISSION | code::CANNOT_OPEN => {
            (NoSpace, "the database file or its folder may not be written; check their permissions")
        }
        code::CORRUPT => (Damaged, "the database is damaged; restore it from a backup"),
        code::NOT_A_DATABASE => (Damaged, "the file is not an SQLite database"),
        code::TOO_BIG => (InvalidInput, "a value is too large to be stored"),
        _ => (Internal, "the database refused a statement of this library"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_to_do() {
        for (code, kind) in [
            (5, Unavailable),
            (261, Unavailable),
            (517, Unavailable),
            (6, Unavailable),
            (8, NoSpace),
            (1032, NoSpace),
            (13, NoSpace),
            (14, NoSpace),
            (11, Damaged),
            (267, Damaged),
            (26, Damaged),
            (10, Unavailable),
            (778, Unavailable),
            (2067, Conflict),
            (1555, Conflict),
            (787, Internal),
            (1, Internal),
            (0, Internal),
        ] {
            assert_eq!(meaning(code).0, kind, "{code}");
        }
        assert_eq!(store_error(Error::PoolClosed).kind(), Unavailable);
        assert_eq!(store_error(Error::RowNotFound).kind(), Internal);
    }
}
