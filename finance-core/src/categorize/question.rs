//! What a categoriser is asked, and what it can learn from.

use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::account_kind::AccountKind;
use crate::model::{Money, ProviderCategory, Transaction, TransactionId, UserId};

/// Whether money came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "money comes or goes")]
pub enum MoneyDirection {
    /// Into the account; nothing at all counts as in.
    In,
    /// Out of the account.
    Out,
}

impl MoneyDirection {
    /// The direction of an amount in our sign.
    pub fn of(amount: Decimal) -> Self {
        if amount.is_sign_negative() && !amount.is_zero() { Self::Out } else { Self::In }
    }
}

/// A row that is to be categorised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryQuestion {
    /// Whose row it is.
    pub user: UserId,
    /// The row.
    pub transaction: TransactionId,
    /// The bank's text, cleaned by the provider; may be empty.
    pub text: Arc<str>,
    /// The bank's text untouched, where told.
    pub original_text: Option<Arc<str>>,
    /// The merchant's name, where the provider knows it.
    pub merchant_name: Option<Arc<str>>,
    /// The provider's identifier of the merchant.
    pub merchant_id: Option<Arc<str>>,
    /// The four-digit merchant category code of card payments, where told.
    pub merchant_category_code: Option<Arc<str>>,
    /// The amount that counts. Positive is money into the account.
    pub amount: Money,
    /// Which way the money went.
    pub direction: MoneyDirection,
    /// What kind of account it is on.
    pub account_kind: AccountKind,
    /// The calendar day that counts.
    pub date: NaiveDate,
    /// The provider's own category.
    pub provider_category: Option<Arc<ProviderCategory>>,
}

impl CategoryQuestion {
    /// The question about a row of the user's on an account of this kind.
    pub fn of(user: UserId, row: &Transaction, account_kind: AccountKind) -> Self {
        let (provider, amount) = (&row.provider, row.amount());
        Self {
            user,
            transaction: row.id,
            text: provider.description.clone(),
            original_text: provider.original_description.clone(),
            merchant_name: provider.merchant_name.clone(),
            merchant_id: provider.merchant_id.clone(),
            merchant_category_code: provider.merchant_category_code.clone(),
            direction: MoneyDirection::of(amount.amount()),
            amount,
            account_kind,
            date: row.date(),
            provider_category: provider.category.clone(),
        }
    }
}

/// A category that the user chose for a row, with what tells such rows again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryChoice {
    /// The row.
    pub transaction: TransactionId,
    /// What the user chose.
    pub category: String,
    /// The bank's text, cleaned by the provider; may be empty.
    pub text: Arc<str>,
    /// The merchant's name, where the provider knows it.
    pub merchant_name: Option<Arc<str>>,
    /// The provider's identifier of the merchant.
    pub merchant_id: Option<Arc<str>>,
    /// Which way the money went.
    pub direction: MoneyDirection,
}

impl CategoryChoice {
    /// The user's choice on a row; `None` where the user made none.
    pub fn of(row: &Transaction) -> Option<Self> {
        let provider = &row.provider;
        Some(Self {
            transaction: row.id,
            category: row.edits.category.clone()?,
            text: provider.description.clone(),
            merchant_name: provider.merchant_name.clone(),
            merchant_id: provider.merchant_id.clone(),
            direction: MoneyDirection::of(row.amount().amount()),
        })
    }
}
