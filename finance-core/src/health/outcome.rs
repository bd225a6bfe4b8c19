//! What is said of the health of an account.

use serde::{Deserialize, Serialize};

use super::{HealthPolicy, Recommendation};

/// The health of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountHealth {
    /// 0 to 100 in whole points; `None` when too little of it can be judged.
    pub score: Option<u8>,
    /// The score in a word.
    pub level: HealthLevel,
    /// All six parts, in the order of the table.
    pub parts: Vec<HealthPart>,
    /// The hard faults, the lowest cap first.
    pub caps: Vec<AppliedCap>,
    /// What to do, the most urgent first, each once.
    pub recommendations: Vec<Recommendation>,
}

impl AccountHealth {
    /// The same of an account of which nothing is wanted any more.
    pub(crate) fn without_advice(mut self) -> Self {
        self.recommendations.clear();
        self.parts.iter_mut().for_each(|part| part.action = None);
        self
    }
}

/// One part of the health of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthPart {
    /// Which.
    pub factor: HealthFactor,
    /// The points it can earn, once the weights of what is known are scaled to 100; 0 when it is left out.
    pub weight: u8,
    /// The points it earned; `None` when it is left out.
    pub points: Option<u8>,
    /// Why, as a sentence.
    pub reason: String,
    /// What would raise it, where something would.
    pub action: Option<Recommendation>,
}

/// What a part looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthFactor {
    /// Whether books and bank agree.
    Reconciliation,
    /// Whether the connection works.
    Connection,
    /// How old the bank's data is.
    Freshness,
    /// How many of the recent syncs went well.
    SyncSuccess,
    /// Whether the last sync that was due ran in time.
    Schedule,
    /// Whether rows have been pending for too long.
    Pendings,
}

impl HealthFactor {
    /// Every factor, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::Reconciliation,
        Self::Connection,
        Self::Freshness,
        Self::SyncSuccess,
        Self::Schedule,
        Self::Pendings,
    ];

    /// The stable name, as in `sync_success`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reconciliation => "reconciliation",
            Self::Connection => "connection",
            Self::Freshness => "freshness",
            Self::SyncSuccess => "sync_success",
            Self::Schedule => "schedule",
            Self::Pendings => "pendings",
        }
    }
}

/// A hard fault and the score it allows at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AppliedCap {
    /// The fault.
    pub fault: HardFault,
    /// The highest score.
    pub at_most: u8,
}

/// A fault that no other part can make up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HardFault {
    /// The connection was removed at the provider.
    Removed,
    /// Access was withdrawn.
    Revoked,
    /// The user must sign in again, or the consent has ended.
    NeedsSignIn,
    /// The bank's data is too old.
    StaleData,
    /// Books and bank are far apart.
    Unreconciled,
    /// Syncs are paused until the operator or the provider mends a fault.
    SyncPaused,
    /// The institution will disconnect soon.
    Disconnecting,
    /// The user's consent ends soon.
    ConsentEndsSoon,
}

impl HardFault {
    /// Every fault, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::Removed,
        Self::Revoked,
        Self::NeedsSignIn,
        Self::StaleData,
        Self::Unreconciled,
        Self::SyncPaused,
        Self::Disconnecting,
        Self::ConsentEndsSoon,
    ];

    /// The stable name, as in `needs_sign_in`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Revoked => "revoked",
            Self::NeedsSignIn => "needs_sign_in",
            Self::StaleData => "stale_data",
            Self::Unreconciled => "unreconciled",
            Self::SyncPaused => "sync_paused",
            Self::Disconnecting => "disconnecting",
            Self::ConsentEndsSoon => "consent_ends_soon",
        }
    }
}

/// A score in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HealthLevel {
    /// All is well.
    Good,
    /// Something is not as it should be.
    Fair,
    /// The figures should be used with care.
    Poor,
    /// The account does not work.
    Broken,
    /// Too little can be judged yet.
    Unknown,
}

impl HealthLevel {
    /// The stable name, as in `good`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Fair => "fair",
            Self::Poor => "poor",
            Self::Broken => "broken",
            Self::Unknown => "unknown",
        }
    }

    pub(super) const fn of(score: Option<u8>, policy: &HealthPolicy) -> Self {
        match score {
            None => Self::Unknown,
            Some(score) if score >= policy.good_from => Self::Good,
            Some(score) if score >= policy.fair_from => Self::Fair,
            Some(score) if score >= policy.poor_from => Self::Poor,
            Some(_) => Self::Broken,
        }
    }
}
