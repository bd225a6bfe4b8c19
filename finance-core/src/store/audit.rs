//! The port to users' audit trails.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::{AuditEntry, AuditHead, AuditSubject};
use crate::model::UserId;

/// Audit trails. They grow only by [`LedgerStore::apply`](super::LedgerStore::apply) and other writes of the ports that say
/// so, in their transaction; no method changes or removes an entry, short of forgetting the user.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// The user's entries with a number greater than `after`, oldest first, `limit` at the most, as they are stored: nothing
    /// is verified here.
    async fn audit_entries(
        &self,
        user: &UserId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// The user's entries about one subject, oldest first, `limit` at the most, as they are stored.
    async fn audit_entries_about(
        &self,
        user: &UserId,
        subject: AuditSubject,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError>;

    /// Where the user's trail ends, kept apart from the entries themselves.
    async fn audit_head(&self, user: &UserId) -> Result<AuditHead, StoreError>;
}
