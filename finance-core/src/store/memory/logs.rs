//! What grows entry by entry for each user: events and the audit trail.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};

use super::super::{Applied, EventPage};
use crate::audit::{AuditDraft, AuditEntry, AuditHead, AuditSubject};
use crate::events::{Event, EventKind};
use crate::model::UserId;

#[derive(Default)]
pub(super) struct Logs(HashMap<UserId, Log>);

#[derive(Default)]
struct Log {
    /// Those that are kept.
    events: VecDeque<Event>,
    last_event: u64,
    trail: Vec<AuditEntry>,
}

fn first<T>(limit: u32, items: impl Iterator<Item = T>) -> Vec<T> {
    items.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
}

impl Logs {
    pub(super) fn add(
        &mut self,
        user: &UserId,
        at: DateTime<Utc>,
        drafts: &[AuditDraft],
        events: Vec<EventKind>,
        applied: &Applied,
    ) {
        let log = self.0.entry(user.clone()).or_default();
        for draft in drafts {
            let head = log.trail.last().map_or_else(AuditHead::default, AuditEntry::head);
            log.trail.push(AuditEntry::after(head, user, at, draft, applied));
        }
        for kind in events {
            log.last_event += 1;
            log.events.push_back(Event { number: log.last_event, user: user.clone(), at, kind });
        }
    }

    pub(super) fn events(&self, user: &UserId, after: u64, limit: u32) -> EventPage {
        let Some(log) = self.0.get(user) else { return EventPage { first: 1, ..EventPage::default() } };
        let newer = log.events.iter().filter(|event| event.number > after).cloned();
        EventPage {
            events: first(limit, newer),
            first: log.events.front().map_or(log.last_event + 1, |event| event.number),
            last: log.last_event,
        }
    }

    pub(super) fn prune_events(&mut self, before: DateTime<Utc>, keep: u64) -> u64 {
        let mut dropped = 0;
        for log in self.0.values_mut() {
            let newest_dropped = log.last_event.saturating_sub(keep);
            while log.events.front().is_some_and(|event| event.at < before && event.number <= newest_dropped)
            {
                log.events.pop_front();
                dropped += 1;
            }
        }
        dropped
    }

    /// Drops everything of a user, and returns how many events and entries that was.
    pub(super) fn forget(&mut self, user: &UserId) -> (u64, u64) {
        let sizes = self.sizes(user);
        self.0.remove(user);
        sizes
    }

    /// How many events are kept of a user, and how many entries there are.
    pub(super) fn sizes(&self, user: &UserId) -> (u64, u64) {
        self.0.get(user).map_or((0, 0), |log| (log.events.len() as u64, log.trail.len() as u64))
    }

    pub(super) fn audit_entries(&self, user: &UserId, after: u64, limit: u32) -> Vec<AuditEntry> {
        let trail = self.0.get(user).map_or(&[][..], |log| &log.trail);
        first(limit, trail.iter().filter(|entry| entry.number > after).cloned())
    }

    pub(super) fn audit_entries_about(
        &self,
        user: &UserId,
        subject: AuditSubject,
        limit: u32,
    ) -> Vec<AuditEntry> {
        let trail = self.0.get(user).map_or(&[][..], |log| &log.trail);
        first(limit, trail.iter().filter(|entry| entry.subject == subject).cloned())
    }

    pub(super) fn audit_head(&self, user: &UserId) -> AuditHead {
        let last = self.0.get(user).and_then(|log| log.trail.last());
        last.map_or_else(AuditHead::default, AuditEntry::head)
    }
}
