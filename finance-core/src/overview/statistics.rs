//! Statistics of sync runs.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::StatusPolicy;
use crate::health::HealthLevel;
use crate::model::{ConnectionStatus, RunOutcome, SyncRun, decimal_text};

/// How syncs went, counted over stored runs.
///
/// Counts include every run looked at. A rate or a mean of nothing is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SyncStatistics {
    /// Runs looked at.
    pub runs: u32,
    /// Runs whose update was applied.
    pub applied: u32,
    /// Runs that failed.
    pub failed: u32,
    /// Runs that found nothing ready.
    pub not_ready: u32,
    /// Runs that another one overtook.
    pub superseded: u32,
    /// Runs that somebody stopped.
    pub cancelled: u32,
    /// When the oldest run looked at began.
    pub since: Option<DateTime<Utc>>,
    /// The percent, rounded down, of the runs that went well among those that went well or failed. One that was overtaken
    /// went well.
    pub success_percent: Option<u8>,
    /// How long an applied run took on average, in whole milliseconds, rounded down.
    pub mean_milliseconds: Option<u64>,
    /// The time that 95 of 100 applied runs did not exceed (nearest rank), in whole milliseconds.
    pub p95_milliseconds: Option<u64>,
    /// Rows that applied runs added, changed, posted, matched or removed.
    pub rows: u64,
    /// The same for each applied run on average, rounded to a tenth.
    #[serde(with = "decimal_text::option")]
    pub rows_per_run: Option<Decimal>,
    /// Pages fetched.
    pub pages: u64,
    /// How often paging began again.
    pub restarts: u64,
    /// How often a call was repeated.
    pub retries: u64,
}

/// Counts runs, in any order, as of `now`. Those that ended longer ago than the policy's days do not count.
pub fn sync_statistics<'a>(
    runs: impl IntoIterator<Item = &'a SyncRun>,
    policy: &StatusPolicy,
    now: DateTime<Utc>,
) -> SyncStatistics {
    let age_max = TimeDelta::days(policy.runs_age_max_days.into());
    let mut counted = SyncStatistics::default();
    let mut durations = Vec::new();
    for run in runs.into_iter().filter(|run| now.signed_duration_since(run.ended_at) <= age_max) {
        counted.runs += 1;
        match run.outcome {
            RunOutcome::Applied => {
                counted.applied += 1;
                durations.push(milliseconds(run));
                let counts = run.counts;
                counted.rows +=
                    counts.added + counts.modified + counts.posted + counts.removed + counts.matched;
            }
            RunOutcome::Failed => counted.failed += 1,
            RunOutcome::NotReady => counted.not_ready += 1,
            RunOutcome::Superseded => counted.superseded += 1,
            RunOutcome::Cancelled => counted.cancelled += 1,
        }
        counted.since = Some(counted.since.map_or(run.started_at, |since| since.min(run.started_at)));
        counted.pages += u64::from(run.pages);
        counted.restarts += u64::from(run.restarts);
        counted.retries += u64::from(run.retries);
    }
    durations.sort_unstable();
    let applied = u64::from(counted.applied);
    counted.success_percent = percent(counted.applied + counted.superseded, counted.failed);
    counted.mean_milliseconds = durations.iter().sum::<u64>().checked_div(applied);
    counted.p95_milliseconds = nearest_rank(&durations, 95);
    counted.rows_per_run = (counted.rows * 20 + applied).checked_div(applied * 2).map(tenths);
    counted
}

/// How well the syncs of a connection go, in a word: by its state, else by how many of its runs went well.
pub fn connection_quality(
    state: ConnectionStatus,
    statistics: &SyncStatistics,
    policy: &StatusPolicy,
) -> HealthLevel {
    use ConnectionStatus as S;
    let judged = statistics.applied + statistics.superseded + statistics.failed;
    match (state, statistics.success_percent) {
        (S::NeedsSignIn | S::Revoked | S::Removed, _) => HealthLevel::Broken,
        (_, None) => HealthLevel::Unknown,
        _ if judged < policy.runs_min => HealthLevel::Unknown,
        (_, Some(percent)) if percent < policy.fair_from_percent => HealthLevel::Poor,
        (S::Degraded, Some(_)) => HealthLevel::Fair,
        (_, Some(percent)) if percent < policy.good_from_percent => HealthLevel::Fair,
        (_, Some(_)) => HealthLevel::Good,
    }
}

/// How long a run took; nothing when the clock went backwards meanwhile.
fn milliseconds(run: &SyncRun) -> u64 {
    let took = run.ended_at.signed_duration_since(run.started_at).num_milliseconds();
    u64::try_from(took).unwrap_or(0)
}

fn percent(good: u32, bad: u32) -> Option<u8> {
    let all = u64::from(good) + u64::from(bad);
    let percent = (u64::from(good) * 100).checked_div(all)?;
    u8::try_from(percent).ok()
}

/// The smallest value that so many percent of the sorted values do not exceed.
fn nearest_rank(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn tenths(tenths: u64) -> Decimal {
    Decimal::from_i128_with_scale(tenths.into(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionId, SyncCounts};

    fn now() -> DateTime<Utc> {
        "2026-03-16T12:00:00Z".parse().unwrap()
    }

    fn run(hours_ago: i64, outcome: RunOutcome, took: i64, added: u64) -> SyncRun {
        let ended_at = now() - TimeDelta::hours(hours_ago);
        SyncRun {
            connection: ConnectionId::new(1),
            started_at: ended_at - TimeDelta::milliseconds(took),
            ended_at,
            outcome,
            counts: SyncCounts { added, unchanged: 1_000, kept_deleted: 500, ..SyncCounts::default() },
            pages: 2,
            restarts: 1,
            retries: 3,
            fault: None,
        }
    }

    fn of(runs: &[SyncRun]) -> SyncStatistics {
        sync_statistics(runs, &StatusPolicy::default(), now())
    }

    #[test]
    fn nothing_is_said_of_no_runs() {
        assert_eq!(of(&[]), SyncStatistics::default());
        let failed = of(&[run(1, RunOutcome::Failed, 9, 0)]);
        assert_eq!((failed.runs, failed.success_percent), (1, Some(0)));
        assert_eq!(
            (failed.mean_milliseconds, failed.p95_milliseconds, failed.rows_per_run),
            (None, None, None)
        );
        assert_eq!(of(&[run(1, RunOutcome::NotReady, 9, 0)]).success_percent, None);
    }

    #[test]
    fn runs_are_counted_by_how_they_ended() {
        use RunOutcome::{Applied, Cancelled, Failed, NotReady, Superseded};
        let outcomes = [Applied, Applied, Failed, NotReady, Superseded, NotReady, Cancelled];
        let runs: Vec<SyncRun> = outcomes.iter().zip(0..).map(|(it, hours)| run(hours, *it, 7, 1)).collect();
        let counted = of(&runs);
        let by_outcome =
            [counted.applied, counted.failed, counted.not_ready, counted.superseded, counted.cancelled];
        assert_eq!((counted.runs, by_outcome), (7, [2, 1, 2, 1, 1]));
        // Three of four.
        assert_eq!(counted.success_percent, Some(75));
        assert_eq!((counted.pages, counted.restarts, counted.retries), (14, 7, 21));
        assert_eq!(counted.since, Some(runs[6].started_at));
    }

    #[test]
    fn durations_are_of_applied_runs() {
        use RunOutcome::{Applied, Failed};
        for (took, mean, p95) in [
            (vec![7], 7, 7),
            (vec![10, 11], 10, 11),
            (vec![-5, 10], 5, 10),
            ((1..=20).collect(), 10, 19),
            ((1..=21).collect(), 11, 20),
            ((1..=100).rev().collect(), 50, 95),
        ] {
            let mut runs: Vec<SyncRun> = took.iter().map(|took| run(1, Applied, *took, 0)).collect();
            runs.push(run(1, Failed, 1_000_000, 0));
            let counted = of(&runs);
            let found = (counted.mean_milliseconds, counted.p95_milliseconds);
            assert_eq!(found, (Some(mean), Some(p95)), "{took:?}");
        }
    }

    #[test]
    fn rows_are_those_that_changed_something() {
        use RunOutcome::{Applied, Failed};
        for (added, rows, per_run) in
            [(vec![0], 0, "0.0"), (vec![1, 0, 0], 1, "0.3"), (vec![1, 1, 0], 2, "0.7"), (vec![7], 7, "7.0")]
        {
            let mut runs: Vec<SyncRun> = added.iter().map(|added| run(1, Applied, 1, *added)).collect();
            runs.push(run(1, Failed, 1, 99));
            let counted = of(&runs);
            assert_eq!((counted.rows, counted.rows_per_run.unwrap().to_string().as_str()), (rows, per_run));
        }
        let counts = SyncCounts {
            added: 1,
            modified: 2,
            posted: 4,
            removed: 8,
            unchanged: 16,
            kept_deleted: 32,
            matched: 64,
        };
        assert_eq!(of(&[SyncRun { counts, ..run(1, Applied, 1, 0) }]).rows, 79);
    }

    #[test]
    fn old_runs_do_not_count() {
        let runs = [run(30 * 24, RunOutcome::Applied, 1, 1), run(30 * 24 + 1, RunOutcome::Failed, 1, 1)];
        let counted = of(&runs);
        assert_eq!((counted.runs, counted.success_percent), (1, Some(100)));
        // One that a wrong clock put into the future does.
        assert_eq!(of(&[run(-5, RunOutcome::Applied, 1, 1)]).runs, 1);
    }

    #[test]
    fn the_quality_in_a_word() {
        use ConnectionStatus as S;
        use HealthLevel::{Broken, Fair, Good, Poor, Unknown};
        for (state, applied, failed, quality) in [
            (S::Good, 2, 0, Unknown),
            (S::Good, 3, 0, Good),
            (S::Good, 95, 5, Good),
            (S::Good, 94, 6, Fair),
            (S::Good, 80, 20, Fair),
            (S::Good, 79, 21, Poor),
            (S::Degraded, 100, 0, Fair),
            (S::Degraded, 1, 5, Poor),
            (S::ConsentEndsSoon, 9, 0, Good),
            (S::NeedsSignIn, 100, 0, Broken),
            (S::Removed, 0, 0, Broken),
            (S::New, 0, 0, Unknown),
        ] {
            let success_percent = percent(applied, failed);
            let statistics = SyncStatistics { applied, failed, success_percent, ..SyncStatistics::default() };
            let found = connection_quality(state, &statistics, &StatusPolicy::default());
            assert_eq!(found, quality, "{state:?} {applied} {failed}");
        }
    }
}
