//! What is erased is gone from the files, and what hangs together still does.

use std::sync::Arc;

use finance_core::conformance::samples::{account, at, day, row, update, usd};
use finance_core::conformance::{Linked, Snapshot};
use finance_core::{
    AccountPair, Actor, AfterAnswers, AssignedCategory, AuditDraft, AuditSubject, CategoryAnswer,
    CategoryAnswers, CategoryRule, CategoryScope, ChangeSet, ClaimRequest, ConnectionMerge,
    ConnectionRemoval, InstitutionId, InstitutionRef, LocalRecords, NewReconciliation, ProviderTransaction,
    RawJson, RemovalStore, ResolutionWrite, RowPair, StatementWrite, StoreErrorKind, StoredResolution,
    TransactionEdit,
};
use finance_store::{SqliteOptions, SqliteStore};
use sqlx::Row;

use crate::fixture::{Place, options};

/// How many rows each user gets, a handful at a time, so that those of both lie on the same pages.
const ROUNDS: usize = 500;

/// A row all of whose texts begin with a mark.
fn marked(mark: &str, number: usize, account: &str) -> ProviderTransaction {
    let text = |what: &str| Some(format!("{mark}-{what}-{number}-{}", "x".repeat(number * 7 % 90)).into());
    ProviderTransaction {
        date: day(number as u64 % 300),
        amount: usd("-4.50"),
        description: text("text").unwrap(),
        original_description: text("original"),
        merchant_name: text("merchant"),
        merchant_id: text("id"),
        code: text("code"),
        check_number: text("check"),
        raw: Some(RawJson::from_text(&format!("{{\"raw\":\"{mark}-raw-{number}\"}}"))),
        ..row(&format!("{mark}-row-{:x}", number.wrapping_mul(0x9E37_79B9) % 0xFFFF_FFFF), account, "0")
    }
}

async fn connect(store: Arc<SqliteStore>, mark: &str) -> Linked {
    let account_id = format!("{mark}-account");
    let linked = Linked::new(store, mark, &format!("{mark}-item"), &[&account_id]).await;
    let mut told = account(&account_id);
    told.official_name = Some(format!("{mark}-official"));
    let id = InstitutionId::new(format!("{mark}-institution")).unwrap();
    let institution = Some(InstitutionRef { id, name: Some(format!("{mark}-bank")) });
    let mut change = ChangeSet { institution, ..linked.change() };
    change.accounts.listed = vec![told];
    change.reconciliations = vec![NewReconciliation {
        account: linked.account_id(&account_id).await,
        score: Some(70),
        difference: None,
        body: format!("{{\"why\":\"{mark}-explanation\"}}"),
    }];
    let reconciliation = linked.apply(change).await.reconciliations[0];
    let after = StoredResolution {
        reconciliation,
        explanation: 0,
        resolved_at: at(3),
        undone_at: None,
        body: format!("{{\"what\":\"{mark}-resolution\"}}"),
    };
    let resolutions = vec![ResolutionWrite { before: None, after }];
    linked.apply(ChangeSet { resolutions, ..linked.change() }).await;
    let rules = [CategoryRule {
        text_contains: Some(format!("{mark}-rule")),
        merchant: None,
        at_least: None,
        at_most: None,
        direction: None,
        account_kind: None,
        category: format!("{mark}-category"),
    }];
    let draft =
        AuditDraft::new(Actor::Named(format!("{mark}-actor")), "category_rules_set", AuditSubject::Books);
    let before = linked.store.category_rules(&linked.user).await.unwrap();
    linked.store.set_category_rules(&linked.user, &before, &rules, at(3), &draft).await.unwrap();
    linked
}

/// Assigns a category to every row that waits for one.
async fn categorise(linked: &Linked, mark: &str) {
    let scope = CategoryScope::User(linked.user.clone());
    let request = ClaimRequest {
        scope: scope.clone(),
        fresh_only: false,
        after: None,
        limit: 1_000,
        at: at(3),
        lease: chrono::TimeDelta::seconds(60),
        attempts: 3,
    };
    let claim = linked.store.claim_uncategorised(&request).await.unwrap().expect("rows must wait");
    let assigned = AssignedCategory {
        category: format!("{mark}-assigned"),
        confidence: None,
        source: format!("{mark}-model"),
    };
    let answers = claim
        .questions
        .iter()
        .map(|question| CategoryAnswer { transaction: question.transaction, assigned: assigned.clone() });
    let (answers, then) = (answers.collect(), AfterAnswers::Done);
    let answers = CategoryAnswers { scope, claim: claim.id, at: at(3), answers, then };
    linked.store.apply_categories(&answers).await.unwrap();
}

/// Writes a handful of rows, edits one, changes one, removes one.
async fn fill(linked: &Linked, mark: &str, round: usize) {
    let account = format!("{mark}-account");
    let rows: Vec<ProviderTransaction> = (0..8).map(|n| marked(mark, round * 8 + n, &account)).collect();
    let ids: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
    linked.insert(rows.clone()).await;
    let note = Some(Some(format!("{mark}-note-{round}-{}", "y".repeat(round % 70))));
    let edit =
        TransactionEdit { note, name: Some(Some(format!("{mark}-name"))), ..TransactionEdit::default() };
    let write = linked.edit_write(&ids[0], &edit).await;
    let draft = AuditDraft::new(Actor::User, "transaction_edited", AuditSubject::Transaction(write.id))
        .changing(Some(&write.before), Some(&write.after));
    let statement = StatementWrite {
        account: linked.account_id(&account).await,
        date: day(round as u64),
        before: None,
        after: Some(usd("1").amount()),
    };
    let change = ChangeSet {
        edits: vec![write],
        audit: vec![draft],
        statements: vec![statement],
        ..ChangeSet::new(linked.id, at(5))
    };
    linked.apply(change).await;
    let changed =
        ProviderTransaction { description: format!("{mark}-changed-{round}").into(), ..rows[1].clone() };
    let updates = vec![update(linked.id_of(&ids[1]).await, changed)];
    linked.apply(ChangeSet { updates, ..linked.change() }).await;
    linked.remove(&ids[2]).await;
}

/// Two users whose records lie among each other.
async fn two_users(place: &Place) -> (Linked, Linked) {
    let store = place.open().await;
    let ada = connect(store.clone(), "zqada").await;
    let bob = connect(store, "zqbob").await;
    for round in 0..ROUNDS {
        fill(&ada, "zqada", round).await;
        fill(&bob, "zqbob", round).await;
    }
    categorise(&ada, "zqada").await;
    categorise(&bob, "zqbob").await;
    (ada, bob)
}

async fn assert_sound(place: &Place) {
    let mut connection = place.connect().await;
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await.unwrap();
    assert!(broken.is_empty(), "{:?}", broken.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>());
    let sound: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
    assert_eq!(sound, "ok");
}

fn removal(linked: &Linked, local: LocalRecords) -> ConnectionRemoval {
    let (user, connection) = (linked.user.clone(), linked.id);
    ConnectionRemoval { user, connection, at: at(9), local, actor: Actor::User, reason: None }
}

#[tokio::test]
async fn of_a_forgotten_user_no_byte_is_left_in_any_file() {
    let place = Place::new();
    let (ada, bob) = two_users(&place).await;
    let untouched = Snapshot::of(&*bob.store, std::slice::from_ref(&bob.user)).await;
    assert!(place.holds(b"zqada"));
    let erased = ada.store.forget_user(&ada.user).await.unwrap();
    assert_eq!(erased.of(finance_core::RecordKind::Transactions), (ROUNDS * 8) as u64);
    // Database, log and shared memory, while the store is open.
    assert!(!place.holds(b"zqada"), "something of the user is left");
    assert!(place.holds(b"zqbob"));
    assert_eq!(Snapshot::of(&*bob.store, std::slice::from_ref(&bob.user)).await, untouched);
    assert_sound(&place).await;
    // The store works on.
    fill(&bob, "zqbob", ROUNDS + 1).await;
    assert!(ada.store.records(&ada.user).await.unwrap().is_empty());
}

#[tokio::test]
async fn of_an_erased_connection_the_trail_alone_is_left() {
    let place = Place::new();
    let (ada, bob) = two_users(&place).await;
    let untouched = Snapshot::of(&*bob.store, std::slice::from_ref(&bob.user)).await;
    ada.store.remove_connection(&removal(&ada, LocalRecords::Erase)).await.unwrap();
    for text in ["text", "original", "merchant", "changed", "official", "bank", "item", "row", "account"] {
        assert!(!place.holds(format!("zqada-{text}").as_bytes()), "{text} is left");
    }
    // What the user wrote is in the trail, which is kept unbroken.
    assert!(place.holds(b"zqada-note"));
    assert_eq!(Snapshot::of(&*bob.store, std::slice::from_ref(&bob.user)).await, untouched);
    assert_sound(&place).await;
}

#[tokio::test]
async fn the_token_of_a_removed_connection_is_gone_from_the_files() {
    let place = Place::new();
    let store = place.open().await;
    let linked = connect(store.clone(), "zqada").await;
    let sealed = || async {
        let mut connection = place.connect().await;
        let sql = "SELECT token FROM finance_connections WHERE id = ?";
        let token: Vec<u8> =
            sqlx::query_scalar(sql).bind(linked.id.number()).fetch_one(&mut connection).await.unwrap();
        token
    };
    let token = sealed().await;
    assert!(token.len() > 20 && place.holds(&token));
    store.remove_connection(&removal(&linked, LocalRecords::Keep)).await.unwrap();
    assert!(sealed().await.is_empty());
    assert!(!place.holds(&token));
    // The key that sealed it is no longer needed.
    store.reseal_tokens().await.unwrap();
    assert_sound(&place).await;
}

#[tokio::test]
async fn a_merge_leaves_nothing_that_hangs_on_nothing() {
    let place = Place::new();
    let store = place.open().await;
    let old = connect(store.clone(), "zqada").await;
    let new = Linked::new(store, "zqada", "again", &["x"]).await;
    for round in 0..10 {
        fill(&old, "zqada", round).await;
    }
    new.insert((0..40).map(|number| marked("again", number, "x"))).await;
    let mut rows = Vec::new();
    for number in 0..30 {
        let [one, other] = ["zqada", "again"].map(|mark| marked(mark, number, "any").id.to_string());
        rows.push(RowPair { old: old.id_of(&one).await, new: new.id_of(&other).await });
    }
    let merge = ConnectionMerge {
        user: old.user.clone(),
        from: old.id,
        into: new.id,
        at: at(9),
        from_revision: old.connection().await.revision,
        into_revision: new.connection().await.revision,
        accounts: vec![AccountPair {
            old: old.account_id("zqada-account").await,
            new: new.account_id("x").await,
        }],
        rows,
        dropped: Vec::new(),
        renamed: Vec::new(),
        audit: Vec::new(),
    };
    old.store.merge_connections(&merge).await.unwrap();
    assert_sound(&place).await;
    let known = new.store.known_transactions(new.id, finance_core::KnownTransactions::All).await.unwrap();
    assert_eq!(known.iter().filter(|known| !known.superseded).count(), 90);
}

#[tokio::test]
async fn while_the_file_is_read_the_wiping_is_put_off_and_said_so() {
    let place = Place::new();
    let patience = std::time::Duration::from_millis(200);
    let options = SqliteOptions { busy_timeout: patience, ..options() };
    let store = Arc::new(SqliteStore::open(place.file(), options).await.unwrap());
    let linked = connect(store.clone(), "zqada").await;
    let mut reader = place.connect().await;
    let mut reading = sqlx::Connection::begin(&mut reader).await.unwrap();
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM finance_accounts").fetch_one(&mut *reading).await.unwrap();
    assert_eq!(count, 1);
    let error = store.forget_user(&linked.user).await.expect_err("the log is still read");
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    // Everything is erased for whoever asks now; the same call wipes the files once nobody reads them.
    assert!(store.records(&linked.user).await.unwrap().is_empty());
    reading.rollback().await.unwrap();
    assert!(store.forget_user(&linked.user).await.unwrap().is_empty());
    assert!(!place.holds(b"zqada"));
}
