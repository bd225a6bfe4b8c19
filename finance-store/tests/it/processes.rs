//! Two processes that keep the same books.

use std::process::{Child, Command};

use finance_core::conformance::Linked;
use finance_core::conformance::samples::{at, insert, row, user};
use finance_core::{ChangeSet, Due, ProviderName, StoreErrorKind, StoredSchedule};

use crate::fixture::{Home, on_every_store, open_address};

on_every_store! {
    two_processes_write_to_the_same_books
    two_processes_race_for_one_cursor
    two_processes_share_what_is_due
    what_a_killed_process_held_is_free_after_its_term
}

const ADDRESS: &str = "FINANCE_STORE_TEST_ADDRESS";
const NAME: &str = "FINANCE_STORE_TEST_NAME";
const STEPS: usize = 25;
const ROWS_A_STEP: usize = 40;

/// Runs one of the tests below in a process of its own.
fn spawn(test: &str, home: &Home, name: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([&format!("processes::{test}"), "--exact", "--ignored", "--test-threads=1"])
        .env(ADDRESS, home.address())
        .env(NAME, name)
        .spawn()
        .unwrap()
}

fn told() -> (String, String) {
    (std::env::var(ADDRESS).unwrap(), std::env::var(NAME).unwrap())
}

fn run_two(test: &str, home: &Home) {
    let children = [spawn(test, home, "one"), spawn(test, home, "two")];
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
}

#[tokio::test]
#[ignore = "the other end of two_processes_write_to_the_same_books, which starts it"]
async fn writes_its_own_connection() {
    let (address, name) = told();
    // The books may not be there yet, and the other process makes them at the same time.
    let linked = Linked::new(open_address(&address).await, "ada", &name, &["a"]).await;
    for step in 0..STEPS {
        linked.insert((0..ROWS_A_STEP).map(|n| row(&format!("{name}-{step}-{n}"), "a", "1.00"))).await;
    }
}

async fn two_processes_write_to_the_same_books(home: Home) {
    run_two("writes_its_own_connection", &home);
    let store = home.open().await;
    let totals = store.account_totals(&user("ada")).await.unwrap();
    let rows: Vec<u64> = totals.iter().map(|total| total.rows).collect();
    assert_eq!(rows, [(STEPS * ROWS_A_STEP) as u64; 2]);
}

#[tokio::test]
#[ignore = "the other end of two_processes_race_for_one_cursor, which starts it"]
async fn moves_the_shared_cursor() {
    let (address, name) = told();
    let store = open_address(&address).await;
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

async fn two_processes_race_for_one_cursor(home: Home) {
    let linked = Linked::new(home.open().await, "ada", "item-1", &["a"]).await;
    run_two("moves_the_shared_cursor", &home);
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
    let (address, name) = told();
    let store = open_address(&address).await;
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

async fn two_processes_share_what_is_due(home: Home) {
    let store = home.open().await;
    for number in 0..CONNECTIONS {
        Linked::new(store.clone(), "ada", &format!("item-{number}"), &["a"]).await;
    }
    run_two("works_on_what_is_due", &home);
    let totals = store.account_totals(&user("ada")).await.unwrap();
    assert_eq!(totals.iter().map(|total| total.rows).collect::<Vec<_>>(), [1; CONNECTIONS]);
}

#[tokio::test]
#[ignore = "the other end of what_a_killed_process_held_is_free_after_its_term, which starts it"]
async fn claims_and_dies() {
    let (address, name) = told();
    let claimed =
        open_address(&address).await.claim_due(&provider(), &name, at(10), at(70), 9).await.unwrap();
    assert_eq!(claimed.len(), 1);
    std::process::abort();
}

async fn what_a_killed_process_held_is_free_after_its_term(home: Home) {
    let store = home.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    assert!(!spawn("claims_and_dies", &home, "killed").wait().unwrap().success());
    let lease = store.schedule(&linked.user, linked.id).await.unwrap().lease.unwrap();
    assert_eq!((lease.worker.as_str(), lease.until), ("killed", at(70)));
    assert_eq!(store.claim_due(&provider(), "other", at(69), at(99), 9).await.unwrap(), []);
    assert_eq!(store.claim_due(&provider(), "other", at(70), at(99), 9).await.unwrap()[0].number, 2);
}
