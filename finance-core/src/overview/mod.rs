//! What screens show of a user's books: connections and what to do about them, accounts worst first, totals, how syncs went.
//!
//! Pure: everything is judged from what is stored, as of an instant that is given.

mod accounts;
mod connections;
mod ledger_balance;
mod policy;
mod statistics;
mod totals;
mod whole;

pub use accounts::{AccountReport, Indicator, Light};
pub use connections::{ConnectionAction, ConnectionReport, ConnectionsReport, ConnectionsSummary};
pub use policy::StatusPolicy;
pub use statistics::{SyncStatistics, connection_quality, sync_statistics};
pub use totals::{BalanceTotals, ClassTotal, CurrencyTotal, balance_totals};
pub use whole::{AccountsAdvice, NextSync, SyncOverview, SyncStatus};

pub(crate) use ledger_balance::{last_stated, ledger_balance};
pub(crate) use whole::Records;
