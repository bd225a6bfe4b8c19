//! How many records of each kind a user has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordKind {
    /// Connections, those that were removed included.
    Connections,
    /// Accounts, those that are gone included.
    Accounts,
    /// Transactions in every state, each with all that hangs on it.
    Transactions,
    /// Attempts to sync.
    SyncRuns,
    /// Entries of the history of balances.
    Balances,
    /// Comparisons with the bank, each with what was accepted of it.
    Reconciliations,
    /// Statements that the user told.
    Statements,
    /// Lists of rules for categories: one, or none.
    CategoryRules,
    /// Events that are kept.
    Events,
    /// Entries of the audit trail.
    AuditEntries,
}

impl RecordKind {
    /// The stable name, as in `sync_runs`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Accounts => "accounts",
            Self::Transactions => "transactions",
            Self::SyncRuns => "sync_runs",
            Self::Balances => "balances",
            Self::Reconciliations => "reconciliations",
            Self::Statements => "statements",
            Self::CategoryRules => "category_rules",
            Self::Events => "events",
            Self::AuditEntries => "audit_entries",
        }
    }
}

/// How many records there are, kind by kind. A kind without records is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordCounts(BTreeMap<RecordKind, u64>);

impl RecordCounts {
    /// Records of one kind.
    pub fn of(&self, kind: RecordKind) -> u64 {
        self.0.get(&kind).copied().unwrap_or_default()
    }

    /// Records of all kinds.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts more records of a kind.
    pub fn add(&mut self, kind: RecordKind, records: u64) {
        if records > 0 {
            *self.0.entry(kind).or_default() += records;
        }
    }

    /// The kinds that have records, in the order of declaration, and how many.
    pub fn iter(&self) -> impl Iterator<Item = (RecordKind, u64)> + '_ {
        self.0.iter().map(|(kind, records)| (*kind, *records))
    }
}
