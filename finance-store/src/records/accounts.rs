//! Accounts and balances.

use chrono::{DateTime, Utc};
use finance_core::{
    Account, AccountId, AccountStatus, Balances, ConnectionId, Currency, HolderCategory, ProviderAccount,
    ProviderAccountId, StoreError, UserId,
};

use super::{Cells, Row, Values};

/// Reads `id, connection_id, provider_id, persistent_id, name, official_name, mask, type, subtype, holder`, balances,
/// `balances_at, gone`.
pub(crate) fn read(row: &impl Row, user: &UserId) -> Result<Account, StoreError> {
    let mut cells = Cells::of(row);
    let id = AccountId::new(cells.number()?);
    let connection = ConnectionId::new(cells.number()?);
    let provider = ProviderAccount {
        id: cells.parsed("identifier", |text| ProviderAccountId::new(text).ok())?,
        persistent_id: cells.optional_text()?,
        name: cells.text()?,
        official_name: cells.optional_text()?,
        mask: cells.optional_text()?,
        provider_type: cells.text()?,
        provider_subtype: cells.optional_text()?,
        holder: cells.optional_parsed("account holder", holder_from_key)?,
        balances: balances(&mut cells)?,
    };
    let balances_at = cells.instant()?;
    let status = if cells.flag()? { AccountStatus::Gone } else { AccountStatus::Open };
    Ok(Account { id, user: user.clone(), connection, provider, status, balances_at })
}

/// Reads three amounts, `currency` and `updated_at`.
pub(crate) fn balances(cells: &mut Cells<'_, impl Row>) -> Result<Balances, StoreError> {
    Ok(Balances {
        current: cells.optional_amount()?,
        available: cells.optional_amount()?,
        limit: cells.optional_amount()?,
        currency: cells.optional_parsed("currency", |key| Currency::from_key(key).ok())?,
        updated_at: cells.optional_instant()?,
    })
}

/// Gives what [`balances`] reads.
pub(crate) fn give_balances(values: &mut impl Values, balances: &Balances) {
    values.amount(balances.current);
    values.amount(balances.available);
    values.amount(balances.limit);
    values.text(balances.currency.as_ref().map(Currency::key).as_deref());
    values.instant(balances.updated_at);
}

/// Gives `persistent_id, name, official_name, mask, type, subtype, holder`, balances, `balances_at, connection_id,
/// provider_id`.
pub(crate) fn give(
    values: &mut impl Values,
    owner: ConnectionId,
    account: &ProviderAccount,
    dated: &DatedBalances,
) {
    values.text(account.persistent_id.as_deref());
    values.text(account.name.as_str());
    values.text(account.official_name.as_deref());
    values.text(account.mask.as_deref());
    values.text(account.provider_type.as_str());
    values.text(account.provider_subtype.as_deref());
    values.text(account.holder.as_ref().map(holder_key).as_deref());
    give_balances(values, &dated.balances);
    values.instant(dated.at);
    values.number(owner.number());
    values.text(account.id.as_str());
}

/// An account as it stands before a change set.
pub(crate) struct Known {
    pub(crate) id: AccountId,
    pub(crate) open: bool,
    pub(crate) dated: DatedBalances,
}

/// Balances, and when they were asked for.
#[derive(Clone)]
pub(crate) struct DatedBalances {
    pub(crate) balances: Balances,
    pub(crate) at: DateTime<Utc>,
}

/// Reads `provider_id, id, gone`, balances and `balances_at`.
pub(crate) fn known(row: &impl Row) -> Result<(String, Known), StoreError> {
    let mut cells = Cells::of(row);
    let provider_id = cells.text()?;
    let id = AccountId::new(cells.number()?);
    let open = !cells.flag()?;
    let dated = DatedBalances { balances: balances(&mut cells)?, at: cells.instant()? };
    Ok((provider_id, Known { id, open, dated }))
}

fn holder_key(holder: &HolderCategory) -> String {
    match holder {
        HolderCategory::Personal => "personal".to_owned(),
        HolderCategory::Business => "business".to_owned(),
        HolderCategory::Other(word) => format!("*{word}"),
        newer => format!("*{newer:?}"),
    }
}

fn holder_from_key(key: &str) -> Option<HolderCategory> {
    match key {
        "personal" => Some(HolderCategory::Personal),
        "business" => Some(HolderCategory::Business),
        word => word.strip_prefix('*').map(|word| HolderCategory::Other(word.to_owned())),
    }
}
