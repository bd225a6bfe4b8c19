//! Workers over days of simulated time: the clock is that of tokio, which leaps when nobody has anything to do.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use finance_core::conformance::samples::{account, at, row, user};
use finance_core::conformance::{BankChange, ProviderFixture, ScriptedCall, ScriptedProvider};
use finance_core::*;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

const HOUR: Duration = Duration::from_secs(3_600);

struct LeapingClock(Instant);

impl Clock for LeapingClock {
    fn now(&self) -> DateTime<Utc> {
        at(0) + TimeDelta::from_std(self.0.elapsed()).unwrap()
    }
}

struct World {
    provider: Arc<ScriptedProvider>,
    store: Arc<MemoryStore>,
    clock: Arc<LeapingClock>,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(LeapingClock(Instant::now()));
        Self { provider: Arc::new(ScriptedProvider::new()), store: Arc::new(MemoryStore::new()), clock }
    }

    fn options() -> EngineOptions {
        let mut options = EngineOptions { frequency: SyncFrequency::Hourly, ..EngineOptions::default() };
        options.schedule.jitter_percent = 0;
        options.schedule.retry_jitter_percent = 0;
        options
    }

    /// An engine of its own, as in a process of its own.
    fn engine(&self) -> SyncEngine {
        SyncEngine::new(self.provider.clone(), self.store.clone(), self.clock.clone(), Self::options())
    }

    async fn link(&self, owner: &str) -> (PublicToken, ConnectionId) {
        let sign_in = self.provider.sign_in(vec![account("a")], vec![row("t", "a", "-1.00")], true).await;
        let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(sign_in.clone()) };
        let linked = self.engine().link(&user(owner), request).await.unwrap();
        (sign_in, linked.connection.id)
    }

    fn worker(&self, name: &str, at_once: usize) -> Worker {
        let options = WorkerOptions { name: name.to_owned(), at_once, ..WorkerOptions::default() };
        Worker::new(&self.engine(), options)
    }

    async fn schedule(&self, owner: &str, connection: ConnectionId) -> StoredSchedule {
        self.store.schedule(&user(owner), connection).await.unwrap()
    }

    /// The outcomes of every sync but the link's, oldest first.
    async fn runs(&self, owner: &str, connection: ConnectionId) -> Vec<SyncRun> {
        let mut runs = self.store.runs(&user(owner), connection, 1_000).await.unwrap();
        runs.pop();
        runs.reverse();
        runs
    }

    async fn until_paging(&self, callers: usize) {
        while self.provider.paging() < callers {
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Lets a worker work.
fn start(worker: &Worker) -> (Cancellation, JoinHandle<WorkerReport>) {
    let shutdown = Cancellation::new();
    let (worker, heeded) = (worker.clone(), shutdown.clone());
    (shutdown, tokio::spawn(async move { worker.run(heeded).await }))
}

async fn work_for(worker: &Worker, time: Duration) -> WorkerReport {
    let (shutdown, running) = start(worker);
    sleep(time).await;
    shutdown.cancel();
    running.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_day_of_a_worker() {
    let world = World::new();
    let (_, sound) = world.link("anna").await;
    let (broken_sign_in, broken) = world.link("anna").await;
    let (out_sign_in, out) = world.link("ben").await;
    let (_, by_request) = world.link("ben").await;
    let (engine, ben) = (world.engine(), user("ben"));
    engine.set_sync_frequency(&ben, by_request, SyncFrequency::Manual).await.unwrap();
    world.provider.change(&broken_sign_in, BankChange::BreakSignIn).await;
    world.provider.fail_sign_in(&out_sign_in, ProviderErrorKind::Unavailable);

    let report = work_for(&world.worker("one", 2), 24 * HOUR + HOUR / 2).await;

    // On the hour, every hour.
    let runs = world.runs("anna", sound).await;
    let begun: Vec<DateTime<Utc>> = runs.iter().map(|run| run.started_at).collect();
    let on_the_hour: Vec<DateTime<Utc>> = (1..=24).map(|hour| at(hour * 3_600)).collect();
    assert_eq!(begun, on_the_hour);
    // Once; then it waits for the user.
    let runs = world.runs("anna", broken).await;
    assert_eq!(runs.len(), 1);
    assert_eq!(world.schedule("anna", broken).await.due, Due::Paused(PauseReason::SignInAgain));
    // After half an hour, one, two, four, eight: 1:00, 1:30, 2:30, 4:30, 8:30, 16:30.
    let minutes: Vec<i64> =
        world.runs("ben", out).await.iter().map(|run| (run.started_at - at(0)).num_minutes()).collect();
    assert_eq!(minutes, [60, 90, 150, 270, 510, 990]);
    assert!(world.runs("ben", by_request).await.is_empty());
    assert_eq!((report.applied, report.failed, report.cancelled), (24, 7, 0));

    let status = world.worker("another", 1).status().await.unwrap();
    assert_eq!((status.due, status.in_work(), status.planned, status.by_request), (0, 0, 2, 1));
    assert_eq!(status.paused.get(&PauseReason::SignInAgain), Some(&1));
}

#[tokio::test(start_paused = true)]
async fn a_request_from_elsewhere_is_found_at_the_next_look() {
    let world = World::new();
    let (_, connection) = world.link("anna").await;
    let (shutdown, running) = start(&world.worker("one", 1));
    sleep(Duration::from_secs(600)).await;
    let asked = world.engine().request_sync(&user("anna"), &SyncScope::All).await.unwrap();
    assert!(matches!(asked[0].due, Due::At { why: DueReason::Requested, .. }));
    sleep(Duration::from_secs(15)).await;
    assert_eq!(world.runs("anna", connection).await.len(), 1);
    shutdown.cancel();
    assert_eq!(running.await.unwrap().applied, 1);
}

#[tokio::test(start_paused = true)]
async fn two_workers_share_the_work_and_never_a_connection() {
    let world = World::new();
    let mut connections = Vec::new();
    for number in 0..20 {
        let owner = format!("user-{}", number % 3);
        connections.push((owner.clone(), world.link(&owner).await.1));
    }
    world.provider.hold_pages(true);
    let (one, two) = (world.worker("one", 3), world.worker("two", 4));
    let (stop_one, one) = start(&one);
    let (stop_two, two) = start(&two);
    sleep(HOUR + Duration::from_secs(30)).await;
    // Each has as much in work as it may, and no more.
    assert_eq!(world.provider.paging(), 7);
    let status = world.worker("look", 1).status().await.unwrap();
    assert_eq!((status.running["one"], status.running["two"], status.due), (3, 4, 13));
    // A long sync keeps its lease.
    sleep(Duration::from_secs(600)).await;
    assert_eq!(world.provider.paging(), 7);
    world.provider.hold_pages(false);
    sleep(Duration::from_secs(60)).await;
    [stop_one, stop_two].iter().for_each(Cancellation::cancel);
    let (one, two) = (one.await.unwrap(), two.await.unwrap());
    assert_eq!(one.applied + two.applied, 20);
    assert!(one.applied >= 3 && two.applied >= 4);
    assert_eq!(world.provider.most_paging_one_sign_in(), 1);
    for (owner, connection) in connections {
        assert_eq!(world.runs(&owner, connection).await.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_worker_held_is_taken_over_when_its_lease_is_over() {
    let world = World::new();
    let (_, connection) = world.link("anna").await;
    sleep(HOUR).await;
    // A worker that claims and is never heard of again.
    let (provider, now) = (world.provider.name(), world.clock.now());
    let until = now + TimeDelta::seconds(60);
    let claimed = world.store.claim_due(&provider, "dead", now, until, 9).await.unwrap();
    assert_eq!(claimed.len(), 1);
    let (shutdown, running) = start(&world.worker("two", 1));
    sleep(Duration::from_secs(59)).await;
    assert!(world.runs("anna", connection).await.is_empty());
    sleep(Duration::from_secs(2)).await;
    assert_eq!(world.runs("anna", connection).await.len(), 1);
    shutdown.cancel();
    running.await.unwrap();

    // One that is only dropped lets go at once.
    world.provider.hold_pages(true);
    let (_, running) = start(&world.worker("dropped", 1));
    world.until_paging(1).await;
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    sleep(Duration::from_millis(1)).await;
    let schedule = world.schedule("anna", connection).await;
    assert_eq!((world.provider.paging(), schedule.lease), (0, None));
    assert!(schedule.due.is_due(world.clock.now()));
}

#[tokio::test(start_paused = true)]
async fn what_a_clock_that_ran_ahead_planned_is_planned_anew() {
    let world = World::new();
    let (_, connection) = world.link("anna").await;
    sleep(HOUR).await;
    let mut planned = world.schedule("anna", connection).await;
    let ahead = world.clock.now() + TimeDelta::days(3_650);
    let attempt = planned.state.last_attempt.unwrap();
    planned.state.last_attempt = Some(LastAttempt { started_at: ahead, ended_at: ahead, ..attempt });
    planned.due = Due::At { at: ahead + TimeDelta::hours(6), why: DueReason::Period };
    world.store.save_schedule(&planned, world.clock.now(), &[]).await.unwrap();
    let (provider, until) = (world.provider.name(), ahead + TimeDelta::seconds(60));
    let user = planned.user.clone();
    world.store.take_lease(&user, connection, "ahead", ahead, until).await.unwrap();

    let (shutdown, running) = start(&world.worker("now", 1));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(world.runs("anna", connection).await.len(), 1);
    let healed = world.schedule("anna", connection).await;
    assert!(healed.due.at().unwrap() < world.clock.now() + TimeDelta::days(1), "{healed:?}");
    assert_eq!(world.store.attempted_after(&provider, world.clock.now()).await.unwrap(), []);
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_is_asked_to_end_lets_syncs_end_or_cancels_them_and_releases_its_leases() {
    let world = World::new();
    let (_, connection) = world.link("anna").await;
    world.provider.hold_pages(true);
    let (shutdown, running) = start(&world.worker("one", 1));
    world.until_paging(1).await;
    shutdown.cancel();
    sleep(Duration::from_secs(5)).await;
    world.provider.hold_pages(false);
    assert_eq!(running.await.unwrap().applied, 1);

    world.provider.hold_pages(true);
    let (shutdown, running) = start(&world.worker("one", 1));
    world.until_paging(1).await;
    let due = world.schedule("anna", connection).await.due;
    let asked = Instant::now();
    shutdown.cancel();
    let report = running.await.unwrap();
    assert_eq!((report.cancelled, report.applied, report.failed), (1, 0, 0));
    assert_eq!(asked.elapsed().as_secs(), 10);
    let after = world.schedule("anna", connection).await;
    assert_eq!((after.lease, after.due), (None, due));
    assert_eq!(world.runs("anna", connection).await.last().unwrap().outcome, RunOutcome::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_hangs_is_given_up_and_keeps_nobody_waiting() {
    let world = World::new();
    let (_, connection) = world.link("anna").await;
    world.provider.hold_pages(true);
    let options = WorkerOptions { at_most: Duration::from_secs(300), ..WorkerOptions::default() };
    let (shutdown, running) = start(&Worker::new(&world.engine(), options));
    world.until_paging(1).await;
    sleep(Duration::from_secs(301)).await;
    let schedule = world.schedule("anna", connection).await;
    let why = DueReason::Retry(ProviderErrorKind::RetryLater);
    assert!(matches!(schedule.due, Due::At { why: found, .. } if found == why), "{:?}", schedule.due);
    assert_eq!((schedule.state.failures, schedule.lease, world.provider.paging()), (1, None, 0));
    shutdown.cancel();
    assert_eq!(running.await.unwrap().failed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_panics_waits_long_and_keeps_nobody_waiting() {
    let world = World::new();
    let (sign_in, cursed) = world.link("anna").await;
    let (_, sound) = world.link("ben").await;
    world.provider.panic_over(&sign_in);
    let report = work_for(&world.worker("one", 1), 3 * HOUR + HOUR / 2).await;
    assert_eq!((report.applied, report.failed), (3, 1));
    assert_eq!(world.runs("ben", sound).await.len(), 3);
    let schedule = world.schedule("anna", cursed).await;
    let why = DueReason::Retry(ProviderErrorKind::InvalidRequest);
    assert_eq!(schedule.due, Due::At { at: at(3_600) + TimeDelta::hours(6), why });
}

#[tokio::test(start_paused = true)]
async fn a_status_that_changed_since_the_plan_is_heeded() {
    let world = World::new();
    let (_, connection) = world.link("anna").await;
    let change = ChangeSet {
        status: Some(ConnectionStatus::NeedsSignIn),
        ..ChangeSet::new(connection, world.clock.now())
    };
    world.store.apply(&change).await.unwrap();
    let pages = world.provider.calls(ScriptedCall::TransactionsPage);
    let report = work_for(&world.worker("one", 1), 2 * HOUR).await;
    assert_eq!(report, WorkerReport::default());
    assert_eq!(world.provider.calls(ScriptedCall::TransactionsPage), pages);
    let schedule = world.schedule("anna", connection).await;
    assert_eq!((schedule.due, schedule.lease), (Due::Paused(PauseReason::SignInAgain), None));
}

#[tokio::test(start_paused = true)]
async fn events_that_are_kept_no_longer_are_dropped_once_a_day() {
    let world = World::new();
    world.link("anna").await;
    let mut engine = World::options();
    engine.frequency = SyncFrequency::Manual;
    engine.event_retention = EventRetention { keep_for: TimeDelta::hours(36), keep_newest: 0 };
    let engine = SyncEngine::new(world.provider.clone(), world.store.clone(), world.clock.clone(), engine);
    let worker = Worker::new(&engine, WorkerOptions::default());
    let first = || async { world.store.events(&user("anna"), 0, 1).await.unwrap().first };
    work_for(&worker, 40 * HOUR).await;
    assert_eq!(first().await, 1);
    work_for(&worker, HOUR).await;
    assert!(first().await > 1);
}
