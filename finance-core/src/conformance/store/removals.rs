use super::{Linked, Snapshot, StoreFixture};
use crate::conformance::samples::{account, at, insert, new_connection, row, user};
use crate::{
    AccountId, Actor, AfterAnswers, AssignedCategory, AuditDraft, AuditSubject, BalanceSource,
    CategoryAnswer, CategoryAnswers, CategoryQuestion, CategoryRule, CategoryScope, ChangeSet, ClaimRequest,
    ConnectionRemoval, ConnectionStatus, Due, DueReason, EventKind, LocalRecords, NewConnection,
    NewReconciliation, PauseReason, ProviderTransaction, RawJson, RecordCounts, RecordKind, ResolutionWrite,
    RunOutcome, StatementWrite, Store, StoreErrorKind, StoredResolution, SyncCounts, SyncRun,
    TransactionEdit, TransactionQuery, TransactionState, UserId, parse_amount,
};

fn run(linked: &Linked) -> SyncRun {
    SyncRun {
        connection: linked.id,
        started_at: at(1),
        ended_at: at(2),
        outcome: RunOutcome::Applied,
        counts: SyncCounts::default(),
        pages: 1,
        restarts: 0,
        retries: 0,
        fault: None,
    }
}

/// A connection with something of every kind.
pub(super) async fn full(
    fixture: &dyn StoreFixture,
    owner: &str,
    provider_id: &str,
    accounts: [&str; 2],
) -> Linked {
    let linked = Linked::new(fixture.store(), owner, provider_id, &accounts).await;
    let raw = |id: &str, account: &str| {
        let raw = Some(RawJson::from_text(&format!("{{\"raw\":\"{id}\"}}")));
        insert(ProviderTransaction { raw, ..row(id, account, "-4.50") })
    };
    let id = |row: &str| format!("{provider_id}-{row}");
    let statement = StatementWrite {
        account: linked.account_id(accounts[0]).await,
        date: "2026-01-31".parse().unwrap(),
        before: None,
        after: Some(parse_amount("95.50").unwrap()),
    };
    let rows = [("one", 0), ("two", 1), ("gone", 0), ("noted", 0)];
    let change = ChangeSet {
        cursor: Linked::step(None, Some("c1")),
        inserts: rows.map(|(row, place)| raw(&id(row), accounts[place])).to_vec(),
        statements: vec![statement.clone()],
        run: Some(run(&linked)),
        ..linked.change()
    };
    linked.apply(change).await;
    linked.remove(&id("gone")).await;
    let note = Some(Some("a gift".to_owned()));
    linked.edit(&id("noted"), &TransactionEdit { note, ..TransactionEdit::default() }).await;
    compare(&linked, statement.account).await;
    assign(&linked, "Food").await;
    set_rules(&linked).await;
    let mut change = ChangeSet { balance_source: BalanceSource::Live, ..linked.change() };
    change.accounts.listed = accounts.map(account).to_vec();
    change.accounts.listed[0].balances.current = Some(parse_amount("91.00").unwrap());
    linked.apply(change).await;
    linked
}

/// Compares an account with the bank, and accepts an explanation.
async fn compare(linked: &Linked, account: AccountId) {
    let compared = NewReconciliation { account, score: Some(70), difference: None, body: "{}".to_owned() };
    let applied = linked.apply(ChangeSet { reconciliations: vec![compared], ..linked.change() }).await;
    let after = StoredResolution {
        reconciliation: applied.reconciliations[0],
        explanation: 1,
        resolved_at: at(4),
        undone_at: None,
        body: "{}".to_owned(),
    };
    let resolutions = vec![ResolutionWrite { before: None, after }];
    linked.apply(ChangeSet { resolutions, ..linked.change() }).await;
}

/// Assigns a category to every row of the user's that waits for one.
pub(super) async fn assign(linked: &Linked, category: &str) {
    let scope = CategoryScope::User(linked.user.clone());
    let request = ClaimRequest {
        scope: scope.clone(),
        fresh_only: false,
        after: None,
        limit: 99,
        at: at(3),
        lease: chrono::TimeDelta::seconds(60),
        attempts: 3,
    };
    let claim = linked.store.claim_uncategorised(&request).await.unwrap().expect("rows must wait");
    let assigned =
        AssignedCategory { category: category.to_owned(), confidence: None, source: "model".to_owned() };
    let answer = |question: &CategoryQuestion| CategoryAnswer {
        transaction: question.transaction,
        assigned: assigned.clone(),
    };
    let answers = claim.questions.iter().map(answer).collect();
    let answers = CategoryAnswers { scope, claim: claim.id, at: at(3), answers, then: AfterAnswers::Done };
    linked.store.apply_categories(&answers).await.unwrap();
}

async fn set_rules(linked: &Linked) {
    let rule = CategoryRule {
        text_contains: Some("ROW".to_owned()),
        merchant: None,
        at_least: None,
        at_most: None,
        direction: None,
        account_kind: None,
        category: "Food".to_owned(),
    };
    let before = linked.store.category_rules(&linked.user).await.unwrap();
    let draft = AuditDraft::new(Actor::User, "category_rules_set", AuditSubject::Books);
    linked.store.set_category_rules(&linked.user, &before, &[rule], at(3), &draft).await.unwrap();
}

pub(super) fn removal(linked: &Linked, local: LocalRecords) -> ConnectionRemoval {
    ConnectionRemoval {
        user: linked.user.clone(),
        connection: linked.id,
        at: at(9),
        local,
        actor: Actor::User,
        reason: Some("another bank".to_owned()),
    }
}

async fn snapshot(store: &dyn Store, user: &UserId) -> Snapshot {
    Snapshot::of(store, std::slice::from_ref(user)).await
}

fn counts(records: &RecordCounts) -> Vec<(&'static str, u64)> {
    records.iter().map(|(kind, records)| (kind.name(), records)).collect()
}

pub(super) async fn records_are_counted(fixture: &mut dyn StoreFixture) {
    let ada = full(fixture, "ada", "item-1", ["a", "b"]).await;
    full(fixture, "bob", "item-2", ["a", "b"]).await;
    let records = ada.store.records(&ada.user).await.unwrap();
    let expected = [
        ("connections", 1),
        ("accounts", 2),
        ("transactions", 4),
        ("sync_runs", 1),
        ("balances", 4),
        ("reconciliations", 1),
        ("statements", 1),
        ("category_rules", 1),
        ("events", ada.events_after(0).await.len() as u64),
        ("audit_entries", 1),
    ];
    assert_eq!(counts(&records), expected);
    assert_eq!(
        (records.of(RecordKind::Accounts), records.total()),
        (2, expected.iter().map(|it| it.1).sum())
    );
    assert!(ada.store.records(&user("nobody")).await.unwrap().is_empty());
}

pub(super) async fn a_removed_connection_keeps_its_records(fixture: &mut dyn StoreFixture) {
    let linked = full(fixture, "ada", "item-1", ["a", "b"]).await;
    let other = full(fixture, "ada", "item-2", ["a", "b"]).await;
    let (store, owner) = (linked.store.clone(), linked.user.clone());
    let before = linked.connection().await;
    let rows = linked.list(&TransactionQuery::default()).await;
    let events = linked.events_after(0).await.len() as u64;

    let erased = store.remove_connection(&removal(&linked, LocalRecords::Keep)).await.unwrap();
    assert!(erased.is_empty());
    let revision = before.revision + 1;
    let removed = crate::Connection { status: ConnectionStatus::Removed, fault: None, revision, ..before };
    assert_eq!(linked.connection().await, removed);
    let error = store.access_token(&owner, linked.id).await.expect_err("the token is destroyed");
    assert_eq!(error.kind(), StoreErrorKind::NoToken);
    assert_eq!(store.access_token(&owner, other.id).await.unwrap().expose(), "token-of-item-2");
    assert_eq!(linked.list(&TransactionQuery::default()).await, rows);
    let due = store.schedule(&owner, linked.id).await.unwrap().due;
    assert_eq!(due, Due::Paused(PauseReason::ConnectionRemoved));

    let told: Vec<EventKind> =
        linked.events_after(events).await.into_iter().map(|event| event.kind).collect();
    let changed = EventKind::ConnectionChanged { connection: linked.id, status: ConnectionStatus::Removed };
    assert_eq!(told, [changed, EventKind::DashboardUpdated]);
    let entry = store.audit_entries(&owner, 0, 9).await.unwrap().pop().unwrap();
    assert_eq!(
        (entry.action.as_str(), entry.reason.as_deref()),
        ("connection_removed", Some("another bank"))
    );

    // Its rows can still be edited, and removing it again changes nothing.
    let note = TransactionEdit { note: Some(Some("later".to_owned())), ..TransactionEdit::default() };
    assert_eq!(linked.edit("item-1-one", &note).await.edits.note.as_deref(), Some("later"));
    let users = [owner];
    let before = Snapshot::of(&*store, &users).await;
    store.remove_connection(&removal(&linked, LocalRecords::Keep)).await.unwrap();
    assert_eq!(Snapshot::of(&*store, &users).await, before);
    fixture.reopen().await;
    assert_eq!(Snapshot::of(&*fixture.store(), &users).await, before);
}

pub(super) async fn a_removed_connection_stays_removed(fixture: &mut dyn StoreFixture) {
    let linked = full(fixture, "ada", "item-1", ["a", "b"]).await;
    linked.store.remove_connection(&removal(&linked, LocalRecords::Keep)).await.unwrap();
    let good = Some(ConnectionStatus::Good);
    // As a sync would that began before.
    let late = ChangeSet {
        cursor: Linked::step(Some("c1"), Some("c2")),
        status: good,
        inserts: vec![insert(row("late", "a", "1"))],
        ..linked.change()
    };
    linked.refuse(late, StoreErrorKind::Conflict).await;
    let mut balances = linked.change();
    balances.accounts.listed = vec![account("a")];
    linked.refuse(balances, StoreErrorKind::Conflict).await;
    linked.apply(ChangeSet { status: good, ..linked.change() }).await;
    linked.record(&run(&linked), good).await;
    assert_eq!(linked.connection().await.status, ConnectionStatus::Removed);
}

pub(super) async fn a_removed_connection_that_is_linked_again_is_new(fixture: &mut dyn StoreFixture) {
    let linked = full(fixture, "ada", "item-1", ["a", "b"]).await;
    let rows = linked.list(&TransactionQuery::default()).await;
    linked.store.remove_connection(&removal(&linked, LocalRecords::Keep)).await.unwrap();
    let removed = linked.connection().await;
    let new = NewConnection { created_at: at(77), ..new_connection(&linked.user, "item-1") };
    // Without a token it stays as it is.
    let bare = NewConnection { access_token: None, ..new.clone() };
    assert_eq!(linked.store.insert_connection(bare).await.unwrap(), removed);

    let again = linked.store.insert_connection(new).await.unwrap();
    let revision = removed.revision + 1;
    let status = ConnectionStatus::New;
    assert_eq!(again, crate::Connection { status, cursor: None, revision, ..removed });
    assert!(linked.store.access_token(&linked.user, linked.id).await.is_ok());
    let due = linked.store.schedule(&linked.user, linked.id).await.unwrap().due;
    assert_eq!(due, Due::At { at: at(77), why: DueReason::First });
    let cursor = Linked::step(None, Some("c9"));
    linked.apply(ChangeSet { cursor, status: Some(ConnectionStatus::Good), ..linked.change() }).await;
    assert_eq!(linked.list(&TransactionQuery::default()).await, rows);
}

pub(super) async fn an_erased_connection_leaves_nothing_and_touches_nothing(fixture: &mut dyn StoreFixture) {
    let linked = full(fixture, "ada", "item-1", ["a", "b"]).await;
    let other = full(fixture, "ada", "item-2", ["a", "b"]).await;
    let bob = full(fixture, "bob", "item-3", ["a", "b"]).await;
    let (store, owner) = (linked.store.clone(), linked.user.clone());
    let untouched = snapshot(&*store, &bob.user).await;
    let row_id = linked.id_of("item-1-one").await;
    let events = linked.events_after(0).await.len() as u64;

    let erased = store.remove_connection(&removal(&linked, LocalRecords::Erase)).await.unwrap();
    let expected = [
        ("connections", 1),
        ("accounts", 2),
        ("transactions", 4),
        ("sync_runs", 1),
        ("balances", 4),
        ("reconciliations", 1),
        ("statements", 1),
    ];
    assert_eq!(counts(&erased), expected);
    let not_found = StoreErrorKind::NotFound;
    assert_eq!(store.connection(&owner, linked.id).await.expect_err("it is erased").kind(), not_found);
    assert_eq!(store.transaction(&owner, row_id).await.expect_err("it is erased").kind(), not_found);
    assert!(store.accounts(&owner).await.unwrap().iter().all(|account| account.connection == other.id));
    assert!(store.known_transactions(linked.id, crate::KnownTransactions::All).await.unwrap().is_empty());
    assert_eq!(other.list(&TransactionQuery::default()).await.len(), 3);
    assert_eq!(snapshot(&*store, &bob.user).await, untouched);

    let told: Vec<EventKind> = other.events_after(events).await.into_iter().map(|event| event.kind).collect();
    let gone = EventKind::ConnectionErased { connection: linked.id };
    assert_eq!(told, [gone, EventKind::DashboardUpdated]);
    let entry = store.audit_entries(&owner, 0, 9).await.unwrap().pop().unwrap();
    assert_eq!(entry.action, "connection_erased");
    let after = entry.after.unwrap();
    assert!(after.contains("\"transactions\":4") && !after.contains("gift"), "{after}");

    // No number is given twice.
    let again = Linked::new(store.clone(), "ada", "item-1", &["a", "b"]).await;
    again.insert([row("item-1-one", "a", "1")]).await;
    assert!(again.id > bob.id);
    assert!(again.account_id("a").await > bob.account_id("b").await);
    assert!(again.id_of("item-1-one").await > bob.id_of("item-3-noted").await);
    let error = store.remove_connection(&removal(&linked, LocalRecords::Erase)).await;
    assert_eq!(error.expect_err("there is no such connection").kind(), not_found);
}

pub(super) async fn a_forgotten_user_leaves_nothing_and_touches_nothing(fixture: &mut dyn StoreFixture) {
    let ada = full(fixture, "ada", "item-1", ["a", "b"]).await;
    full(fixture, "ada", "item-2", ["a", "b"]).await;
    let bob = full(fixture, "bob", "item-3", ["a", "b"]).await;
    let store = ada.store.clone();
    store.remove_connection(&removal(&ada, LocalRecords::Keep)).await.unwrap();
    let untouched = snapshot(&*store, &bob.user).await;
    let records = store.records(&ada.user).await.unwrap();

    assert_eq!(store.forget_user(&ada.user).await.unwrap(), records);
    assert!(store.records(&ada.user).await.unwrap().is_empty());
    let nobody = snapshot(&*store, &user("nobody")).await;
    assert_eq!(snapshot(&*store, &ada.user).await, nobody);
    assert_eq!(snapshot(&*store, &bob.user).await, untouched);
    assert!(store.forget_user(&ada.user).await.unwrap().is_empty());
    fixture.reopen().await;
    let store = fixture.store();
    assert_eq!(snapshot(&*store, &ada.user).await, nobody);

    // Whoever comes back starts anew.
    let again = full(fixture, "ada", "item-1", ["a", "b"]).await;
    assert_eq!(again.events_after(0).await[0].number, 1);
    assert_eq!(again.row("item-1-noted").await.state, TransactionState::Live);
    assert_eq!(snapshot(&*store, &bob.user).await, untouched);
}

pub(super) async fn nobody_removes_what_is_another_users(fixture: &mut dyn StoreFixture) {
    let ada = full(fixture, "ada", "item-1", ["a", "b"]).await;
    let bob = full(fixture, "bob", "item-2", ["a", "b"]).await;
    let users = [ada.user.clone(), bob.user.clone()];
    let before = Snapshot::of(&*ada.store, &users).await;
    for local in [LocalRecords::Keep, LocalRecords::Erase] {
        let strange = ConnectionRemoval { user: bob.user.clone(), ..removal(&ada, local) };
        let error = ada.store.remove_connection(&strange).await.expect_err("the connection is Ada's");
        assert_eq!(error.kind(), StoreErrorKind::NotFound);
    }
    assert_eq!(Snapshot::of(&*ada.store as &dyn Store, &users).await, before);
}
