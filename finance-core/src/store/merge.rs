//! Two connections that become one.

use std::collections::HashSet;
use std::hash::Hash;

use chrono::{DateTime, Utc};

use super::{StoreError, StoreErrorKind};
use crate::audit::AuditDraft;
use crate::events::{EventKind, by_account};
use crate::model::{
    AccountId, Balances, ConnectionId, ConnectionStatus, ProviderTransactionId, TransactionId, UserId,
};

/// How two connections to the same accounts become one.
///
/// The connection `into` stays, and with it its token, its cursor and what it is called at the provider. Of each pair of accounts
/// the old one stays, with its identifier and all that hangs on it: it moves to `into`, takes what the provider says of the
/// new one, and the new one is no more. Whatever hangs on the new one hangs on the old one from then on; where both have a
/// record for the same thing, such as a statement of one day, the old one's stays.
///
/// Of each pair of rows the old one stays, with its identifier, its creation time and the user's changes: it takes everything
/// that the provider says of the new one, and the new one is no more. What the user changed on the new one is carried over
/// if the old one is as its source left it. Provider ids that led to either row lead to the old one.
///
/// The other rows of the accounts move: those of the new account to the old one, those of the old account to `into`. There a
/// row that the provider had reported is [`RowOrigin::EarlierConnection`](crate::RowOrigin::EarlierConnection) from now on,
/// so that no replay sweeps it.
///
/// The connection `from` ends as one that is removed with its records kept: [`ConnectionStatus::Removed`], without a token.
/// Its runs and those of its accounts that have no pair stay with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionMerge {
    /// The user.
    pub user: UserId,
    /// The connection that ends.
    pub from: ConnectionId,
    /// The connection that stays.
    pub into: ConnectionId,
    /// When it happens; rows whose values change carry it.
    pub at: DateTime<Utc>,
    /// Where the [`revision`](crate::Connection::revision) of `from` must stand.
    pub from_revision: u64,
    /// Where the revision of `into` must stand.
    pub into_revision: u64,
    /// The accounts that are one, each at most once.
    pub accounts: Vec<AccountPair>,
    /// The rows of these accounts that are one, each at most once.
    pub rows: Vec<RowPair>,
    /// Old rows without a pair that the bank no longer has, such as pending ones: taken back by the provider.
    pub dropped: Vec<TransactionId>,
    /// Old rows without a pair whose provider id leads to another row at `into`, and the one they get instead.
    pub renamed: Vec<(TransactionId, ProviderTransactionId)>,
    /// What to write into the user's audit trail, in order.
    pub audit: Vec<AuditDraft>,
}

/// Two accounts that are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountPair {
    /// The account of the connection that ends. It stays.
    pub old: AccountId,
    /// The account of the connection that stays. It goes.
    pub new: AccountId,
}

/// Two rows that are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowPair {
    /// The row of the connection that ends. It stays.
    pub old: TransactionId,
    /// The row of the connection that stays. It goes.
    pub new: TransactionId,
}

/// What a store found out while it wrote a merge, as far as listeners want to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// The status of the connection that ends, before.
    pub status: Option<ConnectionStatus>,
    /// Accounts that stay whose balances are others than before, with the new ones.
    pub balances: Vec<(AccountId, Balances)>,
    /// Rows that count, counted before, and say something else or moved to another account; with their accounts from now on.
    pub modified: Vec<(AccountId, TransactionId)>,
    /// Rows that count and did not before.
    pub created: Vec<(AccountId, TransactionId)>,
    /// Rows that counted and are no more or count no longer; with the accounts they are of now, or would be.
    pub removed: Vec<(AccountId, TransactionId)>,
}

impl ConnectionMerge {
    /// Whether it makes sense in itself, whatever is stored.
    ///
    /// # Errors
    /// [`StoreErrorKind::InvalidInput`] when both connections are one, or an account or a row comes twice.
    pub fn check(&self) -> Result<(), StoreError> {
        let invalid = |message| Err(StoreError::new(StoreErrorKind::InvalidInput, message));
        if self.from == self.into {
            return invalid("a connection cannot be merged into itself");
        }
        if !all_differ(self.accounts.iter().flat_map(|pair| [pair.old, pair.new])) {
            return invalid("an account comes twice in a merge");
        }
        let rows = self.rows.iter().flat_map(|pair| [pair.old, pair.new]);
        let old_rows = self.rows.iter().map(|pair| pair.old);
        if !all_differ(rows.chain(self.dropped.iter().copied()))
            || !all_differ(old_rows.chain(self.renamed.iter().map(|(row, _)| *row)))
        {
            return invalid("a row comes twice in a merge");
        }
        Ok(())
    }

    /// What listeners are told, in order: the connection that ended, accounts, balances, rows, the dashboard.
    pub fn events(&self, merged: &Merged) -> Vec<EventKind> {
        let mut events = Vec::new();
        if merged.status != Some(ConnectionStatus::Removed) {
            let (connection, status) = (self.from, ConnectionStatus::Removed);
            events.push(EventKind::ConnectionChanged { connection, status });
        }
        let connection = self.into;
        events.extend(self.accounts.iter().map(|pair| EventKind::AccountMerged {
            connection,
            account: pair.old,
            was: pair.new,
        }));
        let balances = merged.balances.iter().cloned();
        events.extend(balances.map(|(account, balances)| EventKind::BalanceUpdated { account, balances }));
        for (account, transactions) in by_account(&merged.created) {
            events.push(EventKind::TransactionsCreated { account, transactions });
        }
        for (account, transactions) in by_account(&merged.modified) {
            events.push(EventKind::TransactionsModified { account, transactions });
        }
        for (account, transactions) in by_account(&merged.removed) {
            events.push(EventKind::TransactionsRemoved { account, transactions });
        }
        if !events.is_empty() {
            events.push(EventKind::DashboardUpdated);
        }
        events
    }
}

fn all_differ<T: Eq + Hash>(values: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    values.into_iter().all(|value| seen.insert(value))
}
