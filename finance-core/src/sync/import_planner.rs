//! What a file's rows change in the books. Pure.
//!
//! In this order: a row under whose identifier something stands is that; the rest is judged by `deduplicate` against the rows
//! of the account that count or that the user deleted; what is left counts from now on. A row that the bank took back lives again
//! for it rather than a new one, so that it is one row when the bank reports it anew. Whatever a row turns out to be, the books
//! remember its identifier, so that the same file again says nothing new.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::awaiting::take_over;
use crate::audit::{Actor, AuditDraft, AuditSubject};
use crate::dedup::{Decision, DedupAction, DedupPolicy, DedupReason, Deduplication, deduplicate};
use crate::import::{FileRow, RowIds};
use crate::ledger_row::LedgerRow;
use crate::model::{
    Account, Money, PaymentChannel, ProviderName, ProviderTransaction, ProviderTransactionId, RowOrigin,
    Transaction, TransactionId, TransactionState,
};
use crate::store::{ChangeSet, KnownAs, RowInsert, RowUpdate};

/// A file may say a row again under its identifier so many days earlier or later.
const SAME_ROW_DAYS_MAX: u64 = 14;

/// What becomes of a row of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImportAction {
    /// It is new.
    Insert,
    /// It changes the row that an earlier file brought.
    Update,
    /// A row of the books is this one: the bank's, or one typed in, which now is the file's.
    Match,
    /// The bank had taken the row back. It counts again, as the file's, with everything the user said of it.
    Restore,
    /// An earlier file brought it.
    Unchanged,
    /// The user deleted it, and it stays deleted.
    KeptDeleted,
    /// Another row of the file says the same under the same identifier.
    DuplicateInFile,
}

/// What becomes of one row of a file, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowVerdict {
    /// What becomes of it.
    pub action: ImportAction,
    /// The row of the books; `None` for one that is new.
    pub transaction: Option<TransactionId>,
    /// Why, the weightiest first.
    pub reasons: Vec<DedupReason>,
}

/// A row of a file and a row of the books that may be one transaction, which the user may decide with
/// [`SyncEngine::merge_transactions`](super::SyncEngine::merge_transactions) once the row stands in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportSuggestion {
    /// The row of the file, by its place in the report.
    pub row: usize,
    /// The row of the books.
    pub transaction: TransactionId,
    /// How likely it is, in whole points from 0 to 100.
    pub score: u8,
    /// Why, the weightiest first.
    pub reasons: Vec<DedupReason>,
}

/// What is known before a file is taken into an account.
pub(super) struct ImportGround<'a> {
    pub(super) account: &'a Account,
    pub(super) provider: &'a ProviderName,
    /// Rows of the account in every state about the days of the file, and every row that `known` names.
    pub(super) stored: &'a [Transaction],
    /// The rows to which identifiers of the file lead.
    pub(super) known: &'a HashMap<ProviderTransactionId, TransactionId>,
}

/// What a file changes.
#[derive(Clone)]
pub(super) struct ImportPlan {
    /// What to write, without the statement and the entry of the file itself.
    pub(super) change: ChangeSet,
    /// One a row, in order.
    pub(super) verdicts: Vec<RowVerdict>,
    pub(super) suggestions: Vec<ImportSuggestion>,
}

/// Plans the rows of a file, given with their identifiers and amounts in their currencies.
pub(super) fn plan_import(
    ground: &ImportGround<'_>,
    rows: &[FileRow],
    amounts: &[Money],
    ids: &[RowIds],
    policy: &DedupPolicy,
    change: ChangeSet,
) -> ImportPlan {
    let by_id: HashMap<TransactionId, &Transaction> = ground.stored.iter().map(|row| (row.id, row)).collect();
    let reused = reused_ids(rows);
    let mut work = Work {
        ground,
        rows,
        amounts,
        ids,
        reused,
        verdicts: vec![None; rows.len()],
        taken: HashSet::new(),
        names: HashSet::new(),
        change,
    };
    work.settle_known(&by_id);
    let (left, suggestions) = work.judge(policy);
    let left = work.restore_known(left, &by_id);
    work.enter(left, policy);
    let new = || RowVerdict { action: ImportAction::Insert, transaction: None, reasons: Vec::new() };
    let verdicts = work.verdicts.into_iter().map(|verdict| verdict.unwrap_or_else(new)).collect();
    ImportPlan { change: work.change, verdicts, suggestions }
}

/// Identifiers that a file gives to different movements: they identify nothing.
fn reused_ids(rows: &[FileRow]) -> HashSet<&str> {
    let mut first: HashMap<&str, &FileRow> = HashMap::new();
    let mut reused = HashSet::new();
    for row in rows {
        let Some(id) = row.id.as_deref() else { continue };
        let other = first.entry(id).or_insert(row);
        if other.date != row.date || other.amount != row.amount || other.description != row.description {
            reused.insert(id);
        }
    }
    reused
}

struct Work<'a> {
    ground: &'a ImportGround<'a>,
    rows: &'a [FileRow],
    amounts: &'a [Money],
    ids: &'a [RowIds],
    reused: HashSet<&'a str>,
    verdicts: Vec<Option<RowVerdict>>,
    /// Stored rows that a row of the file is.
    taken: HashSet<TransactionId>,
    /// Identifiers that this change gives.
    names: HashSet<ProviderTransactionId>,
    change: ChangeSet,
}

impl<'a> Work<'a> {
    /// The bank's identifier of a row, unless it means nothing.
    fn bank_id(&self, place: usize) -> Option<&ProviderTransactionId> {
        let means_something = |id: &str| !self.reused.contains(id);
        let given = self.rows[place].id.as_deref().is_some_and(means_something);
        self.ids[place].by_bank.as_ref().filter(|_| given)
    }

    /// The row to which an identifier of a row of the file leads, one that stands in the books rather than one that the bank took
    /// back.
    fn known_row<'b>(
        &self,
        place: usize,
        by_id: &HashMap<TransactionId, &'b Transaction>,
    ) -> Option<&'b Transaction> {
        let leads_to = |id: &ProviderTransactionId| by_id.get(self.ground.known.get(id)?).copied();
        let by_bank = self.bank_id(place).and_then(leads_to);
        let by_bank = by_bank.filter(|row| same_movement(row, &self.rows[place], &self.amounts[place]));
        let found = [leads_to(&self.ids[place].by_content), by_bank];
        let found = found.into_iter().flatten();
        found.clone().find(|row| !is_taken_back(row)).or_else(|| found.clone().next())
    }

    /// Settles the rows under whose identifiers something stands.
    fn settle_known(&mut self, by_id: &HashMap<TransactionId, &Transaction>) {
        for place in 0..self.rows.len() {
            let found = self.known_row(place, by_id);
            let Some(row) = found.filter(|row| !is_taken_back(row)) else { continue };
            let (action, reason) = if row.state == TransactionState::DeletedByUser {
                (ImportAction::KeptDeleted, DedupReason::DeletedByUser)
            } else if self.taken.contains(&row.id) {
                (ImportAction::DuplicateInFile, DedupReason::SameContent)
            } else {
                (ImportAction::Unchanged, DedupReason::Unchanged)
            };
            self.taken.insert(row.id);
            self.settle(place, action, Some(row.id), vec![DedupReason::SameId, reason]);
        }
    }

    fn settle(
        &mut self,
        place: usize,
        action: ImportAction,
        transaction: Option<TransactionId>,
        reasons: Vec<DedupReason>,
    ) {
        self.verdicts[place] = Some(RowVerdict { action, transaction, reasons });
    }

    /// Judges the other rows by what they say. Those that no row of the books is are left.
    fn judge(&mut self, policy: &DedupPolicy) -> (Vec<(usize, Decision)>, Vec<ImportSuggestion>) {
        let places: Vec<usize> =
            (0..self.rows.len()).filter(|place| self.verdicts[*place].is_none()).collect();
        let (stands, answer) = self.compare(&places, policy, |row| !is_taken_back(row));
        let mut left = Vec::new();
        for (&place, decision) in places.iter().zip(answer.decisions) {
            match decision.stored.and_then(|stored| stands.get(stored).copied()) {
                _ if decision.action == DedupAction::DuplicateOfIncoming => {
                    self.settle(place, ImportAction::DuplicateInFile, None, decision.reasons);
                }
                Some(row) if decision.action != DedupAction::Insert => self.decide(place, row, decision),
                _ => left.push((place, decision)),
            }
        }
        let suggestion = |it: crate::dedup::Suggestion| {
            let (row, transaction) = (*places.get(it.incoming)?, stands.get(it.stored)?.id);
            Some(ImportSuggestion { row, transaction, score: it.score, reasons: it.reasons })
        };
        (left, answer.suggestions.into_iter().filter_map(suggestion).collect())
    }

    /// Restores the rows under whose identifiers one stands that the bank took back; the others are left.
    fn restore_known(
        &mut self,
        left: Vec<(usize, Decision)>,
        by_id: &HashMap<TransactionId, &Transaction>,
    ) -> Vec<(usize, Decision)> {
        let mut unknown = Vec::new();
        for (place, decision) in left {
            let reasons = vec![DedupReason::SameId];
            match self.known_row(place, by_id) {
                Some(row) if self.taken.contains(&row.id) => {
                    self.settle(place, ImportAction::DuplicateInFile, Some(row.id), reasons);
                }
                Some(row) => self.restore(place, row, reasons),
                None => unknown.push((place, decision)),
            }
        }
        unknown
    }

    /// Enters what is left: as the row that the bank took back, where one says the same, or as a new one. A pending row that is
    /// gone has become another.
    fn enter(&mut self, left: Vec<(usize, Decision)>, policy: &DedupPolicy) {
        let places: Vec<usize> = left.iter().map(|(place, _)| *place).collect();
        let (gone, answer) = self.compare(&places, policy, |row| is_taken_back(row) && !row.provider.pending);
        for ((place, unlike), like) in left.into_iter().zip(answer.decisions) {
            let sure = matches!(like.action, DedupAction::Match | DedupAction::Update);
            match like.stored.and_then(|stored| gone.get(stored).copied()).filter(|_| sure) {
                Some(row) => self.restore(place, row, like.reasons),
                None => {
                    self.insert(place);
                    self.settle(place, ImportAction::Insert, None, unlike.reasons);
                }
            }
        }
    }

    /// Compares rows of the file with the stored ones that fit and that no row of the file is yet.
    fn compare(
        &self,
        places: &[usize],
        policy: &DedupPolicy,
        fits: fn(&Transaction) -> bool,
    ) -> (Vec<&'a Transaction>, Deduplication) {
        let free = self.ground.stored.iter().filter(|row| !self.taken.contains(&row.id) && fits(row));
        let free: Vec<&Transaction> = free.collect();
        let stored: Vec<LedgerRow> = free.iter().map(|row| self.stored_ledger_row(row)).collect();
        let incoming: Vec<LedgerRow> = places.iter().map(|place| self.ledger_row(*place)).collect();
        let answer = deduplicate(&stored, &incoming, policy);
        (free, answer)
    }

    fn ledger_row(&self, place: usize) -> LedgerRow {
        let id = self.bank_id(place).and(self.rows[place].id.clone());
        let row = self.provider_row(place, self.ids[place].by_content.clone());
        LedgerRow { imported_id: id, ..LedgerRow::of_source(&row, self.ground.account.id) }
    }

    /// A stored row, one of a file under the bank's own identifier: the account before it may have been another one, when two
    /// became one.
    fn stored_ledger_row(&self, row: &Transaction) -> LedgerRow {
        let ledger_row = LedgerRow::of_transaction(row, self.ground.provider);
        if row.origin != RowOrigin::File {
            return ledger_row;
        }
        let id = ledger_row.imported_id.as_deref().and_then(|id| id.split_once(':'));
        LedgerRow { imported_id: id.map(|(_, id)| id.into()), ..ledger_row }
    }

    /// What becomes of a row of the file that is this one of the books.
    fn decide(&mut self, place: usize, row: &Transaction, decision: Decision) {
        let action = match decision.action {
            DedupAction::Ignore => {
                self.remember(place, row.id);
                ImportAction::KeptDeleted
            }
            DedupAction::Update if row.origin == RowOrigin::File => {
                self.update(place, row);
                ImportAction::Update
            }
            _ => {
                self.match_row(place, row, &decision);
                ImportAction::Match
            }
        };
        self.settle(place, action, Some(row.id), decision.reasons);
    }

    fn insert(&mut self, place: usize) {
        let id = self.own_id(place);
        let row = self.provider_row(place, id);
        self.change.inserts.push(RowInsert::new(row, RowOrigin::File));
    }

    fn update(&mut self, place: usize, row: &Transaction) {
        let told = self.provider_row(place, row.provider.id.clone());
        let (digest, origin) = (told.digest(), RowOrigin::File);
        self.change.updates.push(RowUpdate { id: row.id, row: told, digest, renamed: false, origin });
        self.remember(place, row.id);
    }

    /// Makes a row that the bank took back the file's. Under its identifier the bank may report it again; that of a pending row
    /// is only good for a pending row.
    fn restore(&mut self, place: usize, row: &Transaction, mut reasons: Vec<DedupReason>) {
        let renamed = row.provider.pending;
        let id = if renamed { self.own_id(place) } else { row.provider.id.clone() };
        let told = self.provider_row(place, id);
        let draft = AuditDraft::new(Actor::Engine, "transaction_restored", AuditSubject::Transaction(row.id))
            .changing(Some(&row.provider), Some(&told));
        self.change.audit.push(draft);
        let (digest, origin) = (told.digest(), RowOrigin::File);
        self.change.updates.push(RowUpdate { id: row.id, row: told, digest, renamed, origin });
        self.remember(place, row.id);
        self.taken.insert(row.id);
        reasons.push(DedupReason::TakenBack);
        self.settle(place, ImportAction::Restore, Some(row.id), reasons);
    }

    /// A row that was typed in becomes the file's; any other stays what it is.
    fn match_row(&mut self, place: usize, row: &Transaction, decision: &Decision) {
        if matches!(row.origin, RowOrigin::Manual | RowOrigin::Correction) {
            let id = self.own_id(place);
            let insert = RowInsert::new(self.provider_row(place, id), RowOrigin::File);
            take_over(&mut self.change, row, insert, decision);
        }
        self.remember(place, row.id);
    }

    /// The identifier under which a row enters the books.
    fn own_id(&mut self, place: usize) -> ProviderTransactionId {
        let by_bank = self.bank_id(place).filter(|id| self.is_free(id)).cloned();
        let id = by_bank.unwrap_or_else(|| self.ids[place].by_content.clone());
        self.names.insert(id.clone());
        id
    }

    fn is_free(&self, id: &ProviderTransactionId) -> bool {
        !self.ground.known.contains_key(id) && !self.names.contains(id)
    }

    /// Lets the identifiers of a row of the file lead to a row of the books from now on.
    fn remember(&mut self, place: usize, id: TransactionId) {
        let ids = [self.bank_id(place).cloned(), Some(self.ids[place].by_content.clone())];
        for provider_id in ids.into_iter().flatten() {
            if self.is_free(&provider_id) {
                self.names.insert(provider_id.clone());
                self.change.known_as.push(KnownAs { id, provider_id });
            }
        }
    }

    fn provider_row(&self, place: usize, id: ProviderTransactionId) -> ProviderTransaction {
        let row = &self.rows[place];
        ProviderTransaction {
            id,
            account: self.ground.account.provider.id.clone(),
            amount: self.amounts[place].clone(),
            date: row.date,
            authorized_date: None,
            datetime: None,
            authorized_datetime: None,
            pending: false,
            pending_id: None,
            description: row.description.clone(),
            original_description: row.details.clone(),
            merchant_name: row.payee.clone(),
            merchant_id: None,
            category: None,
            channel: PaymentChannel::Other,
            code: row.code.clone(),
            check_number: row.check_number.clone(),
            merchant_category_code: row.merchant_category_code.clone(),
            raw: None,
        }
    }
}

fn is_taken_back(row: &Transaction) -> bool {
    row.state == TransactionState::RemovedByProvider
}

/// Whether a stored row under the identifier of a row of a file is that row, rather than one to which the bank gave the
/// identifier before.
fn same_movement(stored: &Transaction, row: &FileRow, amount: &Money) -> bool {
    let days = stored.provider.date.signed_duration_since(row.date).num_days().unsigned_abs();
    stored.provider.amount == *amount && days <= SAME_ROW_DAYS_MAX
}
