//! The conformance suites of the ports, for the tests of every adapter, here and elsewhere.
//!
//! An adapter implements a fixture that makes what is to be tested, and one macro makes one named test of every check.
//! A check fails by a panic.

#![expect(clippy::unwrap_used, reason = "a check fails by a panic")]

pub mod samples;
mod store;

pub use store::*;
