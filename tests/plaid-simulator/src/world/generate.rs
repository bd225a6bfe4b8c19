//! Rows that follow from a seed and their number, so that a million of them take no memory.

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use super::account::{Account, is_unofficial};
use super::ids::{mix, mix_text};
use super::merchants::{MERCHANTS, Role, of_role};
use super::row::Row;

/// How large a generated login is.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    pub(crate) accounts: usize,
    pub(crate) transactions: u32,
    pub(crate) days: u32,
    pub(crate) currencies: Vec<String>,
}

/// Makes row `i` of a login from nothing but `i`. Row 0 is the newest; dates never rise with the number.
#[derive(Debug)]
pub(crate) struct Generator {
    seed: u64,
    count: u32,
    days: u32,
    newest: NaiveDate,
    ways: Vec<Way>,
}

/// One account that has transactions, and what happens on it.
#[derive(Debug)]
struct Way {
    account: u16,
    outflow: Vec<u16>,
    inflow: Vec<u16>,
    /// `None` for crypto: three to eight decimals as they come.
    decimals: Option<u32>,
    pends: bool,
}

/// Only the newest rows may be pending.
const PENDING_ROWS: u32 = 40;

impl Generator {
    pub(crate) fn new(seed: u64, size: &Size, newest: NaiveDate, accounts: &[Account]) -> Self {
        let ways: Vec<Way> = (0u16..)
            .zip(accounts)
            .filter(|(_, account)| account.has_transactions())
            .map(|(index, account)| Way::new(index, account))
            .collect();
        let count = if ways.is_empty() { 0 } else { size.transactions };
        Self { seed, count, days: size.days.max(1), newest, ways }
    }

    pub(crate) fn len(&self) -> u32 {
        self.count
    }

    pub(crate) fn date(&self, row: u32) -> NaiveDate {
        let back = u64::from(row) * u64::from(self.days) / u64::from(self.count.max(1));
        self.newest.checked_sub_days(Days::new(back)).unwrap_or(self.newest)
    }

    /// Where a row's content comes from: some rows repeat the one before, as two equal coffees do.
    fn random(&self, row: u32) -> u64 {
        let source = if row % 53 == 1 { row - 1 } else { row };
        mix(self.seed ^ mix(u64::from(source)))
    }

    fn way(&self, random: u64) -> &Way {
        let count = self.ways.len() as u64;
        let index = (random % count).min((random >> 16) % count);
        &self.ways[index as usize]
    }

    pub(crate) fn account(&self, row: u32) -> u16 {
        self.way(self.random(row)).account
    }

    pub(crate) fn row(&self, row: u32) -> Row {
        let random = self.random(row);
        let date = self.date(row);
        let pending = row < PENDING_ROWS && random >> 9 & 3 == 0 && (self.newest - date).num_days() <= 2;
        self.way(random).row(mix(random), date, pending)
    }

    /// A new row of one day, for the life of the world.
    pub(crate) fn fresh(&self, random: u64, date: NaiveDate) -> Option<Row> {
        (!self.ways.is_empty()).then(|| {
            let way = self.way(random);
            way.row(mix(random), date, way.pends)
        })
    }

    pub(crate) fn newest_possibly_pending(&self) -> impl Iterator<Item = u32> + use<> {
        0..self.count.min(PENDING_ROWS)
    }
}

impl Way {
    fn new(index: u16, account: &Account) -> Self {
        let (outflow, inflow) = match account.kind.as_str() {
            "credit" => (vec![Role::Purchase], vec![Role::Payment]),
            "loan" => (vec![], vec![Role::Payment]),
            _ => (vec![Role::Purchase, Role::Bill], vec![Role::Income]),
        };
        Self {
            account: index,
            outflow: of_role(&outflow),
            inflow: of_role(&inflow),
            decimals: decimals(&account.currency),
            pends: account.kind != "loan",
        }
    }

    fn row(&self, random: u64, date: NaiveDate, pending: bool) -> Row {
        let money_in = self.outflow.is_empty() || random.is_multiple_of(9);
        let choice = if money_in { &self.inflow } else { &self.outflow };
        let merchant = choice[(random >> 8) as usize % choice.len()];
        let entry = &MERCHANTS[usize::from(merchant)];
        let (low, high) = entry.cents;
        let cents = low + ((random >> 20) % (high - low) as u64) as i64;
        let amount = match self.decimals {
            Some(scale) => Decimal::new(cents, scale),
            None => Decimal::new(1 + (random >> 20) as i64 % 99_999_999, 3 + (random >> 4) as u32 % 6),
        };
        let in_store = !entry.statement.ends_with(".COM") && entry.role == Role::Purchase;
        Row {
            account: self.account,
            amount: if money_in { -amount } else { amount },
            date,
            authorized_date: (random & 3 != 0).then_some(date - Days::new(random >> 50 & 1)),
            pending: pending && self.pends,
            pending_row: None,
            merchant,
            reference: if in_store { 1_000 + (random >> 33) as u32 % 9_000 } else { 0 },
            name: None,
            currency: None,
            fields: None,
        }
    }
}

fn decimals(currency: &str) -> Option<u32> {
    match currency {
        "JPY" | "KRW" | "CLP" | "ISK" => Some(0),
        "KWD" | "BHD" | "OMR" | "TND" => Some(3),
        code if is_unofficial(code) => None,
        _ => Some(2),
    }
}

/// What a generated login holds, in this order, over and over.
const ACCOUNTS: [(&str, &str, &str, &str); 8] = [
    ("depository", "checking", "Plaid Checking", "Plaid Gold Standard 0% Interest Checking"),
    ("depository", "savings", "Plaid Saving", "Plaid Silver Standard 0.1% Interest Saving"),
    ("credit", "credit card", "Plaid Credit Card", "Plaid Diamond 12.5% APR Interest Credit Card"),
    ("investment", "401k", "Plaid 401k", "Plaid 401k"),
    (
        "depository",
        "money market",
        "Plaid Money Market",
        "Plaid Platinum Standard 1.85% Interest Money Market",
    ),
    ("loan", "student", "Plaid Student Loan", "Plaid Student Loan"),
    ("depository", "cd", "Plaid CD", "Plaid Bronze Standard 0.2% Interest CD"),
    ("loan", "mortgage", "Plaid Mortgage", "Plaid Mortgage"),
];

/// The accounts of a generated login.
pub(crate) fn accounts(seed: u64, size: &Size) -> Vec<Account> {
    (0..size.accounts)
        .map(|index| {
            let (kind, subtype, name, official) = ACCOUNTS[index % ACCOUNTS.len()];
            let currency = match size.currencies.len() {
                0 => "USD",
                count => &size.currencies[index % count],
            };
            account(mix_text(seed ^ index as u64, name), index, (kind, subtype, name, official), currency)
        })
        .collect()
}

fn account(
    random: u64,
    index: usize,
    (kind, subtype, name, official): (&str, &str, &str, &str),
    currency: &str,
) -> Account {
    let current = Decimal::new(10_000 + (random % 900_000) as i64, decimals(currency).unwrap_or(5));
    let limit = (kind == "credit").then(|| Decimal::from(20_000));
    let available = match kind {
        "depository" => Some(current),
        "credit" => limit.map(|limit| limit - current),
        _ => None,
    };
    let round = index / ACCOUNTS.len();
    Account {
        kind: kind.into(),
        subtype: Some(subtype.into()),
        name: if round == 0 { name.into() } else { format!("{name} {}", round + 1) },
        official_name: Some(official.into()),
        mask: Some(format!("{:04}", (index * 1111) % 10_000)),
        currency: currency.into(),
        current: Some(current),
        available,
        limit,
        apy: None,
        closed: false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Generator, Size, accounts};
    use chrono::NaiveDate;

    #[test]
    fn rows_follow_from_the_seed_and_dates_never_rise() {
        let size = Size {
            accounts: 6,
            transactions: 5_000,
            days: 700,
            currencies: ["USD", "JPY", "BTC"].map(String::from).to_vec(),
        };
        let today = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let made = || Generator::new(5, &size, today, &accounts(5, &size));
        let (one, two) = (made(), made());
        let mut last = today;
        for index in 0..5_000 {
            let row = one.row(index);
            assert_eq!(format!("{row:?}"), format!("{:?}", two.row(index)));
            assert_eq!(row.account, one.account(index));
            assert!(row.date <= last && !row.amount.is_zero());
            last = row.date;
        }
        assert!((0..5_000).any(|index| one.row(index).amount.scale() > 4), "crypto has more decimals");
        assert!(one.newest_possibly_pending().any(|index| one.row(index).pending));
    }
}
