//! The rules of this repository, held by tests.
