//! What becomes of two connections to the same accounts: which accounts and which rows are one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::account::{AccountIdentity, AccountReason, AccountVerdict, match_relinked_accounts};
use super::{DedupAction, DedupPolicy, DedupReason, deduplicate};
use crate::LedgerRow;
use crate::model::{
    Account, AccountId, Connection, ConnectionId, RowOrigin, Transaction, TransactionId, TransactionState,
};

/// One of two connections that are to become one.
#[derive(Debug, Clone, Copy)]
pub struct MergeSide<'a> {
    /// The connection.
    pub connection: &'a Connection,
    /// Its accounts, open or not.
    pub accounts: &'a [Account],
    /// The rows of these accounts, in every state.
    pub rows: &'a [Transaction],
}

/// What the user says about accounts and rows of two connections that are to become one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeAnswers {
    /// What accounts of the new connection are. An answer wins over what the plan finds by itself.
    pub accounts: Vec<AccountAnswer>,
    /// Rows that are one, though the plan cannot be sure.
    pub rows: Vec<RowAnswer>,
}

/// What an account of the new connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountAnswer {
    /// The account of the new connection.
    pub new: AccountId,
    /// The account of the old connection that it is; `None` when it is none of them.
    pub old: Option<AccountId>,
}

/// A row of the new connection that is one of the old connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RowAnswer {
    /// The row of the new connection.
    pub new: TransactionId,
    /// The row of the old connection that it is.
    pub old: TransactionId,
}

/// How two connections would become one, for a screen to show and to ask what is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MergePlan {
    /// The connection that would end.
    pub from: ConnectionId,
    /// The connection that would stay.
    pub into: ConnectionId,
    /// Every account of the connection that would stay, in the order given.
    pub accounts: Vec<PlannedAccount>,
    /// Accounts of the connection that would end that no new one can be. They would stay with it, and can be read as before.
    pub gone: Vec<AccountId>,
    /// Live and deleted rows that are one, oldest first.
    pub matched: Vec<PlannedRow>,
    /// Live rows that only the old connection has, oldest first. They would move along.
    pub only_old: Vec<TransactionId>,
    /// Live rows that only the new connection has, oldest first. They would move to the old accounts.
    pub only_new: Vec<TransactionId>,
    /// Live pending rows that only the old connection has: the bank has dropped or posted them since, so they would count
    /// no longer.
    pub dropped: Vec<TransactionId>,
    /// Rows of `only_old`, `dropped` and `only_new` that may be one, best first, for the user to answer.
    pub suggestions: Vec<PlannedRow>,
}

/// What an account of the connection that would stay is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedAccount {
    /// The account.
    pub new: AccountId,
    /// What it is.
    pub verdict: AccountVerdict,
    /// The old accounts it may be, best first: one if it is the same, one or more if that cannot be told, none if it is new.
    pub candidates: Vec<PlannedCandidate>,
}

/// An old account that a new one may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedCandidate {
    /// The account.
    pub old: AccountId,
    /// How likely it is, in whole points from 0 to 100.
    pub score: u8,
    /// Why, the weightiest first; empty when the user said so.
    pub reasons: Vec<AccountReason>,
}

/// Two rows that are one, or may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedRow {
    /// The row of the old connection.
    pub old: TransactionId,
    /// The row of the new connection.
    pub new: TransactionId,
    /// How likely it is, in whole points from 0 to 100.
    pub score: u8,
    /// Why, the weightiest first; empty when the user said so.
    pub reasons: Vec<DedupReason>,
}

impl MergePlan {
    /// Accounts of the connection that would stay of which the user must say what they are.
    pub fn undecided(&self) -> Vec<AccountId> {
        let open = self.accounts.iter().filter(|account| account.verdict == AccountVerdict::CannotTell);
        open.map(|account| account.new).collect()
    }

    /// The accounts that are one, as old and new.
    pub fn pairs(&self) -> Vec<(AccountId, AccountId)> {
        let same = self.accounts.iter().filter(|account| account.verdict == AccountVerdict::Same);
        same.filter_map(|account| Some((account.candidates.first()?.old, account.new))).collect()
    }
}

/// What is wrong with answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAnswer {
    /// An account is none of the connection's.
    #[error("account {0} is none of the connection's")]
    UnknownAccount(AccountId),
    /// An account was answered twice.
    #[error("there are two answers about account {0}")]
    AccountTwice(AccountId),
    /// Two accounts of different currencies were said to be one.
    #[error("accounts {old} and {new} have different currencies")]
    OtherCurrency {
        /// The account of the old connection.
        old: AccountId,
        /// The account of the new connection.
        new: AccountId,
    },
    /// A row is not one that could be said to be another.
    #[error("transaction {0} is no live row of an account that both connections have")]
    UnknownRow(TransactionId),
    /// A row was answered twice.
    #[error("there are two answers about transaction {0}")]
    RowTwice(TransactionId),
    /// Two rows of different accounts or currencies were said to be one.
    #[error("transactions {old} and {new} are of different accounts or currencies")]
    OtherAccount {
        /// The row of the old connection.
        old: TransactionId,
        /// The row of the new connection.
        new: TransactionId,
    },
}

impl InvalidAnswer {
    /// A sentence fit for the user, without jargon.
    pub const fn user_message(&self) -> &'static str {
        match self {
            Self::UnknownAccount(_) | Self::UnknownRow(_) => {
                "Something here has changed in the meantime. Please look again, and answer anew."
            }
            Self::AccountTwice(_) | Self::RowTwice(_) => {
                "Something here was answered twice. Please answer anew."
            }
            Self::OtherCurrency { .. } => "Accounts of different currencies cannot be one.",
            Self::OtherAccount { .. } => "Transactions of different accounts or currencies cannot be one.",
        }
    }
}

/// Plans how the old one of two connections becomes the new one: accounts by [`match_relinked_accounts`], rows by
/// [`deduplicate`] as those of a re-link, both as the answers leave them.
///
/// Rows are compared by what their sources say, not by the user's corrections. Two posted rows of the bank are one only on one
/// day, since both connections are to one bank; a pair on different days is suggested. Rows that the user deleted take part, so
/// that they stay deleted; rows that a provider took back do not. Rows that the user typed in at the new connection are never
/// one with an old row: they move.
///
/// # Errors
/// [`InvalidAnswer`].
pub fn plan_connection_merge(
    old: MergeSide<'_>,
    new: MergeSide<'_>,
    answers: &MergeAnswers,
    policy: &DedupPolicy,
) -> Result<MergePlan, InvalidAnswer> {
    check_accounts(&old, &new, answers)?;
    let (accounts, gone) = plan_accounts(&old, &new, answers);
    let mut plan = MergePlan {
        from: old.connection.id,
        into: new.connection.id,
        accounts,
        gone,
        matched: Vec::new(),
        only_old: Vec::new(),
        only_new: Vec::new(),
        dropped: Vec::new(),
        suggestions: Vec::new(),
    };
    let homes: HashMap<AccountId, AccountId> =
        plan.pairs().into_iter().map(|(old, new)| (new, old)).collect();
    let rows = Rows::of(&old, &new, &homes);
    let answered = rows.answered(answers)?;
    rows.plan(&mut plan, answered, policy);
    Ok(plan)
}

fn check_accounts(
    old: &MergeSide<'_>,
    new: &MergeSide<'_>,
    answers: &MergeAnswers,
) -> Result<(), InvalidAnswer> {
    let mut seen = BTreeSet::new();
    for AccountAnswer { new: answered, old: is } in &answers.accounts {
        let find = |side: &MergeSide<'_>, id: AccountId| {
            let found = side.accounts.iter().find(|account| account.id == id).cloned();
            found.ok_or(InvalidAnswer::UnknownAccount(id))
        };
        let this = find(new, *answered)?;
        if !seen.insert(*answered) {
            return Err(InvalidAnswer::AccountTwice(*answered));
        }
        let Some(is) = *is else { continue };
        let that = find(old, is)?;
        if !seen.insert(is) {
            return Err(InvalidAnswer::AccountTwice(is));
        }
        let currencies = [&this, &that].map(|account| account.provider.balances.currency.clone());
        if let [Some(ours), Some(theirs)] = currencies
            && ours != theirs
        {
            return Err(InvalidAnswer::OtherCurrency { old: is, new: *answered });
        }
    }
    Ok(())
}

fn plan_accounts(
    old: &MergeSide<'_>,
    new: &MergeSide<'_>,
    answers: &MergeAnswers,
) -> (Vec<PlannedAccount>, Vec<AccountId>) {
    let answered: BTreeMap<AccountId, Option<AccountId>> =
        answers.accounts.iter().map(|answer| (answer.new, answer.old)).collect();
    let taken: BTreeSet<AccountId> = answered.values().copied().flatten().collect();
    let open_old: Vec<&Account> =
        old.accounts.iter().filter(|account| !taken.contains(&account.id)).collect();
    let open_new: Vec<&Account> =
        new.accounts.iter().filter(|account| !answered.contains_key(&account.id)).collect();
    let identities = |accounts: &[&Account]| -> Vec<AccountIdentity> {
        accounts.iter().map(|account| AccountIdentity::from(*account)).collect()
    };
    let matches = match_relinked_accounts(&identities(&open_old), &identities(&open_new));

    let mut planned: BTreeMap<AccountId, PlannedAccount> = BTreeMap::new();
    for (account, found) in open_new.iter().zip(matches.accounts) {
        let candidates = found.candidates.into_iter().map(|candidate| PlannedCandidate {
            old: open_old[candidate.old].id,
            score: candidate.score,
            reasons: candidate.reasons,
        });
        let (new, verdict) = (account.id, found.verdict);
        planned.insert(new, PlannedAccount { new, verdict, candidates: candidates.collect() });
    }
    for (new, old) in answered {
        let verdict = if old.is_some() { AccountVerdict::Same } else { AccountVerdict::New };
        let said = |old| PlannedCandidate { old, score: 100, reasons: Vec::new() };
        planned.insert(new, PlannedAccount { new, verdict, candidates: old.map(said).into_iter().collect() });
    }
    let accounts = new.accounts.iter().filter_map(|account| planned.remove(&account.id)).collect();
    let gone = matches.gone.into_iter().map(|place| open_old[place].id).collect();
    (accounts, gone)
}

/// The rows of accounts that both connections have, oldest first.
struct Rows<'a> {
    old: Vec<&'a Transaction>,
    /// Each with the old account that its own one is.
    new: Vec<(&'a Transaction, AccountId)>,
    sides: [&'a Connection; 2],
}

impl<'a> Rows<'a> {
    fn of(old: &MergeSide<'a>, new: &MergeSide<'a>, homes: &HashMap<AccountId, AccountId>) -> Self {
        let stay: BTreeSet<AccountId> = homes.values().copied().collect();
        let present = |row: &&Transaction| row.state != TransactionState::RemovedByProvider;
        let mut olds: Vec<&Transaction> =
            old.rows.iter().filter(present).filter(|row| stay.contains(&row.account)).collect();
        let news = new.rows.iter().filter(present);
        let mut news: Vec<(&Transaction, AccountId)> =
            news.filter_map(|row| Some((row, *homes.get(&row.account)?))).collect();
        olds.sort_by_key(|row| (row.date(), row.id));
        news.sort_by_key(|(row, _)| (row.date(), row.id));
        Self { old: olds, new: news, sides: [old.connection, new.connection] }
    }

    /// The rows that the user says are one.
    fn answered(&self, answers: &MergeAnswers) -> Result<Vec<RowAnswer>, InvalidAnswer> {
        let mut seen = BTreeSet::new();
        for answer in &answers.rows {
            let live = |row: &&Transaction| row.state == TransactionState::Live;
            let old = self.old.iter().copied().filter(live).find(|row| row.id == answer.old);
            let old = old.ok_or(InvalidAnswer::UnknownRow(answer.old))?;
            let new = self.new.iter().filter(|(row, _)| live(row)).find(|(row, _)| row.id == answer.new);
            let &(new, home) = new.ok_or(InvalidAnswer::UnknownRow(answer.new))?;
            for id in [answer.old, answer.new] {
                if !seen.insert(id) {
                    return Err(InvalidAnswer::RowTwice(id));
                }
            }
            if old.account != home || old.provider.amount.currency() != new.provider.amount.currency() {
                return Err(InvalidAnswer::OtherAccount { old: answer.old, new: answer.new });
            }
        }
        Ok(answers.rows.clone())
    }

    fn plan(self, plan: &mut MergePlan, answered: Vec<RowAnswer>, policy: &DedupPolicy) {
        let by_answer = |RowAnswer { new, old }| PlannedRow { old, new, score: 100, reasons: Vec::new() };
        plan.matched = answered.into_iter().map(by_answer).collect();
        let mut paired: BTreeSet<TransactionId> =
            plan.matched.iter().flat_map(|row| [row.old, row.new]).collect();

        // What the user deleted stays deleted, whatever an import may bring back.
        let policy = &DedupPolicy { reimport_deleted: false, ..policy.clone() };
        // Both connections are to one bank, which has one day for a posted row: on another day it may be another purchase.
        let of_one_day = DedupPolicy { date_window_days: 0, ..policy.clone() };
        let reported = |row: &Transaction| row.origin.is_reported();
        let first = self.judge(&paired, reported, &of_one_day);
        for row in first.0 {
            paired.extend([row.old, row.new]);
            plan.matched.push(row);
        }
        let (found, suggested) = self.judge(&paired, |_| true, policy);
        let entered: BTreeSet<TransactionId> =
            self.old.iter().filter(|row| !reported(row)).map(|row| row.id).collect();
        for row in found {
            if entered.contains(&row.old) {
                paired.extend([row.old, row.new]);
                plan.matched.push(row);
            } else {
                plan.suggestions.push(row);
            }
        }
        plan.suggestions.extend(suggested);
        plan.suggestions.retain(|row| !paired.contains(&row.old) && !paired.contains(&row.new));
        plan.suggestions.sort_by_key(|row| (Reverse(row.score), row.old));

        let single = |row: &&Transaction| row.state == TransactionState::Live && !paired.contains(&row.id);
        for row in self.old.iter().copied().filter(single) {
            let dropped = row.provider.pending && reported(row);
            if dropped { &mut plan.dropped } else { &mut plan.only_old }.push(row.id);
        }
        plan.only_new = self.new.iter().map(|(row, _)| *row).filter(single).map(|row| row.id).collect();
    }

    /// Which rows without a pair are one, and which may be.
    fn judge(
        &self,
        paired: &BTreeSet<TransactionId>,
        concerned: impl Fn(&Transaction) -> bool,
        policy: &DedupPolicy,
    ) -> (Vec<PlannedRow>, Vec<PlannedRow>) {
        let olds = self.old.iter().copied().filter(|row| !paired.contains(&row.id) && concerned(row));
        let olds: Vec<&Transaction> = olds.collect();
        // What the user typed in at the new connection is the user's own word: it moves as it is.
        let typed = |row: &Transaction| matches!(row.origin, RowOrigin::Manual | RowOrigin::Correction);
        let news = self.new.iter().copied().filter(|(row, _)| !paired.contains(&row.id) && !typed(row));
        let news: Vec<(&Transaction, AccountId)> = news.collect();
        let stored: Vec<LedgerRow> =
            olds.iter().map(|row| as_told(row, row.account, self.sides[0])).collect();
        let relinked = |(row, home): &(&Transaction, AccountId)| LedgerRow {
            relinked: row.origin.is_reported(),
            state: TransactionState::Live,
            ..as_told(row, *home, self.sides[1])
        };
        let incoming: Vec<LedgerRow> = news.iter().map(relinked).collect();
        let answer = deduplicate(&stored, &incoming, policy);

        let same = answer.decisions.into_iter().zip(&news).filter_map(|(decision, (new, _))| {
            let deleted = decision.reasons.contains(&DedupReason::DeletedByUser);
            let same = match decision.action {
                DedupAction::Match | DedupAction::Update | DedupAction::UpgradePending => true,
                DedupAction::Ignore => deleted,
                DedupAction::Insert | DedupAction::DuplicateOfIncoming => false,
            };
            let old = olds[decision.stored.filter(|_| same)?].id;
            Some(PlannedRow { old, new: new.id, score: decision.score, reasons: decision.reasons })
        });
        let maybe = answer.suggestions.into_iter().map(|suggestion| PlannedRow {
            old: olds[suggestion.stored].id,
            new: news[suggestion.incoming].0.id,
            score: suggestion.score,
            reasons: suggestion.reasons,
        });
        (same.collect(), maybe.collect())
    }
}

/// A row as its source tells it, under the account that both are.
fn as_told(row: &Transaction, account: AccountId, connection: &Connection) -> LedgerRow {
    LedgerRow {
        account,
        amount: row.provider.amount.amount(),
        date: row.provider.date,
        notes: None,
        ..LedgerRow::of_transaction(row, &connection.provider)
    }
}

#[cfg(test)]
mod tests;
