//! Processes that are killed leave sound books. `make torture` kills more of them.

use std::path::Path;

use end_to_end::Books;
use end_to_end::torture::{kill_at_every_step, kill_at_random};

const KILLS: u32 = 50;

fn executable() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_torture"))
}

async fn killed_at_any_instant(books: Books) {
    // What the process does follows from the seed; when it dies does not.
    let report = kill_at_random(books, executable(), KILLS, 1).await;
    assert_eq!(report.total(), u64::from(KILLS));
    assert!(report.kills.len() > 3, "the kills are all of one kind: {report:?}");
}

async fn killed_at_any_step(books: Books) {
    let report = kill_at_every_step(books, executable()).await;
    assert!(report.total() >= 25, "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_instant_leaves_sound_books_in_sqlite() {
    killed_at_any_instant(Books::InSqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_instant_leaves_sound_books_in_postgres() {
    killed_at_any_instant(Books::InPostgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_step_leaves_what_another_completes_in_sqlite() {
    killed_at_any_step(Books::InSqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_at_any_step_leaves_what_another_completes_in_postgres() {
    killed_at_any_step(Books::InPostgres).await;
}
