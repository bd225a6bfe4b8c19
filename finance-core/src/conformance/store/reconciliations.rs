use rust_decimal::Decimal;

use super::{Linked, Snapshot, StoreFixture};
use crate::conformance::samples::{at, day, money, usd, user};
use crate::{
    AccountId, AuditDraft, AuditSubject, ChangeSet, Currency, EventKind, NewReconciliation, ReconciliationId,
    ReconciliationSummary, ResolutionWrite, Statement, StatementWrite, StoreErrorKind, StoredResolution,
    parse_amount,
};

fn new(account: AccountId, score: Option<u8>, difference: Option<&str>) -> NewReconciliation {
    let body = format!("{{\"score\":{score:?}}}");
    NewReconciliation { account, score, difference: difference.map(usd), body }
}

fn ids(summaries: &[ReconciliationSummary]) -> Vec<ReconciliationId> {
    summaries.iter().map(|summary| summary.id).collect()
}

/// Stores comparisons and returns their identifiers.
async fn compare(linked: &Linked, reconciliations: Vec<NewReconciliation>) -> Vec<ReconciliationId> {
    let applied = linked.apply(ChangeSet { reconciliations, ..linked.change() }).await;
    applied.reconciliations
}

pub(super) async fn comparisons_are_kept_and_the_latest_is_found(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b", "c"]).await;
    let (a, b) = (linked.account_id("a").await, linked.account_id("b").await);
    assert_eq!(linked.store.latest_reconciliations(&linked.user).await.unwrap(), []);
    let odd = money("0.000000000000000000000001", &Currency::unofficial("BTC").unwrap());
    let odd = NewReconciliation { difference: Some(odd), ..new(a, Some(0), None) };
    let first =
        compare(&linked, vec![new(b, Some(100), Some("0.00")), new(a, None, None), odd.clone()]).await;
    let later = ChangeSet {
        reconciliations: vec![new(a, Some(70), Some("-4.50"))],
        ..ChangeSet::new(linked.id, at(9))
    };
    let second = linked.apply(later).await.reconciliations;
    let everything = [first.clone(), second.clone()].concat();
    assert!(everything.is_sorted_by(|one, next| one < next), "{everything:?}");

    let latest = linked.store.latest_reconciliations(&linked.user).await.unwrap();
    assert_eq!(ids(&latest), [second[0], first[0]]);
    let expected = ReconciliationSummary {
        id: second[0],
        account: a,
        at: at(9),
        score: Some(70),
        difference: Some(usd("-4.50")),
    };
    assert_eq!(latest[0], expected);
    // One that told nothing takes nothing back, and of several that told nothing the latest counts.
    let c = linked.account_id("c").await;
    let told_nothing = vec![new(a, None, None), new(c, None, None), new(c, None, None)];
    let third = compare(&linked, told_nothing).await;
    let latest = linked.store.latest_reconciliations(&linked.user).await.unwrap();
    assert_eq!(ids(&latest), [second[0], first[0], third[2]]);
    assert_eq!(latest[0], expected);

    let of_a = linked.store.reconciliations(&linked.user, a, 9).await.unwrap();
    assert_eq!(ids(&of_a), [third[0], second[0], first[2], first[1]]);
    assert_eq!((of_a[2].difference.clone(), of_a[2].score), (odd.difference, Some(0)));
    assert_eq!((of_a[3].difference.clone(), of_a[3].score), (None, None));
    assert_eq!(ids(&linked.store.reconciliations(&linked.user, a, 1).await.unwrap()), [third[0]]);
    assert_eq!(linked.store.reconciliations(&linked.user, a, 0).await.unwrap(), []);
    let whole = linked.store.reconciliation(&linked.user, second[0]).await.unwrap();
    assert_eq!((whole.summary, whole.body.as_str()), (expected, "{\"score\":Some(70)}"));
}

pub(super) async fn a_comparison_is_told_and_named_in_the_trail(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let account = linked.account_id("a").await;
    let draft = AuditDraft::new(crate::Actor::User, "reconciled", AuditSubject::NewReconciliation(0));
    let change = ChangeSet {
        reconciliations: vec![new(account, Some(93), Some("-1.00"))],
        audit: vec![draft],
        ..linked.change()
    };
    let reconciliation = linked.apply(change).await.reconciliations[0];
    let told: Vec<EventKind> = linked.events_after(3).await.into_iter().map(|event| event.kind).collect();
    let difference = Some(usd("-1.00"));
    let expected = EventKind::AccountReconciled { account, reconciliation, score: Some(93), difference };
    assert_eq!(told, [expected, EventKind::DashboardUpdated]);
    let trail = linked.store.audit_entries(&linked.user, 0, 9).await.unwrap();
    assert_eq!(trail[0].subject, AuditSubject::Reconciliation(reconciliation));
}

pub(super) async fn a_statement_is_written_only_over_what_was_seen(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let account = linked.account_id("a").await;
    let amount = |text: &str| Some(parse_amount(text).unwrap());
    let write = |date: u64, before: Option<Decimal>, after: Option<Decimal>| ChangeSet {
        statements: vec![StatementWrite { account, date: day(date), before, after }],
        ..linked.change()
    };
    linked.apply(write(31, None, amount("-410.00"))).await;
    linked.apply(write(0, None, amount("7922816251426433759354395033"))).await;
    linked.refuse(write(31, None, amount("1")), StoreErrorKind::Conflict).await;
    linked.refuse(write(31, amount("-410.01"), None), StoreErrorKind::Conflict).await;
    linked.refuse(write(5, amount("1"), None), StoreErrorKind::Conflict).await;
    let later = ChangeSet { at: at(7), ..write(31, amount("-410"), amount("-411.5")) };
    linked.apply(later).await;
    let written = |date: u64, balance: &str, second| {
        let balance = parse_amount(balance).unwrap();
        Statement { account, date: day(date), balance, written_at: at(second) }
    };
    let expected = [written(0, "7922816251426433759354395033", 2), written(31, "-411.5", 7)];
    assert_eq!(linked.store.statements(&linked.user, account).await.unwrap(), expected);
    linked.apply(write(0, expected[0].balance.into(), None)).await;
    assert_eq!(linked.store.statements(&linked.user, account).await.unwrap(), expected[1..]);
    let other = linked.account_id("b").await;
    assert_eq!(linked.store.statements(&linked.user, other).await.unwrap(), []);
    let mut twice = write(40, None, amount("1"));
    twice.statements.push(twice.statements[0].clone());
    linked.refuse(twice, StoreErrorKind::InvalidInput).await;
}

pub(super) async fn an_explanation_is_accepted_once_and_undone_once(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let account = linked.account_id("a").await;
    let compared = compare(&linked, vec![new(account, Some(90), Some("1")), new(account, None, None)]).await;
    let accepted = |explanation: u32, second| StoredResolution {
        reconciliation: compared[0],
        explanation,
        resolved_at: at(second),
        undone_at: None,
        body: format!("[{explanation}]"),
    };
    let write = |before: Option<&StoredResolution>, after: &StoredResolution| ChangeSet {
        resolutions: vec![ResolutionWrite { before: before.cloned(), after: after.clone() }],
        ..linked.change()
    };
    let (second, first) = (accepted(2, 5), accepted(1, 6));
    linked.apply(write(None, &second)).await;
    linked.refuse(write(None, &second), StoreErrorKind::Conflict).await;
    linked.apply(write(None, &first)).await;
    let undone = StoredResolution { undone_at: Some(at(8)), ..second.clone() };
    linked.apply(write(Some(&second), &undone)).await;
    linked.refuse(write(Some(&second), &undone), StoreErrorKind::Conflict).await;
    let stored = linked.store.resolutions(&linked.user, compared[0]).await.unwrap();
    assert_eq!(stored, [first, undone.clone()]);
    linked.apply(write(Some(&undone), &accepted(2, 9))).await;
    assert_eq!(linked.store.resolutions(&linked.user, compared[1]).await.unwrap(), []);
    let mut twice = write(None, &accepted(3, 9));
    twice.resolutions.push(twice.resolutions[0].clone());
    linked.refuse(twice, StoreErrorKind::InvalidInput).await;
}

pub(super) async fn comparisons_of_other_connections_are_out_of_reach(fixture: &mut dyn StoreFixture) {
    let ada = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;
    let account = ada.account_id("a").await;
    let id = compare(&ada, vec![new(account, Some(90), None)]).await[0];
    let statement = StatementWrite { account, date: day(1), before: None, after: Some(Decimal::ONE) };
    ada.apply(ChangeSet { statements: vec![statement.clone()], ..ada.change() }).await;
    let users = [ada.user.clone(), bob.user.clone()];
    let before = Snapshot::of(&*ada.store, &users).await;

    let resolution = StoredResolution {
        reconciliation: id,
        explanation: 0,
        resolved_at: at(5),
        undone_at: None,
        body: "{}".to_owned(),
    };
    let nowhere = StoredResolution { reconciliation: ReconciliationId::new(99), ..resolution.clone() };
    let write = |after: &StoredResolution| vec![ResolutionWrite { before: None, after: after.clone() }];
    for change in [
        ChangeSet { statements: vec![StatementWrite { date: day(2), ..statement }], ..bob.change() },
        ChangeSet { reconciliations: vec![new(account, None, None)], ..bob.change() },
        ChangeSet { resolutions: write(&resolution), ..bob.change() },
        ChangeSet { resolutions: write(&nowhere), ..ada.change() },
    ] {
        ada.refuse(change, StoreErrorKind::InvalidInput).await;
    }
    assert_eq!(Snapshot::of(&*ada.store, &users).await, before);

    for stranger in [&bob.user, &user("nobody")] {
        let store = &ada.store;
        assert_eq!(store.latest_reconciliations(stranger).await.unwrap(), []);
        let refusals = [
            store.reconciliations(stranger, account, 9).await.map(drop),
            store.reconciliation(stranger, id).await.map(drop),
            store.resolutions(stranger, id).await.map(drop),
            store.statements(stranger, account).await.map(drop),
        ];
        for refusal in refusals {
            assert_eq!(refusal.expect_err("nothing may be found").kind(), StoreErrorKind::NotFound);
        }
    }
    let unknown = ada.store.reconciliation(&ada.user, ReconciliationId::new(99)).await;
    assert_eq!(unknown.expect_err("nothing may be found").kind(), StoreErrorKind::NotFound);
}
