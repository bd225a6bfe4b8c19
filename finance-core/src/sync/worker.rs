//! `Worker`: syncs connections of all users when they are due.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::time::Duration;

use futures::FutureExt;
use futures::future::select;
use tokio::task::{Id, JoinSet};
use tokio::time::{Instant, sleep, timeout};

use super::leases::{HeldLease, LONGEST, release};
use super::progress::Throttle;
use super::{Cancellation, SyncEngine, SyncError};
use crate::audit::Actor;
use crate::model::{ConnectionFault, RunOutcome, SyncCounts, SyncRun};
use crate::provider::ProviderErrorKind;
use crate::store::{Lease, SchedulerStatus};

/// The shortest pause between two looks for work.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// How often events that are kept no longer are dropped.
const TIDY_EVERY: Duration = Duration::from_secs(24 * 3600);

/// How a worker works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerOptions {
    /// Its name, as schedules show it beside what it syncs. Two workers may share one.
    pub name: String,
    /// Connections synced at once; each holds one whole update in memory until it is stored. 0 counts as 1.
    pub at_once: usize,
    /// How often it looks for connections that became due in another process, as by a webhook; it knows by itself when the next
    /// one is due by time.
    pub poll: Duration,
    /// How long one sync may take. One that takes longer is given up and tried again later.
    pub at_most: Duration,
    /// How long syncs may go on after the worker was asked to end, before they are cancelled; and again as long before they are
    /// dropped.
    pub grace: Duration,
}

impl Default for WorkerOptions {
    /// Four connections at once; looks every 15 seconds; half an hour a sync; ten seconds of grace.
    fn default() -> Self {
        Self {
            name: "worker".to_owned(),
            at_once: 4,
            poll: Duration::from_secs(15),
            at_most: Duration::from_secs(30 * 60),
            grace: Duration::from_secs(10),
        }
    }
}

/// What a worker did between its beginning and its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerReport {
    /// Syncs that brought a connection up to date.
    pub applied: u64,
    /// Syncs that failed, found nothing ready or were given up.
    pub failed: u64,
    /// Syncs that were stopped at the end; their connections stay due.
    pub cancelled: u64,
}

/// Syncs the connections of all users through one provider when they are due.
///
/// Any number of workers, in any number of processes, may share a store: a connection is synced by one of them at a time, under a
/// lease that the worker renews. When a worker dies, others take its connections over once the leases are over
/// (see [`LeasePolicy`](super::LeasePolicy)). Connections that wait for somebody to act are left alone, those that failed
/// wait longer and longer, and neither keeps the others waiting. Once a day a worker also drops events that are kept no longer, as
/// [`SyncEngine::prune_events`] does.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use finance_core::conformance::SampleBooks;
/// use finance_core::{Cancellation, Worker, WorkerOptions};
///
/// let books = SampleBooks::new().await;
/// let worker = Worker::new(&books.engine, WorkerOptions::default());
/// let shutdown = Cancellation::new();
/// let running = tokio::spawn({
///     let (worker, shutdown) = (worker.clone(), shutdown.clone());
///     async move { worker.run(shutdown).await }
/// });
/// assert_eq!(worker.status().await?.planned, 1);
/// shutdown.cancel();
/// assert_eq!(running.await?.failed, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Worker {
    engine: SyncEngine,
    options: WorkerOptions,
}

/// How the work on one claim ended.
enum Done {
    Synced(RunOutcome),
    /// It was not due after all, or is gone.
    Nothing,
}

/// The syncs that are going on, each with its lease.
struct Crew {
    tasks: JoinSet<Done>,
    leases: HashMap<Id, Lease>,
    stop: Cancellation,
    report: WorkerReport,
}

impl Worker {
    /// A worker on the engine's provider and store.
    pub fn new(engine: &SyncEngine, options: WorkerOptions) -> Self {
        let mut engine = engine.acting_as(Actor::Engine);
        engine.options.name.clone_from(&options.name);
        Self { engine, options }
    }

    /// How many connections of all users through the provider are due, in work, planned and paused.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn status(&self) -> Result<SchedulerStatus, SyncError> {
        let (provider, now) = (self.engine.provider.name(), self.engine.clock.now());
        Ok(self.engine.store.scheduler_status(&provider, now).await?)
    }

    /// Works until it is asked to end, and tells what it did. A store that fails is tried again after a while.
    ///
    /// Asked to end, it begins nothing more, lets syncs go on for the grace time, cancels the others, and releases what it held.
    /// Dropped instead, it stops at once; its leases are released a moment later, or end by themselves.
    pub async fn run(&self, shutdown: Cancellation) -> WorkerReport {
        let mut crew = Crew {
            tasks: JoinSet::new(),
            leases: HashMap::new(),
            stop: Cancellation::new(),
            report: WorkerReport::default(),
        };
        let mut tidied_at = None;
        while !shutdown.is_cancelled() {
            self.tidy_daily(&mut tidied_at).await;
            let news = self.engine.schedule_news.notified();
            let free = self.options.at_once.max(1).saturating_sub(crew.tasks.len());
            let pause = match self.begin(free, &mut crew).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(worker = %self.options.name, %error, "no work could be found");
                    self.options.poll
                }
            };
            let pause = sleep(pause.clamp(SHORTEST_PAUSE, LONGEST));
            let work = async {
                match crew.next().await {
                    true => {}
                    false => std::future::pending().await,
                }
            };
            let called = pin!(shutdown.cancelled());
            select(pin!(work), select(pin!(pause), select(pin!(news), called))).await;
        }
        self.end(crew).await
    }

    /// Drops events that are kept no longer, and plans anew what a clock that ran ahead planned: now, and once a day.
    async fn tidy_daily(&self, tidied_at: &mut Option<Instant>) {
        if tidied_at.is_some_and(|tidied_at| tidied_at.elapsed() < TIDY_EVERY) {
            return;
        }
        *tidied_at = Some(Instant::now());
        if let Err(error) = self.engine.prune_events().await {
            tracing::warn!(worker = %self.options.name, %error, "events were not pruned");
        }
        if let Err(error) = self.engine.replan_the_future().await {
            tracing::warn!(worker = %self.options.name, %error, "plans from the future were not made anew");
        }
    }

    /// Begins to sync as many due connections as there is room for, and tells when to look again.
    async fn begin(&self, free: usize, crew: &mut Crew) -> Result<Duration, SyncError> {
        if free == 0 {
            return Ok(self.options.poll);
        }
        let (engine, provider) = (&self.engine, self.engine.provider.name());
        let now = engine.clock.now();
        let until = engine.options.lease.until(now);
        let limit = u32::try_from(free).unwrap_or(u32::MAX);
        for lease in engine.store.claim_due(&provider, &self.options.name, now, until, limit).await? {
            let work = self.clone().work(engine.hold(lease.clone()), crew.stop.clone());
            let task = crew.tasks.spawn(work);
            crew.leases.insert(task.id(), lease);
        }
        let next = engine.store.next_claim_at(&provider).await?;
        let wait = next.map(|next| (next - engine.clock.now()).to_std().unwrap_or_default());
        Ok(wait.map_or(self.options.poll, |wait| wait.min(self.options.poll)))
    }

    /// Syncs one connection, whatever may go wrong with it.
    async fn work(self, lease: HeldLease, stop: Cancellation) -> Done {
        let planned = match self.is_due(&lease).await {
            Ok(false) => {
                lease.release().await;
                return Done::Nothing;
            }
            Ok(true) => {
                let throttle = Throttle::new(&self.engine);
                let sync = self.engine.sync_leased(&lease, None, Some(&stop), &throttle);
                match timeout(self.options.at_most, AssertUnwindSafe(sync).catch_unwind()).await {
                    Ok(Ok((sync, planned))) => planned.map(|()| sync.run),
                    Ok(Err(_)) => self.give_up(&lease, ProviderErrorKind::InvalidRequest, "panicked").await,
                    Err(_) => self.give_up(&lease, ProviderErrorKind::RetryLater, "took too long").await,
                }
            }
            Err(error) => Err(error),
        };
        match planned {
            Ok(run) => {
                let user = lease.user().clone();
                lease.release().await;
                self.engine.categorize_after_sync(&user, run.as_ref(), Some(&stop)).await;
                run.map_or(Done::Nothing, |run| Done::Synced(run.outcome))
            }
            Err(error) => {
                // It is due as before: without the lease it would be synced again and again.
                tracing::error!(connection = %lease.connection(), %error, "a connection is left alone for a while");
                lease.let_lapse();
                Done::Synced(RunOutcome::Failed)
            }
        }
    }

    /// Whether a claimed connection is due: its status may have changed since it was planned.
    async fn is_due(&self, lease: &HeldLease) -> Result<bool, SyncError> {
        let schedule = self.engine.reschedule(lease.user(), lease.connection()).await?;
        Ok(schedule.due.is_due(self.engine.clock.now()))
    }

    /// Records an attempt that did not end, so that the next one waits.
    async fn give_up(
        &self,
        lease: &HeldLease,
        kind: ProviderErrorKind,
        why: &str,
    ) -> Result<Option<SyncRun>, SyncError> {
        let (engine, connection) = (&self.engine, lease.connection());
        tracing::error!(%connection, "a sync {why} and was given up");
        let at = engine.clock.now();
        let fault = ConnectionFault {
            kind,
            code: None,
            user_message: "The update did not come to an end. It will be tried again.".to_owned(),
            at,
        };
        let run = SyncRun {
            connection,
            started_at: at,
            ended_at: at,
            outcome: RunOutcome::Failed,
            counts: SyncCounts::default(),
            pages: 0,
            restarts: 0,
            retries: 0,
            fault: Some(fault),
        };
        engine.record_attempt(lease.user(), &run).await?;
        engine.note_attempt(lease.user(), &run, None).await?;
        Ok(Some(run))
    }

    /// Lets what is going on end, and stops what does not.
    async fn end(&self, mut crew: Crew) -> WorkerReport {
        let grace = self.options.grace.min(LONGEST);
        if timeout(grace, crew.all()).await.is_err() {
            crew.stop.cancel();
            if timeout(grace, crew.all()).await.is_err() {
                crew.report.cancelled += crew.tasks.len() as u64;
                crew.tasks.shutdown().await;
                for lease in crew.leases.values() {
                    release(&self.engine, lease).await;
                }
            }
        }
        crew.report
    }
}

impl Crew {
    /// Waits until one task has ended; `false` when there is none.
    async fn next(&mut self) -> bool {
        let Some(ended) = self.tasks.join_next_with_id().await else { return false };
        let (id, done) = match ended {
            Ok((id, done)) => (id, done),
            Err(error) => {
                tracing::error!(%error, "a sync of a worker ended badly");
                (error.id(), Done::Synced(RunOutcome::Failed))
            }
        };
        self.leases.remove(&id);
        match done {
            Done::Synced(RunOutcome::Applied | RunOutcome::Superseded) => self.report.applied += 1,
            Done::Synced(RunOutcome::Cancelled) => self.report.cancelled += 1,
            Done::Synced(_) => self.report.failed += 1,
            Done::Nothing => {}
        }
        true
    }

    /// Waits until all tasks have ended.
    async fn all(&mut self) {
        while self.next().await {}
    }
}
