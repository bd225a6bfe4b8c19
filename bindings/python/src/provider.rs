//! The providers an engine can be given: Plaid, one that is written in Python, or none.

use std::sync::Arc;

use finance_core::BankProvider;
use finance_plaid::{ClientOptions, Credentials, Environment, PlaidOptions, PlaidProvider};
use pyo3::exceptions::PyTypeError;
#[cfg(feature = "stubs")]
use pyo3::inspect::PyStaticExpr;
use pyo3::intern;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::{PyTypeInfo, type_hint_identifier, type_hint_union};

use crate::callbacks::Home;
use crate::errors::Failure;
use crate::no_provider::NoProvider;
use crate::python_provider::PythonProvider;

/// Plaid: which of its environments, and the keys to it. Its text shows no secret, and it is not pickled.
#[pyclass(frozen, module = "finance_tracker")]
pub(crate) struct Plaid {
    client: ClientOptions,
    options: PlaidOptions,
}

#[pymethods]
impl Plaid {
    /// `environment` is `sandbox`, `production`, or the address of a server that speaks Plaid's JSON.
    #[new]
    #[pyo3(signature = (client_id, secret, environment = "sandbox", *, keep_raw = true))]
    fn new(client_id: &str, secret: &str, environment: &str, keep_raw: bool) -> Self {
        let environment = match environment {
            "sandbox" => Environment::Sandbox,
            "production" => Environment::Production,
            address => Environment::Custom(address.to_owned()),
        };
        let mut options = PlaidOptions::default();
        options.keep_raw_json = keep_raw;
        Self { client: ClientOptions::new(environment, Credentials::new(client_id, secret)), options }
    }

    fn __repr__(&self) -> String {
        // An address may hold a password.
        let address = self.client.environment.base_url();
        format!("Plaid({:?})", if address.contains('@') { "<hidden>" } else { address })
    }
}

/// What was given as a provider: Plaid, or an object with the methods of `finance_tracker.protocols.BankProvider`.
pub(crate) enum Provider {
    Plaid(Py<Plaid>),
    Python(Py<PyAny>),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Provider {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_union!(
        <Plaid as PyTypeInfo>::TYPE_HINT,
        type_hint_identifier!("finance_tracker.protocols", "BankProvider")
    );

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(plaid) = value.cast::<Plaid>() {
            return Ok(Self::Plaid(plaid.to_owned().unbind()));
        }
        if !value.hasattr(intern!(value.py(), "name"))? {
            return Err(PyTypeError::new_err(
                "a provider is a Plaid, or has the `name` and methods of BankProvider",
            ));
        }
        Ok(Self::Python(value.to_owned().unbind()))
    }
}

impl Provider {
    /// The port that the engine asks. Coroutines of a provider written in Python run on the loop at home.
    pub(crate) fn port(given: Option<Self>, home: Home) -> Result<Arc<dyn BankProvider>, Failure> {
        match given {
            Some(Self::Plaid(plaid)) => {
                let plaid = plaid.get();
                let provider = PlaidProvider::new(plaid.client.clone(), plaid.options.clone());
                Ok(Arc::new(provider.map_err(finance_core::ProviderError::from).map_err(Failure::invalid)?))
            }
            Some(Self::Python(object)) => {
                let provider = Python::attach(|py| PythonProvider::new(object.bind(py), home))?;
                Ok(Arc::new(provider))
            }
            None => Ok(Arc::new(NoProvider)),
        }
    }
}
