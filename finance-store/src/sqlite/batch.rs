//! Statements that take many rows at once.
//!
//! A statement crosses to the connection's thread and back, which costs more than a row. Rows are therefore bound by the
//! hundred, to one of a few statements whose SQL is built once and stays prepared. A statement with room to spare gets
//! fewer values than it has places; SQLite reads an unbound place as NULL, and the statement passes such rows over.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use finance_core::StoreError;
use futures::future::join;
use rust_decimal::Decimal;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, Type};

use super::amount::push_amount;
use super::error::store_error;
use super::read::{day_number, micros};
use crate::records::Values;

/// Rows of the largest statement. More gain little and pass SQLite's bound of 32,766 places at 60 columns.
pub(super) const LARGEST: usize = 500;
const SIZES: [usize; 3] = [8, 64, LARGEST];

/// One statement in every size.
pub(super) struct BatchSql {
    sizes: [(usize, Arc<str>); 3],
    columns: usize,
}

impl BatchSql {
    /// Repeats `(?, …)` with as many places as the row has columns in place of `{rows}`.
    pub(super) fn new(sql: &str, columns: usize) -> Self {
        let row = format!("({})", vec!["?"; columns].join(", "));
        let sized = |size: usize| (size, sql.replace("{rows}", &vec![row.as_str(); size].join(", ")).into());
        Self { sizes: SIZES.map(sized), columns }
    }

    /// The smallest statement with room for the rows; at most [`LARGEST`] are given.
    pub(super) fn with_room_for(&self, rows: usize) -> &Arc<str> {
        let found = self.sizes.iter().find(|(size, _)| *size >= rows);
        &found.unwrap_or(&self.sizes[2]).1
    }

    /// Runs the statement for all rows, a batch at a time, and returns how many rows it changed. `first` binds what stands
    /// before the rows.
    pub(super) async fn execute<Row: Sync>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[Row],
        first: impl Fn(&mut Binder) + Send,
        bind: impl Fn(&mut Binder, &Row) + Send,
    ) -> Result<u64, StoreError> {
        let mut batches = rows.chunks(LARGEST).map(|batch| self.bound(batch, &first, &bind));
        let (mut changed, mut next) = (0, batches.next());
        while let Some(bound) = next {
            let (sql, arguments) = bound?;
            let executing = sqlx::query_with(sql, arguments).execute(&mut *connection);
            // While the connection's thread is busy with a batch, the next one is bound.
            let (done, following) = join(executing, async { batches.next() }).await;
            changed += done.map_err(store_error)?.rows_affected();
            next = following;
        }
        Ok(changed)
    }

    /// Runs a query for all rows, a batch at a time, and hands on each answer.
    pub(super) async fn fetch<Row: Sync>(
        &self,
        connection: &mut SqliteConnection,
        rows: &[Row],
        first: impl Fn(&mut Binder) + Send,
        bind: impl Fn(&mut Binder, &Row) + Send,
        mut take: impl FnMut(&SqliteRow) -> Result<(), StoreError> + Send,
    ) -> Result<(), StoreError> {
        for batch in rows.chunks(LARGEST) {
            let (sql, arguments) = self.bound(batch, &first, &bind)?;
            for row in
                sqlx::query_with(sql, arguments).fetch_all(&mut *connection).await.map_err(store_error)?
            {
                take(&row)?;
            }
        }
        Ok(())
    }

    fn bound<Row>(
        &self,
        batch: &[Row],
        first: &impl Fn(&mut Binder),
        bind: &impl Fn(&mut Binder, &Row),
    ) -> Result<(AssertSqlSafe<Arc<str>>, SqliteArguments), StoreError> {
        let mut binder = Binder::default();
        first(&mut binder);
        binder.arguments.reserve(batch.len() * self.columns, 0);
        for row in batch {
            bind(&mut binder, row);
        }
        Ok((AssertSqlSafe(self.with_room_for(batch.len()).clone()), binder.finish()?))
    }
}

/// Collects values for a statement, in order.
#[derive(Default)]
pub(super) struct Binder {
    arguments: SqliteArguments,
    failed: Option<sqlx::Error>,
}

impl Binder {
    pub(super) fn push<'q, T: Encode<'q, Sqlite> + Type<Sqlite>>(&mut self, value: T) {
        if let Err(error) = self.arguments.add(value) {
            self.failed = Some(sqlx::Error::Encode(error));
        }
    }

    pub(super) fn finish(self) -> Result<SqliteArguments, StoreError> {
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
        self.push(i64::from(value));
    }

    fn flag(&mut self, value: impl Into<Option<bool>>) {
        self.push(value.into());
    }

    fn text<'a>(&mut self, value: impl Into<Option<&'a str>>) {
        self.push(value.into());
    }

    fn shared_text(&mut self, value: Option<Arc<str>>) {
        self.push(value);
    }

    fn bytes(&mut self, value: &[u8]) {
        self.push(value);
    }

    fn instant(&mut self, value: impl Into<Option<DateTime<Utc>>>) {
        self.push(value.into().map(micros));
    }

    fn day(&mut self, value: impl Into<Option<NaiveDate>>) {
        self.push(value.into().map(day_number));
    }

    fn amount(&mut self, value: impl Into<Option<Decimal>>) {
        push_amount(self, value.into());
    }
}

/// Numbers as a JSON array: one bound value for any number of them, read with `json_each`.
pub(super) fn json_numbers(numbers: impl IntoIterator<Item = i64>) -> String {
    let mut json = String::from("[");
    for (index, number) in numbers.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        json.push_str(&number.to_string());
    }
    json.push(']');
    json
}

/// Pairs of numbers as a JSON array of arrays.
pub(super) fn json_pairs(pairs: impl IntoIterator<Item = (i64, i64)>) -> String {
    let pairs: Vec<String> = pairs.into_iter().map(|(one, other)| format!("[{one},{other}]")).collect();
    format!("[{}]", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_the_smallest_statement_with_room() {
        let sql = BatchSql::new("SELECT * FROM (VALUES {rows})", 2);
        for (rows, places) in [(1, 8), (8, 8), (9, 64), (64, 64), (65, 500), (500, 500)] {
            assert_eq!(sql.with_room_for(rows).matches("(?, ?)").count(), places, "{rows}");
        }
    }

    #[test]
    fn numbers_become_a_json_array() {
        assert_eq!(json_numbers([]), "[]");
        assert_eq!(json_numbers([1, -2, i64::MAX]), format!("[1,-2,{}]", i64::MAX));
    }
}
