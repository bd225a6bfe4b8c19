//! Amounts that change between the pending and the posted row, as by a tip.

use std::collections::{HashMap, HashSet};

use rust_decimal::Decimal;

use super::pair::{Pair, Pairing, days_between};
use super::work::{Nearby, Work, day};
use crate::LedgerRow;
use crate::model::AccountId;

/// A tip adds no more than so many percent.
pub(super) const TIP_PERCENT_MAX: u16 = 40;
/// The most rows looked at for one pair.
const ROWS_MAX: usize = 128;

/// Marks the pairs whose pending row may as well have posted under another amount: its amount is nothing special in the
/// account, and a nearer row of its text and of a somewhat other amount has no pending row of its own.
pub(super) fn mark<'a>(work: &mut Work<'a>, nearby: &Nearby<'a>, pairs: &mut [Pair]) {
    if pairs.iter().all(|pair| pair.pairing != Pairing::Pending) {
        return;
    }
    let arriving = Arriving::of(work, pairs);
    for pair in pairs.iter_mut().filter(|pair| pair.pairing == Pairing::Pending) {
        pair.may_have_drifted =
            is_repeated(work, nearby, &arriving, pair) && has_drifted(work, &arriving, pair);
    }
}

/// Undecided incoming rows.
struct Arriving {
    /// By account, oldest first: those without a stored row of their amount and text.
    unpaired: HashMap<AccountId, Vec<usize>>,
    by_amount: HashMap<(AccountId, Decimal), Vec<usize>>,
}

impl Arriving {
    fn of(work: &Work<'_>, pairs: &[Pair]) -> Self {
        let alike = pairs.iter().filter(|pair| pair.is_alike());
        let paired: HashSet<usize> = alike.map(|pair| pair.incoming).collect();
        let mut arriving = Self { unpaired: HashMap::new(), by_amount: HashMap::new() };
        for place in work.undecided() {
            let row = &work.incoming[place];
            arriving.by_amount.entry((row.account, row.amount)).or_default().push(place);
            if !paired.contains(&place) {
                arriving.unpaired.entry(row.account).or_default().push(place);
            }
        }
        for places in arriving.unpaired.values_mut() {
            places.sort_by_key(|place| day(&work.incoming[*place]));
        }
        arriving
    }
}

/// Whether the account has other rows of this amount and text.
fn is_repeated<'a>(work: &mut Work<'a>, nearby: &Nearby<'a>, arriving: &Arriving, pair: &Pair) -> bool {
    let row = &work.incoming[pair.incoming];
    let (stored, incoming) = (work.stored, work.incoming);
    let amount = (row.account, row.amount);
    let known = nearby.by_amount.get(&amount).into_iter().flatten();
    let known = known.filter(|place| **place != pair.stored).map(|place| &stored[*place]);
    let others = arriving.by_amount.get(&amount).into_iter().flatten();
    let others = others.filter(|place| **place != pair.incoming).map(|place| &incoming[*place]);
    known.take(ROWS_MAX).chain(others.take(ROWS_MAX)).any(|other| is_alike(work, other, row))
}

/// Whether the pending row of a pair has a nearer row that it may have become.
fn has_drifted(work: &mut Work<'_>, arriving: &Arriving, pair: &Pair) -> bool {
    let (pending, incoming) = (&work.stored[pair.stored], work.incoming);
    let Some(places) = arriving.unpaired.get(&pending.account) else { return false };
    let start = places.partition_point(|place| day(&incoming[*place]) < day(pending) - pair.days.abs());
    places[start..].iter().take(ROWS_MAX).map(|place| &incoming[*place]).any(|other| {
        let days = days_between(Pairing::Pending, pending, other, work.policy);
        days.is_some_and(|days| days.abs() < pair.days.abs())
            && drift_percent(pending.amount, other.amount).is_some_and(|percent| percent <= TIP_PERCENT_MAX)
            && is_alike(work, other, pending)
    })
}

fn is_alike<'a>(work: &mut Work<'a>, ours: &'a LedgerRow, theirs: &'a LedgerRow) -> bool {
    work.likeness.compare(ours, theirs).points() >= Some(80)
}

/// By how many percent of the stored amount the incoming one differs, rounded up; `None` for equal amounts, other
/// directions and nothing.
pub(super) fn drift_percent(stored: Decimal, incoming: Decimal) -> Option<u16> {
    let other_direction = stored.is_sign_negative() != incoming.is_sign_negative();
    if stored == incoming || stored.is_zero() || incoming.is_zero() || other_direction {
        return None;
    }
    let difference = incoming.checked_sub(stored)?.abs().checked_mul(Decimal::ONE_HUNDRED)?;
    let percent = difference.checked_div(stored.abs())?.ceil();
    Some(u16::try_from(percent).unwrap_or(u16::MAX))
}
