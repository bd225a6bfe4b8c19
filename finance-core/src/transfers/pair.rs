//! What pairing transfers answers.

use std::fmt;

use serde::Serialize;

/// The transfers among the rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Transfers {
    /// Pairs that are one transfer each, by day. No row is in two of them.
    pub pairs: Vec<TransferPair>,
    /// Pairs that may be a transfer, best first; the user must decide. A row may be in several of them, but in none of
    /// [`pairs`](Self::pairs).
    pub suggestions: Vec<TransferPair>,
}

/// The two sides of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferPair {
    /// The row that takes the money out of one account, by its place in the slice given.
    pub from: usize,
    /// The row that brings it into the other, by its place in the slice given.
    pub to: usize,
    /// How likely the two are one transfer, in whole points from 0 to 100.
    pub score: u8,
    /// Why, the weightiest first.
    pub reasons: Vec<TransferReason>,
}

/// A piece of evidence. Printed, it is a sentence's part for a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransferReason {
    /// As much goes out of one account as comes into the other.
    OppositeAmount,
    /// The days between the two; 0 is the same day.
    DaysApart(u16),
    /// The money is there before it left.
    ArrivedBefore,
    /// The text of one side, or of both, speaks of a transfer.
    TransferWords,
    /// The text of one side names the other account, or ends in its number.
    NamesAccount,
    /// It pays a card or a loan off, and the text says so.
    PaysDebt,
    /// One side, or each, names a payee that is no account of the user.
    OtherPayee,
    /// The text of one side, or of both, speaks of a purchase, a refund, pay or the like.
    OtherPurpose,
    /// A side is pending.
    Pending,
    /// Other rows fit as well.
    Ambiguous,
}

impl TransferReason {
    /// The stable name, as in `opposite_amount`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::OppositeAmount => "opposite_amount",
            Self::DaysApart(_) => "days_apart",
            Self::ArrivedBefore => "arrived_before",
            Self::TransferWords => "transfer_words",
            Self::NamesAccount => "names_account",
            Self::PaysDebt => "pays_debt",
            Self::OtherPayee => "other_payee",
            Self::OtherPurpose => "other_purpose",
            Self::Pending => "pending",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl fmt::Display for TransferReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OppositeAmount => f.write_str("as much leaves one account as enters the other"),
            Self::DaysApart(0) => f.write_str("same day"),
            Self::DaysApart(1) => f.write_str("1 day apart"),
            Self::DaysApart(days) => write!(f, "{days} days apart"),
            Self::ArrivedBefore => f.write_str("the money arrives before it leaves"),
            Self::TransferWords => f.write_str("the text speaks of a transfer"),
            Self::NamesAccount => f.write_str("the text names the other account"),
            Self::PaysDebt => f.write_str("the text speaks of paying a card or a loan"),
            Self::OtherPayee => f.write_str("the text names somebody else"),
            Self::OtherPurpose => f.write_str("the text speaks of a purchase, a refund, pay or the like"),
            Self::Pending => f.write_str("one side is still pending"),
            Self::Ambiguous => f.write_str("another row fits as well"),
        }
    }
}
