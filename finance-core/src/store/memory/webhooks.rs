//! Webhooks that were handled.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::provider::WebhookDigest;

#[derive(Default)]
pub(super) struct Webhooks(HashMap<WebhookDigest, DateTime<Utc>>);

impl Webhooks {
    pub(super) fn knows(&self, digest: &WebhookDigest) -> bool {
        self.0.contains_key(digest)
    }

    pub(super) fn remember(
        &mut self,
        digest: &WebhookDigest,
        at: DateTime<Utc>,
        forget_before: DateTime<Utc>,
    ) {
        self.0.entry(*digest).or_insert(at);
        self.0.retain(|_, seen| *seen >= forget_before);
    }
}
