//! Writing connections, and the attempts on them.

use super::super::StoreError;
use super::books::{Books, StoredConnection, conflict};
use crate::model::{AccessToken, Connection, ConnectionId, ConnectionStatus, HistoryStatus, NewConnection};

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
                if stored.connection.status == ConnectionStatus::Removed {
                    stored.connection.status = ConnectionStatus::New;
                    stored.connection.cursor = None;
                    stored.connection.revision += 1;
                    self.schedules.begin_again(stored.connection.id, new.created_at);
                }
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
}
