//! `edit_transaction` and `edit_transactions`: what the user changes on transactions.

use std::collections::{BTreeMap, BTreeSet};

use super::conflicts::again_on_conflict;
use super::{SyncEngine, SyncError, SyncErrorKind};
use crate::audit::{AuditDraft, AuditSubject};
use crate::model::{ConnectionId, Transaction, TransactionEdit, TransactionId, UserId};
use crate::store::{ChangeSet, EditWrite};

/// Transactions that can be edited in one call.
pub const EDITED_AT_ONCE_MAX: usize = 1_000;

impl SyncEngine {
    /// Applies a change of the user's to a transaction and returns it as it stands afterwards. It wins over everything the
    /// provider reports later. A category that the user chose is what later rows of the same merchant or text get, as long as
    /// it stands. What it was before and is now goes into the audit trail; a change that changes nothing does
    /// not.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`] when the user has no such transaction, [`SyncErrorKind::InvalidInput`] for an edit that
    /// cannot be made; its source is the [`InvalidEdit`](crate::InvalidEdit) that says why, the sentence for the user
    /// included. Nothing is changed then.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{TransactionEdit, TransactionPart, TransactionQuery, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user) = (&books.engine, &books.user);
    /// // The newest row, of -4.00, was for two things.
    /// let row = engine.transactions(user, &TransactionQuery::default()).await?.remove(0);
    /// let part = |amount, category: &str| {
    ///     let category = Some(category.to_owned());
    ///     Ok::<_, finance_core::AmountError>(TransactionPart { amount: parse_amount(amount)?, name: None, category, note: None })
    /// };
    /// let split = TransactionEdit {
    ///     parts: Some(vec![part("-3.00", "Food")?, part("-1.00", "Gifts")?]),
    ///     ..TransactionEdit::default()
    /// };
    /// let split = engine.edit_transaction(user, row.id, &split).await?;
    /// assert!(split.edits.parts_fit(split.amount().amount()));
    ///
    /// let wrong = TransactionEdit { parts: Some(vec![part("-3.00", "Food")?, part("-2.00", "Gifts")?]), ..TransactionEdit::default() };
    /// assert!(engine.edit_transaction(user, row.id, &wrong).await.is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn edit_transaction(
        &self,
        user: &UserId,
        id: TransactionId,
        edit: &TransactionEdit,
    ) -> Result<Transaction, SyncError> {
        let mut edited = self.edit_transactions(user, &[id], edit).await?;
        edited.pop().ok_or_else(|| {
            SyncError::new(SyncErrorKind::NotFound, format!("there is no transaction {id} for this user"))
        })
    }

    /// Applies one change of the user's to many transactions, [`EDITED_AT_ONCE_MAX`] at the most, and returns them as they
    /// stand afterwards, by identifier. Each gets its own entry in the audit trail. Transactions of one connection are
    /// written together; those of several connections one connection after the other, so that a failing store may leave
    /// some of them edited. The same call again edits the others.
    ///
    /// # Errors
    /// As for [`SyncEngine::edit_transaction`], if it is so for any of them; nothing is changed then. Also
    /// [`SyncErrorKind::InvalidInput`] for no transaction or too many.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{TransactionEdit, TransactionQuery};
    ///
    /// let books = SampleBooks::new().await;
    /// let rows = books.engine.transactions(&books.user, &TransactionQuery::default()).await?;
    /// let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    /// let coffee = TransactionEdit { category: Some(Some("Coffee".to_owned())), ..TransactionEdit::default() };
    /// let edited = books.engine.edit_transactions(&books.user, &ids, &coffee).await?;
    /// assert!(edited.iter().all(|row| row.category() == Some("Coffee")));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn edit_transactions(
        &self,
        user: &UserId,
        ids: &[TransactionId],
        edit: &TransactionEdit,
    ) -> Result<Vec<Transaction>, SyncError> {
        if ids.is_empty() || ids.len() > EDITED_AT_ONCE_MAX {
            let message =
                format!("1 to {EDITED_AT_ONCE_MAX} transactions are edited at once, not {}", ids.len());
            let sentence = "Please choose fewer transactions, and at least one.";
            return Err(SyncError::invalid_input(message, sentence));
        }
        let ids: BTreeSet<TransactionId> = ids.iter().copied().collect();
        again_on_conflict(|| self.try_to_edit(user, &ids, edit)).await
    }

    async fn try_to_edit(
        &self,
        user: &UserId,
        ids: &BTreeSet<TransactionId>,
        edit: &TransactionEdit,
    ) -> Result<Vec<Transaction>, SyncError> {
        let mut changes: BTreeMap<ConnectionId, ChangeSet> = BTreeMap::new();
        for &id in ids {
            let stored = self.store.transaction(user, id).await?;
            let before = stored.edit_state();
            let after = edit.applied(&stored)?;
            if before == after {
                continue;
            }
            let change = changes
                .entry(stored.connection)
                .or_insert_with(|| ChangeSet::new(stored.connection, self.clock.now()));
            let subject = AuditSubject::Transaction(id);
            let draft = AuditDraft::new(self.actor.clone(), "transaction_edited", subject);
            change.audit.push(draft.changing(Some(&before), Some(&after)));
            change.edits.push(EditWrite { id, before, after });
        }
        for change in changes.values() {
            self.store.apply(change).await?;
        }
        let mut edited = Vec::with_capacity(ids.len());
        for &id in ids {
            edited.push(self.store.transaction(user, id).await?);
        }
        Ok(edited)
    }
}
