//! A few rows that add up to a difference.

use super::bits::{BIT, Weight, log2};
use super::ledger::Entry;
use super::suspicion::{Case, Suspicion};
use super::{Correction, ExplanationKind};

/// Rows among which sets are looked for, the latest of a period.
const AMONG_MOST: usize = 64;
/// Sets that are returned.
const SETS_MOST: usize = 8;
/// What it costs that the bank knows nothing of a row.
const UNKNOWN_ROW: Weight = -3 * BIT;
/// What it costs that rows are there which the bank lacks, rather than the reverse.
const TOO_MANY: Weight = -6 * BIT;

/// Sets of up to four of the latest of these entries that add up to exactly this, fewest first, by their places.
pub(super) fn sets(entries: &[Entry], sum: i128) -> Vec<Vec<usize>> {
    let shift = entries.len().saturating_sub(AMONG_MOST);
    let units: Vec<i128> = entries[shift..].iter().map(|entry| entry.units).collect();
    let mut pairs: Vec<(i128, usize, usize)> = Vec::new();
    for second in 0..units.len() {
        for first in 0..second {
            pairs.extend(units[first].checked_add(units[second]).map(|sum| (sum, first, second)));
        }
    }
    pairs.sort_unstable();
    let with = |sum: Option<i128>| {
        let sum = sum.unwrap_or(i128::MAX);
        let start = pairs.partition_point(|pair| pair.0 < sum);
        pairs[start..].iter().take_while(move |pair| pair.0 == sum)
    };
    let single = (0..units.len()).filter(|&place| units[place] == sum).map(|place| vec![place]);
    let double = with(Some(sum)).map(|&(_, first, second)| vec![first, second]);
    let triple = (0..units.len()).flat_map(|third| {
        let rest = with(sum.checked_sub(units[third])).filter(move |pair| pair.2 < third);
        rest.map(move |&(_, first, second)| vec![first, second, third])
    });
    let fourfold = pairs.iter().flat_map(|&(upper, third, fourth)| {
        let rest = with(sum.checked_sub(upper)).filter(move |pair| pair.2 < third);
        rest.map(move |&(_, first, second)| vec![first, second, third, fourth])
    });
    let found = single.chain(double).chain(triple).chain(fourfold).take(SETS_MOST);
    found.map(|set| set.into_iter().map(|place| place + shift).collect()).collect()
}

/// The logarithm of the ways to choose so many of so many.
pub(super) fn choices(from: usize, many: usize) -> Weight {
    (0..many).map(|place| log2((from - place) as u128) - log2(place as u128 + 1)).sum()
}

/// Rows of the period that the bank may know nothing of.
pub(super) fn unknown_rows(case: &Case<'_>, index: usize) -> Vec<Suspicion> {
    let period = &case.periods[index];
    let entries = &case.ledger.entries[period.entries.clone()];
    let Some(sum) = period.difference.checked_neg() else { return Vec::new() };
    let among = entries.len().min(AMONG_MOST);
    let suspicion = |set: Vec<usize>| {
        let amount = case.ledger.amount(sum)?;
        let mut rows: Vec<usize> = set.iter().map(|&place| entries[place].row).collect();
        rows.sort_unstable();
        let many = i32::try_from(rows.len()).unwrap_or(i32::MAX);
        let what = match rows.len() {
            1 => format!("A row is {amount}"),
            many => format!("{many} rows together are {amount}"),
        };
        Some(Suspicion {
            kind: ExplanationKind::SumOfRows,
            effect: period.difference,
            // One row is as likely as any other; every further one has to be chosen.
            weight: TOO_MANY + many * UNKNOWN_ROW - choices(among, rows.len()) + log2(among as u128),
            date: set.first().map(|&place| entries[place].date),
            reason: format!("{what}, just what the books have more than the bank; it may not know them."),
            correction: Correction::RemoveRows { rows: rows.clone() },
            rows,
        })
    };
    sets(entries, sum).into_iter().filter_map(suspicion).collect()
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn entries(units: &[i128]) -> Vec<Entry> {
        let entry = |(row, &units)| Entry { row, date: NaiveDate::MIN, day: 0, units };
        units.iter().enumerate().map(entry).collect()
    }

    #[test]
    fn small_sets_are_found_fewest_first() {
        for (units, sum, expected) in [
            (&[][..], 5, vec![]),
            (&[5, 2, 3], 5, vec![vec![0], vec![1, 2]]),
            (&[1, 2, 4], 7, vec![vec![0, 1, 2]]),
            (&[1, 2, 4, 8, 16], 15, vec![vec![0, 1, 2, 3]]),
            (&[1, 2, 4, 8, 16], 31, vec![]),
            (&[-3, 10, -5], 2, vec![vec![0, 1, 2]]),
            (&[i128::MAX, 1, i128::MIN], -1, vec![vec![0, 2]]),
        ] {
            assert_eq!(sets(&entries(units), sum), expected, "{units:?}");
        }
    }

    #[test]
    fn the_search_is_bounded() {
        let same = entries(&vec![1; 10_000]);
        let found = sets(&same, 4);
        assert_eq!(found.len(), SETS_MOST);
        assert!(found.iter().flatten().all(|&place| place >= 10_000 - AMONG_MOST));
    }
}
