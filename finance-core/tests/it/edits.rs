//! What the user changes on transactions: kept, protected, remembered.

use chrono::TimeDelta;
use finance_core::conformance::samples::{row, user};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks, ScriptedCall};
use finance_core::*;

fn some(text: &str) -> Option<Option<String>> {
    Some(Some(text.to_owned()))
}

fn edit() -> TransactionEdit {
    TransactionEdit::default()
}

fn part(amount: &str) -> TransactionPart {
    TransactionPart { amount: parse_amount(amount).unwrap(), name: None, category: None, note: None }
}

async fn rows(books: &SampleBooks) -> Vec<Transaction> {
    let mut rows = books.engine.transactions(&books.user, &TransactionQuery::default()).await.unwrap();
    rows.sort_by_key(|row| row.id);
    rows
}

fn kind_of<T: std::fmt::Debug>(answer: Result<T, SyncError>) -> SyncErrorKind {
    answer.unwrap_err().kind().clone()
}

#[tokio::test]
async fn every_edit_outlives_what_the_provider_says_later() {
    let books = SampleBooks::new().await;
    let id = rows(&books).await[1].id;
    let edits = TransactionEdit {
        name: some("Mine"),
        category: some("Coffee"),
        note: some("with Ben"),
        hidden: Some(true),
        amount: Some(Some(parse_amount("-2.50").unwrap())),
        date: Some(Some("2025-12-30".parse().unwrap())),
        parts: Some(vec![part("-2.00"), part("-0.50")]),
        ..edit()
    };
    let edited = books.engine.edit_transaction(&books.user, id, &edits).await.unwrap();

    books.provider.change(&books.sign_in, BankChange::Modify(row("t1", "a", "-9.00"))).await;
    books.clock.advance(TimeDelta::hours(1));
    let request = SyncRequest::new(SyncScope::All);
    books.engine.sync_transactions(&books.user, &request).await.unwrap();
    books.provider.fail(ScriptedCall::TransactionsPage, [Some(ProviderErrorKind::RestartFromEmpty)]);
    books.engine.sync_transactions(&books.user, &request).await.unwrap();

    let after = books.engine.transaction(&books.user, id).await.unwrap();
    assert_eq!(after.provider.amount.amount(), parse_amount("-9.00").unwrap());
    assert_eq!(
        (after.edits.clone(), after.date(), after.name()),
        (edited.edits, edited.provider.date - TimeDelta::days(2), "Mine")
    );
    assert_eq!(after.amount().amount(), parse_amount("-2.50").unwrap());
    assert!(after.edits.parts_fit(after.amount().amount()));
    let undo = TransactionEdit { amount: Some(None), date: Some(None), parts: Some(vec![]), ..edit() };
    let source = books.engine.edit_transaction(&books.user, id, &undo).await.unwrap();
    assert_eq!((source.amount(), source.date()), (source.provider.amount.clone(), source.provider.date));
}

#[tokio::test]
async fn many_are_edited_together_or_not_at_all() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    let before = rows(&books).await;
    let ids: Vec<TransactionId> = before.iter().map(|row| row.id).collect();
    let food = TransactionEdit { category: some("Food"), ..edit() };
    let unknown = [ids.clone(), vec![TransactionId::new(99)]].concat();
    let long = TransactionEdit { note: some(&"x".repeat(NOTE_CHARS_MAX + 1)), ..edit() };
    let split = TransactionEdit { parts: Some(vec![part("-1.00"), part("-1.00")]), ..edit() };
    let too_many: Vec<TransactionId> = (0..=EDITED_AT_ONCE_MAX as i64).map(TransactionId::new).collect();
    for (ids, edit, kind) in [
        (&unknown, &food, SyncErrorKind::NotFound),
        (&ids, &long, SyncErrorKind::InvalidInput),
        (&ids, &split, SyncErrorKind::InvalidInput),
        (&Vec::new(), &food, SyncErrorKind::InvalidInput),
        (&too_many, &food, SyncErrorKind::InvalidInput),
    ] {
        assert_eq!(kind_of(engine.edit_transactions(anna, ids, edit).await), kind);
        assert_eq!(rows(&books).await, before);
    }
    assert_eq!(kind_of(engine.edit_transactions(&user("eve"), &ids, &food).await), SyncErrorKind::NotFound);
    assert_eq!(
        engine
            .audit_trail(anna, 0, 99)
            .await
            .unwrap()
            .iter()
            .filter(|it| it.action == "transaction_edited")
            .count(),
        0
    );

    let last = books.store.events(anna, 0, 99).await.unwrap().last;
    engine.edit_transaction(anna, ids[0], &food).await.unwrap();
    let twice = [ids.clone(), ids.clone()].concat();
    let edited = engine.edit_transactions(anna, &twice, &food).await.unwrap();
    assert_eq!(edited, rows(&books).await);
    assert!(edited.iter().all(|row| row.category() == Some("Food")));
    // A row that was so already has one entry, as the others have.
    for &id in &ids {
        let history = engine.transaction_history(anna, id).await.unwrap();
        assert_eq!(history.iter().map(|it| it.action.as_str()).collect::<Vec<_>>(), ["transaction_edited"]);
    }
    let events = books.store.events(anna, last, 99).await.unwrap().events;
    let told = |ids: &[TransactionId]| EventKind::TransactionsModified {
        account: books.accounts[0],
        transactions: ids.to_vec(),
    };
    let kinds: Vec<EventKind> = events.into_iter().map(|event| event.kind).collect();
    let dashboard = EventKind::DashboardUpdated;
    assert_eq!(kinds, [told(&ids[..1]), dashboard.clone(), told(&ids[1..]), dashboard]);
}

#[tokio::test]
async fn the_history_tells_who_made_what_of_a_row() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    let id = rows(&books).await[0].id;
    assert_eq!(engine.transaction_history(anna, id).await.unwrap(), []);
    let support = engine.acting_as(Actor::Named("support: eve".to_owned()));
    let renamed = TransactionEdit { name: some("Rent"), ..edit() };
    engine.edit_transaction(anna, id, &renamed).await.unwrap();
    engine.edit_transaction(anna, id, &renamed).await.unwrap();
    books.clock.advance(TimeDelta::hours(1));
    support.edit_transaction(anna, id, &TransactionEdit { deleted: Some(true), ..edit() }).await.unwrap();

    let history = engine.transaction_history(anna, id).await.unwrap();
    let who: Vec<String> = history.iter().map(|entry| entry.actor.to_string()).collect();
    assert_eq!(who, ["user", "named:support: eve"]);
    assert_eq!(history[1].at - history[0].at, TimeDelta::hours(1));
    let state = |json: &Option<String>| serde_json::from_str::<EditState>(json.as_ref().unwrap()).unwrap();
    assert_eq!(state(&history[0].before), EditState::default());
    assert_eq!(state(&history[0].after).edits.name.as_deref(), Some("Rent"));
    assert_eq!((state(&history[1].before).deleted, state(&history[1].after).deleted), (false, true));
    assert_eq!(kind_of(engine.transaction_history(&user("eve"), id).await), SyncErrorKind::NotFound);
}

#[tokio::test]
async fn what_is_hidden_leaves_the_list_and_counts_everywhere_else() {
    let books = SampleBooks::new().await;
    let (engine, anna, account) = (&books.engine, &books.user, books.accounts[0]);
    books.clock.advance(TimeDelta::days(20));
    let statement =
        |date: &str, balance| NewStatement::new(date.parse().unwrap(), parse_amount(balance).unwrap());
    for stated in [statement("2025-12-20", "100"), statement("2026-01-10", "90")] {
        engine.add_statement(anna, account, &stated).await.unwrap();
    }
    let like = NewTransaction::new("2026-01-01".parse().unwrap(), parse_amount("-3.00").unwrap(), "Row t2");
    let typed = engine.add_transaction(anna, account, &like).await.unwrap();
    let request = ReconcileRequest::new(SyncScope::Accounts(vec![account]));
    let told = |engine: SyncEngine, request: ReconcileRequest, anna: UserId| async move {
        let mut export = engine.export(&anna, &ExportOptions::new(ExportFormat::Csv)).await.unwrap();
        let mut csv = Vec::new();
        while let Some(chunk) = export.next().await.unwrap() {
            csv.extend(chunk);
        }
        let compared = engine.reconcile(&anna, &request).await.unwrap().accounts.remove(0).outcome.unwrap();
        let pairs = engine.review_duplicates(&anna, account).await.unwrap();
        (csv, compared.comparison.books_change, pairs.len(), engine.account_totals(&anna).await.unwrap())
    };
    let before = told(engine.clone(), request.clone(), anna.clone()).await;
    assert!(before.2 > 0, "the typed row may be the bank's");
    let ids: Vec<TransactionId> = rows(&books).await.iter().map(|row| row.id).collect();
    let hide = TransactionEdit { hidden: Some(true), ..edit() };
    engine.edit_transactions(anna, &ids, &hide).await.unwrap();

    assert_eq!(rows(&books).await, []);
    let query = TransactionQuery { rows: RowSelection::WithHidden, ..TransactionQuery::default() };
    assert_eq!(engine.transactions(anna, &query).await.unwrap().len(), 5);
    assert!(engine.transaction(anna, typed.id).await.unwrap().edits.hidden);
    assert_eq!(told(engine.clone(), request, anna.clone()).await, before);
}
