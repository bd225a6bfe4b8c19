//! Transactions as a table.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use chrono::NaiveDate;
use finance_core::{
    DateWindow, SyncEngine, TransactionId, TransactionQuery, TransactionState, TransactionText,
    TransactionView, TransactionVisitor, UserId,
};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};

use super::columns::{Batch, Selection, columns};
use super::stream::{Batches, Source};
use crate::errors::Failure;

/// Portions read at once.
const AT_ONCE: usize = 2;

columns! {
    TransactionTable of &TransactionView<'_> as it {
        "id" [Number] = it.id.number(),
        "account" [Number] = it.account.number(),
        "connection" [Number] = it.connection.number(),
        "date" [Day] = it.date,
        "amount" [Amount] = it.amount,
        "currency" [Word] = &*it.currency,
        "name" [Text optional] = it.text(TransactionText::Name),
        "description" [Text optional] = it.text(TransactionText::Description),
        "original_description" [Text optional] = it.text(TransactionText::OriginalDescription),
        "merchant_name" [Word optional] = it.text(TransactionText::MerchantName),
        "merchant_id" [Word optional] = it.text(TransactionText::MerchantId),
        "category" [Word optional] = it.text(TransactionText::Category),
        "category_source" [Word optional] = it.text(TransactionText::CategorySource),
        "provider_category" [Word optional] = it.text(TransactionText::ProviderCategory),
        "assigned_category" [Word optional] = it.text(TransactionText::AssignedCategory),
        "assigned_source" [Word optional] = it.text(TransactionText::AssignedSource),
        "confidence" [Points optional] = it.confidence,
        "pending" [Flag] = it.pending,
        "hidden" [Flag] = it.hidden,
        "state" [Word] = state(it.state),
        "origin" [Word] = it.origin.name(),
        "channel" [Word optional] = it.text(TransactionText::Channel),
        "note" [Text optional] = it.text(TransactionText::Note),
        "imported_id" [Text optional] = it.text(TransactionText::ImportedId),
        "code" [Word optional] = it.text(TransactionText::Code),
        "check_number" [Text optional] = it.text(TransactionText::CheckNumber),
        "merchant_category_code" [Word optional] = it.text(TransactionText::MerchantCategoryCode),
        "authorized_date" [Day optional] = it.authorized_date,
        "datetime" [Instant optional] = it.datetime,
        "authorized_datetime" [Instant optional] = it.authorized_datetime,
        "created_at" [Instant] = it.created_at,
        "updated_at" [Instant] = it.updated_at,
    }
}

const fn state(state: TransactionState) -> &'static str {
    match state {
        TransactionState::Live => "live",
        TransactionState::RemovedByProvider => "removed_by_provider",
        TransactionState::DeletedByUser => "deleted_by_user",
        _ => "other",
    }
}

/// The column that shows a text.
const fn column(text: TransactionText) -> &'static str {
    match text {
        TransactionText::Name => "name",
        TransactionText::Description => "description",
        TransactionText::OriginalDescription => "original_description",
        TransactionText::MerchantName => "merchant_name",
        TransactionText::MerchantId => "merchant_id",
        TransactionText::Category => "category",
        TransactionText::CategorySource => "category_source",
        TransactionText::ProviderCategory => "provider_category",
        TransactionText::AssignedCategory => "assigned_category",
        TransactionText::AssignedSource => "assigned_source",
        TransactionText::Channel => "channel",
        TransactionText::Note => "note",
        TransactionText::ImportedId => "imported_id",
        TransactionText::Code => "code",
        TransactionText::CheckNumber => "check_number",
        TransactionText::MerchantCategoryCode => "merchant_category_code",
    }
}

/// The rows of a query.
#[derive(Clone)]
pub(crate) struct Transactions {
    pub(crate) user: UserId,
    /// Its limit is that of a batch.
    pub(crate) query: TransactionQuery,
    pub(crate) selection: Selection,
}

/// A batch, and the place of its last row if more may follow.
struct Page {
    batch: Option<RecordBatch>,
    after: Option<(NaiveDate, TransactionId)>,
}

/// What a visitor fills.
struct Filling {
    batch: Batch,
    last: Option<(NaiveDate, TransactionId)>,
}

struct Filler(Arc<Mutex<Option<Filling>>>);

impl TransactionVisitor for Filler {
    fn visit(&mut self, row: &TransactionView<'_>) {
        if let Some(filling) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            TransactionTable::add(&mut filling.batch, row);
            filling.last = Some((row.date, row.id));
        }
    }
}

impl Transactions {
    /// The rows of a portion that follow a place.
    async fn page(
        self,
        engine: SyncEngine,
        window: DateWindow,
        after: Option<(NaiveDate, TransactionId)>,
    ) -> Result<Page, Failure> {
        let wanted = |text: &TransactionText| self.selection.has(column(*text));
        let texts: Vec<TransactionText> = TransactionText::ALL.into_iter().filter(wanted).collect();
        let query = TransactionQuery { window, after, ..self.query };
        let filling = Filling { batch: Batch::new(self.selection), last: None };
        let shared = Arc::new(Mutex::new(Some(filling)));
        let filler = Box::new(Filler(shared.clone()));
        engine.visit_transactions(&self.user, &query, &texts, filler).await?;
        let filled = shared.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Filling { batch, last }) = filled else { return Ok(Page { batch: None, after: None }) };
        let rows = batch.rows();
        let batch = (rows > 0).then(|| batch.finish()).transpose()?;
        Ok(Page { batch, after: last.filter(|_| rows >= query.limit as usize) })
    }

    async fn give(self, engine: SyncEngine, batches: Batches) -> Result<(), Failure> {
        let days = engine.transaction_days(&self.user, &self.query).await?;
        let portions = self.query.window.portions(&days, self.query.limit.into());
        let first_page = |window| {
            let page = self.clone().page(engine.clone(), window, None);
            async move { page.await.map(|page| (window, page)) }
        };
        let mut pages = stream::iter(portions).map(first_page).buffered(AT_ONCE);
        while let Some(portion) = pages.next().await {
            let (window, mut page) = portion?;
            loop {
                if let Some(batch) = page.batch
                    && batches.give(batch).await.is_err()
                {
                    return Ok(());
                }
                if page.after.is_none() {
                    break;
                }
                page = self.clone().page(engine.clone(), window, page.after).await?;
            }
        }
        Ok(())
    }
}

impl Source for Transactions {
    fn schema(&self) -> SchemaRef {
        self.selection.schema()
    }

    fn read(&self, engine: SyncEngine, batches: Batches) -> BoxFuture<'static, Result<(), Failure>> {
        self.clone().give(engine, batches).boxed()
    }
}
