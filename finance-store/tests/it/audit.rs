//! The audit trail under the hands of somebody who can write the database, and accounts that cannot be read.

use std::sync::Arc;

use finance_core::conformance::samples::{row, user};
use finance_core::conformance::{Linked, ManualClock, ScriptedProvider};
use finance_core::{
    Actor, Applied, AuditDraft, AuditEntry, AuditFault, AuditHead, AuditReport, EngineOptions, EventKind,
    NewStatement, ReconcileRequest, Store, StoreErrorKind, SyncEngine, SyncErrorKind, SyncScope, UserId,
};

use crate::fixture::{Home, on_every_store};

on_every_store! {
    whatever_is_done_to_the_trail_is_told
    a_trail_written_anew_is_told_by_a_head_that_was_kept
    a_trail_of_many_pages_is_verified_to_its_end
    an_account_that_cannot_be_read_does_not_stop_the_others
}

fn engine(store: Arc<dyn Store>) -> SyncEngine {
    let clock = Arc::new(ManualClock::default());
    SyncEngine::new(Arc::new(ScriptedProvider::new()), store, clock, EngineOptions::default())
}

/// Books of ada's and bob's with six entries in each trail.
async fn audited(home: &Home) -> (Arc<dyn Store>, UserId) {
    let store = home.open().await;
    for user in ["ada", "bob"] {
        store.forget_user(&self::user(user)).await.unwrap();
    }
    for (owner, item) in [("ada", "item-1"), ("bob", "item-2")] {
        let linked = Linked::new(store.clone(), owner, item, &["a"]).await;
        let account = linked.account_id("a").await;
        let engine = engine(store.clone());
        for day in 1..=6 {
            let statement = NewStatement::new(format!("2025-12-0{day}").parse().unwrap(), day.into());
            engine.add_statement(&linked.user, account, &statement).await.unwrap();
        }
    }
    (store, user("ada"))
}

async fn verify(store: &Arc<dyn Store>, user: &UserId, kept: Option<AuditHead>) -> AuditReport {
    engine(store.clone()).verify_audit(user, kept).await.unwrap()
}

async fn whatever_is_done_to_the_trail_is_told(home: Home) {
    use AuditFault::{Altered, Gap, WrongEnd};
    let of_ada = "UPDATE finance_audit SET";
    let set =
        |what: &str, number: u32| format!("{of_ada} {what} WHERE user_id = 'ada' AND number = {number}");
    let drop = |which: &str| format!("DELETE FROM finance_audit WHERE user_id = 'ada' AND number {which}");
    let copy = |from: u32, to: u32| {
        format!(
            "INSERT INTO finance_audit SELECT user_id, {to}, at, actor, action, subject_kind, subject_id, before, after, \
             reason, hash FROM finance_audit WHERE user_id = 'ada' AND number = {from}"
        )
    };
    let moved =
        |from: u32, to: u32| format!("{of_ada} number = {to} WHERE user_id = 'ada' AND number = {from}");
    let swapped = [moved(2, 99), moved(3, 2), moved(99, 3)].join(";");
    let (later, zeros) = match &home {
        Home::InAFile(_) => ("at = at + 1", "hash = zeroblob(32)"),
        Home::OnAServer(_) => {
            ("at = at + interval '1 microsecond'", "hash = decode(repeat('00', 32), 'hex')")
        }
    };
    let cut = "UPDATE finance_users SET last_audit = 5 WHERE user_id = 'ada'";
    for (sql, fault) in [
        (set("after = '{}'", 3), Altered { number: 3 }),
        (set("before = ''", 3), Altered { number: 3 }),
        (set("reason = 'another'", 4), Altered { number: 4 }),
        (set("actor = 'engine'", 1), Altered { number: 1 }),
        (set("action = 'reconciled'", 6), Altered { number: 6 }),
        (set(later, 2), Altered { number: 2 }),
        (set("subject_id = subject_id + 1", 2), Altered { number: 2 }),
        (set("subject_kind = 'connection'", 2), Altered { number: 2 }),
        (set(zeros, 2), Altered { number: 2 }),
        (
            set("hash = (SELECT hash FROM finance_audit WHERE user_id = 'bob' AND number = 2)", 2),
            Altered { number: 2 },
        ),
        (drop("= 1"), Gap { expected: 1, found: 2 }),
        (drop("IN (3, 4)"), Gap { expected: 3, found: 5 }),
        (drop("= 6"), WrongEnd { expected: 6, found: 5 }),
        (drop("> 0"), WrongEnd { expected: 6, found: 0 }),
        (format!("{};{cut}", drop("= 6")), Altered { number: 5 }),
        (copy(6, 7), Altered { number: 7 }),
        (swapped, Altered { number: 2 }),
    ] {
        let (store, ada) = audited(&home).await;
        let before = verify(&store, &ada, None).await;
        assert_eq!((before.checked, before.fault), (6, None));
        home.execute(&sql).await;
        let found = verify(&store, &ada, None).await;
        assert_eq!((found.fault, found.head), (Some(fault), None), "{sql}");
        assert_eq!(verify(&store, &user("bob"), None).await.fault, None, "{sql}");
    }
}

/// Writes the trail anew from one entry on, so that every hash fits.
async fn rewrite(home: &Home, trail: &[AuditEntry], from: usize, reason: &str, keep: usize) {
    let mut head = from.checked_sub(1).map_or_else(AuditHead::default, |last| trail[last].head());
    home.execute(&format!("DELETE FROM finance_audit WHERE user_id = 'ada' AND number > {keep}")).await;
    for entry in &trail[from..keep] {
        let draft = AuditDraft {
            actor: Actor::User,
            action: "statement_added",
            subject: entry.subject,
            before: entry.before.clone(),
            after: entry.after.clone(),
            reason: Some(reason.to_owned()),
        };
        let forged = AuditEntry::after(head, &entry.user, entry.at, &draft, &Applied::default());
        let (hash, number) = (home.literal(&forged.hash.0), forged.number);
        home.execute(&format!(
            "UPDATE finance_audit SET reason = '{reason}', hash = {hash} WHERE user_id = 'ada' AND number = {number}"
        ))
        .await;
        head = forged.head();
    }
    let (hash, number) = (home.literal(&head.hash.0), head.number);
    home.execute(&format!(
        "UPDATE finance_users SET last_audit = {number}, audit_hash = {hash} WHERE user_id = 'ada'"
    ))
    .await;
}

async fn a_trail_written_anew_is_told_by_a_head_that_was_kept(home: Home) {
    for (from, keep, fault) in [
        (2, 6, AuditFault::Rewritten { number: 6 }),
        (5, 6, AuditFault::Rewritten { number: 6 }),
        (5, 5, AuditFault::WrongEnd { expected: 6, found: 5 }),
    ] {
        let (store, ada) = audited(&home).await;
        let kept = verify(&store, &ada, None).await.head;
        let trail = store.audit_entries(&ada, 0, 99).await.unwrap();
        rewrite(&home, &trail, from, "forged", keep).await;
        let unaware = verify(&store, &ada, None).await;
        assert_eq!(unaware.fault, None);
        assert_ne!(unaware.head, kept);
        assert_eq!(verify(&store, &ada, kept).await.fault, Some(fault));
    }
    // A head kept earlier does not mind what came later.
    let (store, ada) = audited(&home).await;
    let earlier = store.audit_entries(&ada, 0, 3).await.unwrap()[2].head();
    assert_eq!(verify(&store, &ada, Some(earlier)).await.fault, None);
}

async fn a_trail_of_many_pages_is_verified_to_its_end(home: Home) {
    let store = home.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a"]).await;
    let draft = AuditDraft::new(Actor::User, "step", finance_core::AuditSubject::Books);
    let mut change = linked.change();
    change.audit = vec![draft; 2_500];
    linked.apply(change).await;
    let report = verify(&store, &linked.user, None).await;
    assert_eq!((report.checked, report.fault), (2_500, None));
    home.execute("UPDATE finance_audit SET reason = '' WHERE number = 2400").await;
    let report = verify(&store, &linked.user, None).await;
    assert_eq!((report.checked, report.fault), (2_399, Some(AuditFault::Altered { number: 2_400 })));
}

async fn an_account_that_cannot_be_read_does_not_stop_the_others(home: Home) {
    let store = home.open().await;
    let linked = Linked::new(store.clone(), "ada", "item-1", &["a", "b"]).await;
    linked.insert([row("of-a", "a", "1.00"), row("of-b", "b", "1.00")]).await;
    let engine = engine(store.clone());
    let b = linked.account_id("b").await;
    home.execute("UPDATE finance_transactions SET currency = 'no currency' WHERE provider_id = 'of-b'").await;
    let last = linked.events_after(0).await.len() as u64;

    let report = engine.reconcile(&linked.user, &ReconcileRequest::new(SyncScope::All)).await.unwrap();
    assert!(!report.is_complete());
    assert!(report.accounts[0].outcome.is_ok());
    let failed = report.accounts[1].outcome.as_ref().unwrap_err();
    assert_eq!(
        (report.accounts[1].account, failed.kind()),
        (b, &SyncErrorKind::Store(StoreErrorKind::Damaged))
    );
    let events = store.events(&linked.user, last, 99).await.unwrap().events;
    let end = EventKind::BulkCompleted { operation: "reconcile".to_owned(), done: 1, failed: 1 };
    assert!(events.iter().any(|event| event.kind == end), "{events:?}");
}
