//! Sealed access tokens and the names of the keys that sealed them.

use finance_core::{AccessToken, ConnectionId, StoreError, UserId};
use sqlx::Executor;
use sqlx::sqlite::{Sqlite, SqliteConnection};

use super::error::store_error;
use crate::refusals::not_found;
use crate::sealed_token::{NO_KEY, Seal, SealedToken, Stored, stored_columns};
use crate::token_cipher::{TokenKeys, TokenOwner};

/// Whether the current key can seal: there is one, and it is the one that the database knows under its name.
pub(super) async fn ready<'e>(
    executor: impl Executor<'e, Database = Sqlite>,
    keys: Option<&TokenKeys>,
) -> Result<(), StoreError> {
    let seal = Seal::current(keys)?;
    let query = sqlx::query_scalar("SELECT proof FROM finance_token_keys WHERE name = ?").bind(seal.name);
    let known: Option<Vec<u8>> = query.fetch_optional(executor).await.map_err(store_error)?;
    seal.check(known.as_deref())
}

/// Seals a token with the current key, within a transaction of the caller's.
pub(super) async fn seal(
    connection: &mut SqliteConnection,
    keys: Option<&TokenKeys>,
    owner: TokenOwner<'_>,
    token: &AccessToken,
) -> Result<SealedToken, StoreError> {
    ready(&mut *connection, keys).await?;
    let seal = Seal::current(keys)?;
    let sql = "INSERT INTO finance_token_keys (name, proof) VALUES (?, ?) \
               ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id";
    let query = sqlx::query_scalar(sql).bind(seal.name).bind(seal.proof.as_slice());
    let key = query.fetch_one(connection).await.map_err(store_error)?;
    seal.seal(key, owner, token)
}

/// Opens the token of a connection.
pub(super) async fn open<'e>(
    executor: impl Executor<'e, Database = Sqlite>,
    keys: Option<&TokenKeys>,
    user: &UserId,
    id: ConnectionId,
) -> Result<AccessToken, StoreError> {
    let sql = concat!(
        "SELECT ",
        stored_columns!(),
        " FROM finance_connections n JOIN finance_token_keys k ON k.id = n.token_key \
          WHERE n.id = ? AND n.user_id = ?"
    );
    let query = sqlx::query(sql).bind(id.number()).bind(user.as_str());
    let row = query.fetch_optional(executor).await.map_err(store_error)?;
    Stored::read(&row.ok_or_else(|| not_found("connection", id.number()))?)?.open(keys)
}

/// Replaces the token of a connection that is the user's, within a transaction of the caller's.
pub(super) async fn replace(
    connection: &mut SqliteConnection,
    keys: Option<&TokenKeys>,
    owner: &finance_core::Connection,
    token: &AccessToken,
) -> Result<(), StoreError> {
    let parts = TokenOwner { user: &owner.user, provider: &owner.provider, provider_id: &owner.provider_id };
    let sealed = seal(connection, keys, parts, token).await?;
    store(connection, owner.id.number(), sealed).await
}

/// Seals every token with the current key that another one sealed, and returns how many there were. Names of keys that
/// no token needs any more are forgotten. Within a transaction of the caller's.
pub(super) async fn reseal(
    connection: &mut SqliteConnection,
    keys: Option<&TokenKeys>,
) -> Result<u64, StoreError> {
    let current = Seal::current(keys)?;
    let sql = concat!(
        "SELECT ",
        stored_columns!(),
        " FROM finance_connections n JOIN finance_token_keys k ON k.id = n.token_key \
          WHERE k.name <> ? AND k.id <> ?"
    );
    let query = sqlx::query(sql).bind(current.name).bind(NO_KEY);
    let rows = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    let mut resealed = 0;
    for row in &rows {
        let stored = Stored::read(row)?;
        let token = stored.open(keys)?;
        let sealed = seal(connection, keys, stored.owner(), &token).await?;
        store(connection, stored.connection, sealed).await?;
        resealed += 1;
    }
    let sql = "DELETE FROM finance_token_keys \
               WHERE id <> ? AND id NOT IN (SELECT token_key FROM finance_connections)";
    sqlx::query(sql).bind(NO_KEY).execute(connection).await.map_err(store_error)?;
    Ok(resealed)
}

/// Puts a sealed token in place of a connection's, within a transaction of the caller's.
pub(super) async fn store(
    connection: &mut SqliteConnection,
    id: i64,
    token: SealedToken,
) -> Result<(), StoreError> {
    let sql = "UPDATE finance_connections SET token_key = ?, token = ? WHERE id = ?";
    let query = sqlx::query(sql).bind(token.key).bind(token.sealed).bind(id);
    query.execute(connection).await.map(drop).map_err(store_error)
}
