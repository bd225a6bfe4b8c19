//! Telling a Python function how a long operation goes.

use finance_core::{ProgressListener, SyncProgress as Step};
use pyo3::exceptions::PyTypeError;
#[cfg(feature = "stubs")]
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::type_hint_identifier;

use crate::callbacks::Home;
use crate::record::record;
use crate::records::SyncCounts;

record! {
    /// One step of a long operation. What a step does not tell is `None`.
    SyncProgress {
        /// Which step: `waiting`, `started`, `page_fetched`, `began_again`, `comparing`, `storing`, `balances_asked`, `account_reconciled`,
        /// `ended_at_provider`, `erasing`, `audit_checked` or `finished`.
        kind: String,
        /// The connection it is about.
        connection: Option<i64> [None],
        /// The account it is about.
        account: Option<i64> [None],
        /// Pages of this attempt so far.
        pages: Option<u32> [None],
        /// Rows so far, or concerned.
        rows: Option<u64> [None],
        /// How much is done, this step included.
        done: Option<u64> [None],
        /// How much there is in all.
        of: Option<u64> [None],
        /// Of a sync that finished, what changed in the books.
        counts: Option<SyncCounts> [None],
    }
}

impl From<Step> for SyncProgress {
    fn from(step: Step) -> Self {
        let of = |kind: &str| Self {
            kind: kind.to_owned(),
            connection: None,
            account: None,
            pages: None,
            rows: None,
            done: None,
            of: None,
            counts: None,
        };
        let on = |kind, connection: finance_core::ConnectionId| Self {
            connection: Some(connection.number()),
            ..of(kind)
        };
        let part = |this: Self, done: u64, of: u64| Self { done: Some(done), of: Some(of), ..this };
        match step {
            Step::Waiting { connection } => on("waiting", connection),
            Step::Started { connection } => on("started", connection),
            Step::PageFetched { connection, pages, rows } => {
                Self { pages: Some(pages), rows: Some(rows), ..on("page_fetched", connection) }
            }
            Step::BeganAgain { connection } => on("began_again", connection),
            Step::Comparing { connection, rows } => Self { rows: Some(rows), ..on("comparing", connection) },
            Step::Storing { connection, rows } => Self { rows: Some(rows), ..on("storing", connection) },
            Step::BalancesAsked { connection, done, of } => {
                part(on("balances_asked", connection), done.into(), of.into())
            }
            Step::AccountReconciled { account, done, of: all } => {
                let this = Self { account: Some(account.number()), ..of("account_reconciled") };
                part(this, done.into(), all.into())
            }
            Step::EndedAtProvider { connection, done, of } => {
                part(on("ended_at_provider", connection), done.into(), of.into())
            }
            Step::Erasing => of("erasing"),
            Step::AuditChecked { done, of: all } => part(of("audit_checked"), done, all),
            Step::Finished { connection, counts } => {
                Self { counts: Some(counts.into()), ..on("finished", connection) }
            }
            _ => of("other"),
        }
    }
}

/// Calls the host's function; what it raises is reported and stops nothing.
#[pyclass(frozen)]
struct Told(Py<PyAny>);

#[pymethods]
impl Told {
    fn __call__(&self, py: Python<'_>, step: Bound<'_, PyAny>) {
        if let Err(error) = self.0.call1(py, (step,)) {
            error.write_unraisable(py, Some(self.0.bind(py)));
        }
    }
}

/// A function of the host's that hears of progress: on its event loop if it has one, and otherwise on the engine's thread.
pub(crate) struct Listener {
    told: Py<Told>,
    home: Home,
}

impl Listener {
    pub(crate) fn new(listener: ProgressFunction, home: Home) -> PyResult<Self> {
        Ok(Self { told: Python::attach(|py| Py::new(py, Told(listener.0)))?, home })
    }
}

/// A function that takes a `SyncProgress`.
pub(crate) struct ProgressFunction(Py<PyAny>);

impl<'a, 'py> FromPyObject<'a, 'py> for ProgressFunction {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("finance_tracker.protocols", "ProgressListener");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if value.is_callable() {
            Ok(Self(value.to_owned().unbind()))
        } else {
            Err(PyTypeError::new_err("a listener is a function that takes a SyncProgress"))
        }
    }
}

impl ProgressListener for Listener {
    fn progress(&self, step: Step) {
        Python::try_attach(|py| {
            let told = self.told.bind(py);
            let tell = || {
                let step = Bound::new(py, SyncProgress::from(step))?.into_any();
                match self.home.call_soon(told, step.clone())? {
                    true => Ok(()),
                    false => told.call1((step,)).map(|_| ()),
                }
            };
            if let Err(error) = tell() {
                error.write_unraisable(py, Some(told));
            }
        });
    }
}
