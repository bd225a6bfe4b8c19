//! What listeners are told.

use finance_core::EventKind;

use super::{Balances, Money, numbers};
use crate::choices::ConnectionStatus;
use crate::record::record;
use crate::values::{Instant, Many};

record! {
    /// Something that changed in a user's books. Only what its kind is about is given.
    Event {
        /// Its number, one more than the one before it of the same user.
        number: u64,
        /// When it happened.
        at: Instant,
        /// What happened, such as `transactions_created`.
        kind: String,
        /// The connection.
        connection: Option<i64>,
        /// The account.
        account: Option<i64>,
        /// The transactions.
        transactions: Many<i64>,
        /// The connection's new state.
        status: Option<ConnectionStatus>,
        /// The new balances.
        balances: Option<Balances>,
        /// Under which number a merged account was known.
        was: Option<i64>,
        /// The comparison with the bank.
        reconciliation: Option<i64>,
        /// Its score, 0 to 100.
        score: Option<u8>,
        /// By how much bank and books differ.
        difference: Option<Money>,
        /// The bulk operation that is complete.
        operation: Option<String>,
        /// How many of it went well.
        done: Option<u32>,
        /// How many of it failed.
        failed: Option<u32>,
    }
}

impl From<finance_core::Event> for Event {
    fn from(event: finance_core::Event) -> Self {
        let mut it = Self {
            number: event.number,
            at: event.at.into(),
            kind: super::tag(&event.kind, "event"),
            connection: None,
            account: None,
            transactions: Many(Vec::new()),
            status: None,
            balances: None,
            was: None,
            reconciliation: None,
            score: None,
            difference: None,
            operation: None,
            done: None,
            failed: None,
        };
        match event.kind {
            EventKind::AccountConnected { connection, account }
            | EventKind::AccountGone { connection, account } => {
                (it.connection, it.account) = (Some(connection.number()), Some(account.number()));
            }
            EventKind::ConnectionChanged { connection, status } => {
                (it.connection, it.status) = (Some(connection.number()), Some(status.into()));
            }
            EventKind::AccountMerged { connection, account, was } => {
                (it.connection, it.account) = (Some(connection.number()), Some(account.number()));
                it.was = Some(was.number());
            }
            EventKind::ConnectionErased { connection } => it.connection = Some(connection.number()),
            EventKind::BalanceUpdated { account, balances } => {
                (it.account, it.balances) = (Some(account.number()), Some(balances.into()));
            }
            EventKind::TransactionsCreated { account, transactions }
            | EventKind::TransactionsModified { account, transactions }
            | EventKind::TransactionsRemoved { account, transactions } => {
                (it.account, it.transactions) = (Some(account.number()), numbers!(transactions));
            }
            EventKind::AccountReconciled { account, reconciliation, score, difference } => {
                (it.account, it.reconciliation) = (Some(account.number()), Some(reconciliation.number()));
                (it.score, it.difference) = (score, difference.map(Into::into));
            }
            EventKind::EntryCreated { account, transaction } => {
                (it.account, it.transactions) = (Some(account.number()), Many(vec![transaction.number()]));
            }
            EventKind::BulkCompleted { operation, done, failed } => {
                (it.operation, it.done, it.failed) = (Some(operation), Some(done), Some(failed));
            }
            _ => {}
        }
        it
    }
}
