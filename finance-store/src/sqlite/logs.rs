//! What grows entry by entry for each user: events and the audit trail.

use chrono::{DateTime, Utc};
use finance_core::{
    Applied, AuditDraft, AuditEntry, AuditHead, AuditSubject, EventKind, EventPage, StoreError, UserId,
};
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::batch::Binder;
use super::error::store_error;
use super::read::micros;
use crate::records::logs::{self as records, entry, entry_columns, event, event_text, give_entry, number};
use crate::refusals::unreadable;

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
        sqlx::query("INSERT INTO finance_events (user_id, number, at, event) VALUES (?, ?, ?, ?)")
            .bind(user.as_str())
            .bind(number(last_event)?)
            .bind(micros(at))
            .bind(event_text(event)?)
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

async fn counters(connection: &mut SqliteConnection, user: &UserId) -> Result<(u64, AuditHead), StoreError> {
    let sql = "SELECT last_event, last_audit, audit_hash FROM finance_users WHERE user_id = ?";
    let row = sqlx::query(sql).bind(user.as_str()).fetch_optional(connection).await.map_err(store_error)?;
    row.as_ref().map_or_else(|| Ok((0, AuditHead::default())), records::counters)
}

async fn insert_entry(connection: &mut SqliteConnection, entry: &AuditEntry) -> Result<(), StoreError> {
    let sql = concat!(
        "INSERT INTO finance_audit (user_id, ",
        entry_columns!(),
        ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    );
    let mut binder = Binder::default();
    give_entry(&mut binder, entry)?;
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
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

pub(super) const ENTRIES: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM finance_audit WHERE user_id = ? AND number > ? ORDER BY number LIMIT ?"
);

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

pub(super) const ENTRIES_ABOUT: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM finance_audit WHERE user_id = ? AND subject_kind = ? AND subject_id = ? ORDER BY number LIMIT ?"
);

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

pub(super) async fn audit_head(readers: &SqlitePool, user: &UserId) -> Result<AuditHead, StoreError> {
    let mut reader = readers.acquire().await.map_err(store_error)?;
    counters(&mut reader, user).await.map(|(_, head)| head)
}
