//! Sealed access tokens as every engine keeps them.

use finance_core::{
    AccessToken, ConnectionId, ProviderConnectionId, ProviderName, StoreError, StoreErrorKind, UserId,
};

use crate::records::{Cells, Row};
use crate::token_cipher::{TokenCipher, TokenKeys, TokenOwner};

/// A token as it is stored: the number of the key's name, and the sealed text.
pub(crate) struct SealedToken {
    pub(crate) key: i64,
    pub(crate) sealed: Vec<u8>,
}

/// The key of connections that have no token.
pub(crate) const NO_KEY: i64 = 0;

impl SealedToken {
    /// What a connection without a token has in its place.
    pub(crate) const fn none() -> Self {
        Self { key: NO_KEY, sealed: Vec::new() }
    }
}

/// A sealed token with everything needed to open it.
pub(crate) struct Stored {
    key: String,
    proof: Vec<u8>,
    sealed: Vec<u8>,
    pub(crate) connection: i64,
    user: UserId,
    provider: ProviderName,
    provider_id: ProviderConnectionId,
    key_id: i64,
}

/// What [`Stored::read`] reads: `k` is the key, `n` the connection.
macro_rules! stored_columns {
    () => {
        "k.name, k.proof, n.token, n.id, n.user_id, n.provider, n.provider_id, k.id"
    };
}
pub(crate) use stored_columns;

impl Stored {
    pub(crate) fn read(row: &impl Row) -> Result<Self, StoreError> {
        let mut cells = Cells::of(row);
        Ok(Self {
            key: cells.text()?,
            proof: cells.bytes()?.to_vec(),
            sealed: cells.bytes()?.to_vec(),
            connection: cells.number()?,
            user: cells.parsed("identifier", |text| UserId::new(text).ok())?,
            provider: cells.parsed("identifier", |text| ProviderName::new(text).ok())?,
            provider_id: cells.parsed("identifier", |text| ProviderConnectionId::new(text).ok())?,
            key_id: cells.number()?,
        })
    }

    pub(crate) fn owner(&self) -> TokenOwner<'_> {
        TokenOwner { user: &self.user, provider: &self.provider, provider_id: &self.provider_id }
    }

    pub(crate) fn open(&self, keys: Option<&TokenKeys>) -> Result<AccessToken, StoreError> {
        if self.key_id == NO_KEY {
            let message = format!("connection {} has no access token", ConnectionId::new(self.connection));
            return Err(StoreError::new(StoreErrorKind::NoToken, message));
        }
        let cipher = cipher(given(keys)?, &self.key)?;
        if cipher.proof()? != self.proof {
            return Err(another_key(&self.key));
        }
        cipher.open(self.owner(), &self.sealed)
    }
}

/// The key that seals.
pub(crate) struct Seal<'a> {
    pub(crate) name: &'a str,
    pub(crate) proof: Vec<u8>,
    cipher: TokenCipher,
}

impl<'a> Seal<'a> {
    /// The current one of these keys.
    pub(crate) fn current(keys: Option<&'a TokenKeys>) -> Result<Self, StoreError> {
        let keys = given(keys)?;
        let cipher = cipher(keys, keys.current())?;
        Ok(Self { name: keys.current(), proof: cipher.proof()?, cipher })
    }

    /// Refuses to seal under a name that the database knows for another key.
    pub(crate) fn check(&self, known_proof: Option<&[u8]>) -> Result<(), StoreError> {
        match known_proof {
            Some(proof) if proof != self.proof => Err(another_key(self.name)),
            _ => Ok(()),
        }
    }

    pub(crate) fn seal(
        &self,
        key: i64,
        owner: TokenOwner<'_>,
        token: &AccessToken,
    ) -> Result<SealedToken, StoreError> {
        Ok(SealedToken { key, sealed: self.cipher.seal(owner, token)? })
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
