//! Tables of values with a separator.

use csv::{ReaderBuilder, StringRecord};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::header::money_in;
use super::{
    DateOrder, DecimalMark, FileContents, FileFormat, FileRow, FileStatement, ImportError, ImportPolicy,
    RowFault, RowProblem, TEXT_CHARS_MAX, TextEncoding, amount, day,
};
use crate::model::Currency;
use crate::spreadsheet_text::unguarded;

/// How a table is to be read. Columns are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvLayout {
    /// How it writes its letters.
    pub encoding: TextEncoding,
    /// What separates values, an ASCII character.
    pub delimiter: char,
    /// What encloses values that contain the separator, an ASCII character.
    pub quote: char,
    /// Records before the first row: titles and column names. Blank lines do not count.
    pub skip: usize,
    /// The column of the day of posting.
    pub date: usize,
    /// The order in which it writes days.
    pub date_order: DateOrder,
    /// Where the amount stands.
    pub amount: AmountColumns,
    /// What stands before the decimals.
    pub decimal: DecimalMark,
    /// The columns that say what it was, joined by a space.
    pub description: Vec<usize>,
    /// The column of who is on the other side.
    pub payee: Option<usize>,
    /// The column of the currency.
    pub currency: Option<usize>,
    /// The column of an identifier that the bank never gives twice.
    pub id: Option<usize>,
    /// The column of the number of a cheque.
    pub check_number: Option<usize>,
}

/// Where a table has its amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum AmountColumns {
    /// In one column with its sign.
    One {
        /// The column.
        column: usize,
        /// Whether positive is money out of the account, as some cards have it.
        positive_out: bool,
    },
    /// In one column, and another one has a word for the direction (`debit`, `credit`, `D`, `C`, `S`, `H`).
    Marked {
        /// The column of the amount.
        column: usize,
        /// The column of the word.
        mark: usize,
    },
    /// In one column for each direction.
    DebitCredit {
        /// The column of money out of the account, with or without a minus.
        debit: usize,
        /// The column of money into it.
        credit: usize,
    },
}

impl CsvLayout {
    fn checked(&self) -> Result<(u8, u8), ImportError> {
        let byte = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
        let invalid = ImportError::InvalidLayout;
        let delimiter = byte(self.delimiter).ok_or(invalid("the separator is no ASCII character"))?;
        let quote = byte(self.quote).ok_or(invalid("the quote is no ASCII character"))?;
        if delimiter == quote || [delimiter, quote].iter().any(|byte| b"\r\n".contains(byte)) {
            return Err(invalid("the separator is the quote or a line break"));
        }
        Ok((delimiter, quote))
    }

    /// Every column that it names.
    fn columns(&self) -> impl Iterator<Item = usize> {
        let amounts = match self.amount {
            AmountColumns::One { column, .. } => [column, column],
            AmountColumns::Marked { column, mark } => [column, mark],
            AmountColumns::DebitCredit { debit, credit } => [debit, credit],
        };
        let optional = [self.payee, self.currency, self.id, self.check_number];
        let columns = amounts.into_iter().chain([self.date]).chain(optional.into_iter().flatten());
        columns.chain(self.description.iter().copied())
    }
}

/// The records of a table with the lines on which they begin.
pub(super) fn records(
    text: &str,
    delimiter: u8,
    quote: u8,
) -> impl Iterator<Item = Result<(usize, StringRecord), ImportError>> {
    let reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .quote(quote)
        .from_reader(std::io::Cursor::new(text.as_bytes().to_vec()));
    reader.into_records().map(|record| {
        let line = |position: Option<&csv::Position>| position.map_or(1, |it| it.line() as usize);
        match record {
            Ok(record) => Ok((line(record.position()), record)),
            Err(error) => {
                Err(ImportError::Malformed { line: line(error.position()), what: error.to_string() })
            }
        }
    })
}

/// Reads a table in this layout.
pub(super) fn read(
    text: &str,
    layout: &CsvLayout,
    policy: &ImportPolicy,
) -> Result<FileContents, ImportError> {
    let (delimiter, quote) = layout.checked()?;
    let mut statement = FileStatement::default();
    let (mut width, mut widest) = (None, 0);
    for (place, record) in records(text, delimiter, quote).enumerate() {
        let (line, record) = record?;
        widest = widest.max(record.len());
        if place < layout.skip {
            // The last one has the names of the columns, unless it is a title.
            width = Some(record.len()).filter(|width| layout.columns().all(|column| column < *width));
            continue;
        }
        let table = Row { line, record: &record, layout, width };
        if table.is_blank() {
            continue;
        }
        match table.read() {
            Ok(row) => statement.rows.push(row),
            Err(problem) => statement.problems.push(problem),
        }
        if statement.rows.len() + statement.problems.len() > policy.rows_max {
            return Err(ImportError::TooManyRows(policy.rows_max));
        }
    }
    if layout.columns().any(|column| column >= widest) {
        return Err(ImportError::InvalidLayout("it names a column that no line of the file has"));
    }
    if statement.rows.is_empty() && statement.problems.is_empty() {
        return Err(ImportError::NoRows);
    }
    let layout = Some(layout.clone());
    Ok(FileContents { format: FileFormat::Csv, layout, statements: vec![statement] })
}

struct Row<'a> {
    line: usize,
    record: &'a StringRecord,
    layout: &'a CsvLayout,
    /// How many columns have a name, where they have names.
    width: Option<usize>,
}

impl Row<'_> {
    fn field(&self, column: usize) -> &str {
        self.record.get(column).unwrap_or_default().trim()
    }

    /// What the bank says in a column, also when the table went through [`SyncEngine::export`](crate::SyncEngine::export).
    fn text(&self, column: usize) -> Option<&str> {
        Some(unguarded(self.field(column))).filter(|text| !text.is_empty())
    }

    fn optional(&self, column: Option<usize>) -> Option<&str> {
        column.map(|column| self.field(column)).filter(|text| !text.is_empty())
    }

    /// Whether it has neither a day nor an amount, as lines between and under tables.
    fn is_blank(&self) -> bool {
        let amounts = match self.layout.amount {
            AmountColumns::One { column, .. } | AmountColumns::Marked { column, .. } => [column, column],
            AmountColumns::DebitCredit { debit, credit } => [debit, credit],
        };
        let mut fields = amounts.into_iter().chain([self.layout.date]);
        fields.all(|column| self.field(column).is_empty())
    }

    /// Refuses what stands beyond the last column: a value with the separator in it has become two, and the others have moved.
    fn check_width(&self) -> Result<(), RowProblem> {
        let beyond = self.record.iter().enumerate().skip(self.width.unwrap_or(usize::MAX));
        match beyond.map(|(column, field)| (column, field.trim())).find(|(_, field)| !field.is_empty()) {
            Some((column, field)) => {
                Err(self.problem(&format!("column {}", column + 1), field, RowFault::BeyondTheColumns))
            }
            None => Ok(()),
        }
    }

    fn problem(&self, field: &str, found: &str, fault: RowFault) -> RowProblem {
        let fault = if found.trim().is_empty() { RowFault::Missing } else { fault };
        RowProblem::new(self.line, field, found, fault)
    }

    fn read(&self) -> Result<FileRow, RowProblem> {
        self.check_width()?;
        let layout = self.layout;
        let date = self.field(layout.date);
        let date =
            day::read(date, layout.date_order).ok_or_else(|| self.problem("day", date, RowFault::NotADay))?;
        let amount = self.amount()?;
        let currency = self.optional(layout.currency);
        let currency = currency.map(|code| {
            Currency::iso(code).map_err(|_| self.problem("currency", code, RowFault::NotACurrency))
        });
        let words = layout.description.iter().filter_map(|column| self.text(*column));
        let description = words.collect::<Vec<_>>().join(" ");
        let payee = layout.payee.and_then(|column| self.text(column));
        for (field, text) in [("description", Some(description.as_str())), ("payee", payee)] {
            let chars = text.map_or(0, |text| text.chars().count());
            if chars > TEXT_CHARS_MAX {
                return Err(self.problem(field, text.unwrap_or_default(), RowFault::TooLong));
            }
        }
        Ok(FileRow {
            line: self.line,
            id: self.optional(layout.id).map(Into::into),
            date,
            amount,
            currency: currency.transpose()?,
            description: description.into(),
            details: None,
            payee: payee.map(Into::into),
            code: None,
            check_number: self.optional(layout.check_number).map(Into::into),
            merchant_category_code: None,
        })
    }

    fn amount(&self) -> Result<Decimal, RowProblem> {
        match self.layout.amount {
            AmountColumns::One { column, positive_out } => {
                let amount = self.number(column)?;
                Ok(if positive_out && !amount.is_zero() { -amount } else { amount })
            }
            AmountColumns::Marked { column, mark } => {
                let amount = self.number(column)?.abs();
                let word = self.field(mark);
                let into =
                    money_in(word).ok_or_else(|| self.problem("direction", word, RowFault::NotASign))?;
                Ok(if into || amount.is_zero() { amount } else { -amount })
            }
            AmountColumns::DebitCredit { debit, credit } => {
                let out = self.field(debit);
                if out.is_empty() {
                    return self.number(credit);
                }
                let out = self.number(debit)?.abs();
                let into = self.field(credit);
                let into = if into.is_empty() { Decimal::ZERO } else { self.number(credit)? };
                if !out.is_zero() && !into.is_zero() {
                    return Err(self.problem("amount", self.field(debit), RowFault::NotAnAmount));
                }
                Ok(if out.is_zero() { into } else { -out })
            }
        }
    }

    fn number(&self, column: usize) -> Result<Decimal, RowProblem> {
        let text = self.field(column);
        amount::read(text, self.layout.decimal)
            .ok_or_else(|| self.problem("amount", text, RowFault::NotAnAmount))
    }
}
