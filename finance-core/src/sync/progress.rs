//! Telling a listener how a long operation goes.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::SyncEngine;
use crate::model::{AccountId, ConnectionId, SyncCounts};

/// One step of a long operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncProgress {
    /// Somebody else is syncing a connection: its turn is waited for.
    Waiting {
        /// The connection.
        connection: ConnectionId,
    },
    /// The sync of a connection begins.
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
    /// Rows of a file are being compared with the books, or those of two connections with each other.
    Comparing {
        /// The connection whose rows they are or become.
        connection: ConnectionId,
        /// How many there are.
        rows: u64,
    },
    /// What a sync, a file or a merge changes is being stored.
    Storing {
        /// The connection.
        connection: ConnectionId,
        /// Rows it concerns.
        rows: u64,
    },
    /// A bank told the balances of a connection's accounts, or did not.
    BalancesAsked {
        /// The connection.
        connection: ConnectionId,
        /// Connections done so far, this one included.
        done: u32,
        /// Connections in all.
        of: u32,
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
    /// A connection that is to be removed ended at its provider, where there was anything to end, or could not be ended there.
    EndedAtProvider {
        /// The connection.
        connection: ConnectionId,
        /// Connections done so far, this one included.
        done: u32,
        /// Connections in all.
        of: u32,
    },
    /// Records are being erased and their bytes wiped, which takes time in proportion to the store.
    Erasing,
    /// Entries of an audit trail were checked.
    AuditChecked {
        /// Entries done so far.
        done: u64,
        /// Entries in all.
        of: u64,
    },
    /// The sync of a connection ended.
    Finished {
        /// The connection.
        connection: ConnectionId,
        /// What changed in the books; nothing if it failed.
        counts: SyncCounts,
    },
}

/// How much a listener is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressPolicy {
    /// Pages of one connection are told no sooner after each other than this. The first one is always told, the last one before
    /// anything else is, and so is everything that is no page.
    pub between_pages: Duration,
}

impl Default for ProgressPolicy {
    /// Ten a second.
    fn default() -> Self {
        Self { between_pages: Duration::from_millis(100) }
    }
}

impl SyncEngine {
    /// The same engine with a listener that hears how its long operations go, as often as [`ProgressPolicy`] allows: syncs,
    /// those of a [`Worker`](super::Worker) included, balances, comparisons, imports, merges, removals, verifications. An export
    /// is handed out in pieces, which tell its progress by themselves.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use std::sync::{Arc, Mutex};
    ///
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{ImportRequest, SyncProgress};
    ///
    /// let books = SampleBooks::new().await;
    /// let steps = Arc::new(Mutex::new(Vec::new()));
    /// let seen = steps.clone();
    /// let engine = books.engine.with_progress(Arc::new(move |step| seen.lock().unwrap().push(step)));
    ///
    /// let file = ImportRequest::new("Date,Description,Amount\n2026-01-05,Rent,-900.00\n");
    /// engine.import_file(&books.user, books.accounts[1], &file).await?;
    /// let connection = books.connection;
    /// let expected =
    ///     [SyncProgress::Comparing { connection, rows: 1 }, SyncProgress::Storing { connection, rows: 1 }];
    /// assert_eq!(*steps.lock().unwrap(), expected);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_progress(&self, listener: Arc<dyn ProgressListener>) -> Self {
        Self { progress: Some(listener), ..self.clone() }
    }

    pub(super) fn tell(&self, step: SyncProgress) {
        if let Some(listener) = &self.progress {
            listener.progress(step);
        }
    }
}

/// Tells a listener of one connection, as much as the policy allows.
pub(super) struct Throttle<'a> {
    listener: Option<&'a dyn ProgressListener>,
    policy: ProgressPolicy,
    pages: Mutex<Pages>,
}

/// When a page was last told, and the one that was not told since.
#[derive(Default)]
struct Pages {
    told_at: Option<Instant>,
    withheld: Option<SyncProgress>,
}

impl<'a> Throttle<'a> {
    pub(super) fn new(engine: &'a SyncEngine) -> Self {
        Self::of(engine.progress.as_deref(), engine.options.progress)
    }

    fn of(listener: Option<&'a dyn ProgressListener>, policy: ProgressPolicy) -> Self {
        Self { listener, policy, pages: Mutex::default() }
    }

    pub(super) fn tell(&self, step: SyncProgress) {
        let Some(listener) = self.listener else { return };
        let is_page = matches!(step, SyncProgress::PageFetched { .. });
        let before = {
            let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let too_soon = pages.told_at.is_some_and(|told| now - told < self.policy.between_pages);
            if is_page && too_soon {
                pages.withheld = Some(step);
                return;
            }
            pages.told_at = is_page.then_some(now);
            pages.withheld.take().filter(|_| !is_page)
        };
        before.into_iter().chain([step]).for_each(|step| listener.progress(step));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pages_are_throttled_and_everything_else_is_told() {
        let connection = ConnectionId::new(1);
        let page = |pages| SyncProgress::PageFetched { connection, pages, rows: 1 };
        let told = Mutex::new(Vec::new());
        let listener = |step| told.lock().unwrap().push(step);
        let throttle = Throttle::of(Some(&listener), ProgressPolicy::default());
        throttle.tell(SyncProgress::Started { connection });
        for pages in 1..=40 {
            throttle.tell(page(pages));
            tokio::time::advance(Duration::from_millis(10)).await;
        }
        throttle.tell(SyncProgress::BeganAgain { connection });
        throttle.tell(page(1));
        throttle.tell(SyncProgress::Storing { connection, rows: 1 });
        let expected = [
            SyncProgress::Started { connection },
            page(1),
            page(11),
            page(21),
            page(31),
            page(40),
            SyncProgress::BeganAgain { connection },
            page(1),
            SyncProgress::Storing { connection, rows: 1 },
        ];
        assert_eq!(*told.lock().unwrap(), expected);
    }
}
