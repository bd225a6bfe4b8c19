//! Questions to a store.

use chrono::NaiveDate;

use crate::model::{AccountId, DateWindow, ProviderTransactionId, TransactionId, TransactionState};

/// Which stored rows of a connection to look up.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "every store must answer every question")]
pub enum KnownTransactions<'a> {
    /// Rows that have, or once had, one of these provider ids.
    Among(&'a [ProviderTransactionId]),
    /// All rows, those that are not live included, under the provider ids they have now and those they once had.
    All,
}

/// What the planner must know of a stored row, by one of its provider ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTransaction {
    /// A provider id that leads to the row.
    pub provider_id: ProviderTransactionId,
    /// The row.
    pub id: TransactionId,
    /// Whether the row has another provider id by now, because its pending row posted.
    pub superseded: bool,
    /// The account it belongs to.
    pub account: AccountId,
    /// Whether the row counts.
    pub state: TransactionState,
    /// Whether the provider took the row back, which a deletion by the user may hide in `state`.
    pub removed_by_provider: bool,
    /// The digest of what the provider last said of the row.
    pub digest: u64,
}

/// Which live transactions to list, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionQuery {
    /// The accounts; none means all of the user's.
    pub accounts: Vec<AccountId>,
    /// The days.
    pub window: DateWindow,
    /// Transactions at the most.
    pub limit: u32,
    /// Goes on after this row of an earlier answer.
    pub after: Option<(NaiveDate, TransactionId)>,
}

impl Default for TransactionQuery {
    /// The newest 100 transactions of all accounts.
    fn default() -> Self {
        Self { accounts: Vec::new(), window: DateWindow::default(), limit: 100, after: None }
    }
}
