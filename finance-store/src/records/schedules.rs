//! Schedules and leases.

use std::time::Duration;

use finance_core::{
    ConnectionId, ConnectionStatus, Due, DueReason, LastAttempt, Lease, NewConnection, ProviderErrorKind,
    ScheduleState, StoreError, StoredSchedule, SyncFrequency, UserId,
};

use super::{Cells, Row, Values};
use crate::refusals::unreadable;

/// What [`read`] reads: `c` is the connection, `sc` the schedule.
macro_rules! columns {
    () => {
        "c.id, c.user_id, c.status, sc.revision, frequency, since, attempt_started_at, attempt_ended_at, attempt_fault, \
         attempt_retry_after, failures, webhook_at, requested_at, due_at, why, lease_number, lease_worker, lease_until"
    };
}
pub(crate) use columns;

pub(crate) fn read(row: &impl Row) -> Result<StoredSchedule, StoreError> {
    let mut cells = Cells::of(row);
    let id = cells.number()?;
    let user = cells.parsed("identifier", |text| UserId::new(text).ok())?;
    let status = cells.parsed("status", ConnectionStatus::from_name)?;
    let revision = cells.count()?;
    let frequency = cells.parsed("frequency", |text| text.parse().ok())?;
    let since = cells.instant()?;
    let state = ScheduleState {
        frequency,
        status,
        seed: id.unsigned_abs(),
        since,
        last_attempt: last_attempt(&mut cells)?,
        failures: cells.count()?,
        webhook_at: cells.optional_instant()?,
        requested_at: cells.optional_instant()?,
    };
    let due_at = cells.optional_instant()?;
    let due = cells.parsed("schedule", |key| Due::from_key(due_at, key))?;
    let (number, worker): (u64, Option<String>) = (cells.count()?, cells.optional_text()?);
    let connection = ConnectionId::new(id);
    let lease = match cells.optional_instant()? {
        None => None,
        Some(until) => Some(Lease {
            user: user.clone(),
            connection,
            worker: worker.ok_or_else(|| unreadable("lease"))?,
            number,
            until,
        }),
    };
    Ok(StoredSchedule { user, connection, state, due, lease, revision })
}

fn last_attempt(cells: &mut Cells<'_, impl Row>) -> Result<Option<LastAttempt>, StoreError> {
    let (started_at, ended_at) = (cells.optional_instant()?, cells.optional_instant()?);
    let fault = cells.optional_parsed("fault", ProviderErrorKind::from_name)?;
    let retry_after = cells.optional_count()?.map(Duration::from_micros);
    let Some(started_at) = started_at else { return Ok(None) };
    let ended_at = ended_at.ok_or_else(|| unreadable("instant"))?;
    Ok(Some(LastAttempt { started_at, ended_at, fault, retry_after }))
}

/// Reads `user_id` and the number of the connection.
pub(crate) fn whose(row: &impl Row) -> Result<(UserId, ConnectionId), StoreError> {
    let mut cells = Cells::of(row);
    let user = cells.parsed("identifier", |text| UserId::new(text).ok())?;
    Ok((user, ConnectionId::new(cells.number()?)))
}

/// Gives `frequency, since, attempt_started_at, attempt_ended_at, attempt_fault, attempt_retry_after, failures, webhook_at,
/// requested_at, due_at, why`, and then the connection and the revision.
pub(crate) fn give(values: &mut impl Values, schedule: &StoredSchedule) {
    let state = &schedule.state;
    let attempt = state.last_attempt;
    let retry_after = attempt.and_then(|attempt| attempt.retry_after);
    values.text(state.frequency.to_string().as_str());
    values.instant(state.since);
    values.instant(attempt.map(|attempt| attempt.started_at));
    values.instant(attempt.map(|attempt| attempt.ended_at));
    values.text(attempt.and_then(|attempt| attempt.fault).map(ProviderErrorKind::name));
    values.number(retry_after.map(|wait| i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)));
    values.number(i64::from(state.failures));
    values.instant(state.webhook_at);
    values.instant(state.requested_at);
    values.instant(schedule.due.at());
    values.text(&*schedule.due.key());
    values.number(schedule.connection.number());
    values.number(number(schedule.revision));
}

/// Gives `connection_id, provider, frequency, since, due_at, why` of a new connection.
pub(crate) fn give_new(values: &mut impl Values, id: i64, new: &NewConnection) {
    let due = match new.frequency {
        SyncFrequency::Manual => Due::Never,
        _ => Due::At { at: new.created_at, why: DueReason::First },
    };
    values.number(id);
    values.text(new.provider.as_str());
    values.text(new.frequency.to_string().as_str());
    values.instant(new.created_at);
    values.instant(due.at());
    values.text(&*due.key());
}

/// A number that came from a column, or one that no column has.
pub(crate) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}
