//! Telling a Python function how a long operation goes.

use std::sync::mpsc::channel;

use finance_core::{ProgressListener, SyncProgress as Step};
use pyo3::exceptions::PyTypeError;
#[cfg(feature = "stubs")]
use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::type_hint_identifier;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use tokio::task::block_in_place;

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

/// A function of the host's that hears of progress: on the engine's event loop while that runs, and otherwise in a thread of its own, while
/// the engine waits.
pub(crate) struct Listener {
    told: Py<PyAny>,
    home: Home,
}

impl Listener {
    pub(crate) fn new(listener: ProgressFunction, home: Home) -> PyResult<Self> {
        let told = Python::attach(|py| Home::told(listener.0.into_bound(py)).map(Bound::unbind))?;
        Ok(Self { told, home })
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
        let (sender, heard) = channel();
        let begun = Python::try_attach(|py| {
            let told = self.told.bind(py);
            let done = || {
                let done =
                    move |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| sender.send(()).is_ok();
                PyCFunction::new_closure(py, None, None, done).map(Bound::into_any)
            };
            let step = Bound::new(py, SyncProgress::from(step)).map(Bound::into_any);
            step.and_then(|step| self.home.tell(told, step, done)).unwrap_or_else(|error| {
                error.write_unraisable(py, Some(told));
                false
            })
        });
        if begun == Some(true) {
            // It ends without a word when the thread does.
            let _ = block_in_place(|| heard.recv());
        }
    }
}
