use super::{Linked, StoreFixture};
use crate::conformance::samples::{at, day, insert, rename, row, update, usd};
use crate::{
    AccountTotals, ChangeSet, DateWindow, EditCarry, ProviderTransaction, RowInsert, RowOrigin,
    StoreErrorKind, Transaction, TransactionEdit, TransactionEdits, TransactionPart, TransactionQuery,
    TransactionState, parse_amount,
};

fn delete(deleted: bool) -> TransactionEdit {
    TransactionEdit { deleted: Some(deleted), ..TransactionEdit::default() }
}

pub(super) async fn an_edit_changes_what_it_names(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "-4.50"), row("other", "a", "1")]).await;
    let untouched = linked.row("other").await;
    let mut expected = linked.row("tx").await;
    let some = |text: &str| Some(Some(text.to_owned()));
    let none = TransactionEdit::default;
    let part = |amount: &str| TransactionPart {
        amount: parse_amount(amount).unwrap(),
        name: Some("half".to_owned()),
        category: None,
        note: Some("n".to_owned()),
    };
    let edits = [
        none(),
        TransactionEdit { parts: Some(vec![part("-4.00"), part("-0.5")]), ..none() },
        TransactionEdit { parts: Some(Vec::new()), ..none() },
        TransactionEdit { counts_while_pending: Some(Some(false)), ..none() },
        TransactionEdit { counts_while_pending: Some(None), ..none() },
        TransactionEdit { name: some("Mine"), note: some("gift"), ..none() },
        TransactionEdit { category: some("Coffee"), hidden: Some(true), ..none() },
        TransactionEdit { name: Some(None), ..none() },
        TransactionEdit { name: some(""), note: Some(None), hidden: Some(false), ..none() },
        TransactionEdit { category: Some(None), name: Some(None), ..none() },
    ];
    for edit in edits {
        expected.edits = edit.applied_to(&expected.edits);
        assert_eq!(linked.edit("tx", &edit).await, expected);
        assert_eq!(linked.row("tx").await, expected);
        let with_hidden =
            TransactionQuery { rows: crate::RowSelection::WithHidden, ..TransactionQuery::default() };
        let listed = linked.store.transactions(&linked.user, &with_hidden).await.unwrap();
        assert!(listed.contains(&expected));
    }
    assert_eq!(expected.edits, TransactionEdits::default());
    assert_eq!(linked.row("other").await, untouched);
}

pub(super) async fn a_new_row_may_come_with_edits(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let edits = TransactionEdits {
        category: Some("Dinner".to_owned()),
        note: Some("with Ben".to_owned()),
        amount: Some(parse_amount("-30.00").unwrap()),
        ..TransactionEdits::default()
    };
    let with_edits = RowInsert {
        edits: Some(Box::new(edits.clone())),
        ..RowInsert::new(row("typed", "a", "-20.00"), RowOrigin::Manual)
    };
    let inserts = vec![insert(row("before", "a", "1.00")), with_edits, insert(row("after", "a", "1.00"))];
    linked.apply(ChangeSet { inserts, ..linked.change() }).await;
    let stored = linked.row("typed").await;
    assert_eq!((&stored.edits, stored.origin), (&edits, RowOrigin::Manual));
    assert_eq!((stored.amount(), stored.provider.amount.clone()), (usd("-30.00"), usd("-20.00")));
    for id in ["before", "after"] {
        assert_eq!(linked.row(id).await.edits, TransactionEdits::default());
    }
    let totals = linked.store.account_totals(&linked.user).await.unwrap();
    assert_eq!(totals[0].sum, usd("-28.00"));
}

pub(super) async fn an_edit_of_what_somebody_changed_is_a_conflict(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "-4.50"), row("other", "a", "1")]).await;
    let note =
        |text: &str| TransactionEdit { note: Some(Some(text.to_owned())), ..TransactionEdit::default() };
    let outdated = linked.edit_write("tx", &note("mine")).await;
    let other = linked.edit_write("other", &note("fine")).await;
    linked.edit("tx", &note("first")).await;
    let change = ChangeSet { edits: vec![other.clone(), outdated], ..linked.change() };
    linked.refuse(change, StoreErrorKind::Conflict).await;
    assert_eq!(linked.row("other").await.edits.note, None);
    assert_eq!(linked.row("tx").await.edits.note.as_deref(), Some("first"));
    let change = ChangeSet { edits: vec![other.clone(), other], ..linked.change() };
    linked.refuse(change, StoreErrorKind::InvalidInput).await;

    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;
    // A row that is none of the connection's may have been when it was read: a merge moves rows.
    let edits = vec![linked.edit_write("tx", &note("a stranger's")).await];
    bob.refuse(ChangeSet { edits, ..bob.change() }, StoreErrorKind::Conflict).await;
}

pub(super) async fn a_corrected_amount_and_day_count_in_place_of_the_sources(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "-4.50"), row("other", "a", "1.00")]).await;
    let correction = TransactionEdit {
        amount: Some(Some(parse_amount("-45.0").unwrap())),
        date: Some(Some(day(40))),
        ..TransactionEdit::default()
    };
    let corrected = linked.edit("tx", &correction).await;
    assert_eq!((corrected.amount(), corrected.date()), (usd("-45.0"), day(40)));
    assert_eq!((corrected.provider.amount.clone(), corrected.provider.date), (usd("-4.50"), day(0)));
    let total = |totals: Vec<AccountTotals>| totals[0].sum.clone();
    assert_eq!(total(linked.store.account_totals(&linked.user).await.unwrap()), usd("-44.00"));
    let window = DateWindow::new(Some(day(39)), None).unwrap();
    assert_eq!(linked.list(&TransactionQuery { window, ..TransactionQuery::default() }).await, ["tx"]);

    // The provider's later word is kept beside it, also when the row posts.
    let changed = ProviderTransaction { date: day(2), ..row("posted", "a", "-7.00") };
    linked.apply(ChangeSet { updates: vec![rename(corrected.id, changed.clone())], ..linked.change() }).await;
    let stored = linked.row("posted").await;
    assert_eq!((&stored.provider, &stored.edits), (&changed, &corrected.edits));
    assert_eq!(linked.list(&TransactionQuery::default()).await, ["posted", "other"]);

    // Half of it taken back, then all of it.
    let day_only = TransactionEdit { amount: Some(None), ..TransactionEdit::default() };
    let stored = linked.edit("posted", &day_only).await;
    assert_eq!((stored.amount(), stored.date()), (usd("-7.00"), day(40)));
    let stored =
        linked.edit("posted", &TransactionEdit { date: Some(None), ..TransactionEdit::default() }).await;
    assert_eq!((stored.amount(), stored.date(), &stored.provider), (usd("-7.00"), day(2), &changed));
    assert_eq!(total(linked.store.account_totals(&linked.user).await.unwrap()), usd("-6.00"));
    let updates = vec![update(stored.id, row("posted", "a", "-8.00"))];
    linked.apply(ChangeSet { updates, ..linked.change() }).await;
    assert_eq!(linked.row("posted").await.amount(), usd("-8.00"));
}

pub(super) async fn a_deleted_row_stays_deleted(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "5.00")]).await;
    let deleted = linked.edit("tx", &delete(true)).await;
    assert_eq!(deleted.state, TransactionState::DeletedByUser);
    assert!(linked.list(&TransactionQuery::default()).await.is_empty());

    // Neither an update nor a posting nor a removal changes that; what the provider says is taken over nonetheless.
    let updates = vec![update(deleted.id, row("tx", "a", "6.00"))];
    linked.apply(ChangeSet { updates, ..linked.change() }).await;
    let updates = vec![rename(deleted.id, row("posted", "a", "7.00"))];
    linked.apply(ChangeSet { updates, ..linked.change() }).await;
    let stored = linked.row("posted").await;
    assert_eq!(stored.state, TransactionState::DeletedByUser);
    assert_eq!(stored.provider.amount.amount().to_string(), "7.00");
    assert!(linked.list(&TransactionQuery::default()).await.is_empty());

    let restored = linked.edit("posted", &delete(false)).await;
    assert_eq!(restored, Transaction { state: TransactionState::Live, ..stored });
    assert_eq!(linked.list(&TransactionQuery::default()).await, ["posted"]);
}

pub(super) async fn a_deletion_taken_back_does_not_undo_the_providers_removal(
    fixture: &mut dyn StoreFixture,
) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("before", "a", "1"), row("after", "a", "1"), row("revived", "a", "1")]).await;
    linked.remove("before").await;
    for id in ["before", "after", "revived"] {
        linked.edit(id, &delete(true)).await;
    }
    linked.remove("after").await;
    linked.remove("revived").await;
    let updates = vec![update(linked.id_of("revived").await, row("revived", "a", "1"))];
    linked.apply(ChangeSet { updates, ..linked.change() }).await;
    for id in ["before", "after", "revived"] {
        assert_eq!(linked.row(id).await.state, TransactionState::DeletedByUser, "{id}");
    }
    for (id, state) in [
        ("before", TransactionState::RemovedByProvider),
        ("after", TransactionState::RemovedByProvider),
        ("revived", TransactionState::Live),
    ] {
        assert_eq!(linked.edit(id, &delete(false)).await.state, state, "{id}");
        assert_eq!(linked.row(id).await.state, state, "{id}");
    }
    // Taking back what never was changes nothing.
    assert_eq!(linked.edit("before", &delete(false)).await.state, TransactionState::RemovedByProvider);
}

pub(super) async fn edits_survive_the_posting_of_a_row(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("pending", "a", "-4.50")]).await;
    let some = |text: &str| Some(Some(text.to_owned()));
    let edit = TransactionEdit { name: some("Mine"), note: some("gift"), ..TransactionEdit::default() };
    let before = linked.edit("pending", &edit).await;
    let updates = vec![rename(before.id, row("posted", "a", "-5.00"))];
    linked.apply(ChangeSet { updates, ..ChangeSet::new(linked.id, at(9)) }).await;
    let expected = Transaction { provider: row("posted", "a", "-5.00"), updated_at: at(9), ..before };
    assert_eq!(linked.row("posted").await, expected);
    assert_eq!(linked.row("pending").await, expected);
}

pub(super) async fn edits_are_carried_to_another_row(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let ids = ["noted", "deleted", "plain", "one", "two", "own", "gone"];
    linked.insert(ids.map(|id| row(id, "a", "1.00"))).await;
    let note =
        |text: &str| TransactionEdit { note: Some(Some(text.to_owned())), ..TransactionEdit::default() };
    linked.edit("noted", &note("mine")).await;
    linked.edit("deleted", &delete(true)).await;
    linked.edit("own", &note("its own")).await;
    linked.edit("gone", &delete(true)).await;
    for (from, to) in
        [("noted", "one"), ("deleted", "two"), ("noted", "own"), ("noted", "gone"), ("plain", "noted")]
    {
        let carry = EditCarry { from: linked.id_of(from).await, to: linked.id_of(to).await };
        linked.apply(ChangeSet { edit_carries: vec![carry], ..linked.change() }).await;
    }
    let mut after = Vec::new();
    for id in ids {
        let row = linked.row(id).await;
        after.push((id, row.state, row.edits.note));
    }
    let (live, deleted) = (TransactionState::Live, TransactionState::DeletedByUser);
    let mine = || Some("mine".to_owned());
    let expected = [
        ("noted", live, mine()),
        ("deleted", deleted, None),
        ("plain", live, None),
        ("one", live, mine()),
        ("two", deleted, None),
        ("own", live, Some("its own".to_owned())),
        ("gone", deleted, mine()),
    ];
    assert_eq!(after, expected);
}

pub(super) async fn edits_of_two_rows_are_joined_value_by_value(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert(["from", "to"].map(|id| row(id, "a", "1.00"))).await;
    let some = |text: &str| Some(Some(text.to_owned()));
    let [early, middle, late] = [
        TransactionEdit { note: some("early"), hidden: Some(true), ..TransactionEdit::default() },
        TransactionEdit { note: some("late"), category: some("Food"), ..TransactionEdit::default() },
        TransactionEdit { name: some("Mine"), ..TransactionEdit::default() },
    ];
    for (id, edit, instant) in [("to", early, 11), ("from", middle, 12)] {
        let edits = vec![linked.edit_write(id, &edit).await];
        linked.apply(ChangeSet { edits, ..ChangeSet::new(linked.id, at(instant)) }).await;
    }
    let carry = async || {
        let carry = EditCarry { from: linked.id_of("from").await, to: linked.id_of("to").await };
        linked.apply(ChangeSet { edit_carries: vec![carry], ..linked.change() }).await;
        linked.row("to").await.edits
    };
    let mut expected = TransactionEdits {
        note: Some("late".to_owned()),
        category: Some("Food".to_owned()),
        hidden: true,
        ..TransactionEdits::default()
    };
    assert_eq!(carry().await, expected);

    // Now the row that stays is the one changed last.
    let edits = vec![
        linked.edit_write("to", &TransactionEdit { note: some("last"), ..TransactionEdit::default() }).await,
        linked.edit_write("from", &late).await,
    ];
    for (edit, instant) in edits.into_iter().rev().zip([13, 14]) {
        linked.apply(ChangeSet { edits: vec![edit], ..ChangeSet::new(linked.id, at(instant)) }).await;
    }
    (expected.note, expected.name) = (Some("last".to_owned()), Some("Mine".to_owned()));
    assert_eq!(carry().await, expected);
}
