//! The tables of the books, written to with the plain C driver.

use std::collections::HashMap;
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use finance_core::{ChangeSet, ProviderCategory};
use rusqlite::{Connection, TransactionBehavior, params};

use crate::Failure;

const INSERT: &str = "INSERT INTO finance_transactions \
    (connection_id, account_id, provider_id, state, pending, date, amount, scale, currency, digest, created_at, \
     updated_at, authorized_date, datetime, authorized_datetime, category_id, channel, pending_provider_id, code, \
     check_number, merchant_category_code, merchant_id, merchant_name, description, original_description) \
    VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const INSERT_JSON: &str = "INSERT INTO finance_transaction_json (transaction_id, json) VALUES (?, ?)";
const INSERT_CATEGORY: &str =
    "INSERT INTO finance_categories (primary_name, detailed_name, confidence, version) VALUES (?, ?, ?, ?)";

/// A connection of the plain driver, set up as the store's own.
pub struct PlainDriver {
    connection: Connection,
    accounts: HashMap<String, i64>,
    categories: HashMap<ProviderCategory, i64>,
}

impl PlainDriver {
    /// Opens books that a store has made, of one connection.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn open(file: &Path) -> Result<Self, Failure> {
        let connection = Connection::open(file)?;
        connection.execute_batch(
            "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384; \
             PRAGMA wal_autocheckpoint = 16000; PRAGMA temp_store = MEMORY",
        )?;
        let accounts = connection
            .prepare("SELECT provider_id, id FROM finance_accounts")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let categories = connection
            .prepare("SELECT primary_name, detailed_name, confidence, version, id FROM finance_categories")?
            .query_map([], |row| {
                let (primary, detailed) = (row.get(0)?, row.get(1)?);
                let (confidence, version) = (row.get(2)?, row.get(3)?);
                Ok((ProviderCategory { primary, detailed, confidence, version }, row.get(4)?))
            })?
            .collect::<Result<_, _>>()?;
        Ok(Self { connection, accounts, categories })
    }

    /// Writes the new rows of a change set, and their raw JSON where they have one.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn insert(&mut self, change: &ChangeSet) -> Result<(), Failure> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let at = change.at.timestamp_micros();
        {
            let mut insert = transaction.prepare(INSERT)?;
            let mut insert_json = transaction.prepare(INSERT_JSON)?;
            for new in &change.inserts {
                let row = &new.row;
                let category = row.category.as_deref();
                if let Some(new) = category.filter(|category| !self.categories.contains_key(category)) {
                    let values = params![new.primary, new.detailed, new.confidence, new.version];
                    let id = transaction.prepare(INSERT_CATEGORY)?.insert(values)?;
                    self.categories.insert(new.clone(), id);
                }
                let amount = row.amount.amount();
                let id = insert.insert(params![
                    change.connection.number(),
                    self.accounts.get(row.account.as_str()),
                    row.id.as_str(),
                    row.pending,
                    day(row.date),
                    i64::try_from(amount.mantissa())?,
                    amount.scale(),
                    row.amount.currency().code(),
                    new.digest.cast_signed(),
                    at,
                    at,
                    row.authorized_date.map(day),
                    row.datetime.map(micros),
                    row.authorized_datetime.map(micros),
                    category.and_then(|category| self.categories.get(category)),
                    row.channel.name(),
                    row.pending_id.as_ref().map(finance_core::ProviderTransactionId::as_str),
                    row.code.as_deref(),
                    row.check_number.as_deref(),
                    row.merchant_category_code.as_deref(),
                    row.merchant_id.as_deref(),
                    row.merchant_name.as_deref(),
                    &*row.description,
                    row.original_description.as_deref(),
                ])?;
                if let Some(raw) = &row.raw {
                    insert_json.execute(params![id, raw.as_bytes()])?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    /// Makes sure that so many rows are stored.
    ///
    /// # Errors
    /// When there are more or fewer.
    pub fn expect_rows(&self, expected: usize) -> Result<(), Failure> {
        let count = "SELECT count(*) FROM finance_transactions";
        let stored: i64 = self.connection.query_row(count, [], |row| row.get(0))?;
        if usize::try_from(stored)? == expected {
            Ok(())
        } else {
            Err(format!("{stored} rows are stored instead of {expected}").into())
        }
    }
}

fn day(date: NaiveDate) -> i64 {
    date.signed_duration_since(NaiveDate::default()).num_days()
}

fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}
