//! The port to comparisons with the bank, what the user accepted of them, and the user's statements.

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::StoreError;
use crate::model::{AccountId, Money, ReconciliationId, Statement, UserId};

/// A comparison of an account with the bank, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReconciliationSummary {
    /// Its identifier; a later comparison has a greater one.
    pub id: ReconciliationId,
    /// The account.
    pub account: AccountId,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// How well bank and books agree, 0 to 100; `None` when that cannot be known.
    pub score: Option<u8>,
    /// The bank's change less the books'; `None` when it cannot be known.
    pub difference: Option<Money>,
}

/// A comparison as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReconciliation {
    /// What lists and overviews show.
    pub summary: ReconciliationSummary,
    /// All of it, as JSON. A store does not look inside.
    pub body: String,
}

/// A comparison to be stored; the store adds identifier and instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewReconciliation {
    /// The account.
    pub account: AccountId,
    /// How well bank and books agree, 0 to 100; `None` when that cannot be known.
    pub score: Option<u8>,
    /// The bank's change less the books'; `None` when it cannot be known.
    pub difference: Option<Money>,
    /// All of it, as JSON.
    pub body: String,
}

/// What became of an explanation that the user accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResolution {
    /// The comparison.
    pub reconciliation: ReconciliationId,
    /// The number of the explanation in it.
    pub explanation: u32,
    /// When it was accepted last.
    pub resolved_at: DateTime<Utc>,
    /// When that was undone; `None` while it holds.
    pub undone_at: Option<DateTime<Utc>>,
    /// What was changed, as JSON. A store does not look inside.
    pub body: String,
}

/// A statement's balance that is added, changed or taken back, made only if it still is as it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementWrite {
    /// The account.
    pub account: AccountId,
    /// The statement's day; an account has one statement a day at the most.
    pub date: NaiveDate,
    /// What it must say so far; `None` when there must be none.
    pub before: Option<Decimal>,
    /// What it says from now on; `None` when it goes.
    pub after: Option<Decimal>,
}

/// A step in the life of an accepted explanation, made only if it still stands where it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolutionWrite {
    /// What must be stored so far.
    pub before: Option<StoredResolution>,
    /// What is stored from now on, under its comparison and its explanation.
    pub after: StoredResolution,
}

/// Comparisons, resolutions and statements. They are written by [`LedgerStore::apply`](super::LedgerStore::apply) only.
///
/// As everywhere, what belongs to another user is [`StoreErrorKind::NotFound`](super::StoreErrorKind::NotFound).
#[async_trait]
pub trait ReconciliationStore: Send + Sync {
    /// How each account of the user that was ever compared stands, by account: its latest comparison that has a score, or the
    /// latest of all when none has.
    async fn latest_reconciliations(&self, user: &UserId) -> Result<Vec<ReconciliationSummary>, StoreError>;

    /// Comparisons of one account, the latest first, `limit` at the most.
    async fn reconciliations(
        &self,
        user: &UserId,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<ReconciliationSummary>, StoreError>;

    /// One whole comparison.
    async fn reconciliation(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<StoredReconciliation, StoreError>;

    /// What the user accepted of a comparison, undone or not, by explanation.
    async fn resolutions(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<Vec<StoredResolution>, StoreError>;

    /// The statements of an account, oldest first.
    async fn statements(&self, user: &UserId, account: AccountId) -> Result<Vec<Statement>, StoreError>;
}
