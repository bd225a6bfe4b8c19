use chrono::DateTime;

use super::*;
use crate::conformance::samples::{day, insert, row, usd};
use crate::model::{ConnectionId, SyncCounts, TransactionState};
use crate::store::ChangeSet;

fn stored(number: i64, origin: RowOrigin, on: u64, amount: &str, text: &str) -> Transaction {
    let provider = ProviderTransaction {
        date: day(on),
        description: text.into(),
        ..row(&format!("manual:{number}"), "a", amount)
    };
    Transaction {
        id: TransactionId::new(number),
        account: AccountId::new(1),
        connection: ConnectionId::new(1),
        provider,
        origin,
        edits: TransactionEdits::default(),
        assigned: None,
        state: TransactionState::Live,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

fn told(id: &str, account: &str, on: u64, amount: &str, text: &str) -> ProviderTransaction {
    ProviderTransaction { date: day(on), description: text.into(), ..row(id, account, amount) }
}

fn planned(rows: Vec<ProviderTransaction>) -> Plan {
    let counts = SyncCounts { added: rows.len() as u64, ..SyncCounts::default() };
    let inserts = rows.into_iter().map(insert).collect();
    Plan {
        change: ChangeSet { inserts, ..ChangeSet::new(ConnectionId::new(1), DateTime::UNIX_EPOCH) },
        counts,
    }
}

fn provider() -> ProviderName {
    ProviderName::new("plaid").unwrap()
}

/// What becomes of each row told: the stored row it is, or nothing.
fn settle(awaiting: &[Transaction], rows: Vec<ProviderTransaction>) -> (Plan, Vec<(String, Option<i64>)>) {
    let all: Vec<String> = rows.iter().map(|row| row.id.to_string()).collect();
    let plan = match_awaiting(planned(rows), awaiting, &provider(), &DedupPolicy::default());
    let became = |id: &str| {
        let found = plan.change.updates.iter().find(|update| update.row.id.as_str() == id);
        found.map(|update| update.id.number())
    };
    let answer = all.iter().map(|id| (id.clone(), became(id))).collect();
    let inserted = plan.change.inserts.len() as u64;
    let matched = plan.change.updates.len() as u64;
    assert_eq!((plan.counts.added, plan.counts.matched), (inserted, matched));
    assert_eq!(inserted + matched, all.len() as u64, "no row is lost or doubled");
    (plan, answer)
}

#[test]
fn who_is_who() {
    use RowOrigin::{Correction, File, Manual};
    type Row = (RowOrigin, u64, &'static str, &'static str);
    type Told = (u64, &'static str, &'static str);
    type Case = (&'static str, &'static [Row], &'static [Told], &'static [Option<i64>]);
    let cases: &[Case] = &[
        (
            "typed in the day before",
            &[(Manual, 4, "-42.10", "Whole Foods")],
            &[(5, "-42.10", "WHOLE FOODS MKT #10231")],
            &[Some(1)],
        ),
        ("from a file", &[(File, 5, "-9.99", "NETFLIX.COM")], &[(5, "-9.99", "Netflix")], &[Some(1)]),
        (
            "a correction",
            &[(Correction, 5, "-12.00", "Monthly fee")],
            &[(5, "-12.00", "MONTHLY FEE")],
            &[Some(1)],
        ),
        (
            "a correction whose day was a guess",
            &[(Correction, 30, "-12.00", "")],
            &[(9, "-12.00", "MONTHLY FEE"), (9, "-3.00", "KIOSK")],
            &[Some(1), None],
        ),
        ("a correction of long after", &[(Correction, 50, "-12.00", "")], &[(9, "-12.00", "FEE")], &[None]),
        (
            "a later purchase of that amount",
            &[(Correction, 9, "-12.00", "")],
            &[(30, "-12.00", "FEE")],
            &[None],
        ),
        (
            "a correction that may be either of two",
            &[(Correction, 30, "-12.00", "")],
            &[(9, "-12.00", "FEE"), (16, "-12.00", "LUNCH")],
            &[None, None],
        ),
        ("another amount", &[(Manual, 5, "-42.10", "Whole Foods")], &[(5, "-42.11", "Whole Foods")], &[None]),
        ("another sign", &[(Manual, 5, "42.10", "Whole Foods")], &[(5, "-42.10", "Whole Foods")], &[None]),
        ("too long ago", &[(Manual, 5, "-42.10", "Whole Foods")], &[(25, "-42.10", "Whole Foods")], &[None]),
        (
            "another text",
            &[(Manual, 5, "-20.00", "Cinema with Ben")],
            &[(5, "-20.00", "SHELL OIL 57442")],
            &[None],
        ),
        (
            "one typed in, two told",
            &[(Manual, 5, "-4.50", "Coffee Corner")],
            &[(5, "-4.50", "COFFEE CORNER"), (5, "-4.50", "COFFEE CORNER")],
            &[Some(1), None],
        ),
        (
            "two typed in, two told",
            &[(Manual, 5, "-4.50", "Coffee Corner"), (Manual, 5, "-4.50", "Coffee Corner")],
            &[(5, "-4.50", "COFFEE CORNER"), (6, "-4.50", "COFFEE CORNER")],
            &[Some(1), Some(2)],
        ),
    ];
    for (case, rows, told_rows, expected) in cases {
        let rows = rows.iter().enumerate();
        let awaiting: Vec<Transaction> = rows
            .map(|(at, (origin, on, amount, text))| stored(at as i64 + 1, *origin, *on, amount, text))
            .collect();
        let rows = told_rows.iter().enumerate();
        let rows =
            rows.map(|(at, (on, amount, text))| told(&format!("t{at}"), "a", *on, amount, text)).collect();
        let (_, answer) = settle(&awaiting, rows);
        let mut found: Vec<Option<i64>> = answer.into_iter().map(|(_, row)| row).collect();
        found.sort();
        let mut expected = expected.to_vec();
        expected.sort();
        assert_eq!(found, expected, "{case}");
    }
}

#[test]
fn a_row_of_another_account_or_currency_is_another_row() {
    let awaiting = [stored(1, RowOrigin::Manual, 5, "-42.10", "Whole Foods")];
    let euro = crate::Currency::iso("EUR").unwrap();
    let rows = vec![
        told("t1", "b", 5, "-42.10", "Whole Foods"),
        ProviderTransaction {
            amount: crate::Money::new(usd("-42.10").amount(), euro),
            ..told("t2", "a", 5, "-42.10", "Whole Foods")
        },
    ];
    let (_, answer) = settle(&awaiting, rows);
    assert!(answer.iter().all(|(_, row)| row.is_none()), "{answer:?}");
}

#[test]
fn the_row_becomes_the_providers_and_keeps_what_was_typed() {
    let mut typed = stored(7, RowOrigin::Manual, 5, "-42.10", "Groceries for the party");
    typed.provider.merchant_name = Some("Whole Foods".into());
    typed.provider.check_number = Some("117".into());
    typed.edits.category = Some("Party".to_owned());
    typed.edits.note = Some("with Ben".to_owned());
    let bank = told("t1", "a", 6, "-42.10", "WHOLE FOODS MKT");
    let (plan, _) = settle(std::slice::from_ref(&typed), vec![bank.clone()]);
    let update = &plan.change.updates[0];
    assert_eq!((update.id, update.renamed, update.origin), (typed.id, true, RowOrigin::Provider));
    assert_eq!(update.digest, bank.digest(), "a replay that tells the same is no change");
    assert_eq!(update.row, ProviderTransaction { check_number: Some("117".into()), ..bank });
    let edit = &plan.change.edits[0];
    assert_eq!(edit.before, typed.edit_state());
    let expected = TransactionEdits {
        name: Some("Whole Foods".to_owned()),
        note: Some("with Ben\nGroceries for the party".to_owned()),
        ..typed.edits
    };
    assert_eq!(edit.after, EditState { edits: expected, deleted: false });
    let draft = &plan.change.audit[0];
    assert_eq!((draft.action, draft.subject), ("transaction_matched", AuditSubject::Transaction(typed.id)));
    assert!(draft.reason.as_ref().unwrap().contains("same amount"), "{draft:?}");
}

#[test]
fn what_a_file_or_a_correction_said_is_no_name_of_the_users() {
    for origin in [RowOrigin::File, RowOrigin::Correction] {
        let awaiting = [stored(1, origin, 5, "-9.99", "NETFLIX.COM 866-579")];
        let (plan, answer) = settle(&awaiting, vec![told("t1", "a", 5, "-9.99", "Netflix.com")]);
        assert_eq!(answer[0].1, Some(1));
        assert!(plan.change.edits.is_empty());
    }
}

#[test]
fn a_name_that_the_user_gave_stays() {
    let mut typed = stored(1, RowOrigin::Manual, 5, "-9.99", "Netflix");
    typed.edits.name = Some("Films".to_owned());
    let (plan, _) = settle(&[typed], vec![told("t1", "a", 5, "-9.99", "NETFLIX.COM")]);
    let after = &plan.change.edits[0].after.edits;
    assert_eq!((after.name.as_deref(), after.note.as_deref()), (Some("Films"), Some("Netflix")));
}

#[test]
fn pairs_are_shown_whether_they_are_sure_or_not() {
    let awaiting = [
        stored(1, RowOrigin::Manual, 5, "-42.10", "Whole Foods"),
        stored(2, RowOrigin::Manual, 5, "-30.00", "Trattoria Roma"),
        stored(3, RowOrigin::Manual, 5, "-7.00", "Parking"),
    ];
    let bank = |number: i64, on, amount: &str, text: &str| {
        let mut row = stored(number, RowOrigin::Provider, on, amount, text);
        row.provider.id = crate::conformance::samples::row_id(&format!("t{number}"));
        row
    };
    let told = [
        bank(11, 6, "-42.10", "WHOLE FOODS"),
        bank(12, 5, "-35.00", "TRATTORIA ROMA"),
        bank(13, 5, "-7.00", "SHELL OIL 57442"),
    ];
    let pairs = duplicate_pairs(&awaiting, &told, &provider(), &DedupPolicy::default());
    let found: Vec<(i64, i64)> = pairs.iter().map(|pair| (pair.keep.number(), pair.drop.number())).collect();
    assert_eq!(found, [(11, 1), (12, 2)], "{pairs:?}");
    assert!(pairs[0].score > pairs[1].score);
}

#[test]
fn a_row_of_an_earlier_connection_is_only_one_of_its_day() {
    let earlier = |number, on| stored(number, RowOrigin::EarlierConnection, on, "-4.50", "BLUE BOTTLE");
    let coffee = |id, on| told(id, "a", on, "-4.50", "BLUE BOTTLE");
    for (name, awaiting, rows, expected) in [
        ("reported a little later", vec![earlier(1, 3)], vec![coffee("n1", 3)], vec![Some(1)]),
        ("another coffee", vec![earlier(1, 3)], vec![coffee("n1", 4)], vec![None]),
        (
            "the same and another",
            vec![earlier(1, 3)],
            vec![coffee("n1", 4), coffee("n2", 3)],
            vec![None, Some(1)],
        ),
        ("two of one day", vec![earlier(1, 3), earlier(2, 3)], vec![coffee("n1", 3)], vec![Some(1)]),
    ] {
        let (plan, answer) = settle(&awaiting, rows);
        let found: Vec<Option<i64>> = answer.into_iter().map(|(_, row)| row).collect();
        assert_eq!(found, expected, "{name}");
        assert!(
            plan.change.updates.iter().all(|update| update.renamed && update.origin == RowOrigin::Provider)
        );
    }
}
