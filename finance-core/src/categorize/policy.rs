//! How categorising goes about.

use std::time::Duration;

use chrono::TimeDelta;

/// How rows are categorised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryPolicy {
    /// Rows of a batch at the most; a batch of 0 is one of 1.
    pub batch: u32,
    /// How long a categoriser may take over a batch.
    pub time_per_batch: Duration,
    /// How long a sync may be held up by the categoriser; what is left over then waits for the next one. Zero categorises
    /// nothing after a sync.
    pub time_after_sync: Duration,
    /// How long a batch belongs to whoever claimed it.
    pub lease: TimeDelta,
    /// How often a row is handed out; one that got no answer by then is given up.
    pub attempts: u32,
    /// How long rows wait after a failed attempt. Each further failure makes it four times as long.
    pub wait_after_failure: TimeDelta,
    /// How syncs leave a categoriser alone that failed or took too long.
    pub rest_after_failure: TimeDelta,
    /// What is learned from the user's choices.
    pub memory: MemoryPolicy,
}

impl Default for CategoryPolicy {
    /// Batches of 100 within 10 seconds, at most 15 seconds after a sync; 10 minutes for whoever claims rows; five attempts, 5,
    /// 20, 80 and 320 minutes apart; a failing categoriser is left alone for 5 minutes.
    fn default() -> Self {
        Self {
            batch: 100,
            time_per_batch: Duration::from_secs(10),
            time_after_sync: Duration::from_secs(15),
            lease: TimeDelta::minutes(10),
            attempts: 5,
            wait_after_failure: TimeDelta::minutes(5),
            rest_after_failure: TimeDelta::minutes(5),
            memory: MemoryPolicy::default(),
        }
    }
}

/// How the user's own choices become an answer for other rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryPolicy {
    /// How many of the user's choices are looked at, the latest first.
    pub choices: u32,
    /// How many choices for the same merchant or text count, the latest first. The fewer, the sooner a change of mind shows.
    pub choices_per_key: usize,
    /// What is less sure than this is no answer.
    pub confidence_least: u8,
}

impl Default for MemoryPolicy {
    /// The latest 10,000 choices, ten for each merchant or text, at least 60 sure.
    fn default() -> Self {
        Self { choices: 10_000, choices_per_key: 10, confidence_least: 60 }
    }
}

/// How long rows wait after their attempt with this number, from 1, failed: four times as long with each.
pub fn wait_after(first: TimeDelta, attempt: u32) -> TimeDelta {
    let times = 4_i32.saturating_pow(attempt.saturating_sub(1).min(8));
    first.checked_mul(times).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_makes_the_wait_longer() {
        let minutes = |attempt| wait_after(TimeDelta::minutes(5), attempt).num_minutes();
        assert_eq!([1, 2, 3, 4].map(minutes), [5, 20, 80, 320]);
        assert_eq!(minutes(0), 5);
        assert!(minutes(u32::MAX) > 320);
    }
}
