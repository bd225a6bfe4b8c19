//! Scenarios as data: a world, a script, the ledger that must result. Each file of `tests/scenarios` runs through the real client
//! and the simulator, over each store, in each order in which a posting can be told. Each topic has a file with its own steps.

mod books;
mod categories;
mod edits;
mod ends;
mod entry;
mod events;
mod play;
mod reconcile;
mod schedules;
mod status;
mod webhooks;

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use end_to_end::Books;
use plaid_simulator::{Change, FaultRule, NewAccount, PostingOrder, Readiness};
use serde::Deserialize;

use play::Play;

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
    /// Reads the books.
    Books(books::BooksStep),
    /// Categorises.
    Categories(categories::CategoriesStep),
    /// Listens.
    Events(events::EventStep),
    /// Links a user; every scenario has this once.
    Link(Counts),
    /// Syncs the connection.
    Sync(Counts),
    /// Types in and imports.
    Entry(entry::EntryStep),
    /// Changes rows, and reads what became of them.
    Edits(edits::EditStep),
    /// Links twice, merges, removes, forgets, exports.
    Ends(ends::EndStep),
    /// Compares with the bank.
    Reconcile(reconcile::ReconcileStep),
    /// Syncs by schedule, on request, in part, or up to where it is stopped.
    Schedules(schedules::ScheduleStep),
    /// Hands webhooks over.
    Webhooks(webhooks::WebhookStep),
    /// Asks how everything stands, and refreshes balances.
    Status(status::StatusStep),
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
    matched: u64,
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
