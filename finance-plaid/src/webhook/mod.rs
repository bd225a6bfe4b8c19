//! Whether a webhook comes from Plaid: the signature of its `Plaid-Verification` header, its age, the hash of its body.

mod keys;
mod policy;
mod token;

use chrono::{DateTime, Utc};
use finance_core::{WebhookDelivery, WebhookDigest, WebhookError, WebhookErrorKind};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

pub use policy::WebhookPolicy;

use crate::client::PlaidClient;
use keys::Keys;
use token::SignedToken;

/// The header that holds the signature.
const HEADER: &str = "Plaid-Verification";

/// Tells Plaid's webhooks from others.
#[derive(Debug)]
pub(crate) struct Verifier {
    policy: WebhookPolicy,
    keys: Keys,
}

/// What is known of a delivery that Plaid signed.
pub(crate) struct Signed {
    pub(crate) digest: WebhookDigest,
    pub(crate) at: DateTime<Utc>,
}

impl Verifier {
    pub(crate) fn new(policy: WebhookPolicy) -> Self {
        Self { keys: Keys::new(policy.clone()), policy }
    }

    /// Checks everything about a delivery but what its body says, which is not looked at.
    pub(crate) async fn verify(
        &self,
        client: &PlaidClient,
        delivery: &WebhookDelivery,
    ) -> Result<Signed, WebhookError> {
        let malformed = |message| WebhookError::new(WebhookErrorKind::Malformed, message);
        if delivery.body.len() > self.policy.max_body_bytes {
            return Err(malformed("the body is larger than any webhook of Plaid"));
        }
        let token = delivery
            .header(HEADER)
            .ok_or_else(|| malformed("there is no Plaid-Verification header, or more than one"))?;
        let token = SignedToken::read(token)?;
        let key = self.keys.key(client, token.key_id(), delivery.received_at).await?;
        let claims = token.claims(&key)?;
        self.check_age(claims.at, delivery.received_at)?;
        let hash: [u8; 32] = Sha256::digest(&delivery.body).into();
        if !bool::from(hash.ct_eq(&claims.body_hash)) {
            let message = "the body is not the one that was signed; was it parsed and written anew?";
            return Err(WebhookError::new(WebhookErrorKind::Forged, message));
        }
        Ok(Signed { digest: token.digest(), at: claims.at })
    }

    fn check_age(&self, sent_at: DateTime<Utc>, received_at: DateTime<Utc>) -> Result<(), WebhookError> {
        let age = received_at.signed_duration_since(sent_at);
        let message = if age > self.policy.max_age {
            "the webhook was signed too long ago"
        } else if age < -self.policy.future_skew {
            "the webhook was signed in the future; is the clock right?"
        } else {
            return Ok(());
        };
        Err(WebhookError::new(WebhookErrorKind::Stale, message))
    }
}
