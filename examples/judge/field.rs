//! The values a case is made of, each read from its own text: nothing passes through a float.

use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use finance_core::{AmountError, ConnectionStatus, ProviderErrorKind, RunOutcome, parse_amount};
use rust_decimal::Decimal;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

/// A JSON string or number, told apart: `1` and `"1"` are two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Scalar<'a> {
    Text(Cow<'a, str>),
    Number(&'a str),
}

impl<'a> Scalar<'a> {
    fn of(raw: &'a RawValue) -> Result<Self, String> {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'"') if !text.contains('\\') => Ok(Self::Text(Cow::Borrowed(&text[1..text.len() - 1]))),
            Some(b'"') => serde_json::from_str(text)
                .map(|text| Self::Text(Cow::Owned(text)))
                .map_err(|_| format!("{} is no valid text", shortened(text))),
            Some(b'-' | b'0'..=b'9') => Ok(Self::Number(text)),
            Some(b'n') => Err("is missing".to_owned()),
            _ => Err(format!("{} is neither a string nor a number", shortened(text))),
        }
    }

    /// The text, or the number's digits.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Number(digits) => digits,
        }
    }

    /// As an error names it.
    fn quoted(&self) -> String {
        match self {
            Self::Text(text) => format!("{:?}", shortened(text)),
            Self::Number(digits) => shortened(digits),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(<&RawValue>::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// An identifier, which the answer gives back as it was written.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(transparent)]
pub(crate) struct Id<'a>(&'a RawValue);

impl<'a> Id<'a> {
    /// What it names: an escaped letter is the letter.
    pub(crate) fn name(self) -> Scalar<'a> {
        // Only what reads as a scalar has become an identifier.
        Scalar::of(self.0).unwrap_or(Scalar::Number(self.0.get()))
    }
}

/// As it was written.
impl fmt::Display for Id<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.get())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Id<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Scalar::of(raw).map(|_| Self(raw)).map_err(D::Error::custom)
    }
}

/// An exact amount in our sign: a string, or a number, which is read digit for digit, too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amount(pub(crate) Decimal);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Scalar::deserialize(deserializer)?;
        let advise = |error| match error {
            AmountError::DoesNotFit(_) => format!(
                "{} does not fit: an amount has at most 28 significant digits and 28 decimals",
                written.quoted()
            ),
            _ => format!("{} is not a decimal amount: {}", written.quoted(), advice(written.text())),
        };
        parse_amount(written.text()).map(Self).map_err(|error| D::Error::custom(advise(error)))
    }
}

/// How to write what was meant, where that is clear.
fn advice(text: &str) -> String {
    let plain = text.trim();
    let plain = plain.strip_prefix('+').unwrap_or(plain);
    let meant = match (plain.split_once(','), plain.contains('.')) {
        (None, _) => Some(plain.to_owned()),
        // Three digits behind a lone comma may be thousandths or thousands.
        (Some((_, decimals)), false) if decimals.len() == 3 || decimals.contains(',') => None,
        (Some((whole, decimals)), false) => Some(format!("{whole}.{decimals}")),
        (Some((whole, _)), true) => (!whole.contains('.')).then(|| plain.replace(',', "")),
    };
    match meant.filter(|meant| parse_amount(meant).is_ok()) {
        Some(meant) => format!("write it as \"{meant}\""),
        None => "write it with a point and nothing between the digits, as in \"-1234.50\"".to_owned(),
    }
}

/// A calendar day without a zone, as in `2026-03-31`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day(pub(crate) NaiveDate);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Scalar::deserialize(deserializer)?;
        day(&written).map(Self).map_err(D::Error::custom)
    }
}

fn day(written: &Scalar<'_>) -> Result<NaiveDate, String> {
    let text = written.text();
    if let (Scalar::Text(_), Some(day)) = (written, plain_day(text)) {
        return Ok(day);
    }
    let whole = text.get(..10).filter(|_| text.as_bytes().get(10).is_some_and(|byte| b"T ".contains(byte)));
    Err(match whole.filter(|day| plain_day(day).is_some()) {
        Some(day) => format!(
            "{} is an instant, not a calendar day: write \"{day}\", or whatever day it is at the bank",
            written.quoted()
        ),
        None => {
            format!("{} is no calendar day: write it as YYYY-MM-DD, as in \"2026-03-31\"", written.quoted())
        }
    })
}

/// An instant with its offset from UTC, as in `2026-03-31T09:00:00Z`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instant(pub(crate) DateTime<Utc>);

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Scalar::deserialize(deserializer)?;
        let instant = match &written {
            Scalar::Text(text) => DateTime::parse_from_rfc3339(text).ok(),
            Scalar::Number(_) => None,
        };
        let advice = || {
            let quoted = written.quoted();
            format!("{quoted} is no instant: write it with its offset, as in \"2026-03-31T09:00:00Z\"")
        };
        instant.map(|instant| Self(instant.to_utc())).ok_or_else(|| D::Error::custom(advice()))
    }
}

/// One of the library's words, read by its stable name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word<T>(pub(crate) T);

/// What has a stable name.
pub(crate) trait Named: Copy + 'static {
    const ALL: &'static [Self];

    fn stable_name(self) -> &'static str;
}

impl Named for ConnectionStatus {
    const ALL: &'static [Self] = &Self::ALL;

    fn stable_name(self) -> &'static str {
        self.name()
    }
}

impl Named for ProviderErrorKind {
    const ALL: &'static [Self] = &Self::ALL;

    fn stable_name(self) -> &'static str {
        self.name()
    }
}

impl Named for RunOutcome {
    const ALL: &'static [Self] = &RunOutcome::ALL;

    fn stable_name(self) -> &'static str {
        self.name()
    }
}

impl<'de, T: Named> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Scalar::deserialize(deserializer)?;
        let found = T::ALL.iter().find(|word| word.stable_name() == written.text());
        let advice = || {
            let names: Vec<&str> = T::ALL.iter().map(|word| word.stable_name()).collect();
            format!("{} is none of {}", written.quoted(), names.join(", "))
        };
        found.copied().map(Self).ok_or_else(|| D::Error::custom(advice()))
    }
}

/// The one form that is taken; chrono alone would take signs and single digits, too.
fn plain_day(text: &str) -> Option<NaiveDate> {
    let formed = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    (text.len() == 10 && text.bytes().enumerate().all(formed)).then(|| text.parse().ok())?
}

/// The text for an error line; hostile input may be megabytes long.
fn shortened(text: &str) -> String {
    cut(text, 60)
}

/// The first letters of a text, and a sign that there were more.
pub(crate) fn cut(text: &str, letters: usize) -> String {
    match text.char_indices().nth(letters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_from_its_own_text() {
        for (json, amount) in [
            (r#""-12.50""#, "-12.50"),
            (r#""\u0031.5""#, "1.5"),
            ("575.67", "575.67"),
            ("-0.10", "-0.10"),
            ("1e2", "100"),
            (r#""1E-2""#, "0.01"),
            (r#""9999999999999999999999999999""#, "9999999999999999999999999999"),
            ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
        ] {
            assert_eq!(serde_json::from_str::<Amount>(json).unwrap().0.to_string(), amount, "{json}");
        }
    }

    #[test]
    fn what_is_no_amount_is_told_with_advice() {
        for (json, message) in [
            (r#""12,5""#, r#""12,5" is not a decimal amount: write it as "12.5""#),
            (r#"" 7 ""#, r#"" 7 " is not a decimal amount: write it as "7""#),
            (r#""+3.10""#, r#"write it as "3.10""#),
            (r#""1,234,567.80""#, r#"write it as "1234567.80""#),
            (r#""1,234""#, "nothing between the digits"),
            (r#""1.234,50""#, "nothing between the digits"),
            (r#""NaN""#, "not a decimal amount"),
            (r#""""#, "not a decimal amount"),
            (r#""$5""#, "not a decimal amount"),
            ("null", "is missing"),
            ("true", "neither"),
            ("[1]", "neither a string nor a number"),
            ("12345678901234567890123456789", "28 significant digits"),
            (r#""12345678901234567890123456789""#, "28 significant digits"),
            ("1e999999999", "28 significant digits"),
            (r#""\ud800""#, "no valid text"),
        ] {
            let error = serde_json::from_str::<Amount>(json).unwrap_err().to_string();
            assert!(error.contains(message), "{json}: {error}");
        }
    }

    #[test]
    fn an_instant_has_an_offset() {
        let instant: Instant = serde_json::from_str(r#""2026-03-31T09:00:00+02:00""#).unwrap();
        assert_eq!(instant.0.to_string(), "2026-03-31 07:00:00 UTC");
        for json in [r#""2026-03-31""#, r#""2026-03-31T09:00:00""#, r#""now""#, "1774947600"] {
            let error = serde_json::from_str::<Instant>(json).unwrap_err().to_string();
            assert!(error.contains("no instant"), "{json}: {error}");
        }
    }

    #[test]
    fn a_word_is_one_of_its_list() {
        let status: Word<ConnectionStatus> = serde_json::from_str(r#""needs_sign_in""#).unwrap();
        assert_eq!(status.0, ConnectionStatus::NeedsSignIn);
        let error = serde_json::from_str::<Word<RunOutcome>>(r#""fine""#).unwrap_err().to_string();
        assert!(
            error.starts_with(r#""fine" is none of applied, not_ready, superseded, failed, cancelled"#),
            "{error}"
        );
        for outcome in <RunOutcome as Named>::ALL {
            assert_eq!(RunOutcome::from_name(outcome.name()), Some(*outcome));
        }
    }

    #[test]
    fn a_day_has_one_form() {
        assert_eq!(serde_json::from_str::<Day>(r#""2024-02-29""#).unwrap().0.to_string(), "2024-02-29");
        for (json, message) in [
            (r#""2026-01-02T10:00:00Z""#, r#"write "2026-01-02""#),
            (r#""2026-01-02 10:00""#, r#"write "2026-01-02""#),
            (r#""2026-02-30""#, "no calendar day"),
            (r#""2026-1-2""#, "YYYY-MM-DD"),
            (r#""02.01.2026""#, "YYYY-MM-DD"),
            (r#""+262142-12-31""#, "YYYY-MM-DD"),
            (r#""２０２６-01-02""#, "YYYY-MM-DD"),
            ("20260102", "20260102 is no calendar day"),
            (r#""""#, "no calendar day"),
        ] {
            let error = serde_json::from_str::<Day>(json).unwrap_err().to_string();
            assert!(error.contains(message), "{json}: {error}");
        }
    }
}
