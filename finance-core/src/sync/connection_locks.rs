//! One sync at a time for each connection within a process. Across processes the cursor's compare-and-set decides.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::model::ConnectionId;

#[derive(Debug, Default)]
pub(super) struct ConnectionLocks(Mutex<HashMap<ConnectionId, Weak<AsyncMutex<()>>>>);

impl ConnectionLocks {
    /// Waits until no other sync of the connection runs. The lock ends when the guard is dropped.
    pub(super) async fn lock(&self, connection: ConnectionId) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| lock.strong_count() > 0);
            match locks.get(&connection).and_then(Weak::upgrade) {
                Some(lock) => lock,
                None => {
                    let lock = Arc::new(AsyncMutex::new(()));
                    locks.insert(connection, Arc::downgrade(&lock));
                    lock
                }
            }
        };
        lock.lock_owned().await
    }
}
