//! The words of the engine: `str` in Python, typed as the literals of `finance_tracker.choices`.

use std::collections::BTreeMap;
use std::fmt;

use pyo3::prelude::*;
use pyo3::types::PyString;
use serde::Serialize;
use serde::de::value::StrDeserializer;

use crate::errors::Failure;
use crate::values::into_python;

/// The stable name of a variant, whatever it carries.
pub(crate) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(fields)) => {
            fields.into_iter().next().map_or_else(String::new, |(name, _)| name)
        }
        _ => String::new(),
    }
}

/// A type for each set of words, made from the enum of finance-core whose names they are.
macro_rules! choices {
    ($( $(#[$doc:meta])* $name:ident ),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, Hash)]
            pub(crate) struct $name(pub(crate) String);

            into_python!($name, pyo3::type_hint_identifier!("finance_tracker.choices", stringify!($name)), |word, py| {
                Ok(PyString::new(py, &word.0).into_any())
            });

            impl<'a, 'py> FromPyObject<'a, 'py> for $name {
                type Error = PyErr;
                #[cfg(feature = "stubs")]
                const INPUT_TYPE: pyo3::inspect::PyStaticExpr =
                    pyo3::type_hint_identifier!("finance_tracker.choices", stringify!($name));

                fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
                    let word = value.extract::<&str>()?;
                    Self::parse(word).map(|_| Self(word.to_owned()))
                }
            }

            impl $name {
                fn parse(word: &str) -> PyResult<finance_core::$name> {
                    serde::Deserialize::deserialize(StrDeserializer::<UnknownWord>::new(word))
                        .map_err(|error| Failure::invalid(error).into())
                }

                /// The value it names.
                pub(crate) fn value(&self) -> PyResult<finance_core::$name> {
                    Self::parse(&self.0)
                }
            }

            impl TryFrom<$name> for finance_core::$name {
                type Error = PyErr;

                fn try_from(word: $name) -> PyResult<Self> {
                    word.value()
                }
            }

            impl From<finance_core::$name> for $name {
                fn from(value: finance_core::$name) -> Self {
                    Self(word(&value))
                }
            }
        )*

        /// The words of each set, as the engine knows them.
        #[pyfunction]
        pub(crate) fn words() -> BTreeMap<&'static str, Vec<&'static str>> {
            BTreeMap::from([$(
                (stringify!($name), {
                    let unknown: Result<finance_core::$name, UnknownWord> =
                        serde::Deserialize::deserialize(StrDeserializer::new(""));
                    unknown.err().map(|error| error.expected.to_vec()).unwrap_or_default()
                })
            ),*])
        }
    };
}

/// A word that is none of a set.
#[derive(Debug)]
struct UnknownWord {
    message: String,
    expected: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for UnknownWord {}

impl serde::de::Error for UnknownWord {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), expected: &[] }
    }

    fn unknown_variant(word: &str, expected: &'static [&'static str]) -> Self {
        Self { message: format!("{word:?} is none of {}", expected.join(", ")), expected }
    }
}

choices! {
    /// What kind of account an account is.
    AccountKind,
    /// Whether an account is something owned or something owed.
    AccountClass,
    /// Whether the bank still lists an account.
    AccountStatus,
    /// Which older account a newer one is.
    AccountVerdict,
    /// Whether bank and books agree.
    Agreement,
    /// Where a known balance comes from.
    AnchorSource,
    /// Where balances come from.
    BalanceSource,
    /// What went wrong with a categoriser.
    CategorizerErrorKind,
    /// The state of a connection.
    ConnectionStatus,
    /// What to do with an incoming row.
    DedupAction,
    /// What may explain a difference.
    ExplanationKind,
    /// In which form books are exported.
    ExportFormat,
    /// The format of a bank's file.
    FileFormat,
    /// What keeps a health score low.
    HardFault,
    /// What a part of a health score judges.
    HealthFactor,
    /// A health score in a word.
    HealthLevel,
    /// How much of its history the bank has handed out.
    HistoryStatus,
    /// What becomes of a row of a file.
    ImportAction,
    /// What becomes of incoming rows that are identical to each other.
    InBatchDedup,
    /// The colour of a light.
    Light,
    /// Whether local records stay.
    LocalRecords,
    /// Whether money came or went.
    MoneyDirection,
    /// What an error of a provider asks for.
    ProviderErrorKind,
    /// How often a payment comes again.
    RecurringPeriod,
    /// Whether a payment goes on.
    RecurringStatus,
    /// What is wrong with a field of a file.
    RowFault,
    /// How a row came into the books.
    RowOrigin,
    /// Which rows are meant.
    RowSelection,
    /// How a sync run ended.
    RunOutcome,
    /// What an error of a store asks for.
    StoreErrorKind,
    /// Whether a row counts.
    TransactionState,
    /// Why a webhook is refused.
    WebhookErrorKind,
    /// What became of a webhook.
    WebhookHandling,
}
