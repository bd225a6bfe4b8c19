//! The conformance suites over the adapters that live in finance-core itself.

mod memory_store;
