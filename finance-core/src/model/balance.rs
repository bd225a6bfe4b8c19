//! What a bank says an account holds.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Currency, money::decimal_text};

/// The bank's balances of one account, in major units of one currency.
///
/// A balance the bank does not tell is `None`, never zero.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balances {
    /// What the account holds, without pending transactions. In our sign: **what is owned is positive, what is
    /// owed (credit, loans) is negative**.
    #[serde(with = "decimal_text::option")]
    pub current: Option<Decimal>,
    /// What can be spent or withdrawn now: positive. For credit about the limit less what is owed and pending.
    #[serde(with = "decimal_text::option")]
    pub available: Option<Decimal>,
    /// The credit limit, or an agreed overdraft: positive.
    #[serde(with = "decimal_text::option")]
    pub limit: Option<Decimal>,
    /// The currency of the three amounts.
    pub currency: Option<Currency>,
    /// When the bank last updated the balance, where it says so.
    pub updated_at: Option<DateTime<Utc>>,
}

impl Balances {
    /// Whether both tell the same amounts in the same currency, whenever the bank updated them.
    pub fn same_amounts(&self, other: &Self) -> bool {
        let amounts = |it: &Self| (it.current, it.available, it.limit, it.currency.clone());
        amounts(self) == amounts(other)
    }
}
