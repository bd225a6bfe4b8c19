//! The audit trail.

use finance_core::{AuditHash, AuditHead as CoreHead, TransactionId};
use pyo3::prelude::*;

use super::arguments::whole;
use super::operations;
use crate::errors::Failure;
use crate::records::{AuditEntry, AuditHead, AuditReport};
use crate::values::{Many, User};

operations! {
    /// Entries of the user's audit trail after a number, oldest first.
    #[pyo3(signature = (user, *, after = 0, limit = 100))]
    fn audit_trail(engine, user: User, after: i64, limit: i64) -> Many<AuditEntry> {
        Ok(Many::of(engine.audit_trail(&user.0, whole("after", after)?, whole("limit", limit)?).await?))
    }

    /// Checks the whole trail: whether an entry was changed, added or taken away. `kept` is a head that was kept elsewhere.
    #[pyo3(signature = (user, *, kept = None))]
    fn verify_audit(engine, user: User, kept: Option<AuditHead>) -> AuditReport {
        let kept = match kept {
            None => None,
            Some(head) => {
                let hash = AuditHash::from_text(&head.hash);
                let hash = hash.ok_or_else(|| Failure::invalid("a hash has 64 hexadecimal digits"))?;
                Some(CoreHead { number: head.number, hash })
            }
        };
        Ok(engine.verify_audit(&user.0, kept).await?.into())
    }

    /// What people did to a transaction, oldest first.
    #[pyo3(signature = (user, transaction))]
    fn transaction_history(engine, user: User, transaction: i64) -> Many<AuditEntry> {
        Ok(Many::of(engine.transaction_history(&user.0, TransactionId::new(transaction)).await?))
    }
}
