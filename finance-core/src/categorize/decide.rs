//! Rules first, then memory.

use super::memory::Memory;
use super::policy::MemoryPolicy;
use super::question::{CategoryChoice, CategoryQuestion};
use super::rules::{CategoryRule, ReadyRule};
use crate::model::{AssignedCategory, UserId};

/// The source of a category that a rule of the user's gave.
pub const RULE_SOURCE: &str = "rule";
/// The source of a category that the user's earlier choices gave.
pub const MEMORY_SOURCE: &str = "memory";

/// What one user's rules and earlier choices say about rows.
///
/// The first rule that holds decides, and is 100 sure. Where none holds, the user's choices for the same merchant or the same
/// text (without its numbers and dates, and not of another merchant) decide, money in and money out apart: one choice is 75 sure, four and more that
/// agree are 95, choices that differ make it less, and what is less than 60 sure is no answer.
///
/// ```
/// use finance_core::conformance::SampleBooks;
/// use finance_core::{CategoryQuestion, CategoryRule, AccountKind, MemoryPolicy, RulesAndMemory, TransactionQuery};
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// # let books = SampleBooks::new().await;
/// let row = books.engine.transactions(&books.user, &TransactionQuery::default()).await?.remove(0);
/// let question = CategoryQuestion::of(books.user.clone(), &row, AccountKind::Checking);
/// let rule = CategoryRule {
///     text_contains: Some("row t3".to_owned()),
///     category: "Rows".to_owned(),
///     ..CategoryRule::default()
/// };
/// let decide = RulesAndMemory::new(books.user, vec![rule], &[], MemoryPolicy::default());
/// let answer = decide.answer(&question).expect("the rule holds");
/// assert_eq!((answer.category.as_str(), answer.confidence, answer.source.as_str()), ("Rows", Some(100), "rule"));
/// # Ok::<(), finance_core::SyncError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct RulesAndMemory {
    user: UserId,
    rules: Vec<ReadyRule>,
    memory: Memory,
    policy: MemoryPolicy,
}

impl RulesAndMemory {
    /// Of this user's rules, in their order, and choices, the latest first.
    pub fn new(
        user: UserId,
        rules: Vec<CategoryRule>,
        choices: &[CategoryChoice],
        policy: MemoryPolicy,
    ) -> Self {
        let rules = rules.into_iter().map(ReadyRule::new).collect();
        Self { user, rules, memory: Memory::of(choices, &policy), policy }
    }

    /// The category of a row; `None` where neither says anything, and for another user's row.
    pub fn answer(&self, question: &CategoryQuestion) -> Option<AssignedCategory> {
        if question.user != self.user {
            return None;
        }
        let (category, confidence, source) = match self.rules.iter().find(|rule| rule.holds(question)) {
            Some(rule) => (rule.category(), 100, RULE_SOURCE),
            None => {
                let (category, confidence) = self.memory.recall(question, &self.policy)?;
                (category, confidence, MEMORY_SOURCE)
            }
        };
        Some(AssignedCategory {
            category: category.to_owned(),
            confidence: Some(confidence),
            source: source.to_owned(),
        })
    }
}
