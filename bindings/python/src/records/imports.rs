//! Files of banks.

use finance_core::RowVerdict;

use super::books::code;
use super::{Money, Reason};
use crate::choices::*;
use crate::errors::layout_text;
use crate::record::record;
use crate::values::{Amount, Day, Many, Text};

record! {
    /// A row of a file, and what became of it.
    ImportedRow from finance_core::ImportedRow as it {
        /// Its line in the file.
        line: usize = it.row.line,
        /// Its identifier in the file.
        id: Option<Text> = it.row.id.map(Text),
        /// Its day.
        date: Day = Day(it.row.date),
        /// Its amount: positive into the account, negative out of it.
        amount: Money = it.amount.into(),
        /// Its description.
        description: Text = Text(it.row.description),
        /// Its payee.
        payee: Option<Text> = it.row.payee.map(Text),
        /// What became of it, or would.
        action: ImportAction = it.verdict.action.into(),
        /// The transaction it is.
        transaction: Option<i64> = it.verdict.transaction.map(|id| id.number()),
        /// Why.
        reasons: Many<Reason> = reasons(&it.verdict),
    }
}

fn reasons(verdict: &RowVerdict) -> Many<Reason> {
    Many(verdict.reasons.iter().map(Reason::of).collect())
}

record! {
    /// A row of a file that cannot be read.
    RowProblem from finance_core::RowProblem as it {
        /// Its line.
        line: usize = it.line,
        /// The field.
        field: String = it.field.clone(),
        /// What stands there.
        found: String = it.found.clone(),
        /// What is wrong with it.
        fault: RowFault = it.fault.into(),
        /// All of it in a sentence.
        text: String = it.to_string(),
    }
}

record! {
    /// A row of a file that may be one of the books, which a person decides.
    ImportSuggestion from finance_core::ImportSuggestion as it {
        /// The place of the row among those of the file, from 0.
        row: usize = it.row,
        /// The transaction.
        transaction: i64 = it.transaction.number(),
        /// How alike they are, 0 to 100.
        score: u8 = it.score,
        /// Why.
        reasons: Many<Reason> = Many(it.reasons.iter().map(Reason::of).collect()),
    }
}

record! {
    /// The balance that a file states.
    FileBalance from finance_core::FileBalance as it {
        /// Its line.
        line: usize = it.line,
        /// The balance.
        amount: Amount = Amount(it.amount),
        /// Its currency.
        currency: Option<String> = it.currency.as_ref().map(code),
        /// The day at whose end it held.
        day: Day = Day(it.day),
    }
}

record! {
    /// What an import did, or would do.
    ImportReport from finance_core::ImportReport as it {
        /// The format of the file.
        format: FileFormat = it.format.into(),
        /// Of a table, how it was read, as JSON; give it back to read another file in the same way.
        layout: Option<String> = it.layout.as_ref().and_then(layout_text),
        /// The account in the file.
        file_account: Option<String> = it.file_account,
        /// Each row, in the file's order.
        rows: Many<ImportedRow> = Many::of(it.rows),
        /// Rows that cannot be read.
        problems: Many<RowProblem> = Many::of(it.problems),
        /// Rows that may be in the books already.
        suggestions: Many<ImportSuggestion> = Many::of(it.suggestions),
        /// The balance that the file states.
        balance: Option<FileBalance> = it.balance.map(Into::into),
        /// Whether that balance was, or would be, kept as a statement.
        balance_is_new: bool = it.balance_is_new,
        /// Transactions in securities, which are left out.
        securities: usize = it.securities,
    }
}
