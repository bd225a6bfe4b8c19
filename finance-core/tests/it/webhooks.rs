//! Webhooks as the engine takes them.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use finance_core::conformance::samples::{account, row, user};
use finance_core::conformance::{BankChange, BankNews, ProviderFixture, SampleBooks, ScriptedProvider};
use finance_core::*;

async fn deliver(books: &SampleBooks, webhook: &WebhookDelivery) -> Result<WebhookOutcome, SyncError> {
    books.engine.handle_webhook(webhook.headers.clone(), webhook.body.clone()).await
}

/// Sends news now and hands them to the engine.
async fn tell(books: &SampleBooks, news: &BankNews) -> WebhookOutcome {
    let webhook = books.provider.webhook_at(&books.sign_in, news, books.clock.now());
    deliver(books, &webhook).await.unwrap()
}

async fn connection(books: &SampleBooks) -> Connection {
    books.engine.connections(&books.user).await.unwrap().remove(0)
}

async fn sync(books: &SampleBooks) -> SyncReport {
    books.clock.advance(TimeDelta::minutes(1));
    books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap()
}

async fn schedule(books: &SampleBooks) -> ScheduleState {
    books.store.schedule(&books.user, books.connection).await.unwrap().state
}

async fn new_events(books: &SampleBooks, after: u64) -> Vec<EventKind> {
    let page = books.store.events(&books.user, after, 100).await.unwrap();
    page.events.into_iter().map(|event| event.kind).collect()
}

#[tokio::test]
async fn news_of_transactions_make_the_connection_due_and_change_nothing_else() {
    let books = SampleBooks::new().await;
    let (before, last) = (connection(&books).await, books.engine.last_event(&books.user).await.unwrap());
    books.clock.advance(TimeDelta::minutes(5));
    for news in [BankNews::TransactionsReady, BankNews::AccountsChanged] {
        let outcome = tell(&books, &news).await;
        assert_eq!((outcome.handling, outcome.due_at.is_some()), (WebhookHandling::Done, true));
    }
    assert_eq!(connection(&books).await, before);
    assert_eq!(new_events(&books, last).await, []);
    assert_eq!(schedule(&books).await.webhook_at, Some(books.clock.now()));
}

#[tokio::test]
async fn a_broken_sign_in_is_marked_told_and_healed_by_a_sync() {
    let books = SampleBooks::new().await;
    let last = books.engine.last_event(&books.user).await.unwrap();
    books.clock.advance(TimeDelta::minutes(5));
    let outcome = tell(&books, &BankNews::ConnectionBroken).await;
    assert_eq!((outcome.handling, outcome.due_at), (WebhookHandling::Done, Some(books.clock.now())));
    let marked = connection(&books).await;
    assert_eq!(marked.status, ConnectionStatus::NeedsSignIn);
    let fault = marked.fault.unwrap();
    assert_eq!((fault.kind, fault.at), (ProviderErrorKind::SignInAgain, books.clock.now()));
    let changed = |status| EventKind::ConnectionChanged { connection: books.connection, status };
    let told = [changed(ConnectionStatus::NeedsSignIn), EventKind::DashboardUpdated];
    assert_eq!(new_events(&books, last).await, told);

    books.clock.advance(TimeDelta::minutes(5));
    let outcome = tell(&books, &BankNews::ConnectionRepaired).await;
    assert_eq!((outcome.handling, outcome.due_at.is_some()), (WebhookHandling::Done, true));
    let healed = connection(&books).await;
    assert_eq!((healed.status, healed.fault), (ConnectionStatus::Good, None));
    assert!(sync(&books).await.is_complete());
}

#[tokio::test]
async fn a_false_alarm_lasts_until_the_sync_that_it_makes_due() {
    let books = SampleBooks::new().await;
    books.clock.advance(TimeDelta::minutes(5));
    // The sign-in is sound: the webhook was held up, and dated anew when it was sent again.
    let outcome = tell(&books, &BankNews::ConnectionBroken).await;
    assert_eq!(outcome.due_at, Some(books.clock.now()));
    assert_eq!(connection(&books).await.status, ConnectionStatus::NeedsSignIn);
    assert!(sync(&books).await.is_complete());
    let sound = connection(&books).await;
    assert_eq!((sound.status, sound.fault), (ConnectionStatus::Good, None));
}

#[tokio::test]
async fn an_error_that_comes_after_a_newer_good_sync_marks_nothing() {
    let books = SampleBooks::new().await;
    let sent_at = books.clock.now() + TimeDelta::seconds(30);
    books.provider.change(&books.sign_in, BankChange::Add(row("new", "a", "-1.00"))).await;
    assert!(sync(&books).await.is_complete());
    let before = connection(&books).await;
    for news in
        [BankNews::ConnectionBroken, BankNews::AccessRevoked, BankNews::AccountRevoked(account("a").id)]
    {
        let webhook = books.provider.webhook_at(&books.sign_in, &news, sent_at);
        let outcome = deliver(&books, &webhook).await.unwrap();
        assert_eq!(
            (outcome.handling, outcome.due_at.is_some()),
            (WebhookHandling::Outdated, true),
            "{news:?}"
        );
    }
    assert_eq!(connection(&books).await, before);
    assert!(
        books.engine.accounts(&books.user).await.unwrap().iter().all(|it| it.status == AccountStatus::Open)
    );
}

#[tokio::test]
async fn warnings_are_marked_and_stay_over_a_sync() {
    let books = SampleBooks::new().await;
    books.clock.advance(TimeDelta::minutes(5));
    let end = books.clock.now() + TimeDelta::days(6);
    tell(&books, &BankNews::ConsentEndsSoon(end)).await;
    let warned = connection(&books).await;
    assert_eq!((warned.status, warned.consent_expires_at), (ConnectionStatus::ConsentEndsSoon, Some(end)));
    tell(&books, &BankNews::DisconnectsSoon(end)).await;
    assert_eq!(connection(&books).await.status, ConnectionStatus::Disconnecting);
    assert!(sync(&books).await.is_complete());
    assert_eq!(connection(&books).await.status, ConnectionStatus::Disconnecting);
    books.engine.finish_update(&books.user, books.connection).await.unwrap();
    assert_eq!(connection(&books).await.status, ConnectionStatus::Good);
}

#[tokio::test]
async fn withdrawn_access_is_marked_and_audited() {
    let books = SampleBooks::new().await;
    books.clock.advance(TimeDelta::minutes(5));
    let outcome = tell(&books, &BankNews::AccountRevoked(account("b").id)).await;
    assert_eq!((outcome.handling, outcome.due_at.is_some()), (WebhookHandling::Done, false));
    let accounts = books.engine.accounts(&books.user).await.unwrap();
    assert_eq!((accounts[0].status, accounts[1].status), (AccountStatus::Open, AccountStatus::Gone));
    let rows = books.engine.transactions(&books.user, &TransactionQuery::default()).await.unwrap();
    assert_eq!(rows.len(), 4, "history stays");
    // Of an account that the books do not have, the bank is asked.
    let outcome = tell(&books, &BankNews::AccountRevoked(account("elsewhere").id)).await;
    assert_eq!((outcome.handling, outcome.due_at.is_some()), (WebhookHandling::Done, true));

    tell(&books, &BankNews::AccessRevoked).await;
    assert_eq!(connection(&books).await.status, ConnectionStatus::Revoked);
    let trail = books.store.audit_entries(&books.user, 0, 100).await.unwrap();
    let written: Vec<_> = trail
        .iter()
        .filter(|entry| entry.actor == Actor::Engine)
        .map(|entry| (entry.action.as_str(), entry.subject))
        .filter(|(action, _)| action.ends_with("_revoked"))
        .collect();
    let expected = [
        ("account_revoked", AuditSubject::Account(books.accounts[1])),
        ("access_revoked", AuditSubject::Connection(books.connection)),
    ];
    assert_eq!(written, expected);
}

#[tokio::test]
async fn new_accounts_are_offered_until_the_user_went_through_the_dialogue() {
    let books = SampleBooks::new().await;
    let last = books.engine.last_event(&books.user).await.unwrap();
    tell(&books, &BankNews::NewAccounts).await;
    assert!(connection(&books).await.new_accounts_available);
    assert_eq!(new_events(&books, last).await.len(), 2);
    books.clock.advance(TimeDelta::seconds(1));
    tell(&books, &BankNews::NewAccounts).await;
    assert_eq!(new_events(&books, last).await.len(), 2, "no news");
    books.engine.finish_update(&books.user, books.connection).await.unwrap();
    assert!(!connection(&books).await.new_accounts_available);
}

#[tokio::test]
async fn the_same_delivery_again_changes_nothing() {
    let books = SampleBooks::new().await;
    books.clock.advance(TimeDelta::minutes(5));
    let webhook = books.provider.webhook_at(&books.sign_in, &BankNews::ConnectionBroken, books.clock.now());
    deliver(&books, &webhook).await.unwrap();
    books.engine.finish_update(&books.user, books.connection).await.unwrap();
    let before = connection(&books).await;
    assert_eq!(before.status, ConnectionStatus::Good);
    for _ in 0..3 {
        books.clock.advance(TimeDelta::minutes(1));
        let outcome = deliver(&books, &webhook).await.unwrap();
        assert_eq!((outcome.handling, outcome.due_at.is_some()), (WebhookHandling::AlreadyHandled, false));
        assert_eq!(outcome.connection, Some(books.connection));
    }
    assert_eq!(connection(&books).await, before);
    // And once it is forgotten, it is refused as too old.
    books.clock.advance(TimeDelta::days(2));
    let error = deliver(&books, &webhook).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::Webhook(WebhookErrorKind::Stale));
}

#[tokio::test]
async fn a_refused_webhook_leaves_nothing() {
    let books = SampleBooks::new().await;
    let before = (connection(&books).await, schedule(&books).await);
    let last = books.engine.last_event(&books.user).await.unwrap();
    let genuine = books.provider.webhook_at(&books.sign_in, &BankNews::ConnectionBroken, books.clock.now());
    let mut altered = genuine.clone();
    altered.body.push(b' ');
    let unsigned = WebhookDelivery { headers: vec![], ..genuine.clone() };
    let old = books.clock.now() - TimeDelta::hours(1);
    let stale = books.provider.webhook_at(&books.sign_in, &BankNews::ConnectionBroken, old);
    for (webhook, kind, status) in [
        (altered, WebhookErrorKind::Forged, 401),
        (unsigned, WebhookErrorKind::Malformed, 400),
        (stale, WebhookErrorKind::Stale, 401),
    ] {
        let error = deliver(&books, &webhook).await.unwrap_err();
        assert_eq!(*error.kind(), SyncErrorKind::Webhook(kind));
        assert_eq!(kind.http_status(), status);
    }
    assert_eq!((connection(&books).await, schedule(&books).await), before);
    assert_eq!(books.engine.last_event(&books.user).await.unwrap(), last);
}

#[tokio::test]
async fn what_is_not_for_a_connection_of_ours_is_acknowledged() {
    let books = SampleBooks::new().await;
    let stranger = books.provider.sign_in(vec![account("a")], vec![], true).await;
    let of_stranger = books.provider.webhook_at(&stranger, &BankNews::ConnectionBroken, books.clock.now());
    let outcome = deliver(&books, &of_stranger).await.unwrap();
    assert_eq!(outcome.handling, WebhookHandling::UnknownConnection);
    assert_eq!((outcome.user, outcome.connection), (None, None));

    let outcome = tell(&books, &BankNews::Unheard).await;
    assert_eq!((outcome.handling, outcome.due_at.is_some()), (WebhookHandling::Ignored, false));
    let outcome = tell(&books, &BankNews::LinkFinished).await;
    assert_eq!((outcome.handling, outcome.user), (WebhookHandling::ForTheHost, None));
    let WebhookNews::LinkFinished { public_tokens, .. } = outcome.news else { panic!("{:?}", outcome.news) };
    assert_eq!(public_tokens.len(), 1);
    assert_eq!(connection(&books).await.status, ConnectionStatus::Good);
}

#[tokio::test]
async fn a_removed_connection_stays_removed() {
    let books = SampleBooks::new().await;
    let status = Some(ConnectionStatus::Removed);
    let change = ChangeSet { status, ..ChangeSet::new(books.connection, books.clock.now()) };
    books.store.apply(&change).await.unwrap();
    let (before, last) = (connection(&books).await, books.engine.last_event(&books.user).await.unwrap());
    books.clock.advance(TimeDelta::minutes(5));
    for news in [
        BankNews::TransactionsReady,
        BankNews::ConnectionBroken,
        BankNews::ConnectionRepaired,
        BankNews::AccessRevoked,
        BankNews::NewAccounts,
    ] {
        let outcome = tell(&books, &news).await;
        assert_eq!(
            (outcome.handling, outcome.due_at.is_some()),
            (WebhookHandling::ConnectionEnded, false),
            "{news:?}"
        );
    }
    assert_eq!(connection(&books).await, before);
    assert_eq!(books.engine.last_event(&books.user).await.unwrap(), last);
}

#[tokio::test]
async fn a_webhook_reaches_the_connection_of_its_user_only() {
    let books = SampleBooks::new().await;
    let bob = user("bob");
    let sign_in = books.provider.sign_in(vec![account("a")], vec![], true).await;
    let bobs = books.engine.link(&bob, LinkRequest::new(sign_in.clone())).await.unwrap().connection.id;
    let annas = connection(&books).await;
    let webhook = books.provider.webhook_at(&sign_in, &BankNews::ConnectionBroken, books.clock.now());
    books.clock.advance(TimeDelta::seconds(1));
    let outcome = deliver(&books, &webhook).await.unwrap();
    assert_eq!((outcome.user, outcome.connection), (Some(bob), Some(bobs)));
    assert_eq!(connection(&books).await, annas);
}

/// A provider whose webhooks are good, and whose bank must not be asked.
#[tokio::test]
async fn no_bank_is_asked() {
    use finance_core::conformance::ScriptedCall;
    let books = SampleBooks::new().await;
    let count = |provider: &Arc<ScriptedProvider>| {
        [
            ScriptedCall::CreateLinkToken,
            ScriptedCall::Exchange,
            ScriptedCall::Connection,
            ScriptedCall::Accounts,
            ScriptedCall::LiveBalances,
            ScriptedCall::TransactionsPage,
        ]
        .map(|call| provider.calls(call))
    };
    let before = count(&books.provider);
    let end: DateTime<Utc> = books.clock.now() + TimeDelta::days(6);
    for news in [
        BankNews::TransactionsReady,
        BankNews::ConnectionBroken,
        BankNews::ConnectionRepaired,
        BankNews::ConsentEndsSoon(end),
        BankNews::AccessRevoked,
        BankNews::NewAccounts,
    ] {
        tell(&books, &news).await;
    }
    assert_eq!(count(&books.provider), before);
}

#[tokio::test]
async fn one_delivery_that_comes_twice_at_once_is_told_once() {
    let news = [
        BankNews::NewAccounts,
        BankNews::AccessRevoked,
        BankNews::AccountRevoked(account("b").id),
        BankNews::ConnectionBroken,
    ];
    for news in news {
        let books = SampleBooks::new().await;
        let last = books.engine.last_event(&books.user).await.unwrap();
        books.clock.advance(TimeDelta::minutes(5));
        let webhook = books.provider.webhook_at(&books.sign_in, &news, books.clock.now());
        let (engine, first) = (books.engine.clone(), webhook.clone());
        books.store.before_next_apply(async move {
            engine.handle_webhook(first.headers, first.body).await.unwrap();
        });
        deliver(&books, &webhook).await.unwrap();
        let told = new_events(&books, last).await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(books.engine.verify_audit(&books.user, None).await.unwrap().checked <= 1);
    }
}

#[tokio::test]
async fn a_sync_that_is_being_stored_takes_no_warning_away() {
    use ConnectionStatus::{Disconnecting, NeedsSignIn, Revoked};
    let soon = "2026-01-20T00:00:00Z".parse().unwrap();
    let news = [
        (BankNews::DisconnectsSoon(soon), Disconnecting),
        (BankNews::AccessRevoked, Revoked),
        (BankNews::ConnectionBroken, NeedsSignIn),
    ];
    for (news, status) in news {
        let books = SampleBooks::new().await;
        books.provider.change(&books.sign_in, BankChange::Add(row("t9", "a", "-9.00"))).await;
        let (engine, provider, clock) = (books.engine.clone(), books.provider.clone(), books.clock.clone());
        let sign_in = books.sign_in.clone();
        books.store.before_next_apply(async move {
            clock.advance(TimeDelta::minutes(1));
            let webhook = provider.webhook_at(&sign_in, &news, clock.now());
            let outcome = engine.handle_webhook(webhook.headers, webhook.body).await.unwrap();
            assert_eq!(outcome.handling, WebhookHandling::Done);
        });
        assert_eq!(sync(&books).await.counts().added, 1);
        assert_eq!(connection(&books).await.status, status);
    }
}
