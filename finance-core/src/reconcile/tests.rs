use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::{AccountClass, AccountId, Currency, LedgerRow, SignConvention, TransactionState, parse_amount};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn money(text: &str) -> Decimal {
    parse_amount(text).unwrap()
}

fn row(date: &str, amount: &str, text: &str) -> LedgerRow {
    LedgerRow {
        description: Some(text.into()),
        ..LedgerRow::new(AccountId::new(1), day(date), money(amount))
    }
}

fn bank(date: &str, balance: &str) -> Anchor {
    Anchor::new(day(date), Some(money(balance)), AnchorSource::Provider)
}

fn plain(anchors: &[Anchor], rows: &[LedgerRow]) -> Reconciliation {
    reconcile(anchors, rows, &ReconcilePolicy::default())
}

/// Half a year of one household: pay, rent, a fee, and purchases.
fn household() -> Vec<LedgerRow> {
    let mut rows = Vec::new();
    for (month, shop, fuel) in [
        (1, "-48.17", "-61.30"),
        (2, "-39.42", "-58.75"),
        (3, "-52.86", "-64.10"),
        (4, "-45.93", "-57.95"),
        (5, "-50.28", "-62.45"),
        (6, "-41.74", "-59.60"),
    ] {
        let date = |day: u32| format!("2024-{month:02}-{day:02}");
        rows.push(row(&date(2), "-950.00", "RENT"));
        rows.push(row(&date(9), shop, "GROCER"));
        rows.push(row(&date(16), fuel, "FUEL"));
        rows.push(row(&date(25), "2310.55", "PAY"));
        rows.push(row(&date(28), "-4.90", "FEE"));
    }
    rows
}

/// The true balances at the end of these days, 1,000.00 before the first row.
fn balances(rows: &[LedgerRow], days: &[&str]) -> Vec<Anchor> {
    let held = |date: NaiveDate| {
        rows.iter().filter(|row| row.date <= date).map(|row| row.amount).sum::<Decimal>() + money("1000.00")
    };
    days.iter().map(|text| Anchor::new(day(text), Some(held(day(text))), AnchorSource::Provider)).collect()
}

const MONTHS: [&str; 7] =
    ["2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-06-30"];
const ENDS: [&str; 2] = ["2023-12-31", "2024-06-30"];

/// What would stand in the books after a correction.
fn corrected(
    correction: &Correction,
    anchors: &[Anchor],
    rows: &[LedgerRow],
    policy: &ReconcilePolicy,
) -> Option<Reconciliation> {
    let (mut anchors, mut rows) = (anchors.to_vec(), rows.to_vec());
    match correction {
        Correction::InsertRow { date, amount, .. } => {
            rows.push(LedgerRow::new(AccountId::new(1), *date, *amount));
        }
        Correction::RestoreRows { rows: restored } => {
            restored.iter().for_each(|&row| rows[row].state = TransactionState::Live);
        }
        Correction::RemoveRows { rows: gone } => {
            gone.iter().for_each(|&row| rows[row].state = TransactionState::DeletedByUser);
        }
        Correction::ChangeAmount { row, to } => rows[*row].amount = *to,
        Correction::MoveRow { row, to } => rows[*row].date = *to,
        Correction::CountPending { rows: counted } => {
            counted.iter().for_each(|&row| rows[row].pending = false);
        }
        Correction::LeavePendingOut { rows: left_out } => {
            left_out.iter().for_each(|&row| rows[row].state = TransactionState::RemovedByProvider);
        }
        Correction::AdjustAnchor { anchor, to } => anchors[*anchor].balance = Some(*to),
        Correction::WaitForBank { .. } | Correction::Nothing => return None,
    }
    Some(reconcile(&anchors, &rows, policy))
}

fn difference_at(answer: &Reconciliation, anchor: usize) -> Decimal {
    answer.periods.iter().find(|period| period.to == anchor).unwrap().difference.unwrap()
}

/// Every correction takes from the difference just what its explanation claims.
fn corrections_hold(anchors: &[Anchor], rows: &[LedgerRow], policy: &ReconcilePolicy) {
    let answer = reconcile(anchors, rows, policy);
    for found in &answer.explanations {
        let Some(after) = corrected(&found.correction, anchors, rows, policy) else { continue };
        let removed = difference_at(&answer, found.anchor) - difference_at(&after, found.anchor);
        assert_eq!(removed, found.amount, "{found:?}");
    }
}

/// The best explanation is this, and its correction leaves nothing to explain.
#[track_caller]
fn best_is(
    anchors: &[Anchor],
    rows: &[LedgerRow],
    policy: &ReconcilePolicy,
    expected: (ExplanationKind, &[usize], &str),
) {
    let answer = reconcile(anchors, rows, policy);
    let best = answer.explanations.first().expect("an explanation");
    assert_eq!(
        (best.kind, &best.transactions[..], best.amount),
        (expected.0, expected.1, money(expected.2)),
        "{:#?}",
        answer.explanations
    );
    assert!(answer.score.is_some_and(|score| score < 100), "{:?}", answer.score);
    if let Some(after) = corrected(&best.correction, anchors, rows, policy) {
        assert_eq!(after.explanations, [], "nothing is left");
        assert_eq!(after.score, Some(100));
    }
    corrections_hold(anchors, rows, policy);
}

type Change = fn(&mut Vec<LedgerRow>);

#[test]
fn one_fault_in_half_a_year() {
    use ExplanationKind::*;
    let cases: [(&str, Change, ExplanationKind, &[usize], &str); 9] = [
        ("pay is missing", |rows| drop(rows.remove(13)), MissingTransaction, &[], "2310.55"),
        ("a purchase is missing", |rows| drop(rows.remove(11)), MissingTransaction, &[], "-52.86"),
        ("a purchase is there twice", |rows| rows.push(rows[11].clone()), Duplicate, &[11, 30], "52.86"),
        (
            "and again two days later",
            |rows| {
                let copy = LedgerRow { date: day("2024-03-11"), ..rows[11].clone() };
                rows.push(copy);
            },
            Duplicate,
            &[11, 30],
            "52.86",
        ),
        ("a purchase is income", |rows| rows[11].amount = money("52.86"), WrongSign, &[11], "-105.72"),
        ("pay is spent", |rows| rows[13].amount = money("-2310.55"), WrongSign, &[13], "4621.10"),
        ("digits changed places", |rows| rows[13].amount = money("3210.55"), SwappedDigits, &[13], "-900.00"),
        ("the point is gone", |rows| rows[11].amount = money("-5286"), DroppedDecimals, &[11], "5233.14"),
        ("ten times the fee", |rows| rows[14].amount = money("-49.00"), DroppedDecimals, &[14], "44.10"),
    ];
    for (what, change, kind, transactions, amount) in cases {
        for days in [&MONTHS[..], &ENDS] {
            let mut rows = household();
            let anchors = balances(&rows, days);
            change(&mut rows);
            println!("{what}, {} balances", days.len());
            best_is(&anchors, &rows, &ReconcilePolicy::default(), (kind, transactions, amount));
        }
    }
}

fn delete(rows: &mut [LedgerRow], deleted: &[usize]) {
    deleted.iter().for_each(|&row| rows[row].state = TransactionState::DeletedByUser);
}

#[test]
fn what_the_user_deleted_is_named_before_what_is_missing() {
    // Pay and rent leave a gap in a series, purchases and fees do not; the fee is less than rounding may leave in half a year.
    for (deleted, amount) in [
        (&[13][..], "2310.55"),
        (&[10], "-950.00"),
        (&[11], "-52.86"),
        (&[14], "-4.90"),
        (&[11, 12], "-116.96"),
    ] {
        for days in [&MONTHS[..], &ENDS] {
            let mut rows = household();
            let anchors = balances(&rows, days);
            delete(&mut rows, deleted);
            println!("{deleted:?}, {} balances", days.len());
            let told = (ExplanationKind::DeletedTransaction, deleted, amount);
            best_is(&anchors, &rows, &ReconcilePolicy::default(), told);
            let answer = plain(&anchors, &rows);
            assert_eq!(answer.explanations[0].date, Some(rows[deleted[0]].date));
        }
    }
    // All that was deleted in a month, and it is many rows.
    let mut rows = household();
    rows.extend(["-1.10", "-2.20", "-4.40", "-8.80"].map(|amount| row("2024-03-20", amount, "SNACK")));
    let anchors = balances(&rows, &MONTHS);
    let deleted = [10, 11, 30, 31, 32, 33];
    delete(&mut rows, &deleted);
    let told = (ExplanationKind::DeletedTransaction, &deleted[..], "-1019.36");
    best_is(&anchors, &rows, &ReconcilePolicy::default(), told);
    // One of many that were deleted, in a series that leaves a gap.
    let mut rows = household();
    rows.extend(
        (1..=40).map(|day| row(&format!("2024-0{}-{:02}", 1 + day / 21, 1 + day % 21), "-3.33", "SNACK")),
    );
    let mut anchors = balances(&household(), &ENDS);
    delete(&mut rows, &(30..70).collect::<Vec<_>>());
    delete(&mut rows, &[13]);
    best_is(
        &anchors,
        &rows,
        &ReconcilePolicy::default(),
        (ExplanationKind::DeletedTransaction, &[13], "2310.55"),
    );
    anchors[1].balance = anchors[1].balance.map(|balance| balance - money("2310.55"));
    assert_eq!(plain(&anchors, &rows).explanations, []);
    // A row so small that the difference might be rounding.
    let mut rows = household();
    rows.push(row("2024-03-20", "0.08", "INTEREST"));
    let anchors = balances(&rows, &MONTHS);
    delete(&mut rows, &[30]);
    assert_eq!(plain(&anchors, &rows).explanations[0].kind, ExplanationKind::DeletedTransaction);
}

#[test]
fn a_deleted_row_explains_only_what_it_is() {
    let cases: [(&str, Change); 6] = [
        ("another month's", |rows| {
            drop(rows.remove(11));
            rows.push(row("2024-05-09", "-52.86", "GROCER"));
        }),
        ("another amount", |rows| {
            drop(rows.remove(11));
            rows.push(row("2024-03-09", "-52.85", "GROCER"));
        }),
        ("taken back by the bank", |rows| {
            let removed = LedgerRow { state: TransactionState::RemovedByProvider, ..rows.remove(11) };
            rows.push(removed);
        }),
        ("not counted while pending", |rows| {
            let pending = LedgerRow { pending: true, ..rows.remove(11) };
            rows.push(pending);
        }),
        ("a part of a split", |rows| {
            let part = LedgerRow { is_part: true, ..rows.remove(11) };
            rows.push(part);
        }),
        ("another currency", |rows| {
            let eur = Currency::iso("EUR").ok();
            let foreign = LedgerRow { currency: eur, ..rows.remove(11) };
            rows.push(foreign);
        }),
    ];
    for (what, change) in cases {
        let mut rows = household();
        let anchors = balances(&rows, &MONTHS);
        change(&mut rows);
        if rows[29].state == TransactionState::Live {
            delete(&mut rows, &[29]);
        }
        let policy = ReconcilePolicy::of_currency(Currency::iso("USD").unwrap());
        let answer = reconcile(&anchors, &rows, &policy);
        let best = &answer.explanations[0];
        assert_eq!(
            (best.kind, best.amount),
            (ExplanationKind::MissingTransaction, money("-52.86")),
            "{what}"
        );
        let named =
            answer.explanations.iter().filter(|found| found.kind == ExplanationKind::DeletedTransaction);
        assert!(
            named.clone().all(|found| found.amount != money("-52.86")),
            "{what}: {:#?}",
            answer.explanations
        );
        corrections_hold(&anchors, &rows, &policy);
    }
    // Books that agree give a deletion right.
    let mut rows = household();
    let anchors = balances(&rows, &MONTHS);
    rows.push(row("2024-03-09", "-52.86", "GROCER"));
    delete(&mut rows, &[30]);
    assert_eq!(plain(&anchors, &rows).explanations, []);
}

#[test]
fn a_deleted_row_and_another_fault_are_both_told() {
    let mut rows = household();
    let anchors = balances(&rows, &MONTHS);
    delete(&mut rows, &[11]);
    rows[13].amount = money("-2310.55");
    let answer = plain(&anchors, &rows);
    let told: Vec<_> = answer.explanations.iter().take(2).map(|found| (found.kind, found.amount)).collect();
    let expected = [(ExplanationKind::DeletedTransaction, "-52.86"), (ExplanationKind::WrongSign, "4621.10")];
    for (kind, amount) in expected {
        assert!(told.contains(&(kind, money(amount))), "{:#?}", answer.explanations);
    }
    corrections_hold(&anchors, &rows, &ReconcilePolicy::default());
}

#[test]
fn a_row_that_crossed_an_anchor_is_told_from_both_sides() {
    let mut rows = household();
    let anchors = balances(&rows, &MONTHS);
    rows[14].date = day("2024-04-02");
    let policy = ReconcilePolicy::default();
    best_is(&anchors, &rows, &policy, (ExplanationKind::WrongSideOfAnchor, &[14], "-4.90"));
    let answer = plain(&anchors, &rows);
    assert_eq!(answer.difference, Some(Decimal::ZERO.round_dp(2)), "both sides together agree");
    assert_eq!(answer.explanations[0].correction, Correction::MoveRow { row: 14, to: day("2024-03-31") });
    // Beyond the last anchor there is no other side.
    let mut rows = household();
    let anchors = balances(&rows, &MONTHS);
    rows[29].date = day("2024-07-02");
    best_is(&anchors, &rows, &policy, (ExplanationKind::WrongSideOfAnchor, &[29], "-4.90"));
}

#[test]
fn a_gap_in_a_series_names_the_day_and_a_sibling() {
    let mut rows = household();
    let anchors = balances(&rows, &ENDS);
    rows.remove(10);
    let answer = plain(&anchors, &rows);
    let best = &answer.explanations[0];
    assert_eq!((best.kind, best.date), (ExplanationKind::MissingTransaction, Some(day("2024-03-02"))));
    assert_eq!(answer.first_unexplained_date, Some(day("2024-03-02")));
    let Correction::InsertRow { date, like: Some(like), .. } = best.correction else { panic!("{best:?}") };
    assert_eq!((date, rows[like].amount), (day("2024-03-02"), money("-950.00")));
}

#[test]
fn two_faults_are_both_told() {
    let mut rows = household();
    let monthly = balances(&rows, &MONTHS);
    let ends = balances(&rows, &ENDS);
    rows[8].amount = money("-2310.55");
    rows[21].amount = money("-502.80");
    rows.push(rows[21].clone());
    for (anchors, changed, again) in [(&monthly, 8, 21), (&ends, 8, 21)] {
        let answer = plain(anchors, &rows[..30]);
        let told: Vec<_> =
            answer.explanations.iter().take(3).map(|found| found.transactions.clone()).collect();
        assert!(told.contains(&vec![changed]) && told.contains(&vec![again]), "{:#?}", answer.explanations);
        corrections_hold(anchors, &rows, &ReconcilePolicy::default());
    }
}

#[test]
fn pending_rows_on_one_side_only() {
    let mut rows = household();
    let anchors = balances(&rows, &MONTHS);
    rows[26].pending = true;
    rows[27].pending = true;
    let told = (ExplanationKind::PendingNotCounted, &[26, 27][..], "-101.34");
    best_is(&anchors, &rows, &ReconcilePolicy::default(), told);
    let policy = ReconcilePolicy { count_pending: true, ..ReconcilePolicy::default() };
    assert_eq!(reconcile(&anchors, &rows, &policy).score, Some(100));
    let pending = |date, amount| LedgerRow { pending: true, ..row(date, amount, "HOLD") };
    rows.extend([pending("2024-06-29", "-33.10"), pending("2024-06-30", "-7.05")]);
    best_is(&anchors, &rows, &policy, (ExplanationKind::PendingCounted, &[30, 31], "40.15"));
}

#[test]
fn an_old_balance_waits_for_the_bank() {
    let rows = household();
    let mut anchors = balances(&rows, &MONTHS);
    anchors[6].balance = balances(&rows, &["2024-06-24"])[0].balance;
    anchors[6].refreshed_at = Some("2024-06-24T06:00:00Z".parse().unwrap());
    let answer = plain(&anchors, &rows);
    let best = &answer.explanations[0];
    assert_eq!(best.kind, ExplanationKind::StaleBalance);
    assert_eq!((&best.transactions[..], best.date), (&[28, 29][..], Some(day("2024-06-24"))));
    assert_eq!(best.correction, Correction::WaitForBank { anchor: 6 });
    // The next, fresh balance puts it right, and says so.
    let mut anchors = balances(&rows, &MONTHS);
    anchors[3].balance = balances(&rows, &["2024-03-24"])[0].balance;
    assert_eq!(plain(&anchors, &rows).explanations[0].kind, ExplanationKind::StaleBalance);
    // A statement is never stale, but it may be mistyped.
    let mut anchors = balances(&rows, &MONTHS);
    let right = anchors[6].balance;
    anchors[6].balance = Some(money("4891.35"));
    anchors[6].source = AnchorSource::Statement;
    assert_eq!(right, Some(money("8491.35")), "the test's own sum");
    let answer = plain(&anchors, &rows);
    assert_eq!(answer.explanations[0].kind, ExplanationKind::SwappedDigits);
    let adjusted = Correction::AdjustAnchor { anchor: 6, to: money("8491.35") };
    assert_eq!(answer.explanations[0].correction, adjusted);
    corrections_hold(&anchors, &rows, &ReconcilePolicy::default());
}

#[test]
fn rows_that_the_bank_does_not_know() {
    let mut rows = household();
    let anchors = balances(&rows, &MONTHS);
    rows.extend([row("2024-06-12", "-71.23", "SHOES"), row("2024-06-13", "-18.46", "BOOKS")]);
    let answer = plain(&anchors, &rows);
    let told = answer.explanations.iter().find(|found| found.kind == ExplanationKind::SumOfRows);
    assert_eq!(told.map(|found| &found.transactions[..]), Some(&[30, 31][..]), "{:#?}", answer.explanations);
    corrections_hold(&anchors, &rows, &ReconcilePolicy::default());
}

#[test]
fn rounding_is_drift_and_accuses_nobody() {
    let rows = household();
    let mut anchors = balances(&rows, &MONTHS);
    for (anchor, off) in anchors.iter_mut().zip(["0", "0.10", "0", "-0.10", "0", "0", "0.10"]) {
        anchor.balance = anchor.balance.map(|balance| balance + money(off));
    }
    let answer = plain(&anchors, &rows);
    let kinds: Vec<_> = answer.explanations.iter().map(|found| found.kind).collect();
    assert_eq!((kinds, answer.first_unexplained_date), (vec![ExplanationKind::RoundingDrift], None));
    assert_eq!(answer.explanations[0].amount, money("0.10"));
    assert_eq!(answer.score, Some(100));
    let strict = ReconcilePolicy { drift_step: Decimal::ZERO, ..ReconcilePolicy::default() };
    let kinds = reconcile(&anchors, &rows, &strict).explanations;
    assert!(kinds.iter().all(|found| found.kind != ExplanationKind::RoundingDrift), "{kinds:?}");
    let generous = ReconcilePolicy { tolerance: money("0.20"), ..ReconcilePolicy::default() };
    assert_eq!(reconcile(&anchors, &rows, &generous).explanations, []);
}

#[test]
fn equally_good_explanations_share_the_confidence() {
    let rows = vec![
        row("2024-01-05", "-20.00", "SHOP"),
        row("2024-01-12", "20.00", "A"),
        row("2024-01-19", "20.00", "A"),
        row("2024-02-05", "-35.00", "SHOP"),
    ];
    let anchors = [bank("2023-12-31", "100.00"), bank("2024-02-29", "45.00")];
    let answer = plain(&anchors, &rows);
    let turned: Vec<_> =
        answer.explanations.iter().filter(|found| found.kind == ExplanationKind::WrongSign).collect();
    assert_eq!(turned.len(), 2, "{:#?}", answer.explanations);
    assert!(answer.explanations.iter().all(|found| found.confidence <= 60), "{:#?}", answer.explanations);
    assert_eq!(turned[0].confidence, turned[1].confidence);
}

#[test]
fn debts_are_negative_on_cards_and_loans() {
    for (class, printed) in
        [(AccountClass::Liability, ["410.00", "452.86"]), (AccountClass::Asset, ["-410.00", "-452.86"])]
    {
        let anchors = [("2024-02-29", printed[0]), ("2024-03-31", printed[1])].map(|(date, printed)| {
            Anchor::of_statement(day(date), money(printed), class, SignConvention::PositiveOut)
        });
        let rows = [row("2024-03-09", "-52.86", "GROCER"), row("2024-03-20", "10.00", "REFUND")];
        let answer = plain(&anchors, &rows[..1]);
        assert_eq!((answer.bank_change, answer.score), (Some(money("-42.86")), answer.score));
        assert_eq!(answer.difference, Some(money("10.00")));
        let answer = plain(&anchors, &rows);
        assert_eq!((answer.difference, answer.score), (Some(money("0.00")), Some(100)));
    }
}

#[test]
fn what_does_not_count_is_left_out_and_told() {
    let counted = row("2024-01-10", "-10.00", "SHOP");
    let deleted = LedgerRow { state: TransactionState::DeletedByUser, ..row("2024-01-11", "-20.00", "GONE") };
    let part = LedgerRow { is_part: true, ..row("2024-01-10", "-6.00", "PART") };
    let eur = Currency::iso("EUR").unwrap();
    let foreign = LedgerRow { currency: Some(eur), ..row("2024-01-12", "-30.00", "ABROAD") };
    let rows = [counted, deleted, part, foreign];
    let anchors = [
        bank("2023-12-31", "100.00"),
        Anchor::new(day("2024-01-05"), None, AnchorSource::Provider),
        bank("2024-01-31", "90.00"),
        Anchor::new(day("2024-01-31"), Some(money("80.00")), AnchorSource::OpeningDerived),
    ];
    let policy =
        ReconcilePolicy { currency: Some(Currency::iso("USD").unwrap()), ..ReconcilePolicy::default() };
    let answer = reconcile(&anchors, &rows, &policy);
    assert_eq!((answer.periods.len(), answer.score), (1, Some(100)));
    assert_eq!(
        answer.notes,
        [
            ReconcileNote::BalanceUnknown { anchor: 1 },
            ReconcileNote::AnchorReplaced { anchor: 3, by: 2, agrees: false },
            ReconcileNote::OtherCurrency { rows: vec![3] },
        ]
    );
}

#[test]
fn too_little_or_too_much_is_unknown() {
    let huge = "9999999999999999999999999999";
    let rows = [row("2024-01-10", huge, "A"), row("2024-01-11", "0.0000000000000000000000000001", "B")];
    let ends = [bank("2023-12-31", "0"), bank("2024-01-31", huge)];
    let unknown = Anchor::new(day("2024-01-31"), None, AnchorSource::Provider);
    for (anchors, rows, note) in [
        (&[][..], &[][..], ReconcileNote::NoKnownBalance),
        (&[unknown], &rows, ReconcileNote::NoKnownBalance),
        (&ends[..1], &rows[..1], ReconcileNote::OneKnownBalance { anchor: 0 }),
        (&ends, &rows, ReconcileNote::TooLarge),
    ] {
        let answer = plain(anchors, rows);
        assert!(answer.notes.contains(&note), "{:?}", answer.notes);
        assert_eq!((answer.score, answer.difference), (None, None));
        assert!(answer.explanations.is_empty() && answer.score_parts.is_empty());
    }
    // A difference that does not fit is unknown, as is what it is a part of.

    let known = [bank("2023-12-31", "0"), bank("2024-01-31", "0"), bank("2024-02-29", huge)];
    let answer = plain(&known, &[row("2024-01-10", "1.00", "A"), row("2024-02-10", "-0.01", "B")]);
    let agreements: Vec<Agreement> = answer.periods.iter().map(|period| period.agreement).collect();
    assert_eq!(agreements, [Agreement::Differs, Agreement::Unknown]);
    assert!(answer.notes.contains(&ReconcileNote::TooLarge));
    assert_eq!((answer.score, answer.difference, answer.first_unexplained_date), (None, None, None));
    assert!(answer.explanations.is_empty() && answer.score_parts.is_empty());

    // 28 digits are exact as long as the sums are.
    let answer = plain(&ends, &rows[..1]);
    assert_eq!((answer.difference, answer.score), (Some(Decimal::ZERO), Some(100)));
    for rows in [&[][..], &[row("2024-01-10", "-9999999999999999999999999999", "A")]] {
        let answer = plain(&ends, rows);
        assert!(answer.score.is_some_and(|score| score < 100) && !answer.explanations.is_empty());
    }
}

#[test]
fn the_ends_of_the_calendar_are_days_too() {
    let at = |date, amount| LedgerRow::new(AccountId::new(1), date, money(amount));
    let rows = [at(NaiveDate::MIN, "5.00"), at(day("2024-01-01"), "7.00"), at(NaiveDate::MAX, "7.00")];
    let known = |date, balance| Anchor::new(date, Some(money(balance)), AnchorSource::Provider);
    for anchors in [
        [known(NaiveDate::MIN, "5.00"), known(NaiveDate::MAX, "90.00")],
        [known(NaiveDate::MIN, "5.00"), known(NaiveDate::MAX, "12.00")],
        [known(NaiveDate::MIN, "0.00"), known(day("2024-01-01"), "19.00")],
        [known(day("2024-01-01"), "12.00"), known(NaiveDate::MAX, "12.00")],
    ] {
        let answer = plain(&anchors, &rows);
        assert!(!answer.explanations.is_empty(), "{anchors:?}");
    }
    assert_eq!(derive_opening_balance(&known(NaiveDate::MAX, "19.00"), &rows, None), None);
    let opening = derive_opening_balance(&known(NaiveDate::MAX, "19.00"), &rows[1..], None);
    assert_eq!(
        opening.map(|opening| (opening.date, opening.balance)),
        Some((day("2023-12-31"), Some(money("5.00"))))
    );
}

#[test]
fn the_first_sync_gives_an_opening_balance() {
    let mut rows = household();
    let known = balances(&rows, &["2024-06-30"]).remove(0);
    rows.push(LedgerRow { pending: true, ..row("2024-06-29", "-33.10", "HOLD") });
    let opening = derive_opening_balance(&known, &rows, None).unwrap();
    assert_eq!((opening.date, opening.balance), (day("2024-01-01"), Some(money("1000.00"))));
    assert_eq!(opening.source, AnchorSource::OpeningDerived);
    assert_eq!(plain(&[known.clone(), opening], &rows).score, Some(100));
    let unknown = Anchor { balance: None, ..known };
    assert_eq!(derive_opening_balance(&unknown, &rows, None), None);
}

#[test]
fn any_policy_is_answered() {
    let mut rows = household();
    let anchors = balances(&rows, &MONTHS);
    rows.remove(13);
    for (policy, explained) in [
        (ReconcilePolicy { tolerance: Decimal::MAX, ..ReconcilePolicy::default() }, None),
        (ReconcilePolicy { tolerance: money("2310.55"), ..ReconcilePolicy::default() }, Some(0)),
        (ReconcilePolicy { tolerance: money("2310.54"), ..ReconcilePolicy::default() }, Some(1)),
        (
            ReconcilePolicy {
                tolerance: Decimal::MIN,
                drift_step: Decimal::MIN,
                ..ReconcilePolicy::default()
            },
            None,
        ),
        (ReconcilePolicy { drift_step: Decimal::MAX, ..ReconcilePolicy::default() }, None),
        (
            ReconcilePolicy { moved_days: u16::MAX, duplicate_days: u16::MAX, ..ReconcilePolicy::default() },
            Some(1),
        ),
        (ReconcilePolicy { max_explanations: 0, ..ReconcilePolicy::default() }, Some(0)),
    ] {
        let answer = reconcile(&anchors, &rows, &policy);
        if let Some(explained) = explained {
            assert_eq!(answer.explanations.len().min(1), explained, "{policy:?}");
        }
    }
}

/// A ledger of one period: the balance goes from nothing to `change`, with these rows.
fn one_month(change: &str, amounts: &[&str], policy: &ReconcilePolicy) -> Reconciliation {
    let rows: Vec<_> = amounts.iter().map(|amount| row("2026-03-10", amount, "SHOP")).collect();
    reconcile(&[bank("2026-02-28", "0"), bank("2026-03-31", change)], &rows, policy)
}

#[test]
fn a_missing_amount_is_exact_unless_the_bank_rounds() {
    for (change, rows, missing) in [
        ("-24.99", &["-5.00"][..], "-19.99"),
        ("-9.99", &[], "-9.99"),
        ("995.18", &["-5.00"], "1000.18"),
        ("-10", &[], "-10"),
        ("-13.87", &["-18.32"], "4.45"),
    ] {
        let answer = one_month(change, rows, &ReconcilePolicy::default());
        let best = &answer.explanations[0];
        let told = (best.kind, best.amount);
        assert_eq!(told, (ExplanationKind::MissingTransaction, money(missing)), "{:#?}", answer.explanations);
        assert!(
            answer.explanations.iter().all(|found| found.amount == money(missing)),
            "{:#?}",
            answer.explanations
        );
    }
}

#[test]
fn a_bank_seen_to_round_may_hide_a_round_amount() {
    let rows = household();
    let mut anchors = balances(&rows, &MONTHS);
    let amounts = |anchors: &[Anchor]| -> Vec<Decimal> {
        let found = plain(anchors, &rows).explanations;
        let missing = found.iter().filter(|found| found.kind == ExplanationKind::MissingTransaction);
        missing.map(|found| found.amount).collect()
    };
    let add = |anchors: &mut [Anchor], off: &str| {
        for anchor in anchors {
            anchor.balance = anchor.balance.map(|balance| balance + money(off));
        }
    };
    add(&mut anchors[6..], "-999.90");
    assert_eq!(amounts(&anchors), [money("-999.90")]);
    add(&mut anchors[2..], "0.10");
    let both = amounts(&anchors);
    assert!(both.contains(&money("-1000.00")) && both.contains(&money("-999.90")), "{both:?}");
}

#[test]
fn the_drift_step_is_the_currencys() {
    for (currency, step) in [
        (Currency::iso("EUR"), "0.10"),
        (Currency::iso("JPY"), "10"),
        (Currency::iso("KWD"), "0.010"),
        (Currency::unofficial("BTC"), "0"),
    ] {
        let policy = ReconcilePolicy::of_currency(currency.unwrap());
        assert_eq!(policy.drift_step, money(step), "{policy:?}");
    }
    let policy = ReconcilePolicy::of_currency(Currency::unofficial("BTC").unwrap());
    let answer = one_month("-0.25000000", &["-0.02", "-0.04"], &policy);
    let best = &answer.explanations[0];
    assert_eq!((best.kind, best.amount), (ExplanationKind::MissingTransaction, money("-0.19")));
    assert!(answer.score.is_some_and(|score| score < 100));
}

#[test]
fn one_fault_comes_before_two_of_which_one_may_be_anything() {
    let mut rows = household();
    rows.push(row("2024-06-20", "29.00", "SHOP"));
    rows.push(row("2024-05-20", "-29.00", "SHOP"));
    rows.push(row("2024-04-20", "-29.00", "SHOP"));
    let mut anchors = balances(&rows, &MONTHS);
    anchors[6].balance = anchors[6].balance.map(|balance| balance - money("294.00"));
    let answer = plain(&anchors, &rows);
    let best = &answer.explanations[0];
    let told = (best.kind, best.amount);
    assert_eq!(told, (ExplanationKind::MissingTransaction, money("-294.00")), "{:#?}", answer.explanations);
}

#[test]
fn the_order_of_anchors_does_not_matter() {
    let anchors = ["0", "-10", "-20", "-30"].into_iter().zip(&MONTHS).map(|(held, date)| bank(date, held));
    let anchors: Vec<_> = anchors.collect();
    let turned: Vec<_> = anchors.iter().rev().cloned().collect();
    let days = |anchors: &[Anchor]| -> Vec<NaiveDate> {
        plain(anchors, &[]).explanations.iter().map(|found| anchors[found.anchor].date).collect()
    };
    assert_eq!(days(&anchors)[..3], ["2024-01-31", "2024-02-29", "2024-03-31"].map(day));
    assert_eq!(days(&anchors), days(&turned));
}

fn any_rows() -> impl Strategy<Value = Vec<LedgerRow>> {
    let text = prop::sample::select(vec!["RENT", "SHOP", "SHOP 12", "PAY", ""]);
    let amount =
        prop_oneof![(-100_000_i64..100_000), prop::sample::select(vec![-1_000, -490, 2_000, 100_000])];
    let one =
        (0_u64..120, amount, text, any::<bool>(), 0_u8..10).prop_map(|(days, cents, text, pending, id)| {
            let date = day("2024-01-01") + chrono::Days::new(days);
            LedgerRow {
                description: Some(text.into()),
                pending: pending && id < 2,
                imported_id: (id > 3).then(|| id.to_string().into()),
                ..LedgerRow::new(AccountId::new(1), date, Decimal::new(cents, 2))
            }
        });
    prop::collection::vec(one, 0..40)
}

const QUARTERS: [&str; 5] = ["2023-12-31", "2024-01-31", "2024-02-15", "2024-03-15", "2024-04-20"];

/// What an explanation says, but for the numbers of its rows.
fn content(found: &Explanation, rows: &[LedgerRow]) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut told: Vec<_> = found
        .transactions
        .iter()
        .map(|&row| (rows[row].date, rows[row].amount, rows[row].description.clone()))
        .collect();
    told.sort();
    (found.kind, told, found.anchor, found.amount, found.date, found.confidence, found.reason.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn clean_books_are_never_accused(rows in any_rows(), step in 1_usize..=4) {
        let counted: Vec<_> = rows.iter().filter(|row| !row.pending).cloned().collect();
        let days: Vec<&str> = QUARTERS.iter().copied().step_by(step).collect();
        let answer = plain(&balances(&counted, &days), &rows);
        prop_assert_eq!(answer.explanations, []);
        prop_assert_eq!(answer.score, Some(100));
        prop_assert_eq!(answer.first_unexplained_date, None);
    }

    #[test]
    fn the_order_of_rows_and_corrections(
        rows in any_rows(),
        faults in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..5), 1..3),
        shuffled in any::<u64>(),
    ) {
        prop_assume!(!rows.is_empty());
        let anchors = balances(&rows, &QUARTERS);
        let mut faulty = rows;
        for (index, fault) in faults {
            if faulty.is_empty() {
                break;
            }
            let row = index.index(faulty.len());
            match fault {
                0 => drop(faulty.remove(row)),
                1 => faulty.push(faulty[row].clone()),
                2 => faulty[row].amount = -faulty[row].amount,
                3 => faulty[row].amount *= Decimal::TEN,
                _ => faulty[row].date = day("2024-02-16"),
            }
        }
        let policy = ReconcilePolicy::default();
        corrections_hold(&anchors, &faulty, &policy);
        let answer = plain(&anchors, &faulty);
        prop_assert!(answer.explanations.iter().all(|found| found.confidence <= 100));
        let mut other: Vec<LedgerRow> = faulty.clone();
        other.sort_by_key(|row| {
            let seed = row.amount.mantissa().unsigned_abs() as u64 ^ u64::from(row.pending);
            seed.wrapping_mul(shuffled | 1).rotate_left(17)
        });
        let again = plain(&anchors, &other);
        prop_assert_eq!(answer.score, again.score);
        prop_assert_eq!(answer.first_unexplained_date, again.first_unexplained_date);
        prop_assert_eq!(answer.explanations.len(), again.explanations.len());
        for (one, two) in answer.explanations.iter().zip(&again.explanations) {
            prop_assert_eq!(content(one, &faulty), content(two, &other));
        }
    }
}
