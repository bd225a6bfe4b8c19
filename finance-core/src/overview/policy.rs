//! What an application may choose about statistics of syncs.

use serde::{Deserialize, Serialize};

/// Which runs statistics look at, and how good is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct StatusPolicy {
    /// How many of a connection's latest runs count at the most.
    pub runs_max: u32,
    /// Runs that ended longer ago than this many days do not count.
    pub runs_age_max_days: u16,
    /// With fewer runs than this that went well or failed, the quality of a connection is not judged.
    pub runs_min: u32,
    /// From this percent of good runs on the quality is good.
    pub good_from_percent: u8,
    /// From this percent of good runs on the quality is fair; below, poor.
    pub fair_from_percent: u8,
}

impl Default for StatusPolicy {
    /// 100 runs of 30 days, 3 of them to be judged; good from 95 %, fair from 80 %.
    fn default() -> Self {
        Self {
            runs_max: 100,
            runs_age_max_days: 30,
            runs_min: 3,
            good_from_percent: 95,
            fair_from_percent: 80,
        }
    }
}
