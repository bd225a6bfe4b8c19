//! Questions about categories, and answers.

use crate::choices::{AccountKind, MoneyDirection};
use crate::errors::CategorizerFault;
use crate::record::record;
use crate::records::{Money, ProviderCategory};
use crate::values::{Day, Instant, Many, Text};

record! {
    /// A row that is to be categorised.
    CategoryQuestion from finance_core::CategoryQuestion as it {
        /// Whose row it is.
        user: String = it.user.as_str().to_owned(),
        /// The row.
        transaction: i64 = it.transaction.number(),
        /// The bank's text, cleaned by the provider; may be empty.
        text: Text = Text(it.text),
        /// The bank's text untouched, where told.
        original_text: Option<Text> = it.original_text.map(Text),
        /// The merchant's name, where the provider knows it.
        merchant_name: Option<Text> = it.merchant_name.map(Text),
        /// The provider's identifier of the merchant.
        merchant_id: Option<Text> = it.merchant_id.map(Text),
        /// The four-digit merchant category code of card payments, where told.
        merchant_category_code: Option<Text> = it.merchant_category_code.map(Text),
        /// The amount that counts: positive into the account.
        amount: Money = it.amount.into(),
        /// Which way the money went.
        direction: MoneyDirection = it.direction.into(),
        /// What kind of account it is on.
        account_kind: AccountKind = it.account_kind.into(),
        /// The calendar day that counts.
        date: Day = Day(it.date),
        /// The provider's own category.
        provider_category: Option<ProviderCategory> = it.provider_category.map(|category| (*category).clone().into()),
    }
}

record! {
    /// A category that a categoriser assigned. The user's own always wins over it.
    AssignedCategory from finance_core::AssignedCategory as it {
        /// The category, in the words of whoever assigned it.
        category: String = it.category,
        /// Who assigned it, such as the name of a model.
        source: String = it.source,
        /// How sure it is, in whole points from 0 to 100.
        confidence: Option<u8> [None] = it.confidence,
    }
}

impl AssignedCategory {
    pub(crate) fn core(self) -> finance_core::AssignedCategory {
        finance_core::AssignedCategory {
            category: self.category,
            confidence: self.confidence,
            source: self.source,
        }
    }
}

record! {
    /// A category for one row.
    CategoryAnswer {
        /// The row.
        transaction: i64,
        /// Its category.
        assigned: AssignedCategory,
    }
}

impl CategoryAnswer {
    pub(crate) fn core(self) -> finance_core::CategoryAnswer {
        finance_core::CategoryAnswer {
            transaction: finance_core::TransactionId::new(self.transaction),
            assigned: self.assigned.core(),
        }
    }
}

record! {
    /// Rows that were claimed to be categorised.
    CategoryClaim from finance_core::CategoryClaim as it {
        /// Its identifier.
        id: u64 = it.id.number(),
        /// Until when nobody else gets the rows.
        until: Instant = it.until.into(),
        /// The rows.
        questions: Many<CategoryQuestion> = Many::of(it.questions),
    }
}

record! {
    /// How many rows wait for a category.
    CategoryBacklog from finance_core::CategoryBacklog as it {
        /// Rows that nobody has looked at.
        fresh: u64 = it.fresh,
        /// Rows that rules and memory have no answer to.
        passed_on: u64 = it.passed_on,
        /// Rows that were tried too often.
        given_up: u64 = it.given_up,
    }
}

record! {
    /// What categorising did.
    CategorizeReport from finance_core::CategorizeReport as it {
        /// Rows that rules answered.
        by_rules: u64 = it.by_rules,
        /// Rows that the user's earlier choices answered.
        by_memory: u64 = it.by_memory,
        /// Rows that the engine's categoriser answered.
        by_categorizer: u64 = it.by_categorizer,
        /// Rows that nobody has an answer to.
        unanswered: u64 = it.unanswered,
        /// Why the categoriser was asked no further; what it raised is the `__cause__`.
        error: Option<CategorizerFault> = it.error.map(Into::into),
        /// What still waits.
        backlog: CategoryBacklog = it.backlog.into(),
    }
}

record! {
    /// A rule of the user's: a row that meets all of its conditions is of its category. It has one condition at the least.
    CategoryRule from finance_core::CategoryRule as it {
        /// The category.
        category: String = it.category,
        /// A text that the row's text contains, whatever its case and accents.
        text_contains: Option<String> [None] = it.text_contains,
        /// The merchant.
        merchant: Option<String> [None] = it.merchant,
        /// The least amount, whichever way it goes.
        at_least: Option<Money> [None] = it.at_least.map(Into::into),
        /// The largest amount, whichever way it goes.
        at_most: Option<Money> [None] = it.at_most.map(Into::into),
        /// Which way the money goes.
        direction: Option<MoneyDirection> [None] = it.direction.map(Into::into),
        /// The kind of account.
        account_kind: Option<AccountKind> [None] = it.account_kind.map(Into::into),
    }
}
