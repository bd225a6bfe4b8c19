//! Categories: the provider's, rules, what is learned from the user, a model that may misbehave, and a worker that pulls.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use finance_core::{
    AssignedCategory, Categorizer, CategorizerError, CategorizerErrorKind, CategoryAnswer, CategoryBacklog,
    CategoryClaim, CategoryQuestion, CategoryRule, CategoryScope, SyncErrorKind, TransactionEdit,
};
use serde::Deserialize;

use super::Play;

/// What is done, and what must be answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum CategoriesStep {
    /// The category that rows show, and who gave it: `user`, `provider`, or the source of an assigned one.
    Shown(BTreeMap<String, (String, String)>),
    /// Primary and detailed category and version, as the provider told them.
    Provider {
        row: String,
        category: (String, String, String),
    },
    /// The user chooses a category, or takes the choice back.
    Choose {
        row: String,
        category: Option<String>,
    },
    /// The user's rules from now on.
    Rules(Vec<CategoryRule>),
    /// Rules that are refused.
    RefusedRules(Vec<CategoryRule>),
    /// From now on the engine has this model.
    Model(Model),
    /// Works through what waits.
    Now(Report),
    Backlog(CategoryBacklog),
    /// A worker claims rows, and is asked about these.
    Claim {
        limit: u32,
        asked: Vec<String>,
    },
    /// Nothing is left to claim.
    NothingToClaim,
    /// The worker answers; this many rows change.
    Answer {
        answers: BTreeMap<String, String>,
        changed: u64,
    },
    /// The worker's answers are refused.
    RefusedAnswer {
        answers: BTreeMap<String, String>,
        error: String,
    },
    /// The worker gives up.
    Release,
}

/// What categorising must report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Report {
    by_rules: u64,
    by_memory: u64,
    by_categorizer: u64,
    unanswered: u64,
    error: Option<String>,
}

/// How the model behaves.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Model {
    /// Knows categories by the bank's text.
    Knows(BTreeMap<String, String>),
    Fails,
    Hangs,
    Panics,
}

#[async_trait]
impl Categorizer for Model {
    fn name(&self) -> &str {
        "model"
    }

    async fn categorize(
        &self,
        batch: &[CategoryQuestion],
    ) -> Result<Vec<Option<AssignedCategory>>, CategorizerError> {
        let answer = |question: &CategoryQuestion, known: &BTreeMap<String, String>| {
            let category = known.get(&*question.text)?.clone();
            Some(AssignedCategory { category, confidence: Some(50), source: "model".to_owned() })
        };
        match self {
            Self::Knows(known) => Ok(batch.iter().map(|question| answer(question, known)).collect()),
            Self::Fails => Err(CategorizerError::new(CategorizerErrorKind::Unavailable, "the model is down")),
            Self::Hangs => std::future::pending().await,
            Self::Panics => panic!("a fault of the model"),
        }
    }
}

impl Play<'_> {
    pub(super) async fn categories(&mut self, step: CategoriesStep) {
        let (engine, user) = (self.world.engine.clone(), self.world.user.clone());
        let scope = CategoryScope::User(user.clone());
        match step {
            CategoriesStep::Shown(expected) => self.check_shown(expected).await,
            CategoriesStep::Provider { row, category } => {
                let row = engine.transaction(&user, self.first_seen[&row]).await.unwrap();
                let told = row.provider.category.unwrap();
                let version = told.version.clone().unwrap();
                assert_eq!((told.primary.clone(), told.detailed.clone(), version), category);
            }
            CategoriesStep::Choose { row, category } => {
                let edit = TransactionEdit { category: Some(category), ..TransactionEdit::default() };
                engine.edit_transaction(&user, self.first_seen[&row], &edit).await.unwrap();
            }
            CategoriesStep::Rules(rules) => {
                engine.set_category_rules(&user, &rules).await.unwrap();
                assert_eq!(engine.category_rules(&user).await.unwrap(), rules);
            }
            CategoriesStep::RefusedRules(rules) => {
                let before = engine.category_rules(&user).await.unwrap();
                let error = engine.set_category_rules(&user, &rules).await.unwrap_err();
                assert_eq!(*error.kind(), SyncErrorKind::InvalidInput);
                assert_eq!(engine.category_rules(&user).await.unwrap(), before);
            }
            CategoriesStep::Model(model) => self.world.engine = engine.with_categorizer(Arc::new(model)),
            CategoriesStep::Now(expected) => {
                let report = engine.categorize_now(&user).await.unwrap();
                let found = Report {
                    by_rules: report.by_rules,
                    by_memory: report.by_memory,
                    by_categorizer: report.by_categorizer,
                    unanswered: report.unanswered,
                    error: report.error.map(|error| format!("{:?}", error.kind())),
                };
                assert_eq!(found, expected);
            }
            CategoriesStep::Backlog(expected) => {
                assert_eq!(engine.category_backlog(&user).await.unwrap(), expected);
            }
            CategoriesStep::Claim { limit, asked } => {
                let claim = engine.claim_uncategorised(&scope, limit).await.unwrap().unwrap();
                let rows: Vec<_> = claim.questions.iter().map(|question| question.transaction).collect();
                assert_eq!(rows, asked.iter().map(|row| self.first_seen[row]).collect::<Vec<_>>());
                self.claim = Some(claim);
            }
            CategoriesStep::NothingToClaim => {
                assert_eq!(engine.claim_uncategorised(&scope, 100).await.unwrap(), None);
            }
            CategoriesStep::Answer { answers, changed } => {
                let (claim, answers) = self.answers(&answers);
                assert_eq!(engine.apply_categories(&scope, claim.id, answers).await.unwrap(), changed);
            }
            CategoriesStep::RefusedAnswer { answers, error } => {
                let (claim, answers) = self.answers(&answers);
                let refused = engine.apply_categories(&scope, claim.id, answers).await.unwrap_err();
                assert_eq!(format!("{:?}", refused.kind()), error);
            }
            CategoriesStep::Release => {
                let claim = self.claim.as_ref().unwrap().id;
                engine.release_categories(&scope, claim).await.unwrap();
            }
        }
    }

    fn answers(&self, answers: &BTreeMap<String, String>) -> (&CategoryClaim, Vec<CategoryAnswer>) {
        let answer = |(row, category): (&String, &String)| CategoryAnswer {
            transaction: self.first_seen[row],
            assigned: AssignedCategory {
                category: category.clone(),
                confidence: None,
                source: "worker".to_owned(),
            },
        };
        (self.claim.as_ref().unwrap(), answers.iter().map(answer).collect())
    }

    async fn check_shown(&self, expected: BTreeMap<String, (String, String)>) {
        let mut found = BTreeMap::new();
        for name in expected.keys() {
            let id = self.first_seen[name];
            let row = self.world.engine.transaction(&self.world.user, id).await.unwrap();
            let source = match (&row.edits.category, &row.assigned) {
                (Some(_), _) => "user",
                (None, Some(assigned)) => &assigned.source,
                (None, None) => "provider",
            };
            found.insert(name.clone(), (row.category().unwrap_or_default().to_owned(), source.to_owned()));
        }
        assert_eq!(found, expected);
    }
}
