//! What a listener hears of long operations.

use std::sync::{Arc, Mutex};

use finance_core::conformance::samples::{account, row};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks};
use finance_core::*;

/// The engine of the books with a listener, and what the listener heard.
fn watched(books: &SampleBooks) -> (SyncEngine, Arc<Mutex<Vec<SyncProgress>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    (books.engine.with_progress(Arc::new(move |step| ear.lock().unwrap().push(step))), heard)
}

async fn two_pages() -> SampleBooks {
    let mut options = EngineOptions::default();
    options.pager.page_size = 4;
    SampleBooks::with(options).await
}

/// Links the bank of the books once more.
async fn link_again(books: &SampleBooks) -> ConnectionId {
    let names = [("x", "Account a"), ("y", "Account b")];
    let accounts = names.map(|(id, name)| ProviderAccount { name: name.to_owned(), ..account(id) });
    let sign_in = books.provider.sign_in(accounts.to_vec(), vec![row("n0", "x", "-1.00")], true).await;
    let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(sign_in) };
    books.engine.link(&books.user, request).await.unwrap().connection.id
}

#[tokio::test]
async fn a_sync_is_told_step_by_step() {
    let books = two_pages().await;
    for index in 4..9 {
        let row = row(&format!("t{index}"), "a", "-1.00");
        books.provider.change(&books.sign_in, BankChange::Add(row)).await;
    }
    let (engine, heard) = watched(&books);
    engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    let connection = books.connection;
    let expected = [
        SyncProgress::Started { connection },
        SyncProgress::PageFetched { connection, pages: 1, rows: 4 },
        SyncProgress::PageFetched { connection, pages: 2, rows: 5 },
        SyncProgress::Storing { connection, rows: 5 },
        SyncProgress::Finished { connection, counts: SyncCounts { added: 5, ..SyncCounts::default() } },
    ];
    assert_eq!(*heard.lock().unwrap(), expected);
}

#[tokio::test]
async fn each_connection_asked_for_balances_is_told() {
    let books = SampleBooks::new().await;
    let other = link_again(&books).await;
    let (engine, heard) = watched(&books);
    engine.sync_balances(&books.user, &SyncScope::All).await.unwrap();
    let mut heard = heard.lock().unwrap().clone();
    let mut asked = Vec::new();
    heard.retain(|step| match step {
        SyncProgress::BalancesAsked { connection, done, of } => {
            asked.push((*connection, *done, *of));
            false
        }
        _ => true,
    });
    assert_eq!(heard, []);
    assert_eq!(asked.iter().map(|(_, done, of)| (*done, *of)).collect::<Vec<_>>(), [(1, 2), (2, 2)]);
    asked.sort_unstable();
    assert_eq!(
        asked.iter().map(|(connection, ..)| *connection).collect::<Vec<_>>(),
        [books.connection, other]
    );
}

#[tokio::test]
async fn an_import_tells_what_it_compares_and_what_it_stores() {
    let books = SampleBooks::new().await;
    let (engine, heard) = watched(&books);
    let (user, account, connection) = (&books.user, books.accounts[1], books.connection);
    let file =
        ImportRequest::new("Date,Description,Amount\n2026-01-05,Rent,-900.00\n2026-01-06,Salary,3000.00\n");
    engine.preview_import(user, account, &file).await.unwrap();
    engine.import_file(user, account, &file).await.unwrap();
    // Nothing is left to be stored.
    engine.import_file(user, account, &file).await.unwrap();
    let comparing = SyncProgress::Comparing { connection, rows: 2 };
    let storing = SyncProgress::Storing { connection, rows: 2 };
    assert_eq!(*heard.lock().unwrap(), [comparing, comparing, storing, comparing]);
}

#[tokio::test]
async fn a_merge_tells_the_syncs_before_it_and_the_end_at_the_provider() {
    let books = SampleBooks::new().await;
    let into = link_again(&books).await;
    let (engine, heard) = watched(&books);
    engine.merge_connections(&books.user, books.connection, into, &MergeOptions::default()).await.unwrap();
    let heard = heard.lock().unwrap().clone();
    let connection = into;
    assert_eq!(heard[0], SyncProgress::Started { connection: books.connection });
    let end = SyncProgress::EndedAtProvider { connection: books.connection, done: 1, of: 1 };
    let comparing = SyncProgress::Comparing { connection, rows: 5 };
    let synced = heard.iter().rposition(|step| matches!(step, SyncProgress::Finished { .. })).unwrap();
    let after = [comparing, end, comparing, SyncProgress::Storing { connection, rows: 4 }];
    assert_eq!(heard[synced + 1..], after);
}

#[tokio::test]
async fn the_end_of_connections_and_users_is_told() {
    let books = SampleBooks::new().await;
    let (engine, heard) = watched(&books);
    let end = |connection, done, of| SyncProgress::EndedAtProvider { connection, done, of };
    engine.remove_connection(&books.user, books.connection, &RemovalOptions::default()).await.unwrap();
    assert_eq!(*heard.lock().unwrap(), [end(books.connection, 1, 1)]);

    let second = link_again(&books).await;
    heard.lock().unwrap().clear();
    engine.forget_user(&books.user, &ForgetOptions::default()).await.unwrap();
    let steps = [end(books.connection, 1, 2), end(second, 2, 2), SyncProgress::Erasing];
    assert_eq!(*heard.lock().unwrap(), steps);
}

#[tokio::test]
async fn a_verification_tells_how_far_it_is() {
    let books = SampleBooks::new().await;
    let statement = NewStatement::new("2025-12-20".parse().unwrap(), parse_amount("105.00").unwrap());
    books.engine.add_statement(&books.user, books.accounts[0], &statement).await.unwrap();
    let (engine, heard) = watched(&books);
    let checked = engine.verify_audit(&books.user, None).await.unwrap().checked;
    assert!(checked > 0);
    assert_eq!(*heard.lock().unwrap(), [SyncProgress::AuditChecked { done: checked, of: checked }]);
}
