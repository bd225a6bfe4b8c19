//! The engine over the scripted provider and the store in memory.

use std::sync::Arc;

use chrono::TimeDelta;
use finance_core::conformance::samples::{account, day, row, user};
use finance_core::conformance::{BankChange, ManualClock, ProviderFixture, ScriptedCall, ScriptedProvider};
use finance_core::*;

struct World {
    provider: Arc<ScriptedProvider>,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    engine: SyncEngine,
    anna: UserId,
}

impl World {
    fn new() -> Self {
        let (provider, store) = (Arc::new(ScriptedProvider::new()), Arc::new(MemoryStore::default()));
        let clock = Arc::new(ManualClock::default());
        let pager = PagerPolicy { page_size: 4, ..PagerPolicy::default() };
        let options = EngineOptions { pager, ..EngineOptions::default() };
        let engine = SyncEngine::new(provider.clone(), store.clone(), clock.clone(), options);
        Self { provider, store, clock, engine, anna: user("anna") }
    }

    async fn link(&self, accounts: &[&str], rows: Vec<ProviderTransaction>) -> (PublicToken, Linked) {
        let accounts = accounts.iter().map(|name| account(name)).collect();
        let token = self.provider.sign_in(accounts, rows, true).await;
        let linked = self.engine.link(&self.anna, LinkRequest::new(token.clone())).await.unwrap();
        (token, linked)
    }

    async fn sync(&self) -> SyncReport {
        self.clock.advance(TimeDelta::hours(1));
        self.engine.sync_transactions(&self.anna, &SyncRequest::new(SyncScope::All)).await.unwrap()
    }

    async fn rows(&self) -> Vec<String> {
        let query = TransactionQuery { limit: 1_000, ..TransactionQuery::default() };
        let rows = self.engine.transactions(&self.anna, &query).await.unwrap();
        let mut rows: Vec<String> =
            rows.iter().map(|row| format!("{} {}", row.provider.id, row.provider.amount.amount())).collect();
        rows.sort();
        rows
    }

    async fn connection(&self) -> Connection {
        self.engine.connections(&self.anna).await.unwrap().remove(0)
    }
}

fn rows(count: usize) -> Vec<ProviderTransaction> {
    (0..count).map(|index| row(&format!("t{index}"), "a", "-1.00")).collect()
}

fn institution(id: &str) -> InstitutionRef {
    InstitutionRef { id: InstitutionId::new(id).unwrap(), name: None }
}

#[tokio::test]
async fn linking_stores_connection_accounts_and_first_rows() {
    let world = World::new();
    let (_, linked) = world.link(&["a", "b"], rows(10)).await;
    assert_eq!(linked.connection.status, ConnectionStatus::Good);
    assert_eq!(linked.possible_duplicate, None);
    assert_eq!(linked.connection.institution.unwrap().name.as_deref(), Some("Scripted Bank"));
    assert_eq!(linked.accounts.len(), 2);
    let run = linked.first_sync.run.unwrap();
    assert_eq!((run.outcome, run.counts.added, run.pages), (RunOutcome::Applied, 10, 3));
    assert_eq!(world.rows().await.len(), 10);
    assert_eq!(world.engine.sync_runs(&world.anna, linked.connection.id, 10).await.unwrap(), [run]);
}

#[tokio::test]
async fn a_second_sync_doubles_nothing_and_brings_what_changed() {
    let world = World::new();
    let (token, _) = world.link(&["a"], rows(3)).await;
    assert_eq!(world.sync().await.counts(), SyncCounts::default());
    world.provider.change(&token, BankChange::Add(row("t9", "a", "5.00"))).await;
    world.provider.change(&token, BankChange::Modify(row("t0", "a", "-1.50"))).await;
    world.provider.change(&token, BankChange::Remove(row("t1", "a", "0").id)).await;
    let counts = world.sync().await.counts();
    assert_eq!((counts.added, counts.modified, counts.removed), (1, 1, 1));
    assert_eq!(world.rows().await, ["t0 -1.50", "t2 -1.00", "t9 5.00"]);
}

#[tokio::test]
async fn edits_survive_posting_and_a_replay() {
    let world = World::new();
    let pending = ProviderTransaction { pending: true, ..row("p", "a", "-20.00") };
    let (token, linked) = world.link(&["a"], vec![pending]).await;
    let query = TransactionQuery::default();
    let id = world.engine.transactions(&world.anna, &query).await.unwrap()[0].id;
    let edit = TransactionEdit {
        note: Some(Some("with Ben".to_owned())),
        category: Some(Some("Dinner".to_owned())),
        ..TransactionEdit::default()
    };
    world.engine.edit_transaction(&world.anna, id, &edit).await.unwrap();

    let posted = ProviderTransaction { pending_id: Some(row("p", "a", "0").id), ..row("t", "a", "-23.00") };
    world.provider.change(&token, BankChange::Remove(row("p", "a", "0").id)).await;
    world.provider.change(&token, BankChange::Add(posted)).await;
    let counts = world.sync().await.counts();
    assert_eq!((counts.posted, counts.added, counts.removed), (1, 0, 0));

    // A cursor that is no longer accepted makes everything come again.
    world.provider.fail(ScriptedCall::TransactionsPage, [Some(ProviderErrorKind::RestartFromEmpty)]);
    let report = world.sync().await;
    assert_eq!(report.connections[0].run.as_ref().unwrap().restarts, 1);
    let row = &world.engine.transactions(&world.anna, &query).await.unwrap()[0];
    assert_eq!((row.id, row.provider.id.as_str(), row.category()), (id, "t", Some("Dinner")));
    assert_eq!(row.edits.note.as_deref(), Some("with Ben"));
    assert_eq!(row.connection, linked.connection.id);
}

#[tokio::test]
async fn a_replay_sweeps_what_vanished_meanwhile() {
    let world = World::new();
    let (token, _) = world.link(&["a"], rows(9)).await;
    world.provider.change(&token, BankChange::Remove(row("t4", "a", "0").id)).await;
    world.provider.fail(ScriptedCall::TransactionsPage, [Some(ProviderErrorKind::RestartFromEmpty)]);
    let counts = world.sync().await.counts();
    assert_eq!((counts.removed, counts.unchanged, counts.added), (1, 8, 0));
    assert_eq!(world.rows().await.len(), 8);
}

#[tokio::test]
async fn a_change_while_paging_begins_again_and_nothing_doubles() {
    let world = World::new();
    world.provider.fail(ScriptedCall::TransactionsPage, [None, Some(ProviderErrorKind::RestartUpdate)]);
    let (_, linked) = world.link(&["a"], rows(10)).await;
    let run = linked.first_sync.run.unwrap();
    assert_eq!((run.counts.added, run.restarts, run.pages), (10, 1, 4));
    assert_eq!(world.rows().await.len(), 10);
}

#[tokio::test]
async fn a_failed_page_leaves_ledger_and_cursor_as_they_were() {
    for kind in ProviderErrorKind::ALL {
        if matches!(kind, ProviderErrorKind::RestartUpdate | ProviderErrorKind::RestartFromEmpty) {
            continue;
        }
        let world = World::new();
        let (token, _) = world.link(&["a"], rows(2)).await;
        for change in (2..9).map(|index| BankChange::Add(row(&format!("t{index}"), "a", "-1.00"))) {
            world.provider.change(&token, change).await;
        }
        let before = (world.rows().await, world.connection().await);
        world.provider.fail(ScriptedCall::TransactionsPage, [None, Some(kind)]);
        let report = world.sync().await;
        assert!(!report.is_complete());
        let sync = &report.connections[0];
        assert_eq!(*sync.error.as_ref().unwrap().kind(), SyncErrorKind::Provider(kind));
        assert_eq!(sync.run.as_ref().unwrap().outcome, RunOutcome::Failed);

        let after = world.connection().await;
        assert_eq!((world.rows().await, &after.cursor), (before.0, &before.1.cursor), "{kind:?}");
        assert_eq!(after.status, before.1.status.after_failure(kind));
        let fault = after.fault.unwrap();
        assert_eq!(
            (fault.kind, fault.code.as_deref()),
            (kind, Some(kind.name().to_ascii_uppercase().as_str()))
        );

        if after.status != ConnectionStatus::Removed {
            assert_eq!(world.sync().await.counts().added, 7, "{kind:?}");
            let healed = world.connection().await;
            assert_eq!((healed.status, healed.fault), (ConnectionStatus::Good, None));
        } else {
            let request = SyncRequest::new(SyncScope::Connection(after.id));
            let mut report = world.engine.sync_transactions(&world.anna, &request).await.unwrap();
            let error = report.connections.remove(0).error.unwrap();
            assert_eq!(*error.kind(), SyncErrorKind::ConnectionEnded);
        }
    }
}

#[tokio::test]
async fn a_bank_that_is_not_ready_is_no_progress_and_no_failure() {
    let world = World::new();
    let token = world.provider.sign_in(vec![account("a")], rows(3), false).await;
    let linked = world.engine.link(&world.anna, LinkRequest::new(token.clone())).await.unwrap();
    assert_eq!(linked.first_sync.run.unwrap().outcome, RunOutcome::NotReady);
    assert!(linked.first_sync.error.is_none());
    assert_eq!((linked.connection.status, linked.connection.cursor), (ConnectionStatus::New, None));
    assert_eq!(linked.accounts.len(), 1);
    world.provider.change(&token, BankChange::BecomeReady).await;
    assert_eq!(world.sync().await.counts().added, 3);
    assert_eq!(world.connection().await.status, ConnectionStatus::Good);
}

#[tokio::test]
async fn one_failing_connection_does_not_stop_the_others() {
    let world = World::new();
    let (first, _) = world.link(&["a"], rows(2)).await;
    let (_, second) = world.link(&["a"], rows(2)).await;
    world.provider.change(&first, BankChange::BreakSignIn).await;
    let report = world.sync().await;
    assert_eq!(report.connections.len(), 2);
    assert_eq!(
        *report.connections[0].error.as_ref().unwrap().kind(),
        SyncErrorKind::Provider(ProviderErrorKind::SignInAgain)
    );
    assert!(report.connections[1].error.is_none());
    let one = SyncRequest::new(SyncScope::Connection(second.connection.id));
    assert_eq!(world.engine.sync_transactions(&world.anna, &one).await.unwrap().connections.len(), 1);
}

#[tokio::test]
async fn a_duplicate_is_found_before_the_exchange() {
    let world = World::new();
    world.link(&["a"], rows(1)).await;
    let again = world.provider.sign_in(vec![account("a")], rows(1), true).await;
    let linked_account = LinkedAccount { name: Some("Account a".to_owned()), ..LinkedAccount::default() };
    let request = LinkRequest {
        institution: Some(institution("ins_scripted")),
        accounts: vec![linked_account],
        ..LinkRequest::new(again)
    };
    let error = world.engine.link(&world.anna, request.clone()).await.unwrap_err();
    let SyncErrorKind::AlreadyLinked(duplicate) = error.kind() else { panic!("{error:?}") };
    assert_eq!(duplicate.connection, world.connection().await.id);
    assert_eq!(world.provider.calls(ScriptedCall::Exchange), 1);

    let allowed = LinkRequest { allow_duplicate: true, ..request };
    let linked = world.engine.link(&world.anna, allowed).await.unwrap();
    assert_eq!(linked.possible_duplicate.unwrap().connection, duplicate.connection);
    assert_eq!(world.engine.connections(&world.anna).await.unwrap().len(), 2);
}

#[tokio::test]
async fn another_user_may_link_the_same_bank_and_sees_nothing_of_the_first() {
    let world = World::new();
    let (_, annas) = world.link(&["a"], rows(2)).await;
    let bens = world.provider.sign_in(vec![account("a")], rows(1), true).await;
    let linked_account = LinkedAccount { name: Some("Account a".to_owned()), ..LinkedAccount::default() };
    let request = LinkRequest {
        institution: Some(institution("ins_scripted")),
        accounts: vec![linked_account],
        ..LinkRequest::new(bens)
    };
    let ben = user("ben");
    let bens_account = world.engine.link(&ben, request).await.unwrap().accounts[0].id;
    let query = TransactionQuery { accounts: vec![bens_account], ..TransactionQuery::default() };
    assert_eq!(world.engine.transactions(&ben, &query).await.unwrap().len(), 1);
    let foreign = SyncRequest::new(SyncScope::Connection(annas.connection.id));
    let error = world.engine.sync_transactions(&ben, &foreign).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::NotFound);
    let foreign = SyncRequest::new(SyncScope::Accounts(vec![annas.accounts[0].id]));
    let error = world.engine.sync_transactions(&ben, &foreign).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::NotFound);
    let accounts = vec![bens_account, annas.accounts[0].id];
    let foreign = TransactionQuery { accounts, ..TransactionQuery::default() };
    let error = world.engine.transactions(&ben, &foreign).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::NotFound);
}

#[tokio::test]
async fn update_mode_keeps_the_connection_and_takes_new_accounts_over() {
    let world = World::new();
    let (token, linked) = world.link(&["a"], rows(1)).await;
    world.provider.change(&token, BankChange::BreakSignIn).await;
    world.sync().await;
    assert_eq!(world.connection().await.status, ConnectionStatus::NeedsSignIn);

    let options = LinkOptions::update("Test", linked.connection.id);
    world.engine.create_link_token(&world.anna, &options).await.unwrap();
    let requests = world.provider.link_requests();
    assert!(
        matches!(&requests[0].mode, LinkMode::Update { additional_products, .. } if additional_products.is_empty())
    );
    world.provider.change(&token, BankChange::HealSignIn).await;
    world.provider.change(&token, BankChange::SetAccounts(vec![account("b")])).await;
    assert!(world.sync().await.is_complete());
    assert_eq!(world.connection().await.status, ConnectionStatus::Good);
    let accounts = world.engine.accounts(&world.anna).await.unwrap();
    let seen: Vec<_> = accounts.iter().map(|own| (own.provider.id.as_str(), own.status)).collect();
    assert_eq!(seen, [("a", AccountStatus::Gone), ("b", AccountStatus::Open)]);

    let foreign = LinkOptions::update("Test", linked.connection.id);
    let error = world.engine.create_link_token(&user("ben"), &foreign).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::NotFound);
}

#[tokio::test]
async fn a_window_narrows_what_is_returned_not_what_is_synced() {
    let world = World::new();
    let dated = |index: u64, name: &str| ProviderTransaction {
        date: day(index),
        ..row(&format!("{name}{index}"), name, "-1.00")
    };
    let all = (0..6).flat_map(|index| [dated(index, "a"), dated(index, "b")]).collect();
    world.link(&["a", "b"], all).await;
    let a = world.engine.accounts(&world.anna).await.unwrap()[0].id;
    let request = SyncRequest {
        window: Some(DateWindow::new(Some(day(1)), Some(day(3))).unwrap()),
        ..SyncRequest::new(SyncScope::Accounts(vec![a]))
    };
    let report = world.engine.sync_transactions(&world.anna, &request).await.unwrap();
    let returned: Vec<&str> = report.transactions.iter().map(|row| row.provider.id.as_str()).collect();
    assert_eq!(returned, ["a3", "a2", "a1"]);
    assert_eq!(world.rows().await.len(), 12);

    let none = SyncRequest::new(SyncScope::Accounts(vec![]));
    let error = world.engine.sync_transactions(&world.anna, &none).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_sync_that_lost_its_lease_writes_nothing_after_the_one_that_took_over() {
    let world = World::new();
    let (token, linked) = world.link(&["a"], rows(2)).await;
    world.provider.change(&token, BankChange::Add(row("new", "a", "-1.00"))).await;
    // Both fetch before either stores: the first one's lease is over when the second one comes.
    world.provider.meet_at_pages(2);
    let engine = || {
        let (provider, store) = (world.provider.clone(), world.store.clone());
        SyncEngine::new(provider, store, world.clock.clone(), EngineOptions::default())
    };
    let (one, two) = (engine(), engine());
    let request = SyncRequest::new(SyncScope::Connection(linked.connection.id));
    let pages = world.provider.calls(ScriptedCall::TransactionsPage);
    let second = async {
        while world.provider.calls(ScriptedCall::TransactionsPage) == pages {
            tokio::task::yield_now().await;
        }
        world.clock.advance(TimeDelta::seconds(60));
        two.sync_transactions(&world.anna, &request).await
    };
    let (one, two) = tokio::join!(one.sync_transactions(&world.anna, &request), second);
    let mut outcomes: Vec<_> = [one.unwrap(), two.unwrap()]
        .iter()
        .map(|report| (report.connections[0].run.as_ref().unwrap().outcome.name(), report.counts().added))
        .collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [("applied", 1), ("superseded", 0)]);
    assert_eq!(world.rows().await.len(), 3);
    assert_eq!(world.connection().await.fault, None);
}

#[tokio::test]
async fn two_syncs_of_one_engine_take_turns() {
    let world = World::new();
    let (token, _) = world.link(&["a"], rows(2)).await;
    world.provider.change(&token, BankChange::Add(row("new", "a", "-1.00"))).await;
    let request = SyncRequest::new(SyncScope::All);
    let (one, two) = tokio::join!(
        world.engine.sync_transactions(&world.anna, &request),
        world.engine.sync_transactions(&world.anna, &request)
    );
    let reports = [one.unwrap(), two.unwrap()];
    assert!(reports.iter().all(SyncReport::is_complete));
    assert_eq!(reports.iter().map(|report| report.counts().added).sum::<u64>(), 1);
    assert_eq!(world.rows().await.len(), 3);
}

#[tokio::test]
async fn balances_fall_back_from_live_to_cached_to_stored() {
    let world = World::new();
    let (token, linked) = world.link(&["a"], vec![]).await;
    let mut richer = account("a");
    richer.balances.current = Some(parse_amount("150.00").unwrap());
    world.provider.change(&token, BankChange::SetAccounts(vec![richer])).await;
    let sync = || world.engine.sync_balances(&world.anna, &SyncScope::All);

    world.provider.fail(ScriptedCall::LiveBalances, [Some(ProviderErrorKind::Unavailable)]);
    world.provider.fail(ScriptedCall::Accounts, [Some(ProviderErrorKind::Unavailable)]);
    let stored = sync().await.unwrap().accounts.remove(0);
    assert_eq!((stored.source, stored.account), (BalanceSource::Stored, linked.accounts[0].id));
    assert_eq!(stored.balances.current, Some(parse_amount("100.00").unwrap()));
    assert!(stored.reason.is_some());

    world.provider.fail(ScriptedCall::LiveBalances, [Some(ProviderErrorKind::BalanceTooOld)]);
    let cached = sync().await.unwrap().accounts.remove(0);
    assert_eq!((cached.source, cached.reason.is_some()), (BalanceSource::Cached, true));
    assert_eq!(cached.balances.current, Some(parse_amount("150.00").unwrap()));

    let live = sync().await.unwrap().accounts.remove(0);
    assert_eq!((live.source, live.reason), (BalanceSource::Live, None));
    let kept = world.engine.accounts(&world.anna).await.unwrap().remove(0);
    assert_eq!(kept.provider.balances.current, Some(parse_amount("150.00").unwrap()));
    assert_eq!(world.connection().await.status, ConnectionStatus::Good);
}

#[tokio::test]
async fn a_row_of_an_account_that_nobody_describes_is_not_lost() {
    let world = World::new();
    let (token, _) = world.link(&["a"], rows(1)).await;
    world.provider.change(&token, BankChange::Add(row("stray", "closed", "-9.00"))).await;
    assert!(world.sync().await.is_complete());
    assert_eq!(world.rows().await, ["stray -9.00", "t0 -1.00"]);
}

#[tokio::test]
async fn account_types_not_listed_are_reported() {
    let world = World::new();
    let (token, _) = world.link(&["a"], vec![]).await;
    let mut odd = account("odd");
    odd.provider_subtype = Some("moon landing".to_owned());
    world.provider.change(&token, BankChange::SetAccounts(vec![account("a"), odd])).await;
    let report = world.sync().await;
    assert_eq!(report.connections[0].unlisted_account_types, ["depository/moon landing"]);
}

#[tokio::test]
async fn a_failed_exchange_links_nothing() {
    let world = World::new();
    let token = world.provider.sign_in(vec![account("a")], rows(1), true).await;
    world.provider.fail(ScriptedCall::Exchange, [Some(ProviderErrorKind::LinkAgain)]);
    let error = world.engine.link(&world.anna, LinkRequest::new(token)).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::Provider(ProviderErrorKind::LinkAgain));
    assert!(world.engine.connections(&world.anna).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_duplicate_without_metadata_is_told_after_the_exchange() {
    let world = World::new();
    let (_, first) = world.link(&["a"], rows(1)).await;
    let (_, second) = world.link(&["a"], rows(1)).await;
    assert_eq!(second.possible_duplicate.unwrap().connection, first.connection.id);
    let (_, other) = world.link(&["b"], rows(1)).await;
    assert_eq!(other.possible_duplicate, None);
}

fn note(text: &str) -> TransactionEdit {
    TransactionEdit { note: Some(Some(text.to_owned())), ..TransactionEdit::default() }
}

fn deleted(deleted: bool) -> TransactionEdit {
    TransactionEdit { deleted: Some(deleted), ..TransactionEdit::default() }
}

impl World {
    async fn edit(&self, provider_id: &str, edit: &TransactionEdit) -> TransactionId {
        let rows = self.engine.transactions(&self.anna, &TransactionQuery::default()).await.unwrap();
        let id = rows.iter().find(|row| row.provider.id.as_str() == provider_id).unwrap().id;
        self.engine.edit_transaction(&self.anna, id, edit).await.unwrap();
        id
    }

    async fn remove(&self, token: &PublicToken, provider_id: &str) {
        self.provider.change(token, BankChange::Remove(row(provider_id, "a", "0").id)).await;
    }

    async fn add(&self, token: &PublicToken, row: ProviderTransaction) {
        self.provider.change(token, BankChange::Add(row)).await;
    }
}

fn pending() -> ProviderTransaction {
    ProviderTransaction { pending: true, ..row("p", "a", "-20.00") }
}

fn posted(provider_id: &str) -> ProviderTransaction {
    ProviderTransaction { pending_id: Some(pending().id), ..row(provider_id, "a", "-20.00") }
}

fn any_day() -> Option<DateWindow> {
    Some(DateWindow::default())
}

#[tokio::test]
async fn a_deletion_taken_back_does_not_revive_what_the_bank_took_back() {
    let world = World::new();
    let (token, _) = world.link(&["a"], rows(2)).await;
    let id = world.edit("t0", &deleted(true)).await;
    world.remove(&token, "t0").await;
    world.sync().await;
    world.engine.edit_transaction(&world.anna, id, &deleted(false)).await.unwrap();
    assert_eq!(world.rows().await, ["t1 -1.00"]);
    world.add(&token, row("t0", "a", "-1.00")).await;
    world.sync().await;
    assert_eq!(world.rows().await, ["t0 -1.00", "t1 -1.00"]);
}

#[tokio::test]
async fn a_deleted_row_stays_deleted_when_its_posting_is_issued_again() {
    let world = World::new();
    let (token, _) = world.link(&["a"], vec![pending()]).await;
    world.remove(&token, "p").await;
    world.add(&token, posted("t")).await;
    world.sync().await;
    world.edit("t", &deleted(true)).await;
    world.remove(&token, "t").await;
    world.sync().await;
    world.add(&token, posted("t2")).await;
    world.sync().await;
    assert!(world.rows().await.is_empty());
}

#[tokio::test]
async fn a_link_that_comes_late_keeps_notes_and_deletions() {
    for (edit, expected) in [(note("mine"), 1), (deleted(true), 0)] {
        let world = World::new();
        let (token, _) = world.link(&["a"], vec![pending()]).await;
        world.edit("p", &edit).await;
        world.add(&token, row("t", "a", "-20.00")).await;
        world.sync().await;
        world.remove(&token, "p").await;
        world.provider.change(&token, BankChange::Modify(posted("t"))).await;
        world.sync().await;
        let rows = world.engine.transactions(&world.anna, &TransactionQuery::default()).await.unwrap();
        assert_eq!(rows.len(), expected);
        assert!(rows.iter().all(|row| row.edits.note.as_deref() == Some("mine")));
    }
}

#[tokio::test]
async fn a_replay_keeps_the_history_of_a_closed_account() {
    let world = World::new();
    let all = vec![row("a1", "a", "-1.00"), row("b1", "b", "-2.00")];
    let (token, _) = world.link(&["a", "b"], all).await;
    world.provider.change(&token, BankChange::SetAccounts(vec![account("a")])).await;
    world.remove(&token, "b1").await;
    world.provider.fail(ScriptedCall::TransactionsPage, [Some(ProviderErrorKind::RestartFromEmpty)]);
    world.sync().await;
    assert_eq!(world.rows().await, ["a1 -1.00", "b1 -2.00"]);
}

#[tokio::test]
async fn a_window_returns_rows_of_accounts_that_the_sync_brings_and_no_others() {
    let world = World::new();
    world.link(&["a"], rows(2)).await;
    let token = world.provider.sign_in(vec![account("x")], vec![row("x1", "x", "-7.00")], false).await;
    world.provider.fail(ScriptedCall::Accounts, [Some(ProviderErrorKind::RetryLater)]);
    let linked = world.engine.link(&world.anna, LinkRequest::new(token.clone())).await.unwrap();
    assert!(linked.accounts.is_empty());
    let scope = SyncScope::Connection(linked.connection.id);
    let request = SyncRequest { window: any_day(), ..SyncRequest::new(scope) };
    let report = world.engine.sync_transactions(&world.anna, &request).await.unwrap();
    assert!(report.transactions.is_empty());
    world.provider.change(&token, BankChange::BecomeReady).await;
    let report = world.engine.sync_transactions(&world.anna, &request).await.unwrap();
    let returned: Vec<&str> = report.transactions.iter().map(|row| row.provider.id.as_str()).collect();
    assert_eq!(returned, ["x1"]);
}

#[tokio::test]
async fn an_institution_that_could_not_be_asked_at_the_link_is_learned_later() {
    let world = World::new();
    world.provider.fail(ScriptedCall::Connection, [Some(ProviderErrorKind::RetryLater)]);
    world.link(&["a"], rows(2)).await;
    world.sync().await;
    assert_eq!(world.connection().await.institution.unwrap().id.as_str(), "ins_scripted");
}

#[tokio::test]
async fn a_failed_link_ends_no_connection_that_somebody_holds() {
    let world = World::new();
    world.link(&["a"], rows(2)).await;
    // The same item seen by another user: its id is taken.
    let provider = Arc::new(ScriptedProvider::new());
    let token = provider.sign_in(vec![account("a")], rows(2), true).await;
    let store = world.store.clone();
    let engine = SyncEngine::new(provider.clone(), store, world.clock.clone(), EngineOptions::default());
    let error = engine.link(&user("ben"), LinkRequest::new(token)).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::Store(StoreErrorKind::Conflict));
    assert!(provider.accounts(&AccessToken::new("access-scripted-2")).await.is_ok());
}

#[tokio::test]
async fn a_revoked_connection_can_be_repaired() {
    let world = World::new();
    let (_, linked) = world.link(&["a"], rows(2)).await;
    world.provider.fail(ScriptedCall::TransactionsPage, [Some(ProviderErrorKind::LinkAgain)]);
    world.sync().await;
    assert_eq!(world.connection().await.status, ConnectionStatus::Revoked);
    let options = LinkOptions::update("Test", linked.connection.id);
    world.engine.create_link_token(&world.anna, &options).await.unwrap();
    assert!(world.sync().await.is_complete());
    assert_eq!(world.connection().await.status, ConnectionStatus::Good);
}

#[tokio::test]
async fn of_two_links_of_one_bank_at_once_one_is_refused() {
    let world = World::new();
    let one = world.provider.sign_in(vec![account("a")], rows(2), true).await;
    let two = world.provider.sign_in(vec![account("a")], rows(2), true).await;
    let linked = LinkedAccount { name: Some("Account a".to_owned()), ..LinkedAccount::default() };
    let request = |token| LinkRequest {
        institution: Some(institution("ins_scripted")),
        accounts: vec![linked.clone()],
        ..LinkRequest::new(token)
    };
    let (one, two) = tokio::join!(
        world.engine.link(&world.anna, request(one)),
        world.engine.link(&world.anna, request(two))
    );
    let error = one.and(two).unwrap_err();
    assert!(matches!(error.kind(), SyncErrorKind::AlreadyLinked(_)), "{error:?}");
    assert_eq!(world.rows().await.len(), 2);
}

#[tokio::test]
async fn a_closed_account_does_not_keep_the_others_from_live_balances() {
    let world = World::new();
    let (token, _) = world.link(&["a", "b"], vec![]).await;
    world.provider.change(&token, BankChange::SetAccounts(vec![account("a")])).await;
    let report = world.engine.sync_balances(&world.anna, &SyncScope::All).await.unwrap();
    let sources: Vec<BalanceSource> = report.accounts.iter().map(|balance| balance.source).collect();
    assert_eq!(sources, [BalanceSource::Live, BalanceSource::Stored]);
    let calls = world.provider.calls(ScriptedCall::LiveBalances);
    let report = world.engine.sync_balances(&world.anna, &SyncScope::All).await.unwrap();
    assert_eq!((report.accounts.len(), world.provider.calls(ScriptedCall::LiveBalances)), (1, calls + 1));
}
