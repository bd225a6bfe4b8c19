//! Where the engine's work runs: a runtime of its own, whose tasks end with the engine that began them.

use std::any::Any;
use std::future::Future;
use std::panic::catch_unwind;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};
use std::{io, process};

use finance_core::SyncEngine;
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::block_in_place;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::callbacks::{Home, end_own_loop};
use crate::errors::{Failure, prepare_for_exit};

/// How often a blocking call looks for Ctrl-C.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// How long the exit of the program waits in all.
const END_MAX: Duration = Duration::from_secs(5);
/// How much of it what goes on has to end by itself.
const SETTLE_MAX: Duration = Duration::from_secs(4);
/// How long a thread that asks for something during the exit is held up: one that asked again and again would soon meet the end of the
/// interpreter in the middle of a call.
const PAUSE_AT_EXIT: Duration = Duration::from_millis(500);

/// The runtime of a process, over its life.
enum Life {
    Unborn,
    Running(Runtime),
    /// And the thread that ended it, which is about to end the interpreter.
    Ended(ThreadId),
}

/// The process that the runtime belongs to; 0 before there is one. Looked at before any lock, which a fork may have copied as taken.
static OWNER: AtomicU32 = AtomicU32::new(0);

/// Whether this process is a fork of one that has a runtime. The threads of a runtime do not follow: whatever waits for them would wait for
/// ever.
fn is_forked() -> bool {
    let owner = OWNER.load(Ordering::Acquire);
    owner != 0 && owner != process::id()
}

static RUNTIME: Mutex<Life> = Mutex::new(Life::Unborn);

fn life() -> MutexGuard<'static, Life> {
    RUNTIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runtime of this process, which begins with the first that asks for it and ends when the interpreter is about to.
fn runtime() -> Result<Handle, Failure> {
    if is_forked() {
        return Err(Failure::Forked);
    }
    let mut life = life();
    match &*life {
        Life::Running(runtime) => Ok(runtime.handle().clone()),
        Life::Ended(by) => {
            let by = *by;
            drop(life);
            if thread::current().id() != by {
                Python::attach(|py| py.detach(|| thread::sleep(PAUSE_AT_EXIT)));
            }
            Err(Failure::Closed)
        }
        Life::Unborn => {
            let runtime = build().map_err(|error| {
                Failure::Python(PyRuntimeError::new_err(format!("no thread can be started: {error}")))
            })?;
            let handle = runtime.handle().clone();
            *life = Life::Running(runtime);
            drop(life);
            OWNER.store(process::id(), Ordering::Release);
            Python::attach(end_at_exit)?;
            Ok(handle)
        }
    }
}

fn build() -> io::Result<Runtime> {
    let build = || Builder::new_multi_thread().enable_all().thread_name("finance-tracker").build();
    // A system that has no thread left makes it panic.
    let panicked = |panic: Box<dyn Any + Send>| io::Error::other(panic_text(&*panic).to_owned());
    catch_unwind(build).unwrap_or_else(|panic| Err(panicked(panic)))
}

/// What a panic says.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "it panicked",
    }
}

/// A call that waits in this thread, detached from the interpreter.
struct Waiting;

static WAITING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

impl Waiting {
    fn begin() -> Self {
        *WAITING.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }

    /// Waits until nobody waits, or for this long.
    fn end_all(patience: Duration) {
        let waiting = WAITING.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever still waits when the time is over is left behind.
        let _ = WAITING.1.wait_timeout_while(waiting, patience, |waiting| *waiting > 0);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        *WAITING.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        WAITING.1.notify_all();
    }
}

/// What is to end, and to be waited for, before an engine is closed.
struct Ending {
    closed: CancellationToken,
    tasks: TaskTracker,
    settled: BoxFuture<'static, ()>,
}

impl Ending {
    /// Ends what goes on and waits until it has ended and the engine has settled. Nothing new begins.
    async fn end(self) {
        self.closed.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.settled.await;
    }

    fn is_over(&mut self) -> bool {
        self.tasks.is_empty() && (&mut self.settled).now_or_never().is_some()
    }
}

/// What the exit of the program ends: of engines that were opened and not dropped, or that have something left to do.
static AT_EXIT: Mutex<Vec<(Weak<()>, Ending)>> = Mutex::new(Vec::new());

/// Ends the runtime before the interpreter ends, so that none of its threads, nor any that waits for it, asks for an interpreter
/// that is on its way out.
fn end_at_exit(py: Python<'_>) -> PyResult<()> {
    let end = |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| -> PyResult<()> {
        if is_forked() {
            return Ok(());
        }
        let (py, begun) = (arguments.py(), Instant::now());
        let rest = || END_MAX.saturating_sub(begun.elapsed());
        prepare_for_exit(py);
        let ending = std::mem::replace(&mut *life(), Life::Ended(thread::current().id()));
        if let Life::Running(runtime) = ending {
            let endings = std::mem::take(&mut *AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner));
            py.detach(|| {
                let ended = join_all(endings.into_iter().map(|(_, ending)| ending.end()));
                // What takes longer is dropped with the runtime.
                let _ = runtime.block_on(async { timeout(SETTLE_MAX, ended).await });
                Waiting::end_all(rest());
                runtime.shutdown_timeout(rest());
            });
        }
        end_own_loop(py, rest())
    };
    let end = PyCFunction::new_closure(py, None, None, end)?;
    py.import(intern!(py, "atexit"))?.call_method1(intern!(py, "register"), (end,))?;
    Ok(())
}

/// What an engine has going on.
#[derive(Clone, Default)]
pub(crate) struct Work {
    tasks: TaskTracker,
    closed: CancellationToken,
    home: Home,
    /// Lives for as long as somebody can begin work.
    alive: Arc<()>,
}

impl Work {
    fn ending(&self, engine: &SyncEngine) -> Ending {
        Ending { closed: self.closed.clone(), tasks: self.tasks.clone(), settled: engine.settled().boxed() }
    }

    /// Has the exit of the program end the work of an engine, too, if nobody closes it before.
    pub(crate) fn end_at_exit(&self, engine: &SyncEngine) {
        let mut endings = AT_EXIT.lock().unwrap_or_else(PoisonError::into_inner);
        endings.retain_mut(|(alive, ending)| alive.strong_count() > 0 || !ending.is_over());
        endings.push((Arc::downgrade(&self.alive), self.ending(engine)));
    }

    /// Where coroutines of the host's run.
    pub(crate) const fn home(&self) -> &Home {
        &self.home
    }

    /// Runs work for a coroutine, whose event loop is at home from now on if it is the first. Whoever drops the future ends the work; so does
    /// [`close`](Self::close).
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        Python::attach(|py| self.home.visit(py))?;
        self.spawn(work).await
    }

    /// Refuses what is asked of an engine that is closed.
    pub(crate) fn check_open(&self) -> Result<(), Failure> {
        if self.closed.is_cancelled() { Err(Failure::Closed) } else { Ok(()) }
    }

    /// Begins work on the runtime. It goes on until it is done, whoever has the handle drops it, or the engine is closed.
    pub(crate) fn begin<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<AbortOnDropHandle<Option<T>>, Failure> {
        let runtime = runtime()?;
        self.check_open()?;
        let closed = self.closed.clone();
        let work = self.tasks.track_future(async move { closed.run_until_cancelled(work).await });
        Ok(AbortOnDropHandle::new(runtime.spawn(work)))
    }

    /// Runs work on the runtime and waits for it there.
    async fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        match self.begin(work)?.await {
            Ok(Some(done)) => done,
            Ok(None) => Err(Failure::Closed),
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Failure::Closed),
            },
        }
    }

    /// Runs work to its end in this thread's time. Other Python threads go on meanwhile, and Ctrl-C ends it.
    pub(crate) fn block_on<T: Send + 'static>(
        &self,
        py: Python<'_>,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        wait(py, self.spawn(work))?
    }

    /// Ends what goes on and waits until it has ended and the engine has settled, while other Python threads go on; Ctrl-C ends the
    /// waiting.
    pub(crate) fn close_blocking(&self, py: Python<'_>, engine: &SyncEngine) -> Result<(), Failure> {
        self.home.check_outside(py)?;
        wait(py, self.ending(engine).end())
    }

    /// Ends what goes on and waits until it has ended and the engine has settled. Nothing new begins.
    pub(crate) async fn close(&self, engine: &SyncEngine) -> Result<(), Failure> {
        Python::attach(|py| self.home.check_outside(py))?;
        self.ending(engine).end().await;
        Ok(())
    }
}

/// Waits in this thread. Other Python threads go on meanwhile, and Ctrl-C ends the waiting, as does the exit of the program.
fn wait<T: Send>(py: Python<'_>, work: impl Future<Output = T> + Send) -> Result<T, Failure> {
    let mut work = pin!(work);
    let runtime = runtime()?;
    let _waiting = Waiting::begin();
    loop {
        // From here on the exit of the program leaves the runtime until this has ended.
        if matches!(*life(), Life::Ended(_)) {
            return Err(Failure::Closed);
        }
        // In a callback this thread may be one of the runtime's own, whose other tasks go on elsewhere meanwhile.
        let mut wait = || runtime.block_on(async { timeout(SIGNALS_EVERY, &mut work).await });
        match py.detach(|| block_in_place(&mut wait)) {
            Ok(done) => return Ok(done),
            Err(_) => py.check_signals()?,
        }
    }
}
