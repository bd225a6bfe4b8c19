//! Calls from the engine's threads into Python objects of the host's.
//!
//! A coroutine runs on the event loop at home ([`Home`]), a plain method in a Python thread of its own. No Rust frame lies below
//! Python code that may wait, so that a thread which the interpreter ends at exit takes nothing of ours with it.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use tokio::sync::oneshot;

/// The event loop on which coroutines of the host's run: the one that opened the engine or, once that is closed, the one that used
/// the engine last. Whoever never had one gets the package's own.
#[derive(Clone, Default)]
pub(crate) struct Home(Arc<Mutex<Option<Py<PyAny>>>>);

impl Home {
    /// Takes note of the event loop that runs in this thread, unless another one is at home and open.
    pub(crate) fn visit(&self, py: Python<'_>) -> PyResult<()> {
        if self.at_home(py)?.is_none() {
            let asyncio = py.import(intern!(py, "asyncio"))?;
            let running = asyncio.call_method0(intern!(py, "get_running_loop"))?;
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(running.unbind());
        }
        Ok(())
    }

    fn at_home<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.as_ref().map(|event_loop| event_loop.bind(py).clone());
        match known {
            Some(event_loop) if !event_loop.call_method0(intern!(py, "is_closed"))?.is_truthy()? => {
                Ok(Some(event_loop))
            }
            _ => Ok(None),
        }
    }

    /// The loop for coroutines.
    fn event_loop<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.at_home(py)? {
            Some(event_loop) => Ok(event_loop),
            None => calls(py)?.call_method0(intern!(py, "own_loop")),
        }
    }

    /// Whether an event loop is at home, and if so lets it call something soon, in the order of these calls.
    pub(crate) fn call_soon(
        &self,
        callable: &Bound<'_, PyAny>,
        argument: Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        let Some(event_loop) = self.at_home(callable.py())? else { return Ok(false) };
        event_loop.call_method1(intern!(callable.py(), "call_soon_threadsafe"), (callable, argument))?;
        Ok(true)
    }
}

fn calls(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "finance_tracker._calls"))
}

/// Ends the package's own event loop.
pub(crate) fn end_own_loop(py: Python<'_>) -> PyResult<()> {
    calls(py)?.call_method0(intern!(py, "end")).map(|_| ())
}

/// The interpreter is on its way out.
fn gone() -> PyErr {
    PyRuntimeError::new_err("the interpreter is shutting down")
}

/// The arguments of a call: a tuple.
pub(crate) trait Arguments:
    for<'py> IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr> + Send
{
}

impl<T> Arguments for T where
    T: for<'py> IntoPyObject<'py, Target = PyTuple, Output = Bound<'py, PyTuple>, Error = PyErr> + Send
{
}

/// Why a call gave no answer.
pub(crate) enum CallError {
    /// The method raised this.
    Raised(PyErr),
    /// It returned something that cannot be used, for this reason.
    Unreadable(PyErr),
}

/// An object of the host's, and where its coroutines run.
pub(crate) struct Host {
    object: Py<PyAny>,
    home: Home,
}

impl Host {
    pub(crate) fn new(object: Py<PyAny>, home: Home) -> Self {
        Self { object, home }
    }

    /// Calls a method and reads its answer. Dropping the future cancels a coroutine; a plain method runs to its end unheard.
    pub(crate) async fn call<T>(
        &self,
        method: &str,
        arguments: impl Arguments,
        read: fn(&Bound<'_, PyAny>) -> PyResult<T>,
    ) -> Result<T, CallError> {
        let (sender, receiver) = oneshot::channel();
        let call = Python::try_attach(|py| self.begin(py, method, arguments, sender))
            .unwrap_or_else(|| Err(gone()))
            .map_err(CallError::Raised)?;
        let mut running = Running(Some(call));
        let answer = receiver.await.unwrap_or_else(|_| Err(gone()));
        running.0 = None;
        let answer = answer.map_err(CallError::Raised)?;
        Python::try_attach(|py| read(answer.bind(py)).map_err(CallError::Unreadable))
            .unwrap_or_else(|| Err(CallError::Raised(gone())))
    }

    fn begin(
        &self,
        py: Python<'_>,
        method: &str,
        arguments: impl Arguments,
        sender: oneshot::Sender<PyResult<Py<PyAny>>>,
    ) -> PyResult<Py<PyAny>> {
        let sender = Mutex::new(Some(sender));
        let done = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| -> PyResult<()> {
            let (answer, error): (Bound<'_, PyAny>, Bound<'_, PyAny>) = arguments.extract()?;
            let ended = if error.is_none() { Ok(answer.unbind()) } else { Err(PyErr::from_value(error)) };
            if let Some(sender) = sender.lock().unwrap_or_else(PoisonError::into_inner).take() {
                // Nobody may be waiting any more.
                let _ = sender.send(ended);
            }
            Ok(())
        };
        let done = PyCFunction::new_closure(py, None, None, done)?;
        let method = self.object.bind(py).getattr(method)?;
        let (event_loop, arguments) = (self.home.event_loop(py)?, arguments.into_pyobject(py)?);
        let call = calls(py)?.call_method1(intern!(py, "Call"), (event_loop, done, method, arguments))?;
        Ok(call.unbind())
    }
}

/// A call that nobody has heard the end of.
struct Running(Option<Py<PyAny>>);

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            Python::try_attach(|py| {
                if let Err(error) = call.call_method0(py, intern!(py, "cancel")) {
                    error.write_unraisable(py, None);
                }
            });
        }
    }
}
