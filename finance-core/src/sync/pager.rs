//! Fetching one whole update, page by page: what to ask next, when to begin again, when to give up.
//!
//! Pure: the engine makes the calls and reports what came back.

use std::collections::{BTreeMap, HashSet};

use crate::model::{Cursor, HistoryStatus, ProviderAccount, ProviderAccountId};
use crate::provider::{PageRequest, ProviderErrorKind, UpdatePage};

/// Bounds of one update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PagerPolicy {
    /// Rows asked for a page: 1 to 500. Large pages make a change of data while paging rarer.
    pub page_size: u16,
    /// Pages of one update at the most. Reaching it is a failure, never a silent end.
    pub max_pages: u32,
    /// How often one update may begin again because the data changed while it was paged.
    pub max_restarts: u32,
}

impl Default for PagerPolicy {
    /// 500 rows a page, 20,000 pages, 5 restarts.
    fn default() -> Self {
        Self { page_size: 500, max_pages: 20_000, max_restarts: 5 }
    }
}

/// A whole update: every page between two cursors, in the order received.
#[derive(Debug, Default)]
pub struct Update {
    /// Where it began; `None` is the beginning of everything.
    pub start: Option<Cursor>,
    /// The pages, their accounts moved to `accounts`.
    pub pages: Vec<UpdatePage>,
    /// Every account a page named, as it was last described.
    pub accounts: BTreeMap<ProviderAccountId, ProviderAccount>,
    /// Where the next update begins; `None` when the provider gave no progress.
    pub next: Option<Cursor>,
    /// How much of the history is ready, as last told.
    pub history: Option<HistoryStatus>,
}

/// What it took to fetch an update.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PagingEffort {
    /// Pages fetched, those thrown away by a restart included.
    pub pages: u32,
    /// How often the update began again.
    pub restarts: u32,
    /// How often a call was repeated after a passing fault.
    pub retries: u32,
}

/// What to do after a page.
#[derive(Debug, PartialEq, Eq)]
pub enum AfterPage {
    /// Fetch the next page.
    FetchMore,
    /// The update is whole.
    Complete,
}

/// What to do after a failed call.
#[derive(Debug, PartialEq, Eq)]
pub enum AfterFailure {
    /// Everything fetched was thrown away: fetch again from the beginning of the update.
    BeginAgain,
    /// The update failed; nothing of it may be used.
    GiveUp,
}

/// Why an update cannot be fetched although every call succeeded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PagingFault {
    /// More pages were promised at a place already seen, or at none.
    #[error("the provider promised more pages but did not move on; nothing was stored")]
    NoProgress,
    /// The bound on pages was reached.
    #[error("the update has more than {0} pages; nothing was stored. Raise `max_pages` if that can be")]
    TooManyPages(u32),
}

/// The state of fetching one update.
#[derive(Debug)]
pub struct Pager {
    policy: PagerPolicy,
    update: Update,
    at: Option<Cursor>,
    seen: HashSet<Cursor>,
    effort: PagingEffort,
    rows: u64,
    begun_from_empty: bool,
}

impl Pager {
    /// Begins an update at the stored cursor.
    pub fn new(start: Option<Cursor>, policy: PagerPolicy) -> Self {
        let mut pager = Self {
            policy,
            update: Update::default(),
            at: None,
            seen: HashSet::new(),
            effort: PagingEffort::default(),
            rows: 0,
            begun_from_empty: false,
        };
        pager.begin(start);
        pager
    }

    /// The page to fetch now.
    pub fn request(&self) -> PageRequest {
        PageRequest { cursor: self.at.clone(), count: self.policy.page_size }
    }

    /// What it took so far.
    pub const fn effort(&self) -> PagingEffort {
        self.effort
    }

    /// Rows reported so far since the update began, for the last time.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes the page that [`Pager::request`] asked for.
    ///
    /// # Errors
    /// [`PagingFault`] when going on would lead nowhere.
    pub fn page(&mut self, mut page: UpdatePage) -> Result<AfterPage, PagingFault> {
        self.effort.pages += 1;
        self.effort.retries += page.retries;
        let accounts = std::mem::take(&mut page.accounts);
        self.update.accounts.extend(accounts.into_iter().map(|account| (account.id.clone(), account)));
        self.update.history = page.history.or(self.update.history);
        let (next, has_more) = (page.next_cursor.clone(), page.has_more);
        self.rows += page.rows();
        self.update.pages.push(page);

        if !has_more {
            self.update.next = next;
            return Ok(AfterPage::Complete);
        }
        let next = next.ok_or(PagingFault::NoProgress)?;
        if !self.seen.insert(next.clone()) {
            return Err(PagingFault::NoProgress);
        }
        if self.update.pages.len() as u64 >= u64::from(self.policy.max_pages) {
            return Err(PagingFault::TooManyPages(self.policy.max_pages));
        }
        self.at = Some(next);
        Ok(AfterPage::FetchMore)
    }

    /// Takes note that the call for the page failed in this way.
    pub fn failed(&mut self, kind: ProviderErrorKind) -> AfterFailure {
        match kind {
            ProviderErrorKind::RestartUpdate if self.effort.restarts < self.policy.max_restarts => {
                self.effort.restarts += 1;
                self.begin(self.update.start.clone());
                AfterFailure::BeginAgain
            }
            ProviderErrorKind::RestartFromEmpty if self.at.is_some() && !self.begun_from_empty => {
                self.effort.restarts += 1;
                self.begun_from_empty = true;
                self.begin(None);
                AfterFailure::BeginAgain
            }
            _ => AfterFailure::GiveUp,
        }
    }

    /// The whole update, once [`Pager::page`] has said that it is complete.
    pub fn into_update(self) -> Update {
        self.update
    }

    fn begin(&mut self, start: Option<Cursor>) {
        self.at.clone_from(&start);
        self.rows = 0;
        self.seen = start.iter().cloned().collect();
        self.update = Update { start, ..Update::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(text: &str) -> Option<Cursor> {
        Cursor::new(text)
    }

    fn page(next: &str, has_more: bool) -> UpdatePage {
        UpdatePage { next_cursor: cursor(next), has_more, ..UpdatePage::default() }
    }

    #[test]
    fn pages_follow_each_other_until_none_is_left() {
        let mut pager = Pager::new(cursor("c0"), PagerPolicy::default());
        assert_eq!(pager.request(), PageRequest { cursor: cursor("c0"), count: 500 });
        assert_eq!(pager.page(page("c1", true)), Ok(AfterPage::FetchMore));
        assert_eq!(pager.request().cursor, cursor("c1"));
        assert_eq!(pager.page(page("c2", false)), Ok(AfterPage::Complete));
        let update = pager.into_update();
        assert_eq!((update.start, update.next, update.pages.len()), (cursor("c0"), cursor("c2"), 2));
    }

    #[test]
    fn an_empty_answer_gives_no_cursor() {
        let mut pager = Pager::new(None, PagerPolicy::default());
        assert_eq!(pager.page(page("", false)), Ok(AfterPage::Complete));
        assert_eq!(pager.into_update().next, None);
    }

    #[test]
    fn a_change_while_paging_begins_again_at_the_first_cursor_and_is_bounded() {
        let policy = PagerPolicy { max_restarts: 2, ..PagerPolicy::default() };
        let mut pager = Pager::new(cursor("c0"), policy);
        for restart in 1..=2 {
            pager.page(page("c1", true)).unwrap();
            assert_eq!(pager.failed(ProviderErrorKind::RestartUpdate), AfterFailure::BeginAgain);
            assert_eq!(pager.request().cursor, cursor("c0"));
            assert_eq!(pager.effort(), PagingEffort { pages: restart, restarts: restart, retries: 0 });
        }
        pager.page(page("c1", true)).unwrap();
        assert_eq!(pager.failed(ProviderErrorKind::RestartUpdate), AfterFailure::GiveUp);
    }

    #[test]
    fn a_refused_cursor_begins_from_empty_once() {
        let mut pager = Pager::new(cursor("foreign"), PagerPolicy::default());
        assert_eq!(pager.failed(ProviderErrorKind::RestartFromEmpty), AfterFailure::BeginAgain);
        assert_eq!(pager.request().cursor, None);
        pager.page(page("c1", true)).unwrap();
        assert_eq!(pager.failed(ProviderErrorKind::RestartFromEmpty), AfterFailure::GiveUp);

        let mut without_cursor = Pager::new(None, PagerPolicy::default());
        assert_eq!(without_cursor.failed(ProviderErrorKind::RestartFromEmpty), AfterFailure::GiveUp);
    }

    #[test]
    fn any_other_failure_gives_up() {
        for kind in ProviderErrorKind::ALL {
            if matches!(kind, ProviderErrorKind::RestartUpdate | ProviderErrorKind::RestartFromEmpty) {
                continue;
            }
            let mut pager = Pager::new(cursor("c0"), PagerPolicy::default());
            assert_eq!(pager.failed(kind), AfterFailure::GiveUp, "{kind:?}");
        }
    }

    #[test]
    fn promised_pages_that_lead_nowhere_are_a_fault() {
        for places in [&["c0"][..], &[""], &["c1", "c1"], &["c1", "c2", "c1"]] {
            let mut pager = Pager::new(cursor("c0"), PagerPolicy::default());
            let (last, before) = places.split_last().unwrap();
            for place in before {
                assert_eq!(pager.page(page(place, true)), Ok(AfterPage::FetchMore));
            }
            assert_eq!(pager.page(page(last, true)), Err(PagingFault::NoProgress), "{places:?}");
        }
    }

    #[test]
    fn the_bound_on_pages_is_a_fault_not_an_end() {
        let policy = PagerPolicy { max_pages: 2, ..PagerPolicy::default() };
        let mut pager = Pager::new(None, policy);
        pager.page(page("c1", true)).unwrap();
        assert_eq!(pager.page(page("c2", true)), Err(PagingFault::TooManyPages(2)));

        let mut exact = Pager::new(None, policy);
        exact.page(page("c1", true)).unwrap();
        assert_eq!(exact.page(page("c2", false)), Ok(AfterPage::Complete));
    }
}
