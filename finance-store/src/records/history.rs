//! Entries of the history of balances.

use finance_core::{AccountId, BalanceEntry, BalanceSource, StoreError};

use super::accounts::{balances, give_balances};
use super::{Cells, Row, Values};

/// Reads `account_id, at, source` and balances.
pub(crate) fn read(row: &impl Row) -> Result<BalanceEntry, StoreError> {
    let mut cells = Cells::of(row);
    Ok(BalanceEntry {
        account: AccountId::new(cells.number()?),
        at: cells.instant()?,
        source: cells.parsed("balance", BalanceSource::from_name)?,
        balances: balances(&mut cells)?,
    })
}

/// Gives what [`read`] reads.
pub(crate) fn give(values: &mut impl Values, entry: &BalanceEntry) {
    values.number(entry.account.number());
    values.instant(entry.at);
    values.text(entry.source.name());
    give_balances(values, &entry.balances);
}
