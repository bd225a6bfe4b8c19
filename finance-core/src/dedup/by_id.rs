//! Rows that an identifier decides: the same one, or the link from a posted row to its pending row.

use super::copies::values_differ;
use super::work::{Nearby, Work, content, day};
use super::{Decision, DedupAction, DedupReason};
use crate::LedgerRow;
use crate::model::TransactionState;

/// Decides every incoming row that an identifier ties to a stored one. Returns the rows whose identifier is stored for
/// another transaction.
pub(super) fn decide(work: &mut Work<'_>, nearby: &Nearby<'_>) -> Vec<usize> {
    let reused = decide_same_ids(work, nearby);
    decide_links(work, nearby);
    reused
}

/// An incoming and a stored row with one identifier.
struct SameId {
    incoming: usize,
    stored: usize,
    /// Smaller fits better: whether the user deleted it, other amount, days apart, unlike texts.
    misfit: (bool, bool, u32, u8),
}

fn decide_same_ids(work: &mut Work<'_>, nearby: &Nearby<'_>) -> Vec<usize> {
    let mut pairs = Vec::new();
    let mut reused = Vec::new();
    for incoming in work.undecided() {
        let row = &work.incoming[incoming];
        let Some(id) = row.imported_id.as_deref() else { continue };
        let candidates = nearby.by_id.get(&(row.account, id)).map_or(&[][..], Vec::as_slice);
        for &stored in candidates {
            let other = &work.stored[stored];
            match identity(work, other, row) {
                Identity::OtherSource => {}
                Identity::Reused => reused.push(incoming),
                Identity::Same => {
                    let deleted = other.state == TransactionState::DeletedByUser;
                    let unlike = 100 - work.likeness.compare(other, row).points().unwrap_or(100);
                    let days = day(other).abs_diff(day(row));
                    let misfit = (deleted, other.amount != row.amount, days, unlike);
                    pairs.push(SameId { incoming, stored, misfit });
                }
            }
        }
    }
    let (stored, incoming) = (work.stored, work.incoming);
    pairs.sort_by(|ours, theirs| {
        let content = |pair: &SameId| (content(&stored[pair.stored]), content(&incoming[pair.incoming]));
        let order = ours.misfit.cmp(&theirs.misfit).then_with(|| content(ours).cmp(&content(theirs)));
        order.then_with(|| (ours.stored, ours.incoming).cmp(&(theirs.stored, theirs.incoming)))
    });
    for pair in pairs {
        if !work.is_decided(pair.incoming) && !work.is_taken(pair.stored) {
            let decision = by_same_id(&work.stored[pair.stored], &work.incoming[pair.incoming], pair.stored);
            work.decide(pair.incoming, decision);
        }
    }
    reused.retain(|incoming| !work.is_decided(*incoming));
    reused
}

enum Identity {
    Same,
    /// The identifier was given to another transaction before.
    Reused,
    /// The identifiers come from different sources and are not to be compared.
    OtherSource,
}

/// What an equal identifier means. A provider's says everything; that of a file may be used again for another transaction.
fn identity<'a>(work: &mut Work<'a>, stored: &'a LedgerRow, incoming: &'a LedgerRow) -> Identity {
    if stored.is_part != incoming.is_part {
        return Identity::OtherSource;
    }
    if work.policy.reimport_deleted && stored.state == TransactionState::DeletedByUser {
        return Identity::OtherSource;
    }
    match (&stored.provider, &incoming.provider) {
        (Some(ours), Some(theirs)) if ours == theirs => return Identity::Same,
        (Some(_), Some(_)) => return Identity::OtherSource,
        _ => {}
    }
    let days = day(stored).abs_diff(day(incoming));
    let near = days <= u32::from(work.policy.date_window_days);
    let points = work.likeness.compare(stored, incoming).points();
    let other_text = points.is_some_and(|points| points < 50);
    let posts = stored.pending && !incoming.pending;
    let turned = stored.amount.is_sign_negative() != incoming.amount.is_sign_negative();
    let same = if stored.amount == incoming.amount {
        days == 0 || near && !other_text || days <= 14 && points.is_none_or(|points| points >= 80)
    } else {
        (days == 0 || posts && near) && !other_text && !turned
    };
    if same && stored.same_currency(incoming) { Identity::Same } else { Identity::Reused }
}

fn by_same_id(stored: &LedgerRow, incoming: &LedgerRow, place: usize) -> Decision {
    let mut reasons = vec![DedupReason::SameId];
    let changed = values_differ(stored, incoming);
    let action = if stored.state == TransactionState::DeletedByUser {
        reasons.push(DedupReason::DeletedByUser);
        DedupAction::Ignore
    } else if stored.pending && !incoming.pending {
        DedupAction::UpgradePending
    } else if changed || stored.state == TransactionState::RemovedByProvider {
        reasons.push(DedupReason::ValuesChanged);
        DedupAction::Update
    } else {
        reasons.push(DedupReason::Unchanged);
        DedupAction::Match
    };
    if stored.user_edited && action != DedupAction::Ignore {
        reasons.push(DedupReason::UserEdited);
    }
    Decision { action, stored: Some(place), of: None, score: 100, reasons }
}

/// Posted rows that name their stored pending row, and pending rows that a stored posted row names.
fn decide_links(work: &mut Work<'_>, nearby: &Nearby<'_>) {
    // Where two posted rows name one pending row, that of its amount takes it, then the earlier one.
    let mut undecided = work.undecided();
    undecided.sort_by_cached_key(|incoming| {
        let row = &work.incoming[*incoming];
        let named = row.pending_of.as_deref().and_then(|id| nearby.by_id.get(&(row.account, id)));
        let keeps_amount =
            named.is_some_and(|places| places.iter().any(|place| work.stored[*place].amount == row.amount));
        (!keeps_amount, row.date, row.amount, row.imported_id.clone())
    });
    for incoming in undecided {
        let row = &work.incoming[incoming];
        let replaced = row.pending_of.as_deref().and_then(|id| nearby.by_id.get(&(row.account, id)));
        let replacing = row.imported_id.as_deref().filter(|_| row.pending);
        let replacing = replacing.and_then(|id| nearby.by_pending_id.get(&(row.account, id)));
        let fits = |stored: &&usize| {
            let other = &work.stored[**stored];
            let wanted = !(work.policy.reimport_deleted && other.state == TransactionState::DeletedByUser);
            other.provider == row.provider && !work.is_taken(**stored) && !other.is_part && wanted
        };
        if let Some(&stored) = replaced.and_then(|places| places.iter().find(fits)) {
            let decision = by_link(&work.stored[stored], stored);
            work.decide(incoming, decision);
        } else if let Some(&stored) = replacing
            .and_then(|places| places.iter().find(|stored| work.stored[**stored].provider == row.provider))
        {
            let reasons = vec![DedupReason::PendingLink, DedupReason::PostedAlready];
            let ignore =
                Decision { action: DedupAction::Ignore, stored: Some(stored), of: None, score: 100, reasons };
            work.decide(incoming, ignore);
        }
    }
}

fn by_link(stored: &LedgerRow, place: usize) -> Decision {
    let mut reasons = vec![DedupReason::PendingLink];
    let action = if stored.state == TransactionState::DeletedByUser {
        reasons.push(DedupReason::DeletedByUser);
        DedupAction::Ignore
    } else if stored.pending {
        DedupAction::UpgradePending
    } else {
        reasons.push(DedupReason::ValuesChanged);
        DedupAction::Update
    };
    if stored.user_edited && action != DedupAction::Ignore {
        reasons.push(DedupReason::UserEdited);
    }
    Decision { action, stored: Some(place), of: None, score: 100, reasons }
}
