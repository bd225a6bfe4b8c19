//! Balances that the books are compared with.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::decimal_text;
use crate::{AccountClass, Balances, ExactSum, LedgerRow, SignConvention};

/// What an account held at the end of one day, by somebody who knows.
///
/// **In our sign: what is owned is positive, what is owed negative.** A balance that nobody told is `None`, never zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// The calendar day at whose end it held this: every row dated on this day or before it is contained.
    pub date: NaiveDate,
    /// What it held, in the account's currency; `None` where unknown.
    #[serde(with = "decimal_text::option")]
    pub balance: Option<Decimal>,
    /// Who told.
    pub source: AnchorSource,
    /// When the bank last worked the balance out, where it says so. Long before `date`, the balance may be stale.
    pub refreshed_at: Option<DateTime<Utc>>,
}

/// Who told a balance. Of two anchors on one day the later in this list is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AnchorSource {
    /// Worked back from a later balance with [`derive_opening_balance`].
    OpeningDerived,
    /// The bank's interface.
    Provider,
    /// A file the bank made.
    File,
    /// A statement that the user typed in.
    Statement,
}

impl Anchor {
    /// A balance in our sign.
    pub const fn new(date: NaiveDate, balance: Option<Decimal>, source: AnchorSource) -> Self {
        Self { date, balance, source, refreshed_at: None }
    }

    /// What the bank's interface told on that day.
    pub const fn of_balances(date: NaiveDate, balances: &Balances) -> Self {
        Self {
            date,
            balance: balances.current,
            source: AnchorSource::Provider,
            refreshed_at: balances.updated_at,
        }
    }

    /// A statement's closing balance as it is printed. For credit cards and loans that print a debt as a positive number say
    /// [`SignConvention::PositiveOut`].
    ///
    /// ```
    /// use chrono::NaiveDate;
    /// use finance_core::{AccountClass, Anchor, SignConvention, parse_amount};
    ///
    /// let printed = parse_amount("410.00")?;
    /// let card = Anchor::of_statement(NaiveDate::MIN, printed, AccountClass::Liability, SignConvention::PositiveOut);
    /// assert_eq!(card.balance, Some(parse_amount("-410.00")?));
    /// # Ok::<(), finance_core::AmountError>(())
    /// ```
    pub fn of_statement(
        date: NaiveDate,
        printed: Decimal,
        class: AccountClass,
        convention: SignConvention,
    ) -> Self {
        Self::new(date, Some(convention.balance(class, printed)), AnchorSource::Statement)
    }
}

/// The balance before the first row, worked back from a balance the bank told on a later day: that balance less all posted rows
/// up to that day.
///
/// `None` when the balance is unknown, when no row counts, when the rows begin on the first day there is, or when the sum does
/// not fit into 28 digits. Rows in another currency than `currency` are left out; `None` takes every row.
pub fn derive_opening_balance(
    known: &Anchor,
    rows: &[LedgerRow],
    currency: Option<&crate::Currency>,
) -> Option<Anchor> {
    let mut opening = ExactSum::default();
    opening.add(known.balance?);
    let mut first: Option<NaiveDate> = None;
    for row in rows.iter().filter(|row| row.counts() && !row.pending && row.date <= known.date) {
        if matches!((&row.currency, currency), (Some(row), Some(own)) if row != own) {
            continue;
        }
        opening.add(-row.amount);
        first = Some(first.map_or(row.date, |first| first.min(row.date)));
    }
    Some(Anchor::new(first?.pred_opt()?, Some(opening.total()?), AnchorSource::OpeningDerived))
}
