//! Two processes on one file.

use std::path::PathBuf;
use std::process::{Child, Command};

use finance_core::conformance::Linked;
use finance_core::conformance::samples::{at, insert, row, user};
use finance_core::{
    ChangeSet, ConnectionStore, Due, LedgerStore, ProviderName, ScheduleStore, StoreErrorKind, StoredSchedule,
};

use crate::fixture::{Place, open_at};

const FILE: &str = "FINANCE_STORE_TEST_FILE";
const NAME: &str = "FINANCE_STORE_TEST_NAME";
const STEPS: usize = 25;
const ROWS_A_STEP: usize = 40;

/// Runs one of the tests below in a process of its own.
fn spawn(test: &str, place: &Place, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([&format!("processes::{test}"), "--exact", "--ignored", "--test-threads=1"])
        .env(FILE, place.file())
        .env(NAME, name)
        .spawn()
        .unwrap()
}

fn told() -> (PathBuf, String) {
    (std::env::var(FILE).unwrap().into(), std::env::var(NAME).unwrap())
}

fn run_two(test: &str, place: &Place) {
    let children = [spawn(test, place, "one"), spawn(test, place, "two")];
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
}

#[tokio::test]
#[ignore = "the other end of two_processes_write_one_file, which starts it"]
async fn writes_its_own_connection() {
    let (file, name) = told();
    // The file may not be there yet, and the other process makes it at the same time.
    let linked = Linked::new(open_at(&file).await, "ada", &name, &["a"]).await;
    for step in 0..STEPS {
        linked.insert((0..ROWS_A_STEP).map(|n| row(&format!("{name}-{step}-{n}"), "a", "1.00"))).await;
    }
}

#[tokio::test]
async fn two_processes_write_one_file() {
    let place = Place::new();
    run_two("writes_its_own_connection", &place);
    let store = place.open().await;
    let totals = store.account_totals(&user("ada")).await.unwrap();
    let rows: Vec<u64> = totals.iter().map(|total| total.rows).collect();
    assert_eq!(rows, [(STEPS * ROWS_A_STEP) as u64; 2]);
}

#[tokio::test]
#[ignore = "the other end of two_processes_race_for_one_cursor, which starts it"]
async fn moves_the_shared_cursor() {
    let (file, name) = told();
    let store = open_at(&file).await;
    let connection = store.connections(&user("ada")).await.unwrap().remove(0);
    let linked = Linked { store, user: user("ada"), id: connection.id };
    let mut won = 0;
    while won < STEPS {
        let cursor = linked.connection().await.cursor;
        let expected = cursor.as_ref().map(finance_core::Cursor::as_str);
        let next = format!("{name}-{won}");
        let inserts = (0..ROWS_A_STEP).map(|n| insert(row(&format!("{next}-{n}"), "a", "1.00"))).collect();
        let change = ChangeSet { cursor: Linked::step(expected, Some(&next)), inserts, ..linked.change() };
        match linked.store.apply(&change).await {
            Ok(_) => won += 1,
            Err(lost) => assert_eq!(lost.kind(), StoreErrorKind::Conflict, "{lost}"),
        }
    }
}

#[tokio::test]
async fn two_processes_race_for_one_cursor() {
    let place = Place::new();
    let linked = Linked::new(place.open().await, "ada", "item-1", &["a"]).await;
    run_two("moves_the_shared_cursor", &place);
    let totals = linked.store.account_totals(&linked.user).await.unwrap();
    assert_eq!(totals[0].rows, (2 * STEPS * ROWS_A_STEP) as u64);
}

const CONNECTIONS: usize = 60;

fn provider() -> ProviderName {
    ProviderName::new("test").unwrap()
}

#[tokio::test]
#[ignore = "the other end of two_processes_share_what_is_due, which starts it"]
async fn works_on_what_is_due() {
    let (file, name) = told();
    let store = open_at(&file).await;
    loop {
        let claimed = store.claim_due(&provider(), &name, at(10), at(70), 3).await.unwrap();
        if claimed.is_empty() {
            return;
        }
        for lease in claimed {
            let linked = Linked { store: store.clone(), user: lease.user.clone(), id: lease.connection };
            // A second one who works on the connection finds the row there, which is a conflict.
            linked.insert([row(&format!("of {}", lease.connection), "a", "1.00")]).await;
            let schedule = store.schedule(&lease.user, lease.connection).await.unwrap();
            assert_eq!(schedule.lease.as_ref(), Some(&lease));
            let done = StoredSchedule { due: Due::Never, ..schedule };
            store.save_schedule(&done, at(11), &[]).await.unwrap();
            store.release_lease(&lease).await.unwrap();
        }
    }
}

#[tokio::test]
async fn two_processes_share_what_is_due() {
    let place = Place::new();
    let store = place.open().await;
    for number in 0..CONNECTIONS {
        Linked::new(store.clone(), "ada", &format!("item-{number}"), &["a"]).await;
    }
    run_two("works_on_what_is_due", &place);
    let totals = store.account_totals(&user("ada")).await.unwrap();
    assert_eq!(totals.iter().map(|total| total.rows).collect::<Vec<_>>(), [1; CONNECTIONS]);
}

#[tokio::test]
#[ignore = "the other end of what_a_killed_process_held_is_free_after_its_term, which starts it"]
async fn claims_and_dies() {
    let (file, name) = told();
    let claimed = open_at(&file).await.claim_due(&provider(), &name, at(10), at(70), 9).await.unwrap();
    assert_eq!(claimed.len(), 1);
    std::process::abort();
}

#[tokio::test]
async fn what_a_killed_process_held_is_free_after_its_term() {
    let place = Place::new();
    let store = place.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    assert!(!spawn("claims_and_dies", &place, "killed").wait().unwrap().success());
    let lease = store.schedule(&linked.user, linked.id).await.unwrap().lease.unwrap();
    assert_eq!((lease.worker.as_str(), lease.until), ("killed", at(70)));
    assert_eq!(store.claim_due(&provider(), "other", at(69), at(99), 9).await.unwrap(), []);
    assert_eq!(store.claim_due(&provider(), "other", at(70), at(99), 9).await.unwrap()[0].number, 2);
}
