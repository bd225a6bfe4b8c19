//! Lending rows, read with the plain driver: one that takes each row to another thread takes several times as long.
//!
//! Both drivers share one SQLite.

use std::borrow::Cow;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use finance_core::{StoreError, TransactionQuery, TransactionText, TransactionVisitor, UserId};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, params};
use rust_decimal::Decimal;
use sqlx::sqlite::SqlitePool;
use tokio::task::spawn_blocking;

use super::error::{driver_error, store_error};
use super::query::{Asked, questions};
use super::read::{day_of, instant_of};
use crate::records::{Row, views};
use crate::refusals::unreadable;

/// How connections of the plain driver are opened.
#[derive(Clone)]
pub(super) struct PlainDriver {
    pub(super) path: PathBuf,
    pub(super) busy_timeout: Duration,
    pub(super) cache_kib: u32,
}

impl PlainDriver {
    fn open(&self) -> Result<Connection, rusqlite::Error> {
        // Without the right to make a file.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.pragma_update(None, "cache_size", -i64::from(self.cache_kib))?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    }
}

pub(super) async fn visit(
    readers: &SqlitePool,
    driver: &PlainDriver,
    user: &UserId,
    query: &TransactionQuery,
    texts: &[TransactionText],
    visitor: Box<dyn TransactionVisitor>,
) -> Result<(), StoreError> {
    // It stands for the connection used: so many read at once, none when the store is closed, and closing waits for it.
    let permit = readers.acquire().await.map_err(store_error)?;
    let (driver, asked, texts) = (driver.clone(), Asked::of(user, query), texts.to_vec());
    let sql = views::with_texts(questions(query.rows).view, &texts);
    let visiting = spawn_blocking(move || {
        let visited = visit_blocking(&driver, &sql, &asked, &texts, visitor);
        drop(permit);
        visited
    });
    visiting.await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(error) => Err(store_error(sqlx::Error::Io(std::io::Error::other(error)))),
    })
}

fn visit_blocking(
    driver: &PlainDriver,
    sql: &str,
    asked: &Asked,
    texts: &[TransactionText],
    mut visitor: Box<dyn TransactionVisitor>,
) -> Result<(), StoreError> {
    let connection = driver.open().map_err(driver_error)?;
    let mut statement = connection.prepare(sql).map_err(driver_error)?;
    let values = params![
        asked.user,
        asked.accounts,
        asked.from,
        asked.to,
        asked.after.0,
        asked.after.1,
        asked.limit,
        asked.rows_each,
        asked.busy_accounts
    ];
    let mut rows = statement.query(values).map_err(driver_error)?;
    while let Some(row) = rows.next().map_err(driver_error)? {
        visitor.visit(&views::read(row, texts)?);
    }
    Ok(())
}

fn value<'r>(row: &'r rusqlite::Row<'_>, index: usize) -> Result<ValueRef<'r>, StoreError> {
    row.get_ref(index).map_err(driver_error)
}

impl Row for rusqlite::Row<'_> {
    /// Mantissa and scale.
    const AMOUNT_COLUMNS: usize = 2;

    fn number(&self, index: usize) -> Result<Option<i64>, StoreError> {
        match value(self, index)? {
            ValueRef::Integer(number) => Ok(Some(number)),
            ValueRef::Null => Ok(None),
            _ => Err(unreadable("number")),
        }
    }

    fn flag(&self, index: usize) -> Result<Option<bool>, StoreError> {
        Ok(self.number(index)?.map(|number| number != 0))
    }

    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>, StoreError> {
        match value(self, index)? {
            ValueRef::Text(text) => {
                let text = std::str::from_utf8(text).map_err(|_| unreadable("text"))?;
                Ok(Some(Cow::Borrowed(text)))
            }
            ValueRef::Null => Ok(None),
            _ => Err(unreadable("text")),
        }
    }

    fn bytes(&self, index: usize) -> Result<&[u8], StoreError> {
        match value(self, index)? {
            ValueRef::Blob(bytes) => Ok(bytes),
            _ => Err(unreadable("bytes")),
        }
    }

    fn instant(&self, index: usize) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.number(index)?.map(instant_of).transpose()
    }

    fn day(&self, index: usize) -> Result<Option<NaiveDate>, StoreError> {
        self.number(index)?.map(day_of).transpose()
    }

    fn amount(&self, index: usize) -> Result<Option<Decimal>, StoreError> {
        let Some(scale) = self.number(index + 1)? else { return Ok(None) };
        let scale = u32::try_from(scale).map_err(|_| unreadable("amount"))?;
        let mantissa = match value(self, index)? {
            ValueRef::Integer(mantissa) => i128::from(mantissa),
            ValueRef::Text(digits) => {
                let digits = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
                digits.ok_or_else(|| unreadable("amount"))?
            }
            _ => return Err(unreadable("amount")),
        };
        Decimal::try_from_i128_with_scale(mantissa, scale).map(Some).map_err(|_| unreadable("amount"))
    }
}
