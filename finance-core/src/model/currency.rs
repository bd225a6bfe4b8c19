//! Currencies: ISO 4217 codes, and the unofficial codes that providers use beside them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A currency: an ISO 4217 code (`USD`) or a provider's unofficial code (`BTC`, `GBX`).
///
/// The two never compare equal, even with the same letters: an unofficial code has no agreed number of
/// minor units and no agreed meaning. Codes that ISO 4217 does not list are kept as they came.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(Code);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Code {
    Iso([u8; 3]),
    Unofficial(Arc<str>),
}

/// Text that is no currency code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no currency code: three letters A to Z are expected, or a non-empty unofficial code")]
pub struct InvalidCurrency(String);

/// Marks an unofficial code in [`Currency::key`]; no ISO code begins with it.
const UNOFFICIAL_MARK: char = '*';

impl Currency {
    /// An ISO 4217 code: three ASCII letters, in any case.
    ///
    /// # Errors
    /// [`InvalidCurrency`] when the text is not three letters.
    pub fn iso(code: &str) -> Result<Self, InvalidCurrency> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_alphabetic) => {
                Ok(Self(Code::Iso(letters.map(|letter| letter.to_ascii_uppercase()))))
            }
            _ => Err(InvalidCurrency(code.to_owned())),
        }
    }

    /// A provider's unofficial code, kept as it is.
    ///
    /// # Errors
    /// [`InvalidCurrency`] when the text is empty.
    pub fn unofficial(code: &str) -> Result<Self, InvalidCurrency> {
        if code.is_empty() {
            return Err(InvalidCurrency(String::new()));
        }
        Ok(Self(Code::Unofficial(code.into())))
    }

    /// The code as people write it: `USD`, `BTC`.
    pub fn code(&self) -> &str {
        match &self.0 {
            // The letters were checked to be ASCII when the value was made.
            Code::Iso(letters) => std::str::from_utf8(letters).unwrap_or("XXX"),
            Code::Unofficial(code) => code,
        }
    }

    /// Whether the code is an ISO 4217 code rather than an unofficial one.
    pub const fn is_iso(&self) -> bool {
        matches!(self.0, Code::Iso(_))
    }

    /// Digits after the decimal point by ISO 4217: 2 for `USD`, 0 for `JPY`, 3 for `KWD`; `None` when no
    /// standard says so.
    pub fn minor_units(&self) -> Option<u32> {
        if !self.is_iso() {
            return None;
        }
        iso_currency::Currency::from_code(self.code())?.exponent().map(u32::from)
    }

    /// One text that tells an ISO code from an unofficial one: `USD`, `*BTC`. Read back by
    /// [`Currency::from_key`].
    pub fn key(&self) -> String {
        match &self.0 {
            Code::Iso(_) => self.code().to_owned(),
            Code::Unofficial(code) => format!("{UNOFFICIAL_MARK}{code}"),
        }
    }

    /// The [`Currency::code`] in what [`Currency::key`] wrote.
    pub fn code_in_key(key: &str) -> &str {
        key.strip_prefix(UNOFFICIAL_MARK).unwrap_or(key)
    }

    /// Reads what [`Currency::key`] wrote.
    ///
    /// # Errors
    /// [`InvalidCurrency`] when the text is neither form.
    pub fn from_key(key: &str) -> Result<Self, InvalidCurrency> {
        match key.strip_prefix(UNOFFICIAL_MARK) {
            Some(code) => Self::unofficial(code),
            None => Self::iso(key),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;
    fn try_from(key: String) -> Result<Self, InvalidCurrency> {
        Self::from_key(&key)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.key()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_and_unofficial_codes_stay_apart() {
        let iso = Currency::iso("gbp").unwrap();
        assert_eq!(iso.code(), "GBP");
        assert_eq!(iso.minor_units(), Some(2));
        assert_ne!(Currency::iso("BTC").unwrap(), Currency::unofficial("BTC").unwrap());
        assert_eq!(Currency::iso("JPY").unwrap().minor_units(), Some(0));
        assert_eq!(Currency::iso("KWD").unwrap().minor_units(), Some(3));
        assert_eq!(Currency::unofficial("GBX").unwrap().minor_units(), None);
    }

    #[test]
    fn keys_read_back() {
        for currency in [Currency::iso("EUR").unwrap(), Currency::unofficial("USDT").unwrap()] {
            assert_eq!(Currency::from_key(&currency.key()).unwrap(), currency);
        }
        for bad in ["", "EU", "EURO", "E1R", "*"] {
            assert!(Currency::from_key(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_currency_is_two_words_long() {
        assert!(size_of::<Currency>() <= 16);
    }
}
