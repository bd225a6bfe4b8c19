//! Things that come with many rows and are written once: categories, and texts that repeat.

use std::collections::HashMap;
use std::sync::Arc;

use finance_core::{Currency, PaymentChannel, ProviderCategory, ProviderTransaction, StoreError};
use sqlx::sqlite::SqliteConnection;

use super::error::store_error;
use crate::records::transactions::Repeated;
use crate::refusals::unreadable;

/// A provider has some hundreds of categories. One that makes up more shall not fill the memory.
const MOST: usize = 10_000;

/// What is known of repeated values. It must be thrown away when the transaction that filled it is rolled back.
#[derive(Default)]
pub(super) struct Lookups {
    categories: HashMap<ProviderCategory, i64>,
    currencies: HashMap<Currency, Arc<str>>,
    channels: HashMap<PaymentChannel, Arc<str>>,
}

impl Lookups {
    /// Looks the row's repeated values up, and stores those that are new.
    pub(super) async fn repeated(
        &mut self,
        connection: &mut SqliteConnection,
        row: &ProviderTransaction,
    ) -> Result<Repeated, StoreError> {
        let category = match row.category.as_deref() {
            None => None,
            Some(category) => Some(match self.categories.get(category) {
                Some(&id) => id,
                None => self.learn_category(connection, category).await?,
            }),
        };
        let currency = row.amount.currency();
        let currency = cached(&mut self.currencies, currency, || currency.key().into());
        let channel = cached(&mut self.channels, &row.channel, || row.channel.name().into());
        Ok(Repeated { category, currency, channel })
    }

    async fn learn_category(
        &mut self,
        connection: &mut SqliteConnection,
        category: &ProviderCategory,
    ) -> Result<i64, StoreError> {
        let id = category_id(connection, category).await?;
        if self.categories.len() >= MOST {
            self.categories.clear();
        }
        self.categories.insert(category.clone(), id);
        Ok(id)
    }
}

fn cached<K: Clone + Eq + std::hash::Hash>(
    texts: &mut HashMap<K, Arc<str>>,
    key: &K,
    text: impl FnOnce() -> Arc<str>,
) -> Arc<str> {
    if let Some(known) = texts.get(key) {
        return known.clone();
    }
    if texts.len() >= MOST {
        texts.clear();
    }
    texts.entry(key.clone()).or_insert_with(text).clone()
}

async fn category_id(
    connection: &mut SqliteConnection,
    category: &ProviderCategory,
) -> Result<i64, StoreError> {
    let find = "SELECT id FROM finance_categories \
                WHERE detailed_name = ?1 AND primary_name = ?2 AND confidence IS ?3 AND version IS ?4";
    let add = "INSERT INTO finance_categories (detailed_name, primary_name, confidence, version) \
               VALUES (?1, ?2, ?3, ?4) RETURNING id";
    for sql in [find, add] {
        let id = sqlx::query_scalar(sql)
            .bind(category.detailed.as_str())
            .bind(category.primary.as_str())
            .bind(category.confidence.as_deref())
            .bind(category.version.as_deref())
            .fetch_optional(&mut *connection)
            .await
            .map_err(store_error)?;
        if let Some(id) = id {
            return Ok(id);
        }
    }
    Err(unreadable("category"))
}
