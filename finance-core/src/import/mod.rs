//! Files of banks: what they say, row by row, without a store.
//!
//! Pure. Amounts are exact, days are calendar days, and nothing is guessed that two readings fit: then the answer is a question.

mod amount;
mod csv;
mod csv_guess;
mod day;
mod error;
mod header;
mod identity;
mod ofx;
mod ofx_tree;
mod text;

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::{Currency, decimal_text};

pub use amount::DecimalMark;
pub use csv::{AmountColumns, CsvLayout};
pub use day::DateOrder;
pub use error::{ForeignFormat, ImportError, LayoutQuestion, RowFault, RowProblem};
pub use identity::FILE_ROW_PREFIX;
pub(crate) use identity::{RowIds, row_ids};
pub use text::TextEncoding;

/// The longest text of a row of a file, in characters.
const TEXT_CHARS_MAX: usize = 10_000;

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImportFormat {
    /// As what it looks like.
    #[default]
    Auto,
    /// As a table in this layout.
    Csv(CsvLayout),
    /// As OFX 1 or 2, QFX included.
    Ofx,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FileFormat {
    /// A table of values with a separator.
    Csv,
    /// OFX 1 or 2, QFX included.
    Ofx,
}

/// How large a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportPolicy {
    /// Bytes at the most. Reading takes several times the memory.
    pub bytes_max: usize,
    /// Rows at the most.
    pub rows_max: usize,
}

impl Default for ImportPolicy {
    /// 32 MiB, 200,000 rows.
    fn default() -> Self {
        Self { bytes_max: 32 * 1024 * 1024, rows_max: 200_000 }
    }
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContents {
    /// What it is.
    pub format: FileFormat,
    /// How it was read, when it is a table.
    pub layout: Option<CsvLayout>,
    /// Its accounts, in order; a table has one.
    pub statements: Vec<FileStatement>,
}

/// What a file says of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileStatement {
    /// The account's number, where told.
    pub account: Option<String>,
    /// The currency of amounts that name none, where told.
    pub currency: Option<Currency>,
    /// The rows that could be read, in order.
    pub rows: Vec<FileRow>,
    /// What could not be read.
    pub problems: Vec<RowProblem>,
    /// The bank's own closing balance, where told.
    pub balance: Option<FileBalance>,
    /// Purchases and sales of securities, which are not read.
    pub securities: usize,
}

/// A closing balance in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileBalance {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// What is owned is positive, **what is owed is negative**.
    #[serde(with = "decimal_text")]
    pub amount: Decimal,
    /// The currency, where told.
    pub currency: Option<Currency>,
    /// The day at whose end it holds.
    pub day: NaiveDate,
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileRow {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The bank's identifier, where it gave one. Some banks use one again.
    pub id: Option<Arc<str>>,
    /// The day of posting.
    pub date: NaiveDate,
    /// **Positive is money into the account, negative is money out of it.**
    #[serde(with = "decimal_text")]
    pub amount: Decimal,
    /// The currency, where the row names one.
    pub currency: Option<Currency>,
    /// What the bank says it was.
    pub description: Arc<str>,
    /// Everything the bank says, where that is more.
    pub details: Option<Arc<str>>,
    /// Who is on the other side, where told.
    pub payee: Option<Arc<str>>,
    /// The bank's kind of movement, verbatim.
    pub code: Option<Arc<str>>,
    /// The number of a cheque.
    pub check_number: Option<Arc<str>>,
    /// The merchant category code, where told.
    pub merchant_category_code: Option<Arc<str>>,
}

/// Reads a file of a bank.
///
/// A row that cannot be read is a problem of its statement, and the others stand. A file that is cut off, or of another format,
/// is an error.
///
/// # Errors
/// [`ImportError`], which says where and what to do.
///
/// ```
/// use finance_core::{ImportFormat, ImportPolicy, read_file};
///
/// let file = "Date;Description;Amount\n31.01.2026;Rent;-1.250,00\n01.02.2026;Salary;3.000,00\n";
/// let contents = read_file(file.as_bytes(), &ImportFormat::Auto, &ImportPolicy::default())?;
/// let rows = &contents.statements[0].rows;
/// assert_eq!((rows[0].amount.to_string(), rows[0].date.to_string()), ("-1250.00".into(), "2026-01-31".into()));
/// # Ok::<(), finance_core::ImportError>(())
/// ```
pub fn read_file(
    bytes: &[u8],
    format: &ImportFormat,
    policy: &ImportPolicy,
) -> Result<FileContents, ImportError> {
    if bytes.len() > policy.bytes_max {
        return Err(ImportError::TooLarge { bytes: bytes.len(), most: policy.bytes_max });
    }
    let contents = match format {
        ImportFormat::Csv(layout) => csv::read(&text::decode(bytes, layout.encoding)?, layout, policy)?,
        ImportFormat::Ofx => ofx::read(&text::decode(bytes, TextEncoding::Auto)?, policy)?,
        ImportFormat::Auto => {
            let text = text::decode(bytes, TextEncoding::Auto)?;
            text::refuse_foreign(&text)?;
            if ofx::is_ofx(&text) {
                ofx::read(&text, policy)?
            } else {
                csv::read(&text, &csv_guess::layout(&text)?, policy)?
            }
        }
    };
    Ok(contents)
}

/// Guesses the layout of a table: what is sure of it, and the questions that are open. [`read_file`] refuses a file with open
/// questions; answer them in the layout and read it as [`ImportFormat::Csv`].
///
/// # Errors
/// [`ImportError`] when it is no table at all, or has no row.
pub fn guess_csv_layout(bytes: &[u8]) -> Result<(CsvLayout, Vec<LayoutQuestion>), ImportError> {
    let text = text::decode(bytes, TextEncoding::Auto)?;
    text::refuse_foreign(&text)?;
    csv_guess::guess(&text)
}

#[cfg(test)]
mod tests;
