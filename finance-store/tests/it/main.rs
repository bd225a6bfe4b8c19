//! SqliteStore under the suite that every store passes, and what only a file on a disk can go through.

mod conformance;
mod fixture;
