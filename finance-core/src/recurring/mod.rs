//! Payments that come again.

mod grid;
mod group;
mod policy;
mod rhythm;
mod search;
mod series;

pub use policy::RecurringPolicy;
pub use series::{AmountRange, Recurring, RecurringPeriod, RecurringReason, RecurringStatus};

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use crate::LedgerRow;
use group::{Group, Item, Partner};
use search::Found;

/// Finds payments and income that come again.
///
/// Rows are compared within one account, direction (in or out), currency and partner: the counterparty's identifier where the
/// row has one, else its payee or bank text without reference numbers. A series is a set of rows whose days keep to a
/// [`RecurringPeriod`], weekends, ends of months, a few days' delay and a few times of not coming allowed for. How long it must
/// keep to it depends on how likely that is by chance: three equal amounts on one day of the month are enough, amounts that vary
/// or a merchant with many other rows need more, and money spent every week or two in ever other amounts is somebody's shopping
/// day however regular. Contracts of several prices with one merchant are told apart; a new price goes on with its series. Rows of the
/// same price that are off the rhythm are left out. After a long pause, or from a new day of the month on, it is another series.
/// Two
/// rows alone are shown as [`RecurringStatus::Early`] as long as the third is not overdue.
///
/// `today` decides what is missed. Rows that do not count ([`LedgerRow::counts`]) and amounts of zero are left out. No row is
/// in two series, and a pending row that a posted one replaces ([`LedgerRow::pending_of`]) is in none. Series come by account, payments before income, then by partner. The answer does not depend on the order of
/// `rows`, save that of rows which are equal in everything.
///
/// ```
/// use chrono::NaiveDate;
/// use finance_core::{AccountId, LedgerRow, RecurringPeriod, RecurringPolicy, find_recurring};
/// use rust_decimal::Decimal;
///
/// let rows: Vec<LedgerRow> = [(1, 31), (2, 28), (3, 31), (4, 30)]
///     .into_iter()
///     .map(|(month, day)| {
///         let date = NaiveDate::from_ymd_opt(2026, month, day).unwrap();
///         let row = LedgerRow::new(AccountId::new(1), date, Decimal::new(-9_99, 2));
///         LedgerRow { description: Some("STREAMING 4711".into()), ..row }
///     })
///     .collect();
///
/// let today = NaiveDate::from_ymd_opt(2026, 5, 4).unwrap();
/// let series = find_recurring(&rows, today, &RecurringPolicy::default());
/// assert_eq!(series[0].rows, [0, 1, 2, 3]);
/// assert_eq!(series[0].period, RecurringPeriod::Monthly);
/// assert_eq!(series[0].next_expected, NaiveDate::from_ymd_opt(2026, 5, 31));
/// ```
pub fn find_recurring(rows: &[LedgerRow], today: NaiveDate, policy: &RecurringPolicy) -> Vec<Recurring> {
    let mut series: Vec<Recurring> = Vec::new();
    for group in group::groups(rows, policy.same_text_from) {
        let found = search::search(&group).into_iter();
        series.extend(found.filter_map(|found| describe(rows, &group, &found, today, policy)));
    }
    series
}

/// The strength, in quarters of a bit, from which three rows are more than a beginning: about to the day.
const THREE_ARE_SURE_FROM: i32 = 24;

/// Puts a series into words; `None` when the policy asks for more.
fn describe(
    rows: &[LedgerRow],
    group: &Group,
    found: &Found,
    today: NaiveDate,
    policy: &RecurringPolicy,
) -> Option<Recurring> {
    let (rhythm, items) = (&found.rhythm, &found.items);
    let last = &rows[items.last()?.place];
    let times = u16::try_from(items.len()).unwrap_or(u16::MAX);
    let missed = missed(found, today);
    let ended = missed >= policy.ended_after_missed.max(1);
    let beginning = times < 3;
    if times < policy.min_occurrences || (beginning && missed > 0) {
        return None;
    }
    let next =
        i32::from(missed).checked_add(1)?.checked_mul(rhythm.grid.step())?.checked_add(rhythm.last_slot())?;
    let status = match missed {
        0 if beginning || (times == 3 && rhythm.strength < THREE_ARE_SURE_FROM) => RecurringStatus::Early,
        0 => RecurringStatus::Active,
        _ if ended => RecurringStatus::Ended,
        _ => RecurringStatus::Late,
    };
    let amount = AmountRange::of(items)?;
    Some(Recurring {
        rows: items.iter().map(|item| item.place).collect(),
        account: last.account,
        currency: last.currency.clone(),
        payee: last.payee.as_ref().or(last.description.as_ref()).cloned(),
        period: rhythm.period,
        status,
        next_expected: if ended { None } else { rhythm.grid.day_of(next) },
        missed,
        confidence: confidence(group, found, &amount),
        reasons: reasons(group, found, &amount),
        amount,
    })
}

/// How many times the series was due since its last row, so long ago that it would have come.
fn missed(found: &Found, today: NaiveDate) -> u16 {
    let rhythm = &found.rhythm;
    let grace = rhythm.period.days_off_max().unsigned_abs() + 1;
    let due = today.checked_sub_days(Days::new(u64::from(grace))).map(|day| rhythm.grid.last_until(day));
    let slots = due.map_or(0, |due| due.saturating_sub(rhythm.last_slot()).max(0));
    u16::try_from(slots / rhythm.grid.step()).unwrap_or(u16::MAX)
}

fn confidence(group: &Group, found: &Found, amount: &AmountRange) -> u8 {
    let mut points = 40 + found.rhythm.strength;
    if amount.min != amount.max {
        points -= 10;
    }
    if group.partner == Partner::Unknown || found.among_others {
        points -= 10;
    }
    let most = if found.items.len() < 3 { 50 } else { 98 };
    u8::try_from(points.clamp(10, most)).unwrap_or(0)
}

fn reasons(group: &Group, found: &Found, amount: &AmountRange) -> Vec<RecurringReason> {
    let number = |count: i32| u16::try_from(count).unwrap_or(u16::MAX);
    let rhythm = &found.rhythm;
    let mut reasons =
        vec![RecurringReason::Occurrences(u16::try_from(found.items.len()).unwrap_or(u16::MAX))];
    reasons.push(match rhythm.days_off {
        0 => RecurringReason::OnTheDay,
        days => RecurringReason::DaysOff(number(days)),
    });
    reasons.push(if amount.min == amount.max {
        RecurringReason::SameAmount
    } else {
        match price_changes(&found.items) {
            Some(times) => RecurringReason::PriceChanged(times),
            None => RecurringReason::AmountVaries,
        }
    });
    match group.partner {
        Partner::Counterparty => reasons.push(RecurringReason::SameCounterparty),
        Partner::Text => reasons.push(RecurringReason::SameText),
        Partner::Unknown => {}
    }
    if rhythm.skipped > 0 {
        reasons.push(RecurringReason::Skipped(number(rhythm.skipped)));
    }
    if found.among_others {
        reasons.push(RecurringReason::AmongOthers);
    }
    reasons
}

/// How often the price changed, where it is a price: each one but the latest came twice in a row.
fn price_changes(items: &[Item]) -> Option<u16> {
    let prices: Vec<&[Item]> = items.chunk_by(|one, other| one.amount == other.amount).collect();
    let (_, earlier) = prices.split_last()?;
    earlier.iter().all(|price| price.len() > 1).then(|| u16::try_from(earlier.len()).unwrap_or(u16::MAX))
}

impl AmountRange {
    fn of(items: &[Item]) -> Option<Self> {
        let mut amounts: Vec<Decimal> = items.iter().map(|item| item.amount).collect();
        let last = *amounts.last()?;
        amounts.sort_unstable();
        let (lower, upper) = (amounts[(amounts.len() - 1) / 2], amounts[amounts.len() / 2]);
        Some(Self { min: amounts[0], max: *amounts.last()?, last, typical: middle(lower, upper) })
    }
}

/// The number between two of one sign, or the lower one if the middle has more digits than a decimal holds.
fn middle(lower: Decimal, upper: Decimal) -> Decimal {
    let half = upper.checked_sub(lower).and_then(|apart| apart.checked_div(Decimal::TWO));
    half.and_then(|half| lower.checked_add(half)).map_or(lower, |middle| middle.normalize())
}

#[cfg(test)]
mod tests {
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
            (
                P::Monthly,
                &["2026-01-10", "2026-02-10", "2026-04-10", "2026-05-10", "2026-06-10"],
                "2026-07-10",
            ),
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
        let rows =
            rows("Streaming", &["2026-01-15 -10", "2026-02-15 -10", "2026-03-15 -10", "2026-04-15 -10"]);
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
        let rows =
            rows("Power", &["2026-01-15 -40.10", "2026-02-15 -55", "2026-03-15 -38", "2026-04-15 -41.20"]);
        let amount = only(&rows, "2026-04-16").amount;
        let told = [amount.min, amount.max, amount.last, amount.typical].map(|amount| amount.to_string());
        assert_eq!(told, ["-55", "-38", "-41.20", "-40.65"]);
    }

    #[test]
    fn a_row_off_the_rhythm_is_left_out() {
        for regular in 3..=6 {
            for stray in ["2026-01-22", "2026-02-17", "2026-02-25", "2026-03-02"] {
                let mut lines: Vec<String> =
                    (1..=regular).map(|month| format!("2026-{month:02}-15 -9.99")).collect();
                lines.push(format!("{stray} -9.99"));
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                let series = only(&rows("Streaming", &lines), &format!("2026-{regular:02}-16"));
                let told = (series.rows, series.period, series.next_expected);
                let next = day(&format!("2026-{:02}-15", regular + 1));
                assert_eq!(told, ((0..regular).collect(), RecurringPeriod::Monthly, Some(next)), "{stray}");
            }
        }
    }

    #[test]
    fn a_pending_row_and_its_posted_one_are_one() {
        let lines = ["2026-01-15 -10", "2026-02-15 -10", "2026-03-13 -10", "2026-03-15 -10"];
        let mut rows = rows("Streaming", &lines);
        rows[2].pending = true;
        rows[2].imported_id = Some("p1".into());
        rows[3].pending_of = Some("p1".into());
        assert_eq!(only(&rows, "2026-03-16").rows, [0, 1, 3]);
        rows[2].date = rows[3].date;
        assert_eq!(only(&rows, "2026-03-16").rows, [0, 1, 3]);
    }

    #[test]
    fn a_new_day_and_a_pause_leave_an_ended_series_and_one_that_goes_on() {
        let twelfths = |from: u32, to: u32, day: u32| {
            (from..=to).map(move |month| format!("{}-{:02}-{day:02} -10", 2024 + month / 12, month % 12 + 1))
        };
        for (name, first, last, today, next) in [
            ("new day", twelfths(0, 11, 12), twelfths(12, 23, 20), "2025-12-21", "2026-01-20"),
            ("new day lately", twelfths(0, 11, 12), twelfths(12, 14, 20), "2025-03-21", "2025-04-20"),
            ("three months", twelfths(0, 4, 12), twelfths(8, 10, 12), "2024-11-13", "2024-12-12"),
            ("four months", twelfths(0, 4, 12), twelfths(9, 11, 12), "2024-12-13", "2025-01-12"),
        ] {
            let lines: Vec<String> = first.clone().chain(last).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let series = found(&rows("Streaming", &lines), today);
            let told: Vec<_> = series.iter().map(|one| (one.rows.len(), one.next_expected)).collect();
            let first = first.count();
            assert_eq!(told, [(first, None), (lines.len() - first, Some(day(next)))], "{name}");
            assert_eq!(series[0].status, RecurringStatus::Ended);
        }
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
    fn two_equal_contracts_on_one_day_are_two() {
        let lines: Vec<String> =
            (1..=5).flat_map(|month| vec![format!("2026-{month:02}-05 -20"); 2]).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let series = found(&rows("Telephone", &lines), "2026-05-06");
        let rows: Vec<&[usize]> = series.iter().map(|one| &*one.rows).collect();
        assert_eq!(rows, [[0, 2, 4, 6, 8], [1, 3, 5, 7, 9]]);
    }

    #[test]
    fn a_contract_is_found_among_purchases() {
        let mut lines: Vec<String> = (1..=8).map(|month| format!("2026-{month:02}-09 -8.99")).collect();
        lines.extend(
            (0..40).map(|n| {
                format!("2026-{:02}-{:02} -{}.{}9", 1 + n * 7 % 8, 1 + n * 11 % 28, 3 + n % 29, n % 7)
            }),
        );
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let series = only(&rows("Marketplace", &lines), "2026-08-30");
        assert_eq!(series.rows, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(series.reasons.contains(&RecurringReason::AmongOthers));
    }

    #[test]
    fn shopping_is_not_recurring() {
        let irregular = [
            "2026-01-03",
            "2026-01-09",
            "2026-01-25",
            "2026-02-02",
            "2026-02-21",
            "2026-03-15",
            "2026-03-19",
        ];
        let saturdays = [
            "2026-01-03",
            "2026-01-10",
            "2026-01-17",
            "2026-01-24",
            "2026-01-31",
            "2026-02-07",
            "2026-02-14",
        ];
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
        for (row, text) in
            rows.iter_mut().zip(["NETFLIX.COM 8823", "Netflix.com 9911 AMSTERDAM", "NETFLIX.COM"])
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
            let first: Vec<LedgerRow> =
                (0..5).map(|n| at(NaiveDate::MIN + Days::new(n * 7), amount)).collect();
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
}
