//! From columns to plain values.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use finance_core::StoreError;
use rust_decimal::Decimal;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{Decode, Row as _, Type, ValueRef};

use super::amount::Amount;
use super::error::store_error;
use super::text::unescaped;
use crate::records::Row;
use crate::refusals::unreadable;

/// One value of a row.
pub(super) fn column<'r, T: Decode<'r, Postgres> + Type<Postgres>>(
    row: &'r PgRow,
    index: usize,
) -> Result<T, StoreError> {
    row.try_get(index).map_err(store_error)
}

impl Row for PgRow {
    const AMOUNT_COLUMNS: usize = 1;

    /// A whole number of whatever width.
    fn number(&self, index: usize) -> Result<Option<i64>, StoreError> {
        big_endian(self, index)
    }

    fn flag(&self, index: usize) -> Result<Option<bool>, StoreError> {
        column(self, index)
    }

    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>, StoreError> {
        Ok(column::<Option<&str>>(self, index)?.map(unescaped))
    }

    fn bytes(&self, index: usize) -> Result<&[u8], StoreError> {
        column(self, index)
    }

    /// PostgreSQL knows instants beyond those that can be told here, `infinity` among them.
    fn instant(&self, index: usize) -> Result<Option<DateTime<Utc>>, StoreError> {
        let Some(micros) = big_endian(self, index)? else { return Ok(None) };
        let instant =
            EPOCH.and_time(NaiveTime::MIN).and_utc().checked_add_signed(TimeDelta::microseconds(micros));
        instant.map(Some).ok_or_else(|| unreadable("instant"))
    }

    fn day(&self, index: usize) -> Result<Option<NaiveDate>, StoreError> {
        let Some(days) = big_endian(self, index)? else { return Ok(None) };
        let day = TimeDelta::try_days(days).and_then(|days| EPOCH.checked_add_signed(days));
        day.map(Some).ok_or_else(|| unreadable("day"))
    }

    fn amount(&self, index: usize) -> Result<Option<Decimal>, StoreError> {
        Ok(column::<Option<Amount>>(self, index)?.map(|amount| amount.0))
    }
}

/// From where PostgreSQL counts days and microseconds.
const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("the day exists");

/// A value that PostgreSQL sends as a whole number, of two, four or eight bytes.
fn big_endian(row: &PgRow, index: usize) -> Result<Option<i64>, StoreError> {
    let value = row.try_get_raw(index).map_err(store_error)?;
    if value.is_null() {
        return Ok(None);
    }
    let bytes = value.as_bytes().map_err(|_| unreadable("number"))?;
    if let Ok(bytes) = bytes.try_into() {
        return Ok(Some(i64::from_be_bytes(bytes)));
    }
    if let Ok(bytes) = bytes.try_into() {
        return Ok(Some(i32::from_be_bytes(bytes).into()));
    }
    let bytes = bytes.try_into().map_err(|_| unreadable("number"))?;
    Ok(Some(i16::from_be_bytes(bytes).into()))
}

/// The first day that PostgreSQL knows; what is asked for before it is asked for from here on.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(-4712, 1, 1).expect("the day exists");

/// A day to look from or up to.
pub(super) fn bound_day(day: NaiveDate) -> NaiveDate {
    day.max(FIRST_DAY)
}
