//! Plaid's products, checked before a call is made.

use std::fmt;

use crate::error::PlaidError;
use finance_core::ProviderErrorKind;

/// A product to ask consent for when an Item is linked, such as `transactions`.
///
/// ```
/// use finance_plaid::Product;
///
/// assert_eq!(Product::list("transactions, liabilities")?.len(), 2);
/// let error = Product::list("transactions,accounts").unwrap_err();
/// assert!(error.to_string().contains("/accounts/get works on every Item"));
/// # Ok::<(), finance_plaid::InvalidProduct>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Product(String);

/// A name that is no product to link with, and what to use instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no product for linking: {instead}")]
pub struct InvalidProduct {
    name: String,
    instead: &'static str,
}

/// Names that Plaid refuses when linking, some of them although its list of products has them.
const REFUSED: &[(&str, &str)] = &[
    ("accounts", "drop it, /accounts/get works on every Item"),
    ("balance", "drop it and call sync_balances, live balances come with any other product"),
    ("recurring_transactions", "use `transactions`, recurring streams are an add-on to it"),
    ("transactions_refresh", "use `transactions`, refreshing is an add-on to it"),
    ("investments_refresh", "use `investments`, refreshing is an add-on to it"),
    ("monitor", "drop it, monitoring is not linked"),
];

impl Product {
    /// Checks a name. Names that this library does not know are left to Plaid, whose list grows.
    ///
    /// # Errors
    /// [`InvalidProduct`] for a name that Plaid is known to refuse, and for text that can be none: a product
    /// has lower-case letters, digits and underscores only.
    pub fn new(name: &str) -> Result<Self, InvalidProduct> {
        let instead = if let Some((_, instead)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            Some(*instead)
        } else if name.is_empty()
            || !name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        {
            Some("use one of Plaid's names, such as `transactions`")
        } else {
            None
        };
        match instead {
            Some(instead) => Err(InvalidProduct { name: name.to_owned(), instead }),
            None => Ok(Self(name.to_owned())),
        }
    }

    /// Checks a list separated by commas, as it stands in a setting. Spaces around the names do not count.
    ///
    /// # Errors
    /// [`InvalidProduct`] for the first name that is none; an empty list has an empty name.
    pub fn list(names: &str) -> Result<Vec<Self>, InvalidProduct> {
        names.split(',').map(|name| Self::new(name.trim())).collect()
    }

    /// The name as Plaid writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<InvalidProduct> for PlaidError {
    fn from(error: InvalidProduct) -> Self {
        Self::new(ProviderErrorKind::Configuration, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_plaid_refuses_is_refused_here_with_advice() {
        for (name, advice) in [
            ("accounts", "drop it, /accounts/get works on every Item"),
            ("balance", "call sync_balances"),
            ("recurring_transactions", "use `transactions`"),
            ("transactions_refresh", "use `transactions`"),
            ("investments_refresh", "use `investments`"),
            ("monitor", "drop it"),
            ("Transactions", "Plaid's names"),
            ("", "Plaid's names"),
        ] {
            let message = Product::new(name).unwrap_err().to_string();
            assert!(message.contains(&format!("`{name}`")) && message.contains(advice), "{message}");
        }
    }

    #[test]
    fn products_and_names_newer_than_this_library_pass() {
        for name in ["transactions", "liabilities", "investments", "cra_base_report", "a_new_product"] {
            assert_eq!(Product::new(name).unwrap().as_str(), name);
        }
        let names = Product::list(" transactions ,liabilities").unwrap();
        assert_eq!(names.iter().map(Product::as_str).collect::<Vec<_>>(), ["transactions", "liabilities"]);
        assert!(Product::list("").is_err());
    }
}
