//! Connections.

use chrono::{DateTime, Utc};
use finance_core::{
    Connection, ConnectionId, ConnectionStatus, HistoryStatus, NewConnection, ProviderConnectionId,
    ProviderName, StoreError, UserId,
};
use sqlx::Executor;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqlitePool};

use super::error::store_error;
use super::read::micros;
use super::{schedules, tokens};
use crate::records::connections::{self, columns, read};
use crate::refusals::{conflict, no_connection, not_found};
use crate::sealed_token::SealedToken;

macro_rules! select {
    ($end:literal) => {
        concat!("SELECT ", columns!(), " FROM finance_connections ", $end)
    };
}

/// Stores a connection, or the token of one that is stored, within a transaction of the caller's.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    new: &NewConnection,
    token: Option<SealedToken>,
) -> Result<Connection, StoreError> {
    let sql = "SELECT id, user_id = ? FROM finance_connections WHERE provider = ? AND provider_id = ?";
    let stored: Option<(i64, bool)> = sqlx::query_as(sql)
        .bind(new.user.as_str())
        .bind(new.provider.as_str())
        .bind(new.provider_id.as_str())
        .fetch_optional(&mut *connection)
        .await
        .map_err(store_error)?;
    let id = match stored {
        Some((_, false)) => return Err(conflict("the provider's connection belongs to another user")),
        Some((id, true)) => {
            if let Some(token) = token {
                tokens::store(connection, id, token).await?;
                begin_again(connection, id, new.created_at).await?;
            }
            id
        }
        None => {
            let id = insert_new(connection, new, token).await?;
            schedules::insert(connection, id, new).await?;
            id
        }
    };
    one(connection, &new.user, ConnectionId::new(id)).await
}

/// Makes a connection new again if it was removed.
async fn begin_again(
    connection: &mut SqliteConnection,
    id: i64,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let sql = "UPDATE finance_connections SET status = ?, cursor = NULL, revision = revision + 1 \
               WHERE id = ? AND status = ?";
    let (new, removed) = (ConnectionStatus::New.name(), ConnectionStatus::Removed.name());
    let query = sqlx::query(sql).bind(new).bind(id).bind(removed);
    if query.execute(&mut *connection).await.map_err(store_error)?.rows_affected() == 1 {
        schedules::begin_again(connection, id, at).await?;
    }
    Ok(())
}

async fn insert_new(
    connection: &mut SqliteConnection,
    new: &NewConnection,
    token: Option<SealedToken>,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO finance_connections (user_id, provider, provider_id, institution_id, institution_name, \
               status, history, created_at, token_key, token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id";
    let institution = new.institution.as_ref();
    let status = ConnectionStatus::of_new(token.is_some());
    let token = token.unwrap_or_else(SealedToken::none);
    sqlx::query_scalar(sql)
        .bind(new.user.as_str())
        .bind(new.provider.as_str())
        .bind(new.provider_id.as_str())
        .bind(institution.map(|institution| institution.id.as_str()))
        .bind(institution.and_then(|institution| institution.name.as_deref()))
        .bind(status.name())
        .bind(HistoryStatus::Unknown.name())
        .bind(micros(new.created_at))
        .bind(token.key)
        .bind(token.sealed)
        .fetch_one(connection)
        .await
        .map_err(store_error)
}

pub(super) async fn one<'e>(
    executor: impl Executor<'e, Database = Sqlite>,
    user: &UserId,
    id: ConnectionId,
) -> Result<Connection, StoreError> {
    let query = sqlx::query(select!("WHERE id = ? AND user_id = ?")).bind(id.number()).bind(user.as_str());
    let row = query.fetch_optional(executor).await.map_err(store_error)?;
    read(&row.ok_or_else(|| not_found("connection", id.number()))?)
}

pub(super) const OF_USER: &str = select!("WHERE user_id = ? ORDER BY id");

/// Every connection of a user, oldest first.
pub(super) async fn of_user(readers: &SqlitePool, user: &UserId) -> Result<Vec<Connection>, StoreError> {
    let query = sqlx::query(OF_USER).bind(user.as_str());
    query.fetch_all(readers).await.map_err(store_error)?.iter().map(read).collect()
}

pub(super) const OF_PROVIDER: &str = select!("WHERE provider = ? AND provider_id = ?");

/// The connection that a provider knows by an identifier.
pub(super) async fn of_provider(
    readers: &SqlitePool,
    provider: &ProviderName,
    id: &ProviderConnectionId,
) -> Result<Option<Connection>, StoreError> {
    let query = sqlx::query(OF_PROVIDER).bind(provider.as_str()).bind(id.as_str());
    query.fetch_optional(readers).await.map_err(store_error)?.as_ref().map(read).transpose()
}

/// Lets the revision grow, within a transaction of the caller's.
pub(super) async fn revise(connection: &mut SqliteConnection, id: ConnectionId) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE finance_connections SET revision = revision + 1 WHERE id = ?");
    query.bind(id.number()).execute(connection).await.map(drop).map_err(store_error)
}

/// Whose connection it is, and its status.
pub(super) async fn owner_and_status(
    connection: &mut SqliteConnection,
    id: ConnectionId,
) -> Result<(UserId, ConnectionStatus), StoreError> {
    let query = sqlx::query("SELECT user_id, status FROM finance_connections WHERE id = ?").bind(id.number());
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    connections::owner_and_status(&row.ok_or_else(|| no_connection(id.number()))?)
}
