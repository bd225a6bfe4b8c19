//! Killing the process, and looking at the books afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use fastrand::Rng;
use finance_core::{
    AuditHead, ConnectionId, ConnectionStatus, LinkRequest, ReconciliationId, RowSelection, TransactionId,
    TransactionQuery,
};
use plaid_simulator::{Advance, SimulatorOptions};

use super::child::{ChildTask, FILE_ROWS, engine};
use crate::{Books, Ground, World};

/// How long a process may take to say a word.
const PATIENCE: Duration = Duration::from_secs(60);
/// Rounds between two looks at every row.
const ROUNDS: u32 = 10;
/// Seconds by which the clock goes ahead each round: longer than a lease of the process that was killed.
const AHEAD: i64 = 3;

/// How often processes were killed, by what they were at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KillReport {
    /// Kills by the last thing that the process had told.
    pub kills: BTreeMap<String, u64>,
    /// Rows of the bank in the books at the end, each of them looked at.
    pub rows: u64,
    /// Events at the end.
    pub events: u64,
    /// Entries of the audit trail at the end.
    pub entries: u64,
}

impl KillReport {
    /// Kills in all.
    pub fn total(&self) -> u64 {
        self.kills.values().sum()
    }
}

/// Kills a process that does everything an application does, at random instants. `executable` is the program that
/// [`run_child`](super::run_child) is reached by with the argument `child`.
///
/// # Panics
/// When the books are not sound afterwards.
pub async fn kill_at_random(books: Books, executable: &Path, kills: u32, seed: u64) -> KillReport {
    let mut rng = Rng::with_seed(seed);
    let mut bench = Bench::new(books, executable, 1).await;
    for round in 1..=kills {
        let days = rng.u32(0..3);
        bench.world.control.advance(&Advance { days, seed: rng.u64(..), item: None }).unwrap();
        let mut process = bench.start(&ChildTask::Everyday, rng.u64(..1 << 40), 0);
        let told = process.until("ready");
        std::thread::sleep(Duration::from_micros(rng.u64(0..150_000)));
        bench.killed(process, told).await;
        if round % ROUNDS == 0 || round == kills {
            bench.assert_rows().await;
            bench.assert_truth().await;
        }
    }
    bench.report().await
}

/// Kills a process at every step that it tells of everything that ends by itself, each time with new books, and has another one
/// complete it.
///
/// # Panics
/// When the books are not sound afterwards, or it cannot be completed.
pub async fn kill_at_every_step(books: Books, executable: &Path) -> KillReport {
    let mut report = KillReport::default();
    for task in ChildTask::SINGLE {
        for step in 1.. {
            let connections = if task == ChildTask::Merge { 2 } else { 1 };
            let mut bench = Bench::new(books, executable, connections).await;
            bench.world.control.advance(&Advance { days: 5, seed: 7, item: None }).unwrap();
            let mut process = bench.start(&task, 1, step);
            let told = process.until("standing");
            let ended = told.last().is_some_and(|line| line == "ended");
            if ended {
                assert!(step > 1, "{task:?} told no step");
                break;
            }
            bench.killed(process, told).await;
            let told = bench.start(&task, 1, 0).until("ended");
            assert_eq!(told.last().map(String::as_str), Some("ended"), "{task:?}: {told:?}");
            bench.reopen().await;
            bench.assert_completed(&task).await;
            for (at, times) in bench.kills {
                *report.kills.entry(format!("{}: {at}", task.name())).or_default() += times;
            }
        }
    }
    report
}

/// A process that works on books.
struct Process {
    child: Child,
    lines: Receiver<String>,
}

impl Process {
    /// The lines up to this one, or up to the end of the process.
    fn until(&mut self, line: &str) -> Vec<String> {
        let mut told = Vec::new();
        while let Ok(next) = self.lines.recv_timeout(PATIENCE) {
            let is_it = next == line || next == "ended";
            told.push(next);
            if is_it {
                break;
            }
        }
        told
    }

    /// Kills it, and returns what it had told since.
    fn kill(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.lines.iter().collect()
    }
}

/// Books, a bank, and what is known of both.
struct Bench {
    world: World,
    place: String,
    _ground: Ground,
    executable: PathBuf,
    connections: Vec<(ConnectionId, String)>,
    ahead: i64,
    kills: BTreeMap<String, u64>,
    /// Notes that the books must hold, and one each that they may hold instead.
    notes: BTreeMap<TransactionId, (Option<String>, Option<String>)>,
    /// Texts of typed rows and files, and whether they must be there.
    entered: BTreeMap<String, bool>,
    events: u64,
    head: Option<AuditHead>,
}

impl Bench {
    async fn new(books: Books, executable: &Path, connections: usize) -> Self {
        let (place, ground) = books.place().await;
        let mut options = SimulatorOptions::default();
        options.transactions = 60;
        options.accounts = 3;
        options.mutation_fails_paging = true;
        let store = crate::open(&place).await;
        let world = World::over(store, options, 12).await;
        let mut linked = Vec::new();
        for _ in 0..connections {
            let (request, item) = world.sign_in("user_good", None).await;
            let request = LinkRequest { allow_duplicate: true, ..request };
            linked.push((world.engine.link(&world.user, request).await.unwrap().connection.id, item));
        }
        let mut bench = Self {
            world,
            place,
            _ground: ground,
            executable: executable.to_owned(),
            connections: linked,
            ahead: 0,
            kills: BTreeMap::new(),
            notes: BTreeMap::new(),
            entered: BTreeMap::new(),
            events: 0,
            head: None,
        };
        bench.reopen().await;
        bench
    }

    /// The books as a process finds them that begins after all that happened.
    async fn reopen(&mut self) {
        self.ahead += AHEAD;
        let store = crate::open(&self.place).await;
        self.world.engine = engine(self.world.provider.clone(), store.clone(), self.ahead);
        self.world.store = store;
    }

    fn start(&mut self, task: &ChildTask, seed: u64, stop: u32) -> Process {
        self.ahead += AHEAD;
        let mut child = Command::new(&self.executable)
            .args(["child", &self.place, self.world.url(), &self.ahead.to_string()])
            .args([&seed.to_string(), task.name(), &stop.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Process { child, lines }
    }

    /// Kills the process and looks at events, trail and what the process had said of its work.
    async fn killed(&mut self, process: Process, mut told: Vec<String>) {
        told.extend(process.kill());
        let at = told.iter().rev().find(|line| *line != "standing").map_or("nothing", String::as_str);
        *self.kills.entry(place_of(at)).or_default() += 1;
        for line in &told {
            self.learn(line);
        }
        self.reopen().await;
        self.assert_logs().await;
    }

    fn learn(&mut self, line: &str) {
        let mut words = line.split(' ');
        let (Some(word), Some(first), second) = (words.next(), words.next(), words.next()) else { return };
        let row = || TransactionId::new(first.parse().unwrap());
        match word {
            "noting" => self.notes.entry(row()).or_default().1 = second.map(str::to_owned),
            "noted" => *self.notes.entry(row()).or_default() = (second.map(str::to_owned), None),
            "typing" | "importing" => {
                self.entered.entry(first.to_owned()).or_insert(false);
            }
            "typed" | "imported" => {
                self.entered.insert(first.to_owned(), true);
            }
            _ => {}
        }
    }

    /// Events without a gap or a double, a trail without a fault that goes on from where it was.
    async fn assert_logs(&mut self) {
        let world = &self.world;
        loop {
            let page = world.store.events(&world.user, self.events, 1_000).await.unwrap();
            for event in &page.events {
                self.events += 1;
                assert_eq!(event.number, self.events, "the events have a gap or a double");
            }
            if page.events.is_empty() {
                assert_eq!(page.last, self.events);
                break;
            }
        }
        let report = world.engine.verify_audit(&world.user, self.head).await.unwrap();
        assert_eq!(report.fault, None, "the audit trail");
        self.head = report.head;
    }

    /// Every note, every typed row and every file, as the process had said.
    async fn assert_rows(&mut self) {
        let world = &self.world;
        for (id, (sure, maybe)) in &mut self.notes {
            let note = world.engine.transaction(&world.user, *id).await.unwrap().edits.note;
            assert!(
                note == *sure || (maybe.is_some() && note == *maybe),
                "row {id} says {note:?}, not {sure:?}"
            );
            (*sure, *maybe) = (note, None);
        }
        let manual = world.engine.connections(&world.user).await.unwrap();
        let manual = manual.iter().find(|connection| connection.is_manual()).map(|connection| connection.id);
        let accounts = world.engine.accounts(&world.user).await.unwrap();
        let accounts: Vec<_> =
            accounts.iter().filter(|account| Some(account.connection) == manual).map(|it| it.id).collect();
        let mut found: BTreeMap<String, usize> = BTreeMap::new();
        if !accounts.is_empty() {
            let rows = RowSelection::Any;
            let query = TransactionQuery { accounts, rows, limit: u32::MAX, ..TransactionQuery::default() };
            for row in world.engine.transactions(&world.user, &query).await.unwrap() {
                let text = row.provider.description.split(' ').next().unwrap_or_default().to_owned();
                *found.entry(text).or_default() += 1;
            }
        }
        for (text, sure) in &mut self.entered {
            let whole = if text.starts_with("file-") { FILE_ROWS } else { 1 };
            let count = found.remove(text).unwrap_or_default();
            assert!(count == whole || (count == 0 && !*sure), "{text} stands {count} times, of {whole}");
            *sure = count == whole;
        }
        assert_eq!(found.keys().collect::<BTreeSet<_>>(), BTreeSet::new(), "nobody entered these");
    }

    /// Takes back corrections that a process was killed over before it could: the bank does not have their rows.
    async fn take_corrections_back(&self) {
        let (engine, user) = (&self.world.engine, &self.world.user);
        for row in self.world.ledger().await {
            let Some(of) = row.provider.id.as_str().strip_prefix("correction:") else { continue };
            let (comparison, explanation) = of.split_once('.').unwrap();
            let comparison = ReconciliationId::new(comparison.parse().unwrap());
            engine.undo_resolution(user, comparison, explanation.parse().unwrap(), None).await.unwrap();
        }
    }

    async fn assert_truth(&mut self) {
        self.take_corrections_back().await;
        for (connection, item) in &self.connections {
            self.world.sync_until_whole(*connection).await;
            self.world.assert_true(*connection, item).await;
        }
        self.assert_logs().await;
    }

    /// Whether a task is done, however often it was begun.
    async fn assert_completed(&mut self, task: &ChildTask) {
        let world = &self.world;
        let connections = world.engine.connections(&world.user).await.unwrap();
        match task {
            ChildTask::Forget => {
                assert!(world.engine.records(&world.user).await.unwrap().is_empty());
                return;
            }
            ChildTask::Remove => {
                assert_eq!(connections.last().unwrap().status, ConnectionStatus::Removed);
            }
            ChildTask::Merge => {
                let (ended, _) = self.connections.remove(0);
                let ended = connections.iter().find(|connection| connection.id == ended).unwrap();
                assert_eq!(ended.status, ConnectionStatus::Removed);
                self.assert_truth().await;
            }
            _ => self.assert_truth().await,
        }
        self.entered.values_mut().for_each(|sure| *sure = true);
        self.assert_rows().await;
        self.assert_logs().await;
    }

    async fn report(self) -> KillReport {
        let entries = self.head.map_or(0, |head| head.number);
        let rows = self.world.ledger().await.len() as u64;
        KillReport { kills: self.kills, rows, events: self.events, entries }
    }
}

/// What a process was at, without numbers.
fn place_of(line: &str) -> String {
    let mut words = line.split(' ');
    match words.next() {
        Some("step") => words.nth(1).unwrap_or_default().to_owned(),
        Some(word) => word.to_owned(),
        None => String::new(),
    }
}
