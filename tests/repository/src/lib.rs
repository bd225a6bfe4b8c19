//! The rules of this repository, held by tests: see `tests/it`.

/// The README, so that each of its Rust blocks is built as a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
