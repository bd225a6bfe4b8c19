//! Questions to a store.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::model::{
    AccountId, DateWindow, ProviderTransactionId, RowOrigin, TransactionId, TransactionState,
};

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
    /// Where the row comes from.
    pub origin: RowOrigin,
}

/// Which transactions to list, and how many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionQuery {
    /// The accounts; none means all of the user's.
    pub accounts: Vec<AccountId>,
    /// The days.
    pub window: DateWindow,
    /// Transactions at the most: 100 unless told otherwise, none for 0.
    pub limit: u32,
    /// Goes on after this row of an earlier answer; the day is [`Transaction::date`](crate::Transaction::date).
    pub after: Option<(NaiveDate, TransactionId)>,
    /// Which of them.
    pub rows: RowSelection,
}

/// Which rows a list holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "every store must answer every question")]
pub enum RowSelection {
    /// Those that count and that the user did not hide.
    #[default]
    Live,
    /// Those that count, hidden or not.
    WithHidden,
    /// Those in every state: deleted by the user and taken back by the provider included.
    Any,
    /// Those that the user deleted.
    DeletedByUser,
    /// Those that the user deleted and that would count if that were taken back: the provider has not removed them as well.
    Restorable,
    /// Those that count, hidden or not, and entered the books without the account's present connection: from files, by hand, as corrections,
    /// through an earlier connection ([`RowOrigin::awaits_the_bank`]).
    AwaitingTheBank,
}

impl Default for TransactionQuery {
    /// The newest 100 transactions of all accounts.
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            window: DateWindow::default(),
            limit: 100,
            after: None,
            rows: RowSelection::Live,
        }
    }
}
