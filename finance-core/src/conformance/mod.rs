//! The conformance suites of the ports, for the tests of every adapter, here and elsewhere.

mod store;

pub use store::*;
