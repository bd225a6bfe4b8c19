//! Records and their columns: which column says what, whatever engine keeps it.
//!
//! Statements are each engine's own. What they select is read here column by column with [`Cells`], and what they write is
//! given here value by value to [`Values`]; the order of both is that of the statements.

pub(crate) mod accounts;
pub(crate) mod categories;
pub(crate) mod connections;
pub(crate) mod edits;
pub(crate) mod history;
pub(crate) mod known;
pub(crate) mod logs;
pub(crate) mod reconciliations;
pub(crate) mod runs;
pub(crate) mod schedules;
pub(crate) mod transactions;
pub(crate) mod views;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use finance_core::{ConnectionFault, ProviderErrorKind, StoreError};
use rust_decimal::Decimal;

use crate::refusals::unreadable;

/// One row of an engine's answer.
pub(crate) trait Row {
    /// How many columns an amount takes.
    const AMOUNT_COLUMNS: usize;

    fn number(&self, index: usize) -> Result<Option<i64>, StoreError>;
    fn flag(&self, index: usize) -> Result<Option<bool>, StoreError>;
    fn text(&self, index: usize) -> Result<Option<Cow<'_, str>>, StoreError>;
    fn bytes(&self, index: usize) -> Result<&[u8], StoreError>;
    fn instant(&self, index: usize) -> Result<Option<DateTime<Utc>>, StoreError>;
    fn day(&self, index: usize) -> Result<Option<NaiveDate>, StoreError>;
    /// An amount, from its first column.
    fn amount(&self, index: usize) -> Result<Option<Decimal>, StoreError>;
}

/// Reads a row from its first column to its last.
pub(crate) struct Cells<'r, R> {
    row: &'r R,
    next: usize,
}

impl<'r, R: Row> Cells<'r, R> {
    pub(crate) fn of(row: &'r R) -> Self {
        Self { row, next: 0 }
    }

    fn step(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    pub(crate) fn number(&mut self) -> Result<i64, StoreError> {
        self.optional_number()?.ok_or_else(|| unreadable("number"))
    }

    pub(crate) fn optional_number(&mut self) -> Result<Option<i64>, StoreError> {
        let index = self.step();
        self.row.number(index)
    }

    /// A number that is never below zero, or otherwise in a narrower range.
    pub(crate) fn count<T: TryFrom<i64>>(&mut self) -> Result<T, StoreError> {
        T::try_from(self.number()?).map_err(|_| unreadable("count"))
    }

    pub(crate) fn optional_count<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, StoreError> {
        let number = self.optional_number()?;
        number.map(|number| T::try_from(number).map_err(|_| unreadable("count"))).transpose()
    }

    pub(crate) fn flag(&mut self) -> Result<bool, StoreError> {
        self.optional_flag()?.ok_or_else(|| unreadable("flag"))
    }

    pub(crate) fn optional_flag(&mut self) -> Result<Option<bool>, StoreError> {
        let index = self.step();
        self.row.flag(index)
    }

    pub(crate) fn text<T: From<Cow<'r, str>>>(&mut self) -> Result<T, StoreError> {
        self.optional_text()?.ok_or_else(|| unreadable("text"))
    }

    pub(crate) fn optional_text<T: From<Cow<'r, str>>>(&mut self) -> Result<Option<T>, StoreError> {
        let index = self.step();
        Ok(self.row.text(index)?.map(T::from))
    }

    /// A text that means something: an identifier, a name.
    pub(crate) fn parsed<T>(
        &mut self,
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        self.optional_parsed(what, parse)?.ok_or_else(|| unreadable(what))
    }

    /// A text that means something and may be missing.
    pub(crate) fn optional_parsed<T>(
        &mut self,
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, StoreError> {
        let index = self.step();
        match self.row.text(index)? {
            Some(text) => parse(&text).map(Some).ok_or_else(|| unreadable(what)),
            None => Ok(None),
        }
    }

    pub(crate) fn bytes(&mut self) -> Result<&'r [u8], StoreError> {
        let index = self.step();
        self.row.bytes(index)
    }

    pub(crate) fn instant(&mut self) -> Result<DateTime<Utc>, StoreError> {
        self.optional_instant()?.ok_or_else(|| unreadable("instant"))
    }

    pub(crate) fn optional_instant(&mut self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let index = self.step();
        self.row.instant(index)
    }

    pub(crate) fn day(&mut self) -> Result<NaiveDate, StoreError> {
        self.optional_day()?.ok_or_else(|| unreadable("day"))
    }

    pub(crate) fn optional_day(&mut self) -> Result<Option<NaiveDate>, StoreError> {
        let index = self.step();
        self.row.day(index)
    }

    pub(crate) fn amount(&mut self) -> Result<Decimal, StoreError> {
        self.optional_amount()?.ok_or_else(|| unreadable("amount"))
    }

    pub(crate) fn optional_amount(&mut self) -> Result<Option<Decimal>, StoreError> {
        let index = self.next;
        self.next += R::AMOUNT_COLUMNS;
        self.row.amount(index)
    }

    /// A fault, from four columns.
    pub(crate) fn fault(&mut self) -> Result<Option<ConnectionFault>, StoreError> {
        let kind = self.optional_parsed("fault", ProviderErrorKind::from_name)?;
        let (code, message, at) = (self.optional_text()?, self.optional_text()?, self.optional_instant()?);
        match (kind, message, at) {
            (None, ..) => Ok(None),
            (Some(kind), Some(user_message), Some(at)) => {
                Ok(Some(ConnectionFault { kind, code, user_message, at }))
            }
            _ => Err(unreadable("fault")),
        }
    }
}

/// Takes values for a statement, in order.
pub(crate) trait Values {
    fn number(&mut self, value: impl Into<Option<i64>>);
    /// A number of few values, which an engine may keep in less space.
    fn small(&mut self, value: i16);
    fn flag(&mut self, value: impl Into<Option<bool>>);
    fn text<'a>(&mut self, value: impl Into<Option<&'a str>>);
    /// A text that an engine may keep without copying it.
    fn shared_text(&mut self, value: Option<Arc<str>>);
    fn bytes(&mut self, value: &[u8]);
    fn instant(&mut self, value: impl Into<Option<DateTime<Utc>>>);
    fn day(&mut self, value: impl Into<Option<NaiveDate>>);
    fn amount(&mut self, value: impl Into<Option<Decimal>>);

    /// The four columns of a fault.
    fn fault(&mut self, fault: Option<&ConnectionFault>) {
        self.text(fault.map(|fault| fault.kind.name()));
        self.text(fault.and_then(|fault| fault.code.as_deref()));
        self.text(fault.map(|fault| fault.user_message.as_str()));
        self.instant(fault.map(|fault| fault.at));
    }
}
