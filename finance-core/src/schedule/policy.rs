//! What an application may choose about the schedule.

use serde::{Deserialize, Serialize};

use super::BackOffKind;

/// How connections are spread, and how long they wait after a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SchedulePolicy {
    /// No attempt begins earlier than this after the end of the last one, whoever asks; in seconds.
    pub gap_seconds: u32,
    /// Over how much of their period connections of the same age are spread, in percent up to 100.
    pub jitter_percent: u8,
    /// How much shorter than the whole wait a connection's wait after a fault may be, in percent up to 100.
    pub retry_jitter_percent: u8,
    /// After passing faults and rate limits.
    pub short: BackOff,
    /// While the bank or the provider is out.
    pub long: BackOff,
    /// While the provider has no data ready.
    pub data: BackOff,
    /// After faults of a program, which do not pass by themselves.
    pub slow: BackOff,
    /// A wait named by the provider is kept to up to this, in seconds.
    pub retry_after_cap_seconds: u32,
}

impl Default for SchedulePolicy {
    fn default() -> Self {
        const HOUR: u32 = 3600;
        Self {
            gap_seconds: 60,
            jitter_percent: 10,
            retry_jitter_percent: 25,
            short: BackOff { first_seconds: 120, cap_seconds: HOUR },
            long: BackOff { first_seconds: HOUR / 2, cap_seconds: 24 * HOUR },
            data: BackOff { first_seconds: 60, cap_seconds: HOUR / 2 },
            slow: BackOff { first_seconds: 6 * HOUR, cap_seconds: 24 * HOUR },
            retry_after_cap_seconds: 24 * HOUR,
        }
    }
}

impl SchedulePolicy {
    /// The wait of this kind.
    pub const fn back_off(&self, kind: BackOffKind) -> BackOff {
        match kind {
            BackOffKind::Short => self.short,
            BackOffKind::Long => self.long,
            BackOffKind::Data => self.data,
            BackOffKind::Slow => self.slow,
        }
    }
}

/// A wait that doubles with every failure in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackOff {
    /// The wait after the first failure, in seconds.
    pub first_seconds: u32,
    /// The longest wait, in seconds.
    pub cap_seconds: u32,
}

impl BackOff {
    /// The whole wait in seconds after so many failures in a row, before jitter; 0 failures count as 1.
    pub const fn seconds(self, failures: u32) -> u32 {
        let doublings = failures.saturating_sub(1);
        let doublings = if doublings > 32 { 32 } else { doublings };
        let wait = (self.first_seconds as u64) << doublings;
        if wait < self.cap_seconds as u64 { wait as u32 } else { self.cap_seconds }
    }
}
