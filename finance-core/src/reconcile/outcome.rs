//! What reconciliation answers.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The bank against the books of one account.
///
/// Rows and anchors are named by their place in the slices given. All amounts are in our sign and in the account's currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// What happened between each two neighbouring known anchors, oldest first.
    pub periods: Vec<ReconciledPeriod>,
    /// By how much the bank's balance changed from the first known anchor to the last; `None` with fewer than two.
    pub bank_change: Option<Decimal>,
    /// By how much the rows changed it in the same time.
    pub books_change: Option<Decimal>,
    /// `bank_change` less `books_change`: what the books lack.
    pub difference: Option<Decimal>,
    /// The first day on which bank and books part, as near as anchors and explanations tell: no later than the anchor that shows
    /// it. `None` when they agree but for drift.
    pub first_unexplained_date: Option<NaiveDate>,
    /// Why they differ, best first. Empty when they agree.
    pub explanations: Vec<Explanation>,
    /// How well they agree, 0 to 100, the sum of the parts; `None` when that cannot be known.
    pub score: Option<u8>,
    /// What the score is made of.
    pub score_parts: Vec<ReconcileScorePart>,
    /// What is missing for an answer, or was left out of it.
    pub notes: Vec<ReconcileNote>,
}

/// The time after one known anchor's day up to and with the next one's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciledPeriod {
    /// The anchor it begins after.
    pub from: usize,
    /// The anchor it ends with.
    pub to: usize,
    /// By how much the bank's balance changed.
    pub bank_change: Option<Decimal>,
    /// By how much the counted rows changed it.
    pub books_change: Option<Decimal>,
    /// `bank_change` less `books_change`; `None` when it does not fit into 28 digits.
    pub difference: Option<Decimal>,
    /// How many rows were counted.
    pub rows: usize,
    /// Whether they agree.
    pub agreement: Agreement,
}

/// Whether bank and books agree over a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Agreement {
    /// They do, within the tolerance.
    Agrees,
    /// They differ by no more than rounding may.
    Drifts,
    /// They differ.
    Differs,
    /// The amounts are too large to tell.
    Unknown,
}

/// One reason why bank and books may differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What kind of reason.
    pub kind: ExplanationKind,
    /// The rows concerned, in the order given, without repetition; empty for a row that is not there.
    pub transactions: Vec<usize>,
    /// The anchor concerned: the end of the first period that it explains.
    pub anchor: usize,
    /// The part of that period's difference that it explains: what the correction adds to the books between the two anchors.
    /// For a missing row that is the row's amount.
    pub amount: Decimal,
    /// The day concerned, where it can be told: the row's, or the day on which a missing row is expected.
    pub date: Option<NaiveDate>,
    /// How likely it is, in whole points from 0 to 100. Explanations that exclude each other share the points.
    pub confidence: u8,
    /// Why, a sentence or two for a person.
    pub reason: String,
    /// What would have to change.
    pub correction: Correction,
}

/// What kind of reason an explanation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExplanationKind {
    /// The user deleted a transaction that the bank counts, or a few of them.
    DeletedTransaction,
    /// The bank booked a transaction that the books lack.
    MissingTransaction,
    /// The books hold one transaction twice.
    Duplicate,
    /// Money in is written as money out, or the reverse.
    WrongSign,
    /// Two neighbouring digits of an amount changed places.
    SwappedDigits,
    /// An amount is ten or a hundred times too large or too small.
    DroppedDecimals,
    /// The books count pending rows that the bank does not count yet.
    PendingCounted,
    /// The bank counts pending rows that the books do not.
    PendingNotCounted,
    /// A row is dated on the wrong side of an anchor.
    WrongSideOfAnchor,
    /// A few rows together are the difference: the bank may know none of them.
    SumOfRows,
    /// The bank's balance is an earlier day's.
    StaleBalance,
    /// Small differences of rounding.
    RoundingDrift,
    /// Nothing fits.
    Unknown,
}

impl ExplanationKind {
    /// The stable name, as in `missing_transaction`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeletedTransaction => "deleted_transaction",
            Self::MissingTransaction => "missing_transaction",
            Self::Duplicate => "duplicate",
            Self::WrongSign => "wrong_sign",
            Self::SwappedDigits => "swapped_digits",
            Self::DroppedDecimals => "dropped_decimals",
            Self::PendingCounted => "pending_counted",
            Self::PendingNotCounted => "pending_not_counted",
            Self::WrongSideOfAnchor => "wrong_side_of_anchor",
            Self::SumOfRows => "sum_of_rows",
            Self::StaleBalance => "stale_balance",
            Self::RoundingDrift => "rounding_drift",
            Self::Unknown => "unknown",
        }
    }
}

/// What exactly would have to change for an explanation to hold. Nothing is changed here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Correction {
    /// Insert a row.
    InsertRow {
        /// Its day: the one expected, or else the last that fits.
        date: NaiveDate,
        /// Its amount.
        amount: Decimal,
        /// A row of the same series to take the texts from.
        like: Option<usize>,
    },
    /// Count these rows again, which the user deleted.
    RestoreRows {
        /// The rows.
        rows: Vec<usize>,
    },
    /// Remove these rows.
    RemoveRows {
        /// The rows.
        rows: Vec<usize>,
    },
    /// Give a row another amount.
    ChangeAmount {
        /// The row.
        row: usize,
        /// The amount it should have.
        to: Decimal,
    },
    /// Give a row another day.
    MoveRow {
        /// The row.
        row: usize,
        /// The nearest day on the other side of the anchor.
        to: NaiveDate,
    },
    /// Count these pending rows.
    CountPending {
        /// The rows.
        rows: Vec<usize>,
    },
    /// Leave these pending rows out of the count.
    LeavePendingOut {
        /// The rows.
        rows: Vec<usize>,
    },
    /// Give an anchor another balance.
    AdjustAnchor {
        /// The anchor.
        anchor: usize,
        /// The balance it should have.
        to: Decimal,
    },
    /// Change nothing until the bank tells a fresh balance for this anchor.
    WaitForBank {
        /// The anchor.
        anchor: usize,
    },
    /// Change nothing.
    Nothing,
}

/// A part of the score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconcileScorePart {
    /// Its stable name.
    pub name: &'static str,
    /// The points it gives.
    pub points: u8,
    /// The most it could give.
    pub of: u8,
    /// Why, a sentence for a person.
    pub reason: String,
}

/// What is missing for an answer, or was left out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReconcileNote {
    /// No balance is known, so nothing can be compared.
    NoKnownBalance,
    /// Only this anchor's balance is known; a second one is needed.
    OneKnownBalance {
        /// The anchor.
        anchor: usize,
    },
    /// This anchor has no balance and was passed over.
    BalanceUnknown {
        /// The anchor.
        anchor: usize,
    },
    /// Another anchor of the same day is believed instead.
    AnchorReplaced {
        /// The anchor that was left out.
        anchor: usize,
        /// The anchor that is believed.
        by: usize,
        /// Whether they tell the same balance.
        agrees: bool,
    },
    /// These rows are in another currency and were not counted.
    OtherCurrency {
        /// The rows.
        rows: Vec<usize>,
    },
    /// The amounts need more digits than can be added exactly.
    TooLarge,
}
