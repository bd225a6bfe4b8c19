//! When a connection is due next.

use std::time::Duration;

use chrono::{DateTime, Utc};
use finance_core::{
    ConnectionStatus, Due, DueReason, LastAttempt, ProviderErrorKind, SchedulePolicy, ScheduleState,
    SyncFrequency, next_due,
};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::case::{Answer, Object, answer, read};
use crate::field::{Instant, Scalar, Word};

#[derive(Deserialize)]
#[serde(
    expecting = "an object such as {\"now\":\"2026-03-31T09:00:00Z\",\"frequency\":\"daily\",\"since\":\"2026-03-01T09:00:00Z\"}"
)]
struct Case {
    now: Instant,
    frequency: Frequency,
    since: Instant,
    status: Option<Word<ConnectionStatus>>,
    seed: Option<u64>,
    last_attempt: Option<Object<Attempt>>,
    failures: Option<u32>,
    webhook_at: Option<Instant>,
    requested_at: Option<Instant>,
    policy: Option<Object<SchedulePolicy>>,
}

pub(crate) struct Frequency(pub(crate) SyncFrequency);

impl<'de> Deserialize<'de> for Frequency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Scalar::deserialize(deserializer)?;
        written.text().parse().map(Self).map_err(D::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(expecting = "an attempt such as {\"started_at\":\"2026-03-31T09:00:00Z\"}")]
struct Attempt {
    started_at: Instant,
    ended_at: Option<Instant>,
    fault: Option<Word<ProviderErrorKind>>,
    retry_after_seconds: Option<u32>,
}

#[derive(Serialize)]
struct Judged {
    due: &'static str,
    at: Option<DateTime<Utc>>,
    why: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
    is_due: bool,
}

pub(crate) fn judge(line: &str) -> Answer {
    let case: Case = read(line)?;
    let new = ScheduleState::new(case.frequency.0, case.seed.unwrap_or_default(), case.since.0);
    let state = ScheduleState {
        status: case.status.map_or(new.status, |status| status.0),
        last_attempt: case.last_attempt.map(|Object(attempt)| attempt.into_last_attempt()),
        failures: case.failures.unwrap_or_default(),
        webhook_at: case.webhook_at.map(|at| at.0),
        requested_at: case.requested_at.map(|at| at.0),
        ..new
    };
    let due = next_due(&state, &case.policy.unwrap_or_default().0, case.now.0);
    answer(&told(due, case.now.0))
}

impl Attempt {
    fn into_last_attempt(self) -> LastAttempt {
        LastAttempt {
            started_at: self.started_at.0,
            ended_at: self.ended_at.unwrap_or(self.started_at).0,
            fault: self.fault.map(|fault| fault.0),
            retry_after: self.retry_after_seconds.map(|seconds| Duration::from_secs(seconds.into())),
        }
    }
}

fn told(due: Due, now: DateTime<Utc>) -> Judged {
    let (word, why) = match due {
        Due::At { why, .. } => ("at", Some(why.name())),
        Due::Paused(reason) => ("paused", Some(reason.name())),
        Due::Never => ("never", None),
    };
    let fault = match due {
        Due::At { why: DueReason::Retry(fault), .. } => Some(fault.name()),
        _ => None,
    };
    Judged { due: word, at: due.at(), why, fault, is_due: due.is_due(now) }
}
