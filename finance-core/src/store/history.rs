//! The port to what was over time: balances, and rows that have been pending for a while.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::NaiveDate;

use super::StoreError;
use crate::model::{AccountId, BalanceEntry, ConnectionId, DateWindow, UserId};

/// The history of balances, as [`LedgerStore::apply`](super::LedgerStore::apply) writes it, and the age of pending rows.
#[async_trait]
pub trait HistoryStore: Send + Sync {
    /// The balances of an account of the user that were taken over on these days (UTC), newest first and of one instant the
    /// one written last first, `limit` at the most.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`](super::StoreErrorKind::NotFound) when the user has no such account.
    async fn balance_history(
        &self,
        user: &UserId,
        account: AccountId,
        window: DateWindow,
        limit: u32,
    ) -> Result<Vec<BalanceEntry>, StoreError>;

    /// The days of the live pending rows of each account of the user, or of one connection, oldest first; the day is
    /// [`Transaction::date`](crate::Transaction::date). An account without such rows has no entry, nor has one of others.
    async fn pending_days(
        &self,
        user: &UserId,
        connection: Option<ConnectionId>,
    ) -> Result<BTreeMap<AccountId, Vec<NaiveDate>>, StoreError>;
}
