//! One to one, the best first, and nothing where several are equally good.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Accounts, Evidence};
use super::side::{SameAmount, Side, near};
use super::{TransferPair, TransferPolicy, TransferReason, Transfers};

/// How many rows of the same amount before and after a row are weighed. More of them within a few days, all told apart by their
/// text, are no transfers that anybody could tell.
const WEIGHED_MOST: usize = 64;

#[derive(Clone, Copy)]
struct Candidate {
    out: usize,
    into: usize,
    score: u8,
    evidence: Evidence,
}

/// Pairs rows of one amount.
pub(super) struct Assignment<'a> {
    sides: SameAmount<'a>,
    pair_from_score: u8,
    found: Transfers,
}

impl<'a> Assignment<'a> {
    /// Pairs what can be paired among rows of one amount.
    pub(super) fn of(
        sides: SameAmount<'a>,
        accounts: &Accounts,
        rejected: &BTreeSet<(usize, usize)>,
        policy: &TransferPolicy,
    ) -> Transfers {
        let candidates = candidates(&sides, accounts, rejected, policy.date_window_days);
        let mut assignment =
            Self { sides, pair_from_score: policy.pair_from_score, found: Transfers::default() };
        for equal in candidates.chunk_by(|one, other| one.score == other.score) {
            let open = equal.iter().filter(|candidate| assignment.is_open(candidate)).copied().collect();
            for component in components(open) {
                assignment.settle(&component);
            }
        }
        assignment.found
    }

    fn is_open(&self, candidate: &Candidate) -> bool {
        let is = |side: &Side<'_>| !side.places.is_empty();
        is(&self.sides.out[candidate.out]) && is(&self.sides.into[candidate.into])
    }

    /// Decides about candidates of one score that compete with each other, and with no others of that score.
    fn settle(&mut self, component: &[Candidate]) {
        let out: BTreeSet<usize> = component.iter().map(|candidate| candidate.out).collect();
        let into: BTreeSet<usize> = component.iter().map(|candidate| candidate.into).collect();
        let accounts = |places: &BTreeSet<usize>, sides: &[Side<'_>]| {
            places.iter().map(|place| sides[*place].row.account).collect::<BTreeSet<_>>().len()
        };
        let rows = |places: &BTreeSet<usize>, sides: &[Side<'_>]| {
            places.iter().map(|place| sides[*place].places.len()).sum::<usize>()
        };
        let two_accounts = accounts(&out, &self.sides.out) == 1 && accounts(&into, &self.sides.into) == 1;
        let (rows_out, rows_into) = (rows(&out, &self.sides.out), rows(&into, &self.sides.into));
        // Rows that are left over must be such that it does not matter which.
        let nothing_to_choose = rows_out == rows_into
            || (rows_out > rows_into && out.len() == 1)
            || (rows_into > rows_out && into.len() == 1);
        let star = out.len() == 1 || into.len() == 1;
        if nothing_to_choose && (two_accounts || star) {
            component.iter().for_each(|candidate| self.take(candidate));
        } else if two_accounts {
            self.take_by_rank(component);
        } else {
            self.suggest(component);
        }
    }

    /// Between two accounts, direction and posting choose.
    fn take_by_rank(&mut self, component: &[Candidate]) {
        for (place, candidate) in component.iter().enumerate() {
            if !self.is_open(candidate) {
                continue;
            }
            let rivals = component[place + 1..].iter().take_while(|other| rank(other) == rank(candidate));
            let competes = |other: &Candidate| other.out == candidate.out || other.into == candidate.into;
            if rivals.filter(|other| self.is_open(other)).any(competes) {
                return self.suggest(&component[place..]);
            }
            self.take(candidate);
        }
    }

    fn take(&mut self, candidate: &Candidate) {
        while let Some((from, to)) = self.next(candidate) {
            let pair =
                TransferPair { from, to, score: candidate.score, reasons: candidate.evidence.reasons() };
            let certain = candidate.score >= self.pair_from_score;
            let list = if certain { &mut self.found.pairs } else { &mut self.found.suggestions };
            list.push(pair);
            self.sides.out[candidate.out].places.pop();
            self.sides.into[candidate.into].places.pop();
        }
    }

    fn next(&self, candidate: &Candidate) -> Option<(usize, usize)> {
        let next = |side: &Side<'_>| side.places.last().copied();
        next(&self.sides.out[candidate.out]).zip(next(&self.sides.into[candidate.into]))
    }

    /// Shows what competes, and takes its rows out of the game: what is left to them depends on the user's answer.
    fn suggest(&mut self, component: &[Candidate]) {
        let open: Vec<Candidate> =
            component.iter().filter(|candidate| self.is_open(candidate)).copied().collect();
        for candidate in &open {
            let competes = |other: &&Candidate| other.out == candidate.out || other.into == candidate.into;
            let rivals = open.iter().filter(competes).count().max(2);
            if let Some((from, to)) = self.next(candidate) {
                let mut reasons = candidate.evidence.reasons();
                reasons.push(TransferReason::Ambiguous);
                let score = u8::try_from(usize::from(candidate.score) / rivals).unwrap_or(0);
                self.found.suggestions.push(TransferPair { from, to, score, reasons });
            }
        }
        for candidate in &open {
            self.sides.out[candidate.out].places.clear();
            self.sides.into[candidate.into].places.clear();
        }
    }
}

fn rank(candidate: &Candidate) -> (bool, u8) {
    candidate.evidence.rank()
}

/// Every pair that could be a transfer, the best first.
fn candidates(
    sides: &SameAmount<'_>,
    accounts: &Accounts,
    rejected: &BTreeSet<(usize, usize)>,
    days: u16,
) -> Vec<Candidate> {
    let is_rejected = |from: &Side<'_>, to: &Side<'_>| match (&*from.places, &*to.places) {
        ([from], [to]) => rejected.contains(&(*from.min(to), *from.max(to))),
        _ => false,
    };
    let mut candidates = Vec::new();
    for (out, from) in sides.out.iter().enumerate() {
        for into in near(&sides.into, from.row.date, days, WEIGHED_MOST) {
            let to = &sides.into[into];
            let own = from.row.account == to.row.account;
            if own || !from.row.same_currency(to.row) || is_rejected(from, to) {
                continue;
            }
            let evidence = Evidence::of(from, to, accounts);
            candidates.push(Candidate { out, into, score: evidence.score(), evidence });
        }
    }
    candidates.sort_by_key(|one| (u8::MAX - one.score, rank(one), one.out, one.into));
    candidates
}

/// Splits candidates into sets that share no row, in the order of their best ones.
fn components(candidates: Vec<Candidate>) -> Vec<Vec<Candidate>> {
    if candidates.len() < 2 {
        return if candidates.is_empty() { Vec::new() } else { vec![candidates] };
    }
    // Each candidate begins as a set of its own; sets that meet in a side become one, named by its first candidate.
    let mut parents: Vec<usize> = (0..candidates.len()).collect();
    let (mut of_out, mut of_into) = (BTreeMap::new(), BTreeMap::new());
    for (place, candidate) in candidates.iter().enumerate() {
        for first in
            [*of_out.entry(candidate.out).or_insert(place), *of_into.entry(candidate.into).or_insert(place)]
        {
            let (one, other) = (root(&mut parents, first), root(&mut parents, place));
            parents[one.max(other)] = one.min(other);
        }
    }
    let mut sets: BTreeMap<usize, Vec<Candidate>> = BTreeMap::new();
    for (place, candidate) in candidates.into_iter().enumerate() {
        sets.entry(root(&mut parents, place)).or_default().push(candidate);
    }
    sets.into_values().collect()
}

/// The name of a candidate's set. Shortens the way for the next one.
fn root(parents: &mut [usize], mut place: usize) -> usize {
    while parents[place] != place {
        parents[place] = parents[parents[place]];
        place = parents[place];
    }
    place
}
