//! What the user reads when something cannot be done.

use finance_core::conformance::SampleBooks;
use finance_core::*;

const OUR_FAULT: &str = "Something went wrong on our side. Nothing was lost; please try again later.";

fn amount(text: &str) -> Decimal {
    parse_amount(text).unwrap()
}

type Decimal = rust_decimal::Decimal;

fn sentence<T: std::fmt::Debug>(answer: Result<T, SyncError>) -> String {
    answer.expect_err("this cannot be done").user_message().to_owned()
}

#[tokio::test]
async fn what_the_user_entered_wrongly_is_said() {
    let books = SampleBooks::new().await;
    let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    let row = engine.transactions(user, &TransactionQuery::default()).await.unwrap().remove(0);
    let part = |text| TransactionPart { amount: amount(text), name: None, category: None, note: None };
    let none = TransactionEdit::default();
    for (edit, expected) in [
        (
            TransactionEdit { parts: Some(vec![part("-3.00"), part("-2.00")]), ..none.clone() },
            "The parts must add up to -4.00.",
        ),
        (
            TransactionEdit { parts: Some(vec![part("-4.00")]), ..none.clone() },
            "Please split it into 2 to 100 parts.",
        ),
        (
            TransactionEdit { note: Some(Some("x".repeat(10_001))), ..none.clone() },
            "The note is too long: it can have 10000 characters at the most.",
        ),
        (
            TransactionEdit { date: Some(Some("0202-03-01".parse().unwrap())), ..none.clone() },
            "0202-03-01 cannot be right. Please check the date.",
        ),
        (TransactionEdit { amount: Some(Some(amount("1e15"))), ..none.clone() }, "This amount is too large."),
        (
            TransactionEdit { amount: Some(Some(Decimal::ZERO)), ..none.clone() },
            "The amount must not be zero.",
        ),
        (
            TransactionEdit { category: Some(Some(String::new())), ..none.clone() },
            "The category must not be empty.",
        ),
        (
            TransactionEdit { name: Some(Some(" \t".to_owned())), ..none.clone() },
            "The name must not be empty.",
        ),
        (
            TransactionEdit {
                parts: Some(vec![
                    part("-3.00"),
                    TransactionPart { name: Some(" ".to_owned()), ..part("-1.00") },
                ]),
                ..none
            },
            "The name must not be empty.",
        ),
    ] {
        let error = engine.edit_transaction(user, row.id, &edit).await.unwrap_err();
        assert_eq!((error.kind(), error.user_message()), (&SyncErrorKind::InvalidInput, expected));
        let source =
            std::error::Error::source(&error).and_then(|source| source.downcast_ref::<InvalidEdit>());
        assert_eq!(source.expect("the edit's own error").user_message(), expected);
    }

    let usd = Currency::iso("USD").unwrap();
    let blank = NewManualAccount::new(" ", AccountKind::Checking, usd);
    assert_eq!(sentence(engine.create_manual_account(user, &blank).await), "The name must not be empty.");
    let day = "2025-12-30".parse().unwrap();
    let nothing = NewTransaction::new(day, Decimal::ZERO, "Coffee");
    assert_eq!(
        sentence(engine.add_transaction(user, account, &nothing).await),
        "The amount must not be zero."
    );
    let euros = NewTransaction {
        currency: Some(Currency::iso("EUR").unwrap()),
        ..NewTransaction::new(day, amount("-1"), "Coffee")
    };
    assert_eq!(sentence(engine.add_transaction(user, account, &euros).await), "This account is kept in USD.");
    for (date, expected) in [
        ("1899-12-31", "1899-12-31 cannot be right. Please check the date."),
        ("2031-01-01", "2031-01-01 has not come yet. Please check the date."),
    ] {
        let statement = NewStatement::new(date.parse().unwrap(), amount("1"));
        assert_eq!(sentence(engine.add_statement(user, account, &statement).await), expected);
    }
    for balance in [Decimal::MAX, amount("1e15"), amount("-1e15")] {
        let statement = NewStatement::new(day, balance);
        assert_eq!(
            sentence(engine.add_statement(user, account, &statement).await),
            "This amount is too large."
        );
    }
    let nowhere = SyncScope::Accounts(Vec::new());
    let chosen = "Please choose at least one account.";
    assert_eq!(sentence(engine.sync_transactions(user, &SyncRequest::new(nowhere.clone())).await), chosen);
    assert_eq!(sentence(engine.reconcile(user, &ReconcileRequest::new(nowhere)).await), chosen);
    let rule = CategoryRule { category: "Coffee".to_owned(), ..CategoryRule::default() };
    assert_eq!(sentence(engine.set_category_rules(user, &[rule]).await), "Rule 1 needs a condition.");
}

#[tokio::test]
async fn what_is_gone_is_said_to_be_gone() {
    let books = SampleBooks::new().await;
    let (engine, user) = (&books.engine, &books.user);
    let gone = "This is not there any more.";
    let (row, account) = (TransactionId::new(99), AccountId::new(99));
    assert_eq!(sentence(engine.transaction(user, row).await), gone);
    assert_eq!(sentence(engine.edit_transaction(user, row, &TransactionEdit::default()).await), gone);
    assert_eq!(sentence(engine.statements(user, account).await), gone);
    assert_eq!(
        sentence(engine.sync_transactions(user, &SyncRequest::new(SyncScope::Accounts(vec![account]))).await),
        gone
    );
}

#[tokio::test]
async fn no_mistake_of_the_callers_is_said_to_be_ours() {
    let books = SampleBooks::new().await;
    let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    let row = engine.transactions(user, &TransactionQuery::default()).await.unwrap().remove(0);
    let long = Some("x".repeat(10_001));
    for said in [
        sentence(engine.merge_transactions(user, row.id, row.id).await),
        sentence(engine.edit_transactions(user, &[], &TransactionEdit::default()).await),
        sentence(engine.plan_merge(user, books.connection, books.connection, &MergeAnswers::default()).await),
        sentence(engine.update_manual_account(user, account, &ManualAccountUpdate::default()).await),
        sentence(engine.resolve(user, ReconciliationId::new(1), 1, long).await),
    ] {
        assert_ne!(said, OUR_FAULT);
        assert!(said.ends_with('.'), "{said}");
    }
}
