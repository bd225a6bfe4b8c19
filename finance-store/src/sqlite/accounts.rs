//! Accounts.

use std::collections::HashMap;

use finance_core::{
    Account, AccountId, AccountStatus, Balances, ChangeSet, ConnectionId, Currency, HolderCategory,
    ProviderAccount, ProviderAccountId, StoreError, UserId,
};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};

use super::amount::{optional_amount, push_optional_amount};
use super::batch::Binder;
use super::error::{invalid, store_error};
use super::read::{column, instant, micros, optional_instant, optional_parsed, parsed};

/// Writes what a change set says of accounts.
pub(super) async fn write(connection: &mut SqliteConnection, change: &ChangeSet) -> Result<(), StoreError> {
    for gone in &change.accounts.gone {
        let done = sqlx::query("UPDATE finance_accounts SET gone = 1 WHERE id = ? AND connection_id = ?")
            .bind(gone.number())
            .bind(change.connection.number())
            .execute(&mut *connection)
            .await
            .map_err(store_error)?;
        if done.rows_affected() == 0 {
            return Err(invalid(format!("account {gone} is none of the connection's")));
        }
    }
    for account in &change.accounts.listed {
        upsert(connection, change, account).await?;
    }
    Ok(())
}

/// The columns of an account in the order in which [`bind`] binds them, for one statement or the other.
macro_rules! columns {
    () => {
        "persistent_id, name, official_name, mask, type, subtype, holder, current, current_scale, available, \
         available_scale, credit_limit, credit_limit_scale, currency, updated_at, balances_at, gone"
    };
}
const UPDATE: &str = concat!(
    "UPDATE finance_accounts SET (",
    columns!(),
    ") = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0) WHERE connection_id = ? AND provider_id = ?"
);
const INSERT: &str = concat!(
    "INSERT INTO finance_accounts (",
    columns!(),
    ", connection_id, provider_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)"
);

async fn upsert(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    account: &ProviderAccount,
) -> Result<(), StoreError> {
    for sql in [UPDATE, INSERT] {
        let query = sqlx::query_with(sql, bind(change, account)?);
        let done = query.execute(&mut *connection).await.map_err(store_error)?;
        if done.rows_affected() == 1 {
            break;
        }
    }
    Ok(())
}

fn bind(change: &ChangeSet, account: &ProviderAccount) -> Result<SqliteArguments, StoreError> {
    let balances = &account.balances;
    let mut binder = Binder::default();
    binder.push(account.persistent_id.as_deref());
    binder.push(account.name.as_str());
    binder.push(account.official_name.as_deref());
    binder.push(account.mask.as_deref());
    binder.push(account.provider_type.as_str());
    binder.push(account.provider_subtype.as_deref());
    binder.push(account.holder.as_ref().map(holder_key));
    push_optional_amount(&mut binder, balances.current);
    push_optional_amount(&mut binder, balances.available);
    push_optional_amount(&mut binder, balances.limit);
    binder.push(balances.currency.as_ref().map(Currency::key));
    binder.push(balances.updated_at.map(micros));
    binder.push(micros(change.at));
    binder.push(change.connection.number());
    binder.push(account.id.as_str());
    binder.finish()
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

/// Every account of a user.
pub(super) async fn of_user(readers: &SqlitePool, user: &UserId) -> Result<Vec<Account>, StoreError> {
    let sql = "SELECT a.id, a.connection_id, a.provider_id, a.persistent_id, a.name, a.official_name, a.mask, a.type, \
               a.subtype, a.holder, a.current, a.current_scale, a.available, a.available_scale, a.credit_limit, \
               a.credit_limit_scale, a.currency, a.updated_at, a.balances_at, a.gone \
               FROM finance_connections c JOIN finance_accounts a ON a.connection_id = c.id \
               WHERE c.user_id = ? ORDER BY a.connection_id, a.id";
    let rows = sqlx::query(sql).bind(user.as_str()).fetch_all(readers).await.map_err(store_error)?;
    rows.iter().map(|row| account(row, user)).collect()
}

fn account(row: &SqliteRow, user: &UserId) -> Result<Account, StoreError> {
    Ok(Account {
        id: AccountId::new(column(row, 0)?),
        user: user.clone(),
        connection: ConnectionId::new(column(row, 1)?),
        provider: ProviderAccount {
            id: parsed(row, 2, "identifier", |text| ProviderAccountId::new(text).ok())?,
            persistent_id: column(row, 3)?,
            name: column(row, 4)?,
            official_name: column(row, 5)?,
            mask: column(row, 6)?,
            provider_type: column(row, 7)?,
            provider_subtype: column(row, 8)?,
            holder: optional_parsed(row, 9, "account holder", holder_from_key)?,
            balances: Balances {
                current: optional_amount(row, 10)?,
                available: optional_amount(row, 12)?,
                limit: optional_amount(row, 14)?,
                currency: optional_parsed(row, 16, "currency", |key| Currency::from_key(key).ok())?,
                updated_at: optional_instant(row, 17)?,
            },
        },
        status: if column(row, 19)? { AccountStatus::Gone } else { AccountStatus::Open },
        balances_at: instant(row, 18)?,
    })
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
