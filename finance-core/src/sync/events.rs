//! `events`: what happened in a user's books, first what is kept, then as it happens.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use super::{SyncEngine, SyncError, SyncErrorKind};
use crate::events::Event;
use crate::model::UserId;
use crate::store::Store;

/// Events read at once. What a listener does not take waits in the store.
const PAGE: u32 = 100;
/// The store may be asked again sooner.
const WAIT: Duration = Duration::from_secs(30);

/// Which events [`SyncEngine::prune_events`] keeps: those that are young, and those among a user's newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRetention {
    /// How long every event is kept. A listener that stays away for longer has to read the books anew.
    pub keep_for: TimeDelta,
    /// How many of a user's newest events are kept, however old they are.
    pub keep_newest: u64,
}

impl Default for EventRetention {
    /// 30 days, and a user's newest 1,000 events.
    fn default() -> Self {
        Self { keep_for: TimeDelta::days(30), keep_newest: 1_000 }
    }
}

/// A user's events one by one, as [`SyncEngine::events`] gives them.
///
/// Events wait in the store until they are asked for, so a slow listener holds nobody up and loses nothing, and there may be as
/// many listeners as one likes. Nothing of the stream is kept anywhere: whoever wants to go on after a restart keeps
/// [`EventStream::after`].
pub struct EventStream {
    store: Arc<dyn Store>,
    user: UserId,
    after: u64,
    /// Events that were read and not handed out yet.
    read: VecDeque<Event>,
}

impl EventStream {
    /// The next event: at once while there are any, else when one is written. It does not end by itself. The future may be
    /// dropped at any await; the event then comes the next time.
    ///
    /// # Errors
    /// [`SyncErrorKind::EventsPruned`] when the next events are kept no longer, [`SyncErrorKind::InvalidInput`] when the user never
    /// had an event with the number to go on after, as when the books were restored from an older copy, and
    /// [`SyncErrorKind::Store`]. The stream stays where it is, and may be asked again.
    pub async fn next(&mut self) -> Result<Event, SyncError> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.after = event.number;
                return Ok(event);
            }
            let page = self.store.events(&self.user, self.after, PAGE).await?;
            if self.after > page.last {
                let (after, last) = (self.after, page.last);
                let message = format!("there is no event {after} to go on after: the newest is {last}");
                return Err(SyncError::new(SyncErrorKind::InvalidInput, message));
            }
            if self.after.saturating_add(1) < page.first {
                let message = format!("events {} to {} are kept no longer", self.after + 1, page.first - 1);
                return Err(SyncError::new(SyncErrorKind::EventsPruned { first: page.first }, message));
            }
            self.read = page.events.into();
            if self.read.is_empty() {
                self.store.wait_for_event(&self.user, self.after, WAIT).await?;
            }
        }
    }

    /// The number of the event that was handed out last, or what the stream began after.
    pub const fn after(&self) -> u64 {
        self.after
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("user", &self.user)
            .field("after", &self.after)
            .field("read", &self.read.len())
            .finish_non_exhaustive()
    }
}

impl SyncEngine {
    /// The user's events after the one with this number, or from the first with 0: those that are kept, and then each as it is
    /// written, by whatever engine or process. They come in the order of their numbers, each once.
    ///
    /// To show the books and keep them up to date: take the number of the newest event
    /// ([`SyncEngine::last_event`]), read the books, and go on after that number.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{EventKind, TransactionEdit};
    ///
    /// let books = SampleBooks::new().await;
    /// let rows = books.engine.transactions(&books.user, &Default::default()).await?;
    /// let seen = books.engine.last_event(&books.user).await?;
    ///
    /// let note = TransactionEdit { note: Some(Some("lunch".to_owned())), ..TransactionEdit::default() };
    /// books.engine.edit_transaction(&books.user, rows[0].id, &note).await?;
    ///
    /// let mut events = books.engine.events(&books.user, seen);
    /// let event = events.next().await?;
    /// assert_eq!(event.number, seen + 1);
    /// assert!(matches!(event.kind, EventKind::TransactionsModified { .. }));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn events(&self, user: &UserId, after: u64) -> EventStream {
        EventStream { store: self.store.clone(), user: user.clone(), after, read: VecDeque::new() }
    }

    /// The number of the user's newest event; 0 when there never was one.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let books = finance_core::conformance::SampleBooks::new().await;
    /// assert!(books.engine.last_event(&books.user).await? > 0);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn last_event(&self, user: &UserId) -> Result<u64, SyncError> {
        Ok(self.store.events(user, 0, 0).await?.last)
    }

    /// Drops events of all users that [`EventRetention`] does not keep, and returns how many. To be called about once a day.
    ///
    /// A listener that comes back for a dropped one is told ([`SyncErrorKind::EventsPruned`]); numbers are never given again.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use chrono::TimeDelta;
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{EngineOptions, EventRetention, SyncErrorKind};
    ///
    /// let event_retention = EventRetention { keep_for: TimeDelta::days(30), keep_newest: 1 };
    /// let books = SampleBooks::with(EngineOptions { event_retention, ..EngineOptions::default() }).await;
    /// assert_eq!(books.engine.prune_events().await?, 0);
    ///
    /// books.clock.advance(TimeDelta::days(31));
    /// let last = books.engine.last_event(&books.user).await?;
    /// assert_eq!(books.engine.prune_events().await?, last - 1);
    /// let error = books.engine.events(&books.user, 0).next().await.unwrap_err();
    /// assert_eq!(*error.kind(), SyncErrorKind::EventsPruned { first: last });
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn prune_events(&self) -> Result<u64, SyncError> {
        let EventRetention { keep_for, keep_newest } = self.options.event_retention;
        let before = self.clock.now().checked_sub_signed(keep_for);
        // Kept for longer than there were calendars, every event is young.
        let Some(before) = before else { return Ok(0) };
        Ok(self.store.prune_events(before, keep_newest).await?)
    }
}
