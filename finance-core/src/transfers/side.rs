//! Rows of one amount, those that nothing tells apart taken together.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::words::Words;
use crate::LedgerRow;
use crate::ledger_row::replaced_pendings;

/// Rows of one account, day, amount and text: it does not matter which of them is paired.
#[derive(Debug)]
pub(super) struct Side<'a> {
    /// The first of them.
    pub(super) row: &'a LedgerRow,
    /// The words of their texts.
    pub(super) words: Words,
    /// Their places in the slice given; the next to be paired is the last.
    pub(super) places: Vec<usize>,
}

/// All rows of one absolute amount that may be part of a transfer, those that take money out and those that bring it in, each
/// by day.
#[derive(Debug, Default)]
pub(super) struct SameAmount<'a> {
    pub(super) out: Vec<Side<'a>>,
    pub(super) into: Vec<Side<'a>>,
}

/// Everything of a row that tells it from another one of the same amount.
fn content(row: &LedgerRow) -> impl Ord + use<'_> {
    let texts = (&row.payee, &row.description, &row.notes, &row.counterparty);
    (row.date, row.account, &row.currency, row.pending, texts)
}

/// Gathers the rows that count and are not replaced by another one by their absolute amount. Rows that the user rejected in
/// some pair stand alone, because it matters which of them is paired.
pub(super) fn by_amount<'a>(
    rows: &'a [LedgerRow],
    rejected: &BTreeSet<(usize, usize)>,
) -> Vec<SameAmount<'a>> {
    let single: BTreeSet<usize> = rejected.iter().flat_map(|pair| [pair.0, pair.1]).collect();
    let replaced = replaced_pendings(rows);
    let takes_part =
        |place: &usize| rows[*place].counts() && !rows[*place].amount.is_zero() && !replaced.contains(place);
    let mut places: Vec<usize> = (0..rows.len()).filter(takes_part).collect();
    let key = |place: &usize| {
        let row = &rows[*place];
        (row.amount.abs(), row.amount.is_sign_positive())
    };
    places.sort_by(|ours, theirs| {
        let (one, other) = (&rows[*ours], &rows[*theirs]);
        let by_amount = key(ours).cmp(&key(theirs));
        let by_content = || content(one).cmp(&content(other));
        by_amount
            .then_with(by_content)
            .then_with(|| (&one.imported_id, ours).cmp(&(&other.imported_id, theirs)))
    });
    let both_signs = |group: &&[usize]| {
        let signs = group.first().zip(group.last());
        signs.is_some_and(|(first, last)| key(first).1 != key(last).1)
    };
    let groups = places.chunk_by(|ours, theirs| key(ours).0 == key(theirs).0).filter(both_signs);
    groups
        .map(|group| {
            let mut same = SameAmount::default();
            let alike = |ours: &usize, theirs: &usize| {
                key(ours) == key(theirs)
                    && content(&rows[*ours]) == content(&rows[*theirs])
                    && !single.contains(ours)
                    && !single.contains(theirs)
            };
            for places in group.chunk_by(alike) {
                let row = &rows[places[0]];
                let texts = [&row.payee, &row.description, &row.notes].into_iter().flatten();
                let side = Side {
                    row,
                    words: Words::of(texts.map(AsRef::as_ref)),
                    places: places.iter().rev().copied().collect(),
                };
                if row.amount > Decimal::ZERO { same.into.push(side) } else { same.out.push(side) }
            }
            same
        })
        .collect()
}

/// The places of at most `most` sides before and after a day, the nearest first, which lie within so many days.
pub(super) fn near(
    sides: &[Side<'_>],
    day: NaiveDate,
    days: u16,
    most: usize,
) -> impl Iterator<Item = usize> {
    let within = move |side: &Side<'_>| {
        side.row.date.signed_duration_since(day).num_days().unsigned_abs() <= u64::from(days)
    };
    let start = sides.partition_point(|side| side.row.date < day);
    let after = (start..sides.len()).take(most).take_while(move |place| within(&sides[*place]));
    let before = (0..start).rev().take(most).take_while(move |place| within(&sides[*place]));
    after.chain(before)
}
