//! Connections.

use chrono::{DateTime, Utc};
use finance_core::{
    Connection, ConnectionId, ConnectionStatus, HistoryStatus, NewConnection, ProviderConnectionId,
    ProviderName, StoreError, UserId,
};
use sqlx::postgres::PgConnection;

use super::batch::Binder;
use super::error::store_error;
use super::{schedules, tokens};
use crate::records::connections::{self, columns, read};
use crate::records::{Cells, Values};
use crate::refusals::{conflict, no_connection, not_found};
use crate::sealed_token::SealedToken;

macro_rules! select {
    ($end:literal) => {
        concat!("SELECT ", columns!(), " FROM finance_connections ", $end)
    };
}

/// Stores a connection, or the token of one that is stored, within a transaction of the caller's.
pub(super) async fn insert(
    connection: &mut PgConnection,
    new: &NewConnection,
    token: Option<SealedToken>,
) -> Result<Connection, StoreError> {
    let token = match stored(connection, new).await? {
        Some(id) => return again(connection, new, id, token).await,
        None => token,
    };
    let id = match insert_new(connection, new, &token).await? {
        Some(id) => id,
        // Somebody stored it just now.
        None => match stored(connection, new).await? {
            Some(id) => return again(connection, new, id, token).await,
            None => return Err(conflict("the connection was stored and erased meanwhile")),
        },
    };
    schedules::insert(connection, id, new).await?;
    one(connection, &new.user, ConnectionId::new(id)).await
}

/// The number of a connection that is stored already, which nobody else changes until the end of the transaction.
async fn stored(connection: &mut PgConnection, new: &NewConnection) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT id, user_id = $1 FROM finance_connections WHERE provider = $2 AND provider_id = $3 FOR UPDATE";
    let mut binder = Binder::default();
    binder.text(new.user.as_str());
    binder.text(new.provider.as_str());
    binder.text(new.provider_id.as_str());
    let query = sqlx::query_with(sql, binder.finish()?);
    let Some(row) = query.fetch_optional(connection).await.map_err(store_error)? else { return Ok(None) };
    let mut cells = Cells::of(&row);
    let id = cells.number()?;
    if cells.flag()? {
        return Ok(Some(id));
    }
    Err(conflict("the provider's connection belongs to another user"))
}

async fn again(
    connection: &mut PgConnection,
    new: &NewConnection,
    id: i64,
    token: Option<SealedToken>,
) -> Result<Connection, StoreError> {
    if let Some(token) = token {
        tokens::store(connection, id, token).await?;
        begin_again(connection, id, new.created_at).await?;
    }
    one(connection, &new.user, ConnectionId::new(id)).await
}

/// Makes a connection new again if it was removed.
async fn begin_again(connection: &mut PgConnection, id: i64, at: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "UPDATE finance_connections SET status = $1, cursor = NULL, revision = revision + 1 \
               WHERE id = $2 AND status = $3";
    let (new, removed) = (ConnectionStatus::New.name(), ConnectionStatus::Removed.name());
    let query = sqlx::query(sql).bind(new).bind(id).bind(removed);
    if query.execute(&mut *connection).await.map_err(store_error)?.rows_affected() == 1 {
        schedules::begin_again(connection, id, at).await?;
    }
    Ok(())
}

async fn insert_new(
    connection: &mut PgConnection,
    new: &NewConnection,
    token: &Option<SealedToken>,
) -> Result<Option<i64>, StoreError> {
    let sql = "INSERT INTO finance_connections (user_id, provider, provider_id, institution_id, institution_name, \
               status, history, created_at, token_key, token) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
               ON CONFLICT (provider, provider_id) DO NOTHING RETURNING id";
    let institution = new.institution.as_ref();
    let none = SealedToken::none();
    let sealed = token.as_ref().unwrap_or(&none);
    let mut binder = Binder::default();
    binder.text(new.user.as_str());
    binder.text(new.provider.as_str());
    binder.text(new.provider_id.as_str());
    binder.text(institution.map(|institution| institution.id.as_str()));
    binder.text(institution.and_then(|institution| institution.name.as_deref()));
    binder.text(ConnectionStatus::of_new(token.is_some()).name());
    binder.text(HistoryStatus::Unknown.name());
    binder.instant(new.created_at);
    binder.number(sealed.key);
    binder.bytes(&sealed.sealed);
    let query = sqlx::query_scalar_with(sql, binder.finish()?);
    query.fetch_optional(connection).await.map_err(store_error)
}

pub(super) async fn one(
    connection: &mut PgConnection,
    user: &UserId,
    id: ConnectionId,
) -> Result<Connection, StoreError> {
    let mut binder = Binder::default();
    binder.number(id.number());
    binder.text(user.as_str());
    let query = sqlx::query_with(select!("WHERE id = $1 AND user_id = $2"), binder.finish()?);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    read(&row.ok_or_else(|| not_found("connection", id.number()))?)
}

/// One connection of a user, which nobody else changes until the end of the caller's transaction.
pub(super) async fn locked(
    connection: &mut PgConnection,
    user: &UserId,
    id: ConnectionId,
) -> Result<Connection, StoreError> {
    let mut binder = Binder::default();
    binder.number(id.number());
    binder.text(user.as_str());
    let query = sqlx::query_with(select!("WHERE id = $1 AND user_id = $2 FOR UPDATE"), binder.finish()?);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    read(&row.ok_or_else(|| not_found("connection", id.number()))?)
}

/// Every connection of a user, oldest first.
pub(super) async fn of_user(
    connection: &mut PgConnection,
    user: &UserId,
) -> Result<Vec<Connection>, StoreError> {
    let mut binder = Binder::default();
    binder.text(user.as_str());
    let query = sqlx::query_with(select!("WHERE user_id = $1 ORDER BY id"), binder.finish()?);
    query.fetch_all(connection).await.map_err(store_error)?.iter().map(read).collect()
}

/// The connection that a provider knows by this identifier.
pub(super) async fn of_provider(
    connection: &mut PgConnection,
    provider: &ProviderName,
    id: &ProviderConnectionId,
) -> Result<Option<Connection>, StoreError> {
    let mut binder = Binder::default();
    binder.text(provider.as_str());
    binder.text(id.as_str());
    let query = sqlx::query_with(select!("WHERE provider = $1 AND provider_id = $2"), binder.finish()?);
    query.fetch_optional(connection).await.map_err(store_error)?.as_ref().map(read).transpose()
}

/// Whose connection it is; that never changes.
pub(super) async fn owner(connection: &mut PgConnection, id: ConnectionId) -> Result<UserId, StoreError> {
    owner_and_status(connection, id, "SELECT user_id, status FROM finance_connections WHERE id = $1")
        .await
        .map(|(user, _)| user)
}

/// The status of a connection, which nobody else changes until the end of the caller's transaction.
pub(super) async fn locked_status(
    connection: &mut PgConnection,
    id: ConnectionId,
) -> Result<ConnectionStatus, StoreError> {
    let sql = "SELECT user_id, status FROM finance_connections WHERE id = $1 FOR UPDATE";
    owner_and_status(connection, id, sql).await.map(|(_, status)| status)
}

async fn owner_and_status(
    connection: &mut PgConnection,
    id: ConnectionId,
    sql: &'static str,
) -> Result<(UserId, ConnectionStatus), StoreError> {
    let query = sqlx::query(sql).bind(id.number());
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    connections::owner_and_status(&row.ok_or_else(|| no_connection(id.number()))?)
}

/// Lets the revision grow, within a transaction of the caller's.
pub(super) async fn revise(connection: &mut PgConnection, id: ConnectionId) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE finance_connections SET revision = revision + 1 WHERE id = $1");
    query.bind(id.number()).execute(connection).await.map(drop).map_err(store_error)
}
