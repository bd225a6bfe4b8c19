//! Sealed access tokens and the names of the keys that sealed them.

use finance_core::{
    AccessToken, ConnectionId, ProviderConnectionId, ProviderName, StoreError, StoreErrorKind, UserId,
};
use sqlx::Executor;
use sqlx::sqlite::{Sqlite, SqliteConnection, SqliteRow};

use super::error::{not_found, store_error};
use super::read::{column, parsed};
use crate::token_cipher::{TokenCipher, TokenKeys, TokenOwner};

/// A token as it is stored: the number of the key's name, and the sealed text.
pub(super) struct SealedToken {
    pub(super) key: i64,
    pub(super) sealed: Vec<u8>,
}

/// The key of connections that have no token.
pub(super) const NO_KEY: i64 = 0;

impl SealedToken {
    /// What a connection without a token has in its place.
    pub(super) const fn none() -> Self {
        Self { key: NO_KEY, sealed: Vec::new() }
    }
}

/// Whether the current key can seal: there is one, and it is the one that the database knows under its name.
pub(super) async fn ready<'e>(
    executor: impl Executor<'e, Database = Sqlite>,
    keys: Option<&TokenKeys>,
) -> Result<(), StoreError> {
    let keys = given(keys)?;
    let cipher = cipher(keys, keys.current())?;
    let sql = "SELECT proof FROM finance_token_keys WHERE name = ?";
    let proof: Option<Vec<u8>> =
        sqlx::query_scalar(sql).bind(keys.current()).fetch_optional(executor).await.map_err(store_error)?;
    match proof {
        Some(proof) if proof != cipher.proof()? => Err(another_key(keys.current())),
        _ => Ok(()),
    }
}

/// Seals a token with the current key, within a transaction of the caller's.
pub(super) async fn seal(
    connection: &mut SqliteConnection,
    keys: Option<&TokenKeys>,
    owner: TokenOwner<'_>,
    token: &AccessToken,
) -> Result<SealedToken, StoreError> {
    ready(&mut *connection, keys).await?;
    let keys = given(keys)?;
    let cipher = cipher(keys, keys.current())?;
    let sql = "INSERT INTO finance_token_keys (name, proof) VALUES (?, ?) \
               ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id";
    let query = sqlx::query_scalar(sql).bind(keys.current()).bind(cipher.proof()?);
    let key = query.fetch_one(connection).await.map_err(store_error)?;
    Ok(SealedToken { key, sealed: cipher.seal(owner, token)? })
}

/// Opens the token of a connection.
pub(super) async fn open<'e>(
    executor: impl Executor<'e, Database = Sqlite>,
    keys: Option<&TokenKeys>,
    user: &UserId,
    id: ConnectionId,
) -> Result<AccessToken, StoreError> {
    let sql = "SELECT k.name, k.proof, n.token, n.id, n.user_id, n.provider, n.provider_id, k.id \
               FROM finance_connections n JOIN finance_token_keys k ON k.id = n.token_key \
               WHERE n.id = ? AND n.user_id = ?";
    let query = sqlx::query(sql).bind(id.number()).bind(user.as_str());
    let row = query.fetch_optional(executor).await.map_err(store_error)?;
    let row = row.ok_or_else(|| not_found("connection", id.number()))?;
    if column::<i64>(&row, 7)? == NO_KEY {
        let message = format!("connection {id} has no access token");
        return Err(StoreError::new(StoreErrorKind::NoToken, message));
    }
    Stored::read(&row)?.open(given(keys)?)
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
    let keys = given(keys)?;
    let sql = "SELECT k.name, k.proof, n.token, n.id, n.user_id, n.provider, n.provider_id \
               FROM finance_connections n JOIN finance_token_keys k ON k.id = n.token_key \
               WHERE k.name <> ? AND k.id <> ?";
    let query = sqlx::query(sql).bind(keys.current()).bind(NO_KEY);
    let rows = query.fetch_all(&mut *connection).await.map_err(store_error)?;
    let mut resealed = 0;
    for row in &rows {
        let stored = Stored::read(row)?;
        let token = stored.open(keys)?;
        let sealed = seal(connection, Some(keys), stored.owner(), &token).await?;
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

/// A sealed token with everything needed to open it.
struct Stored {
    key: String,
    proof: Vec<u8>,
    sealed: Vec<u8>,
    connection: i64,
    user: UserId,
    provider: ProviderName,
    provider_id: ProviderConnectionId,
}

impl Stored {
    fn read(row: &SqliteRow) -> Result<Self, StoreError> {
        Ok(Self {
            key: column(row, 0)?,
            proof: column(row, 1)?,
            sealed: column(row, 2)?,
            connection: column(row, 3)?,
            user: parsed(row, 4, "identifier", |text| UserId::new(text).ok())?,
            provider: parsed(row, 5, "identifier", |text| ProviderName::new(text).ok())?,
            provider_id: parsed(row, 6, "identifier", |text| ProviderConnectionId::new(text).ok())?,
        })
    }

    fn owner(&self) -> TokenOwner<'_> {
        TokenOwner { user: &self.user, provider: &self.provider, provider_id: &self.provider_id }
    }

    fn open(&self, keys: &TokenKeys) -> Result<AccessToken, StoreError> {
        let cipher = cipher(keys, &self.key)?;
        if cipher.proof()? != self.proof {
            return Err(another_key(&self.key));
        }
        cipher.open(self.owner(), &self.sealed)
    }
}

fn given(keys: Option<&TokenKeys>) -> Result<&TokenKeys, StoreError> {
    keys.ok_or_else(|| {
        no_key("the store was opened without keys for access tokens; open it with them".to_owned())
    })
}

fn cipher(keys: &TokenKeys, name: &str) -> Result<TokenCipher, StoreError> {
    keys.cipher(name)
        .ok_or_else(|| no_key(format!("the key `{name}` is needed for an access token; give it too")))
}

fn another_key(name: &str) -> StoreError {
    no_key(format!("the key given as `{name}` is not the one that sealed the stored tokens under that name"))
}

fn no_key(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::NoKey, message)
}
