//! Tokens that print nothing of themselves, in Python as in finance-core.

use std::hash::{Hash, Hasher};

use pyo3::prelude::*;

macro_rules! secrets {
    ($( $(#[$doc:meta])* $name:ident ),* $(,)?) => {
        $(
            $(#[$doc])*
            ///
            /// Its text shows nothing of it, and it is not pickled.
            #[pyclass(frozen, eq, hash, from_py_object, module = "finance_tracker")]
            #[derive(Clone)]
            pub(crate) struct $name(pub(crate) finance_core::$name);

            #[pymethods]
            impl $name {
                #[new]
                fn new(text: String) -> Self {
                    Self(finance_core::$name::new(text))
                }

                /// The secret itself, for the one place that must send it.
                fn reveal(&self) -> &str {
                    self.0.expose()
                }

                fn __repr__(&self) -> &'static str {
                    concat!(stringify!($name), "(…)")
                }
            }

            impl PartialEq for $name {
                fn eq(&self, other: &Self) -> bool {
                    self.0.expose() == other.0.expose()
                }
            }

            impl Eq for $name {}

            impl Hash for $name {
                fn hash<H: Hasher>(&self, state: &mut H) {
                    self.0.expose().hash(state);
                }
            }
        )*
    };
}

secrets! {
    /// The long-lived key to one connection. It must stay on the host's own machines.
    AccessToken,
    /// The short-lived key with which an application opens the provider's link dialogue.
    LinkToken,
    /// The short-lived result of a finished link dialogue, to be exchanged for an access token.
    PublicToken,
}
