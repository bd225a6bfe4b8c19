//! What happened between each two known balances.

use std::ops::Range;

use chrono::NaiveDate;

use super::{Agreement, Anchor, ReconcileNote, ReconcilePolicy, ReconciledPeriod, ledger::Ledger};

/// A period in units. Its rows are dated after `after`, up to and with `until`.
#[derive(Debug, Clone)]
pub(super) struct Period {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) after: NaiveDate,
    pub(super) until: NaiveDate,
    pub(super) entries: Range<usize>,
    pub(super) bank: i128,
    pub(super) books: i128,
    /// What the books lack.
    pub(super) difference: i128,
    /// How much rounding is allowed.
    pub(super) slack: i128,
    pub(super) agreement: Agreement,
}

/// The known anchors by day, one a day, and what there is to say about the others.
pub(super) fn known_anchors(anchors: &[Anchor]) -> (Vec<usize>, Vec<ReconcileNote>) {
    let mut notes = Vec::new();
    let mut known: Vec<usize> = Vec::new();
    for (anchor, content) in anchors.iter().enumerate() {
        match content.balance {
            Some(_) => known.push(anchor),
            None => notes.push(ReconcileNote::BalanceUnknown { anchor }),
        }
    }
    let believed = |anchor: usize| {
        let content = &anchors[anchor];
        (content.date, content.source, content.refreshed_at, content.balance)
    };
    known.sort_by(|&a, &b| believed(a).cmp(&believed(b)).then(b.cmp(&a)));
    let mut one_a_day: Vec<usize> = Vec::with_capacity(known.len());
    for anchor in known {
        match one_a_day.last_mut() {
            Some(last) if anchors[*last].date == anchors[anchor].date => {
                let agrees = anchors[*last].balance == anchors[anchor].balance;
                notes.push(ReconcileNote::AnchorReplaced { anchor: *last, by: anchor, agrees });
                *last = anchor;
            }
            _ => one_a_day.push(anchor),
        }
    }
    match one_a_day[..] {
        [] => notes.push(ReconcileNote::NoKnownBalance),
        [anchor] => notes.push(ReconcileNote::OneKnownBalance { anchor }),
        _ => {}
    }
    (one_a_day, notes)
}

/// The periods between known anchors that are given by day; `None` when the amounts do not fit.
pub(super) fn periods(
    ledger: &Ledger<'_>,
    anchors: &[Anchor],
    known: &[usize],
    policy: &ReconcilePolicy,
) -> Option<Vec<Period>> {
    let balance = |anchor: usize| anchors[anchor].balance.and_then(|balance| ledger.units(balance));
    let tolerance = ledger.units(policy.tolerance)?.max(0);
    let step = ledger.units(policy.drift_step)?.max(0);
    known
        .windows(2)
        .map(|pair| {
            let (from, to) = (pair[0], pair[1]);
            let (after, until) = (anchors[from].date, anchors[to].date);
            let entries = ledger.between(after, until);
            let bank = balance(to)?.checked_sub(balance(from)?)?;
            let books = ledger.sum(&entries)?;
            let difference = bank.checked_sub(books)?;
            let months = until.signed_duration_since(after).num_days().max(0) / 30;
            let slack = step.checked_mul(2 + i128::from(months.isqrt()))?.max(tolerance);
            let told = [bank, books, difference].into_iter().all(|units| ledger.amount(units).is_some());
            let agreement = match difference.checked_abs()? {
                _ if !told => Agreement::Unknown,
                off if off <= tolerance => Agreement::Agrees,
                off if off <= slack => Agreement::Drifts,
                _ => Agreement::Differs,
            };
            Some(Period { from, to, after, until, entries, bank, books, difference, slack, agreement })
        })
        .collect()
}

impl Period {
    pub(super) fn told(&self, ledger: &Ledger<'_>) -> ReconciledPeriod {
        ReconciledPeriod {
            from: self.from,
            to: self.to,
            bank_change: ledger.amount(self.bank),
            books_change: ledger.amount(self.books),
            difference: ledger.amount(self.difference),
            rows: self.entries.len(),
            agreement: self.agreement,
        }
    }
}
