//! Writing connections, and the attempts on them.

use super::super::{Applied, ChangeSet, StoreError};
use super::books::{Books, StoredConnection, conflict, no_connection};
use crate::events::{Written, events_of};
use crate::model::{
    AccessToken, Connection, ConnectionId, ConnectionStatus, HistoryStatus, NewConnection, SyncRun,
};

impl Books {
    pub(super) fn insert_connection(&mut self, new: NewConnection) -> Result<Connection, StoreError> {
        let same = |stored: &&mut StoredConnection| {
            stored.connection.provider == new.provider && stored.connection.provider_id == new.provider_id
        };
        if let Some(stored) = self.connections.values_mut().find(same) {
            if stored.connection.user != new.user {
                return Err(conflict("the provider's connection belongs to another user"));
            }
            if new.access_token.is_some() {
                stored.token = new.access_token;
            }
            return Ok(stored.connection.clone());
        }
        self.last_numbers.connection += 1;
        let id = ConnectionId::new(self.last_numbers.connection);
        let connection = Connection {
            id,
            user: new.user,
            provider: new.provider,
            provider_id: new.provider_id,
            institution: new.institution,
            status: ConnectionStatus::of_new(new.access_token.is_some()),
            cursor: None,
            history: HistoryStatus::Unknown,
            created_at: new.created_at,
            synced_at: None,
            fault: None,
            consent_expires_at: None,
            bank_updated_at: None,
            bank_failed_at: None,
            new_accounts_available: false,
            revision: 0,
        };
        self.schedules.add(&connection, new.frequency);
        let stored = StoredConnection { connection: connection.clone(), token: new.access_token };
        self.connections.insert(id, stored);
        Ok(connection)
    }

    pub(super) fn replace_token(&mut self, id: ConnectionId, token: AccessToken) {
        if let Some(stored) = self.connections.get_mut(&id) {
            stored.token = Some(token);
        }
    }

    pub(super) fn record_run(
        &mut self,
        run: &SyncRun,
        status: Option<ConnectionStatus>,
    ) -> Result<(), StoreError> {
        let id = run.connection;
        let connection = &mut self.connections.get_mut(&id).ok_or_else(|| no_connection(id))?.connection;
        let change = ChangeSet::new(id, run.ended_at);
        let removed = connection.status == ConnectionStatus::Removed;
        let status = status.filter(|_| !removed);
        connection.revision += u64::from(status.is_some());
        let status = status.filter(|status| *status != connection.status);
        connection.status = status.unwrap_or(connection.status);
        if run.fault.is_some() {
            connection.fault.clone_from(&run.fault);
        }
        self.runs.push(run.clone());
        let written = Written { status, ..Written::default() };
        let applied = Applied::default();
        let user = connection.user.clone();
        self.logs.add(&user, run.ended_at, &[], events_of(&change, &written, &applied), &applied);
        Ok(())
    }
}
