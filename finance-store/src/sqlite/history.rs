//! Balances over time, and the days of pending rows.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use chrono::NaiveDate;
use finance_core::{AccountId, BalanceEntry, ConnectionId, DateWindow, HistoryStore, StoreError, UserId};
use sqlx::sqlite::SqliteConnection;

use super::SqliteStore;
use super::batch::Binder;
use super::error::store_error;
use super::read::{day_number, day_of};
use crate::records::history as records;
use crate::refusals::{not_found, unreadable};

macro_rules! read_columns {
    () => {
        "h.account_id, h.at, h.source, h.current, h.current_scale, h.available, h.available_scale, h.credit_limit, \
         h.credit_limit_scale, h.currency, h.updated_at"
    };
}

/// The newest entry of each account of a connection.
pub(super) const NEWEST: &str = concat!(
    "SELECT ",
    read_columns!(),
    " FROM finance_accounts a CROSS JOIN finance_balances h ON h.id = (\
         SELECT id FROM finance_balances WHERE account_id = a.id ORDER BY at DESC, id DESC LIMIT 1) \
     WHERE a.connection_id = ?"
);

pub(super) async fn newest(
    connection: &mut SqliteConnection,
    id: ConnectionId,
) -> Result<HashMap<AccountId, BalanceEntry>, StoreError> {
    let query = sqlx::query(NEWEST).bind(id.number());
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(|row| records::read(row).map(|entry| (entry.account, entry))).collect()
}

/// Adds an entry, within a transaction of the caller's.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    entry: &BalanceEntry,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO finance_balances (account_id, at, source, current, current_scale, available, \
               available_scale, credit_limit, credit_limit_scale, currency, updated_at) \
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut binder = Binder::default();
    records::give(&mut binder, entry);
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

pub(super) const ENTRIES: &str = concat!(
    "SELECT ",
    read_columns!(),
    " FROM finance_balances h WHERE h.account_id = ?1 AND h.at >= ?2 AND h.at < ?3 \
     ORDER BY h.at DESC, h.id DESC LIMIT ?4"
);

/// Accounts and days in one text: a row that crosses from the database's thread costs more than what is in it.
pub(super) const PENDING_DAYS: &str = "SELECT json_group_array(json_array(t.account_id, t.date)) \
     FROM finance_connections n CROSS JOIN finance_accounts a ON a.connection_id = n.id \
     CROSS JOIN finance_transactions t ON t.account_id = a.id AND t.pending = 1 AND t.state = 0 \
     WHERE n.user_id = ?1 AND (?2 IS NULL OR n.id = ?2)";

#[async_trait]
impl HistoryStore for SqliteStore {
    async fn balance_history(
        &self,
        user: &UserId,
        account: AccountId,
        window: DateWindow,
        limit: u32,
    ) -> Result<Vec<BalanceEntry>, StoreError> {
        let owned = "SELECT EXISTS (SELECT 1 FROM finance_accounts a \
                     JOIN finance_connections n ON n.id = a.connection_id WHERE a.id = ? AND n.user_id = ?)";
        let owned = sqlx::query_scalar(owned).bind(account.number()).bind(user.as_str());
        if !owned.fetch_one(&self.readers).await.map_err(store_error)? {
            return Err(not_found("account", account.number()));
        }
        let midnight = |day: NaiveDate, later: i64| (day_number(day) + later).saturating_mul(MICROS_A_DAY);
        let query = sqlx::query(ENTRIES)
            .bind(account.number())
            .bind(window.from().map_or(i64::MIN, |day| midnight(day, 0)))
            .bind(window.to().map_or(i64::MAX, |day| midnight(day, 1)))
            .bind(limit);
        query.fetch_all(&self.readers).await.map_err(store_error)?.iter().map(records::read).collect()
    }

    async fn pending_days(
        &self,
        user: &UserId,
        connection: Option<ConnectionId>,
    ) -> Result<BTreeMap<AccountId, Vec<NaiveDate>>, StoreError> {
        let query = sqlx::query_scalar(PENDING_DAYS).bind(user.as_str());
        let query = query.bind(connection.map(ConnectionId::number));
        let text: String = query.fetch_one(&self.readers).await.map_err(store_error)?;
        let mut places: Vec<(i64, i64)> =
            serde_json::from_str(&text).map_err(|error| unreadable("day").with_source(error))?;
        places.sort_unstable();
        let mut days: BTreeMap<AccountId, Vec<NaiveDate>> = BTreeMap::new();
        for (account, day) in places {
            days.entry(AccountId::new(account)).or_default().push(day_of(day)?);
        }
        Ok(days)
    }
}

const MICROS_A_DAY: i64 = 86_400_000_000;
