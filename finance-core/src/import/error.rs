//! What can be wrong with a file, and where.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::CsvLayout;

/// Why a file cannot be read. Nothing of it was taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// It is larger than the policy allows.
    #[error("the file has {bytes} bytes, and {most} are the most: split it")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The largest size.
        most: usize,
    },
    /// It has more rows than the policy allows.
    #[error("the file has more than {}: export fewer days at a time", rows(*.0))]
    TooManyRows(usize),
    /// It has more columns than any bank writes.
    #[error("a row of the file has more than {0} columns: export those that are needed")]
    TooManyColumns(usize),
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is no text.
    #[error("the file is no text in {0}")]
    NotText(&'static str),
    /// It is in a format that is not read.
    #[error("this is {0}, which is not read: export CSV or OFX instead")]
    Unsupported(ForeignFormat),
    /// It is neither OFX nor a table.
    #[error("the file is neither OFX nor a table of rows with a separator")]
    NotRecognised,
    /// It is damaged or cut off.
    #[error("line {line}: {what}: download the file again")]
    Malformed {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// The bank wrote an error message instead of a statement.
    #[error("the bank answered with error {code}: {message}")]
    BankRefused {
        /// The bank's code.
        code: String,
        /// The bank's message.
        message: String,
    },
    /// It is a table without a row.
    #[error("there are no transactions in the file")]
    NoRows,
    /// It has no statement of an account.
    #[error("the file has no statement of an account")]
    NoStatement,
    /// It can be read in several ways: say in a [`CsvLayout`] which is meant.
    #[error("the layout is not clear: {}", printed(.questions))]
    Layout {
        /// What is open.
        questions: Vec<LayoutQuestion>,
        /// What is sure of it; the rest is a guess.
        guess: Box<CsvLayout>,
    },
    /// The layout given cannot be read with.
    #[error("the layout cannot be: {0}")]
    InvalidLayout(&'static str),
    /// It has several accounts, and none was chosen.
    #[error("the file has several accounts ({}): choose one", .0.join(", "))]
    SeveralAccounts(Vec<String>),
    /// It does not have the account chosen.
    #[error("the file has no account {0}")]
    UnknownAccount(String),
    /// Some of its rows cannot be read, and nothing said to leave them out.
    #[error("{} cannot be read{}: {first}", rows(*.count), if *.count == 1 { "" } else { ", the first" })]
    Rows {
        /// How many.
        count: usize,
        /// The first of them.
        first: RowProblem,
    },
}

impl ImportError {
    /// A sentence fit for the user, without jargon.
    pub const fn user_message(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::TooManyRows(_) => {
                "This file is too large. Please export a shorter time from your bank."
            }
            Self::Empty | Self::NoRows | Self::NoStatement => "There are no transactions in this file.",
            Self::NotText(_) | Self::Unsupported(_) | Self::NotRecognised | Self::TooManyColumns(_) => {
                "This kind of file cannot be read. Please export CSV or OFX from your bank."
            }
            Self::Malformed { .. } => "This file is damaged. Please download it from your bank again.",
            Self::BankRefused { .. } => "Your bank wrote an error into this file. Please download it again.",
            Self::Layout { .. } | Self::InvalidLayout(_) => "Please say what the columns of this file are.",
            Self::SeveralAccounts(_) | Self::UnknownAccount(_) => {
                "Please choose which account of this file is meant."
            }
            Self::Rows { .. } => "Some rows of this file cannot be read. Nothing was imported.",
        }
    }
}

fn rows(count: usize) -> String {
    format!("{count} {}", if count == 1 { "row" } else { "rows" })
}

fn printed(questions: &[LayoutQuestion]) -> String {
    questions.iter().map(LayoutQuestion::to_string).collect::<Vec<_>>().join("; ")
}

/// A format of banks that is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForeignFormat {
    /// ISO 20022 CAMT.052, 053 or 054.
    Camt,
    /// SWIFT MT940 or MT942.
    Mt940,
    /// Quicken's QIF.
    Qif,
    /// A PDF document.
    Pdf,
    /// A spreadsheet or another archive.
    Spreadsheet,
    /// A web page.
    Html,
}

impl fmt::Display for ForeignFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Camt => "a CAMT file",
            Self::Mt940 => "an MT940 file",
            Self::Qif => "a QIF file",
            Self::Pdf => "a PDF document",
            Self::Spreadsheet => "a spreadsheet",
            Self::Html => "a web page",
        })
    }
}

/// What the layout of a table leaves open. Columns are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutQuestion {
    /// No column, or several, may hold the day.
    DateColumn,
    /// No column, or several, may hold the amount.
    AmountColumn,
    /// No column holds a text.
    TextColumn,
    /// Day and month may stand in either order, as in this value.
    DateOrder(String),
    /// A mark may be the decimal mark or separate thousands, as in this value.
    DecimalMark(String),
}

impl fmt::Display for LayoutQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DateColumn => f.write_str("which column is the day"),
            Self::AmountColumn => f.write_str("which column is the amount"),
            Self::TextColumn => f.write_str("which column is the description"),
            Self::DateOrder(value) => write!(f, "which number of `{value}` is the month"),
            Self::DecimalMark(value) => write!(f, "what the mark in `{value}` means"),
        }
    }
}

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowProblem {
    /// The line on which the row begins, from 1.
    pub line: usize,
    /// The field, in the file's own words.
    pub field: String,
    /// What stands there, shortened.
    pub found: String,
    /// What is wrong with it.
    pub fault: RowFault,
}

impl RowProblem {
    pub(super) fn new(line: usize, field: &str, found: &str, fault: RowFault) -> Self {
        let found = found.trim().chars().take(60).collect();
        Self { line, field: field.to_owned(), found, fault }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, {}: `{}` {}", self.line, self.field, self.found, self.fault)
    }
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RowFault {
    /// It is empty or not there.
    Missing,
    /// It is no calendar day.
    NotADay,
    /// It is no exact amount.
    NotAnAmount,
    /// It is an amount whose mark may be the decimal mark or separate thousands, and nothing in the file says which.
    UnclearMark,
    /// It is neither the word for money in nor the one for money out.
    NotASign,
    /// It is no currency.
    NotACurrency,
    /// It is another currency than the account's.
    OtherCurrency,
    /// It stands beyond the last column that has a name.
    BeyondTheColumns,
    /// It is too long.
    TooLong,
    /// The row corrects an earlier one, which must be looked at.
    Correction,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is missing",
            Self::NotADay => "is no day",
            Self::NotAnAmount => "is no amount",
            Self::UnclearMark => "may have decimals or thousands behind its mark: enter this row by hand",
            Self::NotASign => "is neither money in nor money out",
            Self::NotACurrency => "is no currency",
            Self::OtherCurrency => "is another currency than the account's",
            Self::BeyondTheColumns => "is in no column: put values that contain the separator into quotes",
            Self::TooLong => "is too long",
            Self::Correction => "corrects an earlier row: change that one by hand",
        })
    }
}
