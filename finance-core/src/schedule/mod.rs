//! When a connection is due, and how long to wait after a fault.

mod back_off;
mod frequency;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::model::{ConnectionStatus, RunOutcome, SyncRun};
use crate::provider::ProviderErrorKind;

pub use back_off::{AfterFault, BackOff, BackOffKind, PauseEnder, PauseReason};
pub use frequency::{FrequencyError, PollHours, SyncFrequency};

/// What is known of a connection when its next sync is planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleState {
    /// How often it is wanted.
    pub frequency: SyncFrequency,
    /// Whether the connection works; some statuses pause it whatever the frequency.
    pub status: ConnectionStatus,
    /// Spreads connections over time: any number that stays the same, such as the connection's identifier.
    pub seed: u64,
    /// When it was linked or its frequency was last set; daily and weekly syncs keep to this time of day.
    pub since: DateTime<Utc>,
    /// The last attempt, whether it went well or not.
    pub last_attempt: Option<LastAttempt>,
    /// Failures in a row, the last attempt included; 0 after a good one.
    pub failures: u32,
    /// The newest webhook that told of news.
    pub webhook_at: Option<DateTime<Utc>>,
    /// When somebody last asked for a sync now.
    pub requested_at: Option<DateTime<Utc>>,
}

impl ScheduleState {
    /// A sound connection that was never synced.
    pub const fn new(frequency: SyncFrequency, seed: u64, since: DateTime<Utc>) -> Self {
        Self {
            frequency,
            status: ConnectionStatus::New,
            seed,
            since,
            last_attempt: None,
            failures: 0,
            webhook_at: None,
            requested_at: None,
        }
    }
}

/// The last attempt on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastAttempt {
    /// When it began. Webhooks and requests up to then are served by it.
    pub started_at: DateTime<Utc>,
    /// When it ended. Waits count from here.
    pub ended_at: DateTime<Utc>,
    /// What went wrong, where something did; data that is not ready counts.
    pub fault: Option<ProviderErrorKind>,
    /// The wait that the provider named, where it named one.
    pub retry_after: Option<Duration>,
}

impl LastAttempt {
    /// The attempt that a run records, which keeps no wait named by the provider.
    pub fn of_run(run: &SyncRun) -> Self {
        let not_ready = (run.outcome == RunOutcome::NotReady).then_some(ProviderErrorKind::NotReady);
        Self {
            started_at: run.started_at,
            ended_at: run.ended_at,
            fault: run.fault.as_ref().map(|fault| fault.kind).or(not_ready),
            retry_after: None,
        }
    }

    fn over_at(&self) -> DateTime<Utc> {
        self.started_at.max(self.ended_at)
    }
}

/// How connections are spread, and how long they wait after a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SchedulePolicy {
    /// No attempt begins earlier than this after the end of the last one, whoever asks; in seconds.
    pub gap_seconds: u32,
    /// Over how much of their period connections of the same age are spread, in percent up to 100.
    pub jitter_percent: u8,
    /// How much shorter than the whole wait a connection's wait after a fault may be, in percent up to 100.
    pub retry_jitter_percent: u8,
    /// After passing faults and rate limits.
    pub short: BackOff,
    /// While the bank or the provider is out.
    pub long: BackOff,
    /// While the provider has no data ready.
    pub data: BackOff,
    /// After faults of a program, which do not pass by themselves.
    pub slow: BackOff,
    /// A wait named by the provider is kept to up to this, in seconds.
    pub retry_after_cap_seconds: u32,
}

impl Default for SchedulePolicy {
    fn default() -> Self {
        const HOUR: u32 = 3600;
        Self {
            gap_seconds: 60,
            jitter_percent: 10,
            retry_jitter_percent: 25,
            short: BackOff { first_seconds: 120, cap_seconds: HOUR },
            long: BackOff { first_seconds: HOUR / 2, cap_seconds: 24 * HOUR },
            data: BackOff { first_seconds: 60, cap_seconds: HOUR / 2 },
            slow: BackOff { first_seconds: 6 * HOUR, cap_seconds: 24 * HOUR },
            retry_after_cap_seconds: 24 * HOUR,
        }
    }
}

/// When a connection is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// At this instant, or at once when it has passed.
    At {
        /// The instant.
        at: DateTime<Utc>,
        /// What makes it due.
        why: DueReason,
    },
    /// Not before somebody acts.
    Paused(PauseReason),
    /// Not before somebody asks: the frequency is manual.
    Never,
}

impl Due {
    /// The instant, when there is one.
    pub const fn at(self) -> Option<DateTime<Utc>> {
        match self {
            Self::At { at, .. } => Some(at),
            Self::Paused(_) | Self::Never => None,
        }
    }

    /// Whether a sync should begin now.
    pub fn is_due(self, now: DateTime<Utc>) -> bool {
        self.at().is_some_and(|at| at <= now)
    }
}

/// What makes a connection due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DueReason {
    /// It was never synced.
    First,
    /// Its period has passed.
    Period,
    /// No webhook came for as long as the backstop allows.
    Backstop,
    /// The provider told of news.
    Webhook,
    /// Somebody asked.
    Requested,
    /// The wait after this fault is over.
    Retry(ProviderErrorKind),
}

/// When the connection is due next, as a value: nothing sleeps, and missed periods make it due once, not once each.
///
/// - A status that needs the user pauses it, whatever else holds.
/// - Never synced, it is due at once.
/// - Periodic syncs fall on a grid of `since`, a jitter by the seed, and whole periods: they do not drift with the time a run
///   takes. The next one is the first that lies at least half a period after the last attempt began.
/// - A backstop counts from the end of the last attempt, jitter added.
/// - After a fault, [`AfterFault::of`] rules in place of the period: a wait, doubled with every failure in a row up to its cap
///   and shortened by the seed's jitter, or the wait that the provider named if that is longer; or a pause.
/// - A webhook since the last attempt began makes it due at once, unless the wait or pause is of a kind that news do not end;
///   for a manual connection it does not.
/// - A request since the last attempt began makes it due at once, and ends any wait but one that the provider named, and any
///   pause after a fault.
/// - Nothing makes it due earlier than the policy's gap after the last attempt.
///
/// An attempt that lies later than `now` by more than the gap was stamped by a wrong clock and is passed over; other instants
/// later than `now` count as now. Sums that leave the calendar stop at its end.
///
/// ```
/// use chrono::{DateTime, Utc};
/// use finance_core::{Due, DueReason, LastAttempt, SchedulePolicy, ScheduleState, SyncFrequency, next_due};
///
/// let instant = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
/// let mut state = ScheduleState::new(SyncFrequency::Daily, 7, instant("2026-03-01T08:00:00Z"));
/// let begun = instant("2026-03-04T09:00:00Z");
/// state.last_attempt = Some(LastAttempt {
///     started_at: begun,
///     ended_at: instant("2026-03-04T09:02:00Z"),
///     fault: None,
///     retry_after: None,
/// });
/// let policy = SchedulePolicy::default();
/// let at = next_due(&state, &policy, begun).at().unwrap();
/// assert!(instant("2026-03-05T08:00:00Z") <= at && at <= instant("2026-03-05T10:24:00Z"));
///
/// let asked = instant("2026-03-04T12:00:00Z");
/// state.requested_at = Some(asked);
/// assert_eq!(next_due(&state, &policy, asked), Due::At { at: asked, why: DueReason::Requested });
/// ```
pub fn next_due(state: &ScheduleState, policy: &SchedulePolicy, now: DateTime<Utc>) -> Due {
    if let Some(pause) = PauseReason::of_status(state.status) {
        return Due::Paused(pause);
    }
    let trusted_until = later(now, policy.gap_seconds.into());
    let attempt = state.last_attempt.filter(|attempt| attempt.over_at() <= trusted_until);
    let planned = planned(state, policy, attempt.as_ref(), now);
    match asked_for(state, policy, attempt.as_ref(), now) {
        Some((at, why)) if planned.at().is_none_or(|planned| at <= planned) => Due::At { at, why },
        _ => planned,
    }
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
            (
                later(attempt.over_at(), wait.into()).max(named_wait_end(state, policy, attempt)),
                DueReason::Retry(kind),
            )
        }
        (_, SyncFrequency::OnWebhook(_)) => {
            let jitter = jitter(state.seed, Purpose::Period, period, policy.jitter_percent);
            (later(attempt.over_at(), i64::from(period) + i64::from(jitter)), DueReason::Backstop)
        }
        _ => (next_slot(state, policy, period, attempt.started_at), DueReason::Period),
    };
    Due::At { at: at.max(later(attempt.over_at(), policy.gap_seconds.into())), why }
}

/// When it is due because of a request or a webhook that no attempt has served yet.
fn asked_for(
    state: &ScheduleState,
    policy: &SchedulePolicy,
    attempt: Option<&LastAttempt>,
    now: DateTime<Utc>,
) -> Option<(DateTime<Utc>, DueReason)> {
    let unserved = |at: &DateTime<Utc>| attempt.is_none_or(|attempt| *at > attempt.started_at);
    let news_help =
        attempt.and_then(|attempt| attempt.fault).is_none_or(|kind| AfterFault::of(kind).webhook_ends_it());
    let webhook = state.webhook_at.filter(|_| news_help && state.frequency != SyncFrequency::Manual);
    let requested = state.requested_at.map(|at| (at, DueReason::Requested));
    let webhook = webhook.map(|at| (at, DueReason::Webhook));
    let first =
        [requested, webhook].into_iter().flatten().filter(|(at, _)| unserved(at)).min_by_key(|(at, _)| *at);
    let (at, why) = first?;
    let not_before = attempt.map(|attempt| {
        let gap = later(attempt.over_at(), policy.gap_seconds.into());
        gap.max(named_wait_end(state, policy, attempt))
    });
    Some((not_before.map_or(at.min(now), |not_before| not_before.max(at.min(now))), why))
}

/// The end of the wait that the provider named; the end of the attempt when it named none.
fn named_wait_end(state: &ScheduleState, policy: &SchedulePolicy, attempt: &LastAttempt) -> DateTime<Utc> {
    let Some(named) = attempt.retry_after.filter(|_| attempt.fault.is_some()) else {
        return attempt.over_at();
    };
    // A begun second counts as a whole one: coming back too early would be refused again.
    let seconds = named.as_secs().saturating_add(u64::from(named.subsec_nanos() > 0));
    let seconds = u32::try_from(seconds).unwrap_or(u32::MAX).min(policy.retry_after_cap_seconds);
    let jitter = jitter(state.seed, Purpose::Retry, seconds, policy.jitter_percent);
    later(attempt.over_at(), i64::from(seconds) + i64::from(jitter))
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

impl SchedulePolicy {
    const fn back_off(&self, kind: BackOffKind) -> BackOff {
        match kind {
            BackOffKind::Short => self.short,
            BackOffKind::Long => self.long,
            BackOffKind::Data => self.data,
            BackOffKind::Slow => self.slow,
        }
    }
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
