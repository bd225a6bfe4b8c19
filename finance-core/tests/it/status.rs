//! How everything stands, told from what is stored.

use chrono::TimeDelta;
use finance_core::conformance::samples::{account, at, insert, row, user};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks, ScriptedCall, ScriptedWord};
use finance_core::{
    AccountClass, AccountKind, AccountStatus, BalanceSource, ChangeSet, Clock, ConnectionAction,
    ConnectionId, ConnectionReport, ConnectionStatus, ConnectionStore, Currency, DateWindow, HealthFactor,
    HealthLevel, LedgerStore, Light, LinkMode, LinkRequest, MemoryStore, NewManualAccount, ProviderErrorKind,
    ProviderTransaction, Recommendation, RemovalOptions, RunOutcome, StatusSubject, Store, SyncErrorKind,
    SyncRequest, SyncRun, SyncScope, UserId,
};

async fn sync(books: &SampleBooks) {
    books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
}

async fn status(books: &SampleBooks) -> ConnectionReport {
    let report = books.engine.connection_status(&books.user).await.unwrap();
    assert_eq!(report.at, books.clock.now());
    report.connections.into_iter().next().unwrap()
}

fn word(fault: Option<ProviderErrorKind>) -> ScriptedWord {
    ScriptedWord { fault, ..ScriptedWord::default() }
}

#[tokio::test]
async fn no_connection_is_an_answer() {
    let books = SampleBooks::new().await;
    let stranger = user("stranger");
    let report = books.engine.connection_status(&stranger).await.unwrap();
    assert_eq!((report.connections.len(), report.overall.connections), (0, 0));
    assert_eq!((report.overall.state, report.overall.action), (None, ConnectionAction::Nothing));
    assert_eq!(report.overall.sentence, "No bank is connected.");
    let page = books.engine.sync_overview(&stranger).await.unwrap();
    assert!(page.accounts.is_empty() && page.advice.is_empty() && page.next_sync.is_none());
}

#[tokio::test]
async fn a_broken_sign_in_is_told_and_mended() {
    let books = SampleBooks::new().await;
    let good = status(&books).await;
    assert_eq!(
        (good.state, good.action, &good.fault),
        (ConnectionStatus::Good, ConnectionAction::Nothing, &None)
    );
    assert_eq!((good.name.as_str(), good.open_accounts), ("Scripted Bank", 2));
    assert_eq!(good.synced_at, Some(at(0)));
    assert!(good.link_options("App").is_none());

    books.clock.advance(TimeDelta::hours(1));
    books.provider.change(&books.sign_in, BankChange::BreakSignIn).await;
    sync(&books).await;
    let broken = status(&books).await;
    assert_eq!(broken.state, ConnectionStatus::NeedsSignIn);
    let fault = broken.fault.clone().unwrap();
    assert_eq!((fault.code.as_deref(), fault.at), (Some("SIGN_IN_AGAIN"), books.clock.now()));
    assert_eq!(broken.synced_at, Some(at(0)), "the last success, not the last attempt");

    let options = broken.link_options("App").unwrap();
    books.engine.create_link_token(&books.user, &options).await.unwrap();
    let requests = books.provider.link_requests();
    assert!(matches!(requests.last().unwrap().mode, LinkMode::Update { select_accounts: false, .. }));

    books.provider.change(&books.sign_in, BankChange::HealSignIn).await;
    sync(&books).await;
    let healed = status(&books).await;
    assert_eq!((healed.state, healed.fault), (ConnectionStatus::Good, None));
    assert_eq!(healed.synced_at, Some(books.clock.now()));
}

#[tokio::test]
async fn what_the_provider_tells_of_the_connection_holds_though_pages_come() {
    let books = SampleBooks::new().await;
    let (updated, failed) = (at(-500), at(-90));
    let told = ScriptedWord {
        transactions_updated_at: Some(updated),
        transactions_failed_at: Some(failed),
        ..word(Some(ProviderErrorKind::SignInAgain))
    };
    books.provider.says(&books.sign_in, told);
    let asked = books.provider.calls(ScriptedCall::Connection);
    sync(&books).await;
    assert_eq!(books.provider.calls(ScriptedCall::Connection), asked + 1);

    let broken = status(&books).await;
    assert_eq!(broken.state, ConnectionStatus::NeedsSignIn);
    assert_eq!(broken.fault.unwrap().code.as_deref(), Some("SIGN_IN_AGAIN"));
    assert_eq!((broken.bank_updated_at, broken.bank_failed_at), (Some(updated), Some(failed)));
    let run = &books.engine.sync_runs(&books.user, books.connection, 1).await.unwrap()[0];
    assert_eq!((run.outcome, &run.fault), (RunOutcome::Applied, &None), "the sync itself went well");

    // What is not told stays; a fault that is told no more is over.
    books.provider.says(&books.sign_in, word(None));
    sync(&books).await;
    let healed = status(&books).await;
    assert_eq!((healed.state, healed.fault), (ConnectionStatus::Good, None));
    assert_eq!(healed.bank_updated_at, Some(updated));
}

#[tokio::test]
async fn a_description_that_fails_does_not_fail_the_sync() {
    let books = SampleBooks::new().await;
    books.provider.fail(ScriptedCall::Connection, [Some(ProviderErrorKind::SignInAgain)]);
    sync(&books).await;
    assert_eq!(status(&books).await.state, ConnectionStatus::Good);
}

#[tokio::test]
async fn a_fault_told_while_nothing_is_ready_is_kept() {
    let books = SampleBooks::new().await;
    let sign_in = books.provider.sign_in(vec![account("c")], vec![], false).await;
    books.provider.says(&sign_in, word(Some(ProviderErrorKind::SignInAgain)));
    let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(sign_in) };
    let linked = books.engine.link(&books.user, request).await.unwrap();
    assert_eq!(linked.first_sync.run.unwrap().outcome, RunOutcome::NotReady);
    assert_eq!(linked.connection.status, ConnectionStatus::NeedsSignIn);
}

#[tokio::test]
async fn the_warning_of_a_consent_ends_with_its_renewal() {
    let books = SampleBooks::new().await;
    let ends = |days: i64| ScriptedWord { consent_expires_at: Some(at(days * 86_400)), ..word(None) };
    let expected = [
        (ends(30), ConnectionStatus::Good),
        (ends(6), ConnectionStatus::ConsentEndsSoon),
        (ends(180), ConnectionStatus::Good),
        (ends(6), ConnectionStatus::ConsentEndsSoon),
        (word(None), ConnectionStatus::Good),
    ];
    for (told, state) in expected {
        let consent_expires_at = told.consent_expires_at;
        books.provider.says(&books.sign_in, told);
        sync(&books).await;
        let report = status(&books).await;
        assert_eq!((report.state, report.consent_expires_at), (state, consent_expires_at));
        let stored = books.store.connection(&books.user, books.connection).await.unwrap();
        assert_eq!(stored.status, state);
    }
    // Between syncs time alone brings the warning, and the end.
    books.provider.says(&books.sign_in, ends(30));
    sync(&books).await;
    for (days, state) in [
        (20, ConnectionStatus::Good),
        (4, ConnectionStatus::ConsentEndsSoon),
        (6, ConnectionStatus::NeedsSignIn),
    ] {
        books.clock.advance(TimeDelta::days(days));
        assert_eq!(status(&books).await.state, state, "{days}");
    }
}

#[tokio::test]
async fn a_bank_that_will_disconnect_says_so_until_update_mode_is_finished() {
    let books = SampleBooks::new().await;
    let warning = ChangeSet {
        status: Some(ConnectionStatus::Disconnecting),
        new_accounts_available: Some(true),
        ..ChangeSet::new(books.connection, at(0))
    };
    books.store.apply(&warning).await.unwrap();
    sync(&books).await;
    let warned = status(&books).await;
    assert_eq!(warned.state, ConnectionStatus::Disconnecting);
    assert_eq!(warned.action, ConnectionAction::Update { select_accounts: true });
    assert!(warned.link_options("App").unwrap().select_accounts);

    let sync = books.engine.finish_update(&books.user, books.connection).await.unwrap();
    assert_eq!(sync.run.unwrap().outcome, RunOutcome::Applied);
    let done = status(&books).await;
    assert_eq!((done.state, done.action), (ConnectionStatus::Good, ConnectionAction::Nothing));

    // Finished in vain.
    books.provider.change(&books.sign_in, BankChange::BreakSignIn).await;
    let sync = books.engine.finish_update(&books.user, books.connection).await.unwrap();
    assert!(sync.error.is_some());
    assert_eq!(status(&books).await.state, ConnectionStatus::NeedsSignIn);
}

#[tokio::test]
async fn nothing_of_others_can_be_asked_for() {
    let books = SampleBooks::new().await;
    let (bob, engine) = (user("bob"), &books.engine);
    let (connection, account) = (books.connection, books.accounts[0]);
    let nowhere = ConnectionId::new(99);
    let errors = [
        engine.account_health(&bob, account).await.unwrap_err(),
        engine.sync_status(&bob, StatusSubject::Account(account)).await.unwrap_err(),
        engine.sync_status(&bob, StatusSubject::Connection(connection)).await.unwrap_err(),
        engine.sync_status(&books.user, StatusSubject::Connection(nowhere)).await.unwrap_err(),
        engine.balance_history(&bob, account, DateWindow::default(), 9).await.unwrap_err(),
        engine.finish_update(&bob, connection).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(*error.kind(), SyncErrorKind::NotFound);
    }
}

/// Adds a connection with one account that holds this much, and a run of it.
async fn connect(
    store: &MemoryStore,
    owner: &UserId,
    name: &str,
    current: Option<&str>,
    outcome: RunOutcome,
) -> ConnectionId {
    let new = finance_core::conformance::samples::new_connection(owner, name);
    let id = store.insert_connection(new).await.unwrap().id;
    let mut listed = account(name);
    if name.starts_with("card") {
        listed.provider_type = "credit".to_owned();
        listed.provider_subtype = Some("credit card".to_owned());
    }
    listed.balances.current = current.map(|text| text.parse().unwrap());
    let mut change = ChangeSet { status: Some(ConnectionStatus::Good), ..ChangeSet::new(id, at(0)) };
    change.accounts.listed = vec![listed];
    store.apply(&change).await.unwrap();
    for minute in 0..4 {
        let run = SyncRun {
            connection: id,
            started_at: at(minute * 60),
            ended_at: at(minute * 60) + TimeDelta::milliseconds(100 * (minute + 1)),
            outcome,
            counts: finance_core::SyncCounts { added: 3, ..Default::default() },
            pages: 1,
            restarts: 0,
            retries: 0,
            fault: None,
        };
        store.apply(&ChangeSet { run: Some(run), ..ChangeSet::new(id, at(0)) }).await.unwrap();
    }
    id
}

#[tokio::test]
async fn the_overview_has_the_worst_first_and_what_is_owned_and_owed() {
    let books = SampleBooks::new().await;
    let anna = &books.user;
    let card = connect(&books.store, anna, "card", Some("-30.00"), RunOutcome::Applied).await;
    connect(&books.store, anna, "secret", None, RunOutcome::Applied).await;
    connect(&books.store, &user("bob"), "other", Some("9999"), RunOutcome::Failed).await;
    let broken = ChangeSet { status: Some(ConnectionStatus::NeedsSignIn), ..ChangeSet::new(card, at(9)) };
    books.store.apply(&broken).await.unwrap();

    let page = books.engine.sync_overview(anna).await.unwrap();
    let names: Vec<&str> = page.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names[0], "Account card");
    assert_eq!(names.len(), 4);
    assert_eq!(page.accounts[0].health.level, HealthLevel::Broken);
    let scores: Vec<Option<u8>> = page.accounts.iter().map(|account| account.health.score).collect();
    assert!(scores.is_sorted_by_key(|score| score.unwrap_or(101)), "{scores:?}");

    let [total] = &page.totals.by_currency[..] else { panic!("{:?}", page.totals) };
    assert_eq!(total.net.as_ref().unwrap().to_string(), "170.00 USD");
    let classes: Vec<(AccountClass, u32, String)> = total
        .by_class
        .iter()
        .map(|class| (class.class, class.accounts, class.sum.as_ref().unwrap().amount().to_string()))
        .collect();
    let expected =
        [(AccountClass::Asset, 2, "200.00".to_owned()), (AccountClass::Liability, 1, "-30.00".to_owned())];
    assert_eq!(classes, expected);
    assert_eq!(page.totals.unknown.len(), 1, "unknown is not zero");

    assert_eq!(page.connections.overall.worst, Some(card));
    assert_eq!(page.advice[0].recommendation, Recommendation::SignInAgain);
    assert_eq!(page.advice[0].accounts, [page.accounts[0].account]);
    let next = page.next_sync.unwrap();
    assert_ne!(next.connection, card, "it waits for its user");
    assert_eq!(page.gone_accounts, 0);
}

#[tokio::test]
async fn an_account_that_is_gone_leaves_the_overview() {
    let books = SampleBooks::new().await;
    books.provider.change(&books.sign_in, BankChange::SetAccounts(vec![account("a")])).await;
    sync(&books).await;
    let page = books.engine.sync_overview(&books.user).await.unwrap();
    assert_eq!((page.accounts.len(), page.gone_accounts), (1, 1));
    assert_eq!(page.totals.by_currency[0].net.as_ref().unwrap().to_string(), "100.00 USD");
    assert_eq!(status(&books).await.open_accounts, 1);
    // It can still be asked for.
    let gone = books.engine.account_health(&books.user, books.accounts[1]).await.unwrap();
    assert_eq!(gone.status, finance_core::AccountStatus::Gone);
}

#[tokio::test]
async fn the_sync_status_counts_stored_runs() {
    let books = SampleBooks::new().await;
    let id = connect(&books.store, &books.user, "card", Some("1"), RunOutcome::Applied).await;
    books.clock.advance(TimeDelta::minutes(5));
    let pending =
        ProviderTransaction { pending: true, date: "2025-11-01".parse().unwrap(), ..row("p", "card", "-1") };
    let told = ChangeSet {
        inserts: vec![insert(pending)],
        bank_updated_at: Some(at(-3600)),
        ..ChangeSet::new(id, at(299))
    };
    books.store.apply(&told).await.unwrap();

    let status = books.engine.sync_status(&books.user, StatusSubject::Connection(id)).await.unwrap();
    assert_eq!((status.statistics.runs, status.statistics.success_percent), (4, Some(100)));
    assert_eq!(
        (status.statistics.mean_milliseconds, status.statistics.p95_milliseconds),
        (Some(250), Some(400))
    );
    assert_eq!(status.statistics.rows_per_run.unwrap().to_string(), "3.0");
    assert_eq!((status.quality, status.data_age_seconds), (HealthLevel::Good, Some(3900)));
    let latest: Vec<_> = status.latest_runs.iter().map(|run| run.started_at).collect();
    assert_eq!(latest, [at(180), at(120), at(60), at(0)]);
    let light = |factor| status.indicators.iter().find(|it| it.factor == factor).unwrap().light;
    assert_eq!(status.indicators.len(), HealthFactor::ALL.len());
    assert_eq!(light(HealthFactor::Connection), Light::Green);
    assert_eq!(light(HealthFactor::Reconciliation), Light::Off);
    assert_eq!(light(HealthFactor::Pendings), Light::Red);
    assert_eq!(status.recommendations, [Recommendation::Reconcile, Recommendation::ReviewPending]);

    let account = status.accounts[0].account;
    let of_account = books.engine.sync_status(&books.user, StatusSubject::Account(account)).await.unwrap();
    assert_eq!(of_account, status);
    let health = books.engine.account_health(&books.user, account).await.unwrap();
    assert_eq!(health, status.accounts[0]);
    assert_eq!(health.pending_rows, 1);
}

#[tokio::test]
async fn balances_that_need_the_user_are_told_of_their_connection_only() {
    let books = SampleBooks::new().await;
    let sign_in = books.provider.sign_in(vec![account("c")], vec![], true).await;
    let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(sign_in.clone()) };
    let second = books.engine.link(&books.user, request).await.unwrap();
    books.provider.change(&sign_in, BankChange::BreakSignIn).await;

    let report = books.engine.sync_balances(&books.user, &SyncScope::All).await.unwrap();
    assert_eq!((report.count(BalanceSource::Live), report.count(BalanceSource::Stored)), (2, 1));
    let failed = report.accounts.last().unwrap();
    assert_eq!((failed.account, failed.source), (second.accounts[0].id, BalanceSource::Stored));
    assert_eq!(failed.fault.as_ref().unwrap().kind, ProviderErrorKind::SignInAgain);
    let states: Vec<_> = books.engine.connection_status(&books.user).await.unwrap().connections;
    let states: Vec<_> = states.iter().map(|report| (report.state, report.fault.is_some())).collect();
    assert_eq!(states, [(ConnectionStatus::Good, false), (ConnectionStatus::NeedsSignIn, true)]);
}

#[tokio::test]
async fn live_balances_that_need_the_user_fall_back_and_are_told() {
    let books = SampleBooks::new().await;
    books.provider.fail(ScriptedCall::LiveBalances, [Some(ProviderErrorKind::SignInAgain)]);
    let report = books.engine.sync_balances(&books.user, &SyncScope::All).await.unwrap();
    assert_eq!(report.count(BalanceSource::Cached), 2);
    assert_eq!(status(&books).await.state, ConnectionStatus::NeedsSignIn);
    // A fault that passes by itself says nothing of the connection.
    sync(&books).await;
    books.provider.fail(ScriptedCall::LiveBalances, [Some(ProviderErrorKind::Unavailable)]);
    books.engine.sync_balances(&books.user, &SyncScope::All).await.unwrap();
    assert_eq!(status(&books).await.state, ConnectionStatus::Good);
}

#[tokio::test]
async fn balances_leave_a_history() {
    let books = SampleBooks::new().await;
    let store: &dyn Store = &*books.store;
    let told = |current: &str| {
        let mut listed = account("a");
        listed.balances.current = Some(current.parse().unwrap());
        vec![listed, account("b")]
    };
    books.provider.change(&books.sign_in, BankChange::SetAccounts(told("90.00"))).await;
    let report = books.engine.sync_balances(&books.user, &SyncScope::All).await.unwrap();
    assert!(report.accounts.iter().all(|balance| balance.source == BalanceSource::Live));
    books.provider.fail(ScriptedCall::LiveBalances, [Some(ProviderErrorKind::Unavailable)]);
    books.provider.change(&books.sign_in, BankChange::SetAccounts(told("80.00"))).await;
    books.engine.sync_balances(&books.user, &SyncScope::All).await.unwrap();
    let history =
        store.balance_history(&books.user, books.accounts[0], DateWindow::default(), 9).await.unwrap();
    let entries: Vec<(String, BalanceSource)> =
        history.iter().map(|entry| (entry.balances.current.unwrap().to_string(), entry.source)).collect();
    let expected =
        [("80.00", BalanceSource::Cached), ("90.00", BalanceSource::Live), ("100.00", BalanceSource::Cached)];
    assert_eq!(entries, expected.map(|(current, source)| (current.to_owned(), source)));
}

#[tokio::test]
async fn accounts_kept_by_hand_are_judged_without_a_connection() {
    let books = SampleBooks::new().await;
    let wallet = NewManualAccount::new("Wallet", AccountKind::DigitalWallet, Currency::iso("USD").unwrap());
    let wallet = books.engine.create_manual_account(&books.user, &wallet).await.unwrap();
    let page = books.engine.sync_overview(&books.user).await.unwrap();
    assert_eq!((page.accounts.len(), page.connections.connections.len()), (3, 1));
    assert_eq!(page.totals.unknown, [wallet.id]);
    assert_eq!(page.next_sync.unwrap().connection, books.connection);
    let report = books.engine.account_health(&books.user, wallet.id).await.unwrap();
    assert_eq!((report.state, report.next_due, report.data_age_seconds), (None, None, None));
    assert_eq!(report.health.recommendations, [Recommendation::Reconcile]);
    let status = books.engine.sync_status(&books.user, StatusSubject::Account(wallet.id)).await;
    crate::expect_kind(status, &SyncErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_connection_that_the_user_removed_asks_for_nothing() {
    let books = SampleBooks::new().await;
    books.engine.remove_connection(&books.user, books.connection, &RemovalOptions::default()).await.unwrap();
    let report = books.engine.connection_status(&books.user).await.unwrap();
    let connection = &report.connections[0];
    assert_eq!((connection.state, connection.action), (ConnectionStatus::Removed, ConnectionAction::Nothing));
    assert_eq!(
        connection.sentence,
        "You ended this sign-in at Scripted Bank. What came from it so far is kept."
    );
    assert_eq!((report.overall.connections, report.overall.state), (0, None));
    let health = books.engine.account_health(&books.user, books.accounts[0]).await.unwrap().health;
    assert_eq!((health.level, &health.recommendations[..]), (HealthLevel::Broken, &[][..]));
    assert!(health.parts.iter().all(|part| part.action.is_none()));
    let page = books.engine.sync_overview(&books.user).await.unwrap();
    assert_eq!((page.accounts.len(), page.gone_accounts), (0, 2));
    assert!(page.totals.by_currency.is_empty() && page.advice.is_empty() && page.next_sync.is_none());
}

#[tokio::test]
async fn a_bank_that_lists_nothing_closes_nothing() {
    let books = SampleBooks::new().await;
    let last = books.engine.last_event(&books.user).await.unwrap();
    books.provider.change(&books.sign_in, BankChange::SetAccounts(Vec::new())).await;
    books.provider.fail(ScriptedCall::LiveBalances, [Some(ProviderErrorKind::Unavailable)]);
    let report = books.engine.sync_balances(&books.user, &SyncScope::All).await.unwrap();
    assert_eq!(report.count(BalanceSource::Stored), 2);
    let accounts = books.engine.accounts(&books.user).await.unwrap();
    assert!(accounts.iter().all(|account| account.status == AccountStatus::Open));
    assert_eq!(books.engine.last_event(&books.user).await.unwrap(), last);
}
