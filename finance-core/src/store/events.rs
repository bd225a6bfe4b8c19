//! The port to the events of users' books.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::events::Event;
use crate::model::UserId;

/// Events that come one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventPage {
    /// The events, by ascending number and without a gap.
    pub events: Vec<Event>,
    /// The number of the user's oldest event that is kept; `last + 1` when none is. A listener that last saw an event before
    /// `first - 1` has missed some.
    pub first: u64,
    /// The number of the user's newest event, kept or not; 0 when there never was one.
    pub last: u64,
}

/// Events, as [`LedgerStore::apply`](super::LedgerStore::apply) and others write them.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// The user's events with a number greater than `after`, oldest first, `limit` at the most.
    async fn events(&self, user: &UserId, after: u64, limit: u32) -> Result<EventPage, StoreError>;

    /// Waits until the user has an event with a number greater than `after`, or until the time is over, whichever comes
    /// first. It may also end early. An event of another process may be noticed only after a moment.
    async fn wait_for_event(&self, user: &UserId, after: u64, at_most: Duration) -> Result<(), StoreError>;

    /// Drops events of all users that were written before an instant, but none of a user's newest `keep`, and returns how
    /// many it dropped. Numbers are never given again.
    async fn prune_events(&self, before: DateTime<Utc>, keep: u64) -> Result<u64, StoreError>;
}
