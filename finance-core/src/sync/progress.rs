//! Telling a listener how a long operation goes.

use crate::model::{AccountId, ConnectionId, SyncCounts};

/// One step of a long operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncProgress {
    /// Work on a connection begins.
    Started {
        /// The connection.
        connection: ConnectionId,
    },
    /// A page arrived.
    PageFetched {
        /// The connection.
        connection: ConnectionId,
        /// Pages of this attempt so far.
        pages: u32,
        /// Rows of this attempt so far.
        rows: u64,
    },
    /// The data changed while it was paged; fetching begins again.
    BeganAgain {
        /// The connection.
        connection: ConnectionId,
    },
    /// Every page is here; the update is being stored.
    Storing {
        /// The connection.
        connection: ConnectionId,
        /// Rows the update reports.
        rows: u64,
    },
    /// An account was compared with the bank, or that failed.
    AccountReconciled {
        /// The account.
        account: AccountId,
        /// Accounts done so far, this one included.
        done: u32,
        /// Accounts in all.
        of: u32,
    },
    /// Work on a connection ended.
    Finished {
        /// The connection.
        connection: ConnectionId,
        /// What changed in the books; nothing if it failed.
        counts: SyncCounts,
    },
}

/// Hears how a long operation goes. Called on the engine's own task, so it must not block.
pub trait ProgressListener: Send + Sync {
    /// Takes note of one step.
    fn progress(&self, progress: SyncProgress);
}

impl<F: Fn(SyncProgress) + Send + Sync> ProgressListener for F {
    fn progress(&self, progress: SyncProgress) {
        self(progress);
    }
}
