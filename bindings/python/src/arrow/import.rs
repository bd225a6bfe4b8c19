//! Tables that Python hands in by Arrow's C stream interface: the one place where a pointer is believed.

use arrow::array::RecordBatch;
use arrow::ffi_stream::RecordBatchStreamReader;
use pyo3::exceptions::PyTypeError;
#[cfg(feature = "stubs")]
use pyo3::inspect::PyStaticExpr;
use pyo3::intern;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::type_hint_identifier;
use pyo3::types::PyCapsule;

use crate::errors::Failure;

/// A table, read whole.
pub(crate) struct Imported {
    pub(crate) batches: Vec<RecordBatch>,
}

impl<'a, 'py> FromPyObject<'a, 'py> for Imported {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("finance_tracker.protocols", "ArrowReadable");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let method = intern!(value.py(), "__arrow_c_stream__");
        if !value.hasattr(method)? {
            let name = value.get_type().name()?;
            return Err(PyTypeError::new_err(format!("a {name} hands out no Arrow table")));
        }
        let capsule = value.call_method0(method)?.cast_into::<PyCapsule>()?;
        let reader = reader(&capsule)?;
        // Whoever fills the stream may need Python in threads of its own.
        let batches: Result<Vec<RecordBatch>, _> = value.py().detach(|| reader.collect());
        Ok(Self { batches: batches.map_err(Failure::invalid)? })
    }
}

#[allow(unsafe_code, reason = "a capsule holds a pointer, and only its name tells to what")]
fn reader(capsule: &Bound<'_, PyCapsule>) -> PyResult<RecordBatchStreamReader> {
    let stream = capsule.pointer_checked(Some(c"arrow_array_stream"))?;
    // SAFETY: by Arrow's PyCapsule interface a capsule of this name holds a valid `ArrowArrayStream`, which its one consumer moves
    // out. What is moved out is marked as released there, so that the capsule frees nothing that is used here.
    let reader = unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr().cast()) };
    Ok(reader.map_err(Failure::invalid)?)
}
