//! The port to the end of records: connections that are removed or merged, users that are forgotten.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ConnectionMerge, StoreError};
use crate::audit::{Actor, AuditDraft, AuditSubject};
use crate::events::EventKind;
use crate::model::{ConnectionId, ConnectionStatus, RecordCounts, UserId};

/// What becomes of the records of a connection that ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "they stay or they go")]
pub enum LocalRecords {
    /// Accounts, rows and histories stay, and can be read and edited as before.
    #[default]
    Keep,
    /// The connection goes with its accounts, rows, runs and histories. Events and audit trail stay: they tell what was.
    Erase,
}

/// The end of one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionRemoval {
    /// The user.
    pub user: UserId,
    /// The connection.
    pub connection: ConnectionId,
    /// When it ends.
    pub at: DateTime<Utc>,
    /// What becomes of its records.
    pub local: LocalRecords,
    /// Who ends it.
    pub actor: Actor,
    /// Why, where somebody said so.
    pub reason: Option<String>,
}

impl ConnectionRemoval {
    /// The entry of the audit trail: which records were erased, in numbers and without a word of what they said.
    pub fn audit(&self, status: ConnectionStatus, erased: &RecordCounts) -> AuditDraft {
        let action = match self.local {
            LocalRecords::Keep => "connection_removed",
            LocalRecords::Erase => "connection_erased",
        };
        let subject = AuditSubject::Connection(self.connection);
        let before = Before { status: status.name() };
        let after = After { erased };
        let draft = AuditDraft::new(self.actor.clone(), action, subject);
        draft.changing(Some(&before), Some(&after)).because(self.reason.clone())
    }

    /// What listeners are told, given the status before.
    pub fn events(&self, status: ConnectionStatus) -> Vec<EventKind> {
        let (connection, removed) = (self.connection, ConnectionStatus::Removed);
        let told = match self.local {
            LocalRecords::Erase => Some(EventKind::ConnectionErased { connection }),
            LocalRecords::Keep if status == removed => None,
            LocalRecords::Keep => Some(EventKind::ConnectionChanged { connection, status: removed }),
        };
        told.into_iter().flat_map(|told| [told, EventKind::DashboardUpdated]).collect()
    }
}

#[derive(Serialize)]
struct Before {
    status: &'static str,
}

#[derive(Serialize)]
struct After<'a> {
    erased: &'a RecordCounts,
}

/// Removals, merges and erasures. Each is made whole or not at all.
#[async_trait]
pub trait RemovalStore: Send + Sync {
    /// How many records of each kind the user has.
    async fn records(&self, user: &UserId) -> Result<RecordCounts, StoreError>;

    /// Ends a connection, and returns what was erased. Its access token is destroyed, and nothing more of it is planned.
    ///
    /// One whose records stay is [`ConnectionStatus::Removed`] from then on, without a fault; if it was and had no token any
    /// more, nothing is written. One whose records are erased is no more; their bytes cannot be read from the store's files
    /// afterwards. The audit entry and the events are those of the [`ConnectionRemoval`].
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`](super::StoreErrorKind::NotFound) when the user has no such connection;
    /// [`StoreErrorKind::Unavailable`](super::StoreErrorKind::Unavailable) and
    /// [`StoreErrorKind::NoSpace`](super::StoreErrorKind::NoSpace), too, when everything is erased but the bytes could not be
    /// wiped, because somebody reads them or the disk is full: the next erasure does it, whoever's it is.
    async fn remove_connection(&self, removal: &ConnectionRemoval) -> Result<RecordCounts, StoreError>;

    /// Makes one connection of two, as [`ConnectionMerge`] says.
    ///
    /// # Errors
    /// Nothing is written when there is one.
    /// - [`StoreErrorKind::NotFound`](super::StoreErrorKind::NotFound): the user has no such connections.
    /// - [`StoreErrorKind::Conflict`](super::StoreErrorKind::Conflict): a revision stands elsewhere, or a row or an account is
    ///   not where the merge was planned to find it, or two rows would have one provider id.
    /// - [`StoreErrorKind::InvalidInput`](super::StoreErrorKind::InvalidInput): an account or a row comes twice, both
    ///   connections are one, or the one to stay was removed.
    async fn merge_connections(&self, merge: &ConnectionMerge) -> Result<(), StoreError>;

    /// Erases everything of a user and returns what that was. Nothing of it is left, nor can its bytes be read from the
    /// store's files afterwards, which includes events, audit trail and the numbers they had reached. A user without records
    /// is no error.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`](super::StoreErrorKind::Unavailable) and
    /// [`StoreErrorKind::NoSpace`](super::StoreErrorKind::NoSpace), too, when everything is erased but the bytes could not be
    /// wiped, because somebody reads them or the disk is full: the same call does it later.
    async fn forget_user(&self, user: &UserId) -> Result<RecordCounts, StoreError>;
}
