//! What deduplication answers.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What to do with each incoming row, and what to show to the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deduplication {
    /// One decision per incoming row, in the order given.
    pub decisions: Vec<Decision>,
    /// Pairs that may be one transaction, best first. Nothing is done about them unless the user agrees.
    pub suggestions: Vec<Suggestion>,
}

/// What to do with one incoming row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What to do.
    pub action: DedupAction,
    /// The stored row concerned, by its place in the slice given.
    pub stored: Option<usize>,
    /// The incoming row that this one copies, by its place in the slice given.
    pub of: Option<usize>,
    /// How sure the decision is, in whole points from 0 to 100.
    pub score: u8,
    /// Why, the weightiest first.
    pub reasons: Vec<DedupReason>,
}

/// A pair that may be one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The incoming row, by its place in the slice given. It is also inserted, until the user agrees.
    pub incoming: usize,
    /// The stored row, by its place in the slice given.
    pub stored: usize,
    /// How likely it is, in whole points from 0 to 100.
    pub score: u8,
    /// Why, the weightiest first.
    pub reasons: Vec<DedupReason>,
}

/// What to do with an incoming row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DedupAction {
    /// A new transaction.
    Insert,
    /// The stored row with the same identifier takes the new values.
    Update,
    /// The stored pending row becomes this posted one; its identifier of ours and the user's edits stay.
    UpgradePending,
    /// The stored row is this transaction; nothing is inserted.
    Match,
    /// Another incoming row is this transaction.
    DuplicateOfIncoming,
    /// It must not enter the books: the user deleted it, or its posted row is stored already.
    Ignore,
}

impl DedupAction {
    /// The stable name, as in `upgrade_pending`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::UpgradePending => "upgrade_pending",
            Self::Match => "match",
            Self::DuplicateOfIncoming => "duplicate_of_incoming",
            Self::Ignore => "ignore",
        }
    }
}

/// A piece of evidence. Printed, it is a sentence's part for a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DedupReason {
    /// Both have the same identifier of the same source.
    SameId,
    /// The posted row names the pending row it replaces.
    PendingLink,
    /// The identifier is the same, but amount and day are another transaction's: the source reuses identifiers.
    IdReused,
    /// The row's posted version is stored already.
    PostedAlready,
    /// The amounts are equal.
    SameAmount,
    /// The amounts differ by this many hundredths of the stored amount.
    AmountDrift(u16),
    /// The days between the two; 0 is the same day.
    DaysApart(u16),
    /// How alike the texts are, 0 to 100.
    SimilarText(u8),
    /// Both name the same merchant or counterparty.
    SameCounterparty,
    /// One of the two has no text to compare.
    NoText,
    /// The account was re-linked, so all identifiers are new.
    Relinked,
    /// The bank's values changed.
    ValuesChanged,
    /// The bank's values are as stored.
    Unchanged,
    /// The user's own values stay.
    UserEdited,
    /// The user deleted the stored row.
    DeletedByUser,
    /// The bank had taken the stored row back.
    TakenBack,
    /// The content equals that of an earlier incoming row.
    SameContent,
    /// Another row fits as well, so this is not decided without the user.
    Ambiguous,
    /// The stored row that looks like it is another incoming row.
    OneMore,
    /// No stored row that could be the same is near enough.
    NothingAlike,
}

impl fmt::Display for DedupReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameId => f.write_str("same identifier"),
            Self::PendingLink => f.write_str("the bank says which pending row it replaces"),
            Self::IdReused => {
                f.write_str("same identifier, but another amount and day: identifiers are reused")
            }
            Self::PostedAlready => f.write_str("its posted row is stored already"),
            Self::SameAmount => f.write_str("same amount"),
            Self::AmountDrift(percent) => write!(f, "the amount differs by {percent} %"),
            Self::DaysApart(0) => f.write_str("same day"),
            Self::DaysApart(1) => f.write_str("1 day apart"),
            Self::DaysApart(days) => write!(f, "{days} days apart"),
            Self::SimilarText(100) => f.write_str("same text"),
            Self::SimilarText(percent) => write!(f, "the texts are {percent} % alike"),
            Self::SameCounterparty => f.write_str("same merchant or counterparty"),
            Self::NoText => f.write_str("no text to compare"),
            Self::Relinked => f.write_str("the account was linked anew"),
            Self::ValuesChanged => f.write_str("the bank changed its values"),
            Self::Unchanged => f.write_str("nothing changed"),
            Self::UserEdited => f.write_str("the user's own values stay"),
            Self::DeletedByUser => f.write_str("the user deleted it"),
            Self::TakenBack => f.write_str("the bank had taken it back"),
            Self::SameContent => f.write_str("same content as an earlier incoming row"),
            Self::Ambiguous => f.write_str("another row fits as well"),
            Self::OneMore => f.write_str("the stored row that looks like it is another incoming row"),
            Self::NothingAlike => f.write_str("no stored row can be the same"),
        }
    }
}
