//! `resolve` and `undo_resolution`: what a comparison proposes becomes part of the books, or is taken back.

use chrono::{NaiveDate, SubsecRound};
use rust_decimal::Decimal;
use serde_json::json;

use super::conflicts::TRIES;
use super::reconcile::{comparison_of, from_json, to_json};
use super::{SyncEngine, SyncError, SyncErrorKind};
use crate::audit::{AuditDraft, AuditSubject};
use crate::model::{
    Account, Connection, EditState, Money, NOTE_CHARS_MAX, ProviderTransactionId, ReconciliationId,
    RowOrigin, Transaction, TransactionState, UserId, check_length,
};
use crate::reconcile::{
    AccountComparison, ProposedChange, ProposedExplanation, Resolution, ResolutionStep, correction_row, steps,
};
use crate::store::{
    ChangeSet, EditWrite, KnownTransactions, ResolutionWrite, RowInsert, RowUpdate, StatementWrite,
    StoreErrorKind, StoredResolution,
};

impl SyncEngine {
    /// Accepts an explanation: makes exactly the change that it proposes, once, with its record and its entries in the audit
    /// trail in one transaction. The reason is kept in the trail; where none is given, the explanation's own is.
    ///
    /// Rows are corrected as the user corrects them ([`SyncEngine::edit_transaction`]), so later syncs leave the correction in
    /// place. A row that the user deleted counts again, as if the deletion was taken back. A missing row becomes a row of [`RowOrigin::Correction`]. A balance of the bank's that is not right is outdone by
    /// a statement of that day. An explanation that asks for no change is only recorded.
    ///
    /// An explanation is accepted only while a comparison of the books as they stand would still propose it. So once one is
    /// accepted, others of the same difference are out of date, unless both are needed; reconcile anew to see what is left.
    ///
    /// # Errors
    /// Nothing is changed when there is one.
    /// - [`SyncErrorKind::NotFound`]: the user has no such comparison, or it has no explanation of that number.
    /// - [`SyncErrorKind::AlreadyResolved`]: it was accepted before, and not undone.
    /// - [`SyncErrorKind::Store`] with [`StoreErrorKind::Conflict`]: the rows it names were changed since, or it is no longer
    ///   what a comparison proposes; reconcile anew.
    /// - [`SyncErrorKind::InvalidInput`]: the reason has more than [`NOTE_CHARS_MAX`] characters; a row would have to be added
    ///   in an unknown currency.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{NewStatement, ReconcileRequest, RowOrigin, SyncScope, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// let statement = NewStatement::new("2025-12-20".parse()?, parse_amount("105.00")?);
    /// engine.add_statement(user, account, &statement).await?;
    /// let request = ReconcileRequest::new(SyncScope::Accounts(vec![account]));
    /// let found = engine.reconcile(user, &request).await?.accounts.remove(0).outcome?;
    ///
    /// let accepted = engine.resolve(user, found.id, 1, Some("cash paid in".to_owned())).await?;
    /// let row = engine.transaction(user, accepted.inserted.unwrap()).await?;
    /// assert_eq!((row.origin, row.amount().amount()), (RowOrigin::Correction, parse_amount("5.00")?));
    /// let agrees = engine.reconcile(user, &request).await?.accounts.remove(0).outcome?;
    /// assert_eq!(agrees.comparison.explanations, []);
    ///
    /// engine.undo_resolution(user, found.id, 1, None).await?;
    /// let again = engine.reconcile(user, &request).await?.accounts.remove(0).outcome?;
    /// assert_eq!(again.comparison, found.comparison);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn resolve(
        &self,
        user: &UserId,
        reconciliation: ReconciliationId,
        explanation: u32,
        reason: Option<String>,
    ) -> Result<Resolution, SyncError> {
        self.act_on_explanation(user, (reconciliation, explanation), reason.as_deref(), UserDecision::Accept)
            .await
    }

    /// Takes back what accepting an explanation changed, as a further entry of the trail: what was changed is again what it
    /// was before, and everything else stays, later edits of the same rows included. It can be accepted again afterwards.
    ///
    /// # Errors
    /// Nothing is changed when there is one.
    /// - [`SyncErrorKind::NotFound`]: the user has no such comparison, or it has no explanation of that number.
    /// - [`SyncErrorKind::NotResolved`]: it was never accepted, or that was undone already.
    /// - [`SyncErrorKind::Store`] with [`StoreErrorKind::Conflict`]: somebody changed the same values since; the bank has
    ///   confirmed the row that was added, or it was deleted.
    /// - [`SyncErrorKind::InvalidInput`]: the reason has more than [`NOTE_CHARS_MAX`] characters.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{NewStatement, ReconcileRequest, SyncScope, parse_amount};
    ///
    /// let books = SampleBooks::new().await;
    /// let (engine, user, account) = (&books.engine, &books.user, books.accounts[0]);
    /// let statement = NewStatement::new("2025-12-20".parse()?, parse_amount("105.00")?);
    /// engine.add_statement(user, account, &statement).await?;
    /// let request = ReconcileRequest::new(SyncScope::Accounts(vec![account]));
    /// let found = engine.reconcile(user, &request).await?.accounts.remove(0).outcome?;
    /// engine.resolve(user, found.id, 1, None).await?;
    /// let undone = engine.undo_resolution(user, found.id, 1, Some("it was another account".to_owned())).await?;
    /// assert!(undone.undone_at.is_some());
    /// assert_eq!(engine.account_totals(user).await?[0].rows, 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn undo_resolution(
        &self,
        user: &UserId,
        reconciliation: ReconciliationId,
        explanation: u32,
        reason: Option<String>,
    ) -> Result<Resolution, SyncError> {
        self.act_on_explanation(
            user,
            (reconciliation, explanation),
            reason.as_deref(),
            UserDecision::TakeBack,
        )
        .await
    }

    async fn act_on_explanation(
        &self,
        user: &UserId,
        (reconciliation, explanation): (ReconciliationId, u32),
        reason: Option<&str>,
        decision: UserDecision,
    ) -> Result<Resolution, SyncError> {
        check_reason(reason)?;
        let _one_at_a_time = self.resolving.lock(user.clone()).await;
        for _ in 0..TRIES {
            let mut work = self.work(user, reconciliation, explanation).await?;
            let change = match decision {
                UserDecision::Accept => self.accepting(&work, reason).await?,
                UserDecision::TakeBack => self.undoing(&work, reason).await?,
            };
            if let Some(stored) = self.written(&mut work, change).await? {
                return self.resolution_of(&work.account, stored).await;
            }
        }
        Err(out_of_date("the books are changed again and again"))
    }

    /// Everything that is stored about an explanation.
    async fn work(&self, user: &UserId, id: ReconciliationId, number: u32) -> Result<Work, SyncError> {
        let comparison = comparison_of(&self.store.reconciliation(user, id).await?)?;
        let explanation = comparison.explanation(number).cloned().ok_or_else(|| {
            let message = format!("reconciliation {id} has no explanation {number}");
            SyncError::new(SyncErrorKind::NotFound, message)
        })?;
        let mut resolutions = self.store.resolutions(user, id).await?;
        resolutions.retain(|stored| stored.explanation == number);
        let account = self.own_account(user, comparison.account).await?;
        let connection = self.store.connection(user, account.connection).await?;
        Ok(Work { id, comparison, explanation, stored: resolutions.pop(), account, connection })
    }

    /// Applies what was prepared; `None` when somebody else came first, so that all must be looked at anew.
    async fn written(
        &self,
        work: &mut Work,
        (change, after): (ChangeSet, StoredResolution),
    ) -> Result<Option<StoredResolution>, SyncError> {
        let write = ResolutionWrite { before: work.stored.take(), after: after.clone() };
        match self.store.apply(&ChangeSet { resolutions: vec![write], ..change }).await {
            Ok(_) => Ok(Some(after)),
            Err(error) if error.kind() == StoreErrorKind::Conflict => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn accepting(
        &self,
        work: &Work,
        reason: Option<&str>,
    ) -> Result<(ChangeSet, StoredResolution), SyncError> {
        if work.stored.as_ref().is_some_and(|stored| stored.undone_at.is_none()) {
            let message = format!(
                "explanation {} of comparison {} was accepted before",
                work.explanation.number, work.id
            );
            return Err(SyncError::new(SyncErrorKind::AlreadyResolved, message));
        }
        let rows = self.rows_as_compared(work).await?;
        let statement = self.statement_of(&work.account, &work.explanation.change).await?;
        let steps = steps(work.id, &work.explanation, &rows, statement)
            .ok_or_else(|| out_of_date("the explanation changes a row that it does not name"))?;
        let reason = Some(reason.unwrap_or(&work.explanation.reason));
        let mut change = self.change(work, "explanation_accepted", reason);
        for step in &steps {
            match step {
                ResolutionStep::Inserted { provider_id } => {
                    self.insert(work, provider_id, &mut change, reason).await?;
                }
                ResolutionStep::StatementWritten { date, before, after } => {
                    self.write_statement(work, *date, (*before, Some(*after)), &mut change, reason);
                }
                _ => {
                    let row = rows.iter().find(|row| step.row() == Some(row.id));
                    let row = row.ok_or_else(|| out_of_date("a row is not there any more"))?;
                    self.edit(row, step.applied(&row.edit_state()), &mut change, reason);
                }
            }
        }
        let stored = StoredResolution {
            reconciliation: work.id,
            explanation: work.explanation.number,
            resolved_at: change.at,
            undone_at: None,
            body: to_json(&steps)?,
        };
        Ok((change, stored))
    }

    async fn undoing(
        &self,
        work: &Work,
        reason: Option<&str>,
    ) -> Result<(ChangeSet, StoredResolution), SyncError> {
        let stored = work.stored.as_ref().filter(|stored| stored.undone_at.is_none()).ok_or_else(|| {
            let message =
                format!("explanation {} of comparison {} is not accepted", work.explanation.number, work.id);
            SyncError::new(SyncErrorKind::NotResolved, message)
        })?;
        let steps: Vec<ResolutionStep> = from_json(&stored.body)?;
        let mut change = self.change(work, "resolution_undone", reason);
        for step in &steps {
            match step {
                ResolutionStep::Inserted { provider_id } => {
                    self.withdraw(work, provider_id, &mut change, reason).await?;
                }
                ResolutionStep::StatementWritten { date, before, after } => {
                    let now = self.statement_on(&work.account, *date).await?;
                    if now != Some(*after) {
                        return Err(out_of_date("the statement was changed since"));
                    }
                    self.write_statement(work, *date, (Some(*after), *before), &mut change, reason);
                }
                _ => {
                    let Some(id) = step.row() else { continue };
                    let row = self.store.transaction(&work.account.user, id).await?;
                    let before = step
                        .undone(&row.edit_state())
                        .ok_or_else(|| out_of_date("what was corrected was changed again since"))?;
                    self.edit(&row, before, &mut change, reason);
                }
            }
        }
        let after = StoredResolution { undone_at: Some(change.at), ..stored.clone() };
        Ok((change, after))
    }

    /// A change set with the entry that says what is done as a whole.
    fn change(&self, work: &Work, action: &'static str, reason: Option<&str>) -> ChangeSet {
        let subject = AuditSubject::Reconciliation(work.id);
        let explanation = &work.explanation;
        let accepted = json!({
            "explanation": explanation.number,
            "kind": explanation.kind,
            "amount": explanation.amount.to_string(),
            "change": explanation.change,
        });
        let draft = AuditDraft::new(self.actor.clone(), action, subject).because(reason.map(str::to_owned));
        let draft = match action {
            "explanation_accepted" => draft.changing(None::<&()>, Some(&accepted)),
            _ => draft.changing(Some(&accepted), None::<&()>),
        };
        // As a store keeps it, so that what is returned is what is read later.
        let at = self.clock.now().trunc_subsecs(6);
        let revision = Some(work.connection.revision);
        ChangeSet { revision, audit: vec![draft], ..ChangeSet::new(work.connection.id, at) }
    }

    fn edit(&self, row: &Transaction, after: EditState, change: &mut ChangeSet, reason: Option<&str>) {
        let before = row.edit_state();
        let subject = AuditSubject::Transaction(row.id);
        let draft = AuditDraft::new(self.actor.clone(), "transaction_edited", subject);
        change.audit.push(draft.changing(Some(&before), Some(&after)).because(reason.map(str::to_owned)));
        change.edits.push(EditWrite { id: row.id, before, after });
    }

    fn write_statement(
        &self,
        work: &Work,
        date: NaiveDate,
        (before, after): (Option<Decimal>, Option<Decimal>),
        change: &mut ChangeSet,
        reason: Option<&str>,
    ) {
        let write = StatementWrite { account: work.account.id, date, before, after };
        let draft = self.statement_draft(&write).because(reason.map(str::to_owned));
        change.audit.push(draft);
        change.statements.push(write);
    }

    /// Adds the row that the books lack, or makes the one count again that was added before.
    async fn insert(
        &self,
        work: &Work,
        provider_id: &ProviderTransactionId,
        change: &mut ChangeSet,
        reason: Option<&str>,
    ) -> Result<(), SyncError> {
        let ProposedChange::InsertRow { date, amount, like } = work.explanation.change else { return Ok(()) };
        let like = match like {
            Some(id) => Some(self.store.transaction(&work.account.user, id).await?),
            None => None,
        };
        let currency = work.comparison.policy.currency.clone().ok_or_else(|| {
            let message = "the account's currency is not known, so no row can be added";
            SyncError::invalid_input(
                message,
                "The currency of this account is not known, so nothing can be added to it.",
            )
        })?;
        let account = work.account.provider.id.clone();
        let money = Money::new(amount, currency);
        let row = correction_row(provider_id.clone(), account, date, money, like.as_ref());
        let known = self.inserted(&work.account, provider_id).await?;
        let subject =
            known.as_ref().map_or(AuditSubject::NewTransaction(0), |row| AuditSubject::Transaction(row.id));
        let entry = AuditDraft::new(self.actor.clone(), "entry_created", subject);
        change.audit.push(entry.changing(None::<&()>, Some(&row)).because(reason.map(str::to_owned)));
        let origin = RowOrigin::Correction;
        match known {
            None => change.inserts.push(RowInsert::new(row, origin)),
            Some(known) if known.origin == origin => {
                let after = EditState { deleted: false, ..known.edit_state() };
                change.edits.extend(known.edit_state().deleted.then(|| EditWrite {
                    id: known.id,
                    before: known.edit_state(),
                    after,
                }));
                change.updates.push(RowUpdate {
                    id: known.id,
                    digest: row.digest(),
                    row,
                    renamed: false,
                    origin,
                });
            }
            Some(_) => return Err(out_of_date("the bank has reported the row that was added")),
        }
        Ok(())
    }

    /// Takes back the row that was added, if it still is only a correction.
    async fn withdraw(
        &self,
        work: &Work,
        provider_id: &ProviderTransactionId,
        change: &mut ChangeSet,
        reason: Option<&str>,
    ) -> Result<(), SyncError> {
        let row = self.inserted(&work.account, provider_id).await?;
        let is_ours = |row: &Transaction| {
            (row.origin, row.state) == (RowOrigin::Correction, TransactionState::Live)
                && row.provider.id == *provider_id
        };
        let row = row.filter(is_ours).ok_or_else(|| {
            out_of_date("the row that was added was deleted since, or the bank has reported it")
        })?;
        let subject = AuditSubject::Transaction(row.id);
        let draft = AuditDraft::new(self.actor.clone(), "entry_withdrawn", subject);
        change
            .audit
            .push(draft.changing(Some(&row.provider), None::<&()>).because(reason.map(str::to_owned)));
        // The update is refused if the row goes by another identifier meanwhile: no row of the bank's is ever withdrawn.
        change.updates.push(RowUpdate {
            id: row.id,
            digest: row.provider.digest(),
            row: row.provider,
            renamed: false,
            origin: RowOrigin::Correction,
        });
        change.removals.push(row.id);
        Ok(())
    }

    async fn inserted(
        &self,
        account: &Account,
        provider_id: &ProviderTransactionId,
    ) -> Result<Option<Transaction>, SyncError> {
        let among = [provider_id.clone()];
        let among = KnownTransactions::Among(&among);
        let known = self.store.known_transactions(account.connection, among).await?;
        match known.first() {
            Some(known) => Ok(Some(self.store.transaction(&account.user, known.id).await?)),
            None => Ok(None),
        }
    }

    /// The rows that an explanation names, if they still are what was compared, and the books as they stand still propose the
    /// same.
    async fn rows_as_compared(&self, work: &Work) -> Result<Vec<Transaction>, SyncError> {
        let Work { comparison, explanation, account, .. } = work;
        let mut rows = Vec::with_capacity(explanation.transactions.len());
        for compared in &explanation.transactions {
            let row = self.store.transaction(&account.user, compared.id).await?;
            if row.account != account.id || !compared.still_is(&row) {
                return Err(out_of_date("a row was changed since it was compared"));
            }
            rows.push(row);
        }
        let now =
            self.comparison(&work.connection, account, comparison.since, Some(&comparison.policy)).await?;
        if now.still_proposes(explanation) {
            return Ok(rows);
        }
        Err(out_of_date("bank and books differ otherwise than when they were compared"))
    }

    async fn statement_of(
        &self,
        account: &Account,
        change: &ProposedChange,
    ) -> Result<Option<Decimal>, SyncError> {
        match change {
            ProposedChange::AdjustAnchor { date, .. } => self.statement_on(account, *date).await,
            _ => Ok(None),
        }
    }

    async fn statement_on(&self, account: &Account, date: NaiveDate) -> Result<Option<Decimal>, SyncError> {
        let statements = self.store.statements(&account.user, account.id).await?;
        Ok(statements.into_iter().find(|statement| statement.date == date).map(|statement| statement.balance))
    }

    /// A stored resolution with what was changed.
    pub(super) async fn resolution_of(
        &self,
        account: &Account,
        stored: StoredResolution,
    ) -> Result<Resolution, SyncError> {
        let steps: Vec<ResolutionStep> = from_json(&stored.body)?;
        let mut inserted = None;
        for step in &steps {
            if let ResolutionStep::Inserted { provider_id } = step {
                inserted = self.inserted(account, provider_id).await?.map(|row| row.id);
            }
        }
        let StoredResolution { reconciliation, explanation, resolved_at, undone_at, .. } = stored;
        Ok(Resolution { reconciliation, explanation, resolved_at, undone_at, steps, inserted })
    }
}

/// What the user says of an explanation.
#[derive(Clone, Copy)]
enum UserDecision {
    Accept,
    TakeBack,
}

/// An explanation, and what is stored about it.
struct Work {
    id: ReconciliationId,
    comparison: AccountComparison,
    explanation: ProposedExplanation,
    stored: Option<StoredResolution>,
    account: Account,
    connection: Connection,
}

fn out_of_date(what: &str) -> SyncError {
    let message = format!("{what}: reconcile the account anew");
    SyncError::new(SyncErrorKind::Store(StoreErrorKind::Conflict), message)
}

fn check_reason(reason: Option<&str>) -> Result<(), SyncError> {
    Ok(check_length("reason", reason, NOTE_CHARS_MAX)?)
}
