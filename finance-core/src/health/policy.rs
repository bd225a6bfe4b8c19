//! What an application may choose about health.

use serde::{Deserialize, Serialize};

use super::HealthFactor;

/// The numbers of the formula in [`account_health`](super::account_health); the defaults are the table's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct HealthPolicy {
    /// What each part weighs.
    pub weights: HealthWeights,
    /// The highest score with each hard fault.
    pub caps: HealthCaps,
    /// How much of its score a reconciliation is still worth at its age.
    pub reconciliation_age: AgeScale,
    /// What the bank's data is worth at its age, synced once a day or more often. Where the chosen period is longer, what it
    /// exceeds a day by is taken off the age first.
    pub data_age: AgeScale,
    /// What a late sync is worth.
    pub lateness: AgeScale,
    /// The percent that a connection in each state earns.
    pub states: StatePercents,
    /// Below this score of the reconciliation the account counts as unreconciled.
    pub unreconciled_below: u8,
    /// Consent that ends within so many days counts as ending soon, whatever the connection's status says.
    pub consent_ends_soon_days: u16,
    /// How many of the latest runs count.
    pub runs_max: u16,
    /// With fewer runs than this that went well or failed, their success is not judged.
    pub runs_min: u16,
    /// Runs older than this many days do not count.
    pub runs_age_max_days: u16,
    /// A row that has been pending for more than so many days is stale.
    pub pending_stale_days: u16,
    /// A row that has been pending for more than so many days will not post: the part earns nothing.
    pub pending_lost_days: u16,
    /// The percent that each stale row costs.
    pub pending_stale_percent: u8,
    /// There is no score while less is judged than this percent of the weights of an account of its kind: of a manual account
    /// those of reconciliation and pendings, of any other all six. A hard fault that leaves it broken is told all the same.
    pub judged_weight_min: u8,
    /// From this score on the level is good.
    pub good_from: u8,
    /// From this score on the level is fair.
    pub fair_from: u8,
    /// From this score on the level is poor; below, broken.
    pub poor_from: u8,
}

impl Default for HealthPolicy {
    fn default() -> Self {
        Self {
            weights: HealthWeights::default(),
            caps: HealthCaps::default(),
            reconciliation_age: AgeScale::new(&[(7 * 24, 100), (31 * 24, 80), (92 * 24, 60)], 40),
            // A day and a half for a daily poll; three and a half days for a weekend and the hours around it.
            data_age: AgeScale::new(&[(36, 100), (60, 90), (84, 75), (120, 50), (168, 25)], 0),
            lateness: AgeScale::new(&[(1, 100), (6, 75), (24, 50), (72, 25)], 0),
            states: StatePercents::default(),
            unreconciled_below: 50,
            consent_ends_soon_days: 7,
            runs_max: 10,
            runs_min: 3,
            runs_age_max_days: 30,
            pending_stale_days: 10,
            pending_lost_days: 30,
            pending_stale_percent: 25,
            judged_weight_min: 40,
            good_from: 90,
            fair_from: 65,
            poor_from: 35,
        }
    }
}

/// What each part weighs against the others. A part of weight 0 is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthWeights {
    /// Whether books and bank agree.
    pub reconciliation: u8,
    /// Whether the connection works.
    pub connection: u8,
    /// How old the bank's data is.
    pub freshness: u8,
    /// How many of the recent syncs went well.
    pub sync_success: u8,
    /// Whether the last sync that was due ran in time.
    pub schedule: u8,
    /// Whether rows have been pending for too long.
    pub pendings: u8,
}

impl Default for HealthWeights {
    fn default() -> Self {
        Self {
            reconciliation: 30,
            connection: 20,
            freshness: 20,
            sync_success: 15,
            schedule: 10,
            pendings: 5,
        }
    }
}

impl HealthWeights {
    /// The weight of one part.
    pub const fn of(&self, factor: HealthFactor) -> u8 {
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

/// The highest score with each hard fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthCaps {
    /// The connection was removed at the provider.
    pub removed: u8,
    /// Access was withdrawn.
    pub revoked: u8,
    /// The user must sign in again, or the consent has ended.
    pub needs_sign_in: u8,
    /// The bank's data is older than the last step of [`HealthPolicy::data_age`].
    pub stale_data: u8,
    /// The reconciliation scored below [`HealthPolicy::unreconciled_below`].
    pub unreconciled: u8,
    /// Syncs are paused until the operator or the provider mends a fault.
    pub sync_paused: u8,
    /// The institution will disconnect soon.
    pub disconnecting: u8,
    /// The user's consent ends soon.
    pub consent_ends_soon: u8,
}

impl Default for HealthCaps {
    fn default() -> Self {
        Self {
            removed: 0,
            revoked: 10,
            needs_sign_in: 30,
            stale_data: 50,
            unreconciled: 60,
            sync_paused: 70,
            disconnecting: 70,
            consent_ends_soon: 80,
        }
    }
}

/// The percent that a connection earns by its state. A new one is not judged; one that needs the user earns nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StatePercents {
    /// The last sync went well.
    pub good: u8,
    /// The user's consent ends soon.
    pub consent_ends_soon: u8,
    /// The institution will disconnect soon.
    pub disconnecting: u8,
    /// The institution or the provider is not answering for now, or syncs are paused by a fault that is not the user's to mend.
    pub degraded: u8,
}

impl Default for StatePercents {
    fn default() -> Self {
        Self { good: 100, consent_ends_soon: 70, disconnecting: 50, degraded: 40 }
    }
}

/// What something is worth at its age, in steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeScale {
    /// The steps; the first one whose bound is not exceeded counts.
    pub steps: Vec<AgeStep>,
    /// The percent beyond all steps.
    pub beyond_percent: u8,
}

/// One step of an [`AgeScale`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgeStep {
    /// Up to and including this many hours.
    pub hours_max: u32,
    /// The percent it is worth.
    pub percent: u8,
}

impl AgeScale {
    fn new(steps: &[(u32, u8)], beyond_percent: u8) -> Self {
        let steps = steps.iter().map(|&(hours_max, percent)| AgeStep { hours_max, percent }).collect();
        Self { steps, beyond_percent }
    }

    /// The percent, at most 100, and whether the age lies beyond all steps. An age below zero counts as zero.
    pub(super) fn percent(&self, age_seconds: i64) -> (u8, bool) {
        let step = self.steps.iter().find(|step| age_seconds <= i64::from(step.hours_max) * 3600);
        (step.map_or(self.beyond_percent, |step| step.percent).min(100), step.is_none())
    }
}
