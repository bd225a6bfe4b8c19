//! The model, the decisions, the ports and the engine of an embeddable bank-sync library.
//!
//! Floor 0 is pure: the nouns (`model`), account kinds, the sign rule. Floor 1 holds the ports [`BankProvider`], [`Store`] and
//! [`Clock`], and the engine that drives them.

mod account_kind;
mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
mod dedup;
mod model;
mod provider;
mod store;
mod sync;

pub use account_kind::{AccountClass, AccountClassification, AccountGroup, AccountKind, classify_account};
pub use clock::{Clock, SystemClock};
pub use dedup::*;
pub use model::*;
pub use provider::*;
pub use store::*;
pub use sync::*;
