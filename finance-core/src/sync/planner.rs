//! The sync planner: what is stored and one update in, one change set out.
//!
//! Pure. The rules, in order:
//!
//! 1. Pages count in the order received; within a page additions and modifications come before removals. What
//!    a row's last mention says holds.
//! 2. A row that names the pending row it replaces takes that row over: same identifier, edits kept. Only
//!    then are removals looked at.
//! 3. A known row is updated, an unknown one inserted, whether it was reported as added or as modified.
//! 4. A row the user deleted stays deleted; a row the provider took back lives again when it is reported again.
//! 5. When a replay from the beginning is whole, rows that it did not mention are removed, but for those of accounts that
//!    the provider tells no more of, and those that did not come from this connection's provider.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::pager::Update;
use crate::model::{
    Account, AccountId, AccountStatus, Balances, Connection, HistoryStatus, ProviderAccount,
    ProviderAccountId, ProviderTransaction, ProviderTransactionId, RowOrigin, SyncCounts, TransactionId,
    TransactionState,
};
use crate::store::{
    AccountChanges, ChangeSet, CursorStep, EditCarry, KnownTransaction, RowInsert, RowUpdate,
};

/// What is stored of a connection before an update.
#[derive(Debug, Clone, Copy)]
pub struct LocalState<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// Its accounts.
    pub accounts: &'a [Account],
    /// Stored rows: those the update names ([`named_ids`]), or all of them for an update from the beginning.
    pub known: &'a [KnownTransaction],
}

/// A change set to apply and what it will change.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Everything to write, without the record of the run.
    pub change: ChangeSet,
    /// What it changes.
    pub counts: SyncCounts,
}

/// Every provider id that an update names, pending ids included, each once.
pub fn named_ids(update: &Update) -> Vec<ProviderTransactionId> {
    let mut ids = HashSet::new();
    for page in &update.pages {
        for row in page.added.iter().chain(&page.modified) {
            ids.extend([&row.id].into_iter().chain(&row.pending_id));
        }
        ids.extend(page.removed.iter().map(|removed| &removed.id));
    }
    ids.into_iter().cloned().collect()
}

/// Whether the provider has nothing ready yet: no rows, no cursor, no progress.
pub fn is_not_ready(update: &Update) -> bool {
    update.next.is_none() && update.pages.iter().all(|page| page.rows() == 0)
}

/// Plans one update. `listed` is the provider's own list of open accounts, when it could be read.
pub fn plan(
    local: LocalState<'_>,
    update: Update,
    listed: Option<Vec<ProviderAccount>>,
    at: DateTime<Utc>,
) -> Plan {
    let replay = Replay::of(&local, &update);
    let mentions = Mentions::of_pages(update.pages);
    // An account that is closed or de-selected is told no more, and its history stays.
    let listed = listed.filter(|listed| !listed.is_empty());
    let is_told = |account: &Account| {
        let id = &account.provider.id;
        let listed = listed.as_ref().is_some_and(|listed| listed.iter().any(|account| account.id == *id));
        listed || update.accounts.contains_key(id)
    };
    let told: HashSet<AccountId> =
        local.accounts.iter().filter(|account| is_told(account)).map(|account| account.id).collect();
    let unmentioned = match replay {
        Replay::Whole => unmentioned_rows(local.known, &mentions, &told),
        Replay::None | Replay::Partial => Vec::new(),
    };
    let mut rows = RowPlanner::new(local.known, &mentions, &unmentioned);
    rows.take_over_pending(&mentions);
    let accounts = plan_accounts(local.accounts, &mentions, update.accounts, listed);
    rows.upsert(mentions.upserts);
    rows.remove(&mentions.removed);
    rows.sweep(unmentioned);

    // A replay that was not whole yet must run again, so it leaves no cursor behind.
    let next = match replay {
        Replay::Partial => None,
        Replay::None | Replay::Whole => update.next.or_else(|| local.connection.cursor.clone()),
    };
    let history = update.history.filter(|history| *history != HistoryStatus::Unknown);
    let change = ChangeSet {
        cursor: Some(CursorStep { expected: local.connection.cursor.clone(), next }),
        accounts,
        edit_carries: rows.edit_carries,
        updates: rows.updates,
        inserts: rows.inserts,
        removals: rows.removals,
        history,
        ..ChangeSet::new(local.connection.id, at)
    };
    Plan { change, counts: rows.counts }
}

/// Stored rows that a whole replay does not mention although it tells of their account, oldest first.
fn unmentioned_rows<'a>(
    known: &'a [KnownTransaction],
    mentions: &Mentions,
    told: &HashSet<AccountId>,
) -> Vec<&'a KnownTransaction> {
    let mentioned: HashSet<_> = mentions.upserts.iter().map(|upsert| &upsert.row.id).collect();
    let mut unmentioned: Vec<&KnownTransaction> = known
        .iter()
        .filter(|known| known.origin == RowOrigin::Provider)
        .filter(|known| !known.superseded && told.contains(&known.account))
        .filter(|known| !mentioned.contains(&known.provider_id))
        .collect();
    unmentioned.sort_by_key(|known| known.id);
    unmentioned
}

/// Whether an update tells everything anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Replay {
    /// It goes on from a cursor, or nothing is stored that it could repeat.
    None,
    /// It began at the beginning, but part of the history is not ready: rows it leaves out may still exist.
    Partial,
    /// It began at the beginning and told everything: rows it leaves out are gone.
    Whole,
}

impl Replay {
    fn of(local: &LocalState<'_>, update: &Update) -> Self {
        let repeatable = local.known.iter().any(|known| known.origin == RowOrigin::Provider);
        if update.start.is_some() || !repeatable {
            return Self::None;
        }
        let told_all = match update.history {
            Some(HistoryStatus::Complete) => true,
            Some(HistoryStatus::Unknown) | None => local.connection.history == HistoryStatus::Unknown,
            Some(_) => false,
        };
        if told_all && update.next.is_some() { Self::Whole } else { Self::Partial }
    }
}

/// The last word on each provider id of an update.
struct Mentions {
    /// Rows to hold, in the order of their first mention.
    upserts: Vec<Upsert>,
    removed: Vec<ProviderTransactionId>,
}

struct Upsert {
    row: ProviderTransaction,
    /// Whether the provider says the row changed, rather than merely that it exists.
    modified: bool,
}

impl Mentions {
    fn of_pages(pages: Vec<crate::provider::UpdatePage>) -> Self {
        let expected = pages.iter().map(|page| page.added.len() + page.modified.len()).sum();
        let mut place: HashMap<ProviderTransactionId, usize> = HashMap::with_capacity(expected);
        let mut last_words: Vec<Result<Upsert, ProviderTransactionId>> = Vec::with_capacity(expected);
        let mut say =
            |id: &ProviderTransactionId, word: Result<Upsert, ProviderTransactionId>| match place.get(id) {
                Some(&index) => last_words[index] = word,
                None => {
                    place.insert(id.clone(), last_words.len());
                    last_words.push(word);
                }
            };
        for page in pages {
            let added = page.added.into_iter().map(|row| Upsert { row, modified: false });
            let modified = page.modified.into_iter().map(|row| Upsert { row, modified: true });
            for upsert in added.chain(modified) {
                say(&upsert.row.id.clone(), Ok(upsert));
            }
            for removed in page.removed {
                say(&removed.id.clone(), Err(removed.id));
            }
        }
        let mut removed = Vec::new();
        // Collected so, the rows of a large update stay where they are instead of being in memory twice.
        let upserts = last_words.into_iter().filter_map(|word| word.map_err(|id| removed.push(id)).ok());
        Self { upserts: upserts.collect(), removed }
    }
}

/// Decides row by row, against what is stored.
struct RowPlanner<'a> {
    known: HashMap<&'a ProviderTransactionId, &'a KnownTransaction>,
    /// Posted rows of this update and the stored row each takes over.
    takes_over: HashMap<ProviderTransactionId, &'a KnownTransaction>,
    /// Stored rows whose present id the provider gave up, in this update or before.
    given_up: HashSet<TransactionId>,
    /// Pending ids that a posted row of this update replaces; whatever else is said of them is out of date.
    replaced: HashSet<ProviderTransactionId>,
    /// Stored rows already decided.
    settled: HashSet<TransactionId>,
    edit_carries: Vec<EditCarry>,
    updates: Vec<RowUpdate>,
    inserts: Vec<RowInsert>,
    removals: Vec<TransactionId>,
    counts: SyncCounts,
}

impl<'a> RowPlanner<'a> {
    fn new(known: &'a [KnownTransaction], mentions: &Mentions, unmentioned: &[&KnownTransaction]) -> Self {
        let removed: HashSet<&ProviderTransactionId> = mentions.removed.iter().collect();
        let unmentioned: HashSet<TransactionId> = unmentioned.iter().map(|known| known.id).collect();
        let is_given_up = |known: &&KnownTransaction| {
            known.removed_by_provider
                || unmentioned.contains(&known.id)
                || !known.superseded && removed.contains(&known.provider_id)
        };
        Self {
            given_up: known.iter().filter(is_given_up).map(|known| known.id).collect(),
            known: known.iter().map(|known| (&known.provider_id, known)).collect(),
            takes_over: HashMap::new(),
            replaced: HashSet::new(),
            settled: HashSet::new(),
            edit_carries: Vec::new(),
            updates: Vec::new(),
            inserts: Vec::new(),
            removals: Vec::new(),
            counts: SyncCounts::default(),
        }
    }

    /// Follows the links from posted rows to pending ones, before anything is removed.
    fn take_over_pending(&mut self, mentions: &Mentions) {
        for Upsert { row, .. } in &mentions.upserts {
            let Some(pending_id) = row.pending_id.as_ref().filter(|pending_id| **pending_id != row.id) else {
                continue;
            };
            self.replaced.insert(pending_id.clone());
            let Some(pending) = self.known.get(pending_id).copied() else { continue };
            match self.known.get(&row.id) {
                // A former pending id leads to its row only if the posted row it became is gone again.
                None => {
                    let free = !pending.superseded || self.given_up.contains(&pending.id);
                    if free && self.settled.insert(pending.id) {
                        self.takes_over.insert(row.id.clone(), pending);
                    }
                }
                // One row has had both ids: it posts, perhaps once more.
                Some(posted) if posted.id == pending.id => {
                    self.given_up.insert(pending.id);
                }
                // Both are stored: the link came late, and the pending row must not count twice.
                Some(posted) => {
                    if !pending.superseded && self.settled.insert(pending.id) {
                        self.edit_carries.push(EditCarry { from: pending.id, to: posted.id });
                        self.remove_row(pending);
                    }
                }
            }
        }
    }

    fn upsert(&mut self, upserts: Vec<Upsert>) {
        // Collected so, new rows stay where they are instead of being in memory twice.
        self.inserts = upserts.into_iter().filter_map(|upsert| self.new_row(upsert)).collect();
    }

    /// The row as a new one, unless it is dealt with as a known one.
    fn new_row(&mut self, upsert: Upsert) -> Option<RowInsert> {
        let id = &upsert.row.id;
        if let Some(pending) = self.takes_over.get(id).copied() {
            self.update(pending, upsert, true);
            None
        } else if self.replaced.contains(id) {
            // Its posted row stands for it.
            None
        } else if let Some(known) = self.known.get(id).copied() {
            self.upsert_known(known, upsert);
            None
        } else {
            self.counts.added += 1;
            Some(RowInsert::new(upsert.row, RowOrigin::Provider))
        }
    }

    fn upsert_known(&mut self, known: &'a KnownTransaction, upsert: Upsert) {
        // An id that the row had while it was pending says nothing new, unless its posted row is gone.
        let outdated = known.superseded && !self.given_up.contains(&known.id);
        if outdated || !self.settled.insert(known.id) {
            self.counts.unchanged += 1;
            return;
        }
        self.update(known, upsert, known.superseded);
    }

    fn update(&mut self, known: &'a KnownTransaction, upsert: Upsert, renamed: bool) {
        let digest = upsert.row.digest();
        // A row that came from elsewhere is the provider's from now on, even if it says the same.
        let adopted = known.origin != RowOrigin::Provider;
        let changed = upsert.modified || renamed || adopted || digest != known.digest;
        let count = match known.state {
            TransactionState::DeletedByUser => &mut self.counts.kept_deleted,
            TransactionState::RemovedByProvider => &mut self.counts.added,
            TransactionState::Live if renamed => &mut self.counts.posted,
            TransactionState::Live if changed => &mut self.counts.modified,
            TransactionState::Live => &mut self.counts.unchanged,
        };
        *count += 1;
        if changed || known.removed_by_provider {
            let origin = RowOrigin::Provider;
            self.updates.push(RowUpdate { id: known.id, row: upsert.row, digest, renamed, origin });
        }
    }

    fn remove(&mut self, removed: &[ProviderTransactionId]) {
        for id in removed {
            if let Some(known) = self.known.get(id).copied() {
                // The removal of a former pending id, or of a row already decided, is old news.
                if !known.superseded && self.settled.insert(known.id) {
                    self.remove_row(known);
                }
            }
        }
    }

    /// Removes the rows that a whole replay did not mention.
    fn sweep(&mut self, unmentioned: Vec<&KnownTransaction>) {
        for known in unmentioned {
            if self.settled.insert(known.id) {
                self.remove_row(known);
            }
        }
    }

    /// Takes note that the provider took the row back, also behind a deletion by the user that may be undone one day.
    fn remove_row(&mut self, known: &KnownTransaction) {
        if !known.removed_by_provider {
            self.counts.removed += u64::from(known.state == TransactionState::Live);
            self.removals.push(known.id);
        }
    }
}

/// Takes the provider's accounts over and makes sure that every row finds its account.
fn plan_accounts(
    stored: &[Account],
    mentions: &Mentions,
    named: std::collections::BTreeMap<ProviderAccountId, ProviderAccount>,
    listed: Option<Vec<ProviderAccount>>,
) -> AccountChanges {
    let stored_ids: HashSet<&ProviderAccountId> = stored.iter().map(|account| &account.provider.id).collect();
    let mut changes = AccountChanges::default();
    if let Some(listed) = listed {
        let open: HashSet<&ProviderAccountId> = listed.iter().map(|account| &account.id).collect();
        changes.gone = stored
            .iter()
            .filter(|account| account.status == AccountStatus::Open && !open.contains(&account.provider.id))
            .map(|account| account.id)
            .collect();
        // An account that only a page names may be closed: it is taken over once, so that its rows have a home.
        let only_named = named
            .into_values()
            .filter(|account| !open.contains(&account.id) && !stored_ids.contains(&account.id));
        let only_named: Vec<_> = only_named.collect();
        changes.listed = listed;
        changes.listed.extend(only_named);
    } else {
        changes.listed = named.into_values().collect();
    }

    let mut homes: HashSet<ProviderAccountId> =
        stored_ids.into_iter().chain(changes.listed.iter().map(|account| &account.id)).cloned().collect();
    for Upsert { row, .. } in &mentions.upserts {
        if !homes.contains(&row.account) {
            homes.insert(row.account.clone());
            changes.listed.push(undescribed_account(&row.account));
        }
    }
    changes
}

/// An account that rows name but nobody describes: kept, so that no row is lost.
fn undescribed_account(id: &ProviderAccountId) -> ProviderAccount {
    ProviderAccount {
        id: id.clone(),
        persistent_id: None,
        name: "Unnamed account".to_owned(),
        official_name: None,
        mask: None,
        provider_type: "other".to_owned(),
        provider_subtype: None,
        holder: None,
        balances: Balances::default(),
    }
}

#[cfg(test)]
mod tests;
