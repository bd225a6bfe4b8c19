//! Rows of equal amount matched one to one over the whole batch, the best pair first.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::Hash;

use rust_decimal::Decimal;

use super::dating::Dating;
use super::drift;
use super::pair::{AUTOMATIC_SCORE, DELETED_SCORE, Pair, Pairing, days_between, ids_differ, pairing};
use super::work::{Nearby, Work, content, day};
use super::{Decision, DedupAction, DedupReason};
use crate::LedgerRow;
use crate::model::{AccountId, TransactionState};

/// The most stored rows of one amount that are compared with one incoming row: those nearest in time.
const CANDIDATES_MAX: usize = 128;
/// The score of a re-linked row that nothing but the text speaks against.
const REWORDED_SCORE: u8 = 60;

/// Decides every incoming row that a stored row of its amount fits well enough. Returns all the pairs looked at, best first.
pub(super) fn decide<'a>(work: &mut Work<'a>, nearby: &Nearby<'a>) -> Vec<Pair> {
    decide_crowded(work, nearby);
    let mut pairs = candidate_pairs(work, nearby);
    let dating = Dating::of(work, nearby, &pairs);
    pairs.retain(|pair| !dating.contradicts(work, pair));
    for pair in &mut pairs {
        *pair = pair.scored(dating.usual_days(work, pair));
    }
    sort_best_first(work, &mut pairs);
    let rivals = Rivals::of(&pairs);
    for pair in &pairs {
        let wanted = match work.stored[pair.stored].state {
            // A real new purchase must not vanish with one that was deleted.
            TransactionState::DeletedByUser if pair.pairing != Pairing::Relinked && pair.days != 0 => u8::MAX,
            TransactionState::DeletedByUser => DELETED_SCORE,
            _ => AUTOMATIC_SCORE,
        };
        if pair.score >= wanted && is_free(work, pair) && !rivals.make_ambiguous(pair, &pairs, work) {
            accept(work, pair, pair.score);
        }
    }
    accept_reworded(work, &pairs, &rivals);
    pairs
}

pub(super) fn is_free(work: &Work<'_>, pair: &Pair) -> bool {
    !work.is_decided(pair.incoming) && !work.is_taken(pair.stored)
}

fn accept(work: &mut Work<'_>, pair: &Pair, score: u8) {
    let stored = &work.stored[pair.stored];
    let mut reasons = pair.reasons();
    let action = if stored.state == TransactionState::DeletedByUser {
        reasons.push(DedupReason::DeletedByUser);
        DedupAction::Ignore
    } else if pair.pairing == Pairing::Pending {
        DedupAction::UpgradePending
    } else {
        DedupAction::Match
    };
    if stored.user_edited && action != DedupAction::Ignore {
        reasons.push(DedupReason::UserEdited);
    }
    work.decide(pair.incoming, Decision { action, stored: Some(pair.stored), of: None, score, reasons });
}

/// Every pair of an undecided incoming and a free stored row of the same account and amount that may be one transaction.
fn candidate_pairs<'a>(work: &mut Work<'a>, nearby: &Nearby<'a>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for incoming in work.undecided() {
        let row = &work.incoming[incoming];
        let Some(places) = nearby.by_amount.get(&(row.account, row.amount)) else { continue };
        for &stored in nearest(places, work, row) {
            let other = &work.stored[stored];
            if work.is_taken(stored) {
                continue;
            }
            let Some(pairing) = pairing(other, row, work.policy) else { continue };
            let Some(days) = days_between(pairing, other, row, work.policy) else { continue };
            pairs.push(pair(work, incoming, stored, pairing, days));
        }
    }
    drift::mark(work, nearby, &mut pairs);
    pairs
}

fn pair(work: &mut Work<'_>, incoming: usize, stored: usize, pairing: Pairing, days: i32) -> Pair {
    let (row, other) = (&work.incoming[incoming], &work.stored[stored]);
    let bare = |row: &LedgerRow| row.imported_id.is_none() && row.provider.is_none();
    Pair {
        incoming,
        stored,
        pairing,
        ids_differ: ids_differ(other, row),
        one_exporter: bare(row) && bare(other),
        days,
        text: work.likeness.compare(other, row),
        may_have_drifted: false,
        score: 0,
    }
}

/// Pairs off rows that say the same on the same day, where an account has more rows of an amount than are compared one by one.
fn decide_crowded(work: &mut Work<'_>, nearby: &Nearby<'_>) {
    let (stored, incoming) = (work.stored, work.incoming);
    let mut arriving: HashMap<(AccountId, Decimal), Vec<usize>> = HashMap::new();
    for place in work.undecided() {
        let row = &incoming[place];
        let amount = (row.account, row.amount);
        if nearby.by_amount.get(&amount).is_some_and(|places| places.len() > CANDIDATES_MAX) {
            arriving.entry(amount).or_default().push(place);
        }
    }
    for (amount, mut places) in arriving {
        let mut free: HashMap<_, Vec<usize>> = HashMap::new();
        for &place in nearby.by_amount.get(&amount).into_iter().flatten() {
            let row = &stored[place];
            if row.state != TransactionState::DeletedByUser && !work.is_taken(place) {
                free.entry((row.date, told_by(row))).or_default().push(place);
            }
        }
        for places in free.values_mut() {
            places.sort_by(|ours, theirs| content(&stored[*theirs]).cmp(&content(&stored[*ours])));
        }
        places.sort_by(|ours, theirs| content(&incoming[*ours]).cmp(&content(&incoming[*theirs])));
        for place in places {
            let row = &incoming[place];
            let Some(twins) = free.get_mut(&(row.date, told_by(row))) else { continue };
            let Some(&twin) = twins.last() else { continue };
            if let Some(pairing) = pairing(&stored[twin], row, work.policy) {
                twins.pop();
                let pair = pair(work, place, twin, pairing, 0).scored(0);
                accept(work, &pair, pair.score);
            }
        }
    }
}

/// The stored rows, sorted by day, that lie nearest to the day of a row, at most [`CANDIDATES_MAX`].
fn nearest<'p>(places: &'p [usize], work: &Work<'_>, row: &LedgerRow) -> &'p [usize] {
    let policy = work.policy;
    let reach = i32::from(policy.date_window_days.max(policy.pending_window_days_back));
    let wanted = day(row);
    let day_of = |place: &usize| day(&work.stored[*place]);
    let start = places.partition_point(|place| day_of(place) < wanted - reach);
    let end = places.partition_point(|place| day_of(place) <= wanted + reach);
    if end - start <= CANDIDATES_MAX {
        return &places[start..end];
    }
    let middle = places.partition_point(|place| day_of(place) < wanted);
    let (mut first, mut last) = (middle, middle);
    while last - first < CANDIDATES_MAX {
        let before = (first > start).then(|| wanted.abs_diff(day_of(&places[first - 1])));
        let after = (last < end).then(|| wanted.abs_diff(day_of(&places[last])));
        match (before, after) {
            (Some(before), Some(after)) if before < after => first -= 1,
            (_, Some(_)) => last += 1,
            (Some(_), None) => first -= 1,
            (None, None) => break,
        }
    }
    &places[first..last]
}

/// The better pair first; among equals the earlier rows, then what the rows say, so that the order given does not matter.
fn sort_best_first(work: &Work<'_>, pairs: &mut [Pair]) {
    let stored = ranks(work.stored, pairs.iter().map(|pair| pair.stored));
    let incoming = ranks(work.incoming, pairs.iter().map(|pair| pair.incoming));
    pairs.sort_by_cached_key(|pair| {
        let posts = work.stored[pair.stored].pending != work.incoming[pair.incoming].pending;
        let rows = (stored.get(&pair.stored).copied(), incoming.get(&pair.incoming).copied());
        (Reverse(pair.score), pair.days.unsigned_abs(), posts, pair.pairing, rows)
    });
}

/// The place of each row in the order of what they say.
fn ranks(rows: &[LedgerRow], places: impl Iterator<Item = usize>) -> HashMap<usize, usize> {
    let mut places: Vec<usize> = places.collect();
    places.sort_unstable();
    places.dedup();
    places.sort_by(|ours, theirs| content(&rows[*ours]).cmp(&content(&rows[*theirs])));
    places.into_iter().enumerate().map(|(rank, place)| (place, rank)).collect()
}

/// The pairs of each row: the row and where its pair stands, sorted.
pub(super) struct Rivals {
    of_incoming: Vec<(usize, usize)>,
    of_stored: Vec<(usize, usize)>,
}

impl Rivals {
    pub(super) fn of(pairs: &[Pair]) -> Self {
        let sorted = |row: fn(&Pair) -> usize| {
            let mut places: Vec<_> =
                pairs.iter().enumerate().map(|(place, pair)| (row(pair), place)).collect();
            places.sort_unstable();
            places
        };
        Self { of_incoming: sorted(|pair| pair.incoming), of_stored: sorted(|pair| pair.stored) }
    }

    /// The best pair of an incoming row.
    pub(super) fn best_of<'p>(&self, incoming: usize, pairs: &'p [Pair]) -> Option<&'p Pair> {
        of_row(&self.of_incoming, incoming).next().map(|place| &pairs[place])
    }

    /// Other pairs of the same incoming row, and of the same stored row, that are still open and rival it.
    fn open(
        &self,
        pair: &Pair,
        pairs: &[Pair],
        work: &Work<'_>,
        rivals: impl Fn(&Pair) -> bool,
    ) -> (usize, usize) {
        // Rows that say the same are no rivals: whichever is taken, as many are left.
        let told = |pair: &Pair| (told_by(&work.stored[pair.stored]), told_by(&work.incoming[pair.incoming]));
        let count = |places: &[(usize, usize)], row| {
            let others = of_row(places, row).map(|place| &pairs[place]);
            others.filter(|other| rivals(other) && is_free(work, other) && told(other) != told(pair)).count()
        };
        (count(&self.of_incoming, pair.incoming), count(&self.of_stored, pair.stored))
    }

    /// Whether neither the texts nor, where there are none, the days settle which of several rows is meant. Where there are
    /// as many rows on either side, each finds one, and nothing is lost or doubled.
    pub(super) fn make_ambiguous(&self, pair: &Pair, pairs: &[Pair], work: &Work<'_>) -> bool {
        let (incoming, stored) = match pair.text.points() {
            Some(85..) => return false,
            Some(_) => self.open(pair, pairs, work, |other| other.score.saturating_add(6) >= pair.score),
            None => self.open(pair, pairs, work, |other| other.score >= pair.score),
        };
        incoming != stored
    }
}

/// Where the pairs of a row stand, the best first.
fn of_row(places: &[(usize, usize)], row: usize) -> impl Iterator<Item = usize> + '_ {
    let start = places.partition_point(|(other, _)| *other < row);
    places[start..].iter().take_while(move |(other, _)| *other == row).map(|(_, place)| *place)
}

/// What a row says of itself, its identifier and day aside.
fn told_by(row: &LedgerRow) -> impl Eq + Hash + '_ {
    let deleted = row.state == TransactionState::DeletedByUser;
    (&row.description, &row.payee, &row.notes, &row.counterparty, row.pending, deleted)
}

/// Takes pairs of a re-linked account whose texts differ, where most rows found their old selves and just these two of
/// their amount are left over.
fn accept_reworded(work: &mut Work<'_>, pairs: &[Pair], rivals: &Rivals) {
    let shares = relinked_shares(work, pairs);
    for pair in pairs.iter().filter(|pair| pair.pairing == Pairing::Relinked) {
        let account = work.incoming[pair.incoming].account;
        let mostly_found =
            shares.get(&account).is_some_and(|(found, all)| *found >= 5 && found * 10 >= all * 7);
        let live = work.stored[pair.stored].state != TransactionState::DeletedByUser;
        let near = pair.days.unsigned_abs() <= 2 && pair.text.counterparty != Some(false);
        if mostly_found
            && live
            && near
            && is_free(work, pair)
            && rivals.open(pair, pairs, work, |_| true) == (0, 0)
        {
            accept(work, pair, REWORDED_SCORE);
        }
    }
}

/// By account: re-linked incoming rows that were matched, and all of them that lie in the time the stored rows cover.
fn relinked_shares(work: &Work<'_>, pairs: &[Pair]) -> HashMap<AccountId, (usize, usize)> {
    let mut last_day: HashMap<AccountId, i32> = HashMap::new();
    let mut relinked: Vec<usize> = Vec::new();
    for pair in pairs.iter().filter(|pair| pair.pairing == Pairing::Relinked) {
        let stored = &work.stored[pair.stored];
        let last = last_day.entry(stored.account).or_insert(i32::MIN);
        *last = (*last).max(day(stored));
        relinked.push(pair.incoming);
    }
    relinked.sort_unstable();
    relinked.dedup();
    let mut shares: HashMap<AccountId, (usize, usize)> = HashMap::new();
    for incoming in relinked {
        let row = &work.incoming[incoming];
        if last_day.get(&row.account).is_some_and(|last| day(row) <= *last) {
            let (found, all) = shares.entry(row.account).or_default();
            *all += 1;
            *found += usize::from(work.is_decided(incoming));
        }
    }
    shares
}
