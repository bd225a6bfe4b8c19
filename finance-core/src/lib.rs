//! The model, the decisions, the ports and the engine of an embeddable bank-sync library.
//!
//! Floor 0 is pure: the nouns (`model`), account kinds, the sign rule, and the judgements:
//! duplicates, reconciliation, health, schedule, recurring payments, transfers. Floor 1 holds the ports [`BankProvider`], [`Store`] and
//! [`Clock`], and the engine that drives them: [`SyncEngine`], whose methods are the operations. Their examples run on
//! `conformance::SampleBooks`, behind the feature `conformance`.

mod account_kind;
mod audit;
mod bank_text;
mod categorize;
mod categorizer;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
mod dedup;
mod events;
mod export;
mod health;
mod import;
mod ledger_row;
mod model;
mod overview;
mod provider;
mod reconcile;
mod recurring;
mod schedule;
mod spreadsheet_text;
mod store;
mod sync;
mod transfers;

pub use account_kind::{AccountClass, AccountClassification, AccountGroup, AccountKind, classify_account};
pub use audit::*;
pub use categorize::*;
pub use categorizer::{Categorizer, CategorizerError, CategorizerErrorKind};
pub use clock::{Clock, SystemClock};
pub use dedup::*;
pub use events::*;
pub use export::ExportFormat;
pub use health::*;
pub use import::*;
pub use ledger_row::LedgerRow;
pub use model::*;
pub use overview::*;
pub use provider::*;
pub use reconcile::*;
pub use recurring::*;
pub use schedule::*;
pub use store::*;
pub use sync::*;
pub use transfers::*;
