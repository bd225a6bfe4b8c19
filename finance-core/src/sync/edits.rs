//! `edit_transaction`: what the user changes on transactions.

use super::{SyncEngine, SyncError, SyncErrorKind};
use crate::audit::{AuditDraft, AuditSubject};
use crate::model::{Transaction, TransactionEdit, TransactionId, UserId};
use crate::store::{ChangeSet, EditWrite, StoreErrorKind};

/// Tries after somebody else changed the same row in between.
const TRIES: usize = 5;

impl SyncEngine {
    /// Applies a change of the user's to a transaction and returns it as it stands afterwards. It wins over everything the
    /// provider reports later. What it was before and is now goes into the audit trail; a change that changes nothing does
    /// not.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such transaction, [`SyncErrorKind::InvalidInput`] for texts that are
    /// too long and parts that do not sum up to the amount. Nothing is changed then.
    pub async fn edit_transaction(
        &self,
        user: &UserId,
        id: TransactionId,
        edit: &TransactionEdit,
    ) -> Result<Transaction, SyncError> {
        for _ in 1..TRIES {
            match self.try_to_edit(user, id, edit).await {
                Err(error) if *error.kind() == SyncErrorKind::Store(StoreErrorKind::Conflict) => {}
                answer => return answer,
            }
        }
        self.try_to_edit(user, id, edit).await
    }

    async fn try_to_edit(
        &self,
        user: &UserId,
        id: TransactionId,
        edit: &TransactionEdit,
    ) -> Result<Transaction, SyncError> {
        let stored = self.store.transaction(user, id).await?;
        let before = stored.edit_state();
        let after = edit.applied(&stored)?;
        if before == after {
            return Ok(stored);
        }
        let draft = AuditDraft::new(self.actor.clone(), "transaction_edited", AuditSubject::Transaction(id));
        let change = ChangeSet {
            audit: vec![draft.changing(Some(&before), Some(&after))],
            edits: vec![EditWrite { id, before, after }],
            ..ChangeSet::new(stored.connection, self.clock.now())
        };
        self.store.apply(&change).await?;
        Ok(self.store.transaction(user, id).await?)
    }
}
