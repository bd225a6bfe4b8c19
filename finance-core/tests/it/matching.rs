//! Entered first, reported by the bank later, and the other way round.

use finance_core::conformance::samples::{day, row};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks, ScriptedCall};
use finance_core::*;

use crate::expect_kind;

fn typed(on: u64, amount: &str, text: &str) -> NewTransaction {
    NewTransaction::new(day(on), parse_amount(amount).unwrap(), text)
}

fn told(id: &str, on: u64, amount: &str, text: &str) -> ProviderTransaction {
    ProviderTransaction { date: day(on), description: text.into(), ..row(id, "a", amount) }
}

async fn sync(books: &SampleBooks) -> SyncCounts {
    let report =
        books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    assert!(report.is_complete(), "{report:?}");
    report.counts()
}

async fn rows(books: &SampleBooks) -> Vec<String> {
    let query = TransactionQuery { limit: 1_000, ..TransactionQuery::default() };
    let rows = books.engine.transactions(&books.user, &query).await.unwrap();
    let mut rows: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.name(), row.amount().amount())).collect();
    rows.retain(|row| !row.starts_with("ROW"));
    rows.sort();
    rows
}

#[tokio::test]
async fn what_was_typed_in_is_one_row_when_the_bank_reports_it() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    let entry =
        NewTransaction { category: Some("Groceries".to_owned()), ..typed(4, "-42.10", "Whole Foods") };
    let before = engine.add_transaction(anna, books.accounts[0], &entry).await.unwrap();
    let pending = ProviderTransaction { pending: true, ..told("p9", 5, "-42.10", "WHOLE FOODS MKT #10231") };
    books.provider.change(&books.sign_in, BankChange::Add(pending)).await;
    let counts = sync(&books).await;
    assert_eq!((counts.added, counts.matched), (0, 1));
    let matched = engine.transaction(anna, before.id).await.unwrap();
    assert_eq!(
        (matched.origin, matched.provider.id.as_str(), matched.provider.pending),
        (RowOrigin::Provider, "p9", true)
    );
    assert_eq!((matched.name(), matched.category()), ("Whole Foods", Some("Groceries")));

    // It posts, and a replay from the beginning tells everything again.
    let posted = ProviderTransaction {
        pending_id: Some(row("p9", "a", "0").id),
        ..told("t9", 6, "-42.10", "WHOLE FOODS")
    };
    books.provider.change(&books.sign_in, BankChange::Remove(row("p9", "a", "0").id)).await;
    books.provider.change(&books.sign_in, BankChange::Add(posted)).await;
    assert_eq!(sync(&books).await.posted, 1);
    books.provider.fail(ScriptedCall::TransactionsPage, [Some(ProviderErrorKind::RestartFromEmpty)]);
    let counts = sync(&books).await;
    assert_eq!((counts.unchanged, counts.added, counts.removed, counts.matched), (5, 0, 0, 0));
    assert_eq!(rows(&books).await, ["Whole Foods -42.10"]);

    // From then on it is the bank's: taken back there, it is gone here.
    books.provider.change(&books.sign_in, BankChange::Remove(row("t9", "a", "0").id)).await;
    assert_eq!(sync(&books).await.removed, 1);
    assert!(rows(&books).await.is_empty());
}

#[tokio::test]
async fn what_was_typed_in_and_deleted_does_not_swallow_the_banks_row() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    let entry =
        engine.add_transaction(anna, books.accounts[0], &typed(4, "-42.10", "Whole Foods")).await.unwrap();
    let delete = TransactionEdit { deleted: Some(true), ..TransactionEdit::default() };
    engine.edit_transaction(anna, entry.id, &delete).await.unwrap();
    books.provider.change(&books.sign_in, BankChange::Add(told("t9", 4, "-42.10", "WHOLE FOODS"))).await;
    let counts = sync(&books).await;
    assert_eq!((counts.added, counts.matched), (1, 0));
    assert_eq!(rows(&books).await, ["WHOLE FOODS -42.10"]);
}

#[tokio::test]
async fn a_row_typed_in_before_the_first_data_is_found_again() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    // Another connection whose bank has nothing ready at first.
    let sign_in = ProviderFixture::sign_in(
        &books.provider,
        vec![conformance::samples::account("c")],
        vec![ProviderTransaction {
            account: conformance::samples::account("c").id,
            ..told("t9", 5, "-42.10", "WHOLE FOODS")
        }],
        false,
    )
    .await;
    let linked = engine.link(anna, LinkRequest::new(sign_in.clone())).await.unwrap();
    let entry = typed(4, "-42.10", "Whole Foods");
    let entry = engine.add_transaction(anna, linked.accounts[0].id, &entry).await.unwrap();
    books.provider.change(&sign_in, BankChange::BecomeReady).await;
    let counts = sync(&books).await;
    assert_eq!((counts.added, counts.matched), (0, 1));
    let connection = engine.connections(anna).await.unwrap().pop().unwrap();
    assert!(connection.cursor.is_some(), "a row typed in is no reason to begin again");
    assert_eq!(engine.transaction(anna, entry.id).await.unwrap().provider.id.as_str(), "t9");
}

#[tokio::test]
async fn a_row_typed_in_too_late_is_shown_and_merged() {
    let books = SampleBooks::new().await;
    let (engine, anna, account) = (&books.engine, &books.user, books.accounts[0]);
    books.provider.change(&books.sign_in, BankChange::Add(told("t9", 5, "-30.00", "TRATTORIA ROMA"))).await;
    sync(&books).await;
    let entry =
        NewTransaction { category: Some("Dinner".to_owned()), ..typed(5, "-30.00", "Trattoria Roma") };
    let late = engine.add_transaction(anna, account, &entry).await.unwrap();
    let other = engine.add_transaction(anna, account, &typed(5, "-7.00", "Parking")).await.unwrap();

    let pairs = engine.review_duplicates(anna, account).await.unwrap();
    assert_eq!(pairs.iter().map(|pair| pair.drop).collect::<Vec<_>>(), [late.id], "{pairs:?}");
    let keep = pairs[0].keep;
    let ben = UserId::new("ben").unwrap();
    expect_kind(engine.review_duplicates(&ben, account).await, &SyncErrorKind::NotFound);
    expect_kind(engine.merge_transactions(&ben, keep, late.id).await, &SyncErrorKind::NotFound);
    for (keep, drop) in [(late.id, keep), (keep, keep)] {
        expect_kind(engine.merge_transactions(anna, keep, drop).await, &SyncErrorKind::InvalidInput);
    }
    let kept = engine.merge_transactions(anna, keep, late.id).await.unwrap();
    assert_eq!(
        (kept.name(), kept.category(), kept.origin),
        ("Trattoria Roma", Some("Dinner"), RowOrigin::Provider)
    );
    assert_eq!(engine.transaction(anna, late.id).await.unwrap().state, TransactionState::DeletedByUser);
    expect_kind(engine.merge_transactions(anna, keep, late.id).await, &SyncErrorKind::InvalidInput);
    assert_eq!(rows(&books).await, ["Parking -7.00", "Trattoria Roma -30.00"]);
    assert!(engine.review_duplicates(anna, account).await.unwrap().is_empty());

    // Two rows that did not come from the bank may be one, too.
    let twice = engine.add_transaction(anna, account, &typed(5, "-7.00", "Parking downtown")).await.unwrap();
    let kept = engine.merge_transactions(anna, other.id, twice.id).await.unwrap();
    assert_eq!((kept.id, kept.name()), (other.id, "Parking"));
    let trail = books.store.audit_entries(anna, 0, u32::MAX).await.unwrap();
    assert_eq!(trail.iter().filter(|entry| entry.action == "transactions_merged").count(), 4);
}
