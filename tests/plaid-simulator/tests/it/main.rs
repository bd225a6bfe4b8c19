//! The simulator from outside, over HTTP.

mod control;
mod facts;
mod faults;
mod harness;
mod requests;
mod sync;
mod webhooks;
mod worlds;
