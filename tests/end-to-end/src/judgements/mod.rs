//! The judgements measured on real bank rows: labelled cases built from them, and how often each judgement is right.
//!
//! The rows lie outside of the project, in the folder that the environment variable `FINANCE_DATA` names.

pub mod berka;
pub mod birmingham;
pub mod dedup_cases;
pub mod dedup_figures;
pub mod reconcile_figures;
pub mod recurring_figures;
pub mod transfer_figures;
pub mod wording;

use std::fmt;
use std::path::PathBuf;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

/// The folder of real bank rows, as `FINANCE_DATA` names it.
///
/// # Errors
/// A sentence that says what to do, when the variable is not set or names no folder.
pub fn data_folder() -> Result<PathBuf, String> {
    let named = std::env::var_os("FINANCE_DATA")
        .ok_or("FINANCE_DATA is not set: it names the folder of real bank rows to measure on")?;
    let folder = PathBuf::from(named);
    if folder.is_dir() {
        Ok(folder)
    } else {
        Err(format!("FINANCE_DATA names {}, which is no folder", folder.display()))
    }
}

/// What one case measured.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figure {
    /// What was tried.
    pub case: String,
    /// How many answers the truth holds.
    pub tried: usize,
    /// How many of them were given.
    pub right: usize,
    /// How many answers were given that are not true.
    pub wrong: usize,
    /// How many answers of the truth were not given.
    pub missed: usize,
    /// Anything that the numbers do not tell.
    pub note: String,
}

impl Figure {
    /// Whether so many of ten thousand answers given are true.
    pub fn is_precise(&self, of_ten_thousand: usize) -> bool {
        let given = self.right + self.wrong;
        self.right * 10_000 >= given * of_ten_thousand
    }

    /// Whether so many of ten thousand answers of the truth were given.
    pub fn is_complete(&self, of_ten_thousand: usize) -> bool {
        self.right * 10_000 >= self.tried * of_ten_thousand
    }
}

/// Figures under a title, as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures<'a>(pub &'a str, pub &'a [Figure]);

impl fmt::Display for Figures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header(["", "tried", "right", "wrong", "missed", "precision", "recall", ""]);
        for figure in self.1 {
            table.add_row([
                figure.case.clone(),
                figure.tried.to_string(),
                figure.right.to_string(),
                figure.wrong.to_string(),
                figure.missed.to_string(),
                percent(figure.right, figure.right + figure.wrong),
                percent(figure.right, figure.tried),
                figure.note.clone(),
            ]);
        }
        for number in 1..7 {
            if let Some(column) = table.column_mut(number) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        write!(f, "\n{}\n{}", self.0, table.trim_fmt())
    }
}

/// A share in percent, rounded down to thousandths so that only a perfect one reads 100.
fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let thousandths = part * 100_000 / whole;
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_down() {
        let cases =
            [(0, 0, "-"), (0, 7, "0.000"), (1, 3, "33.333"), (99_999, 100_000, "99.999"), (5, 5, "100.000")];
        for (part, whole, expected) in cases {
            assert_eq!(percent(part, whole), expected);
        }
    }

    #[test]
    fn a_bar_counts_only_what_it_is_about() {
        let figure = Figure { tried: 200, right: 198, wrong: 1, missed: 2, ..Figure::default() };
        assert!(figure.is_complete(9900) && !figure.is_complete(9901));
        assert!(figure.is_precise(9949) && !figure.is_precise(9950));
        assert!(
            Figure::default().is_precise(10_000) && Figure::default().is_complete(10_000),
            "nothing to decide"
        );
    }
}
