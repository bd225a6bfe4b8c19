//! When a connection is due, and how long to wait after a fault.

mod back_off;
mod frequency;
mod policy;
mod state;

use chrono::{DateTime, TimeDelta, Utc};
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub use back_off::{AfterFault, BackOffKind, PauseEnder, PauseReason};
pub use frequency::{FrequencyError, PollHours, SyncFrequency};
pub use policy::{BackOff, SchedulePolicy};
pub use state::{Due, DueReason, LastAttempt, ScheduleState};

/// When the connection is due next, as a value: nothing sleeps, and missed periods make it due once, not once each.
///
/// - A status that needs the user pauses it, whatever else holds. One that asks for a sign-in lets webhooks in all the same: they
///   may tell that the user did sign in, or that the sign-in was never broken.
/// - A manual connection is due by request only, also after a fault; one that pauses is told as a pause.
/// - Never synced, it is due at once.
/// - Periodic syncs fall on a grid of `since`, a jitter by the seed, and whole periods: they do not drift with the time a run
///   takes. The next one is the first that lies at least half a period after the last attempt began.
/// - A backstop counts from the end of the last attempt, jitter added.
/// - After a fault, [`AfterFault::of`] rules in place of the period: a wait, doubled with every failure in a row up to its cap
///   and shortened by the seed's jitter, or the wait that the provider named if that is longer; or a pause.
/// - A webhook since the last attempt began makes it due at once, unless the wait or pause is of a kind that news do not end.
/// - A request since the last attempt began makes it due at once, and ends any wait but one that the provider named, and any
///   pause after a fault.
/// - Nothing makes it due earlier than the policy's gap after the last attempt.
///
/// An attempt, webhook or request later than `now` by more than the gap was stamped by a wrong clock and is passed over. Sums
/// that leave the calendar stop at its end.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use finance_core::{Due, DueReason, LastAttempt, SchedulePolicy, ScheduleState, SyncFrequency, next_due};
///
/// let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
/// let mut state = ScheduleState::new(SyncFrequency::Daily, 7, instant("2026-03-01T08:00:00Z"));
/// let now = instant("2026-03-04T09:02:00Z");
/// state.last_attempt = Some(LastAttempt {
///     started_at: instant("2026-03-04T09:00:00Z"),
///     ended_at: now,
///     fault: None,
///     retry_after: None,
/// });
/// let policy = SchedulePolicy::default();
/// let at = next_due(&state, &policy, now).at().unwrap();
/// assert!(instant("2026-03-05T08:00:00Z") <= at && at <= instant("2026-03-05T10:24:00Z"));
///
/// let asked = instant("2026-03-04T12:00:00Z");
/// state.requested_at = Some(asked);
/// assert_eq!(next_due(&state, &policy, asked), Due::At { at: asked, why: DueReason::Requested });
/// ```
pub fn next_due(state: &ScheduleState, policy: &SchedulePolicy, now: DateTime<Utc>) -> Due {
    let trusted_until = later(now, policy.gap_seconds.into());
    let attempt = state.last_attempt.filter(|attempt| attempt.over_at() <= trusted_until);
    if let Some(pause) = PauseReason::of_status(state.status) {
        let told = ScheduleState { requested_at: None, ..state.clone() };
        let told = asked_for(&told, policy, attempt.as_ref(), trusted_until);
        return match told.filter(|_| pause == PauseReason::SignInAgain) {
            Some((at, why)) => Due::At { at, why },
            None => Due::Paused(pause),
        };
    }
    let planned = planned(state, policy, attempt.as_ref(), now);
    match asked_for(state, policy, attempt.as_ref(), trusted_until) {
        Some((at, why)) if planned.at().is_none_or(|planned| at <= planned) => Due::At { at, why },
        _ => planned,
    }
}

/// When news came last, if some come now. What a clock noted that ran ahead hides nothing that comes later.
pub(crate) fn latest_news(
    noted: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
    policy: &SchedulePolicy,
) -> Option<DateTime<Utc>> {
    let trusted_until = later(now, policy.gap_seconds.into());
    noted.filter(|noted| *noted <= trusted_until).max(Some(now))
}

/// When it is due if nobody asks for it.
fn planned(
    state: &ScheduleState,
    policy: &SchedulePolicy,
    attempt: Option<&LastAttempt>,
    now: DateTime<Utc>,
) -> Due {
    let after_fault = attempt.and_then(|attempt| attempt.fault).map(|kind| (kind, AfterFault::of(kind)));
    if let Some((_, AfterFault::Pause(pause))) = after_fault {
        return Due::Paused(pause);
    }
    let Some(period) = state.frequency.period_seconds() else { return Due::Never };
    let Some(attempt) = attempt else {
        return Due::At { at: state.since.min(now), why: DueReason::First };
    };
    let (at, why) = match (after_fault, state.frequency) {
        (Some((kind, AfterFault::Wait(wait))), _) => {
            let whole = policy.back_off(wait).seconds(state.failures);
            let wait = whole - jitter(state.seed, Purpose::Retry, whole, policy.retry_jitter_percent);
            (later(attempt.over_at(), wait.into()), DueReason::Retry(kind))
        }
        (_, SyncFrequency::OnWebhook(_)) => {
            let jitter = jitter(state.seed, Purpose::Period, period, policy.jitter_percent);
            (later(attempt.over_at(), i64::from(period) + i64::from(jitter)), DueReason::Backstop)
        }
        _ => (next_slot(state, policy, period, attempt.started_at), DueReason::Period),
    };
    Due::At { at: at.max(not_before(state, policy, attempt)), why }
}

/// When it is due because of a request or a webhook that no attempt has served yet.
fn asked_for(
    state: &ScheduleState,
    policy: &SchedulePolicy,
    attempt: Option<&LastAttempt>,
    trusted_until: DateTime<Utc>,
) -> Option<(DateTime<Utc>, DueReason)> {
    let fault = attempt.and_then(|attempt| attempt.fault);
    let news_help = state.frequency != SyncFrequency::Manual
        && fault.is_none_or(|kind| AfterFault::of(kind).webhook_ends_it());
    let requested = state.requested_at.map(|at| (at, DueReason::Requested));
    let webhook = state.webhook_at.filter(|_| news_help).map(|at| (at, DueReason::Webhook));
    let served = |at| attempt.is_some_and(|attempt| at <= attempt.started_at);
    let unserved = [requested, webhook].into_iter().flatten();
    let unserved = unserved.filter(|&(at, _)| at <= trusted_until && !served(at));
    let (at, why) = unserved.min_by_key(|(at, _)| *at)?;
    Some((attempt.map_or(at, |attempt| at.max(not_before(state, policy, attempt))), why))
}

/// Whoever asks: the end of the gap after an attempt, or of the wait that the provider named.
fn not_before(state: &ScheduleState, policy: &SchedulePolicy, attempt: &LastAttempt) -> DateTime<Utc> {
    let gap = later(attempt.over_at(), policy.gap_seconds.into());
    gap.max(named_wait_until(state, policy).unwrap_or(gap))
}

/// The end of the wait that the provider named with the last attempt's fault, where it named one; jitter added.
pub(crate) fn named_wait_until(state: &ScheduleState, policy: &SchedulePolicy) -> Option<DateTime<Utc>> {
    let attempt = state.last_attempt.filter(|attempt| attempt.fault.is_some())?;
    let named = attempt.retry_after?;
    // A begun second counts as a whole one: coming back too early would be refused again.
    let seconds = named.as_secs().saturating_add(u64::from(named.subsec_nanos() > 0));
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX).min(policy.retry_after_cap_seconds);
    let jitter = jitter(state.seed, Purpose::Retry, seconds, policy.jitter_percent);
    Some(later(attempt.over_at(), i64::from(seconds) + i64::from(jitter)))
}

/// The first instant of the grid that lies at least half a period after the last attempt.
fn next_slot(
    state: &ScheduleState,
    policy: &SchedulePolicy,
    period: u32,
    attempt: DateTime<Utc>,
) -> DateTime<Utc> {
    let jitter = jitter(state.seed, Purpose::Period, period, policy.jitter_percent);
    let origin = state.since.timestamp().saturating_add(jitter.into());
    let period = i64::from(period);
    let earliest = attempt.timestamp().saturating_add(period / 2);
    let past_slot = earliest.saturating_sub(origin).rem_euclid(period);
    let seconds = earliest.saturating_add((period - past_slot) % period);
    DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[derive(Clone, Copy)]
enum Purpose {
    Period = 1,
    Retry = 2,
}

/// A number of seconds from 0 to so many percent of the whole, evenly spread over seeds, the same for the same seed.
fn jitter(seed: u64, purpose: Purpose, whole_seconds: u32, percent: u8) -> u32 {
    let widest = u64::from(whole_seconds) * u64::from(percent.min(100)) / 100;
    let hash = xxh3_64_with_seed(&seed.to_le_bytes(), purpose as u64);
    let spread = (u128::from(hash) * u128::from(widest + 1)) >> 64;
    u32::try_from(spread).unwrap_or(whole_seconds)
}

/// The instant so many seconds later, at most the end of the calendar.
fn later(at: DateTime<Utc>, seconds: i64) -> DateTime<Utc> {
    TimeDelta::try_seconds(seconds)
        .and_then(|delta| at.checked_add_signed(delta))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{ConnectionStatus, RunOutcome, SyncRun};
    use crate::provider::ProviderErrorKind as K;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn since() -> DateTime<Utc> {
        instant("2026-03-01T08:00:00Z")
    }

    fn hours(hours: u16) -> PollHours {
        PollHours::new(hours).unwrap()
    }

    fn attempt(at: DateTime<Utc>, fault: Option<K>) -> LastAttempt {
        LastAttempt { started_at: at, ended_at: at, fault, retry_after: None }
    }

    fn state(frequency: SyncFrequency, last_attempt: Option<LastAttempt>) -> ScheduleState {
        let failures = last_attempt.map_or(0, |attempt| u32::from(attempt.fault.is_some()));
        ScheduleState { last_attempt, failures, ..ScheduleState::new(frequency, 7, since()) }
    }

    /// Without jitter, so that instants can be written down.
    fn exact() -> SchedulePolicy {
        SchedulePolicy { jitter_percent: 0, retry_jitter_percent: 0, ..SchedulePolicy::default() }
    }

    fn due(text: &str, why: DueReason) -> Due {
        Due::At { at: instant(text), why }
    }

    #[test]
    fn each_frequency_has_its_next_instant() {
        let begun = instant("2026-03-04T09:10:30Z");
        for (frequency, expected) in [
            (SyncFrequency::Manual, Due::Never),
            (SyncFrequency::Hourly, due("2026-03-04T10:00:00Z", DueReason::Period)),
            (SyncFrequency::EveryHours(hours(6)), due("2026-03-04T14:00:00Z", DueReason::Period)),
            (SyncFrequency::Daily, due("2026-03-05T08:00:00Z", DueReason::Period)),
            (SyncFrequency::Weekly, due("2026-03-08T08:00:00Z", DueReason::Period)),
            (SyncFrequency::OnWebhook(hours(12)), due("2026-03-04T21:10:30Z", DueReason::Backstop)),
        ] {
            let state = state(frequency, Some(attempt(begun, None)));
            assert_eq!(next_due(&state, &exact(), begun), expected, "{frequency}");
        }
    }

    #[test]
    fn backstops_and_waits_count_from_the_end_of_the_attempt() {
        let ended_at = later(since(), 7_200);
        for (fault, expected) in [
            (None, due("2026-03-01T22:00:00Z", DueReason::Backstop)),
            (Some(K::Unavailable), due("2026-03-01T10:30:00Z", DueReason::Retry(K::Unavailable))),
        ] {
            let last = LastAttempt { ended_at, ..attempt(since(), fault) };
            let state = state(SyncFrequency::OnWebhook(hours(12)), Some(last));
            assert_eq!(next_due(&state, &exact(), ended_at), expected);
        }
    }

    #[test]
    fn a_connection_never_synced_is_due_at_once_unless_it_is_manual() {
        for frequency in
            [SyncFrequency::Hourly, SyncFrequency::Weekly, SyncFrequency::OnWebhook(PollHours::DAY)]
        {
            let found = next_due(&state(frequency, None), &SchedulePolicy::default(), since());
            assert_eq!(found, due("2026-03-01T08:00:00Z", DueReason::First), "{frequency}");
            assert!(found.is_due(since()));
        }
        let manual = state(SyncFrequency::Manual, None);
        assert_eq!(next_due(&manual, &SchedulePolicy::default(), since()), Due::Never);
    }

    #[test]
    fn a_daily_sync_keeps_its_time_of_day_and_makes_up_for_nothing() {
        for (begun, next) in [
            // In time, late by less than half a day, a long run, long outage, asked for in between.
            ("2026-03-02T08:00:00Z", "2026-03-03T08:00:00Z"),
            ("2026-03-02T19:59:59Z", "2026-03-03T08:00:00Z"),
            ("2026-03-02T20:00:01Z", "2026-03-04T08:00:00Z"),
            ("2026-03-20T11:00:00Z", "2026-03-21T08:00:00Z"),
            ("2026-03-21T07:55:00Z", "2026-03-22T08:00:00Z"),
            ("2026-02-20T11:00:00Z", "2026-02-21T08:00:00Z"),
        ] {
            let state = state(SyncFrequency::Daily, Some(attempt(instant(begun), None)));
            let found = next_due(&state, &exact(), instant("2026-04-01T00:00:00Z"));
            assert_eq!(found, due(next, DueReason::Period), "{begun}");
        }
    }

    #[test]
    fn a_year_of_daily_syncs_does_not_drift() {
        let policy = SchedulePolicy::default();
        let mut state = state(SyncFrequency::Daily, Some(attempt(since(), None)));
        let mut times = BTreeMap::new();
        for run in 0_u32..365 {
            let at = next_due(&state, &policy, DateTime::<Utc>::MAX_UTC).at().unwrap();
            *times.entry(at.time()).or_insert(0) += 1;
            let started_at = later(at, i64::from(run % 50));
            state.last_attempt =
                Some(LastAttempt { ended_at: later(started_at, 1_800), ..attempt(started_at, None) });
        }
        assert_eq!(times.len(), 1, "{times:?}");
    }

    #[test]
    fn every_kind_of_fault_has_its_consequence() {
        let after = |seconds| Some(seconds);
        for (kind, first, tenth) in [
            (K::RetryLater, after(120), after(3_600)),
            (K::Unavailable, after(1_800), after(86_400)),
            (K::NotReady, after(60), after(1_800)),
            (K::RestartUpdate, after(120), after(3_600)),
            (K::RestartFromEmpty, after(120), after(3_600)),
            (K::UnknownAccount, after(120), after(3_600)),
            (K::InvalidAnswer, after(21_600), after(86_400)),
            (K::InvalidRequest, after(21_600), after(86_400)),
            (K::ProductNotSupported, after(604_800), after(604_800)),
            (K::BalanceTooOld, after(604_800), after(604_800)),
            (K::SignInAgain, None, None),
            (K::LinkAgain, None, None),
            (K::ConnectionRemoved, None, None),
            (K::QuotaUsedUp, None, None),
            (K::Configuration, None, None),
            (K::ProviderFault, None, None),
        ] {
            let mut state = state(SyncFrequency::Weekly, Some(attempt(since(), Some(kind))));
            for (failures, seconds) in [(1, first), (10, tenth), (u32::MAX, tenth)] {
                state.failures = failures;
                let found = next_due(&state, &exact(), since());
                let waited = found.at().map(|at| at.signed_duration_since(since()).num_seconds());
                assert_eq!(waited, seconds, "{kind:?} {failures}");
                assert_eq!(matches!(found, Due::Paused(_)), seconds.is_none(), "{kind:?}");
            }
        }
    }

    #[test]
    fn a_status_that_needs_the_user_pauses_whatever_is_asked() {
        for status in ConnectionStatus::ALL {
            let mut state = state(SyncFrequency::Hourly, None);
            state.status = status;
            state.requested_at = Some(since());
            let expected = match status {
                ConnectionStatus::NeedsSignIn => Due::Paused(PauseReason::SignInAgain),
                ConnectionStatus::Revoked => Due::Paused(PauseReason::LinkAgain),
                ConnectionStatus::Removed => Due::Paused(PauseReason::ConnectionRemoved),
                _ => Due::At { at: since(), why: DueReason::Requested },
            };
            assert_eq!(next_due(&state, &exact(), since()), expected, "{status:?}");
            state.webhook_at = Some(since());
            let expected = match status {
                ConnectionStatus::NeedsSignIn => Due::At { at: since(), why: DueReason::Webhook },
                _ => expected,
            };
            assert_eq!(next_due(&state, &exact(), since()), expected, "{status:?}");
        }
    }

    #[test]
    fn a_webhook_wakes_a_broken_sign_in_once_and_no_manual_one() {
        let webhook = |frequency, attempt| ScheduleState {
            status: ConnectionStatus::NeedsSignIn,
            webhook_at: Some(since()),
            ..state(frequency, attempt)
        };
        let paused = Due::Paused(PauseReason::SignInAgain);
        let now = later(since(), 600);
        let due = |state: &ScheduleState| next_due(state, &exact(), now);
        let failed = |second| Some(attempt(later(since(), second), Some(K::SignInAgain)));
        let before = webhook(SyncFrequency::Hourly, failed(-600));
        assert_eq!(due(&before), Due::At { at: since(), why: DueReason::Webhook });
        assert_eq!(due(&webhook(SyncFrequency::Hourly, failed(1))), paused);
        assert_eq!(due(&webhook(SyncFrequency::Manual, failed(-600))), paused);
    }

    #[test]
    fn webhooks_and_requests_make_it_due_unless_the_wait_forbids() {
        let begun = instant("2026-03-04T08:00:00Z");
        let news = instant("2026-03-04T08:00:10Z");
        let gap = "2026-03-04T08:01:00Z";
        for (fault, by_webhook, by_request) in [
            (None, true, true),
            (Some(K::Unavailable), true, true),
            (Some(K::NotReady), true, true),
            (Some(K::BalanceTooOld), true, true),
            (Some(K::SignInAgain), true, true),
            (Some(K::RetryLater), false, true),
            (Some(K::Configuration), false, true),
            (Some(K::QuotaUsedUp), false, true),
            (Some(K::InvalidRequest), false, true),
        ] {
            let plain = state(SyncFrequency::Daily, Some(attempt(begun, fault)));
            let planned = next_due(&plain, &exact(), news);
            let webhook = ScheduleState { webhook_at: Some(news), ..plain.clone() };
            let requested = ScheduleState { requested_at: Some(news), ..plain };
            for (state, helps, why) in
                [(webhook, by_webhook, DueReason::Webhook), (requested, by_request, DueReason::Requested)]
            {
                let found = next_due(&state, &exact(), news);
                let expected = if helps { due(gap, why) } else { planned };
                assert_eq!(found, expected, "{fault:?} {why:?}");
            }
        }
    }

    #[test]
    fn what_an_attempt_has_served_makes_nothing_due() {
        let begun = instant("2026-03-04T08:00:00Z");
        let mut state = state(SyncFrequency::Daily, Some(attempt(begun, None)));
        state.webhook_at = Some(begun);
        state.requested_at = Some(begun);
        assert_eq!(next_due(&state, &exact(), begun), due("2026-03-05T08:00:00Z", DueReason::Period));
        // News that came while the attempt ran may have been missed by it.
        state.last_attempt =
            Some(LastAttempt { ended_at: instant("2026-03-04T08:30:00Z"), ..attempt(begun, None) });
        state.webhook_at = Some(instant("2026-03-04T08:00:01Z"));
        let now = instant("2026-03-04T08:30:00Z");
        assert_eq!(next_due(&state, &exact(), now), due("2026-03-04T08:31:00Z", DueReason::Webhook));
    }

    #[test]
    fn a_manual_connection_is_due_by_request_only() {
        let mut state = state(SyncFrequency::Manual, Some(attempt(since(), None)));
        let later = instant("2026-03-02T08:00:00Z");
        state.webhook_at = Some(later);
        assert_eq!(next_due(&state, &exact(), later), Due::Never);
        state.requested_at = Some(later);
        assert_eq!(next_due(&state, &exact(), later), Due::At { at: later, why: DueReason::Requested });
    }

    #[test]
    fn a_wait_named_by_the_provider_is_kept_to_up_to_its_cap() {
        for (named, waited, waited_if_asked) in [
            (Duration::from_millis(1), 120, 60),
            (Duration::from_secs(900), 900, 900),
            (Duration::from_millis(900_001), 901, 901),
            (Duration::MAX, 86_400, 86_400),
        ] {
            let last = LastAttempt { retry_after: Some(named), ..attempt(since(), Some(K::RetryLater)) };
            let mut state = state(SyncFrequency::Daily, Some(last));
            let due_at = |state: &ScheduleState| next_due(state, &exact(), later(since(), 1)).at();
            assert_eq!(due_at(&state), Some(later(since(), waited)), "{named:?}");
            state.requested_at = Some(later(since(), 1));
            assert_eq!(due_at(&state), Some(later(since(), waited_if_asked)), "{named:?}");
        }
    }

    #[test]
    fn a_clock_that_was_wrong_stops_nothing() {
        let now = instant("2026-03-04T08:00:00Z");
        for far in [instant("2099-01-01T00:00:00Z"), DateTime::<Utc>::MAX_UTC] {
            let mut state = state(SyncFrequency::Daily, Some(attempt(far, Some(K::Unavailable))));
            assert!(next_due(&state, &exact(), now).is_due(now));
            state.since = far;
            assert!(next_due(&state, &exact(), now).is_due(now));
            state.since = since();
            state.last_attempt = Some(attempt(instant("2026-03-04T07:00:00Z"), None));
            state.requested_at = Some(far);
            state.webhook_at = Some(far);
            assert_eq!(next_due(&state, &exact(), now), due("2026-03-05T08:00:00Z", DueReason::Period));
            state.frequency = SyncFrequency::Manual;
            assert_eq!(next_due(&state, &exact(), now), Due::Never);
        }
        // Clocks of two machines may differ a little.
        let skewed = state(SyncFrequency::Daily, Some(attempt(later(now, 30), None)));
        assert_eq!(next_due(&skewed, &exact(), now), due("2026-03-05T08:00:00Z", DueReason::Period));
        let skewed =
            ScheduleState { requested_at: Some(later(now, 30)), ..state(SyncFrequency::Manual, None) };
        assert_eq!(next_due(&skewed, &exact(), now), due("2026-03-04T08:00:30Z", DueReason::Requested));
    }

    #[test]
    fn a_thousand_connections_do_not_fall_due_at_once() {
        let policy = SchedulePolicy::default();
        for (frequency, fault, spread_minutes) in [
            (SyncFrequency::Daily, None, 144),
            (SyncFrequency::OnWebhook(PollHours::DAY), None, 144),
            (SyncFrequency::Weekly, Some(K::InvalidAnswer), 90),
        ] {
            let mut per_minute = BTreeMap::new();
            for seed in 0..1_000 {
                let state = ScheduleState { seed, ..state(frequency, Some(attempt(since(), fault))) };
                let at = next_due(&state, &policy, since()).at().unwrap();
                *per_minute.entry(at.timestamp() / 60).or_insert(0_u32) += 1;
            }
            assert!(per_minute.len() > spread_minutes * 9 / 10, "{frequency} {}", per_minute.len());
            assert!(per_minute.values().all(|count| *count <= 30), "{frequency} {per_minute:?}");
        }
    }

    #[test]
    fn a_recorded_run_tells_what_follows() {
        let run = SyncRun {
            connection: crate::model::ConnectionId::new(1),
            started_at: since(),
            ended_at: since(),
            outcome: RunOutcome::NotReady,
            counts: crate::model::SyncCounts::default(),
            pages: 0,
            restarts: 0,
            retries: 0,
            fault: None,
        };
        for (outcome, fault) in [
            (RunOutcome::NotReady, Some(K::NotReady)),
            (RunOutcome::Failed, Some(K::RetryLater)),
            (RunOutcome::Cancelled, Some(K::RetryLater)),
            (RunOutcome::Applied, None),
            (RunOutcome::Superseded, None),
        ] {
            assert_eq!(LastAttempt::of_run(&SyncRun { outcome, ..run.clone() }).fault, fault, "{outcome:?}");
        }
    }

    fn any_instant() -> impl Strategy<Value = DateTime<Utc>> {
        prop_oneof![
            8 => (-1_000_000_000_i64..1_000_000_000).prop_map(|millis| since() + TimeDelta::milliseconds(millis)),
            1 => Just(DateTime::<Utc>::MIN_UTC),
            1 => Just(DateTime::<Utc>::MAX_UTC),
        ]
    }

    prop_compose! {
        fn any_attempt()(
            started_at in any_instant(),
            ended_at in any_instant(),
            fault in proptest::option::of(proptest::sample::select(K::ALL.to_vec())),
            retry_after in proptest::option::of(any::<Duration>()),
        ) -> LastAttempt {
            LastAttempt { started_at, ended_at, fault, retry_after }
        }
    }

    fn any_frequency() -> impl Strategy<Value = SyncFrequency> {
        use SyncFrequency as F;
        let polled = (1_u16..=720).prop_map(|n| F::EveryHours(hours(n)));
        let hinted = (1_u16..=720).prop_map(|n| F::OnWebhook(hours(n)));
        prop_oneof![Just(F::Manual), Just(F::Hourly), Just(F::Daily), Just(F::Weekly), polled, hinted]
    }

    prop_compose! {
        fn any_state()(
            frequency in any_frequency(),
            status in proptest::sample::select(ConnectionStatus::ALL.to_vec()),
            seed in any::<u64>(),
            since in any_instant(),
            last_attempt in proptest::option::of(any_attempt()),
            failures in any::<u32>(),
            webhook_at in proptest::option::of(any_instant()),
            requested_at in proptest::option::of(any_instant()),
        ) -> ScheduleState {
            ScheduleState { frequency, status, seed, since, last_attempt, failures, webhook_at, requested_at }
        }
    }

    proptest! {
        #[test]
        fn never_due_within_the_gap_after_an_attempt(state in any_state(), now in any_instant()) {
            let policy = SchedulePolicy::default();
            let trusted = |at: DateTime<Utc>| at <= later(now, policy.gap_seconds.into());
            if let (Some(at), Some(attempt)) = (next_due(&state, &policy, now).at(), state.last_attempt)
                && trusted(attempt.started_at)
                && trusted(attempt.ended_at)
            {
                prop_assert!(at >= later(attempt.started_at, policy.gap_seconds.into()));
                prop_assert!(at >= later(attempt.ended_at, policy.gap_seconds.into()));
            }
        }

        #[test]
        fn waits_grow_with_failures_up_to_the_cap(
            kind in proptest::sample::select(K::ALL.to_vec()),
            seed in any::<u64>(),
            failures in 0_u32..100,
        ) {
            let policy = SchedulePolicy::default();
            let plain = ScheduleState { seed, ..state(SyncFrequency::Daily, Some(attempt(since(), Some(kind)))) };
            let at = |failures| next_due(&ScheduleState { failures, ..plain.clone() }, &policy, since()).at();
            prop_assert!(at(failures + 1) >= at(failures));
            if let (Some(at), AfterFault::Wait(wait)) = (at(failures), AfterFault::of(kind)) {
                let whole = i64::from(policy.back_off(wait).seconds(failures));
                let waited = at.signed_duration_since(since()).num_seconds();
                let shortest = (whole - whole * 25 / 100).max(policy.gap_seconds.into());
                prop_assert!((shortest..=whole).contains(&waited), "{} of {}", waited, whole);
            }
        }

        #[test]
        fn the_period_holds_within_half_of_it_and_the_same_seed_gives_the_same(
            seed in any::<u64>(),
            frequency in any_frequency(),
            begun in 0_i64..100_000_000,
        ) {
            let policy = SchedulePolicy::default();
            let begun = later(since(), begun);
            let state = ScheduleState { seed, ..state(frequency, Some(attempt(begun, None))) };
            let found = next_due(&state, &policy, begun);
            prop_assert_eq!(found, next_due(&state, &policy, later(begun, 1_000_000)));
            if let (Some(at), Some(period)) = (found.at(), frequency.period_seconds()) {
                let waited = at.signed_duration_since(begun).num_seconds();
                let (half, period) = (i64::from(period / 2), i64::from(period));
                prop_assert!((half..=period + half).contains(&waited), "{} of {}", waited, period);
            }
        }

        #[test]
        fn jitter_stays_within_its_part(seed in any::<u64>(), whole in any::<u32>(), percent in any::<u8>()) {
            let found = jitter(seed, Purpose::Period, whole, percent);
            prop_assert!(u64::from(found) * 100 <= u64::from(whole) * u64::from(percent.min(100)));
        }
    }
}
