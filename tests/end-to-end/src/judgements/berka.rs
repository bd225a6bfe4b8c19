//! Accounts of a Czech bank, 1993 to 1994: every row, and the balance after every day that has rows.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use finance_core::{AccountId, LedgerRow, parse_amount};
use flate2::read::GzDecoder;
use rust_decimal::Decimal;

/// One account of the bank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BerkaAccount {
    /// The bank's number.
    pub number: i64,
    /// Its rows in the order of the file.
    pub rows: Vec<LedgerRow>,
    /// What it held at the end of each day that has rows, oldest first.
    pub balances: Vec<(NaiveDate, Decimal)>,
}

/// Reads every account below the folder of real bank rows, by number.
///
/// # Errors
/// When a file is absent or not as described.
pub fn read_accounts(folder: &Path) -> io::Result<Vec<BerkaAccount>> {
    let mut accounts: BTreeMap<i64, BerkaAccount> = BTreeMap::new();
    each_record(&folder.join("berka/trans_200.csv.gz"), |field| {
        let number = field(1)?.parse().ok()?;
        let amount = parse_amount(field(5)?).ok()?;
        let sign = if field(3)? == "PRIJEM" { Decimal::ONE } else { Decimal::NEGATIVE_ONE };
        let mut row = LedgerRow::new(AccountId::new(number), date(field(2)?)?, amount * sign);
        row.imported_id = Some(field(0)?.into());
        row.description = text(&[field(4)?, field(7)?]);
        row.counterparty = text(&[field(8)?, field(9)?]);
        let account = accounts.entry(number).or_default();
        account.number = number;
        account.rows.push(row);
        Some(())
    })?;
    each_record(&folder.join("berka/daily_balances_200.csv.gz"), |field| {
        let account = accounts.get_mut(&field(0)?.parse().ok()?)?;
        account.balances.push((date(field(1)?)?, parse_amount(field(3)?).ok()?));
        Some(())
    })?;
    Ok(accounts.into_values().collect())
}

fn text(words: &[&str]) -> Option<Arc<str>> {
    let words: Vec<&str> = words.iter().map(|word| word.trim()).filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then(|| words.join(" ").into())
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%y%m%d").ok()
}

type Field<'a> = dyn Fn(usize) -> Option<&'a str> + 'a;

fn each_record(path: &Path, mut keep: impl FnMut(&Field<'_>) -> Option<()>) -> io::Result<()> {
    for (index, record) in csv::Reader::from_reader(GzDecoder::new(File::open(path)?)).records().enumerate() {
        let record = record.map_err(io::Error::other)?;
        let unexpected = || io::Error::other(format!("{}: record {}", path.display(), index + 1));
        keep(&|field| record.get(field)).ok_or_else(unexpected)?;
    }
    Ok(())
}
