//! Runnable examples, one file each beside this folder. Start with `first_sync`.
//!
//! | Run | What it shows |
//! | --- | --- |
//! | `cargo run --example first_sync` | links a bank, syncs it into SQLite, lets the bank's world move on, syncs again |
//! | `cargo run --release --example judge -- dedup < in.jsonl` | the judgements, one JSON case a line in, one answer a line out; its head has every key |
