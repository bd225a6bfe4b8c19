//! Stopping a long operation.

use std::sync::Arc;

use tokio::sync::watch;

/// The wish to stop, shared by whoever may have it and by operations that heed it. Once told it stays told.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use std::sync::Arc;
///
/// use finance_core::conformance::SampleBooks;
/// use finance_core::{Cancellation, RunOutcome, SyncProgress, SyncRequest, SyncScope};
///
/// let books = SampleBooks::new().await;
/// let cancellation = Cancellation::new();
/// // A user who changes their mind as soon as the first page is there.
/// let user = cancellation.clone();
/// let listener = move |step| {
///     if let SyncProgress::PageFetched { .. } = step {
///         user.cancel();
///     }
/// };
/// let engine = books.engine.with_progress(Arc::new(listener));
/// let request = SyncRequest { cancellation: Some(cancellation), ..SyncRequest::new(SyncScope::All) };
/// let report = engine.sync_transactions(&books.user, &request).await?;
/// assert_eq!(report.connections[0].run.as_ref().unwrap().outcome, RunOutcome::Cancelled);
/// # Ok::<(), finance_core::SyncError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancellation(Arc<watch::Sender<bool>>);

impl Cancellation {
    /// Nobody wants to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody who heeds it to stop.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked to stop.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody asks to stop.
    pub async fn cancelled(&self) {
        // It ends with an error only when no sender is left, and this is one.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}
