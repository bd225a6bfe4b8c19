//! The port to the memory of webhooks that were handled.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::provider::WebhookDigest;

/// Which webhooks were handled, so that one that arrives again is recognised.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Whether this delivery is remembered.
    async fn knows_webhook(&self, digest: &WebhookDigest) -> Result<bool, StoreError>;

    /// Remembers a delivery, and forgets those that were remembered before an instant. One that is remembered already keeps
    /// its instant.
    async fn remember_webhook(
        &self,
        digest: &WebhookDigest,
        at: DateTime<Utc>,
        forget_before: DateTime<Utc>,
    ) -> Result<(), StoreError>;
}
