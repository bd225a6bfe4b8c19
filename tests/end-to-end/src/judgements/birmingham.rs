//! The purchase cards of a city: 86,024 rows as the card network told them, in 20 monthly publications.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use csv::Reader;
use finance_core::{AccountId, parse_amount};
use flate2::read::GzDecoder;
use rust_decimal::Decimal;
use serde::Deserialize;

/// One real purchase or refund.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purchase {
    /// The card, told by its last four digits.
    pub account: AccountId,
    /// The day.
    pub date: NaiveDate,
    /// Negative is money spent.
    pub amount: Decimal,
    /// The card network's text, in small letters and cut after 25.
    pub merchant: Arc<str>,
}

impl Purchase {
    /// Whether a merchant like this one asks for a round sum before it knows the real one: fuel, a night's stay.
    pub fn holds_first(&self) -> bool {
        let words =
            ["shell", "esso", "texaco", "pay at pump", "petrol", "travelodge", "premier inn", "hotel"];
        words.iter().any(|word| self.merchant.contains(word))
    }
}

#[derive(Deserialize)]
struct Row {
    date: NaiveDate,
    amount: String,
    merchant: String,
    card: String,
}

/// Reads every purchase below the folder of real bank rows, by day and otherwise in the order of the file.
///
/// # Errors
/// When the file is absent or not as described.
pub fn read_purchases(folder: &Path) -> io::Result<Vec<Purchase>> {
    let file = File::open(folder.join("birmingham/purchase_cards_2015_2016.csv.gz"))?;
    let mut cards: HashMap<String, i64> = HashMap::new();
    let mut purchases = Vec::new();
    for row in Reader::from_reader(GzDecoder::new(file)).deserialize() {
        let row: Row = row?;
        let spent = parse_amount(&row.amount).map_err(io::Error::other)?;
        let next = i64::try_from(cards.len()).map_err(io::Error::other)?;
        let account = AccountId::new(*cards.entry(row.card).or_insert(next));
        purchases.push(Purchase { account, date: row.date, amount: -spent, merchant: row.merchant.into() });
    }
    purchases.sort_by_key(|purchase| purchase.date);
    Ok(purchases)
}
