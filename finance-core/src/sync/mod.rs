//! The engine: it asks the provider, decides through pure code, and hands the store one change set.

mod balances;
mod edits;
mod engine;
mod error;
mod keyed_locks;
mod link;
mod pager;
mod planner;
mod progress;
mod transactions;

pub use balances::{AccountBalance, BalanceReport};
pub use engine::{EngineOptions, SyncEngine};
pub use error::{SyncError, SyncErrorKind};
pub use link::{LinkOptions, LinkRequest, Linked};
pub use pager::{AfterFailure, AfterPage, Pager, PagerPolicy, PagingEffort, PagingFault, Update};
pub use planner::{LocalState, Plan, is_not_ready, named_ids, plan};
pub use progress::{ProgressListener, SyncProgress};
pub use transactions::{ConnectionSync, SyncReport, SyncRequest, SyncScope};
