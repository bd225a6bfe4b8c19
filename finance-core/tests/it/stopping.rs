//! Syncs that are stopped on the way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use finance_core::conformance::samples::{account, row};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks, ScriptedCall};
use finance_core::*;

use crate::expect_kind;

/// Cancels at the first step that is like this.
fn cancel_at(cancellation: &Cancellation, is_it: fn(&SyncProgress) -> bool) -> Arc<dyn ProgressListener> {
    let cancellation = cancellation.clone();
    Arc::new(move |step| {
        if is_it(&step) {
            cancellation.cancel();
        }
    })
}

async fn books() -> SampleBooks {
    let pager = PagerPolicy { page_size: 2, ..PagerPolicy::default() };
    let books = SampleBooks::with(EngineOptions { pager, ..EngineOptions::default() }).await;
    for number in 0..6 {
        let row = row(&format!("n{number}"), "a", "-1.00");
        books.provider.change(&books.sign_in, BankChange::Add(row)).await;
    }
    books
}

fn request(cancellation: &Cancellation) -> SyncRequest {
    SyncRequest { cancellation: Some(cancellation.clone()), ..SyncRequest::new(SyncScope::All) }
}

#[tokio::test]
async fn a_sync_stops_between_pages_and_before_it_stores_and_leaves_nothing_half_done() {
    type IsIt = fn(&SyncProgress) -> bool;
    let steps: [(IsIt, u32); 3] = [
        (|step| matches!(step, SyncProgress::Started { .. }), 0),
        (|step| matches!(step, SyncProgress::PageFetched { pages: 1, .. }), 1),
        (|step| matches!(step, SyncProgress::Storing { .. }), 3),
    ];
    for (is_it, pages) in steps {
        let books = books().await;
        let connection = books.engine.connections(&books.user).await.unwrap();
        let schedule = books.engine.schedule(&books.user).await.unwrap();
        let cancellation = Cancellation::new();
        let engine = books.engine.with_progress(cancel_at(&cancellation, is_it));
        let mut report = engine.sync_transactions(&books.user, &request(&cancellation)).await.unwrap();
        assert!(!report.is_complete());
        let sync = report.connections.remove(0);
        expect_kind(sync.error.map_or(Ok(()), Err), &SyncErrorKind::Cancelled);
        let run = sync.run.unwrap();
        assert_eq!(
            (run.outcome, run.pages, run.counts),
            (RunOutcome::Cancelled, pages, SyncCounts::default())
        );

        // Nothing but the record of it is left, and it is due as before.
        assert_eq!(books.engine.connections(&books.user).await.unwrap(), connection);
        assert_eq!(books.engine.schedule(&books.user).await.unwrap(), schedule);
        assert_eq!(books.engine.sync_runs(&books.user, books.connection, 1).await.unwrap(), [run]);
        let rows = TransactionQuery::default();
        assert_eq!(books.engine.transactions(&books.user, &rows).await.unwrap().len(), 4);

        let all = SyncRequest::new(SyncScope::All);
        let report = books.engine.sync_transactions(&books.user, &all).await.unwrap();
        assert_eq!(report.counts().added, 6);
    }
}

#[tokio::test]
async fn what_was_stored_before_stays_and_what_was_not_begun_is_told() {
    let books = books().await;
    let mut options = EngineOptions { concurrent_connections: 1, ..EngineOptions::default() };
    options.pager.page_size = 2;
    let one_by_one =
        SyncEngine::new(books.provider.clone(), books.store.clone(), books.clock.clone(), options);
    for _ in 0..2 {
        let token = books.provider.sign_in(vec![account("a")], vec![], true).await;
        let link = LinkRequest { allow_duplicate: true, ..LinkRequest::new(token.clone()) };
        books.engine.link(&books.user, link).await.unwrap();
        for number in 0..6 {
            let row = row(&format!("n{number}"), "a", "-1.00");
            books.provider.change(&token, BankChange::Add(row)).await;
        }
    }
    let cancellation = Cancellation::new();
    let seen = Mutex::new(0);
    let cancel = cancellation.clone();
    let listener = move |step| {
        if matches!(step, SyncProgress::PageFetched { .. }) {
            let mut seen = seen.lock().unwrap();
            *seen += 1;
            if *seen == 4 {
                cancel.cancel();
            }
        }
    };
    let watched = one_by_one.with_progress(Arc::new(listener));
    let report = watched.sync_transactions(&books.user, &request(&cancellation)).await.unwrap();
    let outcomes: Vec<_> = report
        .connections
        .iter()
        .map(|sync| (sync.run.as_ref().map(|run| run.outcome), sync.error.as_ref().map(SyncError::kind)))
        .collect();
    let cancelled = Some(&SyncErrorKind::Cancelled);
    assert_eq!(
        outcomes,
        [(Some(RunOutcome::Applied), None), (Some(RunOutcome::Cancelled), cancelled), (None, cancelled)]
    );
    assert_eq!(report.counts().added, 6);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_does_not_come_is_not_waited_for() {
    let books = books().await;
    books.provider.hold_pages(true);
    let cancellation = Cancellation::new();
    let asked = request(&cancellation);
    let (report, ()) = tokio::join!(books.engine.sync_transactions(&books.user, &asked), async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(books.provider.paging(), 1);
        books.clock.advance(TimeDelta::seconds(5));
        cancellation.cancel();
    });
    let sync = report.unwrap().connections.remove(0);
    assert_eq!(sync.run.as_ref().unwrap().outcome, RunOutcome::Cancelled);
    assert_eq!(sync.run.unwrap().duration(), Duration::from_secs(5));
    assert_eq!(sync.duration, Duration::from_secs(5));

    // Asked to stop before it begins, it asks for nothing.
    let before = books.provider.calls(ScriptedCall::TransactionsPage);
    let sync = books.engine.sync_transactions(&books.user, &asked).await.unwrap().connections.remove(0);
    expect_kind(sync.error.map_or(Ok(()), Err), &SyncErrorKind::Cancelled);
    assert_eq!((sync.run, books.provider.calls(ScriptedCall::TransactionsPage)), (None, before));

    // So does one that waits for somebody else.
    let (now, far) = (books.clock.now(), books.clock.now() + TimeDelta::hours(1));
    books.store.take_lease(&books.user, books.connection, "somebody", now, far).await.unwrap();
    let cancellation = Cancellation::new();
    let asked = request(&cancellation);
    let (report, ()) = tokio::join!(books.engine.sync_transactions(&books.user, &asked), async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        cancellation.cancel();
    });
    expect_kind(report.unwrap().connections.remove(0).error.map_or(Ok(()), Err), &SyncErrorKind::Cancelled);
}

#[tokio::test]
async fn when_the_engine_has_settled_the_lease_of_a_sync_that_was_given_up_is_free() {
    let books = books().await;
    books.provider.hold_pages(true);
    let (engine, user) = (books.engine.clone(), books.user.clone());
    let sync = tokio::spawn(async move {
        engine.sync_transactions(&user, &SyncRequest::new(SyncScope::All)).await.map(drop)
    });
    while books.provider.paging() == 0 {
        tokio::task::yield_now().await;
    }
    let (now, far) = (books.clock.now(), books.clock.now() + TimeDelta::hours(1));
    let take = || books.store.take_lease(&books.user, books.connection, "somebody", now, far);
    assert_eq!(take().await.unwrap_err().kind(), StoreErrorKind::Conflict);
    sync.abort();
    books.engine.settled().await;
    take().await.unwrap();
    assert!(sync.await.unwrap_err().is_cancelled());
    // Whoever waits again waits for nothing.
    books.engine.settled().await;
}
