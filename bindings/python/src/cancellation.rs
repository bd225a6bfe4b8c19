//! Asking long work to end.

use pyo3::prelude::*;

/// Asks a sync or a worker to end, from any thread, as soon as nothing is half done.
#[pyclass(frozen, from_py_object, module = "finance_tracker")]
#[derive(Clone)]
pub(crate) struct Cancellation(pub(crate) finance_core::Cancellation);

#[pymethods]
impl Cancellation {
    /// Nobody has asked yet.
    #[new]
    fn new() -> Self {
        Self(finance_core::Cancellation::new())
    }

    /// Asks.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether somebody has asked.
    #[getter]
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}
