//! Exact amounts with their currency.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Currency;

/// Significant digits that an amount may have. `Decimal` holds any number of that length exactly.
const MAX_DIGITS: usize = 28;

/// An exact amount in one currency.
///
/// **Sign: positive is money into the account, negative is money out of it.**
///
/// ```
/// use finance_core::{Currency, Money, parse_amount};
///
/// let usd = Currency::iso("USD")?;
/// let pay = Money::new(parse_amount("1200.00")?, usd.clone());
/// let rent = Money::new(parse_amount("-575.67")?, usd);
/// assert_eq!(pay.checked_add(&rent)?.to_string(), "624.33 USD");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    #[serde(with = "decimal_text")]
    amount: Decimal,
    currency: Currency,
}

/// Two amounts could not be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The currencies differ; convert first.
    #[error("{0} and {1} cannot be added: convert one of them first")]
    CurrencyMismatch(Currency, Currency),
    /// The sum needs more digits than an exact amount can hold.
    #[error("the sum does not fit into 28 digits")]
    Overflow,
}

impl Money {
    /// An amount in a currency, kept with the scale it is written in (`12.10` stays `12.10`).
    pub const fn new(amount: Decimal, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// The signed amount in major units.
    pub const fn amount(&self) -> Decimal {
        self.amount
    }

    /// The currency of the amount.
    pub const fn currency(&self) -> &Currency {
        &self.currency
    }

    /// The same amount with the other sign.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { amount: -self.amount, currency: self.currency.clone() }
    }

    /// The exact sum.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] for two currencies, [`MoneyError::Overflow`] when the exact sum
    /// has too many digits. Nothing is ever rounded.
    pub fn checked_add(&self, other: &Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch(self.currency.clone(), other.currency.clone()));
        }
        let amount = add_exact(self.amount, other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, currency: self.currency.clone() })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} {}", self.amount, self.currency))
    }
}

/// `Decimal`'s own addition rounds when the digits run out; this one gives up instead.
fn add_exact(a: Decimal, b: Decimal) -> Option<Decimal> {
    let sum = a.checked_add(b)?;
    (sum.scale() == a.scale().max(b.scale())).then_some(sum)
}

/// Why a number's text is no exact amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The text is no JSON number.
    #[error("`{0}` is not a number")]
    NotANumber(String),
    /// The number has more significant digits or decimals than can be kept exactly.
    #[error("`{0}` does not fit: an amount has at most 28 significant digits and 28 decimals")]
    DoesNotFit(String),
}

/// Reads an amount from a JSON number's own text, digit for digit.
///
/// The grammar is JSON's: an optional minus, digits, a fraction, an exponent. The written scale is kept
/// (`12.10` has two decimals), an exponent is worked out exactly (`1e-8` is `0.00000001`), and minus zero
/// is zero.
///
/// # Errors
/// [`AmountError::NotANumber`] for any other text; [`AmountError::DoesNotFit`] past 28 significant digits
/// or 28 decimals. The amount is never rounded.
pub fn parse_amount(text: &str) -> Result<Decimal, AmountError> {
    match parse_short(text.as_bytes()) {
        Some(amount) => Ok(amount),
        None => parse_long(text),
    }
}

/// The usual case: plain digits that fit into 64 bits. Anything else is left to [`parse_long`].
fn parse_short(text: &[u8]) -> Option<Decimal> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.len() > 18 || digits.len() < 2 || digits[0] == b'0' && digits[1] != b'.' {
        return None;
    }
    let mut mantissa = 0_i64;
    let mut point = None;
    for (index, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() && index > 0 && index + 1 < digits.len() => point = Some(index),
            _ => return None,
        }
    }
    let scale = point.map_or(0, |index| digits.len() - index - 1);
    Some(Decimal::new(if negative { -mantissa } else { mantissa }, u32::try_from(scale).ok()?))
}

fn parse_long(text: &str) -> Result<Decimal, AmountError> {
    let not_a_number = || AmountError::NotANumber(shortened(text));
    let does_not_fit = || AmountError::DoesNotFit(shortened(text));

    let number = Number::read(text).ok_or_else(not_a_number)?;
    let digits: String = [number.whole, number.fraction].concat();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        let scale = i64::try_from(number.fraction.len()).unwrap_or(i64::MAX).saturating_sub(number.exponent);
        return Ok(Decimal::new(0, u32::try_from(scale.clamp(0, 28)).unwrap_or(0)));
    }

    // Zeros at the end may move into the exponent when they would not fit as digits or decimals.
    let mut scale = i64::try_from(number.fraction.len()).unwrap_or(i64::MAX).saturating_sub(number.exponent);
    let mut kept = digits;
    while (kept.len() > MAX_DIGITS || scale > 28) && kept.ends_with('0') && scale > 0 {
        kept = &kept[..kept.len() - 1];
        scale -= 1;
    }
    let appended = usize::try_from(-scale.min(0)).map_err(|_| does_not_fit())?;
    if scale > 28 || kept.len().saturating_add(appended) > MAX_DIGITS {
        return Err(does_not_fit());
    }
    let mantissa: i128 = format!("{kept}{}", "0".repeat(appended)).parse().map_err(|_| not_a_number())?;
    let scale = u32::try_from(scale.max(0)).map_err(|_| does_not_fit())?;
    Decimal::try_from_i128_with_scale(if number.negative { -mantissa } else { mantissa }, scale)
        .map_err(|_| does_not_fit())
}

/// A JSON number taken apart.
struct Number<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl<'a> Number<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (decimal, exponent) = match rest.split_once(['e', 'E']) {
            Some((decimal, exponent)) => (decimal, read_exponent(exponent)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match decimal.split_once('.') {
            Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (decimal, ""),
        };
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        (is_digits(whole) && !leading_zero).then_some(Self { negative, whole, fraction, exponent })
    }
}

fn read_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !is_digits(digits) {
        return None;
    }
    // An exponent past any use reads as one that cannot fit.
    let size = digits.parse::<i32>().map_or(i64::from(i32::MAX), i64::from);
    Some(if text.starts_with('-') { -size } else { size })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The text for an error message; hostile input may be megabytes long.
fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    text.chars().take(60).chain(['…']).collect()
}

/// Amounts cross serde as decimal text, so that no number type in between can round them.
pub(crate) mod decimal_text {
    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(amount: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(amount)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        super::parse_amount(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }

    pub(crate) mod option {
        use super::{Decimal, Deserialize, Deserializer, Error, Serializer};

        #[expect(clippy::ref_option, reason = "serde's `with` passes the field by reference")]
        pub(crate) fn serialize<S: Serializer>(
            amount: &Option<Decimal>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match amount {
                Some(amount) => serializer.collect_str(amount),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<Decimal>, D::Error> {
            Option::<String>::deserialize(deserializer)?
                .map(|text| crate::parse_amount(&text).map_err(D::Error::custom))
                .transpose()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_come_out_digit_for_digit() {
        for (text, expected) in [
            ("0.1", "0.1"),
            ("0", "0"),
            ("7", "7"),
            ("-0.0", "0.0"),
            ("-12.10", "-12.10"),
            ("1234567.89", "1234567.89"),
            ("144575.57", "144575.57"),
            ("575.67", "575.67"),
            ("1e-8", "0.00000001"),
            ("1E2", "100"),
            ("1.50e1", "15.0"),
            ("-2.5E+3", "-2500"),
            ("123456789012345.67", "123456789012345.67"),
            ("12345678901234567.89", "12345678901234567.89"),
            ("9999999999999999999999999999", "9999999999999999999999999999"),
            ("-0.1234567890123456789012345678", "-0.1234567890123456789012345678"),
            ("99999999999999.99999999999999", "99999999999999.99999999999999"),
            ("1.000000000000000000000000000000", "1.000000000000000000000000000"),
            ("0e999999999999", "0"),
        ] {
            assert_eq!(parse_amount(text).unwrap().to_string(), expected, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in [
            "12345678901234567890123456789",
            "1.2345678901234567890123456789",
            "1e28",
            "1e-29",
            "1e40",
            "1e99999999999999999999",
            "-1e-99999999999999999999",
        ] {
            assert!(matches!(parse_amount(text), Err(AmountError::DoesNotFit(_))), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_number_is_refused() {
        for text in [
            "", "-", "+1", ".5", "5.", "01", "00.5", "1.2.3", "1e", "1e+", "0x10", "NaN", " 1", "1 ", "1,5",
            "١", "--1", "1-", "\"1\"",
        ] {
            assert!(matches!(parse_amount(text), Err(AmountError::NotANumber(_))), "{text}");
        }
        assert!(parse_amount(&"9".repeat(1_000_000)).unwrap_err().to_string().len() < 300);
    }

    #[test]
    fn adding_is_exact_or_refused() {
        let usd = || Currency::iso("USD").unwrap();
        let money = |text| Money::new(parse_amount(text).unwrap(), usd());
        assert_eq!(money("0.1").checked_add(&money("0.2")).unwrap(), money("0.3"));
        let huge = money("9999999999999999999999999999");
        assert_eq!(huge.checked_add(&money("0.01")), Err(MoneyError::Overflow));
        let euro = Money::new(parse_amount("1").unwrap(), Currency::iso("EUR").unwrap());
        assert!(matches!(money("1").checked_add(&euro), Err(MoneyError::CurrencyMismatch(..))));
    }

    #[test]
    fn money_crosses_serde_as_text() {
        let money = Money::new(parse_amount("-12.10").unwrap(), Currency::unofficial("BTC").unwrap());
        let json = serde_json::to_string(&money).unwrap();
        assert_eq!(json, r#"{"amount":"-12.10","currency":"*BTC"}"#);
        assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
    }

    proptest! {
        #[test]
        fn any_decimal_of_28_digits_reads_back(mantissa in -(10_i128.pow(28) - 1)..10_i128.pow(28), scale in 0_u32..=28) {
            let amount = Decimal::from_i128_with_scale(mantissa, scale);
            let read = parse_amount(&amount.to_string()).unwrap();
            prop_assert_eq!(read, amount);
            prop_assert_eq!(read.scale(), amount.scale());
        }

        #[test]
        fn no_text_panics(text in ".{0,40}", number in "-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,12})?") {
            let _ = parse_amount(&text);
            let _ = parse_amount(&number);
        }
    }
}
