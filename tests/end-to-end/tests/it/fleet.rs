//! Several worker processes on one store. `make torture` keeps larger fleets busy.

use std::path::Path;

use end_to_end::Books;
use end_to_end::torture::{FleetSize, run_fleet};

async fn every_update_is_applied_once(books: Books, size: FleetSize) {
    let report = run_fleet(books, Path::new(env!("CARGO_BIN_EXE_torture")), size, 5).await;
    assert_eq!(report.killed, u64::from(size.days));
    // The first sync, and one a day at the least.
    let least = size.connections as u64 * (u64::from(size.days) + 1);
    assert!(report.applied >= least, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_file_apply_every_update_once() {
    every_update_is_applied_once(Books::InSqlite, FleetSize { workers: 2, connections: 40, days: 3 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_on_one_server_apply_every_update_once() {
    every_update_is_applied_once(Books::InPostgres, FleetSize { workers: 4, connections: 60, days: 3 }).await;
}
