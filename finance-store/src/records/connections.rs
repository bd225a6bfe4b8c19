//! Connections.

use finance_core::{
    Connection, ConnectionId, ConnectionStatus, Cursor, HistoryStatus, InstitutionId, InstitutionRef,
    ProviderConnectionId, ProviderName, StoreError, UserId,
};

use super::{Cells, Row};

/// What [`read`] reads.
macro_rules! columns {
    () => {
        "id, user_id, provider, provider_id, institution_id, institution_name, status, cursor, history, created_at, \
         synced_at, fault_kind, fault_code, fault_message, fault_at, consent_expires_at, bank_updated_at, \
         bank_failed_at, new_accounts_available, revision"
    };
}
pub(crate) use columns;

pub(crate) fn read(row: &impl Row) -> Result<Connection, StoreError> {
    let mut cells = Cells::of(row);
    let id = ConnectionId::new(cells.number()?);
    let user = cells.parsed("identifier", |text| UserId::new(text).ok())?;
    let provider = cells.parsed("identifier", |text| ProviderName::new(text).ok())?;
    let provider_id = cells.parsed("identifier", |text| ProviderConnectionId::new(text).ok())?;
    let institution = cells.optional_parsed("identifier", |text| InstitutionId::new(text).ok())?;
    let institution_name = cells.optional_text()?;
    Ok(Connection {
        id,
        user,
        provider,
        provider_id,
        institution: institution.map(|id| InstitutionRef { id, name: institution_name }),
        status: cells.parsed("status", ConnectionStatus::from_name)?,
        cursor: cells.optional_text::<String>()?.as_deref().and_then(Cursor::new),
        history: cells.parsed("status", HistoryStatus::from_name)?,
        created_at: cells.instant()?,
        synced_at: cells.optional_instant()?,
        fault: cells.fault()?,
        consent_expires_at: cells.optional_instant()?,
        bank_updated_at: cells.optional_instant()?,
        bank_failed_at: cells.optional_instant()?,
        new_accounts_available: cells.flag()?,
        revision: cells.count()?,
    })
}

/// From the columns `user_id, status`.
pub(crate) fn owner_and_status(row: &impl Row) -> Result<(UserId, ConnectionStatus), StoreError> {
    let mut cells = Cells::of(row);
    let user = cells.parsed("identifier", |text| UserId::new(text).ok())?;
    Ok((user, cells.parsed("status", ConnectionStatus::from_name)?))
}
