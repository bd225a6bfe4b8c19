//! Accounts.

use std::collections::HashMap;

use finance_core::{
    Account, AccountId, ChangeSet, ConnectionId, ProviderAccount, StoreError, UserId, Written,
};
use sqlx::postgres::PgConnection;

use super::batch::Binder;
use super::error::store_error;
use super::history;
use crate::changes::Accounts;
use crate::records::Values;
use crate::records::accounts::{self as records, DatedBalances, Known};

/// Writes what a change set says of accounts, notes what listeners want to know of it, and returns the listed accounts.
pub(super) async fn write(
    connection: &mut PgConnection,
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
        let sql = "UPDATE finance_accounts SET gone = TRUE WHERE id = $1";
        sqlx::query(sql).bind(gone.number()).execute(&mut *connection).await.map_err(store_error)?;
    }
    let mut listed = Vec::with_capacity(change.accounts.listed.len());
    let mut entries = Vec::new();
    for account in &change.accounts.listed {
        let balances = accounts.balances_of(account, change);
        let id = upsert(connection, change.connection, account, &balances).await?;
        entries.extend(accounts.listed(id, account, balances, change, written));
        listed.push(id);
    }
    history::insert(connection, &entries).await?;
    Ok(listed)
}

/// The connection's accounts, by provider id.
async fn known(
    connection: &mut PgConnection,
    id: ConnectionId,
) -> Result<HashMap<String, Known>, StoreError> {
    let sql = "SELECT provider_id, id, gone, current, available, credit_limit, currency, updated_at, balances_at \
               FROM finance_accounts WHERE connection_id = $1";
    let rows = sqlx::query(sql).bind(id.number()).fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(records::known).collect()
}

/// The columns of an account in the order in which [`records::give`] gives them.
macro_rules! columns {
    () => {
        "persistent_id, name, official_name, mask, type, subtype, holder, current, available, credit_limit, currency, \
         updated_at, balances_at"
    };
}
/// First an update, so that numbers are used up by new accounts only.
const UPDATE: &str = concat!(
    "UPDATE finance_accounts SET gone = FALSE, (",
    columns!(),
    ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) WHERE connection_id = $14 AND provider_id = $15 \
     RETURNING id"
);
const INSERT: &str = concat!(
    "INSERT INTO finance_accounts (gone, ",
    columns!(),
    ", connection_id, provider_id) VALUES (FALSE, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
     RETURNING id"
);

async fn upsert(
    connection: &mut PgConnection,
    owner: ConnectionId,
    account: &ProviderAccount,
    balances: &DatedBalances,
) -> Result<AccountId, StoreError> {
    let bound = || {
        let mut binder = Binder::default();
        records::give(&mut binder, owner, account, balances);
        binder.finish()
    };
    let query = sqlx::query_scalar_with(UPDATE, bound()?);
    if let Some(id) = query.fetch_optional(&mut *connection).await.map_err(store_error)? {
        return Ok(AccountId::new(id));
    }
    let query = sqlx::query_scalar_with(INSERT, bound()?);
    query.fetch_one(connection).await.map(AccountId::new).map_err(store_error)
}

/// The connection's accounts: provider id to number.
pub(super) async fn numbers(
    connection: &mut PgConnection,
    id: ConnectionId,
) -> Result<HashMap<String, i64>, StoreError> {
    let known = known(connection, id).await?;
    Ok(known.into_iter().map(|(provider_id, account)| (provider_id, account.id.number())).collect())
}

const OF_USER: &str = "SELECT a.id, a.connection_id, a.provider_id, a.persistent_id, a.name, a.official_name, a.mask, a.type, \
     a.subtype, a.holder, a.current, a.available, a.credit_limit, a.currency, a.updated_at, a.balances_at, a.gone \
     FROM finance_connections c JOIN finance_accounts a ON a.connection_id = c.id \
     WHERE c.user_id = $1 ORDER BY a.connection_id, a.id";

/// Every account of a user.
pub(super) async fn of_user(
    connection: &mut PgConnection,
    user: &UserId,
) -> Result<Vec<Account>, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    let query = sqlx::query_with(OF_USER, binder.finish()?);
    let rows = query.fetch_all(connection).await.map_err(store_error)?;
    rows.iter().map(|row| records::read(row, user)).collect()
}
