//! What grows entry by entry for each user: events and the audit trail.

use chrono::{DateTime, Utc};
use finance_core::{
    Actor, Applied, AuditDraft, AuditEntry, AuditHash, AuditHead, AuditSubject, Event, EventKind, EventPage,
    StoreError, UserId,
};
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteRow};

use super::error::{invalid, store_error, unreadable};
use super::read::{column, instant, micros, parsed};

/// Adds entries and events, within a transaction of the caller's.
pub(super) async fn add(
    connection: &mut SqliteConnection,
    user: &UserId,
    at: DateTime<Utc>,
    drafts: &[AuditDraft],
    events: &[EventKind],
    applied: &Applied,
) -> Result<(), StoreError> {
    if drafts.is_empty() && events.is_empty() {
        return Ok(());
    }
    let (mut last_event, mut head) = counters(connection, user).await?;
    for draft in drafts {
        let entry = AuditEntry::after(head, user, at, draft, applied);
        insert_entry(connection, &entry).await?;
        head = entry.head();
    }
    for event in events {
        last_event += 1;
        let json = serde_json::to_string(event)
            .map_err(|error| invalid("an event is no JSON").with_source(error))?;
        sqlx::query("INSERT INTO finance_events (user_id, number, at, event) VALUES (?, ?, ?, ?)")
            .bind(user.as_str())
            .bind(number(last_event)?)
            .bind(micros(at))
            .bind(json)
            .execute(&mut *connection)
            .await
            .map_err(store_error)?;
    }
    let sql = "INSERT INTO finance_users (user_id, last_event, last_audit, audit_hash) VALUES (?, ?, ?, ?) \
               ON CONFLICT (user_id) DO UPDATE SET last_event = excluded.last_event, \
               last_audit = excluded.last_audit, audit_hash = excluded.audit_hash";
    sqlx::query(sql)
        .bind(user.as_str())
        .bind(number(last_event)?)
        .bind(number(head.number)?)
        .bind(head.hash.0.as_slice())
        .execute(connection)
        .await
        .map(drop)
        .map_err(store_error)
}

fn number(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| invalid("a number is past counting"))
}

async fn counters(connection: &mut SqliteConnection, user: &UserId) -> Result<(u64, AuditHead), StoreError> {
    let sql = "SELECT last_event, last_audit, audit_hash FROM finance_users WHERE user_id = ?";
    let row = sqlx::query(sql).bind(user.as_str()).fetch_optional(connection).await.map_err(store_error)?;
    match row {
        None => Ok((0, AuditHead::default())),
        Some(row) => Ok((count(&row, 0)?, AuditHead { number: count(&row, 1)?, hash: hash(&row, 2)? })),
    }
}

fn count(row: &SqliteRow, index: usize) -> Result<u64, StoreError> {
    u64::try_from(column::<i64>(row, index)?).map_err(|_| unreadable("number"))
}

fn hash(row: &SqliteRow, index: usize) -> Result<AuditHash, StoreError> {
    let bytes: &[u8] = column(row, index)?;
    bytes.try_into().map(AuditHash).map_err(|_| unreadable("hash"))
}

async fn insert_entry(connection: &mut SqliteConnection, entry: &AuditEntry) -> Result<(), StoreError> {
    let (subject_kind, subject_id) = entry.subject.key();
    let sql = "INSERT INTO finance_audit (user_id, number, at, actor, action, subject_kind, subject_id, before, after, \
               reason, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    sqlx::query(sql)
        .bind(entry.user.as_str())
        .bind(number(entry.number)?)
        .bind(micros(entry.at))
        .bind(entry.actor.to_string())
        .bind(entry.action.as_str())
        .bind(subject_kind)
        .bind(subject_id)
        .bind(entry.before.as_deref())
        .bind(entry.after.as_deref())
        .bind(entry.reason.as_deref())
        .bind(entry.hash.0.as_slice())
        .execute(connection)
        .await
        .map(drop)
        .map_err(store_error)
}

pub(super) const EVENTS: &str = "SELECT number, at, event FROM finance_events \
     WHERE user_id = ? AND number > ? ORDER BY number LIMIT ?";

pub(super) async fn events(
    readers: &SqlitePool,
    user: &UserId,
    after: u64,
    limit: u32,
) -> Result<EventPage, StoreError> {
    // One transaction, so that the three answers are of one instant.
    let mut reader = readers.begin().await.map_err(store_error)?;
    let (last, _) = counters(&mut reader, user).await?;
    let first: Option<i64> = sqlx::query_scalar("SELECT min(number) FROM finance_events WHERE user_id = ?")
        .bind(user.as_str())
        .fetch_one(&mut *reader)
        .await
        .map_err(store_error)?;
    let rows = sqlx::query(EVENTS)
        .bind(user.as_str())
        .bind(i64::try_from(after).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(&mut *reader)
        .await
        .map_err(store_error)?;
    let first = match first {
        Some(first) => u64::try_from(first).map_err(|_| unreadable("number"))?,
        None => last + 1,
    };
    let events = rows.iter().map(|row| event(row, user)).collect::<Result<_, _>>()?;
    Ok(EventPage { events, first, last })
}

fn event(row: &SqliteRow, user: &UserId) -> Result<Event, StoreError> {
    Ok(Event {
        number: count(row, 0)?,
        user: user.clone(),
        at: instant(row, 1)?,
        kind: parsed(row, 2, "event", |json| serde_json::from_str(json).ok())?,
    })
}

/// The number of the user's newest event.
pub(super) async fn last_event(readers: &SqlitePool, user: &UserId) -> Result<u64, StoreError> {
    let mut reader = readers.acquire().await.map_err(store_error)?;
    counters(&mut reader, user).await.map(|(last, _)| last)
}

pub(super) const PRUNE_EVENTS: &str = "DELETE FROM finance_events WHERE at < ?1 AND number <= (\
     SELECT u.last_event - ?2 FROM finance_users u WHERE u.user_id = finance_events.user_id)";

/// Drops old events, within a transaction of the caller's.
pub(super) async fn prune_events(
    connection: &mut SqliteConnection,
    before: DateTime<Utc>,
    keep: u64,
) -> Result<u64, StoreError> {
    let query = sqlx::query(PRUNE_EVENTS).bind(micros(before)).bind(i64::try_from(keep).unwrap_or(i64::MAX));
    Ok(query.execute(connection).await.map_err(store_error)?.rows_affected())
}

pub(super) const ENTRIES: &str = "SELECT number, at, actor, action, subject_kind, subject_id, before, after, reason, hash \
     FROM finance_audit WHERE user_id = ? AND number > ? ORDER BY number LIMIT ?";

pub(super) async fn audit_entries(
    readers: &SqlitePool,
    user: &UserId,
    after: u64,
    limit: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    let query = sqlx::query(ENTRIES).bind(user.as_str()).bind(i64::try_from(after).unwrap_or(i64::MAX));
    let rows = query.bind(limit).fetch_all(readers).await.map_err(store_error)?;
    rows.iter().map(|row| entry(row, user)).collect()
}

pub(super) const ENTRIES_ABOUT: &str = "SELECT number, at, actor, action, subject_kind, subject_id, before, after, reason, hash \
     FROM finance_audit WHERE user_id = ? AND subject_kind = ? AND subject_id = ? ORDER BY number LIMIT ?";

pub(super) async fn audit_entries_about(
    readers: &SqlitePool,
    user: &UserId,
    subject: AuditSubject,
    limit: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    let (kind, number) = subject.key();
    let query = sqlx::query(ENTRIES_ABOUT).bind(user.as_str()).bind(kind).bind(number).bind(limit);
    let rows = query.fetch_all(readers).await.map_err(store_error)?;
    rows.iter().map(|row| entry(row, user)).collect()
}

fn entry(row: &SqliteRow, user: &UserId) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        number: count(row, 0)?,
        user: user.clone(),
        at: instant(row, 1)?,
        actor: parsed(row, 2, "actor", Actor::from_text)?,
        action: column(row, 3)?,
        subject: AuditSubject::from_key(column(row, 4)?, column(row, 5)?)
            .ok_or_else(|| unreadable("subject"))?,
        before: column(row, 6)?,
        after: column(row, 7)?,
        reason: column(row, 8)?,
        hash: hash(row, 9)?,
    })
}

pub(super) async fn audit_head(readers: &SqlitePool, user: &UserId) -> Result<AuditHead, StoreError> {
    let mut reader = readers.acquire().await.map_err(store_error)?;
    counters(&mut reader, user).await.map(|(_, head)| head)
}
