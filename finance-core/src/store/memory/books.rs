//! Everything a memory store holds, and the changes to it: first checked as a whole, then written.

mod check;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::super::{
    Applied, ChangeSet, EditCarry, EditWrite, KnownTransaction, KnownTransactions, RowInsert, RowUpdate,
    StoreError, StoreErrorKind, StoredReconciliation,
};
use super::categories::Categories;
use super::history::History;
use super::logs::Logs;
use super::reconciliations::Reconciliations;
use super::schedules::Schedules;
use super::webhooks::Webhooks;
use crate::events::{Written, events_of};
use crate::model::{
    AccessToken, Account, AccountId, AccountStatus, BalanceEntry, Connection, ConnectionId, ConnectionStatus,
    DateWindow, EditState, ProviderAccount, ProviderAccountId, ProviderConnectionId, ProviderName,
    ProviderTransaction, ProviderTransactionId, RawJson, ReconciliationId, RowOrigin, SyncRun, Transaction,
    TransactionId, TransactionState, UserId,
};

#[derive(Default)]
pub(super) struct Books {
    pub(super) connections: BTreeMap<ConnectionId, StoredConnection>,
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) account_ids: HashMap<(ConnectionId, ProviderAccountId), AccountId>,
    pub(super) rows: BTreeMap<TransactionId, StoredRow>,
    /// Every provider id that a row has or had.
    pub(super) row_ids: HashMap<(ConnectionId, ProviderTransactionId), TransactionId>,
    /// In the order of recording.
    pub(super) runs: Vec<SyncRun>,
    pub(super) history: History,
    pub(super) logs: Logs,
    pub(super) reconciliations: Reconciliations,
    pub(super) schedules: Schedules,
    pub(super) categories: Categories,
    pub(super) webhooks: Webhooks,
    pub(super) last_numbers: LastNumbers,
}

/// The greatest numbers given so far. None is given twice, also after an erasure.
#[derive(Default)]
pub(super) struct LastNumbers {
    pub(super) connection: i64,
    account: i64,
    row: i64,
}

pub(super) struct StoredConnection {
    pub(super) connection: Connection,
    pub(super) token: Option<AccessToken>,
}

pub(super) struct StoredRow {
    pub(super) transaction: Transaction,
    pub(super) raw: Option<RawJson>,
    pub(super) digest: u64,
    pub(super) removed_by_provider: bool,
    pub(super) deleted_by_user: bool,
    pub(super) edited_at: DateTime<Utc>,
}

impl StoredRow {
    fn take_over(&mut self, row: &ProviderTransaction, digest: u64, origin: RowOrigin, account: AccountId) {
        self.transaction.origin = origin;
        self.raw = row.raw.clone();
        self.digest = digest;
        self.transaction.account = account;
        self.transaction.provider = ProviderTransaction { raw: None, ..row.clone() };
    }

    /// What the user made of it, and when.
    pub(super) fn edited(&self) -> (EditState, Option<DateTime<Utc>>) {
        let state = EditState { edits: self.transaction.edits.clone(), deleted: self.deleted_by_user };
        (state, Some(self.edited_at))
    }

    /// Joins what the user made of another row to what the user made of this one.
    pub(super) fn join_edits(&mut self, other: (EditState, Option<DateTime<Utc>>)) {
        let (state, at) = EditState::joined(self.edited(), other);
        self.transaction.edits = state.edits;
        self.deleted_by_user = state.deleted;
        self.edited_at = at.unwrap_or(self.edited_at);
    }

    pub(super) fn settle_state(&mut self) {
        self.transaction.state = match (self.deleted_by_user, self.removed_by_provider) {
            (true, _) => TransactionState::DeletedByUser,
            (false, true) => TransactionState::RemovedByProvider,
            (false, false) => TransactionState::Live,
        };
    }
}

fn not_found(what: &str, number: impl std::fmt::Display) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, format!("this user has no {what} {number}"))
}

pub(super) fn invalid(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::InvalidInput, message)
}

pub(super) fn conflict(message: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, message)
}

/// Reading.
impl Books {
    pub(super) fn sizes(&self) -> (usize, usize, usize) {
        (self.connections.len(), self.accounts.len(), self.rows.len())
    }

    pub(super) fn connection_of(
        &self,
        user: &UserId,
        id: ConnectionId,
    ) -> Result<&StoredConnection, StoreError> {
        let stored = self.connections.get(&id).filter(|stored| stored.connection.user == *user);
        stored.ok_or_else(|| not_found("connection", id))
    }

    pub(super) fn status_of(&self, id: ConnectionId) -> Option<ConnectionStatus> {
        self.connections.get(&id).map(|stored| stored.connection.status)
    }

    pub(super) fn connections_of<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a Connection> {
        self.connections.values().map(|stored| &stored.connection).filter(move |it| it.user == *user)
    }

    pub(super) fn connection_of_provider(
        &self,
        provider: &ProviderName,
        id: &ProviderConnectionId,
    ) -> Option<&Connection> {
        let mut connections = self.connections.values().map(|stored| &stored.connection);
        connections.find(|connection| connection.provider == *provider && connection.provider_id == *id)
    }

    pub(super) fn accounts_of<'a>(&'a self, user: &'a UserId) -> impl Iterator<Item = &'a Account> {
        self.accounts.values().filter(move |account| account.user == *user)
    }

    pub(super) fn account_of(&self, user: &UserId, id: AccountId) -> Result<&Account, StoreError> {
        let account = self.accounts.get(&id).filter(|account| account.user == *user);
        account.ok_or_else(|| not_found("account", id))
    }

    pub(super) fn reconciliation_of(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<&StoredReconciliation, StoreError> {
        let stored = self.reconciliations.one(id);
        let own = stored.filter(|stored| self.account_of(user, stored.summary.account).is_ok());
        own.ok_or_else(|| not_found("reconciliation", id))
    }

    pub(super) fn row_of(&self, user: &UserId, id: TransactionId) -> Result<&StoredRow, StoreError> {
        let row = self.rows.get(&id).filter(|row| self.owns(user, row));
        row.ok_or_else(|| not_found("transaction", id))
    }

    pub(super) fn owns(&self, user: &UserId, row: &StoredRow) -> bool {
        let connection = self.connections.get(&row.transaction.connection);
        connection.is_some_and(|stored| stored.connection.user == *user)
    }

    pub(super) fn known(
        &self,
        connection: ConnectionId,
        which: KnownTransactions<'_>,
    ) -> Vec<KnownTransaction> {
        let known = |provider_id: &ProviderTransactionId, id: TransactionId| {
            let row = self.rows.get(&id)?;
            Some(KnownTransaction {
                provider_id: provider_id.clone(),
                id,
                superseded: row.transaction.provider.id != *provider_id,
                account: row.transaction.account,
                removed_by_provider: row.removed_by_provider,
                state: row.transaction.state,
                digest: row.digest,
                origin: row.transaction.origin,
            })
        };
        match which {
            KnownTransactions::All => {
                let own = self.row_ids.iter().filter(|((owner, _), _)| *owner == connection);
                own.filter_map(|((_, provider_id), &id)| known(provider_id, id)).collect()
            }
            KnownTransactions::Among(ids) => {
                let ids: BTreeSet<&ProviderTransactionId> = ids.iter().collect();
                ids.into_iter()
                    .filter_map(|provider_id| known(provider_id, self.leads_to(connection, provider_id)?))
                    .collect()
            }
        }
    }

    fn leads_to(
        &self,
        connection: ConnectionId,
        provider_id: &ProviderTransactionId,
    ) -> Option<TransactionId> {
        self.row_ids.get(&(connection, provider_id.clone())).copied()
    }

    pub(super) fn runs(&self, connection: ConnectionId, limit: u32) -> Vec<SyncRun> {
        let newest_first = self.runs.iter().rev().filter(|run| run.connection == connection);
        newest_first.take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect()
    }

    pub(super) fn balance_history(
        &self,
        user: &UserId,
        account: AccountId,
        window: DateWindow,
        limit: u32,
    ) -> Result<Vec<BalanceEntry>, StoreError> {
        if self.accounts.get(&account).is_none_or(|stored| stored.user != *user) {
            return Err(not_found("account", account));
        }
        Ok(self.history.entries(account, window, limit))
    }
}

/// Writing.
impl Books {
    /// Writes a change set that was checked.
    pub(super) fn write(&mut self, change: &ChangeSet) -> Applied {
        let mut applied = Applied::default();
        let mut written = Written::default();
        let Some(user) = self.write_connection(change, &mut written) else { return applied };
        for gone in &change.accounts.gone {
            if let Some(account) = self.accounts.get_mut(gone)
                && account.status == AccountStatus::Open
            {
                account.status = AccountStatus::Gone;
                written.accounts_gone.push(*gone);
            }
        }
        for account in &change.accounts.listed {
            applied.accounts.push(self.write_account(change, &user, account, &mut written));
        }
        let before = self.counting_rows(change);
        for carry in &change.edit_carries {
            self.carry_edits(*carry);
        }
        for update in &change.updates {
            self.write_update(change, update);
        }
        for id in &change.removals {
            if let Some(row) = self.rows.get_mut(id) {
                row.removed_by_provider = true;
                row.transaction.updated_at = change.at;
                row.settle_state();
            }
        }
        for insert in &change.inserts {
            applied.transactions.extend(self.write_insert(change, insert));
        }
        for known in &change.known_as {
            self.row_ids.insert((change.connection, known.provider_id.clone()), known.id);
        }
        for edit in &change.edits {
            self.write_edit(edit, change.at);
        }
        self.queue_rows(&user, &applied.transactions);
        self.note_rows(change, &before, &applied, &mut written);
        self.runs.extend(change.run.clone());
        applied.reconciliations = self.reconciliations.write(change);
        self.logs.add(&user, change.at, &change.audit, events_of(change, &written, &applied), &applied);
        applied
    }

    /// The rows that a change set may change, as far as they count now.
    fn counting_rows(&self, change: &ChangeSet) -> HashSet<TransactionId> {
        let counts = |id: &TransactionId| {
            self.rows.get(id).is_some_and(|row| row.transaction.state == TransactionState::Live)
        };
        touched(change).filter(counts).collect()
    }

    /// Notes which rows began to count, changed, or count no longer.
    fn note_rows(
        &self,
        change: &ChangeSet,
        before: &HashSet<TransactionId>,
        applied: &Applied,
        written: &mut Written,
    ) {
        let touched: BTreeSet<TransactionId> =
            touched(change).chain(applied.transactions.iter().copied()).collect();
        for id in touched {
            let Some(row) = self.rows.get(&id).map(|row| &row.transaction) else { continue };
            match (before.contains(&id), row.state == TransactionState::Live) {
                (false, true) => written.created.push((row.account, id)),
                (true, true) => written.modified.push((row.account, id)),
                (true, false) => written.removed.push((row.account, id)),
                (false, false) => {}
            }
        }
    }

    fn write_connection(&mut self, change: &ChangeSet, written: &mut Written) -> Option<UserId> {
        let connection = &mut self.connections.get_mut(&change.connection)?.connection;
        if let Some(step) = &change.cursor {
            connection.cursor = step.next.clone();
            connection.synced_at = Some(change.at);
        }
        connection.revision += u64::from(change.revises());
        let removed = connection.status == ConnectionStatus::Removed;
        if let Some(status) = change.status.filter(|_| !removed) {
            written.status = (connection.status != status).then_some(status);
            connection.status = status;
            connection.fault.clone_from(&change.fault);
        }
        connection.history = change.history.unwrap_or(connection.history);
        if change.institution.is_some() {
            connection.institution = change.institution.clone();
        }
        connection.consent_expires_at = change.consent_expires_at.unwrap_or(connection.consent_expires_at);
        connection.bank_updated_at = change.bank_updated_at.or(connection.bank_updated_at);
        connection.bank_failed_at = change.bank_failed_at.or(connection.bank_failed_at);
        connection.new_accounts_available =
            change.new_accounts_available.unwrap_or(connection.new_accounts_available);
        Some(connection.user.clone())
    }

    fn write_account(
        &mut self,
        change: &ChangeSet,
        user: &UserId,
        provider: &ProviderAccount,
        written: &mut Written,
    ) -> AccountId {
        let id = *self.account_ids.entry((change.connection, provider.id.clone())).or_insert_with(|| {
            self.last_numbers.account += 1;
            AccountId::new(self.last_numbers.account)
        });
        let before = self.accounts.get(&id);
        if before.is_none_or(|before| before.status != AccountStatus::Open) {
            written.accounts_connected.push(id);
        }
        let at = change.balances_at.unwrap_or(change.at);
        let newer = before.filter(|before| before.balances_at > at);
        let (balances, balances_at) = match newer {
            Some(newer) => (newer.provider.balances.clone(), newer.balances_at),
            None => (provider.balances.clone(), at),
        };
        if before.is_none_or(|before| !before.provider.balances.same_amounts(&balances)) {
            written.balances.push((id, balances.clone()));
        }
        let (told, source) = (provider.balances.clone(), change.balance_source);
        self.history.add(BalanceEntry { account: id, at, balances: told, source });
        let account = Account {
            id,
            user: user.clone(),
            connection: change.connection,
            provider: ProviderAccount { balances, ..provider.clone() },
            status: AccountStatus::Open,
            balances_at,
        };
        self.accounts.insert(id, account);
        id
    }

    fn carry_edits(&mut self, EditCarry { from, to }: EditCarry) {
        let Some(edited) = self.rows.get(&from).map(StoredRow::edited) else { return };
        if let Some(row) = self.rows.get_mut(&to) {
            row.join_edits(edited);
            row.settle_state();
        }
    }

    fn write_update(&mut self, change: &ChangeSet, update: &RowUpdate) {
        let account = self.account_ids.get(&(change.connection, update.row.account.clone()));
        if let (Some(row), Some(&account)) = (self.rows.get_mut(&update.id), account) {
            row.take_over(&update.row, update.digest, update.origin, account);
            row.removed_by_provider = false;
            row.transaction.updated_at = change.at;
            row.settle_state();
            self.row_ids.insert((change.connection, update.row.id.clone()), update.id);
        }
    }

    fn write_insert(&mut self, change: &ChangeSet, insert: &RowInsert) -> Option<TransactionId> {
        let row = &insert.row;
        let account = *self.account_ids.get(&(change.connection, row.account.clone()))?;
        self.last_numbers.row += 1;
        let id = TransactionId::new(self.last_numbers.row);
        let transaction = Transaction {
            id,
            account,
            connection: change.connection,
            provider: ProviderTransaction { raw: None, ..row.clone() },
            origin: insert.origin,
            edits: insert.edits.as_deref().cloned().unwrap_or_default(),
            assigned: None,
            state: TransactionState::Live,
            created_at: change.at,
            updated_at: change.at,
        };
        let stored = StoredRow {
            transaction,
            raw: row.raw.clone(),
            digest: insert.digest,
            removed_by_provider: false,
            deleted_by_user: false,
            edited_at: change.at,
        };
        self.rows.insert(id, stored);
        self.row_ids.insert((change.connection, row.id.clone()), id);
        Some(id)
    }

    fn write_edit(&mut self, edit: &EditWrite, at: DateTime<Utc>) {
        if let Some(row) = self.rows.get_mut(&edit.id) {
            row.transaction.edits = edit.after.edits.clone();
            row.deleted_by_user = edit.after.deleted;
            row.edited_at = at;
            row.settle_state();
        }
    }
}

/// The stored rows that a change set may change.
fn touched(change: &ChangeSet) -> impl Iterator<Item = TransactionId> {
    let carried = change.edit_carries.iter().map(|carry| carry.to);
    let updated = change.updates.iter().map(|update| update.id);
    let removed = change.removals.iter().copied();
    carried.chain(updated).chain(removed).chain(change.edits.iter().map(|edit| edit.id))
}

pub(super) fn no_connection(id: ConnectionId) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, format!("there is no connection {id}"))
}
