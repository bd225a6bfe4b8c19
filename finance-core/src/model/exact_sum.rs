//! Sums without rounding, whatever the scales and however many the amounts.

use rust_decimal::Decimal;

/// The most decimals an amount has.
const MAX_SCALE: u32 = 28;
/// One, counted in units of the last decimal.
const ONE: i128 = 10_i128.pow(MAX_SCALE);

/// An exact sum that grows amount by amount; the order of the amounts never matters.
///
/// A store that adds up in its own database hands over partial sums with [`ExactSum::add_scaled`].
///
/// ```
/// use finance_core::{ExactSum, parse_amount};
///
/// let mut sum = ExactSum::default();
/// for amount in ["9999999999999999999999999999", "0.01", "-9999999999999999999999999999"] {
///     sum.add(parse_amount(amount)?);
/// }
/// assert_eq!(sum.total(), Some(parse_amount("0.01")?));
/// # Ok::<(), finance_core::AmountError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExactSum {
    // Held apart, neither part can overflow before some 10^9 amounts of the largest size are added.
    whole: i128,
    fraction: i128,
    scale: u32,
}

impl ExactSum {
    /// Adds an amount.
    pub fn add(&mut self, amount: Decimal) {
        self.add_scaled(amount.mantissa(), amount.scale());
    }

    /// Adds `mantissa` times ten to the power of minus `scale`; a scale past 28 counts as 28.
    pub fn add_scaled(&mut self, mantissa: i128, scale: u32) {
        let scale = scale.min(MAX_SCALE);
        let unit = 10_i128.pow(scale);
        self.whole += mantissa / unit;
        self.fraction += mantissa % unit * 10_i128.pow(MAX_SCALE - scale);
        self.scale = self.scale.max(scale);
    }

    /// The sum, with as many decimals as the amount that had most; `None` when its digits do not fit into a
    /// `Decimal`.
    pub fn total(&self) -> Option<Decimal> {
        let whole = self.whole.checked_add(self.fraction / ONE)?;
        let fraction = self.fraction % ONE / 10_i128.pow(MAX_SCALE - self.scale);
        let mantissa = whole.checked_mul(10_i128.pow(self.scale))?.checked_add(fraction)?;
        Decimal::try_from_i128_with_scale(mantissa, self.scale).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse_amount;

    fn sum(amounts: &[&str]) -> Option<String> {
        let mut sum = ExactSum::default();
        for amount in amounts {
            sum.add(parse_amount(amount).unwrap());
        }
        sum.total().map(|total| total.to_string())
    }

    #[test]
    fn sums_keep_every_digit_and_the_largest_scale() {
        for (amounts, total) in [
            (&[][..], Some("0")),
            (&["0.1", "0.2"], Some("0.3")),
            (&["0.50", "0.5"], Some("1.00")),
            (&["-0.5", "0.25"], Some("-0.25")),
            (&["1.00", "-0.001"], Some("0.999")),
            (&["9999999999999999999999999999", "1"], Some("10000000000000000000000000000")),
            (&["9999999999999999999999999999", "0.01"], None),
            (
                &[
                    "9999999999999999999999999999",
                    "0.0000000000000000000000000001",
                    "-9999999999999999999999999999",
                ],
                Some("0.0000000000000000000000000001"),
            ),
        ] {
            assert_eq!(sum(amounts).as_deref(), total, "{amounts:?}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_integers(amounts in proptest::collection::vec((any::<i64>(), 0_u32..=9), 0..50)) {
            let mut sum = ExactSum::default();
            let mut nanos = 0_i128;
            for &(mantissa, scale) in &amounts {
                sum.add(Decimal::new(mantissa, scale));
                nanos += i128::from(mantissa) * 10_i128.pow(9 - scale);
            }
            prop_assert_eq!(sum.total().unwrap(), Decimal::from_i128_with_scale(nanos, 9));
        }
    }
}
