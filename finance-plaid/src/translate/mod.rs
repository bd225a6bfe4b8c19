//! Between Plaid's shapes and the library's model, in one place for each direction and topic.
//!
//! Plaid counts money out of an account as positive, and a debt as a positive balance. Both are turned round
//! here and nowhere else. [`PlaidProvider`](crate::PlaidProvider) goes through this module; the public functions
//! are for callers of [`PlaidClient`](crate::PlaidClient) who want the model.

mod accounts;
mod connection;
mod link;
mod transactions;
mod webhook;

pub use accounts::accounts;
pub(crate) use connection::{connection, institution};
pub(crate) use link::{link_session, link_token_create};
pub(crate) use transactions::next_cursor;
pub use transactions::{transactions, update_page};
pub use webhook::webhook;

use chrono::{DateTime, NaiveDate, Utc};
use finance_core::{Currency, ProviderErrorKind, SignConvention};

use crate::error::PlaidError;
use crate::wire::Text;

/// Plaid's signs.
const SIGNS: SignConvention = SignConvention::PositiveOut;

fn invalid_request(message: impl Into<String>) -> PlaidError {
    PlaidError::new(ProviderErrorKind::InvalidRequest, message)
}

fn invalid_answer(message: impl Into<String>) -> PlaidError {
    PlaidError::new(ProviderErrorKind::InvalidAnswer, message)
}

/// Plaid sends exactly one of the two codes. An ISO code that can be none is kept as an unofficial one.
fn currency(iso: Option<&Text<'_>>, unofficial: Option<&Text<'_>>) -> Option<Currency> {
    iso.and_then(|code| Currency::iso(code).or_else(|_| Currency::unofficial(code)).ok())
        .or_else(|| unofficial.and_then(|code| Currency::unofficial(code).ok()))
}

/// A calendar day written `YYYY-MM-DD`.
fn day(text: &str) -> Option<NaiveDate> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u16, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
        })
    };
    NaiveDate::from_ymd_opt(
        number(&[y1, y2, y3, y4])?.into(),
        number(&[m1, m2])?.into(),
        number(&[d1, d2])?.into(),
    )
}

/// An instant with its zone. Few banks send one, and one that cannot be read tells nothing.
fn instant(text: &Text<'_>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc())
}

fn filled(text: Option<&Text<'_>>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(|text| String::from(&**text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_exactly_or_not_at_all() {
        assert_eq!(day("2024-02-29"), NaiveDate::from_ymd_opt(2024, 2, 29));
        assert_eq!(day("0001-01-01"), NaiveDate::from_ymd_opt(1, 1, 1));
        for wrong in
            ["", "2023-02-29", "2024-2-09", "2024-02-09T00:00:00Z", "2024/02/09", "2024-0é-1", "+024-02-09"]
        {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }
}
