//! Events and entries of the audit trail.

use finance_core::{
    Actor, AuditEntry, AuditHash, AuditHead, AuditSubject, Event, EventKind, StoreError, UserId,
};

use super::{Cells, Row, Values};
use crate::refusals::{invalid, unreadable};

/// Reads `number, at, event`.
pub(crate) fn event(row: &impl Row, user: &UserId) -> Result<Event, StoreError> {
    let mut cells = Cells::of(row);
    Ok(Event {
        number: cells.count()?,
        user: user.clone(),
        at: cells.instant()?,
        kind: cells.parsed("event", |json| serde_json::from_str(json).ok())?,
    })
}

/// The text of an event.
pub(crate) fn event_text(event: &EventKind) -> Result<String, StoreError> {
    serde_json::to_string(event).map_err(|error| invalid("an event is no JSON").with_source(error))
}

/// What [`entry`] reads.
macro_rules! entry_columns {
    () => {
        "number, at, actor, action, subject_kind, subject_id, before, after, reason, hash"
    };
}
pub(crate) use entry_columns;

pub(crate) fn entry(row: &impl Row, user: &UserId) -> Result<AuditEntry, StoreError> {
    let mut cells = Cells::of(row);
    let (number, at) = (cells.count()?, cells.instant()?);
    let actor = cells.parsed("actor", Actor::from_text)?;
    let action = cells.text()?;
    let (kind, subject): (String, i64) = (cells.text()?, cells.number()?);
    Ok(AuditEntry {
        number,
        user: user.clone(),
        at,
        actor,
        action,
        subject: AuditSubject::from_key(&kind, subject).ok_or_else(|| unreadable("subject"))?,
        before: cells.optional_text()?,
        after: cells.optional_text()?,
        reason: cells.optional_text()?,
        hash: hash(cells.bytes()?)?,
    })
}

/// Gives the user and what [`entry`] reads.
pub(crate) fn give_entry(values: &mut impl Values, entry: &AuditEntry) -> Result<(), StoreError> {
    let (subject_kind, subject_id) = entry.subject.key();
    values.text(entry.user.as_str());
    values.number(number(entry.number)?);
    values.instant(entry.at);
    values.text(entry.actor.to_string().as_str());
    values.text(entry.action.as_str());
    values.text(subject_kind);
    values.number(subject_id);
    values.text(entry.before.as_deref());
    values.text(entry.after.as_deref());
    values.text(entry.reason.as_deref());
    values.bytes(entry.hash.0.as_slice());
    Ok(())
}

/// Reads `last_event, last_audit, audit_hash`.
pub(crate) fn counters(row: &impl Row) -> Result<(u64, AuditHead), StoreError> {
    let mut cells = Cells::of(row);
    let last_event = cells.count()?;
    Ok((last_event, AuditHead { number: cells.count()?, hash: hash(cells.bytes()?)? }))
}

/// The number of an event or an entry in its column.
pub(crate) fn number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| invalid("a number is past counting"))
}

fn hash(bytes: &[u8]) -> Result<AuditHash, StoreError> {
    bytes.try_into().map(AuditHash).map_err(|_| unreadable("hash"))
}
