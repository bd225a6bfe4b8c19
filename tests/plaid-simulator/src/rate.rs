//! Plaid's Sandbox rate limits.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::error::PlaidError;
use crate::server::Endpoint;

const WINDOW: Duration = Duration::from_secs(60);

/// Calls of the last minute, per endpoint and item, and per endpoint and client.
#[derive(Debug, Default)]
pub(crate) struct Rates {
    calls: HashMap<(Endpoint, bool, String), VecDeque<Instant>>,
}

/// Per item, per client, error code.
fn limits(endpoint: Endpoint) -> Option<(usize, usize, &'static str)> {
    match endpoint {
        Endpoint::TransactionsSync => Some((50, 1_000, "TRANSACTIONS_SYNC_LIMIT")),
        Endpoint::TransactionsGet => Some((80, 1_000, "TRANSACTIONS_LIMIT")),
        Endpoint::TransactionsRefresh => Some((2, 100, "TRANSACTIONS_REFRESH_LIMIT")),
        Endpoint::AccountsGet => Some((100, 5_000, "ACCOUNTS_LIMIT")),
        Endpoint::AccountsBalanceGet => Some((25, 100, "BALANCE_LIMIT")),
        Endpoint::ItemGet => Some((40, 5_000, "ITEM_GET_LIMIT")),
        Endpoint::ItemRemove => Some((100, 500, "RATE_LIMIT")),
        Endpoint::InstitutionsGetById => Some((usize::MAX, 400, "INSTITUTIONS_GET_BY_ID_LIMIT")),
        Endpoint::SandboxTransactionsCreate => Some((2, 50, "RATE_LIMIT")),
        _ => None,
    }
}

impl Rates {
    /// Counts a call, or refuses it.
    pub(crate) fn count(
        &mut self,
        endpoint: Endpoint,
        item: Option<&str>,
        client: &str,
        now: Instant,
    ) -> Result<(), PlaidError> {
        let Some((per_item, per_client, code)) = limits(endpoint) else { return Ok(()) };
        let mut subjects = vec![(false, client, per_client)];
        subjects.extend(item.map(|item| (true, item, per_item)));
        for &(is_item, subject, limit) in &subjects {
            let calls = self.calls.entry((endpoint, is_item, subject.to_owned())).or_default();
            while calls.front().is_some_and(|first| now.duration_since(*first) >= WINDOW) {
                calls.pop_front();
            }
            if calls.len() >= limit {
                return Err(PlaidError::new(code));
            }
        }
        for (is_item, subject, _) in subjects {
            self.calls.entry((endpoint, is_item, subject.to_owned())).or_default().push_back(now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Rates};
    use std::time::{Duration, Instant};

    #[test]
    fn a_minute_holds_so_many_calls_per_item() {
        let (mut rates, start) = (Rates::default(), Instant::now());
        let mut call = |item, at| rates.count(Endpoint::TransactionsSync, Some(item), "me", at).is_ok();
        assert!((0..50).all(|_| call("one", start)));
        assert!(!call("one", start + Duration::from_secs(59)));
        assert!(call("two", start));
        assert!(call("one", start + Duration::from_secs(60)));
    }
}
