//! Things that come with many rows and are written once: categories, and the texts of currencies.

use std::collections::HashMap;
use std::sync::Arc;

use finance_core::{Currency, ProviderCategory, ProviderTransaction, StoreError};
use sqlx::sqlite::SqliteConnection;

use super::error::store_error;

/// A provider has some hundreds of categories. One that makes up more shall not fill the memory.
const MOST: usize = 10_000;

/// What is known of repeated values. It must be thrown away when the transaction that filled it is rolled back.
#[derive(Default)]
pub(super) struct Lookups {
    categories: HashMap<ProviderCategory, i64>,
    currencies: HashMap<Currency, Arc<str>>,
}

impl Lookups {
    /// Makes sure that everything repeated in these rows is known.
    pub(super) async fn learn(
        &mut self,
        connection: &mut SqliteConnection,
        rows: impl Iterator<Item = &ProviderTransaction> + Send,
    ) -> Result<(), StoreError> {
        if self.categories.len() > MOST || self.currencies.len() > MOST {
            *self = Self::default();
        }
        for row in rows {
            let currency = row.amount.currency();
            if !self.currencies.contains_key(currency) {
                self.currencies.insert(currency.clone(), currency.key().into());
            }
            if let Some(category) = row.category.as_deref()
                && !self.categories.contains_key(category)
            {
                let id = category_id(connection, category).await?;
                self.categories.insert(category.clone(), id);
            }
        }
        Ok(())
    }

    /// The number of a category that was learned.
    pub(super) fn category(&self, category: &ProviderCategory) -> Option<i64> {
        self.categories.get(category).copied()
    }

    /// The text of a currency.
    pub(super) fn currency(&self, currency: &Currency) -> Arc<str> {
        self.currencies.get(currency).cloned().unwrap_or_else(|| currency.key().into())
    }
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
    Err(super::error::unreadable("category"))
}
