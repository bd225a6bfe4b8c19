use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::conformance::samples;
use crate::model::*;
use crate::provider::{RemovedTransaction, UpdatePage};

fn id(text: &str) -> ProviderTransactionId {
    ProviderTransactionId::new(text).unwrap()
}

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_770_000_000, 0).unwrap()
}

/// A row whose text tells what is expected of it: `posted<pending` names the pending row it replaces.
fn row(text: &str, cents: i64) -> ProviderTransaction {
    let (name, pending_id) = match text.split_once('<') {
        Some((name, pending_id)) => (name, Some(id(pending_id))),
        None => (text, None),
    };
    ProviderTransaction {
        amount: Money::new(rust_decimal::Decimal::new(cents, 2), Currency::iso("USD").unwrap()),
        pending: name.starts_with('p'),
        pending_id,
        ..samples::row(name, "checking", "0")
    }
}

fn page(added: &[&str], modified: &[&str], removed: &[&str]) -> UpdatePage {
    UpdatePage {
        added: added.iter().map(|text| row(text, -100)).collect(),
        modified: modified.iter().map(|text| row(text, -200)).collect(),
        removed: removed.iter().map(|text| RemovedTransaction { id: id(text), account: None }).collect(),
        ..UpdatePage::default()
    }
}

fn connection(cursor: Option<&str>) -> Connection {
    Connection {
        id: ConnectionId::new(1),
        user: UserId::new("user").unwrap(),
        provider: ProviderName::new("scripted").unwrap(),
        provider_id: ProviderConnectionId::new("item").unwrap(),
        institution: None,
        status: ConnectionStatus::Good,
        cursor: cursor.and_then(Cursor::new),
        history: HistoryStatus::Complete,
        created_at: at(),
        synced_at: None,
        fault: None,
        consent_expires_at: None,
        bank_updated_at: None,
        bank_failed_at: None,
        new_accounts_available: false,
        revision: 0,
    }
}

/// A ledger in the small: what a change set must make of it is worked out here, independent of any store.
#[derive(Debug, Clone, Default, PartialEq)]
struct Books {
    rows: BTreeMap<i64, Row>,
    former_ids: BTreeMap<String, i64>,
    cursor: Option<Cursor>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    provider: ProviderTransaction,
    state: TransactionState,
    removed: bool,
}

impl Books {
    /// Books that hold live rows under the ids 1, 2, 3 …
    fn of(texts: &[&str]) -> Self {
        let mut books = Self { cursor: Cursor::new("c0"), ..Self::default() };
        for (index, text) in texts.iter().enumerate() {
            let row = Row { provider: row(text, -100), state: TransactionState::Live, removed: false };
            books.rows.insert(index as i64 + 1, row);
        }
        books
    }

    fn with_state(mut self, id: i64, state: TransactionState) -> Self {
        self.rows.get_mut(&id).unwrap().state = state;
        self
    }

    fn known(&self) -> Vec<KnownTransaction> {
        let known = |provider_id: ProviderTransactionId, number: &i64, superseded| {
            let row = &self.rows[number];
            KnownTransaction {
                provider_id,
                id: TransactionId::new(*number),
                superseded,
                account: AccountId::new(1),
                state: row.state,
                removed_by_provider: row.removed,
                digest: row.provider.digest(),
                origin: RowOrigin::Provider,
            }
        };
        let current = self.rows.iter().map(|(number, row)| known(row.provider.id.clone(), number, false));
        let former = self.former_ids.iter().map(|(text, number)| known(id(text), number, true));
        current.chain(former).collect()
    }

    fn sync(&mut self, start: Option<&str>, pages: Vec<UpdatePage>) -> SyncCounts {
        self.sync_with(Update {
            start: start.and_then(Cursor::new),
            pages,
            next: Cursor::new("c1"),
            history: Some(HistoryStatus::Complete),
            ..Update::default()
        })
    }

    fn sync_with(&mut self, update: Update) -> SyncCounts {
        let named: BTreeSet<_> = named_ids(&update).into_iter().collect();
        let mut known = self.known();
        if update.start.is_some() {
            known.retain(|known| named.contains(&known.provider_id));
        }
        let mut connection = connection(None);
        connection.cursor.clone_from(&self.cursor);
        let local = LocalState { connection: &connection, accounts: &[stored(1, "checking")], known: &known };
        let listed = Some(vec![account("checking")]);
        let Plan { change, counts } = plan(local, update, listed, at());
        self.apply(&change);
        counts
    }

    fn apply(&mut self, change: &ChangeSet) {
        let cursor = change.cursor.as_ref().unwrap();
        assert_eq!(cursor.expected, self.cursor);
        self.cursor.clone_from(&cursor.next);
        let mut touched = BTreeSet::new();
        for update in &change.updates {
            assert!(touched.insert(update.id.number()), "a row is written twice");
            let row = self.rows.get_mut(&update.id.number()).unwrap();
            assert_eq!(update.renamed, row.provider.id != update.row.id);
            let former = row.provider.id.as_str().to_owned();
            row.provider = update.row.clone();
            row.removed = false;
            if row.state == TransactionState::RemovedByProvider {
                row.state = TransactionState::Live;
            }
            if update.renamed {
                self.former_ids.remove(update.row.id.as_str());
                self.former_ids.insert(former, update.id.number());
            }
        }
        for insert in &change.inserts {
            assert_eq!(insert.digest, insert.row.digest());
            assert!(self.rows.values().all(|row| row.provider.id != insert.row.id), "a row is doubled");
            assert!(!self.former_ids.contains_key(insert.row.id.as_str()), "a former id is doubled");
            let next = self.rows.keys().last().map_or(1, |last| last + 1);
            let row = Row { provider: insert.row.clone(), state: TransactionState::Live, removed: false };
            self.rows.insert(next, row);
        }
        for removal in &change.removals {
            assert!(touched.insert(removal.number()), "a row is written and removed");
            let row = self.rows.get_mut(&removal.number()).unwrap();
            assert!(!row.removed, "a row is removed twice");
            row.removed = true;
            if row.state == TransactionState::Live {
                row.state = TransactionState::RemovedByProvider;
            }
        }
    }

    /// Live rows as `number:provider id:cents`.
    fn live(&self) -> Vec<String> {
        let live = self.rows.iter().filter(|(_, row)| row.state == TransactionState::Live);
        live.map(|(number, row)| {
            format!("{number}:{}:{}", row.provider.id, row.provider.amount.amount().mantissa())
        })
        .collect()
    }
}

/// Every line of what a change means, with the pages of the update in both orders where order must not matter.
#[test]
fn every_meaning_of_a_change_in_both_page_orders() {
    type Case = (&'static str, &'static [&'static str], [UpdatePage; 2], &'static [&'static str]);
    let cases: Vec<Case> = vec![
        (
            "a removal names a row never seen",
            &["t1"],
            [page(&[], &[], &["ghost"]), page(&[], &[], &[])],
            &["1:t1:-100"],
        ),
        (
            "a pending row is dropped",
            &["p1"],
            [page(&[], &[], &["p1"]), page(&["t2"], &[], &[])],
            &["2:t2:-100"],
        ),
        ("a posted row churns", &["t1"], [page(&[], &[], &["t1"]), page(&["t9"], &[], &[])], &["2:t9:-100"]),
        (
            "a pending row posts with its link",
            &["p1"],
            [page(&["t1<p1"], &[], &[]), page(&[], &[], &["p1"])],
            &["1:t1:-100"],
        ),
        (
            "a pending row posts without a link",
            &["p1"],
            [page(&["t1"], &[], &[]), page(&[], &[], &["p1"])],
            &["2:t1:-100"],
        ),
        (
            "the posted row is reported as modified",
            &["p1"],
            [page(&[], &["t1<p1"], &[]), page(&[], &[], &["p1"])],
            &["1:t1:-200"],
        ),
        (
            "appears and posts within one update",
            &[],
            [page(&["p1"], &[], &[]), page(&["t1<p1"], &[], &["p1"])],
            &["1:t1:-100"],
        ),
        (
            "appears and posts, and the pending row is never removed",
            &[],
            [page(&["p1"], &[], &[]), page(&["t1<p1"], &[], &[])],
            &["1:t1:-100"],
        ),
        (
            "the pending row of a link was never seen",
            &[],
            [page(&["t1<p0"], &[], &[]), page(&[], &[], &["p0"])],
            &["1:t1:-100"],
        ),
        ("modified for an unknown row", &[], [page(&[], &["t1"], &[]), page(&[], &[], &[])], &["1:t1:-200"]),
        ("added for a known row", &["t1"], [page(&["t1"], &[], &[]), page(&[], &[], &[])], &["1:t1:-100"]),
        ("same id, new amount", &["t1"], [page(&[], &["t1"], &[]), page(&[], &[], &[])], &["1:t1:-200"]),
        (
            "two posted rows claim one pending row",
            &["p1"],
            [page(&["t1<p1"], &[], &["p1"]), page(&[], &[], &[])],
            &["1:t1:-100"],
        ),
        ("a row links to itself", &["t1"], [page(&["t1<t1"], &[], &[]), page(&[], &[], &[])], &["1:t1:-100"]),
    ];
    for (what, stored, [first, second], expected) in cases {
        for reversed in [false, true] {
            let mut books = Books::of(stored);
            let pages = if reversed {
                vec![second.clone(), first.clone()]
            } else {
                vec![first.clone(), second.clone()]
            };
            books.sync(Some("c0"), pages);
            assert_eq!(books.live(), expected, "{what}, reversed: {reversed}");
        }
    }
}

#[test]
fn the_last_word_on_an_id_holds_and_removals_end_a_page() {
    for (pages, expected) in [
        (vec![page(&["t1"], &[], &[]), page(&[], &[], &["t1"])], vec![]),
        (vec![page(&[], &[], &["t1"]), page(&["t1"], &[], &[])], vec!["1:t1:-100"]),
        (vec![page(&["t1"], &[], &["t1"])], vec![]),
        (vec![page(&["t1"], &["t1"], &[])], vec!["1:t1:-200"]),
        (vec![page(&[], &["t1"], &[]), page(&["t1"], &[], &[])], vec!["1:t1:-100"]),
        (vec![page(&["t1", "t1"], &[], &[])], vec!["1:t1:-100"]),
    ] {
        for stored in [&[][..], &["t1"]] {
            let mut books = Books::of(stored);
            books.sync(Some("c0"), pages.clone());
            assert_eq!(books.live(), expected, "{pages:?}, stored: {stored:?}");
        }
    }
}

#[test]
fn news_of_a_pending_id_after_posting_is_old_news() {
    for late in [page(&["p1"], &[], &[]), page(&[], &["p1"], &[]), page(&[], &[], &["p1"])] {
        let mut books = Books::of(&["p1"]);
        books.sync(Some("c0"), vec![page(&["t1<p1"], &[], &["p1"])]);
        books.sync(Some("c1"), vec![late]);
        assert_eq!(books.live(), ["1:t1:-100"]);
    }
}

#[test]
fn a_posting_taken_back_leaves_the_pending_row_with_its_identifier() {
    let mut books = Books::of(&["p1"]);
    books.sync(Some("c0"), vec![page(&["t1<p1"], &[], &["p1"])]);
    books.sync(Some("c1"), vec![page(&[], &[], &["t1"])]);
    assert!(books.live().is_empty());
    books.sync(Some("c1"), vec![page(&["p1"], &[], &[])]);
    assert_eq!(books.live(), ["1:p1:-100"]);
    books.sync(Some("c1"), vec![page(&["t2<p1"], &[], &["p1"])]);
    assert_eq!(books.live(), ["1:t2:-100"]);
}

#[test]
fn a_posting_issued_again_under_a_new_id_keeps_the_row() {
    let mut books = Books::of(&["p1"]);
    books.sync(Some("c0"), vec![page(&["t1<p1"], &[], &["p1"])]);
    books.sync(Some("c1"), vec![page(&["t2<p1"], &[], &["t1"])]);
    assert_eq!(books.live(), ["1:t2:-100"]);
}

#[test]
fn a_second_posting_of_one_pending_row_is_a_second_row() {
    let mut books = Books::of(&["p1"]);
    let counts = books.sync(Some("c0"), vec![page(&["t1<p1", "t2<p1"], &[], &["p1"])]);
    assert_eq!(books.live(), ["1:t1:-100", "2:t2:-100"]);
    assert_eq!((counts.posted, counts.added, counts.removed), (1, 1, 0));
    books.sync(Some("c1"), vec![page(&["t3<p1"], &[], &[])]);
    assert_eq!(books.live().len(), 3);
}

#[test]
fn a_link_that_comes_late_removes_the_pending_row() {
    let mut books = Books::of(&["p1", "t1"]);
    books.sync(Some("c0"), vec![page(&[], &["t1<p1"], &[])]);
    assert_eq!(books.live(), ["2:t1:-200"]);
}

#[test]
fn what_the_user_deleted_stays_deleted() {
    let deleted = |texts| Books::of(texts).with_state(1, TransactionState::DeletedByUser);
    for (mut books, start, update) in [
        (deleted(&["t1"]), Some("c0"), page(&["t1"], &[], &[])),
        (deleted(&["t1"]), Some("c0"), page(&[], &["t1"], &[])),
        (deleted(&["t1"]), Some("c0"), page(&[], &[], &["t1"])),
        (deleted(&["p1"]), Some("c0"), page(&["t1<p1"], &[], &["p1"])),
        (deleted(&["t1"]), None, page(&["t1"], &[], &[])),
    ] {
        let counts = books.sync(start, vec![update]);
        assert_eq!(books.rows[&1].state, TransactionState::DeletedByUser);
        assert!(books.live().is_empty());
        assert_eq!((counts.added, counts.removed, counts.posted), (0, 0, 0));
    }
}

#[test]
fn a_row_taken_back_and_reported_again_lives_under_its_identifier() {
    let mut books = Books::of(&["t1"]);
    books.sync(Some("c0"), vec![page(&[], &[], &["t1"])]);
    assert!(books.live().is_empty());
    let counts = books.sync(Some("c1"), vec![page(&["t1"], &[], &[])]);
    assert_eq!((books.live(), counts.added), (vec!["1:t1:-100".to_owned()], 1));
}

#[test]
fn a_whole_replay_keeps_identifiers_and_sweeps_what_vanished() {
    let mut books = Books::of(&["t1", "p2", "t3"]);
    books.sync(Some("c0"), vec![page(&["t2<p2"], &[], &["p2"])]);
    let counts = books.sync(None, vec![page(&["t2<p2"], &[], &[]), page(&["t1", "t4"], &[], &[])]);
    assert_eq!(books.live(), ["1:t1:-100", "2:t2:-100", "4:t4:-100"]);
    let expected = SyncCounts { added: 1, removed: 1, unchanged: 2, ..SyncCounts::default() };
    assert_eq!(counts, expected);
    assert_eq!(books.cursor, Cursor::new("c1"));
}

#[test]
fn a_replay_that_is_not_whole_sweeps_nothing_and_leaves_no_cursor() {
    for (history, next) in [
        (Some(HistoryStatus::Recent), "c1"),
        (Some(HistoryStatus::NotReady), "c1"),
        (Some(HistoryStatus::Unknown), "c1"),
        (None, "c1"),
        (Some(HistoryStatus::Complete), ""),
    ] {
        let mut books = Books::of(&["t1", "t2"]);
        let update = Update {
            pages: vec![page(&["t1"], &[], &[])],
            next: Cursor::new(next),
            history,
            ..Update::default()
        };
        let counts = books.sync_with(update);
        assert_eq!((books.live().len(), counts.removed), (2, 0), "{history:?}");
        assert_eq!(books.cursor, None);
    }
}

#[test]
fn nothing_new_changes_nothing() {
    let mut books = Books::of(&["t1", "p2"]);
    let before = books.clone();
    let counts = books.sync_with(Update { start: Cursor::new("c0"), ..Update::default() });
    assert_eq!((books, counts), (before, SyncCounts::default()));
}

fn account(provider_id: &str) -> ProviderAccount {
    ProviderAccount {
        name: provider_id.to_owned(),
        ..undescribed_account(&ProviderAccountId::new(provider_id).unwrap())
    }
}

fn stored(number: i64, provider_id: &str) -> Account {
    Account {
        id: AccountId::new(number),
        user: UserId::new("user").unwrap(),
        connection: ConnectionId::new(1),
        provider: account(provider_id),
        status: AccountStatus::Open,
        balances_at: at(),
    }
}

#[test]
fn a_whole_replay_leaves_the_history_of_accounts_that_are_told_no_more() {
    let books = Books::of(&["t1", "t2"]);
    for (listed, removals) in
        [(Some(vec!["savings"]), 0), (Some(vec!["checking"]), 2), (Some(vec![]), 0), (None, 0)]
    {
        let update =
            Update { next: Cursor::new("c1"), history: Some(HistoryStatus::Complete), ..Update::default() };
        let (connection, known) = (connection(Some("c0")), books.known());
        let local = LocalState { connection: &connection, accounts: &[stored(1, "checking")], known: &known };
        let listed: Option<Vec<_>> = listed.map(|listed| listed.into_iter().map(account).collect());
        assert_eq!(plan(local, update, listed.clone(), at()).change.removals.len(), removals, "{listed:?}");
    }
}

#[test]
fn a_link_that_comes_late_carries_the_edits_over() {
    let books = Books::of(&["p1", "t1"]);
    let update =
        Update { start: Cursor::new("c0"), pages: vec![page(&[], &["t1<p1"], &["p1"])], ..Update::default() };
    let (connection, known) = (connection(Some("c0")), books.known());
    let local = LocalState { connection: &connection, accounts: &[], known: &known };
    let change = plan(local, update, None, at()).change;
    let carry = EditCarry { from: TransactionId::new(1), to: TransactionId::new(2) };
    assert_eq!((change.edit_carries, change.removals), (vec![carry], vec![TransactionId::new(1)]));
}

fn account_changes(own: &[Account], named: &[&str], listed: Option<&[&str]>) -> (Vec<String>, Vec<i64>) {
    let connection = connection(Some("c0"));
    let update = Update {
        start: Cursor::new("c0"),
        pages: vec![page(&["t1"], &[], &[])],
        accounts: named.iter().map(|text| (account(text).id, account(text))).collect(),
        ..Update::default()
    };
    let listed = listed.map(|listed| listed.iter().map(|text| account(text)).collect());
    let local = LocalState { connection: &connection, accounts: own, known: &[] };
    let changes = plan(local, update, listed, at()).change.accounts;
    let names = changes.listed.iter().map(|account| account.id.to_string()).collect();
    (names, changes.gone.iter().map(|id| id.number()).collect())
}

#[test]
fn accounts_come_and_go_and_every_row_finds_its_own() {
    let own = [stored(1, "checking"), stored(2, "savings")];
    for (own, named, listed, expected) in [
        (
            &own[..],
            &["checking"][..],
            Some(&["checking", "savings"][..]),
            (vec!["checking", "savings"], vec![]),
        ),
        (&own, &["checking"], Some(&["checking"]), (vec!["checking"], vec![2])),
        (&own, &["savings"], Some(&["checking"]), (vec!["checking"], vec![2])),
        (&own, &["checking"], None, (vec!["checking"], vec![])),
        (&[], &["checking"], Some(&[]), (vec!["checking"], vec![])),
        (&[], &[], Some(&["savings"]), (vec!["savings", "checking"], vec![])),
        (&[], &[], None, (vec!["checking"], vec![])),
    ] {
        let (listed_ids, gone) = account_changes(own, named, listed);
        assert_eq!((listed_ids.iter().map(String::as_str).collect(), gone), expected);
    }
}

/// A step of a small random bank; ids are drawn from a few, so that they meet often.
fn any_page() -> impl Strategy<Value = UpdatePage> {
    let name = prop_oneof![(0..4_u8).prop_map(|n| format!("t{n}")), (0..4_u8).prop_map(|n| format!("p{n}"))];
    let linked = (0..4_u8, proptest::option::of(0..4_u8)).prop_map(|(posted, pending)| match pending {
        Some(pending) => format!("t{posted}<p{pending}"),
        None => format!("t{posted}"),
    });
    let rows = proptest::collection::vec(prop_oneof![name.clone(), linked], 0..4);
    (rows.clone(), rows, proptest::collection::vec(name, 0..4)).prop_map(|(added, modified, removed)| {
        let [added, modified, removed] =
            [&added, &modified, &removed].map(|texts| texts.iter().map(String::as_str).collect::<Vec<_>>());
        page(&added, &modified, &removed)
    })
}

proptest! {
    /// Whatever a provider reports: no row is doubled, none is written twice, and a replay of the same update changes nothing.
    #[test]
    fn any_updates_keep_the_books_sound(updates in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any_page(), 0..3)), 1..6)) {
        let mut books = Books::of(&["t0", "p0", "t1"]).with_state(3, TransactionState::DeletedByUser);
        for (replay, pages) in updates {
            let start = if replay { None } else { Some("c") };
            books.sync(start, pages.clone());
            prop_assert_eq!(books.rows[&3].state, TransactionState::DeletedByUser);
            let live_before = books.live();
            books.sync(start, pages);
            prop_assert_eq!(books.live().len(), live_before.len());
        }
    }
}
