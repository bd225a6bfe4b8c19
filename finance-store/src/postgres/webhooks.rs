//! Webhooks that were handled.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use finance_core::{StoreError, WebhookDigest, WebhookStore};

use super::PostgresStore;
use super::error::store_error;
use super::writer::{reading, writing};

const KNOWS: &str = "SELECT EXISTS (SELECT 1 FROM finance_webhooks WHERE digest = $1)";
const REMEMBER: &str =
    "INSERT INTO finance_webhooks (digest, seen_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
/// Passes over those that somebody else forgets right now.
const FORGET: &str = "DELETE FROM finance_webhooks WHERE digest = ANY(ARRAY(\
     SELECT digest FROM finance_webhooks WHERE seen_at < $1 FOR UPDATE SKIP LOCKED))";

#[async_trait]
impl WebhookStore for PostgresStore {
    async fn knows_webhook(&self, digest: &WebhookDigest) -> Result<bool, StoreError> {
        reading!(self, |connection| {
            let query = sqlx::query_scalar(KNOWS).bind(digest.0.as_slice());
            query.fetch_one(connection).await.map_err(store_error)
        })
    }

    async fn remember_webhook(
        &self,
        digest: &WebhookDigest,
        at: DateTime<Utc>,
        forget_before: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        writing!(self, |connection| {
            let query = sqlx::query(REMEMBER).bind(digest.0.as_slice()).bind(at);
            query.execute(&mut *connection).await.map_err(store_error)?;
            let query = sqlx::query(FORGET).bind(forget_before);
            query.execute(&mut *connection).await.map(drop).map_err(store_error)
        })
    }
}
