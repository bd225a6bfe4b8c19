//! The conformance suites over the adapters that live in finance-core itself, and the engine over them.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod dedup;
mod engine;
mod memory_store;
mod provider;
mod reconcile;
