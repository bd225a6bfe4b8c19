//! Webhooks that were handled.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use finance_core::{StoreError, WebhookDigest, WebhookStore};

use super::SqliteStore;
use super::error::store_error;
use super::read::micros;
use super::writer::commit;

pub(super) const KNOWS: &str = "SELECT EXISTS (SELECT 1 FROM finance_webhooks WHERE digest = ?)";
pub(super) const FORGET: &str = "DELETE FROM finance_webhooks WHERE seen_at < ?";

#[async_trait]
impl WebhookStore for SqliteStore {
    async fn knows_webhook(&self, digest: &WebhookDigest) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar(KNOWS).bind(digest.0.as_slice());
        query.fetch_one(&self.readers).await.map_err(store_error)
    }

    async fn remember_webhook(
        &self,
        digest: &WebhookDigest,
        at: DateTime<Utc>,
        forget_before: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mut turn = self.writer.turn().await?;
        let mut transaction = turn.begin().await?;
        sqlx::query("INSERT INTO finance_webhooks (digest, seen_at) VALUES (?, ?) ON CONFLICT DO NOTHING")
            .bind(digest.0.as_slice())
            .bind(micros(at))
            .execute(&mut *transaction)
            .await
            .map_err(store_error)?;
        let forget = sqlx::query(FORGET).bind(micros(forget_before));
        forget.execute(&mut *transaction).await.map_err(store_error)?;
        commit(transaction).await
    }
}
