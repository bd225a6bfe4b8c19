//! The keys that sign webhooks, remembered one by one under the names that tokens give them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use finance_core::{ProviderErrorKind, WebhookError, WebhookErrorKind};
use p256::ecdsa::VerifyingKey;
use tokio::sync::Mutex as AsyncMutex;

use super::WebhookPolicy;
use crate::client::PlaidClient;
use crate::error::PlaidError;
use crate::wire::WebhookKey;

/// What is known of one key. Whoever asks Plaid about it holds the lock meanwhile, so that others wait for the same answer.
type Slot = Arc<AsyncMutex<Knowledge>>;

#[derive(Default)]
enum Knowledge {
    #[default]
    Nothing,
    Known(KnownKey),
    /// Plaid does not know it.
    Unknown {
        since: DateTime<Utc>,
    },
    /// Plaid could not be asked.
    Unasked {
        since: DateTime<Utc>,
    },
}

#[derive(Clone)]
struct KnownKey {
    key: VerifyingKey,
    expired_at: Option<DateTime<Utc>>,
    /// When to ask again whether it still holds.
    recheck_at: DateTime<Utc>,
    /// From when on it is not used any more unless Plaid says that it still holds.
    good_until: DateTime<Utc>,
}

#[derive(Default)]
struct Calls {
    minute: DateTime<Utc>,
    made: u32,
}

pub(super) struct Keys {
    policy: WebhookPolicy,
    slots: Mutex<HashMap<String, Slot>>,
    calls: Mutex<Calls>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("remembered", &lock(&self.slots).len()).finish()
    }
}

/// Nothing panics while it holds one of the locks with half a change made.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unavailable(message: &'static str) -> WebhookError {
    WebhookError::new(WebhookErrorKind::KeyUnavailable, message)
}

fn unknown() -> WebhookError {
    WebhookError::new(WebhookErrorKind::Forged, "Plaid has no such key, in this environment at least")
}

impl Keys {
    pub(super) fn new(policy: WebhookPolicy) -> Self {
        Self { policy, slots: Mutex::default(), calls: Mutex::default() }
    }

    /// The key of this name as it holds now. Plaid is asked when the key is new, or was not asked about for long.
    pub(super) async fn key(
        &self,
        client: &PlaidClient,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<VerifyingKey, WebhookError> {
        let slot = self.slot(id)?;
        let mut knowledge = slot.lock().await;
        match &*knowledge {
            Knowledge::Known(known) if now < known.recheck_at => return known.usable(now),
            Knowledge::Unknown { since } if is_within(*since, now, self.policy.unknown_key_for) => {
                return Err(unknown());
            }
            Knowledge::Unasked { since } if is_within(*since, now, self.policy.retry_key_after) => {
                return Err(unavailable("Plaid could not be asked about the key a moment ago"));
            }
            _ => {}
        }
        match self.ask(client, id, now).await {
            Ok(Some(known)) => {
                let usable = known.usable(now);
                if matches!(*knowledge, Knowledge::Nothing | Knowledge::Unknown { .. }) {
                    self.recheck_others(now);
                }
                *knowledge = Knowledge::Known(known);
                usable
            }
            Ok(None) => {
                *knowledge = Knowledge::Unknown { since: now };
                Err(unknown())
            }
            Err(error) => match &mut *knowledge {
                Knowledge::Known(known) => {
                    tracing::warn!(%error, "whether a webhook key still holds could not be asked");
                    known.recheck_at = now + self.policy.retry_key_after;
                    if now < known.good_until { known.usable(now) } else { Err(error) }
                }
                other => {
                    *other = Knowledge::Unasked { since: now };
                    Err(error)
                }
            },
        }
    }

    /// Asks Plaid about a key; `None` when it has none of that name.
    async fn ask(
        &self,
        client: &PlaidClient,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<KnownKey>, WebhookError> {
        if !lock(&self.calls).allow(now, self.policy.key_calls_per_minute) {
            return Err(unavailable("too many webhooks named keys that are not known"));
        }
        let call = client.webhook_verification_key_get(id);
        match tokio::time::timeout(self.policy.key_call_within, call).await {
            Ok(Ok(answer)) => self.known(&answer.key, id, now).map(Some),
            Ok(Err(error)) if error.kind() == ProviderErrorKind::InvalidRequest => Ok(None),
            Ok(Err(error)) => Err(asked_in_vain(error)),
            Err(_) => Err(unavailable("Plaid did not tell the key in time")),
        }
    }

    fn known(&self, key: &WebhookKey, id: &str, now: DateTime<Utc>) -> Result<KnownKey, WebhookError> {
        let fits = key.kid == id
            && (key.alg.as_str(), key.crv.as_str(), key.kty.as_str(), key.usage.as_str())
                == ("ES256", "P-256", "EC", "sig");
        let point =
            [&key.x, &key.y].map(|text| URL_SAFE_NO_PAD.decode(text).ok().filter(|it| it.len() == 32));
        let verifying = match point {
            [Some(x), Some(y)] if fits => VerifyingKey::from_sec1_bytes(&[&[4], &x[..], &y].concat()).ok(),
            _ => None,
        };
        let recheck_at = now + self.policy.recheck_keys_after;
        Ok(KnownKey {
            key: verifying.ok_or_else(|| unavailable("what Plaid told is no key for webhooks"))?,
            expired_at: key
                .expired_at
                .map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MIN_UTC)),
            recheck_at,
            good_until: recheck_at + self.policy.recheck_keys_after,
        })
    }

    /// A new key is a sign that others ended.
    fn recheck_others(&self, now: DateTime<Utc>) {
        for slot in lock(&self.slots).values() {
            if let Ok(mut knowledge) = slot.try_lock()
                && let Knowledge::Known(known) = &mut *knowledge
            {
                known.recheck_at = known.recheck_at.min(now);
            }
        }
    }

    /// The place of a key, made when there is none. Another one makes room when there are too many.
    fn slot(&self, id: &str) -> Result<Slot, WebhookError> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(id) {
            return Ok(Arc::clone(slot));
        }
        if slots.len() >= self.policy.keys_max.max(1) {
            let idle = slots.iter().filter(|(_, slot)| Arc::strong_count(slot) == 1);
            let ranked = idle.filter_map(|(id, slot)| Some((slot.try_lock().ok()?.worth(), id)));
            let least = ranked.min().map(|(_, id)| id.clone());
            let least = least.ok_or_else(|| unavailable("too many keys are being asked about"))?;
            slots.remove(&least);
        }
        Ok(Arc::clone(slots.entry(id.to_owned()).or_default()))
    }
}

impl Knowledge {
    /// What is worth least is forgotten first: what is no key, then keys not asked about for longest.
    fn worth(&self) -> (bool, DateTime<Utc>) {
        match self {
            Self::Nothing => (false, DateTime::<Utc>::MIN_UTC),
            Self::Unknown { since } | Self::Unasked { since } => (false, *since),
            Self::Known(known) => (true, known.good_until),
        }
    }
}

impl KnownKey {
    fn usable(&self, now: DateTime<Utc>) -> Result<VerifyingKey, WebhookError> {
        if self.expired_at.is_some_and(|end| end <= now) {
            return Err(WebhookError::new(WebhookErrorKind::Forged, "Plaid no longer signs with this key"));
        }
        Ok(self.key)
    }
}

impl Calls {
    fn allow(&mut self, now: DateTime<Utc>, limit: u32) -> bool {
        if !is_within(self.minute, now, TimeDelta::minutes(1)) {
            *self = Self { minute: now, made: 0 };
        }
        self.made += 1;
        self.made <= limit
    }
}

/// Whether an instant lies less than so long ago; one in the future does not, for a clock was wrong then.
fn is_within(since: DateTime<Utc>, now: DateTime<Utc>, span: TimeDelta) -> bool {
    (TimeDelta::zero()..span).contains(&now.signed_duration_since(since))
}

fn asked_in_vain(error: PlaidError) -> WebhookError {
    unavailable("Plaid could not be asked about the key").with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_225_600 + second, 0).unwrap()
    }

    #[test]
    fn calls_are_counted_by_the_minute() {
        let mut calls = Calls::default();
        let allowed = [0, 1, 2, 59, 60, 61, 62, 10, 11].map(|second| calls.allow(at(second), 2));
        assert_eq!(allowed, [true, true, false, false, true, true, false, true, true]);
    }

    #[tokio::test]
    async fn what_is_no_key_makes_room_first() {
        let policy = WebhookPolicy { keys_max: 3, ..WebhookPolicy::default() };
        let keys = Keys::new(policy);
        let known = KnownKey {
            key: *p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap().verifying_key(),
            expired_at: None,
            recheck_at: at(0),
            good_until: at(0),
        };
        *keys.slot("known").unwrap().lock().await = Knowledge::Known(known);
        *keys.slot("older").unwrap().lock().await = Knowledge::Unknown { since: at(1) };
        *keys.slot("newer").unwrap().lock().await = Knowledge::Unknown { since: at(2) };
        let remembered = |keys: &Keys| {
            let mut ids: Vec<String> = lock(&keys.slots).keys().cloned().collect();
            ids.sort();
            ids.join(" ")
        };
        let first = keys.slot("first").unwrap();
        assert_eq!(remembered(&keys), "first known newer");
        let second = keys.slot("second").unwrap();
        assert_eq!(remembered(&keys), "first known second");
        // What is in use stays, and the known key is all that is left to make room.
        let third = keys.slot("third").unwrap();
        assert_eq!(remembered(&keys), "first second third");
        assert_eq!(keys.slot("fourth").err().unwrap().kind(), WebhookErrorKind::KeyUnavailable);
        drop((first, second, third));
        keys.slot("fourth").unwrap();
    }
}
