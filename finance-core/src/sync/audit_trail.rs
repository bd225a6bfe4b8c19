//! The audit trail: reading it, verifying it, and what it says of one transaction.

use super::{SyncEngine, SyncError, SyncProgress};
use crate::audit::{AuditEntry, AuditFault, AuditHead, AuditSubject, AuditVerifier};
use crate::model::{TransactionId, UserId};

/// Entries read at a time.
const PAGE: u32 = 1_000;

/// What a verification of the trail found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditReport {
    /// Entries up to the end, or up to the fault.
    pub checked: u64,
    /// Where the trail ends. Keep it outside of the store and hand it to the next verification. `None` where there is a fault.
    pub head: Option<AuditHead>,
    /// The first thing that is wrong. What follows it cannot be judged.
    pub fault: Option<AuditFault>,
}

impl SyncEngine {
    /// Entries of the user's audit trail with a number greater than `after`, oldest first, `limit` at the most: who did what,
    /// when, what was before and after, and why.
    ///
    /// # Errors
    /// [`SyncErrorKind::Store`](super::SyncErrorKind::Store) when the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{NewStatement, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// let balance = parse_amount("110.00")?;
    /// engine.add_statement(user, account, &NewStatement::new("2025-12-31".parse()?, balance)).await?;
    ///
    /// let trail = engine.audit_trail(user, 0, 100).await?;
    /// assert_eq!(trail.last().unwrap().action, "statement_added");
    /// let report = engine.verify_audit(user, None).await?;
    /// assert_eq!((report.checked, report.fault), (trail.len() as u64, None));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn audit_trail(
        &self,
        user: &UserId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, SyncError> {
        Ok(self.store.audit_entries(user, after, limit).await?)
    }

    /// Checks the user's whole audit trail, page by page: that no entry was changed, dropped, added or moved, and that it ends
    /// where the store says.
    ///
    /// Whoever can write the store can also write the whole trail anew, with hashes that fit. Only a head that was kept
    /// elsewhere tells that; `kept` is the [`AuditReport::head`] of an earlier verification.
    ///
    /// # Errors
    /// [`SyncErrorKind::Store`](super::SyncErrorKind::Store) when the store cannot be read. What is wrong with the trail is in the report.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{NewStatement, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// let statement = NewStatement::new("2025-12-20".parse()?, parse_amount("105.00")?);
    /// engine.add_statement(user, account, &statement).await?;
    /// let kept = engine.verify_audit(user, None).await?.head;
    /// // Later, with the head that the application kept elsewhere:
    /// let report = engine.verify_audit(user, kept).await?;
    /// assert_eq!((report.fault, report.head), (None, kept));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn verify_audit(
        &self,
        user: &UserId,
        kept: Option<AuditHead>,
    ) -> Result<AuditReport, SyncError> {
        // Read first: entries that are added meanwhile are past it and left to the next verification.
        let end = self.store.audit_head(user).await?;
        let mut verifier = AuditVerifier::new(kept);
        let mut checked = 0;
        let faulty = |checked, fault| Ok(AuditReport { checked, head: None, fault: Some(fault) });
        loop {
            let mut page = self.store.audit_entries(user, checked, PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            if self.store.audit_head(user).await? != end {
                page.retain(|entry| entry.number <= end.number);
            }
            for entry in &page {
                if let Err(fault) = verifier.check(entry) {
                    return faulty(checked, fault);
                }
                checked = entry.number;
            }
            self.tell(SyncProgress::AuditChecked { done: checked, of: end.number });
            if is_last || page.is_empty() {
                break;
            }
        }
        match verifier.finish(end) {
            Ok(head) => Ok(AuditReport { checked, head: Some(head), fault: None }),
            Err(fault) => faulty(checked, fault),
        }
    }

    /// What happened to one transaction by somebody's hand, oldest first: the entries of the audit trail about it.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`](super::SyncErrorKind::NotFound) when the user has no such transaction.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{TransactionEdit, TransactionQuery};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user) = (&books.engine, &books.user);
    /// let row = engine.transactions(user, &TransactionQuery::default()).await?.remove(0);
    /// let edit = TransactionEdit { note: Some(Some("gift".to_owned())), ..TransactionEdit::default() };
    /// engine.edit_transaction(user, row.id, &edit).await?;
    ///
    /// let history = engine.transaction_history(user, row.id).await?;
    /// assert_eq!(history[0].action, "transaction_edited");
    /// assert!(history[0].after.as_ref().unwrap().contains("gift"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn transaction_history(
        &self,
        user: &UserId,
        id: TransactionId,
    ) -> Result<Vec<AuditEntry>, SyncError> {
        self.store.transaction(user, id).await?;
        Ok(self.store.audit_entries_about(user, AuditSubject::Transaction(id), u32::MAX).await?)
    }
}
