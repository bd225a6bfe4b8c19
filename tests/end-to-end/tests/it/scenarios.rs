//! Scenarios as data: a world, a script, the ledger that must result. Each file of `tests/scenarios` runs through the real client
//! and the simulator, over each store, in each order in which a posting can be told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use end_to_end::{Books, World};
use finance_core::{Linked, SyncErrorKind, TransactionEdit, TransactionId, parse_amount};
use plaid_simulator::{
    Change, FaultRule, ModifyTransaction, NewAccount, NewTransaction, PostPending, PostingOrder, Readiness,
    ReadinessPlan, SimulatorOptions,
};
use serde::Deserialize;

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// What it shows.
    about: String,
    /// Rows a page at the most.
    #[serde(default = "two")]
    page_size: u16,
    /// Whether the bank has data when the user links.
    #[serde(default = "yes")]
    ready: bool,
    accounts: Vec<NewAccount>,
    transactions: Vec<Row>,
    steps: Vec<Step>,
    /// The live rows that must result.
    ledger: Vec<Expected>,
}

fn two() -> u16 {
    2
}

fn yes() -> bool {
    true
}

/// A row of the bank, in Plaid's sign, under a name of the scenario's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    row: String,
    account: String,
    amount: String,
    name: String,
    date: NaiveDate,
    #[serde(default)]
    pending: bool,
    /// The row it says it replaces.
    #[serde(default)]
    replaces: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Step {
    /// Links a user; every scenario has this once.
    Link(Counts),
    /// Syncs the connection.
    Sync(Counts),
    Add(Row),
    Post {
        row: String,
        becomes: String,
        #[serde(default = "yes")]
        link: bool,
        #[serde(default)]
        amount: Option<String>,
        #[serde(default)]
        name: Option<String>,
    },
    Modify {
        row: String,
        #[serde(default)]
        amount: Option<String>,
        #[serde(default)]
        name: Option<String>,
        #[serde(default)]
        date: Option<NaiveDate>,
    },
    Remove {
        row: String,
    },
    /// Any other change of the bank's, as the simulator takes it.
    Bank(Change),
    Ready(Readiness),
    Fault(FaultRule),
    ClearFaults,
    Edit {
        row: String,
        #[serde(default)]
        note: Option<String>,
        #[serde(default)]
        category: Option<String>,
        #[serde(default)]
        deleted: Option<bool>,
    },
}

/// What a sync must report; what is absent is zero.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Counts {
    added: u64,
    modified: u64,
    posted: u64,
    removed: u64,
    unchanged: u64,
    kept_deleted: u64,
    restarts: u32,
    /// The outcome; `applied` unless given.
    outcome: Option<String>,
    /// What the failure asks for.
    error: Option<String>,
}

/// A live row of the books, in our sign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The scenario's name of the row as the bank has it now.
    row: String,
    /// The scenario's name of the row whose identifier in the books it must have kept.
    #[serde(default)]
    kept_from: Option<String>,
    account: String,
    amount: String,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    category: Option<String>,
}

/// A scenario on its way.
struct Play<'a> {
    scenario: &'a Scenario,
    world: World,
    item: String,
    linked: Option<Linked>,
    /// The simulator's ids of rows, by the scenario's names.
    ids: BTreeMap<String, String>,
    /// The identifiers that rows got in the books when they first stood there.
    first_seen: BTreeMap<String, TransactionId>,
}

impl<'a> Play<'a> {
    async fn begin(scenario: &'a Scenario, books: Books, posting: PostingOrder, split: bool) -> Play<'a> {
        let mut options = SimulatorOptions::default();
        options.accounts = 0;
        options.transactions = 0;
        options.today = NaiveDate::from_ymd_opt(2026, 3, 31);
        options.posting = posting;
        options.split_postings = split;
        options.readiness = ReadinessPlan::ByCommand;
        let world = World::new(books, options, scenario.page_size).await;
        Play {
            scenario,
            world,
            item: String::new(),
            linked: None,
            ids: BTreeMap::new(),
            first_seen: BTreeMap::new(),
        }
    }

    async fn run(mut self) {
        for step in &self.scenario.steps {
            self.step(step.clone()).await;
        }
        self.check_ledger().await;
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Link(counts) => self.link(&counts).await,
            Step::Sync(counts) => self.sync(&counts).await,
            Step::Add(row) => self.add(&row),
            Step::Post { row, becomes, link, amount, name } => {
                let amount = amount.map(|amount| parse_amount(&amount).unwrap());
                let post = PostPending { link, amount, name, ..PostPending::of(&self.ids[&row]) };
                let id = self.change(Change::PostPending(post));
                self.ids.insert(becomes, id.unwrap());
            }
            Step::Modify { row, amount, name, date } => {
                let amount = amount.map(|amount| parse_amount(&amount).unwrap());
                let transaction_id = self.ids[&row].clone();
                let modify =
                    ModifyTransaction { transaction_id, amount, name, date, ..ModifyTransaction::default() };
                self.change(Change::ModifyTransaction(modify));
            }
            Step::Remove { row } => {
                let transaction_id = self.ids[&row].clone();
                self.change(Change::RemoveTransaction { transaction_id, keep_balance: false });
            }
            Step::Bank(change) => {
                self.change(change);
            }
            Step::Ready(readiness) => {
                self.change(Change::SetReadiness { readiness });
            }
            Step::Fault(rule) => self.world.control.add_fault(rule),
            Step::ClearFaults => self.world.control.clear_faults(),
            Step::Edit { row, note, category, deleted } => {
                let edit = TransactionEdit {
                    note: note.map(Some),
                    category: category.map(Some),
                    deleted,
                    ..TransactionEdit::default()
                };
                let id = self.first_seen[&row];
                self.world.engine.edit_transaction(&self.world.user, id, &edit).await.unwrap();
            }
        }
    }

    fn change(&self, change: Change) -> Option<String> {
        self.world.control.change(&self.item, vec![change]).unwrap().remove(0).transaction_id
    }

    fn add(&mut self, row: &Row) {
        let added = NewTransaction {
            account: row.account.clone(),
            amount: parse_amount(&row.amount).unwrap(),
            name: row.name.clone(),
            date: Some(row.date),
            pending: row.pending,
            pending_transaction_id: row.replaces.as_ref().map(|replaced| self.ids[replaced].clone()),
            ..NewTransaction::default()
        };
        let id = self.change(Change::AddTransaction(added)).unwrap();
        self.ids.insert(row.row.clone(), id);
    }

    async fn link(&mut self, counts: &Counts) {
        let (request, item) = self.world.sign_in("user_good", None).await;
        self.item = item;
        for account in &self.scenario.accounts {
            self.change(Change::OpenAccount(account.clone()));
        }
        for row in &self.scenario.transactions {
            self.add(row);
        }
        if self.scenario.ready {
            self.change(Change::SetReadiness { readiness: Readiness::HistoricalUpdateComplete });
        }
        let mut linked = self.world.engine.link(&self.world.user, request).await.unwrap();
        let first = linked.first_sync.error.take();
        self.check_sync(linked.first_sync.run.as_ref().unwrap(), first.as_ref(), counts);
        self.linked = Some(linked);
        self.see_rows().await;
    }

    async fn sync(&mut self, counts: &Counts) {
        let connection = self.linked.as_ref().unwrap().connection.id;
        let sync = self.world.sync(connection).await;
        self.check_sync(sync.run.as_ref().unwrap(), sync.error.as_ref(), counts);
        self.see_rows().await;
    }

    fn check_sync(
        &self,
        run: &finance_core::SyncRun,
        error: Option<&finance_core::SyncError>,
        expected: &Counts,
    ) {
        let kind = error.map(|error| match error.kind() {
            SyncErrorKind::Provider(kind) => kind.name().to_owned(),
            other => format!("{other:?}"),
        });
        assert_eq!(kind, expected.error, "{error:?}");
        assert_eq!(run.outcome.name(), expected.outcome.as_deref().unwrap_or("applied"));
        let counts = run.counts;
        assert_eq!(
            [counts.added, counts.modified, counts.posted, counts.removed, counts.kept_deleted],
            [expected.added, expected.modified, expected.posted, expected.removed, expected.kept_deleted],
            "added, modified, posted, removed, kept deleted: {counts:?}"
        );
        assert_eq!(counts.unchanged, expected.unchanged, "rows that did not change");
        assert_eq!(run.restarts, expected.restarts, "restarts");
    }

    async fn see_rows(&mut self) {
        for row in self.world.ledger().await {
            let named = self.ids.iter().find(|(_, id)| **id == row.provider.id.as_str());
            let (name, _) = named.unwrap_or_else(|| panic!("the bank has no row {}", row.provider.id));
            self.first_seen.entry(name.clone()).or_insert(row.id);
        }
    }

    async fn check_ledger(&self) {
        let accounts = self.world.engine.accounts(&self.world.user).await.unwrap();
        let mut books: Vec<Expected> = Vec::new();
        for row in self.world.ledger().await {
            let (name, _) = self.ids.iter().find(|(_, id)| **id == row.provider.id.as_str()).unwrap();
            let account = accounts.iter().find(|account| account.id == row.account).unwrap();
            let expected = self.scenario.ledger.iter().find(|expected| expected.row == *name);
            let kept_from = expected.and_then(|expected| expected.kept_from.clone());
            if let Some(earlier) = &kept_from {
                assert_eq!(row.id, self.first_seen[earlier], "{name} must be the row that was {earlier}");
            }
            books.push(Expected {
                row: name.clone(),
                kept_from,
                account: account.provider.name.clone(),
                amount: row.provider.amount.amount().to_string(),
                note: row.edits.note.clone(),
                category: row.edits.category.clone(),
            });
        }
        let mut expected = self.scenario.ledger.clone();
        expected.sort();
        books.sort();
        assert_eq!(books, expected);
    }
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect();
    files.sort();
    files
}

#[tokio::test]
async fn every_scenario_over_each_store_in_each_order() {
    let files = files();
    assert!(files.len() >= 20, "{} scenarios are fewer than there were", files.len());
    let mut failures = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        for books in Books::ALL {
            for posting in [PostingOrder::RemovedFirst, PostingOrder::AddedFirst] {
                for split in [false, true] {
                    let scenario: Scenario =
                        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
                    let about = scenario.about.clone();
                    let play = async move { Play::begin(&scenario, books, posting, split).await.run().await };
                    if tokio::spawn(play).await.is_err() {
                        failures.push(format!("{file} over {books:?}, {posting:?}, split: {split}: {about}"));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "failed:\n{}", failures.join("\n"));
}
