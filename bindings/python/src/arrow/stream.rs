//! What Python reads tables from: a stream of record batches by Arrow's C interface.

use std::ffi::CStr;
use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchReader};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ffi::FFI_ArrowSchema;
use arrow::ffi_stream::FFI_ArrowArrayStream;
use finance_core::SyncEngine;
use futures::future::BoxFuture;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3::{ffi, intern};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio_util::task::AbortOnDropHandle;

use crate::engine::Shared;
use crate::errors::Failure;
use crate::values::into_python;

/// What a table is read from.
pub(crate) trait Source: Send + Sync {
    fn schema(&self) -> SchemaRef;

    /// Hands the batches out, until all are or nobody takes them any more.
    fn read(&self, engine: SyncEngine, batches: Batches) -> BoxFuture<'static, Result<(), Failure>>;
}

/// Where batches are handed out.
pub(crate) struct Batches(Sender<Result<Option<RecordBatch>, Failure>>);

/// Nobody takes batches any more.
pub(crate) struct Unwanted;

impl Batches {
    pub(crate) async fn give(&self, batch: RecordBatch) -> Result<(), Unwanted> {
        self.0.send(Ok(Some(batch))).await.map_err(|_| Unwanted)
    }
}

/// A table that is read in batches, by anything that reads Arrow: `pyarrow.table(it)`, `polars.DataFrame(it)`,
/// `pandas.DataFrame.from_arrow(it)`, or its name in a query of DuckDB.
///
/// Nothing is read before the reader asks for the first batch, and no more than four batches are in memory besides what the reader
/// keeps. Each reading begins anew. Each batch is of one instant and each row whole, but syncs and edits go on between batches. Reading
/// keeps its thread waiting and lets others go on: in asyncio write `await asyncio.to_thread(pyarrow.table, it)`. When reading fails, the
/// reader raises its own exception, with the message of this package's; so it does at Ctrl-C, which follows as `KeyboardInterrupt`.
#[pyclass(frozen, module = "finance_tracker")]
pub(crate) struct ArrowStream {
    shared: Shared,
    source: Arc<dyn Source>,
}

impl ArrowStream {
    pub(crate) fn new(shared: &Shared, source: impl Source + 'static) -> Self {
        Self { shared: shared.clone(), source: Arc::new(source) }
    }
}

#[pymethods]
impl ArrowStream {
    /// A new reading, as a capsule of Arrow's C stream interface. The schema is always the table's own.
    ///
    /// Raises `ClosedError` when the engine is closed.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__(
        &self,
        py: Python<'_>,
        requested_schema: Option<Bound<'_, PyAny>>,
    ) -> Result<Capsule, Failure> {
        // Readers convert to what they want themselves.
        drop(requested_schema);
        self.shared.work.check_open()?;
        let reading = Reading {
            schema: self.source.schema(),
            shared: self.shared.clone(),
            source: Some(self.source.clone()),
            going_on: None,
            failed: None,
        };
        let stream = FFI_ArrowArrayStream::new(Box::new(reading));
        Capsule::holding(py, stream, c"arrow_array_stream")
    }

    /// The schema of the table, as a capsule of Arrow's C data interface.
    fn __arrow_c_schema__(&self, py: Python<'_>) -> Result<Capsule, Failure> {
        let schema = FFI_ArrowSchema::try_from(&*self.source.schema()).map_err(Failure::invalid)?;
        Capsule::holding(py, schema, c"arrow_schema")
    }

    fn __repr__(&self) -> String {
        let schema = self.source.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        format!("ArrowStream({})", names.join(", "))
    }
}

/// A capsule, which Python's `types` name from 3.13 on.
pub(crate) struct Capsule(Py<PyCapsule>);

into_python!(Capsule, pyo3::type_hint_identifier!("typing_extensions", "CapsuleType"), |capsule, py| {
    Ok(capsule.0.bind(py).clone().into_any())
});

impl Capsule {
    fn holding<T: Send + 'static>(py: Python<'_>, value: T, name: &'static CStr) -> Result<Self, Failure> {
        Ok(Self(PyCapsule::new_with_value(py, value, name)?.unbind()))
    }
}

/// A reading under way: what is taken from, and the work that fills it.
struct GoingOn {
    batches: Receiver<Result<Option<RecordBatch>, Failure>>,
    _work: AbortOnDropHandle<Option<()>>,
}

/// One reading of a table.
struct Reading {
    schema: SchemaRef,
    shared: Shared,
    /// Until it begins.
    source: Option<Arc<dyn Source>>,
    /// Until it ends.
    going_on: Option<GoingOn>,
    /// Why it failed, which whoever goes on reading is told again: an end would look like that of the table.
    failed: Option<String>,
}

impl Reading {
    fn begin(&self, source: &dyn Source) -> Result<GoingOn, Failure> {
        let (sender, batches) = channel(1);
        let reading = source.read(self.shared.engine.clone(), Batches(sender.clone()));
        let work = self.shared.work.begin(async move {
            let end = reading.await.map(|()| None);
            sender.send(end).await.ok();
        })?;
        Ok(GoingOn { batches, _work: work })
    }

    fn next_batch(&mut self, py: Python<'_>) -> Result<Option<RecordBatch>, Failure> {
        // Batches may come so fast that waiting for one never looks.
        py.check_signals()?;
        let begun = match self.source.take() {
            Some(source) => Some(self.begin(&*source)?),
            None => self.going_on.take(),
        };
        let Some(mut going_on) = begun else { return Ok(None) };
        let (going_on, got) = self.shared.work.block_on(py, async move {
            let got = going_on.batches.recv().await;
            Ok((going_on, got))
        })?;
        // Without a word of an end the engine was closed.
        let batch = got.unwrap_or(Err(Failure::Closed))?;
        self.going_on = batch.is_some().then_some(going_on);
        Ok(batch)
    }
}

/// What a reader is told of an exception. It makes one of its own of that, which must not swallow Ctrl-C: so that comes again when
/// the reader has returned.
fn told(py: Python<'_>, error: &PyErr) -> String {
    let text = error.to_string();
    if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        // The last thing that is asked of Python, as anything else would meet the interrupt here.
        let thread = py.import(intern!(py, "_thread"));
        if let Err(error) = thread.and_then(|thread| thread.call_method0(intern!(py, "interrupt_main"))) {
            error.write_unraisable(py, None);
        }
    }
    text
}

/// The interpreter, held by this thread whatever PyO3 believes: a reader that runs in a callback of this package lets the interpreter
/// go while it reads, and PyO3 still takes the thread for attached.
struct Held(ffi::PyGILState_STATE);

#[allow(unsafe_code, reason = "only the interpreter itself knows whether this thread holds it")]
impl Held {
    /// `None` when there is no interpreter any more.
    fn new() -> Option<Self> {
        // SAFETY: an interpreter that is there can be waited for from any thread, by one that holds it, too.
        unsafe { (ffi::Py_IsInitialized() != 0).then(|| Self(ffi::PyGILState_Ensure())) }
    }
}

#[allow(unsafe_code, reason = "as above")]
impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: it belongs to the call in `new`, which this thread made.
        unsafe { ffi::PyGILState_Release(self.0) }
    }
}

impl Iterator for Reading {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = match (&self.failed, Held::new()) {
            (Some(text), _) => Err(text.clone()),
            (None, None) => Err("the interpreter is about to end".to_owned()),
            (None, Some(_held)) => {
                Python::attach(|py| self.next_batch(py).map_err(|failure| told(py, &failure.into())))
            }
        };
        self.failed = batch.as_ref().err().cloned();
        batch.map_err(|text| ArrowError::ExternalError(text.into())).transpose()
    }
}

impl RecordBatchReader for Reading {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }
}
