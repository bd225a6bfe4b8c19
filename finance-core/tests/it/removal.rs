//! Connections that are removed and users that are forgotten.

use finance_core::conformance::samples::{account, row, user};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks, ScriptedCall, Snapshot};
use finance_core::*;

use crate::expect_kind;

/// A second user with a bank of their own, on the same engine.
async fn add_bob(books: &SampleBooks) -> (UserId, ConnectionId) {
    let sign_in =
        books.provider.sign_in(vec![account("bob-a")], vec![row("bob-t", "bob-a", "-1.00")], true).await;
    let bob = user("bob");
    let linked = books.engine.link(&bob, LinkRequest::new(sign_in)).await.unwrap();
    (bob, linked.connection.id)
}

async fn snapshot(books: &SampleBooks, user: &UserId) -> Snapshot {
    Snapshot::of(&*books.store, std::slice::from_ref(user)).await
}

const ERASE: RemovalOptions =
    RemovalOptions { local: LocalRecords::Erase, even_if_the_provider_fails: false, reason: None };

#[tokio::test]
async fn a_removed_connection_has_ended_everywhere() {
    let books = SampleBooks::new().await;
    let (engine, anna, id) = (&books.engine, &books.user, books.connection);
    let options = RemovalOptions { reason: Some("closed".to_owned()), ..RemovalOptions::default() };
    let removal = engine.remove_connection(anna, id, &options).await.unwrap();
    assert!(matches!(removal.at_provider, ProviderEnd::Ended) && removal.erased.is_empty());
    assert_eq!(books.provider.calls(ScriptedCall::RemoveConnection), 1);

    let one = SyncRequest::new(SyncScope::Connection(id));
    let mut report = engine.sync_transactions(anna, &one).await.unwrap();
    assert_eq!(report.connections.remove(0).error.unwrap().kind(), &SyncErrorKind::ConnectionEnded);
    let repair = LinkOptions::update("App", id);
    expect_kind(engine.create_link_token(anna, &repair).await, &SyncErrorKind::ConnectionEnded);
    expect_kind(engine.refresh_transactions(anna, id).await, &SyncErrorKind::ConnectionEnded);
    let balances = engine.sync_balances(anna, &SyncScope::Connection(id)).await.unwrap();
    assert!(balances.accounts.iter().all(|entry| entry.source == BalanceSource::Stored));
    assert_eq!(engine.account_totals(anna).await.unwrap()[0].rows, 4);

    // The bank can be linked again at once: what was removed is no duplicate.
    let sign_in = books.provider.sign_in(vec![account("x")], vec![], true).await;
    let linked = engine.link(anna, LinkRequest::new(sign_in)).await.unwrap();
    assert_eq!(linked.possible_duplicate, None);

    // It is none of all connections any more.
    let report = engine.sync_transactions(anna, &SyncRequest::new(SyncScope::All)).await.unwrap();
    assert_eq!((report.is_complete(), report.connections.len()), (true, 1));
    assert!(engine.sync_now(anna, &SyncScope::All).await.unwrap().is_complete());
    let asked = engine.request_sync(anna, &SyncScope::All).await.unwrap();
    assert_eq!(asked.iter().map(|schedule| schedule.connection).collect::<Vec<_>>(), [linked.connection.id]);
    let balances = engine.sync_balances(anna, &SyncScope::All).await.unwrap();
    let open: Vec<AccountId> = linked.accounts.iter().map(|account| account.id).collect();
    assert_eq!(balances.accounts.iter().map(|entry| entry.account).collect::<Vec<_>>(), open);
    let compared = engine.reconcile(anna, &ReconcileRequest::new(SyncScope::All)).await.unwrap();
    assert_eq!(compared.accounts.iter().map(|it| it.account).collect::<Vec<_>>(), open);
    let of_it = SyncScope::Accounts(books.accounts.clone());
    expect_kind(engine.request_sync(anna, &of_it).await, &SyncErrorKind::ConnectionEnded);

    let again = engine.remove_connection(anna, id, &RemovalOptions::default()).await.unwrap();
    assert!(matches!(again.at_provider, ProviderEnd::NothingToEnd));
    assert_eq!(books.provider.calls(ScriptedCall::RemoveConnection), 1);
}

#[tokio::test]
async fn an_erased_connection_leaves_the_others() {
    let books = SampleBooks::new().await;
    let (bob, _) = add_bob(&books).await;
    let untouched = snapshot(&books, &bob).await;
    let removal = books.engine.remove_connection(&books.user, books.connection, &ERASE).await.unwrap();
    let of = |kind| removal.erased.of(kind);
    assert_eq!(
        (of(RecordKind::Connections), of(RecordKind::Accounts), of(RecordKind::Transactions)),
        (1, 2, 4)
    );
    assert!(books.engine.accounts(&books.user).await.unwrap().is_empty());
    assert_eq!(snapshot(&books, &bob).await, untouched);
    books.engine.verify_audit(&books.user, None).await.unwrap();
    let trail = books.store.audit_entries(&books.user, 0, 99).await.unwrap();
    assert_eq!(trail.last().unwrap().action, "connection_erased");
}

#[tokio::test]
async fn a_provider_that_fails_leaves_everything_unless_told_otherwise() {
    let books = SampleBooks::new().await;
    let (engine, anna, id) = (&books.engine, &books.user, books.connection);
    let down = Some(ProviderErrorKind::Unavailable);
    books.provider.fail(ScriptedCall::RemoveConnection, [down, down]);
    let before = snapshot(&books, anna).await;
    let refused = SyncErrorKind::Provider(ProviderErrorKind::Unavailable);
    expect_kind(engine.remove_connection(anna, id, &ERASE).await, &refused);
    let mut after = snapshot(&books, anna).await;
    // Nothing but the lease, which was taken and released.
    after.users[0].schedules.clone_from(&before.users[0].schedules);
    assert_eq!(after, before);
    let options = RemovalOptions { even_if_the_provider_fails: true, ..ERASE };
    let removal = engine.remove_connection(anna, id, &options).await.unwrap();
    assert!(matches!(removal.at_provider, ProviderEnd::NotEnded { .. }), "{removal:?}");
    assert!(engine.connections(anna).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_removal_that_was_interrupted_is_completed_by_the_next_call() {
    let books = SampleBooks::new().await;
    let (engine, anna, id) = (&books.engine, &books.user, books.connection);
    let token = books.store.access_token(anna, id).await.unwrap();
    books.provider.remove_connection(&token).await.unwrap();
    let removal = engine.remove_connection(anna, id, &RemovalOptions::default()).await.unwrap();
    assert!(matches!(removal.at_provider, ProviderEnd::Ended));
    assert_eq!(engine.connections(anna).await.unwrap()[0].status, ConnectionStatus::Removed);
}

#[tokio::test]
async fn connections_of_others_and_accounts_by_hand_are_not_removed() {
    let books = SampleBooks::new().await;
    let (bob, theirs) = add_bob(&books).await;
    let (engine, anna) = (&books.engine, &books.user);
    let untouched = snapshot(&books, &bob).await;
    for options in [RemovalOptions::default(), ERASE] {
        expect_kind(engine.remove_connection(anna, theirs, &options).await, &SyncErrorKind::NotFound);
        let unknown = ConnectionId::new(99);
        expect_kind(engine.remove_connection(anna, unknown, &options).await, &SyncErrorKind::NotFound);
    }
    assert_eq!(snapshot(&books, &bob).await, untouched);
    assert_eq!(books.provider.calls(ScriptedCall::RemoveConnection), 0);

    let jar = NewManualAccount::new("Jar", AccountKind::OtherDepository, Currency::iso("USD").unwrap());
    let manual = engine.create_manual_account(anna, &jar).await.unwrap().connection;
    let keep = engine.remove_connection(anna, manual, &RemovalOptions::default()).await;
    expect_kind(keep, &SyncErrorKind::InvalidInput);
    let removal = engine.remove_connection(anna, manual, &ERASE).await.unwrap();
    assert!(matches!(removal.at_provider, ProviderEnd::NothingToEnd));
    assert_eq!(engine.connections(anna).await.unwrap().len(), 1);
    // Another one can be kept afterwards.
    assert!(engine.create_manual_account(anna, &jar).await.unwrap().connection > manual);
}

#[tokio::test]
async fn a_forgotten_user_leaves_nothing() {
    let books = SampleBooks::new().await;
    let (bob, _) = add_bob(&books).await;
    let (engine, anna) = (&books.engine, &books.user);
    let jar = NewManualAccount::new("Jar", AccountKind::OtherDepository, Currency::iso("USD").unwrap());
    engine.create_manual_account(anna, &jar).await.unwrap();
    let untouched = snapshot(&books, &bob).await;
    let nobody = snapshot(&books, &user("nobody")).await;
    let records = engine.records(anna).await.unwrap();

    let receipt = engine.forget_user(anna, &ForgetOptions::default()).await.unwrap();
    assert_eq!((&receipt.user, &receipt.erased), (anna, &records));
    assert_eq!((receipt.ended.len(), receipt.not_ended.len()), (1, 0));
    assert_eq!(snapshot(&books, anna).await, nobody);
    assert_eq!(snapshot(&books, &bob).await, untouched);
    assert_eq!(books.provider.calls(ScriptedCall::RemoveConnection), 1);

    let receipt = engine.forget_user(anna, &ForgetOptions::default()).await.unwrap();
    assert!(receipt.erased.is_empty() && receipt.ended.is_empty());
    let sign_in = books.provider.sign_in(vec![account("x")], vec![], true).await;
    let linked = engine.link(anna, LinkRequest::new(sign_in)).await.unwrap();
    assert_eq!(linked.accounts.len(), 1);
}

#[tokio::test]
async fn nobody_is_forgotten_here_who_lives_on_at_the_provider() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    let sign_in = books.provider.sign_in(vec![account("x")], vec![row("n", "x", "-1.00")], true).await;
    let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(sign_in) };
    let second = engine.link(anna, request).await.unwrap().connection.id;
    let down = Some(ProviderErrorKind::Unavailable);
    books.provider.fail(ScriptedCall::RemoveConnection, [down, None, down]);

    let refused = engine.forget_user(anna, &ForgetOptions::default()).await;
    let error = refused.expect_err("the first connection lives on");
    assert_eq!(error.kind(), &SyncErrorKind::NotEnded(vec![books.connection]));
    assert_eq!(error.user_message(), "Your bank did not answer as hoped.");
    let connections = engine.connections(anna).await.unwrap();
    assert_eq!(
        connections.iter().map(|it| (it.id, it.status)).collect::<Vec<_>>(),
        [(books.connection, ConnectionStatus::Good), (second, ConnectionStatus::Removed),]
    );
    assert_eq!(engine.records(anna).await.unwrap().of(RecordKind::Transactions), 5);

    let options = ForgetOptions { even_if_the_provider_fails: true };
    let receipt = engine.forget_user(anna, &options).await.unwrap();
    assert_eq!((receipt.ended.len(), receipt.not_ended.len()), (0, 1));
    assert!(engine.records(anna).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_sync_that_is_under_way_ends_before_its_connection_goes() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (books.engine.clone(), books.user.clone());
    books.provider.change(&books.sign_in, BankChange::Add(row("late", "a", "-9.00"))).await;
    // The sync waits at its page until the removal asks for it to go on.
    books.provider.meet_at_pages(2);
    let syncing = tokio::spawn({
        let (engine, anna) = (engine.clone(), anna.clone());
        async move { engine.sync_transactions(&anna, &SyncRequest::new(SyncScope::All)).await }
    });
    while books.provider.calls(ScriptedCall::TransactionsPage) < 2 {
        tokio::task::yield_now().await;
    }
    let removing = tokio::spawn({
        let (engine, anna, id) = (engine.clone(), anna.clone(), books.connection);
        async move { engine.forget_user(&anna, &ForgetOptions::default()).await.map(|it| (it, id)) }
    });
    // Somebody else comes to the meeting, so that the sync goes on.
    let token = books.store.access_token(&anna, books.connection).await.unwrap();
    let request = PageRequest { cursor: None, count: 1 };
    books.provider.transactions_page(&token, &request).await.unwrap();
    syncing.await.unwrap().unwrap();
    let (receipt, _) = removing.await.unwrap().unwrap();
    assert_eq!(receipt.erased.of(RecordKind::Transactions), 5);
    assert!(engine.records(&anna).await.unwrap().is_empty());
}
