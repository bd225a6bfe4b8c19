//! Where the engine's work runs: a runtime of its own, whose tasks end with the engine that began them.

use std::future::Future;
use std::process;
use std::sync::OnceLock;
use std::time::Duration;

use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::errors::Failure;

/// How often a blocking call looks for Ctrl-C.
const SIGNALS_EVERY: Duration = Duration::from_millis(50);

/// The runtime of this process and the process it belongs to.
fn runtime() -> Result<&'static Runtime, Failure> {
    static RUNTIME: OnceLock<(u32, Runtime)> = OnceLock::new();
    let (owner, runtime) = RUNTIME.get_or_init(|| {
        let runtime = Builder::new_multi_thread().enable_all().thread_name("finance-tracker").build();
        (process::id(), runtime.expect("threads can be started"))
    });
    // The threads of a runtime do not follow a fork: whatever waits for them would wait for ever.
    if *owner == process::id() { Ok(runtime) } else { Err(Failure::Forked) }
}

/// What an engine has going on.
#[derive(Clone, Default)]
pub(crate) struct Work {
    tasks: TaskTracker,
    closed: CancellationToken,
}

impl Work {
    /// Runs work on the runtime and waits for it there. Whoever drops the future ends the work; so does [`close`](Self::close).
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let runtime = runtime()?;
        if self.closed.is_cancelled() {
            return Err(Failure::Closed);
        }
        let closed = self.closed.clone();
        let work = self.tasks.track_future(async move { closed.run_until_cancelled(work).await });
        match AbortOnDropHandle::new(runtime.spawn(work)).await {
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
        let runtime = runtime()?;
        let mut work = Box::pin(self.run(work));
        loop {
            let done = py
                .detach(|| runtime.block_on(async { tokio::time::timeout(SIGNALS_EVERY, &mut work).await }));
            match done {
                Ok(done) => return done,
                Err(_) => py.check_signals()?,
            }
        }
    }

    /// Ends what goes on and waits until it has ended, while other Python threads go on.
    pub(crate) fn close_blocking(&self, py: Python<'_>) -> Result<(), Failure> {
        let runtime = runtime()?;
        py.detach(|| runtime.block_on(self.close()));
        Ok(())
    }

    /// Ends what goes on and waits until it has ended. Nothing new begins.
    pub(crate) async fn close(&self) {
        self.closed.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}
