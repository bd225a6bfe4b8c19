//! What the planner must know of stored rows.

use finance_core::{AccountId, KnownTransaction, ProviderTransactionId, StoreError, TransactionId};

use super::transactions::{REMOVED_BY_PROVIDER, origin, state};
use super::{Cells, Row};

/// Reads `provider_id, id`, whether it is superseded, `state, digest, account_id, origin`.
pub(crate) fn read(row: &impl Row) -> Result<KnownTransaction, StoreError> {
    let mut cells = Cells::of(row);
    let provider_id = cells.parsed("identifier", |text| ProviderTransactionId::new(text).ok())?;
    let id = TransactionId::new(cells.number()?);
    let superseded = cells.flag()?;
    let bits = cells.number()?;
    Ok(KnownTransaction {
        provider_id,
        id,
        superseded,
        state: state(bits),
        removed_by_provider: bits & REMOVED_BY_PROVIDER != 0,
        digest: cells.number()?.cast_unsigned(),
        account: AccountId::new(cells.number()?),
        origin: origin(cells.number()?)?,
    })
}
