//! Payments that come again.

mod policy;
mod series;

pub use policy::RecurringPolicy;
pub use series::{AmountRange, Recurring, RecurringPeriod, RecurringReason, RecurringStatus};

use chrono::NaiveDate;

use crate::LedgerRow;

/// Finds payments and income that come again.
pub fn find_recurring(rows: &[LedgerRow], today: NaiveDate, policy: &RecurringPolicy) -> Vec<Recurring> {
    let _ = (rows, today, policy);
    Vec::new()
}
