//! Incoming rows that are other incoming rows again.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rust_decimal::Decimal;

use super::work::Work;
use super::{Decision, DedupAction, DedupReason, InBatchDedup};
use crate::LedgerRow;
use crate::model::AccountId;

/// Decides every incoming row that is a copy of another one, or the pending version of it.
pub(super) fn decide(work: &mut Work<'_>) {
    decide_replaced_pendings(work);
    if work.policy.in_batch_dedup != InBatchDedup::None {
        decide_same_ids(work);
    }
    if work.policy.in_batch_dedup == InBatchDedup::Content {
        decide_same_content(work);
    }
}

fn copy(of: usize, reasons: Vec<DedupReason>) -> Decision {
    Decision { action: DedupAction::DuplicateOfIncoming, stored: None, of: Some(of), score: 100, reasons }
}

/// A pending row whose posted row is in the same batch.
fn decide_replaced_pendings(work: &mut Work<'_>) {
    let mut posted: HashMap<(AccountId, Option<&str>, &str), usize> = HashMap::new();
    for (place, row) in work.incoming.iter().enumerate().filter(|(_, row)| !row.pending) {
        if let Some(pending_id) = &row.pending_of {
            posted.entry((row.account, row.provider.as_deref(), pending_id)).or_insert(place);
        }
    }
    for (place, row) in work.incoming.iter().enumerate().filter(|(_, row)| row.pending) {
        let provider = row.provider.as_deref();
        let replaced_by = row.imported_id.as_deref().and_then(|id| posted.get(&(row.account, provider, id)));
        if let Some(&of) = replaced_by {
            work.decide(place, copy(of, vec![DedupReason::PendingLink]));
        }
    }
}

/// Rows with one identifier. A provider's last version of a row holds; a file's identifiers may be reused, so only rows of
/// the same day and amount are one.
fn decide_same_ids(work: &mut Work<'_>) {
    let mut groups: HashMap<(AccountId, Option<&str>, &str), Vec<usize>> = HashMap::new();
    for place in work.undecided() {
        let row = &work.incoming[place];
        if let Some(id) = &row.imported_id {
            groups.entry((row.account, row.provider.as_deref(), id)).or_default().push(place);
        }
    }
    for ((_, provider, _), places) in groups {
        if places.len() > 1 && provider.is_some() {
            decide_versions(work, &places);
        } else if places.len() > 1 {
            decide_repeated_ids(work, &places);
        }
    }
}

fn decide_versions(work: &mut Work<'_>, places: &[usize]) {
    let rows = work.incoming;
    let changed = places.windows(2).any(|pair| values_differ(&rows[pair[0]], &rows[pair[1]]));
    let kept = if changed {
        places.iter().copied().max_by_key(|place| (!rows[*place].pending, *place))
    } else {
        places.first().copied()
    };
    let Some(kept) = kept else { return };
    for &place in places.iter().filter(|place| **place != kept) {
        let other = if values_differ(&rows[place], &rows[kept]) {
            DedupReason::ValuesChanged
        } else {
            DedupReason::SameContent
        };
        work.decide(place, copy(kept, vec![DedupReason::SameId, other]));
    }
}

fn decide_repeated_ids(work: &mut Work<'_>, places: &[usize]) {
    let rows = work.incoming;
    let mut kept: Vec<usize> = Vec::new();
    for &place in places {
        let row = &rows[place];
        let twin = kept.iter().copied().find(|kept| {
            let other = &rows[*kept];
            let one = row.date == other.date && row.amount == other.amount && row.same_currency(other);
            one && work.likeness.compare(row, other).points().is_none_or(|points| points > 95)
        });
        match twin {
            Some(of) => work.decide(place, copy(of, vec![DedupReason::SameId, DedupReason::SameContent])),
            None => kept.push(place),
        }
    }
}

/// Rows of one account, day, amount and text.
fn decide_same_content(work: &mut Work<'_>) {
    type Content<'a> = (AccountId, i32, Decimal, Option<&'a str>, [Option<&'a str>; 3]);
    let mut first: HashMap<Content<'_>, usize> = HashMap::new();
    for place in work.undecided() {
        let row = &work.incoming[place];
        let currency = row.currency.as_ref().map(crate::Currency::code);
        let texts = [row.payee.as_deref(), row.description.as_deref(), row.notes.as_deref()];
        match first.entry((row.account, super::work::day(row), row.amount, currency, texts)) {
            Entry::Occupied(entry) => {
                let of = *entry.get();
                work.decide(place, copy(of, vec![DedupReason::SameContent]));
            }
            Entry::Vacant(entry) => {
                entry.insert(place);
            }
        }
    }
}

/// Whether anything the source says of the row differs. What one of the versions leaves out is no difference.
pub(super) fn values_differ(before: &LedgerRow, after: &LedgerRow) -> bool {
    let text_differs = |before: &Option<std::sync::Arc<str>>, after: &Option<std::sync::Arc<str>>| {
        after.is_some() && before != after
    };
    before.amount != after.amount
        || before.date != after.date
        || before.pending != after.pending
        || !before.same_currency(after)
        || text_differs(&before.payee, &after.payee)
        || text_differs(&before.description, &after.description)
}
