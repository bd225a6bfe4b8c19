//! The signature: a compact JSON Web Token by ES256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use finance_core::{WebhookDigest, WebhookError, WebhookErrorKind};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use sha2::{Digest, Sha256};

/// A genuine token has some 400 characters.
const LONGEST: usize = 4 * 1_024;
const LONGEST_KEY_ID: usize = 128;

/// A token whose signature nobody has looked at yet.
pub(super) struct SignedToken<'a> {
    key_id: String,
    /// Header and claims as they were signed.
    signed: &'a str,
    claims: Vec<u8>,
    signature: Signature,
}

/// What a token says, once its signature holds.
pub(super) struct Claims {
    pub(super) at: DateTime<Utc>,
    pub(super) body_hash: [u8; 32],
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
    /// What whoever reads the token must understand.
    crit: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct WrittenClaims {
    iat: i64,
    request_body_sha256: String,
}

fn malformed(message: &'static str) -> WebhookError {
    WebhookError::new(WebhookErrorKind::Malformed, message)
}

fn forged(message: &'static str) -> WebhookError {
    WebhookError::new(WebhookErrorKind::Forged, message)
}

fn decoded(text: &str) -> Result<Vec<u8>, WebhookError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed("a part of the signature is no base64url"))
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WebhookError> {
    serde_json::from_slice(bytes).map_err(|_| malformed("a part of the signature is not the JSON of a token"))
}

impl<'a> SignedToken<'a> {
    pub(super) fn read(token: &'a str) -> Result<Self, WebhookError> {
        if token.len() > LONGEST {
            return Err(malformed("the signature is longer than any of Plaid"));
        }
        let (signed, signature) =
            token.rsplit_once('.').ok_or_else(|| malformed("the signature has no parts"))?;
        let (header, claims) =
            signed.split_once('.').ok_or_else(|| malformed("the signature has two parts"))?;
        let header: Header = json(&decoded(header)?)?;
        // Whoever lets the token choose its algorithm lets it choose none.
        if header.alg != "ES256" || header.crit.is_some() {
            return Err(forged("it is not signed the way Plaid signs"));
        }
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
        if header.kid.is_empty() || header.kid.len() > LONGEST_KEY_ID || !header.kid.chars().all(is_plain) {
            return Err(forged("it names a key that none of Plaid's can be"));
        }
        let signature = Signature::from_slice(&decoded(signature)?)
            .map_err(|_| forged("the signature has not the form of one by ES256"))?;
        Ok(Self { key_id: header.kid, signed, claims: decoded(claims)?, signature })
    }

    /// The key that it claims to be signed with.
    pub(super) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// What the token says, if this key signed it.
    pub(super) fn claims(&self, key: &VerifyingKey) -> Result<Claims, WebhookError> {
        key.verify(self.signed.as_bytes(), &self.signature)
            .map_err(|_| forged("the signature is not by the key that it names"))?;
        let claims: WrittenClaims = json(&self.claims)?;
        let at = DateTime::from_timestamp(claims.iat, 0)
            .ok_or_else(|| malformed("the signature's instant is none"))?;
        let body_hash = from_hex(&claims.request_body_sha256)
            .ok_or_else(|| malformed("the signed hash of the body is none"))?;
        Ok(Claims { at, body_hash })
    }

    /// The half of the signature that is left out can be changed without the key.
    pub(super) fn digest(&self) -> WebhookDigest {
        let hash = Sha256::new()
            .chain_update(self.signed)
            .chain_update([0])
            .chain_update(self.signature.r().to_bytes());
        WebhookDigest(hash.finalize().into())
    }
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits: [u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(0)? * 16 + digit(1)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(header: &str, signature: &[u8]) -> WebhookErrorKind {
        let [header, signature] = [header.as_bytes(), signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        let token = format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(b"{}"));
        SignedToken::read(&token).err().unwrap().kind()
    }

    #[test]
    fn tokens_that_are_none_are_refused() {
        use WebhookErrorKind::{Forged, Malformed};
        let long = "a".repeat(5_000);
        for token in ["", ".", "..", "a", "a.b", "%.%.%", "e30.e30.e30", "e30=.e30.e30", long.as_str()] {
            assert_eq!(SignedToken::read(token).err().unwrap().kind(), Malformed, "{token}");
        }
        let deep = format!("{{\"alg\":{}1{}}}", "[".repeat(1_000), "]".repeat(1_000));
        for (header, kind) in [
            (r#"{"alg":"none","kid":"a"}"#, Forged),
            (r#"{"alg":"HS256","kid":"a"}"#, Forged),
            (r#"{"alg":"es256","kid":"a"}"#, Forged),
            (r#"{"alg":"ES256","kid":"a","crit":["exp"]}"#, Forged),
            (r#"{"alg":"ES256","kid":""}"#, Forged),
            (r#"{"alg":"ES256","kid":"../a b"}"#, Forged),
            (r#"{"alg":"ES256"}"#, Malformed),
            (r#"{"alg":"ES256","alg":"ES256","kid":"a"}"#, Malformed),
            (r#"{"alg":["ES256"],"kid":"a"}"#, Malformed),
            (deep.as_str(), Malformed),
        ] {
            assert_eq!(refused(header, &[1; 64]), kind, "{header}");
        }
        let header = r#"{"alg":"ES256","kid":"a"}"#;
        for signature in
            [&[1; 63][..], &[1; 65], &[0; 64], &[255; 64], &[], b"\x30\x06\x02\x01\x01\x02\x01\x01"]
        {
            assert_eq!(refused(header, signature), Forged, "{signature:?}");
        }
    }

    #[test]
    fn hexadecimal_is_read_whole_or_not_at_all() {
        let text = "00ff1020".to_owned() + &"7".repeat(56);
        let bytes = from_hex(&text).unwrap();
        assert_eq!((&bytes[..4], bytes[31]), (&[0, 255, 16, 32][..], 0x77));
        assert_eq!(from_hex(&text.to_uppercase()), Some(bytes));
        for wrong in
            ["", &text[1..], &(text.clone() + "0"), &text.replace('f', "g"), &text.replace("ff", "é")]
        {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }
}
