//! The conformance suites over the adapters that live in finance-core itself, and the engine over them.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod at_once;
mod categories;
mod dedup;
mod edits;
mod engine;
mod events;
mod export;
mod import;
mod import_files;
mod manual;
mod matching;
mod memory_store;
mod merging;
mod progress;
mod provider;
mod reconcile;
mod removal;
mod schedules;
mod sentences;
mod serialised;
mod status;
mod stopping;
mod webhooks;
mod worker;

/// Panics unless the operation failed in this way.
fn expect_kind<T: std::fmt::Debug>(
    answer: Result<T, finance_core::SyncError>,
    kind: &finance_core::SyncErrorKind,
) {
    let error = answer.expect_err("it must be refused");
    assert_eq!(error.kind(), kind, "{error}");
}
