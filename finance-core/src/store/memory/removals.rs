//! The end of records: connections that are removed, users that are forgotten.

use std::collections::HashSet;

use async_trait::async_trait;

use super::super::{Applied, ConnectionMerge, ConnectionRemoval, LocalRecords, RemovalStore, StoreError};
use super::MemoryStore;
use super::books::Books;
use crate::model::{AccountId, ConnectionId, ConnectionStatus, RecordCounts, RecordKind, UserId};

impl Books {
    pub(super) fn remove_connection(
        &mut self,
        removal: &ConnectionRemoval,
    ) -> Result<RecordCounts, StoreError> {
        let stored = self.connection_of(&removal.user, removal.connection)?;
        let (status, has_token) = (stored.connection.status, stored.token.is_some());
        let erased = match removal.local {
            LocalRecords::Keep if status == ConnectionStatus::Removed && !has_token => {
                return Ok(RecordCounts::default());
            }
            LocalRecords::Keep => {
                self.end_connection(removal.connection);
                RecordCounts::default()
            }
            LocalRecords::Erase => self.erase(&HashSet::from([removal.connection])),
        };
        let (draft, events) = (removal.audit(status, &erased), removal.events(status));
        self.logs.add(&removal.user, removal.at, &[draft], events, &Applied::default());
        Ok(erased)
    }

    /// Leaves a connection without token, fault and plans.
    pub(super) fn end_connection(&mut self, id: ConnectionId) {
        if let Some(stored) = self.connections.get_mut(&id) {
            stored.token = None;
            stored.connection.status = ConnectionStatus::Removed;
            stored.connection.fault = None;
            stored.connection.revision += 1;
        }
        self.schedules.end(id);
    }

    pub(super) fn forget_user(&mut self, user: &UserId) -> RecordCounts {
        let connections = self.connections_of(user).map(|connection| connection.id).collect();
        let mut erased = self.erase(&connections);
        let (events, entries) = self.logs.forget(user);
        erased.add(RecordKind::CategoryRules, self.categories.forget(user));
        erased.add(RecordKind::Events, events);
        erased.add(RecordKind::AuditEntries, entries);
        erased
    }

    pub(super) fn records(&self, user: &UserId) -> RecordCounts {
        let connections: HashSet<ConnectionId> = self.connections_of(user).map(|own| own.id).collect();
        let accounts: HashSet<AccountId> = self.accounts_of(user).map(|account| account.id).collect();
        let (events, entries) = self.logs.sizes(user);
        let of = |connection: &ConnectionId| connections.contains(connection);
        let mut records = RecordCounts::default();
        records.add(RecordKind::Connections, connections.len() as u64);
        records.add(RecordKind::Accounts, accounts.len() as u64);
        let rows = self.rows.values().filter(|row| of(&row.transaction.connection));
        records.add(RecordKind::Transactions, rows.count() as u64);
        records.add(RecordKind::SyncRuns, self.runs.iter().filter(|run| of(&run.connection)).count() as u64);
        records.add(RecordKind::Balances, self.history.size(&accounts));
        let (comparisons, statements) = self.reconciliations.sizes(&accounts);
        records.add(RecordKind::Reconciliations, comparisons);
        records.add(RecordKind::Statements, statements);
        records.add(RecordKind::CategoryRules, self.categories.size(user));
        records.add(RecordKind::Events, events);
        records.add(RecordKind::AuditEntries, entries);
        records
    }

    /// Erases connections and everything that hangs on them.
    fn erase(&mut self, connections: &HashSet<ConnectionId>) -> RecordCounts {
        let of = |connection: &ConnectionId| connections.contains(connection);
        let own = self.accounts.values().filter(|account| of(&account.connection));
        let accounts: HashSet<AccountId> = own.map(|account| account.id).collect();
        let mut erased = RecordCounts::default();
        let mut count = |kind, before: usize, after: usize| erased.add(kind, (before - after) as u64);

        let before = self.connections.len();
        self.connections.retain(|id, _| !of(id));
        count(RecordKind::Connections, before, self.connections.len());
        let before = self.accounts.len();
        self.accounts.retain(|id, _| !accounts.contains(id));
        count(RecordKind::Accounts, before, self.accounts.len());
        let before = self.rows.len();
        self.rows.retain(|_, row| !of(&row.transaction.connection));
        count(RecordKind::Transactions, before, self.rows.len());
        let before = self.runs.len();
        self.runs.retain(|run| !of(&run.connection));
        count(RecordKind::SyncRuns, before, self.runs.len());

        self.drop_empty_ranges();
        self.schedules.erase(connections);
        self.account_ids.retain(|(connection, _), _| !of(connection));
        self.row_ids.retain(|(connection, _), _| !of(connection));
        erased.add(RecordKind::Balances, self.history.erase(&accounts));
        let (comparisons, statements) = self.reconciliations.erase(&accounts);
        erased.add(RecordKind::Reconciliations, comparisons);
        erased.add(RecordKind::Statements, statements);
        erased
    }
}

#[async_trait]
impl RemovalStore for MemoryStore {
    async fn records(&self, user: &UserId) -> Result<RecordCounts, StoreError> {
        Ok(self.books().records(user))
    }

    async fn remove_connection(&self, removal: &ConnectionRemoval) -> Result<RecordCounts, StoreError> {
        let erased = self.books().remove_connection(removal)?;
        self.news.notify_waiters();
        Ok(erased)
    }

    async fn merge_connections(&self, merge: &ConnectionMerge) -> Result<(), StoreError> {
        self.books().merge_connections(merge)?;
        self.news.notify_waiters();
        Ok(())
    }

    async fn forget_user(&self, user: &UserId) -> Result<RecordCounts, StoreError> {
        Ok(self.books().forget_user(user))
    }
}
