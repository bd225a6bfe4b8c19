use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::InMemoryState;
use governor::state::NotKeyed;
use governor::state::keyed::DashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use tokio::time::Instant;

use super::Endpoint;

const MINUTE: Duration = Duration::from_secs(60);
/// After so many calls the Items that were not called lately are forgotten.
const CALLS_BETWEEN_SWEEPS: u32 = 1_024;

/// Calls a minute to one endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerMinute {
    /// For one Item; `None` is no limit.
    pub item: Option<NonZeroU32>,
    /// For all Items of one [`PlaidClient`](crate::PlaidClient) together; `None` is no limit.
    pub client: Option<NonZeroU32>,
}

impl PerMinute {
    /// So many calls for an Item and for all together; zero is no limit.
    pub const fn new(item: u32, client: u32) -> Self {
        Self { item: NonZeroU32::new(item), client: NonZeroU32::new(client) }
    }
}

/// How many calls a minute are made, so that Plaid need not refuse any.
///
/// A call over the limit waits its turn, at most [`RateLimits::max_wait`]; if its turn comes later, it fails at
/// once and says when. About half a minute's calls may be made in one go and the rest evenly
/// spread, so that no minute, wherever it begins, has more calls than the limit.
///
/// The limits count the calls of one client in one process. Where several processes share one set of
/// credentials, give each its part with [`RateLimits::with`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateLimits {
    limits: HashMap<Endpoint, PerMinute>,
    /// The longest wait for a turn. 60 s unless changed.
    pub max_wait: Duration,
}

impl RateLimits {
    /// Plaid's defaults for production.
    pub fn production() -> Self {
        Self::each(|endpoint| endpoint.spec().production)
    }

    /// Plaid's defaults for the sandbox.
    pub fn sandbox() -> Self {
        Self::each(|endpoint| endpoint.spec().sandbox)
    }

    /// No limits.
    pub fn off() -> Self {
        Self { limits: HashMap::new(), max_wait: MINUTE }
    }

    /// The same limits with another one for this endpoint.
    #[must_use]
    pub fn with(mut self, endpoint: Endpoint, limit: PerMinute) -> Self {
        self.limits.insert(endpoint, limit);
        self
    }

    /// The limit of an endpoint.
    pub fn limit(&self, endpoint: Endpoint) -> PerMinute {
        self.limits.get(&endpoint).copied().unwrap_or(PerMinute::new(0, 0))
    }

    fn each(limit: impl Fn(Endpoint) -> PerMinute) -> Self {
        Self {
            limits: Endpoint::ALL.into_iter().map(|endpoint| (endpoint, limit(endpoint))).collect(),
            max_wait: MINUTE,
        }
    }
}

/// Counts calls and makes those over the limit wait.
pub(crate) struct Limiter {
    endpoints: HashMap<Endpoint, EndpointLimiter>,
    max_wait: Duration,
    clock: TokioClock,
    /// Access tokens are told apart by a hash under keys that live as long as the limiter; the token itself
    /// is not kept.
    hasher: RandomState,
    calls: AtomicU32,
}

struct EndpointLimiter {
    item: Option<ItemLimiter>,
    client: Option<RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<Duration>>>,
}

type ItemLimiter = RateLimiter<u64, DashMapStateStore<u64>, TokioClock, NoOpMiddleware<Duration>>;

/// A call's turn would come only after so long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TurnTooLate(pub(crate) Duration);

impl Limiter {
    pub(crate) fn new(limits: &RateLimits) -> Self {
        let clock = TokioClock(Instant::now());
        let endpoint = |limit: &PerMinute| EndpointLimiter {
            item: limit.item.map(|limit| RateLimiter::dashmap_with_clock(quota(limit), clock)),
            client: limit.client.map(|limit| RateLimiter::direct_with_clock(quota(limit), clock)),
        };
        Self {
            endpoints: limits.limits.iter().map(|(name, limit)| (*name, endpoint(limit))).collect(),
            max_wait: limits.max_wait,
            clock,
            hasher: RandomState::new(),
            calls: AtomicU32::new(0),
        }
    }

    /// Waits until a call for the Item with this token is due, and counts it.
    pub(crate) async fn turn(&self, endpoint: Endpoint, token: Option<&str>) -> Result<(), TurnTooLate> {
        let Some(limits) = self.endpoints.get(&endpoint) else { return Ok(()) };
        let latest = self.clock.now().saturating_add(self.max_wait);
        if let (Some(items), Some(token)) = (&limits.item, token) {
            let key = self.hasher.hash_one(token);
            self.wait_until(latest, || items.check_key(&key)).await?;
            self.sweep_now_and_then();
        }
        if let Some(client) = &limits.client {
            self.wait_until(latest, || client.check()).await?;
        }
        Ok(())
    }

    async fn wait_until(
        &self,
        latest: Duration,
        check: impl Fn() -> Result<(), NotUntil<Duration>>,
    ) -> Result<(), TurnTooLate> {
        while let Err(later) = check() {
            let now = self.clock.now();
            let wait = later.wait_time_from(now);
            if now.saturating_add(wait) > latest {
                return Err(TurnTooLate(wait));
            }
            tokio::time::sleep(wait).await;
        }
        Ok(())
    }

    fn sweep_now_and_then(&self) {
        if self.calls.fetch_add(1, Ordering::Relaxed) % CALLS_BETWEEN_SWEEPS == CALLS_BETWEEN_SWEEPS - 1 {
            for items in self.endpoints.values().filter_map(|endpoint| endpoint.item.as_ref()) {
                items.retain_recent();
                items.shrink_to_fit();
            }
        }
    }
}

/// Half of the calls at once, the others spread over a minute: together never more than `limit` a minute.
fn quota(limit: NonZeroU32) -> Quota {
    let burst = limit.get().div_ceil(2);
    let spread = (limit.get() - burst).max(1);
    Quota::with_period(MINUTE / spread)
        .unwrap_or_else(|| Quota::per_minute(limit))
        .allow_burst(NonZeroU32::new(burst).unwrap_or(limit))
}

/// The runtime's clock, which tests can pause.
#[derive(Debug, Clone, Copy)]
struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(item: u32, client: u32, max_wait: u64) -> Limiter {
        let mut limits = RateLimits::off().with(Endpoint::TransactionsSync, PerMinute::new(item, client));
        limits.max_wait = Duration::from_secs(max_wait);
        Limiter::new(&limits)
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_has_more_calls_than_the_limit() {
        for limit in [1, 2, 5, 50] {
            let limiter = limiter(limit, 0, 3_600);
            let mut calls = Vec::new();
            for _ in 0..4 * limit {
                limiter.turn(Endpoint::TransactionsSync, Some("token")).await.unwrap();
                calls.push(Instant::now());
            }
            for (index, start) in calls.iter().enumerate() {
                let within = calls[index..].iter().take_while(|call| **call - *start < MINUTE).count();
                assert!(within <= limit as usize, "{within} calls in a minute, {limit} allowed");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn items_wait_apart_and_the_client_together() {
        let limiter = limiter(2, 6, 0);
        let turn = |token| limiter.turn(Endpoint::TransactionsSync, Some(token));
        assert_eq!(turn("a").await, Ok(()));
        assert!(matches!(turn("a").await, Err(TurnTooLate(wait)) if wait > MINUTE / 2));
        assert_eq!(turn("b").await, Ok(()));
        assert_eq!(turn("c").await, Ok(()));
        assert!(turn("d").await.is_err(), "the client's own limit holds for a new Item too");
        assert_eq!(limiter.turn(Endpoint::ItemGet, Some("a")).await, Ok(()), "other endpoints are free");
    }

    #[tokio::test(start_paused = true)]
    async fn items_that_are_not_called_are_forgotten() {
        let limits = RateLimits::off()
            .with(Endpoint::TransactionsSync, PerMinute::new(2, 0))
            .with(Endpoint::ItemGet, PerMinute::new(2, 0));
        let limiter = Limiter::new(&limits);
        for item in 0..CALLS_BETWEEN_SWEEPS - 1 {
            limiter.turn(Endpoint::TransactionsSync, Some(&item.to_string())).await.unwrap();
        }
        let items = limiter.endpoints[&Endpoint::TransactionsSync].item.as_ref().unwrap();
        assert_eq!(items.len(), CALLS_BETWEEN_SWEEPS as usize - 1);
        tokio::time::advance(2 * MINUTE).await;
        limiter.turn(Endpoint::ItemGet, Some("last")).await.unwrap();
        assert_eq!(items.len(), 0, "a call of any endpoint sweeps all");
    }

    #[test]
    fn the_published_defaults_are_kept_to() {
        let sync = PerMinute::new(50, 2_500);
        assert_eq!(RateLimits::production().limit(Endpoint::TransactionsSync), sync);
        assert_eq!(RateLimits::production().limit(Endpoint::AccountsBalanceGet), PerMinute::new(5, 1_200));
        assert_eq!(RateLimits::sandbox().limit(Endpoint::AccountsBalanceGet), PerMinute::new(25, 100));
        assert_eq!(RateLimits::sandbox().limit(Endpoint::SandboxTransactionsCreate), PerMinute::new(2, 50));
        assert_eq!(RateLimits::off().limit(Endpoint::TransactionsSync), PerMinute::new(0, 0));
    }
}
