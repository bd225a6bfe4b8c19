use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};

use super::{Linked, StoreFixture};
use crate::conformance::samples::{at, day, money, row, row_id};
use crate::{
    AfterAnswers, AssignedCategory, CategoryAnswer, CategoryAnswers, CategoryQuestion, CategoryScope,
    ChangeSet, ClaimRequest, Currency, DateWindow, PaymentChannel, ProviderCategory, ProviderTransaction,
    RowInsert, RowOrigin, RowSelection, TransactionEdit, TransactionId, TransactionQuery, TransactionText,
};

const SELECTIONS: [RowSelection; 6] = [
    RowSelection::Live,
    RowSelection::WithHidden,
    RowSelection::Any,
    RowSelection::DeletedByUser,
    RowSelection::Restorable,
    RowSelection::AwaitingTheBank,
];

/// A row of which everything is told.
fn full_row(id: &str, account: &str) -> ProviderTransaction {
    let text = |text: &str| Some(Arc::<str>::from(format!("{text} of {id}")));
    let category = ProviderCategory {
        primary: "FOOD".to_owned(),
        detailed: "FOOD_COFFEE".to_owned(),
        confidence: Some("HIGH".to_owned()),
        version: None,
    };
    ProviderTransaction {
        date: day(3),
        authorized_date: Some(day(2)),
        datetime: Some(at(100)),
        authorized_datetime: Some(at(50)),
        pending: true,
        pending_id: Some(row_id("before")),
        original_description: text("original"),
        merchant_name: text("merchant"),
        merchant_id: text("merchant id"),
        category: Some(Arc::new(category)),
        channel: PaymentChannel::Unlisted("by pigeon".into()),
        code: text("code"),
        check_number: text("cheque"),
        merchant_category_code: text("mcc"),
        ..row(id, account, "-12.50")
    }
}

/// Rows of every state, with edits, categories of every source and odd texts.
async fn rows_of_every_kind(fixture: &mut dyn StoreFixture) -> Linked {
    let linked = Linked::new(fixture.store(), "ada", "item-1", &["a", "b"]).await;
    let second = Linked::new(fixture.store(), "ada", "item-2", &["c"]).await;
    let other = Linked::new(fixture.store(), "bob", "item-3", &["a"]).await;
    let on = |n: u64, account| ProviderTransaction {
        date: day(n * 7 % 10),
        ..row(&format!("x{n}"), account, "1")
    };
    linked.insert((0..40).map(|n| on(n, if n % 3 == 0 { "a" } else { "b" }))).await;
    second.insert((0..10).map(|n| on(n, "c"))).await;
    other.insert((0..10).map(|n| on(n, "a"))).await;
    let odd = ProviderTransaction {
        description: "nul \u{0} and \u{1d11e}".into(),
        merchant_name: Some("".into()),
        original_description: Some("file:\u{0}".into()),
        ..full_row("odd", "a")
    };
    let unofficial = money("12345678901234567890.12345678", &Currency::unofficial("*BTC").unwrap());
    let wide = ProviderTransaction { amount: unofficial, ..row("wide", "b", "1") };
    let edited = ["named", "chosen", "corrected", "hidden", "deleted", "removed", "removed-deleted"];
    linked.insert(edited.iter().map(|id| full_row(id, "a")).chain([odd, wide])).await;
    let inserts = RowOrigin::ALL.map(|origin| RowInsert::new(row(origin.name(), "a", "1"), origin));
    let from_file = RowInsert::new(row("file:\u{0}17", "a", "1"), RowOrigin::File);
    linked.apply(ChangeSet { inserts: [&inserts[..], &[from_file]].concat(), ..linked.change() }).await;
    // What a categoriser assigned, before the user chooses.
    let scope = CategoryScope::User(linked.user.clone());
    let request = ClaimRequest {
        scope: scope.clone(),
        fresh_only: false,
        after: None,
        limit: 1_000,
        at: at(3),
        lease: TimeDelta::minutes(1),
        attempts: 3,
    };
    let claim = linked.store.claim_uncategorised(&request).await.unwrap().unwrap();
    let answers = claim.questions.iter().filter(|question| question.transaction.number() % 2 == 0);
    let answer = |question: &CategoryQuestion| {
        let confidence = (question.transaction.number() % 3 == 0).then_some(81);
        let (category, source) = ("Assigned".to_owned(), "model".to_owned());
        let assigned = AssignedCategory { category, confidence, source };
        CategoryAnswer { transaction: question.transaction, assigned }
    };
    let answers = answers.map(answer).collect();
    let (at, then) = (at(4), AfterAnswers::Done);
    let answers = CategoryAnswers { scope, claim: claim.id, at, answers, then };
    linked.store.apply_categories(&answers).await.unwrap();
    for (id, edit) in [
        ("named", TransactionEdit { name: Some(Some("Mine".to_owned())), ..TransactionEdit::default() }),
        ("chosen", TransactionEdit { category: Some(Some("Rent".to_owned())), ..TransactionEdit::default() }),
        (
            "corrected",
            TransactionEdit {
                amount: Some(Some("-7.125".parse().unwrap())),
                date: Some(Some(day(8))),
                note: Some(Some("why".to_owned())),
                ..TransactionEdit::default()
            },
        ),
        ("hidden", TransactionEdit { hidden: Some(true), ..TransactionEdit::default() }),
        ("deleted", TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }),
        ("removed-deleted", TransactionEdit { deleted: Some(true), ..TransactionEdit::default() }),
    ] {
        linked.edit(id, &edit).await;
    }
    linked.remove("removed").await;
    linked.remove("removed-deleted").await;
    linked
}

pub(super) async fn rows_are_lent_as_they_are_listed(fixture: &mut dyn StoreFixture) {
    let linked = rows_of_every_kind(fixture).await;
    let a = linked.account_id("a").await;
    let window = DateWindow::new(Some(day(2)), Some(day(8))).unwrap();
    for rows in SELECTIONS {
        let query = TransactionQuery { rows, limit: u32::MAX, ..TransactionQuery::default() };
        linked.compare_visits(&query, &TransactionText::ALL).await;
        linked.compare_visits(&query, &[]).await;
        linked.compare_visits(&query, &[TransactionText::Note, TransactionText::ImportedId]).await;
        let after = Some((day(5), TransactionId::new(40)));
        let query = TransactionQuery { accounts: vec![a], window, limit: 9, after, ..query };
        linked.compare_visits(&query, &[TransactionText::CategorySource, TransactionText::Name]).await;
    }
    let none = TransactionQuery { limit: 0, ..TransactionQuery::default() };
    linked.compare_visits(&none, &TransactionText::ALL).await;
}

pub(super) async fn the_rows_of_each_day_are_counted(fixture: &mut dyn StoreFixture) {
    let linked = rows_of_every_kind(fixture).await;
    let a = linked.account_id("a").await;
    let window = DateWindow::new(Some(day(2)), Some(day(8))).unwrap();
    for rows in SELECTIONS {
        for (accounts, window) in [(vec![], DateWindow::default()), (vec![a], window)] {
            let whole =
                TransactionQuery { accounts, window, rows, limit: u32::MAX, ..TransactionQuery::default() };
            let listed = linked.store.transactions(&linked.user, &whole).await.unwrap();
            let mut expected: Vec<(NaiveDate, u64)> = Vec::new();
            for row in &listed {
                match expected.last_mut() {
                    Some((day, count)) if *day == row.date() => *count += 1,
                    _ => expected.push((row.date(), 1)),
                }
            }
            let page = TransactionQuery { limit: 1, after: Some((day(4), TransactionId::new(1))), ..whole };
            assert_eq!(linked.store.transaction_days(&linked.user, &page).await.unwrap(), expected);
        }
    }
    let nobody = crate::conformance::samples::user("nobody");
    assert_eq!(linked.store.transaction_days(&nobody, &TransactionQuery::default()).await.unwrap(), []);
}
