//! Calls from the engine's threads into Python objects of the host's.
//!
//! A coroutine runs on the event loop at home ([`Home`]), a plain method in a Python thread of its own. No Rust frame lies below
//! Python code that may wait, so that a thread which the interpreter ends at exit takes nothing of ours with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use tokio::sync::oneshot;

use crate::errors::Failure;

/// The event loop on which coroutines of the host's run: the one that opened the engine. Whoever never had one, or while that one stands
/// still or once it is closed, gets the package's own, which always runs.
#[derive(Clone, Default)]
pub(crate) struct Home(Arc<Mutex<Option<Py<PyAny>>>>);

// Its lock is never held while Python runs, which may let another thread have the interpreter that waits for the lock.
impl Home {
    /// Takes note of the event loop that runs in this thread, if it is the first.
    pub(crate) fn visit(&self, py: Python<'_>) -> PyResult<()> {
        if self.noted(py).is_none() {
            let asyncio = py.import(intern!(py, "asyncio"))?;
            let running = asyncio.call_method0(intern!(py, "get_running_loop"))?.unbind();
            let before = self.0.lock().unwrap_or_else(PoisonError::into_inner).replace(running);
            drop(before);
        }
        Ok(())
    }

    fn noted<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.as_ref().map(|event_loop| event_loop.bind(py).clone())
    }

    /// The loop that is at home, while it runs.
    fn running<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.noted(py) {
            Some(event_loop) if event_loop.call_method0(intern!(py, "is_running"))?.is_truthy()? => {
                Ok(Some(event_loop))
            }
            _ => Ok(None),
        }
    }

    /// The loop for coroutines.
    fn event_loop<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.running(py)? {
            Some(event_loop) => Ok(event_loop),
            None => calls(py)?.call_method0(intern!(py, "own_loop")),
        }
    }

    /// Tells a listener of a step: on the event loop at home, in the order of these calls, while that runs; and otherwise in a thread, whose
    /// end `done` hears of. Says whether it will.
    pub(crate) fn tell<'py>(
        &self,
        told: &Bound<'py, PyAny>,
        step: Bound<'py, PyAny>,
        done: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<bool> {
        let py = told.py();
        if let Some(event_loop) = self.running(py)? {
            event_loop.call_method1(intern!(py, "call_soon_threadsafe"), (told, step))?;
            return Ok(false);
        }
        calls(py)?.call_method1(intern!(py, "tell"), (self.number(), told, step, done()?))?;
        Ok(true)
    }

    /// A listener as Python's side has it.
    pub(crate) fn told(listener: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
        let py = listener.py();
        let report = |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| -> PyResult<()> {
            let (error, listener): (Bound<'_, PyAny>, Bound<'_, PyAny>) = arguments.extract()?;
            PyErr::from_value(error).write_unraisable(arguments.py(), Some(&listener));
            Ok(())
        };
        let report = PyCFunction::new_closure(py, None, None, report)?;
        calls(py)?.call_method1(intern!(py, "Told"), (listener, report))
    }

    /// What this engine is called where it waits for a call (`INSIDE`).
    fn number(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Refuses what would wait for the call that it is made from.
    pub(crate) fn check_outside(&self, py: Python<'_>) -> Result<(), Failure> {
        let inside: Option<usize> =
            calls(py)?.getattr(intern!(py, "INSIDE"))?.call_method0(intern!(py, "get"))?.extract()?;
        if inside == Some(self.number()) {
            let message = "an engine cannot be closed by what it calls and waits for: close it afterwards";
            return Err(Failure::invalid(message));
        }
        Ok(())
    }
}

fn calls(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "finance_tracker._calls"))
}

/// Ends the package's own event loop, and waits for its coroutines no longer than this.
pub(crate) fn end_own_loop(py: Python<'_>, patience: Duration) -> PyResult<()> {
    calls(py)?.call_method1(intern!(py, "end"), (patience,)).map(|_| ())
}

/// Whoever was to call is no more.
fn gone() -> PyErr {
    PyRuntimeError::new_err("the event loop or the interpreter ended before the call did")
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
            let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
            // Nobody may be waiting any more.
            drop(sender.map(|sender| sender.send(ended)));
            Ok(())
        };
        let done = PyCFunction::new_closure(py, None, None, done)?;
        let method = self.object.bind(py).getattr(method)?;
        let (event_loop, arguments) = (self.home.event_loop(py)?, arguments.into_pyobject(py)?);
        let arguments = (event_loop, self.home.number(), done, method, arguments);
        Ok(calls(py)?.call_method1(intern!(py, "Call"), arguments)?.unbind())
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
