//! The world's own truth: what a ledger that missed nothing holds.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Control, ControlError};
use crate::amount;
use crate::options::Readiness;
use crate::world::item::{Item, lock};
use crate::world::ledger::add_up;
use crate::world::life::statement;

/// Every account and every live transaction of a connection, as far as Plaid has pulled them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Every account the connection ever showed.
    pub accounts: Vec<TruthAccount>,
    /// Every live transaction, in no promised order.
    pub transactions: Vec<TruthTransaction>,
}

/// An account with the count and sum of its live transactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthAccount {
    /// Plaid's id.
    pub account_id: String,
    /// Its name.
    pub name: String,
    /// Its mask.
    pub mask: Option<String>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its subtype.
    pub subtype: Option<String>,
    /// Its currency, official or not.
    pub currency: String,
    /// The current balance.
    #[serde(with = "amount::option")]
    pub current: Option<Decimal>,
    /// The available balance.
    #[serde(with = "amount::option")]
    pub available: Option<Decimal>,
    /// Whether it is closed and no longer told; its transactions still count here.
    pub closed: bool,
    /// Live transactions, pending ones included.
    pub transactions: u64,
    /// Live pending transactions.
    pub pending: u64,
    /// The sum of all live amounts in Plaid's sign, pending ones included, whatever their currency.
    #[serde(with = "amount")]
    pub sum: Decimal,
}

/// A live transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthTransaction {
    /// Plaid's id.
    pub transaction_id: String,
    /// Its account.
    pub account_id: String,
    /// Plaid's sign: positive = money out.
    #[serde(with = "amount")]
    pub amount: Decimal,
    /// Its date.
    pub date: NaiveDate,
    /// Whether it is pending.
    pub pending: bool,
    /// The text on the statement.
    pub name: String,
    /// The pending transaction it comes from, if the bank says so.
    pub pending_transaction_id: Option<String>,
}

impl Control {
    /// Everything a connection's perfect ledger holds. For large worlds see [`Control::truth_page`].
    ///
    /// # Errors
    /// Fails if the connection does not exist.
    pub fn truth(&self, id: &str) -> Result<Truth, ControlError> {
        let accounts = self.truth_accounts(id)?;
        let (transactions, _) = self.truth_page(id, 0, usize::MAX)?;
        Ok(Truth { accounts, transactions })
    }

    /// Every account with count and sum.
    ///
    /// # Errors
    /// Fails if the connection does not exist.
    pub fn truth_accounts(&self, id: &str) -> Result<Vec<TruthAccount>, ControlError> {
        let (item, visible) = self.subject(id)?;
        let ledger = lock(&item.ledger);
        let mut sums = vec![(0u64, 0u64, Decimal::ZERO); ledger.accounts.len()];
        if item.readiness > Readiness::NotReady {
            for (_, row) in ledger.live(0, visible) {
                if let Some((count, pending, sum)) = sums.get_mut(usize::from(row.account)) {
                    *count += 1;
                    *pending += u64::from(row.pending);
                    add_up(sum, row.amount);
                }
            }
        }
        let seen =
            (0u16..).zip(&ledger.accounts).zip(sums).filter(|((index, _), _)| item.sight().sees(*index));
        Ok(seen
            .map(|((index, account), (transactions, pending, sum))| TruthAccount {
                account_id: item.ids.account(index),
                name: account.name.clone(),
                mask: account.mask.clone(),
                kind: account.kind.clone(),
                subtype: account.subtype.clone(),
                currency: account.currency.clone(),
                current: account.current,
                available: account.available,
                closed: account.closed,
                transactions,
                pending,
                sum,
            })
            .collect())
    }

    /// Live transactions in portions: begin `from` 0, go on with the number returned until it is `None`.
    ///
    /// # Errors
    /// Fails if the connection does not exist.
    pub fn truth_page(
        &self,
        id: &str,
        from: u32,
        limit: usize,
    ) -> Result<(Vec<TruthTransaction>, Option<u32>), ControlError> {
        let (item, visible) = self.subject(id)?;
        let ledger = lock(&item.ledger);
        let mut rows = Vec::new();
        if item.readiness == Readiness::NotReady {
            return Ok((rows, None));
        }
        for (number, row) in ledger.live(from, visible).filter(|(_, row)| item.sight().sees(row.account)) {
            if rows.len() == limit {
                return Ok((rows, Some(number)));
            }
            rows.push(TruthTransaction {
                transaction_id: item.ids.transaction_text(number),
                account_id: item.ids.account(row.account),
                amount: row.amount,
                date: row.date,
                pending: row.pending,
                name: statement(&row).into_owned(),
                pending_transaction_id: row.pending_row.map(|pending| item.ids.transaction_text(pending)),
            });
        }
        Ok((rows, None))
    }

    fn subject(&self, id: &str) -> Result<(Item, u32), ControlError> {
        self.with_item(id, |world, item| {
            let item = world.items[item].clone();
            let visible = item.visible(&lock(&item.ledger));
            Ok((item, visible))
        })
    }
}
