//! Transactions as lines for a spreadsheet.

use csv::{Terminator, Writer, WriterBuilder};

use crate::categorize::category_name;
use crate::model::{Account, InstitutionRef, Transaction};
use crate::spreadsheet_text::guarded;

/// Tells spreadsheets that the text is UTF-8.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

const COLUMNS: [&str; 12] = [
    "Date",
    "Account",
    "Institution",
    "Name",
    "Description",
    "Category",
    "Amount",
    "Currency",
    "Note",
    "Pending",
    "Parts",
    "Id",
];

/// Lines in the making.
pub(crate) struct CsvText(Writer<Vec<u8>>);

impl CsvText {
    /// No line yet.
    pub(crate) fn new() -> Self {
        Self(WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new()))
    }

    /// The line with the names of the columns.
    pub(crate) fn head(&mut self) -> Result<(), csv::Error> {
        self.0.write_record(COLUMNS)
    }

    /// The line of a transaction.
    pub(crate) fn row(
        &mut self,
        row: &Transaction,
        account: Option<&Account>,
        institution: Option<&InstitutionRef>,
    ) -> Result<(), csv::Error> {
        let amount = row.amount();
        let account = account.map_or("", |account| &account.provider.name);
        let institution = institution.and_then(|institution| institution.name.as_deref()).unwrap_or_default();
        self.0.write_record([
            row.date().to_string(),
            guarded(account),
            guarded(institution),
            guarded(row.name()),
            guarded(&row.provider.description),
            guarded(row.category().map_or("", category_name)),
            amount.amount().to_string(),
            guarded(amount.currency().code()),
            guarded(row.edits.note.as_deref().unwrap_or_default()),
            if row.provider.pending { "yes" } else { "no" }.to_owned(),
            parts(row),
            row.id.to_string(),
        ])
    }

    /// The lines so far.
    pub(crate) fn into_bytes(self) -> Result<Vec<u8>, csv::Error> {
        self.0.into_inner().map_err(|error| error.into_error().into())
    }
}

fn parts(row: &Transaction) -> String {
    let part = |part: &crate::model::TransactionPart| {
        let words = part.name.as_deref().or(part.category.as_deref().map(category_name)).unwrap_or_default();
        format!("{} {words}", part.amount).trim_end().to_owned()
    };
    guarded(&row.edits.parts.iter().map(part).collect::<Vec<_>>().join("; "))
}
