//! The provider's categories: few, written once, and shared by everybody.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use finance_core::{ProviderCategory, ProviderTransaction, StoreError};
use sqlx::postgres::PgConnection;

use super::batch::{Arrays, Binder};
use super::error::store_error;
use crate::records::transactions::Repeated;
use crate::records::{Cells, Values};
use crate::refusals::unreadable;

/// A provider has some hundreds of categories. One that makes up more shall not fill the memory.
const MOST: usize = 10_000;

/// The numbers of categories that are known. A category is stored by itself and never goes, so its number holds for good.
#[derive(Default)]
pub(super) struct Lookups(Mutex<HashMap<ProviderCategory, i64>>);

const ADD: &str = "INSERT INTO finance_categories (detailed_name, primary_name, confidence, version) \
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS v (detailed, primary_name, confidence, version) \
     ORDER BY 1, 2, 3, 4 ON CONFLICT DO NOTHING";
const FIND: &str = "SELECT c.id, c.detailed_name, c.primary_name, c.confidence, c.version \
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS v (detailed, primary_name, confidence, version) \
     JOIN finance_categories c ON c.detailed_name = v.detailed AND c.primary_name = v.primary_name \
     AND coalesce(c.confidence, '') = coalesce(v.confidence, '') AND (c.confidence IS NULL) = (v.confidence IS NULL) \
     AND coalesce(c.version, '') = coalesce(v.version, '') AND (c.version IS NULL) = (v.version IS NULL)";

/// The numbers of the categories of some rows.
pub(super) struct Categories(HashMap<ProviderCategory, i64>);

impl Categories {
    /// The repeated values of one of the rows.
    pub(super) fn repeated(&self, row: &ProviderTransaction) -> Result<Repeated, StoreError> {
        let number = |category| self.0.get(category).copied().ok_or_else(|| unreadable("category"));
        Ok(Repeated {
            category: row.category.as_deref().map(number).transpose()?,
            currency: row.amount.currency().key().into(),
            channel: row.channel.name().into(),
        })
    }
}

impl Lookups {
    /// What is known of the categories of some rows, and those that are not known.
    pub(super) fn known<'a>(
        &self,
        rows: impl Iterator<Item = &'a ProviderTransaction>,
    ) -> (Categories, Vec<&'a ProviderCategory>) {
        let all = self.all();
        let asked: HashSet<&ProviderCategory> = rows.filter_map(|row| row.category.as_deref()).collect();
        let (known, unknown): (Vec<_>, Vec<_>) =
            asked.into_iter().partition(|category| all.contains_key(*category));
        let known = known.into_iter().filter_map(|category| Some((category.clone(), *all.get(category)?)));
        (Categories(known.collect()), unknown)
    }

    /// Looks the unknown ones up, and stores those that are new: outside of transactions, so that nobody waits for another's.
    pub(super) async fn learn(
        &self,
        connection: &mut PgConnection,
        unknown: &[&ProviderCategory],
    ) -> Result<Categories, StoreError> {
        let mut found = HashMap::new();
        for sql in [FIND, ADD, FIND] {
            let arrays = Arrays::of(unknown, |values, category| {
                values.text(category.detailed.as_str());
                values.text(category.primary.as_str());
                values.text(category.confidence.as_deref());
                values.text(category.version.as_deref());
            });
            let mut binder = Binder::default();
            arrays.bind(&mut binder);
            let query = sqlx::query_with(sql, binder.finish()?);
            for row in &query.fetch_all(&mut *connection).await.map_err(store_error)? {
                let mut cells = Cells::of(row);
                let id = cells.number()?;
                let (detailed, primary) = (cells.text()?, cells.text()?);
                let (confidence, version) = (cells.optional_text()?, cells.optional_text()?);
                found.insert(ProviderCategory { primary, detailed, confidence, version }, id);
            }
            if found.len() == unknown.len() {
                break;
            }
        }
        let mut all = self.all();
        if all.len() + found.len() > MOST {
            all.clear();
        }
        all.extend(found.clone());
        Ok(Categories(found))
    }

    fn all(&self) -> MutexGuard<'_, HashMap<ProviderCategory, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Extend<Self> for Categories {
    fn extend<I: IntoIterator<Item = Self>>(&mut self, others: I) {
        others.into_iter().for_each(|other| self.0.extend(other.0));
    }
}
