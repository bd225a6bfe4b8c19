//! Transactions.

use std::sync::Arc;

use finance_core::{
    AccountId, ConnectionId, Currency, Money, PaymentChannel, ProviderAccountId, ProviderCategory,
    ProviderTransaction, ProviderTransactionId, RowOrigin, StoreError, Transaction, TransactionId,
    TransactionState,
};

use super::{Cells, Row, Values, categories, edits};
use crate::refusals::unreadable;

/// Reads `id, account_id, connection_id`; what the provider says: `provider_id`, the account's, amount, `currency, date,
/// authorized_date, datetime, authorized_datetime, pending, pending_provider_id, description, original_description,
/// merchant_name, merchant_id`, the four columns of the category, `channel, code, check_number, merchant_category_code`;
/// the edits; the assigned category; `origin, state, created_at, updated_at`.
pub(crate) fn read(cells: &mut Cells<'_, impl Row>) -> Result<Transaction, StoreError> {
    Ok(Transaction {
        id: TransactionId::new(cells.number()?),
        account: AccountId::new(cells.number()?),
        connection: ConnectionId::new(cells.number()?),
        provider: provider_transaction(cells)?,
        edits: edits::edits(cells)?,
        assigned: categories::assigned(cells)?,
        origin: origin(cells.number()?)?,
        state: state(cells.number()?),
        created_at: cells.instant()?,
        updated_at: cells.instant()?,
    })
}

fn provider_transaction(cells: &mut Cells<'_, impl Row>) -> Result<ProviderTransaction, StoreError> {
    let row_id = |text: &str| ProviderTransactionId::new(text).ok();
    let id = cells.parsed("identifier", row_id)?;
    let account = cells.parsed("identifier", |text| ProviderAccountId::new(text).ok())?;
    let amount = cells.amount()?;
    let currency = cells.parsed("currency", |key| Currency::from_key(key).ok())?;
    Ok(ProviderTransaction {
        id,
        account,
        amount: Money::new(amount, currency),
        date: cells.day()?,
        authorized_date: cells.optional_day()?,
        datetime: cells.optional_instant()?,
        authorized_datetime: cells.optional_instant()?,
        pending: cells.flag()?,
        pending_id: cells.optional_parsed("identifier", row_id)?,
        description: cells.text()?,
        original_description: cells.optional_text()?,
        merchant_name: cells.optional_text()?,
        merchant_id: cells.optional_text()?,
        category: category(cells)?,
        channel: cells.parsed("channel", |name| Some(PaymentChannel::from_name(name)))?,
        code: cells.optional_text()?,
        check_number: cells.optional_text()?,
        merchant_category_code: cells.optional_text()?,
        raw: None,
    })
}

fn category(cells: &mut Cells<'_, impl Row>) -> Result<Option<Arc<ProviderCategory>>, StoreError> {
    let primary: Option<String> = cells.optional_text()?;
    let detailed: Option<String> = cells.optional_text()?;
    let (confidence, version) = (cells.optional_text()?, cells.optional_text()?);
    Ok(primary
        .zip(detailed)
        .map(|(primary, detailed)| Arc::new(ProviderCategory { primary, detailed, confidence, version })))
}

/// The columns that hold what the provider says, in the order in which [`give`] gives them.
pub(crate) const WRITTEN: [&str; 22] = [
    "id",
    "account_id",
    "provider_id",
    "pending",
    "date",
    "amount",
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
pub(crate) struct RowToWrite<'a> {
    pub(crate) id: i64,
    pub(crate) account: i64,
    pub(crate) repeated: Repeated,
    pub(crate) digest: u64,
    pub(crate) origin: RowOrigin,
    pub(crate) row: &'a ProviderTransaction,
}

/// What comes with many rows: the number of the category, and texts.
pub(crate) struct Repeated {
    pub(crate) category: Option<i64>,
    pub(crate) currency: Arc<str>,
    pub(crate) channel: Arc<str>,
}

/// Gives the columns of [`WRITTEN`].
pub(crate) fn give(values: &mut impl Values, to_write: &RowToWrite<'_>) {
    let row = to_write.row;
    values.number(to_write.id);
    values.number(to_write.account);
    values.shared_text(Some(Arc::from(row.id.clone())));
    values.flag(row.pending);
    values.day(row.date);
    values.amount(row.amount.amount());
    values.shared_text(Some(to_write.repeated.currency.clone()));
    values.number(to_write.digest.cast_signed());
    values.small(origin_number(to_write.origin));
    values.day(row.authorized_date);
    values.instant(row.datetime);
    values.instant(row.authorized_datetime);
    values.number(to_write.repeated.category);
    values.shared_text(Some(to_write.repeated.channel.clone()));
    values.shared_text(row.pending_id.clone().map(Arc::from));
    values.shared_text(row.code.clone());
    values.shared_text(row.check_number.clone());
    values.shared_text(row.merchant_category_code.clone());
    values.shared_text(row.merchant_id.clone());
    values.shared_text(row.merchant_name.clone());
    values.shared_text(Some(row.description.clone()));
    values.shared_text(row.original_description.clone());
}

/// Bits of the column `state`.
pub(crate) const REMOVED_BY_PROVIDER: i64 = 1;
pub(crate) const DELETED_BY_USER: i64 = 2;

pub(crate) fn state(bits: i64) -> TransactionState {
    if bits & DELETED_BY_USER != 0 {
        TransactionState::DeletedByUser
    } else if bits & REMOVED_BY_PROVIDER != 0 {
        TransactionState::RemovedByProvider
    } else {
        TransactionState::Live
    }
}

/// The number of an origin in its column: its place among all of them.
pub(crate) fn origin_number(origin: RowOrigin) -> i16 {
    let place = RowOrigin::ALL.iter().position(|one| *one == origin);
    place.and_then(|place| i16::try_from(place).ok()).unwrap_or(0)
}

pub(crate) fn origin(number: i64) -> Result<RowOrigin, StoreError> {
    let found = usize::try_from(number).ok().and_then(|place| RowOrigin::ALL.get(place));
    found.copied().ok_or_else(|| unreadable("origin"))
}
