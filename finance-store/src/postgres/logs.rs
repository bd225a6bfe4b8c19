//! What grows entry by entry for each user: events and the audit trail.

use chrono::{DateTime, Utc};
use finance_core::{
    Applied, AuditDraft, AuditEntry, AuditHead, AuditSubject, EventKind, EventPage, StoreError, UserId,
};
use sqlx::postgres::PgConnection;

use super::batch::{Arrays, Binder};
use super::error::store_error;
use super::listen::{CHANNEL, payload};
use crate::records::logs::{self as records, entry, entry_columns, event, event_text, give_entry, number};
use crate::records::{Cells, Values};

/// A user's books, which nobody else writes to until the end of the transaction; and where their logs end.
pub(super) struct Books<'a> {
    pub(super) user: &'a UserId,
    last_event: u64,
    head: AuditHead,
}

const LOCK: &str =
    "SELECT last_event, last_audit, audit_hash FROM finance_users WHERE user_id = $1 FOR UPDATE";

/// Waits until nobody else writes to the user's books, within a transaction of the caller's. This comes before any other row is
/// locked, so that no two writers wait for each other; of several users, the lesser one comes first.
pub(super) async fn lock<'a>(
    connection: &mut PgConnection,
    user: &'a UserId,
) -> Result<Books<'a>, StoreError> {
    loop {
        let query = sqlx::query_with(LOCK, bound(user)?);
        if let Some(row) = query.fetch_optional(&mut *connection).await.map_err(store_error)? {
            let (last_event, head) = records::counters(&row)?;
            return Ok(Books { user, last_event, head });
        }
        let sql = "INSERT INTO finance_users (user_id, last_event, last_audit, audit_hash) VALUES ($1, 0, 0, $2) \
                   ON CONFLICT (user_id) DO NOTHING";
        let mut binder = Binder::default();
        binder.text(user.as_str());
        binder.bytes(AuditHead::default().hash.0.as_slice());
        sqlx::query_with(sql, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;
    }
}

fn bound(user: &UserId) -> Result<sqlx::postgres::PgArguments, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.finish()
}

/// Adds entries and events, within a transaction of the caller's.
pub(super) async fn add(
    connection: &mut PgConnection,
    books: Books<'_>,
    at: DateTime<Utc>,
    drafts: &[AuditDraft],
    events: &[EventKind],
    applied: &Applied,
) -> Result<(), StoreError> {
    if drafts.is_empty() && events.is_empty() {
        return Ok(());
    }
    let Books { user, mut last_event, mut head } = books;
    let mut entries = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let entry = AuditEntry::after(head, user, at, draft, applied);
        head = entry.head();
        entries.push(entry);
    }
    insert_entries(connection, &entries).await?;
    let mut told = Vec::with_capacity(events.len());
    for event in events {
        last_event += 1;
        told.push((number(last_event)?, event_text(event)?));
    }
    insert_events(connection, user, at, &told).await?;

    let sql = "WITH counters AS (UPDATE finance_users SET last_event = $2, last_audit = $3, audit_hash = $4 \
               WHERE user_id = $1) SELECT pg_notify($5, $6) WHERE $7";
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.number(number(last_event)?);
    binder.number(number(head.number)?);
    binder.bytes(head.hash.0.as_slice());
    binder.text(CHANNEL);
    binder.text(payload(user).as_str());
    binder.flag(!events.is_empty());
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

async fn insert_entries(connection: &mut PgConnection, entries: &[AuditEntry]) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let sql = concat!(
        "INSERT INTO finance_audit (user_id, ",
        entry_columns!(),
        ") SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], \
         $7::bigint[], $8::text[], $9::text[], $10::text[], $11::bytea[])"
    );
    let mut failed = Ok(());
    let arrays = Arrays::of(entries, |values, entry| {
        if let Err(error) = give_entry(values, entry) {
            failed = Err(error);
        }
    });
    failed?;
    let mut binder = Binder::default();
    arrays.bind(&mut binder);
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

async fn insert_events(
    connection: &mut PgConnection,
    user: &UserId,
    at: DateTime<Utc>,
    events: &[(i64, String)],
) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO finance_events (user_id, at, number, event) \
               SELECT $1, $2, v.* FROM unnest($3::bigint[], $4::text[]) AS v";
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.instant(at);
    let arrays = Arrays::of(events, |values, (number, event)| {
        values.number(*number);
        values.text(event.as_str());
    });
    arrays.bind(&mut binder);
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

/// The counters and the oldest event that is kept, in one statement and so of one instant.
const ENDS: &str = "SELECT u.last_event, (SELECT min(number) FROM finance_events e WHERE e.user_id = u.user_id) \
     FROM finance_users u WHERE u.user_id = $1";
const EVENTS: &str = "SELECT number, at, event FROM finance_events \
     WHERE user_id = $1 AND number > $2 ORDER BY number LIMIT $3";

/// Within a transaction that sees one instant.
pub(super) async fn events(
    connection: &mut PgConnection,
    user: &UserId,
    after: u64,
    limit: u32,
) -> Result<EventPage, StoreError> {
    let query = sqlx::query_with(ENDS, bound(user)?);
    let Some(row) = query.fetch_optional(&mut *connection).await.map_err(store_error)? else {
        return Ok(EventPage { events: Vec::new(), first: 1, last: 0 });
    };
    let mut cells = Cells::of(&row);
    let last: u64 = cells.count()?;
    let first = cells.optional_count()?.unwrap_or(last + 1);
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.number(i64::try_from(after).unwrap_or(i64::MAX));
    binder.number(i64::from(limit));
    let query = sqlx::query_with(EVENTS, binder.finish()?);
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    let events = rows.iter().map(|row| event(row, user)).collect::<Result<_, _>>()?;
    Ok(EventPage { events, first, last })
}

const COUNTERS: &str = "SELECT last_event, last_audit, audit_hash FROM finance_users WHERE user_id = $1";

/// The number of the user's newest event, and the end of the trail.
pub(super) async fn counters(
    connection: &mut PgConnection,
    user: &UserId,
) -> Result<(u64, AuditHead), StoreError> {
    let query = sqlx::query_with(COUNTERS, bound(user)?);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    row.as_ref().map_or_else(|| Ok((0, AuditHead::default())), records::counters)
}

const PRUNE_EVENTS: &str = "DELETE FROM finance_events e USING finance_users u \
     WHERE e.at < $1 AND u.user_id = e.user_id AND e.number <= u.last_event - $2";

/// Drops old events.
pub(super) async fn prune_events(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
    keep: u64,
) -> Result<u64, StoreError> {
    let query = sqlx::query(PRUNE_EVENTS).bind(before).bind(i64::try_from(keep).unwrap_or(i64::MAX));
    query.execute(connection).await.map(|done| done.rows_affected()).map_err(store_error)
}

const ENTRIES: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM finance_audit WHERE user_id = $1 AND number > $2 ORDER BY number LIMIT $3"
);

pub(super) async fn audit_entries(
    connection: &mut PgConnection,
    user: &UserId,
    after: u64,
    limit: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.number(i64::try_from(after).unwrap_or(i64::MAX));
    binder.number(i64::from(limit));
    let query = sqlx::query_with(ENTRIES, binder.finish()?);
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(|row| entry(row, user)).collect()
}

const ENTRIES_ABOUT: &str = concat!(
    "SELECT ",
    entry_columns!(),
    " FROM finance_audit WHERE user_id = $1 AND subject_kind = $2 AND subject_id = $3 ORDER BY number LIMIT $4"
);

pub(super) async fn audit_entries_about(
    connection: &mut PgConnection,
    user: &UserId,
    subject: AuditSubject,
    limit: u32,
) -> Result<Vec<AuditEntry>, StoreError> {
    let (kind, number) = subject.key();
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.text(kind);
    binder.number(number);
    binder.number(i64::from(limit));
    let query = sqlx::query_with(ENTRIES_ABOUT, binder.finish()?);
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(|row| entry(row, user)).collect()
}
