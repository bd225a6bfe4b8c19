//! A fleet of worker processes on one store, with webhooks, requests and syncs by hand at once, and workers that are killed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::{DateTime, Utc};
use fastrand::Rng;
use finance_core::{
    Cancellation, ConnectionId, LinkRequest, RunOutcome, SyncEngine, SyncFrequency, SyncScope, UserId,
    Worker, WorkerOptions,
};
use futures::{StreamExt, stream};
use plaid_simulator::{Advance, SimulatorOptions};
use tokio::net::TcpListener;

use super::child::engine;
use crate::{Books, Ground, World};

/// How large a fleet is, and how long it is kept busy.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_structs, reason = "whoever starts a fleet names all of it")]
pub struct FleetSize {
    /// Worker processes.
    pub workers: usize,
    /// Connections, each of another user.
    pub connections: usize,
    /// Days that pass; each makes every connection due.
    pub days: u32,
}

/// What a fleet did.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FleetReport {
    /// How large it was.
    pub size: FleetSize,
    /// Updates that were applied.
    pub applied: u64,
    /// Attempts that another process overtook.
    pub superseded: u64,
    /// Workers that were killed.
    pub killed: u64,
    /// Rows in the books.
    pub rows: u64,
    /// How many connections that became due later were begun earlier, for the connection that was passed by most. Left out are
    /// syncs by hand, which wait for nobody's turn, and each day as many connections as a worker syncs at once: the killed one
    /// had them, and they wait for its leases. Those due longest are claimed first, which the conformance suite of stores
    /// checks; but a process may be held up between a claim and its beginning for as long as the machine pleases.
    pub overtaken: usize,
    /// The longest that a connection was due before it was begun.
    pub longest_wait: Duration,
    /// The mean of it.
    pub mean_wait: Duration,
    /// How long the whole took.
    pub took: Duration,
}

/// Connections that each worker syncs at once.
const AT_ONCE: usize = 4;

/// How long a fleet may take over one day.
const PATIENCE: Duration = Duration::from_secs(600);

/// Works for all users until it dies: `arguments` are the place, the simulator's address and a name.
///
/// # Panics
/// When the books cannot be opened.
pub async fn run_worker(arguments: &[String]) {
    let [place, url, name] = arguments else { panic!("three arguments") };
    let engine = engine(Arc::new(crate::provider(url)), crate::open(place).await, 0);
    let poll = Duration::from_millis(200);
    let options = WorkerOptions { name: name.clone(), at_once: AT_ONCE, poll, ..WorkerOptions::default() };
    Worker::new(&engine, options).run(Cancellation::new()).await;
}

/// Keeps a fleet busy, kills a worker every now and then, and compares all books with all banks in the end.
///
/// # Panics
/// When an update was lost or applied twice, or a connection is never synced.
pub async fn run_fleet(books: Books, executable: &Path, size: FleetSize, seed: u64) -> FleetReport {
    let begun = Instant::now();
    let mut fleet = Fleet::new(books, executable, size, seed).await;
    for _ in 0..size.days {
        fleet.one_day().await;
    }
    fleet.workers.iter_mut().for_each(|worker| {
        worker.kill().unwrap();
        worker.wait().unwrap();
    });
    fleet.assert_exactly_once().await;
    fleet.report(begun.elapsed()).await
}

struct Member {
    user: UserId,
    connection: ConnectionId,
    item: String,
}

struct Fleet {
    world: World,
    place: String,
    _ground: Ground,
    executable: std::path::PathBuf,
    size: FleetSize,
    rng: Rng,
    members: Vec<Member>,
    workers: Vec<Child>,
    killed: u64,
    /// For each day, when each connection became due.
    due: Vec<BTreeMap<ConnectionId, DateTime<Utc>>>,
    /// For each day, which connections were synced by hand, too.
    by_hand: Vec<BTreeSet<ConnectionId>>,
}

impl Fleet {
    async fn new(books: Books, executable: &Path, size: FleetSize, seed: u64) -> Self {
        let (place, ground) = books.place().await;
        let mut options = SimulatorOptions::default();
        (options.accounts, options.transactions, options.webhook_tries) = (2, 20, 1);
        let mut world = World::over(crate::open(&place).await, options, 50).await;
        world.engine = engine(world.provider.clone(), world.store.clone(), 0);
        let address = receive_webhooks(world.engine.clone()).await;
        let world_ref = &world;
        let members: Vec<Member> = stream::iter(0..size.connections)
            .map(|number| world_ref.join(number, &address))
            .buffered(8)
            .collect()
            .await;
        let mut fleet = Self {
            world,
            place,
            _ground: ground,
            executable: executable.to_owned(),
            size,
            rng: Rng::with_seed(seed),
            members,
            workers: Vec::new(),
            killed: 0,
            due: Vec::new(),
            by_hand: Vec::new(),
        };
        fleet.workers = (0..size.workers).map(|number| fleet.start(number)).collect();
        fleet
    }

    fn start(&self, number: usize) -> Child {
        let mut command = Command::new(&self.executable);
        command.args(["worker", &self.place, self.world.url(), &format!("worker-{number}")]);
        command.stdout(Stdio::null()).spawn().unwrap()
    }

    /// Every bank has news; each connection hears of them in one way or several at once.
    async fn one_day(&mut self) {
        let seed = self.rng.u64(..);
        self.world.control.advance(&Advance { days: 1, seed, item: None }).unwrap();
        let mut due = BTreeMap::new();
        let mut by_hand = Vec::new();
        for member in &self.members {
            due.insert(member.connection, Utc::now());
            let scope = SyncScope::Connection(member.connection);
            self.world.engine.request_sync(&member.user, &scope).await.unwrap();
            if self.rng.u8(..10) == 0 {
                by_hand.push(member);
            }
        }
        self.due.push(due);
        self.by_hand.push(by_hand.iter().map(|member| member.connection).collect());
        let engine = &self.world.engine;
        let by_hand = stream::iter(by_hand).for_each_concurrent(4, |member| async move {
            let scope = SyncScope::Connection(member.connection);
            engine.sync_now(&member.user, &scope).await.unwrap();
        });
        by_hand.await;
        let deadline = Instant::now() + PATIENCE;
        let victim = self.rng.usize(..self.size.workers);
        let mut alive = true;
        loop {
            let late = self.not_synced_since_due().await;
            if alive && late.len() * 2 < self.members.len() {
                // In the middle of it all.
                self.workers[victim].kill().unwrap();
                self.workers[victim].wait().unwrap();
                self.killed += 1;
                self.workers[victim] = self.start(victim);
                alive = false;
            }
            if late.is_empty() {
                break;
            }
            assert!(Instant::now() < deadline, "{late:?} were not synced");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn not_synced_since_due(&self) -> Vec<ConnectionId> {
        let mut late = Vec::new();
        let Some(due) = self.due.last() else { return late };
        for member in &self.members {
            let runs = self.world.store.runs(&member.user, member.connection, 5).await.unwrap();
            let since = due[&member.connection];
            let done =
                |run: &finance_core::SyncRun| run.outcome == RunOutcome::Applied && run.started_at >= since;
            if !runs.iter().any(done) {
                late.push(member.connection);
            }
        }
        late
    }

    /// The books are those of the banks, and every row was added by one update.
    async fn assert_exactly_once(&mut self) {
        for member in &self.members {
            self.world.user = member.user.clone();
            self.world.assert_true(member.connection, &member.item).await;
            let runs = self.world.store.runs(&member.user, member.connection, u32::MAX).await.unwrap();
            let added: u64 = runs.iter().map(|run| run.counts.added).sum();
            let query = finance_core::TransactionQuery {
                rows: finance_core::RowSelection::Any,
                limit: u32::MAX,
                ..finance_core::TransactionQuery::default()
            };
            let rows = self.world.engine.transactions(&member.user, &query).await.unwrap().len() as u64;
            assert_eq!(added, rows, "connection {} was told other rows than it has", member.connection);
        }
    }

    async fn report(&self, took: Duration) -> FleetReport {
        let (mut applied, mut superseded, mut rows) = (0, 0, 0);
        let mut waits = Vec::new();
        let mut begun: Vec<BTreeMap<ConnectionId, DateTime<Utc>>> = vec![BTreeMap::new(); self.due.len()];
        // A connection that is being synced when it becomes due again can be claimed after that.
        let mut claimable = self.due.clone();
        for member in &self.members {
            let runs = self.world.store.runs(&member.user, member.connection, u32::MAX).await.unwrap();
            applied += runs.iter().filter(|run| run.outcome == RunOutcome::Applied).count() as u64;
            superseded += runs.iter().filter(|run| run.outcome == RunOutcome::Superseded).count() as u64;
            rows += runs.iter().map(|run| run.counts.added).sum::<u64>();
            for (day, due) in self.due.iter().enumerate() {
                let since = due[&member.connection];
                let first = runs.iter().map(|run| run.started_at).filter(|at| *at >= since).min().unwrap();
                waits.push((first - since).to_std().unwrap_or_default());
                begun[day].insert(member.connection, first);
                let ends = runs.iter().filter(|run| run.started_at < since).map(|run| run.ended_at);
                claimable[day].insert(member.connection, ends.max().map_or(since, |end| end.max(since)));
            }
        }
        let overtaken = (0..self.due.len()).map(|day| {
            let by_workers = || claimable[day].iter().filter(|(id, _)| !self.by_hand[day].contains(*id));
            let passed = |id: &ConnectionId, since: &DateTime<Utc>| {
                by_workers().filter(|(other, at)| *at > since && begun[day][*other] < begun[day][id]).count()
            };
            let mut passed: Vec<usize> = by_workers().map(|(id, since)| passed(id, since)).collect();
            passed.sort_unstable_by(|a, b| b.cmp(a));
            passed.get(AT_ONCE).copied().unwrap_or_default()
        });
        let overtaken = overtaken.max().unwrap_or_default();
        let mean = waits.iter().sum::<Duration>() / u32::try_from(waits.len().max(1)).unwrap_or(1);
        FleetReport {
            size: self.size,
            applied,
            superseded,
            killed: self.killed,
            rows,
            overtaken,
            longest_wait: waits.into_iter().max().unwrap_or_default(),
            mean_wait: mean,
            took,
        }
    }
}

impl World {
    /// Links a bank for another user, whose webhooks go to this address.
    async fn join(&self, number: usize, address: &str) -> Member {
        let user = UserId::new(format!("user-{number}")).unwrap();
        let (request, item) = self.sign_in_as(&user, &format!("login-{number}"), None).await;
        let request = LinkRequest { allow_duplicate: true, ..request };
        let connection = self.engine.link(&user, request).await.unwrap().connection.id;
        let token = self.store.access_token(&user, connection).await.unwrap();
        self.provider.client().item_webhook_update(&token, Some(address)).await.unwrap();
        self.engine.set_sync_frequency(&user, connection, SyncFrequency::Daily).await.unwrap();
        Member { user, connection, item }
    }
}

/// Takes webhooks in for an engine, and returns the address.
async fn receive_webhooks(engine: SyncEngine) -> String {
    async fn receive(State(engine): State<SyncEngine>, headers: HeaderMap, body: Bytes) -> StatusCode {
        let text = |value: &axum::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        match engine.handle_webhook(headers, body.to_vec()).await {
            Ok(_) => StatusCode::OK,
            Err(_) => StatusCode::BAD_REQUEST,
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/webhooks", listener.local_addr().unwrap());
    let router = Router::new().route("/webhooks", post(receive)).with_state(engine);
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}
