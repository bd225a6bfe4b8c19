use std::collections::BTreeSet;

use super::{Linked, StoreFixture};
use crate::conformance::samples::{day, row, update};
use crate::{
    ChangeSet, DateWindow, ProviderTransaction, RowInsert, RowOrigin, RowSelection, StoreErrorKind,
    Transaction, TransactionEdit, TransactionId, TransactionQuery,
};

fn on(id: &str, account: &str, days: u64) -> ProviderTransaction {
    ProviderTransaction { date: day(days), ..row(id, account, "1.00") }
}

async fn list(linked: &Linked, query: TransactionQuery) -> Vec<String> {
    linked.list(&query).await
}

pub(super) async fn rows_come_newest_first(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    linked.insert([on("d2", "a", 2), on("d9", "b", 9), on("d2-later", "b", 2)]).await;
    linked.insert([on("d0", "a", 0), on("d2-last", "a", 2)]).await;
    let second = Linked::new(linked.store.clone(), "ada", "item-2", &["a"]).await;
    second.insert([on("second", "a", 5)]).await;
    let other = Linked::new(linked.store.clone(), "bob", "item-3", &["a"]).await;
    other.insert([on("theirs", "a", 5)]).await;
    let expected = ["d9", "second", "d2-last", "d2-later", "d2", "d0"];
    assert_eq!(list(&linked, TransactionQuery::default()).await, expected);
}

/// A user with rows on many days, many of them on one, in three accounts of two connections.
async fn many(fixture: &mut dyn StoreFixture) -> Linked {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let second = Linked::new(fixture.store(), "ada", "item-2", &["c"]).await;
    linked
        .insert((0..150).map(|n| on(&format!("x{n}"), if n % 3 == 0 { "a" } else { "b" }, n * 7 % 10)))
        .await;
    second.insert((0..60).map(|n| on(&format!("y{n}"), "c", n % 4))).await;
    linked
}

async fn page_through(linked: &Linked, query: TransactionQuery) -> Vec<Transaction> {
    let mut rows: Vec<Transaction> = Vec::new();
    loop {
        let after = rows.last().map(|row| (row.provider.date, row.id));
        let query = TransactionQuery { after, ..query.clone() };
        let page = linked.store.transactions(&linked.user, &query).await.unwrap();
        assert!(page.len() <= query.limit as usize);
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

pub(super) async fn pages_have_no_gap_and_no_double(fixture: &mut dyn StoreFixture) {
    let linked = many(fixture).await;
    let window = DateWindow::new(Some(day(1)), Some(day(8))).unwrap();
    let accounts = vec![linked.account_id("a").await, linked.account_id("b").await];
    let everything = TransactionQuery { limit: u32::MAX, ..TransactionQuery::default() };
    for query in [
        everything.clone(),
        TransactionQuery { accounts: accounts.clone(), ..everything.clone() },
        TransactionQuery { window, ..everything.clone() },
        TransactionQuery { accounts, window, ..everything },
    ] {
        let whole = linked.store.transactions(&linked.user, &query).await.unwrap();
        assert!(!whole.is_empty());
        assert!(whole.is_sorted_by_key(|row| std::cmp::Reverse((row.provider.date, row.id))));
        for limit in [1, 7, 64, 1_000] {
            assert_eq!(page_through(&linked, TransactionQuery { limit, ..query.clone() }).await, whole);
        }
        let distinct: BTreeSet<TransactionId> = whole.iter().map(|row| row.id).collect();
        assert_eq!(distinct.len(), whole.len());
    }
}

pub(super) async fn hidden_rows_leave_no_page_short(fixture: &mut dyn StoreFixture) {
    let linked = many(fixture).await;
    let everything = TransactionQuery { limit: u32::MAX, ..TransactionQuery::default() };
    let mut shown = linked.store.transactions(&linked.user, &everything).await.unwrap();
    let hide = TransactionEdit { hidden: Some(true), ..TransactionEdit::default() };
    for row in shown.extract_if(.., |row| row.id.number() % 3 == 0) {
        if row.connection == linked.id {
            linked.edit(row.provider.id.as_str(), &hide).await;
        }
    }
    let whole = linked.store.transactions(&linked.user, &everything).await.unwrap();
    shown.extend(whole.iter().filter(|row| row.connection != linked.id && row.id.number() % 3 == 0).cloned());
    shown.sort_by_key(|row| std::cmp::Reverse((row.provider.date, row.id)));
    assert_eq!(whole, shown);
    for limit in [1, 7, 64] {
        let query = TransactionQuery { limit, ..TransactionQuery::default() };
        let page = linked.store.transactions(&linked.user, &query).await.unwrap();
        assert_eq!(page, whole[..limit as usize]);
        assert_eq!(page_through(&linked, query).await, whole);
    }
}

pub(super) async fn a_page_goes_on_after_a_place_without_a_row(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([on("d1", "a", 1), on("d3", "a", 3), on("d5", "a", 5)]).await;
    let after = |days, id| TransactionQuery { after: Some((day(days), id)), ..TransactionQuery::default() };
    let largest = TransactionId::new(i64::MAX);
    let smallest = TransactionId::new(i64::MIN);
    assert_eq!(list(&linked, after(4, smallest)).await, ["d3", "d1"]);
    assert_eq!(list(&linked, after(3, largest)).await, ["d3", "d1"]);
    assert_eq!(list(&linked, after(3, smallest)).await, ["d1"]);
    assert_eq!(list(&linked, after(9, largest)).await, ["d5", "d3", "d1"]);
    assert!(list(&linked, after(0, largest)).await.is_empty());

    // A row that goes between two pages leaves the next page as it would have been.
    let place = (day(3), linked.id_of("d3").await);
    linked.remove("d3").await;
    assert_eq!(list(&linked, after(3, place.1)).await, ["d1"]);
}

pub(super) async fn a_window_includes_both_its_days(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([1, 2, 3, 4, 5].map(|days| on(&format!("d{days}"), "a", days))).await;
    for (from, to, expected) in [
        (None, None, &["d5", "d4", "d3", "d2", "d1"][..]),
        (Some(2), Some(4), &["d4", "d3", "d2"]),
        (Some(3), Some(3), &["d3"]),
        (None, Some(2), &["d2", "d1"]),
        (Some(4), None, &["d5", "d4"]),
        (Some(6), Some(9), &[]),
    ] {
        let window = DateWindow::new(from.map(day), to.map(day)).unwrap();
        assert_eq!(list(&linked, TransactionQuery { window, ..TransactionQuery::default() }).await, expected);
    }
    let window = DateWindow::new(Some(day(2)), Some(day(4))).unwrap();
    let after = Some((day(3), linked.id_of("d3").await));
    assert_eq!(
        list(&linked, TransactionQuery { window, after, ..TransactionQuery::default() }).await,
        ["d2"]
    );
}

pub(super) async fn accounts_are_chosen(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b", "c"]).await;
    linked.insert([on("a1", "a", 1), on("b2", "b", 2), on("c3", "c", 3), on("a4", "a", 4)]).await;
    let other = Linked::new(linked.store.clone(), "bob", "item-2", &["x"]).await;
    other.insert([on("theirs", "x", 5)]).await;
    let (a, b, x) = (linked.account_id("a").await, linked.account_id("b").await, other.account_id("x").await);
    for (accounts, expected) in [
        (vec![a], &["a4", "a1"][..]),
        (vec![b, a], &["a4", "b2", "a1"]),
        (vec![a, a], &["a4", "a1"]),
        (vec![x], &[]),
        (vec![x, b], &["b2"]),
    ] {
        assert_eq!(
            list(&linked, TransactionQuery { accounts, ..TransactionQuery::default() }).await,
            expected
        );
    }
    let query = TransactionQuery { accounts: vec![a, b], limit: 2, ..TransactionQuery::default() };
    assert_eq!(list(&linked, query).await, ["a4", "b2"]);
}

pub(super) async fn limits_from_nothing_to_everything(fixture: &mut dyn StoreFixture) {
    let linked = many(fixture).await;
    for (limit, length) in [(0, 0), (1, 1), (209, 209), (210, 210), (211, 210), (u32::MAX, 210)] {
        let query = TransactionQuery { limit, ..TransactionQuery::default() };
        assert_eq!(list(&linked, query).await.len(), length);
    }
    assert_eq!(list(&linked, TransactionQuery::default()).await.len(), 100);
}

pub(super) async fn only_live_rows_are_listed(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert(["live", "hidden", "removed", "deleted"].map(|id| row(id, "a", "1"))).await;
    linked.remove("removed").await;
    linked.edit("deleted", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    linked.edit("hidden", &TransactionEdit { hidden: Some(true), ..TransactionEdit::default() }).await;
    assert_eq!(list(&linked, TransactionQuery::default()).await, ["live"]);
    let with_hidden = TransactionQuery { rows: RowSelection::WithHidden, ..TransactionQuery::default() };
    assert_eq!(list(&linked, with_hidden).await, ["hidden", "live"]);
    // By its identifier every row is found.
    for id in ["removed", "deleted"] {
        assert_eq!(linked.row(id).await.provider.id.as_str(), id);
    }
    let nobody = crate::conformance::samples::user("nobody");
    let error = linked.store.transaction(&nobody, linked.id_of("live").await).await.expect_err("not theirs");
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
}

pub(super) async fn rows_are_listed_by_state_and_origin(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("live", "a", "1"), row("removed", "a", "1")]).await;
    linked.remove("removed").await;
    let inserts = RowOrigin::ALL.map(|origin| RowInsert::new(row(origin.name(), "a", "1"), origin));
    linked.apply(ChangeSet { inserts: inserts.to_vec(), ..linked.change() }).await;
    for origin in RowOrigin::ALL {
        assert_eq!(linked.row(origin.name()).await.origin, origin);
        assert_eq!(linked.known(origin.name()).await.unwrap().origin, origin);
    }
    for (rows, expected) in [
        (RowSelection::Live, &["correction", "manual", "file", "earlier_connection", "provider", "live"][..]),
        (RowSelection::AwaitingTheBank, &["correction", "manual", "file", "earlier_connection"]),
        (
            RowSelection::Any,
            &["correction", "manual", "file", "earlier_connection", "provider", "removed", "live"],
        ),
    ] {
        assert_eq!(linked.list(&TransactionQuery { rows, ..TransactionQuery::default() }).await, expected);
    }
    // What is hidden counts, and may be the bank's one day; only the plain list leaves it out.
    linked.edit("manual", &TransactionEdit { hidden: Some(true), ..TransactionEdit::default() }).await;
    for (rows, expected) in [
        (RowSelection::Live, &["correction", "file", "earlier_connection", "provider", "live"][..]),
        (
            RowSelection::WithHidden,
            &["correction", "manual", "file", "earlier_connection", "provider", "live"],
        ),
        (RowSelection::AwaitingTheBank, &["correction", "manual", "file", "earlier_connection"]),
    ] {
        assert_eq!(linked.list(&TransactionQuery { rows, ..TransactionQuery::default() }).await, expected);
    }
    assert_eq!(linked.store.account_totals(&linked.user).await.unwrap()[0].rows, 6);
    linked.edit("file", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    linked.edit("removed", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    let deleted = TransactionQuery { rows: RowSelection::DeletedByUser, ..TransactionQuery::default() };
    assert_eq!(linked.list(&deleted).await, ["file", "removed"]);
    let restorable = TransactionQuery { rows: RowSelection::Restorable, ..TransactionQuery::default() };
    assert_eq!(linked.list(&restorable).await, ["file"]);
    // A row takes the origin of its last write.
    let id = linked.id_of("manual").await;
    linked.apply(ChangeSet { updates: vec![update(id, row("manual", "a", "1"))], ..linked.change() }).await;
    assert_eq!(linked.row("manual").await.origin, RowOrigin::Provider);
}
