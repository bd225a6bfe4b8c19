//! The user's changes to transactions.
//!
//! The amount and the day that count stand with the transaction, where lists and sums look. While the user's own stand there,
//! the source's are kept beside the edits.

use chrono::{DateTime, NaiveDate, Utc};
use finance_core::{EditState, StoreError, TransactionEdits, TransactionId};
use rust_decimal::Decimal;

use super::transactions::DELETED_BY_USER;
use super::{Cells, Row, Values};
use crate::refusals::unreadable;

/// A row as the user left it, and what its source says in place of the user's amount and day.
pub(crate) struct Stored {
    pub(crate) state: EditState,
    pub(crate) source_amount: Decimal,
    pub(crate) source_date: NaiveDate,
    pub(crate) edited_at: Option<DateTime<Utc>>,
}

/// Reads the edits as [`edits`] does, `state`, the source's amount and day, `edited_at`.
pub(crate) fn stored(row: &impl Row) -> Result<Stored, StoreError> {
    let mut cells = Cells::of(row);
    let edits = edits(&mut cells)?;
    let deleted = cells.number()? & DELETED_BY_USER != 0;
    Ok(Stored {
        state: EditState { edits, deleted },
        source_amount: cells.amount()?,
        source_date: cells.day()?,
        edited_at: cells.optional_instant()?,
    })
}

/// Reads `name, category, note, hidden`, the user's amount, `date, counts_while_pending, parts`.
pub(crate) fn edits(cells: &mut Cells<'_, impl Row>) -> Result<TransactionEdits, StoreError> {
    Ok(TransactionEdits {
        name: cells.optional_text()?,
        category: cells.optional_text()?,
        note: cells.optional_text()?,
        hidden: cells.flag()?,
        amount: cells.optional_amount()?,
        date: cells.optional_day()?,
        counts_while_pending: cells.optional_flag()?,
        parts: cells.optional_parsed("split", |json| serde_json::from_str(json).ok())?.unwrap_or_default(),
    })
}

/// Gives `transaction_id`, what [`edits`] reads, the source's amount and day where the user's stand in their place,
/// `edited_at`.
pub(crate) fn give(
    values: &mut impl Values,
    id: TransactionId,
    stored: &Stored,
    edits: &TransactionEdits,
    edited_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let corrected = edits.amount.is_some() || edits.date.is_some();
    values.number(id.number());
    values.text(edits.name.as_deref());
    values.text(edits.category.as_deref());
    values.text(edits.note.as_deref());
    values.flag(edits.hidden);
    values.amount(edits.amount);
    values.day(edits.date);
    values.flag(edits.counts_while_pending);
    let parts = (!edits.parts.is_empty()).then(|| serde_json::to_string(&edits.parts)).transpose();
    values.text(parts.map_err(|error| unreadable("split").with_source(error))?.as_deref());
    values.amount(corrected.then_some(stored.source_amount));
    values.day(corrected.then_some(stored.source_date));
    values.instant(edited_at);
    Ok(())
}
