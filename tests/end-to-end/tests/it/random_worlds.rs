//! Random worlds, random faults, random hands: in the end the books hold the simulator's own truth.

use std::collections::BTreeMap;

use end_to_end::{Books, World};
use finance_core::{TransactionEdit, TransactionId};
use plaid_simulator::{Advance, Fault, FaultRule, PostingOrder, SimulatorOptions};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const SYNC: &str = "/transactions/sync";

#[derive(Debug, Clone)]
enum Step {
    DaysPass { days: u32, seed: u64 },
    Fault { page: u32, fault: usize },
    Sync,
    TwoEnginesSync,
    Replay,
    Note { row: usize },
}

#[derive(Debug, Clone)]
struct Story {
    seed: u64,
    transactions: u32,
    page_size: u16,
    added_first: bool,
    split: bool,
    steps: Vec<Step>,
}

fn plaid_error(code: &str) -> Fault {
    Fault::Error { code: code.to_owned(), error_type: None, status: None, message: None, retry_after: None }
}

fn fault(number: usize) -> Fault {
    let faults = [
        plaid_error("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"),
        plaid_error("TRANSACTIONS_SYNC_LIMIT"),
        plaid_error("INTERNAL_SERVER_ERROR"),
        plaid_error("INSTITUTION_DOWN"),
        plaid_error("INVALID_FIELD"),
        Fault::CutBody { after: None },
        Fault::CutAfterWork,
        Fault::TruncatedJson,
        Fault::NullArrays,
        Fault::UnknownValues,
        Fault::DuplicatePage,
        Fault::UnchangedCursor,
        Fault::Gateway { status: 503, retry_after: None },
    ];
    faults[number % faults.len()].clone()
}

fn any_story() -> impl Strategy<Value = Story> {
    let step = prop_oneof![
        3 => (1..6_u32, any::<u64>()).prop_map(|(days, seed)| Step::DaysPass { days, seed }),
        2 => (0..4_u32, 0..13_usize).prop_map(|(page, fault)| Step::Fault { page, fault }),
        3 => Just(Step::Sync),
        1 => Just(Step::TwoEnginesSync),
        1 => Just(Step::Replay),
        1 => (0..200_usize).prop_map(|row| Step::Note { row }),
    ];
    (any::<u64>(), 0..90_u32, 1..40_u16, any::<bool>(), any::<bool>(), proptest::collection::vec(step, 1..14))
        .prop_map(|(seed, transactions, page_size, added_first, split, steps)| Story {
            seed,
            transactions,
            page_size,
            added_first,
            split,
            steps,
        })
}

async fn live(books: Books, story: Story) {
    let mut options = SimulatorOptions::default();
    options.seed = story.seed;
    options.transactions = story.transactions;
    options.accounts = 3;
    options.currencies = vec!["USD".into(), "BTC".into(), "JPY".into()];
    options.posting = if story.added_first { PostingOrder::AddedFirst } else { PostingOrder::RemovedFirst };
    options.split_postings = story.split;
    options.mutation_fails_paging = true;
    let world = World::new(books, options, story.page_size).await;
    let (linked, item) = world.link("user_good").await;
    let connection = linked.connection.id;
    let second = world.second_engine(story.page_size);
    let mut notes: BTreeMap<TransactionId, String> = BTreeMap::new();
    for step in story.steps {
        match step {
            Step::DaysPass { days, seed } => {
                world.control.advance(&Advance { days, seed, item: None }).unwrap();
            }
            Step::Fault { page, fault: number } => {
                world.control.add_fault(FaultRule::once(SYNC, fault(number)).on_page(page));
            }
            Step::Sync => {
                world.sync(connection).await;
            }
            Step::TwoEnginesSync => {
                let request = finance_core::SyncRequest::new(finance_core::SyncScope::All);
                let (one, two) = tokio::join!(
                    world.engine.sync_transactions(&world.user, &request),
                    second.sync_transactions(&world.user, &request)
                );
                one.unwrap();
                two.unwrap();
            }
            Step::Replay => {
                world.control.clear_faults();
                world.control.add_fault(FaultRule::once(SYNC, plaid_error("INVALID_FIELD")).on_page(0));
                world.sync(connection).await;
            }
            Step::Note { row } => {
                let rows = world.ledger().await;
                if let Some(row) = rows.get(row % rows.len().max(1)) {
                    let note = format!("note on {}", row.id);
                    let edit =
                        TransactionEdit { note: Some(Some(note.clone())), ..TransactionEdit::default() };
                    world.engine.edit_transaction(&world.user, row.id, &edit).await.unwrap();
                    notes.insert(row.id, note);
                }
            }
        }
    }
    world.control.clear_faults();
    world.sync_until_whole(connection).await;
    world.assert_true(connection, &item).await;
    for row in world.ledger().await {
        assert_eq!(row.edits.note.as_ref(), notes.get(&row.id), "the note on row {}", row.id);
    }
    // A second sync finds nothing new.
    let again = world.sync_until_whole(connection).await.run.unwrap().counts;
    assert_eq!((again.added, again.removed, again.posted), (0, 0, 0));
}

fn stories_end_in_truth(books: Books, cases: u32) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 60, ..Config::default() };
    TestRunner::new(config)
        .run(&any_story(), |story| {
            // A panic in the story is the failure of the case.
            let told = runtime.block_on(async { tokio::spawn(live(books, story)).await });
            told.map_err(|error| TestCaseError::fail(error.to_string()))
        })
        .unwrap();
}

#[test]
fn any_story_ends_in_truth_in_memory() {
    stories_end_in_truth(Books::InMemory, 60);
}

#[test]
fn any_story_ends_in_truth_in_sqlite() {
    stories_end_in_truth(Books::InSqlite, 40);
}

#[test]
fn any_story_ends_in_truth_in_postgres() {
    stories_end_in_truth(Books::InPostgres, 15);
}
