//! When connections are due.

use std::collections::BTreeMap;

use crate::choices::*;
use crate::record::record;
use crate::values::{Instant, Many, Span};

record! {
    /// When a connection is synced next.
    Due {
        /// `at`, `paused` or `never` (by request only).
        kind: String,
        /// When.
        at: Option<Instant>,
        /// What makes it due, or why it is paused.
        why: Option<String>,
    }
}

impl From<finance_core::Due> for Due {
    fn from(due: finance_core::Due) -> Self {
        let (kind, at, why) = match due {
            finance_core::Due::At { at, why } => ("at", Some(at), Some(word(&why))),
            finance_core::Due::Paused(reason) => ("paused", None, Some(word(&reason))),
            _ => ("never", None, None),
        };
        Self { kind: kind.to_owned(), at: at.map(Into::into), why }
    }
}

record! {
    /// The last attempt to sync a connection.
    LastAttempt from finance_core::LastAttempt as it {
        /// When it began.
        started_at: Instant = it.started_at.into(),
        /// When it ended.
        ended_at: Instant = it.ended_at.into(),
        /// What went wrong.
        fault: Option<ProviderErrorKind> = it.fault.map(Into::into),
        /// The wait that the provider asked for.
        retry_after: Option<Span> = it.retry_after.map(Into::into),
    }
}

record! {
    /// The schedule of one connection.
    ConnectionSchedule from finance_core::ConnectionSchedule as it {
        /// The connection.
        connection: i64 = it.connection.number(),
        /// What to call it.
        name: Option<String> = it.name,
        /// Its state.
        status: ConnectionStatus = it.status.into(),
        /// How often it is synced, such as `every_6_hours`.
        frequency: String = it.frequency.to_string(),
        /// The last attempt.
        last_attempt: Option<LastAttempt> = it.last_attempt.map(Into::into),
        /// Failures in a row.
        failures: u32 = it.failures,
        /// When it is due.
        due: Due = it.due.into(),
        /// Who is syncing it right now.
        synced_by: Option<String> = it.synced_by,
    }
}

record! {
    /// A count by name.
    Count {
        /// The name.
        name: String,
        /// How many.
        count: u64,
    }
}

pub(super) fn counts<K>(of: BTreeMap<K, u64>, name: impl Fn(&K) -> String) -> Many<Count> {
    Many(of.into_iter().map(|(key, count)| Count { name: name(&key), count }).collect())
}

record! {
    /// What is due, planned, paused and running.
    SchedulerStatus from finance_core::SchedulerStatus as it {
        /// Connections that are due and that nobody works on.
        due: u64 = it.due,
        /// Since when the oldest of them waits.
        oldest_due: Option<Instant> = it.oldest_due.map(Into::into),
        /// Connections in work, by worker.
        running: Many<Count> = counts(it.running, Clone::clone),
        /// Connections that are due later.
        planned: u64 = it.planned,
        /// When the next of them is.
        next_due: Option<Instant> = it.next_due.map(Into::into),
        /// Connections that wait for somebody, by reason.
        paused: Many<Count> = counts(it.paused, word),
        /// Connections that are synced by request only.
        by_request: u64 = it.by_request,
    }
}

record! {
    /// What a worker did.
    WorkerReport from finance_core::WorkerReport as it {
        /// Syncs that went well.
        applied: u64 = it.applied,
        /// Syncs that failed.
        failed: u64 = it.failed,
        /// Syncs that were ended with the worker.
        cancelled: u64 = it.cancelled,
    }
}

record! {
    /// What became of a webhook.
    WebhookOutcome from finance_core::WebhookOutcome as it {
        /// The user it is about.
        user: Option<String> = it.user.map(|user| user.as_str().to_owned()),
        /// The connection it is about.
        connection: Option<i64> = it.connection.map(|id| id.number()),
        /// What it told, in the words of `ProviderWebhook`; `nothing` when it asks for nothing.
        news: String = it.news.name().to_owned(),
        /// How it was handled.
        handling: WebhookHandling = it.handling.into(),
        /// When the connection is due because of it.
        due_at: Option<Instant> = it.due_at.map(Into::into),
    }
}
