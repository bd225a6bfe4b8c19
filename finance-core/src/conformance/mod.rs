//! The conformance suites of the ports, for the tests of every adapter, here and elsewhere.
//!
//! An adapter implements a fixture that makes what is to be tested, and one macro makes one named test of every check.
//! A check fails by a panic.

#![expect(clippy::unwrap_used, reason = "a check fails by a panic")]

mod provider;
mod sample_books;
pub mod samples;
mod scripted_provider;
mod scripted_webhook;
mod store;
mod visited_rows;

pub use provider::*;
pub use sample_books::SampleBooks;
pub use scripted_provider::{ManualClock, ScriptedCall, ScriptedProvider, ScriptedWord};
pub use store::*;
pub use visited_rows::VisitedRows;
