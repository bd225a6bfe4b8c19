//! The record of attempts.

#[cfg(feature = "postgres")]
use finance_core::{ConnectionId, RunOutcome, SyncCounts};
use finance_core::{StoreError, SyncRun};

use super::Values;
#[cfg(feature = "postgres")]
use super::{Cells, Row};
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

/// Reads what [`give`] gives.
#[cfg(feature = "postgres")]
pub(crate) fn read(row: &impl Row) -> Result<SyncRun, StoreError> {
    let mut cells = Cells::of(row);
    let connection = ConnectionId::new(cells.number()?);
    let (started_at, ended_at) = (cells.instant()?, cells.instant()?);
    let outcome = cells.parsed("outcome", RunOutcome::from_name)?;
    let counts = SyncCounts {
        added: cells.count()?,
        modified: cells.count()?,
        posted: cells.count()?,
        removed: cells.count()?,
        unchanged: cells.count()?,
        kept_deleted: cells.count()?,
        matched: cells.count()?,
    };
    let (pages, restarts, retries) = (cells.count()?, cells.count()?, cells.count()?);
    let fault = cells.fault()?;
    Ok(SyncRun { connection, started_at, ended_at, outcome, counts, pages, restarts, retries, fault })
}
