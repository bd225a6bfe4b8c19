//! Values on their way to the database: for one row, for many rows as arrays, for many rows as `COPY` takes them.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use finance_core::StoreError;
use rust_decimal::Decimal;
use sqlx::encode::IsNull;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgConnection, Postgres};
use sqlx::{Arguments, Encode, Type};

use super::amount::Amount;
use super::error::store_error;
use super::text::escaped;
use crate::records::Values;
use crate::refusals::invalid;

/// Rows of one statement with arrays. More gain nothing.
pub(super) const LARGEST: usize = 500;

/// Collects values for a statement, in order.
#[derive(Default)]
pub(super) struct Binder {
    arguments: PgArguments,
    failed: Option<sqlx::Error>,
}

impl Binder {
    pub(super) fn push<'q, T: Encode<'q, Postgres> + Type<Postgres>>(&mut self, value: T) {
        if let Err(error) = self.arguments.add(value) {
            self.failed = Some(sqlx::Error::Encode(error));
        }
    }

    pub(super) fn finish(self) -> Result<PgArguments, StoreError> {
        match self.failed {
            Some(error) => Err(store_error(error)),
            None => Ok(self.arguments),
        }
    }
}

impl Values for Binder {
    fn number(&mut self, value: impl Into<Option<i64>>) {
        self.push(value.into());
    }

    fn small(&mut self, value: i16) {
        self.push(value);
    }

    fn flag(&mut self, value: impl Into<Option<bool>>) {
        self.push(value.into());
    }

    fn text<'a>(&mut self, value: impl Into<Option<&'a str>>) {
        self.push(value.into().map(escaped).as_deref());
    }

    fn shared_text(&mut self, value: Option<Arc<str>>) {
        self.text(value.as_deref());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.push(value);
    }

    fn instant(&mut self, value: impl Into<Option<DateTime<Utc>>>) {
        self.push(value.into());
    }

    fn day(&mut self, value: impl Into<Option<NaiveDate>>) {
        self.push(value.into());
    }

    fn amount(&mut self, value: impl Into<Option<Decimal>>) {
        self.push(value.into().map(Amount));
    }
}

/// The values of one column.
enum Column {
    Numbers(Vec<Option<i64>>),
    Flags(Vec<Option<bool>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Vec<u8>>),
    Instants(Vec<Option<DateTime<Utc>>>),
    Days(Vec<Option<NaiveDate>>),
    Amounts(Vec<Option<Amount>>),
}

/// Collects rows as one array a column, for `unnest`. Every row gives the same sorts of values in the same order.
#[derive(Default)]
pub(super) struct Arrays {
    columns: Vec<Column>,
    next: usize,
}

impl Arrays {
    /// The arrays of these rows.
    pub(super) fn of<Row>(rows: &[Row], mut give: impl FnMut(&mut Self, &Row)) -> Self {
        let mut arrays = Self::default();
        for row in rows {
            arrays.next = 0;
            give(&mut arrays, row);
        }
        arrays
    }

    /// Binds every array, in order.
    pub(super) fn bind(self, binder: &mut Binder) {
        for column in self.columns {
            match column {
                Column::Numbers(values) => binder.push(values),
                Column::Flags(values) => binder.push(values),
                Column::Texts(values) => binder.push(values),
                Column::Bytes(values) => binder.push(values),
                Column::Instants(values) => binder.push(values),
                Column::Days(values) => binder.push(values),
                Column::Amounts(values) => binder.push(values),
            }
        }
    }
}

/// Adds a value to the column that is next.
macro_rules! add {
    ($arrays:expr, $sort:ident, $value:expr) => {{
        let (arrays, value) = ($arrays, $value);
        match arrays.columns.get_mut(arrays.next) {
            Some(Column::$sort(values)) => values.push(value),
            Some(_) => debug_assert!(false, "rows give values of different sorts"),
            None => arrays.columns.push(Column::$sort(vec![value])),
        }
        arrays.next += 1;
    }};
}

impl Values for Arrays {
    fn number(&mut self, value: impl Into<Option<i64>>) {
        add!(self, Numbers, value.into());
    }

    fn small(&mut self, value: i16) {
        self.number(i64::from(value));
    }

    fn flag(&mut self, value: impl Into<Option<bool>>) {
        add!(self, Flags, value.into());
    }

    fn text<'a>(&mut self, value: impl Into<Option<&'a str>>) {
        add!(self, Texts, value.into().map(|text| escaped(text).into_owned()));
    }

    fn shared_text(&mut self, value: Option<Arc<str>>) {
        self.text(value.as_deref());
    }

    fn bytes(&mut self, value: &[u8]) {
        add!(self, Bytes, value.to_vec());
    }

    fn instant(&mut self, value: impl Into<Option<DateTime<Utc>>>) {
        add!(self, Instants, value.into());
    }

    fn day(&mut self, value: impl Into<Option<NaiveDate>>) {
        add!(self, Days, value.into());
    }

    fn amount(&mut self, value: impl Into<Option<Decimal>>) {
        add!(self, Amounts, value.into().map(Amount));
    }
}

/// What every binary `COPY` begins with: a signature, no flags, no extension.
const COPY_HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// What it ends with: in place of a row's number of columns.
const COPY_END: [u8; 2] = (-1_i16).to_be_bytes();
/// Bytes that are sent at a time.
const PORTION: usize = 256 * 1024;

/// Sends rows to a `COPY … FROM STDIN (FORMAT BINARY)` and returns how many the server took. When it fails the transaction
/// must be rolled back.
pub(super) async fn copy<Row>(
    connection: &mut PgConnection,
    sql: &'static str,
    columns: usize,
    rows: impl IntoIterator<Item = Row, IntoIter: Send>,
    mut give: impl FnMut(&mut CopyRows, Row) + Send,
) -> Result<u64, StoreError> {
    let columns = i16::try_from(columns).map_err(|_| invalid("a table has too many columns"))?;
    let mut sink = connection.copy_in_raw(sql).await.map_err(store_error)?;
    let mut buffer = CopyRows::default();
    buffer.bytes.extend_from_slice(COPY_HEAD);
    for row in rows {
        buffer.bytes.extend_from_slice(&columns.to_be_bytes());
        give(&mut buffer, row);
        if let Some(error) = buffer.failed.take() {
            sink.abort("a value cannot be sent").await.map_err(store_error)?;
            return Err(store_error(error));
        }
        if buffer.bytes.len() >= PORTION {
            sink.send(buffer.bytes.as_slice()).await.map_err(store_error)?;
            buffer.bytes.clear();
        }
    }
    buffer.bytes.extend_from_slice(&COPY_END);
    sink.send(buffer.bytes.as_slice()).await.map_err(store_error)?;
    sink.finish().await.map_err(store_error)
}

/// Values of rows on their way into `COPY`, each behind its length.
#[derive(Default)]
pub(super) struct CopyRows {
    bytes: PgArgumentBuffer,
    failed: Option<sqlx::Error>,
}

impl CopyRows {
    fn push<'q, T: Encode<'q, Postgres>>(&mut self, value: Option<T>) {
        let start = self.bytes.len() + 4;
        self.bytes.extend_from_slice(&(-1_i32).to_be_bytes());
        let Some(value) = value else { return };
        match value.encode(&mut self.bytes) {
            Ok(IsNull::No) => match i32::try_from(self.bytes.len() - start) {
                Ok(length) => self.bytes[start - 4..start].copy_from_slice(&length.to_be_bytes()),
                Err(error) => self.failed = Some(sqlx::Error::Encode(error.into())),
            },
            Ok(IsNull::Yes) => {}
            Err(error) => self.failed = Some(sqlx::Error::Encode(error)),
        }
    }
}

impl Values for CopyRows {
    fn number(&mut self, value: impl Into<Option<i64>>) {
        self.push(value.into());
    }

    fn small(&mut self, value: i16) {
        self.push(Some(value));
    }

    fn flag(&mut self, value: impl Into<Option<bool>>) {
        self.push(value.into());
    }

    fn text<'a>(&mut self, value: impl Into<Option<&'a str>>) {
        self.push(value.into().map(escaped).as_deref());
    }

    fn shared_text(&mut self, value: Option<Arc<str>>) {
        self.text(value.as_deref());
    }

    fn bytes(&mut self, value: &[u8]) {
        self.push(Some(value));
    }

    fn instant(&mut self, value: impl Into<Option<DateTime<Utc>>>) {
        self.push(value.into());
    }

    fn day(&mut self, value: impl Into<Option<NaiveDate>>) {
        self.push(value.into());
    }

    fn amount(&mut self, value: impl Into<Option<Decimal>>) {
        self.push(value.into().map(Amount));
    }
}
