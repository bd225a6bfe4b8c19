//! Whether a change set can be written.

use std::collections::HashSet;

use super::super::super::{ChangeSet, RowUpdate, StoreError};
use super::{Books, StoredRow, conflict, invalid, no_connection};
use crate::model::{ConnectionId, ConnectionStatus, ProviderAccountId, TransactionId};

impl Books {
    /// Whether the whole change set can be written.
    pub(in super::super) fn check(&self, change: &ChangeSet) -> Result<(), StoreError> {
        let id = change.connection;
        let stored = self.connections.get(&id).ok_or_else(|| no_connection(id))?;
        let removed = stored.connection.status == ConnectionStatus::Removed;
        if removed && (change.cursor.is_some() || !change.accounts.listed.is_empty()) {
            return Err(conflict("the connection was removed meanwhile"));
        }
        if change.cursor.as_ref().is_some_and(|step| step.expected != stored.connection.cursor) {
            return Err(conflict("somebody else wrote to the connection first"));
        }
        if change.revision.is_some_and(|revision| revision != stored.connection.revision) {
            return Err(conflict("somebody else wrote to the connection first"));
        }
        if change.run.as_ref().is_some_and(|run| run.connection != id) {
            return Err(invalid("the run belongs to another connection".to_owned()));
        }
        for gone in &change.accounts.gone {
            let own = self.accounts.get(gone).is_some_and(|account| account.connection == id);
            if !own {
                return Err(invalid(format!("account {gone} is none of the connection's")));
            }
        }
        let is_own = |id| self.accounts.get(&id).is_some_and(|it| it.connection == change.connection);
        self.reconciliations.check(change, is_own)?;
        self.check_rows(change)
    }

    fn check_rows(&self, change: &ChangeSet) -> Result<(), StoreError> {
        let rows =
            change.updates.iter().map(|update| &update.row).chain(change.inserts.iter().map(|it| &it.row));
        let listed: HashSet<&ProviderAccountId> = change.accounts.listed.iter().map(|it| &it.id).collect();
        for row in rows {
            let known = self.account_ids.contains_key(&(change.connection, row.account.clone()));
            if !known && !listed.contains(&row.account) {
                return Err(invalid("a row names an account that the connection does not have".to_owned()));
            }
        }

        let mut updated = HashSet::new();
        let mut taken = HashSet::new();
        for update in &change.updates {
            self.check_update(change.connection, update)?;
            if !updated.insert(update.id) {
                return Err(invalid(format!("transaction {} is updated twice", update.id)));
            }
            if !taken.insert(&update.row.id) {
                return Err(conflict("two rows would have the same provider id"));
            }
        }
        for insert in &change.inserts {
            if self.leads_to(change.connection, &insert.row.id).is_some() || !taken.insert(&insert.row.id) {
                return Err(conflict("a new row's provider id is stored already"));
            }
        }
        for known in &change.known_as {
            self.own_row(change.connection, known.id)?;
            let other = self.leads_to(change.connection, &known.provider_id).filter(|id| *id != known.id);
            if other.is_some() || !taken.insert(&known.provider_id) {
                return Err(conflict("a further provider id leads to another row"));
            }
        }
        for &id in &change.removals {
            self.own_row(change.connection, id)?;
        }
        for carry in &change.edit_carries {
            self.own_row(change.connection, carry.from)?;
            self.own_row(change.connection, carry.to)?;
        }
        self.check_edits(change)
    }

    fn check_edits(&self, change: &ChangeSet) -> Result<(), StoreError> {
        let mut edited = HashSet::new();
        for edit in &change.edits {
            let row = self.rows.get(&edit.id).filter(|row| row.transaction.connection == change.connection);
            let row =
                row.ok_or_else(|| conflict("an edited transaction is none of the connection's by now"))?;
            if !edited.insert(edit.id) {
                return Err(invalid(format!("transaction {} is edited twice", edit.id)));
            }
            if row.transaction.edit_state() != edit.before {
                return Err(conflict("the user changed the row meanwhile"));
            }
        }
        Ok(())
    }

    fn check_update(&self, connection: ConnectionId, update: &RowUpdate) -> Result<(), StoreError> {
        let row = self.own_row(connection, update.id)?;
        if (row.transaction.provider.id != update.row.id) != update.renamed {
            return Err(conflict("a row has another provider id by now"));
        }
        match self.leads_to(connection, &update.row.id) {
            Some(other) if other != update.id => {
                Err(conflict("a row's new provider id leads to another row"))
            }
            _ => Ok(()),
        }
    }

    fn own_row(&self, connection: ConnectionId, id: TransactionId) -> Result<&StoredRow, StoreError> {
        let row = self.rows.get(&id).filter(|row| row.transaction.connection == connection);
        row.ok_or_else(|| invalid(format!("transaction {id} is none of the connection's")))
    }
}
