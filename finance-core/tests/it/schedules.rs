//! Schedules, requests and leases, as the engine keeps them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use finance_core::conformance::samples::{account, at, row, user};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks, ScriptedCall};
use finance_core::*;

use crate::expect_kind;

/// Without jitter, so that instants can be written down.
fn exact() -> EngineOptions {
    let mut options = EngineOptions::default();
    options.schedule.jitter_percent = 0;
    options.schedule.retry_jitter_percent = 0;
    options
}

async fn books() -> SampleBooks {
    SampleBooks::with(exact()).await
}

/// Another engine on the same store, as in another process.
fn another(books: &SampleBooks) -> SyncEngine {
    SyncEngine::new(books.provider.clone(), books.store.clone(), books.clock.clone(), exact())
}

async fn schedule(books: &SampleBooks) -> ConnectionSchedule {
    books.engine.schedule(&books.user).await.unwrap().remove(0)
}

async fn sync(books: &SampleBooks) -> ConnectionSync {
    let request = SyncRequest::new(SyncScope::All);
    books.engine.sync_transactions(&books.user, &request).await.unwrap().connections.remove(0)
}

async fn sync_now(books: &SampleBooks) -> ConnectionSync {
    books.engine.sync_now(&books.user, &SyncScope::All).await.unwrap().connections.remove(0)
}

fn now(books: &SampleBooks) -> DateTime<Utc> {
    books.clock.now()
}

fn pages(books: &SampleBooks) -> usize {
    books.provider.calls(ScriptedCall::TransactionsPage)
}

fn fail_next_page(books: &SampleBooks, kind: ProviderErrorKind) {
    books.provider.fail(ScriptedCall::TransactionsPage, [Some(kind)]);
}

fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}

#[tokio::test]
async fn every_attempt_plans_the_next_one() {
    use ProviderErrorKind::{NotReady, RetryLater, Unavailable};
    let books = books().await;
    let first = schedule(&books).await;
    assert_eq!(first.due, Due::At { at: at(0) + hours(6), why: DueReason::Period });
    assert_eq!((first.failures, first.last_attempt.unwrap().fault), (0, None));

    // Each failure in a row doubles the wait of its kind; a good sync ends that.
    for (fault, failures, minutes) in
        [(Unavailable, 1, 30), (Unavailable, 2, 60), (RetryLater, 3, 8), (NotReady, 4, 8)]
    {
        fail_next_page(&books, fault);
        sync(&books).await;
        let after = schedule(&books).await;
        let at = now(&books) + TimeDelta::minutes(minutes);
        assert_eq!(after.due, Due::At { at, why: DueReason::Retry(fault) }, "{fault:?}");
        assert_eq!((after.failures, after.last_attempt.unwrap().fault), (failures, Some(fault)));
        books.clock.advance(TimeDelta::minutes(7));
    }
    sync(&books).await;
    let after = schedule(&books).await;
    assert_eq!(after.due, Due::At { at: at(0) + hours(6), why: DueReason::Period });
    assert_eq!((after.failures, after.last_attempt.unwrap().started_at), (0, now(&books)));
}

#[tokio::test]
async fn a_wait_that_the_provider_names_is_kept_to_by_everybody_who_does_not_insist() {
    let books = books().await;
    books.provider.name_wait(Some(Duration::from_secs(1_200)));
    fail_next_page(&books, ProviderErrorKind::RetryLater);
    assert_eq!(sync(&books).await.error.unwrap().retry_after(), Some(Duration::from_secs(1_200)));
    let until = now(&books) + TimeDelta::minutes(20);
    let why = DueReason::Retry(ProviderErrorKind::RetryLater);
    assert_eq!(schedule(&books).await.due, Due::At { at: until, why });

    let before = pages(&books);
    books.clock.advance(TimeDelta::minutes(10));
    let told = sync_now(&books).await;
    assert_eq!(told.error.as_ref().unwrap().retry_after(), Some(Duration::from_secs(600)));
    expect_kind(told.error.map_or(Ok(()), Err), &SyncErrorKind::Provider(ProviderErrorKind::RetryLater));
    assert_eq!((told.run, pages(&books)), (None, before));
    // The wish is kept: it is due by it when the wait is over.
    assert_eq!(schedule(&books).await.due, Due::At { at: until, why: DueReason::Requested });

    books.clock.advance(TimeDelta::minutes(10));
    assert_eq!(sync_now(&books).await.run.unwrap().outcome, RunOutcome::Applied);
    assert!(matches!(schedule(&books).await.due, Due::At { why: DueReason::Period, .. }));
}

#[tokio::test]
async fn a_broken_login_waits_for_the_user_and_is_due_again_once_it_is_repaired() {
    let books = books().await;
    books.provider.change(&books.sign_in, BankChange::BreakSignIn).await;
    sync(&books).await;
    let broken = schedule(&books).await;
    assert_eq!(
        (broken.status, broken.due),
        (ConnectionStatus::NeedsSignIn, Due::Paused(PauseReason::SignInAgain))
    );
    assert_eq!(PauseReason::SignInAgain.ender(), PauseEnder::User);
    let status = books.engine.scheduler_status(&books.user).await.unwrap();
    assert_eq!(status.paused.get(&PauseReason::SignInAgain), Some(&1));

    // A request alone ends no pause, but somebody who insists is heard: they may have repaired it.
    let asked = books.engine.request_sync(&books.user, &SyncScope::All).await.unwrap();
    assert_eq!(asked[0].due, Due::Paused(PauseReason::SignInAgain));
    let before = pages(&books);
    assert!(sync_now(&books).await.error.is_some());
    assert_eq!(pages(&books), before + 1);
    assert_eq!(schedule(&books).await.due, Due::Paused(PauseReason::SignInAgain));

    books.provider.change(&books.sign_in, BankChange::HealSignIn).await;
    assert_eq!(sync_now(&books).await.error.map(|error| error.to_string()), None);
    let healed = schedule(&books).await;
    assert_eq!((healed.status, healed.failures), (ConnectionStatus::Good, 0));
    assert!(matches!(healed.due, Due::At { why: DueReason::Period, .. }));
}

#[tokio::test]
async fn a_frequency_counts_from_when_it_is_set_and_stands_in_the_trail() {
    let books = books().await;
    books.clock.advance(hours(3));
    let daily = books.engine.set_sync_frequency(&books.user, books.connection, SyncFrequency::Daily);
    let daily = daily.await.unwrap();
    assert_eq!(daily.frequency, SyncFrequency::Daily);
    assert_eq!(daily.due, Due::At { at: at(0) + hours(27), why: DueReason::Period });
    assert_eq!(schedule(&books).await, daily);

    // The same again changes nothing, not even the time of day.
    books.clock.advance(hours(1));
    let again = books.engine.set_sync_frequency(&books.user, books.connection, SyncFrequency::Daily).await;
    assert_eq!(again.unwrap(), daily);
    let trail = books.engine.audit_trail(&books.user, 0, 9).await.unwrap();
    let told: Vec<_> = trail
        .iter()
        .map(|entry| (entry.action.as_str(), entry.before.as_deref(), entry.after.as_deref()))
        .collect();
    let (before, after) = (r#"{"frequency":"every_6_hours"}"#, r#"{"frequency":"daily"}"#);
    assert_eq!(told, [("sync_frequency_set", Some(before), Some(after))]);
    assert_eq!(trail[0].subject, AuditSubject::Connection(books.connection));
}

#[tokio::test]
async fn schedules_of_others_and_by_hand_are_out_of_reach() {
    let books = books().await;
    let ben = user("ben");
    let weekly = SyncFrequency::Weekly;
    let set = books.engine.set_sync_frequency(&ben, books.connection, weekly).await;
    expect_kind(set, &SyncErrorKind::NotFound);
    let scope = SyncScope::Connection(books.connection);
    expect_kind(books.engine.sync_now(&ben, &scope).await, &SyncErrorKind::NotFound);
    expect_kind(books.engine.request_sync(&ben, &scope).await, &SyncErrorKind::NotFound);
    assert_eq!(books.engine.schedule(&ben).await.unwrap(), []);
    assert_eq!(books.engine.scheduler_status(&ben).await.unwrap(), SchedulerStatus::default());
    let none = SyncScope::Accounts(Vec::new());
    expect_kind(books.engine.sync_now(&books.user, &none).await, &SyncErrorKind::InvalidInput);

    let new = NewManualAccount::new("Cash", AccountKind::DigitalWallet, Currency::iso("USD").unwrap());
    books.engine.create_manual_account(&books.user, &new).await.unwrap();
    assert_eq!(books.engine.schedule(&books.user).await.unwrap().len(), 1);
    let connections = books.engine.connections(&books.user).await.unwrap();
    let by_hand = connections.iter().find(|connection| connection.is_manual()).unwrap().id;
    let set = books.engine.set_sync_frequency(&books.user, by_hand, weekly).await;
    expect_kind(set, &SyncErrorKind::InvalidInput);
    let stored = books.store.schedule(&books.user, by_hand).await.unwrap();
    assert_eq!(stored.due, Due::Never);
}

/// Waits until so many callers wait for pages.
async fn until_paging(books: &SampleBooks, callers: usize) {
    while books.provider.paging() < callers {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_second_waits_and_goes_on_from_the_new_cursor() {
    let books = books().await;
    books.provider.change(&books.sign_in, BankChange::Add(row("t9", "a", "-9.00"))).await;
    books.provider.hold_pages(true);
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let listener = {
        let told = told.clone();
        move |step| told.lock().unwrap().push(step)
    };
    let request = SyncRequest::new(SyncScope::All);
    let other = another(&books).with_progress(Arc::new(listener));
    let (first, second, ()) =
        tokio::join!(sync(&books), other.sync_transactions(&books.user, &request), async {
            until_paging(&books, 1).await;
            let running = schedule(&books).await;
            assert_eq!(running.synced_by.as_deref(), Some("application"));
            let status = books.engine.scheduler_status(&books.user).await.unwrap();
            assert_eq!((status.in_work(), status.planned), (1, 0));
            tokio::time::sleep(Duration::from_secs(90)).await;
            assert_eq!(books.provider.paging(), 1);
            books.provider.hold_pages(false);
        });
    let second = second.unwrap();
    assert_eq!(first.run.unwrap().counts.added + second.counts().added, 1);
    assert!(second.is_complete());
    assert_eq!(books.provider.most_paging_one_sign_in(), 1);
    assert_eq!(told.lock().unwrap()[0], SyncProgress::Waiting { connection: books.connection });
    assert_eq!(schedule(&books).await.synced_by, None);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_stays_busy_is_told_as_busy() {
    let books = books().await;
    let far = now(&books) + hours(1);
    let lease =
        books.store.take_lease(&books.user, books.connection, "somebody", now(&books), far).await.unwrap();
    let before = pages(&books);
    let busy = sync(&books).await;
    expect_kind(busy.error.map_or(Ok(()), Err), &SyncErrorKind::Busy);
    assert_eq!((busy.run, pages(&books)), (None, before));
    assert_eq!(books.engine.sync_runs(&books.user, books.connection, 9).await.unwrap().len(), 1);

    // Somebody of another process does not tell that they are done.
    let (synced, ()) = tokio::join!(sync(&books), async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        books.store.release_lease(&lease).await.unwrap();
    });
    assert_eq!(synced.run.unwrap().outcome, RunOutcome::Applied);
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_is_dropped_lets_the_next_one_at_the_connection() {
    let books = books().await;
    books.provider.hold_pages(true);
    let dropped = tokio::time::timeout(Duration::from_secs(100), sync(&books)).await;
    assert!(dropped.is_err());
    books.provider.hold_pages(false);
    assert_eq!(sync(&books).await.run.unwrap().outcome, RunOutcome::Applied);
    assert_eq!(books.store.schedule(&books.user, books.connection).await.unwrap().lease, None);

    // Dropped while it takes the lease, too.
    for polls in 0..6 {
        let mut sync = Box::pin(sync(&books));
        for _ in 0..polls {
            assert!(futures::poll!(&mut sync).is_pending());
        }
        drop(sync);
        tokio::time::sleep(Duration::from_secs(1)).await;
        let schedule = books.store.schedule(&books.user, books.connection).await.unwrap();
        assert_eq!(schedule.lease, None, "after {polls} polls");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn engines_on_one_store_never_sync_one_connection_at_once() {
    let books = books().await;
    for number in 0..3 {
        let token = books.provider.sign_in(vec![account("a")], vec![row("t", "a", "-1.00")], true).await;
        let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(token) };
        books.engine.link(&books.user, request).await.unwrap();
        books
            .provider
            .change(&books.sign_in, BankChange::Add(row(&format!("n{number}"), "a", "-1.00")))
            .await;
    }
    let syncs = (0..8).map(|number| {
        let (engine, user) = (another(&books), books.user.clone());
        tokio::spawn(async move {
            let scope = SyncScope::All;
            match number % 2 {
                0 => engine.sync_now(&user, &scope).await.unwrap(),
                _ => engine.sync_transactions(&user, &SyncRequest::new(scope)).await.unwrap(),
            }
        })
    });
    let mut added = 0;
    for report in futures::future::join_all(syncs).await {
        let report = report.unwrap();
        assert!(report.is_complete(), "{report:?}");
        added += report.counts().added;
    }
    assert_eq!((added, books.provider.most_paging_one_sign_in()), (3, 1));
}

#[tokio::test]
async fn the_first_sync_of_a_link_is_the_links_own() {
    let books = books().await;
    let token = books.provider.sign_in(vec![account("x")], vec![row("x1", "x", "-1.00")], true).await;
    let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(token) };
    // A worker that claims whatever is due, at every chance it gets.
    let thief = async {
        loop {
            let provider = books.provider.name();
            let claimed = books.store.claim_due(&provider, "thief", now(&books), at(60), 9).await.unwrap();
            assert_eq!(claimed, []);
            tokio::task::yield_now().await;
        }
    };
    let linked = tokio::select! {
        linked = books.engine.link(&books.user, request) => linked.unwrap(),
        () = thief => unreachable!(),
    };
    assert_eq!(linked.first_sync.run.unwrap().counts.added, 1);
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_finds_its_lease_lost_stores_nothing_and_plans_nothing() {
    let books = books().await;
    books.provider.change(&books.sign_in, BankChange::Add(row("t9", "a", "-9.00"))).await;
    books.provider.hold_pages(true);
    let other = another(&books);
    let (overtaken, ()) = tokio::join!(sync(&books), async {
        until_paging(&books, 1).await;
        // The machine slept for longer than the term, and another one took over; its attempt fails.
        books.clock.advance(TimeDelta::minutes(2));
        fail_next_page(&books, ProviderErrorKind::SignInAgain);
        let report = other.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await;
        assert!(!report.unwrap().is_complete());
        tokio::time::sleep(Duration::from_secs(30)).await;
        books.provider.hold_pages(false);
    });
    assert!(overtaken.error.is_none());
    assert_eq!(overtaken.run.unwrap().outcome, RunOutcome::Superseded);
    let rows = TransactionQuery::default();
    assert_eq!(books.engine.transactions(&books.user, &rows).await.unwrap().len(), 4);
    let schedule = schedule(&books).await;
    assert_eq!((schedule.due, schedule.failures), (Due::Paused(PauseReason::SignInAgain), 1));
    assert_eq!(schedule.last_attempt.unwrap().fault, Some(ProviderErrorKind::SignInAgain));
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_another_one_overtook_serves_no_request() {
    let books = books().await;
    books.clock.advance(hours(1));
    books.engine.request_sync(&books.user, &SyncScope::All).await.unwrap();
    books.provider.hold_pages(true);
    let (overtaken, ()) = tokio::join!(sync(&books), async {
        until_paging(&books, 1).await;
        // One that fetched before the request, and whose rows are therefore not what was asked for, stores first.
        let expected = books.store.connection(&books.user, books.connection).await.unwrap().cursor;
        let cursor = Some(CursorStep { expected, next: Cursor::new("where the other one came to") });
        let change = ChangeSet { cursor, ..ChangeSet::new(books.connection, now(&books)) };
        books.store.apply(&change).await.unwrap();
        books.provider.hold_pages(false);
    });
    assert_eq!(overtaken.run.unwrap().outcome, RunOutcome::Superseded);
    let expected = Due::At { at: now(&books), why: DueReason::Requested };
    assert_eq!(schedule(&books).await.due, expected);
}

#[tokio::test]
async fn how_often_what_was_removed_is_synced_cannot_be_set() {
    let books = SampleBooks::new().await;
    books.engine.remove_connection(&books.user, books.connection, &RemovalOptions::default()).await.unwrap();
    let set = books.engine.set_sync_frequency(&books.user, books.connection, SyncFrequency::Manual).await;
    crate::expect_kind(set, &SyncErrorKind::ConnectionEnded);
}

#[tokio::test]
async fn a_request_of_a_clock_that_ran_ahead_hides_no_later_one() {
    let books = SampleBooks::new().await;
    let (engine, user, scope) = (&books.engine, &books.user, SyncScope::All);
    books.clock.advance(TimeDelta::days(400));
    engine.request_sync(user, &scope).await.unwrap();
    books.clock.advance(TimeDelta::hours(1) - TimeDelta::days(400));
    let asked = engine.request_sync(user, &scope).await.unwrap().remove(0);
    assert_eq!(asked.due, Due::At { at: books.clock.now(), why: DueReason::Requested });
}
