//! What syncs did.

use crate::record::record;

record! {
    /// How many rows a sync changed.
    SyncCounts from finance_core::SyncCounts as it {
        /// New rows.
        added: u64 = it.added,
        /// Rows that changed.
        modified: u64 = it.modified,
        /// Pending rows that posted.
        posted: u64 = it.posted,
        /// Rows that the bank took back.
        removed: u64 = it.removed,
        /// Rows that were told again and are as before.
        unchanged: u64 = it.unchanged,
        /// Rows that stay deleted, since the user deleted them.
        kept_deleted: u64 = it.kept_deleted,
        /// Rows that stood in the books already, from a file or by hand.
        matched: u64 = it.matched,
    }
}
