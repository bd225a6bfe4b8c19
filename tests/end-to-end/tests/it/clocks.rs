//! A clock that jumps by days and years, forward and back, between syncs and in the middle of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use end_to_end::{Books, World};
use finance_core::{
    Cancellation, Clock, ConnectionId, EventRetention, RowSelection, SyncErrorKind, SyncProgress, SyncScope,
    TransactionQuery, WebhookHandling, Worker, WorkerOptions,
};
use plaid_simulator::{Advance, Delivery, FireWebhook, SimulatorOptions};

const DAY: i64 = 24 * 3_600;
const YEAR: i64 = 365 * DAY;
/// Seconds that the clock is ahead of the true one.
const JUMPS: [i64; 8] = [YEAR, 0, -3 * DAY, 400 * DAY, -2 * DAY, 7 * 3_600, -3_600, 0];

#[derive(Debug, Default)]
struct JumpingClock {
    ahead: AtomicI64,
    jumps: AtomicUsize,
}

impl JumpingClock {
    fn set(&self, seconds: i64) {
        self.ahead.store(seconds, Ordering::SeqCst);
    }

    fn jump(&self) {
        let number = self.jumps.fetch_add(1, Ordering::SeqCst);
        self.set(JUMPS[number % JUMPS.len()]);
    }
}

impl Clock for JumpingClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::seconds(self.ahead.load(Ordering::SeqCst))
    }
}

struct Jumping {
    world: World,
    clock: Arc<JumpingClock>,
    connection: ConnectionId,
    item: String,
}

impl Jumping {
    async fn new(books: Books) -> Self {
        let mut options = SimulatorOptions::default();
        (options.accounts, options.transactions, options.webhook_tries) = (2, 30, 1);
        let mut world = World::new(books, options, 10).await;
        let clock = Arc::new(JumpingClock::default());
        world.engine = world.engine_by(clock.clone(), 10);
        let (linked, item) = world.link("user_good").await;
        let connection = linked.connection.id;
        world.sync_until_whole(connection).await;
        Self { world, clock, connection, item }
    }

    fn a_day_passes_at_the_bank(&self, seed: u64) {
        self.world.control.advance(&Advance { days: 1, seed, item: None }).unwrap();
    }

    async fn assert_true(&self) {
        self.world.assert_true(self.connection, &self.item).await;
    }

    /// Syncs, and compares the books with the bank.
    async fn assert_goes_on(&self, seed: u64) {
        self.a_day_passes_at_the_bank(seed);
        self.world.sync_until_whole(self.connection).await;
        self.assert_true().await;
    }

    async fn is_true(&self) -> bool {
        let query = TransactionQuery {
            rows: RowSelection::WithHidden,
            limit: u32::MAX,
            ..TransactionQuery::default()
        };
        let rows = self.world.engine.transactions(&self.world.user, &query).await.unwrap();
        let truth = self.world.truth(&self.item);
        rows.len() == truth.len()
            && rows.iter().all(|row| {
                let entry = truth.get(row.provider.id.as_str());
                entry.is_some_and(|entry| {
                    entry.amount == row.provider.amount.amount() && entry.pending == row.provider.pending
                })
            })
    }
}

async fn at_every_step_of_a_sync(books: Books) {
    let mut jumping = Jumping::new(books).await;
    let clock = jumping.clock.clone();
    let at_every_step = move |_: SyncProgress| clock.jump();
    jumping.world.engine = jumping.world.engine.with_progress(Arc::new(at_every_step));
    for round in 0..12 {
        jumping.clock.jump();
        jumping.assert_goes_on(round).await;
    }
    assert!(jumping.clock.jumps.load(Ordering::SeqCst) > 3 * 12, "it jumped in the middle, too");
    // Events are numbered as ever.
    let events = jumping.world.store.events(&jumping.world.user, 0, u32::MAX).await.unwrap();
    let numbers: Vec<u64> = events.events.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=events.last).collect::<Vec<_>>());
}

/// Somebody whose clock was wrong took the lease and is gone.
async fn leases_of_a_clock_that_was_wrong_hold_nobody_up(books: Books) {
    let jumping = Jumping::new(books).await;
    let take = async |ahead: i64| {
        jumping.clock.set(ahead);
        let now = jumping.clock.now();
        let until = now + TimeDelta::seconds(60);
        let (user, connection) = (&jumping.world.user, jumping.connection);
        jumping.world.store.take_lease(user, connection, "gone", now, until).await.unwrap();
        jumping.clock.set(0);
    };
    for (round, ahead) in [YEAR, 2 * DAY, -3 * DAY, -YEAR].into_iter().enumerate() {
        take(ahead).await;
        jumping.assert_goes_on(round as u64).await;
    }
    // By less than a day nobody can tell a wrong clock from a long lease: it holds to its end, and no longer.
    take(7 * 3_600).await;
    jumping.a_day_passes_at_the_bank(9);
    let scope = SyncScope::Connection(jumping.connection);
    let held = jumping.world.store.schedule(&jumping.world.user, jumping.connection).await.unwrap();
    assert!(held.running(jumping.clock.now()).is_some());
    jumping.clock.set(7 * 3_600 + 61);
    assert!(held.running(jumping.clock.now()).is_none());
    jumping.world.engine.sync_now(&jumping.world.user, &scope).await.unwrap();
    jumping.assert_true().await;
}

async fn a_worker_goes_on(books: Books) {
    let jumping = Jumping::new(books).await;
    let (world, clock) = (&jumping.world, &jumping.clock);
    let poll = Duration::from_millis(50);
    let worker = Worker::new(&world.engine, WorkerOptions { poll, ..WorkerOptions::default() });
    let stop = Cancellation::new();
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    let scope = SyncScope::Connection(jumping.connection);
    for round in 0..4 {
        for ahead in JUMPS {
            jumping.a_day_passes_at_the_bank(round);
            clock.set(ahead);
            world.engine.request_sync(&world.user, &scope).await.unwrap();
            tokio::task::yield_now().await;
        }
        // The clock is right again, and what is asked for now is done.
        jumping.a_day_passes_at_the_bank(round);
        world.engine.request_sync(&world.user, &scope).await.unwrap();
        let mut waits = 0;
        let mut last = 0;
        while !jumping.is_true().await {
            let schedule = world.store.schedule(&world.user, jumping.connection).await.unwrap();
            assert!(waits < 40, "the connection is stuck: {schedule:?}");
            let events = world.store.events(&world.user, last, u32::MAX).await.unwrap();
            (waits, last) = (waits + 1, events.last);
            world.store.wait_for_event(&world.user, last, Duration::from_secs(10)).await.unwrap();
        }
        jumping.assert_true().await;
    }
    stop.cancel();
    working.await.unwrap();
}

async fn webhooks_and_events(books: Books) {
    let jumping = Jumping::new(books).await;
    let (user, connection) = (jumping.world.user.clone(), jumping.connection);
    let token = jumping.world.store.access_token(&user, connection).await.unwrap();
    // Nobody listens there; the simulator keeps what it sent.
    let address = Some("http://127.0.0.1:9/webhooks");
    jumping.world.provider.client().item_webhook_update(&token, address).await.unwrap();
    let fire = async || {
        let fire = FireWebhook {
            webhook_type: "TRANSACTIONS".to_owned(),
            webhook_code: "SYNC_UPDATES_AVAILABLE".to_owned(),
            extra: serde_json::Map::new(),
        };
        jumping.world.control.fire_webhook(&jumping.item, fire).unwrap();
        jumping.world.control.webhooks_settled().await;
        let Delivery { body, verification, .. } = jumping.world.control.deliveries().pop().unwrap();
        let headers = vec![("Plaid-Verification".to_owned(), verification)];
        jumping.world.engine.handle_webhook(headers, serde_json::to_vec_pretty(&body).unwrap()).await
    };
    for ahead in [YEAR, 3 * DAY, 6 * 60, 0] {
        jumping.clock.set(ahead);
        let handled = fire().await;
        if ahead == 0 {
            assert_eq!(handled.unwrap().handling, WebhookHandling::Done);
        } else {
            // Too old by this clock. Polling is what remains.
            let error = handled.unwrap_err();
            assert!(matches!(error.kind(), SyncErrorKind::Webhook(_)), "{ahead}: {error:?}");
        }
    }

    // A clock that is a year ahead lets old events go too early, and those that are newest stay with their numbers.
    let status = jumping.world.engine.connection_status(&user).await.unwrap();
    let last = jumping.world.engine.last_event(&user).await.unwrap();
    assert!(EventRetention::default().keep_newest >= last);
    jumping.clock.set(YEAR);
    assert_eq!(jumping.world.engine.prune_events().await.unwrap(), 0);
    jumping.clock.set(0);
    let after = jumping.world.engine.connection_status(&user).await.unwrap();
    assert_eq!(after.connections, status.connections);
    jumping.assert_goes_on(77).await;
    let events = jumping.world.store.events(&user, last, u32::MAX).await.unwrap();
    assert_eq!(events.events.first().map(|event| event.number), Some(last + 1));
}

macro_rules! on_each_store {
    ($($test:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(end_to_end::Books::InSqlite).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test(end_to_end::Books::InPostgres).await;
                }
            )*
        }
    };
}

on_each_store! {
    at_every_step_of_a_sync
    leases_of_a_clock_that_was_wrong_hold_nobody_up
    a_worker_goes_on
    webhooks_and_events
}
