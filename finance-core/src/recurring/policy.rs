//! What an application may choose about recurring payments.

use serde::{Deserialize, Serialize};

/// How regular rows must be to count as recurring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct RecurringPolicy {
    /// How many rows make a series. With 2, a pair of equal amounts whose next day is still to come is shown early.
    pub min_occurrences: u16,
    /// After how many times of not coming a series counts as ended.
    pub ended_after_missed: u16,
    /// How alike two texts are, 0 to 100, to be of one merchant.
    pub same_text_from: u8,
}

impl Default for RecurringPolicy {
    fn default() -> Self {
        Self { min_occurrences: 2, ended_after_missed: 2, same_text_from: 90 }
    }
}
