use proptest::prelude::*;
use rust_decimal::Decimal;

use super::*;
use crate::model::{AccountId, TransactionState};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Rows of one payee, each `date amount`.
fn rows(payee: &str, lines: &[&str]) -> Vec<LedgerRow> {
    let row = |line: &&str| {
        let (date, amount) = line.split_once(' ').unwrap();
        let mut row = LedgerRow::new(AccountId::new(1), day(date), amount.parse().unwrap());
        row.description = Some(payee.into()).filter(|_| !payee.is_empty());
        row
    };
    lines.iter().map(row).collect()
}

fn found(rows: &[LedgerRow], today: &str) -> Vec<Recurring> {
    find_recurring(rows, day(today), &RecurringPolicy::default())
}

fn only(rows: &[LedgerRow], today: &str) -> Recurring {
    let mut series = found(rows, today);
    assert_eq!(series.len(), 1, "{series:?}");
    series.remove(0)
}

#[test]
fn every_period_and_its_next_day() {
    use RecurringPeriod as P;
    let cases: [(P, &[&str], &str); 17] = [
        (P::Weekly, &["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"], "2026-02-02"),
        (P::Biweekly, &["2026-01-02", "2026-01-16", "2026-01-30", "2026-02-13"], "2026-02-27"),
        (P::FourWeekly, &["2026-01-15", "2026-02-12", "2026-03-12", "2026-04-09"], "2026-05-07"),
        (
            P::SemiMonthly,
            &["2026-01-15", "2026-01-31", "2026-02-15", "2026-02-28", "2026-03-15"],
            "2026-03-31",
        ),
        (
            P::SemiMonthly,
            &["2026-01-01", "2026-01-15", "2026-02-01", "2026-02-15", "2026-03-01"],
            "2026-03-15",
        ),
        (P::Monthly, &["2026-01-15", "2026-02-15", "2026-03-15"], "2026-04-15"),
        (P::Monthly, &["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"], "2026-05-31"),
        (P::Monthly, &["2026-01-30", "2026-02-28", "2026-03-30", "2026-04-30"], "2026-05-30"),
        (P::Monthly, &["2023-11-29", "2023-12-29", "2024-01-29", "2024-02-29"], "2024-03-29"),
        // 1 February and 1 March 2026 are Sundays, 1 November 2025 is a Saturday.
        (
            P::Monthly,
            &["2025-10-01", "2025-11-03", "2025-12-01", "2026-01-01", "2026-02-02", "2026-03-02"],
            "2026-04-01",
        ),
        (
            P::Monthly,
            &["2025-12-28", "2026-01-30", "2026-03-02", "2026-03-30", "2026-04-30", "2026-06-01"],
            "2026-06-30",
        ),
        (P::Monthly, &["2026-01-10", "2026-02-10", "2026-04-10", "2026-05-10", "2026-06-10"], "2026-07-10"),
        (P::EveryTwoMonths, &["2026-01-20", "2026-03-20", "2026-05-20"], "2026-07-20"),
        (P::Quarterly, &["2025-11-30", "2026-02-28", "2026-05-31"], "2026-08-31"),
        (P::HalfYearly, &["2025-01-02", "2025-07-02", "2026-01-02"], "2026-07-02"),
        (P::Yearly, &["2023-03-01", "2024-03-01", "2025-03-01"], "2026-03-01"),
        (P::Yearly, &["2024-02-29", "2025-02-28", "2026-02-28"], "2027-02-28"),
    ];
    for (period, days, next) in cases {
        let lines: Vec<String> = days.iter().map(|day| format!("{day} -9.99")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let series = only(&rows("Streaming", &lines), days.last().unwrap());
        let told = (series.period, series.next_expected, series.rows.len());
        assert_eq!(told, (period, Some(day(next)), days.len()), "{days:?}: {:?}", series.reasons);
    }
}

#[test]
fn status_goes_by_what_is_missed() {
    let rows = rows("Streaming", &["2026-01-15 -10", "2026-02-15 -10", "2026-03-15 -10", "2026-04-15 -10"]);
    for (today, status, missed, next) in [
        ("2026-03-20", RecurringStatus::Active, 0, Some("2026-05-15")),
        ("2026-04-20", RecurringStatus::Active, 0, Some("2026-05-15")),
        ("2026-05-18", RecurringStatus::Active, 0, Some("2026-05-15")),
        ("2026-05-25", RecurringStatus::Late, 1, Some("2026-06-15")),
        ("2026-06-25", RecurringStatus::Ended, 2, None),
        ("2027-01-01", RecurringStatus::Ended, 8, None),
    ] {
        let series = only(&rows, today);
        let told = (series.status, series.missed, series.next_expected);
        assert_eq!(told, (status, missed, next.map(day)), "{today}");
    }
}

#[test]
fn two_are_a_beginning_and_no_more() {
    let two = |lines: &[&str], today| found(&rows("Streaming", lines), today);
    let early = &two(&["2026-01-15 -10", "2026-02-15 -10"], "2026-02-20")[0];
    assert_eq!((early.status, early.next_expected), (RecurringStatus::Early, Some(day("2026-03-15"))));
    assert!(early.confidence <= 50);
    for (lines, today, why) in [
        (["2026-01-15 -10", "2026-02-15 -10"], "2026-03-25", "the third did not come"),
        (["2026-01-15 -10", "2026-02-15 -11"], "2026-02-20", "the amounts differ"),
        (["2026-01-15 -10", "2026-02-19 -10"], "2026-02-20", "the days differ"),
        (["2026-01-15 -10", "2026-01-22 -10"], "2026-01-23", "people go shopping every week"),
        (["2026-01-15 -10", "2026-02-15 10"], "2026-02-20", "one is a refund"),
    ] {
        assert_eq!(two(&lines, today), [], "{why}");
    }
    let policy = RecurringPolicy { min_occurrences: 3, ..RecurringPolicy::default() };
    let rows = rows("Streaming", &["2026-01-15 -10", "2026-02-15 -10"]);
    assert_eq!(find_recurring(&rows, day("2026-02-20"), &policy), []);
    assert_eq!(
        found(&self::rows("", &["2026-01-15 -10", "2026-02-15 -10"]), "2026-02-20"),
        [],
        "nobody knows whose"
    );
}

#[test]
fn amounts_are_told_in_our_sign() {
    let rows = rows("Power", &["2026-01-15 -40.10", "2026-02-15 -55", "2026-03-15 -38", "2026-04-15 -41.20"]);
    let amount = only(&rows, "2026-04-16").amount;
    let told = [amount.min, amount.max, amount.last, amount.typical].map(|amount| amount.to_string());
    assert_eq!(told, ["-55", "-38", "-41.20", "-40.65"]);
}

#[test]
fn a_price_goes_up() {
    let lines = [
        "2026-01-05 -9.99",
        "2026-02-05 -9.99",
        "2026-03-05 -9.99",
        "2026-04-05 -10.99",
        "2026-05-05 -10.99",
    ];
    let series = only(&rows("Streaming", &lines), "2026-05-06");
    assert_eq!(series.rows, [0, 1, 2, 3, 4]);
    assert!(series.reasons.contains(&RecurringReason::PriceChanged(1)), "{:?}", series.reasons);
    assert_eq!(series.amount.last.to_string(), "-10.99");
}

#[test]
fn two_contracts_with_one_merchant_stay_apart() {
    for (why, second) in [("same day", 5), ("half a month apart", 20), ("a week apart", 12)] {
        let lines: Vec<String> = (1..=6)
            .flat_map(|month| {
                let dearer = if month > 3 { "-10.99" } else { "-9.99" };
                [format!("2026-{month:02}-05 {dearer}"), format!("2026-{month:02}-{second:02} -14.99")]
            })
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut series: Vec<Vec<usize>> =
            found(&rows("Streaming", &lines), "2026-06-21").into_iter().map(|one| one.rows).collect();
        series.sort();
        assert_eq!(series, [vec![0, 2, 4, 6, 8, 10], vec![1, 3, 5, 7, 9, 11]], "{why}");
    }
}

#[test]
fn a_contract_is_found_among_purchases() {
    let mut lines: Vec<String> = (1..=8).map(|month| format!("2026-{month:02}-09 -8.99")).collect();
    lines.extend(
        (0..40)
            .map(|n| format!("2026-{:02}-{:02} -{}.{}9", 1 + n * 7 % 8, 1 + n * 11 % 28, 3 + n % 29, n % 7)),
    );
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let series = only(&rows("Marketplace", &lines), "2026-08-30");
    assert_eq!(series.rows, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert!(series.reasons.contains(&RecurringReason::AmongOthers));
}

#[test]
fn shopping_is_not_recurring() {
    let irregular =
        ["2026-01-03", "2026-01-09", "2026-01-25", "2026-02-02", "2026-02-21", "2026-03-15", "2026-03-19"];
    let saturdays =
        ["2026-01-03", "2026-01-10", "2026-01-17", "2026-01-24", "2026-01-31", "2026-02-07", "2026-02-14"];
    for days in [irregular, saturdays] {
        let amounts = ["52.10", "23.99", "81.40", "12", "64.35", "33.33", "47.80"];
        let lines: Vec<String> =
            days.iter().zip(amounts).map(|(day, amount)| format!("{day} -{amount}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(found(&rows("Supermarket", &lines), "2026-03-20"), [], "{days:?}");
    }
    let coffees: Vec<String> = (1..=28).map(|day| format!("2026-01-{day:02} -3.50")).collect();
    let coffees: Vec<&str> = coffees.iter().map(String::as_str).collect();
    assert_eq!(found(&rows("Coffee", &coffees), "2026-02-01"), [], "every day is no rhythm of ours");
}

#[test]
fn wages_may_vary() {
    let lines =
        ["2026-01-02 801.10", "2026-01-16 640", "2026-01-30 912.55", "2026-02-13 777", "2026-02-27 850"];
    let series = only(&rows("ACME Payroll", &lines), "2026-03-01");
    assert_eq!(series.period, RecurringPeriod::Biweekly);
    assert!(series.amount.min.is_sign_positive());
}

#[test]
fn texts_with_references_are_of_one_merchant_and_counterparties_are_told_apart() {
    let lines = ["2026-01-15 -10", "2026-02-15 -10", "2026-03-15 -10"];
    let mut rows = rows("", &lines);
    for (row, text) in rows.iter_mut().zip(["NETFLIX.COM 8823", "Netflix.com 9911 AMSTERDAM", "NETFLIX.COM"])
    {
        row.description = Some(text.into());
    }
    assert_eq!(only(&rows, "2026-03-16").rows, [0, 1, 2]);
    rows[1].counterparty = Some("somebody else".into());
    assert_eq!(only(&rows, "2026-03-16").rows, [0, 2]);
}

#[test]
fn rows_that_do_not_count_are_left_out() {
    let lines = ["2026-01-15 -10", "2026-02-15 -10", "2026-03-15 -10", "2026-04-15 -10"];
    let mut rows = rows("Streaming", &lines);
    rows[3].state = TransactionState::DeletedByUser;
    assert_eq!(only(&rows, "2026-03-16").rows, [0, 1, 2]);
    rows[2].is_part = true;
    rows[1].amount = Decimal::ZERO;
    assert_eq!(found(&rows, "2026-03-16"), []);
    assert_eq!(found(&[], "2026-03-16"), []);
}

#[test]
fn ends_of_calendar_and_of_numbers() {
    let at = |date: NaiveDate, amount: Decimal| {
        let mut row = LedgerRow::new(AccountId::new(1), date, amount);
        row.description = Some("Streaming".into());
        row
    };
    for amount in [Decimal::MIN, Decimal::MAX] {
        let back = |step: u64| NaiveDate::MAX - Days::new(step);
        let last: Vec<LedgerRow> = (0..5).map(|n| at(back(n * 7), amount)).collect();
        let first: Vec<LedgerRow> = (0..5).map(|n| at(NaiveDate::MIN + Days::new(n * 7), amount)).collect();
        for today in [NaiveDate::MIN, NaiveDate::MAX] {
            let policy = RecurringPolicy::default();
            assert_eq!(find_recurring(&last, today, &policy)[0].next_expected, None);
            assert_eq!(find_recurring(&first, today, &policy).len(), 1);
            let both: Vec<LedgerRow> = first.iter().chain(&last).cloned().collect();
            assert!(find_recurring(&both, today, &policy).len() < 3);
        }
    }
}

fn any_row() -> impl Strategy<Value = LedgerRow> {
    let payee = proptest::sample::select(&["Streaming", "Shop", ""][..]);
    let amount = prop_oneof![Just(-999_i64), Just(-1499), Just(-1099), Just(2000), -3000_i64..0];
    let every = proptest::sample::select(&[7_u64, 14, 28, 30, 31][..]);
    (payee, amount, every, 0_u64..14, 0_u64..2).prop_map(|(payee, amount, every, count, off)| {
        let start = NaiveDate::from_ymd_opt(2024, 1, 31).unwrap();
        let date = start + Days::new(every * count + off);
        let mut row = LedgerRow::new(AccountId::new(1), date, Decimal::new(amount, 2));
        row.payee = Some(payee).filter(|payee| !payee.is_empty()).map(Into::into);
        row
    })
}

proptest! {
    #[test]
    fn a_row_is_in_one_series_whatever_the_order(
        rows in proptest::collection::vec(any_row(), 0..60),
        turn in 0_usize..60,
        today in 0_u64..900,
    ) {
        let today = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Days::new(today);
        let policy = RecurringPolicy::default();
        let rows: Vec<LedgerRow> = rows.into_iter().enumerate()
            .map(|(id, row)| LedgerRow { imported_id: Some(format!("{id:03}").into()), ..row })
            .collect();
        let series = find_recurring(&rows, today, &policy);
        let mut used = std::collections::BTreeSet::new();
        for one in &series {
            prop_assert!(one.rows.len() > 1 && one.confidence <= 100);
            prop_assert!(one.rows.iter().all(|place| used.insert(*place)), "a row is in two series");
            prop_assert!(one.rows.windows(2).all(|pair| rows[pair[0]].date < rows[pair[1]].date));
            prop_assert!(one.amount.min <= one.amount.typical && one.amount.typical <= one.amount.max);
            prop_assert_eq!(one.next_expected.is_none(), one.status == RecurringStatus::Ended);
            let last = rows[one.rows[one.rows.len() - 1]].date;
            prop_assert!(one.next_expected.is_none_or(|next| next > last));
        }

        let mut places: Vec<usize> = (0..rows.len()).collect();
        places.rotate_left(turn % rows.len().max(1));
        let turned: Vec<LedgerRow> = places.iter().map(|place| rows[*place].clone()).collect();
        let again: Vec<Recurring> = find_recurring(&turned, today, &policy).into_iter()
            .map(|one| Recurring { rows: one.rows.iter().map(|place| places[*place]).collect(), ..one })
            .collect();
        prop_assert_eq!(again, series);
    }
}
