//! `plan_merge` and `merge_connections`: a bank that was linked twice.

use std::collections::HashSet;

use serde::Serialize;

use super::conflicts::again_on_conflict;
use super::removal::{ProviderEnd, keep_all};
use super::transactions::ended;
use super::{SyncEngine, SyncError, SyncErrorKind, SyncProgress};
use crate::audit::{AuditDraft, AuditSubject};
use crate::dedup::{MergeAnswers, MergePlan, MergeSide, plan_connection_merge};
use crate::model::{
    Account, AccountId, Connection, ConnectionId, ConnectionStatus, HistoryStatus, ProviderTransactionId,
    Transaction, TransactionId, UserId,
};
use crate::store::{
    AccountPair, ConnectionMerge, KnownTransactions, RowPair, RowSelection, TransactionQuery,
};

/// How to make one connection of two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergeOptions {
    /// What the user says about accounts and rows.
    pub answers: MergeAnswers,
    /// Goes on when the connection that ends cannot be ended at the provider. It may then go on there, at a price, and nobody has
    /// its key any more: it can only be ended by hand.
    pub even_if_the_provider_fails: bool,
    /// Why, for the audit trail.
    pub reason: Option<String>,
}

/// What making one connection of two did.
#[derive(Debug)]
pub struct MergeReport {
    /// What was one, moved and went.
    pub plan: MergePlan,
    /// What became of the connection that ended at the provider.
    pub at_provider: ProviderEnd,
}

impl SyncEngine {
    /// Shows how two connections to the same accounts would become one, without changing them: `from` would end, `into` would
    /// stay.
    ///
    /// This is for a user who linked a bank anew although the books had it already, so that every row counts twice:
    /// [`Linked::possible_duplicate`](super::Linked::possible_duplicate) says so, and names `from`. Both are
    /// brought up to date first, `from` if it still works. Show the plan, ask what [`MergePlan::undecided`] and [`MergePlan::suggestions`] leave open, and hand the
    /// answers to [`SyncEngine::merge_connections`].
    ///
    /// # Errors
    /// - [`SyncErrorKind::NotFound`] when the user has no such connections; [`SyncErrorKind::InvalidInput`] when they are one,
    ///   or at two institutions, or answers do not fit.
    /// - [`SyncErrorKind::ConnectionEnded`] when `into` was removed.
    /// - [`SyncErrorKind::HistoryIncomplete`] when the bank has not handed out the whole history of `into` yet: try again
    ///   later.
    /// - What syncing `into` fails with.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::samples::{account, row};
    /// use finance_core::conformance::{ProviderFixture, SampleBooks};
    /// use finance_core::{LinkRequest, MergeAnswers, MergeOptions, TransactionEdit, TransactionQuery};
    ///
    /// let books = SampleBooks::new().await;
    /// let rows = books.engine.transactions(&books.user, &TransactionQuery::default()).await?;
    /// let note = TransactionEdit { note: Some(Some("gift".to_owned())), ..TransactionEdit::default() };
    /// books.engine.edit_transaction(&books.user, rows[0].id, &note).await?;
    ///
    /// // The user links the bank again. Every identifier is a new one.
    /// let mut again = [account("new-a"), account("new-b")];
    /// (again[0].name, again[1].name) = ("Account a".to_owned(), "Account b".to_owned());
    /// let amounts = ["-1.00", "-2.00", "-3.00", "-4.00"].iter().enumerate();
    /// let told = amounts.map(|(number, amount)| {
    ///     let mut told = row(&format!("new-{number}"), "new-a", amount);
    ///     told.description = format!("ROW t{number}").into();
    ///     told
    /// });
    /// let sign_in = books.provider.sign_in(again.to_vec(), told.collect(), true).await;
    /// let linked = books.engine.link(&books.user, LinkRequest::new(sign_in)).await?;
    /// let old = linked.possible_duplicate.expect("the books have this bank").connection;
    ///
    /// let plan = books.engine.plan_merge(&books.user, old, linked.connection.id, &MergeAnswers::default()).await?;
    /// assert_eq!((plan.matched.len(), plan.undecided().len()), (4, 0));
    ///
    /// let options = MergeOptions::default();
    /// books.engine.merge_connections(&books.user, old, linked.connection.id, &options).await?;
    /// let merged = books.engine.transactions(&books.user, &TransactionQuery::default()).await?;
    /// assert_eq!(merged.len(), 4);
    /// assert_eq!((merged[0].id, merged[0].edits.note.as_deref()), (rows[0].id, Some("gift")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn plan_merge(
        &self,
        user: &UserId,
        from: ConnectionId,
        into: ConnectionId,
        answers: &MergeAnswers,
    ) -> Result<MergePlan, SyncError> {
        self.prepare_merge(user, from, into).await?;
        Ok(self.merge_of(user, from, into, answers).await?.0)
    }

    /// Makes one connection of two to the same accounts: `from` ends, `into` stays.
    ///
    /// Accounts and rows that both have keep the identifier they have at `from`, and with it their history, the user's changes,
    /// statements and comparisons; what the user changed on the other one is carried over where the former is unchanged. They
    /// get what `into` says of them, under its identifiers. Rows that only `from` has move along and are never swept by a
    /// replay ([`RowOrigin::EarlierConnection`](crate::RowOrigin::EarlierConnection)); rows that only `into` has move to the
    /// old account. `from` is ended at the provider and [`ConnectionStatus::Removed`]; accounts that only it has stay with
    /// it. The trail tells what was done. A later sync doubles nothing and loses nothing.
    ///
    /// The provider comes first and everything here is one transaction. Whatever interrupts the call, the same call again
    /// completes it. [`SyncEngine::plan_merge`] shows it, with an example.
    ///
    /// # Errors
    /// As for [`SyncEngine::plan_merge`], and these; nothing is changed here then, save that they were synced.
    /// - [`SyncErrorKind::Busy`] when one of them is being synced for longer than a sync waits.
    /// - [`SyncErrorKind::Undecided`] when answers are missing.
    /// - [`SyncErrorKind::Provider`] when `from` cannot be ended at the provider, and [`SyncErrorKind::Store`] when its token
    ///   cannot be read, unless [`MergeOptions::even_if_the_provider_fails`].
    pub async fn merge_connections(
        &self,
        user: &UserId,
        from: ConnectionId,
        into: ConnectionId,
        options: &MergeOptions,
    ) -> Result<MergeReport, SyncError> {
        self.prepare_merge(user, from, into).await?;
        let (old, new) = (self.store.connection(user, from).await?, self.store.connection(user, into).await?);
        let leases = self.alone_with(&[&old, &new]).await?;
        keep_all(leases, self.end_and_merge(&old, into, options)).await
    }

    async fn end_and_merge(
        &self,
        old: &Connection,
        into: ConnectionId,
        options: &MergeOptions,
    ) -> Result<MergeReport, SyncError> {
        let (user, from) = (&old.user, old.id);
        let (plan, _) = self.merge_of(user, from, into, &options.answers).await?;
        let undecided = plan.undecided();
        if !undecided.is_empty() {
            let message = "the user must say which accounts these are before the connections become one";
            return Err(SyncError::new(SyncErrorKind::Undecided(undecided), message));
        }
        if plan.pairs().is_empty() {
            let message = "the connections have no account in common: remove the one that is not wanted";
            return Err(SyncError::invalid_input(
                message,
                "These two connections have no account in common.",
            ));
        }
        let at_provider = self.end_at_provider(old, options.even_if_the_provider_fails).await?;
        self.tell(SyncProgress::EndedAtProvider { connection: from, done: 1, of: 1 });
        let plan = again_on_conflict(|| self.try_to_merge_connections(user, from, into, options)).await?;
        Ok(MergeReport { plan, at_provider })
    }

    /// Whether the connections can become one; brings both up to date, the one that ends if it still can be.
    async fn prepare_merge(
        &self,
        user: &UserId,
        from: ConnectionId,
        into: ConnectionId,
    ) -> Result<(), SyncError> {
        let old = self.store.connection(user, from).await?;
        let new = self.store.connection(user, into).await?;
        if let Some(obstacle) = obstacle(&old, &new) {
            return Err(SyncError::invalid_input(obstacle, "These two connections cannot become one."));
        }
        if new.status == ConnectionStatus::Removed {
            return Err(ended(&new));
        }
        if old.status.is_alive()
            && let Some(error) = self.sync_connection(old, None, None, None).await.error
        {
            tracing::info!(connection = %from, %error, "merged as it was when it last worked");
        }
        if let Some(error) = self.sync_connection(new, None, None, None).await.error {
            return Err(error);
        }
        let new = self.store.connection(user, into).await?;
        let complete = matches!(new.history, HistoryStatus::Complete | HistoryStatus::Unknown);
        if new.cursor.is_none() || !complete {
            let message = format!("the whole history of connection {into} is not there yet: try again later");
            return Err(SyncError::new(SyncErrorKind::HistoryIncomplete, message));
        }
        Ok(())
    }

    async fn try_to_merge_connections(
        &self,
        user: &UserId,
        from: ConnectionId,
        into: ConnectionId,
        options: &MergeOptions,
    ) -> Result<MergePlan, SyncError> {
        let (plan, merge) = self.merge_of(user, from, into, &options.answers).await?;
        let subject = AuditSubject::Connection(into);
        let draft = AuditDraft::new(self.actor.clone(), "connections_merged", subject);
        let told = MergeSummary::of(&plan);
        let audit = vec![draft.changing(None::<&MergeSummary>, Some(&told)).because(options.reason.clone())];
        let rows = told.rows_matched + told.rows_only_old + told.rows_only_new + told.rows_dropped;
        self.tell(SyncProgress::Storing { connection: into, rows: rows as u64 });
        self.store.merge_connections(&ConnectionMerge { audit, ..merge }).await?;
        Ok(plan)
    }

    /// The plan as things stand, and what the store is to write.
    async fn merge_of(
        &self,
        user: &UserId,
        from: ConnectionId,
        into: ConnectionId,
        answers: &MergeAnswers,
    ) -> Result<(MergePlan, ConnectionMerge), SyncError> {
        // The connections first: whoever writes to them in between makes their revision grow, and the merge is refused.
        let (old, new) = (self.store.connection(user, from).await?, self.store.connection(user, into).await?);
        let accounts = self.store.accounts(user).await?;
        let of = |connection: ConnectionId| -> Vec<Account> {
            accounts.iter().filter(|account| account.connection == connection).cloned().collect()
        };
        let (old_accounts, new_accounts) = (of(from), of(into));
        let old_rows = self.every_row(user, &old_accounts).await?;
        let new_rows = self.every_row(user, &new_accounts).await?;
        let rows = (old_rows.len() + new_rows.len()) as u64;
        self.tell(SyncProgress::Comparing { connection: into, rows });
        let old_side = MergeSide { connection: &old, accounts: &old_accounts, rows: &old_rows };
        let new_side = MergeSide { connection: &new, accounts: &new_accounts, rows: &new_rows };
        let plan = plan_connection_merge(old_side, new_side, answers, &self.options.dedup)?;
        let known = self.store.known_transactions(into, KnownTransactions::All).await?;
        let taken = known.into_iter().map(|known| known.provider_id).collect();
        let merge = ConnectionMerge {
            user: user.clone(),
            from,
            into,
            at: self.clock.now(),
            from_revision: old.revision,
            into_revision: new.revision,
            accounts: plan.pairs().into_iter().map(|(old, new)| AccountPair { old, new }).collect(),
            rows: plan.matched.iter().map(|row| RowPair { old: row.old, new: row.new }).collect(),
            dropped: plan.dropped.clone(),
            renamed: renamed(&plan, &old_rows, taken),
            audit: Vec::new(),
        };
        Ok((plan, merge))
    }

    async fn every_row(&self, user: &UserId, accounts: &[Account]) -> Result<Vec<Transaction>, SyncError> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        let accounts = accounts.iter().map(|account| account.id).collect();
        let query = TransactionQuery { accounts, rows: RowSelection::Any, ..TransactionQuery::default() };
        self.all_transactions(user, query).await
    }
}

/// Why two connections cannot become one.
fn obstacle(old: &Connection, new: &Connection) -> Option<String> {
    if old.id == new.id {
        return Some("a connection cannot be merged with itself".to_owned());
    }
    if old.is_manual() || new.is_manual() || old.provider != new.provider {
        return Some("only connections through one provider can become one".to_owned());
    }
    match (&old.institution, &new.institution) {
        (Some(ours), Some(theirs)) if ours.id != theirs.id => {
            Some("the connections are at two institutions".to_owned())
        }
        _ => None,
    }
}

/// Identifiers for old rows that move and whose own leads to another row there already, as that of one file imported twice.
fn renamed(
    plan: &MergePlan,
    rows: &[Transaction],
    mut taken: HashSet<ProviderTransactionId>,
) -> Vec<(TransactionId, ProviderTransactionId)> {
    let paired: HashSet<TransactionId> = plan.matched.iter().map(|row| row.old).collect();
    let stay: HashSet<_> = plan.pairs().into_iter().map(|(old, _)| old).collect();
    let mut renamed = Vec::new();
    for row in rows.iter().filter(|row| stay.contains(&row.account) && !paired.contains(&row.id)) {
        if !taken.contains(&row.provider.id) {
            continue;
        }
        let free = (2..).map(|number: u64| format!("{}~{number}", row.provider.id));
        let free = free.filter_map(|id| ProviderTransactionId::new(id).ok()).find(|id| !taken.contains(id));
        if let Some(free) = free {
            taken.insert(free.clone());
            renamed.push((row.id, free));
        }
    }
    renamed
}

/// What the audit trail says of a merge.
#[derive(Serialize)]
struct MergeSummary {
    from: ConnectionId,
    accounts: Vec<AccountsMerged>,
    rows_matched: usize,
    rows_only_old: usize,
    rows_only_new: usize,
    rows_dropped: usize,
}

#[derive(Serialize)]
struct AccountsMerged {
    stays: AccountId,
    goes: AccountId,
}

impl MergeSummary {
    fn of(plan: &MergePlan) -> Self {
        let accounts = plan.pairs().into_iter().map(|(stays, goes)| AccountsMerged { stays, goes });
        Self {
            from: plan.from,
            accounts: accounts.collect(),
            rows_matched: plan.matched.len(),
            rows_only_old: plan.only_old.len(),
            rows_only_new: plan.only_new.len(),
            rows_dropped: plan.dropped.len(),
        }
    }
}
