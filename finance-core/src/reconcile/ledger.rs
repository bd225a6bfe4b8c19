//! The rows that count, in order, as whole numbers of one small unit.

use std::cmp::Ordering;
use std::ops::Range;

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::{Anchor, ReconcilePolicy};
use crate::LedgerRow;

/// Decimals that are kept even when they are all zero: people swap the digits of `12.50`, not of `12.5`.
const USUAL_DECIMALS: u32 = 2;

/// A row that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) row: usize,
    pub(super) date: NaiveDate,
    /// Days since the common era began.
    pub(super) day: i32,
    pub(super) units: i128,
}

/// All that is counted of one account.
#[derive(Debug)]
pub(super) struct Ledger<'a> {
    pub(super) rows: &'a [LedgerRow],
    /// By day, then by content, so that the order of the input never matters.
    pub(super) entries: Vec<Entry>,
    /// Pending rows that are left out, in the same order.
    pub(super) left_out: Vec<Entry>,
    /// Rows that the user deleted and that would be counted if that were taken back, in the same order.
    pub(super) deleted: Vec<Entry>,
    /// Rows in another currency.
    pub(super) foreign: Vec<usize>,
    /// `sums[i]` is the sum of the first `i` entries.
    sums: Vec<i128>,
    scale: u32,
}

impl<'a> Ledger<'a> {
    /// `None` when the amounts do not fit.
    pub(super) fn new(rows: &'a [LedgerRow], anchors: &[Anchor], policy: &ReconcilePolicy) -> Option<Self> {
        let foreign: Vec<usize> =
            (0..rows.len()).filter(|&row| rows[row].counts() && is_foreign(&rows[row], policy)).collect();
        let amounts =
            rows.iter().filter(|row| row.counts() && !is_foreign(row, policy)).map(|row| row.amount);
        let scale = amounts
            .chain(anchors.iter().filter_map(|anchor| anchor.balance))
            .map(decimals)
            .max()
            .unwrap_or(0);
        let mut ledger = Self {
            rows,
            entries: Vec::new(),
            left_out: Vec::new(),
            deleted: Vec::new(),
            foreign,
            sums: vec![0],
            scale,
        };
        for (row, content) in rows.iter().enumerate() {
            if is_foreign(content, policy) {
                continue;
            }
            let entry =
                |units| Entry { row, date: content.date, day: content.date.num_days_from_ce(), units };
            if content.is_deleted() && (policy.count_pending || !content.pending) {
                // What has more digits than everything that counts explains nothing.
                let units = ledger.units(content.amount).filter(|_| decimals(content.amount) <= scale);
                ledger.deleted.extend(units.map(entry));
            }
            if !content.counts() {
                continue;
            }
            let entry = entry(ledger.units(content.amount)?);
            match content.pending && !policy.count_pending {
                true => ledger.left_out.push(entry),
                false => ledger.entries.push(entry),
            }
        }
        ledger.entries.sort_by(|a, b| by_content(rows, a, b));
        ledger.deleted.sort_by(|a, b| by_content(rows, a, b));
        ledger.left_out.sort_by(|a, b| by_content(rows, a, b));
        let mut sum = 0_i128;
        for entry in &ledger.entries {
            sum = sum.checked_add(entry.units)?;
            ledger.sums.push(sum);
        }
        Some(ledger)
    }

    /// An amount in units; `None` when it does not fit. Digits below the unit are dropped.
    pub(super) fn units(&self, amount: Decimal) -> Option<i128> {
        match amount.scale() <= self.scale {
            true => amount.mantissa().checked_mul(10_i128.checked_pow(self.scale - amount.scale())?),
            false => Some(amount.mantissa() / 10_i128.checked_pow(amount.scale() - self.scale)?),
        }
    }

    /// Units as an amount; `None` past 28 digits.
    pub(super) fn amount(&self, units: i128) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(units, self.scale).ok()
    }

    /// The entries dated after one day, up to and with another.
    pub(super) fn between(&self, after: NaiveDate, until: NaiveDate) -> Range<usize> {
        let end = self.entries.partition_point(|entry| entry.date <= until);
        self.entries.partition_point(|entry| entry.date <= after).min(end)..end
    }

    /// The sum of a range of entries.
    pub(super) fn sum(&self, range: &Range<usize>) -> Option<i128> {
        self.sums[range.end].checked_sub(self.sums[range.start])
    }

    pub(super) fn content(&self, entry: &Entry) -> &'a LedgerRow {
        &self.rows[entry.row]
    }
}

fn is_foreign(row: &LedgerRow, policy: &ReconcilePolicy) -> bool {
    matches!((&row.currency, &policy.currency), (Some(row), Some(own)) if row != own)
}

fn decimals(amount: Decimal) -> u32 {
    amount.scale().min(amount.normalize().scale().max(USUAL_DECIMALS))
}

fn by_content(rows: &[LedgerRow], a: &Entry, b: &Entry) -> Ordering {
    let key = |entry: &Entry| {
        let row = &rows[entry.row];
        (&row.counterparty, &row.description, &row.payee, &row.notes, row.pending, &row.imported_id)
    };
    (a.day, a.units).cmp(&(b.day, b.units)).then_with(|| key(a).cmp(&key(b))).then(a.row.cmp(&b.row))
}
