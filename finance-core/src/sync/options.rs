//! How an engine works, as its application chooses.

use chrono::TimeDelta;

use super::leases::{LONGEST, SHORTEST};
use super::{EventRetention, LeasePolicy, PagerPolicy, ProgressPolicy, SyncError, SyncErrorKind};
use crate::categorize::CategoryPolicy;
use crate::dedup::DedupPolicy;
use crate::health::{AgeScale, HealthPolicy};
use crate::import::ImportPolicy;
use crate::overview::StatusPolicy;
use crate::schedule::{BackOff, SchedulePolicy, SyncFrequency};

/// How the engine works. Options that come from outside are [checked](Self::check) before an engine is made of them.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Bounds of one update.
    pub pager: PagerPolicy,
    /// Connections synced at once, each of which holds one whole update in memory until it is stored; and connections asked for
    /// balances at once.
    pub concurrent_connections: usize,
    /// Accounts compared with the bank at once. Each holds the rows of its comparison in memory.
    pub concurrent_accounts: usize,
    /// When two rows are one transaction.
    pub dedup: DedupPolicy,
    /// How large files may be.
    pub imports: ImportPolicy,
    /// How old a balance may be at institutions that only hand out balances of a stated age (Capital One).
    pub oldest_live_balance: TimeDelta,
    /// How often connections that are linked from now on are synced, unless somebody chooses otherwise.
    pub frequency: SyncFrequency,
    /// When connections are due.
    pub schedule: SchedulePolicy,
    /// Which events are kept.
    pub event_retention: EventRetention,
    /// How syncs of one connection keep out of each other's way.
    pub lease: LeasePolicy,
    /// Under which name leases are taken: who is told to be syncing a connection.
    pub name: String,
    /// How much listeners are told.
    pub progress: ProgressPolicy,
    /// How the health of accounts is judged.
    pub health: HealthPolicy,
    /// Which runs statistics look at.
    pub status: StatusPolicy,
    /// How rows are categorised.
    pub categories: CategoryPolicy,
}

impl Default for EngineOptions {
    /// Four connections or accounts at once; balances up to a day old; a sync every 6 hours.
    fn default() -> Self {
        Self {
            pager: PagerPolicy::default(),
            concurrent_connections: 4,
            concurrent_accounts: 4,
            dedup: DedupPolicy::default(),
            imports: ImportPolicy::default(),
            oldest_live_balance: TimeDelta::days(1),
            frequency: SyncFrequency::DEFAULT,
            schedule: SchedulePolicy::default(),
            event_retention: EventRetention::default(),
            lease: LeasePolicy::default(),
            name: "application".to_owned(),
            progress: ProgressPolicy::default(),
            health: HealthPolicy::default(),
            status: StatusPolicy::default(),
            categories: CategoryPolicy::default(),
        }
    }
}

/// Waits that are longer come from a mistake, and instants so far away cannot be stored.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(365);

/// A rule, and whether it is kept.
struct Rule(bool, &'static str);

impl EngineOptions {
    /// Refuses values that fit their type but make no sense: with which nothing would ever be done, the same would be done over
    /// and over, or which contradict each other. An engine takes them as they are, and then fails, idles or takes the nearest value.
    ///
    /// # Errors
    /// [`SyncErrorKind::InvalidInput`], which names each such field and what it may be.
    ///
    /// ```
    /// use finance_core::{EngineOptions, PagerPolicy, SyncErrorKind};
    ///
    /// let mut options = EngineOptions::default();
    /// assert!(options.check().is_ok());
    /// options.pager = PagerPolicy { page_size: 0, ..PagerPolicy::default() };
    /// let error = options.check().unwrap_err();
    /// assert_eq!(*error.kind(), SyncErrorKind::InvalidInput);
    /// assert_eq!(error.to_string(), "the engine's options make no sense: `pager.page_size` must be 1 to 500");
    /// ```
    pub fn check(&self) -> Result<(), SyncError> {
        let rules = self.sync_rules().into_iter().chain(self.category_rules()).chain(self.judgement_rules());
        let broken: Vec<&str> = rules.filter(|Rule(kept, _)| !kept).map(|Rule(_, rule)| rule).collect();
        if broken.is_empty() {
            return Ok(());
        }
        let message = format!("the engine's options make no sense: {}", broken.join("; "));
        Err(SyncError::new(SyncErrorKind::InvalidInput, message))
    }

    fn sync_rules(&self) -> Vec<Rule> {
        let Self { pager, imports, schedule, lease, event_retention, .. } = self;
        let backs_off = |wait: BackOff| (1..=wait.cap_seconds).contains(&wait.first_seconds);
        vec![
            Rule((1..=500).contains(&pager.page_size), "`pager.page_size` must be 1 to 500"),
            Rule(pager.max_pages >= 1, "`pager.max_pages` must be at least 1"),
            Rule(self.concurrent_connections >= 1, "`concurrent_connections` must be at least 1"),
            Rule(self.concurrent_accounts >= 1, "`concurrent_accounts` must be at least 1"),
            Rule(imports.bytes_max >= 1, "`imports.bytes_max` must be at least 1"),
            Rule(imports.rows_max >= 1, "`imports.rows_max` must be at least 1"),
            Rule(self.oldest_live_balance >= TimeDelta::zero(), "`oldest_live_balance` must not be negative"),
            Rule(
                event_retention.keep_for >= TimeDelta::zero(),
                "`event_retention.keep_for` must not be negative",
            ),
            Rule(schedule.jitter_percent <= 100, "`schedule.jitter_percent` must be 0 to 100"),
            Rule(schedule.retry_jitter_percent <= 100, "`schedule.retry_jitter_percent` must be 0 to 100"),
            Rule(backs_off(schedule.short), "`schedule.short.first_seconds` must be 1 to its `cap_seconds`"),
            Rule(backs_off(schedule.long), "`schedule.long.first_seconds` must be 1 to its `cap_seconds`"),
            Rule(backs_off(schedule.data), "`schedule.data.first_seconds` must be 1 to its `cap_seconds`"),
            Rule(backs_off(schedule.slow), "`schedule.slow.first_seconds` must be 1 to its `cap_seconds`"),
            Rule((SHORTEST..=LONGEST).contains(&lease.term), "`lease.term` must be a second to a day"),
            Rule(!lease.look_every.is_zero(), "`lease.look_every` must be more than zero"),
            Rule(!self.name.trim().is_empty(), "`name` must not be empty"),
        ]
    }

    fn category_rules(&self) -> Vec<Rule> {
        let policy = &self.categories;
        let is_wait = |wait: TimeDelta| (TimeDelta::zero()..=LONGEST_WAIT).contains(&wait);
        let outlasts_batch = policy.lease.to_std().is_ok_and(|lease| lease >= policy.time_per_batch);
        vec![
            Rule(!policy.time_per_batch.is_zero(), "`categories.time_per_batch` must be more than zero"),
            Rule(
                outlasts_batch && is_wait(policy.lease),
                "`categories.lease` must be no shorter than `categories.time_per_batch` and at most 365 days",
            ),
            Rule(policy.attempts >= 1, "`categories.attempts` must be at least 1"),
            Rule(
                is_wait(policy.wait_after_failure),
                "`categories.wait_after_failure` must be zero to 365 days",
            ),
            Rule(
                is_wait(policy.rest_after_failure),
                "`categories.rest_after_failure` must be zero to 365 days",
            ),
            Rule(
                policy.memory.confidence_least <= 100,
                "`categories.memory.confidence_least` must be 0 to 100",
            ),
        ]
    }

    fn judgement_rules(&self) -> Vec<Rule> {
        let Self { health, status, .. } = self;
        let (weights, caps, states) = (health.weights, health.caps, health.states);
        let weights = [
            [weights.reconciliation, weights.connection, weights.freshness],
            [weights.sync_success, weights.schedule, weights.pendings],
        ];
        let caps = [
            [caps.removed, caps.revoked, caps.needs_sign_in, caps.stale_data],
            [caps.unreconciled, caps.sync_paused, caps.disconnecting, caps.consent_ends_soon],
        ];
        let states = [states.good, states.consent_ends_soon, states.disconnecting, states.degraded];
        let levels = [health.poor_from, health.fair_from, health.good_from, 100];
        let qualities = [status.fair_from_percent, status.good_from_percent, 100];
        vec![
            Rule(
                weights.as_flattened().iter().any(|weight| *weight > 0),
                "one of `health.weights` must be more than 0",
            ),
            Rule(are_percents(caps.as_flattened()), "`health.caps` must be 0 to 100"),
            Rule(are_percents(&states), "`health.states` must be 0 to 100"),
            Rule(
                climbs(&health.reconciliation_age),
                "`health.reconciliation_age` must have growing ages and percents up to 100",
            ),
            Rule(climbs(&health.data_age), "`health.data_age` must have growing ages and percents up to 100"),
            Rule(climbs(&health.lateness), "`health.lateness` must have growing ages and percents up to 100"),
            Rule(health.unreconciled_below <= 100, "`health.unreconciled_below` must be 0 to 100"),
            Rule(health.pending_stale_percent <= 100, "`health.pending_stale_percent` must be 0 to 100"),
            Rule(health.judged_weight_min <= 100, "`health.judged_weight_min` must be 0 to 100"),
            Rule(health.runs_min <= health.runs_max, "`health.runs_min` must be at most `health.runs_max`"),
            Rule(
                health.pending_stale_days <= health.pending_lost_days,
                "`health.pending_stale_days` must be at most `health.pending_lost_days`",
            ),
            Rule(
                levels.is_sorted(),
                "`health.poor_from`, `fair_from` and `good_from` must not fall in this order, and be at most 100",
            ),
            Rule(status.runs_min <= status.runs_max, "`status.runs_min` must be at most `status.runs_max`"),
            Rule(
                qualities.is_sorted(),
                "`status.fair_from_percent` must be at most `status.good_from_percent`, and that at most 100",
            ),
        ]
    }
}

fn are_percents(numbers: &[u8]) -> bool {
    numbers.iter().all(|number| *number <= 100)
}

/// Whether every step can count: of steps whose ages do not grow, a later one never does.
fn climbs(scale: &AgeScale) -> bool {
    let percents: Vec<u8> =
        scale.steps.iter().map(|step| step.percent).chain([scale.beyond_percent]).collect();
    scale.steps.is_sorted_by(|step, next| step.hours_max < next.hours_max) && are_percents(&percents)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::health::{AgeStep, HealthWeights};

    /// What the options that are altered in this way are told.
    fn told(alter: impl FnOnce(&mut EngineOptions)) -> String {
        let mut options = EngineOptions::default();
        alter(&mut options);
        options.check().map_or_else(|error| error.to_string(), |()| "they make sense".to_owned())
    }

    /// Options that are altered in this way are told of this field and no other.
    #[track_caller]
    fn names(field: &str, alter: impl FnOnce(&mut EngineOptions)) {
        let told = told(alter);
        assert!(
            told.starts_with("the engine's options make no sense: ") && told.contains(field),
            "{field}: {told}"
        );
        assert!(!told.contains(';'), "one field was altered: {told}");
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        names("pager.page_size", |it| it.pager.page_size = 0);
        names("pager.page_size", |it| it.pager.page_size = 501);
        names("pager.max_pages", |it| it.pager.max_pages = 0);
        names("concurrent_connections", |it| it.concurrent_connections = 0);
        names("concurrent_accounts", |it| it.concurrent_accounts = 0);
        names("imports.bytes_max", |it| it.imports.bytes_max = 0);
        names("imports.rows_max", |it| it.imports.rows_max = 0);
        names("oldest_live_balance", |it| it.oldest_live_balance = TimeDelta::seconds(-1));
        names("event_retention.keep_for", |it| it.event_retention.keep_for = TimeDelta::seconds(-1));
        names("schedule.jitter_percent", |it| it.schedule.jitter_percent = 101);
        names("schedule.retry_jitter_percent", |it| it.schedule.retry_jitter_percent = 101);
        names("schedule.short", |it| it.schedule.short.first_seconds = 0);
        names("schedule.long", |it| it.schedule.long.cap_seconds = 0);
        names("schedule.data", |it| it.schedule.data = BackOff { first_seconds: 2, cap_seconds: 1 });
        names("schedule.slow", |it| it.schedule.slow.first_seconds = u32::MAX);
        names("lease.term", |it| it.lease.term = Duration::ZERO);
        names("lease.term", |it| it.lease.term = Duration::from_millis(999));
        names("lease.term", |it| it.lease.term = LONGEST + Duration::from_millis(1));
        names("lease.look_every", |it| it.lease.look_every = Duration::ZERO);
        names("`name`", |it| it.name = " ".to_owned());
        names("categories.time_per_batch", |it| it.categories.time_per_batch = Duration::ZERO);
        names("categories.lease", |it| it.categories.lease = TimeDelta::zero());
        names("categories.lease", |it| it.categories.lease = TimeDelta::seconds(9));
        names("categories.lease", |it| it.categories.lease = TimeDelta::MAX);
        names("categories.attempts", |it| it.categories.attempts = 0);
        names("categories.wait_after_failure", |it| {
            it.categories.wait_after_failure = TimeDelta::seconds(-1);
        });
        names("categories.wait_after_failure", |it| it.categories.wait_after_failure = TimeDelta::MAX);
        names("categories.rest_after_failure", |it| it.categories.rest_after_failure = TimeDelta::MIN);
        names("categories.rest_after_failure", |it| it.categories.rest_after_failure = TimeDelta::days(366));
        names("categories.memory.confidence_least", |it| it.categories.memory.confidence_least = 101);
        names("health.weights", |it| {
            it.health.weights = HealthWeights {
                reconciliation: 0,
                connection: 0,
                freshness: 0,
                sync_success: 0,
                schedule: 0,
                pendings: 0,
            };
        });
        names("health.caps", |it| it.health.caps.consent_ends_soon = 101);
        names("health.states", |it| it.health.states.degraded = 101);
        names("health.reconciliation_age", |it| it.health.reconciliation_age.beyond_percent = 101);
        names("health.data_age", |it| it.health.data_age.steps[0].percent = 101);
        names("health.lateness", |it| it.health.lateness.steps.push(AgeStep { hours_max: 72, percent: 0 }));
        names("health.unreconciled_below", |it| it.health.unreconciled_below = 101);
        names("health.pending_stale_percent", |it| it.health.pending_stale_percent = 101);
        names("health.judged_weight_min", |it| it.health.judged_weight_min = 101);
        names("health.runs_min", |it| it.health.runs_max = 2);
        names("health.pending_stale_days", |it| it.health.pending_stale_days = 31);
        names("health.poor_from", |it| it.health.fair_from = 91);
        names("health.poor_from", |it| it.health.good_from = 101);
        names("status.runs_min", |it| it.status.runs_min = 101);
        names("status.fair_from_percent", |it| it.status.good_from_percent = 79);
    }

    #[test]
    fn all_of_it_is_told_at_once() {
        let told = told(|it| {
            it.pager.max_pages = 0;
            it.categories.attempts = 0;
        });
        let rules = "`pager.max_pages` must be at least 1; `categories.attempts` must be at least 1";
        assert_eq!(told, format!("the engine's options make no sense: {rules}"));
    }

    #[test]
    fn what_is_unusual_makes_sense() {
        let cases: Vec<fn(&mut EngineOptions)> = vec![
            |_| {},
            |it| it.pager = PagerPolicy { page_size: 1, max_pages: 1, max_restarts: 0 },
            |it| it.lease.patience = Duration::ZERO,
            |it| (it.lease.patience, it.lease.look_every) = (Duration::MAX, Duration::MAX),
            |it| (it.lease.term, it.progress.between_pages) = (LONGEST, Duration::ZERO),
            |it| (it.categories.batch, it.categories.time_after_sync) = (0, Duration::ZERO),
            |it| it.categories.wait_after_failure = TimeDelta::zero(),
            |it| (it.event_retention.keep_for, it.event_retention.keep_newest) = (TimeDelta::MAX, 0),
            |it| (it.oldest_live_balance, it.schedule.gap_seconds) = (TimeDelta::zero(), 0),
            |it| (it.health.judged_weight_min, it.health.runs_min) = (0, 0),
            |it| it.health.lateness.steps.clear(),
        ];
        for (number, alter) in cases.into_iter().enumerate() {
            assert_eq!(told(alter), "they make sense", "case {number}");
        }
    }
}
