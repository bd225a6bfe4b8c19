//! What accounts kept by hand hold by their own rows.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use super::{SyncEngine, SyncError};
use crate::model::{Account, AccountId, AccountStatus, Connection, Money, UserId};
use crate::overview::{last_stated, ledger_balance};
use crate::store::{StoreError, StoreErrorKind};

impl SyncEngine {
    /// The ledger balances of the open accounts that are kept by hand; one that is not known has no entry. It reads one index
    /// from the last known balance of each on.
    pub(super) async fn ledger_balances(
        &self,
        user: &UserId,
        connections: &[Connection],
        accounts: &[Account],
    ) -> Result<BTreeMap<AccountId, Money>, SyncError> {
        let by_hand = |account: &&Account| {
            let own = |connection: &&Connection| connection.id == account.connection;
            account.status == AccountStatus::Open
                && connections.iter().find(own).is_some_and(Connection::is_manual)
        };
        let balances = accounts.iter().filter(by_hand).map(|account| self.ledger_balance(user, account));
        Ok(try_join_all(balances).await?.into_iter().flatten().collect())
    }

    async fn ledger_balance(
        &self,
        user: &UserId,
        account: &Account,
    ) -> Result<Option<(AccountId, Money)>, StoreError> {
        let statements = self.store.statements(user, account.id).await?;
        let Some(known) = last_stated(account, &statements) else { return Ok(None) };
        let since = match self.store.posted_sums_after(user, account.id, known.day).await {
            // They have more digits than can be kept.
            Err(error) if error.kind() == StoreErrorKind::InvalidInput => return Ok(None),
            since => since?,
        };
        Ok(ledger_balance(account, known.amount, &since).map(|balance| (account.id, balance)))
    }
}
