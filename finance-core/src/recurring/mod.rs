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
/// day however regular. Contracts of several prices with one merchant are told apart; a new price goes on with its series. Two
/// rows alone are shown as [`RecurringStatus::Early`] as long as the third is not overdue.
///
/// `today` decides what is missed. Rows that do not count ([`LedgerRow::counts`]) and amounts of zero are left out. No row is
/// in two series. Series come by account, payments before income, then by partner. The answer does not depend on the order of
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
        0 if beginning || (times == 3 && rhythm.strength < 24) => RecurringStatus::Early,
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
mod tests;
