//! A categoriser that is written in Python, as the engine's port.

use finance_core::{AssignedCategory, Categorizer, CategorizerError, CategorizerErrorKind, CategoryQuestion};
use pyo3::exceptions::PyTypeError;
#[cfg(feature = "stubs")]
use pyo3::inspect::PyStaticExpr;
use pyo3::intern;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::type_hint_identifier;

use crate::callbacks::{CallError, Home, Host};
use crate::records;
use crate::values::Many;

/// A categoriser that the host wrote.
pub(crate) struct PythonCategorizer {
    name: String,
    host: Host,
}

impl PythonCategorizer {
    pub(crate) fn new(categorizer: CategorizerObject, home: Home) -> Self {
        let CategorizerObject { name, object } = categorizer;
        Self { name, host: Host::new(object, home) }
    }
}

/// An object with the methods of `finance_tracker.protocols.Categorizer`.
pub(crate) struct CategorizerObject {
    name: String,
    object: Py<PyAny>,
}

impl<'a, 'py> FromPyObject<'a, 'py> for CategorizerObject {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("finance_tracker.protocols", "Categorizer");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let name = value
            .getattr_opt(intern!(value.py(), "name"))?
            .ok_or_else(|| PyTypeError::new_err("a categoriser has the `name` and methods of Categorizer"))?;
        let name = name.extract()?;
        Ok(Self { name, object: value.to_owned().unbind() })
    }
}

fn answers(answer: &Bound<'_, PyAny>) -> PyResult<Vec<Option<AssignedCategory>>> {
    let one = |assigned: PyResult<Bound<'_, PyAny>>| {
        let assigned = assigned?.extract::<Option<records::AssignedCategory>>()?;
        Ok(assigned.map(records::AssignedCategory::core))
    };
    answer.try_iter()?.map(one).collect()
}

#[async_trait::async_trait]
impl Categorizer for PythonCategorizer {
    fn name(&self) -> &str {
        &self.name
    }

    async fn categorize(
        &self,
        batch: &[CategoryQuestion],
    ) -> Result<Vec<Option<AssignedCategory>>, CategorizerError> {
        let arguments = (Many::<records::CategoryQuestion>::of(batch.iter().cloned()),);
        self.host.call("categorize", arguments, answers).await.map_err(|error| match error {
            CallError::Raised(error) => {
                let message = format!("the categoriser raised {error}");
                CategorizerError::new(CategorizerErrorKind::Unavailable, message).with_source(error)
            }
            CallError::Unreadable(error) => {
                let message = format!("the categoriser's answer cannot be used: {error}");
                CategorizerError::new(CategorizerErrorKind::InvalidAnswer, message).with_source(error)
            }
        })
    }
}
