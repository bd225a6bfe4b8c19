//! What an application may choose about deduplication.

use serde::{Deserialize, Serialize};

/// How strictly rows must agree. Each field is a question on which applications differ; the defaults are those that lose and
/// double nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DedupPolicy {
    /// How many days a file's or a re-linked row may lie from the stored row of the same amount.
    pub date_window_days: u16,
    /// How many days before the posted row its pending row may lie when no link names it.
    pub pending_window_days_back: u16,
    /// Whether a pending row must not be dated after the posted row that replaces it.
    pub pending_backward_only: bool,
    /// Whether two rows of one source whose identifiers differ are always two transactions. Rows of a re-link are exempt: all
    /// their identifiers are new.
    pub strict_ids: bool,
    /// Whether a row of one provider may match a row of another.
    pub cross_provider: bool,
    /// What becomes of incoming rows that are identical to each other.
    pub in_batch_dedup: InBatchDedup,
    /// Whether a row that the user deleted comes back when it is imported again.
    pub reimport_deleted: bool,
}

impl Default for DedupPolicy {
    fn default() -> Self {
        Self {
            date_window_days: 5,
            pending_window_days_back: 14,
            pending_backward_only: true,
            strict_ids: true,
            cross_provider: true,
            in_batch_dedup: InBatchDedup::Occurrence,
            reimport_deleted: false,
        }
    }
}

/// What becomes of incoming rows that are identical to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InBatchDedup {
    /// Every row stands for itself, even one whose identifier was seen before in the batch.
    None,
    /// Rows with the same identifier and content are one; rows without identifiers are counted: as many as the batch holds.
    Occurrence,
    /// Rows with the same content are one, with or without identifiers.
    Content,
}
