//! What waits to be categorised, what was assigned, and the users' rules.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use finance_core::{
    AccountId, AfterAnswers, Applied, AssignedCategory, AuditDraft, CategoryAnswers, CategoryBacklog,
    CategoryChoice, CategoryClaim, CategoryClaimId, CategoryQuestion, CategoryRule, CategoryStore, ChangeSet,
    ClaimRequest, ConnectionId, StoreError, TransactionId, UserId, Written, events_of, wait_after,
};
use sqlx::postgres::PgConnection;

use super::batch::{Arrays, Binder};
use super::error::store_error;
use super::rows::{read_columns, read_joins};
use super::writer::{reading, writing};
use super::{PostgresStore, logs};
use crate::records::categories::{
    self as records, GIVEN_UP, Range, assigned, check_answers, check_held, range, ranges, rules, rules_text,
};
use crate::records::{Cells, Values};
use crate::refusals::{conflict, unreadable};

/// Puts new rows up to be categorised, within a transaction of the caller's. A user who never told anything about
/// categories has nothing to decide by, so that only a model can.
const QUEUE: &str = "INSERT INTO finance_category_queue (first_id, last_id, user_id, stage, attempts, available_at) \
     SELECT v.first, v.last, $1, \
     CASE WHEN EXISTS (SELECT 1 FROM finance_category_rules WHERE user_id = $1) OR EXISTS (\
         SELECT 1 FROM finance_transaction_edits e JOIN finance_transactions t ON t.id = e.transaction_id \
         WHERE e.user_id = $1 AND e.category IS NOT NULL AND t.state = 0) THEN 0 ELSE 1 END, 0, 'epoch' \
     FROM unnest($2::bigint[], $3::bigint[]) AS v (first, last)";

pub(super) async fn queue(
    connection: &mut PgConnection,
    user: &UserId,
    inserted: &[(AccountId, TransactionId)],
) -> Result<(), StoreError> {
    let rows: Vec<i64> = inserted.iter().map(|(_, id)| id.number()).collect();
    queue_rows(connection, user, &rows).await
}

/// Rows are given by ascending number.
async fn queue_rows(connection: &mut PgConnection, user: &UserId, rows: &[i64]) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let (first, last): (Vec<i64>, Vec<i64>) = ranges(rows).into_iter().unzip();
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.push(first);
    binder.push(last);
    sqlx::query_with(QUEUE, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

/// Drops ranges of a user of which every row is gone, within a transaction of the caller's.
pub(super) async fn drop_empty_ranges(
    connection: &mut PgConnection,
    user: &UserId,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM finance_category_queue AS q WHERE user_id = $1 AND NOT EXISTS (\
               SELECT 1 FROM finance_transactions t WHERE t.id BETWEEN q.first_id AND q.last_id)";
    let mut binder = Binder::default();
    binder.text(user.as_str());
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

/// Ranges that wait, the oldest first.
macro_rules! waiting {
    ($which:literal, $lock:literal) => {
        concat!(
            "SELECT first_id, last_id, user_id, attempts FROM finance_category_queue WHERE ",
            $which,
            " AND available_at <= $2 AND first_id > $3 ORDER BY first_id LIMIT $4",
            $lock
        )
    };
}
/// With and without a lock on what is found, passing over what others hold.
macro_rules! both {
    ($which:literal) => {
        [waiting!($which, ""), waiting!($which, " FOR UPDATE SKIP LOCKED")]
    };
}
const OF_USER: [&str; 2] = both!("user_id = $1 AND stage < 2");
const FRESH_OF_USER: [&str; 2] = both!("user_id = $1 AND stage = 0");
const OF_ALL: [&str; 2] = both!("stage < 2 AND $1::text IS NULL");
const FRESH_OF_ALL: [&str; 2] = both!("stage < 2 AND stage = 0 AND $1::text IS NULL");

async fn waiting(
    connection: &mut PgConnection,
    request: &ClaimRequest,
    (after, most): (i64, i64),
    locked: bool,
) -> Result<Vec<Range>, StoreError> {
    let sql = match (request.scope.user(), request.fresh_only) {
        (Some(_), false) => OF_USER,
        (Some(_), true) => FRESH_OF_USER,
        (None, false) => OF_ALL,
        (None, true) => FRESH_OF_ALL,
    };
    let mut binder = Binder::default();
    binder.text(request.scope.user().map(UserId::as_str));
    binder.instant(request.at);
    binder.number(after);
    binder.number(most);
    let query = sqlx::query_with(sql[usize::from(locked)], binder.finish()?);
    query.fetch_all(connection).await.map_err(store_error)?.iter().map(range).collect()
}

async fn claim(
    connection: &mut PgConnection,
    request: &ClaimRequest,
) -> Result<Option<CategoryClaim>, StoreError> {
    let until = request.at + request.lease;
    loop {
        // Small enough to survive JSON.
        let sql = "SELECT floor(random() * 9007199254740992)::bigint";
        let id: i64 = sqlx::query_scalar(sql).fetch_one(&mut *connection).await.map_err(store_error)?;
        let Some(last) = claim_ranges(connection, request, id, until).await? else { return Ok(None) };
        let questions = questions(connection, id).await?;
        if !questions.is_empty() {
            let id = CategoryClaimId::new(id.unsigned_abs());
            return Ok(Some(CategoryClaim { id, until, last: TransactionId::new(last), questions }));
        }
        let sql = "DELETE FROM finance_category_queue WHERE claim = $1";
        sqlx::query(sql).bind(id).execute(&mut *connection).await.map_err(store_error)?;
    }
}

/// Claims ranges that wait, the oldest first, splits the last one where it is too long, gives up those tried too often.
/// Returns the last row claimed.
async fn claim_ranges(
    connection: &mut PgConnection,
    request: &ClaimRequest,
    id: i64,
    until: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    let mut room = i64::from(request.limit);
    let mut after = request.after.map_or(i64::MIN, TransactionId::number);
    let mut last = None;
    while room > 0 {
        let most = room;
        let found = waiting(connection, request, (after, most), true).await?;
        let (mut whole, mut given_up) = (Vec::new(), Vec::new());
        for range in &found {
            if room == 0 {
                break;
            }
            after = range.first;
            if range.attempts >= i64::from(request.attempts) {
                given_up.push(range.first);
                continue;
            }
            let end = range.last.min(range.first + room - 1);
            if end < range.last {
                split(connection, range.first, end).await?;
            }
            room -= end - range.first + 1;
            whole.push(range.first);
            last = Some(end);
        }
        let sql = "UPDATE finance_category_queue SET stage = $1, claim = NULL WHERE first_id = ANY($2)";
        let query = sqlx::query(sql).bind(GIVEN_UP).bind(given_up);
        query.execute(&mut *connection).await.map_err(store_error)?;
        let sql = "UPDATE finance_category_queue SET claim = $1, available_at = $2, attempts = attempts + 1 \
                   WHERE first_id = ANY($3)";
        let query = sqlx::query(sql).bind(id).bind(until).bind(whole);
        query.execute(&mut *connection).await.map_err(store_error)?;
        if i64::try_from(found.len()).is_ok_and(|found| found < most) {
            break;
        }
    }
    Ok(last)
}

/// Makes of a range two, the first of which ends here.
async fn split(connection: &mut PgConnection, first: i64, end: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO finance_category_queue (first_id, last_id, user_id, stage, attempts, available_at) \
               SELECT $2 + 1, last_id, user_id, stage, attempts, available_at FROM finance_category_queue \
               WHERE first_id = $1";
    sqlx::query(sql).bind(first).bind(end).execute(&mut *connection).await.map_err(store_error)?;
    let sql = "UPDATE finance_category_queue SET last_id = $2 WHERE first_id = $1";
    sqlx::query(sql).bind(first).bind(end).execute(connection).await.map(drop).map_err(store_error)
}

const QUESTIONS: &str = concat!(
    "SELECT ",
    read_columns!(),
    ", n.user_id, a.type, a.subtype FROM finance_category_queue q \
     JOIN finance_transactions t ON t.id BETWEEN q.first_id AND q.last_id \
     JOIN finance_connections n ON n.id = t.connection_id AND n.user_id = q.user_id ",
    read_joins!(),
    " WHERE q.claim = $1 AND t.state = 0 AND e.category IS NULL AND g.category IS NULL ORDER BY t.id"
);

async fn questions(connection: &mut PgConnection, claim: i64) -> Result<Vec<CategoryQuestion>, StoreError> {
    let rows = sqlx::query(QUESTIONS).bind(claim).fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(records::question).collect()
}

const HELD: &str = "SELECT first_id, last_id, user_id, attempts FROM finance_category_queue \
     WHERE claim = $1 AND available_at > $2 ORDER BY first_id";
const HELD_LOCKED: &str = "SELECT first_id, last_id, user_id, attempts FROM finance_category_queue \
     WHERE claim = $1 AND available_at > $2 ORDER BY first_id FOR UPDATE";

/// The ranges that a claim holds, under its scope.
async fn held(
    connection: &mut PgConnection,
    sql: &'static str,
    answers: &CategoryAnswers,
) -> Result<Vec<Range>, StoreError> {
    let claim = i64::try_from(answers.claim.number()).unwrap_or(i64::MAX);
    let rows = sqlx::query(sql).bind(claim).bind(answers.at).fetch_all(connection).await;
    let held: Vec<Range> = rows.map_err(store_error)?.iter().map(range).collect::<Result<_, _>>()?;
    check_held(answers, &held)?;
    Ok(held)
}

async fn apply(connection: &mut PgConnection, answers: &CategoryAnswers) -> Result<u64, StoreError> {
    // Books are locked before anything else is, so it takes two looks to know whose.
    let users: BTreeSet<String> =
        held(connection, HELD, answers).await?.into_iter().map(|range| range.user).collect();
    let users: Vec<UserId> = users
        .into_iter()
        .map(|user| UserId::new(user).map_err(|_| unreadable("identifier")))
        .collect::<Result<_, _>>()?;
    let mut books = BTreeMap::new();
    for user in &users {
        books.insert(user.as_str(), logs::lock(connection, user).await?);
    }
    let held = held(connection, HELD_LOCKED, answers).await?;
    check_answers(&answers.answers, &held)?;
    let changed = assign(connection, answers, &mut books).await?;
    end_claim(connection, &held, answers).await?;
    Ok(changed)
}

const ASSIGN: &str = "INSERT INTO finance_transaction_categories AS g \
     (assigned_at, transaction_id, category, confidence, source) \
     SELECT $1, v.* FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::text[]) AS v \
     ON CONFLICT (transaction_id) DO UPDATE SET (category, confidence, source, assigned_at) = \
     (excluded.category, excluded.confidence, excluded.source, excluded.assigned_at)";

const ANSWERED: &str = "SELECT t.id, t.account_id, t.connection_id, t.state = 0, n.user_id, g.category, g.confidence, g.source \
     FROM finance_transactions t JOIN finance_connections n ON n.id = t.connection_id \
     LEFT JOIN finance_transaction_categories g ON g.transaction_id = t.id WHERE t.id = ANY($1) ORDER BY t.id";

/// Writes the categories, tells the users concerned, and returns how many rows changed.
async fn assign(
    connection: &mut PgConnection,
    answers: &CategoryAnswers,
    books: &mut BTreeMap<&str, logs::Books<'_>>,
) -> Result<u64, StoreError> {
    let mut new: BTreeMap<i64, &AssignedCategory> =
        answers.answers.iter().map(|answer| (answer.transaction.number(), &answer.assigned)).collect();
    let ids: Vec<i64> = new.keys().copied().collect();
    let stored = sqlx::query(ANSWERED).bind(ids).fetch_all(&mut *connection).await.map_err(store_error)?;
    let mut told: BTreeMap<String, (ConnectionId, Vec<(AccountId, TransactionId)>)> = BTreeMap::new();
    let mut present = BTreeSet::new();
    for row in &stored {
        let mut cells = Cells::of(row);
        let (id, account) = (cells.number()?, AccountId::new(cells.number()?));
        let (origin, counts) = (ConnectionId::new(cells.number()?), cells.flag()?);
        let user: String = cells.text()?;
        present.insert(id);
        if assigned(&mut cells)?.as_ref() == new.get(&id).copied() {
            new.remove(&id);
        } else if counts {
            let (_, rows) = told.entry(user).or_insert((origin, Vec::new()));
            rows.push((account, TransactionId::new(id)));
        }
    }
    // A row may be gone since it was claimed.
    let new: Vec<(i64, &AssignedCategory)> = new.into_iter().filter(|(id, _)| present.contains(id)).collect();
    if !new.is_empty() {
        let mut binder = Binder::default();
        binder.instant(answers.at);
        let arrays = Arrays::of(&new, |values, (id, assigned)| {
            values.number(*id);
            values.text(assigned.category.as_str());
            values.number(assigned.confidence.map(i64::from));
            values.text(assigned.source.as_str());
        });
        arrays.bind(&mut binder);
        sqlx::query_with(ASSIGN, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;
    }
    for (user, (origin, modified)) in told {
        // The rows of a range are the range's user's.
        let books = books.remove(user.as_str()).ok_or_else(|| unreadable("range"))?;
        let written = Written { modified, ..Written::default() };
        let (change, applied) = (ChangeSet::new(origin, answers.at), Applied::default());
        let events = events_of(&change, &written, &applied);
        logs::add(connection, books, answers.at, &[], &events, &applied).await?;
    }
    Ok(new.len() as u64)
}

async fn end_claim(
    connection: &mut PgConnection,
    held: &[Range],
    answers: &CategoryAnswers,
) -> Result<(), StoreError> {
    let firsts: Vec<i64> = held.iter().map(|range| range.first).collect();
    let sql = match answers.then {
        AfterAnswers::GoOn => return Ok(()),
        AfterAnswers::Done => "DELETE FROM finance_category_queue WHERE first_id = ANY($1)",
        AfterAnswers::PassOn => {
            "UPDATE finance_category_queue SET claim = NULL, stage = 1, attempts = 0, available_at = 'epoch' \
             WHERE first_id = ANY($1)"
        }
        AfterAnswers::Retry { wait, attempts } => {
            let sql = "UPDATE finance_category_queue AS q SET claim = NULL, available_at = v.at, \
                       stage = CASE WHEN attempts >= $1 THEN 2 ELSE stage END \
                       FROM unnest($2::bigint[], $3::timestamptz[]) AS v (first_id, at) \
                       WHERE q.first_id = v.first_id";
            let tried = held.iter().map(|range| u32::try_from(range.attempts).unwrap_or(u32::MAX));
            let at: Vec<DateTime<Utc>> = tried.map(|tried| answers.at + wait_after(wait, tried)).collect();
            let query = sqlx::query(sql).bind(i64::from(attempts)).bind(firsts).bind(at);
            return query.execute(connection).await.map(drop).map_err(store_error);
        }
    };
    sqlx::query(sql).bind(firsts).execute(connection).await.map(drop).map_err(store_error)
}

const BACKLOG: &str = "SELECT stage, sum(last_id - first_id + 1)::bigint FROM finance_category_queue \
     WHERE user_id = $1 GROUP BY stage";

const CHOICES: &str = "SELECT t.id, e.category, t.description, t.merchant_name, t.merchant_id, t.amount \
     FROM finance_transaction_edits e JOIN finance_transactions t ON t.id = e.transaction_id \
     WHERE e.user_id = $1 AND e.category IS NOT NULL AND t.state = 0 \
     ORDER BY e.edited_at DESC, e.transaction_id DESC LIMIT $2";

const RULES: &str = "SELECT rules FROM finance_category_rules WHERE user_id = $1";

async fn stored_rules(connection: &mut PgConnection, user: &UserId) -> Result<Vec<CategoryRule>, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    let query = sqlx::query_with(RULES, binder.finish()?);
    rules(query.fetch_optional(connection).await.map_err(store_error)?.as_ref())
}

async fn set_rules(
    connection: &mut PgConnection,
    user: &UserId,
    before: &[CategoryRule],
    after: &[CategoryRule],
) -> Result<(), StoreError> {
    if stored_rules(connection, user).await? != before {
        return Err(conflict("the user's rules changed meanwhile"));
    }
    let mut binder = Binder::default();
    binder.text(user.as_str());
    let sql = if after.is_empty() {
        "DELETE FROM finance_category_rules WHERE user_id = $1"
    } else {
        binder.text(rules_text(after)?.as_str());
        "INSERT INTO finance_category_rules (user_id, rules) VALUES ($1, $2) \
         ON CONFLICT (user_id) DO UPDATE SET rules = $2"
    };
    sqlx::query_with(sql, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;
    if after.is_empty() { Ok(()) } else { queue_all(connection, user).await }
}

/// A user's rows that have no category but the provider's, by number.
const WITHOUT_CATEGORY: &str = "SELECT t.id FROM finance_connections n \
     JOIN finance_accounts a ON a.connection_id = n.id \
     JOIN finance_transactions t ON t.account_id = a.id AND t.state = 0 \
     WHERE n.user_id = $1 \
     AND NOT EXISTS (SELECT 1 FROM finance_transaction_categories g WHERE g.transaction_id = t.id) \
     AND NOT EXISTS (SELECT 1 FROM finance_transaction_edits e \
         WHERE e.transaction_id = t.id AND e.category IS NOT NULL) ORDER BY t.id";

/// Puts all rows of a user without a category up anew, in place of what waits already.
async fn queue_all(connection: &mut PgConnection, user: &UserId) -> Result<(), StoreError> {
    let bound = || {
        let mut binder = Binder::default();
        binder.text(user.as_str());
        binder.finish()
    };
    // Whoever claims rows meanwhile may split a range, and only the next look finds its other part.
    let sql = "DELETE FROM finance_category_queue WHERE user_id = $1";
    loop {
        let done = sqlx::query_with(sql, bound()?).execute(&mut *connection).await.map_err(store_error)?;
        if done.rows_affected() == 0 {
            break;
        }
    }
    let query = sqlx::query_scalar_with(WITHOUT_CATEGORY, bound()?);
    let rows: Vec<i64> = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    queue_rows(connection, user, &rows).await
}

#[async_trait]
impl CategoryStore for PostgresStore {
    async fn claim_uncategorised(&self, request: &ClaimRequest) -> Result<Option<CategoryClaim>, StoreError> {
        if request.limit == 0 {
            return Ok(None);
        }
        // Most often nothing waits, and nobody need write.
        let after = request.after.map_or(i64::MIN, TransactionId::number);
        let found = reading!(self, |connection| waiting(connection, request, (after, 1), false).await)?;
        if found.is_empty() {
            return Ok(None);
        }
        writing!(self, |connection| claim(connection, request).await)
    }

    async fn apply_categories(&self, answers: &CategoryAnswers) -> Result<u64, StoreError> {
        let changed = writing!(self, |connection| apply(connection, answers).await)?;
        if let Some(user) = answers.scope.user() {
            self.waiting.wake(user);
        }
        Ok(changed)
    }

    async fn category_backlog(&self, user: &UserId) -> Result<CategoryBacklog, StoreError> {
        let stages: Vec<(i64, i64)> = reading!(self, |connection| {
            let mut binder = Binder::default();
            binder.text(user.as_str());
            let query = sqlx::query_as_with(BACKLOG, binder.finish()?);
            query.fetch_all(connection).await.map_err(store_error)
        })?;
        let rows = |stage| stages.iter().find(|one| one.0 == stage).map_or(0, |one| one.1.unsigned_abs());
        Ok(CategoryBacklog { fresh: rows(0), passed_on: rows(1), given_up: rows(GIVEN_UP) })
    }

    async fn retry_categories(&self, user: &UserId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let sql = "UPDATE finance_category_queue \
                   SET claim = NULL, attempts = 0, available_at = 'epoch', stage = least(stage, 1) \
                   WHERE first_id = ANY(ARRAY(SELECT first_id FROM finance_category_queue \
                       WHERE user_id = $1 AND (claim IS NULL OR available_at <= $2) \
                       AND (stage = 2 OR attempts > 0 OR available_at > 'epoch') ORDER BY first_id FOR UPDATE))";
        writing!(self, |connection| {
            let mut binder = Binder::default();
            binder.text(user.as_str());
            binder.instant(at);
            let query = sqlx::query_with(sql, binder.finish()?);
            query.execute(&mut *connection).await.map(drop).map_err(store_error)
        })
    }

    async fn category_choices(&self, user: &UserId, limit: u32) -> Result<Vec<CategoryChoice>, StoreError> {
        reading!(self, |connection| {
            let mut binder = Binder::default();
            binder.text(user.as_str());
            binder.number(i64::from(limit));
            let rows = sqlx::query_with(CHOICES, binder.finish()?).fetch_all(connection).await;
            rows.map_err(store_error)?.iter().map(records::choice).collect()
        })
    }

    async fn category_rules(&self, user: &UserId) -> Result<Vec<CategoryRule>, StoreError> {
        reading!(self, |connection| stored_rules(connection, user).await)
    }

    async fn set_category_rules(
        &self,
        user: &UserId,
        before: &[CategoryRule],
        after: &[CategoryRule],
        at: DateTime<Utc>,
        audit: &AuditDraft,
    ) -> Result<(), StoreError> {
        let drafts = std::slice::from_ref(audit);
        writing!(self, |connection| {
            let books = logs::lock(connection, user).await?;
            set_rules(connection, user, before, after).await?;
            logs::add(connection, books, at, drafts, &[], &Applied::default()).await
        })
    }
}
