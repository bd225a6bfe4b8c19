//! The health of an account as one number, its parts, and what would raise it.

use finance_core::{
    AccountHealth, ConnectionStatus, HealthConnection, HealthInput, HealthPolicy, HealthReconciliation,
    HealthRun, HealthSchedule, ProviderErrorKind, Recommendation, RunOutcome, account_health,
};
use serde::{Deserialize, Serialize};

use crate::case::{Answer, Object, answer, read};
use crate::field::{Amount, Day, Instant, Word};
use crate::schedule::Frequency;

#[derive(Deserialize)]
#[serde(expecting = "an object such as {\"now\":\"2026-03-31T09:00:00Z\"}")]
struct Case {
    now: Instant,
    connection: Option<Object<Connection>>,
    reconciliation: Option<Object<Reconciliation>>,
    bank_updated_at: Option<Instant>,
    runs: Option<Vec<Object<Run>>>,
    schedule: Option<Object<Schedule>>,
    frequency: Option<Frequency>,
    pending: Option<Vec<Day>>,
    policy: Option<Object<HealthPolicy>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a connection such as {\"status\":\"good\"}")]
struct Connection {
    status: Word<ConnectionStatus>,
    consent_expires_at: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(expecting = "a reconciliation such as {\"score\":100,\"at\":\"2026-03-31T09:00:00Z\"}")]
struct Reconciliation {
    score: u8,
    at: Instant,
    difference: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(expecting = "a run such as {\"at\":\"2026-03-31T09:00:00Z\",\"outcome\":\"applied\"}")]
struct Run {
    at: Instant,
    outcome: Word<RunOutcome>,
    fault: Option<Word<ProviderErrorKind>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a schedule such as {\"due_at\":\"2026-03-31T09:00:00Z\"}")]
struct Schedule {
    due_at: Instant,
    ran_at: Option<Instant>,
}

#[derive(Serialize)]
struct Judged<'a> {
    score: Option<u8>,
    level: &'static str,
    parts: Vec<Part<'a>>,
    caps: Vec<Cap>,
    recommendations: Vec<Advice>,
}

#[derive(Serialize)]
struct Part<'a> {
    factor: &'static str,
    weight: u8,
    points: Option<u8>,
    reason: &'a str,
    action: Option<&'static str>,
}

#[derive(Serialize)]
struct Cap {
    fault: &'static str,
    at_most: u8,
}

#[derive(Serialize)]
struct Advice {
    action: &'static str,
    sentence: &'static str,
}

pub(crate) fn judge(line: &str) -> Answer {
    let Case { now, connection, reconciliation, bank_updated_at, runs, schedule, frequency, pending, policy } =
        read(line)?;
    let input = HealthInput {
        connection: connection.map(|Object(connection)| HealthConnection {
            status: connection.status.0,
            consent_expires_at: connection.consent_expires_at.map(|at| at.0),
        }),
        reconciliation: reconciliation.map(|Object(made)| HealthReconciliation {
            score: Some(made.score),
            at: made.at.0,
            difference: made.difference.map(|difference| difference.0),
        }),
        bank_updated_at: bank_updated_at.map(|at| at.0),
        runs: runs.unwrap_or_default().into_iter().map(|Object(run)| run.into_health_run()).collect(),
        schedule: schedule.map(|Object(schedule)| HealthSchedule {
            due_at: schedule.due_at.0,
            ran_at: schedule.ran_at.map(|at| at.0),
        }),
        frequency: frequency.map(|frequency| frequency.0),
        pending: pending.map(|days| days.into_iter().map(|day| day.0).collect()),
    };
    answer(&told(&account_health(&input, &policy.unwrap_or_default().0, now.0)))
}

impl Run {
    fn into_health_run(self) -> HealthRun {
        HealthRun { at: self.at.0, outcome: self.outcome.0, fault: self.fault.map(|fault| fault.0) }
    }
}

fn told(health: &AccountHealth) -> Judged<'_> {
    let part = health.parts.iter().map(|part| Part {
        factor: part.factor.name(),
        weight: part.weight,
        points: part.points,
        reason: &part.reason,
        action: part.action.map(Recommendation::name),
    });
    let cap = health.caps.iter().map(|cap| Cap { fault: cap.fault.name(), at_most: cap.at_most });
    let advice = health.recommendations.iter();
    let advice = advice.map(|advice| Advice { action: advice.name(), sentence: advice.sentence() });
    Judged {
        score: health.score,
        level: health.level.name(),
        parts: part.collect(),
        caps: cap.collect(),
        recommendations: advice.collect(),
    }
}
