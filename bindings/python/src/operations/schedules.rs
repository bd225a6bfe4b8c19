//! When connections are synced.

use finance_core::{ConnectionId, SyncFrequency, Worker, WorkerOptions};
use pyo3::prelude::*;

use super::arguments::{scope, whole};
use super::operations;
use crate::cancellation::Cancellation;
use crate::errors::Failure;
use crate::records::{ConnectionSchedule, SchedulerStatus, SyncReport, WebhookOutcome, WorkerReport};
use crate::values::{Bytes, Many, User};

operations! {
    /// When each connection of the user is due, and who is at work.
    #[pyo3(signature = (user))]
    fn schedule(engine, user: User) -> Many<ConnectionSchedule> {
        Ok(Many::of(engine.schedule(&user.0).await?))
    }

    /// What of the user's connections is due, planned, paused and running.
    #[pyo3(signature = (user))]
    fn scheduler_status(engine, user: User) -> SchedulerStatus {
        Ok(engine.scheduler_status(&user.0).await?.into())
    }

    /// Sets how often a connection is synced: `manual`, `hourly`, `every_6_hours`, `daily`, `weekly`, `on_webhook` or
    /// `on_webhook_or_every_12_hours`, with other numbers of hours as well.
    #[pyo3(signature = (user, connection, frequency))]
    fn set_sync_frequency(engine, user: User, connection: i64, frequency: String) -> ConnectionSchedule {
        let frequency: SyncFrequency = frequency.parse().map_err(Failure::invalid)?;
        Ok(engine.set_sync_frequency(&user.0, ConnectionId::new(connection), frequency).await?.into())
    }

    /// Syncs now what is not paused for a reason that a sync cannot mend.
    #[pyo3(signature = (user, *, connection = None, accounts = None))]
    fn sync_now(engine, user: User, connection: Option<i64>, accounts: Option<Many<i64>>) -> SyncReport {
        Ok(engine.sync_now(&user.0, &scope(connection, accounts)?).await?.into())
    }

    /// Makes connections due, so that a worker syncs them next.
    #[pyo3(signature = (user, *, connection = None, accounts = None))]
    fn request_sync(
        engine,
        user: User,
        connection: Option<i64>,
        accounts: Option<Many<i64>>,
    ) -> Many<ConnectionSchedule> {
        Ok(Many::of(engine.request_sync(&user.0, &scope(connection, accounts)?).await?))
    }

    /// Syncs whatever is due, of all users, until `shutdown` is cancelled. Several workers share one store.
    ///
    /// What is under way when it is told to end is ended cleanly, and its connections are free at once. Cancelled in another way, or when the
    /// engine is closed, it drops its work, and its connections are free when their leases end: a minute later.
    #[pyo3(signature = (shutdown, *, name = "worker".to_owned(), at_once = 4))]
    fn run_worker(engine, shutdown: Cancellation, name: String, at_once: i64) -> WorkerReport {
        let mut options = WorkerOptions::default();
        (options.name, options.at_once) = (name, whole("at_once", at_once)?);
        Ok(Worker::new(&engine, options).run(shutdown.0).await.into())
    }

    /// Handles a webhook: its headers, and its body exactly as it came.
    ///
    /// Raises `WebhookError` when it is forged or stale; whatever else it is about is marked, and its connection made due.
    #[pyo3(signature = (headers, body))]
    fn handle_webhook(engine, headers: Many<(String, String)>, body: Bytes) -> WebhookOutcome {
        Ok(engine.handle_webhook(headers.0, body.0).await?.into())
    }
}
