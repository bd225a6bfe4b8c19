//! Questions about categories, and answers.

use crate::choices::MoneyDirection;
use crate::record::record;
use crate::records::{Money, ProviderCategory};
use crate::values::{Day, Text};

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
        account_kind: String = it.account_kind.name().to_owned(),
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
    #[allow(dead_code, reason = "answers are written back by operations")]
    pub(crate) fn core(self) -> finance_core::CategoryAnswer {
        finance_core::CategoryAnswer {
            transaction: finance_core::TransactionId::new(self.transaction),
            assigned: self.assigned.core(),
        }
    }
}
