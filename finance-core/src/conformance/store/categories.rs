use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;

use super::{Linked, Snapshot, StoreFixture};
use crate::conformance::samples::{at, day, rename, row, update, usd};
use crate::{
    AccountKind, Actor, AfterAnswers, AssignedCategory, AuditDraft, AuditSubject, CategoryAnswer,
    CategoryAnswers, CategoryBacklog, CategoryChoice, CategoryClaim, CategoryQuestion, CategoryRule,
    CategoryScope, ChangeSet, ClaimRequest, EventKind, MoneyDirection, ProviderCategory, ProviderTransaction,
    StoreErrorKind, Transaction, TransactionEdit, TransactionId, TransactionQuery, parse_amount,
};

fn request(scope: CategoryScope, limit: u32, second: i64) -> ClaimRequest {
    ClaimRequest {
        scope,
        fresh_only: false,
        after: None,
        limit,
        at: at(second),
        lease: TimeDelta::seconds(60),
        attempts: 3,
    }
}

fn choose(category: Option<&str>) -> TransactionEdit {
    TransactionEdit { category: Some(category.map(str::to_owned)), ..TransactionEdit::default() }
}

fn answer(transaction: TransactionId, category: &str) -> CategoryAnswer {
    let (category, source) = (category.to_owned(), "model".to_owned());
    CategoryAnswer { transaction, assigned: AssignedCategory { category, confidence: Some(80), source } }
}

fn backlog(fresh: u64, passed_on: u64, given_up: u64) -> CategoryBacklog {
    CategoryBacklog { fresh, passed_on, given_up }
}

impl Linked {
    fn scope(&self) -> CategoryScope {
        CategoryScope::User(self.user.clone())
    }

    async fn claim(&self, request: &ClaimRequest) -> Option<CategoryClaim> {
        self.store.claim_uncategorised(request).await.unwrap()
    }

    /// Claims rows of the user that must be there.
    async fn claim_at(&self, limit: u32, second: i64) -> CategoryClaim {
        self.claim(&request(self.scope(), limit, second)).await.expect("rows must wait")
    }

    fn answers(&self, claim: &CategoryClaim, second: i64, answers: Vec<CategoryAnswer>) -> CategoryAnswers {
        let (scope, then) = (self.scope(), AfterAnswers::Done);
        CategoryAnswers { scope, claim: claim.id, at: at(second), answers, then }
    }

    async fn apply_answers(&self, answers: CategoryAnswers) -> u64 {
        self.store.apply_categories(&answers).await.unwrap()
    }

    async fn refuse_answers(&self, answers: CategoryAnswers, kind: StoreErrorKind) {
        let error = self.store.apply_categories(&answers).await.expect_err("the answers must be refused");
        assert_eq!(error.kind(), kind, "{error}");
    }

    async fn backlog(&self) -> CategoryBacklog {
        self.store.category_backlog(&self.user).await.unwrap()
    }

    async fn choices(&self, limit: u32) -> Vec<CategoryChoice> {
        self.store.category_choices(&self.user, limit).await.unwrap()
    }
}

fn asked(claim: &CategoryClaim) -> Vec<TransactionId> {
    claim.questions.iter().map(|question| question.transaction).collect()
}

pub(super) async fn new_rows_wait_to_be_categorised(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    assert_eq!(linked.backlog().await, backlog(0, 0, 0));
    assert_eq!(linked.claim(&request(linked.scope(), 10, 3)).await, None);
    linked.insert(["one", "two"].map(|id| row(id, "a", "-1.00"))).await;
    // Nothing that the user said could tell their categories.
    assert_eq!(linked.backlog().await, backlog(0, 2, 0));
    let fresh = ClaimRequest { fresh_only: true, ..request(linked.scope(), 10, 3) };
    assert_eq!(linked.claim(&fresh).await, None);

    linked.edit("one", &choose(Some("Coffee"))).await;
    linked.insert([row("three", "a", "-1.00")]).await;
    assert_eq!(linked.backlog().await, backlog(1, 2, 0));
    let claim = linked.claim(&fresh).await.unwrap();
    assert_eq!(asked(&claim), [linked.id_of("three").await]);
    assert_eq!((claim.until, claim.last), (at(63), linked.id_of("three").await));
    let after = ClaimRequest { after: Some(linked.id_of("two").await), ..request(linked.scope(), 10, 3) };
    assert_eq!(linked.claim(&after).await, None);
    assert_eq!(linked.claim(&request(linked.scope(), 0, 3)).await, None);
    assert_eq!(asked(&linked.claim_at(10, 3).await), [linked.id_of("two").await]);
}

pub(super) async fn a_question_tells_what_is_known_of_a_row(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let category = ProviderCategory {
        primary: "FOOD_AND_DRINK".to_owned(),
        detailed: "FOOD_AND_DRINK_COFFEE".to_owned(),
        confidence: Some("HIGH".to_owned()),
        version: Some("v2".to_owned()),
    };
    let full = ProviderTransaction {
        original_description: Some("BLUE BOTTLE #12".into()),
        merchant_name: Some("Blue Bottle".into()),
        merchant_id: Some("m1".into()),
        merchant_category_code: Some("5814".into()),
        category: Some(Arc::new(category.clone())),
        ..row("tx", "a", "4.50")
    };
    linked.insert([full]).await;
    let correction = TransactionEdit {
        amount: Some(Some(parse_amount("-4.60").unwrap())),
        date: Some(Some(day(3))),
        ..TransactionEdit::default()
    };
    linked.edit("tx", &correction).await;
    let claim = linked.claim_at(1, 3).await;
    let expected = CategoryQuestion {
        user: linked.user.clone(),
        transaction: linked.id_of("tx").await,
        text: "ROW tx".into(),
        original_text: Some("BLUE BOTTLE #12".into()),
        merchant_name: Some("Blue Bottle".into()),
        merchant_id: Some("m1".into()),
        merchant_category_code: Some("5814".into()),
        amount: usd("-4.60"),
        direction: MoneyDirection::Out,
        account_kind: AccountKind::Checking,
        date: day(3),
        provider_category: Some(Arc::new(category)),
    };
    assert_eq!(claim.questions, [expected]);
}

pub(super) async fn rows_that_need_no_category_are_passed_over(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert(["chosen", "gone", "deleted", "plain"].map(|id| row(id, "a", "1"))).await;
    linked.edit("chosen", &choose(Some("Mine"))).await;
    linked.remove("gone").await;
    linked.edit("deleted", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    let plain = linked.id_of("plain").await;
    // Two rows without a question wait no longer; the claim goes on to the next two.
    assert_eq!(asked(&linked.claim_at(2, 3).await), [plain]);
    assert_eq!(linked.backlog().await, backlog(0, 2, 0));
    linked.remove("plain").await;
    assert_eq!(linked.claim(&request(linked.scope(), 2, 100)).await, None);
    assert_eq!(linked.backlog().await, backlog(0, 0, 0));
}

pub(super) async fn rows_are_never_in_two_claims(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert((0..1_100).map(|number| row(&format!("t{number}"), "a", "1"))).await;
    let (mut ids, mut claims, mut sizes) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    while let Some(claim) = linked.claim(&request(linked.scope(), 300, 3)).await {
        let asked = asked(&claim);
        assert!(asked.is_sorted() && asked.last() == Some(&claim.last));
        sizes.push(asked.len());
        ids.extend(asked);
        assert!(claims.insert(claim.id.number()) && claim.id.number() < 1 << 53);
    }
    assert_eq!((sizes, ids.len()), (vec![300, 300, 300, 200], 1_100));
    assert_eq!(linked.backlog().await, backlog(0, 1_100, 0));
}

pub(super) async fn a_claim_out_of_time_is_void(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("tx", "a", "1")]).await;
    let id = linked.id_of("tx").await;
    let first = linked.claim_at(1, 0).await;
    assert_eq!(linked.claim(&request(linked.scope(), 1, 59)).await, None);
    let late = linked.answers(&first, 60, vec![answer(id, "Late")]);
    linked.refuse_answers(late.clone(), StoreErrorKind::Conflict).await;
    let second = linked.claim_at(1, 60).await;
    assert_ne!(second.id, first.id);
    linked.refuse_answers(late, StoreErrorKind::Conflict).await;
    assert_eq!(linked.apply_answers(linked.answers(&second, 119, vec![answer(id, "Right")])).await, 1);
    assert_eq!(linked.row("tx").await.category(), Some("Right"));
    assert_eq!(linked.claim(&request(linked.scope(), 1, 1_000)).await, None);
}

pub(super) async fn assigned_categories_are_kept_and_told(fixture: &mut dyn StoreFixture) {
    let mut linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    linked.insert([row("one", "a", "1"), row("two", "b", "2"), row("three", "a", "3")]).await;
    let [one, two, three] = [linked.row("one").await, linked.row("two").await, linked.row("three").await];
    let before = linked.events_after(0).await.len() as u64;
    let claim = linked.claim_at(10, 3).await;
    // The row goes while it is worked on; should it come back, it has its category.
    linked.remove("three").await;
    let mut plain = answer(two.id, "Zwei 2");
    (plain.assigned.confidence, plain.assigned.source) = (None, "другой".to_owned());
    let answers = vec![answer(one.id, "One"), plain.clone(), answer(three.id, "Three")];
    let go_on = CategoryAnswers { then: AfterAnswers::GoOn, ..linked.answers(&claim, 4, answers) };
    assert_eq!(linked.apply_answers(go_on.clone()).await, 3);

    let kinds: Vec<EventKind> =
        linked.events_after(before + 2).await.into_iter().map(|event| event.kind).collect();
    let modified = |row: &Transaction| EventKind::TransactionsModified {
        account: row.account,
        transactions: vec![row.id],
    };
    assert_eq!(kinds, [modified(&one), modified(&two), EventKind::DashboardUpdated]);
    assert!(linked.events_after(before + 2).await.iter().all(|event| event.at == at(4)));

    // The same again changes nothing and tells nothing.
    let told = linked.events_after(0).await.len();
    assert_eq!(linked.apply_answers(CategoryAnswers { then: AfterAnswers::Done, ..go_on }).await, 0);
    assert_eq!(linked.events_after(0).await.len(), told);

    fixture.reopen().await;
    linked.store = fixture.store();
    let one = Transaction { assigned: Some(answer(one.id, "One").assigned), ..one };
    let two = Transaction { assigned: Some(plain.assigned), ..two };
    assert_eq!(linked.row("one").await, one);
    let listed = linked.store.transactions(&linked.user, &TransactionQuery::default()).await.unwrap();
    assert_eq!(listed, [two, one.clone()]);

    // It stays when the row changes or posts, and when one that was gone comes back.
    linked.apply(ChangeSet { updates: vec![update(one.id, row("one", "a", "7"))], ..linked.change() }).await;
    linked
        .apply(ChangeSet { updates: vec![rename(one.id, row("posted", "a", "8"))], ..linked.change() })
        .await;
    assert_eq!(linked.row("posted").await.assigned, one.assigned);
    linked
        .apply(ChangeSet { updates: vec![update(three.id, row("three", "a", "3"))], ..linked.change() })
        .await;
    assert_eq!(linked.row("three").await.category(), Some("Three"));
}

pub(super) async fn answers_outside_a_claim_are_refused(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;
    linked.insert(["one", "two", "three"].map(|id| row(id, "a", "1"))).await;
    bob.insert([row("his", "a", "1")]).await;
    let [one, two, three] =
        [linked.id_of("one").await, linked.id_of("two").await, linked.id_of("three").await];
    let claim = linked.claim_at(2, 3).await;
    assert_eq!(asked(&claim), [one, two]);
    let users = [linked.user.clone(), bob.user.clone()];
    let before = Snapshot::of(&*linked.store, &users).await;

    let mut blank = answer(two, " ");
    blank.assigned.confidence = None;
    let mut too_sure = answer(two, "Sure");
    too_sure.assigned.confidence = Some(101);
    for wrong in [
        answer(three, "Not claimed"),
        answer(bob.id_of("his").await, "His"),
        answer(one, "Twice"),
        blank,
        too_sure,
    ] {
        let answers = linked.answers(&claim, 4, vec![answer(one, "One"), wrong]);
        linked.refuse_answers(answers, StoreErrorKind::InvalidInput).await;
    }
    // A claim is nobody else's, whoever guesses its number.
    let foreign =
        CategoryAnswers { scope: bob.scope(), ..linked.answers(&claim, 4, vec![answer(one, "One")]) };
    linked.refuse_answers(foreign, StoreErrorKind::Conflict).await;
    assert_eq!(Snapshot::of(&*linked.store, &users).await, before);
    assert_eq!(linked.apply_answers(linked.answers(&claim, 4, vec![answer(one, "One")])).await, 1);
}

pub(super) async fn rows_tried_too_often_are_given_up(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("one", "a", "1"), row("two", "a", "1")]).await;
    let then = AfterAnswers::Retry { wait: TimeDelta::seconds(10), attempts: 3 };
    for (second, again) in [(0, 10), (10, 50), (50, 210)] {
        let claim = linked.claim_at(2, second).await;
        let retry = CategoryAnswers { then, ..linked.answers(&claim, second, Vec::new()) };
        linked.apply_answers(retry).await;
        assert_eq!(linked.claim(&request(linked.scope(), 1, again - 1)).await, None);
    }
    assert_eq!(linked.backlog().await, backlog(0, 0, 2));
    linked.insert([row("three", "a", "1")]).await;
    assert_eq!(asked(&linked.claim_at(2, 210).await), [linked.id_of("three").await]);
    assert_eq!(linked.backlog().await, backlog(0, 1, 2));
    assert_eq!(linked.claim(&request(linked.scope(), 2, 220)).await, None);

    // Tried anew, but for what somebody works on.
    linked.store.retry_categories(&linked.user, at(220)).await.unwrap();
    assert_eq!(linked.backlog().await, backlog(0, 3, 0));
    assert_eq!(linked.claim_at(3, 220).await.questions.len(), 2);

    // Workers that die count as well.
    for second in [300, 400] {
        assert_eq!(linked.claim_at(3, second).await.questions.len(), 3);
    }
    assert_eq!(linked.claim(&request(linked.scope(), 3, 500)).await, None);
    assert_eq!(linked.backlog().await, backlog(0, 0, 3));
}

pub(super) async fn rows_passed_on_wait_for_somebody_who_knows_more(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    linked.insert([row("old", "a", "1")]).await;
    linked.edit("old", &choose(Some("Old"))).await;
    linked.insert(["one", "two"].map(|id| row(id, "a", "1"))).await;
    let fresh = ClaimRequest { fresh_only: true, ..request(linked.scope(), 10, 3) };
    let claim = linked.claim(&fresh).await.unwrap();
    let one = linked.id_of("one").await;
    let pass_on =
        CategoryAnswers { then: AfterAnswers::PassOn, ..linked.answers(&claim, 3, vec![answer(one, "One")]) };
    assert_eq!(linked.apply_answers(pass_on.clone()).await, 1);
    linked.refuse_answers(pass_on, StoreErrorKind::Conflict).await;
    assert_eq!(linked.claim(&fresh).await, None);
    let claim = linked.claim_at(10, 3).await;
    assert_eq!(asked(&claim), [linked.id_of("two").await]);
    linked.apply_answers(linked.answers(&claim, 3, Vec::new())).await;
    assert_eq!(linked.backlog().await, backlog(0, 0, 0));
}

pub(super) async fn the_users_choice_wins_and_is_told(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let shop = ProviderTransaction {
        merchant_name: Some("Shop".into()),
        merchant_id: Some("m1".into()),
        ..row("one", "a", "-1.00")
    };
    linked.insert([shop, row("two", "a", "2"), row("three", "a", "3")]).await;
    let claim = linked.claim_at(10, 3).await;
    linked.edit("one", &choose(Some("Mine"))).await;
    let one = linked.id_of("one").await;
    linked.apply_answers(linked.answers(&claim, 4, vec![answer(one, "Model")])).await;
    assert_eq!(linked.row("one").await.category(), Some("Mine"));
    let chosen = CategoryChoice {
        transaction: one,
        category: "Mine".to_owned(),
        text: "ROW one".into(),
        merchant_name: Some("Shop".into()),
        merchant_id: Some("m1".into()),
        direction: MoneyDirection::Out,
    };
    assert_eq!(linked.choices(10).await, [chosen]);

    // Those edited last come first; a deleted row teaches nothing; what is taken back is forgotten.
    linked.edit("two", &choose(Some("Two"))).await;
    linked.edit("three", &choose(Some("Three"))).await;
    let edit = linked.edit_write("one", &choose(Some("Later"))).await;
    linked.apply(ChangeSet { edits: vec![edit], ..ChangeSet::new(linked.id, at(9)) }).await;
    let categories = |choices: Vec<CategoryChoice>| -> Vec<String> {
        choices.into_iter().map(|choice| choice.category).collect()
    };
    assert_eq!(categories(linked.choices(10).await), ["Later", "Three", "Two"]);
    assert_eq!(categories(linked.choices(1).await), ["Later"]);
    linked.edit("two", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    linked.edit("one", &choose(None)).await;
    assert_eq!(categories(linked.choices(10).await), ["Three"]);
    assert_eq!(linked.row("one").await.category(), Some("Model"));
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;
    assert_eq!(bob.choices(10).await, []);
}

pub(super) async fn a_worker_for_all_users_is_told_whose_rows_it_has(fixture: &mut dyn StoreFixture) {
    let ada = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;
    ada.insert([row("one", "a", "1")]).await;
    bob.insert([row("one", "a", "1")]).await;
    let both = request(CategoryScope::AllUsers, 10, 3);
    let claim = ada.claim(&both).await.unwrap();
    let rows: Vec<_> =
        claim.questions.iter().map(|question| (question.user.clone(), question.transaction)).collect();
    let (hers, his) = (ada.id_of("one").await, bob.id_of("one").await);
    assert_eq!(rows, [(ada.user.clone(), hers), (bob.user.clone(), his)]);
    ada.refuse_answers(ada.answers(&claim, 3, vec![answer(hers, "Hers")]), StoreErrorKind::Conflict).await;
    let answers = CategoryAnswers {
        scope: CategoryScope::AllUsers,
        ..ada.answers(&claim, 3, vec![answer(hers, "Hers"), answer(his, "His")])
    };
    assert_eq!(ada.apply_answers(answers).await, 2);
    for (linked, category) in [(&ada, "Hers"), (&bob, "His")] {
        assert_eq!(linked.row("one").await.category(), Some(category));
        let last = linked.events_after(0).await.into_iter().rev().nth(1).unwrap();
        let transactions = vec![linked.id_of("one").await];
        let account = linked.account_id("a").await;
        assert_eq!(last.kind, EventKind::TransactionsModified { account, transactions });
    }
}

pub(super) async fn new_rules_are_asked_about_every_row_without_a_category(fixture: &mut dyn StoreFixture) {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let names = ["done", "assigned", "chosen", "deleted", "claimed", "waiting"];
    linked.insert(names[..4].iter().map(|id| row(id, "a", "-1.00"))).await;
    let bob = Linked::new(linked.store.clone(), "bob", "item-2", &["a"]).await;
    bob.insert([row("theirs", "a", "-1.00")]).await;
    linked.insert(names[4..].iter().map(|id| row(id, "a", "-1.00"))).await;
    linked.edit("chosen", &choose(Some("Coffee"))).await;
    linked.edit("deleted", &TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }).await;
    // Of a first claim one row gets an answer, and the others are done with; a second claim holds.
    let claim = linked.claim_at(4, 3).await;
    let assigned = answer(linked.id_of("assigned").await, "Food");
    linked.apply_answers(linked.answers(&claim, 4, vec![assigned])).await;
    let held = linked.claim_at(1, 5).await;
    assert_eq!(asked(&held), [linked.id_of("claimed").await]);

    let (store, user) = (&linked.store, &linked.user);
    let theirs = bob.backlog().await;
    let rule = CategoryRule {
        text_contains: Some("row".to_owned()),
        category: "B".to_owned(),
        ..CategoryRule::default()
    };
    let draft = AuditDraft::new(Actor::User, "category_rules_set", AuditSubject::Books);
    store.set_category_rules(user, &[], std::slice::from_ref(&rule), at(7), &draft).await.unwrap();
    assert_eq!(linked.backlog().await, backlog(3, 0, 0));
    assert_eq!(bob.backlog().await, theirs);
    linked.refuse_answers(linked.answers(&held, 8, Vec::new()), StoreErrorKind::Conflict).await;
    let fresh = ClaimRequest { fresh_only: true, ..request(linked.scope(), 10, 8) };
    let mut expected = Vec::new();
    for id in ["done", "claimed", "waiting"] {
        expected.push(linked.id_of(id).await);
    }
    let claim = linked.claim(&fresh).await.unwrap();
    assert_eq!(asked(&claim), expected);

    // No rules know nothing new.
    linked.apply_answers(linked.answers(&claim, 9, Vec::new())).await;
    store.set_category_rules(user, &[rule], &[], at(10), &draft).await.unwrap();
    assert_eq!(linked.backlog().await, backlog(0, 0, 0));
}

pub(super) async fn rules_are_kept_in_order_and_audited(fixture: &mut dyn StoreFixture) {
    let mut linked = Linked::new(fixture.store(), "ada", "item-1", &["a"]).await;
    let rules = vec![
        CategoryRule {
            text_contains: Some("b".to_owned()),
            at_least: Some(usd("1.10")),
            at_most: Some(usd("2.0")),
            direction: Some(MoneyDirection::In),
            account_kind: Some(AccountKind::CreditCard),
            category: "B".to_owned(),
            ..CategoryRule::default()
        },
        CategoryRule {
            merchant: Some("A\0".to_owned()),
            category: "A".to_owned(),
            ..CategoryRule::default()
        },
    ];
    let draft = AuditDraft::new(Actor::User, "category_rules_set", AuditSubject::Books);
    let draft = draft.changing(None::<&u8>, Some(&rules));
    let (store, user) = (linked.store.clone(), linked.user.clone());
    assert_eq!(store.category_rules(&user).await.unwrap(), []);
    store.set_category_rules(&user, &[], &rules, at(7), &draft).await.unwrap();
    let outdated = store.set_category_rules(&user, &[], &[], at(8), &draft).await;
    assert_eq!(outdated.unwrap_err().kind(), StoreErrorKind::Conflict);

    fixture.reopen().await;
    linked.store = fixture.store();
    assert_eq!(linked.store.category_rules(&user).await.unwrap(), rules);
    let trail = linked.store.audit_entries(&user, 0, 10).await.unwrap();
    assert_eq!(trail.len(), 1);
    assert_eq!((trail[0].action.as_str(), trail[0].at), ("category_rules_set", at(7)));
    linked.insert([row("one", "a", "1")]).await;
    assert_eq!(linked.backlog().await, backlog(1, 0, 0));
    let bob = Linked::new(fixture.store(), "bob", "item-2", &["a"]).await;
    assert_eq!(bob.store.category_rules(&bob.user).await.unwrap(), []);

    linked.store.set_category_rules(&user, &rules, &[], at(9), &draft).await.unwrap();
    assert_eq!(linked.store.category_rules(&user).await.unwrap(), []);
    linked.insert([row("two", "a", "1")]).await;
    assert_eq!(linked.backlog().await, backlog(1, 1, 0));
}
