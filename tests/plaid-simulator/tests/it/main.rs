//! The simulator from outside, over HTTP.

// The helpers of tests may fail as tests do.
#![allow(clippy::unwrap_used)]

mod control;
mod facts;
mod faults;
mod harness;
mod requests;
mod sync;
mod webhooks;
mod worlds;
