//! Two connections that become one.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::{AccountPair, Applied, ConnectionMerge, Merged, RowPair, StoreError};
use super::books::{Books, StoredRow, conflict, invalid};
use crate::model::{
    AccountId, ConnectionStatus, ProviderTransactionId, RowOrigin, TransactionId, TransactionState,
};

fn counts(row: &StoredRow) -> bool {
    row.transaction.state == TransactionState::Live
}

impl Books {
    pub(super) fn merge_connections(&mut self, merge: &ConnectionMerge) -> Result<(), StoreError> {
        self.check_merge(merge)?;
        let mut merged =
            Merged { status: Some(self.connections[&merge.from].connection.status), ..Merged::default() };
        self.move_ids(merge);
        for pair in &merge.rows {
            self.merge_rows(merge, *pair, &mut merged);
        }
        self.move_old_rows(merge, &mut merged);
        self.move_new_rows(merge, &mut merged);
        for pair in &merge.accounts {
            self.merge_accounts(merge, *pair, &mut merged);
        }
        self.end_connection(merge.from);
        if let Some(into) = self.connections.get_mut(&merge.into) {
            into.connection.revision += 1;
        }
        self.drop_empty_ranges();
        self.logs.add(&merge.user, merge.at, &merge.audit, merge.events(&merged), &Applied::default());
        Ok(())
    }

    fn check_merge(&self, merge: &ConnectionMerge) -> Result<(), StoreError> {
        merge.check()?;
        let from = &self.connection_of(&merge.user, merge.from)?.connection;
        let into = &self.connection_of(&merge.user, merge.into)?.connection;
        if into.status == ConnectionStatus::Removed {
            return Err(invalid("the connection to stay was removed".to_owned()));
        }
        if from.revision != merge.from_revision || into.revision != merge.into_revision {
            return Err(conflict("somebody else wrote to one of the connections first"));
        }
        for pair in &merge.accounts {
            let of = |account: AccountId| self.accounts.get(&account).map(|account| account.connection);
            if of(pair.old) != Some(merge.from) || of(pair.new) != Some(merge.into) {
                return Err(conflict("an account is of another connection by now"));
            }
        }
        let news: HashMap<AccountId, AccountId> =
            merge.accounts.iter().map(|pair| (pair.old, pair.new)).collect();
        for pair in &merge.rows {
            let of = |row: TransactionId| self.rows.get(&row).map(|row| row.transaction.account);
            let new = of(pair.old).and_then(|old| news.get(&old).copied());
            if new.is_none() || of(pair.new) != new {
                return Err(conflict("a row is of another account by now"));
            }
        }
        self.check_moved_ids(merge)
    }

    /// Whether the old rows without a pair find their provider ids free.
    fn check_moved_ids(&self, merge: &ConnectionMerge) -> Result<(), StoreError> {
        let moved: BTreeMap<TransactionId, &StoredRow> = self.old_rows(merge).collect();
        let renamed: HashMap<TransactionId, &ProviderTransactionId> =
            merge.renamed.iter().map(|(row, id)| (*row, id)).collect();
        if merge.dropped.iter().chain(renamed.keys()).any(|row| !moved.contains_key(row)) {
            return Err(conflict("a row is of another account by now"));
        }
        let mut taken = HashSet::new();
        for (id, row) in moved {
            let id = renamed.get(&id).copied().unwrap_or(&row.transaction.provider.id);
            if self.row_ids.contains_key(&(merge.into, id.clone())) || !taken.insert(id) {
                return Err(conflict("two rows would have the same provider id"));
            }
        }
        Ok(())
    }

    /// The rows of the old accounts that have no pair.
    fn old_rows<'a>(
        &'a self,
        merge: &ConnectionMerge,
    ) -> impl Iterator<Item = (TransactionId, &'a StoredRow)> + use<'a> {
        let accounts: HashSet<AccountId> = merge.accounts.iter().map(|pair| pair.old).collect();
        let paired: HashSet<TransactionId> = merge.rows.iter().map(|pair| pair.old).collect();
        let rows = self.rows.iter().map(|(id, row)| (*id, row));
        rows.filter(move |(id, row)| accounts.contains(&row.transaction.account) && !paired.contains(id))
    }

    fn merge_rows(&mut self, merge: &ConnectionMerge, pair: RowPair, merged: &mut Merged) {
        let Some(new) = self.rows.remove(&pair.new) else { return };
        let Some(old) = self.rows.get_mut(&pair.old) else { return };
        let (counted, account) = (counts(old), old.transaction.account);
        if counts(&new) {
            merged.removed.push((account, pair.new));
        }
        old.join_edits(new.edited());
        old.transaction.assigned = old.transaction.assigned.take().or(new.transaction.assigned);
        old.transaction.provider = new.transaction.provider;
        old.transaction.origin = new.transaction.origin;
        old.transaction.connection = merge.into;
        old.transaction.updated_at = merge.at;
        old.raw = new.raw;
        old.digest = new.digest;
        old.removed_by_provider = new.removed_by_provider;
        old.settle_state();
        match (counted, counts(old)) {
            (true, true) => merged.modified.push((account, pair.old)),
            (false, true) => merged.created.push((account, pair.old)),
            (true, false) => merged.removed.push((account, pair.old)),
            (false, false) => {}
        }
    }

    /// Lets every id that led to one of the rows lead to the one that stays, at the new connection: those of the new rows as
    /// they did, those of the old ones as far as they are free there.
    fn move_ids(&mut self, merge: &ConnectionMerge) {
        let stays: HashMap<TransactionId, TransactionId> =
            merge.rows.iter().map(|pair| (pair.new, pair.old)).collect();
        for row in self.row_ids.values_mut() {
            *row = stays.get(row).copied().unwrap_or(*row);
        }
        for (row, id) in &merge.renamed {
            let before = self.rows.get(row).map(|row| row.transaction.provider.id.clone());
            before.and_then(|before| self.row_ids.remove(&(merge.from, before)));
            self.row_ids.insert((merge.into, id.clone()), *row);
        }
        let accounts: HashSet<AccountId> = merge.accounts.iter().map(|pair| pair.old).collect();
        let own = |row: &TransactionId| {
            self.rows.get(row).is_some_and(|row| accounts.contains(&row.transaction.account))
        };
        let moved = self.row_ids.iter().filter(|((owner, _), row)| *owner == merge.from && own(row));
        let moved: Vec<(ProviderTransactionId, TransactionId)> =
            moved.map(|((_, id), row)| (id.clone(), *row)).collect();
        for (id, row) in moved {
            self.row_ids.remove(&(merge.from, id.clone()));
            self.row_ids.entry((merge.into, id)).or_insert(row);
        }
    }

    fn move_old_rows(&mut self, merge: &ConnectionMerge, merged: &mut Merged) {
        let ids: Vec<TransactionId> = self.old_rows(merge).map(|(id, _)| id).collect();
        let homes: HashMap<AccountId, AccountId> =
            merge.accounts.iter().map(|pair| (pair.old, pair.new)).collect();
        for id in ids {
            let Some(row) = self.rows.get_mut(&id) else { continue };
            if let Some(home) = homes.get(&row.transaction.account).and_then(|new| self.accounts.get(new)) {
                row.transaction.provider.account = home.provider.id.clone();
            }
            if let Some((_, renamed)) = merge.renamed.iter().find(|(row, _)| *row == id) {
                row.transaction.provider.id = renamed.clone();
            }
            row.transaction.connection = merge.into;
            if row.transaction.origin == RowOrigin::Provider {
                row.transaction.origin = RowOrigin::EarlierConnection;
            }
            if merge.dropped.contains(&id) {
                if counts(row) {
                    merged.removed.push((row.transaction.account, id));
                }
                row.removed_by_provider = true;
                row.transaction.updated_at = merge.at;
                row.settle_state();
            }
        }
    }

    fn move_new_rows(&mut self, merge: &ConnectionMerge, merged: &mut Merged) {
        let homes: HashMap<AccountId, AccountId> =
            merge.accounts.iter().map(|pair| (pair.new, pair.old)).collect();
        for (id, row) in &mut self.rows {
            if let Some(home) = homes.get(&row.transaction.account) {
                row.transaction.account = *home;
                if counts(row) {
                    merged.modified.push((*home, *id));
                }
            }
        }
    }

    fn merge_accounts(&mut self, merge: &ConnectionMerge, pair: AccountPair, merged: &mut Merged) {
        let Some(new) = self.accounts.remove(&pair.new) else { return };
        let Some(old) = self.accounts.get_mut(&pair.old) else { return };
        if !old.provider.balances.same_amounts(&new.provider.balances) {
            merged.balances.push((pair.old, new.provider.balances.clone()));
        }
        self.account_ids.remove(&(merge.from, old.provider.id.clone()));
        self.account_ids.insert((merge.into, new.provider.id.clone()), pair.old);
        old.connection = merge.into;
        old.provider = new.provider;
        old.status = new.status;
        old.balances_at = new.balances_at;
        self.history.merge(pair);
        self.reconciliations.merge(pair);
    }
}
