//! Access tokens at rest: XChaCha20-Poly1305, bound to their connection.

use std::collections::BTreeMap;
use std::fmt;

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use finance_core::{AccessToken, ProviderConnectionId, ProviderName, StoreError, StoreErrorKind, UserId};
use secrecy::{ExposeSecret, SecretBox};

const NONCE_BYTES: usize = 24;

/// The keys to seal and open access tokens with: 32 random bytes each, kept by the host, never by a store.
///
/// Each key has a name, which is stored beside what it sealed. To rotate, give the new key as the current one and the
/// earlier ones with [`TokenKeys::with_earlier`], let the store seal every token anew, and then drop the earlier ones.
///
/// Keys are wiped from memory when the value is dropped, and never printed.
///
/// ```
/// use finance_store::TokenKeys;
///
/// # let (new_key, old_key) = ([7; 32], [8; 32]);
/// let keys = TokenKeys::new("2026", new_key).with_earlier("2025", old_key);
/// assert_eq!(format!("{keys:?}"), r#"TokenKeys { current: "2026", earlier: ["2025"] }"#);
/// ```
pub struct TokenKeys {
    current: String,
    keys: BTreeMap<String, SecretBox<[u8; 32]>>,
}

impl TokenKeys {
    /// Seals and opens with one key.
    pub fn new(name: impl Into<String>, key: [u8; 32]) -> Self {
        let current = name.into();
        Self { keys: BTreeMap::from([(current.clone(), SecretBox::new(Box::new(key)))]), current }
    }

    /// Also opens what an earlier key sealed. A name that is given already keeps its key.
    #[must_use]
    pub fn with_earlier(mut self, name: impl Into<String>, key: [u8; 32]) -> Self {
        self.keys.entry(name.into()).or_insert_with(|| SecretBox::new(Box::new(key)));
        self
    }

    /// The name of the key that seals.
    pub(crate) fn current(&self) -> &str {
        &self.current
    }

    pub(crate) fn cipher(&self, name: &str) -> Option<TokenCipher> {
        let key = self.keys.get(name)?.expose_secret();
        Some(TokenCipher(XChaCha20Poly1305::new(&Key::from(*key))))
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let earlier: Vec<&String> = self.keys.keys().filter(|name| **name != self.current).collect();
        f.debug_struct("TokenKeys").field("current", &self.current).field("earlier", &earlier).finish()
    }
}

/// Whose token it is. A sealed token opens for this connection only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TokenOwner<'a> {
    pub(crate) user: &'a UserId,
    pub(crate) provider: &'a ProviderName,
    pub(crate) provider_id: &'a ProviderConnectionId,
}

impl TokenOwner<'_> {
    /// Each part with its length, so that no two owners read alike.
    fn associated_data(&self) -> Vec<u8> {
        let mut bytes = b"finance access token, version 1".to_vec();
        for part in [self.user.as_str(), self.provider.as_str(), self.provider_id.as_str()] {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part.as_bytes());
        }
        bytes
    }
}

/// One key at work.
pub(crate) struct TokenCipher(XChaCha20Poly1305);

impl TokenCipher {
    /// Tells whether a key given later is this one, and tells nothing else of it: the tag of an empty message.
    ///
    /// Its nonce is all zeros; that a random one of 24 bytes ever is, too, need not be feared.
    pub(crate) fn proof(&self) -> Result<Vec<u8>, StoreError> {
        let payload = Payload { msg: &[], aad: b"finance token key, version 1" };
        self.0.encrypt(&XNonce::from([0; NONCE_BYTES]), payload).map_err(|_| not_sealed())
    }

    /// The token sealed: nonce, then ciphertext with its tag.
    pub(crate) fn seal(&self, owner: TokenOwner<'_>, token: &AccessToken) -> Result<Vec<u8>, StoreError> {
        let nonce = XNonce::try_generate().map_err(|error| not_sealed().with_source(error.to_string()))?;
        let associated_data = owner.associated_data();
        let payload = Payload { msg: token.expose().as_bytes(), aad: &associated_data };
        let ciphertext = self.0.encrypt(&nonce, payload).map_err(|_| not_sealed())?;
        Ok([nonce.as_slice(), &ciphertext].concat())
    }

    /// Opens what was sealed for this owner.
    pub(crate) fn open(&self, owner: TokenOwner<'_>, sealed: &[u8]) -> Result<AccessToken, StoreError> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let associated_data = owner.associated_data();
        let payload = Payload { msg: ciphertext, aad: &associated_data };
        let text = self.0.decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())?;
        String::from_utf8(text).map(AccessToken::new).map_err(|_| damaged())
    }
}

fn not_sealed() -> StoreError {
    StoreError::new(StoreErrorKind::Internal, "the access token could not be encrypted; it was not stored")
}

fn damaged() -> StoreError {
    StoreError::new(
        StoreErrorKind::Damaged,
        "a stored access token is damaged or belongs to another connection; link the institution again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner_parts(user: &str, provider: &str, id: &str) -> (UserId, ProviderName, ProviderConnectionId) {
        (
            UserId::new(user).unwrap(),
            ProviderName::new(provider).unwrap(),
            ProviderConnectionId::new(id).unwrap(),
        )
    }

    fn owner(parts: &(UserId, ProviderName, ProviderConnectionId)) -> TokenOwner<'_> {
        TokenOwner { user: &parts.0, provider: &parts.1, provider_id: &parts.2 }
    }

    fn cipher(key: u8) -> TokenCipher {
        TokenKeys::new("k", [key; 32]).cipher("k").unwrap()
    }

    #[test]
    fn a_token_opens_for_its_owner_with_its_key_only() {
        let parts = owner_parts("ada", "plaid", "item");
        let sealed = cipher(1).seal(owner(&parts), &AccessToken::new("access-1")).unwrap();
        assert_eq!(cipher(1).open(owner(&parts), &sealed).unwrap().expose(), "access-1");
        assert!(cipher(2).open(owner(&parts), &sealed).is_err());
        for other in [
            owner_parts("bob", "plaid", "item"),
            owner_parts("ada", "other", "item"),
            owner_parts("ada", "plaid", "item2"),
            owner_parts("adap", "laid", "item"),
        ] {
            let error = cipher(1).open(owner(&other), &sealed).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Damaged);
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let parts = owner_parts("ada", "plaid", "item");
        let sealed = cipher(1).seal(owner(&parts), &AccessToken::new("access-1")).unwrap();
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(cipher(1).open(owner(&parts), &changed).is_err(), "byte {index}");
            assert!(cipher(1).open(owner(&parts), &sealed[..index]).is_err(), "{index} bytes");
        }
    }

    #[test]
    fn the_same_token_never_looks_the_same() {
        let parts = owner_parts("ada", "plaid", "item");
        let seal = || cipher(1).seal(owner(&parts), &AccessToken::new("access-1")).unwrap();
        assert_ne!(seal()[..NONCE_BYTES], seal()[..NONCE_BYTES]);
        assert_ne!(seal()[NONCE_BYTES..], seal()[NONCE_BYTES..]);
    }

    #[test]
    fn proofs_tell_keys_apart() {
        assert_eq!(cipher(1).proof().unwrap(), cipher(1).proof().unwrap());
        assert_ne!(cipher(1).proof().unwrap(), cipher(2).proof().unwrap());
    }

    #[test]
    fn a_name_keeps_its_first_key() {
        let keys = TokenKeys::new("k", [1; 32]).with_earlier("k", [2; 32]);
        assert_eq!(keys.cipher("k").unwrap().proof().unwrap(), cipher(1).proof().unwrap());
        assert!(keys.cipher("other").is_none());
    }
}
