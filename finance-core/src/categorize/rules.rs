//! The user's own rules.

use serde::{Deserialize, Serialize};

use super::answer::{InvalidCategory, check_text};
use super::question::{CategoryQuestion, MoneyDirection};
use crate::account_kind::AccountKind;
use crate::bank_text::fold;
use crate::model::{CATEGORY_CHARS_MAX, Money};

/// The most rules of a user.
pub const CATEGORY_RULES_MAX: usize = 500;
/// The longest text that a rule looks for, in characters.
pub const RULE_TEXT_CHARS_MAX: usize = 200;

/// A rule: rows for which everything holds that it names get its category. Capital letters and accents make no difference.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CategoryRule {
    /// The bank's text, either form, or the merchant's name contains this.
    pub text_contains: Option<String>,
    /// The merchant's name is this, or the provider's identifier of the merchant is.
    pub merchant: Option<String>,
    /// The amount, its sign aside, is this or more, in this currency.
    pub at_least: Option<Money>,
    /// The amount, its sign aside, is this or less, in this currency.
    pub at_most: Option<Money>,
    /// The money went this way.
    pub direction: Option<MoneyDirection>,
    /// The row is on an account of this kind.
    pub account_kind: Option<AccountKind>,
    /// The category.
    pub category: String,
}

/// Why rules are not acceptable. Places are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRule {
    /// There are too many.
    #[error("{0} rules are too many; {CATEGORY_RULES_MAX} at the most")]
    TooMany(usize),
    /// A rule names nothing to look at, so that it would hold for every row.
    #[error("rule {0} names no condition")]
    NoCondition(usize),
    /// A text of a rule is empty or too long.
    #[error("rule {place}: {reason}")]
    Text {
        /// Which rule.
        place: usize,
        /// What is wrong with it.
        reason: InvalidCategory,
    },
    /// A bound is negative, the lower one is above the upper one, or they have different currencies.
    #[error("rule {0}: amounts are positive, of one currency, and the lower one comes first")]
    Amounts(usize),
}

impl InvalidRule {
    /// A sentence fit for the user, without jargon.
    pub fn user_message(&self) -> String {
        match self {
            Self::TooMany(_) => format!("There can be {CATEGORY_RULES_MAX} rules at the most."),
            Self::NoCondition(place) => format!("Rule {} needs a condition.", place + 1),
            Self::Text { place, reason: InvalidCategory::TooLong { field, most, .. } } => {
                format!(
                    "The {field} of rule {} is too long: it can have {most} characters at the most.",
                    place + 1
                )
            }
            Self::Text { place, reason: InvalidCategory::Empty(field) } => {
                format!("The {field} of rule {} must not be empty.", place + 1)
            }
            Self::Text { place, .. } => format!("Rule {} cannot be used as it is.", place + 1),
            Self::Amounts(place) => format!("Please check the amounts of rule {}.", place + 1),
        }
    }
}

/// Whether a user's rules can be kept.
///
/// # Errors
/// [`InvalidRule`] names the first that cannot.
pub fn check_rules(rules: &[CategoryRule]) -> Result<(), InvalidRule> {
    if rules.len() > CATEGORY_RULES_MAX {
        return Err(InvalidRule::TooMany(rules.len()));
    }
    rules.iter().enumerate().try_for_each(|(place, rule)| check(place, rule))
}

fn check(place: usize, rule: &CategoryRule) -> Result<(), InvalidRule> {
    let text = |reason| InvalidRule::Text { place, reason };
    check_text("category", &rule.category, CATEGORY_CHARS_MAX).map_err(text)?;
    for (field, sought) in [("text to look for", &rule.text_contains), ("merchant", &rule.merchant)] {
        let Some(sought) = sought else { continue };
        check_text(field, sought, RULE_TEXT_CHARS_MAX).map_err(text)?;
        if fold(sought).trim().is_empty() {
            return Err(text(InvalidCategory::Empty(field)));
        }
    }
    for bound in [&rule.at_least, &rule.at_most].into_iter().flatten() {
        if bound.amount().is_sign_negative() {
            return Err(InvalidRule::Amounts(place));
        }
    }
    if let (Some(least), Some(most)) = (&rule.at_least, &rule.at_most)
        && (least.currency() != most.currency() || least.amount() > most.amount())
    {
        return Err(InvalidRule::Amounts(place));
    }
    if *rule == (CategoryRule { category: rule.category.clone(), ..CategoryRule::default() }) {
        return Err(InvalidRule::NoCondition(place));
    }
    Ok(())
}

/// A rule made ready to be compared with many rows.
#[derive(Debug, Clone)]
pub(super) struct ReadyRule {
    rule: CategoryRule,
    text_contains: Option<String>,
    merchant: Option<String>,
}

impl ReadyRule {
    pub(super) fn new(rule: CategoryRule) -> Self {
        let folded = |text: &Option<String>| text.as_ref().map(|text| fold(text.trim()).into_owned());
        Self { text_contains: folded(&rule.text_contains), merchant: folded(&rule.merchant), rule }
    }

    pub(super) fn category(&self) -> &str {
        &self.rule.category
    }

    pub(super) fn holds(&self, question: &CategoryQuestion) -> bool {
        let rule = &self.rule;
        rule.direction.is_none_or(|direction| direction == question.direction)
            && rule.account_kind.is_none_or(|kind| kind == question.account_kind)
            && rule
                .at_least
                .as_ref()
                .is_none_or(|least| size(question, least).is_some_and(|size| size >= least.amount()))
            && rule
                .at_most
                .as_ref()
                .is_none_or(|most| size(question, most).is_some_and(|size| size <= most.amount()))
            && self.merchant.as_ref().is_none_or(|merchant| self.is_merchant(question, merchant))
            && self.text_contains.as_ref().is_none_or(|sought| contains(question, sought))
    }

    fn is_merchant(&self, question: &CategoryQuestion, folded: &str) -> bool {
        question.merchant_name.as_deref().is_some_and(|name| fold(name.trim()) == folded)
            || question.merchant_id.is_some()
                && question.merchant_id.as_deref() == self.rule.merchant.as_deref()
    }
}

/// The amount without its sign, where it is in the currency of the bound.
fn size(question: &CategoryQuestion, bound: &Money) -> Option<rust_decimal::Decimal> {
    (question.amount.currency() == bound.currency()).then(|| question.amount.amount().abs())
}

fn contains(question: &CategoryQuestion, sought: &str) -> bool {
    let texts = [Some(&question.text), question.original_text.as_ref(), question.merchant_name.as_ref()];
    texts.into_iter().flatten().any(|text| fold(text).contains(sought))
}
