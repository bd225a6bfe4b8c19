use super::removals::{assign, full};
use super::{Linked, Snapshot, StoreFixture};
use crate::conformance::samples::{account, at, day, insert, rename, row, row_id, usd};
use crate::{
    AccountPair, Actor, AuditDraft, AuditSubject, ChangeSet, ConnectionMerge, ConnectionStatus, DateWindow,
    EventKind, ProviderTransaction, RawJson, RowInsert, RowOrigin, RowPair, StatementWrite, StoreErrorKind,
    Transaction, TransactionEdit, TransactionEdits, TransactionQuery, TransactionState, parse_amount,
};

/// A merge of two connections that is to change nothing of accounts and rows yet.
async fn merge(old: &Linked, new: &Linked) -> ConnectionMerge {
    let subject = AuditSubject::Connection(new.id);
    ConnectionMerge {
        user: old.user.clone(),
        from: old.id,
        into: new.id,
        at: at(20),
        from_revision: old.connection().await.revision,
        into_revision: new.connection().await.revision,
        accounts: Vec::new(),
        rows: Vec::new(),
        dropped: Vec::new(),
        renamed: Vec::new(),
        audit: vec![AuditDraft::new(Actor::User, "connections_merged", subject)],
    }
}

async fn accounts(old: &Linked, new: &Linked, pairs: &[(&str, &str)]) -> Vec<AccountPair> {
    let mut found = Vec::new();
    for (one, other) in pairs {
        found.push(AccountPair { old: old.account_id(one).await, new: new.account_id(other).await });
    }
    found
}

async fn rows(old: &Linked, new: &Linked, pairs: &[(&str, &str)]) -> Vec<RowPair> {
    let mut found = Vec::new();
    for (one, other) in pairs {
        found.push(RowPair { old: old.id_of(one).await, new: new.id_of(other).await });
    }
    found
}

fn noted(note: &str) -> TransactionEdit {
    TransactionEdit { note: Some(Some(note.to_owned())), ..TransactionEdit::default() }
}

const DELETED: TransactionEdit = TransactionEdit {
    name: None,
    category: None,
    note: None,
    hidden: None,
    deleted: Some(true),
    amount: None,
    date: None,
    counts_while_pending: None,
    parts: None,
};

pub(super) async fn a_pair_of_rows_is_the_old_one_with_the_new_values(fixture: &mut dyn StoreFixture) {
    let old = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let new = Linked::new(fixture.store(), "ada", "item-2", &["x"]).await;
    let raw = |text: &str, row: ProviderTransaction| ProviderTransaction {
        raw: Some(RawJson::from_text(text)),
        ..row
    };
    old.insert(
        ["plain", "noted", "corrected", "deleted", "taken-back"]
            .map(|id| raw("{\"old\":1}", row(id, "a", "-4.50"))),
    )
    .await;
    let told = |id: &str| raw("{\"new\":1}", ProviderTransaction { date: day(3), ..row(id, "x", "-5.00") });
    let news = ["n-plain", "n-noted", "n-corrected", "n-deleted", "n-taken-back"];
    new.insert(news.map(told)).await;
    old.edit("noted", &noted("mine")).await;
    new.edit("n-noted", &noted("another")).await;
    let correction = TransactionEdit {
        amount: Some(Some(parse_amount("-45.0").unwrap())),
        date: Some(Some(day(40))),
        ..TransactionEdit::default()
    };
    old.edit("corrected", &correction).await;
    old.edit("deleted", &DELETED).await;
    old.remove("taken-back").await;
    let pairs = [
        ("plain", "n-plain"),
        ("noted", "n-noted"),
        ("corrected", "n-corrected"),
        ("deleted", "n-deleted"),
        ("taken-back", "n-taken-back"),
    ];
    let mut before = Vec::new();
    for (id, _) in pairs {
        before.push(old.row(id).await);
    }
    let merge = ConnectionMerge {
        accounts: accounts(&old, &new, &[("a", "x")]).await,
        rows: rows(&old, &new, &pairs).await,
        ..merge(&old, &new).await
    };
    old.store.merge_connections(&merge).await.unwrap();

    for ((old_id, new_id), before) in pairs.into_iter().zip(before) {
        let expected = Transaction {
            connection: new.id,
            provider: ProviderTransaction { raw: None, ..told(new_id) },
            state: if old_id == "deleted" { TransactionState::DeletedByUser } else { TransactionState::Live },
            updated_at: at(20),
            ..before
        };
        assert_eq!(new.row(new_id).await, expected);
        // The old id leads there, too, and at the old connection nothing is left.
        let known = new.known(old_id).await.expect("the old id is remembered");
        assert_eq!((known.id, known.superseded, known.digest), (expected.id, true, told(new_id).digest()));
        assert_eq!(old.known(old_id).await, None);
        assert_eq!(new.raw(new_id).await.as_deref(), Some("{\"new\":1}"));
    }
    let totals = new.store.account_totals(&new.user).await.unwrap();
    assert_eq!((totals.len(), totals[0].rows, &totals[0].sum), (1, 4, &usd("-60.00")));
    // The corrected row takes the correction back to what the new connection says.
    let undo = TransactionEdit { amount: Some(None), date: Some(None), ..TransactionEdit::default() };
    let row = new.edit("n-corrected", &undo).await;
    assert_eq!((row.amount(), row.date()), (usd("-5.00"), day(3)));
}

pub(super) async fn edits_of_the_row_that_goes_are_carried_over(fixture: &mut dyn StoreFixture) {
    let old = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let new = Linked::new(fixture.store(), "ada", "item-2", &["x"]).await;
    let ids = ["noted", "deleted", "corrected", "own"];
    old.insert(ids.map(|id| row(id, "a", "-4.50"))).await;
    new.insert(ids.map(|id| row(&format!("n-{id}"), "x", "-5.00"))).await;
    new.edit("n-noted", &noted("carried")).await;
    new.edit("n-deleted", &DELETED).await;
    let amount = Some(Some(parse_amount("-9.00").unwrap()));
    new.edit("n-corrected", &TransactionEdit { amount, ..TransactionEdit::default() }).await;
    let category = Some(Some("Food".to_owned()));
    old.edit("own", &noted("its own")).await;
    new.edit("n-own", &TransactionEdit { deleted: DELETED.deleted, category, ..noted("dropped") }).await;
    let pairs = ids.map(|id| (id, format!("n-{id}")));
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(old, new)| (*old, new.as_str())).collect();
    let merge = ConnectionMerge {
        accounts: accounts(&old, &new, &[("a", "x")]).await,
        rows: rows(&old, &new, &pairs).await,
        ..merge(&old, &new).await
    };
    old.store.merge_connections(&merge).await.unwrap();
    let mut after = Vec::new();
    for (_, id) in pairs {
        let row = new.row(id).await;
        after.push((
            row.state,
            row.amount(),
            row.provider.amount.clone(),
            row.edits.note,
            row.edits.category,
        ));
    }
    let (live, five) = (TransactionState::Live, usd("-5.00"));
    let expected = [
        (live, five.clone(), five.clone(), Some("carried".to_owned()), None),
        (TransactionState::DeletedByUser, five.clone(), five.clone(), None, None),
        (live, usd("-9.00"), five.clone(), None, None),
        (live, five.clone(), five, Some("its own".to_owned()), Some("Food".to_owned())),
    ];
    assert_eq!(after, expected);
}

pub(super) async fn an_assigned_category_goes_to_a_row_without_one(fixture: &mut dyn StoreFixture) {
    let old = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let new = Linked::new(fixture.store(), "ada", "item-2", &["x"]).await;
    old.insert([row("one", "a", "1")]).await;
    assign(&old, "Food").await;
    old.insert([row("two", "a", "2")]).await;
    new.insert([row("n-one", "x", "1"), row("n-two", "x", "2"), row("n-three", "x", "3")]).await;
    // Rows in their order: what waits of the old connection is assigned with the rest, so it is left out by a choice.
    let choice = |category: Option<&str>| TransactionEdit {
        category: Some(category.map(str::to_owned)),
        ..TransactionEdit::default()
    };
    old.edit("two", &choice(Some("Mine"))).await;
    assign(&new, "Travel").await;
    old.edit("two", &choice(None)).await;
    let merge = ConnectionMerge {
        accounts: accounts(&old, &new, &[("a", "x")]).await,
        rows: rows(&old, &new, &[("one", "n-one"), ("two", "n-two")]).await,
        ..merge(&old, &new).await
    };
    old.store.merge_connections(&merge).await.unwrap();
    let mut assigned = Vec::new();
    for id in ["n-one", "n-two", "n-three"] {
        assigned.push(new.row(id).await.assigned.map(|assigned| assigned.category));
    }
    assert_eq!(assigned, ["Food", "Travel", "Travel"].map(|category| Some(category.to_owned())));
}

pub(super) async fn rows_without_a_pair_move(fixture: &mut dyn StoreFixture) {
    let old = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let new = Linked::new(fixture.store(), "ada", "item-2", &["x", "y"]).await;
    old.insert([row("told", "a", "1"), row("pending", "a", "2"), row("elsewhere", "b", "3")]).await;
    let typed = RowInsert::new(row("typed", "a", "4"), RowOrigin::Manual);
    let clash = RowInsert::new(row("file:1", "a", "5"), RowOrigin::File);
    old.apply(ChangeSet { inserts: vec![typed, clash], ..old.change() }).await;
    new.insert([row("more", "x", "6"), row("other", "y", "7")]).await;
    let clash = RowInsert::new(row("file:1", "x", "8"), RowOrigin::File);
    new.apply(ChangeSet { inserts: vec![clash], ..new.change() }).await;
    let mut before = Vec::new();
    for id in ["told", "pending", "typed", "file:1", "elsewhere"] {
        before.push(old.row(id).await);
    }
    let (more, other, filed) = (new.row("more").await, new.row("other").await, new.row("file:1").await);
    let merge = ConnectionMerge {
        accounts: accounts(&old, &new, &[("a", "x")]).await,
        dropped: vec![before[1].id],
        ..merge(&old, &new).await
    };
    let error = old.store.merge_connections(&merge).await.expect_err("an id is taken");
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    let merge = ConnectionMerge { renamed: vec![(before[3].id, row_id("file:1~2"))], ..merge };
    old.store.merge_connections(&merge).await.unwrap();

    let home = crate::ProviderAccountId::new("x").unwrap();
    let moved = |row: &Transaction| Transaction {
        connection: new.id,
        provider: ProviderTransaction { account: home.clone(), ..row.provider.clone() },
        ..row.clone()
    };
    let earlier = RowOrigin::EarlierConnection;
    assert_eq!(new.row("told").await, Transaction { origin: earlier, ..moved(&before[0]) });
    let state = TransactionState::RemovedByProvider;
    let dropped = Transaction { origin: earlier, state, updated_at: at(20), ..moved(&before[1]) };
    assert_eq!(new.row("pending").await, dropped);
    assert_eq!(new.row("typed").await, moved(&before[2]));
    let renamed = ProviderTransaction { id: row_id("file:1~2"), ..moved(&before[3]).provider };
    assert_eq!(new.row("file:1~2").await, Transaction { provider: renamed, ..moved(&before[3]) });
    // What is not concerned stays where it was; rows of the new account are the old one's now.
    assert_eq!(old.row("elsewhere").await, before[4]);
    let account = before[0].account;
    assert_eq!(new.row("more").await, Transaction { account, ..more });
    assert_eq!(new.row("file:1").await, Transaction { account, ..filed });
    assert_eq!(new.row("other").await, other);
}

pub(super) async fn every_id_leads_to_the_row_that_stays(fixture: &mut dyn StoreFixture) {
    let old = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let new = Linked::new(fixture.store(), "ada", "item-2", &["x"]).await;
    old.insert([row("pending", "a", "1"), row("alone-pending", "a", "2")]).await;
    let updates = vec![
        rename(old.id_of("pending").await, row("posted", "a", "1")),
        rename(old.id_of("alone-pending").await, row("alone", "a", "2")),
    ];
    old.apply(ChangeSet { updates, ..old.change() }).await;
    new.insert([row("n-pending", "x", "1")]).await;
    let updates = vec![rename(new.id_of("n-pending").await, row("n-posted", "x", "1"))];
    new.apply(ChangeSet { updates, ..new.change() }).await;
    let (stays, alone) = (old.id_of("posted").await, old.id_of("alone").await);
    let merge = ConnectionMerge {
        accounts: accounts(&old, &new, &[("a", "x")]).await,
        rows: rows(&old, &new, &[("posted", "n-posted")]).await,
        ..merge(&old, &new).await
    };
    old.store.merge_connections(&merge).await.unwrap();
    for (id, row, superseded) in [
        ("n-posted", stays, false),
        ("n-pending", stays, true),
        ("posted", stays, true),
        ("pending", stays, true),
        ("alone", alone, false),
        ("alone-pending", alone, true),
    ] {
        let known = new.known(id).await.unwrap_or_else(|| panic!("{id} must be known"));
        assert_eq!((known.id, known.superseded), (row, superseded), "{id}");
        assert_eq!(old.known(id).await, None, "{id}");
    }
    // An id that leads to a row leads to it for good.
    let inserts = vec![insert(row("posted", "x", "1"))];
    new.refuse(ChangeSet { inserts, ..new.change() }, StoreErrorKind::Conflict).await;
}

pub(super) async fn accounts_and_what_hangs_on_them_become_one(fixture: &mut dyn StoreFixture) {
    let old = full(fixture, "ada", "item-1", ["a", "b"]).await;
    let new = full(fixture, "ada", "item-2", ["x", "y"]).await;
    let (store, user) = (old.store.clone(), old.user.clone());
    let own = StatementWrite {
        account: new.account_id("x").await,
        date: "2026-02-28".parse().unwrap(),
        before: None,
        after: Some(parse_amount("80.00").unwrap()),
    };
    new.apply(ChangeSet { statements: vec![own], ..new.change() }).await;
    let mut told = account("x");
    told.name = "Everyday".to_owned();
    told.balances.current = Some(parse_amount("77.00").unwrap());
    let mut change = ChangeSet { ..ChangeSet::new(new.id, at(8)) };
    change.accounts.listed = vec![told.clone(), account("y")];
    new.apply(change).await;
    let (a, b) = (old.account("a").await, old.account("b").await);
    let (x, y) = (new.account("x").await, new.account("y").await);
    let connection = old.connection().await;
    let events = old.events_after(0).await.len() as u64;

    let merge =
        ConnectionMerge { accounts: accounts(&old, &new, &[("a", "x")]).await, ..merge(&old, &new).await };
    store.merge_connections(&merge).await.unwrap();

    let merged = crate::Account { id: a.id, ..x.clone() };
    assert_eq!(store.accounts(&user).await.unwrap(), [b, merged, y]);
    let whole = DateWindow::default();
    let balances = store.balance_history(&user, a.id, whole, 99).await.unwrap();
    assert!(balances.iter().all(|entry| entry.account == a.id));
    assert_eq!((balances.len(), balances[0].balances.current), (5, told.balances.current));
    let statements = store.statements(&user, a.id).await.unwrap();
    let stated: Vec<String> =
        statements.iter().map(|statement| format!("{} {}", statement.date, statement.balance)).collect();
    assert_eq!(stated, ["2026-01-31 95.50", "2026-02-28 80.00"]);
    let compared = store.reconciliations(&user, a.id, 9).await.unwrap();
    assert_eq!(compared.len(), 2);
    for summary in &compared {
        assert_eq!(store.resolutions(&user, summary.id).await.unwrap().len(), 1);
    }
    assert_eq!(
        store.statements(&user, x.id).await.expect_err("it is no more").kind(),
        StoreErrorKind::NotFound
    );
    assert_eq!(store.runs(&user, old.id, 9).await.unwrap().len(), 1);

    // The connection that ends is as one that was removed.
    let revision = connection.revision + 1;
    let ended = crate::Connection { status: ConnectionStatus::Removed, fault: None, revision, ..connection };
    assert_eq!(old.connection().await, ended);
    assert_eq!(
        store.access_token(&user, old.id).await.expect_err("it is destroyed").kind(),
        StoreErrorKind::NoToken
    );
    assert_eq!(store.access_token(&user, new.id).await.unwrap().expose(), "token-of-item-2");

    let told: Vec<EventKind> = old.events_after(events).await.into_iter().map(|event| event.kind).collect();
    let mut moved = Vec::new();
    for id in ["item-2-one", "item-2-noted"] {
        moved.push(new.id_of(id).await);
    }
    let expected = [
        EventKind::ConnectionChanged { connection: old.id, status: ConnectionStatus::Removed },
        EventKind::AccountMerged { connection: new.id, account: a.id, was: x.id },
        EventKind::BalanceUpdated { account: a.id, balances: x.provider.balances },
        EventKind::TransactionsModified { account: a.id, transactions: moved },
        EventKind::DashboardUpdated,
    ];
    assert_eq!(told, expected);
    assert_eq!(store.audit_entries(&user, 0, 9).await.unwrap().pop().unwrap().action, "connections_merged");
}

pub(super) async fn a_merge_tells_what_became_of_rows(fixture: &mut dyn StoreFixture) {
    let old = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let new = Linked::new(fixture.store(), "ada", "item-2", &["x"]).await;
    old.insert(["one", "back", "deleted", "dropped", "alone"].map(|id| row(id, "a", "1"))).await;
    new.insert(["n-one", "n-back", "n-deleted", "n-more"].map(|id| row(id, "x", "1"))).await;
    old.remove("back").await;
    old.edit("deleted", &DELETED).await;
    let pairs = [("one", "n-one"), ("back", "n-back"), ("deleted", "n-deleted")];
    let merge = ConnectionMerge {
        accounts: accounts(&old, &new, &[("a", "x")]).await,
        rows: rows(&old, &new, &pairs).await,
        dropped: vec![old.id_of("dropped").await],
        ..merge(&old, &new).await
    };
    let events = old.events_after(0).await.len() as u64;
    let (account, more) = (old.account_id("a").await, new.id_of("n-more").await);
    old.store.merge_connections(&merge).await.unwrap();
    let told: Vec<EventKind> =
        old.events_after(events).await.into_iter().map(|event| event.kind).skip(2).collect();
    let of = |place: usize| merge.rows[place];
    let sorted = |mut rows: Vec<crate::TransactionId>| {
        rows.sort_unstable();
        rows
    };
    let removed = sorted(vec![of(0).new, of(1).new, of(2).new, merge.dropped[0]]);
    let expected = [
        EventKind::TransactionsCreated { account, transactions: vec![of(1).old] },
        EventKind::TransactionsModified { account, transactions: sorted(vec![of(0).old, more]) },
        EventKind::TransactionsRemoved { account, transactions: removed },
        EventKind::DashboardUpdated,
    ];
    assert_eq!(told, expected);
    assert_eq!(new.list(&TransactionQuery::default()).await.len(), 4);
    assert_eq!(new.row("n-one").await.edits, TransactionEdits::default());
}

pub(super) async fn a_refused_merge_leaves_nothing(fixture: &mut dyn StoreFixture) {
    let old = full(fixture, "ada", "item-1", ["a", "b"]).await;
    let new = full(fixture, "ada", "item-2", ["x", "y"]).await;
    let bob = full(fixture, "bob", "item-3", ["a", "b"]).await;
    let users = [old.user.clone(), bob.user.clone()];
    let sound = ConnectionMerge {
        accounts: accounts(&old, &new, &[("a", "x")]).await,
        rows: rows(&old, &new, &[("item-1-one", "item-2-one")]).await,
        ..merge(&old, &new).await
    };
    let pair = |old: &Linked, new: &Linked, ids: [&'static str; 2]| {
        let (old, new) = (old.clone(), new.clone());
        async move { RowPair { old: old.id_of(ids[0]).await, new: new.id_of(ids[1]).await } }
    };
    let (conflict, invalid) = (StoreErrorKind::Conflict, StoreErrorKind::InvalidInput);
    let not_found = StoreErrorKind::NotFound;
    let twice = AccountPair { old: sound.accounts[0].old, new: new.account_id("y").await };
    let theirs = AccountPair { old: bob.account_id("b").await, new: new.account_id("y").await };
    let crossed = pair(&old, &new, ["item-1-noted", "item-2-two"]).await;
    let unpaired = pair(&old, &new, ["item-1-two", "item-2-two"]).await;
    let strange = pair(&bob, &new, ["item-3-one", "item-2-noted"]).await;
    let refused = [
        ("itself", ConnectionMerge { into: old.id, ..sound.clone() }, invalid),
        ("another user's", ConnectionMerge { from: bob.id, ..sound.clone() }, not_found),
        ("by another user", ConnectionMerge { user: bob.user.clone(), ..sound.clone() }, not_found),
        ("an old revision", ConnectionMerge { into_revision: 0, ..sound.clone() }, conflict),
        ("another old revision", ConnectionMerge { from_revision: 0, ..sound.clone() }, conflict),
        (
            "an account twice",
            ConnectionMerge { accounts: vec![sound.accounts[0], twice], ..sound.clone() },
            invalid,
        ),
        (
            "an account of theirs",
            ConnectionMerge { accounts: vec![sound.accounts[0], theirs], ..sound.clone() },
            conflict,
        ),
        ("a row twice", ConnectionMerge { rows: vec![sound.rows[0]; 2], ..sound.clone() }, invalid),
        (
            "a row of another account",
            ConnectionMerge { rows: vec![sound.rows[0], crossed], ..sound.clone() },
            conflict,
        ),
        (
            "rows of accounts apart",
            ConnectionMerge { rows: vec![sound.rows[0], unpaired], ..sound.clone() },
            conflict,
        ),
        (
            "a row of theirs",
            ConnectionMerge { rows: vec![sound.rows[0], strange], ..sound.clone() },
            conflict,
        ),
        ("a pair dropped", ConnectionMerge { dropped: vec![sound.rows[0].old], ..sound.clone() }, invalid),
        ("theirs dropped", ConnectionMerge { dropped: vec![strange.old], ..sound.clone() }, conflict),
        (
            "renamed to an id that is taken",
            ConnectionMerge {
                renamed: vec![(old.id_of("item-1-noted").await, row_id("item-2-noted"))],
                ..sound.clone()
            },
            conflict,
        ),
    ];
    let before = Snapshot::of(&*old.store, &users).await;
    for (name, merge, kind) in refused {
        let error = old.store.merge_connections(&merge).await.expect_err(name);
        assert_eq!(error.kind(), kind, "{name}: {error}");
        assert_eq!(Snapshot::of(&*old.store, &users).await, before, "{name}");
    }
    // A connection that was removed cannot stay, but it can end.
    old.store.remove_connection(&super::removals::removal(&old, crate::LocalRecords::Keep)).await.unwrap();
    let back = ConnectionMerge {
        from: new.id,
        into: old.id,
        accounts: Vec::new(),
        rows: Vec::new(),
        ..sound.clone()
    };
    assert_eq!(old.store.merge_connections(&back).await.expect_err("it was removed").kind(), invalid);
    let from_revision = old.connection().await.revision;
    old.store.merge_connections(&ConnectionMerge { from_revision, ..sound }).await.unwrap();
}
