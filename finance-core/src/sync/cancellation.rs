//! Stopping a long operation.

use std::sync::Arc;

use tokio::sync::watch;

/// The wish to stop, shared by whoever may have it and by operations that heed it. Once told it stays told.
///
/// ```
/// use finance_core::Cancellation;
///
/// let cancellation = Cancellation::new();
/// let elsewhere = cancellation.clone();
/// elsewhere.cancel();
/// assert!(cancellation.is_cancelled());
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
