//! Rows that entered the books before their connection told of them: which of an update's new rows they are.
//!
//! Pure. What the user typed in, imported from a file or accepted as a correction stays one row when the bank reports it: the row
//! keeps its identifier and everything the user said of it, and is the provider's from then on.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::planner::Plan;
use crate::audit::{Actor, AuditDraft, AuditSubject};
use crate::dedup::{Decision, DedupAction, DedupPolicy, DedupReason, InBatchDedup, deduplicate};
use crate::ledger_row::LedgerRow;
use crate::model::{
    AccountId, EditState, NAME_CHARS_MAX, NOTE_CHARS_MAX, ProviderAccountId, ProviderName,
    ProviderTransaction, RowOrigin, Transaction, TransactionEdits, TransactionId, TransactionState,
};
use crate::store::{ChangeSet, EditWrite, RowInsert, RowUpdate};

/// Days by which the bank's own row may lie before an accepted correction. Where the day of a missing row cannot be told, the
/// correction stands at the end of the period that lacked it; its amount is exactly what was lacking.
pub(super) const CORRECTION_DAYS: u16 = 31;

/// Two rows of the books that may be one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicatePair {
    /// The row that the bank reports.
    pub keep: TransactionId,
    /// The row that entered by hand, from a file, through an earlier connection or as a correction.
    pub drop: TransactionId,
    /// How likely it is, in whole points from 0 to 100.
    pub score: u8,
    /// Why, the weightiest first.
    pub reasons: Vec<DedupReason>,
}

/// Turns the new rows of a plan that stand in the books already into changes of those rows. `awaiting` are live rows of the
/// connection that entered without it, and rows of them that the user deleted: those stay deleted, and take in a row of their
/// own day only. So does a row that an earlier connection reported. A row of which the plan says something already is no other.
///
/// Each becomes the provider's, under its identifier there. What the user typed becomes the row's name, unless the user gave
/// one, and the rest of it goes into the note. Pairs that are not sure enough stay apart.
pub fn match_awaiting(
    mut plan: Plan,
    awaiting: &[Transaction],
    provider: &ProviderName,
    policy: &DedupPolicy,
) -> Plan {
    let decided = decided(&plan.change);
    let awaiting: Vec<&Transaction> = awaiting.iter().filter(|row| !decided.contains(&row.id)).collect();
    let accounts: HashMap<&ProviderAccountId, AccountId> =
        awaiting.iter().map(|row| (&row.provider.account, row.account)).collect();
    let connection = plan.change.connection;
    let (mut places, mut incoming) = (Vec::new(), Vec::new());
    for (place, insert) in plan.change.inserts.iter().enumerate() {
        if let Some(&account) = accounts.get(&insert.row.account) {
            places.push(place);
            incoming.push(LedgerRow::of_provider(&insert.row, account, connection, provider));
        }
    }
    let mut matches = matches_of(&awaiting, &incoming, provider, policy);
    // Both connections are to one bank, which has one day for a row: on another day it is another purchase.
    matches.retain(|(place, row, _)| {
        row.origin != RowOrigin::EarlierConnection || row.provider.date == incoming[*place].date
    });
    matches.extend(corrections_of(&awaiting, &incoming, &matches));
    let mut matches: HashMap<usize, (&Transaction, Decision)> =
        matches.drain(..).map(|(place, row, decision)| (places[place], (row, decision))).collect();

    let inserts = std::mem::take(&mut plan.change.inserts);
    for (place, insert) in inserts.into_iter().enumerate() {
        match matches.remove(&place) {
            Some((row, decision)) => {
                take_over(&mut plan.change, row, insert, &decision);
                plan.counts.added -= 1;
                let deleted = row.state == TransactionState::DeletedByUser;
                *if deleted { &mut plan.counts.kept_deleted } else { &mut plan.counts.matched } += 1;
            }
            None => plan.change.inserts.push(insert),
        }
    }
    plan
}

/// The rows of which a change set says something.
fn decided(change: &ChangeSet) -> HashSet<TransactionId> {
    let updated = change.updates.iter().map(|update| update.id);
    let carried = change.edit_carries.iter().flat_map(|carry| [carry.from, carry.to]);
    updated.chain(carried).chain(change.removals.iter().copied()).collect()
}

/// The incoming rows, by their place, that a stored one surely is. A provider's rows are never taken for each other.
fn matches_of<'a>(
    awaiting: &[&'a Transaction],
    incoming: &[LedgerRow],
    provider: &ProviderName,
    policy: &DedupPolicy,
) -> Vec<(usize, &'a Transaction, Decision)> {
    let stored: Vec<LedgerRow> =
        awaiting.iter().map(|row| LedgerRow::of_transaction(row, provider)).collect();
    let policy = DedupPolicy { in_batch_dedup: InBatchDedup::None, ..policy.clone() };
    let decisions = deduplicate(&stored, incoming, &policy).decisions;
    let sure = decisions.into_iter().enumerate().filter_map(|(place, decision)| {
        let same =
            matches!(decision.action, DedupAction::Match | DedupAction::Update | DedupAction::UpgradePending);
        let row = *awaiting.get(decision.stored?)?;
        let same = same || row.state == TransactionState::DeletedByUser;
        same.then_some((place, row, decision))
    });
    sure.collect()
}

/// The incoming rows, by their place, that an accepted correction stands for although its day is too far off for other rows:
/// those of its account and amount, where only one row and only one correction are left to each other.
fn corrections_of<'a>(
    awaiting: &[&'a Transaction],
    incoming: &[LedgerRow],
    matched: &[(usize, &Transaction, Decision)],
) -> Vec<(usize, &'a Transaction, Decision)> {
    let is_free = |row: &&Transaction| !matched.iter().any(|(_, taken, _)| taken.id == row.id);
    let corrections: Vec<&Transaction> =
        awaiting.iter().copied().filter(|row| row.origin == RowOrigin::Correction).filter(is_free).collect();
    // A row of a later day is another purchase.
    let fits = |correction: &Transaction, told: &LedgerRow| {
        let amount = correction.amount();
        let days = correction.date().signed_duration_since(told.date).num_days();
        correction.account == told.account
            && amount.amount() == told.amount
            && Some(amount.currency()) == told.currency.as_ref()
            && (0..=i64::from(CORRECTION_DAYS)).contains(&days)
    };
    let free: Vec<(usize, &LedgerRow)> = incoming
        .iter()
        .enumerate()
        .filter(|(place, _)| !matched.iter().any(|(taken, _, _)| taken == place))
        .collect();
    let only = |correction: &&'a Transaction| {
        let mut told = free.iter().filter(|(_, told)| fits(correction, told));
        let (&(place, row), None) = (told.next()?, told.next()) else { return None };
        let rivals = corrections.iter().filter(|other| fits(other, row)).count();
        let days = row.date.signed_duration_since(correction.date()).num_days().unsigned_abs();
        let days = DedupReason::DaysApart(u16::try_from(days).unwrap_or(u16::MAX));
        let reasons = vec![DedupReason::SameAmount, days];
        let decision = Decision { action: DedupAction::Match, stored: None, of: None, score: 80, reasons };
        (rivals == 1).then_some((place, *correction, decision))
    };
    corrections.iter().filter_map(only).collect()
}

/// Makes of a row that entered before what its source now tells of it.
pub(super) fn take_over(change: &mut ChangeSet, row: &Transaction, insert: RowInsert, decision: &Decision) {
    let RowInsert { row: mut told, digest, origin, .. } = insert;
    if told.check_number.is_none() {
        told.check_number.clone_from(&row.provider.check_number);
    }
    let reasons: Vec<String> = decision.reasons.iter().map(DedupReason::to_string).collect();
    let after = ProviderTransaction { raw: None, ..told.clone() };
    let draft = AuditDraft::new(Actor::Engine, "transaction_matched", AuditSubject::Transaction(row.id))
        .changing(Some(&row.provider), Some(&after))
        .because(Some(reasons.join(", ")));
    change.audit.push(draft);

    let edits = with_typed_texts(row);
    if edits != row.edits {
        let before = row.edit_state();
        let after = EditState { edits, deleted: before.deleted };
        change.edits.push(EditWrite { id: row.id, before, after });
    }
    change.updates.push(RowUpdate { id: row.id, row: told, digest, renamed: true, origin });
}

/// The user's values of a row, with what the user typed as its text among them, before a bank's text takes that place.
fn with_typed_texts(row: &Transaction) -> TransactionEdits {
    let mut edits = row.edits.clone();
    if row.origin != RowOrigin::Manual {
        return edits;
    }
    let payee = row.provider.merchant_name.as_deref().unwrap_or_default();
    for text in [payee, &row.provider.description] {
        let fits = text.chars().count() <= NAME_CHARS_MAX;
        match &edits.name {
            _ if text.trim().is_empty() => {}
            Some(name) if name == text => {}
            None if fits => edits.name = Some(text.to_owned()),
            _ => edits.note = joined_notes(edits.note.as_deref(), Some(text)),
        }
    }
    edits
}

/// Both notes, each on lines of its own; the first alone when they do not fit or say the same.
fn joined_notes(first: Option<&str>, second: Option<&str>) -> Option<String> {
    let (Some(one), Some(other)) = (first, second) else { return first.or(second).map(str::to_owned) };
    if one.lines().any(|line| line == other) {
        return Some(one.to_owned());
    }
    let both = format!("{one}\n{other}");
    Some(if both.chars().count() <= NOTE_CHARS_MAX { both } else { one.to_owned() })
}

/// Pairs of rows of one account that may be one transaction, most likely first: `awaiting` entered without the provider,
/// `told` are the provider's.
pub fn duplicate_pairs(
    awaiting: &[Transaction],
    told: &[Transaction],
    provider: &ProviderName,
    policy: &DedupPolicy,
) -> Vec<DuplicatePair> {
    let row = |row: &Transaction| LedgerRow::of_transaction(row, provider);
    let stored: Vec<LedgerRow> = awaiting.iter().map(row).collect();
    let incoming: Vec<LedgerRow> = told.iter().map(row).collect();
    let policy = DedupPolicy { in_batch_dedup: InBatchDedup::None, ..policy.clone() };
    let answer = deduplicate(&stored, &incoming, &policy);
    let sure = answer.decisions.into_iter().enumerate().filter(|(_, decision)| {
        !matches!(decision.action, DedupAction::Insert | DedupAction::DuplicateOfIncoming)
    });
    let sure = sure
        .filter_map(|(place, decision)| Some((place, decision.stored?, decision.score, decision.reasons)));
    let suggested = answer.suggestions.into_iter().map(|it| (it.incoming, it.stored, it.score, it.reasons));
    let pair = |(place, stored, score, reasons): (usize, usize, u8, Vec<DedupReason>)| {
        let (keep, drop) = (told.get(place)?.id, awaiting.get(stored)?.id);
        Some(DuplicatePair { keep, drop, score, reasons })
    };
    let mut pairs: Vec<DuplicatePair> = sure.chain(suggested).filter_map(pair).collect();
    pairs.sort_by_key(|pair| (std::cmp::Reverse(pair.score), pair.drop));
    pairs
}

/// What the user says of a row that stands for another one, too: its own values, and where it has none the other one's.
/// Amount and day are its own.
pub(super) fn merged_edits(keep: &Transaction, drop: &Transaction) -> TransactionEdits {
    let own = keep.edits.clone();
    // Beside the user's own text of the row that stays, that of the other one is not wanted.
    let other = if keep.origin == RowOrigin::Manual { drop.edits.clone() } else { with_typed_texts(drop) };
    let fits = other.parts_fit(keep.amount().amount());
    TransactionEdits {
        name: own.name.or(other.name),
        category: own.category.or(other.category),
        note: joined_notes(own.note.as_deref(), other.note.as_deref()),
        parts: if own.parts.is_empty() && fits { other.parts } else { own.parts },
        ..own
    }
}

/// The accounts among these in which an update has new rows.
pub(super) fn accounts_with_new_rows(plan: &Plan, accounts: &[crate::model::Account]) -> Vec<AccountId> {
    let named: BTreeSet<&ProviderAccountId> =
        plan.change.inserts.iter().map(|insert| &insert.row.account).collect();
    accounts.iter().filter(|account| named.contains(&account.provider.id)).map(|account| account.id).collect()
}

#[cfg(test)]
mod tests;
