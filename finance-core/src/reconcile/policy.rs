//! What an application may choose about reconciliation.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Currency;
use crate::model::decimal_text;

/// How closely books and bank must agree, and how far to look for the reasons of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReconcilePolicy {
    /// The account's currency. Rows in another are not counted but told; `None` counts every row.
    pub currency: Option<Currency>,
    /// A difference of at most this much between two anchors is none. Zero or more.
    #[serde(with = "decimal_text")]
    pub tolerance: Decimal,
    /// The rounding that a bank may carry from one balance to the next, as with interest worked out in more digits than it shows.
    /// Twice this is allowed between two anchors, and more the longer they lie apart, by the square root of the months. Within
    /// it a difference is called drift, and no row is accused. Zero or more; 0.10 unless [`ReconcilePolicy::of_currency`] knows
    /// better.
    #[serde(with = "decimal_text")]
    pub drift_step: Decimal,
    /// Whether the books count pending rows. Banks' current balances mostly leave them out.
    pub count_pending: bool,
    /// How many days a row may lie from the anchor that it is suspected to have crossed.
    pub moved_days: u16,
    /// How many days two copies of one transaction may lie apart.
    pub duplicate_days: u16,
    /// The most explanations to return.
    pub max_explanations: usize,
}

impl Default for ReconcilePolicy {
    fn default() -> Self {
        Self {
            currency: None,
            tolerance: Decimal::ZERO,
            drift_step: Decimal::new(10, 2),
            count_pending: false,
            moved_days: 45,
            duplicate_days: 4,
            max_explanations: 20,
        }
    }
}

impl ReconcilePolicy {
    /// The defaults for an account in this currency: the drift step is ten of its minor units, and nothing for a code that ISO
    /// 4217 does not list, because nobody rounds a tenth of such a unit away.
    ///
    /// ```
    /// use finance_core::{Currency, ReconcilePolicy, parse_amount};
    ///
    /// let yen = ReconcilePolicy::of_currency(Currency::iso("JPY")?);
    /// assert_eq!(yen.drift_step, parse_amount("10")?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_currency(currency: Currency) -> Self {
        let minor = currency.minor_units();
        let drift_step = minor.map(|units| Decimal::try_from_i128_with_scale(10, units).unwrap_or_default());
        Self { currency: Some(currency), drift_step: drift_step.unwrap_or_default(), ..Self::default() }
    }
}
