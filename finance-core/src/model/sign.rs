//! The sign rule, in one place.

use rust_decimal::Decimal;

use crate::account_kind::AccountClass;

/// How a source writes the direction of money.
///
/// The library's own convention is [`SignConvention::PositiveIn`]; an adapter converts once, where it
/// translates, and nothing after it ever asks for the sign again.
///
/// ```
/// use finance_core::{AccountClass, SignConvention, parse_amount};
///
/// // A purchase of 12.10 as Plaid writes it, and as the library keeps it.
/// let purchase = parse_amount("12.10")?;
/// assert_eq!(SignConvention::PositiveOut.amount(purchase), parse_amount("-12.10")?);
/// // 410.00 owed on a credit card.
/// let owed = parse_amount("410.00")?;
/// assert_eq!(SignConvention::PositiveOut.balance(AccountClass::Liability, owed), parse_amount("-410.00")?);
/// # Ok::<(), finance_core::AmountError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignConvention {
    /// Positive is money into the account; a debt is a negative balance. This is ours.
    PositiveIn,
    /// Positive is money out of the account; a debt is a positive balance. This is Plaid's.
    PositiveOut,
}

impl SignConvention {
    /// The amount of a transaction in our sign.
    #[must_use]
    pub fn amount(self, amount: Decimal) -> Decimal {
        match self {
            Self::PositiveIn => amount,
            Self::PositiveOut => flipped(amount),
        }
    }

    /// The current balance of an account in our sign: what is owned is positive, what is owed negative.
    #[must_use]
    pub fn balance(self, class: AccountClass, balance: Decimal) -> Decimal {
        match (self, class) {
            (Self::PositiveOut, AccountClass::Liability) => flipped(balance),
            _ => balance,
        }
    }
}

/// Minus zero would print as `-0`.
fn flipped(amount: Decimal) -> Decimal {
    if amount.is_zero() { amount } else { -amount }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_of_the_rule() {
        let five = Decimal::new(500, 2);
        for (convention, class, amount, balance) in [
            (SignConvention::PositiveIn, AccountClass::Asset, five, five),
            (SignConvention::PositiveIn, AccountClass::Liability, five, five),
            (SignConvention::PositiveOut, AccountClass::Asset, -five, five),
            (SignConvention::PositiveOut, AccountClass::Liability, -five, -five),
        ] {
            assert_eq!(convention.amount(five), amount);
            assert_eq!(convention.balance(class, five), balance);
        }
        assert_eq!(SignConvention::PositiveOut.amount(Decimal::new(0, 2)).to_string(), "0.00");
    }
}
