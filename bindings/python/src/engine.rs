//! The engine, once for asyncio and once for code that waits.

use std::collections::BTreeMap;
use std::sync::Arc;

use finance_core::{Actor, SyncEngine, SystemClock};
use finance_store::{ConnectOptions, TokenKeys, connect};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::errors::Failure;
use crate::operations::whole;
use crate::progress::{Listener, ProgressFunction};
use crate::provider::Provider;
use crate::python_categorizer::{CategorizerObject, PythonCategorizer};
use crate::records::{EngineOptions, policy};
use crate::runtime::Work;
use crate::values::{Bytes, Frequency};

/// What both kinds of engine are made of.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) engine: SyncEngine,
    pub(crate) work: Work,
}

/// The bank-sync engine for `asyncio`: every operation is a coroutine.
///
/// Cancelling a task ends its operation at once and leaves nothing half done. One engine may be used from several tasks, threads
/// and event loops. Make one with `await AsyncEngine.open(...)`; use it as `async with`, or `await engine.close()` in the end.
#[pyclass(frozen, module = "finance_tracker")]
pub(crate) struct AsyncEngine(pub(crate) Shared);

/// The bank-sync engine for code that waits: every operation returns when it is done.
///
/// Other threads go on meanwhile, and Ctrl-C ends the operation and leaves nothing half done. One engine may be used from several
/// threads. Make one with `Engine.open(...)`; use it as `with`, or `engine.close()` in the end.
#[pyclass(frozen, module = "finance_tracker")]
pub(crate) struct Engine(pub(crate) Shared);

/// What an engine is opened with.
struct Opening {
    url: String,
    provider: Option<Provider>,
    token_key: Option<Bytes>,
    token_key_name: String,
    earlier_token_keys: BTreeMap<String, Bytes>,
    keep_raw: bool,
    options: Option<EngineOptions>,
    name: Option<String>,
    frequency: Option<Frequency>,
    concurrent_connections: Option<i64>,
    gap_seconds: Option<i64>,
}

impl Opening {
    fn token_keys(&self) -> Result<Option<TokenKeys>, Failure> {
        let key = |bytes: &[u8]| {
            <[u8; 32]>::try_from(bytes).map_err(|_| Failure::invalid("a token key has 32 bytes"))
        };
        let Some(current) = &self.token_key else { return Ok(None) };
        let mut keys = TokenKeys::new(&self.token_key_name, key(&current.0)?);
        for (name, earlier) in &self.earlier_token_keys {
            keys = keys.with_earlier(name, key(&earlier.0)?);
        }
        Ok(Some(keys))
    }

    /// What is named by itself comes before what the options say. finance-core says whether all of it makes sense.
    fn options(&self) -> Result<finance_core::EngineOptions, Failure> {
        let mut options: finance_core::EngineOptions = policy(self.options.clone())?;
        options.name = self.name.clone().unwrap_or(options.name);
        options.frequency = self.frequency.map_or(options.frequency, Into::into);
        if let Some(connections) = self.concurrent_connections {
            options.concurrent_connections = whole("concurrent_connections", connections)?;
        }
        if let Some(seconds) = self.gap_seconds {
            options.schedule.gap_seconds = whole("gap_seconds", seconds)?;
        }
        options.check()?;
        Ok(options)
    }

    async fn open(self, work: Work) -> Result<Shared, Failure> {
        let (options, token_keys, keep_raw) = (self.options()?, self.token_keys()?, self.keep_raw);
        let store = connect(&self.url, ConnectOptions { token_keys, keep_raw }).await?;
        let provider = Provider::port(self.provider, work.home().clone())?;
        let engine = SyncEngine::new(provider, store, Arc::new(SystemClock), options);
        work.end_at_exit(&engine);
        Ok(Shared { engine, work })
    }
}

impl Shared {
    /// Another engine on the same store, whose work ends with this one's.
    pub(crate) fn with(&self, engine: SyncEngine) -> Self {
        Self { engine, work: self.work.clone() }
    }

    fn with_categorizer(&self, categorizer: CategorizerObject) -> Self {
        let categorizer = PythonCategorizer::new(categorizer, self.work.home().clone());
        self.with(self.engine.with_categorizer(Arc::new(categorizer)))
    }

    fn with_progress(&self, listener: ProgressFunction) -> PyResult<Self> {
        let listener = Listener::new(listener, self.work.home().clone())?;
        Ok(self.with(self.engine.with_progress(Arc::new(listener))))
    }
}

/// The person or program that the audit trail names.
fn actor(name: Option<String>) -> Actor {
    name.map_or(Actor::User, Actor::Named)
}

#[pymethods]
impl AsyncEngine {
    /// Opens the store that a URL names (`memory:`, `sqlite:books.db`, `postgres://user@host/database`), and makes it if it is new.
    ///
    /// `provider` is a `Plaid` or an object of your own with the methods of `BankProvider`; without one everything works but what asks a
    /// bank. `token_key` has 32 bytes and seals the banks' access tokens; keep it apart from the database. It is called `main`, or
    /// as `token_key_name` says. Books whose tokens were sealed by other keys need those in `earlier_token_keys`, under the names they had. `options` has every policy of the engine. Its `name`,
    /// `frequency`, `concurrent_connections` and its schedule's `gap_seconds` can be given by themselves, too, and count then.
    /// Raises `StoreError` when the store cannot be opened, and `InvalidInputError` for arguments that make no sense.
    #[classmethod]
    #[pyo3(signature = (url, provider = None, *, token_key = None, token_key_name = "main".to_owned(), earlier_token_keys = BTreeMap::new(), keep_raw = true, options = None, name = None, frequency = None, concurrent_connections = None, gap_seconds = None))]
    #[allow(clippy::too_many_arguments, reason = "Python names them")]
    async fn open(
        _class: Py<PyType>,
        url: String,
        provider: Option<Provider>,
        token_key: Option<Bytes>,
        token_key_name: String,
        earlier_token_keys: BTreeMap<String, Bytes>,
        keep_raw: bool,
        options: Option<EngineOptions>,
        name: Option<String>,
        frequency: Option<Frequency>,
        concurrent_connections: Option<i64>,
        gap_seconds: Option<i64>,
    ) -> Result<Self, Failure> {
        let opening = Opening {
            url,
            provider,
            token_key,
            token_key_name,
            earlier_token_keys,
            keep_raw,
            options,
            name,
            frequency,
            concurrent_connections,
            gap_seconds,
        };
        let work = Work::default();
        work.run(opening.open(work.clone())).await.map(Self)
    }

    /// Ends what goes on and waits until it has ended: also for a token that is being exchanged although whoever linked gave up, and for
    /// leases on their way back. Whatever is asked of the engine later raises `ClosedError`.
    async fn close(&self) -> Result<(), Failure> {
        self.0.work.close(&self.0.engine).await
    }

    /// The same engine in somebody else's name: the audit trail says that they did what it does. `None` is the user.
    #[pyo3(signature = (name))]
    fn acting_as(&self, name: Option<String>) -> Self {
        Self(self.0.with(self.0.engine.acting_as(actor(name))))
    }

    /// The same engine with a categoriser of yours, an object with the methods of `Categorizer`. It is asked about new rows after each
    /// sync, and by `categorize_now`.
    fn with_categorizer(&self, categorizer: CategorizerObject) -> Self {
        Self(self.0.with_categorizer(categorizer))
    }

    /// The same engine with a function that is called with a `SyncProgress` for each step of long operations, in order: syncs,
    /// balances, comparisons, imports, merges, removals, verifications. What it raises is reported to `sys.unraisablehook` and stops nothing.
    /// It runs on the thread of the event loop, before the operation returns.
    fn with_progress(&self, listener: ProgressFunction) -> PyResult<Self> {
        self.0.with_progress(listener).map(Self)
    }
}

#[pymethods]
impl Engine {
    /// Opens the store that a URL names (`memory:`, `sqlite:books.db`, `postgres://user@host/database`), and makes it if it is new.
    ///
    /// Its arguments and errors are those of `AsyncEngine.open`.
    #[classmethod]
    #[pyo3(signature = (url, provider = None, *, token_key = None, token_key_name = "main".to_owned(), earlier_token_keys = BTreeMap::new(), keep_raw = true, options = None, name = None, frequency = None, concurrent_connections = None, gap_seconds = None))]
    #[allow(clippy::too_many_arguments, reason = "Python names them")]
    fn open(
        class: &Bound<'_, PyType>,
        url: String,
        provider: Option<Provider>,
        token_key: Option<Bytes>,
        token_key_name: String,
        earlier_token_keys: BTreeMap<String, Bytes>,
        keep_raw: bool,
        options: Option<EngineOptions>,
        name: Option<String>,
        frequency: Option<Frequency>,
        concurrent_connections: Option<i64>,
        gap_seconds: Option<i64>,
    ) -> Result<Self, Failure> {
        let opening = Opening {
            url,
            provider,
            token_key,
            token_key_name,
            earlier_token_keys,
            keep_raw,
            options,
            name,
            frequency,
            concurrent_connections,
            gap_seconds,
        };
        let work = Work::default();
        work.block_on(class.py(), opening.open(work.clone())).map(Self)
    }

    /// Ends what goes on and waits until it has ended: also for a token that is being exchanged although whoever linked gave up, and for
    /// leases on their way back. Whatever is asked of the engine later raises `ClosedError`.
    fn close(&self, py: Python<'_>) -> Result<(), Failure> {
        self.0.work.close_blocking(py, &self.0.engine)
    }

    /// The same engine in somebody else's name: the audit trail says that they did what it does. `None` is the user.
    #[pyo3(signature = (name))]
    fn acting_as(&self, name: Option<String>) -> Self {
        Self(self.0.with(self.0.engine.acting_as(actor(name))))
    }

    /// The same engine with a categoriser of yours, an object with the methods of `Categorizer`. It is asked about new rows after each
    /// sync, and by `categorize_now`.
    fn with_categorizer(&self, categorizer: CategorizerObject) -> Self {
        Self(self.0.with_categorizer(categorizer))
    }

    /// The same engine with a function that is called with a `SyncProgress` for each step of long operations, in order: syncs,
    /// balances, comparisons, imports, merges, removals, verifications. What it raises is reported to `sys.unraisablehook` and stops nothing.
    /// It runs in a thread of its own while the engine waits for it, one call at a time for each connection.
    fn with_progress(&self, listener: ProgressFunction) -> PyResult<Self> {
        self.0.with_progress(listener).map(Self)
    }

    fn __enter__(slf: PyRef<'_, Self>) -> Result<PyRef<'_, Self>, Failure> {
        slf.0.work.check_open()?;
        Ok(slf)
    }

    fn __exit__(
        &self,
        py: Python<'_>,
        _class: Option<Py<PyAny>>,
        _error: Option<Py<PyAny>>,
        _traceback: Option<Py<PyAny>>,
    ) -> Result<(), Failure> {
        self.close(py)
    }
}

#[pymethods]
impl AsyncEngine {
    async fn __aenter__(slf: Py<Self>) -> Result<Py<Self>, Failure> {
        slf.get().0.work.check_open()?;
        Ok(slf)
    }

    async fn __aexit__(
        &self,
        _class: Option<Py<PyAny>>,
        _error: Option<Py<PyAny>>,
        _traceback: Option<Py<PyAny>>,
    ) -> Result<(), Failure> {
        self.close().await
    }
}
