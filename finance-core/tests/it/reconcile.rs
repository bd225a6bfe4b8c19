//! Comparisons with the bank: found, accepted, undone, kept.

use std::sync::{Arc, Mutex};

use chrono::{NaiveDate, TimeDelta};
use finance_core::conformance::samples::{account, row, user};
use finance_core::conformance::{BankChange, ManualClock, ProviderFixture, SampleBooks, ScriptedProvider};
use finance_core::*;

use crate::expect_kind;
use proptest::prelude::*;
use rust_decimal::Decimal;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn amount(text: &str) -> Decimal {
    parse_amount(text).unwrap()
}

fn booked(id: &str, day: &str, amount: &str, text: &str) -> ProviderTransaction {
    ProviderTransaction { date: date(day), description: text.into(), ..row(id, "a", amount) }
}

/// Half a year of one household. Month `m` has the rows `m-rent`, `m-shop`, `m-fuel`, `m-pay` and `m-fee`.
fn household() -> Vec<ProviderTransaction> {
    let months = [
        (1, "-48.17", "-61.30"),
        (2, "-39.42", "-58.75"),
        (3, "-52.86", "-64.10"),
        (4, "-45.93", "-57.95"),
        (5, "-50.28", "-62.45"),
        (6, "-41.74", "-59.60"),
    ];
    let mut rows = Vec::new();
    for (month, shop, fuel) in months {
        let mut add = |name: &str, day: u32, amount: &str| {
            let (id, day) = (format!("{month}-{name}"), format!("2025-{month:02}-{day:02}"));
            rows.push(booked(&id, &day, amount, &name.to_uppercase()));
        };
        add("rent", 2, "-950.00");
        add("shop", 9, shop);
        add("fuel", 16, fuel);
        add("pay", 25, "2310.55");
        add("fee", 28, "-4.90");
    }
    rows
}

/// The ends of the months, and of the one before.
const MONTHS: [&str; 7] =
    ["2024-12-31", "2025-01-31", "2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31", "2025-06-30"];

/// What the account held at the end of a day, 1,000.00 before the first row. The bank does not count pending rows.
fn held(rows: &[ProviderTransaction], day: &str) -> Decimal {
    let counted = rows.iter().filter(|row| row.date <= date(day) && !row.pending);
    amount("1000.00") + counted.map(|row| row.amount.amount()).sum::<Decimal>()
}

/// A user with one account whose bank tells no balances, so that only statements are compared with.
struct World {
    engine: SyncEngine,
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    anna: UserId,
    account: AccountId,
}

impl World {
    async fn new(rows: Vec<ProviderTransaction>, balances: Balances) -> Self {
        let (provider, store) = (Arc::new(ScriptedProvider::new()), Arc::new(MemoryStore::new()));
        let clock = Arc::new(ManualClock::default());
        let options = EngineOptions::default();
        let engine = SyncEngine::new(provider.clone(), store.clone(), clock.clone(), options);
        let account = ProviderAccount { balances, ..account("a") };
        let sign_in = provider.sign_in(vec![account], rows, true).await;
        let anna = user("anna");
        let linked = engine.link(&anna, LinkRequest::new(sign_in)).await.unwrap();
        Self { engine, store, clock, anna, account: linked.accounts[0].id }
    }

    /// The true statements of the months, over books that hold these rows.
    async fn with_statements(truth: &[ProviderTransaction], rows: Vec<ProviderTransaction>) -> Self {
        let world =
            Self::new(rows, Balances { currency: Currency::iso("USD").ok(), ..Balances::default() }).await;
        for day in MONTHS {
            world.state(day, held(truth, day)).await;
        }
        world
    }

    async fn state(&self, day: &str, balance: Decimal) {
        let statement = NewStatement::new(date(day), balance);
        self.engine.add_statement(&self.anna, self.account, &statement).await.unwrap();
    }

    async fn reconcile(&self, policy: Option<ReconcilePolicy>) -> ReconciliationRecord {
        self.clock.advance(TimeDelta::hours(1));
        let request = ReconcileRequest { policy, ..ReconcileRequest::new(SyncScope::All) };
        let mut report = self.engine.reconcile(&self.anna, &request).await.unwrap();
        report.accounts.remove(0).outcome.unwrap()
    }

    async fn resolve(&self, found: &ReconciliationRecord, number: u32) -> Result<Resolution, SyncError> {
        self.engine.resolve(&self.anna, found.id, number, None).await
    }

    async fn undo(&self, found: &ReconciliationRecord, number: u32) -> Result<Resolution, SyncError> {
        self.engine.undo_resolution(&self.anna, found.id, number, Some("it was right".to_owned())).await
    }

    async fn rows(&self) -> Vec<Transaction> {
        let query = TransactionQuery { limit: 1_000, ..TransactionQuery::default() };
        self.engine.transactions(&self.anna, &query).await.unwrap()
    }

    async fn by_id(&self, id: &str) -> Transaction {
        let rows = self.rows().await;
        rows.into_iter().find(|row| row.provider.id.as_str() == id).unwrap_or_else(|| panic!("no row {id}"))
    }

    async fn statements(&self) -> Vec<(NaiveDate, Decimal)> {
        let statements = self.engine.statements(&self.anna, self.account).await.unwrap();
        statements.into_iter().map(|statement| (statement.date, statement.balance)).collect()
    }

    async fn actions(&self) -> Vec<String> {
        let trail = self.engine.audit_trail(&self.anna, 0, 1_000).await.unwrap();
        trail.into_iter().map(|entry| entry.action).collect()
    }

    async fn edit(&self, id: TransactionId, edit: TransactionEdit) {
        self.engine.edit_transaction(&self.anna, id, &edit).await.unwrap();
    }
}

fn kind_of<T: std::fmt::Debug>(answer: Result<T, SyncError>) -> SyncErrorKind {
    answer.unwrap_err().kind().clone()
}

const CONFLICT: SyncErrorKind = SyncErrorKind::Store(StoreErrorKind::Conflict);

fn set(rows: &mut [ProviderTransaction], id: &str, change: impl Fn(&mut ProviderTransaction)) {
    change(rows.iter_mut().find(|row| row.id.as_str() == id).unwrap());
}

fn without(rows: &mut Vec<ProviderTransaction>, id: &str) {
    rows.retain(|row| row.id.as_str() != id);
}

/// What is wrong with books or statements, what is found, and what accepting it must make of the row named.
struct Fault {
    name: &'static str,
    spoil: fn(&mut Vec<ProviderTransaction>),
    /// The rows that the user deletes.
    deleted: &'static [&'static str],
    /// A statement that is mistyped.
    mistyped: Option<(&'static str, &'static str)>,
    count_pending: bool,
    kind: ExplanationKind,
    /// The row that changes and what it is afterwards: amount, day, deleted, counted while pending.
    becomes: Option<(&'static str, &'static str, &'static str, bool, Option<bool>)>,
}

const FAULT: Fault = Fault {
    name: "",
    spoil: |_| {},
    deleted: &[],
    mistyped: None,
    count_pending: false,
    kind: ExplanationKind::Unknown,
    becomes: None,
};

fn faults() -> Vec<Fault> {
    use ExplanationKind::*;
    vec![
        Fault {
            name: "pay is missing",
            spoil: |rows| without(rows, "3-pay"),
            kind: MissingTransaction,
            becomes: Some(("correction:1.1", "2310.55", "2025-03-25", false, None)),
            ..FAULT
        },
        Fault {
            name: "the user deleted pay",
            deleted: &["3-pay"],
            kind: DeletedTransaction,
            becomes: Some(("3-pay", "2310.55", "2025-03-25", false, None)),
            ..FAULT
        },
        Fault {
            name: "the user deleted two rows",
            deleted: &["3-shop", "3-fuel"],
            kind: DeletedTransaction,
            becomes: Some(("3-fuel", "-64.10", "2025-03-16", false, None)),
            ..FAULT
        },
        Fault {
            name: "a purchase is there twice",
            spoil: |rows| rows.push(booked("again", "2025-03-09", "-52.86", "SHOP")),
            kind: Duplicate,
            becomes: Some(("again", "-52.86", "2025-03-09", true, None)),
            ..FAULT
        },
        Fault {
            name: "a purchase is money in",
            spoil: |rows| set(rows, "3-shop", |row| row.amount = row.amount.negated()),
            kind: WrongSign,
            becomes: Some(("3-shop", "-52.86", "2025-03-09", false, None)),
            ..FAULT
        },
        Fault {
            name: "digits changed places",
            spoil: |rows| set(rows, "3-fuel", |row| row.amount = conformance::samples::usd("-46.10")),
            kind: SwappedDigits,
            becomes: Some(("3-fuel", "-64.10", "2025-03-16", false, None)),
            ..FAULT
        },
        Fault {
            name: "the point was left out",
            spoil: |rows| set(rows, "3-fuel", |row| row.amount = conformance::samples::usd("-6410.00")),
            kind: DroppedDecimals,
            becomes: Some(("3-fuel", "-64.10", "2025-03-16", false, None)),
            ..FAULT
        },
        Fault {
            name: "the fee is of the next month",
            spoil: |rows| set(rows, "3-fee", |row| row.date = date("2025-04-01")),
            kind: WrongSideOfAnchor,
            becomes: Some(("3-fee", "-4.90", "2025-03-31", false, None)),
            ..FAULT
        },
        Fault {
            name: "the bank counts what is pending",
            spoil: |rows| set(rows, "6-shop", |row| row.pending = true),
            kind: PendingNotCounted,
            becomes: Some(("6-shop", "-41.74", "2025-06-09", false, Some(true))),
            ..FAULT
        },
        Fault {
            name: "the books count what is pending",
            spoil: |rows| {
                let row = booked("hold", "2025-06-29", "-120.00", "HOTEL");
                rows.push(ProviderTransaction { pending: true, ..row });
            },
            count_pending: true,
            kind: PendingCounted,
            becomes: Some(("hold", "-120.00", "2025-06-29", false, Some(false))),
            ..FAULT
        },
        Fault {
            name: "a statement is mistyped",
            mistyped: Some(("2025-06-30", "8941.35")),
            kind: SwappedDigits,
            ..FAULT
        },
    ]
}

/// Rows without what a write leaves behind.
fn timeless(rows: Vec<Transaction>) -> Vec<Transaction> {
    let timeless = |row: Transaction| Transaction { updated_at: row.created_at, ..row };
    rows.into_iter().map(timeless).collect()
}

#[tokio::test]
async fn every_correction_changes_what_it_proposes_once_and_is_undone() {
    for fault in faults() {
        let truth = household();
        let mut rows = truth.clone();
        (fault.spoil)(&mut rows);
        let world = World::with_statements(&truth, rows).await;
        for id in fault.deleted {
            let id = world.by_id(id).await.id;
            world.edit(id, TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
        }
        if let Some((day, balance)) = fault.mistyped {
            world.state(day, amount(balance)).await;
        }
        let mut policy = ReconcilePolicy::of_currency(Currency::iso("USD").unwrap());
        policy.count_pending = fault.count_pending;
        let policy = Some(policy);
        let (before, stated) = (timeless(world.rows().await), world.statements().await);
        let found = world.reconcile(policy.clone()).await;
        let best = found.comparison.explanations.first().unwrap_or_else(|| panic!("{}", fault.name));
        assert_eq!(best.kind, fault.kind, "{}: {:#?}", fault.name, found.comparison.explanations);

        for round in 0..2 {
            let accepted = world.resolve(&found, 1).await.unwrap();
            assert_eq!(accepted.undone_at, None);
            let again = kind_of(world.resolve(&found, 1).await);
            assert_eq!(again, SyncErrorKind::AlreadyResolved, "{}", fault.name);
            if let Some((id, amount_after, day, deleted, counts)) = fault.becomes {
                let named = best.transactions.iter().map(|row| row.id).chain(accepted.inserted);
                let mut found = None;
                for named in named {
                    let row = world.engine.transaction(&world.anna, named).await.unwrap();
                    if row.provider.id.as_str() == id {
                        found = Some(row);
                    }
                }
                let row = found.unwrap_or_else(|| panic!("{}: no {id}", fault.name));
                let is = (row.amount().amount(), row.date(), row.edit_state().deleted);
                assert_eq!(is, (amount(amount_after), date(day), deleted), "{}", fault.name);
                assert_eq!(row.edits.counts_while_pending, counts, "{}", fault.name);
            }
            let after = world.reconcile(policy.clone()).await.comparison;
            assert_eq!((after.explanations, after.score), (vec![], Some(100)), "{}", fault.name);
            let kept = world.engine.reconciliation(&world.anna, found.id).await.unwrap();
            assert_eq!(kept.resolutions, std::slice::from_ref(&accepted));
            assert_eq!(kept.comparison, found.comparison);

            world.undo(&found, 1).await.unwrap();
            assert_eq!(kind_of(world.undo(&found, 1).await), SyncErrorKind::NotResolved, "{}", fault.name);
            assert_eq!(timeless(world.rows().await), before, "{}, {round}", fault.name);
            assert_eq!(world.statements().await, stated, "{}", fault.name);
            let again = world.reconcile(policy.clone()).await.comparison;
            assert_eq!(again, found.comparison, "{}", fault.name);
        }
        let report = world.engine.verify_audit(&world.anna, None).await.unwrap();
        assert_eq!(report.fault, None);
        let actions = world.actions().await;
        let count = |wanted: &str| actions.iter().filter(|action| *action == wanted).count();
        assert_eq!((count("explanation_accepted"), count("resolution_undone")), (2, 2), "{actions:?}");
    }
}

#[tokio::test]
async fn an_explanation_without_a_change_is_only_recorded() {
    let rows = household();
    let balances = Balances {
        current: Some(held(&rows, "2025-06-17")),
        currency: Currency::iso("USD").ok(),
        updated_at: Some("2025-06-17T09:00:00Z".parse().unwrap()),
        ..Balances::default()
    };
    // The books end in June, the bank is asked in January: the rows of the last days are moved there.
    let moved = |mut row: ProviderTransaction| {
        row.date += TimeDelta::days(184);
        row
    };
    let rows: Vec<ProviderTransaction> = rows.into_iter().map(moved).collect();
    let balances = Balances { updated_at: Some("2025-12-18T09:00:00Z".parse().unwrap()), ..balances };
    let world = World::new(rows.clone(), balances).await;
    world.state("2025-11-30", held(&rows, "2025-11-30")).await;
    let found = world.reconcile(None).await;
    let best = &found.comparison.explanations[0];
    assert_eq!(best.kind, ExplanationKind::StaleBalance, "{:#?}", found.comparison.explanations);
    assert_eq!(best.change, ProposedChange::WaitForBank { date: date("2026-01-01") });
    let before = world.rows().await;
    let accepted = world.resolve(&found, 1).await.unwrap();
    assert_eq!((accepted.steps, accepted.inserted), (vec![], None));
    assert_eq!(world.rows().await, before);
    assert_eq!(world.reconcile(None).await.comparison, found.comparison);
    world.undo(&found, 1).await.unwrap();
    assert_eq!(world.rows().await, before);
}

#[tokio::test]
async fn who_when_what_and_why_stand_in_the_trail() {
    let truth = household();
    let mut rows = truth.clone();
    set(&mut rows, "3-shop", |row| row.amount = row.amount.negated());
    let world = World::with_statements(&truth, rows).await;
    let found = world.reconcile(None).await;
    let support = world.engine.acting_as(Actor::Named("support".to_owned()));
    let reason = Some("the receipt says so".to_owned());
    support.resolve(&world.anna, found.id, 1, reason.clone()).await.unwrap();
    world.undo(&found, 1).await.unwrap();

    let trail = world.engine.audit_trail(&world.anna, 7, 100).await.unwrap();
    let told =
        trail.iter().map(|entry| (entry.action.as_str(), entry.actor.to_string(), entry.reason.clone()));
    let undone = Some("it was right".to_owned());
    let (support, user) = ("named:support".to_owned(), "user".to_owned());
    let expected = [
        ("reconciled", user.clone(), None),
        ("explanation_accepted", support.clone(), reason.clone()),
        ("transaction_edited", support, reason),
        ("resolution_undone", user.clone(), undone.clone()),
        ("transaction_edited", user, undone),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(trail[0].subject, AuditSubject::Reconciliation(found.id));
    let state = |json: &Option<String>| serde_json::from_str::<EditState>(json.as_ref().unwrap()).unwrap();
    assert_eq!(state(&trail[2].after).edits.amount, Some(amount("-52.86")));
    assert_eq!((&trail[2].before, &trail[2].after), (&trail[4].after, &trail[4].before));
    let row = world.by_id("3-shop").await;
    let history = world.engine.transaction_history(&world.anna, row.id).await.unwrap();
    assert_eq!(history, [trail[2].clone(), trail[4].clone()]);
}

#[tokio::test]
async fn what_changed_meanwhile_is_a_conflict() {
    let truth = household();
    let mut rows = truth.clone();
    set(&mut rows, "3-shop", |row| row.amount = row.amount.negated());
    let world = World::with_statements(&truth, rows).await;
    let found = world.reconcile(None).await;
    let row = world.by_id("3-shop").await.id;
    let note = TransactionEdit { note: Some(Some("with Ben".to_owned())), ..TransactionEdit::default() };
    let day = TransactionEdit { date: Some(Some(date("2025-03-10"))), ..TransactionEdit::default() };

    // The row itself.
    world.edit(row, day.clone()).await;
    let refused = world.resolve(&found, 1).await.unwrap_err();
    assert_eq!(*refused.kind(), CONFLICT);
    assert!(refused.to_string().contains("reconcile"), "{refused}");
    world.edit(row, TransactionEdit { date: Some(None), ..day.clone() }).await;

    // The balances that show it.
    for day in &MONTHS[3..] {
        world.engine.remove_statement(&world.anna, world.account, date(day)).await.unwrap();
    }
    assert_eq!(kind_of(world.resolve(&found, 1).await), CONFLICT);
    for day in &MONTHS[3..] {
        world.state(day, held(&truth, day)).await;
    }

    // What is no matter: the row's texts, and rows of other months.
    world.edit(row, note.clone()).await;
    let elsewhere = world.by_id("5-fee").await.id;
    world.edit(elsewhere, TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    world.resolve(&found, 1).await.unwrap();

    // What else would explain the same difference is out of date now.
    for explanation in found.comparison.explanations.iter().skip(1) {
        assert_eq!(kind_of(world.resolve(&found, explanation.number).await), CONFLICT, "{explanation:?}");
    }

    // An undo leaves later edits of other values, and refuses to overwrite those of its own.
    world
        .edit(row, TransactionEdit { amount: Some(Some(amount("-52.00"))), ..TransactionEdit::default() })
        .await;
    assert_eq!(kind_of(world.undo(&found, 1).await), CONFLICT);
    world
        .edit(row, TransactionEdit { amount: Some(Some(amount("-52.86"))), ..TransactionEdit::default() })
        .await;
    world.undo(&found, 1).await.unwrap();
    let edits = world.by_id("3-shop").await.edits;
    assert_eq!((edits.amount, edits.note.as_deref()), (None, Some("with Ben")));
}

#[tokio::test]
async fn a_deleted_row_is_restored_only_as_it_was_compared() {
    let truth = household();
    let world = World::with_statements(&truth, truth.clone()).await;
    let row = world.by_id("3-shop").await.id;
    let deleted = |deleted: bool| TransactionEdit { deleted: Some(deleted), ..TransactionEdit::default() };
    let corrected =
        |text: Option<&str>| TransactionEdit { amount: Some(text.map(amount)), ..TransactionEdit::default() };
    world.edit(row, deleted(true)).await;
    let found = world.reconcile(None).await;
    let best = &found.comparison.explanations[0];
    assert_eq!((best.kind, best.amount), (ExplanationKind::DeletedTransaction, amount("-52.86")));
    assert_eq!(best.change, ProposedChange::RestoreRows { rows: vec![row] });
    assert!(best.transactions[0].deleted, "{best:#?}");

    // The user took it back, or corrected it.
    world.edit(row, deleted(false)).await;
    assert_eq!(kind_of(world.resolve(&found, 1).await), CONFLICT);
    world.edit(row, deleted(true)).await;
    world.edit(row, corrected(Some("-52.80"))).await;
    assert_eq!(kind_of(world.resolve(&found, 1).await), CONFLICT);
    world.edit(row, corrected(None)).await;

    // Accepted, it counts, and the trail tells it as the user's edit; deleting it again is not overwritten.
    let accepted = world.resolve(&found, 1).await.unwrap();
    assert_eq!((accepted.steps, accepted.inserted), (vec![ResolutionStep::Restored { row }], None));
    assert_eq!(world.rows().await.len(), truth.len());
    assert_eq!(world.actions().await.last().map(String::as_str), Some("transaction_edited"));
    world.edit(row, deleted(true)).await;
    assert_eq!(kind_of(world.undo(&found, 1).await), CONFLICT);
    world.edit(row, deleted(false)).await;
    world.undo(&found, 1).await.unwrap();
    let stored = world.engine.transaction(&world.anna, row).await.unwrap();
    assert_eq!((stored.state, stored.edits), (TransactionState::DeletedByUser, TransactionEdits::default()));

    // The bank took its row back as well: deleting it is no reason any more, and restoring it would add nothing.
    let change = ChangeSet { removals: vec![row], ..ChangeSet::new(stored.connection, world.clock.now()) };
    world.store.apply(&change).await.unwrap();
    assert_eq!(kind_of(world.resolve(&found, 1).await), CONFLICT);
    let kinds = world.reconcile(None).await.comparison.explanations.into_iter().map(|found| found.kind);
    assert!(!kinds.collect::<Vec<_>>().contains(&ExplanationKind::DeletedTransaction));
}

#[tokio::test]
async fn a_row_that_the_bank_has_reported_is_never_withdrawn() {
    let truth = household();
    let mut rows = truth.clone();
    without(&mut rows, "3-pay");
    let world = World::with_statements(&truth, rows).await;
    let found = world.reconcile(None).await;
    let added = world.resolve(&found, 1).await.unwrap().inserted.unwrap();
    let stored = world.engine.transaction(&world.anna, added).await.unwrap();
    assert_eq!((stored.origin, stored.name()), (RowOrigin::Correction, "PAY"));
    let told = world.store.events(&world.anna, 0, 1_000).await.unwrap().events;
    let created = EventKind::EntryCreated { account: world.account, transaction: added };
    assert!(told.iter().any(|event| event.kind == created));

    let reported = truth.iter().find(|row| row.id.as_str() == "3-pay").unwrap().clone();
    let update = RowUpdate {
        id: added,
        digest: reported.digest(),
        row: reported,
        renamed: true,
        origin: RowOrigin::Provider,
    };
    let change = ChangeSet { updates: vec![update], ..ChangeSet::new(stored.connection, world.clock.now()) };
    world.store.apply(&change).await.unwrap();
    assert_eq!(kind_of(world.undo(&found, 1).await), CONFLICT);
    let row = world.engine.transaction(&world.anna, added).await.unwrap();
    assert_eq!((row.state, row.origin), (TransactionState::Live, RowOrigin::Provider));
    assert_eq!(world.reconcile(None).await.comparison.score, Some(100));
}

#[tokio::test]
async fn nobody_reaches_another_users_comparisons() {
    let truth = household();
    let world = World::with_statements(&truth, truth[1..].to_vec()).await;
    let found = world.reconcile(None).await;
    let (engine, eve) = (&world.engine, user("eve"));
    let statement = NewStatement::new(date("2025-01-01"), amount("1"));
    let request = ReconcileRequest::new(SyncScope::Accounts(vec![world.account]));
    let refused = [
        engine.reconciliation(&eve, found.id).await.map(drop),
        engine.reconciliations(&eve, world.account, 9).await.map(drop),
        engine.resolve(&eve, found.id, 1, None).await.map(drop),
        engine.undo_resolution(&eve, found.id, 1, None).await.map(drop),
        engine.statements(&eve, world.account).await.map(drop),
        engine.add_statement(&eve, world.account, &statement).await.map(drop),
        engine.remove_statement(&eve, world.account, date("2024-12-31")).await,
        engine.reconcile(&eve, &request).await.map(drop),
        engine.resolve(&world.anna, found.id, 99, None).await.map(drop),
        engine.resolve(&world.anna, found.id, 0, None).await.map(drop),
        engine.resolve(&world.anna, ReconciliationId::new(99), 1, None).await.map(drop),
        engine.undo_resolution(&world.anna, found.id, 99, None).await.map(drop),
        engine.transaction_history(&eve, world.by_id("3-pay").await.id).await.map(drop),
    ];
    for (place, refused) in refused.into_iter().enumerate() {
        assert_eq!(kind_of(refused), SyncErrorKind::NotFound, "{place}");
    }
    assert_eq!(engine.audit_trail(&eve, 0, 9).await.unwrap(), []);
    assert!(
        engine.reconcile(&eve, &ReconcileRequest::new(SyncScope::All)).await.unwrap().accounts.is_empty()
    );
    let long = Some("x".repeat(NOTE_CHARS_MAX + 1));
    let refused = engine.resolve(&world.anna, found.id, 1, long).await;
    assert_eq!(kind_of(refused), SyncErrorKind::InvalidInput);
    let none = ReconcileRequest::new(SyncScope::Accounts(vec![]));
    assert_eq!(kind_of(engine.reconcile(&world.anna, &none).await), SyncErrorKind::InvalidInput);
    assert_eq!(engine.audit_trail(&world.anna, 0, 0).await.unwrap(), []);
}

#[tokio::test]
async fn statements_are_checked_signed_and_believed() {
    let books = SampleBooks::new().await;
    let (engine, anna, account) = (&books.engine, &books.user, books.accounts[0]);
    let add = |day: &str, balance: &str| {
        let statement = NewStatement::new(date(day), amount(balance));
        async move { engine.add_statement(anna, account, &statement).await }
    };
    for day in ["2026-01-03", "2099-01-01", "1899-12-31", "0203-03-01"] {
        assert_eq!(kind_of(add(day, "1").await), SyncErrorKind::InvalidInput, "{day}");
    }
    add("2026-01-02", "90.00").await.unwrap();
    add("2025-12-31", "110.00").await.unwrap();
    assert_eq!(add("2025-12-31", "111.00").await.unwrap().balance, amount("111.00"));
    add("2025-12-31", "111.00").await.unwrap();
    let missing = engine.remove_statement(anna, account, date("2025-12-30")).await;
    assert_eq!(kind_of(missing), SyncErrorKind::NotFound);
    engine.remove_statement(anna, account, date("2026-01-02")).await.unwrap();
    let listed = engine.statements(anna, account).await.unwrap();
    assert_eq!(listed.len(), 1);
    let trail = engine.audit_trail(anna, 0, 99).await.unwrap();
    let told: Vec<_> = trail.iter().map(|entry| entry.action.as_str()).collect();
    let expected = ["statement_added", "statement_added", "statement_changed", "statement_removed"];
    assert_eq!(told[told.len() - 4..], expected);

    // On its own day a statement is believed rather than the bank's interface, and the notes say so.
    add("2026-01-01", "101.00").await.unwrap();
    let report = engine.reconcile(anna, &ReconcileRequest::new(SyncScope::Accounts(vec![account]))).await;
    let found = report.unwrap().accounts.remove(0).outcome.unwrap().comparison;
    assert_eq!(found.difference, Some(amount("0.00")));
    let note = ComparisonNote::BalanceReplaced {
        date: date("2026-01-01"),
        left_out: AnchorSource::Provider,
        believed: AnchorSource::Statement,
        agrees: false,
    };
    assert_eq!(found.notes, [note]);

    let card = ProviderAccount {
        provider_type: "credit".to_owned(),
        provider_subtype: Some("credit card".to_owned()),
        ..conformance::samples::account("a")
    };
    books.provider.change(&books.sign_in, conformance::BankChange::SetAccounts(vec![card])).await;
    engine.sync_transactions(anna, &SyncRequest::new(SyncScope::All)).await.unwrap();
    let printed = NewStatement {
        convention: SignConvention::PositiveOut,
        ..NewStatement::new(date("2025-12-31"), amount("410.00"))
    };
    let owed = engine.add_statement(anna, account, &printed).await.unwrap();
    assert_eq!(owed.balance, amount("-410.00"));
}

#[tokio::test]
async fn many_accounts_are_compared_and_the_end_is_told_once() {
    let books = SampleBooks::with(EngineOptions { concurrent_accounts: 1, ..EngineOptions::default() }).await;
    let (engine, anna) = (&books.engine, &books.user);
    let last = books.store.events(anna, 0, 1_000).await.unwrap().last;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = heard.clone();
    let watched = engine.with_progress(Arc::new(move |step| ear.lock().unwrap().push(step)));
    let request = ReconcileRequest::new(SyncScope::Connection(books.connection));
    let report = watched.reconcile(anna, &request).await.unwrap();
    assert!(report.is_complete());
    assert_eq!(report.accounts.iter().map(|it| it.account).collect::<Vec<_>>(), books.accounts);
    let first = report.accounts[0].outcome.as_ref().unwrap();
    assert_eq!((first.comparison.difference, first.comparison.score), (None, None));
    assert_eq!(first.comparison.notes, [ComparisonNote::OneKnownBalance { date: date("2026-01-01") }]);
    let steps: Vec<SyncProgress> = (1..)
        .zip(&books.accounts)
        .map(|(done, &account)| SyncProgress::AccountReconciled { account, done, of: 2 })
        .collect();
    assert_eq!(*heard.lock().unwrap(), steps);

    let events = books.store.events(anna, last, 1_000).await.unwrap().events;
    let names: Vec<&str> = events.iter().map(|event| event.kind.name()).collect();
    let each = ["account_reconciled", "dashboard_updated"];
    assert_eq!(names, [&each[..], &each, &["bulk_completed", "dashboard_updated"]].concat());
    let end = EventKind::BulkCompleted { operation: "reconcile".to_owned(), done: 2, failed: 0 };
    assert_eq!(events[4].kind, end);

    let latest = books.store.latest_reconciliations(anna).await.unwrap();
    assert_eq!(latest.iter().map(|it| it.account).collect::<Vec<_>>(), books.accounts);
    let listed = engine.reconciliations(anna, books.accounts[0], 9).await.unwrap();
    assert_eq!(listed, latest[..1]);
}

#[tokio::test]
async fn a_balance_told_before_the_rows_of_its_day_is_no_fault() {
    let books = SampleBooks::new().await;
    let (engine, anna, account_id) = (&books.engine, &books.user, books.accounts[0]);
    let mut balance = amount("100.00");
    // Every day at noon the bank tells yesterday's row, and a balance that holds it but not today's.
    let mut day = async |number: i64, unseen: Decimal| {
        books.clock.advance(TimeDelta::days(1));
        let spent = Decimal::new(-1000 - 137 * number, 2);
        balance += spent + unseen;
        let booked = (date("2025-12-31") + TimeDelta::days(number)).to_string();
        let row = booked_row(number, &booked, spent);
        books.provider.change(&books.sign_in, conformance::BankChange::Add(row)).await;
        let mut now = conformance::samples::account("a");
        now.balances.current = Some(balance);
        let accounts = vec![now, conformance::samples::account("b")];
        books.provider.change(&books.sign_in, conformance::BankChange::SetAccounts(accounts)).await;
        engine.sync_transactions(anna, &SyncRequest::new(SyncScope::All)).await.unwrap();
    };
    books.clock.advance(TimeDelta::hours(12));
    for number in 1..=7 {
        day(number, Decimal::ZERO).await;
    }
    let request = ReconcileRequest::new(SyncScope::Accounts(vec![account_id]));
    let mut report = engine.reconcile(anna, &request).await.unwrap();
    let found = report.accounts.remove(0).outcome.unwrap().comparison;
    assert_eq!((found.explanations, found.score), (vec![], Some(100)), "{:#?}", found.periods);
    assert_eq!(found.difference, Some(amount("0.00")));

    // A fault that lasts is found all the same.
    day(8, amount("-7.77")).await;
    for number in 9..=13 {
        day(number, Decimal::ZERO).await;
    }
    let mut report = engine.reconcile(anna, &request).await.unwrap();
    let found = report.accounts.remove(0).outcome.unwrap().comparison;
    assert_eq!(found.difference, Some(amount("-7.77")), "{:#?}", found.periods);
    let best = &found.explanations[0];
    assert_eq!((best.kind, best.amount), (ExplanationKind::MissingTransaction, amount("-7.77")));
}

#[tokio::test]
async fn a_manual_account_is_compared_with_what_the_user_stated() {
    let books = SampleBooks::new().await;
    let (engine, anna) = (&books.engine, &books.user);
    let stated = |day: &str, text: &str| StatedBalance { amount: amount(text), day: date(day) };
    let wallet = NewManualAccount {
        opening: Some(stated("2025-12-01", "80.00")),
        ..NewManualAccount::new("Wallet", AccountKind::DigitalWallet, Currency::iso("EUR").unwrap())
    };
    let wallet = engine.create_manual_account(anna, &wallet).await.unwrap().id;
    for (day, spent) in [("2025-12-03", "-4.50"), ("2025-12-07", "-12.25")] {
        engine
            .add_transaction(anna, wallet, &NewTransaction::new(date(day), amount(spent), "CAFE"))
            .await
            .unwrap();
    }
    let counted = Some(Some(stated("2025-12-31", "60.75")));
    let update = ManualAccountUpdate { balance: counted, ..ManualAccountUpdate::default() };
    engine.update_manual_account(anna, wallet, &update).await.unwrap();

    let request = ReconcileRequest::new(SyncScope::Accounts(vec![wallet]));
    let found = engine.reconcile(anna, &request).await.unwrap().accounts.remove(0).outcome.unwrap();
    assert_eq!(found.comparison.difference, Some(amount("-2.50")));
    let mut missing = found.comparison.explanations.iter();
    let missing = missing.find(|it| it.kind == ExplanationKind::MissingTransaction).unwrap();
    let accepted = engine.resolve(anna, found.id, missing.number, None).await.unwrap();
    let row = engine.transaction(anna, accepted.inserted.unwrap()).await.unwrap();
    assert_eq!((row.account, row.amount().to_string().as_str()), (wallet, "-2.50 EUR"));
    let agrees = engine.reconcile(anna, &request).await.unwrap().accounts.remove(0).outcome.unwrap();
    assert_eq!((agrees.comparison.score, agrees.comparison.explanations), (Some(100), vec![]));
    engine.undo_resolution(anna, found.id, missing.number, None).await.unwrap();
    let again = engine.reconcile(anna, &request).await.unwrap().accounts.remove(0).outcome.unwrap();
    assert_eq!(again.comparison, found.comparison);
    let kept = engine.reconciliation(anna, again.id).await.unwrap();
    assert_eq!(kept, again);
}

fn booked_row(number: i64, day: &str, amount: Decimal) -> ProviderTransaction {
    booked(&format!("day-{number}"), day, &amount.to_string(), "SHOP")
}

fn any_row() -> impl Strategy<Value = (u32, i64, bool)> {
    (0_u32..90, prop_oneof![-300_i64..300, Just(-1250), Just(200_000)], prop::bool::weighted(0.15))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is accepted: undone, the ledger is what it was, and so is everything that is found in it.
    #[test]
    fn accepting_and_undoing_leaves_the_ledger_as_it_was(
        rows in prop::collection::vec(any_row(), 1..25),
        balances in prop::collection::vec((0_u32..100, -100_000_i64..100_000), 2..5),
        count_pending: bool,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let day = |days: u32| (date("2025-06-01") + TimeDelta::days(days.into())).to_string();
            let rows = rows.iter().zip(0..).map(|(&(days, cents, pending), number)| {
                let amount = Decimal::new(cents, 2).to_string();
                let row = booked(&format!("t{number}"), &day(days), &amount, ["SHOP", "PAY"][number % 2]);
                ProviderTransaction { pending, ..row }
            });
            let usd = Currency::iso("USD").ok();
            let world =
                World::new(rows.collect(), Balances { currency: usd.clone(), ..Balances::default() }).await;
            for &(days, cents) in &balances {
                world.state(&day(days), Decimal::new(cents, 2)).await;
            }
            let mut policy = ReconcilePolicy::of_currency(usd.unwrap());
            policy.count_pending = count_pending;
            let found = world.reconcile(Some(policy.clone())).await;
            let (before, stated) = (timeless(world.rows().await), world.statements().await);
            for explanation in &found.comparison.explanations {
                world.resolve(&found, explanation.number).await.unwrap();
                world.undo(&found, explanation.number).await.unwrap();
                assert_eq!(timeless(world.rows().await), before, "{explanation:?}");
                assert_eq!(world.statements().await, stated, "{explanation:?}");
            }
            assert_eq!(world.reconcile(Some(policy)).await.comparison, found.comparison);
            assert_eq!(world.engine.verify_audit(&world.anna, None).await.unwrap().fault, None);
        });
    }
}

/// The sample books, the first account of which lacks 5.00, with that found twice.
async fn five_lacking() -> (SampleBooks, [ReconciliationId; 2]) {
    let books = SampleBooks::new().await;
    let statement = NewStatement::new(date("2025-12-20"), amount("105.00"));
    books.engine.add_statement(&books.user, books.accounts[0], &statement).await.unwrap();
    let request = ReconcileRequest::new(SyncScope::Accounts(vec![books.accounts[0]]));
    let mut found = Vec::new();
    for _ in 0..2 {
        let report = books.engine.reconcile(&books.user, &request).await.unwrap();
        found.push(report.accounts[0].outcome.as_ref().unwrap().id);
    }
    (books, [found[0], found[1]])
}

#[tokio::test]
async fn one_difference_found_twice_is_corrected_once() {
    let (books, [first, second]) = five_lacking().await;
    // Another process.
    let (provider, store, clock) = (books.provider.clone(), books.store.clone(), books.clock.clone());
    let (other, user) =
        (SyncEngine::new(provider, store, clock, EngineOptions::default()), books.user.clone());
    books.store.before_next_apply(async move {
        other.resolve(&user, second, 1, None).await.unwrap();
    });
    let refused = books.engine.resolve(&books.user, first, 1, None).await;
    expect_kind(refused, &SyncErrorKind::Store(StoreErrorKind::Conflict));
    assert_eq!(books.engine.account_totals(&books.user).await.unwrap()[0].rows, 5);
}

#[tokio::test]
async fn a_missing_row_that_the_bank_tells_at_that_moment_is_not_added() {
    let (books, [found, _]) = five_lacking().await;
    let missing = ProviderTransaction { date: date("2025-12-25"), ..row("late", "a", "5.00") };
    books.provider.change(&books.sign_in, BankChange::Add(missing)).await;
    let (engine, user) = (books.engine.clone(), books.user.clone());
    books.store.before_next_apply(async move {
        engine.sync_transactions(&user, &SyncRequest::new(SyncScope::All)).await.unwrap();
    });
    let refused = books.engine.resolve(&books.user, found, 1, None).await;
    expect_kind(refused, &SyncErrorKind::Store(StoreErrorKind::Conflict));
    assert_eq!(books.engine.account_totals(&books.user).await.unwrap()[0].rows, 5);
}

#[tokio::test]
async fn a_comparison_that_tells_nothing_takes_no_standing_away() {
    let books = SampleBooks::new().await;
    let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    let factor = || async {
        let report = engine.account_health(user, account).await.unwrap();
        let parts = report.health.parts;
        parts.into_iter().find(|part| part.factor == HealthFactor::Reconciliation).unwrap()
    };
    let compare = |since: Option<&str>| {
        let scope = SyncScope::Accounts(vec![account]);
        let request = ReconcileRequest { since: since.map(date), ..ReconcileRequest::new(scope) };
        async move {
            let compared = engine.reconcile(user, &request).await?.accounts.remove(0);
            compared.outcome.map(|record| record.comparison.score)
        }
    };
    assert_eq!(compare(None).await.unwrap(), None);
    assert!(factor().await.reason.contains("the last comparison had too few balances"));

    let statement = NewStatement::new(date("2025-12-20"), amount("110.00"));
    engine.add_statement(user, account, &statement).await.unwrap();
    assert_eq!(compare(None).await.unwrap(), Some(100));
    let scored = factor().await;
    assert!(scored.reason.contains("100 of 100"), "{}", scored.reason);
    assert_eq!(compare(Some("2025-12-31")).await.unwrap(), None);
    assert_eq!(factor().await, scored);
    let page = engine.sync_overview(user).await.unwrap();
    let shown = page.accounts.into_iter().find(|shown| shown.account == account).unwrap();
    assert_eq!(shown.reconciliation.unwrap().score, Some(100));

    let error = compare(Some("2026-01-03")).await.unwrap_err();
    assert_eq!(*error.kind(), SyncErrorKind::InvalidInput);
    assert_eq!(error.user_message(), "This day has not come yet. Please check the date.");
}
