//! Which stored row an incoming row may be at all, and how well the two agree.

use super::likeness::TextEvidence;
use super::{DedupPolicy, DedupReason};
use crate::LedgerRow;
use crate::model::TransactionState;

/// From this score on a pair is taken without asking.
pub(super) const AUTOMATIC_SCORE: u8 = 72;
/// What the user deleted swallows a row only from this score on: a real new transaction must not be lost.
pub(super) const DELETED_SCORE: u8 = 80;

/// Without a text, rows further apart are not taken for one.
const TEXTLESS_DAYS_MAX: i32 = 3;
/// Most rows post within so many days.
const POSTING_DAYS_USUAL: i32 = 5;

/// Why two rows with different identifiers, or none, may be one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Pairing {
    /// A pending row and the posted row that replaces it.
    Pending,
    /// The account was linked anew, and with it every identifier.
    Relinked,
    /// They come from different sources, or from one without identifiers.
    Sources,
}

/// Whether the rows may be one transaction for all that their origin says; their dates and amounts are not looked at.
pub(super) fn pairing(stored: &LedgerRow, incoming: &LedgerRow, policy: &DedupPolicy) -> Option<Pairing> {
    if stored.is_part != incoming.is_part || !stored.same_currency(incoming) {
        return None;
    }
    if stored.state == TransactionState::DeletedByUser && policy.reimport_deleted {
        return None;
    }
    let other_provider = match (&stored.provider, &incoming.provider) {
        (Some(ours), Some(theirs)) => ours != theirs,
        _ => false,
    };
    if other_provider && !policy.cross_provider {
        return None;
    }
    let relinked = is_relinked(stored, incoming);
    let one_source = !relinked && stored.provider == incoming.provider;
    let posting = stored.pending && !incoming.pending;
    if one_source && ids_differ(stored, incoming) {
        let names_another = incoming.pending_of.is_some() && incoming.pending_of != stored.imported_id;
        let may_replace = posting && !names_another || stored.state == TransactionState::RemovedByProvider;
        if !may_replace && policy.strict_ids {
            return None;
        }
    }
    Some(if posting {
        Pairing::Pending
    } else if relinked {
        Pairing::Relinked
    } else {
        Pairing::Sources
    })
}

/// Whether both rows have identifiers, which differ.
pub(super) fn ids_differ(stored: &LedgerRow, incoming: &LedgerRow) -> bool {
    matches!((&stored.imported_id, &incoming.imported_id), (Some(ours), Some(theirs)) if ours != theirs)
}

/// Whether the incoming row came through a new link of an account already in the books.
fn is_relinked(stored: &LedgerRow, incoming: &LedgerRow) -> bool {
    let other_connection = match (stored.connection, incoming.connection) {
        (Some(ours), Some(theirs)) => ours != theirs,
        _ => false,
    };
    incoming.relinked || other_connection
}

/// The days from the stored row to the incoming one, when they are near enough for such a pair.
pub(super) fn days_between(
    pairing: Pairing,
    stored: &LedgerRow,
    incoming: &LedgerRow,
    policy: &DedupPolicy,
) -> Option<i32> {
    let days = i32::try_from(incoming.date.signed_duration_since(stored.date).num_days()).ok()?;
    let (back, ahead) = match pairing {
        Pairing::Pending => {
            let back = policy.pending_window_days_back;
            (back, if policy.pending_backward_only { 0 } else { back })
        }
        Pairing::Relinked | Pairing::Sources => (policy.date_window_days, policy.date_window_days),
    };
    (-i32::from(ahead)..=i32::from(back)).contains(&days).then_some(days)
}

/// Two rows of one amount that may be one transaction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair {
    pub(super) incoming: usize,
    pub(super) stored: usize,
    pub(super) pairing: Pairing,
    /// Whether both have identifiers, which differ.
    pub(super) ids_differ: bool,
    /// Whether both come from files or by hand, without identifiers.
    pub(super) one_exporter: bool,
    /// From the stored row to the incoming one.
    pub(super) days: i32,
    pub(super) text: TextEvidence,
    /// Whether the pending row may as well have posted with a tip, under another amount.
    pub(super) may_have_drifted: bool,
    /// 0 to 100.
    pub(super) score: u8,
}

impl Pair {
    /// Scores the pair, given by how many days rows of these two sources usually differ.
    pub(super) fn scored(mut self, usual_days: i32) -> Self {
        let days = self.days.abs_diff(usual_days).min(100) as i32;
        let text = match self.text.points() {
            Some(points) => 100 - i32::from(100 - points) * 8 / 10,
            None if days > TEXTLESS_DAYS_MAX => 60,
            None => 82,
        };
        let day_cost = if self.pairing == Pairing::Pending { 1 } else { 3 };
        // A row that is still without an identifier of its own is the likelier one.
        let id_cost = if self.ids_differ && self.pairing == Pairing::Sources { 7 } else { 0 };
        // One source words a row alike each time, so another number is another cheque or shop.
        let number_cost = if self.one_exporter && self.text.other_numbers { 40 } else { 0 };
        let drift_cost = if days > POSTING_DAYS_USUAL && self.may_have_drifted { 30 } else { 0 };
        let cost = days * day_cost + id_cost + number_cost + drift_cost;
        self.score = u8::try_from((text - cost).max(0)).unwrap_or(0);
        self
    }

    /// Whether the texts leave little doubt.
    pub(super) fn is_alike(&self) -> bool {
        self.text.points().is_some_and(|points| points >= 80)
    }

    /// The evidence, the weightiest first.
    pub(super) fn reasons(&self) -> Vec<DedupReason> {
        let mut reasons = vec![DedupReason::SameAmount];
        reasons.extend(text_reasons(self.text));
        reasons.push(DedupReason::DaysApart(u16::try_from(self.days.unsigned_abs()).unwrap_or(u16::MAX)));
        if self.pairing == Pairing::Relinked {
            reasons.push(DedupReason::Relinked);
        }
        reasons
    }
}

/// What the texts say, for a person.
pub(super) fn text_reasons(text: TextEvidence) -> impl Iterator<Item = DedupReason> {
    let counterparty = (text.counterparty == Some(true)).then_some(DedupReason::SameCounterparty);
    let words = match text.alike {
        Some(alike) => Some(DedupReason::SimilarText(alike)),
        None if counterparty.is_some() => None,
        None => Some(DedupReason::NoText),
    };
    counterparty.into_iter().chain(words)
}
