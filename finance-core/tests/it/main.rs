//! The conformance suites over the adapters that live in finance-core itself.

mod engine;
mod memory_store;
mod provider;
