//! Categories in memory: ranges of rows that wait, in the order of their identifiers, and the users' rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::super::{
    AfterAnswers, Applied, CategoryAnswers, CategoryBacklog, CategoryClaim, CategoryClaimId, CategoryScope,
    CategoryStore, ChangeSet, ClaimRequest, StoreError, StoreErrorKind,
};
use super::MemoryStore;
use super::books::Books;
use crate::account_kind::AccountKind;
use crate::audit::AuditDraft;
use crate::categorize::{CategoryChoice, CategoryQuestion, CategoryRule, wait_after};
use crate::events::{Written, events_of};
use crate::model::{AccountId, ConnectionId, Transaction, TransactionId, TransactionState, UserId};

#[derive(Default)]
pub(super) struct Categories {
    /// By the first row of each.
    ranges: BTreeMap<TransactionId, Range>,
    rules: HashMap<UserId, Vec<CategoryRule>>,
    last_claim: u64,
}

/// Rows of one user that follow each other and wait together.
#[derive(Clone)]
struct Range {
    last: TransactionId,
    user: UserId,
    stage: Stage,
    attempts: u32,
    /// While claimed, the end of the claim; else when it may be claimed.
    available_at: DateTime<Utc>,
    claim: Option<CategoryClaimId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Fresh,
    PassedOn,
    GivenUp,
}

/// Rows of a range at the most.
const RANGE_ROWS_MAX: i64 = 500;

impl Range {
    fn is_waiting(&self, request: &ClaimRequest) -> bool {
        let stage =
            if request.fresh_only { self.stage == Stage::Fresh } else { self.stage != Stage::GivenUp };
        let scope = request.scope.user().is_none_or(|user| *user == self.user);
        stage && scope && self.available_at <= request.at
    }

    fn rows_from(&self, first: TransactionId) -> i64 {
        self.last.number() - first.number() + 1
    }
}

fn invalid(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::InvalidInput, message)
}

fn no_claim() -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, "the claim does not hold: claim the rows again")
}

impl Categories {
    fn queue(&mut self, user: &UserId, (first, last): (i64, i64), stage: Stage) {
        let mut first = first;
        while first <= last {
            let end = last.min(first + RANGE_ROWS_MAX - 1);
            let range = Range {
                last: TransactionId::new(end),
                user: user.clone(),
                stage,
                attempts: 0,
                available_at: DateTime::UNIX_EPOCH,
                claim: None,
            };
            self.ranges.insert(TransactionId::new(first), range);
            first = end + 1;
        }
    }

    /// Claims ranges that wait, the oldest first, splits the last one where it is too long, gives up those tried too often.
    fn claim_ranges(&mut self, request: &ClaimRequest, id: CategoryClaimId) -> Vec<TransactionId> {
        let mut room = i64::from(request.limit);
        let after = request.after.map_or(i64::MIN, TransactionId::number);
        let mut claimed = Vec::new();
        let firsts: Vec<TransactionId> = self.ranges.keys().copied().collect();
        for first in firsts.into_iter().filter(|first| first.number() > after) {
            let Some(range) = self.ranges.get_mut(&first).filter(|range| range.is_waiting(request)) else {
                continue;
            };
            if room == 0 {
                break;
            }
            if range.attempts >= request.attempts {
                (range.stage, range.claim) = (Stage::GivenUp, None);
                continue;
            }
            let rest = range.clone();
            range.last = range.last.min(TransactionId::new(first.number() + room - 1));
            room -= range.rows_from(first);
            let next = TransactionId::new(range.last.number() + 1);
            (range.claim, range.available_at) = (Some(id), request.at + request.lease);
            range.attempts += 1;
            if next <= rest.last {
                self.ranges.insert(next, Range { claim: None, ..rest });
            }
            claimed.push(first);
        }
        claimed
    }
}

impl Categories {
    /// Whether the user has rules, as a number of records.
    pub(super) fn size(&self, user: &UserId) -> u64 {
        u64::from(self.rules.contains_key(user))
    }

    pub(super) fn forget(&mut self, user: &UserId) -> u64 {
        self.ranges.retain(|_, range| range.user != *user);
        u64::from(self.rules.remove(user).is_some())
    }
}

impl Books {
    /// Drops ranges of which every row is gone.
    pub(super) fn drop_empty_ranges(&mut self) {
        let rows = &self.rows;
        self.categories.ranges.retain(|first, range| rows.range(*first..=range.last).next().is_some());
    }

    pub(super) fn queue_rows(&mut self, user: &UserId, inserted: &[TransactionId]) {
        let (Some(first), Some(last)) = (inserted.first(), inserted.last()) else { return };
        let knows = self.categories.rules.contains_key(user) || self.choices(user).next().is_some();
        let stage = if knows { Stage::Fresh } else { Stage::PassedOn };
        self.categories.queue(user, (first.number(), last.number()), stage);
    }

    /// Puts all rows of a user without a category up anew, in place of what waits already.
    fn queue_all(&mut self, user: &UserId) {
        self.categories.ranges.retain(|_, range| range.user != *user);
        let has_none = |row: &&Transaction| row.edits.category.is_none() && row.assigned.is_none();
        let rows: Vec<TransactionId> = self.live_rows(user).filter(has_none).map(|row| row.id).collect();
        for run in rows.chunk_by(|one, next| one.number() + 1 == next.number()) {
            self.queue_rows(user, run);
        }
    }

    fn choices<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = (DateTime<Utc>, CategoryChoice)> {
        let own = self.rows.values().filter(|row| row.transaction.edits.category.is_some());
        let own = own.filter(|row| row.transaction.state == TransactionState::Live && self.owns(user, row));
        own.filter_map(|row| Some((row.edited_at, CategoryChoice::of(&row.transaction)?)))
    }

    fn claim(&mut self, request: &ClaimRequest) -> Result<Option<CategoryClaim>, StoreError> {
        if request.limit == 0 {
            return Ok(None);
        }
        loop {
            let id = CategoryClaimId::new(self.categories.last_claim + 1);
            let claimed = self.categories.claim_ranges(request, id);
            let Some(last) = claimed.last().and_then(|first| self.categories.ranges.get(first)) else {
                return Ok(None);
            };
            self.categories.last_claim = id.number();
            let last = last.last;
            let questions = self.questions(&claimed);
            if !questions.is_empty() {
                let until = request.at + request.lease;
                return Ok(Some(CategoryClaim { id, until, last, questions }));
            }
            for first in claimed {
                self.categories.ranges.remove(&first);
            }
        }
    }

    fn questions(&self, claimed: &[TransactionId]) -> Vec<CategoryQuestion> {
        let mut questions = Vec::new();
        for first in claimed {
            let Some(range) = self.categories.ranges.get(first) else { continue };
            for (_, row) in self.rows.range(*first..=range.last) {
                let row = &row.transaction;
                let has_one = row.edits.category.is_some() || row.assigned.is_some();
                if row.state == TransactionState::Live && !has_one {
                    let kind = self.accounts.get(&row.account).map(|account| account.classification().kind);
                    let kind = kind.unwrap_or(AccountKind::Other);
                    questions.push(CategoryQuestion::of(range.user.clone(), row, kind));
                }
            }
        }
        questions
    }

    /// The first rows of the ranges that a claim holds, under a scope.
    fn held(&self, answers: &CategoryAnswers) -> Result<Vec<TransactionId>, StoreError> {
        let ranges = self.categories.ranges.iter();
        let held: Vec<_> = ranges
            .filter(|(_, range)| range.claim == Some(answers.claim) && range.available_at > answers.at)
            .collect();
        let foreign = match &answers.scope {
            CategoryScope::User(user) => held.iter().any(|(_, range)| range.user != *user),
            CategoryScope::AllUsers => false,
        };
        if held.is_empty() || foreign {
            return Err(no_claim());
        }
        Ok(held.into_iter().map(|(first, _)| *first).collect())
    }

    fn apply_categories(&mut self, answers: &CategoryAnswers) -> Result<u64, StoreError> {
        let held = self.held(answers)?;
        let mut answered = BTreeSet::new();
        for answer in &answers.answers {
            answer.assigned.check().map_err(|error| invalid(error.to_string()))?;
            let id = answer.transaction;
            let covers = |first: &&TransactionId| {
                **first <= id && self.categories.ranges.get(first).is_some_and(|range| id <= range.last)
            };
            if !held.iter().any(|first| covers(&first)) {
                return Err(invalid(format!("transaction {id} is none of the claim's")));
            }
            if !answered.insert(id) {
                return Err(invalid(format!("transaction {id} is answered twice")));
            }
        }
        let changed = self.assign(answers);
        for first in held {
            self.end_claim(first, answers);
        }
        Ok(changed)
    }

    /// Writes the categories, tells the users concerned, and returns how many rows changed.
    fn assign(&mut self, answers: &CategoryAnswers) -> u64 {
        let mut changed = 0;
        let mut told: BTreeMap<UserId, (ConnectionId, Vec<(AccountId, TransactionId)>)> = BTreeMap::new();
        for answer in &answers.answers {
            let Some(row) = self.rows.get_mut(&answer.transaction) else { continue };
            let row = &mut row.transaction;
            if row.assigned.as_ref() == Some(&answer.assigned) {
                continue;
            }
            row.assigned = Some(answer.assigned.clone());
            changed += 1;
            let account = self.accounts.get(&row.account).filter(|_| row.state == TransactionState::Live);
            if let Some(account) = account {
                let rows = told.entry(account.user.clone()).or_insert((row.connection, Vec::new()));
                rows.1.push((row.account, row.id));
            }
        }
        for (user, (connection, modified)) in told {
            let written = Written { modified, ..Written::default() };
            let (change, applied) = (ChangeSet::new(connection, answers.at), Applied::default());
            self.logs.add(&user, answers.at, &[], events_of(&change, &written, &applied), &applied);
        }
        changed
    }

    fn end_claim(&mut self, first: TransactionId, answers: &CategoryAnswers) {
        let Some(range) = self.categories.ranges.get_mut(&first) else { return };
        match answers.then {
            AfterAnswers::GoOn => {}
            AfterAnswers::Done => {
                self.categories.ranges.remove(&first);
            }
            AfterAnswers::PassOn => {
                (range.claim, range.stage, range.attempts) = (None, Stage::PassedOn, 0);
                range.available_at = DateTime::UNIX_EPOCH;
            }
            AfterAnswers::Retry { wait, attempts } => {
                range.claim = None;
                if range.attempts >= attempts {
                    range.stage = Stage::GivenUp;
                }
                range.available_at = answers.at + wait_after(wait, range.attempts);
            }
        }
    }

    fn backlog(&self, user: &UserId) -> CategoryBacklog {
        let mut backlog = CategoryBacklog::default();
        for (first, range) in self.categories.ranges.iter().filter(|(_, range)| range.user == *user) {
            let rows = u64::try_from(range.rows_from(*first)).unwrap_or(0);
            match range.stage {
                Stage::Fresh => backlog.fresh += rows,
                Stage::PassedOn => backlog.passed_on += rows,
                Stage::GivenUp => backlog.given_up += rows,
            }
        }
        backlog
    }
}

#[async_trait]
impl CategoryStore for MemoryStore {
    async fn claim_uncategorised(&self, request: &ClaimRequest) -> Result<Option<CategoryClaim>, StoreError> {
        self.books().claim(request)
    }

    async fn apply_categories(&self, answers: &CategoryAnswers) -> Result<u64, StoreError> {
        let changed = self.books().apply_categories(answers)?;
        self.news.notify_waiters();
        Ok(changed)
    }

    async fn category_backlog(&self, user: &UserId) -> Result<CategoryBacklog, StoreError> {
        Ok(self.books().backlog(user))
    }

    async fn retry_categories(&self, user: &UserId, at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut books = self.books();
        for range in books.categories.ranges.values_mut().filter(|range| range.user == *user) {
            if range.claim.is_some() && range.available_at > at {
                continue;
            }
            (range.claim, range.attempts, range.available_at) = (None, 0, DateTime::UNIX_EPOCH);
            if range.stage == Stage::GivenUp {
                range.stage = Stage::PassedOn;
            }
        }
        Ok(())
    }

    async fn category_choices(&self, user: &UserId, limit: u32) -> Result<Vec<CategoryChoice>, StoreError> {
        let books = self.books();
        let mut choices: Vec<_> = books.choices(user).collect();
        choices.sort_by_key(|(at, choice)| std::cmp::Reverse((at.timestamp_micros(), choice.transaction)));
        choices.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(choices.into_iter().map(|(_, choice)| choice).collect())
    }

    async fn category_rules(&self, user: &UserId) -> Result<Vec<CategoryRule>, StoreError> {
        Ok(self.books().categories.rules.get(user).cloned().unwrap_or_default())
    }

    async fn set_category_rules(
        &self,
        user: &UserId,
        before: &[CategoryRule],
        after: &[CategoryRule],
        at: DateTime<Utc>,
        audit: &AuditDraft,
    ) -> Result<(), StoreError> {
        let mut books = self.books();
        let stored = books.categories.rules.get(user).map_or(&[][..], Vec::as_slice);
        if stored != before {
            return Err(StoreError::new(StoreErrorKind::Conflict, "the user's rules changed meanwhile"));
        }
        if after.is_empty() {
            books.categories.rules.remove(user);
        } else {
            books.categories.rules.insert(user.clone(), after.to_vec());
            books.queue_all(user);
        }
        books.logs.add(user, at, std::slice::from_ref(audit), Vec::new(), &Applied::default());
        Ok(())
    }
}
