//! Transactions, to and from their columns.

use std::sync::Arc;

use finance_core::{
    AccountId, ConnectionId, Currency, Money, PaymentChannel, ProviderAccountId, ProviderCategory,
    ProviderTransaction, ProviderTransactionId, RowOrigin, StoreError, Transaction, TransactionEdits,
    TransactionId, TransactionState,
};
use sqlx::sqlite::SqliteRow;

use super::amount::{amount, optional_amount, push_amount};
use super::batch::Binder;
use super::categories;
use super::error::unreadable;
use super::lookups::Repeated;
use super::read::{
    column, day, day_number, instant, micros, optional_day, optional_instant, optional_parsed, parsed,
};

/// The columns that hold what the provider says, in the order in which [`push_row`] binds them.
pub(super) const WRITTEN: [&str; 23] = [
    "id",
    "account_id",
    "provider_id",
    "pending",
    "date",
    "amount",
    "scale",
    "currency",
    "digest",
    "origin",
    "authorized_date",
    "datetime",
    "authorized_datetime",
    "category_id",
    "channel",
    "pending_provider_id",
    "code",
    "check_number",
    "merchant_category_code",
    "merchant_id",
    "merchant_name",
    "description",
    "original_description",
];

/// A row on its way into the table, with the numbers that the database knows things by.
pub(super) struct RowToWrite<'a> {
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) repeated: Repeated,
    pub(super) digest: u64,
    pub(super) origin: RowOrigin,
    pub(super) row: &'a ProviderTransaction,
}

/// Binds the columns of [`WRITTEN`].
pub(super) fn push_row(binder: &mut Binder, to_write: &RowToWrite<'_>) {
    let row = to_write.row;
    binder.push(to_write.id);
    binder.push(to_write.account);
    binder.push(Arc::<str>::from(row.id.clone()));
    binder.push(i64::from(row.pending));
    binder.push(day_number(row.date));
    push_amount(binder, row.amount.amount());
    binder.push(to_write.repeated.currency.clone());
    binder.push(to_write.digest.cast_signed());
    binder.push(origin_number(to_write.origin));
    binder.push(row.authorized_date.map(day_number));
    binder.push(row.datetime.map(micros));
    binder.push(row.authorized_datetime.map(micros));
    binder.push(to_write.repeated.category);
    binder.push(to_write.repeated.channel.clone());
    binder.push(row.pending_id.clone().map(Arc::<str>::from));
    binder.push(row.code.clone());
    binder.push(row.check_number.clone());
    binder.push(row.merchant_category_code.clone());
    binder.push(row.merchant_id.clone());
    binder.push(row.merchant_name.clone());
    binder.push(row.description.clone());
    binder.push(row.original_description.clone());
}

/// The columns from which [`transaction`] reads: `t` is the transaction, `a` its account, `e` its edits,
/// `c` the provider's category, `g` the assigned one.
macro_rules! read_columns {
    () => {
        "t.id, t.account_id, t.connection_id, t.provider_id, a.provider_id, coalesce(e.source_amount, t.amount), \
         coalesce(e.source_scale, t.scale), t.currency, coalesce(e.source_date, t.date), \
         t.authorized_date, t.datetime, t.authorized_datetime, t.pending, t.pending_provider_id, t.description, \
         t.original_description, t.merchant_name, t.merchant_id, c.primary_name, c.detailed_name, c.confidence, \
         c.version, t.channel, t.code, t.check_number, t.merchant_category_code, e.name, e.category, e.note, \
         coalesce(e.hidden, 0), t.state, t.created_at, t.updated_at, t.origin, e.amount, e.scale, e.date, \
         e.counts_while_pending, e.parts, g.category, g.confidence, g.source"
    };
}
pub(super) use read_columns;

/// How many they are.
pub(super) const READ_COLUMNS: usize = 42;

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

pub(super) fn transaction(row: &SqliteRow) -> Result<Transaction, StoreError> {
    Ok(Transaction {
        id: TransactionId::new(column(row, 0)?),
        account: AccountId::new(column(row, 1)?),
        connection: ConnectionId::new(column(row, 2)?),
        provider: provider_transaction(row)?,
        edits: TransactionEdits {
            name: column(row, 26)?,
            category: column(row, 27)?,
            note: column(row, 28)?,
            hidden: column(row, 29)?,
            amount: optional_amount(row, 34)?,
            date: optional_day(row, 36)?,
            counts_while_pending: column(row, 37)?,
            parts: optional_parsed(row, 38, "split", |json| serde_json::from_str(json).ok())?
                .unwrap_or_default(),
        },
        origin: origin(column(row, 33)?)?,
        assigned: categories::assigned(row, 39)?,
        state: state(column(row, 30)?),
        created_at: instant(row, 31)?,
        updated_at: instant(row, 32)?,
    })
}

fn provider_transaction(row: &SqliteRow) -> Result<ProviderTransaction, StoreError> {
    let currency = parsed(row, 7, "currency", |key| Currency::from_key(key).ok())?;
    let row_id = |text: &str| ProviderTransactionId::new(text).ok();
    Ok(ProviderTransaction {
        id: parsed(row, 3, "identifier", row_id)?,
        account: parsed(row, 4, "identifier", |text| ProviderAccountId::new(text).ok())?,
        amount: Money::new(amount(row, 5)?, currency),
        date: day(row, 8)?,
        authorized_date: optional_day(row, 9)?,
        datetime: optional_instant(row, 10)?,
        authorized_datetime: optional_instant(row, 11)?,
        pending: column(row, 12)?,
        pending_id: optional_parsed(row, 13, "identifier", row_id)?,
        description: column::<&str>(row, 14)?.into(),
        original_description: text(row, 15)?,
        merchant_name: text(row, 16)?,
        merchant_id: text(row, 17)?,
        category: category(row)?,
        channel: PaymentChannel::from_name(column(row, 22)?),
        code: text(row, 23)?,
        check_number: text(row, 24)?,
        merchant_category_code: text(row, 25)?,
        raw: None,
    })
}

pub(super) fn text(row: &SqliteRow, index: usize) -> Result<Option<Arc<str>>, StoreError> {
    Ok(column::<Option<&str>>(row, index)?.map(Arc::from))
}

fn category(row: &SqliteRow) -> Result<Option<Arc<ProviderCategory>>, StoreError> {
    let Some(primary) = column(row, 18)? else { return Ok(None) };
    Ok(Some(Arc::new(ProviderCategory {
        primary,
        detailed: column(row, 19)?,
        confidence: column(row, 20)?,
        version: column(row, 21)?,
    })))
}

/// Bits of the column `state`.
pub(super) const REMOVED_BY_PROVIDER: i64 = 1;
pub(super) const DELETED_BY_USER: i64 = 2;

pub(super) fn state(bits: i64) -> TransactionState {
    if bits & DELETED_BY_USER != 0 {
        TransactionState::DeletedByUser
    } else if bits & REMOVED_BY_PROVIDER != 0 {
        TransactionState::RemovedByProvider
    } else {
        TransactionState::Live
    }
}

/// The number of an origin in its column: its place among all of them.
pub(super) fn origin_number(origin: RowOrigin) -> i64 {
    let place = RowOrigin::ALL.iter().position(|one| *one == origin);
    place.and_then(|place| i64::try_from(place).ok()).unwrap_or(0)
}

pub(super) fn origin(number: i64) -> Result<RowOrigin, StoreError> {
    let found = usize::try_from(number).ok().and_then(|place| RowOrigin::ALL.get(place));
    found.copied().ok_or_else(|| unreadable("origin"))
}
