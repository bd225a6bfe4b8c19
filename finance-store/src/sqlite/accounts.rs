//! Accounts.

use std::collections::HashMap;

use finance_core::{
    Account, AccountId, ChangeSet, ConnectionId, ProviderAccount, StoreError, UserId, Written,
};
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::batch::Binder;
use super::error::store_error;
use super::history;
use crate::changes::Accounts;
use crate::records::accounts::{self as records, DatedBalances, Known};
use crate::refusals::unreadable;

/// Writes what a change set says of accounts, notes what listeners want to know of it, and returns the listed accounts.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    written: &mut Written,
) -> Result<Vec<AccountId>, StoreError> {
    if change.accounts.gone.is_empty() && change.accounts.listed.is_empty() {
        return Ok(Vec::new());
    }
    let known = known(connection, change.connection).await?;
    let newest = history::newest(connection, change.connection).await?;
    let mut accounts = Accounts { known, newest };
    for &gone in &change.accounts.gone {
        accounts.gone(gone, written)?;
        let sql = "UPDATE finance_accounts SET gone = 1 WHERE id = ?";
        sqlx::query(sql).bind(gone.number()).execute(&mut *connection).await.map_err(store_error)?;
    }
    let mut listed = Vec::with_capacity(change.accounts.listed.len());
    for account in &change.accounts.listed {
        let balances = accounts.balances_of(account, change);
        let id = upsert(connection, change.connection, account, &balances).await?;
        if let Some(entry) = accounts.listed(id, account, balances, change, written) {
            history::insert(connection, &entry).await?;
        }
        listed.push(id);
    }
    Ok(listed)
}

/// The connection's accounts, by provider id.
async fn known(
    connection: &mut SqliteConnection,
    id: ConnectionId,
) -> Result<HashMap<String, Known>, StoreError> {
    let sql = "SELECT provider_id, id, gone, current, current_scale, available, available_scale, credit_limit, \
               credit_limit_scale, currency, updated_at, balances_at FROM finance_accounts WHERE connection_id = ?";
    let rows = sqlx::query(sql).bind(id.number()).fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(records::known).collect()
}

/// The columns of an account in the order in which [`records::give`] gives them, for one statement or the other.
macro_rules! columns {
    () => {
        "persistent_id, name, official_name, mask, type, subtype, holder, current, current_scale, available, \
         available_scale, credit_limit, credit_limit_scale, currency, updated_at, balances_at, gone"
    };
}
const UPDATE: &str = concat!(
    "UPDATE finance_accounts SET (",
    columns!(),
    ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) WHERE connection_id = ? AND provider_id = ? RETURNING id"
);
const INSERT: &str = concat!(
    "INSERT INTO finance_accounts (",
    columns!(),
    ", connection_id, provider_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?) RETURNING id"
);

async fn upsert(
    connection: &mut SqliteConnection,
    owner: ConnectionId,
    account: &ProviderAccount,
    balances: &DatedBalances,
) -> Result<AccountId, StoreError> {
    for sql in [UPDATE, INSERT] {
        let mut binder = Binder::default();
        records::give(&mut binder, owner, account, balances);
        let query = sqlx::query_scalar_with(sql, binder.finish()?);
        if let Some(id) = query.fetch_optional(&mut *connection).await.map_err(store_error)? {
            return Ok(AccountId::new(id));
        }
    }
    Err(unreadable("account"))
}

/// The connection's accounts: provider id to number.
pub(super) async fn numbers(
    connection: &mut SqliteConnection,
    id: ConnectionId,
) -> Result<HashMap<String, i64>, StoreError> {
    let sql = "SELECT provider_id, id FROM finance_accounts WHERE connection_id = ?";
    let rows: Vec<(String, i64)> =
        sqlx::query_as(sql).bind(id.number()).fetch_all(connection).await.map_err(store_error)?;
    Ok(rows.into_iter().collect())
}

pub(super) const OF_USER: &str = "SELECT a.id, a.connection_id, a.provider_id, a.persistent_id, a.name, a.official_name, a.mask, a.type, \
     a.subtype, a.holder, a.current, a.current_scale, a.available, a.available_scale, a.credit_limit, \
     a.credit_limit_scale, a.currency, a.updated_at, a.balances_at, a.gone \
     FROM finance_connections c JOIN finance_accounts a ON a.connection_id = c.id \
     WHERE c.user_id = ? ORDER BY a.connection_id, a.id";

/// Every account of a user.
pub(super) async fn of_user(readers: &SqlitePool, user: &UserId) -> Result<Vec<Account>, StoreError> {
    let query = sqlx::query(OF_USER).bind(user.as_str());
    let rows = query.fetch_all(readers).await.map_err(store_error)?;
    rows.iter().map(|row| records::read(row, user)).collect()
}
