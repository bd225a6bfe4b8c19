use std::time::Duration;

use finance_core::ProviderErrorKind;

/// How often and how long a failed call is repeated before its error is handed on.
///
/// Only [`ProviderErrorKind::RetryLater`] is repeated: rate limits, faults inside Plaid, broken connections
/// and time-outs. An institution that is down for hours is the scheduler's affair. A call that must not
/// happen twice is not repeated after its answer was lost, whatever the policy.
///
/// The wait before repetition `n` is drawn evenly from zero to `base * 2^(n-1)`, at most `cap` (full jitter),
/// so that many callers that failed together do not come back together. A wait that a server names itself
/// is kept to instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Calls in all, the first one included. With 1 nothing is repeated.
    pub attempts: u32,
    /// No repetition begins later than this after the start of the first call.
    pub total: Duration,
    /// The longest wait before the first repetition.
    pub base: Duration,
    /// The longest wait before any repetition that no server asked for.
    pub cap: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            total: Duration::from_secs(120),
            base: Duration::from_secs(2),
            cap: Duration::from_secs(30),
        }
    }
}

/// What to do after a failed call; there is no third way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDecision {
    /// Call again after this wait.
    RetryAfter(Duration),
    /// Hand the error on.
    Stop,
}

impl RetryPolicy {
    /// Never repeats a call.
    pub fn never() -> Self {
        Self { attempts: 1, ..Self::default() }
    }

    /// What to do after failed call number `attempt` (from 1), `elapsed` after the start of the first.
    ///
    /// `random` is any number, evenly spread over all of `u64`; `hint` is the wait that the server asked for.
    /// A hint that leads past `total` stops: coming back earlier would be refused again.
    ///
    /// ```
    /// use std::time::Duration;
    /// use finance_core::ProviderErrorKind;
    /// use finance_plaid::{RetryDecision, RetryPolicy};
    ///
    /// let policy = RetryPolicy { base: Duration::from_secs(4), ..RetryPolicy::default() };
    /// let after_second = policy.decide(ProviderErrorKind::RetryLater, 2, Duration::ZERO, u64::MAX / 2, None);
    /// let RetryDecision::RetryAfter(wait) = after_second else { panic!("it may be repeated") };
    /// assert_eq!(wait.as_millis(), 3_999); // about half of 4 s * 2
    /// ```
    pub fn decide(
        &self,
        kind: ProviderErrorKind,
        attempt: u32,
        elapsed: Duration,
        random: u64,
        hint: Option<Duration>,
    ) -> RetryDecision {
        if kind != ProviderErrorKind::RetryLater || attempt >= self.attempts {
            return RetryDecision::Stop;
        }
        let wait = hint.unwrap_or_else(|| part(self.longest_wait(attempt), random));
        match elapsed.checked_add(wait) {
            Some(begin) if begin <= self.total => RetryDecision::RetryAfter(wait),
            _ => RetryDecision::Stop,
        }
    }

    fn longest_wait(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.base.saturating_mul(1 << doublings).min(self.cap)
    }
}

/// `whole * random / 2^64`, in whole nanoseconds.
fn part(whole: Duration, random: u64) -> Duration {
    let nanos = u64::try_from(whole.as_nanos()).unwrap_or(u64::MAX);
    let part = (u128::from(nanos) * u128::from(random)) >> 64;
    Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ProviderErrorKind::RetryLater;
    use RetryDecision::{RetryAfter, Stop};

    const SECOND: Duration = Duration::from_secs(1);

    fn policy() -> RetryPolicy {
        RetryPolicy { attempts: 6, total: 60 * SECOND, base: SECOND, cap: 10 * SECOND }
    }

    #[test]
    fn waits_double_up_to_the_cap_and_are_drawn_from_zero() {
        for (attempt, longest) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10)] {
            let decide = |random| policy().decide(RetryLater, attempt, Duration::ZERO, random, None);
            assert_eq!(decide(0), RetryAfter(Duration::ZERO));
            assert_eq!(decide(1 << 63), RetryAfter(longest * SECOND / 2));
            let RetryAfter(wait) = decide(u64::MAX) else { panic!("it may be repeated") };
            assert!(longest * SECOND - wait <= Duration::from_nanos(1), "{wait:?}");
        }
    }

    #[test]
    fn attempts_and_total_time_bound_it() {
        let cases = [
            (5, 0, None, RetryAfter(Duration::ZERO)),
            (6, 0, None, Stop),
            (1, 60, None, RetryAfter(Duration::ZERO)),
            (1, 61, None, Stop),
            // A server's hint wins over jitter and cap, and is never cut short.
            (1, 0, Some(20), RetryAfter(20 * SECOND)),
            (1, 40, Some(20), RetryAfter(20 * SECOND)),
            (1, 41, Some(20), Stop),
            (1, 0, Some(u64::MAX), Stop),
        ];
        for (attempt, elapsed, hint, decision) in cases {
            let hint = hint.map(Duration::from_secs);
            let elapsed = Duration::from_secs(elapsed);
            assert_eq!(policy().decide(RetryLater, attempt, elapsed, 0, hint), decision);
        }
    }

    #[test]
    fn only_passing_faults_are_repeated() {
        for kind in ProviderErrorKind::ALL.into_iter().filter(|kind| *kind != RetryLater) {
            assert_eq!(policy().decide(kind, 1, Duration::ZERO, 0, Some(SECOND)), Stop, "{kind:?}");
        }
        assert_eq!(RetryPolicy::never().decide(RetryLater, 1, Duration::ZERO, 0, None), Stop);
    }

    #[test]
    fn huge_values_do_not_overflow() {
        let huge =
            RetryPolicy { attempts: u32::MAX, total: Duration::MAX, base: Duration::MAX, cap: Duration::MAX };
        assert!(matches!(
            huge.decide(RetryLater, u32::MAX - 1, Duration::ZERO, u64::MAX, None),
            RetryAfter(_)
        ));
        assert_eq!(huge.decide(RetryLater, 1, SECOND, 0, Some(Duration::MAX)), Stop);
    }
}
