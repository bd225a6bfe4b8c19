//! Transactions as lines for a spreadsheet.

use csv::{Terminator, Writer, WriterBuilder};

use crate::model::{Account, InstitutionRef, Transaction};

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
            harmless(account),
            harmless(institution),
            harmless(row.name()),
            harmless(&row.provider.description),
            harmless(row.category().unwrap_or_default()),
            amount.amount().to_string(),
            harmless(amount.currency().code()),
            harmless(row.edits.note.as_deref().unwrap_or_default()),
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

/// The text as no spreadsheet takes it for a formula.
fn harmless(text: &str) -> String {
    let formula =
        |first: char| matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n');
    if text.starts_with(formula) { format!("'{text}") } else { text.to_owned() }
}

fn parts(row: &Transaction) -> String {
    let part = |part: &crate::model::TransactionPart| {
        let words = part.name.as_deref().or(part.category.as_deref()).unwrap_or_default();
        format!("{} {words}", part.amount).trim_end().to_owned()
    };
    harmless(&row.edits.parts.iter().map(part).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_formula_is_a_text() {
        for (text, cell) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("＝1", "'＝1"),
            ("", ""),
            ("'=1", "'=1"),
            ("Coffee = good", "Coffee = good"),
            (" =1", " =1"),
        ] {
            assert_eq!(harmless(text), cell);
        }
    }
}
