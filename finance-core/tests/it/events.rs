//! Listeners to a user's events.

use std::time::Duration;

use chrono::TimeDelta;
use finance_core::conformance::samples::{row, user};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks};
use finance_core::*;

fn options(keep_newest: u64) -> EngineOptions {
    let event_retention = EventRetention { keep_for: TimeDelta::days(30), keep_newest };
    EngineOptions { event_retention, ..EngineOptions::default() }
}

/// Lets the bank tell of so many rows, one a sync, and syncs.
async fn sync(books: &SampleBooks, name: &str, syncs: usize) {
    for number in 0..syncs {
        let row = row(&format!("{name}-{number}"), "a", "-1.00");
        books.provider.change(&books.sign_in, BankChange::Add(row)).await;
        let request = SyncRequest::new(SyncScope::All);
        books.engine.sync_transactions(&books.user, &request).await.unwrap();
        tokio::task::yield_now().await;
    }
}

/// Takes events until one has this number.
async fn numbers(mut events: EventStream, last: u64, slow: bool) -> Vec<u64> {
    let mut seen = Vec::new();
    while seen.last() != Some(&last) {
        seen.push(events.next().await.unwrap().number);
        for _ in 0..if slow { 50 } else { 0 } {
            tokio::task::yield_now().await;
        }
    }
    seen
}

#[tokio::test]
async fn every_listener_sees_every_event_once_and_in_order() {
    let books = SampleBooks::new().await;
    let first = books.engine.last_event(&books.user).await.unwrap();
    let last = first + 2 * 150;
    let listen = |after, slow| tokio::spawn(numbers(books.engine.events(&books.user, after), last, slow));
    let listeners = [listen(0, false), listen(first, true), listen(first, false), listen(first - 1, false)];
    sync(&books, "t", 150).await;
    let late = listen(first, false);
    for (listener, after) in listeners.into_iter().chain([late]).zip([0, first, first, first - 1, first]) {
        assert_eq!(listener.await.unwrap(), (after + 1..=last).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_listener_that_takes_nothing_holds_nobody_up() {
    let books = SampleBooks::new().await;
    let mut idle = books.engine.events(&books.user, 0);
    assert_eq!(idle.next().await.unwrap().number, 1);
    sync(&books, "t", 300).await;
    let last = books.engine.last_event(&books.user).await.unwrap();
    assert_eq!(numbers(books.engine.events(&books.user, 1), last, false).await.len() as u64, last - 1);
    assert_eq!(idle.after(), 1);
    assert_eq!(numbers(idle, last, false).await, (2..=last).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let books = SampleBooks::new().await;
    let last = books.engine.last_event(&books.user).await.unwrap();
    let mut events = books.engine.events(&books.user, last);
    for number in 0..20 {
        // Nothing is there yet: the wait is dropped in the middle.
        assert!(tokio::time::timeout(Duration::from_millis(1), events.next()).await.is_err());
        assert_eq!(events.after(), last + 2 * number);
        sync(&books, &format!("t{number}"), 1).await;
        assert_eq!(events.next().await.unwrap().number, last + 2 * number + 1);
        assert_eq!(events.next().await.unwrap().number, last + 2 * number + 2);
    }
}

#[tokio::test]
async fn a_listener_that_missed_pruned_events_is_told() {
    let books = SampleBooks::with(options(4)).await;
    let mut behind = books.engine.events(&books.user, 0);
    assert_eq!(behind.next().await.unwrap().number, 1);
    sync(&books, "old", 3).await;
    assert_eq!(books.engine.prune_events().await.unwrap(), 0, "young events are kept");
    books.clock.advance(TimeDelta::days(31));
    let last = books.engine.last_event(&books.user).await.unwrap();
    assert_eq!(books.engine.prune_events().await.unwrap(), last - 4, "of the old ones the newest 4 are kept");
    assert_eq!(books.engine.prune_events().await.unwrap(), 0);

    // What it had read before is handed out all the same; then it is told, as often as it asks.
    let before = loop {
        match behind.next().await {
            Ok(event) => assert!(event.number < last),
            Err(error) => break error,
        }
    };
    let pruned = SyncErrorKind::EventsPruned { first: last - 3 };
    assert_eq!(*before.kind(), pruned);
    assert_eq!(*behind.next().await.unwrap_err().kind(), pruned);
    let first_kept = books.engine.events(&books.user, last - 4).next().await.unwrap();
    assert_eq!(first_kept.number, last - 3);

    let mut up_to_date = books.engine.events(&books.user, last);
    sync(&books, "new", 1).await;
    assert_eq!(up_to_date.next().await.unwrap().number, last + 1);
}

#[tokio::test]
async fn a_listener_of_other_books_is_told() {
    let books = SampleBooks::new().await;
    let last = books.engine.last_event(&books.user).await.unwrap();
    for (who, after) in [(books.user.clone(), last + 1), (books.user.clone(), u64::MAX), (user("nobody"), 1)]
    {
        let error = books.engine.events(&who, after).next().await.unwrap_err();
        assert_eq!(*error.kind(), SyncErrorKind::InvalidInput, "{error}");
    }
    // Who has no events yet may wait for them.
    let mut nobodys = books.engine.events(&user("nobody"), 0);
    assert!(tokio::time::timeout(Duration::from_millis(1), nobodys.next()).await.is_err());
}

#[tokio::test]
async fn a_retention_without_end_keeps_everything() {
    let event_retention = EventRetention { keep_for: TimeDelta::MAX, keep_newest: 0 };
    let books = SampleBooks::with(EngineOptions { event_retention, ..EngineOptions::default() }).await;
    assert_eq!(books.engine.prune_events().await.unwrap(), 0);
    let all = EventRetention { keep_for: TimeDelta::seconds(-1), keep_newest: 0 };
    let books = SampleBooks::with(EngineOptions { event_retention: all, ..EngineOptions::default() }).await;
    let last = books.engine.last_event(&books.user).await.unwrap();
    assert_eq!(books.engine.prune_events().await.unwrap(), last);
    let error = books.engine.events(&books.user, 0).next().await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::EventsPruned { first: last + 1 });
}
