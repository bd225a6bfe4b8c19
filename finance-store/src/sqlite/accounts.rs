//! Accounts.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use finance_core::{
    Account, AccountId, AccountStatus, BalanceEntry, Balances, ChangeSet, ConnectionId, Currency,
    HolderCategory, ProviderAccount, ProviderAccountId, StoreError, UserId, Written,
};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};

use super::amount::{optional_amount, push_optional_amount};
use super::batch::Binder;
use super::error::{invalid, store_error, unreadable};
use super::history;
use super::read::{column, instant, micros, optional_instant, optional_parsed, parsed};

/// Writes what a change set says of accounts, notes what listeners want to know of it, and returns the listed accounts.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    written: &mut Written,
) -> Result<Vec<AccountId>, StoreError> {
    if change.accounts.gone.is_empty() && change.accounts.listed.is_empty() {
        return Ok(Vec::new());
    }
    let mut known = known(connection, change.connection).await?;
    let mut newest = history::newest(connection, change.connection).await?;
    for &gone in &change.accounts.gone {
        let found = known.values_mut().find(|account| account.id == gone);
        let account = found.ok_or_else(|| invalid(format!("account {gone} is none of the connection's")))?;
        if account.open {
            account.open = false;
            written.accounts_gone.push(gone);
        }
        let sql = "UPDATE finance_accounts SET gone = 1 WHERE id = ?";
        sqlx::query(sql).bind(gone.number()).execute(&mut *connection).await.map_err(store_error)?;
    }
    let at = change.balances_at.unwrap_or(change.at);
    let mut listed = Vec::with_capacity(change.accounts.listed.len());
    for account in &change.accounts.listed {
        let before = known.get(account.id.as_str());
        let outdated = before.filter(|before| before.balances_at > at);
        let (balances, balances_at) = match outdated {
            Some(newer) => (&newer.balances, newer.balances_at),
            None => (&account.balances, at),
        };
        let id = upsert(connection, change.connection, account, (balances, balances_at)).await?;
        if before.is_none_or(|before| !before.open) {
            written.accounts_connected.push(id);
        }
        if before.is_none_or(|before| !before.balances.same_amounts(balances)) {
            written.balances.push((id, balances.clone()));
        }
        let source = change.balance_source;
        let entry = BalanceEntry { account: id, at, balances: account.balances.clone(), source };
        if entry.is_news(newest.get(&id)) {
            history::insert(connection, &entry).await?;
            if newest.get(&id).is_none_or(|newest| newest.at <= entry.at) {
                newest.insert(id, entry);
            }
        }
        let now = Known { id, open: true, balances: balances.clone(), balances_at };
        known.insert(account.id.to_string(), now);
        listed.push(id);
    }
    Ok(listed)
}

/// An account as it stands before a change set.
struct Known {
    id: AccountId,
    open: bool,
    balances: Balances,
    balances_at: DateTime<Utc>,
}

/// The connection's accounts, by provider id.
async fn known(
    connection: &mut SqliteConnection,
    id: ConnectionId,
) -> Result<HashMap<String, Known>, StoreError> {
    let sql = "SELECT provider_id, id, gone, current, current_scale, available, available_scale, credit_limit, \
               credit_limit_scale, currency, updated_at, balances_at FROM finance_accounts WHERE connection_id = ?";
    let rows = sqlx::query(sql).bind(id.number()).fetch_all(connection).await.map_err(store_error)?;
    let known = |row: &SqliteRow| {
        let account = Known {
            id: AccountId::new(column(row, 1)?),
            open: !column::<bool>(row, 2)?,
            balances: balances(row, 3)?,
            balances_at: instant(row, 11)?,
        };
        Ok((column(row, 0)?, account))
    };
    rows.iter().map(known).collect()
}

/// Balances from the column of the current one and the seven that follow.
pub(super) fn balances(row: &SqliteRow, index: usize) -> Result<Balances, StoreError> {
    Ok(Balances {
        current: optional_amount(row, index)?,
        available: optional_amount(row, index + 2)?,
        limit: optional_amount(row, index + 4)?,
        currency: optional_parsed(row, index + 6, "currency", |key| Currency::from_key(key).ok())?,
        updated_at: optional_instant(row, index + 7)?,
    })
}

/// Binds the eight columns of balances.
pub(super) fn push_balances(binder: &mut Binder, balances: &Balances) {
    push_optional_amount(binder, balances.current);
    push_optional_amount(binder, balances.available);
    push_optional_amount(binder, balances.limit);
    binder.push(balances.currency.as_ref().map(Currency::key));
    binder.push(balances.updated_at.map(micros));
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
    balances: (&Balances, DateTime<Utc>),
) -> Result<AccountId, StoreError> {
    for sql in [UPDATE, INSERT] {
        let query = sqlx::query_scalar_with(sql, bind(owner, account, balances)?);
        if let Some(id) = query.fetch_optional(&mut *connection).await.map_err(store_error)? {
            return Ok(AccountId::new(id));
        }
    }
    Err(unreadable("account"))
}

fn bind(
    owner: ConnectionId,
    account: &ProviderAccount,
    (balances, balances_at): (&Balances, DateTime<Utc>),
) -> Result<SqliteArguments, StoreError> {
    let mut binder = Binder::default();
    binder.push(account.persistent_id.as_deref());
    binder.push(account.name.as_str());
    binder.push(account.official_name.as_deref());
    binder.push(account.mask.as_deref());
    binder.push(account.provider_type.as_str());
    binder.push(account.provider_subtype.as_deref());
    binder.push(account.holder.as_ref().map(holder_key));
    push_balances(&mut binder, balances);
    binder.push(micros(balances_at));
    binder.push(owner.number());
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

pub(super) const OF_USER: &str = "SELECT a.id, a.connection_id, a.provider_id, a.persistent_id, a.name, a.official_name, a.mask, a.type, \
     a.subtype, a.holder, a.current, a.current_scale, a.available, a.available_scale, a.credit_limit, \
     a.credit_limit_scale, a.currency, a.updated_at, a.balances_at, a.gone \
     FROM finance_connections c JOIN finance_accounts a ON a.connection_id = c.id \
     WHERE c.user_id = ? ORDER BY a.connection_id, a.id";

/// Every account of a user.
pub(super) async fn of_user(readers: &SqlitePool, user: &UserId) -> Result<Vec<Account>, StoreError> {
    let query = sqlx::query(OF_USER).bind(user.as_str());
    query.fetch_all(readers).await.map_err(store_error)?.iter().map(|row| account(row, user)).collect()
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
            balances: balances(row, 10)?,
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
