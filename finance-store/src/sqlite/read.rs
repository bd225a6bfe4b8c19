//! From columns to plain values.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use finance_core::StoreError;
use rust_decimal::Decimal;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, Type};

use super::amount::optional_amount;
use super::error::store_error;
use crate::records::Row;
use crate::refusals::unreadable;

/// One value of a row.
pub(super) fn column<'r, T: Decode<'r, Sqlite> + Type<Sqlite>>(
    row: &'r SqliteRow,
    index: usize,
) -> Result<T, StoreError> {
    row.try_get(index).map_err(store_error)
}

impl Row for SqliteRow {
    /// Mantissa and scale.
    const AMOUNT_COLUMNS: usize = 2;

    fn number(&self, index: usize) -> Result<Option<i64>, StoreError> {
        column(self, index)
    }

    fn flag(&self, index: usize) -> Result<Option<bool>, StoreError> {
        column(self, index)
    }

    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>, StoreError> {
        Ok(column::<Option<&str>>(self, index)?.map(Cow::Borrowed))
    }

    fn bytes(&self, index: usize) -> Result<&[u8], StoreError> {
        column(self, index)
    }

    fn instant(&self, index: usize) -> Result<Option<DateTime<Utc>>, StoreError> {
        column::<Option<i64>>(self, index)?.map(instant_of).transpose()
    }

    fn day(&self, index: usize) -> Result<Option<NaiveDate>, StoreError> {
        column::<Option<i64>>(self, index)?.map(day_of).transpose()
    }

    fn amount(&self, index: usize) -> Result<Option<Decimal>, StoreError> {
        optional_amount(self, index)
    }
}

/// Microseconds since the beginning of 1970.
pub(super) fn micros(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_micros()
}

/// The instant so many microseconds after the beginning of 1970.
pub(super) fn instant_of(micros: i64) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| unreadable("instant"))
}

/// Days since 1970-01-01.
pub(super) fn day_number(day: NaiveDate) -> i64 {
    (day - NaiveDate::default()).num_days()
}

/// The day so many days after 1970-01-01.
pub(super) fn day_of(number: i64) -> Result<NaiveDate, StoreError> {
    TimeDelta::try_days(number)
        .and_then(|days| NaiveDate::default().checked_add_signed(days))
        .ok_or_else(|| unreadable("day"))
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
