//! What a bank says an account holds.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{AccountId, Currency, money::decimal_text};

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

/// Where a balance comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BalanceSource {
    /// Asked from the bank just now.
    Live,
    /// What the provider last saw at the bank, usually within a day.
    #[default]
    Cached,
    /// Neither could be had: what the books held already.
    Stored,
}

impl BalanceSource {
    /// The stable name under which stores and bindings keep it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Cached => "cached",
            Self::Stored => "stored",
        }
    }

    /// Reads what [`BalanceSource::name`] gave.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Live, Self::Cached, Self::Stored].into_iter().find(|source| source.name() == name)
    }
}

/// What an account held at some instant, as the history of its balances keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalanceEntry {
    /// The account.
    pub account: AccountId,
    /// When the balances were taken over from the provider. When the bank says they are of stands in
    /// [`Balances::updated_at`].
    pub at: DateTime<Utc>,
    /// The balances, in our sign.
    pub balances: Balances,
    /// Where they come from.
    pub source: BalanceSource,
}

impl BalanceEntry {
    /// Whether balances that were just told become an entry after the account's newest one: the first of a day (UTC), other
    /// ones than before, and a bank's own word where the newest entry is only what the provider last saw. Balances that tell
    /// neither what is held nor what can be spent are no entry.
    pub fn is_news(&self, last: Option<&Self>) -> bool {
        let Balances { current, available, .. } = &self.balances;
        let told = current.is_some() || available.is_some();
        told && last.is_none_or(|last| {
            last.at.date_naive() < self.at.date_naive()
                || !last.balances.same_amounts(&self.balances)
                || (self.source == BalanceSource::Live && last.source != BalanceSource::Live)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: &str, current: Option<&str>, source: BalanceSource) -> BalanceEntry {
        let current = current.map(|text| text.parse().unwrap());
        let balances = Balances { current, ..Balances::default() };
        BalanceEntry { account: AccountId::new(1), at: at.parse().unwrap(), balances, source }
    }

    #[test]
    fn what_becomes_an_entry() {
        use BalanceSource::{Cached, Live};
        let (evening, night) = ("2026-03-01T23:59:59Z", "2026-03-02T00:00:00Z");
        let noon = "2026-03-01T12:00:00Z";
        for (last, now, news) in [
            (None, entry(noon, Some("1"), Cached), true),
            (None, entry(noon, None, Live), false),
            (Some(entry(noon, Some("1"), Cached)), entry(evening, Some("1.00"), Cached), false),
            (Some(entry(noon, Some("1"), Cached)), entry(night, Some("1"), Cached), true),
            (Some(entry(noon, Some("1"), Cached)), entry(night, None, Cached), false),
            (Some(entry(noon, Some("1"), Cached)), entry(evening, Some("2"), Cached), true),
            (Some(entry(noon, Some("1"), Cached)), entry(evening, Some("1"), Live), true),
            (Some(entry(noon, Some("1"), Live)), entry(evening, Some("1"), Live), false),
            (Some(entry(noon, Some("1"), Live)), entry(evening, Some("1"), Cached), false),
            (Some(entry(night, Some("1"), Cached)), entry(noon, Some("1"), Cached), false),
        ] {
            assert_eq!(now.is_news(last.as_ref()), news, "{last:?} {now:?}");
        }
    }

    #[test]
    fn names_read_back() {
        for source in [BalanceSource::Live, BalanceSource::Cached, BalanceSource::Stored] {
            assert_eq!(BalanceSource::from_name(source.name()), Some(source));
        }
    }
}
