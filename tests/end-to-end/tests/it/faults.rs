//! Every fault of the simulator at every request of a sync: the books stay as they were or come out whole.

use end_to_end::{Books, World};
use finance_core::{ProviderErrorKind, RunOutcome, SyncErrorKind};
use plaid_simulator::{Advance, Fault, FaultRule, SimulatorOptions, error_codes};

const SYNC: &str = "/transactions/sync";
const PAGES: u32 = 4;

fn options() -> SimulatorOptions {
    let mut options = SimulatorOptions::default();
    options.transactions = 40;
    options.accounts = 3;
    options
}

fn plaid_error(code: &str) -> Fault {
    Fault::Error { code: code.to_owned(), error_type: None, status: None, message: None, retry_after: None }
}

/// A code that no table lists is classed by its type, and a type that no table lists by the status.
fn of_type(code: &str, error_type: &str, status: u16) -> Fault {
    Fault::Error {
        code: code.to_owned(),
        error_type: Some(error_type.to_owned()),
        status: Some(status),
        message: None,
        retry_after: None,
    }
}

/// What the engine must make of a fault that strikes a page once.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Meaning {
    /// The client repeats the call and the update goes through.
    Repeated,
    /// The engine begins the update again and it goes through.
    BegunAgain,
    /// The update fails and nothing of it is in the books.
    Fails(ProviderErrorKind),
    /// It does no harm.
    Harmless,
}

fn faults() -> Vec<(Fault, Meaning)> {
    use Meaning::{BegunAgain, Fails, Harmless, Repeated};
    use ProviderErrorKind as K;
    let gateway = |status| Fault::Gateway { status, retry_after: None };
    vec![
        (plaid_error("TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"), BegunAgain),
        (plaid_error("TRANSACTIONS_SYNC_LIMIT"), Repeated),
        (plaid_error("INTERNAL_SERVER_ERROR"), Repeated),
        (plaid_error("ITEM_LOGIN_REQUIRED"), Fails(K::SignInAgain)),
        (plaid_error("INVALID_ACCESS_TOKEN"), Fails(K::Configuration)),
        (plaid_error("CREDITS_EXHAUSTED"), Fails(K::QuotaUsedUp)),
        (plaid_error("SOMETHING_NEW_OF_2030"), Fails(K::SignInAgain)),
        (of_type("SOMETHING_NEW_OF_2030", "NEWER_ERROR", 400), Fails(K::InvalidRequest)),
        (of_type("SOMETHING_NEW_OF_2030", "NEWER_ERROR", 500), Repeated),
        (gateway(502), Repeated),
        (Fault::CutBeforeAnswer, Repeated),
        (Fault::CutAfterWork, Repeated),
        (Fault::CutBody { after: None }, Repeated),
        (Fault::Delay { milliseconds: 20 }, Harmless),
        (Fault::Drip { bytes: 2_000, milliseconds: 1 }, Harmless),
        (Fault::Oversized { bytes: 9 << 20 }, Fails(K::InvalidAnswer)),
        (Fault::TruncatedJson, Fails(K::InvalidAnswer)),
        (Fault::WrongJson, Fails(K::InvalidAnswer)),
        (Fault::NullArrays, Harmless),
        (Fault::UnknownValues, Harmless),
        (Fault::DuplicatePage, Harmless),
        (Fault::UnchangedCursor, Fails(K::InvalidAnswer)),
        (Fault::EmptyCursor, Fails(K::InvalidAnswer)),
    ]
}

#[tokio::test]
async fn a_fault_at_any_page_of_a_first_sync_loses_and_doubles_nothing() {
    for (fault, meaning) in faults() {
        for page in 0..PAGES {
            let world = World::new(Books::InMemory, options(), 10).await;
            let (request, item) = world.sign_in("user_good", None).await;
            world.control.add_fault(FaultRule::once(SYNC, fault.clone()).on_page(page));
            let linked = world.engine.link(&world.user, request).await.unwrap();
            let (connection, sync) = (linked.connection.id, linked.first_sync);
            let what = format!("{fault:?} on page {page}");
            let run = sync.run.unwrap();
            assert!(world.control.faults().is_empty(), "{what} never struck");
            match meaning {
                Meaning::Fails(kind) => {
                    let error = sync.error.unwrap_or_else(|| panic!("{what} did not fail"));
                    assert_eq!(*error.kind(), SyncErrorKind::Provider(kind), "{what}: {error}");
                    assert_eq!(run.outcome, RunOutcome::Failed);
                    assert!(world.ledger().await.is_empty(), "{what} left rows behind");
                    assert!(!error.user_message().is_empty());
                }
                _ => {
                    assert!(sync.error.is_none(), "{what}: {:?}", sync.error);
                    assert_eq!(run.counts.added, 40, "{what}");
                    assert_eq!(run.retries > 0, meaning == Meaning::Repeated, "{what}");
                    assert_eq!(run.restarts > 0, meaning == Meaning::BegunAgain, "{what}");
                    world.assert_true(connection, &item).await;
                }
            }
            if linked.connection.status.is_alive() {
                world.sync_until_whole(connection).await;
                world.assert_true(connection, &item).await;
            }
        }
    }
}

#[tokio::test]
async fn a_fault_in_a_later_sync_leaves_the_books_as_they_were() {
    for books in Books::ALL {
        for (fault, meaning) in faults() {
            let world = World::new(books, options(), 4).await;
            let (linked, item) = world.link("user_good").await;
            let connection = linked.connection.id;
            world.control.advance(&Advance { days: 6, seed: 3, item: None }).unwrap();
            let before =
                (world.ledger().await, world.engine.connections(&world.user).await.unwrap().remove(0).cursor);
            world.control.add_fault(FaultRule::once(SYNC, fault.clone()).on_page(1));
            let sync = world.sync(connection).await;
            assert!(world.control.faults().is_empty(), "{fault:?} never struck");
            if let Meaning::Fails(kind) = meaning {
                assert_eq!(*sync.error.unwrap().kind(), SyncErrorKind::Provider(kind), "{fault:?}");
                let after = (
                    world.ledger().await,
                    world.engine.connections(&world.user).await.unwrap().remove(0).cursor,
                );
                assert_eq!(after, before, "{fault:?} over {books:?}");
                world.sync_until_whole(connection).await;
            }
            world.assert_true(connection, &item).await;
        }
    }
}

/// Every error code of Plaid's, sent to the real client: it has a class, a sentence for the user, and leaves nothing behind.
#[tokio::test]
async fn every_error_code_asks_for_something_and_leaves_nothing() {
    let mut world = World::new(Books::InMemory, options(), 500).await;
    let (mut linked, mut item) = world.link("user_good").await;
    let mut before = world.ledger().await;
    for code in error_codes() {
        world.control.add_fault(FaultRule::always(SYNC, plaid_error(code)));
        let sync = world.sync(linked.connection.id).await;
        world.control.clear_faults();
        let run = sync.run;
        if let Some(run) = run {
            let error = sync.error.unwrap_or_else(|| panic!("{code} passed"));
            let fault = run.fault.unwrap_or_else(|| panic!("{code} was not recorded: {error}"));
            assert_eq!(fault.code.as_deref(), Some(code));
            assert!(fault.user_message.ends_with('.'), "{code}: {}", fault.user_message);
            assert!(!fault.user_message.contains('_'), "{code}: {}", fault.user_message);
        }
        assert_eq!(world.ledger().await, before, "{code}");
        // Codes that end a connection end it here, too: begin anew.
        let status = world.engine.connections(&world.user).await.unwrap().remove(0).status;
        if !status.is_alive() {
            world = World::new(Books::InMemory, options(), 500).await;
            (linked, item) = world.link("user_good").await;
            before = world.ledger().await;
        }
    }
    world.sync_until_whole(linked.connection.id).await;
    world.assert_true(linked.connection.id, &item).await;
}

#[tokio::test]
async fn a_cursor_of_another_connection_leads_to_one_full_replay() {
    for books in Books::ALL {
        let world = World::new(books, options(), 10).await;
        let (linked, item) = world.link("user_good").await;
        let ids: Vec<_> = world.ledger().await.iter().map(|row| row.id).collect();
        world.control.advance(&Advance { days: 9, seed: 5, item: None }).unwrap();
        let message = "cursor not associated with access_token".to_owned();
        let refused = Fault::Error {
            code: "INVALID_FIELD".to_owned(),
            error_type: None,
            status: None,
            message: Some(message),
            retry_after: None,
        };
        world.control.add_fault(FaultRule::once(SYNC, refused.clone()));
        let sync = world.sync(linked.connection.id).await;
        assert_eq!(sync.run.unwrap().restarts, 1);
        world.assert_true(linked.connection.id, &item).await;
        let kept: Vec<_> =
            world.ledger().await.iter().map(|row| row.id).filter(|id| ids.contains(id)).collect();
        assert!(kept.len() > 20, "a replay keeps identifiers");

        world.control.add_fault(FaultRule::always(SYNC, refused));
        let sync = world.sync(linked.connection.id).await;
        assert!(sync.error.is_some());
        world.control.clear_faults();
        world.sync_until_whole(linked.connection.id).await;
        world.assert_true(linked.connection.id, &item).await;
    }
}
