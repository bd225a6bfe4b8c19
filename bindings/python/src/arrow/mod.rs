//! Tables for analysis: what the engine keeps as streams of Arrow record batches, and categories read from Arrow.

mod books;
mod categories;
mod columns;
mod import;
mod stream;
mod transactions;

use finance_core::TransactionQuery;
use pyo3::prelude::*;

use crate::choices;
use crate::engine::{AsyncEngine, Engine};
use crate::errors::Failure;
use crate::operations::{chosen, selected, whole, window};
use crate::values::{Day, Many, User};
use books::{AccountTable, BalanceTable, DuplicateTable, OfAccounts, Topic};
pub(crate) use categories::CategoryClaimTable;
use columns::Selection;
pub(crate) use stream::ArrowStream;
use transactions::{TransactionTable, Transactions};

/// Rows in a batch, unless told otherwise. Signatures repeat this number and the next one, as `help()` shows no names of Rust.
const BATCH_ROWS: u32 = 32_768;
/// Decimals of amounts, unless told otherwise: those of any amount from 0.01 up that was a 64-bit float once, and of ether.
const DECIMALS: u8 = 18;

fn some_rows(batch_rows: i64) -> Result<u32, Failure> {
    match whole("batch_rows", batch_rows)? {
        0 => Err(Failure::invalid("a batch has one row at least")),
        rows => Ok(rows),
    }
}

macro_rules! tables {
    ($($engine:ty),*) => {$(
        #[pymethods]
        #[allow(clippy::too_many_arguments, reason = "Python names them")]
        impl $engine {
            /// Transactions as an Arrow table, newest first: of chosen accounts or all, between two days, both included. Nothing is read yet.
            ///
            /// `rows` is as in `transactions`. Accounts, days and rows are chosen in the database, and columns that are not among `columns`
            /// are not read. The columns, in this order unless you choose: `id`, `account`, `connection` (int64); `date` (date32);
            /// `amount` (decimal128 of 38 digits, `decimals` of them decimals; positive is money in), `currency`; `name`, `description`,
            /// `original_description`, `merchant_name`, `merchant_id`; `category`, `category_source` (who says so: `user`, `rule`, `memory`,
            /// the name of a model, or `provider`), `provider_category`, `assigned_category`, `assigned_source`, `confidence` (of the assigned
            /// one, uint8 from 0 to 100); `pending`, `hidden` (bool); `state`, `origin`, `channel`; `note`; `imported_id`, `code`,
            /// `check_number`, `merchant_category_code`; `authorized_date`; `datetime`, `authorized_datetime`, `created_at`, `updated_at`
            /// (timestamps in UTC, to the microsecond). Texts that many rows share are dictionaries. What is unknown is null.
            ///
            /// Amounts are exact: reading one that has more decimals, or more digits before them than there is room for, fails. Raises
            /// `InvalidInputError` for a column that does not exist and for reversed days.
            #[pyo3(signature = (user, *, accounts = None, since = None, until = None, rows = None, columns = None, decimals = 18, batch_rows = 32_768))]
            fn transactions_arrow(
                &self,
                user: User,
                accounts: Option<Many<i64>>,
                since: Option<Day>,
                until: Option<Day>,
                rows: Option<choices::RowSelection>,
                columns: Option<Many<String>>,
                decimals: i64,
                batch_rows: i64,
            ) -> Result<ArrowStream, Failure> {
                let query = TransactionQuery {
                    accounts: chosen(accounts.as_ref())?,
                    window: window(since, until)?,
                    limit: some_rows(batch_rows)?,
                    after: None,
                    rows: selected(rows)?,
                };
                let selection = Selection::new(TransactionTable::COLUMNS, columns.as_ref(), whole("decimals", decimals)?)?;
                Ok(ArrowStream::new(&self.0, Transactions { user: user.0, query, selection }))
            }

            /// Accounts as an Arrow table, in the order they came: `id`, `connection`, `name`, `official_name`, `mask`, `kind`,
            /// `provider_type`, `provider_subtype`, `holder`, the balances `current`, `available`, `limit` with their `currency`,
            /// `updated_at`, `balances_at`, `status`, `imported_id`, `persistent_id`. Nothing is read yet. `columns` and `decimals` are as in
            /// `transactions_arrow`.
            #[pyo3(signature = (user, *, accounts = None, columns = None, decimals = 18))]
            fn accounts_arrow(
                &self,
                user: User,
                accounts: Option<Many<i64>>,
                columns: Option<Many<String>>,
                decimals: i64,
            ) -> Result<ArrowStream, Failure> {
                let selection = Selection::new(AccountTable::COLUMNS, columns.as_ref(), whole("decimals", decimals)?)?;
                let accounts = chosen(accounts.as_ref())?;
                let batch_rows = BATCH_ROWS as usize;
                let table = OfAccounts { user: user.0, accounts, topic: Topic::Accounts, selection, batch_rows };
                Ok(ArrowStream::new(&self.0, table))
            }

            /// The balances that accounts had as an Arrow table, account by account and newest first: `account`, `at`, `current`,
            /// `available`, `limit`, `currency`, `updated_at`, `source`. Nothing is read yet. Days are both included; `columns` and
            /// `decimals` are as in `transactions_arrow`. A batch may be larger than `batch_rows` by the history of one account.
            #[pyo3(signature = (user, *, accounts = None, since = None, until = None, columns = None, decimals = 18, batch_rows = 32_768))]
            fn balances_arrow(
                &self,
                user: User,
                accounts: Option<Many<i64>>,
                since: Option<Day>,
                until: Option<Day>,
                columns: Option<Many<String>>,
                decimals: i64,
                batch_rows: i64,
            ) -> Result<ArrowStream, Failure> {
                let selection = Selection::new(BalanceTable::COLUMNS, columns.as_ref(), whole("decimals", decimals)?)?;
                let topic = Topic::Balances(window(since, until)?);
                let batch_rows = some_rows(batch_rows)? as usize;
                let accounts = chosen(accounts.as_ref())?;
                Ok(ArrowStream::new(&self.0, OfAccounts { user: user.0, accounts, topic, selection, batch_rows }))
            }

            /// Pairs of rows that may be one, as `review_duplicates` finds them, as an Arrow table, account by account and the likeliest
            /// first: `account`, `keep`, `drop` (the rows), `score` (0 to 100), `reasons` (in words). Nothing is read yet.
            #[pyo3(signature = (user, *, accounts = None, columns = None))]
            fn duplicates_arrow(
                &self,
                user: User,
                accounts: Option<Many<i64>>,
                columns: Option<Many<String>>,
            ) -> Result<ArrowStream, Failure> {
                let selection = Selection::new(DuplicateTable::COLUMNS, columns.as_ref(), DECIMALS)?;
                let accounts = chosen(accounts.as_ref())?;
                let batch_rows = BATCH_ROWS as usize;
                let table = OfAccounts { user: user.0, accounts, topic: Topic::Duplicates, selection, batch_rows };
                Ok(ArrowStream::new(&self.0, table))
            }
        }
    )*};
}
tables!(AsyncEngine, Engine);
