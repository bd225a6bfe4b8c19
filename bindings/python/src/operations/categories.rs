//! Categories: rules, and what models answer.

use finance_core::{AccountKind, CategoryClaimId, CategoryScope};
use pyo3::prelude::*;

use super::arguments::{currency, whole};
use super::operations;
use crate::choices;
use crate::errors::Failure;
use crate::records::{CategorizeReport, CategoryAnswer, CategoryBacklog, CategoryClaim, CategoryRule, Money};
use crate::values::{Many, Nothing, User};

/// One user's rows, or everybody's.
fn whose(user: Option<User>) -> CategoryScope {
    user.map_or(CategoryScope::AllUsers, |user| CategoryScope::User(user.0))
}

fn money(money: &Money) -> Result<finance_core::Money, Failure> {
    Ok(finance_core::Money::new(money.amount.0, currency(&money.currency)?))
}

fn rule(it: CategoryRule) -> Result<finance_core::CategoryRule, Failure> {
    let kind = |kind: choices::AccountKind| -> PyResult<AccountKind> { kind.value() };
    Ok(finance_core::CategoryRule {
        text_contains: it.text_contains,
        merchant: it.merchant,
        at_least: it.at_least.as_ref().map(money).transpose()?,
        at_most: it.at_most.as_ref().map(money).transpose()?,
        direction: it.direction.map(|direction| direction.value()).transpose()?,
        account_kind: it.account_kind.map(kind).transpose()?,
        category: it.category,
    })
}

operations! {
    /// Categorises what waits, with rules, with what the user's choices teach, and with the engine's categoriser.
    #[pyo3(signature = (user))]
    fn categorize_now(engine, user: User) -> CategorizeReport {
        Ok(engine.categorize_now(&user.0).await?.into())
    }

    /// Takes up to `limit` rows that no model has given a category, of one user or of all, so that nobody else gets them until the
    /// claim ends; `None` when there are none. Give the answers to `apply_categories`, or the rows back with `release_categories`.
    #[pyo3(signature = (user, *, limit = 500))]
    fn claim_uncategorised(engine, user: Option<User>, limit: i64) -> Option<CategoryClaim> {
        Ok(engine.claim_uncategorised(&whose(user), whole("limit", limit)?).await?.map(Into::into))
    }

    /// Writes answers of a claim down, and says how many rows got one. The user's own choice always wins. Rows without an answer are not
    /// asked about again. `user` is the one that was claimed for.
    #[pyo3(signature = (user, claim, answers))]
    fn apply_categories(engine, user: Option<User>, claim: u64, answers: Many<CategoryAnswer>) -> u64 {
        let answers = answers.0.into_iter().map(CategoryAnswer::core).collect();
        Ok(engine.apply_categories(&whose(user), CategoryClaimId::new(claim), answers).await?)
    }

    /// Gives the rows of a claim back, to be tried again later.
    #[pyo3(signature = (user, claim))]
    fn release_categories(engine, user: Option<User>, claim: u64) -> Nothing {
        engine.release_categories(&whose(user), CategoryClaimId::new(claim)).await?;
        Ok(Nothing)
    }

    /// How many rows of the user wait for a category.
    #[pyo3(signature = (user))]
    fn category_backlog(engine, user: User) -> CategoryBacklog {
        Ok(engine.category_backlog(&user.0).await?.into())
    }

    /// The user's rules, in the order they are tried.
    #[pyo3(signature = (user))]
    fn category_rules(engine, user: User) -> Many<CategoryRule> {
        Ok(Many::of(engine.category_rules(&user.0).await?))
    }

    /// Sets all of the user's rules. The first one that fits a row decides; rows in the books are looked at again.
    #[pyo3(signature = (user, rules))]
    fn set_category_rules(engine, user: User, rules: Many<CategoryRule>) -> Nothing {
        let rules: Result<Vec<_>, Failure> = rules.0.into_iter().map(rule).collect();
        engine.set_category_rules(&user.0, &rules?).await?;
        Ok(Nothing)
    }
}
