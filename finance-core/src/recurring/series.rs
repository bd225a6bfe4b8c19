//! What the search for recurring payments answers.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::model::{AccountId, Currency};

/// A payment, or an income, that comes again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurring {
    /// Its rows by their places in the slice given, oldest first. There are two at least.
    pub rows: Vec<usize>,
    /// The account of all rows.
    pub account: AccountId,
    /// The currency of the rows, as the latest one tells it.
    pub currency: Option<Currency>,
    /// Whom it goes to or comes from: the payee of the latest row, else its bank text.
    pub payee: Option<Arc<str>>,
    /// How often it comes.
    pub period: RecurringPeriod,
    /// What it costs or brings.
    pub amount: AmountRange,
    /// Whether it still comes.
    pub status: RecurringStatus,
    /// The day on which it comes next, as its rhythm has it; `None` once it has ended. A bank may book it some days later where
    /// that is a weekend.
    pub next_expected: Option<NaiveDate>,
    /// How many times it was expected since its last row and did not come.
    pub missed: u16,
    /// How sure it is, in whole points from 0 to 100.
    pub confidence: u8,
    /// Why, the weightiest first.
    pub reasons: Vec<RecurringReason>,
}

/// What the rows of a series amount to. **Positive is money in, negative is money out**, so that of payments `min` is the dearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountRange {
    /// The least number.
    pub min: Decimal,
    /// The greatest number.
    pub max: Decimal,
    /// The amount of the latest row.
    pub last: Decimal,
    /// The median; of an even count the middle between the two in the middle, exact.
    pub typical: Decimal,
}

/// How often something comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecurringPeriod {
    /// Every 7 days.
    Weekly,
    /// Every 14 days.
    Biweekly,
    /// Twice a month, on two days half a month apart.
    SemiMonthly,
    /// Every 28 days.
    FourWeekly,
    /// On the same day of each month.
    Monthly,
    /// Every second month.
    EveryTwoMonths,
    /// Every third month.
    Quarterly,
    /// Every sixth month.
    HalfYearly,
    /// Once a year.
    Yearly,
}

impl RecurringPeriod {
    /// Every period, the shortest first.
    pub const ALL: [Self; 9] = [
        Self::Weekly,
        Self::Biweekly,
        Self::SemiMonthly,
        Self::FourWeekly,
        Self::Monthly,
        Self::EveryTwoMonths,
        Self::Quarterly,
        Self::HalfYearly,
        Self::Yearly,
    ];

    /// The stable name, as in `every_two_months`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Weekly => "weekly",
            Self::Biweekly => "biweekly",
            Self::SemiMonthly => "semi_monthly",
            Self::FourWeekly => "four_weekly",
            Self::Monthly => "monthly",
            Self::EveryTwoMonths => "every_two_months",
            Self::Quarterly => "quarterly",
            Self::HalfYearly => "half_yearly",
            Self::Yearly => "yearly",
        }
    }
}

impl fmt::Display for RecurringPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Whether a series still comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecurringStatus {
    /// It came too few times to be sure, and nothing is overdue.
    Early,
    /// Nothing is overdue.
    Active,
    /// It did not come when expected, but may still.
    Late,
    /// It did not come so many times that it is taken for ended.
    Ended,
}

impl RecurringStatus {
    /// The stable name, as in `early`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Early => "early",
            Self::Active => "active",
            Self::Late => "late",
            Self::Ended => "ended",
        }
    }
}

/// A piece of evidence. Printed, it is a sentence's part for a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecurringReason {
    /// How often it came.
    Occurrences(u16),
    /// All rows are of one merchant or counterparty by its identifier.
    SameCounterparty,
    /// All rows have the same or nearly the same text.
    SameText,
    /// All amounts are equal.
    SameAmount,
    /// The amount changed, and stayed at the new one; how many times.
    PriceChanged(u16),
    /// The amounts vary.
    AmountVaries,
    /// Every row is on its day.
    OnTheDay,
    /// The most days by which a row lies off its day.
    DaysOff(u16),
    /// How many times it did not come in between.
    Skipped(u16),
    /// The same merchant has other rows that do not belong to it.
    AmongOthers,
}

impl RecurringReason {
    /// The stable name, as in `same_amount`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Occurrences(_) => "occurrences",
            Self::SameCounterparty => "same_counterparty",
            Self::SameText => "same_text",
            Self::SameAmount => "same_amount",
            Self::PriceChanged(_) => "price_changed",
            Self::AmountVaries => "amount_varies",
            Self::OnTheDay => "on_the_day",
            Self::DaysOff(_) => "days_off",
            Self::Skipped(_) => "skipped",
            Self::AmongOthers => "among_others",
        }
    }
}

impl fmt::Display for RecurringReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Occurrences(times) => write!(f, "came {times} times"),
            Self::SameCounterparty => f.write_str("same merchant or counterparty"),
            Self::SameText => f.write_str("same text"),
            Self::SameAmount => f.write_str("same amount"),
            Self::PriceChanged(1) => f.write_str("the price changed once"),
            Self::PriceChanged(times) => write!(f, "the price changed {times} times"),
            Self::AmountVaries => f.write_str("the amount varies"),
            Self::OnTheDay => f.write_str("always on its day"),
            Self::DaysOff(1) => f.write_str("up to 1 day off its day"),
            Self::DaysOff(days) => write!(f, "up to {days} days off its day"),
            Self::Skipped(1) => f.write_str("did not come once"),
            Self::Skipped(times) => write!(f, "did not come {times} times"),
            Self::AmongOthers => f.write_str("among other rows of the same merchant"),
        }
    }
}
