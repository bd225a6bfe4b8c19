//! Listing and adding up transactions.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use finance_core::{
    AccountId, AccountTotals, Currency, Money, RowSelection, StoreError, Transaction, TransactionId,
    TransactionQuery, TransactionText, UserId,
};
use rust_decimal::Decimal;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnection, PgRow};

use super::batch::Binder;
use super::error::store_error;
use super::read::bound_day;
use super::rows::{read_columns, read_joins, transaction, view_columns, view_joins};
use crate::records::views::{self, wanted_texts};
use crate::records::{Cells, Values};
use crate::refusals::{invalid, not_found};

/// Rows in this state, newest first: of each account the places within the limit, from an index alone; of these the ones
/// within the limit; and then everything else of those.
macro_rules! rows {
    ($columns:expr, $joins:expr, $rows:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM (SELECT p.id, p.date FROM (\
                 SELECT a.id FROM finance_connections n JOIN finance_accounts a ON a.connection_id = n.id \
                 WHERE n.user_id = $1 AND ($2::bigint[] IS NULL OR a.id = ANY($2))) AS mine \
             CROSS JOIN LATERAL (SELECT id, date FROM finance_transactions WHERE account_id = mine.id \
                 AND date >= coalesce($3, '-infinity'::date) AND date <= coalesce($4, 'infinity'::date) \
                 AND (date, id) < (coalesce($5, 'infinity'::date), $6) AND ",
            $rows,
            " ORDER BY date DESC, id DESC LIMIT $7) AS p ORDER BY p.date DESC, p.id DESC LIMIT $7) AS place \
             JOIN finance_transactions t ON t.id = place.id ",
            $joins,
            " ORDER BY place.date DESC, place.id DESC"
        )
    };
}

/// The same rows in one go: all that fit are read and sorted, so that none is looked up twice. For who takes nearly all of them.
/// The accounts are an array because the planner reads the whole table when they are a join.
macro_rules! many_rows {
    ($columns:expr, $joins:expr, $rows:expr) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM (SELECT * FROM finance_transactions WHERE account_id = ANY(ARRAY(\
                 SELECT a.id FROM finance_connections n JOIN finance_accounts a ON a.connection_id = n.id \
                 WHERE n.user_id = $1 AND ($2::bigint[] IS NULL OR a.id = ANY($2)))) \
             AND date >= coalesce($3, '-infinity'::date) AND date <= coalesce($4, 'infinity'::date) \
             AND (date, id) < (coalesce($5, 'infinity'::date), $6) AND ",
            $rows,
            ") AS t ",
            $joins,
            " ORDER BY t.date DESC, t.id DESC LIMIT $7"
        )
    };
}

/// How many rows there are in this state on each day, newest first.
macro_rules! days {
    ($rows:expr) => {
        concat!(
            "SELECT date, count(*) FROM finance_transactions WHERE account_id IN (\
                 SELECT a.id FROM finance_connections n JOIN finance_accounts a ON a.connection_id = n.id \
                 WHERE n.user_id = $1 AND ($2::bigint[] IS NULL OR a.id = ANY($2))) \
             AND date >= coalesce($3, '-infinity'::date) AND date <= coalesce($4, 'infinity'::date) AND ",
            $rows,
            " GROUP BY date ORDER BY date DESC"
        )
    };
}

/// The questions about a selection of rows.
struct Questions {
    /// The rows, whole.
    list: &'static str,
    /// The rows as they are lent.
    view: &'static str,
    /// The same, for who takes nearly all that fit.
    view_of_many: &'static str,
    /// How many rows there are on each day, newest first.
    days: &'static str,
}

macro_rules! questions {
    ($rows:expr) => {
        Questions {
            list: rows!(read_columns!(), read_joins!(), $rows),
            view: rows!(view_columns!(), view_joins!(), $rows),
            view_of_many: many_rows!(view_columns!(), view_joins!(), $rows),
            days: days!($rows),
        }
    };
}

/// The questions about the rows of a selection.
const fn questions(rows: RowSelection) -> Questions {
    match rows {
        RowSelection::Live => questions!(
            "state = 0 AND NOT EXISTS (SELECT 1 FROM finance_transaction_edits h \
             WHERE h.transaction_id = finance_transactions.id AND h.hidden)"
        ),
        RowSelection::WithHidden => questions!("state = 0"),
        RowSelection::Any => questions!("TRUE"),
        RowSelection::DeletedByUser => questions!("state <> 0 AND state >= 2"),
        RowSelection::Restorable => questions!("state <> 0 AND state = 2"),
        RowSelection::AwaitingTheBank => questions!("state = 0 AND origin >= 1"),
    }
}

/// Past this limit nearly everything is wanted.
const LARGEST_PAGE: u32 = 2_000;

/// Whose rows, on which accounts and days.
fn bounds(user: &UserId, query: &TransactionQuery) -> Binder {
    let chosen: Vec<i64> = query.accounts.iter().map(|account| account.number()).collect();
    let mut binder = Binder::default();
    binder.text(user.as_str());
    binder.push((!chosen.is_empty()).then_some(chosen));
    binder.day(query.window.from().map(bound_day));
    binder.day(query.window.to().map(bound_day));
    binder
}

/// The bounds, and which page.
fn page(user: &UserId, query: &TransactionQuery) -> Binder {
    let mut binder = bounds(user, query);
    binder.day(query.after.map(|(day, _)| bound_day(day)));
    binder.number(query.after.map_or(i64::MAX, |(_, id)| id.number()));
    binder.number(i64::from(query.limit));
    binder
}

pub(super) async fn list(
    connection: &mut PgConnection,
    user: &UserId,
    query: &TransactionQuery,
) -> Result<Vec<Transaction>, StoreError> {
    let query = sqlx::query_with(questions(query.rows).list, page(user, query).finish()?);
    query.fetch_all(connection).await.map_err(store_error)?.iter().map(transaction).collect()
}

/// The rows that [`views::read`] reads.
pub(super) async fn lent(
    connection: &mut PgConnection,
    user: &UserId,
    query: &TransactionQuery,
    texts: &[TransactionText],
) -> Result<Vec<PgRow>, StoreError> {
    let questions = questions(query.rows);
    // The first page of so many is most of what fits: whoever reads a table asks for a portion of days.
    let many = query.limit > LARGEST_PAGE && query.after.is_none();
    let sql = if many { questions.view_of_many } else { questions.view };
    let sql = AssertSqlSafe(views::with_texts(sql, texts));
    let query = sqlx::query_with(sql, page(user, query).finish()?);
    query.fetch_all(connection).await.map_err(store_error)
}

pub(super) async fn days(
    connection: &mut PgConnection,
    user: &UserId,
    query: &TransactionQuery,
) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
    let query = sqlx::query_with(questions(query.rows).days, bounds(user, query).finish()?);
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    let day = |row: &PgRow| {
        let mut cells = Cells::of(row);
        Ok((cells.day()?, cells.count()?))
    };
    rows.iter().map(day).collect()
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
