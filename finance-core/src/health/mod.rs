//! The health of an account as one number, its parts, and what would raise it.

mod input;
mod outcome;
mod parts;
mod policy;
mod recommendation;

use chrono::{DateTime, Utc};

use parts::Judge;

pub use input::{HealthConnection, HealthInput, HealthReconciliation, HealthRun, HealthSchedule};
pub use outcome::{AccountHealth, AppliedCap, HardFault, HealthFactor, HealthLevel, HealthPart};
pub(crate) use parts::{duration_text, seconds_between};
pub use policy::{AgeScale, AgeStep, HealthCaps, HealthPolicy, HealthWeights, StatePercents};
pub use recommendation::Recommendation;

/// Judges an account by what is known of it, as of `now`.
///
/// The whole formula, with the numbers of [`HealthPolicy::default`]:
///
/// | Part | Weight | Earns |
/// | --- | --- | --- |
/// | reconciliation | 30 | its score at its age: 100 % up to 7 days, 80 % up to 31 days, 60 % up to 92 days, 40 % beyond |
/// | connection | 20 | good 100 %, consent ends soon 70 %, disconnecting 50 %, degraded or syncs paused 40 %, needs sign-in, revoked or removed 0 % |
/// | freshness | 20 | the bank's data: 100 % up to 36 h, 90 % up to 60 h, 75 % up to 84 h, 50 % up to 120 h, 25 % up to 168 h, 0 % beyond |
/// | sync_success | 15 | the percent that went well of the latest 10 runs that went well or failed, at most 30 days old and at least 3 of them |
/// | schedule | 10 | the last sync that was due, by how late it is: 100 % up to 1 h, 75 % up to 6 h, 50 % up to 24 h, 25 % up to 72 h, 0 % beyond |
/// | pendings | 5 | 100 %, less 25 % for each row pending for more than 10 days; 0 % with one of more than 30 days |
/// | **Hard fault** | **At most** | **When** |
/// | removed | 0 | the connection was removed, or the latest sync failed with `connection_removed` |
/// | revoked | 10 | access was withdrawn, or the latest sync failed with `link_again` |
/// | needs_sign_in | 30 | so says the connection, or the consent has ended, or the latest sync failed with `sign_in_again` |
/// | stale_data | 50 | the bank's data is older than 168 h |
/// | unreconciled | 60 | the reconciliation scored below 50 |
/// | sync_paused | 70 | the latest sync failed with `quota_used_up`, `configuration` or `provider_fault` |
/// | disconnecting | 70 | the bank will end the connection |
/// | consent_ends_soon | 80 | so says the connection, or the consent ends within 7 days and none of the first three holds |
/// | **Level** | **From** | |
/// | good | 90 | all is well |
/// | fair | 65 | something is not as it should be |
/// | poor | 35 | use the figures with care |
/// | broken | 0 | the account does not work |
///
/// **What cannot be judged is left out, never counted as zero**, and says so in its reason: a manual account has no connection,
/// freshness, sync success or schedule; a new connection is not judged before a sync went well, and counts as good then; nor is
/// the success of too few runs, nor the schedule while it is paused, be it by the status or by the fault of the latest run, for
/// which [`AfterFault`](crate::AfterFault) is the table. The weights of the other parts are then scaled to 100: each
/// is `weight * 100 / sum` rounded down, and the points that are missing to 100 go, one each, to the parts with the largest
/// remainders, of equal ones to the earlier part. A part's points are its scaled weight times its percent, rounded down, so
/// that only a perfect account has 100. The score is the sum, or the lowest cap if that is lower. There is
/// none when the parts judged weigh less than 40 % of those that an account of its kind can have, unless a hard fault leaves it
/// broken: one part says little of an account.
///
/// The bounds of freshness and of `stale_data` are those of a sync a day or more often, or only on request. With a longer
/// [`SyncFrequency`](crate::SyncFrequency), what its period exceeds a day by is taken off the age first: weekly data has full
/// points up to 180 h.
///
/// Instants later than `now` count as now. The order of runs and of pending days does not matter.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use finance_core::{
///     ConnectionStatus, HealthConnection, HealthInput, HealthLevel, HealthPolicy, Recommendation, account_health,
/// };
///
/// let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
/// let mut input = HealthInput {
///     connection: Some(HealthConnection { status: ConnectionStatus::Good, consent_expires_at: None }),
///     bank_updated_at: Some(instant("2026-03-04T02:00:00Z")),
///     ..HealthInput::default()
/// };
/// let policy = HealthPolicy::default();
/// let now = instant("2026-03-04T09:00:00Z");
/// let health = account_health(&input, &policy, now);
/// assert_eq!((health.score, health.level), (Some(100), HealthLevel::Good));
///
/// input.connection = Some(HealthConnection { status: ConnectionStatus::NeedsSignIn, consent_expires_at: None });
/// let health = account_health(&input, &policy, now);
/// assert_eq!((health.score, health.level), (Some(30), HealthLevel::Broken));
/// assert_eq!(health.recommendations.first(), Some(&Recommendation::SignInAgain));
/// ```
pub fn account_health(input: &HealthInput, policy: &HealthPolicy, now: DateTime<Utc>) -> AccountHealth {
    let judge = Judge::new(input, policy, now);
    let judged = HealthFactor::ALL.map(|factor| judge.part(factor));
    let weights = judged
        .each_ref()
        .map(|judged| judged.percent.map_or(0, |_| u32::from(policy.weights.of(judged.factor))));
    let judged_weight: u32 = weights.iter().sum();
    let shares = shares(weights);
    let parts: Vec<HealthPart> =
        judged.into_iter().zip(shares).map(|(judged, share)| judged.into_part(share)).collect();
    let mut caps = judge.caps();
    caps.sort_unstable_by_key(|cap| (cap.at_most, cap.fault));
    let mut recommendations: Vec<Recommendation> = parts.iter().filter_map(|part| part.action).collect();
    recommendations.extend(judge.state_action());
    recommendations.extend(judge.pause_action());
    recommendations.sort_unstable();
    recommendations.dedup();
    let enough = judged_weight * 100 >= judge.weight_of_its_kind() * u32::from(policy.judged_weight_min);
    let broken = caps.first().is_some_and(|cap| cap.at_most < policy.poor_from);
    let earned = parts.iter().filter_map(|part| part.points).reduce(u8::saturating_add);
    let earned = earned.filter(|_| enough || broken);
    let score = earned.map(|earned| caps.first().map_or(earned, |cap| earned.min(cap.at_most)));
    AccountHealth { score, level: HealthLevel::of(score, policy), parts, caps, recommendations }
}

/// Weights scaled to 100 by largest remainders; all 0 when all are.
fn shares<const PARTS: usize>(weights: [u32; PARTS]) -> [u8; PARTS] {
    let sum = weights.iter().sum::<u32>().max(1);
    let mut shares = weights.map(|weight| weight * 100 / sum);
    let mut places: [usize; PARTS] = std::array::from_fn(|place| place);
    places.sort_by_key(|&place| std::cmp::Reverse(weights[place] * 100 % sum));
    let remainders: u32 = weights.iter().map(|weight| weight * 100 % sum).sum();
    for place in places.into_iter().take((remainders / sum) as usize) {
        shares[place] += 1;
    }
    shares.map(|share| u8::try_from(share).unwrap_or(100))
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::model::{ConnectionStatus, RunOutcome};
    use crate::provider::ProviderErrorKind;

    const NOW: &str = "2026-03-16T12:00:00Z";

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn hours_ago(hours: i64) -> DateTime<Utc> {
        instant(NOW) - chrono::TimeDelta::hours(hours)
    }

    fn day(days_ago: u64) -> NaiveDate {
        instant(NOW).date_naive() - chrono::Days::new(days_ago)
    }

    fn connection(status: ConnectionStatus) -> Option<HealthConnection> {
        Some(HealthConnection { status, consent_expires_at: None })
    }

    fn run(hours: i64, outcome: RunOutcome, fault: Option<ProviderErrorKind>) -> HealthRun {
        HealthRun { at: hours_ago(hours), outcome, fault }
    }

    /// Everything known, everything perfect.
    fn perfect() -> HealthInput {
        HealthInput {
            connection: connection(ConnectionStatus::Good),
            reconciliation: Some(HealthReconciliation {
                score: Some(100),
                at: hours_ago(20),
                difference: None,
            }),
            bank_updated_at: Some(hours_ago(10)),
            runs: (0..12).map(|n| run(n * 24, RunOutcome::Applied, None)).collect(),
            schedule: Some(HealthSchedule { due_at: hours_ago(5), ran_at: Some(hours_ago(5)) }),
            frequency: None,
            pending: Some(vec![day(1), day(9)]),
        }
    }

    fn judge(input: &HealthInput) -> AccountHealth {
        account_health(input, &HealthPolicy::default(), instant(NOW))
    }

    fn part(health: &AccountHealth, factor: HealthFactor) -> (u8, Option<u8>, Option<Recommendation>) {
        let part = health.parts.iter().find(|part| part.factor == factor).unwrap();
        (part.weight, part.points, part.action)
    }

    fn scale_text(scale: &AgeScale, long: bool) -> String {
        let mut text: Vec<String> = Vec::new();
        for AgeStep { hours_max, percent } in &scale.steps {
            let bound = if long { format!("{} days", hours_max / 24) } else { format!("{hours_max} h") };
            text.push(format!("{percent} % up to {bound}"));
        }
        format!("{}, {} % beyond", text.join(", "), scale.beyond_percent)
    }

    /// The table of the formula as the policy would have it.
    fn table(policy: &HealthPolicy) -> String {
        let HealthPolicy { weights, caps, states, .. } = policy;
        let unreconciled = policy.unreconciled_below;
        let last_step = policy.data_age.steps.last().unwrap().hours_max;
        [
            "| Part | Weight | Earns |".to_owned(),
            "| --- | --- | --- |".to_owned(),
            format!(
                "| reconciliation | {} | its score at its age: {} |",
                weights.reconciliation,
                scale_text(&policy.reconciliation_age, true)
            ),
            format!(
                "| connection | {} | good {} %, consent ends soon {} %, disconnecting {} %, degraded or syncs paused {} \
                 %, needs sign-in, revoked or removed 0 % |",
                weights.connection, states.good, states.consent_ends_soon, states.disconnecting, states.degraded
            ),
            format!("| freshness | {} | the bank's data: {} |", weights.freshness, scale_text(&policy.data_age, false)),
            format!(
                "| sync_success | {} | the percent that went well of the latest {} runs that went well or failed, at \
                 most {} days old and at least {} of them |",
                weights.sync_success, policy.runs_max, policy.runs_age_max_days, policy.runs_min
            ),
            format!(
                "| schedule | {} | the last sync that was due, by how late it is: {} |",
                weights.schedule,
                scale_text(&policy.lateness, false)
            ),
            format!(
                "| pendings | {} | 100 %, less {} % for each row pending for more than {} days; 0 % with one of more \
                 than {} days |",
                weights.pendings,
                policy.pending_stale_percent,
                policy.pending_stale_days,
                policy.pending_lost_days
            ),
            "| **Hard fault** | **At most** | **When** |".to_owned(),
            format!(
                "| removed | {} | the connection was removed, or the latest sync failed with `connection_removed` |",
                caps.removed
            ),
            format!("| revoked | {} | access was withdrawn, or the latest sync failed with `link_again` |", caps.revoked),
            format!(
                "| needs_sign_in | {} | so says the connection, or the consent has ended, or the latest sync failed \
                 with `sign_in_again` |",
                caps.needs_sign_in
            ),
            format!("| stale_data | {} | the bank's data is older than {last_step} h |", caps.stale_data),
            format!("| unreconciled | {} | the reconciliation scored below {unreconciled} |", caps.unreconciled),
            format!(
                "| sync_paused | {} | the latest sync failed with `quota_used_up`, `configuration` or \
                 `provider_fault` |",
                caps.sync_paused
            ),
            format!("| disconnecting | {} | the bank will end the connection |", caps.disconnecting),
            format!(
                "| consent_ends_soon | {} | so says the connection, or the consent ends within {} days and none of \
                 the first three holds |",
                caps.consent_ends_soon, policy.consent_ends_soon_days
            ),
            "| **Level** | **From** | |".to_owned(),
            format!("| good | {} | all is well |", policy.good_from),
            format!("| fair | {} | something is not as it should be |", policy.fair_from),
            format!("| poor | {} | use the figures with care |", policy.poor_from),
            "| broken | 0 | the account does not work |".to_owned(),
        ]
        .join("\n")
    }

    #[test]
    fn the_documented_formula_is_the_policy() {
        let documented: Vec<&str> = include_str!("mod.rs")
            .lines()
            .filter(|line| line.starts_with("/// |"))
            .map(|line| line.trim_start_matches("/// "))
            .collect();
        assert_eq!(documented.join("\n"), table(&HealthPolicy::default()));
        let names = HealthFactor::ALL.map(HealthFactor::name).into_iter();
        for name in names.chain(HardFault::ALL.map(HardFault::name)) {
            let rows = documented.iter().filter(|line| line.starts_with(&format!("| {name} |"))).count();
            assert_eq!(rows, 1, "{name}");
        }
    }

    #[test]
    fn a_perfect_account_has_every_point() {
        let health = judge(&perfect());
        assert_eq!((health.score, health.level), (Some(100), HealthLevel::Good));
        assert_eq!(health.recommendations, []);
        assert_eq!(health.caps, []);
        let weights: Vec<u8> = health.parts.iter().map(|part| part.weight).collect();
        assert_eq!(weights, [30, 20, 20, 15, 10, 5]);
    }

    #[test]
    fn each_state_of_a_connection_has_its_score_and_its_action() {
        use ConnectionStatus as S;
        use Recommendation as R;
        for (status, score, level, action) in [
            (S::Good, 100, HealthLevel::Good, None),
            (S::Degraded, 88, HealthLevel::Fair, Some(R::WaitForBank)),
            (S::ConsentEndsSoon, 80, HealthLevel::Fair, Some(R::RenewConsent)),
            (S::Disconnecting, 70, HealthLevel::Fair, Some(R::RenewConsent)),
            (S::NeedsSignIn, 30, HealthLevel::Broken, Some(R::SignInAgain)),
            (S::Revoked, 10, HealthLevel::Broken, Some(R::LinkAgain)),
            (S::Removed, 0, HealthLevel::Broken, Some(R::LinkAgain)),
        ] {
            let health = judge(&HealthInput { connection: connection(status), ..perfect() });
            assert_eq!((health.score, health.level), (Some(score), level), "{status:?}");
            assert_eq!(health.recommendations.first().copied(), action, "{status:?}");
        }
    }

    #[test]
    fn consent_is_looked_at_whatever_the_status_says() {
        for (status, ends_in_hours, fault) in [
            (ConnectionStatus::Good, 7 * 24, Some(HardFault::ConsentEndsSoon)),
            (ConnectionStatus::Good, 7 * 24 + 1, None),
            (ConnectionStatus::Good, 0, Some(HardFault::NeedsSignIn)),
            (ConnectionStatus::ConsentEndsSoon, -1, Some(HardFault::NeedsSignIn)),
            (ConnectionStatus::Degraded, 24, Some(HardFault::ConsentEndsSoon)),
            (ConnectionStatus::Degraded, 7 * 24 + 1, None),
            (ConnectionStatus::Disconnecting, 24, Some(HardFault::Disconnecting)),
            (ConnectionStatus::Revoked, -1, Some(HardFault::Revoked)),
        ] {
            let consent_expires_at = Some(hours_ago(-ends_in_hours));
            let connection = Some(HealthConnection { status, consent_expires_at });
            let health = judge(&HealthInput { connection, ..perfect() });
            assert_eq!(health.caps.first().map(|cap| cap.fault), fault, "{status:?} {ends_in_hours}");
            let soon = status.is_alive() && (1..=7 * 24).contains(&ends_in_hours);
            let capped = health.caps.iter().any(|cap| cap.fault == HardFault::ConsentEndsSoon);
            assert_eq!(capped, soon, "{status:?} {ends_in_hours}");
            let told = health.recommendations.contains(&Recommendation::RenewConsent);
            assert_eq!(told, soon, "{status:?} {ends_in_hours}");
        }
    }

    #[test]
    fn new_manual_and_unknown_accounts_are_not_called_ill() {
        let new = HealthInput {
            connection: connection(ConnectionStatus::New),
            runs: vec![run(0, RunOutcome::NotReady, None), run(1, RunOutcome::Failed, None)],
            schedule: Some(HealthSchedule { due_at: hours_ago(0), ran_at: None }),
            pending: Some(Vec::new()),
            ..HealthInput::default()
        };
        let health = judge(&new);
        assert_eq!((health.score, health.level), (None, HealthLevel::Unknown));
        assert_eq!(health.recommendations, [Recommendation::WaitForBank]);
        assert!(health.parts.iter().all(|part| part.reason.starts_with("Nothing is known of it yet")));

        let schedule = Some(HealthSchedule { due_at: hours_ago(50), ran_at: None });
        let health = judge(&HealthInput { schedule, ..new });
        assert_eq!(health.score, None);
        assert_eq!(health.recommendations, [Recommendation::SyncNow, Recommendation::WaitForBank]);

        let manual = HealthInput { pending: Some(Vec::new()), ..HealthInput::default() };
        let health = judge(&manual);
        assert_eq!((health.score, health.level), (None, HealthLevel::Unknown));
        assert_eq!(health.recommendations, [Recommendation::Reconcile]);

        let reconciliation =
            Some(HealthReconciliation { score: Some(96), at: hours_ago(1), difference: None });
        let health = judge(&HealthInput { reconciliation, ..manual });
        assert_eq!((health.score, health.level), (Some(96), HealthLevel::Good));
        assert_eq!(part(&health, HealthFactor::Reconciliation).0, 100);
    }

    #[test]
    fn one_small_part_is_no_judgement_of_an_account() {
        let status = |status| HealthInput { connection: connection(status), ..HealthInput::default() };
        let compared = Some(HealthReconciliation { score: Some(40), at: hours_ago(1), difference: None });
        for (input, score) in [
            (HealthInput { pending: Some(vec![day(45)]), ..HealthInput::default() }, None),
            (HealthInput { reconciliation: compared, ..HealthInput::default() }, Some(40)),
            (status(ConnectionStatus::Good), None),
            (status(ConnectionStatus::Degraded), None),
            (HealthInput { reconciliation: compared, ..status(ConnectionStatus::New) }, None),
            (
                HealthInput { bank_updated_at: Some(hours_ago(1)), ..status(ConnectionStatus::Good) },
                Some(100),
            ),
            (status(ConnectionStatus::NeedsSignIn), Some(0)),
            (status(ConnectionStatus::Removed), Some(0)),
        ] {
            let health = judge(&input);
            assert_eq!(health.score, score, "{input:?}");
            assert_eq!(health.level == HealthLevel::Unknown, score.is_none(), "{input:?}");
            assert!(health.parts.iter().any(|part| part.points.is_some()), "{input:?}");
        }
    }

    #[test]
    fn a_fault_that_pauses_the_schedule_is_judged_like_the_state_it_leads_to() {
        use HardFault as F;
        use ProviderErrorKind as K;
        use Recommendation as R;
        for (fault, cap, action) in [
            (K::SignInAgain, Some((F::NeedsSignIn, 30)), Some(R::SignInAgain)),
            (K::LinkAgain, Some((F::Revoked, 10)), Some(R::LinkAgain)),
            (K::ConnectionRemoved, Some((F::Removed, 0)), Some(R::LinkAgain)),
            (K::QuotaUsedUp, Some((F::SyncPaused, 70)), Some(R::AskSupport)),
            (K::Configuration, Some((F::SyncPaused, 70)), Some(R::AskSupport)),
            (K::ProviderFault, Some((F::SyncPaused, 70)), Some(R::AskSupport)),
            (K::RetryLater, None, None),
            (K::Unavailable, None, None),
        ] {
            let input = HealthInput {
                runs: vec![run(1, RunOutcome::Failed, Some(fault))],
                bank_updated_at: Some(hours_ago(60)),
                schedule: Some(HealthSchedule { due_at: hours_ago(50), ran_at: None }),
                ..perfect()
            };
            let health = judge(&input);
            assert_eq!(health.caps.first().map(|cap| (cap.fault, cap.at_most)), cap, "{fault:?}");
            let Some((_, at_most)) = cap else { continue };
            assert!(health.score.unwrap() <= at_most, "{fault:?}");
            assert_eq!(health.recommendations.first().copied(), action, "{fault:?}");
            assert!(!health.recommendations.contains(&R::SyncNow), "{fault:?}");
            assert_eq!(part(&health, HealthFactor::Schedule), (0, None, action), "{fault:?}");
            // A later run that went well ends the pause, and a status that is worse stays.
            let runs = [input.runs.clone(), vec![run(0, RunOutcome::Applied, None)]].concat();
            assert_eq!(judge(&HealthInput { runs, ..input.clone() }).caps, [], "{fault:?}");
            let removed = connection(ConnectionStatus::Removed);
            assert_eq!(
                judge(&HealthInput { connection: removed, ..input.clone() }).caps[0].fault,
                F::Removed
            );
            assert_eq!(judge(&HealthInput { connection: None, ..input }).caps, [], "{fault:?}");
        }
    }

    #[test]
    fn data_may_be_as_old_as_the_chosen_frequency_makes_it() {
        use crate::schedule::SyncFrequency as F;
        for (frequency, hours, points) in [
            (Some(F::Weekly), 175, 20),
            (Some(F::Weekly), 180, 20),
            (Some(F::Weekly), 181, 18),
            (Some(F::Weekly), 312, 5),
            (Some(F::Weekly), 313, 0),
            (Some(F::Daily), 36, 20),
            (Some(F::Daily), 37, 18),
            (Some(F::Hourly), 36, 20),
            (Some(F::Manual), 37, 18),
            (None, 175, 0),
        ] {
            let health =
                judge(&HealthInput { frequency, bank_updated_at: Some(hours_ago(hours)), ..perfect() });
            let (_, earned, _) = part(&health, HealthFactor::Freshness);
            assert_eq!(earned, Some(points), "{frequency:?} {hours}");
            assert_eq!(health.caps.is_empty(), points > 0, "{frequency:?} {hours}");
        }
    }

    #[test]
    fn a_new_connection_of_which_a_sync_went_well_is_judged() {
        let input = HealthInput { connection: connection(ConnectionStatus::New), ..perfect() };
        assert_eq!(judge(&input).score, Some(100));
        let health = judge(&HealthInput { bank_updated_at: Some(hours_ago(60)), ..input });
        assert_eq!(part(&health, HealthFactor::Freshness).1, Some(18));
    }

    #[test]
    fn weights_of_what_is_known_are_scaled_to_100() {
        for (weights, scaled) in [
            ([30, 20, 20, 15, 10, 5], [30, 20, 20, 15, 10, 5]),
            ([0, 20, 20, 0, 0, 5], [0, 45, 44, 0, 0, 11]),
            ([0, 20, 20, 15, 10, 5], [0, 29, 29, 21, 14, 7]),
            ([30, 0, 0, 0, 0, 0], [100, 0, 0, 0, 0, 0]),
            ([1, 1, 1, 1, 1, 1], [17, 17, 17, 17, 16, 16]),
            ([255, 255, 255, 255, 255, 1], [20, 20, 20, 20, 20, 0]),
            ([0; 6], [0; 6]),
        ] {
            assert_eq!(shares(weights), scaled, "{weights:?}");
        }
    }

    #[test]
    fn freshness_falls_with_the_age_of_the_banks_data_not_of_our_sync() {
        use Recommendation as R;
        for (hours, points, action) in [
            (-5, 20, None),
            (36, 20, None),
            (37, 18, Some(R::WaitForBank)),
            (84, 15, Some(R::WaitForBank)),
            (120, 10, Some(R::WaitForBank)),
            (168, 5, Some(R::WaitForBank)),
            (169, 0, Some(R::AskSupport)),
        ] {
            let health = judge(&HealthInput { bank_updated_at: Some(hours_ago(hours)), ..perfect() });
            assert_eq!(part(&health, HealthFactor::Freshness), (20, Some(points), action), "{hours}");
            assert_eq!(health.caps.is_empty(), hours <= 168, "{hours}");
        }
        let reason =
            &judge(&HealthInput { bank_updated_at: Some(hours_ago(60)), ..perfect() }).parts[2].reason;
        assert_eq!(reason, "The bank's data is 2 days old.");
        // Where our own syncs are as old, a sync may help.
        let runs = vec![run(60, RunOutcome::Applied, None), run(1, RunOutcome::Failed, None)];
        for hours in [60, 400] {
            let bank_updated_at = Some(hours_ago(hours));
            let health = judge(&HealthInput { bank_updated_at, runs: runs.clone(), ..perfect() });
            assert_eq!(part(&health, HealthFactor::Freshness).2, Some(R::SyncNow), "{hours}");
        }
    }

    #[test]
    fn sync_success_counts_the_latest_runs_that_went_well_or_failed() {
        use ProviderErrorKind as K;
        use Recommendation as R;
        use RunOutcome::{Applied, Failed, NotReady, Superseded};
        let many = |outcomes: &[RunOutcome], fault| -> Vec<HealthRun> {
            outcomes.iter().zip(0..).map(|(outcome, hours)| run(hours, *outcome, fault)).collect()
        };
        for (runs, points, action) in [
            (many(&[Applied, Applied, NotReady], None), None, None),
            (many(&[Applied, Superseded, NotReady, Failed, Applied], None), Some(11), None),
            (many(&[Failed, Applied, Applied], Some(K::Unavailable)), Some(9), Some(R::WaitForBank)),
            // The schedule is paused by this fault, so the part weighs more.
            (many(&[Failed, Applied, Applied], Some(K::Configuration)), Some(11), Some(R::AskSupport)),
            (many(&[Failed, Applied, Applied], None), Some(9), Some(R::SyncNow)),
            (many(&[[Applied; 10], [Failed; 10]].concat(), None), Some(15), None),
        ] {
            let health = judge(&HealthInput { runs: runs.clone(), ..perfect() });
            let (_, earned, todo) = part(&health, HealthFactor::SyncSuccess);
            assert_eq!((earned, todo), (points, action), "{runs:?}");
        }
        let old = vec![run(31 * 24, Failed, None); 5];
        let health = judge(&HealthInput { runs: old, ..perfect() });
        assert_eq!(part(&health, HealthFactor::SyncSuccess).1, None);
    }

    #[test]
    fn a_late_sync_costs_points_and_one_that_has_not_run_is_asked_for() {
        for (due, ran, points, action) in [
            (-3, None, 10, None),
            (1, None, 10, None),
            (2, None, 7, Some(Recommendation::SyncNow)),
            (80, None, 0, Some(Recommendation::SyncNow)),
            (80, Some(75), 7, None),
            (5, Some(6), 10, None),
        ] {
            let schedule = HealthSchedule { due_at: hours_ago(due), ran_at: ran.map(hours_ago) };
            let health = judge(&HealthInput { schedule: Some(schedule), ..perfect() });
            assert_eq!(part(&health, HealthFactor::Schedule), (10, Some(points), action), "{due} {ran:?}");
        }
        let connection = connection(ConnectionStatus::NeedsSignIn);
        let health = judge(&HealthInput { connection, ..perfect() });
        assert_eq!(part(&health, HealthFactor::Schedule).1, None, "a paused connection is not late");
    }

    #[test]
    fn stale_pendings_cost_points_by_count_and_all_of_them_by_age() {
        for (days_ago, points) in
            [(vec![], 5), (vec![10], 5), (vec![11], 3), (vec![11, 12, 3], 2), (vec![31], 0), (vec![12; 9], 0)]
        {
            let pending = Some(days_ago.iter().copied().map(day).collect());
            let health = judge(&HealthInput { pending, ..perfect() });
            let action = (points < 5).then_some(Recommendation::ReviewPending);
            assert_eq!(part(&health, HealthFactor::Pendings), (5, Some(points), action), "{days_ago:?}");
        }
    }

    #[test]
    fn a_reconciliation_counts_by_score_and_age_and_a_bad_one_caps_the_account() {
        use Recommendation as R;
        let zero = Some(Decimal::ZERO);
        let apart = Some("-12.30".parse().unwrap());
        for (score, days, difference, points, action, cap) in [
            (100, 7, zero, 30, None, None),
            (100, 8, zero, 24, Some(R::Reconcile), None),
            (100, 400, None, 12, Some(R::Reconcile), None),
            (90, 1, apart, 27, Some(R::ReviewDifference), None),
            (50, 1, apart, 15, Some(R::ReviewDifference), None),
            (49, 1, apart, 14, Some(R::ReviewDifference), Some(60)),
            (49, 1, zero, 14, Some(R::Reconcile), Some(60)),
            (255, 1, None, 30, None, None),
        ] {
            let made = HealthReconciliation { score: Some(score), at: hours_ago(days * 24), difference };
            let health = judge(&HealthInput { reconciliation: Some(made), ..perfect() });
            let case = format!("{score} {days} {difference:?}");
            assert_eq!(part(&health, HealthFactor::Reconciliation), (30, Some(points), action), "{case}");
            assert_eq!(health.caps.first().map(|cap| cap.at_most), cap, "{case}");
            assert_eq!(health.parts[0].reason.contains("differ by 12.30"), difference == apart, "{case}");
        }
    }

    #[test]
    fn several_faults_are_listed_once_the_worst_first() {
        let health = judge(&HealthInput {
            connection: connection(ConnectionStatus::NeedsSignIn),
            reconciliation: Some(HealthReconciliation {
                score: Some(20),
                at: hours_ago(1),
                difference: None,
            }),
            bank_updated_at: Some(hours_ago(500)),
            runs: vec![run(1, RunOutcome::Failed, Some(ProviderErrorKind::SignInAgain)); 3],
            schedule: None,
            frequency: None,
            pending: Some(vec![day(40)]),
        });
        let faults: Vec<HardFault> = health.caps.iter().map(|cap| cap.fault).collect();
        assert_eq!(faults, [HardFault::NeedsSignIn, HardFault::StaleData, HardFault::Unreconciled]);
        assert_eq!(
            health.recommendations,
            [Recommendation::SignInAgain, Recommendation::ReviewDifference, Recommendation::ReviewPending]
        );
        // Reconciliation 33 * 20 %, and nothing else: schedule is left out, the others are at zero.
        assert_eq!(health.score, Some(6));
    }

    #[test]
    fn a_part_without_weight_is_left_out() {
        let weights = HealthWeights { connection: 0, freshness: 0, ..HealthWeights::default() };
        let policy = HealthPolicy { weights, ..HealthPolicy::default() };
        let health = account_health(&perfect(), &policy, instant(NOW));
        assert_eq!(health.score, Some(100));
        assert_eq!(part(&health, HealthFactor::Connection), (0, None, None));
    }

    #[test]
    fn recommendations_read_back_and_are_declared_by_urgency() {
        assert!(Recommendation::ALL.is_sorted());
        for recommendation in Recommendation::ALL {
            assert_eq!(Recommendation::from_name(recommendation.name()), Some(recommendation));
            assert!(recommendation.to_string().ends_with('.'));
        }
    }

    fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
        prop_oneof![
            8 => (-2_000_i64..100).prop_map(|hours| hours_ago(-hours)),
            1 => Just(DateTime::<Utc>::MIN_UTC),
            1 => Just(DateTime::<Utc>::MAX_UTC),
        ]
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        prop_oneof![8 => (0_u64..60).prop_map(day), 1 => Just(NaiveDate::MIN), 1 => Just(NaiveDate::MAX)]
    }

    fn any_run() -> impl Strategy<Value = HealthRun> {
        use RunOutcome as O;
        let outcome = proptest::sample::select(vec![O::Applied, O::NotReady, O::Superseded, O::Failed]);
        let fault = proptest::option::of(proptest::sample::select(ProviderErrorKind::ALL.to_vec()));
        (any_instant(), outcome, fault).prop_map(|(at, outcome, fault)| HealthRun { at, outcome, fault })
    }

    prop_compose! {
        fn any_input()(
            status in proptest::option::of(proptest::sample::select(ConnectionStatus::ALL.to_vec())),
            consent_expires_at in proptest::option::of(any_instant()),
            reconciliation in proptest::option::of((any::<u8>(), any_instant(), any::<Option<i64>>())),
            bank_updated_at in proptest::option::of(any_instant()),
            runs in proptest::collection::vec(any_run(), 0..30),
            schedule in proptest::option::of((any_instant(), proptest::option::of(any_instant()))),
            weekly in any::<bool>(),
            pending in proptest::option::of(proptest::collection::vec(any_day(), 0..300)),
        ) -> HealthInput {
            HealthInput {
                connection: status.map(|status| HealthConnection { status, consent_expires_at }),
                reconciliation: reconciliation.map(|(score, at, difference)| HealthReconciliation {
                    score: score.checked_sub(1),
                    at,
                    difference: difference.map(Decimal::from),
                }),
                bank_updated_at,
                runs,
                schedule: schedule.map(|(due_at, ran_at)| HealthSchedule { due_at, ran_at }),
                frequency: weekly.then_some(crate::schedule::SyncFrequency::Weekly),
                pending,
            }
        }
    }

    proptest! {
        #[test]
        fn the_score_is_the_sum_of_its_parts_under_the_lowest_cap(input in any_input(), now in any_instant()) {
            let health = account_health(&input, &HealthPolicy::default(), now);
            let judged: Vec<&HealthPart> = health.parts.iter().filter(|part| part.points.is_some()).collect();
            prop_assert!(health.score.is_none() || !judged.is_empty());
            let weights: u32 = judged.iter().map(|part| u32::from(part.weight)).sum();
            prop_assert_eq!(weights, if judged.is_empty() { 0 } else { 100 });
            let earned: u32 = judged.iter().filter_map(|part| part.points).map(u32::from).sum();
            let cap = health.caps.first().map_or(100, |cap| cap.at_most);
            if let Some(score) = health.score {
                prop_assert_eq!(score, u8::try_from(earned).unwrap().min(cap));
            }
            for part in &health.parts {
                prop_assert!(part.points.is_none_or(|points| points <= part.weight));
                prop_assert!(part.reason.ends_with('.'));
                prop_assert!(part.action.is_none_or(|action| health.recommendations.contains(&action)));
            }
            prop_assert!(health.recommendations.is_sorted_by(|one, next| one < next));
            prop_assert!(health.caps.is_empty() || !health.recommendations.is_empty());
        }

        #[test]
        fn the_order_of_the_input_does_not_matter(input in any_input(), turn in 0_usize..30) {
            let mut turned = input.clone();
            turned.runs.reverse();
            let middle = turn.min(turned.runs.len());
            turned.runs.rotate_left(middle);
            turned.pending.iter_mut().for_each(|days| days.reverse());
            prop_assert_eq!(judge(&turned), judge(&input));
        }

        #[test]
        fn newer_data_of_the_bank_never_lowers_the_score(input in any_input(), ages in (0_i64..400, 0_i64..400)) {
            let at = |hours| HealthInput { bank_updated_at: Some(hours_ago(hours)), ..input.clone() };
            let (newer, older) = (ages.0.min(ages.1), ages.0.max(ages.1));
            prop_assert!(judge(&at(newer)).score >= judge(&at(older)).score);
        }
    }
}
