//! What a statement of the bank says that the user holds in hand.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{AccountId, money::decimal_text};

/// The closing balance of a statement, as the user told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// The account.
    pub account: AccountId,
    /// The day at whose end the account held it. An account has one statement a day at the most.
    pub date: NaiveDate,
    /// What it held, in the account's currency and in our sign: **what is owed is negative**.
    #[serde(with = "decimal_text")]
    pub balance: Decimal,
    /// When it was last written.
    pub written_at: DateTime<Utc>,
}
