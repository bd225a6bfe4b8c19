//! Tables: columns listed once, and what makes record batches of values.

use std::fmt::Display;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder, RecordBatch,
    RecordBatchOptions, StringBuilder, StringDictionaryBuilder, TimestampMicrosecondBuilder, UInt8Builder,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::errors::Failure;
use crate::values::Many;

/// Digits of an amount at the most.
const DIGITS: u8 = 38;
/// Decimals that an amount can have at the most.
pub(crate) const DECIMALS_MAX: u8 = 28;

/// What a column holds.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Number,
    Points,
    Text,
    /// A text that many rows have.
    Word,
    Amount,
    Day,
    Instant,
    Flag,
}

pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) optional: bool,
}

/// Lists the columns of a table, and how each comes out of a record.
macro_rules! columns {
    (
        $(#[$meta:meta])*
        $table:ident of $record:ty as $it:ident { $( $name:literal [$kind:ident $($optional:ident)?] = $value:expr ),* $(,)? }
    ) => {
        $(#[$meta])*
        pub(crate) struct $table;

        impl $table {
            pub(crate) const COLUMNS: &[$crate::arrow::columns::Column] = &[$(
                $crate::arrow::columns::Column {
                    name: $name,
                    kind: $crate::arrow::columns::Kind::$kind,
                    optional: [$(stringify!($optional),)? ""].len() > 1,
                }
            ),*];

            /// Adds a record as a row.
            pub(crate) fn add(batch: &mut $crate::arrow::columns::Batch, $it: $record) {
                let mut columns = batch.row();
                $( columns.put(|| $crate::arrow::columns::Value::from($value)); )*
            }
        }
    };
}
pub(crate) use columns;

/// Which columns of a table, in which order, and how many decimals amounts have.
#[derive(Clone)]
pub(crate) struct Selection {
    columns: &'static [Column],
    chosen: Vec<usize>,
    decimals: u8,
}

impl Selection {
    /// These columns; all of them for `None`.
    pub(crate) fn new(
        columns: &'static [Column],
        names: Option<&Many<String>>,
        decimals: u8,
    ) -> Result<Self, Failure> {
        if decimals > DECIMALS_MAX {
            return Err(Failure::invalid(format!("an amount has {DECIMALS_MAX} decimals at the most")));
        }
        let place = |name: &String| {
            columns.iter().position(|column| column.name == name).ok_or_else(|| {
                let known: Vec<_> = columns.iter().map(|column| column.name).collect();
                Failure::invalid(format!("{name:?} is no column; there are {}", known.join(", ")))
            })
        };
        let chosen: Vec<usize> = match names {
            None => (0..columns.len()).collect(),
            Some(names) => names.0.iter().map(place).collect::<Result<_, _>>()?,
        };
        if (1..chosen.len()).any(|end| chosen[..end].contains(&chosen[end])) {
            return Err(Failure::invalid("a column is named twice"));
        }
        Ok(Self { columns, chosen, decimals })
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.chosen.iter().any(|place| self.columns[*place].name == name)
    }

    pub(crate) fn schema(&self) -> SchemaRef {
        let field = |place: &usize| {
            let column = &self.columns[*place];
            Field::new(column.name, self.data_type(column.kind), column.optional)
        };
        Arc::new(Schema::new(self.chosen.iter().map(field).collect::<Vec<_>>()))
    }

    fn data_type(&self, kind: Kind) -> DataType {
        match kind {
            Kind::Number => DataType::Int64,
            Kind::Points => DataType::UInt8,
            Kind::Text => DataType::Utf8,
            Kind::Word => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            Kind::Amount => DataType::Decimal128(DIGITS, self.decimals.cast_signed()),
            Kind::Day => DataType::Date32,
            Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Kind::Flag => DataType::Boolean,
        }
    }
}

/// A value on its way into a column.
pub(crate) enum Value<'a> {
    Null,
    Number(i64),
    Points(u8),
    Text(&'a str),
    Amount(Decimal),
    Day(NaiveDate),
    Instant(DateTime<Utc>),
    Flag(bool),
}

macro_rules! values {
    ($( $variant:ident($type:ty) ),*) => {
        $(
            impl<'a> From<$type> for Value<'a> {
                fn from(value: $type) -> Self {
                    Self::$variant(value)
                }
            }

            impl<'a> From<Option<$type>> for Value<'a> {
                fn from(value: Option<$type>) -> Self {
                    value.map_or(Self::Null, Self::$variant)
                }
            }
        )*
    };
}
values!(
    Number(i64),
    Points(u8),
    Text(&'a str),
    Amount(Decimal),
    Day(NaiveDate),
    Instant(DateTime<Utc>),
    Flag(bool)
);

enum Building {
    Number(Int64Builder),
    Points(UInt8Builder),
    Text(StringBuilder),
    Word(StringDictionaryBuilder<Int32Type>),
    Amount(Decimal128Builder),
    Day(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
    Flag(BooleanBuilder),
}

impl Building {
    fn new(kind: Kind, decimals: u8) -> Self {
        match kind {
            Kind::Number => Self::Number(Int64Builder::new()),
            Kind::Points => Self::Points(UInt8Builder::new()),
            Kind::Text => Self::Text(StringBuilder::new()),
            Kind::Word => Self::Word(StringDictionaryBuilder::new()),
            Kind::Amount => {
                let data_type = DataType::Decimal128(DIGITS, decimals.cast_signed());
                Self::Amount(Decimal128Builder::new().with_data_type(data_type))
            }
            Kind::Day => Self::Day(Date32Builder::new()),
            Kind::Instant => Self::Instant(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            Kind::Flag => Self::Flag(BooleanBuilder::new()),
        }
    }

    fn put(&mut self, value: Value<'_>, decimals: u8) -> Result<(), String> {
        match (self, value) {
            (Self::Number(column), Value::Number(number)) => column.append_value(number),
            (Self::Number(column), _) => column.append_null(),
            (Self::Points(column), Value::Points(points)) => column.append_value(points),
            (Self::Points(column), _) => column.append_null(),
            (Self::Text(column), Value::Text(text)) => {
                if column.values_slice().len() + text.len() > i32::MAX as usize {
                    return Err("its texts do not fit into one batch: read fewer rows a batch".to_owned());
                }
                column.append_value(text);
            }
            (Self::Text(column), _) => column.append_null(),
            (Self::Word(column), Value::Text(text)) => {
                column.append(text).map_err(|error| error.to_string())?;
            }
            (Self::Word(column), _) => column.append_null(),
            (Self::Amount(column), Value::Amount(amount)) => column.append_value(scaled(amount, decimals)?),
            (Self::Amount(column), _) => column.append_null(),
            (Self::Day(column), Value::Day(day)) => {
                let days = (day - NaiveDate::default()).num_days();
                column.append_value(i32::try_from(days).map_err(|error| error.to_string())?);
            }
            (Self::Day(column), _) => column.append_null(),
            (Self::Instant(column), Value::Instant(at)) => column.append_value(at.timestamp_micros()),
            (Self::Instant(column), _) => column.append_null(),
            (Self::Flag(column), Value::Flag(flag)) => column.append_value(flag),
            (Self::Flag(column), _) => column.append_null(),
        }
        Ok(())
    }

    fn finish(self) -> ArrayRef {
        match self {
            Self::Number(mut column) => Arc::new(column.finish()),
            Self::Points(mut column) => Arc::new(column.finish()),
            Self::Text(mut column) => Arc::new(column.finish()),
            Self::Word(mut column) => Arc::new(column.finish()),
            Self::Amount(mut column) => Arc::new(column.finish()),
            Self::Day(mut column) => Arc::new(column.finish()),
            Self::Instant(mut column) => Arc::new(column.finish()),
            Self::Flag(mut column) => Arc::new(column.finish()),
        }
    }
}

/// The amount in units of its last decimal. Nothing is rounded.
fn scaled(amount: Decimal, decimals: u8) -> Result<i128, String> {
    let amount = if amount.scale() > decimals.into() { amount.normalize() } else { amount };
    let mantissa = u32::from(decimals).checked_sub(amount.scale()).and_then(|missing| {
        let mantissa = amount.mantissa().checked_mul(10_i128.checked_pow(missing)?)?;
        (mantissa.unsigned_abs() < 10_u128.pow(DIGITS.into())).then_some(mantissa)
    });
    mantissa.ok_or_else(|| {
        format!(
            "the amount {amount} does not fit into {DIGITS} digits, {decimals} of them decimals, and nothing is rounded: \
             read with another number of `decimals`"
        )
    })
}

/// Rows on their way into a record batch.
pub(crate) struct Batch {
    selection: Selection,
    columns: Vec<Option<Building>>,
    rows: usize,
    fault: Option<String>,
}

impl Batch {
    pub(crate) fn new(selection: Selection) -> Self {
        let building = |(place, column): (usize, &Column)| {
            selection.chosen.contains(&place).then(|| Building::new(column.kind, selection.decimals))
        };
        let columns = selection.columns.iter().enumerate().map(building).collect();
        Self { selection, columns, rows: 0, fault: None }
    }

    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// The columns of the next row.
    pub(crate) fn row(&mut self) -> RowColumns<'_> {
        self.rows += 1;
        let decimals = self.selection.decimals;
        RowColumns { columns: self.columns.iter_mut(), decimals, fault: &mut self.fault }
    }

    pub(crate) fn finish(mut self) -> Result<RecordBatch, Failure> {
        if let Some(fault) = self.fault {
            return Err(Failure::Invalid(fault));
        }
        let schema = self.selection.schema();
        let arrays = self.selection.chosen.iter().filter_map(|place| self.columns[*place].take());
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let arrays = arrays.map(Building::finish).collect();
        RecordBatch::try_new_with_options(schema, arrays, &options).map_err(no_batch)
    }
}

fn no_batch(error: impl Display) -> Failure {
    Failure::invalid(format!("no batch can be made of these rows: {error}"))
}

/// The columns of one row, one after another.
pub(crate) struct RowColumns<'a> {
    columns: std::slice::IterMut<'a, Option<Building>>,
    decimals: u8,
    fault: &'a mut Option<String>,
}

impl RowColumns<'_> {
    /// Puts a value into the next column, if that one is wanted.
    pub(crate) fn put<'v>(&mut self, value: impl FnOnce() -> Value<'v>) {
        if let Some(Some(column)) = self.columns.next()
            && let Err(fault) = column.put(value(), self.decimals)
        {
            self.fault.get_or_insert(fault);
        }
    }
}
