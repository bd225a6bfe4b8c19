//! Errors of the engine as exceptions of `finance_tracker.errors`.

use std::convert::Infallible;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use finance_core::{CategorizerError, CsvLayout, ImportError, StoreError, SyncError, SyncErrorKind};
use pyo3::exceptions::{PyBaseException, PyException, PyRuntimeError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
#[cfg(feature = "stubs")]
use pyo3::{inspect::PyStaticExpr, type_hint_identifier};

use crate::choices;
use crate::values::{Many, into_python};

/// Why an operation failed, until Python sees it.
pub(crate) enum Failure {
    /// An operation of the engine.
    Sync(SyncError),
    /// The store could not be opened or closed.
    Store(StoreError),
    /// What the caller gave cannot be used, in words.
    Invalid(String),
    /// The engine was closed.
    Closed,
    /// A process that was forked uses an engine of its parent's.
    Forked,
    /// Python's own.
    Python(PyErr),
}

impl Failure {
    pub(crate) fn invalid(error: impl std::fmt::Display) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl From<SyncError> for Failure {
    fn from(error: SyncError) -> Self {
        Self::Sync(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Infallible> for Failure {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Self::Python(error)
    }
}

/// What is raised in threads that go on while the interpreter is about to end: made before, since it may end a thread in whatever Python
/// code that one runs, with a call of this package below.
static CLOSED_AT_EXIT: OnceLock<Py<PyAny>> = OnceLock::new();

/// Says that the interpreter is about to end.
pub(crate) fn prepare_for_exit(py: Python<'_>) {
    let closed = PyErr::from(Failure::Closed).into_value(py).into_any();
    CLOSED_AT_EXIT.get_or_init(|| closed);
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Python(error) => error,
            failure => Python::attach(|py| match (&failure, CLOSED_AT_EXIT.get()) {
                (Failure::Closed, Some(error)) => Self::from_value(error.bind(py).clone()),
                _ => raised(py, &failure).unwrap_or_else(|error| error),
            }),
        }
    }
}

/// The exception class of a kind, and what it carries besides.
pub(crate) fn class(kind: &SyncErrorKind) -> (&'static str, &'static str) {
    match kind {
        SyncErrorKind::InvalidInput => ("InvalidInputError", "invalid_input"),
        SyncErrorKind::NotFound => ("NotFoundError", "not_found"),
        SyncErrorKind::AlreadyLinked(_) => ("AlreadyLinkedError", "already_linked"),
        SyncErrorKind::AlreadyResolved => ("ConflictError", "already_resolved"),
        SyncErrorKind::NotResolved => ("ConflictError", "not_resolved"),
        SyncErrorKind::ConnectionEnded => ("ConnectionEndedError", "connection_ended"),
        SyncErrorKind::EventsPruned { .. } => ("EventsPrunedError", "events_pruned"),
        SyncErrorKind::Busy => ("BusyError", "busy"),
        SyncErrorKind::Cancelled => ("SyncCancelledError", "cancelled"),
        SyncErrorKind::NotEnded(_) => ("NotEndedError", "not_ended"),
        SyncErrorKind::Undecided(_) => ("UndecidedError", "undecided"),
        SyncErrorKind::HistoryIncomplete => ("HistoryIncompleteError", "history_incomplete"),
        SyncErrorKind::Webhook(_) => ("WebhookError", "webhook"),
        SyncErrorKind::Provider(_) => ("ProviderError", "provider"),
        SyncErrorKind::Store(_) => ("StoreError", "store"),
        _ => ("InternalError", "internal"),
    }
}

/// The exception for a failure.
fn raised(py: Python<'_>, failure: &Failure) -> PyResult<PyErr> {
    let errors = py.import(intern!(py, "finance_tracker.errors"))?;
    let fields = PyDict::new(py);
    let (class, message) = match failure {
        Failure::Python(_) => return Err(PyRuntimeError::new_err("an exception is raised as it is")),
        Failure::Closed => ("ClosedError", "the engine is closed".to_owned()),
        Failure::Forked => (
            "ForkedError",
            "this process was forked from one that used the engine, whose threads did not come along: open a new engine in a \
             process that is started with the method spawn or forkserver, or before anything of this package is used"
                .to_owned(),
        ),
        Failure::Invalid(message) => ("InvalidInputError", message.clone()),
        Failure::Store(error) => {
            fields.set_item("reason", choices::StoreErrorKind::from(error.kind()))?;
            ("StoreError", error.to_string())
        }
        Failure::Sync(error) => {
            let (class, kind) = class(error.kind());
            fields.set_item("kind", kind)?;
            fields.set_item("user_message", error.user_message())?;
            fields.set_item("retry_after", error.retry_after())?;
            detail(error.kind(), &fields)?;
            let class = if open_layout(error, &fields)? { "UnclearLayoutError" } else { class };
            (class, error.to_string())
        }
    };
    let error = PyErr::from_value(errors.getattr(class)?.call((message,), Some(&fields))?);
    if let Failure::Sync(sync) = failure
        && let Some(cause) = python_cause(py, sync)
    {
        // What is no error, such as KeyboardInterrupt and CancelledError, must not be caught as one.
        if !cause.is_instance_of::<PyException>(py) {
            return Ok(cause);
        }
        error.set_cause(py, Some(cause));
    }
    Ok(error)
}

/// Whether an exception is of this class of `finance_tracker.errors`.
pub(crate) fn is_exception_of(py: Python<'_>, error: &PyErr, class: &str) -> PyResult<bool> {
    let class = py.import(intern!(py, "finance_tracker.errors"))?.getattr(class)?;
    Ok(error.is_instance(py, &class))
}

/// What some kinds carry besides.
fn detail(kind: &SyncErrorKind, fields: &Bound<'_, PyDict>) -> PyResult<()> {
    match kind {
        SyncErrorKind::AlreadyLinked(duplicate) => {
            fields.set_item("connection", duplicate.connection.number())
        }
        SyncErrorKind::EventsPruned { first } => fields.set_item("first", first),
        SyncErrorKind::NotEnded(connections) => {
            let ids: Vec<i64> = connections.iter().map(|id| id.number()).collect();
            fields.set_item("connections", ids)
        }
        SyncErrorKind::Undecided(accounts) => {
            let ids: Vec<i64> = accounts.iter().map(|id| id.number()).collect();
            fields.set_item("accounts", ids)
        }
        SyncErrorKind::Webhook(kind) => fields.set_item("reason", choices::WebhookErrorKind::from(*kind)),
        SyncErrorKind::Provider(kind) => fields.set_item("reason", choices::ProviderErrorKind::from(*kind)),
        SyncErrorKind::Store(kind) => fields.set_item("reason", choices::StoreErrorKind::from(*kind)),
        _ => Ok(()),
    }
}

/// Whether a table could not be read because its layout is open, and what is known of it then.
fn open_layout(error: &SyncError, fields: &Bound<'_, PyDict>) -> PyResult<bool> {
    let import = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    let Some(ImportError::Layout { questions, guess }) = import else { return Ok(false) };
    let questions: Vec<String> = questions.iter().map(ToString::to_string).collect();
    fields.set_item("questions", Many(questions))?;
    fields.set_item("layout", layout_text(guess))?;
    Ok(true)
}

/// A layout as Python has it.
pub(crate) fn layout_text(layout: &CsvLayout) -> Option<String> {
    serde_json::to_string(layout).ok()
}

/// Types for exceptions that are told in a record and not raised. Each equals itself alone.
macro_rules! exceptions {
    ($( $(#[$doc:meta])* $name:ident: $hint:expr ),* $(,)?) => {
        $(
            $(#[$doc])*
            #[derive(Clone)]
            pub(crate) struct $name(Arc<Py<PyAny>>);

            into_python!($name, $hint, |it, py| Ok(it.0.bind(py).clone()));

            impl<'a, 'py> FromPyObject<'a, 'py> for $name {
                type Error = PyErr;
                #[cfg(feature = "stubs")]
                const INPUT_TYPE: PyStaticExpr = $hint;

                fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
                    if value.is_instance_of::<PyBaseException>() {
                        Ok(Self(Arc::new(value.to_owned().unbind())))
                    } else {
                        Err(PyTypeError::new_err("an exception is expected"))
                    }
                }
            }

            impl PartialEq for $name {
                fn eq(&self, other: &Self) -> bool {
                    self.0.is(&*other.0)
                }
            }

            impl Eq for $name {}

            impl Hash for $name {
                fn hash<H: Hasher>(&self, state: &mut H) {
                    self.0.as_ptr().hash(state);
                }
            }

            impl $name {
                fn new(py: Python<'_>, error: PyErr) -> Self {
                    Self(Arc::new(error.into_value(py).into_any()))
                }
            }
        )*
    };
}

exceptions! {
    /// What a provider or categoriser written in Python raised.
    Cause: type_hint_identifier!("builtins", "BaseException"),
    /// A failure of a categoriser.
    CategorizerFault: type_hint_identifier!("finance_tracker.errors", "CategorizerError"),
}

impl Cause {
    /// The exception that an error comes from, if it comes from one.
    pub(crate) fn of(error: &SyncError) -> Option<Self> {
        Python::attach(|py| Some(Self::new(py, python_cause(py, error)?)))
    }
}

impl From<CategorizerError> for CategorizerFault {
    fn from(error: CategorizerError) -> Self {
        Python::attach(|py| Self::new(py, told(py, &error).unwrap_or_else(|failed| failed)))
    }
}

fn told(py: Python<'_>, error: &CategorizerError) -> PyResult<PyErr> {
    let fields = PyDict::new(py);
    fields.set_item(intern!(py, "reason"), choices::CategorizerErrorKind::from(error.kind()))?;
    let errors = py.import(intern!(py, "finance_tracker.errors"))?;
    let class = errors.getattr(intern!(py, "CategorizerError"))?;
    let told = PyErr::from_value(class.call((error.to_string(),), Some(&fields))?);
    told.set_cause(py, python_cause(py, error));
    Ok(told)
}

/// The exception of a provider or categoriser written in Python that an error comes from.
fn python_cause(py: Python<'_>, error: &dyn std::error::Error) -> Option<PyErr> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(cause) = error.downcast_ref::<PyErr>() {
            return Some(cause.clone_ref(py));
        }
        source = error.source();
    }
    None
}
