use super::{Linked, Snapshot, StoreFixture};
use crate::conformance::samples::{account, at, insert, rename, row, row_id, update};
use crate::{
    AccountChanges, AccountId, ChangeSet, ConnectionId, ConnectionStatus, EditCarry, HistoryStatus,
    InstitutionId, InstitutionRef, KnownAs, ProviderTransaction, RawJson, RunOutcome, StoreErrorKind,
    SyncCounts, SyncRun, TransactionEdit, TransactionId,
};

pub(super) async fn the_cursor_moves_only_from_where_it_is_expected(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let step = |expected, next| ChangeSet { cursor: Linked::step(expected, next), ..linked.change() };
    let refused = StoreErrorKind::Conflict;
    linked.refuse(step(Some("c1"), Some("c2")), refused).await;
    linked.apply(step(None, Some("c1"))).await;
    linked.refuse(step(None, Some("c2")), refused).await;
    linked.refuse(step(Some("C1"), Some("c2")), refused).await;
    linked.refuse(step(Some("c1 "), Some("c2")), refused).await;
    linked.apply(step(Some("c1"), Some("c2"))).await;
    linked.refuse(step(Some("c1"), Some("c2")), refused).await;
    assert_eq!(linked.connection().await.cursor, crate::Cursor::new("c2"));
    // A replay forgets the cursor; a step may also leave it where it is.
    linked.apply(step(Some("c2"), None)).await;
    assert_eq!(linked.connection().await.cursor, None);
    linked.apply(step(None, None)).await;
    assert_eq!(linked.connection().await.cursor, None);
}

pub(super) async fn the_revision_grows_with_rows_and_status(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let other = Linked::new(fixture.store(), "ada", "item-2", &["x"]).await;
    let (before, untouched) = (linked.connection().await.revision, other.connection().await.revision);
    let seen = |revision| ChangeSet { revision: Some(revision), ..linked.change() };
    // What is neither of rows nor of the status leaves it.
    linked.apply(ChangeSet { cursor: Linked::step(None, Some("c1")), ..seen(before) }).await;
    assert_eq!(linked.connection().await.revision, before);
    linked.refuse(seen(before + 1), StoreErrorKind::Conflict).await;

    linked.apply(ChangeSet { inserts: vec![insert(row("t", "a", "1"))], ..seen(before) }).await;
    let id = linked.id_of("t").await;
    let hidden = TransactionEdit { hidden: Some(true), ..TransactionEdit::default() };
    let steps = [
        ChangeSet { updates: vec![update(id, row("t", "a", "2"))], ..linked.change() },
        ChangeSet { known_as: vec![KnownAs { id, provider_id: row_id("u") }], ..linked.change() },
        ChangeSet { edits: vec![linked.edit_write("t", &hidden).await], ..linked.change() },
        ChangeSet { removals: vec![id], ..linked.change() },
        ChangeSet { status: Some(ConnectionStatus::Degraded), ..linked.change() },
    ];
    for (steps, change) in (1..).zip(steps) {
        let now = before + steps;
        assert_eq!(linked.connection().await.revision, now);
        let stale = ChangeSet { revision: Some(now - 1), ..change.clone() };
        linked.refuse(stale, StoreErrorKind::Conflict).await;
        linked.apply(ChangeSet { revision: Some(now), ..change }).await;
    }
    linked.record(&run(linked.id), None).await;
    assert_eq!(linked.connection().await.revision, before + 6);
    linked.record(&run(linked.id), Some(ConnectionStatus::Good)).await;
    assert_eq!(linked.connection().await.revision, before + 7);
    assert_eq!(other.connection().await.revision, untouched);
}

fn run(connection: ConnectionId) -> SyncRun {
    SyncRun {
        connection,
        started_at: at(1),
        ended_at: at(2),
        outcome: RunOutcome::Applied,
        counts: SyncCounts { added: 1, ..SyncCounts::default() },
        pages: 1,
        restarts: 0,
        retries: 0,
        fault: None,
    }
}

/// A connection with rows in every state, and another one whose rows it must not touch.
async fn two_connections(fixture: &mut dyn StoreFixture) -> (Linked, Linked) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let raw = |id: &str| ProviderTransaction { raw: Some(RawJson::from_text(id)), ..row(id, "a", "1.10") };
    linked.insert(["t1", "t2", "removed", "deleted", "p"].map(raw)).await;
    linked.remove("removed").await;
    linked.edit("deleted", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    let updates = vec![rename(linked.id_of("p").await, row("posted", "b", "2"))];
    let cursor = Linked::step(None, Some("c1"));
    linked.apply(ChangeSet { updates, cursor, run: Some(run(linked.id)), ..linked.change() }).await;
    let other = Linked::new(fixture.store(), "bob", "item-2", &["x"]).await;
    other.insert([row("theirs", "x", "9")]).await;
    (linked, other)
}

/// A change set that would change everything about the connection.
async fn busy_change(linked: &Linked) -> ChangeSet {
    let raw = |id: &str, account: &str, amount: &str| ProviderTransaction {
        raw: Some(RawJson::from_text("{}")),
        ..row(id, account, amount)
    };
    let many = (0..700).map(|number| insert(raw(&format!("new-{number}"), "c", "3.30")));
    ChangeSet {
        cursor: Linked::step(Some("c1"), Some("c2")),
        accounts: AccountChanges {
            listed: vec![account("c"), account("a")],
            gone: vec![linked.account_id("b").await],
        },
        updates: vec![
            update(linked.id_of("t1").await, raw("t1", "a", "9.99")),
            update(linked.id_of("removed").await, raw("removed", "a", "9.99")),
            rename(linked.id_of("t2").await, raw("t2-posted", "a", "9.99")),
        ],
        inserts: many.collect(),
        removals: vec![linked.id_of("posted").await],
        status: Some(ConnectionStatus::Degraded),
        history: Some(HistoryStatus::Complete),
        institution: Some(InstitutionRef { id: InstitutionId::new("ins_9").unwrap(), name: None }),
        consent_expires_at: Some(Some(at(99))),
        bank_updated_at: Some(at(98)),
        new_accounts_available: Some(true),
        run: Some(run(linked.id)),
        ..ChangeSet::new(linked.id, at(50))
    }
}

pub(super) async fn a_refused_change_set_leaves_nothing(fixture: &mut dyn StoreFixture) {
    use StoreErrorKind::{Conflict, InvalidInput};
    let (linked, other) = two_connections(fixture).await;
    let users = [linked.user.clone(), other.user.clone()];
    let before = Snapshot::of(&*linked.store, &users).await;
    let theirs = other.id_of("theirs").await;
    let t1 = linked.id_of("t1").await;
    let deleted = linked.id_of("deleted").await;

    type Spoil = Box<dyn Fn(&mut ChangeSet) + Send>;
    let their_account = other.account_id("x").await;
    let nowhere = TransactionId::new(9_999);
    let faults: Vec<(&str, StoreErrorKind, Spoil)> = vec![
        ("cursor", Conflict, Box::new(|it| it.cursor = Linked::step(None, Some("c2")))),
        ("known id", Conflict, Box::new(|it| it.inserts.push(insert(row("t1", "a", "1"))))),
        ("old id", Conflict, Box::new(|it| it.inserts.push(insert(row("p", "a", "1"))))),
        ("freed id", Conflict, Box::new(|it| it.inserts.push(insert(row("t2", "a", "1"))))),
        ("new id of a rename", Conflict, Box::new(|it| it.inserts.push(insert(row("t2-posted", "a", "1"))))),
        ("id of a removed row", Conflict, Box::new(|it| it.inserts.push(insert(row("removed", "a", "1"))))),
        ("same id twice", Conflict, Box::new(|it| it.inserts.push(insert(row("new-0", "a", "1"))))),
        ("unknown account", InvalidInput, Box::new(|it| it.inserts.push(insert(row("n", "x", "1"))))),
        (
            "account of the update",
            InvalidInput,
            Box::new(move |it| {
                it.updates.push(update(deleted, row("deleted", "x", "1")));
            }),
        ),
        (
            "rename to a known id",
            Conflict,
            Box::new(move |it| {
                it.updates.push(rename(deleted, row("posted", "a", "1")));
            }),
        ),
        (
            "rename to an old id",
            Conflict,
            Box::new(move |it| {
                it.updates.push(rename(deleted, row("p", "a", "1")));
            }),
        ),
        (
            "rename to a freed id",
            Conflict,
            Box::new(move |it| {
                it.updates.push(rename(deleted, row("t2", "a", "1")));
            }),
        ),
        (
            "two renames to one id",
            Conflict,
            Box::new(move |it| {
                it.updates.push(rename(deleted, row("t2-posted", "a", "1")));
            }),
        ),
        (
            "other id without rename",
            Conflict,
            Box::new(move |it| {
                it.updates.push(update(deleted, row("another", "a", "1")));
            }),
        ),
        (
            "rename to the same id",
            Conflict,
            Box::new(move |it| {
                it.updates.push(rename(deleted, row("deleted", "a", "1")));
            }),
        ),
        ("update twice", InvalidInput, Box::new(move |it| it.updates.push(update(t1, row("t1", "a", "1"))))),
        (
            "update and rename",
            InvalidInput,
            Box::new(move |it| it.updates.push(rename(t1, row("fresh", "a", "1")))),
        ),
        (
            "edits of their row",
            InvalidInput,
            Box::new(move |it| it.edit_carries.push(EditCarry { from: theirs, to: deleted })),
        ),
        (
            "edits to no row",
            InvalidInput,
            Box::new(move |it| it.edit_carries.push(EditCarry { from: deleted, to: nowhere })),
        ),
        (
            "update of their row",
            InvalidInput,
            Box::new(move |it| {
                it.updates.push(update(theirs, row("theirs", "a", "1")));
            }),
        ),
        (
            "rename of their row",
            InvalidInput,
            Box::new(move |it| {
                it.updates.push(rename(theirs, row("mine", "a", "1")));
            }),
        ),
        (
            "update of no row",
            InvalidInput,
            Box::new(move |it| {
                it.updates.push(update(nowhere, row("n", "a", "1")));
            }),
        ),
        (
            "rename of no row",
            InvalidInput,
            Box::new(move |it| {
                it.updates.push(rename(nowhere, row("n", "a", "1")));
            }),
        ),
        ("removal of their row", InvalidInput, Box::new(move |it| it.removals.push(theirs))),
        ("removal of no row", InvalidInput, Box::new(move |it| it.removals.push(nowhere))),
        ("their account gone", InvalidInput, Box::new(move |it| it.accounts.gone.push(their_account))),
        ("no account gone", InvalidInput, Box::new(|it| it.accounts.gone.push(AccountId::new(9_999)))),
        ("their run", InvalidInput, Box::new(move |it| it.run = Some(run(other.id)))),
    ];
    for (fault, kind, spoil) in faults {
        let mut change = busy_change(&linked).await;
        spoil(&mut change);
        let error = linked.store.apply(&change).await.expect_err(fault);
        assert_eq!(error.kind(), kind, "{fault}: {error}");
        assert!(!error.to_string().is_empty());
        assert_eq!(Snapshot::of(&*linked.store, &users).await, before, "{fault}");
    }

    // Without a fault it is applied, and the other connection is as it was.
    linked.apply(busy_change(&linked).await).await;
    let after = Snapshot::of(&*linked.store, &users).await;
    assert_ne!(after.users[0], before.users[0]);
    assert_eq!(after.users[1], before.users[1]);
    assert_eq!(linked.connection().await.cursor, crate::Cursor::new("c2"));
}

pub(super) async fn an_id_leads_to_one_row_for_good(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("p", "a", "1"), row("q", "a", "2")]).await;
    let (p, q) = (linked.id_of("p").await, linked.id_of("q").await);
    linked.apply(ChangeSet { updates: vec![rename(p, row("t", "a", "1"))], ..linked.change() }).await;
    for (id, to) in [(q, "p"), (q, "t")] {
        let updates = vec![rename(id, row(to, "a", "2"))];
        linked.refuse(ChangeSet { updates, ..linked.change() }, StoreErrorKind::Conflict).await;
    }
    // Two rows cannot swap their ids either, nor can one take what another one leaves.
    let swap = vec![rename(p, row("q", "a", "1")), rename(q, row("t", "a", "2"))];
    linked.refuse(ChangeSet { updates: swap, ..linked.change() }, StoreErrorKind::Conflict).await;
    let follow = vec![rename(q, row("q2", "a", "2")), rename(p, row("q", "a", "1"))];
    linked.refuse(ChangeSet { updates: follow, ..linked.change() }, StoreErrorKind::Conflict).await;
    for id in ["p", "t"] {
        let inserts = vec![insert(row(id, "a", "1"))];
        linked.refuse(ChangeSet { inserts, ..linked.change() }, StoreErrorKind::Conflict).await;
    }
    assert_eq!((linked.id_of("p").await, linked.id_of("t").await, linked.id_of("q").await), (p, p, q));
}

pub(super) async fn of_two_syncs_from_one_cursor_one_wins(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let mut cursor: Option<String> = None;
    for round in 0..10 {
        let change = |who: &str| ChangeSet {
            cursor: Linked::step(cursor.as_deref(), Some(&format!("c{round}-{who}"))),
            inserts: (0..200).map(|n| insert(row(&format!("{round}-{who}-{n}"), "a", "1"))).collect(),
            ..linked.change()
        };
        let (one, other) = (change("one"), change("other"));
        let (first, second) = futures::join!(linked.store.apply(&one), linked.store.apply(&other));
        let (winner, lost) = match (first, second) {
            (Ok(_), Err(lost)) => ("one", lost),
            (Err(lost), Ok(_)) => ("other", lost),
            (first, second) => panic!("exactly one must win: {first:?} {second:?}"),
        };
        assert_eq!(lost.kind(), StoreErrorKind::Conflict, "{lost}");
        cursor = Some(format!("c{round}-{winner}"));
        assert_eq!(linked.connection().await.cursor, cursor.as_deref().and_then(crate::Cursor::new));
        let loser = if winner == "one" { "other" } else { "one" };
        assert!(linked.known(&format!("{round}-{winner}-199")).await.is_some());
        assert!(linked.known(&format!("{round}-{loser}-0")).await.is_none());
    }
    let totals = linked.store.account_totals(&linked.user).await.unwrap();
    assert_eq!(totals[0].rows, 2_000);
}

pub(super) async fn an_empty_change_set_changes_nothing(fixture: &mut dyn StoreFixture) {
    let (linked, other) = two_connections(fixture).await;
    let users = [linked.user.clone(), other.user.clone()];
    let before = Snapshot::of(&*linked.store, &users).await;
    linked.apply(ChangeSet::new(linked.id, at(1_000))).await;
    assert_eq!(Snapshot::of(&*linked.store, &users).await, before);
}

pub(super) async fn a_restart_loses_nothing(fixture: &mut dyn StoreFixture) {
    let (linked, other) = two_connections(fixture).await;
    linked.apply(busy_change(&linked).await).await;
    let users = [linked.user.clone(), other.user.clone()];
    let before = Snapshot::of(&*linked.store, &users).await;
    drop((linked, other));
    fixture.reopen().await;
    let store = fixture.store();
    assert_eq!(Snapshot::of(&*store, &users).await, before);

    // And it goes on where it was, with identifiers that were never given before.
    let again = Linked::new(store, "ada", "item-1", &[]).await;
    let last = before.users[0].live.iter().map(|row| row.id).max();
    again.insert([row("after the restart", "a", "1")]).await;
    assert!(Some(again.id_of("after the restart").await) > last);
}
