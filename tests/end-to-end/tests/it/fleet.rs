//! Several worker processes on one store. `make torture` keeps a larger fleet busy.

use std::path::Path;

use end_to_end::torture::{FleetSize, Place, run_fleet};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_file_apply_every_update_once() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Sqlite(folder.path().join("books.db"));
    let size = FleetSize { workers: 2, connections: 40, days: 3 };
    let report = run_fleet(&place, Path::new(env!("CARGO_BIN_EXE_torture")), size, 5).await;
    assert_eq!(report.killed, 3);
    // The first sync, and one a day at the least.
    assert!(report.applied >= 160, "{report:?}");
}
