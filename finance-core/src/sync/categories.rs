//! Categories: after a sync, on demand, and for workers of the host's; and the user's rules.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::select;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::conflicts::again_on_conflict;
use super::{Cancellation, SyncEngine, SyncError};
use crate::audit::{AuditDraft, AuditSubject};
use crate::categorize::{
    CategoryAnswer, CategoryQuestion, CategoryRule, RULE_SOURCE, RulesAndMemory, check_rules,
};
use crate::categorizer::{Categorizer, CategorizerError, CategorizerErrorKind};
use crate::model::{AssignedCategory, RunOutcome, SyncRun, UserId};
use crate::store::{
    AfterAnswers, CategoryAnswers, CategoryBacklog, CategoryClaim, CategoryClaimId, CategoryScope,
    ClaimRequest,
};

/// What categorising did.
#[derive(Debug, Default)]
pub struct CategorizeReport {
    /// Rows that a rule of the user's gave a category.
    pub by_rules: u64,
    /// Rows that the user's earlier choices gave a category.
    pub by_memory: u64,
    /// Rows that the host's categoriser gave a category.
    pub by_categorizer: u64,
    /// Rows for which nobody asked knows a category.
    pub unanswered: u64,
    /// Why the host's categoriser was asked no further; the rows concerned are tried again later.
    pub error: Option<CategorizerError>,
    /// What still waits.
    pub backlog: CategoryBacklog,
}

/// The host's categoriser.
pub(super) struct HostCategorizer {
    port: Arc<dyn Categorizer>,
    /// Until when syncs leave it alone.
    rests_until: Mutex<Option<DateTime<Utc>>>,
}

impl HostCategorizer {
    fn rests_until(&self) -> std::sync::MutexGuard<'_, Option<DateTime<Utc>>> {
        self.rests_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How rows of a user are worked through.
struct Work<'a> {
    user: &'a UserId,
    categorizer: Option<&'a HostCategorizer>,
    /// Without a categoriser: also rows that rules and memory were asked about before.
    again: bool,
    until: Option<Instant>,
}

/// A claim of which rules and memory have answered what they can.
struct Decided {
    answers: Vec<CategoryAnswer>,
    open: Vec<CategoryQuestion>,
}

impl SyncEngine {
    /// The same engine with a categoriser of the host's, which is asked about new rows that the user's rules and memory know
    /// nothing of.
    ///
    /// After each sync the engine works through the user's rows that wait, no longer than
    /// [`CategoryPolicy::time_after_sync`](crate::CategoryPolicy::time_after_sync). A categoriser that fails, hangs or panics
    /// fails no sync: its rows wait for another attempt, and syncs leave it alone for a while. One that keeps a thread
    /// from going on, instead of awaiting, needs a runtime of several threads for that.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use std::sync::Arc;
    ///
    /// use async_trait::async_trait;
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{
    ///     AssignedCategory, Categorizer, CategorizerError, CategoryQuestion, SyncRequest, SyncScope, TransactionQuery,
    /// };
    ///
    /// struct Model;
    ///
    /// #[async_trait]
    /// impl Categorizer for Model {
    ///     fn name(&self) -> &str {
    ///         "model"
    ///     }
    ///
    ///     async fn categorize(
    ///         &self,
    ///         batch: &[CategoryQuestion],
    ///     ) -> Result<Vec<Option<AssignedCategory>>, CategorizerError> {
    ///         let answer = |question: &CategoryQuestion| {
    ///             question.text.contains("ROW").then(|| AssignedCategory {
    ///                 category: "Rows".to_owned(),
    ///                 confidence: Some(90),
    ///                 source: "model".to_owned(),
    ///             })
    ///         };
    ///         Ok(batch.iter().map(answer).collect())
    ///     }
    /// }
    ///
    /// let books = SampleBooks::new().await;
    /// let engine = books.engine.with_categorizer(Arc::new(Model));
    /// engine.sync_transactions(&books.user, &SyncRequest::new(SyncScope::All)).await?;
    /// let rows = engine.transactions(&books.user, &TransactionQuery::default()).await?;
    /// assert_eq!(rows[0].category(), Some("Rows"));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_categorizer(&self, categorizer: Arc<dyn Categorizer>) -> Self {
        let host = HostCategorizer { port: categorizer, rests_until: Mutex::default() };
        Self { categorizer: Some(Arc::new(host)), ..self.clone() }
    }

    /// Works through the user's rows that wait for a category, those given up included: the rules first, then the user's earlier
    /// choices, then the host's categoriser, if there is one. Rows that have a category of the user's are left alone, and so
    /// are those that were worked through before.
    ///
    /// A categoriser that fails ends it; what went wrong is in the report. It may take as long as the categoriser is given for
    /// all the batches.
    ///
    /// # Errors
    /// When the store fails. Batches before that are categorised.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::CategoryRule;
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let rule = CategoryRule {
    ///     text_contains: Some("row".to_owned()),
    ///     category: "Rows".to_owned(),
    ///     ..CategoryRule::default()
    /// };
    /// books.engine.set_category_rules(&books.user, &[rule]).await?;
    /// let report = books.engine.categorize_now(&books.user).await?;
    /// assert_eq!((report.by_rules, report.unanswered), (4, 0));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn categorize_now(&self, user: &UserId) -> Result<CategorizeReport, SyncError> {
        self.store.retry_categories(user, self.clock.now()).await?;
        let work = Work { user, categorizer: self.categorizer.as_deref(), again: true, until: None };
        let mut report = CategorizeReport::default();
        self.work_through(&work, &mut report).await?;
        report.backlog = self.store.category_backlog(user).await?;
        Ok(report)
    }

    /// Works through what waits of the user's after a sync that changed something, within the time there is for it and unless
    /// somebody wants to stop. Nothing that goes wrong is the sync's failure.
    pub(super) async fn categorize_after_sync(
        &self,
        user: &UserId,
        run: Option<&SyncRun>,
        cancellation: Option<&Cancellation>,
    ) {
        let time = self.options.categories.time_after_sync;
        if time.is_zero() || run.is_none_or(|run| run.outcome != RunOutcome::Applied) {
            return;
        }
        let work = pin!(self.categorize_within(user, time));
        match cancellation {
            None => work.await,
            Some(cancellation) => {
                select(pin!(cancellation.cancelled()), work).await;
            }
        }
    }

    async fn categorize_within(&self, user: &UserId, time: Duration) {
        let now = self.clock.now();
        let rests = |host: &HostCategorizer| host.rests_until().is_some_and(|until| now < until);
        let categorizer = self.categorizer.as_deref().filter(|host| !rests(host));
        let work = Work { user, categorizer, again: false, until: Instant::now().checked_add(time) };
        let mut report = CategorizeReport::default();
        if let Err(error) = self.work_through(&work, &mut report).await {
            tracing::warn!(%error, "rows were not categorised");
        }
        let CategorizeReport { by_rules, by_memory, by_categorizer, unanswered, error, .. } = report;
        if by_rules + by_memory + by_categorizer + unanswered > 0 {
            tracing::info!(by_rules, by_memory, by_categorizer, unanswered, "categorised");
        }
        if let (Some(error), Some(host)) = (error, categorizer) {
            tracing::warn!(categorizer = host.port.name(), %error, "the categoriser failed; its rows are tried again later");
            *host.rests_until() = Some(now + self.options.categories.rest_after_failure);
        }
    }

    /// Claims batch after batch until none is left, time is over, or the categoriser fails.
    async fn work_through(&self, work: &Work<'_>, report: &mut CategorizeReport) -> Result<(), SyncError> {
        let policy = &self.options.categories;
        let scope = CategoryScope::User(work.user.clone());
        let mut known = HashMap::new();
        let mut after = None;
        while report.error.is_none() {
            let time = work.until.map_or(policy.time_per_batch, |until| {
                until.saturating_duration_since(Instant::now()).min(policy.time_per_batch)
            });
            let request = ClaimRequest {
                fresh_only: work.categorizer.is_none() && !work.again,
                after,
                ..self.claim_request(scope.clone(), policy.batch.max(1))
            };
            if time.is_zero() {
                break;
            }
            let Some(claim) = self.store.claim_uncategorised(&request).await? else { break };
            after = Some(claim.last);
            let Decided { mut answers, open } = self.decide(&claim, &mut known).await?;
            let by_rules = answers.iter().filter(|answer| answer.assigned.source == RULE_SOURCE).count();
            let by_memory = answers.len() - by_rules;
            let (asked, mut found) = (open.len(), 0);
            let then = match work.categorizer {
                None => AfterAnswers::PassOn,
                Some(_) if open.is_empty() => AfterAnswers::Done,
                Some(host) => match ask(&host.port, open, time).await {
                    Ok(assigned) => {
                        found = assigned.len();
                        answers.extend(assigned);
                        AfterAnswers::Done
                    }
                    Err(error) => {
                        report.error = Some(error);
                        self.retry()
                    }
                },
            };
            let answers = CategoryAnswers {
                scope: scope.clone(),
                claim: claim.id,
                at: self.clock.now(),
                answers,
                then,
            };
            self.store.apply_categories(&answers).await?;
            report.by_rules += by_rules as u64;
            report.by_memory += by_memory as u64;
            report.by_categorizer += found as u64;
            report.unanswered += (asked - found) as u64;
        }
        Ok(())
    }

    fn claim_request(&self, scope: CategoryScope, limit: u32) -> ClaimRequest {
        let policy = &self.options.categories;
        let (lease, attempts) = (policy.lease, policy.attempts);
        ClaimRequest { scope, fresh_only: false, after: None, limit, at: self.clock.now(), lease, attempts }
    }

    const fn retry(&self) -> AfterAnswers {
        let policy = &self.options.categories;
        AfterAnswers::Retry { wait: policy.wait_after_failure, attempts: policy.attempts }
    }

    /// What rules and memory of the users concerned say about the rows of a claim.
    async fn decide(
        &self,
        claim: &CategoryClaim,
        known: &mut HashMap<UserId, RulesAndMemory>,
    ) -> Result<Decided, SyncError> {
        let mut decided = Decided { answers: Vec::new(), open: Vec::new() };
        for question in &claim.questions {
            if !known.contains_key(&question.user) {
                let loaded = self.rules_and_memory(&question.user).await?;
                known.insert(question.user.clone(), loaded);
            }
            match known.get(&question.user).and_then(|known| known.answer(question)) {
                Some(assigned) => {
                    decided.answers.push(CategoryAnswer { transaction: question.transaction, assigned });
                }
                None => decided.open.push(question.clone()),
            }
        }
        Ok(decided)
    }

    async fn rules_and_memory(&self, user: &UserId) -> Result<RulesAndMemory, SyncError> {
        let memory = self.options.categories.memory;
        let rules = self.store.category_rules(user).await?;
        let choices = self.store.category_choices(user, memory.choices).await?;
        Ok(RulesAndMemory::new(user.clone(), rules, &choices, memory))
    }

    /// Hands rows that wait for a category to a worker of the host's, `limit` at the most, the oldest first; `None` when there
    /// are none, and for a limit of 0. What the users' rules and memory know is assigned at once and not asked; the worker answers the questions with
    /// [`SyncEngine::apply_categories`] before the claim ends. Rows of a claim that ends without an answer are
    /// handed out again, a bounded number of times.
    ///
    /// With [`CategoryScope::AllUsers`] this reaches every user of the store: it is for the host's own worker, never for
    /// what acts in a user's name.
    ///
    /// # Errors
    /// When the store fails.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{AssignedCategory, CategoryAnswer, CategoryScope};
    ///
    /// let books = SampleBooks::new().await;
    /// let scope = CategoryScope::User(books.user.clone());
    /// let claim = books.engine.claim_uncategorised(&scope, 100).await?.expect("four rows wait");
    /// assert_eq!(claim.questions.len(), 4);
    /// let first = claim.questions[0].transaction;
    /// let assigned = AssignedCategory {
    ///     category: "Rent".to_owned(),
    ///     confidence: Some(70),
    ///     source: "my model".to_owned(),
    /// };
    /// let answers = vec![CategoryAnswer { transaction: first, assigned }];
    /// assert_eq!(books.engine.apply_categories(&scope, claim.id, answers).await?, 1);
    /// assert_eq!(books.engine.transaction(&books.user, first).await?.category(), Some("Rent"));
    /// assert_eq!(books.engine.claim_uncategorised(&scope, 100).await?, None);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn claim_uncategorised(
        &self,
        scope: &CategoryScope,
        limit: u32,
    ) -> Result<Option<CategoryClaim>, SyncError> {
        let mut known = HashMap::new();
        loop {
            let request = self.claim_request(scope.clone(), limit);
            let Some(mut claim) = self.store.claim_uncategorised(&request).await? else { return Ok(None) };
            let Decided { answers, open } = self.decide(&claim, &mut known).await?;
            if answers.is_empty() {
                return Ok(Some(claim));
            }
            let then = if open.is_empty() { AfterAnswers::Done } else { AfterAnswers::GoOn };
            let at = self.clock.now();
            let answers = CategoryAnswers { scope: scope.clone(), claim: claim.id, at, answers, then };
            self.store.apply_categories(&answers).await?;
            if !open.is_empty() {
                claim.questions = open;
                return Ok(Some(claim));
            }
        }
    }

    /// Takes a worker's answers, ends the claim, and returns how many rows have another category than before. Rows of the
    /// claim without an answer are not asked about again. A category of the user's own stays the one that shows.
    ///
    /// # Errors
    /// [`SyncErrorKind::Store`](super::SyncErrorKind::Store) with a conflict when the claim does not hold any more, or not
    /// under this scope: its rows are somebody else's now.
    /// [`SyncErrorKind::InvalidInput`](super::SyncErrorKind::InvalidInput) for a row that is none of the claim's or is
    /// answered twice, and for a category that cannot be kept ([`AssignedCategory::check`]). Nothing is changed then.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::CategoryScope;
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let scope = CategoryScope::AllUsers;
    /// let claim = books.engine.claim_uncategorised(&scope, 100).await?.expect("four rows wait");
    /// // The worker knows none of them.
    /// assert_eq!(books.engine.apply_categories(&scope, claim.id, Vec::new()).await?, 0);
    /// assert!(books.engine.apply_categories(&scope, claim.id, Vec::new()).await.is_err());
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn apply_categories(
        &self,
        scope: &CategoryScope,
        claim: CategoryClaimId,
        answers: Vec<CategoryAnswer>,
    ) -> Result<u64, SyncError> {
        let (at, then) = (self.clock.now(), AfterAnswers::Done);
        let answers = CategoryAnswers { scope: scope.clone(), claim, at, answers, then };
        Ok(self.store.apply_categories(&answers).await?)
    }

    /// Gives a claim back without answers: its rows are handed out again after
    /// [`CategoryPolicy::wait_after_failure`](crate::CategoryPolicy::wait_after_failure), and longer after each attempt.
    ///
    /// # Errors
    /// [`SyncErrorKind::Store`](super::SyncErrorKind::Store) with a conflict when the claim does not hold any more, or not
    /// under this scope.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::CategoryScope;
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// let scope = CategoryScope::User(books.user.clone());
    /// let claim = books.engine.claim_uncategorised(&scope, 100).await?.expect("four rows wait");
    /// books.engine.release_categories(&scope, claim.id).await?;
    /// assert_eq!(books.engine.claim_uncategorised(&scope, 100).await?, None);
    /// books.clock.advance(chrono::TimeDelta::minutes(5));
    /// assert!(books.engine.claim_uncategorised(&scope, 100).await?.is_some());
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn release_categories(
        &self,
        scope: &CategoryScope,
        claim: CategoryClaimId,
    ) -> Result<(), SyncError> {
        let (at, then) = (self.clock.now(), self.retry());
        let answers = CategoryAnswers { scope: scope.clone(), claim, at, answers: Vec::new(), then };
        self.store.apply_categories(&answers).await?;
        Ok(())
    }

    /// How many rows of the user wait for a category.
    ///
    /// # Errors
    /// When the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// // The user has neither rules nor a memory, so that only a model can know the four rows' categories.
    /// assert_eq!(books.engine.category_backlog(&books.user).await?.passed_on, 4);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn category_backlog(&self, user: &UserId) -> Result<CategoryBacklog, SyncError> {
        Ok(self.store.category_backlog(user).await?)
    }

    /// The user's rules, in the order in which they are tried.
    ///
    /// # Errors
    /// When the store cannot be read.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    ///
    /// let books = SampleBooks::new().await;
    /// assert_eq!(books.engine.category_rules(&books.user).await?, []);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn category_rules(&self, user: &UserId) -> Result<Vec<CategoryRule>, SyncError> {
        Ok(self.store.category_rules(user).await?)
    }

    /// Puts other rules in the place of the user's; none removes them. All rows that count and have no
    /// category but the provider's wait again in the same transaction, so that the next sync, worker or
    /// [`SyncEngine::categorize_now`] asks the new rules about them; a claim of such rows that holds is void. Categories that
    /// were assigned stay. What the rules were and are goes into the audit trail; setting what stands changes nothing.
    ///
    /// # Errors
    /// [`SyncErrorKind::InvalidInput`](super::SyncErrorKind::InvalidInput) when a rule cannot be kept ([`check_rules`]).
    /// Nothing is changed then.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::SampleBooks;
    /// use finance_core::{CategoryRule, MoneyDirection, SyncErrorKind};
    ///
    /// let books = SampleBooks::new().await;
    /// let salary = CategoryRule {
    ///     text_contains: Some("acme inc".to_owned()),
    ///     direction: Some(MoneyDirection::In),
    ///     category: "Salary".to_owned(),
    ///     ..CategoryRule::default()
    /// };
    /// books.engine.set_category_rules(&books.user, &[salary.clone()]).await?;
    /// assert_eq!(books.engine.category_rules(&books.user).await?, [salary]);
    ///
    /// let everything = CategoryRule { category: "Anything".to_owned(), ..CategoryRule::default() };
    /// let error = books.engine.set_category_rules(&books.user, &[everything]).await.expect_err("no condition");
    /// assert_eq!(*error.kind(), SyncErrorKind::InvalidInput);
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn set_category_rules(&self, user: &UserId, rules: &[CategoryRule]) -> Result<(), SyncError> {
        check_rules(rules)?;
        again_on_conflict(|| self.try_to_set_rules(user, rules)).await
    }

    async fn try_to_set_rules(&self, user: &UserId, rules: &[CategoryRule]) -> Result<(), SyncError> {
        let before = self.store.category_rules(user).await?;
        if before == rules {
            return Ok(());
        }
        let draft = AuditDraft::new(self.actor.clone(), "category_rules_set", AuditSubject::Books);
        let draft = draft.changing(Some(&before), Some(&rules));
        Ok(self.store.set_category_rules(user, &before, rules, self.clock.now(), &draft).await?)
    }
}

/// Asks the host's categoriser, in a task of its own: it may hang or panic.
async fn ask(
    categorizer: &Arc<dyn Categorizer>,
    batch: Vec<CategoryQuestion>,
    time: Duration,
) -> Result<Vec<CategoryAnswer>, CategorizerError> {
    let rows: Vec<_> = batch.iter().map(|question| question.transaction).collect();
    let categorizer = Arc::clone(categorizer);
    // A set ends its tasks when it is dropped.
    let mut task = JoinSet::new();
    task.spawn(async move { categorizer.categorize(&batch).await });
    let answers: Vec<Option<AssignedCategory>> = match tokio::time::timeout(time, task.join_next()).await {
        Ok(Some(Ok(answers))) => answers?,
        Ok(Some(Err(error))) => {
            return Err(CategorizerError::new(CategorizerErrorKind::Internal, "the categoriser panicked")
                .with_source(error));
        }
        Ok(None) => {
            return Err(CategorizerError::new(
                CategorizerErrorKind::Internal,
                "the categoriser did not begin",
            ));
        }
        Err(_) => {
            let message = format!("the categoriser took longer than {} ms", time.as_millis());
            return Err(CategorizerError::new(CategorizerErrorKind::TooSlow, message));
        }
    };
    if answers.len() != rows.len() {
        let message = format!("{} answers came to {} questions", answers.len(), rows.len());
        return Err(CategorizerError::new(CategorizerErrorKind::InvalidAnswer, message));
    }
    let mut found = Vec::new();
    for (transaction, assigned) in rows.into_iter().zip(answers) {
        let Some(assigned) = assigned else { continue };
        assigned.check().map_err(|error| {
            let message = format!("the category of transaction {transaction} cannot be kept: {error}");
            CategorizerError::new(CategorizerErrorKind::InvalidAnswer, message).with_source(error)
        })?;
        found.push(CategoryAnswer { transaction, assigned });
    }
    Ok(found)
}
