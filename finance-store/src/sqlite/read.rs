//! From columns to plain values.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use finance_core::{ConnectionFault, ProviderErrorKind, StoreError};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};

use super::batch::Binder;
use super::error::{store_error, unreadable};

/// One value of a row.
pub(super) fn column<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(
    row: &'r SqliteRow,
    index: usize,
) -> Result<T, StoreError> {
    row.try_get(index).map_err(store_error)
}

/// A text that means something: an identifier, a name.
pub(super) fn parsed<T>(
    row: &SqliteRow,
    index: usize,
    what: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, StoreError> {
    parse(column(row, index)?).ok_or_else(|| unreadable(what))
}

/// A text that means something and may be missing.
pub(super) fn optional_parsed<T>(
    row: &SqliteRow,
    index: usize,
    what: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, StoreError> {
    match column(row, index)? {
        Some(text) => parse(text).map(Some).ok_or_else(|| unreadable(what)),
        None => Ok(None),
    }
}

pub(super) fn micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

pub(super) fn instant(row: &SqliteRow, index: usize) -> Result<DateTime<Utc>, StoreError> {
    optional_instant(row, index)?.ok_or_else(|| unreadable("instant"))
}

pub(super) fn optional_instant(row: &SqliteRow, index: usize) -> Result<Option<DateTime<Utc>>, StoreError> {
    column::<Option<i64>>(row, index)?.map(instant_of).transpose()
}

/// The instant so many microseconds after the beginning of 1970.
pub(super) fn instant_of(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| unreadable("instant"))
}

/// Days since 1970-01-01.
pub(super) fn day_number(day: NaiveDate) -> i64 {
    (day - NaiveDate::default()).num_days()
}

pub(super) fn day(row: &SqliteRow, index: usize) -> Result<NaiveDate, StoreError> {
    optional_day(row, index)?.ok_or_else(|| unreadable("day"))
}

pub(super) fn optional_day(row: &SqliteRow, index: usize) -> Result<Option<NaiveDate>, StoreError> {
    column::<Option<i64>>(row, index)?.map(day_of).transpose()
}

/// The day so many days after 1970-01-01.
pub(super) fn day_of(number: i64) -> Result<NaiveDate, StoreError> {
    TimeDelta::try_days(number)
        .and_then(|days| NaiveDate::default().checked_add_signed(days))
        .ok_or_else(|| unreadable("day"))
}

/// Binds the four columns of a fault.
pub(super) fn push_fault(binder: &mut Binder, fault: Option<&ConnectionFault>) {
    binder.push(fault.map(|fault| fault.kind.name()));
    binder.push(fault.and_then(|fault| fault.code.clone()));
    binder.push(fault.map(|fault| fault.user_message.as_str()));
    binder.push(fault.map(|fault| micros(fault.at)));
}

/// Reads a fault from four columns.
pub(super) fn fault(row: &SqliteRow, index: usize) -> Result<Option<ConnectionFault>, StoreError> {
    let Some(kind) = optional_parsed(row, index, "fault", ProviderErrorKind::from_name)? else {
        return Ok(None);
    };
    Ok(Some(ConnectionFault {
        kind,
        code: column(row, index + 1)?,
        user_message: column(row, index + 2)?,
        at: instant(row, index + 3)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970() {
        for (text, number) in [("1970-01-01", 0), ("1969-12-31", -1), ("2026-01-01", 20_454)] {
            assert_eq!(day_number(text.parse().unwrap()), number);
        }
        assert!(day_number(NaiveDate::MIN) < day_number(NaiveDate::MAX));
    }
}
