//! The balances that an account is compared with, out of all that was told of it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{Anchor, AnchorSource};
use crate::model::{BalanceEntry, Currency, Statement};

/// One anchor a day (UTC) of what the bank's interface told, the last word of the day, and one a statement; oldest first. A
/// balance in another currency than the account's is left out.
pub(crate) fn known_balances(
    history: &[BalanceEntry],
    statements: &[Statement],
    currency: Option<&Currency>,
) -> Vec<Anchor> {
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
    let told = days.into_iter().map(|(date, entry)| Anchor::of_balances(date, &entry.balances));
    let typed = statements
        .iter()
        .map(|statement| Anchor::new(statement.date, Some(statement.balance), AnchorSource::Statement));
    let mut anchors: Vec<Anchor> = told.chain(typed).collect();
    anchors.sort_by_key(|anchor| (anchor.date, anchor.source));
    anchors
}
