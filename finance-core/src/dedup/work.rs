//! One batch on its way from rows to decisions, and the stored rows that can matter to it.

use std::collections::{HashMap, HashSet};

use chrono::Datelike;
use rust_decimal::Decimal;

use super::likeness::Likeness;
use super::{Decision, DedupPolicy};
use crate::LedgerRow;
use crate::model::{AccountId, TransactionState};

/// What is decided so far.
pub(super) struct Work<'a> {
    pub(super) stored: &'a [LedgerRow],
    pub(super) incoming: &'a [LedgerRow],
    pub(super) policy: &'a DedupPolicy,
    pub(super) likeness: Likeness<'a>,
    decisions: Vec<Option<Decision>>,
    taken: HashSet<usize>,
}

impl<'a> Work<'a> {
    pub(super) fn new(stored: &'a [LedgerRow], incoming: &'a [LedgerRow], policy: &'a DedupPolicy) -> Self {
        Self {
            stored,
            incoming,
            policy,
            likeness: Likeness::default(),
            decisions: vec![None; incoming.len()],
            taken: HashSet::new(),
        }
    }

    /// Decides an incoming row; the stored row it names is taken from then on.
    pub(super) fn decide(&mut self, incoming: usize, decision: Decision) {
        self.taken.extend(decision.stored);
        self.decisions[incoming] = Some(decision);
    }

    /// Incoming rows without a decision, in the order given.
    pub(super) fn undecided(&self) -> Vec<usize> {
        (0..self.incoming.len()).filter(|place| !self.is_decided(*place)).collect()
    }

    pub(super) fn is_decided(&self, incoming: usize) -> bool {
        self.decisions[incoming].is_some()
    }

    /// Whether an incoming row is this stored one.
    pub(super) fn is_taken(&self, stored: usize) -> bool {
        self.taken.contains(&stored)
    }

    /// The decisions, once every incoming row has one.
    pub(super) fn into_decisions(self) -> Vec<Decision> {
        self.decisions.into_iter().flatten().collect()
    }
}

/// The day of a row as a number.
pub(super) fn day(row: &LedgerRow) -> i32 {
    row.date.num_days_from_ce()
}

/// What a row says, to order rows by when nothing weightier does: the order in which they were given must not matter.
pub(super) fn content(row: &LedgerRow) -> impl Ord + '_ {
    (
        (row.date, row.amount, row.state == TransactionState::DeletedByUser, row.pending),
        (row.relinked, row.connection),
        [&row.description, &row.payee, &row.imported_id, &row.notes, &row.provider, &row.pending_of],
        row.user_edited,
    )
}

/// The stored rows that the incoming ones can concern, found in one pass over all of them.
#[derive(Default)]
pub(super) struct Nearby<'a> {
    /// By account and identifier: those whose identifier an incoming row has or names.
    pub(super) by_id: HashMap<(AccountId, &'a str), Vec<usize>>,
    /// Posted rows by account and the identifier of the pending row they replaced.
    pub(super) by_pending_id: HashMap<(AccountId, &'a str), Vec<usize>>,
    /// By account and amount, oldest first: those within reach of the batch's days that have the amount of an incoming row.
    pub(super) by_amount: HashMap<(AccountId, Decimal), Vec<usize>>,
    /// By account, oldest first: all those within reach of the batch's days.
    pub(super) by_account: HashMap<AccountId, Vec<usize>>,
}

impl<'a> Nearby<'a> {
    pub(super) fn of(work: &Work<'a>) -> Self {
        let reach_days = i32::from(work.policy.date_window_days.max(work.policy.pending_window_days_back));
        let wanted = Wanted::of(work.incoming);
        let mut nearby = Self::default();
        for (place, row) in work.stored.iter().enumerate() {
            let Some((first, last)) = wanted.days.get(&row.account) else { continue };
            if let Some(id) = row.imported_id.as_deref().filter(|id| wanted.ids.contains(id)) {
                nearby.by_id.entry((row.account, id)).or_default().push(place);
            }
            if let Some(id) = row.pending_of.as_deref().filter(|id| wanted.ids.contains(id)) {
                nearby.by_pending_id.entry((row.account, id)).or_default().push(place);
            }
            let day = day(row);
            if day < first - reach_days || day > last + reach_days {
                continue;
            }
            nearby.by_account.entry(row.account).or_default().push(place);
            let amount = (row.account, row.amount);
            if wanted.amounts.contains(&amount) {
                nearby.by_amount.entry(amount).or_default().push(place);
            }
        }
        for places in nearby.by_amount.values_mut().chain(nearby.by_account.values_mut()) {
            places.sort_by_key(|place| day(&work.stored[*place]));
        }
        nearby
    }
}

/// What stored rows are looked for by.
struct Wanted<'a> {
    days: HashMap<AccountId, (i32, i32)>,
    ids: HashSet<&'a str>,
    amounts: HashSet<(AccountId, Decimal)>,
}

impl<'a> Wanted<'a> {
    fn of(incoming: &'a [LedgerRow]) -> Self {
        let mut wanted = Self { days: HashMap::new(), ids: HashSet::new(), amounts: HashSet::new() };
        for row in incoming {
            let day = day(row);
            let days = wanted.days.entry(row.account).or_insert((day, day));
            *days = (days.0.min(day), days.1.max(day));
            wanted.ids.extend(row.imported_id.as_deref().into_iter().chain(row.pending_of.as_deref()));
            wanted.amounts.insert((row.account, row.amount));
        }
        wanted
    }
}
