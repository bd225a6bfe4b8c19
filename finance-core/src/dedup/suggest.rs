//! Pairs that may be one transaction but are not sure enough: the user decides.

use std::cmp::Reverse;
use std::collections::HashSet;

use rust_decimal::Decimal;

use super::drift::{TIP_PERCENT_MAX, drift_percent};
use super::matching::{Rivals, is_free};
use super::pair::{Pair, Pairing, days_between, pairing, text_reasons};
use super::work::{Nearby, Work, day};
use super::{DedupReason, Suggestion};
use crate::LedgerRow;
use crate::model::TransactionState;

/// The most stored rows of an account that are compared with one incoming row.
const CANDIDATES_MAX: usize = 128;
/// Pairs of equal amount below this score are not worth a question.
const SAME_AMOUNT_SCORE: u8 = 56;

/// Suggests pairs among the rows that nothing decided, best first, each row at most once.
pub(super) fn suggest(work: &mut Work<'_>, nearby: &Nearby<'_>, pairs: &[Pair]) -> Vec<Suggestion> {
    let mut found = same_amount(work, pairs);
    found.extend(drifted(work, nearby));
    found.sort_by_key(|suggestion| {
        let (stored, incoming) = (&work.stored[suggestion.stored], &work.incoming[suggestion.incoming]);
        let days = day(stored).abs_diff(day(incoming));
        (Reverse(suggestion.score), days, day(stored), day(incoming), suggestion.stored, suggestion.incoming)
    });
    let (mut incoming, mut stored) = (HashSet::new(), HashSet::new());
    found.retain(|suggestion| {
        let free = !incoming.contains(&suggestion.incoming) && !stored.contains(&suggestion.stored);
        if free {
            incoming.insert(suggestion.incoming);
            stored.insert(suggestion.stored);
        }
        free
    });
    found
}

/// Pairs of equal amount that were not sure enough, or one of several that fit.
fn same_amount(work: &Work<'_>, pairs: &[Pair]) -> Vec<Suggestion> {
    let rivals = Rivals::of(pairs);
    let open = pairs.iter().filter(|pair| is_free(work, pair) && pair.score >= SAME_AMOUNT_SCORE);
    let live = open.filter(|pair| {
        work.stored[pair.stored].state == TransactionState::Live && pair.text.counterparty != Some(false)
    });
    live.map(|pair| {
        let mut reasons = pair.reasons();
        if rivals.make_ambiguous(pair, pairs, work) {
            reasons.push(DedupReason::Ambiguous);
        }
        Suggestion { incoming: pair.incoming, stored: pair.stored, score: pair.score.min(90), reasons }
    })
    .collect()
}

/// Pairs of one text whose amounts differ as by a tip, a hold or an exchange rate.
fn drifted(work: &mut Work<'_>, nearby: &Nearby<'_>) -> Vec<Suggestion> {
    let mut found = Vec::new();
    let rows = work.stored;
    for incoming in work.undecided() {
        let row = &work.incoming[incoming];
        let Some(places) = nearby.by_account.get(&row.account) else { continue };
        let places = about(places, work, row);
        let mut is_regular = None;
        for &stored in places {
            let other = &rows[stored];
            if other.state != TransactionState::Live || work.is_taken(stored) {
                continue;
            }
            let Some((pairing, score, reasons)) = drift(work, other, row) else { continue };
            // Where the user buys often, two amounts are two purchases.
            let regular = *is_regular.get_or_insert_with(|| is_regular_payee(work, places, row));
            if pairing == Pairing::Pending || !regular {
                found.push(Suggestion { incoming, stored, score, reasons });
            }
        }
    }
    found
}

/// The stored rows about the day of a row, at most [`CANDIDATES_MAX`], the latest of them; given oldest first.
fn about<'p>(places: &'p [usize], work: &Work<'_>, row: &LedgerRow) -> &'p [usize] {
    let policy = work.policy;
    let (near, far) = (i32::from(policy.date_window_days), i32::from(policy.pending_window_days_back));
    let day_of = |place: &usize| day(&work.stored[*place]);
    let start = places.partition_point(|place| day_of(place) < day(row) - near.max(far));
    let end = places.partition_point(|place| day_of(place) <= day(row) + near);
    &places[start.max(end.saturating_sub(CANDIDATES_MAX))..end]
}

/// Whether more than one stored row has the text of a row.
fn is_regular_payee<'a>(work: &mut Work<'a>, places: &[usize], row: &'a LedgerRow) -> bool {
    let rows = work.stored;
    let alike = places.iter().filter(|place| work.likeness.compare(&rows[**place], row).points() >= Some(80));
    alike.take(2).count() > 1
}

/// The score of a pair whose amounts differ, and why; `None` when it is no such pair.
fn drift<'a>(
    work: &mut Work<'a>,
    stored: &'a LedgerRow,
    incoming: &'a LedgerRow,
) -> Option<(Pairing, u8, Vec<DedupReason>)> {
    let percent = drift_percent(stored.amount, incoming.amount)?;
    let pairing = pairing(stored, incoming, work.policy)?;
    let days = days_between(pairing, stored, incoming, work.policy)?;
    let is_hold = pairing == Pairing::Pending && is_hold(stored.amount.abs());
    let bound = match pairing {
        Pairing::Pending => TIP_PERCENT_MAX,
        Pairing::Relinked | Pairing::Sources => 25,
    };
    if percent > bound && !is_hold {
        return None;
    }
    let text = work.likeness.compare(stored, incoming);
    let points = text.points()?;
    let wanted = if percent <= 4 { 65 } else { 80 };
    if points < wanted {
        return None;
    }
    let cost = u32::from(percent.min(30)) / 2 + days.unsigned_abs() * 2 + u32::from(100 - points) / 2;
    let score = u8::try_from(90_u32.saturating_sub(cost)).unwrap_or(0).max(30);
    let mut reasons: Vec<_> = text_reasons(text).collect();
    reasons.push(DedupReason::AmountDrift(percent));
    reasons.push(DedupReason::DaysApart(u16::try_from(days.unsigned_abs()).unwrap_or(u16::MAX)));
    Some((pairing, score, reasons))
}

/// An amount that is blocked before the real one is known, as by fuel pumps and hotels.
fn is_hold(amount: Decimal) -> bool {
    amount <= Decimal::ONE || amount >= Decimal::new(50, 0) && (amount % Decimal::new(25, 0)).is_zero()
}
