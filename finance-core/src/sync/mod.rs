//! The engine: it asks the provider, decides through pure code, and hands the store one change set.

mod audit_trail;
mod awaiting;
mod balances;
mod duplicates;
mod edits;
mod engine;
mod error;
mod events;
mod keyed_locks;
mod link;
mod manual;
mod pager;
mod planner;
mod progress;
mod reconcile;
mod resolve;
mod statements;
mod transactions;

pub use audit_trail::AuditReport;
pub use awaiting::{DuplicatePair, duplicate_pairs, match_awaiting};
pub use balances::{AccountBalance, BalanceReport};
pub use edits::EDITED_AT_ONCE_MAX;
pub use engine::{EngineOptions, SyncEngine};
pub use error::{SyncError, SyncErrorKind};
pub use events::{EventRetention, EventStream};
pub use link::{LinkOptions, LinkRequest, Linked};
pub use pager::{AfterFailure, AfterPage, Pager, PagerPolicy, PagingEffort, PagingFault, Update};
pub use planner::{LocalState, Plan, is_not_ready, named_ids, plan};
pub use progress::{ProgressListener, SyncProgress};
pub use reconcile::{ReconcileReport, ReconcileRequest, ReconciledAccount, ReconciliationRecord};
pub use statements::NewStatement;
pub use transactions::{ConnectionSync, SyncReport, SyncRequest, SyncScope};
