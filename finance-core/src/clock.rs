//! The one way in which time comes into the engine.

use chrono::{DateTime, Utc};

/// Tells the time. Decisions never ask it: the engine asks, and hands the instant on.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}
