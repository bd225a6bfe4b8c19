//! Balances over time, and the days of pending rows.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use finance_core::{AccountId, BalanceEntry, ConnectionId, DateWindow, HistoryStore, StoreError, UserId};
use sqlx::postgres::PgConnection;

use super::PostgresStore;
use super::batch::{Arrays, Binder};
use super::error::store_error;
use super::read::bound_day;
use super::writer::reading;
use crate::records::{Cells, Values, history as records};
use crate::refusals::not_found;

macro_rules! read_columns {
    () => {
        "h.account_id, h.at, h.source, h.current, h.available, h.credit_limit, h.currency, h.updated_at"
    };
}

/// The newest entry of each account of a connection.
const NEWEST: &str = concat!(
    "SELECT ",
    read_columns!(),
    " FROM finance_accounts a CROSS JOIN LATERAL (\
         SELECT * FROM finance_balances WHERE account_id = a.id ORDER BY at DESC, id DESC LIMIT 1) h \
     WHERE a.connection_id = $1"
);

pub(super) async fn newest(
    connection: &mut PgConnection,
    id: ConnectionId,
) -> Result<HashMap<AccountId, BalanceEntry>, StoreError> {
    let query = sqlx::query(NEWEST).bind(id.number());
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(|row| records::read(row).map(|entry| (entry.account, entry))).collect()
}

/// Adds entries, within a transaction of the caller's.
pub(super) async fn insert(
    connection: &mut PgConnection,
    entries: &[BalanceEntry],
) -> Result<(), StoreError> {
    if entries.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO finance_balances (account_id, at, source, current, available, credit_limit, currency, \
               updated_at) SELECT v.* FROM unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::numeric[], \
               $5::numeric[], $6::numeric[], $7::text[], $8::timestamptz[]) \
               WITH ORDINALITY AS o (a, b, c, d, e, f, g, h, place), LATERAL (SELECT a, b, c, d, e, f, g, h) AS v \
               ORDER BY o.place";
    let mut binder = Binder::default();
    Arrays::of(entries, records::give).bind(&mut binder);
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

const ENTRIES: &str = concat!(
    "SELECT ",
    read_columns!(),
    " FROM finance_balances h WHERE h.account_id = $1 AND h.at >= coalesce($2, '-infinity'::timestamptz) \
     AND h.at < coalesce($3, 'infinity'::timestamptz) ORDER BY h.at DESC, h.id DESC LIMIT $4"
);

const PENDING_DAYS: &str = "SELECT t.account_id, t.date \
     FROM finance_connections n JOIN finance_accounts a ON a.connection_id = n.id \
     JOIN finance_transactions t ON t.account_id = a.id AND t.pending AND t.state = 0 \
     WHERE n.user_id = $1 AND ($2::bigint IS NULL OR n.id = $2) ORDER BY t.account_id, t.date";

#[async_trait]
impl HistoryStore for PostgresStore {
    async fn balance_history(
        &self,
        user: &UserId,
        account: AccountId,
        window: DateWindow,
        limit: u32,
    ) -> Result<Vec<BalanceEntry>, StoreError> {
        reading!(self, |connection| {
            if !is_owned(connection, user, account).await? {
                return Err(not_found("account", account.number()));
            }
            let mut binder = Binder::default();
            binder.number(account.number());
            binder.instant(window.from().map(midnight));
            binder.instant(window.to().and_then(|day| day.checked_add_days(Days::new(1))).map(midnight));
            binder.number(i64::from(limit));
            let query = sqlx::query_with(ENTRIES, binder.finish()?);
            query.fetch_all(connection).await.map_err(store_error)?.iter().map(records::read).collect()
        })
    }

    async fn pending_days(
        &self,
        user: &UserId,
        connection: Option<ConnectionId>,
    ) -> Result<BTreeMap<AccountId, Vec<NaiveDate>>, StoreError> {
        let chosen = connection.map(ConnectionId::number);
        reading!(self, |connection| {
            let mut binder = Binder::default();
            binder.text(user.as_str());
            binder.number(chosen);
            let query = sqlx::query_with(PENDING_DAYS, binder.finish()?);
            let mut days: BTreeMap<AccountId, Vec<NaiveDate>> = BTreeMap::new();
            for row in &query.fetch_all(connection).await.map_err(store_error)? {
                let mut cells = Cells::of(row);
                days.entry(AccountId::new(cells.number()?)).or_default().push(cells.day()?);
            }
            Ok(days)
        })
    }
}

/// Whether the user has this account.
pub(super) async fn is_owned(
    connection: &mut PgConnection,
    user: &UserId,
    account: AccountId,
) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM finance_accounts a \
               JOIN finance_connections n ON n.id = a.connection_id WHERE a.id = $1 AND n.user_id = $2)";
    let mut binder = Binder::default();
    binder.number(account.number());
    binder.text(user.as_str());
    let query = sqlx::query_scalar_with(sql, binder.finish()?);
    query.fetch_one(connection).await.map_err(store_error)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    bound_day(day).and_time(NaiveTime::MIN).and_utc()
}
