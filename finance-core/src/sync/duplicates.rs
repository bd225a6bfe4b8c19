//! `review_duplicates` and `merge_transactions`: rows that entered twice, once without the bank.

use chrono::Days;

use super::awaiting::{CORRECTION_DAYS, duplicate_pairs, merged_edits};
use super::conflicts::again_on_conflict;
use super::{DuplicatePair, SyncEngine, SyncError};
use crate::audit::{AuditDraft, AuditSubject};
use crate::model::{AccountId, DateWindow, EditState, Transaction, TransactionId, TransactionState, UserId};
use crate::store::{ChangeSet, EditWrite, RowSelection, TransactionQuery};

impl SyncEngine {
    /// Lists pairs of rows of an account that may be one transaction, most likely first: one that the bank reports, and one
    /// that was typed in, came from a file or an earlier connection, or is a correction. Sure pairs are among them when the
    /// second row came after the bank's; a sync settles all others itself. Nothing is changed: hand a pair to
    /// [`SyncEngine::merge_transactions`] to accept it.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`](super::SyncErrorKind::NotFound) when the user has no such account.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{NewTransaction, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let late = NewTransaction::new("2026-01-01".parse()?, parse_amount("-3.00")?, "Row t2");
    /// let typed = books.engine.add_transaction(&books.user, books.accounts[0], &late).await?;
    ///
    /// let pairs = books.engine.review_duplicates(&books.user, books.accounts[0]).await?;
    /// assert_eq!(pairs[0].drop, typed.id);
    /// let kept = books.engine.merge_transactions(&books.user, pairs[0].keep, pairs[0].drop).await?;
    /// assert_eq!((kept.provider.id.as_str(), kept.name()), ("t2", "Row t2"));
    /// assert!(books.engine.review_duplicates(&books.user, books.accounts[0]).await?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn review_duplicates(
        &self,
        user: &UserId,
        account: AccountId,
    ) -> Result<Vec<DuplicatePair>, SyncError> {
        let account = self.own_account(user, account).await?;
        let connection = self.store.connection(user, account.connection).await?;
        let query = TransactionQuery {
            accounts: vec![account.id],
            rows: RowSelection::AwaitingTheBank,
            ..TransactionQuery::default()
        };
        let awaiting = self.all_transactions(user, query.clone()).await?;
        let (Some(newest), Some(oldest)) = (awaiting.first(), awaiting.last()) else { return Ok(Vec::new()) };
        let window = self.days_around(oldest.date(), newest.date());
        let query = TransactionQuery { rows: RowSelection::WithHidden, window, ..query };
        let mut told = self.all_transactions(user, query).await?;
        told.retain(|row| !row.origin.awaits_the_bank());
        Ok(duplicate_pairs(&awaiting, &told, &connection.provider, &self.options.dedup))
    }

    /// Makes one transaction of two and returns it. `keep` stays, with its amount and day; what the user said of `drop` goes
    /// over to it where the user said nothing of `keep`. `drop` is deleted as by the user, so it never comes back, and can be
    /// restored like any deleted row.
    ///
    /// # Errors
    /// [`SyncErrorKind::NotFound`](super::SyncErrorKind::NotFound) when the user has no such transactions;
    /// [`SyncErrorKind::InvalidInput`](super::SyncErrorKind::InvalidInput) when they are one, of different accounts or
    /// currencies, do not both count, or the provider reports `drop`: two rows of the bank are two transactions. Nothing is
    /// changed then.
    ///
    /// The example of [`SyncEngine::review_duplicates`] shows it.
    pub async fn merge_transactions(
        &self,
        user: &UserId,
        keep: TransactionId,
        drop: TransactionId,
    ) -> Result<Transaction, SyncError> {
        again_on_conflict(|| self.try_to_merge(user, keep, drop)).await
    }

    async fn try_to_merge(
        &self,
        user: &UserId,
        keep: TransactionId,
        drop: TransactionId,
    ) -> Result<Transaction, SyncError> {
        let kept = self.store.transaction(user, keep).await?;
        let dropped = self.store.transaction(user, drop).await?;
        if let Some(obstacle) = obstacle(&kept, &dropped) {
            return Err(SyncError::invalid_input(obstacle, "These two transactions cannot become one."));
        }
        let write =
            |row: &Transaction, after: EditState| EditWrite { id: row.id, before: row.edit_state(), after };
        let edits = vec![
            write(&kept, EditState { edits: merged_edits(&kept, &dropped), deleted: false }),
            write(&dropped, EditState { edits: dropped.edits.clone(), deleted: true }),
        ];
        let draft = |edit: &EditWrite, why: String| {
            let subject = AuditSubject::Transaction(edit.id);
            AuditDraft::new(self.actor.clone(), "transactions_merged", subject)
                .changing(Some(&edit.before), Some(&edit.after))
                .because(Some(why))
        };
        let audit = vec![
            draft(&edits[0], format!("it stands for transaction {drop}, too")),
            draft(&edits[1], format!("transaction {keep} stands for it")),
        ];
        let change = ChangeSet { edits, audit, ..ChangeSet::new(kept.connection, self.clock.now()) };
        self.store.apply(&change).await?;
        Ok(self.store.transaction(user, keep).await?)
    }

    /// Every row that matches, newest first, however many there are.
    pub(super) async fn all_transactions(
        &self,
        user: &UserId,
        query: TransactionQuery,
    ) -> Result<Vec<Transaction>, SyncError> {
        let mut query = TransactionQuery { limit: 1_000, ..query };
        let mut found = Vec::new();
        loop {
            let page = self.store.transactions(user, &query).await?;
            let Some(last) = page.last() else { return Ok(found) };
            query.after = Some((last.date(), last.id));
            found.extend(page);
        }
    }

    /// The days in which a row may lie that is one of these days.
    pub(super) fn days_around(&self, first: chrono::NaiveDate, last: chrono::NaiveDate) -> DateWindow {
        let policy = &self.options.dedup;
        let reach = Days::new(
            policy.date_window_days.max(policy.pending_window_days_back).max(CORRECTION_DAYS).into(),
        );
        DateWindow::new(first.checked_sub_days(reach), last.checked_add_days(reach)).unwrap_or_default()
    }
}

/// Why two rows cannot become one.
fn obstacle(keep: &Transaction, drop: &Transaction) -> Option<String> {
    let currency = |row: &Transaction| row.provider.amount.currency().clone();
    if keep.id == drop.id {
        return Some("a transaction cannot be merged with itself".to_owned());
    }
    if keep.account != drop.account || currency(keep) != currency(drop) {
        return Some(format!("transactions {} and {} are not of one account and currency", keep.id, drop.id));
    }
    if let Some(row) = [keep, drop].into_iter().find(|row| row.state != TransactionState::Live) {
        return Some(format!("transaction {} does not count", row.id));
    }
    if !drop.origin.awaits_the_bank() {
        return Some(format!("the bank reports transaction {}: keep it and drop the other one", drop.id));
    }
    None
}
