//! What the user changes on a transaction. It always wins over what the provider says, then and later.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Currency, ExactSum, Transaction, money::decimal_text};

/// The longest text of a user's edit, in characters, by field.
pub const NAME_CHARS_MAX: usize = 500;
/// The longest category, in characters.
pub const CATEGORY_CHARS_MAX: usize = 200;
/// The longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 10_000;
/// The most parts a transaction can be split into.
pub const PARTS_MAX: usize = 100;

/// What the user changed on a transaction. It always wins over later values of the provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransactionEdits {
    /// The user's own name for it.
    pub name: Option<String>,
    /// The user's own category.
    pub category: Option<String>,
    /// The user's note.
    pub note: Option<String>,
    /// Whether the user hid it from lists: [`RowSelection::Live`](crate::RowSelection::Live) leaves it out,
    /// [`RowSelection::WithHidden`](crate::RowSelection::WithHidden) does not. It counts none the less, in sums, comparisons with
    /// the bank, exports, and as what another row may be a duplicate of.
    pub hidden: bool,
    /// The amount that counts in place of the source's, in the row's currency. Positive is money into the account.
    #[serde(with = "decimal_text::option")]
    pub amount: Option<Decimal>,
    /// The calendar day that counts in place of the source's.
    pub date: Option<NaiveDate>,
    /// Whether the row counts when books and bank are compared while it is pending; `None` leaves that to the policy.
    pub counts_while_pending: Option<bool>,
    /// What the row is split into; empty when it is whole. The parts are shown in its place and sum up to its amount as
    /// it was when the user split it.
    pub parts: Vec<TransactionPart>,
}

/// A part of a split transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionPart {
    /// Its amount, in the row's currency. Positive is money into the account.
    #[serde(with = "decimal_text")]
    pub amount: Decimal,
    /// Its own name, if it has one.
    pub name: Option<String>,
    /// Its own category, if it has one.
    pub category: Option<String>,
    /// Its own note, if it has one.
    pub note: Option<String>,
}

/// What the user made of a row, a deletion included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditState {
    /// The user's values.
    pub edits: TransactionEdits,
    /// Whether the user deleted it.
    pub deleted: bool,
}

impl EditState {
    /// What the user made of two rows that become one, given what each became and when, and when that was last changed: value
    /// by value what the row changed last has, and what the other has where that one has none. Of rows changed at one instant the
    /// first counts as the last. Hidden is what either is; deleted only what the row changed last is. A split that
    /// does not sum up to the amount beside it is left out.
    #[must_use]
    pub fn joined(
        first: (Self, Option<DateTime<Utc>>),
        second: (Self, Option<DateTime<Utc>>),
    ) -> (Self, Option<DateTime<Utc>>) {
        let when = |(state, at): &(Self, Option<DateTime<Utc>>)| (*state != Self::default(), *at);
        let (newer, older) = if when(&second) > when(&first) { (second, first) } else { (first, second) };
        let ((Self { edits: newer, deleted }, at), (Self { edits: older, .. }, _)) = (newer, older);
        let fits = newer.amount.is_none_or(|amount| older.parts_fit(amount));
        let edits = TransactionEdits {
            name: newer.name.or(older.name),
            category: newer.category.or(older.category),
            note: newer.note.or(older.note),
            hidden: newer.hidden || older.hidden,
            amount: newer.amount.or(older.amount),
            date: newer.date.or(older.date),
            counts_while_pending: newer.counts_while_pending.or(older.counts_while_pending),
            parts: if newer.parts.is_empty() && fits { older.parts } else { newer.parts },
        };
        (Self { edits, deleted }, at)
    }
}

/// One change by the user. `None` leaves a value as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TransactionEdit {
    /// `Some(None)` goes back to the provider's name.
    pub name: Option<Option<String>>,
    /// `Some(None)` goes back to the provider's category.
    pub category: Option<Option<String>>,
    /// `Some(None)` removes the note.
    pub note: Option<Option<String>>,
    /// Hides or shows the transaction.
    pub hidden: Option<bool>,
    /// `true` deletes it for good: no sync, replay or posting brings it back. `false` takes that back.
    pub deleted: Option<bool>,
    /// `Some(None)` goes back to the source's amount.
    pub amount: Option<Option<Decimal>>,
    /// `Some(None)` goes back to the source's day.
    pub date: Option<Option<NaiveDate>>,
    /// `Some(None)` leaves it to the policy.
    pub counts_while_pending: Option<Option<bool>>,
    /// Splits the transaction into these parts, at least two, whose sum is its amount; none makes it whole again.
    pub parts: Option<Vec<TransactionPart>>,
}

/// The first day that the user may give.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(1900, 1, 1).expect("a day");
/// The last day that the user may give.
const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2199, 12, 31).expect("a day");
/// Amounts that the user gives are smaller than ten to this power.
const AMOUNT_DIGITS_MAX: u32 = 15;

/// Why an edit, or an entry by hand, cannot be made. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidEdit {
    /// A text is too long.
    #[error("the {field} has {chars} characters; {most} at the most")]
    TooLong {
        /// Which text.
        field: &'static str,
        /// How long it is.
        chars: usize,
        /// How long it may be.
        most: usize,
    },
    /// A text that must not be blank is.
    #[error("the {0} must not be blank")]
    Blank(&'static str),
    /// A transaction of nothing.
    #[error("a transaction must move some amount, not zero")]
    ZeroAmount,
    /// An amount that no account holds.
    #[error("{0} is too much: an amount has at most {AMOUNT_DIGITS_MAX} digits before the point")]
    TooMuch(Decimal),
    /// A day that can only be a slip.
    #[error("{0} is out of reason: a day lies between {FIRST_DAY} and {LAST_DAY}")]
    FarDay(NaiveDate),
    /// A day that has not come yet, of something that has happened.
    #[error("{0} has not come yet")]
    FutureDay(NaiveDate),
    /// A currency that is not the account's.
    #[error("the account is in {account}, not in {given}")]
    OtherCurrency {
        /// The account's.
        account: Currency,
        /// What was given.
        given: Currency,
    },
    /// No currency was given, and the account's is not known.
    #[error("the currency of the account is unknown: give one")]
    NoCurrency,
    /// A credit limit below zero.
    #[error("a credit limit is positive")]
    NegativeLimit,
    /// A split of one part, or of too many.
    #[error("a transaction is split into 2 to {PARTS_MAX} parts, not {0}")]
    Parts(usize),
    /// The parts do not sum up to the amount.
    #[error("the parts sum up to {sum}, the transaction has {amount}")]
    PartsSum {
        /// What the parts sum up to.
        sum: Decimal,
        /// What they should sum up to.
        amount: Decimal,
    },
}

impl InvalidEdit {
    /// A sentence fit for the user, without jargon.
    pub fn user_message(&self) -> String {
        match self {
            Self::TooLong { field, most, .. } => {
                format!("The {field} is too long: it can have {most} characters at the most.")
            }
            Self::Blank(field) => format!("The {field} must not be empty."),
            Self::ZeroAmount => "The amount must not be zero.".to_owned(),
            Self::TooMuch(_) => "This amount is too large.".to_owned(),
            Self::FarDay(day) => format!("{day} cannot be right. Please check the date."),
            Self::FutureDay(day) => format!("{day} has not come yet. Please check the date."),
            Self::OtherCurrency { account, .. } => format!("This account is kept in {account}."),
            Self::NoCurrency => "Please say which currency this is in.".to_owned(),
            Self::NegativeLimit => "A credit limit must not be below zero.".to_owned(),
            Self::Parts(_) => format!("Please split it into 2 to {PARTS_MAX} parts."),
            Self::PartsSum { amount, .. } => format!("The parts must add up to {amount}."),
        }
    }
}

impl TransactionEdits {
    /// Whether the parts of a split still sum up to `amount`; true when it is whole. A provider that changes the amount of a
    /// split row leaves the parts as the user made them.
    pub fn parts_fit(&self, amount: Decimal) -> bool {
        self.parts.is_empty() || parts_sum(&self.parts) == Some(amount)
    }
}

impl TransactionEdit {
    /// The user's values after this change.
    #[must_use]
    pub fn applied_to(&self, edits: &TransactionEdits) -> TransactionEdits {
        let or =
            |new: &Option<Option<String>>, old: &Option<String>| new.clone().unwrap_or_else(|| old.clone());
        TransactionEdits {
            name: or(&self.name, &edits.name),
            category: or(&self.category, &edits.category),
            note: or(&self.note, &edits.note),
            hidden: self.hidden.unwrap_or(edits.hidden),
            amount: self.amount.unwrap_or(edits.amount),
            date: self.date.unwrap_or(edits.date),
            counts_while_pending: self.counts_while_pending.unwrap_or(edits.counts_while_pending),
            parts: self.parts.clone().unwrap_or_else(|| edits.parts.clone()),
        }
    }

    /// What the user has made of the row after this change.
    ///
    /// # Errors
    /// [`InvalidEdit`] when a text is too long, a name or category blank, an amount zero or out of reason, or when this change
    /// leaves parts that do not sum up to the amount.
    pub fn applied(&self, before: &Transaction) -> Result<EditState, InvalidEdit> {
        let edits = self.applied_to(&before.edits);
        for (field, text) in [("name", &self.name), ("category", &self.category)] {
            if let Some(Some(text)) = text {
                check_filled(field, text)?;
            }
        }
        for (field, text, most) in [
            ("name", &edits.name, NAME_CHARS_MAX),
            ("category", &edits.category, CATEGORY_CHARS_MAX),
            ("note", &edits.note, NOTE_CHARS_MAX),
        ] {
            check_length(field, text.as_deref(), most)?;
        }
        self.date.flatten().map_or(Ok(()), check_day)?;
        self.amount.flatten().map_or(Ok(()), check_moved)?;
        if self.parts.is_some() || self.amount.is_some() {
            let amount = edits.amount.unwrap_or(before.provider.amount.amount());
            check_parts(&edits.parts, amount)?;
        }
        let deleted = self.deleted.unwrap_or(before.edit_state().deleted);
        Ok(EditState { edits, deleted })
    }
}

pub(super) fn check_filled(field: &'static str, text: &str) -> Result<(), InvalidEdit> {
    if text.trim().is_empty() { Err(InvalidEdit::Blank(field)) } else { Ok(()) }
}

pub(crate) fn check_day(day: NaiveDate) -> Result<(), InvalidEdit> {
    if (FIRST_DAY..=LAST_DAY).contains(&day) { Ok(()) } else { Err(InvalidEdit::FarDay(day)) }
}

/// An amount that a transaction may have.
pub(super) fn check_moved(amount: Decimal) -> Result<(), InvalidEdit> {
    if amount.is_zero() { Err(InvalidEdit::ZeroAmount) } else { check_amount(amount) }
}

pub(crate) fn check_amount(amount: Decimal) -> Result<(), InvalidEdit> {
    let most = Decimal::from_i128_with_scale(10_i128.pow(AMOUNT_DIGITS_MAX), 0);
    if amount.abs() < most { Ok(()) } else { Err(InvalidEdit::TooMuch(amount)) }
}

pub(crate) fn check_length(field: &'static str, text: Option<&str>, most: usize) -> Result<(), InvalidEdit> {
    let chars = text.map_or(0, |text| text.chars().count());
    if chars > most { Err(InvalidEdit::TooLong { field, chars, most }) } else { Ok(()) }
}

fn check_parts(parts: &[TransactionPart], amount: Decimal) -> Result<(), InvalidEdit> {
    if parts.is_empty() {
        return Ok(());
    }
    if !(2..=PARTS_MAX).contains(&parts.len()) {
        return Err(InvalidEdit::Parts(parts.len()));
    }
    for part in parts {
        for (field, text) in [("name", &part.name), ("category", &part.category)] {
            text.as_deref().map_or(Ok(()), |text| check_filled(field, text))?;
        }
        check_length("name", part.name.as_deref(), NAME_CHARS_MAX)?;
        check_length("category", part.category.as_deref(), CATEGORY_CHARS_MAX)?;
        check_length("note", part.note.as_deref(), NOTE_CHARS_MAX)?;
    }
    match parts_sum(parts) {
        Some(sum) if sum == amount => Ok(()),
        sum => Err(InvalidEdit::PartsSum { sum: sum.unwrap_or(Decimal::MAX), amount }),
    }
}

fn parts_sum(parts: &[TransactionPart]) -> Option<Decimal> {
    let mut sum = ExactSum::default();
    for part in parts {
        sum.add(part.amount);
    }
    sum.total()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_changes_only_what_it_names() {
        let edits = TransactionEdits { note: Some("gift".to_owned()), ..TransactionEdits::default() };
        let edit = TransactionEdit {
            category: Some(Some("Coffee".to_owned())),
            note: Some(None),
            ..TransactionEdit::default()
        };
        let edited = edit.applied_to(&edits);
        assert_eq!(edited.category.as_deref(), Some("Coffee"));
        assert_eq!(edited.note, None);
        assert_eq!(TransactionEdit::default().applied_to(&edits), edits);
    }
}
