//! Exact amounts in two columns: a mantissa and a scale.

use finance_core::StoreError;
use rust_decimal::Decimal;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::batch::Binder;
use super::read::column;
use crate::refusals::unreadable;

/// Binds mantissa and scale, or nothing twice. A mantissa that does not fit into 64 bits becomes the text of its digits.
pub(super) fn push_amount(binder: &mut Binder, amount: Option<Decimal>) {
    match amount.map(|amount| i64::try_from(amount.mantissa()).map_err(|_| amount.mantissa().to_string())) {
        Some(Ok(mantissa)) => binder.push(mantissa),
        Some(Err(digits)) => binder.push(digits),
        None => binder.push(None::<i64>),
    }
    binder.push(amount.map(|amount| i64::from(amount.scale())));
}

/// Reads an amount from the column of its mantissa and the next one.
fn amount(row: &SqliteRow, index: usize) -> Result<Decimal, StoreError> {
    let scale = u32::try_from(column::<i64>(row, index + 1)?).map_err(|_| unreadable("amount"))?;
    Decimal::try_from_i128_with_scale(mantissa(row, index)?, scale).map_err(|_| unreadable("amount"))
}

/// Reads an amount that may be missing.
pub(super) fn optional_amount(row: &SqliteRow, index: usize) -> Result<Option<Decimal>, StoreError> {
    match column::<Option<i64>>(row, index + 1)? {
        Some(_) => amount(row, index).map(Some),
        None => Ok(None),
    }
}

/// Reads a mantissa, whichever way it is kept.
pub(super) fn mantissa(row: &SqliteRow, index: usize) -> Result<i128, StoreError> {
    match row.try_get::<i64, _>(index) {
        Ok(mantissa) => Ok(mantissa.into()),
        Err(_) => column::<&str>(row, index)?.parse().map_err(|_| unreadable("amount")),
    }
}
