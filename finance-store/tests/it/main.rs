//! The stores under the suite that every store passes, and what only files or only servers can go through.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod audit;
mod commits;
mod conformance;
mod earlier_versions;
mod erasure;
mod files;
mod fixture;
mod interrupted;
mod like_memory;
mod listeners;
mod poolers;
mod processes;
mod schema;
mod servers;
mod small_disks;
mod strangers;
mod tls;
mod tokens;
