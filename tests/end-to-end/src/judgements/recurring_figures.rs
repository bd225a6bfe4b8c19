//! How well recurring payments are found: the standing orders of a bank's accounts, contracts put among the purchases of real
//! cards, and purchases whose days were exchanged so that nothing can recur.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use fastrand::Rng;
use finance_core::{AccountId, LedgerRow, Recurring, RecurringPolicy, find_recurring, parse_amount};
use flate2::read::GzDecoder;
use rust_decimal::Decimal;

use super::Figure;
use super::berka::BerkaAccount;
use super::birmingham::Purchase;

/// A payment that the bank makes by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingOrder {
    /// The account that pays.
    pub account: AccountId,
    /// Who is paid, as the counterparty of the account's rows.
    pub counterparty: String,
    /// What is paid: negative.
    pub amount: Decimal,
}

/// Reads the standing orders below the folder of real bank rows.
///
/// # Errors
/// When the file is absent or not as described.
pub fn read_standing_orders(folder: &Path) -> io::Result<Vec<StandingOrder>> {
    let file = File::open(folder.join("berka/order_200.csv.gz"))?;
    let order = |record: csv::StringRecord| {
        let account = record.get(1)?.parse().ok()?;
        let counterparty = format!("{} {}", record.get(2)?, record.get(3)?);
        let amount = -parse_amount(record.get(4)?).ok()?;
        Some(StandingOrder { account: AccountId::new(account), counterparty, amount })
    };
    let mut orders = Vec::new();
    for record in csv::Reader::from_reader(GzDecoder::new(file)).records() {
        orders.push(order(record?).ok_or_else(|| io::Error::other("a standing order is not as described"))?);
    }
    Ok(orders)
}

/// Every figure about recurring payments.
pub fn recurring_figures(
    accounts: &[BerkaAccount],
    orders: &[StandingOrder],
    purchases: &[Purchase],
    seeds: &[u64],
) -> Vec<Figure> {
    let mut figures = vec![standing_orders(accounts, orders), partners(accounts), cash(accounts)];
    figures.extend(Contract::ALL.map(|contract| planted(contract, purchases, seeds)));
    figures.push(exchanged_days(purchases, seeds));
    figures
}

fn found(rows: &[LedgerRow]) -> Vec<Recurring> {
    let today = rows.iter().map(|row| row.date).max().unwrap_or_default();
    find_recurring(rows, today, &RecurringPolicy::default())
}

/// Counts sets of rows that are one series each, and those found whole.
fn whole_series(case: &str, truth: &[Vec<usize>], found: &[Recurring]) -> Figure {
    let series: BTreeMap<usize, usize> = found
        .iter()
        .enumerate()
        .flat_map(|(series, one)| one.rows.iter().map(move |row| (*row, series)))
        .collect();
    let mut figure = Figure { case: case.to_owned(), tried: truth.len(), ..Figure::default() };
    for rows in truth {
        let of: BTreeSet<Option<&usize>> = rows.iter().map(|row| series.get(row)).collect();
        if of.len() == 1 && !of.contains(&None) { figure.right += 1 } else { figure.missed += 1 }
    }
    figure
}

fn all_rows(accounts: &[BerkaAccount]) -> Vec<LedgerRow> {
    accounts.iter().flat_map(|account| account.rows.clone()).collect()
}

/// Rows told by a key, the places of those with the same one together, of which there are three at least.
fn places_by<K: Ord>(rows: &[LedgerRow], key: impl Fn(&LedgerRow) -> Option<K>) -> BTreeMap<K, Vec<usize>> {
    let mut places: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        if let Some(key) = key(row) {
            places.entry(key).or_default().push(place);
        }
    }
    places.retain(|_, places| places.len() > 2);
    places
}

/// Every standing order that was paid three times is one series.
fn standing_orders(accounts: &[BerkaAccount], orders: &[StandingOrder]) -> Figure {
    let rows = all_rows(accounts);
    let paid =
        places_by(&rows, |row| Some((row.account, row.counterparty.as_deref()?.to_owned(), row.amount)));
    let truth: Vec<Vec<usize>> = orders
        .iter()
        .filter_map(|order| paid.get(&(order.account, order.counterparty.clone(), order.amount)).cloned())
        .collect();
    whole_series("standing orders paid three times", &truth, &found(&rows))
}

/// Whatever goes to or comes from one partner account each month is one series, whatever the amounts.
fn partners(accounts: &[BerkaAccount]) -> Figure {
    let rows = all_rows(accounts);
    let partner = |row: &LedgerRow| {
        let counterparty = row.counterparty.as_deref().filter(|partner| partner.contains(' '))?;
        Some((row.account, counterparty.to_owned(), row.amount.is_sign_positive()))
    };
    let monthly = |places: &Vec<usize>| {
        let months: BTreeSet<_> =
            places.iter().map(|place| (rows[*place].date.year(), rows[*place].date.month())).collect();
        let days: BTreeSet<_> = places.iter().map(|place| rows[*place].date.day()).collect();
        months.len() == places.len() && days.len() == 1
    };
    let truth: Vec<Vec<usize>> = places_by(&rows, partner).into_values().filter(monthly).collect();
    whole_series("partners paid or paying on one day each month", &truth, &found(&rows))
}

/// Cash drawn without a purpose is never recurring.
fn cash(accounts: &[BerkaAccount]) -> Figure {
    let rows = all_rows(accounts);
    let is_cash = |place: &usize| rows[*place].description.as_deref() == Some("VYBER");
    let found = found(&rows);
    let wrong = found.iter().filter(|one| one.rows.iter().all(is_cash)).count();
    let note = format!("of {} series in all", found.len());
    Figure { case: "cash drawn".to_owned(), wrong, note, ..Figure::default() }
}

/// A contract put among real purchases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contract {
    Monthly,
    MonthlyLate,
    MonthlyAtTheEnd,
    DearerFromTheMiddle,
    OnceMissed,
    AtABusyMerchant,
    Quarterly,
    Weekly,
    Bill,
}

impl Contract {
    const ALL: [Self; 9] = [
        Self::Monthly,
        Self::MonthlyLate,
        Self::MonthlyAtTheEnd,
        Self::DearerFromTheMiddle,
        Self::OnceMissed,
        Self::AtABusyMerchant,
        Self::Quarterly,
        Self::Weekly,
        Self::Bill,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Monthly => "monthly, to the day",
            Self::MonthlyLate => "monthly, booked up to two days later and never on a weekend",
            Self::MonthlyAtTheEnd => "monthly, on the last day",
            Self::DearerFromTheMiddle => "monthly, the price goes up once",
            Self::OnceMissed => "monthly, did not come once",
            Self::AtABusyMerchant => "monthly, at the merchant with the most other purchases",
            Self::Quarterly => "quarterly",
            Self::Weekly => "weekly, one price",
            Self::Bill => "monthly, the amount varies by a third",
        }
    }

    /// The days and amounts of the contract.
    fn payments(self, start: NaiveDate, rng: &mut Rng) -> Vec<(NaiveDate, Decimal)> {
        let (step, count) = match self {
            Self::Weekly => (0, 12),
            Self::Quarterly => (3, 5),
            _ => (1, 9),
        };
        let price = Decimal::new(rng.i64(199..9_999), 2);
        let skipped = if self == Self::OnceMissed { rng.u32(2..7) } else { u32::MAX };
        let start =
            start.with_day(if self == Self::MonthlyAtTheEnd { 31 } else { rng.u32(1..29) }).unwrap_or(start);
        let payment = |n: u32| {
            let date =
                if step == 0 { start + Days::new(u64::from(n) * 7) } else { start + Months::new(n * step) };
            let date =
                if self == Self::MonthlyLate { on_a_weekday(date + Days::new(rng.u64(0..3))) } else { date };
            let price = match self {
                Self::DearerFromTheMiddle if n > 4 => price + Decimal::ONE,
                Self::Bill => price * Decimal::new(rng.i64(67..133), 2),
                _ => price,
            };
            (n != skipped).then_some((date, -price.round_dp(2)))
        };
        (0..count).filter_map(payment).collect()
    }
}

fn on_a_weekday(date: NaiveDate) -> NaiveDate {
    match date.weekday() {
        Weekday::Sat => date + Days::new(2),
        Weekday::Sun => date + Days::new(1),
        _ => date,
    }
}

fn row(purchase: &Purchase) -> LedgerRow {
    let row = LedgerRow::new(purchase.account, purchase.date, purchase.amount);
    LedgerRow { description: Some(purchase.merchant.clone()), ..row }
}

/// The purchases of the cards with at least so many, by card.
fn busy_cards(purchases: &[Purchase], least: usize) -> Vec<Vec<LedgerRow>> {
    let mut cards: BTreeMap<AccountId, Vec<LedgerRow>> = BTreeMap::new();
    purchases.iter().for_each(|purchase| cards.entry(purchase.account).or_default().push(row(purchase)));
    cards.into_values().filter(|rows| rows.len() >= least).collect()
}

/// Puts one contract among the purchases of each busy card. A series that holds anything else besides is wrong.
fn planted(contract: Contract, purchases: &[Purchase], seeds: &[u64]) -> Figure {
    let mut figure = Figure { case: contract.name().to_owned(), ..Figure::default() };
    for (card, rows) in
        seeds.iter().flat_map(|seed| busy_cards(purchases, 100).into_iter().map(move |rows| (*seed, rows)))
    {
        let mut rng = Rng::with_seed(card ^ rows.len() as u64);
        let mut rows = rows;
        let start = NaiveDate::from_ymd_opt(2015, 1 + rng.u32(0..12), 1).unwrap_or_default();
        let start =
            if contract == Contract::MonthlyAtTheEnd { start.with_month(1).unwrap_or(start) } else { start };
        let merchant = if contract == Contract::AtABusyMerchant { busiest(&rows) } else { None };
        let merchant = merchant.unwrap_or_else(|| "streaming service".into());
        let before = rows.len();
        rows.extend(
            contract
                .payments(start, &mut rng)
                .into_iter()
                .map(|(date, amount)| {
                    let row = LedgerRow::new(rows[0].account, date, amount);
                    LedgerRow { description: Some(merchant.clone()), ..row }
                })
                .collect::<Vec<_>>(),
        );
        let truth: Vec<usize> = (before..rows.len()).collect();
        let found = found(&rows);
        let one = whole_series("", std::slice::from_ref(&truth), &found);
        let mixed = found.iter().filter(|one| {
            let planted = one.rows.iter().filter(|place| truth.contains(place)).count();
            planted > 1 && planted < one.rows.len()
        });
        figure.tried += 1;
        figure.right += one.right;
        figure.missed += one.missed;
        figure.wrong += mixed.count();
    }
    figure
}

fn busiest(rows: &[LedgerRow]) -> Option<Arc<str>> {
    let mut merchants: BTreeMap<&Arc<str>, usize> = BTreeMap::new();
    rows.iter()
        .filter_map(|row| row.description.as_ref())
        .for_each(|text| *merchants.entry(text).or_default() += 1);
    merchants.into_iter().max_by_key(|(_, count)| *count).map(|(text, _)| text.clone())
}

/// Exchanges the days of each card's purchases among them: what is found then is found by chance.
fn exchanged_days(purchases: &[Purchase], seeds: &[u64]) -> Figure {
    let mut figure = Figure { case: "purchases with exchanged days".to_owned(), ..Figure::default() };
    let mut rows_seen = 0;
    for seed in seeds {
        let mut rng = Rng::with_seed(*seed);
        for mut rows in busy_cards(purchases, 3) {
            let mut days: Vec<NaiveDate> = rows.iter().map(|row| row.date).collect();
            rng.shuffle(&mut days);
            rows.iter_mut().zip(days).for_each(|(row, day)| row.date = day);
            rows_seen += rows.len();
            figure.wrong += found(&rows).len();
        }
    }
    figure.note = format!("series by chance in {rows_seen} rows");
    figure
}
