//! Comparisons with the bank, resolutions and statements in memory.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};

use super::super::{
    AccountPair, ChangeSet, ReconciliationSummary, ResolutionWrite, StatementWrite, StoredReconciliation,
    StoredResolution,
};
use super::books::{conflict, invalid};
use crate::StoreError;
use crate::model::{AccountId, ReconciliationId, Statement};

#[derive(Default)]
pub(super) struct Reconciliations {
    comparisons: BTreeMap<ReconciliationId, StoredReconciliation>,
    resolutions: BTreeMap<(ReconciliationId, u32), StoredResolution>,
    statements: BTreeMap<(AccountId, NaiveDate), Statement>,
    /// The number given last; none is given twice, also after an erasure.
    last: i64,
}

impl Reconciliations {
    pub(super) fn latest(&self, account: AccountId) -> Option<&ReconciliationSummary> {
        let scored = self.of_account(account).find(|summary| summary.score.is_some());
        scored.or_else(|| self.of_account(account).next())
    }

    /// The latest first.
    pub(super) fn of_account(&self, account: AccountId) -> impl Iterator<Item = &ReconciliationSummary> {
        let own = self.comparisons.values().rev().map(|stored| &stored.summary);
        own.filter(move |summary| summary.account == account)
    }

    pub(super) fn one(&self, id: ReconciliationId) -> Option<&StoredReconciliation> {
        self.comparisons.get(&id)
    }

    pub(super) fn resolutions(&self, id: ReconciliationId) -> Vec<StoredResolution> {
        self.resolutions.range((id, 0)..=(id, u32::MAX)).map(|(_, stored)| stored.clone()).collect()
    }

    pub(super) fn statements(&self, account: AccountId) -> Vec<Statement> {
        let own = self.statements.range((account, NaiveDate::MIN)..=(account, NaiveDate::MAX));
        own.map(|(_, statement)| statement.clone()).collect()
    }

    /// Whether what a change set says can be written, given which accounts are its connection's.
    pub(super) fn check(
        &self,
        change: &ChangeSet,
        is_own: impl Fn(AccountId) -> bool,
    ) -> Result<(), StoreError> {
        let compared = change.reconciliations.iter().map(|new| new.account);
        for account in compared.chain(change.statements.iter().map(|write| write.account)) {
            if !is_own(account) {
                return Err(invalid(format!("account {account} is none of the connection's")));
            }
        }
        let mut statements = BTreeMap::new();
        for StatementWrite { account, date, before, after } in &change.statements {
            let stored = self.statements.get(&(*account, *date)).map(|statement| statement.balance);
            if statements.insert((account, date), after).is_some() {
                return Err(invalid("a statement is written twice".to_owned()));
            }
            if stored != *before {
                return Err(conflict("the statement was changed meanwhile"));
            }
        }
        let mut resolutions = BTreeMap::new();
        for ResolutionWrite { before, after } in &change.resolutions {
            let key = (after.reconciliation, after.explanation);
            let compared = self.comparisons.get(&after.reconciliation);
            if !compared.is_some_and(|stored| is_own(stored.summary.account)) {
                return Err(invalid("a resolution is of no comparison of the connection's".to_owned()));
            }
            if resolutions.insert(key, after).is_some() {
                return Err(invalid("a resolution is written twice".to_owned()));
            }
            if self.resolutions.get(&key) != before.as_ref() {
                return Err(conflict("the explanation was accepted or undone meanwhile"));
            }
        }
        Ok(())
    }

    /// Writes what was checked, and returns the identifiers of new comparisons.
    pub(super) fn write(&mut self, change: &ChangeSet) -> Vec<ReconciliationId> {
        for &StatementWrite { account, date, after, .. } in &change.statements {
            let key = (account, date);
            match after {
                Some(balance) => {
                    let written_at = to_the_microsecond(change.at);
                    self.statements.insert(key, Statement { account, date, balance, written_at });
                }
                None => drop(self.statements.remove(&key)),
            }
        }
        for ResolutionWrite { after, .. } in &change.resolutions {
            let stored = StoredResolution {
                resolved_at: to_the_microsecond(after.resolved_at),
                undone_at: after.undone_at.map(to_the_microsecond),
                ..after.clone()
            };
            self.resolutions.insert((after.reconciliation, after.explanation), stored);
        }
        let mut ids = Vec::with_capacity(change.reconciliations.len());
        for new in &change.reconciliations {
            self.last += 1;
            let id = ReconciliationId::new(self.last);
            let summary = ReconciliationSummary {
                id,
                account: new.account,
                at: to_the_microsecond(change.at),
                score: new.score,
                difference: new.difference.clone(),
            };
            self.comparisons.insert(id, StoredReconciliation { summary, body: new.body.clone() });
            ids.push(id);
        }
        ids
    }

    /// Puts what an account has that goes under the one that stays, whose own statement of a day stays.
    pub(super) fn merge(&mut self, pair: AccountPair) {
        let summaries = self.comparisons.values_mut().map(|stored| &mut stored.summary);
        summaries
            .filter(|summary| summary.account == pair.new)
            .for_each(|summary| summary.account = pair.old);
        for statement in self.statements(pair.new) {
            self.statements.remove(&(pair.new, statement.date));
            let moved = Statement { account: pair.old, ..statement };
            self.statements.entry((pair.old, moved.date)).or_insert(moved);
        }
    }

    /// Drops what some accounts have, and returns how many comparisons and statements that was.
    pub(super) fn erase(&mut self, accounts: &HashSet<AccountId>) -> (u64, u64) {
        let sizes = self.sizes(accounts);
        self.comparisons.retain(|_, stored| !accounts.contains(&stored.summary.account));
        self.resolutions.retain(|(comparison, _), _| self.comparisons.contains_key(comparison));
        self.statements.retain(|(account, _), _| !accounts.contains(account));
        sizes
    }

    /// How many comparisons and statements some accounts have.
    pub(super) fn sizes(&self, accounts: &HashSet<AccountId>) -> (u64, u64) {
        let compared = self.comparisons.values().map(|stored| stored.summary.account);
        let stated = self.statements.keys().map(|(account, _)| *account);
        let own = |account: &AccountId| accounts.contains(account);
        (compared.filter(own).count() as u64, stated.filter(own).count() as u64)
    }
}

fn to_the_microsecond(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at)
}
