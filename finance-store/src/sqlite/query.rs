//! Listing and adding up transactions.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use finance_core::{
    AccountId, AccountTotals, Currency, ExactSum, Money, RowSelection, StoreError, Transaction,
    TransactionId, TransactionQuery, UserId,
};
use sqlx::Executor;
use sqlx::sqlite::{Sqlite, SqlitePool, SqliteRow};

use super::amount::mantissa;
use super::batch::json_numbers;
use super::error::store_error;
use super::read::{column, day_number, day_of};
use super::rows::{read_columns, read_joins, transaction, view_columns, view_joins};
use crate::records::views::wanted_texts;
use crate::refusals::{invalid, not_found, unreadable};

/// Which of an account's rows fit, from a day on, and are in this state.
macro_rules! fitting {
    ($from:literal, $rows:expr) => {
        concat!("date BETWEEN ", $from, " AND ?4 AND (date, id) < (?5, ?6) AND ", $rows)
    };
}

/// The accounts to look at, and the day from which on there are enough rows to fill the limit, so that older ones need not be
/// sorted. With so many accounts (`?9`) that have so many rows (`?8`) each from some day on, that day will do if the product
/// is the limit (`?7`); so will one from which on a single account fills it. The later of the two counts. It bounds the rows
/// to sort: busy accounts have at most the limit past it, each of the others fewer than `?8`. A day may hold more.
macro_rules! since {
    ($rows:expr) => {
        concat!(
            "WITH mine (id) AS MATERIALIZED (\
                 SELECT a.id FROM finance_connections n JOIN finance_accounts a ON a.connection_id = n.id \
                 WHERE n.user_id = ?1 AND (?2 IS NULL OR a.id IN (SELECT value FROM json_each(?2)))), \
             busy (id, day) AS MATERIALIZED (\
                 SELECT mine.id, (SELECT date FROM finance_transactions WHERE account_id = mine.id AND ",
            fitting!("?3", $rows),
            " ORDER BY date DESC, id DESC LIMIT 1 OFFSET ?8 - 1) AS day FROM mine ORDER BY day DESC LIMIT ?9), \
             since (day) AS MATERIALIZED (SELECT max(\
                 ifnull((SELECT day FROM busy ORDER BY day DESC LIMIT 1 OFFSET ?9 - 1), ?3), \
                 ifnull((SELECT max((SELECT date FROM finance_transactions WHERE account_id = busy.id AND ",
            fitting!("?3", $rows),
            " ORDER BY date DESC, id DESC LIMIT 1 OFFSET ?7 - 1)) FROM busy), ?3))) "
        )
    };
}

/// The places of the rows that fit and are in this state, from the index alone.
macro_rules! places {
    ($rows:expr) => {
        concat!(
            "SELECT account_id, id, date FROM finance_transactions WHERE account_id IN (SELECT id FROM mine) \
             AND ",
            fitting!("(SELECT day FROM since)", $rows)
        )
    };
}

/// Rows, newest first: their places, then these columns of those within the limit.
macro_rules! rows {
    ($columns:expr, $joins:expr, $enough:expr, $($places:expr),+) => {
        concat!(
            since!($enough),
            "SELECT ",
            $columns,
            " FROM (SELECT id, date FROM (", $($places),+, ") ORDER BY date DESC, id DESC LIMIT ?7) AS p \
             CROSS JOIN finance_transactions t ON t.id = p.id ",
            $joins,
            " ORDER BY p.date DESC, p.id DESC"
        )
    };
}

/// The questions about a selection of rows.
pub(super) struct Questions {
    /// The rows, whole.
    pub(super) list: &'static str,
    /// The rows as they are lent.
    pub(super) view: &'static str,
    /// How many rows there are on each day, newest first.
    pub(super) days: &'static str,
}

/// What is asked about rows of which there are enough by one condition, and whose places are these.
macro_rules! questions {
    ($enough:expr, $($places:expr),+) => {
        Questions {
            list: rows!(read_columns!(), read_joins!(), $enough, $($places),+),
            view: rows!(view_columns!(), view_joins!(), $enough, $($places),+),
            days: concat!(
                since!($enough),
                // The index has each account's rows by day, so only the days of accounts are sorted.
                "SELECT date, sum(n) FROM (SELECT date, count(*) AS n FROM (", $($places),+, ") GROUP BY account_id, date) \
                 GROUP BY date ORDER BY date DESC"
            ),
        }
    };
}
macro_rules! not_hidden {
    () => {
        "state = 0 AND NOT EXISTS (SELECT 1 FROM finance_transaction_edits e INDEXED BY finance_transaction_edits_hidden \
         WHERE e.transaction_id = finance_transactions.id AND e.hidden = 1)"
    };
}
pub(super) const LIVE: Questions = questions!(not_hidden!(), places!(not_hidden!()));
pub(super) const WITH_HIDDEN: Questions = questions!("state = 0", places!("state = 0"));
pub(super) const ANY: Questions =
    questions!("state = 0", places!("state = 0"), " UNION ALL ", places!("state <> 0"));
pub(super) const DELETED: Questions =
    questions!("state <> 0 AND state >= 2", places!("state <> 0 AND state >= 2"));
pub(super) const RESTORABLE: Questions =
    questions!("state <> 0 AND state = 2", places!("state <> 0 AND state = 2"));
pub(super) const AWAITING: Questions =
    questions!("state = 0 AND origin >= 1", places!("state = 0 AND origin >= 1"));

/// The questions about the rows of a selection.
pub(super) const fn questions(rows: RowSelection) -> Questions {
    match rows {
        RowSelection::Live => LIVE,
        RowSelection::WithHidden => WITH_HIDDEN,
        RowSelection::Any => ANY,
        RowSelection::DeletedByUser => DELETED,
        RowSelection::Restorable => RESTORABLE,
        RowSelection::AwaitingTheBank => AWAITING,
    }
}

/// Past this limit nearly everything is wanted, and looking for a day to begin with costs more than it saves.
const LARGEST_PAGE: u32 = 2_000;

/// The values that questions about rows are asked with, in their order.
pub(super) struct Asked {
    pub(super) user: String,
    pub(super) accounts: Option<String>,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) after: (i64, i64),
    pub(super) limit: u32,
    pub(super) rows_each: u32,
    pub(super) busy_accounts: u32,
}

impl Asked {
    pub(super) fn of(user: &UserId, query: &TransactionQuery) -> Self {
        let chosen = query.accounts.iter().map(|account| account.number());
        let (rows_each, busy_accounts) = match query.limit {
            limit @ 1..=LARGEST_PAGE => {
                let each = limit.isqrt();
                (each, limit.div_ceil(each))
            }
            _ => (1, 0),
        };
        Self {
            user: user.as_str().to_owned(),
            accounts: (!query.accounts.is_empty()).then(|| json_numbers(chosen)),
            from: query.window.from().map_or(i64::MIN, day_number),
            to: query.window.to().map_or(i64::MAX, day_number),
            after: query.after.map_or((i64::MAX, i64::MAX), |(day, id)| (day_number(day), id.number())),
            limit: query.limit,
            rows_each,
            busy_accounts,
        }
    }

    async fn ask(self, readers: &SqlitePool, sql: &'static str) -> Result<Vec<SqliteRow>, StoreError> {
        let query = sqlx::query(sql).bind(self.user).bind(self.accounts).bind(self.from).bind(self.to);
        let query = query.bind(self.after.0).bind(self.after.1);
        let query = query.bind(self.limit).bind(self.rows_each).bind(self.busy_accounts);
        query.fetch_all(readers).await.map_err(store_error)
    }
}

pub(super) async fn list(
    readers: &SqlitePool,
    user: &UserId,
    query: &TransactionQuery,
) -> Result<Vec<Transaction>, StoreError> {
    let rows = Asked::of(user, query).ask(readers, questions(query.rows).list).await?;
    rows.iter().map(transaction).collect()
}

pub(super) async fn days(
    readers: &SqlitePool,
    user: &UserId,
    query: &TransactionQuery,
) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
    let whole = TransactionQuery { limit: u32::MAX, after: None, ..query.clone() };
    let rows = Asked::of(user, &whole).ask(readers, questions(query.rows).days).await?;
    let day = |row: &SqliteRow| {
        let count = u64::try_from(column::<i64>(row, 1)?).map_err(|_| unreadable("count"))?;
        Ok((day_of(column(row, 0)?)?, count))
    };
    rows.iter().map(day).collect()
}

pub(super) const ONE: &str = concat!(
    "SELECT ",
    read_columns!(),
    " FROM finance_transactions t JOIN finance_connections n ON n.id = t.connection_id ",
    read_joins!(),
    " WHERE t.id = ? AND n.user_id = ?"
);

pub(super) async fn one<'e>(
    executor: impl Executor<'e, Database = Sqlite>,
    user: &UserId,
    id: TransactionId,
) -> Result<Transaction, StoreError> {
    let query = sqlx::query(ONE).bind(id.number()).bind(user.as_str());
    let row = query.fetch_optional(executor).await.map_err(store_error)?;
    transaction(&row.ok_or_else(|| not_found("transaction", id.number()))?)
}

/// The compressed JSON of a row, where it was kept.
pub(super) async fn raw(
    readers: &SqlitePool,
    user: &UserId,
    id: TransactionId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let sql = "SELECT j.json FROM finance_transactions t JOIN finance_connections n ON n.id = t.connection_id \
               LEFT JOIN finance_transaction_json j ON j.transaction_id = t.id WHERE t.id = ? AND n.user_id = ?";
    let query = sqlx::query_scalar(sql).bind(id.number()).bind(user.as_str());
    let found: Option<Option<Vec<u8>>> = query.fetch_optional(readers).await.map_err(store_error)?;
    found.ok_or_else(|| not_found("transaction", id.number()))
}

/// Sums by account, currency and scale. SQL adds the mantissas in two parts, billions and the rest, neither of which can
/// overflow; a mantissa past 64 bits makes a group of its own.
macro_rules! totals {
    ($accounts:literal, $rows:literal) => {
        concat!(
            "SELECT account_id, currency, scale, count(*), sum(pending), \
             sum(CASE WHEN typeof(amount) = 'integer' THEN amount / 1000000000 END), \
             sum(CASE WHEN typeof(amount) = 'integer' THEN amount % 1000000000 END), \
             CASE WHEN typeof(amount) = 'text' THEN amount END AS wide \
             FROM finance_transactions WHERE state = 0 AND account_id IN (\
                 SELECT a.id FROM finance_connections n JOIN finance_accounts a ON a.connection_id = n.id \
                 WHERE n.user_id = ?1",
            $accounts,
            ")",
            $rows,
            " GROUP BY account_id, currency, scale, wide"
        )
    };
}
pub(super) const TOTALS: &str = totals!("", "");
pub(super) const POSTED_AFTER: &str = totals!(" AND a.id = ?2", " AND date > ?3 AND pending = 0");

#[derive(Default)]
struct Total {
    rows: u64,
    pending_rows: u64,
    sum: ExactSum,
}

pub(super) async fn totals(readers: &SqlitePool, user: &UserId) -> Result<Vec<AccountTotals>, StoreError> {
    let rows = sqlx::query(TOTALS).bind(user.as_str()).fetch_all(readers).await.map_err(store_error)?;
    added_up(&rows)
}

pub(super) async fn posted_sums_after(
    readers: &SqlitePool,
    user: &UserId,
    account: AccountId,
    day: NaiveDate,
) -> Result<Vec<Money>, StoreError> {
    let query = sqlx::query(POSTED_AFTER).bind(user.as_str()).bind(account.number()).bind(day_number(day));
    let rows = query.fetch_all(readers).await.map_err(store_error)?;
    Ok(added_up(&rows)?.into_iter().map(|total| total.sum).collect())
}

fn added_up(rows: &[SqliteRow]) -> Result<Vec<AccountTotals>, StoreError> {
    let mut totals: BTreeMap<(AccountId, Currency), Total> = BTreeMap::new();
    for row in rows {
        let currency = Currency::from_key(column(row, 1)?).map_err(|_| unreadable("currency"))?;
        let total = totals.entry((AccountId::new(column(row, 0)?), currency)).or_default();
        add_group(total, row)?;
    }
    let finished = |((account, currency), total): ((AccountId, Currency), Total)| {
        let amount = total.sum.total().ok_or_else(|| {
            invalid(format!("the sum of account {account} in {currency} has too many digits"))
        })?;
        let (rows, pending_rows) = (total.rows, total.pending_rows);
        Ok(AccountTotals { account, rows, pending_rows, sum: Money::new(amount, currency) })
    };
    totals.into_iter().map(finished).collect()
}

fn add_group(total: &mut Total, row: &SqliteRow) -> Result<(), StoreError> {
    let count = |index| u64::try_from(column::<i64>(row, index)?).map_err(|_| unreadable("count"));
    let scale = u32::try_from(column::<i64>(row, 2)?).map_err(|_| unreadable("amount"))?;
    let rows = count(3)?;
    total.rows += rows;
    total.pending_rows += count(4)?;
    let mantissa = match column::<Option<&str>>(row, 7)? {
        Some(_) => mantissa(row, 7)?.checked_mul(rows.into()).ok_or_else(|| unreadable("amount"))?,
        None => i128::from(column::<i64>(row, 5)?) * 1_000_000_000 + i128::from(column::<i64>(row, 6)?),
    };
    total.sum.add_scaled(mantissa, scale);
    Ok(())
}
