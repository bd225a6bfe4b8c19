use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Account, Transaction};
use crate::error::PlaidError;

/// Text borrowed from the answer, unless it is written with escapes.
///
/// A plain `Option<Cow<str>>` would always be copied by serde.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text<'a>(Cow<'a, str>);

impl Deref for Text<'_> {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

macro_rules! record {
    ($(#[$doc:meta])* $name:ident, $what:literal, $id:literal, $shape:ident) => {
        $(#[$doc])*
        #[derive(Clone, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Box<RawValue>);

        impl $name {
            /// The record as Plaid wrote it, byte for byte.
            pub fn json(&self) -> &str {
                self.0.get()
            }

            /// Reads the record's fields.
            ///
            /// # Errors
            /// When a field that Plaid always sends is missing, or any field has another type than
            /// documented; the error names the record and the field.
            pub fn read(&self) -> Result<$shape<'_>, PlaidError> {
                serde_json::from_str(self.json()).map_err(|_| {
                    let id = identifier(self.json(), $id);
                    let problem = explain::<$shape<'_>>(self.json().as_bytes());
                    PlaidError::unreadable_record($what, id.as_deref(), &problem)
                })
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({} bytes)"), self.json().len())
            }
        }
    };
}

record! {
    /// An account as it stands in an answer.
    AccountRecord, "account", "account_id", Account
}
record! {
    /// A transaction as it stands in an answer.
    TransactionRecord, "transaction", "transaction_id", Transaction
}

/// The record's identifier, if at least that can be read.
fn identifier(json: &str, key: &str) -> Option<String> {
    let fields: std::collections::HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(json).ok()?;
    serde_json::from_str(fields.get(key)?.get()).ok()
}

/// Why JSON does not have the expected shape: the path to the field, never what stands there.
///
/// It reads the text a second time, which only the path to an error pays for.
pub(crate) fn explain<'a, T: Deserialize<'a>>(json: &'a [u8]) -> String {
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut deserializer) else {
        return "there is more after the end of the JSON".to_owned();
    };
    let inner = error.inner();
    let missing = inner.to_string();
    // Serde's other messages quote the value.
    let missing = missing.split_once(" at line").filter(|_| missing.starts_with("missing field"));
    match (missing, inner.is_data()) {
        (Some((text, _)), _) if error.path().iter().next().is_none() => text.to_owned(),
        (Some((text, _)), _) => format!("{text} in `{}`", error.path()),
        (None, true) => format!("field `{}` has another type than documented", error.path()),
        (None, false) => {
            format!("broken JSON at line {}, column {}", inner.line(), inner.column())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{AccountsAnswer, SyncPage};

    #[test]
    fn text_is_borrowed_unless_escaped() {
        let plain: Option<Text<'_>> = serde_json::from_str(r#""plain""#).unwrap();
        assert!(matches!(plain, Some(Text(Cow::Borrowed("plain")))));
        let escaped: Text<'_> = serde_json::from_str(r#""caf\u00e9""#).unwrap();
        assert_eq!(&*escaped, "café");
    }

    #[test]
    fn a_problem_is_told_by_its_place_and_without_the_value() {
        let sync = |json: &str| explain::<SyncPage>(json.as_bytes());
        assert_eq!(sync("{}"), "missing field `has_more`");
        assert_eq!(sync(r#"{"has_more":"SECRET"}"#), "field `has_more` has another type than documented");
        assert_eq!(sync(r#"{"has_more":tr"#), "broken JSON at line 1, column 14");
        assert_eq!(sync(r#"{"has_more":true} x"#), "there is more after the end of the JSON");
        assert_eq!(
            sync(r#"{"has_more":true,"removed":[{"transaction_id":"a"},{}]}"#),
            "missing field `transaction_id` in `removed[1]`"
        );
        let accounts = r#"{"accounts":[{"account_id":"a"}],"item":{"item_id":7}}"#;
        assert_eq!(
            explain::<AccountsAnswer>(accounts.as_bytes()),
            "field `item.item_id` has another type than documented"
        );
    }

    #[test]
    fn a_record_that_cannot_be_read_is_named() {
        let record: TransactionRecord =
            serde_json::from_str(r#"{"amount":1,"transaction_id":"t1","account_id":"a"}"#).unwrap();
        let message = record.read().unwrap_err().to_string();
        assert!(message.contains("`t1`") && message.contains("missing field `date`"), "{message}");
        let record: AccountRecord = serde_json::from_str(r#"{"account_id":"a1","balances":7}"#).unwrap();
        let message = record.read().unwrap_err().to_string();
        assert!(message.contains("`a1`") && message.contains("`balances`"), "{message}");
    }
}
