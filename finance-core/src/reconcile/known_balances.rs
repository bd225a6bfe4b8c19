//! The balances that an account is compared with, out of all that was told of it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::{Anchor, AnchorSource, ReconcilePolicy};
use crate::LedgerRow;
use crate::model::{BalanceEntry, Currency, ExactSum, Statement, Transaction};

/// A row that reaches the books within this time after a balance came with it.
const TOGETHER: TimeDelta = TimeDelta::hours(1);
/// Days by which a bank may date a row back.
const BACK_DATED: TimeDelta = TimeDelta::days(3);

/// A balance, and when the bank's interface told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownBalance {
    pub(crate) anchor: Anchor,
    told_at: Option<DateTime<Utc>>,
}

/// One balance a day (UTC) of what the bank's interface told, the last word of the day, and one a statement; oldest first. A
/// balance in another currency than the account's is left out.
pub(crate) fn known_balances(
    history: &[BalanceEntry],
    statements: &[Statement],
    currency: Option<&Currency>,
) -> Vec<KnownBalance> {
    let mut days: BTreeMap<NaiveDate, &BalanceEntry> = BTreeMap::new();
    for entry in history {
        let foreign = matches!((&entry.balances.currency, currency), (Some(told), Some(own)) if told != own);
        if entry.balances.current.is_none() || foreign {
            continue;
        }
        let of_day = days.entry(entry.at.date_naive()).or_insert(entry);
        if of_day.at < entry.at {
            *of_day = entry;
        }
    }
    let told = days.into_iter().map(|(date, entry)| KnownBalance {
        anchor: Anchor::of_balances(date, &entry.balances),
        told_at: Some(entry.at),
    });
    let typed = statements.iter().map(|statement| KnownBalance {
        anchor: Anchor::new(statement.date, Some(statement.balance), AnchorSource::Statement),
        told_at: None,
    });
    let mut known: Vec<KnownBalance> = told.chain(typed).collect();
    known.sort_by_key(|known| (known.anchor.date, known.anchor.source));
    known
}

/// The balances to compare with.
///
/// One that was told in the course of its day, before rows of that day or shortly before it had reached the books, shows no
/// fault where just these rows set it apart from its neighbours. It is taken for the balance of the last day without such
/// rows, or passed over where it fits no day's end. A fault that lasts is shown by the later balances. The last balance is
/// never touched, nor a statement.
///
/// `transactions` and `ledger` are the same rows, oldest first.
pub(crate) fn settled(
    known: &[KnownBalance],
    transactions: &[Transaction],
    ledger: &[LedgerRow],
    policy: &ReconcilePolicy,
) -> Vec<Anchor> {
    let books = Books::new(transactions, ledger, policy);
    let mut kept: Vec<Anchor> = Vec::with_capacity(known.len());
    let mut level = None;
    for (place, KnownBalance { anchor, told_at }) in known.iter().enumerate().rev() {
        let own = books.level(anchor);
        let early = told_at.filter(|_| own != level).and_then(|at| books.told_early(anchor, at));
        let goes_on = early.as_ref().is_some_and(|early| Some(early.level) == level);
        match early {
            Some(Early { day: Some(date), .. }) if goes_on => kept.push(Anchor { date, ..anchor.clone() }),
            Some(Early { day: None, .. }) if goes_on && (place > 0 || kept.len() > 1) => {}
            Some(Early { day: Some(date), level: then })
                if !kept.is_empty() && place > 0 && books.begins(&known[place - 1], then, own) =>
            {
                kept.push(Anchor { date, ..anchor.clone() });
                level = Some(then);
            }
            _ => {
                kept.push(anchor.clone());
                level = own;
            }
        }
    }
    kept.reverse();
    kept.dedup_by_key(|anchor| (anchor.date, anchor.balance, anchor.source));
    kept
}

/// The rows that count in a balance, oldest first.
struct Books {
    rows: Vec<Counted>,
    /// `taken[i]` is minus the sum of the first `i` rows.
    taken: Vec<ExactSum>,
}

struct Counted {
    date: NaiveDate,
    amount: Decimal,
    written_at: DateTime<Utc>,
}

impl Books {
    fn new(transactions: &[Transaction], ledger: &[LedgerRow], policy: &ReconcilePolicy) -> Self {
        let mut books = Self { rows: Vec::new(), taken: vec![ExactSum::default()] };
        let mut sum = ExactSum::default();
        for (transaction, row) in transactions.iter().zip(ledger) {
            let foreign = matches!((&row.currency, &policy.currency), (Some(row), Some(own)) if row != own);
            if row.counts() && !foreign && (policy.count_pending || !row.pending) {
                sum.add(-row.amount);
                books.taken.push(sum);
                let (date, amount, written_at) = (row.date, row.amount, transaction.updated_at);
                books.rows.push(Counted { date, amount, written_at });
            }
        }
        books
    }

    /// A balance less the rows up to its day; the same at all balances of books without a fault.
    fn level(&self, anchor: &Anchor) -> Option<Decimal> {
        let end = self.rows.partition_point(|row| row.date <= anchor.date);
        let mut level = *self.taken.get(end)?;
        level.add(anchor.balance?);
        level.total()
    }

    /// What a balance tells if rows that reached the books long after it are not in it; `None` without such rows.
    fn told_early(&self, anchor: &Anchor, told_at: DateTime<Utc>) -> Option<Early> {
        let end = self.rows.partition_point(|row| row.date <= anchor.date);
        let back_dated = anchor.date.checked_sub_signed(BACK_DATED)?;
        let recent = self.rows.iter().take(end).rev().take_while(|row| row.date > back_dated);
        let mut level = ExactSum::default();
        level.add(self.level(anchor)?);
        let mut first = None;
        for late in recent.filter(|row| row.written_at > told_at + TOGETHER) {
            level.add(late.amount);
            first = Some(late.date);
        }
        let (level, date) = (level.total()?, first?.pred_opt()?);
        let fits = self.level(&Anchor { date, ..anchor.clone() }) == Some(level);
        Some(Early { level, day: fits.then_some(date) })
    }

    /// Whether the balance before fits this level, told early or not, and does not fit the other one.
    fn begins(&self, before: &KnownBalance, level: Decimal, other: Option<Decimal>) -> bool {
        let early = before.told_at.and_then(|at| self.told_early(&before.anchor, at));
        let levels = [self.level(&before.anchor), early.map(|early| early.level)];
        levels.contains(&Some(level)) && !levels.contains(&other)
    }
}

/// A balance told before all rows of its day had reached the books.
struct Early {
    level: Decimal,
    /// The day at whose end it was held, if it fits one.
    day: Option<NaiveDate>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountId, BalanceSource, Balances};
    use crate::parse_amount;

    fn told(at: &str, balance: Option<&str>, currency: &str) -> BalanceEntry {
        let balances = Balances {
            current: balance.map(|text| parse_amount(text).unwrap()),
            currency: Currency::iso(currency).ok(),
            ..Balances::default()
        };
        let (account, source) = (AccountId::new(1), BalanceSource::Cached);
        BalanceEntry { account, at: at.parse().unwrap(), balances, source }
    }

    #[test]
    fn the_last_word_of_a_day_and_every_statement_are_known() {
        let history = [
            told("2026-03-02T23:59:59Z", Some("3"), "USD"),
            told("2026-03-02T08:00:00Z", Some("2"), "USD"),
            told("2026-03-03T08:00:00Z", None, "USD"),
            told("2026-03-04T08:00:00Z", Some("4"), "EUR"),
            told("2026-03-01T08:00:00Z", Some("1"), "USD"),
        ];
        let statement = |date: &str, balance: &str| Statement {
            account: AccountId::new(1),
            date: date.parse().unwrap(),
            balance: parse_amount(balance).unwrap(),
            written_at: history[0].at,
        };
        let statements = [statement("2026-03-02", "3.5"), statement("2026-02-28", "0")];
        let known = known_balances(&history, &statements, Currency::iso("USD").ok().as_ref());
        let told = |known: &KnownBalance| {
            let Anchor { date, balance, source, .. } = &known.anchor;
            format!("{date} {} {source:?}", balance.unwrap())
        };
        let expected = [
            "2026-02-28 0 Statement",
            "2026-03-01 1 Provider",
            "2026-03-02 3 Provider",
            "2026-03-02 3.5 Statement",
        ];
        assert_eq!(known.iter().map(told).collect::<Vec<_>>(), expected);
    }
}
