//! Exact amounts as PostgreSQL's NUMERIC, to the last digit and with their scale.

use rust_decimal::Decimal;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueFormat, PgValueRef, Postgres};
use sqlx::{Decode, Encode, Type};

const NUMERIC: Oid = Oid(1700);
const NUMERIC_ARRAY: Oid = Oid(1231);

/// Digits of one group.
const GROUP: u32 = 4;
const NEGATIVE: u16 = 0x4000;
const POSITIVE: u16 = 0;

/// An amount on its way to or from the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount(pub(super) Decimal);

impl Type<Postgres> for Amount {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(NUMERIC)
    }
}

impl PgHasArrayType for Amount {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(NUMERIC_ARRAY)
    }
}

/// Four numbers of 16 bits stand before the groups, the first group being the highest: how many groups there are, the power of
/// 10,000 of the first one, the sign, the decimals to show.
impl Encode<'_, Postgres> for Amount {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let scale = self.0.scale();
        let mut rest = self.0.mantissa().unsigned_abs();
        // Groups are counted from the point, so the last one may end in zeros that are no digits of the amount.
        let fraction_groups = scale.div_ceil(GROUP);
        rest *= 10_u128.pow(fraction_groups * GROUP - scale);
        let mut groups = Vec::with_capacity(9);
        while rest > 0 {
            groups.push(u16::try_from(rest % 10_000)?);
            rest /= 10_000;
        }
        let is_zero = groups.is_empty();
        let weight = i16::try_from(groups.len())? - i16::try_from(fraction_groups)? - 1;
        let weight = if is_zero { 0 } else { weight };
        let sign = if self.0.is_sign_negative() && !is_zero { NEGATIVE } else { POSITIVE };
        let head = [u16::try_from(groups.len())?, weight.cast_unsigned(), sign, u16::try_from(scale)?];
        for number in head.into_iter().chain(groups.into_iter().rev()) {
            buffer.extend_from_slice(&number.to_be_bytes());
        }
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Amount {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        if value.format() == PgValueFormat::Text {
            return Ok(Self(Decimal::from_str_exact(value.as_str()?)?));
        }
        read(value.as_bytes()?).map(Self).ok_or_else(|| "an amount that is not exact in 96 bits".into())
    }
}

fn read(bytes: &[u8]) -> Option<Decimal> {
    let (numbers, []) = bytes.as_chunks::<2>() else { return None };
    let mut numbers = numbers.iter().map(|bytes| u16::from_be_bytes(*bytes));
    let (count, weight) = (numbers.next()?, numbers.next()?.cast_signed());
    let (sign, scale) = (numbers.next()?, u32::from(numbers.next()?));
    if ![POSITIVE, NEGATIVE].contains(&sign) {
        return None;
    }
    let mut mantissa: i128 = 0;
    for group in numbers {
        mantissa = mantissa.checked_mul(10_000)?.checked_add(group.into())?;
    }
    // So far it ends with the last group; it must end with the last decimal.
    let decimals_read = (i64::from(count) - 1 - i64::from(weight)) * i64::from(GROUP);
    let shift = i64::from(scale) - decimals_read;
    if shift >= 0 && mantissa != 0 {
        mantissa = mantissa.checked_mul(10_i128.checked_pow(u32::try_from(shift).ok()?)?)?;
    } else if shift < 0 {
        let power = 10_i128.checked_pow(u32::try_from(-shift).ok()?)?;
        if mantissa % power != 0 {
            return None;
        }
        mantissa /= power;
    }
    if sign == NEGATIVE {
        mantissa = -mantissa;
    }
    Decimal::try_from_i128_with_scale(mantissa, scale).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(amount: Decimal) -> Vec<u8> {
        let mut buffer = PgArgumentBuffer::default();
        let _ = Amount(amount).encode_by_ref(&mut buffer).unwrap();
        buffer.to_vec()
    }

    /// What `numeric_send` of the server says of these texts. The server leaves groups of zeros at the end out.
    #[test]
    fn bytes_are_those_of_the_server() {
        for (text, expected, written_too) in [
            ("0", &[0_u16, 0, 0, 0][..], true),
            ("0.00", &[0, 0, 0, 2], true),
            ("12.10", &[2, 0, 0, 2, 12, 1000], true),
            ("-575.67", &[2, 0, NEGATIVE, 2, 575, 6700], true),
            ("0.00000001", &[1, 0xFFFE, 0, 8, 1], true),
            ("10000", &[1, 1, 0, 0, 1], false),
            ("10000.0", &[1, 1, 0, 1, 1], false),
        ] {
            let bytes: Vec<u8> = expected.iter().flat_map(|number| number.to_be_bytes()).collect();
            assert_eq!(read(&bytes).unwrap().to_string(), text);
            assert_eq!(written(text.parse().unwrap()) == bytes, written_too, "{text}");
        }
    }

    #[test]
    fn what_is_no_exact_amount_is_refused() {
        let not_a_number = [0_u16, 0, 0xC000, 0];
        let hidden_digits = [1_u16, 0xFFFF, 0, 2, 1234];
        let too_long = [9_u16, 8, 0, 0, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 9999];
        let huge = [1_u16, 100, 0, 0, 1];
        for numbers in [&not_a_number[..], &hidden_digits, &too_long, &huge, &[1]] {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_be_bytes()).collect();
            assert_eq!(read(&bytes), None, "{numbers:?}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_comes_back(
            mantissa in prop_oneof![-(1_i128 << 96) + 1..(1_i128 << 96), -100_000_i128..100_000],
            scale in 0_u32..=28,
        ) {
            let amount = Decimal::from_i128_with_scale(mantissa, scale);
            prop_assert_eq!(read(&written(amount)).unwrap().to_string(), amount.to_string());
        }
    }
}
