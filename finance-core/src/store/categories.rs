//! The port to categories: what is still to be categorised, what categorisers assigned, and the user's rules.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::audit::AuditDraft;
use crate::categorize::{CategoryAnswer, CategoryChoice, CategoryQuestion, CategoryRule};
use crate::model::{TransactionId, UserId};

/// Whose rows may be claimed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "every store must answer every question")]
pub enum CategoryScope {
    /// Those of one user.
    User(UserId),
    /// Those of every user, for a worker that serves all of them; each question names its user.
    AllUsers,
}

impl CategoryScope {
    /// The one user; `None` for all.
    pub const fn user(&self) -> Option<&UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::AllUsers => None,
        }
    }
}

/// Names a claim on rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CategoryClaimId(u64);

impl CategoryClaimId {
    /// Wraps the number that a store gave: at most 2^53, so that it survives JSON.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for CategoryClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which rows to claim, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Whose.
    pub scope: CategoryScope,
    /// Only rows that nobody passed on yet ([`AfterAnswers::PassOn`]).
    pub fresh_only: bool,
    /// Only rows after this one.
    pub after: Option<TransactionId>,
    /// Rows at the most.
    pub limit: u32,
    /// Now.
    pub at: DateTime<Utc>,
    /// How long the claim holds.
    pub lease: TimeDelta,
    /// How often a row may have been claimed before; one claimed so often is given up instead.
    pub attempts: u32,
}

/// Rows that belong to one worker until an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryClaim {
    /// Names the claim.
    pub id: CategoryClaimId,
    /// Until when it holds.
    pub until: DateTime<Utc>,
    /// The last row that the claim covers, asked about or not.
    pub last: TransactionId,
    /// The rows, at least one, by ascending identifier: those that count and have neither a category of
    /// the user's nor an assigned one.
    pub questions: Vec<CategoryQuestion>,
}

/// What a worker found out about rows that it claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryAnswers {
    /// The scope under which the rows were claimed.
    pub scope: CategoryScope,
    /// The claim.
    pub claim: CategoryClaimId,
    /// Now.
    pub at: DateTime<Utc>,
    /// The categories, one a row at the most.
    pub answers: Vec<CategoryAnswer>,
    /// What becomes of the claim and of its rows without an answer.
    pub then: AfterAnswers,
}

/// What becomes of a claim after answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "every store must answer every question")]
pub enum AfterAnswers {
    /// It ends. Its rows are not asked about again.
    Done,
    /// It goes on as before.
    GoOn,
    /// It ends. Its rows wait for somebody who knows more, as if never claimed.
    PassOn,
    /// It ends. Its rows are handed out again, unless they were so often enough.
    Retry {
        /// After the first attempt they wait this long, after each further one four times as long.
        wait: TimeDelta,
        /// Rows claimed so often are given up.
        attempts: u32,
    },
}

/// How many rows are still to be categorised; rows that need no category by now are counted as well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryBacklog {
    /// That nobody looked at yet.
    pub fresh: u64,
    /// For which the user's rules and memory know nothing, so that they wait for a model.
    pub passed_on: u64,
    /// That were tried too often.
    pub given_up: u64,
}

/// Categories.
///
/// [`LedgerStore::apply`](super::LedgerStore::apply) puts every new row up to be categorised, in its transaction: as fresh
/// where the user has rules or chose a category before, else as passed on, since only a model can know it. Rows wait in
/// the order of their identifiers.
#[async_trait]
pub trait CategoryStore: Send + Sync {
    /// Claims rows that wait, the oldest first; `None` when there are none, and for a limit of 0. A claim that is out of time is void, and its
    /// rows wait again; no row is ever in two claims that hold.
    ///
    /// Rows that need no category, being removed, deleted or categorised already, are passed over, and where a claim
    /// would have no others they wait no longer.
    async fn claim_uncategorised(&self, request: &ClaimRequest) -> Result<Option<CategoryClaim>, StoreError>;

    /// Writes categories for rows of a claim and returns how many rows have another one than before. The rows that count
    /// among them are told as [`EventKind::TransactionsModified`](crate::EventKind::TransactionsModified), in the same
    /// transaction. A category that the user chose meanwhile goes on to be the one that shows.
    ///
    /// # Errors
    /// Nothing is written when there is one.
    /// - [`StoreErrorKind::Conflict`](super::StoreErrorKind::Conflict): the claim does not hold, or not under this scope.
    /// - [`StoreErrorKind::InvalidInput`](super::StoreErrorKind::InvalidInput): a row is none of the claim's or is answered
    ///   twice; a category cannot be kept ([`AssignedCategory::check`](crate::AssignedCategory::check)).
    async fn apply_categories(&self, answers: &CategoryAnswers) -> Result<u64, StoreError>;

    /// How many rows of the user wait.
    async fn category_backlog(&self, user: &UserId) -> Result<CategoryBacklog, StoreError>;

    /// Makes the user's rows that were given up, or wait after a failure, wait as if never tried. Claims that hold are left
    /// alone.
    async fn retry_categories(&self, user: &UserId, at: DateTime<Utc>) -> Result<(), StoreError>;

    /// The categories that the user chose for rows that count, those of the rows edited last first, `limit` at the most.
    async fn category_choices(&self, user: &UserId, limit: u32) -> Result<Vec<CategoryChoice>, StoreError>;

    /// The user's rules, in their order.
    async fn category_rules(&self, user: &UserId) -> Result<Vec<CategoryRule>, StoreError>;

    /// Puts other rules in the place of the user's, with an entry of the audit trail. Unless there are none now, all rows of
    /// the user that count and have no category but the provider's wait as fresh from then on, those included that were passed
    /// on, given up, done with or never waited; claims of the user's rows are void. All of it in one transaction.
    ///
    /// # Errors
    /// [`StoreErrorKind::Conflict`](super::StoreErrorKind::Conflict) when the user's rules are not `before` any more.
    async fn set_category_rules(
        &self,
        user: &UserId,
        before: &[CategoryRule],
        after: &[CategoryRule],
        at: DateTime<Utc>,
        audit: &AuditDraft,
    ) -> Result<(), StoreError>;
}
