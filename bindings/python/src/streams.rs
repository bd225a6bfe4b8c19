//! What comes piece by piece: events as they are written, and exports.

#![allow(clippy::needless_pass_by_value, reason = "arguments come as they are taken out of Python")]

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use finance_core::{EventStream, ExportFormat, ExportOptions, ExportStream};
use pyo3::exceptions::{PyStopAsyncIteration, PyStopIteration};
use pyo3::intern;
use pyo3::prelude::*;
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::choices;
use crate::engine::{AsyncEngine, Engine, Shared};
use crate::errors::Failure;
use crate::operations::whole;
use crate::records::Event;
use crate::values::{Day, Span, User};

/// A stream that several callers may ask in turn.
struct Source<S, T> {
    shared: Shared,
    stream: Arc<Mutex<Coming<S, T>>>,
}

/// A stream with what came of it, until somebody takes that: whoever gives up waiting for it leaves it to the next.
struct Coming<S, T> {
    stream: S,
    came: Option<T>,
}

impl<S, T> Source<S, T> {
    fn new(shared: &Shared, stream: S) -> Self {
        Self { shared: shared.clone(), stream: Arc::new(Mutex::new(Coming { stream, came: None })) }
    }
}

/// The coroutine of a stream's `_next`: `__anext__` itself cannot be one.
struct Awaited<'py, T> {
    coroutine: Bound<'py, PyAny>,
    gives: PhantomData<T>,
}

impl<'py, T> Awaited<'py, T> {
    fn of<S>(stream: &Bound<'py, S>) -> PyResult<Self> {
        let coroutine = stream.as_any().call_method0(intern!(stream.py(), "_next"))?;
        Ok(Self { coroutine, gives: PhantomData })
    }
}

impl<'py, T: IntoPyObject<'py>> IntoPyObject<'py> for Awaited<'py, T> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const OUTPUT_TYPE: pyo3::inspect::PyStaticExpr = pyo3::type_hint_subscript!(
        pyo3::type_hint_identifier!("collections.abc", "Coroutine"),
        pyo3::type_hint_identifier!("typing", "Any"),
        pyo3::type_hint_identifier!("typing", "Any"),
        T::OUTPUT_TYPE
    );

    fn into_pyobject(self, _py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.coroutine)
    }
}

/// The next event, to be taken; `None` when none comes in time.
async fn next_event(
    stream: Arc<Mutex<Coming<EventStream, Event>>>,
    timeout: Option<Duration>,
) -> Result<OwnedMutexGuard<Coming<EventStream, Event>>, Failure> {
    let mut coming = stream.lock_owned().await;
    if coming.came.is_none() {
        let next = coming.stream.next();
        let event = match timeout {
            None => Some(next.await?),
            Some(timeout) => tokio::time::timeout(timeout, next).await.ok().transpose()?,
        };
        coming.came = event.map(Into::into);
    }
    Ok(coming)
}

/// The next piece, to be taken; `None` after the last.
async fn next_piece(
    stream: Arc<Mutex<Coming<ExportStream, Vec<u8>>>>,
) -> Result<OwnedMutexGuard<Coming<ExportStream, Vec<u8>>>, Failure> {
    let mut coming = stream.lock_owned().await;
    if coming.came.is_none() {
        coming.came = coming.stream.next().await?;
    }
    Ok(coming)
}

fn export_options(
    format: &choices::ExportFormat,
    since: Option<Day>,
    until: Option<Day>,
    byte_order_mark: bool,
) -> Result<ExportOptions, Failure> {
    let format: ExportFormat = format.value()?;
    let mut options = ExportOptions::new(format);
    options.window = crate::operations::window(since, until)?;
    options.byte_order_mark = byte_order_mark;
    Ok(options)
}

/// A user's events in order, each once: those that are kept, then each as it is written. `async for` goes on for ever.
#[pyclass(frozen, module = "finance_tracker")]
pub(crate) struct AsyncEvents(Source<EventStream, Event>);

#[pymethods]
impl AsyncEvents {
    /// The next event; `None` when none comes within `timeout`.
    #[pyo3(signature = (*, timeout = None))]
    async fn next(&self, timeout: Option<Span>) -> Result<Option<Event>, Failure> {
        Ok(self
            .0
            .shared
            .work
            .run(next_event(self.0.stream.clone(), timeout.map(Into::into)))
            .await?
            .came
            .take())
    }

    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(slf: &Bound<'py, Self>) -> PyResult<Awaited<'py, Event>> {
        Awaited::of(slf)
    }

    async fn _next(&self) -> Result<Event, Failure> {
        let event = self.0.shared.work.run(next_event(self.0.stream.clone(), None)).await?.came.take();
        event.ok_or_else(|| PyStopAsyncIteration::new_err(()).into())
    }
}

/// A user's events in order, each once: those that are kept, then each as it is written. `for` goes on for ever.
#[pyclass(frozen, module = "finance_tracker")]
pub(crate) struct Events(Source<EventStream, Event>);

#[pymethods]
impl Events {
    /// The next event; `None` when none comes within `timeout`.
    #[pyo3(signature = (*, timeout = None))]
    fn next(&self, py: Python<'_>, timeout: Option<Span>) -> Result<Option<Event>, Failure> {
        Ok(self
            .0
            .shared
            .work
            .block_on(py, next_event(self.0.stream.clone(), timeout.map(Into::into)))?
            .came
            .take())
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> Result<Event, Failure> {
        let event = self.0.shared.work.block_on(py, next_event(self.0.stream.clone(), None))?.came.take();
        event.ok_or_else(|| PyStopIteration::new_err(()).into())
    }
}

/// An export piece by piece, for `async for`.
#[pyclass(frozen, module = "finance_tracker")]
pub(crate) struct AsyncExport(Source<ExportStream, Vec<u8>>);

#[pymethods]
impl AsyncExport {
    fn __aiter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __anext__<'py>(slf: &Bound<'py, Self>) -> PyResult<Awaited<'py, Vec<u8>>> {
        Awaited::of(slf)
    }

    async fn _next(&self) -> Result<Vec<u8>, Failure> {
        let piece = self.0.shared.work.run(next_piece(self.0.stream.clone())).await?.came.take();
        piece.ok_or_else(|| PyStopAsyncIteration::new_err(()).into())
    }
}

/// An export piece by piece, for `for`.
#[pyclass(frozen, module = "finance_tracker")]
pub(crate) struct Export(Source<ExportStream, Vec<u8>>);

#[pymethods]
impl Export {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> Result<Vec<u8>, Failure> {
        let piece = self.0.shared.work.block_on(py, next_piece(self.0.stream.clone()))?.came.take();
        piece.ok_or_else(|| PyStopIteration::new_err(()).into())
    }
}

#[pymethods]
impl AsyncEngine {
    /// The user's events after the one with this number, or from the first with 0. Keep the number of the last event you saw.
    #[pyo3(signature = (user, *, after = 0))]
    fn events(&self, user: User, after: i64) -> Result<AsyncEvents, Failure> {
        let after = whole("after", after)?;
        Ok(AsyncEvents(Source::new(&self.0, self.0.engine.events(&user.0, after))))
    }

    /// Everything of the user, as `csv` (transactions for a spreadsheet) or `json` (all records), in pieces of bytes that together are
    /// the file.
    #[pyo3(signature = (user, format, *, since = None, until = None, byte_order_mark = false))]
    async fn export(
        &self,
        user: User,
        format: choices::ExportFormat,
        since: Option<Day>,
        until: Option<Day>,
        byte_order_mark: bool,
    ) -> Result<AsyncExport, Failure> {
        let (engine, options) =
            (self.0.engine.clone(), export_options(&format, since, until, byte_order_mark)?);
        let stream = self.0.work.run(async move { Ok(engine.export(&user.0, &options).await?) }).await?;
        Ok(AsyncExport(Source::new(&self.0, stream)))
    }
}

#[pymethods]
impl Engine {
    /// The user's events after the one with this number, or from the first with 0. Keep the number of the last event you saw.
    #[pyo3(signature = (user, *, after = 0))]
    fn events(&self, user: User, after: i64) -> Result<Events, Failure> {
        let after = whole("after", after)?;
        Ok(Events(Source::new(&self.0, self.0.engine.events(&user.0, after))))
    }

    /// Everything of the user, as `csv` (transactions for a spreadsheet) or `json` (all records), in pieces of bytes that together are
    /// the file.
    #[pyo3(signature = (user, format, *, since = None, until = None, byte_order_mark = false))]
    fn export(
        &self,
        py: Python<'_>,
        user: User,
        format: choices::ExportFormat,
        since: Option<Day>,
        until: Option<Day>,
        byte_order_mark: bool,
    ) -> Result<Export, Failure> {
        let (engine, options) =
            (self.0.engine.clone(), export_options(&format, since, until, byte_order_mark)?);
        let stream = self.0.work.block_on(py, async move { Ok(engine.export(&user.0, &options).await?) })?;
        Ok(Export(Source::new(&self.0, stream)))
    }
}
