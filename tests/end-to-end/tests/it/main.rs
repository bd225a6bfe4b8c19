//! The engine through the real client, over HTTP to the simulator, into each of the stores.

#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

mod clocks;
mod crashes;
mod custom_users;
mod faults;
mod fleet;
mod history;
mod hostile;
mod isolation;
mod judgements;
mod overview;
mod plaid_provider;
mod random_worlds;
mod scenarios;
mod secrets;
