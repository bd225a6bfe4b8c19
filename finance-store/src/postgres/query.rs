//! Listing and adding up transactions.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use finance_core::{
    AccountId, AccountTotals, Currency, Money, RowSelection, StoreError, Transaction, TransactionId,
    TransactionQuery, UserId,
};
use rust_decimal::Decimal;
use sqlx::postgres::{PgConnection, PgRow};

use super::batch::Binder;
use super::error::store_error;
use super::read::bound_day;
use super::rows::{read_columns, read_joins, transaction};
use crate::records::{Cells, Values};
use crate::refusals::{invalid, not_found};

/// Rows in this state, newest first: of each account the places within the limit, from an index alone; of these the ones
/// within the limit; and then everything else of those.
macro_rules! list {
    ($rows:literal) => {
        concat!(
            "SELECT ",
            read_columns!(),
            " FROM (SELECT p.id, p.date FROM (\
                 SELECT a.id FROM finance_connections n JOIN finance_accounts a ON a.connection_id = n.id \
                 WHERE n.user_id = $1 AND ($2::bigint[] IS NULL OR a.id = ANY($2))) AS mine \
             CROSS JOIN LATERAL (SELECT id, date FROM finance_transactions WHERE account_id = mine.id \
                 AND date >= coalesce($3, '-infinity'::date) AND date <= coalesce($4, 'infinity'::date) \
                 AND (date, id) < (coalesce($5, 'infinity'::date), $6) AND ",
            $rows,
            " ORDER BY date DESC, id DESC LIMIT $7) AS p ORDER BY p.date DESC, p.id DESC LIMIT $7) AS place \
             JOIN finance_transactions t ON t.id = place.id ",
            read_joins!(),
            " ORDER BY place.date DESC, place.id DESC"
        )
    };
}
const LIST: &str = list!(
    "state = 0 AND NOT EXISTS (\
         SELECT 1 FROM finance_transaction_edits h WHERE h.transaction_id = finance_transactions.id AND h.hidden)"
);
const LIST_WITH_HIDDEN: &str = list!("state = 0");
const LIST_ANY: &str = list!("TRUE");
const LIST_DELETED: &str = list!("state <> 0 AND state >= 2");
const LIST_RESTORABLE: &str = list!("state <> 0 AND state = 2");
const LIST_AWAITING: &str = list!("state = 0 AND origin >= 1");

pub(super) async fn list(
    connection: &mut PgConnection,
    user: &UserId,
    query: &TransactionQuery,
) -> Result<Vec<Transaction>, StoreError> {
    let sql = match query.rows {
        RowSelection::Live => LIST,
        RowSelection::WithHidden => LIST_WITH_HIDDEN,
        RowSelection::Any => LIST_ANY,
        RowSelection::DeletedByUser => LIST_DELETED,
        RowSelection::Restorable => LIST_RESTORABLE,
        RowSelection::AwaitingTheBank => LIST_AWAITING,
    };
    let chosen: Vec<i64> = query.accounts.iter().map(|account| account.number()).collect();
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.push((!chosen.is_empty()).then_some(chosen));
    binder.day(query.window.from().map(bound_day));
    binder.day(query.window.to().map(bound_day));
    binder.day(query.after.map(|(day, _)| bound_day(day)));
    binder.number(query.after.map_or(i64::MAX, |(_, id)| id.number()));
    binder.number(i64::from(query.limit));
    let rows = sqlx::query_with(sql, binder.finish()?).fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(transaction).collect()
}

const ONE: &str = concat!(
    "SELECT ",
    read_columns!(),
    " FROM finance_transactions t JOIN finance_connections n ON n.id = t.connection_id ",
    read_joins!(),
    " WHERE t.id = $1 AND n.user_id = $2"
);

pub(super) async fn one(
    connection: &mut PgConnection,
    user: &UserId,
    id: TransactionId,
) -> Result<Transaction, StoreError> {
    let mut binder = Binder::default();
    binder.number(id.number());
    binder.text(user.as_str());
    let query = sqlx::query_with(ONE, binder.finish()?);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    transaction(&row.ok_or_else(|| not_found("transaction", id.number()))?)
}

/// The compressed JSON of a row, where it was kept.
pub(super) async fn raw(
    connection: &mut PgConnection,
    user: &UserId,
    id: TransactionId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT j.json FROM finance_transactions t JOIN finance_connections n ON n.id = t.connection_id \
               LEFT JOIN finance_transaction_json j ON j.transaction_id = t.id WHERE t.id = $1 AND n.user_id = $2";
    let mut binder = Binder::default();
    binder.number(id.number());
    binder.text(user.as_str());
    let query = sqlx::query_scalar_with(sql, binder.finish()?);
    let found: Option<Option<Vec<u8>>> = query.fetch_optional(connection).await.map_err(store_error)?;
    found.ok_or_else(|| not_found("transaction", id.number()))
}

/// NUMERIC adds up exactly and with the most decimals of all; as text, since a sum may have more digits than an amount.
macro_rules! totals {
    ($rows:literal) => {
        concat!(
            "SELECT t.account_id, t.currency, count(*), count(*) FILTER (WHERE t.pending), sum(t.amount)::text \
             FROM finance_connections n JOIN finance_accounts a ON a.connection_id = n.id \
             JOIN finance_transactions t ON t.account_id = a.id AND t.state = 0 \
             WHERE n.user_id = $1",
            $rows,
            " GROUP BY t.account_id, t.currency"
        )
    };
}
const TOTALS: &str = totals!("");
const POSTED_AFTER: &str = totals!(" AND a.id = $2 AND t.date > $3 AND NOT t.pending");

pub(super) async fn totals(
    connection: &mut PgConnection,
    user: &UserId,
) -> Result<Vec<AccountTotals>, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    let query = sqlx::query_with(TOTALS, binder.finish()?);
    added_up(&query.fetch_all(connection).await.map_err(store_error)?)
}

pub(super) async fn posted_sums_after(
    connection: &mut PgConnection,
    user: &UserId,
    account: AccountId,
    day: NaiveDate,
) -> Result<Vec<Money>, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.number(account.number());
    binder.day(bound_day(day));
    let query = sqlx::query_with(POSTED_AFTER, binder.finish()?);
    let totals = added_up(&query.fetch_all(connection).await.map_err(store_error)?)?;
    Ok(totals.into_iter().map(|total| total.sum).collect())
}

fn added_up(rows: &[PgRow]) -> Result<Vec<AccountTotals>, StoreError> {
    let mut totals = BTreeMap::new();
    for row in rows {
        let mut cells = Cells::of(row);
        let account = AccountId::new(cells.number()?);
        let currency = cells.parsed("currency", |key| Currency::from_key(key).ok())?;
        let (rows, pending_rows) = (cells.count()?, cells.count()?);
        let sum = Decimal::from_str_exact(&cells.text::<String>()?).map_err(|_| {
            invalid(format!("the sum of account {account} in {currency} has too many digits"))
        })?;
        let sum = Money::new(sum, currency.clone());
        totals.insert((account, currency), AccountTotals { account, rows, pending_rows, sum });
    }
    Ok(totals.into_values().collect())
}
