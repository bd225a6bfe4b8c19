//! Futures that are dropped half-way.

use std::time::Duration;

use finance_core::conformance::samples::{insert, new_connection, row};
use finance_core::conformance::{Linked, Snapshot};
use finance_core::{AccessToken, ChangeSet, Cursor, ProviderTransaction, RawJson};

use crate::fixture::{Home, on_every_store};

on_every_store! {
    a_dropped_write_is_whole_or_nothing_and_the_next_one_goes_on
    other_writes_may_be_dropped_too
}

fn change(linked: &Linked, expected: Option<&str>, round: u64) -> ChangeSet {
    let rows = (0..1_000).map(|n| ProviderTransaction {
        raw: Some(RawJson::from_text("{}")),
        ..row(&format!("{round}-{n}"), "a", "1.00")
    });
    ChangeSet {
        cursor: Linked::step(expected, Some(&format!("c{round}"))),
        inserts: rows.map(insert).collect(),
        ..linked.change()
    }
}

async fn a_dropped_write_is_whole_or_nothing_and_the_next_one_goes_on(home: Home) {
    let store = home.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    let (mut finished, mut dropped, mut rows) = (0, 0, 0);
    let mut cursor: Option<String> = None;
    for round in 0..40 {
        let next = change(&linked, cursor.as_deref(), round);
        // On a busy machine, too, the last one is waited for.
        let patience = if round < 39 { Duration::from_micros(round * 600) } else { Duration::MAX };
        match tokio::time::timeout(patience, linked.store.apply(&next)).await {
            Ok(applied) => drop(applied.unwrap()),
            Err(_) => dropped += 1,
        }
        // What was dropped while it was being made last may land a moment later; the next write comes after it.
        linked.apply(linked.change()).await;
        let stands = linked.connection().await.cursor;
        let total = linked.store.account_totals(&linked.user).await.unwrap();
        let stored = total.first().map_or(0, |total| total.rows);
        if stands == Cursor::new(&format!("c{round}")) {
            finished += 1;
            rows += 1_000;
            cursor = Some(format!("c{round}"));
        } else {
            assert_eq!(stands.as_ref().map(Cursor::as_str), cursor.as_deref());
        }
        assert_eq!(stored, rows, "round {round}");
    }
    assert!(
        dropped > 0 && dropped < 40,
        "{dropped} of 40 rounds were dropped, so nothing was put to the test"
    );
    assert!(finished > 0);
}

async fn other_writes_may_be_dropped_too(home: Home) {
    let store = home.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1.00")]).await;
    let users = [linked.user.clone()];
    for micros in (0..3_000).step_by(150) {
        let patience = Duration::from_micros(micros);
        let token = AccessToken::new("token-of-item-1");
        let replaced = linked.store.replace_access_token(&linked.user, linked.id, &token);
        let _ = tokio::time::timeout(patience, replaced).await;
        let stored = linked.store.insert_connection(new_connection(&linked.user, "item-1"));
        let _ = tokio::time::timeout(patience, stored).await;
        let listed = linked.store.known_transactions(linked.id, finance_core::KnownTransactions::All);
        let _ = tokio::time::timeout(patience, listed).await;
    }
    let snapshot = Snapshot::of(&*linked.store, &users).await;
    assert_eq!(snapshot.users[0].connections[0].1.as_deref(), Some("token-of-item-1"));
    assert_eq!(snapshot.users[0].live.len(), 1);
}
