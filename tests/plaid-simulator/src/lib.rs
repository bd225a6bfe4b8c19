//! A stateful server that speaks the JSON of Plaid (version 2020-09-14), for tests and examples.

mod amount;
mod control;
mod error;
mod fault;
mod journal;
mod json;
mod options;
mod rate;
mod respond;
mod server;
mod shared;
mod simulator;
mod webhook;
mod world;

pub use amount::Patch;
pub use control::{
    Advance, Change, Connection, Control, ControlError, FieldOverrides, FireWebhook, LinkAccount,
    LinkInstitution, LinkMetadata, LinkResult, LinkSession, ModifyTransaction, NewAccount, NewConnection,
    NewTransaction, Outcome, PostPending, Truth, TruthAccount, TruthTransaction,
};
pub use error::error_codes;
pub use fault::{Fault, FaultRule};
pub use journal::JournalEntry;
pub use options::{
    ArgumentError, Arguments, NewInstitution, PostingOrder, Readiness, ReadinessPlan, SimulatorOptions,
};
pub use simulator::{Simulator, StartError};
pub use webhook::Delivery;
pub use world::custom_user::{CustomUser, CustomUserError};
