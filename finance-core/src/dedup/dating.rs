//! How the sources of one account date the same transaction, and which days they cover.

use std::collections::{HashMap, HashSet};

use super::pair::{Pair, Pairing};
use super::work::{Nearby, Work, day};
use crate::LedgerRow;
use crate::model::{AccountId, ConnectionId};

/// Fewer pairs or rows than these say nothing of a source's habits.
const HABIT_ROWS_MIN: usize = 5;

/// What the batch as a whole tells of days.
pub(super) struct Dating<'a> {
    usual: HashMap<(Pairing, Option<AccountId>), Usual>,
    /// Where rows of one text and day were found on both sides.
    same_day: HashSet<(Pairing, AccountId)>,
    stored: HashMap<Origin<'a>, Span>,
    incoming: HashMap<Origin<'a>, Span>,
}

/// By how many days the rows of two sources differ.
#[derive(Default)]
struct Usual {
    /// The days by which most differ; 0 when none stands out.
    days: i32,
    /// Whether nearly all of them differ by just that much; `None` when there are too few to tell.
    always: Option<bool>,
}

type Origin<'a> = (AccountId, Option<&'a str>, Option<ConnectionId>, bool);

/// The days that the rows of one origin cover, and how many they are.
struct Span {
    first: i32,
    last: i32,
    rows: usize,
}

impl<'a> Dating<'a> {
    pub(super) fn of(work: &Work<'a>, nearby: &Nearby<'a>, pairs: &[Pair]) -> Self {
        let stored = nearby.by_account.values().flatten().map(|place| &work.stored[*place]);
        let same_day = pairs.iter().filter(|pair| pair.days == 0 && pair.is_alike());
        Self {
            usual: usual(work, pairs),
            same_day: same_day.map(|pair| (pair.pairing, work.incoming[pair.incoming].account)).collect(),
            stored: spans(stored),
            incoming: spans(work.incoming.iter()),
        }
    }

    /// The days by which rows such as these two usually differ.
    pub(super) fn usual_days(&self, work: &Work<'_>, pair: &Pair) -> i32 {
        self.usual_of(work, pair).map_or(0, |usual| usual.days)
    }

    /// Whether two rows of one text on different days are two transactions: one of them lies on a day that the other one's
    /// source does not cover, and the sources are not known to date the same transaction differently.
    pub(super) fn contradicts(&self, work: &Work<'_>, pair: &Pair) -> bool {
        let (stored, incoming) = (&work.stored[pair.stored], &work.incoming[pair.incoming]);
        if pair.pairing == Pairing::Pending
            || pair.text.alike < Some(90)
            || pair.days == self.usual_days(work, pair)
        {
            return false;
        }
        let (Some(theirs), Some(ours)) =
            (self.stored.get(&origin(stored)), self.incoming.get(&origin(incoming)))
        else {
            return false;
        };
        let covered = theirs.contains(day(incoming)) && ours.contains(day(stored));
        let always = self.usual_of(work, pair).and_then(|usual| usual.always);
        let one_kind = stored.provider == incoming.provider
            && stored.imported_id.is_some() == incoming.imported_id.is_some();
        let large = theirs.rows >= HABIT_ROWS_MIN && ours.rows >= HABIT_ROWS_MIN;
        let apart = ours.first > theirs.last || theirs.first > ours.last;
        let dated_alike = self.same_day.contains(&(pair.pairing, incoming.account));
        let unknown = one_kind && (large || dated_alike) || large && apart;
        !covered && always.unwrap_or(unknown)
    }

    fn usual_of(&self, work: &Work<'_>, pair: &Pair) -> Option<&Usual> {
        let of = |account| self.usual.get(&(pair.pairing, account));
        let own = of(Some(work.incoming[pair.incoming].account));
        own.filter(|usual| usual.always.is_some()).or_else(|| of(None))
    }
}

impl Span {
    fn contains(&self, day: i32) -> bool {
        (self.first..=self.last).contains(&day)
    }
}

fn origin(row: &LedgerRow) -> Origin<'_> {
    (row.account, row.provider.as_deref(), row.connection, row.imported_id.is_some())
}

fn spans<'a>(rows: impl Iterator<Item = &'a LedgerRow>) -> HashMap<Origin<'a>, Span> {
    let mut spans = HashMap::new();
    for row in rows {
        let day = day(row);
        let span = spans.entry(origin(row)).or_insert(Span { first: day, last: day, rows: 0 });
        *span = Span { first: span.first.min(day), last: span.last.max(day), rows: span.rows + 1 };
    }
    spans
}

/// Counts the days between rows of one text that have no rival, for each account and for all of them: an account of few rows
/// is likely dated as the others.
fn usual(work: &Work<'_>, pairs: &[Pair]) -> HashMap<(Pairing, Option<AccountId>), Usual> {
    let alike = |pair: &&Pair| pair.is_alike();
    let (mut of_incoming, mut of_stored) = (HashMap::new(), HashMap::new());
    for pair in pairs.iter().filter(alike) {
        *of_incoming.entry(pair.incoming).or_insert(0_usize) += 1;
        *of_stored.entry(pair.stored).or_insert(0_usize) += 1;
    }
    let mut counts: HashMap<_, HashMap<i32, usize>> = HashMap::new();
    for pair in pairs.iter().filter(alike).filter(|pair| pair.pairing != Pairing::Pending) {
        if of_incoming.get(&pair.incoming) == Some(&1) && of_stored.get(&pair.stored) == Some(&1) {
            for account in [Some(work.incoming[pair.incoming].account), None] {
                *counts.entry((pair.pairing, account)).or_default().entry(pair.days).or_insert(0) += 1;
            }
        }
    }
    counts.into_iter().map(|(key, days)| (key, Usual::of(&days))).collect()
}

impl Usual {
    fn of(counts: &HashMap<i32, usize>) -> Self {
        let total: usize = counts.values().sum();
        let most = counts.iter().max_by_key(|(days, count)| (**count, -days.abs(), **days));
        match most {
            Some((&days, &most)) if total >= HABIT_ROWS_MIN => Self {
                days: if most * 10 >= total * 8 { days } else { 0 },
                always: Some(most * 100 >= total * 95),
            },
            _ => Self::default(),
        }
    }
}
