//! The record of attempts.

use finance_core::{StoreError, SyncRun};

use super::Values;
use crate::refusals::invalid;

/// The columns that [`give`] gives.
macro_rules! columns {
    () => {
        "connection_id, started_at, ended_at, outcome, added, modified, posted, removed, unchanged, kept_deleted, \
         matched, pages, restarts, retries, fault_kind, fault_code, fault_message, fault_at"
    };
}
pub(crate) use columns;

pub(crate) fn give(values: &mut impl Values, run: &SyncRun) -> Result<(), StoreError> {
    let counts = run.counts;
    values.number(run.connection.number());
    values.instant(run.started_at);
    values.instant(run.ended_at);
    values.text(run.outcome.name());
    for count in [
        counts.added,
        counts.modified,
        counts.posted,
        counts.removed,
        counts.unchanged,
        counts.kept_deleted,
        counts.matched,
    ] {
        values.number(i64::try_from(count).map_err(|_| invalid("a run's count is past counting"))?);
    }
    for count in [run.pages, run.restarts, run.retries] {
        values.number(i64::from(count));
    }
    values.fault(run.fault.as_ref());
    Ok(())
}
