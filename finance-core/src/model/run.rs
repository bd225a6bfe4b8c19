//! Sync runs: one attempt on one connection, kept whether it went well or not.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ConnectionFault, ConnectionId};

/// One attempt to bring one connection up to date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncRun {
    /// The connection.
    pub connection: ConnectionId,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: DateTime<Utc>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What it changed in the books.
    pub counts: SyncCounts,
    /// Pages fetched, those thrown away by a restart included.
    pub pages: u32,
    /// How often paging began again because the data changed meanwhile.
    pub restarts: u32,
    /// How often a call was repeated after a passing fault.
    pub retries: u32,
    /// What went wrong, where something did.
    pub fault: Option<ConnectionFault>,
}

impl SyncRun {
    /// How long it took; zero by a clock that went backwards.
    pub fn duration(&self) -> Duration {
        (self.ended_at - self.started_at).to_std().unwrap_or_default()
    }
}

/// How a sync run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunOutcome {
    /// The update was applied.
    Applied,
    /// The provider has no data ready yet; nothing changed.
    NotReady,
    /// Another sync applied an update first; nothing was written by this one.
    Superseded,
    /// It failed; nothing changed in the ledger.
    Failed,
    /// It was stopped because somebody asked for it; nothing changed in the ledger.
    Cancelled,
}

impl RunOutcome {
    /// Every outcome, in the order of declaration.
    pub const ALL: [Self; 5] =
        [Self::Applied, Self::NotReady, Self::Superseded, Self::Failed, Self::Cancelled];

    /// The stable name under which stores and bindings keep it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::NotReady => "not_ready",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads what [`RunOutcome::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// What a sync changed in the books.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncCounts {
    /// New rows.
    pub added: u64,
    /// Rows that changed, posted ones aside.
    pub modified: u64,
    /// Pending rows that were replaced by their posted row, keeping their identifier and edits.
    pub posted: u64,
    /// Rows the provider took back.
    pub removed: u64,
    /// Rows reported again as they already stood.
    pub unchanged: u64,
    /// Rows reported again that the user had deleted, and that stay deleted.
    pub kept_deleted: u64,
    /// Rows reported for the first time that stood in the books already, by hand or from a file, and keep their identifier
    /// and edits.
    pub matched: u64,
}

impl std::ops::AddAssign for SyncCounts {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.modified += other.modified;
        self.posted += other.posted;
        self.removed += other.removed;
        self.unchanged += other.unchanged;
        self.kept_deleted += other.kept_deleted;
        self.matched += other.matched;
    }
}
