use super::{Linked, StoreFixture};
use crate::conformance::samples::{at, insert, row, user};
use crate::{
    Actor, AuditDraft, AuditHead, AuditSubject, AuditVerifier, ChangeSet, StoreErrorKind, TransactionEdit,
};

fn draft(actor: Actor, action: &'static str, subject: AuditSubject) -> AuditDraft {
    AuditDraft::new(actor, action, subject)
}

pub(super) async fn entries_are_kept_as_they_were_written(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    assert_eq!(linked.store.audit_head(&linked.user).await.unwrap(), AuditHead::default());
    let mut change = linked.change();
    change.inserts = vec![insert(row("tx", "a", "1"))];
    change.accounts.listed = vec![crate::conformance::samples::account("b")];
    change.audit = vec![
        draft(Actor::User, "first", AuditSubject::NewTransaction(0))
            .changing(None::<&u8>, Some(&[1]))
            .because(Some("because \u{0} \u{1F600}".to_owned())),
        draft(Actor::Engine, "second", AuditSubject::NewAccount(0)),
        draft(Actor::Named("support: eve".to_owned()), "third", AuditSubject::Books)
            .changing(Some(&"x"), None::<&u8>),
        draft(Actor::User, "fourth", AuditSubject::Connection(linked.id)),
    ];
    let drafts = change.audit.clone();
    let applied = linked.apply(change).await;

    let entries = linked.store.audit_entries(&linked.user, 0, 99).await.unwrap();
    assert_eq!(entries.len(), 4);
    for (entry, draft) in entries.iter().zip(&drafts) {
        assert_eq!((&entry.actor, entry.action.as_str()), (&draft.actor, draft.action));
        assert_eq!((&entry.before, &entry.after), (&draft.before, &draft.after));
        assert_eq!((&entry.reason, entry.at, &entry.user), (&draft.reason, at(2), &linked.user));
        assert_eq!(entry.subject, draft.subject.resolved(&applied));
    }
    assert_eq!(entries[0].subject, AuditSubject::Transaction(linked.id_of("tx").await));
    assert_eq!(entries[1].subject, AuditSubject::Account(linked.account_id("b").await));
    assert_eq!(linked.store.audit_entries(&linked.user, 1, 2).await.unwrap(), entries[1..3]);
    assert_eq!(linked.store.audit_head(&linked.user).await.unwrap(), entries[3].head());
    for entry in &entries {
        let about = linked.store.audit_entries_about(&linked.user, entry.subject, 9).await.unwrap();
        assert_eq!(about, std::slice::from_ref(entry));
    }
    let elsewhere = AuditSubject::Transaction(crate::TransactionId::new(99));
    assert_eq!(linked.store.audit_entries_about(&linked.user, elsewhere, 9).await.unwrap(), []);
}

pub(super) async fn a_trail_grows_as_an_unbroken_chain(fixture: &mut dyn StoreFixture) {
    let ada = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;
    for number in 0..6 {
        let linked = if number % 3 == 0 { &bob } else { &ada };
        let audit = vec![draft(Actor::User, "step", AuditSubject::Books)];
        linked.apply(ChangeSet { audit, ..linked.change() }).await;
    }
    fixture.reopen().await;
    let store = fixture.store();
    for (owner, entries) in [(&ada.user, 4), (&bob.user, 2), (&user("nobody"), 0)] {
        let trail = store.audit_entries(owner, 0, 99).await.unwrap();
        assert_eq!(trail.len(), entries);
        let about = store.audit_entries_about(owner, AuditSubject::Books, 3).await.unwrap();
        assert_eq!(about, trail[..entries.min(3)]);
        let mut verifier = AuditVerifier::new(None);
        trail.iter().try_for_each(|entry| verifier.check(entry)).unwrap();
        verifier.finish(store.audit_head(owner).await.unwrap()).unwrap();
    }
}

pub(super) async fn a_refused_change_set_leaves_no_entry(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1")]).await;
    let mut outdated = linked.edit_write("tx", &TransactionEdit::default()).await;
    outdated.before.deleted = true;
    let audit = vec![draft(Actor::User, "step", AuditSubject::Books)];
    let change = ChangeSet { edits: vec![outdated], audit, ..linked.change() };
    linked.refuse(change, StoreErrorKind::Conflict).await;
    assert_eq!(linked.store.audit_entries(&linked.user, 0, 9).await.unwrap(), []);
    assert_eq!(linked.store.audit_head(&linked.user).await.unwrap(), AuditHead::default());
}
