//! What a caller of `/transactions/sync` gets next: which rows, as what, in which order, and the cursor behind them.

use std::borrow::Cow;
use std::ops::Bound::{Excluded, Included};

use super::cursor::{Cursor, Place};
use super::ledger::{Ledger, Stored};
use super::row::Row;

/// One entry of an update.
#[derive(Debug)]
pub(crate) enum Entry<'a> {
    /// New to the caller.
    Added(u32, Cow<'a, Row>),
    /// Known to the caller, changed since.
    Modified(u32, Cow<'a, Row>),
    /// Known to the caller, gone since; with its account.
    Removed(u32, u16),
}

/// Which accounts a caller sees.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sight<'a> {
    /// All that are not closed.
    All,
    /// Those chosen in Link.
    Chosen(&'a std::collections::BTreeSet<u16>),
    /// The one of `options.account_id`.
    One(u16),
}

impl Sight<'_> {
    pub(crate) fn sees(&self, account: u16) -> bool {
        match self {
            Self::All => true,
            Self::Chosen(chosen) => chosen.contains(&account),
            Self::One(one) => *one == account,
        }
    }
}

/// Where a page ended.
pub(crate) struct Page {
    /// Where the next page begins, and whether it holds anything.
    pub(crate) next: Cursor,
    pub(crate) has_more: bool,
}

impl Ledger {
    /// Where a caller who has everything stands now.
    pub(crate) fn place(&self, visible: u32) -> Place {
        Place { base: visible, change: self.change }
    }

    /// Whether anything happened since the update that `cursor` is in the middle of began.
    pub(crate) fn moved_since(&self, cursor: &Cursor, visible: u32) -> bool {
        cursor.within_update() && (self.change > cursor.end.change || visible > cursor.end.base)
    }

    /// Hands up to `count` entries from `cursor` on to `each`, in the order of their last change.
    ///
    /// An update is what lay between its start and its end when its first page was asked for. Rows that
    /// change while it is being read are left to the next update.
    pub(crate) fn page<'a>(
        &'a self,
        cursor: &Cursor,
        count: usize,
        visible: u32,
        sight: Sight<'_>,
        mut each: impl FnMut(Entry<'a>),
    ) -> Page {
        let mut state = *cursor;
        if !cursor.within_update() {
            state.end = self.place(visible);
        }
        let mut walk = Walk { state, count, left: count, has_more: false };
        self.walk_base(&mut walk, sight, &mut each);
        if !walk.has_more {
            self.walk_log(&mut walk, sight, &mut each);
        }
        if walk.has_more {
            return Page { next: Cursor { page: state.page + 1, ..walk.state }, has_more: true };
        }
        let next = Cursor::complete(state.owner, state.stream, state.now, state.end);
        Page { next, has_more: false }
    }

    fn walk_base<'a>(&'a self, walk: &mut Walk, sight: Sight<'_>, each: &mut impl FnMut(Entry<'a>)) {
        let start = walk.state.start;
        let everything = matches!(sight, Sight::All) && self.accounts.iter().all(|account| !account.closed);
        for number in walk.state.at.base..walk.state.end.base {
            let stored = if self.stored.is_empty() { None } else { self.stored.get(&number) };
            // What changed since the start is told by the log, in its place there.
            if stored.is_some_and(|stored| stored.last() > start.change || stored.row.is_none()) {
                continue;
            }
            if !everything && !self.shows(self.account_of(number), sight) {
                continue;
            }
            if walk.left == 0 {
                walk.has_more = true;
                return;
            }
            let content = match stored.and_then(|stored| stored.row.as_ref()) {
                Some(row) => Cow::Borrowed(row),
                None => self.base_row(number),
            };
            each(Entry::Added(number, content));
            walk.left -= 1;
            walk.state.at.base = number + 1;
        }
        walk.state.at.base = walk.state.end.base;
    }

    fn walk_log<'a>(&'a self, walk: &mut Walk, sight: Sight<'_>, each: &mut impl FnMut(Entry<'a>)) {
        let end = walk.state.end;
        let mut told = walk.state.at.change;
        let span = (Excluded(told), Included(end.change.max(told)));
        for (&change, &number) in self.log.range(span) {
            let Some(stored) = self.stored.get(&number) else { continue };
            if !self.shows(stored.account, sight) || (number < self.base_len() && number >= end.base) {
                continue;
            }
            let known = self.knows(&walk.state, number, stored);
            let entry = match (&stored.row, known) {
                (Some(row), true) => Entry::Modified(number, Cow::Borrowed(row)),
                (Some(row), false) => Entry::Added(number, Cow::Borrowed(row)),
                (None, true) => Entry::Removed(number, stored.account),
                (None, false) => continue,
            };
            let broken = walk.left < walk.count && self.breaks.range(told..change).next().is_some();
            if walk.left == 0 || broken {
                walk.has_more = true;
                return;
            }
            each(entry);
            walk.left -= 1;
            walk.state.at.change = change;
            told = change;
        }
    }

    /// Whether the caller had the row when the update began.
    fn knows(&self, state: &Cursor, number: u32, stored: &Stored) -> bool {
        let initial = number < self.base_len();
        let start = state.start;
        let there = if initial { number < start.base } else { stored.changes[0] <= start.change };
        there
            && state.now.is_none_or(|now| {
                let came_later = if initial { number >= now.base } else { stored.changes[0] > now.change };
                came_later || stored.changes.iter().any(|&one| one > now.change && one <= start.change)
            })
    }

    /// Rows of a closed account are neither told nor taken back.
    fn shows(&self, account: u16, sight: Sight<'_>) -> bool {
        sight.sees(account) && self.accounts.get(usize::from(account)).is_some_and(|account| !account.closed)
    }
}

/// A page being filled.
struct Walk {
    state: Cursor,
    count: usize,
    left: usize,
    has_more: bool,
}

impl Stored {
    pub(super) fn last(&self) -> u64 {
        self.changes.last().copied().unwrap_or(0)
    }
}
