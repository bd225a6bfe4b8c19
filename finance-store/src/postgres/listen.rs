//! Waking those who wait for events: within this process at once, from other processes by `LISTEN` and `NOTIFY`.
//!
//! Both are hints. Whoever waits looks by itself now and then, so a lost hint delays and loses nothing; behind a pooler that
//! knows no `LISTEN` everything comes by looking.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use finance_core::UserId;
use sqlx::pool::PoolOptions;
use sqlx::postgres::{PgConnectOptions, PgListener, Postgres};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use xxhash_rust::xxh3::xxh3_64;

/// The channel of the notifications.
pub(super) const CHANNEL: &str = "finance_events";

/// How often one who waits looks by itself while nothing wakes it, and while something would.
const LOOK_UNTOLD: Duration = Duration::from_millis(250);
const LOOK_TOLD: Duration = Duration::from_secs(5);
/// How long after a failure the server is asked again to tell.
const ASK_AGAIN: Duration = Duration::from_secs(2);

/// What a notification says: whose events, without naming the user.
pub(super) fn payload(user: &UserId) -> String {
    format!("{:016x}", xxh3_64(user.as_str().as_bytes()))
}

/// Those who wait, by the payload that wakes them.
#[derive(Default)]
pub(super) struct Waiting {
    sleepers: Mutex<HashMap<String, Weak<Notify>>>,
    is_told: AtomicBool,
}

impl Waiting {
    /// What wakes those who wait for a user's events.
    pub(super) fn bell(&self, user: &UserId) -> Arc<Notify> {
        let mut sleepers = self.sleepers();
        sleepers.retain(|_, bell| bell.strong_count() > 0);
        let bell = sleepers.entry(payload(user)).or_default();
        bell.upgrade().unwrap_or_else(|| {
            let new = Arc::new(Notify::new());
            *bell = Arc::downgrade(&new);
            new
        })
    }

    /// How long to sleep before looking.
    pub(super) fn patience(&self) -> Duration {
        if self.is_told.load(Ordering::Relaxed) { LOOK_TOLD } else { LOOK_UNTOLD }
    }

    /// Wakes those who wait for this user.
    pub(super) fn wake(&self, user: &UserId) {
        self.ring(&payload(user));
    }

    fn ring(&self, payload: &str) {
        if let Some(bell) = self.sleepers().get(payload).and_then(Weak::upgrade) {
            bell.notify_waiters();
        }
    }

    /// What was missed is not known, so everybody looks.
    fn ring_all(&self) {
        self.sleepers().values().filter_map(Weak::upgrade).for_each(|bell| bell.notify_waiters());
    }

    fn sleepers(&self) -> MutexGuard<'_, HashMap<String, Weak<Notify>>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that listens, on a connection of its own; it ends with this value.
pub(super) struct Listener(JoinHandle<()>);

impl Listener {
    pub(super) fn start(options: PgConnectOptions, waiting: Arc<Waiting>) -> Self {
        Self(tokio::spawn(async move {
            loop {
                if let Err(error) = listen(&options, &waiting).await {
                    tracing::debug!(%error, "the database does not tell of events now");
                }
                waiting.is_told.store(false, Ordering::Relaxed);
                tokio::time::sleep(ASK_AGAIN).await;
            }
        }))
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Listens until the connection ends.
async fn listen(options: &PgConnectOptions, waiting: &Waiting) -> Result<(), sqlx::Error> {
    let pool = PoolOptions::<Postgres>::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    let pool = pool.connect_with(options.clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    listener.eager_reconnect(false);
    waiting.is_told.store(true, Ordering::Relaxed);
    // What came between the last look and now was told to nobody.
    waiting.ring_all();
    while let Some(told) = listener.try_recv().await? {
        waiting.ring(told.payload());
    }
    Ok(())
}
