//! Sealed access tokens and the names of the keys that sealed them.

use finance_core::{AccessToken, ConnectionId, StoreError, UserId};
use sqlx::postgres::PgConnection;

use super::batch::Binder;
use super::error::store_error;
use crate::records::Values;
use crate::refusals::not_found;
use crate::sealed_token::{NO_KEY, Seal, SealedToken, Stored, stored_columns};
use crate::token_cipher::{TokenKeys, TokenOwner};

/// Whether the current key can seal: there is one, and it is the one that the database knows under its name.
pub(super) async fn ready(connection: &mut PgConnection, keys: Option<&TokenKeys>) -> Result<(), StoreError> {
    let seal = Seal::current(keys)?;
    let mut binder = Binder::default();
    binder.text(seal.name);
    let sql = "SELECT proof FROM finance_token_keys WHERE name = $1";
    let query = sqlx::query_scalar_with(sql, binder.finish()?);
    let known: Option<Vec<u8>> = query.fetch_optional(connection).await.map_err(store_error)?;
    seal.check(known.as_deref())
}

/// Seals a token with the current key, within a transaction of the caller's. The key's name stays until its end.
pub(super) async fn seal(
    connection: &mut PgConnection,
    keys: Option<&TokenKeys>,
    owner: TokenOwner<'_>,
    token: &AccessToken,
) -> Result<SealedToken, StoreError> {
    let seal = Seal::current(keys)?;
    let mut binder = Binder::default();
    binder.text(seal.name);
    binder.bytes(&seal.proof);
    let sql = "INSERT INTO finance_token_keys (name, proof) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    sqlx::query_with(sql, binder.finish()?).execute(&mut *connection).await.map_err(store_error)?;
    let mut binder = Binder::default();
    binder.text(seal.name);
    let sql = "SELECT id, proof FROM finance_token_keys WHERE name = $1 FOR KEY SHARE";
    let query = sqlx::query_as_with(sql, binder.finish()?);
    let (key, proof): (i64, Vec<u8>) = query.fetch_one(connection).await.map_err(store_error)?;
    seal.check(Some(&proof))?;
    seal.seal(key, owner, token)
}

/// Opens the token of a connection.
pub(super) async fn open(
    connection: &mut PgConnection,
    keys: Option<&TokenKeys>,
    user: &UserId,
    id: ConnectionId,
) -> Result<AccessToken, StoreError> {
    let sql = concat!(
        "SELECT ",
        stored_columns!(),
        " FROM finance_connections n JOIN finance_token_keys k ON k.id = n.token_key \
          WHERE n.id = $1 AND n.user_id = $2"
    );
    let mut binder = Binder::default();
    binder.number(id.number());
    binder.text(user.as_str());
    let query = sqlx::query_with(sql, binder.finish()?);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    Stored::read(&row.ok_or_else(|| not_found("connection", id.number()))?)?.open(keys)
}

/// Replaces the token of a connection that is the user's, within a transaction of the caller's.
pub(super) async fn replace(
    connection: &mut PgConnection,
    keys: Option<&TokenKeys>,
    owner: &finance_core::Connection,
    token: &AccessToken,
) -> Result<(), StoreError> {
    let parts = TokenOwner { user: &owner.user, provider: &owner.provider, provider_id: &owner.provider_id };
    let sealed = seal(connection, keys, parts, token).await?;
    store(connection, owner.id.number(), sealed).await
}

/// Seals every token with the current key that another one sealed, and returns how many there were. Names of keys that
/// no token needs any more are forgotten. Within a transaction of the caller's, until the end of which nobody else seals.
pub(super) async fn reseal(
    connection: &mut PgConnection,
    keys: Option<&TokenKeys>,
) -> Result<u64, StoreError> {
    let current = Seal::current(keys)?;
    let alone = "LOCK TABLE finance_token_keys IN EXCLUSIVE MODE";
    sqlx::query(alone).execute(&mut *connection).await.map_err(store_error)?;
    let sql = concat!(
        "SELECT ",
        stored_columns!(),
        " FROM finance_connections n JOIN finance_token_keys k ON k.id = n.token_key \
          WHERE k.name <> $1 AND k.id <> $2 ORDER BY n.id FOR UPDATE OF n"
    );
    let mut binder = Binder::default();
    binder.text(current.name);
    binder.number(NO_KEY);
    let query = sqlx::query_with(sql, binder.finish()?);
    let rows = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    let mut resealed = 0;
    for row in &rows {
        let stored = Stored::read(row)?;
        let token = stored.open(keys)?;
        let sealed = seal(connection, keys, stored.owner(), &token).await?;
        store(connection, stored.connection, sealed).await?;
        resealed += 1;
    }
    let sql = "DELETE FROM finance_token_keys k \
               WHERE id <> $1 AND NOT EXISTS (SELECT 1 FROM finance_connections n WHERE n.token_key = k.id)";
    sqlx::query(sql).bind(NO_KEY).execute(connection).await.map_err(store_error)?;
    Ok(resealed)
}

/// Puts a sealed token in place of a connection's, within a transaction of the caller's.
pub(super) async fn store(
    connection: &mut PgConnection,
    id: i64,
    token: SealedToken,
) -> Result<(), StoreError> {
    let sql = "UPDATE finance_connections SET token_key = $1, token = $2 WHERE id = $3";
    let query = sqlx::query(sql).bind(token.key).bind(token.sealed).bind(id);
    query.execute(connection).await.map(drop).map_err(store_error)
}
