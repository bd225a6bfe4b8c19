//! What waits to be categorised, what was assigned, and the users' rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use finance_core::{
    AccountId, AfterAnswers, Applied, AssignedCategory, AuditDraft, CategoryAnswers, CategoryBacklog,
    CategoryChoice, CategoryClaim, CategoryClaimId, CategoryQuestion, CategoryRule, CategoryStore, ChangeSet,
    ClaimRequest, ConnectionId, StoreError, TransactionId, UserId, Written, events_of, wait_after,
};
use sqlx::sqlite::SqliteConnection;

use super::batch::{BatchSql, Binder, json_numbers, json_pairs};
use super::error::store_error;
use super::read::micros;
use super::rows::{read_columns, read_joins};
use super::writer::commit;
use super::{SqliteStore, logs};
use crate::records::Cells;
use crate::records::categories::{
    self as records, GIVEN_UP, Range, assigned, check_answers, check_held, range, ranges, rules, rules_text,
};
use crate::refusals::{conflict, unreadable};

/// Puts new rows up to be categorised, within a transaction of the caller's. A user who never told anything about
/// categories has nothing to decide by, so that only a model can.
const QUEUE: &str = "INSERT INTO finance_category_queue (first_id, last_id, user_id, stage, attempts, available_at) \
     SELECT j.value ->> 0, j.value ->> 1, ?2, \
     NOT (EXISTS (SELECT 1 FROM finance_category_rules WHERE user_id = ?2) OR EXISTS (\
         SELECT 1 FROM finance_transaction_edits e CROSS JOIN finance_transactions t ON t.id = e.transaction_id \
         WHERE e.user_id = ?2 AND e.category IS NOT NULL AND t.state = 0)), 0, 0 FROM json_each(?1) AS j";

pub(super) async fn queue(
    connection: &mut SqliteConnection,
    user: &UserId,
    inserted: &[(AccountId, TransactionId)],
) -> Result<(), StoreError> {
    let rows: Vec<i64> = inserted.iter().map(|(_, id)| id.number()).collect();
    queue_rows(connection, user, &rows).await
}

/// Rows are given by ascending number.
async fn queue_rows(
    connection: &mut SqliteConnection,
    user: &UserId,
    rows: &[i64],
) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let query = sqlx::query(QUEUE).bind(json_pairs(ranges(rows))).bind(user.as_str());
    query.execute(connection).await.map(drop).map_err(store_error)
}

/// Drops ranges of a user of which every row is gone, within a transaction of the caller's.
pub(super) async fn drop_empty_ranges(
    connection: &mut SqliteConnection,
    user: &UserId,
) -> Result<(), StoreError> {
    let sql = "DELETE FROM finance_category_queue AS q WHERE user_id = ? AND NOT EXISTS (\
               SELECT 1 FROM finance_transactions t WHERE t.id BETWEEN q.first_id AND q.last_id)";
    sqlx::query(sql).bind(user.as_str()).execute(connection).await.map(drop).map_err(store_error)
}

/// Ranges that wait, the oldest first.
macro_rules! waiting {
    ($which:literal) => {
        concat!(
            "SELECT first_id, last_id, user_id, attempts FROM finance_category_queue WHERE ",
            $which,
            " AND available_at <= ?2 AND first_id > ?3 ORDER BY first_id LIMIT ?4"
        )
    };
}
pub(super) const OF_USER: &str = waiting!("user_id = ?1 AND stage < 2");
pub(super) const FRESH_OF_USER: &str = waiting!("user_id = ?1 AND stage = 0");
pub(super) const OF_ALL: &str = waiting!("stage < 2 AND ?1 IS NULL");
pub(super) const FRESH_OF_ALL: &str = waiting!("stage < 2 AND stage = 0 AND ?1 IS NULL");

async fn waiting(
    connection: &mut SqliteConnection,
    request: &ClaimRequest,
    after: i64,
    most: u32,
) -> Result<Vec<Range>, StoreError> {
    let sql = match (request.scope.user(), request.fresh_only) {
        (Some(_), false) => OF_USER,
        (Some(_), true) => FRESH_OF_USER,
        (None, false) => OF_ALL,
        (None, true) => FRESH_OF_ALL,
    };
    let rows = sqlx::query(sql)
        .bind(request.scope.user().map(UserId::as_str))
        .bind(micros(request.at))
        .bind(after)
        .bind(most)
        .fetch_all(connection)
        .await
        .map_err(store_error)?;
    rows.iter().map(range).collect()
}

async fn claim(
    connection: &mut SqliteConnection,
    request: &ClaimRequest,
) -> Result<Option<CategoryClaim>, StoreError> {
    let until = request.at + request.lease;
    loop {
        // Small enough to survive JSON.
        let sql = "SELECT abs(random() % 9007199254740992)";
        let id: i64 = sqlx::query_scalar(sql).fetch_one(&mut *connection).await.map_err(store_error)?;
        let Some(last) = claim_ranges(connection, request, id, micros(until)).await? else { return Ok(None) };
        let questions = questions(connection, id).await?;
        if !questions.is_empty() {
            let id = CategoryClaimId::new(id.unsigned_abs());
            return Ok(Some(CategoryClaim { id, until, last: TransactionId::new(last), questions }));
        }
        let sql = "DELETE FROM finance_category_queue WHERE claim = ?";
        sqlx::query(sql).bind(id).execute(&mut *connection).await.map_err(store_error)?;
    }
}

/// Claims ranges that wait, the oldest first, splits the last one where it is too long, gives up those tried too often.
/// Returns the last row claimed.
async fn claim_ranges(
    connection: &mut SqliteConnection,
    request: &ClaimRequest,
    id: i64,
    until: i64,
) -> Result<Option<i64>, StoreError> {
    let mut room = i64::from(request.limit);
    let mut after = request.after.map_or(i64::MIN, TransactionId::number);
    let mut last = None;
    while room > 0 {
        let most = u32::try_from(room).unwrap_or(u32::MAX);
        let found = waiting(connection, request, after, most).await?;
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
        let sql = "UPDATE finance_category_queue SET stage = ?, claim = NULL \
                   WHERE first_id IN (SELECT value FROM json_each(?))";
        let query = sqlx::query(sql).bind(GIVEN_UP).bind(json_numbers(given_up));
        query.execute(&mut *connection).await.map_err(store_error)?;
        let sql = "UPDATE finance_category_queue SET claim = ?, available_at = ?, attempts = attempts + 1 \
                   WHERE first_id IN (SELECT value FROM json_each(?))";
        let query = sqlx::query(sql).bind(id).bind(until).bind(json_numbers(whole));
        query.execute(&mut *connection).await.map_err(store_error)?;
        if found.len() < usize::try_from(most).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(last)
}

/// Makes of a range two, the first of which ends here.
async fn split(connection: &mut SqliteConnection, first: i64, end: i64) -> Result<(), StoreError> {
    let sql = "INSERT INTO finance_category_queue (first_id, last_id, user_id, stage, attempts, available_at) \
               SELECT ?2 + 1, last_id, user_id, stage, attempts, available_at FROM finance_category_queue \
               WHERE first_id = ?1";
    sqlx::query(sql).bind(first).bind(end).execute(&mut *connection).await.map_err(store_error)?;
    let sql = "UPDATE finance_category_queue SET last_id = ?2 WHERE first_id = ?1";
    sqlx::query(sql).bind(first).bind(end).execute(connection).await.map(drop).map_err(store_error)
}

pub(super) const QUESTIONS: &str = concat!(
    "SELECT ",
    read_columns!(),
    ", n.user_id, a.type, a.subtype FROM finance_category_queue q \
     CROSS JOIN finance_transactions t ON t.id BETWEEN q.first_id AND q.last_id \
     JOIN finance_connections n ON n.id = t.connection_id AND n.user_id = q.user_id ",
    read_joins!(),
    " WHERE q.claim = ? AND t.state = 0 AND e.category IS NULL AND g.category IS NULL ORDER BY t.id"
);

async fn questions(
    connection: &mut SqliteConnection,
    claim: i64,
) -> Result<Vec<CategoryQuestion>, StoreError> {
    let rows = sqlx::query(QUESTIONS).bind(claim).fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(records::question).collect()
}

/// The ranges that a claim holds, under its scope.
async fn held(
    connection: &mut SqliteConnection,
    answers: &CategoryAnswers,
) -> Result<Vec<Range>, StoreError> {
    let sql = "SELECT first_id, last_id, user_id, attempts FROM finance_category_queue \
               WHERE claim = ? AND available_at > ? ORDER BY first_id";
    let claim = i64::try_from(answers.claim.number()).unwrap_or(i64::MAX);
    let query = sqlx::query(sql).bind(claim).bind(micros(answers.at));
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    let held: Vec<Range> = rows.iter().map(range).collect::<Result<_, _>>()?;
    check_held(answers, &held)?;
    Ok(held)
}

static ASSIGN: LazyLock<BatchSql> = LazyLock::new(|| {
    let sql = "INSERT OR REPLACE INTO finance_transaction_categories \
               (transaction_id, category, confidence, source, assigned_at) \
               SELECT column1, column2, column3, column4, ? FROM (VALUES {rows}) WHERE column1 IS NOT NULL";
    BatchSql::new(sql, 4)
});

pub(super) const ANSWERED: &str = "SELECT t.id, t.account_id, t.connection_id, t.state = 0, n.user_id, g.category, g.confidence, g.source \
     FROM json_each(?) AS j CROSS JOIN finance_transactions t ON t.id = j.value \
     JOIN finance_connections n ON n.id = t.connection_id \
     LEFT JOIN finance_transaction_categories g ON g.transaction_id = t.id";

/// Writes the categories, tells the users concerned, and returns how many rows changed.
async fn assign(connection: &mut SqliteConnection, answers: &CategoryAnswers) -> Result<u64, StoreError> {
    let mut new: BTreeMap<i64, &AssignedCategory> =
        answers.answers.iter().map(|answer| (answer.transaction.number(), &answer.assigned)).collect();
    let ids = json_numbers(new.keys().copied());
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
    let at = micros(answers.at);
    let bind = |binder: &mut Binder, (id, assigned): &(i64, &AssignedCategory)| {
        binder.push(*id);
        binder.push(assigned.category.clone());
        binder.push(assigned.confidence);
        binder.push(assigned.source.clone());
    };
    ASSIGN.execute(connection, &new, |binder| binder.push(at), bind).await?;
    for (user, (origin, modified)) in told {
        let user = UserId::new(user).map_err(|_| unreadable("identifier"))?;
        let written = Written { modified, ..Written::default() };
        let (change, applied) = (ChangeSet::new(origin, answers.at), Applied::default());
        let events = events_of(&change, &written, &applied);
        logs::add(connection, &user, answers.at, &[], &events, &applied).await?;
    }
    Ok(new.len() as u64)
}

async fn end_claim(
    connection: &mut SqliteConnection,
    held: &[Range],
    answers: &CategoryAnswers,
) -> Result<(), StoreError> {
    let firsts = json_numbers(held.iter().map(|range| range.first));
    let sql = match answers.then {
        AfterAnswers::GoOn => return Ok(()),
        AfterAnswers::Done => {
            "DELETE FROM finance_category_queue WHERE first_id IN (SELECT value FROM json_each(?))"
        }
        AfterAnswers::PassOn => {
            "UPDATE finance_category_queue SET claim = NULL, stage = 1, attempts = 0, available_at = 0 \
             WHERE first_id IN (SELECT value FROM json_each(?))"
        }
        AfterAnswers::Retry { wait, attempts } => {
            let sql = "UPDATE finance_category_queue SET claim = NULL, available_at = ?, \
                       stage = CASE WHEN attempts >= ? THEN 2 ELSE stage END WHERE first_id = ?";
            for range in held {
                let tried = u32::try_from(range.attempts).unwrap_or(u32::MAX);
                let query = sqlx::query(sql).bind(micros(answers.at + wait_after(wait, tried)));
                let query = query.bind(attempts).bind(range.first);
                query.execute(&mut *connection).await.map_err(store_error)?;
            }
            return Ok(());
        }
    };
    sqlx::query(sql).bind(firsts).execute(connection).await.map(drop).map_err(store_error)
}

pub(super) const BACKLOG: &str = "SELECT stage, sum(last_id - first_id + 1) FROM finance_category_queue \
     WHERE user_id = ? GROUP BY stage";

pub(super) const CHOICES: &str = "SELECT t.id, e.category, t.description, t.merchant_name, t.merchant_id, t.amount, t.scale \
     FROM finance_transaction_edits e CROSS JOIN finance_transactions t ON t.id = e.transaction_id \
     WHERE e.user_id = ? AND e.category IS NOT NULL AND t.state = 0 \
     ORDER BY e.edited_at DESC, e.transaction_id DESC LIMIT ?";

const RULES: &str = "SELECT rules FROM finance_category_rules WHERE user_id = ?";

async fn set_rules(
    connection: &mut SqliteConnection,
    user: &UserId,
    before: &[CategoryRule],
    after: &[CategoryRule],
) -> Result<(), StoreError> {
    let query = sqlx::query(RULES).bind(user.as_str());
    let stored = query.fetch_optional(&mut *connection).await.map_err(store_error)?;
    if rules(stored.as_ref())? != before {
        return Err(conflict("the user's rules changed meanwhile"));
    }
    let query = if after.is_empty() {
        sqlx::query("DELETE FROM finance_category_rules WHERE user_id = ?").bind(user.as_str())
    } else {
        let sql = "INSERT OR REPLACE INTO finance_category_rules (user_id, rules) VALUES (?, ?)";
        sqlx::query(sql).bind(user.as_str()).bind(rules_text(after)?)
    };
    query.execute(&mut *connection).await.map_err(store_error)?;
    if after.is_empty() { Ok(()) } else { queue_all(connection, user).await }
}

/// A user's rows that have no category but the provider's, by number.
pub(super) const WITHOUT_CATEGORY: &str = "SELECT t.id FROM finance_connections n \
     CROSS JOIN finance_accounts a ON a.connection_id = n.id \
     CROSS JOIN finance_transactions t ON t.account_id = a.id AND t.state = 0 \
     WHERE n.user_id = ? \
     AND NOT EXISTS (SELECT 1 FROM finance_transaction_categories g WHERE g.transaction_id = t.id) \
     AND NOT EXISTS (SELECT 1 FROM finance_transaction_edits e \
         WHERE e.transaction_id = t.id AND e.category IS NOT NULL) ORDER BY t.id";

/// Puts all rows of a user without a category up anew, in place of what waits already.
async fn queue_all(connection: &mut SqliteConnection, user: &UserId) -> Result<(), StoreError> {
    let query = sqlx::query("DELETE FROM finance_category_queue WHERE user_id = ?").bind(user.as_str());
    query.execute(&mut *connection).await.map_err(store_error)?;
    let query = sqlx::query_scalar(WITHOUT_CATEGORY).bind(user.as_str());
    let rows: Vec<i64> = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    queue_rows(connection, user, &rows).await
}

#[async_trait]
impl CategoryStore for SqliteStore {
    async fn claim_uncategorised(&self, request: &ClaimRequest) -> Result<Option<CategoryClaim>, StoreError> {
        if request.limit == 0 {
            return Ok(None);
        }
        // Most often nothing waits, and nobody need write.
        let mut reader = self.readers.acquire().await.map_err(store_error)?;
        let after = request.after.map_or(i64::MIN, TransactionId::number);
        if waiting(&mut reader, request, after, 1).await?.is_empty() {
            return Ok(None);
        }
        drop(reader);
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        let claim = claim(&mut transaction, request).await?;
        commit(transaction).await?;
        Ok(claim)
    }

    async fn apply_categories(&self, answers: &CategoryAnswers) -> Result<u64, StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        let held = held(&mut transaction, answers).await?;
        check_answers(&answers.answers, &held)?;
        let changed = assign(&mut transaction, answers).await?;
        end_claim(&mut transaction, &held, answers).await?;
        commit(transaction).await?;
        self.news.notify_waiters();
        Ok(changed)
    }

    async fn category_backlog(&self, user: &UserId) -> Result<CategoryBacklog, StoreError> {
        let query = sqlx::query_as(BACKLOG).bind(user.as_str());
        let stages: Vec<(i64, i64)> = query.fetch_all(&self.readers).await.map_err(store_error)?;
        let rows = |stage| stages.iter().find(|one| one.0 == stage).map_or(0, |one| one.1.unsigned_abs());
        Ok(CategoryBacklog { fresh: rows(0), passed_on: rows(1), given_up: rows(GIVEN_UP) })
    }

    async fn retry_categories(&self, user: &UserId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        let sql = "UPDATE finance_category_queue \
                   SET claim = NULL, attempts = 0, available_at = 0, stage = min(stage, 1) \
                   WHERE user_id = ? AND (claim IS NULL OR available_at <= ?) \
                   AND (stage = 2 OR attempts > 0 OR available_at > 0)";
        let query = sqlx::query(sql).bind(user.as_str()).bind(micros(at));
        query.execute(&mut *transaction).await.map_err(store_error)?;
        commit(transaction).await
    }

    async fn category_choices(&self, user: &UserId, limit: u32) -> Result<Vec<CategoryChoice>, StoreError> {
        let query = sqlx::query(CHOICES).bind(user.as_str()).bind(limit);
        let rows = query.fetch_all(&self.readers).await.map_err(store_error)?;
        rows.iter().map(records::choice).collect()
    }

    async fn category_rules(&self, user: &UserId) -> Result<Vec<CategoryRule>, StoreError> {
        let query = sqlx::query(RULES).bind(user.as_str());
        rules(query.fetch_optional(&self.readers).await.map_err(store_error)?.as_ref())
    }

    async fn set_category_rules(
        &self,
        user: &UserId,
        before: &[CategoryRule],
        after: &[CategoryRule],
        at: DateTime<Utc>,
        audit: &AuditDraft,
    ) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        set_rules(&mut transaction, user, before, after).await?;
        let drafts = std::slice::from_ref(audit);
        logs::add(&mut transaction, user, at, drafts, &[], &Applied::default()).await?;
        commit(transaction).await
    }
}
