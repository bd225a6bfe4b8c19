//! Processes that are killed leave sound books. `make torture` kills more of them.

use std::path::Path;

use end_to_end::torture::{Place, kill_at_every_step, kill_at_random};

const KILLS: u32 = 50;

fn executable() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_torture"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_instant_leaves_sound_books_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::Sqlite(folder.path().join("books.db"));
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let report = kill_at_random(&place, executable(), KILLS, seed).await;
    assert_eq!(report.total(), u64::from(KILLS));
    assert!(report.kills.len() > 3, "the kills are all of one kind: {report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_step_leaves_what_another_completes_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let number = std::sync::atomic::AtomicU32::new(0);
    let new_place = || async {
        let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Place::Sqlite(folder.path().join(format!("books-{number}.db")))
    };
    let report = kill_at_every_step(new_place, executable()).await;
    assert!(report.total() >= 25, "{report:?}");
}
