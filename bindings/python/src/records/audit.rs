//! The audit trail.

use crate::record::record;
use crate::values::Instant;

record! {
    /// One step that somebody took, chained to the one before it.
    AuditEntry from finance_core::AuditEntry as it {
        /// Its number, from 1.
        number: u64 = it.number,
        /// When.
        at: Instant = it.at.into(),
        /// Who: `user`, `engine`, or the name the engine acted under.
        actor: String = it.actor.to_string(),
        /// What was done.
        action: String = it.action,
        /// What kind of thing it was done to.
        subject: String = it.subject.key().0.to_owned(),
        /// Its identifier; 0 for the books as a whole.
        subject_id: i64 = it.subject.key().1,
        /// What was before, as JSON.
        before: Option<String> = it.before,
        /// What is after, as JSON.
        after: Option<String> = it.after,
        /// Why.
        reason: Option<String> = it.reason,
        /// The hash of this entry and of the one before it, in hex.
        hash: String = it.hash.to_string(),
    }
}

record! {
    /// The end of an audit trail. Kept elsewhere, it proves later that nothing before it was written anew.
    AuditHead from finance_core::AuditHead as it {
        /// The number of the last entry.
        number: u64 = it.number,
        /// Its hash, in hex.
        hash: String = it.hash.to_string(),
    }
}

record! {
    /// What a check of the audit trail found.
    AuditReport from finance_core::AuditReport as it {
        /// Entries that were checked.
        checked: u64 = it.checked,
        /// The end of the trail.
        head: Option<AuditHead> = it.head.map(Into::into),
        /// What is wrong with it; `None` when nothing is.
        fault: Option<String> = it.fault.map(|fault| fault.to_string()),
    }
}
