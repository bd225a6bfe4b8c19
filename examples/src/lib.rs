//! Runnable examples, one file each beside this folder. Start with `first_sync`.
//!
//! | Run | What it shows |
//! | --- | --- |
//! | `cargo run --example first_sync` | links a bank, syncs it into SQLite, lets the bank's world move on, syncs again |
//! | `cargo run --example reconcile` | compares an account with its bank, explains the difference, accepts an explanation, undoes it, verifies the audit trail |
//! | `cargo run --example custom_provider` | a bank provider of one's own, over files in a folder; its tests run the suite that every provider passes |
//! | `cargo run --release --example judge -- dedup < in.jsonl` | the judgements, one JSON case a line in, one answer a line out; its head has every key |
