//! Statements, comparisons with the bank, corrections and the audit trail.

use chrono::NaiveDate;
use finance_core::{
    Account, NewStatement, ReconcileRequest, ReconciliationRecord, SyncError, SyncScope, parse_amount,
};
use serde::Deserialize;

use super::Play;

/// What is done, and what must come of it. Amounts are in our sign.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ReconcileStep {
    /// The user adds a statement, or changes the one of that day.
    AddStatement { account: String, date: NaiveDate, balance: String },
    /// The user takes a statement back.
    RemoveStatement { account: String, date: NaiveDate },
    /// The statements of an account: days and balances, oldest first.
    Statements { account: String, are: Vec<(NaiveDate, String)> },
    /// Compares one account.
    Compare(Found),
    /// Compares all accounts; so many must differ.
    CompareAll { accounts: usize, differ: usize },
    /// Accepts an explanation of the last comparison.
    Resolve {
        explanation: u32,
        #[serde(default)]
        error: Option<String>,
    },
    /// Undoes that.
    Undo {
        explanation: u32,
        #[serde(default)]
        error: Option<String>,
    },
    /// What stands of the last comparison: explanations, and whether they hold.
    Resolutions(Vec<(u32, bool)>),
    /// The actions of the trail from here on, oldest first, and that it is sound.
    Trail(Vec<String>),
}

/// What a comparison must find.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    account: String,
    /// What the books lack; `null` when it cannot be known.
    difference: Option<String>,
    /// Left out, it is not looked at.
    #[serde(default)]
    score: Option<u8>,
    /// The best explanation; none when bank and books agree.
    #[serde(default)]
    best: Option<Best>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Best {
    kind: String,
    amount: String,
    /// The scenario's names of the rows concerned.
    #[serde(default)]
    rows: Vec<String>,
}

impl Play<'_> {
    pub(super) async fn reconcile(&mut self, step: ReconcileStep) {
        let (engine, user) = (&self.world.engine, &self.world.user);
        match step {
            ReconcileStep::AddStatement { account, date, balance } => {
                let account = self.account(&account).await;
                let statement = NewStatement::new(date, parse_amount(&balance).unwrap());
                engine.add_statement(user, account.id, &statement).await.unwrap();
            }
            ReconcileStep::RemoveStatement { account, date } => {
                let account = self.account(&account).await;
                engine.remove_statement(user, account.id, date).await.unwrap();
            }
            ReconcileStep::Statements { account, are } => {
                let account = self.account(&account).await;
                let statements = engine.statements(user, account.id).await.unwrap();
                let found = statements.iter().map(|it| (it.date, it.balance.to_string()));
                assert_eq!(found.collect::<Vec<_>>(), are);
            }
            ReconcileStep::Compare(expected) => self.compare(&expected).await,
            ReconcileStep::CompareAll { accounts, differ } => {
                let report = engine.reconcile(user, &ReconcileRequest::new(SyncScope::All)).await.unwrap();
                let found = report.accounts.into_iter().map(|account| account.outcome.unwrap());
                let found: Vec<ReconciliationRecord> = found.collect();
                let differing = found.iter().filter(|found| !found.comparison.explanations.is_empty());
                assert_eq!((found.len(), differing.count()), (accounts, differ));
            }
            ReconcileStep::Resolve { explanation, error } => {
                let id = self.compared.unwrap();
                let answer = engine.resolve(user, id, explanation, Some("it is so".to_owned())).await;
                assert_eq!(error_of(answer.err()), error);
            }
            ReconcileStep::Undo { explanation, error } => {
                let answer = engine.undo_resolution(user, self.compared.unwrap(), explanation, None).await;
                assert_eq!(error_of(answer.err()), error);
            }
            ReconcileStep::Resolutions(expected) => {
                let found = engine.reconciliation(user, self.compared.unwrap()).await.unwrap();
                let stands = found.resolutions.iter().map(|it| (it.explanation, it.undone_at.is_none()));
                assert_eq!(stands.collect::<Vec<_>>(), expected);
                let listed = engine.reconciliations(user, found.comparison.account, 1).await.unwrap();
                assert_eq!((listed[0].id, listed[0].score), (found.id, found.comparison.score));
            }
            ReconcileStep::Trail(expected) => {
                let trail = engine.audit_trail(user, self.trail_seen, 1_000).await.unwrap();
                let actions: Vec<&str> = trail.iter().map(|entry| entry.action.as_str()).collect();
                assert_eq!(actions, expected);
                let report = engine.verify_audit(user, None).await.unwrap();
                self.trail_seen += trail.len() as u64;
                assert_eq!((report.checked, report.fault), (self.trail_seen, None));
            }
        }
        self.see_rows().await;
    }

    async fn account(&self, name: &str) -> Account {
        let accounts = self.world.engine.accounts(&self.world.user).await.unwrap();
        accounts.into_iter().find(|account| account.provider.name == name).unwrap()
    }

    async fn compare(&mut self, expected: &Found) {
        let account = self.account(&expected.account).await;
        let request = ReconcileRequest::new(SyncScope::Accounts(vec![account.id]));
        let mut report = self.world.engine.reconcile(&self.world.user, &request).await.unwrap();
        let found = report.accounts.remove(0).outcome.unwrap();
        let comparison = &found.comparison;
        let mut best = None;
        if let Some(first) = comparison.explanations.first() {
            let mut rows = Vec::new();
            for row in &first.transactions {
                rows.push(self.name(&self.world.engine.transaction(&self.world.user, row.id).await.unwrap()));
            }
            best = Some(Best { kind: first.kind.name().to_owned(), amount: first.amount.to_string(), rows });
        }
        let difference = comparison.difference.map(|difference| difference.to_string());
        assert_eq!(best, expected.best, "{:#?}", comparison.explanations);
        assert_eq!(difference, expected.difference);
        assert_eq!(comparison.score.is_some(), difference.is_some());
        assert!(
            expected.score.is_none() || expected.score == comparison.score,
            "{:?}",
            comparison.score_parts
        );
        self.compared = Some(found.id);
    }
}

fn error_of(error: Option<SyncError>) -> Option<String> {
    error.map(|error| format!("{:?}", error.kind()))
}
