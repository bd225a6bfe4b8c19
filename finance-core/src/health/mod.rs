//! The health of an account as one number, its parts, and what would raise it.

mod parts;
mod policy;
mod recommendation;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::model::{ConnectionStatus, RunOutcome, SyncRun};
use crate::provider::ProviderErrorKind;

pub use policy::{AgeScale, AgeStep, HealthCaps, HealthPolicy, HealthWeights, StatePercents};
pub use recommendation::Recommendation;

/// What is known of an account. What is not known is `None` or empty, and is not held against it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthInput {
    /// Its connection; `None` for a manual account.
    pub connection: Option<HealthConnection>,
    /// The latest reconciliation.
    pub reconciliation: Option<HealthReconciliation>,
    /// When the bank last updated the data: the provider's last successful update, or the balance's own date, whichever is
    /// later. **Not when we last asked.**
    pub bank_updated_at: Option<DateTime<Utc>>,
    /// Runs of its connection, in any order; the policy says how many count.
    pub runs: Vec<HealthRun>,
    /// The last sync that was due; `None` when none was, or the frequency is manual.
    pub schedule: Option<HealthSchedule>,
    /// The calendar days of its pending rows, in any order; `None` when they were not read.
    pub pending: Option<Vec<NaiveDate>>,
}

/// The connection of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthConnection {
    /// Whether it works.
    pub status: ConnectionStatus,
    /// When the user's consent ends, where it does.
    pub consent_expires_at: Option<DateTime<Utc>>,
}

/// The latest reconciliation of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthReconciliation {
    /// Its score, 0 to 100; more counts as 100.
    pub score: u8,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The bank's balance less the books', in the account's currency, where known.
    pub difference: Option<Decimal>,
}

/// A sync run as health sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthRun {
    /// When it ended.
    pub at: DateTime<Utc>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// What went wrong, where something did.
    pub fault: Option<ProviderErrorKind>,
}

impl From<&SyncRun> for HealthRun {
    fn from(run: &SyncRun) -> Self {
        Self { at: run.ended_at, outcome: run.outcome, fault: run.fault.as_ref().map(|fault| fault.kind) }
    }
}

/// The last sync that was due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HealthSchedule {
    /// When it was due.
    pub due_at: DateTime<Utc>,
    /// When it ran; `None` when it has not yet.
    pub ran_at: Option<DateTime<Utc>>,
}

/// The health of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountHealth {
    /// 0 to 100 in whole points; `None` when no part can be judged.
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

/// One part of the health of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppliedCap {
    /// The fault.
    pub fault: HardFault,
    /// The highest score.
    pub at_most: u8,
}

/// A fault that no other part can make up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// The institution will disconnect soon.
    Disconnecting,
    /// The user's consent ends soon.
    ConsentEndsSoon,
}

impl HardFault {
    /// Every fault, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Removed,
        Self::Revoked,
        Self::NeedsSignIn,
        Self::StaleData,
        Self::Unreconciled,
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
            Self::Disconnecting => "disconnecting",
            Self::ConsentEndsSoon => "consent_ends_soon",
        }
    }
}

/// A score in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Nothing can be judged yet.
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

    fn of(score: Option<u8>, policy: &HealthPolicy) -> Self {
        match score {
            None => Self::Unknown,
            Some(score) if score >= policy.good_from => Self::Good,
            Some(score) if score >= policy.fair_from => Self::Fair,
            Some(score) if score >= policy.poor_from => Self::Poor,
            Some(_) => Self::Broken,
        }
    }
}

/// Judges an account by what is known of it.
pub fn account_health(input: &HealthInput, policy: &HealthPolicy, now: DateTime<Utc>) -> AccountHealth {
    let findings = parts::findings(input, policy, now);
    let mut caps: Vec<AppliedCap> = findings.faults;
    caps.sort_unstable_by_key(|cap| (cap.at_most, cap.fault));
    let shares = shares(&findings.judged, &policy.weights);
    let parts: Vec<HealthPart> =
        findings.judged.into_iter().zip(shares).map(|(judged, weight)| judged.into_part(weight)).collect();
    let mut recommendations: Vec<Recommendation> = parts.iter().filter_map(|part| part.action).collect();
    recommendations.sort_unstable();
    recommendations.dedup();
    let earned = parts.iter().filter_map(|part| part.points).reduce(|sum, points| sum.saturating_add(points));
    let score = earned.map(|earned| caps.first().map_or(earned, |cap| earned.min(cap.at_most)));
    AccountHealth { score, level: HealthLevel::of(score, policy), parts, caps, recommendations }
}

/// The weights of the judged parts scaled to 100: each share rounded down, then one point more for those that lost the largest
/// remainder, the earlier part first, until the sum is 100.
fn shares(judged: &[parts::Judged], weights: &HealthWeights) -> Vec<u8> {
    let weight = |judged: &parts::Judged| judged.percent.map_or(0, |_| u32::from(weights.of(judged.factor)));
    let sum: u32 = judged.iter().map(weight).sum();
    if sum == 0 {
        return vec![0; judged.len()];
    }
    let mut shares: Vec<u32> = judged.iter().map(|judged| weight(judged) * 100 / sum).collect();
    let mut by_remainder: Vec<usize> = (0..judged.len()).collect();
    by_remainder.sort_by_key(|&place| std::cmp::Reverse(weight(&judged[place]) * 100 % sum));
    let missing = 100 - shares.iter().sum::<u32>();
    for place in by_remainder.into_iter().take(missing as usize) {
        shares[place] += 1;
    }
    shares.into_iter().map(|share| u8::try_from(share).unwrap_or(100)).collect()
}

impl HealthWeights {
    const fn of(&self, factor: HealthFactor) -> u8 {
        match factor {
            HealthFactor::Reconciliation => self.reconciliation,
            HealthFactor::Connection => self.connection,
            HealthFactor::Freshness => self.freshness,
            HealthFactor::SyncSuccess => self.sync_success,
            HealthFactor::Schedule => self.schedule,
            HealthFactor::Pendings => self.pendings,
        }
    }
}
