//! Transactions in their columns.

use finance_core::{StoreError, Transaction};
use sqlx::postgres::PgRow;

use crate::records::{Cells, transactions};

/// The columns from which [`transaction`] reads: `t` is the transaction, `a` its account, `e` its edits,
/// `c` the provider's category, `g` the assigned one.
macro_rules! read_columns {
    () => {
        "t.id, t.account_id, t.connection_id, t.provider_id, a.provider_id, coalesce(e.source_amount, t.amount), \
         t.currency, coalesce(e.source_date, t.date), t.authorized_date, t.datetime, t.authorized_datetime, t.pending, \
         t.pending_provider_id, t.description, t.original_description, t.merchant_name, t.merchant_id, c.primary_name, \
         c.detailed_name, c.confidence, c.version, t.channel, t.code, t.check_number, t.merchant_category_code, e.name, \
         e.category, e.note, coalesce(e.hidden, FALSE), e.amount, e.date, e.counts_while_pending, e.parts, g.category, \
         g.confidence, g.source, t.origin, t.state, t.created_at, t.updated_at"
    };
}
pub(super) use read_columns;

/// What [`read_columns`] reads from beside `t`, the transaction.
macro_rules! read_joins {
    () => {
        "JOIN finance_accounts a ON a.id = t.account_id \
         LEFT JOIN finance_transaction_edits e ON e.transaction_id = t.id \
         LEFT JOIN finance_categories c ON c.id = t.category_id \
         LEFT JOIN finance_transaction_categories g ON g.transaction_id = t.id"
    };
}
pub(super) use read_joins;

/// The columns from which [`views::read`](crate::records::views::read) reads.
macro_rules! view_columns {
    () => {
        concat!(
            "t.id, t.account_id, t.connection_id, t.created_at, t.updated_at, t.date, t.amount, t.currency, \
             t.authorized_date, t.datetime, t.authorized_datetime, t.pending, coalesce(e.hidden, FALSE), g.confidence, \
             t.origin, t.state",
            wanted_texts!()
        )
    };
}
pub(super) use view_columns;

/// What [`view_columns`] reads from beside `t`, the transaction.
macro_rules! view_joins {
    () => {
        "LEFT JOIN finance_transaction_edits e ON e.transaction_id = t.id \
         LEFT JOIN finance_categories c ON c.id = t.category_id \
         LEFT JOIN finance_transaction_categories g ON g.transaction_id = t.id"
    };
}
pub(super) use view_joins;

pub(super) fn transaction(row: &PgRow) -> Result<Transaction, StoreError> {
    transactions::read(&mut Cells::of(row))
}
