//! A bank that was linked twice becomes one connection, and what comes afterwards doubles nothing and loses nothing.

use std::collections::BTreeMap;

use finance_core::conformance::samples::{account, day, row, row_id, usd, user};
use finance_core::conformance::{BankChange, ProviderFixture, SampleBooks, ScriptedCall};
use finance_core::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::expect_kind;

/// A row of the bank under the identifier that one of its connections has for it.
fn told(id: &str, account: &str, on: u64, amount: &str, text: &str) -> ProviderTransaction {
    ProviderTransaction { date: day(on), description: text.into(), ..row(id, account, amount) }
}

/// The accounts `a` and `b` of the sample books as a second connection knows them.
fn again() -> Vec<ProviderAccount> {
    let named = |id: &str, name: &str| ProviderAccount { name: name.to_owned(), ..account(id) };
    vec![named("x", "Account a"), named("y", "Account b")]
}

/// The rows `t0` to `t3` as a second connection knows them.
fn rows_again() -> Vec<ProviderTransaction> {
    let amounts = ["-1.00", "-2.00", "-3.00", "-4.00"];
    let rows = amounts.iter().enumerate();
    rows.map(|(n, amount)| told(&format!("n{n}"), "x", 0, amount, &format!("ROW t{n}"))).collect()
}

struct Twice {
    books: SampleBooks,
    old: ConnectionId,
    new: ConnectionId,
    /// The second connection at the bank.
    sign_in: PublicToken,
}

impl Twice {
    /// The sample books whose user linked the bank again, so that the bank tells these rows.
    async fn new(rows: Vec<ProviderTransaction>) -> Self {
        Self::over(SampleBooks::new().await, rows).await
    }

    async fn over(books: SampleBooks, rows: Vec<ProviderTransaction>) -> Self {
        let sign_in = books.provider.sign_in(again(), rows, true).await;
        let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(sign_in.clone()) };
        let linked = books.engine.link(&books.user, request).await.unwrap();
        let old = linked.possible_duplicate.expect("the books have this bank").connection;
        assert_eq!(old, books.connection);
        Self { old, new: linked.connection.id, sign_in, books }
    }

    async fn merge(&self, options: &MergeOptions) -> Result<MergeReport, SyncError> {
        self.books.engine.merge_connections(&self.books.user, self.old, self.new, options).await
    }

    async fn sync(&self) -> SyncRun {
        let scope = SyncScope::Connection(self.new);
        let report = self.books.engine.sync_transactions(&self.books.user, &SyncRequest::new(scope)).await;
        let mut report = report.unwrap();
        let sync = report.connections.remove(0);
        assert!(sync.error.is_none(), "{:?}", sync.error);
        sync.run.unwrap()
    }

    /// Syncs from the very beginning.
    async fn replay(&self) -> SyncRun {
        let refused = Some(ProviderErrorKind::RestartFromEmpty);
        self.books.provider.fail(ScriptedCall::TransactionsPage, [refused]);
        self.sync().await
    }

    /// Live rows, newest first.
    async fn rows(&self) -> Vec<Transaction> {
        let query = TransactionQuery { limit: u32::MAX, ..TransactionQuery::default() };
        self.books.engine.transactions(&self.books.user, &query).await.unwrap()
    }

    /// The ids of live rows at the bank and the notes on them, by identifier.
    async fn told(&self) -> Vec<(i64, String, Option<String>)> {
        let mut rows = self.rows().await;
        rows.sort_by_key(|row| row.id);
        let line = |row: Transaction| (row.id.number(), row.provider.id.to_string(), row.edits.note);
        rows.into_iter().map(line).collect()
    }

    async fn change(&self, change: BankChange) {
        self.books.provider.change(&self.sign_in, change).await;
    }

    async fn note(&self, id: TransactionId, note: &str) {
        let edit = TransactionEdit { note: Some(Some(note.to_owned())), ..TransactionEdit::default() };
        self.books.engine.edit_transaction(&self.books.user, id, &edit).await.unwrap();
    }
}

fn line(id: i64, told: &str, note: Option<&str>) -> (i64, String, Option<String>) {
    (id, told.to_owned(), note.map(str::to_owned))
}

#[tokio::test]
async fn a_bank_that_is_linked_anew_after_it_ended_is_named_and_becomes_one() {
    for removed in [false, true] {
        let books = SampleBooks::new().await;
        let (engine, anna) = (&books.engine, &books.user);
        if removed {
            engine.remove_connection(anna, books.connection, &RemovalOptions::default()).await.unwrap();
        } else {
            books.provider.fail_sign_in(&books.sign_in, ProviderErrorKind::LinkAgain);
            engine.sync_transactions(anna, &SyncRequest::new(SyncScope::All)).await.unwrap();
        }
        let sign_in = books.provider.sign_in(again(), rows_again(), true).await;
        // Everything that the dialogue tells: what has ended does not stand in the way.
        let request = LinkRequest {
            institution: engine.connections(anna).await.unwrap()[0].institution.clone(),
            accounts: engine.accounts(anna).await.unwrap().iter().map(LinkedAccount::from).collect(),
            ..LinkRequest::new(sign_in)
        };
        let linked = engine.link(anna, request).await.unwrap();
        let earlier = linked.possible_duplicate.expect("the books have this bank");
        assert_eq!((earlier.connection, earlier.has_ended), (books.connection, true));
        let (from, into) = (earlier.connection, linked.connection.id);
        engine.merge_connections(anna, from, into, &MergeOptions::default()).await.unwrap();
        assert_eq!(engine.transactions(anna, &TransactionQuery::default()).await.unwrap().len(), 4);

        // Linked once more, it takes the place of the one that works, not of what became part of it.
        let sign_in = books.provider.sign_in(again(), rows_again(), true).await;
        let third = engine.link(anna, LinkRequest::new(sign_in)).await.unwrap();
        let earlier = third.possible_duplicate.unwrap();
        assert_eq!((earlier.connection, earlier.has_ended), (into, false));
    }
}

#[tokio::test]
async fn what_comes_after_a_merge_doubles_nothing_and_loses_nothing() {
    let books = SampleBooks::new().await;
    // Rows 1 to 4 are t0 to t3; row 5 is only known to the old connection, row 6 is pending.
    let pending = |row: ProviderTransaction| ProviderTransaction { pending: true, ..row };
    for row in [told("old-only", "a", 1, "-9.00", "RENT"), pending(told("p", "a", 2, "-7.00", "SHELL"))] {
        books.provider.change(&books.sign_in, BankChange::Add(row)).await;
    }
    books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    let mut again = rows_again();
    again.push(pending(told("np", "x", 2, "-7.00", "SHELL")));
    again.push(told("n-only", "x", 3, "-5.00", "TARTINE"));
    let twice = Twice::over(books, again).await;
    let rows = twice.rows().await;
    assert_eq!(rows.len(), 12, "every row counts twice before the merge");
    let find = |id: &str| rows.iter().find(|row| row.provider.id.as_str() == id).unwrap().id;
    twice.note(find("t1"), "mine").await;
    twice.note(find("p"), "on the way").await;
    twice.note(find("n2"), "carried").await;
    twice.note(find("n-only"), "new").await;

    let report = twice.merge(&MergeOptions::default()).await.unwrap();
    assert_eq!(
        (report.plan.matched.len(), report.plan.only_old.len(), report.plan.only_new.len()),
        (5, 1, 1)
    );
    assert!(matches!(report.at_provider, ProviderEnd::Ended));
    let merged = [
        line(1, "n0", None),
        line(2, "n1", Some("mine")),
        line(3, "n2", Some("carried")),
        line(4, "n3", None),
        line(5, "old-only", None),
        line(6, "np", Some("on the way")),
        line(12, "n-only", Some("new")),
    ];
    assert_eq!(twice.told().await, merged);
    assert!(twice.rows().await.iter().all(|row| row.connection == twice.new));
    let connections = twice.books.engine.connections(&twice.books.user).await.unwrap();
    assert_eq!(
        connections.iter().map(|it| it.status).collect::<Vec<_>>(),
        [ConnectionStatus::Removed, ConnectionStatus::Good]
    );
    let accounts = twice.books.engine.accounts(&twice.books.user).await.unwrap();
    assert_eq!(accounts.iter().map(|account| account.id).collect::<Vec<_>>(), twice.books.accounts);
    assert!(accounts.iter().all(|account| account.connection == twice.new));
    let trail = twice.books.store.audit_entries(&twice.books.user, 0, 99).await.unwrap();
    let last = trail.last().unwrap();
    assert_eq!(last.action, "connections_merged");
    assert!(last.after.as_ref().unwrap().contains("\"rows_matched\":5"), "{:?}", last.after);

    // Nothing is news, not even when everything is told again.
    let counts = twice.sync().await.counts;
    assert_eq!(counts, SyncCounts::default());
    let counts = twice.replay().await.counts;
    assert_eq!(counts, SyncCounts { unchanged: 6, ..SyncCounts::default() });
    assert_eq!(twice.told().await, merged);

    // The pending row posts, a row changes, one goes, one comes.
    let posted =
        ProviderTransaction { pending_id: Some(row_id("np")), ..told("nq", "x", 4, "-7.00", "SHELL") };
    twice.change(BankChange::Add(posted)).await;
    twice.change(BankChange::Remove(row_id("np"))).await;
    twice.change(BankChange::Modify(told("n3", "x", 0, "-4.40", "ROW t3"))).await;
    twice.change(BankChange::Remove(row_id("n0"))).await;
    twice.change(BankChange::Add(told("later", "y", 5, "-6.00", "LATER"))).await;
    let counts = twice.sync().await.counts;
    assert_eq!((counts.added, counts.modified, counts.posted, counts.removed), (1, 1, 1, 1));
    let after = [
        line(2, "n1", Some("mine")),
        line(3, "n2", Some("carried")),
        line(4, "n3", None),
        line(5, "old-only", None),
        line(6, "nq", Some("on the way")),
        line(12, "n-only", Some("new")),
        line(13, "later", None),
    ];
    assert_eq!(twice.told().await, after);
    twice.replay().await;
    assert_eq!(twice.told().await, after);
}

#[tokio::test]
async fn a_row_that_the_new_connection_learns_of_later_is_the_old_one() {
    let books = SampleBooks::new().await;
    books.provider.change(&books.sign_in, BankChange::Add(told("fresh", "a", 1, "-9.00", "RENT"))).await;
    books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    let twice = Twice::over(books, rows_again()).await;
    let fresh = twice.rows().await[0].id;
    twice.note(fresh, "rent").await;
    let report = twice.merge(&MergeOptions::default()).await.unwrap();
    assert_eq!(report.plan.only_old, [fresh]);
    twice.change(BankChange::Add(told("n-fresh", "x", 1, "-9.00", "RENT"))).await;
    let counts = twice.sync().await.counts;
    assert_eq!((counts.added, counts.matched), (0, 1));
    let row = twice.rows().await.remove(0);
    assert_eq!((row.id, row.provider.id.as_str(), row.origin), (fresh, "n-fresh", RowOrigin::Provider));
    assert_eq!(row.edits.note.as_deref(), Some("rent"));
    twice.replay().await;
    assert_eq!(twice.rows().await.len(), 5);
}

/// The bank says something of a row of the earlier connection under that one's own identifier, and tells an equal row as well.
#[tokio::test]
async fn a_row_told_under_its_own_identifier_takes_no_other() {
    let world = || async {
        let books = SampleBooks::new().await;
        let coffee =
            ProviderTransaction { date: day(3), description: "COFFEE".into(), ..row("x1", "a", "-4.50") };
        books.provider.change(&books.sign_in, BankChange::Add(coffee)).await;
        books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
        let twice = Twice::over(books, rows_again()).await;
        twice.merge(&MergeOptions::default()).await.unwrap();
        twice
    };
    let coffees = async |twice: &Twice| {
        let told = twice.told().await.into_iter().filter(|(_, id, _)| id.starts_with('x'));
        told.map(|(_, id, _)| id).collect::<Vec<_>>()
    };
    let coffee = |id: &str| BankChange::Add(told(id, "x", 3, "-4.50", "COFFEE"));

    let twice = world().await;
    twice.change(coffee("x1")).await;
    twice.change(coffee("x2")).await;
    for added in [1, 0] {
        assert_eq!(twice.sync().await.counts.added, added);
        assert_eq!(coffees(&twice).await, ["x1", "x2"]);
    }

    let twice = world().await;
    twice.change(BankChange::Remove(row_id("x1"))).await;
    twice.change(coffee("x2")).await;
    for added in [1, 0] {
        assert_eq!(twice.sync().await.counts.added, added);
        assert_eq!(coffees(&twice).await, ["x2"]);
    }
}

#[tokio::test]
async fn a_plan_changes_nothing() {
    let twice = Twice::new(rows_again()).await;
    let users = [twice.books.user.clone()];
    twice.sync().await;
    let before = twice.told().await;
    let plan = twice.books.engine.plan_merge(&users[0], twice.old, twice.new, &MergeAnswers::default()).await;
    assert_eq!(plan.unwrap().matched.len(), 4);
    assert_eq!(twice.told().await, before);
    assert_eq!(twice.books.provider.calls(ScriptedCall::RemoveConnection), 0);
}

#[tokio::test]
async fn what_cannot_be_told_is_asked() {
    let books = SampleBooks::new().await;
    // Both accounts have one name now: either may be either.
    let mut renamed = again();
    renamed.iter_mut().for_each(|account| account.name = "Account a".to_owned());
    let sign_in = books.provider.sign_in(renamed, rows_again(), true).await;
    let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(sign_in.clone()) };
    let linked = books.engine.link(&books.user, request).await.unwrap();
    let twice = Twice { old: books.connection, new: linked.connection.id, sign_in, books };
    let [x, y] = [0, 1].map(|place: usize| linked.accounts[place].id);
    let [a, b] = [0, 1].map(|place: usize| twice.books.accounts[place]);

    expect_kind(twice.merge(&MergeOptions::default()).await, &SyncErrorKind::Undecided(vec![x, y]));
    assert_eq!(twice.books.provider.calls(ScriptedCall::RemoveConnection), 0);
    let answers = |accounts: Vec<AccountAnswer>| MergeOptions {
        answers: MergeAnswers { accounts, rows: Vec::new() },
        ..MergeOptions::default()
    };
    let none = [x, y].map(|new| AccountAnswer { new, old: None }).to_vec();
    expect_kind(twice.merge(&answers(none)).await, &SyncErrorKind::InvalidInput);
    let strange = vec![AccountAnswer { new: x, old: Some(x) }];
    expect_kind(twice.merge(&answers(strange)).await, &SyncErrorKind::InvalidInput);
    let said = vec![AccountAnswer { new: x, old: Some(a) }, AccountAnswer { new: y, old: Some(b) }];
    twice.merge(&answers(said)).await.unwrap();
    assert_eq!(twice.rows().await.len(), 4);
}

#[tokio::test]
async fn a_merge_that_cannot_be_is_refused() {
    let twice = Twice::new(rows_again()).await;
    let (engine, anna) = (&twice.books.engine, &twice.books.user);
    let options = MergeOptions::default();
    let merge = async |user: &UserId, from, into| engine.merge_connections(user, from, into, &options).await;
    let (old, new) = (twice.old, twice.new);
    expect_kind(merge(anna, old, old).await, &SyncErrorKind::InvalidInput);
    expect_kind(merge(anna, ConnectionId::new(99), new).await, &SyncErrorKind::NotFound);
    expect_kind(merge(&user("bob"), old, new).await, &SyncErrorKind::NotFound);
    let jar = NewManualAccount::new("Jar", AccountKind::OtherDepository, Currency::iso("USD").unwrap());
    let manual = engine.create_manual_account(anna, &jar).await.unwrap().connection;
    expect_kind(merge(anna, manual, new).await, &SyncErrorKind::InvalidInput);
    expect_kind(merge(anna, old, manual).await, &SyncErrorKind::InvalidInput);

    // A bank that has not told everything yet.
    let sign_in = twice.books.provider.sign_in(again(), rows_again(), false).await;
    let request = LinkRequest { allow_duplicate: true, ..LinkRequest::new(sign_in) };
    let third = engine.link(anna, request).await.unwrap().connection.id;
    expect_kind(merge(anna, old, third).await, &SyncErrorKind::HistoryIncomplete);

    // A sign-in that fails.
    twice.change(BankChange::BreakSignIn).await;
    let kind = SyncErrorKind::Provider(ProviderErrorKind::SignInAgain);
    expect_kind(merge(anna, old, new).await, &kind);
    twice.change(BankChange::HealSignIn).await;
    assert_eq!(twice.books.provider.calls(ScriptedCall::RemoveConnection), 0);
    assert_eq!(twice.rows().await.len(), 8);

    engine.remove_connection(anna, new, &RemovalOptions::default()).await.unwrap();
    expect_kind(merge(anna, old, new).await, &SyncErrorKind::ConnectionEnded);
}

#[tokio::test]
async fn a_provider_that_fails_leaves_both_connections_unless_told_otherwise() {
    let twice = Twice::new(rows_again()).await;
    let down = Some(ProviderErrorKind::Unavailable);
    twice.books.provider.fail(ScriptedCall::RemoveConnection, [down, down]);
    let kind = SyncErrorKind::Provider(ProviderErrorKind::Unavailable);
    expect_kind(twice.merge(&MergeOptions::default()).await, &kind);
    assert_eq!(twice.rows().await.len(), 8);
    let options = MergeOptions { even_if_the_provider_fails: true, ..MergeOptions::default() };
    let report = twice.merge(&options).await.unwrap();
    assert!(matches!(report.at_provider, ProviderEnd::NotEnded { .. }));
    assert_eq!(twice.rows().await.len(), 4);
}

#[tokio::test]
async fn a_merge_that_was_interrupted_is_completed_by_the_next_call() {
    let twice = Twice::new(rows_again()).await;
    // The provider has ended the old connection, and nothing more was done.
    let token = twice.books.store.access_token(&twice.books.user, twice.old).await.unwrap();
    twice.books.provider.remove_connection(&token).await.unwrap();
    twice.books.engine.sync_transactions(&twice.books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    let report = twice.merge(&MergeOptions::default()).await.unwrap();
    assert!(matches!(report.at_provider, ProviderEnd::Ended));
    assert_eq!(twice.rows().await.len(), 4);
    // One that was removed here, too, can still be merged.
    let twice = Twice::new(rows_again()).await;
    let (engine, anna) = (&twice.books.engine, &twice.books.user);
    engine.remove_connection(anna, twice.old, &RemovalOptions::default()).await.unwrap();
    let report = twice.merge(&MergeOptions::default()).await.unwrap();
    assert!(matches!(report.at_provider, ProviderEnd::NothingToEnd));
    assert_eq!(twice.rows().await.len(), 4);
    engine.verify_audit(anna, None).await.unwrap();
}

/// What one of the user's rows is at the bank, and what becomes of it.
#[derive(Debug, Clone)]
struct Life {
    day: u64,
    /// Rows of one amount have one text: of two texts it could not be told whether the bank put the one for the other.
    amount: usize,
    /// Whether the first connection, the second, or both of them tell of it.
    seen: (bool, bool),
    note: Option<u8>,
    deleted: bool,
}

fn lives() -> impl Strategy<Value = Vec<Life>> {
    let seen = prop_oneof![6 => Just((true, true)), 1 => Just((true, false)), 1 => Just((false, true))];
    let life = (0_u64..40, 0_usize..3, seen, option::weighted(0.3, 0_u8..9), prop::bool::weighted(0.1));
    vec(life.prop_map(|(day, amount, seen, note, deleted)| Life { day, amount, seen, note, deleted }), 0..30)
}

/// How many rows of each day and amount there are, whatever became of them.
fn tally(rows: impl IntoIterator<Item = (u64, usize)>) -> BTreeMap<(u64, usize), usize> {
    let mut tally = BTreeMap::new();
    for row in rows {
        *tally.entry(row).or_default() += 1;
    }
    tally
}

const AMOUNTS: [&str; 3] = ["-1.50", "-2.50", "-3.50"];
const TEXTS: [&str; 3] = ["BLUE BOTTLE COFFEE", "SHELL OIL 57442", "TARTINE BAKERY"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// However alike rows are: after a merge each real row stands once, notes and deletions are kept, and neither a sync nor a
    /// replay changes anything.
    #[test]
    fn every_row_stands_once_after_a_merge(lives in lives()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(once_each(lives));
    }
}

async fn once_each(lives: Vec<Life>) {
    let books = SampleBooks::new().await;
    let bank = |id: String, account: &str, life: &Life| {
        told(&id, account, life.day, AMOUNTS[life.amount], TEXTS[life.amount])
    };
    for (number, life) in lives.iter().enumerate().filter(|(_, life)| life.seen.0) {
        let row = bank(format!("o{number}"), "b", life);
        books.provider.change(&books.sign_in, BankChange::Add(row)).await;
    }
    books.engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    let mut again = rows_again();
    let seen = lives.iter().enumerate().filter(|(_, life)| life.seen.1);
    again.extend(seen.map(|(number, life)| bank(format!("m{number}"), "y", life)));
    let twice = Twice::over(books, again).await;
    let mut noted = BTreeMap::new();
    let mut deleted = Vec::new();
    for row in twice.rows().await {
        let Some(number) = row.provider.id.as_str().strip_prefix('o') else { continue };
        let life = &lives[number.parse::<usize>().unwrap()];
        if let Some(note) = life.note {
            twice.note(row.id, &note.to_string()).await;
            noted.insert(row.id, note.to_string());
        }
        if life.deleted {
            let edit = TransactionEdit { deleted: Some(true), ..TransactionEdit::default() };
            twice.books.engine.edit_transaction(&twice.books.user, row.id, &edit).await.unwrap();
            deleted.push(row.id);
        }
    }
    twice.merge(&MergeOptions::default()).await.unwrap();

    // Of rows alike as many stand in the books as either connection knows.
    let key = |life: &Life| (life.day, life.amount);
    let old = tally(lives.iter().filter(|life| life.seen.0).map(key));
    let new = tally(lives.iter().filter(|life| life.seen.1).map(key));
    let everything =
        TransactionQuery { rows: RowSelection::Any, limit: u32::MAX, ..TransactionQuery::default() };
    let all = twice.books.engine.transactions(&twice.books.user, &everything).await.unwrap();
    let b = twice.books.accounts[1];
    let own: Vec<&Transaction> = all.iter().filter(|row| row.account == b).collect();
    let found = tally(own.iter().map(|row| {
        let amount = AMOUNTS.iter().position(|amount| row.provider.amount == usd(amount)).unwrap();
        ((row.provider.date - day(0)).num_days().unsigned_abs(), amount)
    }));
    let mut expected = old;
    for (like, count) in new {
        let stands = expected.entry(like).or_default();
        *stands = count.max(*stands);
    }
    assert_eq!(found, expected);
    for (id, note) in &noted {
        let row = own.iter().find(|row| row.id == *id).expect("a row with a note stays");
        assert_eq!(row.edits.note.as_ref(), Some(note));
    }
    for id in &deleted {
        let row = own.iter().find(|row| row.id == *id).expect("a deleted row stays deleted");
        assert_eq!(row.state, TransactionState::DeletedByUser);
    }
    let before = twice.told().await;
    assert_eq!(twice.sync().await.counts, SyncCounts::default());
    let counts = twice.replay().await.counts;
    assert_eq!((counts.added, counts.modified, counts.removed, counts.posted), (0, 0, 0, 0));
    assert_eq!(twice.told().await, before);
}
