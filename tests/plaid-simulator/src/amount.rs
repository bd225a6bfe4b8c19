//! Money as exact decimal text: read from a JSON number or string without a float, written as it is.

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// Reads a JSON number's own text, or the same in quotes. `None` for what is no number or has more than 28 digits.
pub(crate) fn parse(text: &str) -> Option<Decimal> {
    let text = text.trim().trim_matches('"');
    Decimal::from_str_exact(text)
        .ok()
        .or_else(|| text.contains(['e', 'E']).then(|| Decimal::from_scientific(text).ok())?)
}

/// Appends the number with its own scale, trailing zeros included.
pub(crate) fn write(out: &mut Vec<u8>, amount: Decimal) {
    let (mantissa, scale) = (amount.mantissa(), amount.scale() as usize);
    let Ok(mut rest) = u64::try_from(mantissa.unsigned_abs()) else {
        out.extend_from_slice(amount.to_string().as_bytes());
        return;
    };
    let mut digits = [b'0'; 64];
    let mut at = digits.len();
    let mut written = 0;
    while rest > 0 || written <= scale {
        if written == scale && scale > 0 {
            at -= 1;
            digits[at] = b'.';
        }
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        written += 1;
    }
    if mantissa < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    out.extend_from_slice(&digits[at..]);
}

/// Appends the number or `null`.
pub(crate) fn write_option(out: &mut Vec<u8>, amount: Option<Decimal>) {
    match amount {
        Some(amount) => write(out, amount),
        None => out.extend_from_slice(b"null"),
    }
}

pub(crate) fn serialize<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    let raw = RawValue::from_string(amount.to_string()).map_err(serde::ser::Error::custom)?;
    raw.serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    parse(raw.get()).ok_or_else(|| D::Error::custom(format!("{} is not an exact decimal number", raw.get())))
}

/// The same for amounts that may be absent or null.
pub(crate) mod option {
    use super::{Decimal, Deserialize, Deserializer, RawValue, Serializer, parse};
    use serde::de::Error as _;

    pub(crate) fn serialize<S: Serializer>(
        amount: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match amount {
            Some(amount) => super::serialize(amount, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get().trim() == "null" {
            return Ok(None);
        }
        let amount = parse(raw.get());
        amount.map(Some).ok_or_else(|| D::Error::custom(format!("{} is not an exact number", raw.get())))
    }
}

/// What a command does with an amount that may be unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Patch {
    /// Leave it as it is: the key is absent.
    #[default]
    Keep,
    /// Make it unknown: the key is null.
    Clear,
    /// Set it.
    Set(Decimal),
}

impl Patch {
    pub(crate) fn is_keep(&self) -> bool {
        *self == Self::Keep
    }

    pub(crate) fn apply(self, to: &mut Option<Decimal>) {
        match self {
            Self::Keep => {}
            Self::Clear => *to = None,
            Self::Set(amount) => *to = Some(amount),
        }
    }
}

impl Serialize for Patch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Keep | Self::Clear => serializer.serialize_none(),
            Self::Set(amount) => serialize(amount, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Patch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(option::deserialize(deserializer)?.map_or(Self::Clear, Self::Set))
    }
}

#[cfg(test)]
mod tests {
    use super::{Decimal, parse, write};

    #[test]
    fn numbers_come_out_digit_for_digit() {
        for text in [
            "0",
            "0.1",
            "-12.10",
            "1234567.89",
            "144575.57",
            "575.67",
            "0.00000001",
            "-0.05",
            "45",
            "100",
            "1200.00",
            "1234567890123456789012345678",
            "-0.1234567890123456789012345678",
        ] {
            let mut out = Vec::new();
            write(&mut out, parse(text).expect(text));
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
    }

    #[test]
    fn exponents_are_read_and_nonsense_is_not() {
        assert_eq!(parse("1e-8"), Some(Decimal::new(1, 8)));
        assert_eq!(parse("1E2").map(|amount| amount.to_string()), Some("100".to_owned()));
        assert_eq!(parse("\"12.10\"").map(|amount| amount.to_string()), Some("12.10".to_owned()));
        for text in ["", "abc", "1e40", "0.12345678901234567890123456789", "null"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
