//! The rules of this repository.
//!
//! Each rule is a function from the [tree](tree::Tree) to what violates it. Each has one test on the
//! repository itself and one on a small bad sample, so that a rule which finds nothing can be trusted.

mod code;
mod crates;
mod floors;
mod links;
mod manifests;
mod markdown;
mod migrations;
mod operations;
mod private;
mod promises;
mod source;
mod tree;
