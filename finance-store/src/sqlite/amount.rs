//! Exact amounts in two columns: a mantissa and a scale.

use finance_core::StoreError;
use rust_decimal::Decimal;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::batch::Binder;
use super::error::unreadable;
use super::read::column;

/// Binds mantissa and scale. A mantissa that does not fit into 64 bits becomes the text of its digits.
pub(super) fn push_amount(binder: &mut Binder, amount: Decimal) {
    match i64::try_from(amount.mantissa()) {
        Ok(mantissa) => binder.push(mantissa),
        Err(_) => binder.push(amount.mantissa().to_string()),
    }
    binder.push(i64::from(amount.scale()));
}

/// Binds mantissa and scale, or nothing twice.
pub(super) fn push_optional_amount(binder: &mut Binder, amount: Option<Decimal>) {
    match amount {
        Some(amount) => push_amount(binder, amount),
        None => {
            binder.push(None::<i64>);
            binder.push(None::<i64>);
        }
    }
}

/// Reads an amount from the column of its mantissa and the next one.
pub(super) fn amount(row: &SqliteRow, index: usize) -> Result<Decimal, StoreError> {
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
