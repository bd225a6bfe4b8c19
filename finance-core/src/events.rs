//! What listeners are told.
//!
//! Events are written in the transaction of what they tell, and numbered user by user from 1 without a gap, so a listener
//! that keeps the last number it saw misses nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{
    AccountId, Balances, ConnectionId, ConnectionStatus, Money, ReconciliationId, RowOrigin, TransactionId,
    UserId,
};
use crate::store::{Applied, ChangeSet};

/// Transactions that one event names at the most; more become several events.
pub const EVENT_TRANSACTIONS_MAX: usize = 500;

/// Something that happened in a user's books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its number among the user's events: 1, 2, 3, …
    pub number: u64,
    /// Whose books.
    pub user: UserId,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// An account is in the books for the first time, or again.
    AccountConnected {
        /// Its connection.
        connection: ConnectionId,
        /// The account.
        account: AccountId,
    },
    /// The provider no longer lists an account. Its history stays.
    AccountGone {
        /// Its connection.
        connection: ConnectionId,
        /// The account.
        account: AccountId,
    },
    /// A connection has another status.
    ConnectionChanged {
        /// The connection.
        connection: ConnectionId,
        /// The status from now on.
        status: ConnectionStatus,
    },
    /// Two accounts of a bank that was linked twice are one from now on.
    AccountMerged {
        /// Its connection from now on.
        connection: ConnectionId,
        /// The account that stays.
        account: AccountId,
        /// The account that is no more; its rows are the other one's now.
        was: AccountId,
    },
    /// A connection was erased with its accounts, rows and histories.
    ConnectionErased {
        /// The connection that is no more.
        connection: ConnectionId,
    },
    /// The bank told another balance.
    BalanceUpdated {
        /// The account.
        account: AccountId,
        /// The balances, in our sign.
        balances: Balances,
    },
    /// Rows are new, or count again.
    TransactionsCreated {
        /// Their account.
        account: AccountId,
        /// The rows, by ascending identifier, [`EVENT_TRANSACTIONS_MAX`] at the most.
        transactions: Vec<TransactionId>,
    },
    /// Rows changed, by the provider or the user.
    TransactionsModified {
        /// Their account.
        account: AccountId,
        /// The rows, by ascending identifier, [`EVENT_TRANSACTIONS_MAX`] at the most.
        transactions: Vec<TransactionId>,
    },
    /// Rows count no longer: the provider took them back, or the user deleted them.
    TransactionsRemoved {
        /// Their account.
        account: AccountId,
        /// The rows, by ascending identifier, [`EVENT_TRANSACTIONS_MAX`] at the most.
        transactions: Vec<TransactionId>,
    },
    /// An account was compared with the bank.
    AccountReconciled {
        /// The account.
        account: AccountId,
        /// The comparison.
        reconciliation: ReconciliationId,
        /// How well they agree, 0 to 100; `None` when that cannot be known.
        score: Option<u8>,
        /// The bank's change less the books'; `None` when it cannot be known.
        difference: Option<Money>,
    },
    /// A correction that the user accepted became an entry of the books.
    EntryCreated {
        /// Its account.
        account: AccountId,
        /// The entry.
        transaction: TransactionId,
    },
    /// An operation over many accounts ended.
    BulkCompleted {
        /// Which operation, by a stable name such as `reconcile`.
        operation: String,
        /// Accounts it went well for.
        done: u32,
        /// Accounts it failed for.
        failed: u32,
    },
    /// What an overview shows may have changed: read it anew.
    DashboardUpdated,
}

impl EventKind {
    /// The stable name, as in `transactions_created`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::AccountConnected { .. } => "account_connected",
            Self::AccountGone { .. } => "account_gone",
            Self::ConnectionChanged { .. } => "connection_changed",
            Self::AccountMerged { .. } => "account_merged",
            Self::ConnectionErased { .. } => "connection_erased",
            Self::BalanceUpdated { .. } => "balance_updated",
            Self::TransactionsCreated { .. } => "transactions_created",
            Self::TransactionsModified { .. } => "transactions_modified",
            Self::TransactionsRemoved { .. } => "transactions_removed",
            Self::AccountReconciled { .. } => "account_reconciled",
            Self::EntryCreated { .. } => "entry_created",
            Self::BulkCompleted { .. } => "bulk_completed",
            Self::DashboardUpdated => "dashboard_updated",
        }
    }
}

/// What a store found out while it wrote a change set, as far as listeners want to know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The status, if it is another one than before.
    pub status: Option<ConnectionStatus>,
    /// Accounts that are new, or open again.
    pub accounts_connected: Vec<AccountId>,
    /// Accounts that were open and are gone.
    pub accounts_gone: Vec<AccountId>,
    /// Accounts whose balances are others than before (the day of the balance aside), with the new ones.
    pub balances: Vec<(AccountId, Balances)>,
    /// Rows that count and did not before, with their accounts.
    pub created: Vec<(AccountId, TransactionId)>,
    /// Rows that count, counted before, and changed.
    pub modified: Vec<(AccountId, TransactionId)>,
    /// Rows that counted and do no longer.
    pub removed: Vec<(AccountId, TransactionId)>,
}

/// The events that a change set gives rise to, in order: the connection, accounts, balances, rows, reconciliations, what the
/// change set names itself, and last, if there is any other, [`EventKind::DashboardUpdated`].
pub fn events_of(change: &ChangeSet, written: &Written, applied: &Applied) -> Vec<EventKind> {
    let connection = change.connection;
    let mut events = Vec::new();
    events.extend(written.status.map(|status| EventKind::ConnectionChanged { connection, status }));
    let connected = written.accounts_connected.iter();
    events.extend(connected.map(|&account| EventKind::AccountConnected { connection, account }));
    let gone = written.accounts_gone.iter();
    events.extend(gone.map(|&account| EventKind::AccountGone { connection, account }));
    let balances = written.balances.iter().cloned();
    events.extend(balances.map(|(account, balances)| EventKind::BalanceUpdated { account, balances }));

    for (account, transactions) in by_account(&written.created) {
        events.push(EventKind::TransactionsCreated { account, transactions });
    }
    for (account, transactions) in by_account(&written.modified) {
        events.push(EventKind::TransactionsModified { account, transactions });
    }
    for (account, transactions) in by_account(&written.removed) {
        events.push(EventKind::TransactionsRemoved { account, transactions });
    }

    let accounts: BTreeMap<TransactionId, AccountId> =
        if change.inserts.iter().any(|insert| insert.origin == RowOrigin::Correction) {
            written.created.iter().map(|&(account, id)| (id, account)).collect()
        } else {
            BTreeMap::new()
        };
    for (insert, &transaction) in change.inserts.iter().zip(&applied.transactions) {
        if insert.origin == RowOrigin::Correction
            && let Some(&account) = accounts.get(&transaction)
        {
            events.push(EventKind::EntryCreated { account, transaction });
        }
    }
    for (new, &reconciliation) in change.reconciliations.iter().zip(&applied.reconciliations) {
        let (account, score, difference) = (new.account, new.score, new.difference.clone());
        events.push(EventKind::AccountReconciled { account, reconciliation, score, difference });
    }
    events.extend(change.events.iter().cloned());
    if !events.is_empty() {
        events.push(EventKind::DashboardUpdated);
    }
    events
}

/// The rows by account, each account's in ascending order and in portions that fit into an event.
pub(crate) fn by_account(rows: &[(AccountId, TransactionId)]) -> Vec<(AccountId, Vec<TransactionId>)> {
    let mut accounts: BTreeMap<AccountId, Vec<TransactionId>> = BTreeMap::new();
    for &(account, id) in rows {
        accounts.entry(account).or_default().push(id);
    }
    let mut portions = Vec::new();
    for (account, mut ids) in accounts {
        ids.sort_unstable();
        ids.dedup();
        portions.extend(ids.chunks(EVENT_TRANSACTIONS_MAX).map(|portion| (account, portion.to_vec())));
    }
    portions
}
