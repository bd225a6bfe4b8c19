//! One sync of a connection at a time, over all tasks and processes on one store.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::future::{Either, select};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::progress::Throttle;
use super::{Cancellation, SyncEngine, SyncError, SyncErrorKind, SyncProgress};
use crate::model::{Connection, ConnectionId, UserId};
use crate::store::{Lease, StoreErrorKind};

/// How syncs keep out of each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeasePolicy {
    /// How long a lease holds unless it is renewed, which is done three times as often; at least a second, at most a day. A
    /// sync whose process dies keeps its connection from others for no longer than this.
    pub term: Duration,
    /// How long a sync waits for another one of the same connection to end.
    pub patience: Duration,
    /// How often it looks whether one of another process has ended.
    pub look_every: Duration,
}

impl Default for LeasePolicy {
    /// A minute; two minutes of patience; four looks a second.
    fn default() -> Self {
        Self {
            term: Duration::from_secs(60),
            patience: Duration::from_secs(120),
            look_every: Duration::from_millis(250),
        }
    }
}

/// Nobody waits longer, whatever a policy says: as long as [`LEASE_MAX`](crate::LEASE_MAX).
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// No lease is shorter, whatever a policy says.
pub(super) const SHORTEST: Duration = Duration::from_secs(1);

impl LeasePolicy {
    fn term(&self) -> Duration {
        self.term.clamp(SHORTEST, LONGEST)
    }

    /// Up to when a lease holds that is taken or renewed now.
    pub(super) fn until(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let term = TimeDelta::from_std(self.term()).unwrap_or_default();
        now.checked_add_signed(term).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// A lease that is released when it is dropped, a moment later where it can be.
pub(super) struct HeldLease {
    engine: SyncEngine,
    lease: Lease,
    lost: AtomicBool,
    ended: bool,
    /// Whoever waits for the engine to settle waits for it, too.
    _unfinished: TaskTrackerToken,
}

impl SyncEngine {
    /// Waits until nobody else syncs the connection, with bounded patience, and keeps others from it.
    pub(super) async fn wait_for_lease(
        &self,
        connection: &Connection,
        cancellation: Option<&Cancellation>,
        throttle: &Throttle<'_>,
    ) -> Result<HeldLease, SyncError> {
        let policy = self.options.lease;
        let deadline = Instant::now() + policy.patience.min(LONGEST);
        let mut told = false;
        loop {
            if cancellation.is_some_and(Cancellation::is_cancelled) {
                return Err(cancelled(connection.id));
            }
            let news = self.schedule_news.notified();
            match self.try_lease(&connection.user, connection.id).await {
                Err(error) if *error.kind() == SyncErrorKind::Busy && Instant::now() < deadline => {}
                answer => return answer,
            }
            if !std::mem::replace(&mut told, true) {
                throttle.tell(SyncProgress::Waiting { connection: connection.id });
            }
            let look = sleep_until(deadline.min(Instant::now() + policy.look_every.min(LONGEST)));
            select(pin!(look), select(pin!(news), pin!(until_cancelled(cancellation)))).await;
        }
    }

    /// Keeps others from the connection, unless one of them is at it. In a task of its own: a caller who gave up in between
    /// would leave a lease that nobody releases.
    pub(super) async fn try_lease(
        &self,
        user: &UserId,
        connection: ConnectionId,
    ) -> Result<HeldLease, SyncError> {
        let (engine, user) = (self.clone(), user.clone());
        let taking = self.unfinished.spawn(async move {
            let now = engine.clock.now();
            let (worker, until) = (engine.options.name.as_str(), engine.options.lease.until(now));
            match engine.store.take_lease(&user, connection, worker, now, until).await {
                Ok(lease) => Ok(engine.hold(lease)),
                Err(error) if error.kind() == StoreErrorKind::Conflict => Err(busy(connection)),
                Err(error) => Err(error.into()),
            }
        });
        taking.await.unwrap_or_else(|error| {
            let message = format!("the taking of a lease did not end: {error}");
            Err(SyncError::new(SyncErrorKind::Internal, message))
        })
    }

    /// Takes care of a lease that was taken.
    pub(super) fn hold(&self, lease: Lease) -> HeldLease {
        let (engine, unfinished) = (self.clone(), self.unfinished.token());
        HeldLease { engine, lease, lost: AtomicBool::new(false), ended: false, _unfinished: unfinished }
    }
}

impl HeldLease {
    pub(super) fn user(&self) -> &UserId {
        &self.lease.user
    }

    pub(super) fn connection(&self) -> ConnectionId {
        self.lease.connection
    }

    /// Whether somebody else took the lease, because it was not renewed in time.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// Does some work and renews the lease meanwhile.
    pub(super) async fn keep<T>(&self, work: impl Future<Output = T>) -> T {
        match select(pin!(work), pin!(self.renew())).await {
            Either::Left((done, _)) => done,
            Either::Right((never, _)) => match never {},
        }
    }

    async fn renew(&self) -> Infallible {
        let policy = self.engine.options.lease;
        loop {
            sleep(policy.term() / 3).await;
            let until = policy.until(self.engine.clock.now());
            match self.engine.store.renew_lease(&self.lease, until).await {
                Ok(_) => {}
                Err(error) if error.kind() == StoreErrorKind::Conflict => {
                    self.lost.store(true, Ordering::Relaxed);
                    return std::future::pending().await;
                }
                Err(error) => {
                    tracing::warn!(connection = %self.lease.connection, %error, "a lease was not renewed");
                }
            }
        }
    }

    /// Lets others at the connection.
    pub(super) async fn release(mut self) {
        release(&self.engine, &self.lease).await;
        self.ended = true;
    }

    /// Keeps others from the connection until the lease's term is over.
    pub(super) fn let_lapse(mut self) {
        self.ended = true;
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        if self.ended || self.is_lost() {
            return;
        }
        // Without a runtime, as when the process ends, the lease ends by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (engine, lease) = (self.engine.clone(), self.lease.clone());
            let releasing = async move { release(&engine, &lease).await };
            self.engine.unfinished.spawn_on(releasing, &runtime);
        }
    }
}

/// Releases a lease, unless it is lost by now.
pub(super) async fn release(engine: &SyncEngine, lease: &Lease) {
    match engine.store.release_lease(lease).await {
        Err(error) if error.kind() != StoreErrorKind::Conflict => {
            tracing::warn!(connection = %lease.connection, %error, "a lease was not released; it ends by itself");
        }
        _ => engine.schedule_news.notify_waiters(),
    }
}

/// Waits until somebody asks to stop; for ever when nobody can.
pub(super) async fn until_cancelled(cancellation: Option<&Cancellation>) {
    match cancellation {
        Some(cancellation) => cancellation.cancelled().await,
        None => std::future::pending().await,
    }
}

pub(super) fn cancelled(connection: ConnectionId) -> SyncError {
    SyncError::new(SyncErrorKind::Cancelled, format!("the sync of connection {connection} was cancelled"))
}

fn busy(connection: ConnectionId) -> SyncError {
    let message =
        format!("connection {connection} is being synced by somebody else; try again when they are done");
    SyncError::new(SyncErrorKind::Busy, message)
}
