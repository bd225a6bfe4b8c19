use std::time::Duration;

use chrono::TimeDelta;

/// Which webhooks are accepted, and how the keys that sign them are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebhookPolicy {
    /// How long ago a webhook may have been signed. 5 minutes unless changed, as Plaid advises.
    pub max_age: TimeDelta,
    /// How far in the future it may have been signed, by a clock that differs from ours. 1 minute unless changed.
    pub future_skew: TimeDelta,
    /// The largest body. 4 MiB unless changed.
    pub max_body_bytes: usize,
    /// How long a key is used before Plaid is asked again whether it still holds. 24 hours unless changed; a key that is new
    /// makes it ask about all the others, too. When Plaid cannot be asked, a key may be used for as long again.
    pub recheck_keys_after: TimeDelta,
    /// How long a key that Plaid does not know is refused without asking. 10 minutes unless changed.
    pub unknown_key_for: TimeDelta,
    /// How long to wait after Plaid could not be asked about a key. 5 seconds unless changed.
    pub retry_key_after: TimeDelta,
    /// How many keys, known and unknown, are remembered. 64 unless changed; unknown ones are forgotten first.
    pub keys_max: usize,
    /// How often in a minute Plaid is asked about keys. 30 unless changed; whoever makes up keys wears out no more than that.
    pub key_calls_per_minute: u32,
    /// How long asking about a key may take. 5 seconds unless changed: Plaid waits 10 for the answer to a webhook.
    pub key_call_within: Duration,
}

impl Default for WebhookPolicy {
    fn default() -> Self {
        Self {
            max_age: TimeDelta::minutes(5),
            future_skew: TimeDelta::minutes(1),
            max_body_bytes: 4 << 20,
            recheck_keys_after: TimeDelta::hours(24),
            unknown_key_for: TimeDelta::minutes(10),
            retry_key_after: TimeDelta::seconds(5),
            keys_max: 64,
            key_calls_per_minute: 30,
            key_call_within: Duration::from_secs(5),
        }
    }
}
