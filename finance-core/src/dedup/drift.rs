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
/// account, and nearer rows of its text and of a somewhat other amount have no pending row of their own.
pub(super) fn mark<'a>(work: &mut Work<'a>, nearby: &Nearby<'a>, pairs: &mut [Pair]) {
    if pairs.iter().all(|pair| pair.pairing != Pairing::Pending) {
        return;
    }
    let arriving = Arriving::of(work, pairs);
    for pair in pairs.iter_mut().filter(|pair| pair.pairing == Pairing::Pending) {
        let drifted = count_drifted(work, &arriving, pair);
        pair.may_have_drifted = drifted > 0 && is_short_of_pendings(work, nearby, &arriving, pair, drifted);
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

/// Whether the account has other rows of this amount and text, and too few pending ones among them for all that arrive.
fn is_short_of_pendings<'a>(
    work: &mut Work<'a>,
    nearby: &Nearby<'a>,
    arriving: &Arriving,
    pair: &Pair,
    drifted: usize,
) -> bool {
    let (stored, incoming) = (work.stored, work.incoming);
    let row = &incoming[pair.incoming];
    let amount = (row.account, row.amount);
    let (mut pending, mut posted) = (0, 0);
    for place in nearby.by_amount.get(&amount).into_iter().flatten().take(ROWS_MAX) {
        let other = &stored[*place];
        if is_alike(work, other, row) {
            *(if other.pending && !work.is_taken(*place) { &mut pending } else { &mut posted }) += 1;
        }
    }
    let equal = arriving.by_amount.get(&amount).into_iter().flatten().take(ROWS_MAX);
    let equal = equal.filter(|place| is_alike(work, &incoming[**place], row)).count();
    pending + posted + equal > 2 && equal + drifted > pending
}

/// How many nearer rows the pending row of a pair may have become under another amount.
fn count_drifted(work: &mut Work<'_>, arriving: &Arriving, pair: &Pair) -> usize {
    let (pending, incoming) = (&work.stored[pair.stored], work.incoming);
    let Some(places) = arriving.unpaired.get(&pending.account) else { return 0 };
    let start = places.partition_point(|place| day(&incoming[*place]) < day(pending) - pair.days.abs());
    let nearer = places[start..].iter().take(ROWS_MAX).map(|place| &incoming[*place]);
    let drifted = nearer.filter(|other| {
        let days = days_between(Pairing::Pending, pending, other, work.policy);
        days.is_some_and(|days| days.abs() < pair.days.abs())
            && drift_percent(pending.amount, other.amount).is_some_and(|percent| percent <= TIP_PERCENT_MAX)
            && is_alike(work, other, pending)
    });
    drifted.count()
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
