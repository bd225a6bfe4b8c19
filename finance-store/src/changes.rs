//! What is the same in every engine about writing change sets and merges: what is refused before anything is looked up, and
//! what listeners are told of accounts and rows.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use finance_core::{
    AccountId, BalanceEntry, ChangeSet, ConnectionMerge, ConnectionStatus, Merged, ProviderAccount, RowPair,
    StoreError, TransactionId, Written,
};

use crate::records::accounts::{DatedBalances, Known};
use crate::refusals::{conflict, invalid};

/// Refuses what comes twice and may come once.
pub(crate) fn refuse_doubles(change: &ChangeSet) -> Result<(), StoreError> {
    if has_doubles(change.updates.iter().map(|update| update.id)) {
        return Err(invalid("a transaction is updated twice"));
    }
    if has_doubles(change.edits.iter().map(|edit| edit.id)) {
        return Err(invalid("a transaction is edited twice"));
    }
    if has_doubles(change.known_as.iter().map(|known| &known.provider_id)) {
        return Err(conflict("a further provider id leads to two rows"));
    }
    if has_doubles(change.statements.iter().map(|write| (write.account, write.date))) {
        return Err(invalid("a statement is written twice"));
    }
    let resolved =
        change.resolutions.iter().map(|write| (write.after.reconciliation, write.after.explanation));
    if has_doubles(resolved) {
        return Err(invalid("a resolution is written twice"));
    }
    Ok(())
}

fn has_doubles<T: Eq + Hash>(values: impl Iterator<Item = T>) -> bool {
    let mut seen = HashSet::new();
    !values.into_iter().all(|value| seen.insert(value))
}

/// The status that a change set gives a connection that has this one: none if it was removed, which also refuses some.
pub(crate) fn told_status(
    change: &ChangeSet,
    before: ConnectionStatus,
) -> Result<Option<ConnectionStatus>, StoreError> {
    if before != ConnectionStatus::Removed {
        return Ok(change.status);
    }
    if change.cursor.is_some() || !change.accounts.listed.is_empty() {
        return Err(conflict("the connection was removed meanwhile"));
    }
    Ok(None)
}

/// The connection's accounts and their newest balances while a change set is written.
pub(crate) struct Accounts {
    /// By provider id.
    pub(crate) known: HashMap<String, Known>,
    pub(crate) newest: HashMap<AccountId, BalanceEntry>,
}

impl Accounts {
    /// Notes that an account is no longer listed.
    pub(crate) fn gone(&mut self, gone: AccountId, written: &mut Written) -> Result<(), StoreError> {
        let found = self.known.values_mut().find(|account| account.id == gone);
        let account = found.ok_or_else(|| invalid(format!("account {gone} is none of the connection's")))?;
        if account.open {
            account.open = false;
            written.accounts_gone.push(gone);
        }
        Ok(())
    }

    /// The balances that a listed account has from now on: those that come with it, unless later ones stand.
    pub(crate) fn balances_of(&self, account: &ProviderAccount, change: &ChangeSet) -> DatedBalances {
        let at = change.balances_at.unwrap_or(change.at);
        match self.known.get(account.id.as_str()) {
            Some(known) if known.dated.at > at => known.dated.clone(),
            _ => DatedBalances { balances: account.balances.clone(), at },
        }
    }

    /// Notes a listed account under the number and with the balances it has now, and returns an entry of its history where what
    /// came is news.
    pub(crate) fn listed(
        &mut self,
        id: AccountId,
        account: &ProviderAccount,
        now: DatedBalances,
        change: &ChangeSet,
        written: &mut Written,
    ) -> Option<BalanceEntry> {
        let before = self.known.get(account.id.as_str());
        if before.is_none_or(|before| !before.open) {
            written.accounts_connected.push(id);
        }
        if before.is_none_or(|before| !before.dated.balances.same_amounts(&now.balances)) {
            written.balances.push((id, now.balances.clone()));
        }
        self.known.insert(account.id.to_string(), Known { id, open: true, dated: now });

        let (at, source) = (change.balances_at.unwrap_or(change.at), change.balance_source);
        let entry = BalanceEntry { account: id, at, balances: account.balances.clone(), source };
        let newest = self.newest.get(&id);
        if !entry.is_news(newest) {
            return None;
        }
        if newest.is_none_or(|newest| newest.at <= entry.at) {
            self.newest.insert(id, entry.clone());
        }
        Some(entry)
    }
}

/// Rows by number: the account, and whether it counts.
pub(crate) type Rows = HashMap<TransactionId, (AccountId, bool)>;

/// The stored rows that a change set may change.
pub(crate) fn touched(change: &ChangeSet) -> HashSet<i64> {
    let carried = change.edit_carries.iter().map(|carry| carry.to);
    let updated = change.updates.iter().map(|update| update.id);
    let removed = change.removals.iter().copied();
    let edited = change.edits.iter().map(|edit| edit.id);
    carried.chain(updated).chain(removed).chain(edited).map(TransactionId::number).collect()
}

/// Notes which touched rows began to count, changed, or count no longer.
pub(crate) fn note_touched(before: &Rows, after: &Rows, written: &mut Written) {
    for (&id, &(account, counts)) in after {
        let row = (account, id);
        match (before.get(&id).is_some_and(|(_, counted)| *counted), counts) {
            (false, true) => written.created.push(row),
            (true, true) => written.modified.push(row),
            (true, false) => written.removed.push(row),
            (false, false) => {}
        }
    }
}

/// Whether the rows of a merge are where it was planned to find them.
pub(crate) fn check_merged_rows(merge: &ConnectionMerge, rows: &Rows) -> Result<(), StoreError> {
    let news: HashMap<AccountId, AccountId> =
        merge.accounts.iter().map(|pair| (pair.old, pair.new)).collect();
    let of = |row: &TransactionId| rows.get(row).map(|(account, _)| *account);
    let paired = |pair: &RowPair| {
        let new = of(&pair.old).and_then(|old| news.get(&old).copied());
        new.is_some() && of(&pair.new) == new
    };
    let single = |row: &TransactionId| of(row).is_some_and(|account| news.contains_key(&account));
    let singles = merge.dropped.iter().chain(merge.renamed.iter().map(|(row, _)| row));
    if !merge.rows.iter().all(paired) || !singles.into_iter().all(single) {
        return Err(conflict("a row is of another account by now"));
    }
    Ok(())
}

/// Notes which rows of a merge began to count, say something else, or count no longer.
pub(crate) fn note_merged(merge: &ConnectionMerge, before: &Rows, after: &Rows, merged: &mut Merged) {
    let stays: HashMap<AccountId, AccountId> =
        merge.accounts.iter().map(|pair| (pair.new, pair.old)).collect();
    let changed: HashSet<TransactionId> =
        merge.rows.iter().map(|pair| pair.old).chain(merge.dropped.iter().copied()).collect();
    for (&id, &(account, counted)) in before {
        let home = stays.get(&account).copied().unwrap_or(account);
        let counts = after.get(&id).is_some_and(|(_, counts)| *counts);
        match (counted, counts) {
            (true, true) if home != account || changed.contains(&id) => merged.modified.push((home, id)),
            (false, true) => merged.created.push((home, id)),
            (true, false) => merged.removed.push((home, id)),
            _ => {}
        }
    }
}
