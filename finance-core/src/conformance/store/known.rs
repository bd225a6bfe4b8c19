use super::{Linked, StoreFixture};
use crate::conformance::samples::{insert, rename, row, row_id, update};
use crate::{
    ChangeSet, ConnectionId, KnownAs, KnownTransaction, KnownTransactions, ProviderTransactionId,
    StoreErrorKind, TransactionEdit, TransactionId, TransactionQuery, TransactionState,
};

async fn among(linked: &Linked, ids: &[ProviderTransactionId]) -> Vec<KnownTransaction> {
    let which = KnownTransactions::Among(ids);
    let mut known = linked.store.known_transactions(linked.id, which).await.unwrap();
    known.sort_by(|a, b| a.provider_id.cmp(&b.provider_id));
    known
}

async fn all(linked: &Linked) -> Vec<KnownTransaction> {
    let mut known = linked.store.known_transactions(linked.id, KnownTransactions::All).await.unwrap();
    known.sort_by(|a, b| a.provider_id.cmp(&b.provider_id));
    known
}

fn ids(known: &[KnownTransaction]) -> Vec<&str> {
    known.iter().map(|known| known.provider_id.as_str()).collect()
}

pub(super) async fn known_rows_are_found_by_their_ids(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let asked = ["t3", "unknown", "t1", "t3"].map(row_id);
    assert_eq!(among(&linked, &asked).await, []);
    assert_eq!(all(&linked).await, []);

    linked.insert(["t1", "t2", "t3"].map(|id| row(id, "a", "1"))).await;
    assert_eq!(ids(&among(&linked, &asked).await), ["t1", "t3"]);
    assert_eq!(among(&linked, &[]).await, []);
    assert_eq!(ids(&all(&linked).await), ["t1", "t2", "t3"]);
}

pub(super) async fn known_rows_are_told_with_state_and_digest(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    // Digests use all 64 bits, so stores that count with signed numbers meet both signs.
    let mut inserts = ["live", "removed", "deleted"].map(|id| insert(row(id, "a", "1")));
    for (insert, digest) in inserts.iter_mut().zip([u64::MAX, 0, i64::MAX as u64 + 1]) {
        insert.digest = digest;
    }
    linked.apply(ChangeSet { inserts: inserts.to_vec(), ..linked.change() }).await;
    linked.remove("removed").await;
    linked.edit("deleted", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    let expected = [
        ("deleted", TransactionState::DeletedByUser, i64::MAX as u64 + 1),
        ("live", TransactionState::Live, u64::MAX),
        ("removed", TransactionState::RemovedByProvider, 0),
    ];
    for known in [all(&linked).await, among(&linked, &["deleted", "live", "removed"].map(row_id)).await] {
        let found = known.iter().map(|it| (it.provider_id.as_str(), it.state, it.digest));
        assert_eq!(found.collect::<Vec<_>>(), expected);
        assert!(known.iter().all(|known| !known.superseded));
    }

    let id = linked.id_of("live").await;
    let mut changed = update(id, row("live", "a", "2"));
    changed.digest = 42;
    linked.apply(ChangeSet { updates: vec![changed], ..linked.change() }).await;
    assert_eq!(linked.known("live").await.unwrap().digest, 42);
}

pub(super) async fn a_renamed_row_is_found_under_every_id_it_had(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("p1", "a", "1"), row("p2", "a", "2")]).await;
    let (first, second) = (linked.id_of("p1").await, linked.id_of("p2").await);
    // Both rows post at once, the second of them posts once more.
    let updates = vec![rename(first, row("t1", "a", "1")), rename(second, row("t2", "a", "2"))];
    linked.apply(ChangeSet { updates, ..linked.change() }).await;
    let updates =
        vec![rename(second, row("t2-corrected", "a", "2.50")), update(first, row("t1", "a", "1.50"))];
    linked.apply(ChangeSet { updates, ..linked.change() }).await;

    let expected = [
        ("p1", first, true),
        ("p2", second, true),
        ("t1", first, false),
        ("t2", second, true),
        ("t2-corrected", second, false),
    ];
    let every_id = ["p1", "p2", "t1", "t2", "t2-corrected"].map(row_id);
    for known in [all(&linked).await, among(&linked, &every_id).await] {
        let found = known.iter().map(|it| (it.provider_id.as_str(), it.id, it.superseded));
        assert_eq!(found.collect::<Vec<_>>(), expected);
        let digest = row("t2-corrected", "a", "2.50").digest();
        assert!(known.iter().filter(|known| known.id == second).all(|known| known.digest == digest));
    }
    assert_eq!(linked.row("p2").await.provider.id, row_id("t2-corrected"));
}

pub(super) async fn a_row_can_get_an_old_id_back(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("p", "a", "1")]).await;
    let id = linked.id_of("p").await;
    for (now, before) in [("t", "p"), ("p", "t"), ("t", "p")] {
        let updates = vec![rename(id, row(now, "a", "1"))];
        linked.apply(ChangeSet { updates, ..linked.change() }).await;
        let known = all(&linked).await;
        assert_eq!(known.len(), 2);
        assert!(known.iter().all(|known| known.id == id));
        assert!(linked.known(before).await.unwrap().superseded);
        assert!(!linked.known(now).await.unwrap().superseded);
    }
}

pub(super) async fn many_ids_are_looked_up_at_once(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let id = |number: u32| format!("tx-{number:04}");
    linked.insert((0..1_600).map(|number| row(&id(number), "a", "1"))).await;
    let updates = {
        let mut updates = Vec::new();
        for number in 0..700 {
            updates.push(rename(linked.id_of(&id(number)).await, row(&format!("new-{number:04}"), "a", "1")));
        }
        updates
    };
    linked.apply(ChangeSet { updates, ..linked.change() }).await;

    // Every other id, old and new ones, unknown ones among them, each asked twice.
    let asked: Vec<ProviderTransactionId> = (0..2_000)
        .step_by(2)
        .flat_map(|number| [id(number), format!("new-{number:04}"), id(number)])
        .map(|id| row_id(&id))
        .collect();
    let found = among(&linked, &asked).await;
    assert_eq!(found.len(), 800 + 350);
    assert_eq!(found.iter().filter(|known| known.superseded).count(), 350);
    assert_eq!(all(&linked).await.len(), 1_600 + 700);
}

pub(super) async fn connections_know_only_their_own_rows(fixture: &mut dyn StoreFixture) {
    let first = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let second = Linked::new(fixture.store(), "ada", "item-2", &["a"]).await;
    first.insert([row("tx", "a", "1"), row("p", "a", "2")]).await;
    second.insert([row("tx", "a", "3")]).await;
    assert_ne!(first.id_of("tx").await, second.id_of("tx").await);
    let updates = vec![rename(first.id_of("p").await, row("t", "a", "2"))];
    first.apply(ChangeSet { updates, ..first.change() }).await;
    for id in ["p", "t"] {
        assert_eq!(second.known(id).await, None);
    }
    assert_eq!(ids(&all(&second).await), ["tx"]);
    // What one connection had as an old id is free in the other.
    second.insert([row("p", "a", "4")]).await;

    let nowhere = ConnectionId::new(999);
    let known = first.store.known_transactions(nowhere, KnownTransactions::All).await.unwrap();
    assert_eq!(known, []);
    let asked = [row_id("tx")];
    let which = KnownTransactions::Among(&asked);
    assert_eq!(first.store.known_transactions(nowhere, which).await.unwrap(), []);
}

pub(super) async fn a_row_may_be_known_by_further_ids(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1.00"), row("other", "a", "2.00")]).await;
    let stored = linked.row("tx").await;
    let known_as = |id: TransactionId, names: &[&str]| ChangeSet {
        known_as: names.iter().map(|name| KnownAs { id, provider_id: row_id(name) }).collect(),
        ..linked.change()
    };
    linked.apply(known_as(stored.id, &["alias", "another"])).await;
    // Said again it changes nothing, as its own identifier does.
    linked.apply(known_as(stored.id, &["alias", "tx"])).await;
    assert_eq!(linked.row("tx").await, stored);
    for (name, superseded) in [("tx", false), ("alias", true), ("another", true)] {
        let known = linked.known(name).await.unwrap();
        assert_eq!((known.id, known.superseded), (stored.id, superseded), "{name}");
    }
    assert_eq!(linked.list(&TransactionQuery::default()).await.len(), 2);

    let other = linked.id_of("other").await;
    linked.refuse(known_as(other, &["free", "alias"]), StoreErrorKind::Conflict).await;
    linked.refuse(known_as(other, &["free", "tx"]), StoreErrorKind::Conflict).await;
    linked.refuse(known_as(other, &["free", "free"]), StoreErrorKind::Conflict).await;
    linked.refuse(known_as(TransactionId::new(99), &["free"]), StoreErrorKind::InvalidInput).await;
    let taken = ChangeSet { inserts: vec![insert(row("alias", "a", "3.00"))], ..linked.change() };
    linked.refuse(taken, StoreErrorKind::Conflict).await;
    let taken = ChangeSet { inserts: vec![insert(row("new", "a", "3.00"))], ..known_as(stored.id, &["new"]) };
    linked.refuse(taken, StoreErrorKind::Conflict).await;
    assert_eq!(linked.known("free").await, None);
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;
    let stolen = ChangeSet { connection: bob.id, ..known_as(stored.id, &["free"]) };
    bob.refuse(stolen, StoreErrorKind::InvalidInput).await;

    // A row may take one of them as its own.
    linked
        .apply(ChangeSet { updates: vec![rename(stored.id, row("alias", "a", "1.00"))], ..linked.change() })
        .await;
    assert_eq!(linked.row("tx").await.provider.id, row_id("alias"));
    assert!(!linked.known("alias").await.unwrap().superseded);
}
