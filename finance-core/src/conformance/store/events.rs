use std::time::Duration;

use super::{Linked, StoreFixture};
use crate::conformance::samples::{account, at, insert, row, update};
use crate::{
    ChangeSet, ConnectionStatus, EVENT_TRANSACTIONS_MAX, EventKind, RowInsert, RowOrigin, StoreErrorKind,
    TransactionEdit, TransactionId,
};

fn names(events: &[crate::Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.name()).collect()
}

pub(super) async fn events_tell_what_a_change_set_changed(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let events = linked.events_after(0).await;
    let connected = ["account_connected"; 2];
    let balances = ["balance_updated"; 2];
    assert_eq!(names(&events), [&connected[..], &balances, &["dashboard_updated"]].concat());
    assert!(
        events.iter().zip(1..).all(|(event, number)| event.number == number && event.user == linked.user)
    );
    assert!(events.iter().all(|event| event.at == at(1)));

    let applied = linked.apply(ChangeSet {
        inserts: ["one", "two"].map(|id| insert(row(id, "a", "1.00"))).to_vec(),
        status: Some(ConnectionStatus::Good),
        ..linked.change()
    });
    let applied = applied.await;
    let (a, ids) = (linked.account_id("a").await, applied.transactions.clone());
    assert_eq!(ids, [linked.id_of("one").await, linked.id_of("two").await]);
    let kinds: Vec<EventKind> = linked.events_after(5).await.into_iter().map(|event| event.kind).collect();
    let changed = EventKind::ConnectionChanged { connection: linked.id, status: ConnectionStatus::Good };
    let created = EventKind::TransactionsCreated { account: a, transactions: ids.clone() };
    assert_eq!(kinds, [changed, created.clone(), EventKind::DashboardUpdated]);

    // The same status and the same accounts again are no news.
    let mut change = ChangeSet { status: Some(ConnectionStatus::Good), ..linked.change() };
    change.accounts.listed = vec![account("a"), account("b")];
    linked.apply(change).await;
    assert_eq!(linked.events_after(8).await, []);

    linked.apply(ChangeSet { updates: vec![update(ids[0], row("one", "a", "2"))], ..linked.change() }).await;
    linked.remove("two").await;
    linked.edit("one", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    linked.edit("one", &TransactionEdit { deleted: Some(false), ..TransactionEdit::default() }).await;
    let kinds: Vec<EventKind> = linked.events_after(8).await.into_iter().map(|event| event.kind).collect();
    let of = |id: TransactionId| vec![id];
    let one = [
        EventKind::TransactionsModified { account: a, transactions: of(ids[0]) },
        EventKind::TransactionsRemoved { account: a, transactions: of(ids[1]) },
        EventKind::TransactionsRemoved { account: a, transactions: of(ids[0]) },
        EventKind::TransactionsCreated { account: a, transactions: of(ids[0]) },
    ];
    let expected: Vec<EventKind> =
        one.into_iter().flat_map(|kind| [kind, EventKind::DashboardUpdated]).collect();
    assert_eq!(kinds, expected);
}

pub(super) async fn an_accepted_correction_is_told_as_an_entry(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let inserts = vec![RowInsert::new(row("correction", "a", "1.00"), RowOrigin::Correction)];
    linked.apply(ChangeSet { inserts, ..linked.change() }).await;
    let events = linked.events_after(3).await;
    assert_eq!(names(&events), ["transactions_created", "entry_created", "dashboard_updated"]);
    let (account, transaction) = (linked.account_id("a").await, linked.id_of("correction").await);
    assert_eq!(events[1].kind, EventKind::EntryCreated { account, transaction });
    assert_eq!(linked.row("correction").await.origin, RowOrigin::Correction);
}

pub(super) async fn a_large_change_is_told_in_portions(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let many = EVENT_TRANSACTIONS_MAX * 2 + 3;
    linked.insert((0..many).map(|n| row(&format!("t{n}"), if n % 2 == 0 { "a" } else { "b" }, "1"))).await;
    let mut told = Vec::new();
    for event in linked.events_after(5).await {
        if let EventKind::TransactionsCreated { transactions, .. } = event.kind {
            assert!(transactions.len() <= EVENT_TRANSACTIONS_MAX);
            told.extend(transactions);
        }
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), many);
}

pub(super) async fn a_refused_change_set_is_not_told(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1")]).await;
    let before = linked.events_after(0).await;
    let change = ChangeSet { inserts: vec![insert(row("tx", "a", "1"))], ..linked.change() };
    linked.refuse(change, StoreErrorKind::Conflict).await;
    assert_eq!(linked.events_after(0).await, before);
}

pub(super) async fn events_are_numbered_user_by_user(fixture: &mut dyn StoreFixture) {
    let ada = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;
    ada.insert([row("tx", "a", "1")]).await;
    bob.insert([row("tx", "a", "1")]).await;
    for linked in [&ada, &bob] {
        let events = linked.events_after(0).await;
        assert_eq!(events.iter().map(|event| event.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
        assert!(events.iter().all(|event| event.user == linked.user));
        let page = linked.store.events(&linked.user, 2, 2).await.unwrap();
        assert_eq!((page.events.as_slice(), page.first, page.last), (&events[2..4], 1, 5));
    }
    let nobody = ada.store.events(&crate::conformance::samples::user("nobody"), 0, 9).await.unwrap();
    assert_eq!((nobody.events.len(), nobody.first, nobody.last), (0, 1, 0));
}

pub(super) async fn pruned_events_leave_their_numbers(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1")]).await;
    // Three events of second 1, two of second 2.
    assert_eq!(linked.store.prune_events(at(1), 0).await.unwrap(), 0);
    assert_eq!(linked.store.prune_events(at(9), 4).await.unwrap(), 1);
    assert_eq!(linked.store.prune_events(at(2), 0).await.unwrap(), 2);
    let page = linked.store.events(&linked.user, 0, 9).await.unwrap();
    assert_eq!((page.events.len(), page.first, page.last), (2, 4, 5));
    assert_eq!(linked.store.prune_events(at(9), 0).await.unwrap(), 2);
    let page = linked.store.events(&linked.user, 0, 9).await.unwrap();
    assert_eq!((page.events.len(), page.first, page.last), (0, 6, 5));
    linked.remove("tx").await;
    assert_eq!(linked.events_after(0).await[0].number, 6);
}

pub(super) async fn waiting_for_an_event_ends_when_there_is_one(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let long = Duration::from_secs(60);
    linked.store.wait_for_event(&linked.user, 2, long).await.unwrap();
    let waiting = async {
        while linked.events_after(3).await.is_empty() {
            linked.store.wait_for_event(&linked.user, 3, long).await.unwrap();
        }
    };
    let writing = async {
        tokio::task::yield_now().await;
        linked.insert([row("tx", "a", "1")]).await;
    };
    futures::join!(waiting, writing);
    // Without one it ends with the time.
    linked.store.wait_for_event(&linked.user, 99, Duration::from_millis(1)).await.unwrap();
}
