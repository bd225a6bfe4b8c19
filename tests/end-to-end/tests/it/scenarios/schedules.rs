//! Syncs by schedule, on request, in part, and up to where they are stopped.

use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use finance_core::{
    AccountId, Cancellation, ConnectionSchedule, DateWindow, LinkRequest, RunOutcome, SyncErrorKind,
    SyncProgress, SyncRequest, SyncScope, Worker, WorkerOptions,
};
use plaid_simulator::Change;
use serde::Deserialize;

use super::Counts;
use super::play::Play;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ScheduleStep {
    /// Why the connection is due or paused, as `period` or `paused:sign_in_again`.
    Due(String),
    /// Syncs the connection whatever the schedule says.
    SyncNow(Counts),
    /// Sets how often the connection is synced.
    Frequency { set: String, due: String },
    /// How many connections are due, planned, and due by request only.
    Status { due: u64, planned: u64, by_request: u64 },
    /// Asks the workers for a sync.
    Request { due: String },
    /// Lets a worker work until nothing is due.
    Work(Work),
    /// Syncs the connections behind some accounts, and gets their rows of some days back, newest first.
    SyncAccounts {
        accounts: Vec<String>,
        first: Option<NaiveDate>,
        last: Option<NaiveDate>,
        added: u64,
        rows: Vec<String>,
    },
    /// A sync that is stopped on the way, after so many pages.
    Cancelled { at: StopAt, pages: u32 },
    /// Links another login of the user, without accounts.
    AnotherLogin { broken: bool },
    /// Syncs every connection: the outcome or the error of each.
    SyncAll { outcomes: Vec<String>, added: u64 },
}

/// What a worker must have done.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Work {
    applied: u64,
    failed: u64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum StopAt {
    Page,
    Storing,
}

impl Play<'_> {
    pub(super) async fn schedules(&mut self, step: ScheduleStep) {
        match step {
            ScheduleStep::Due(due) => assert_eq!(self.schedule().await.due.key(), due),
            ScheduleStep::SyncNow(counts) => self.sync_now(&counts).await,
            ScheduleStep::Frequency { set, due } => {
                let (user, connection) = (&self.world.user, self.connection());
                let frequency = set.parse().unwrap();
                let schedule = self.world.engine.set_sync_frequency(user, connection, frequency).await;
                assert_eq!(schedule.unwrap(), self.schedule().await);
                assert_eq!(self.schedule().await.due.key(), due);
            }
            ScheduleStep::Status { due, planned, by_request } => {
                let status = self.world.engine.scheduler_status(&self.world.user).await.unwrap();
                let found = (status.due, status.planned, status.by_request);
                assert_eq!(found, (due, planned, by_request));
            }
            ScheduleStep::Request { due } => {
                let scope = SyncScope::Connection(self.connection());
                let asked = self.world.engine.request_sync(&self.world.user, &scope).await.unwrap();
                assert_eq!(asked[0].due.key(), due);
            }
            ScheduleStep::Work(expected) => self.work(&expected).await,
            ScheduleStep::SyncAccounts { accounts, first, last, added, rows } => {
                let window = DateWindow::new(first, last).unwrap();
                self.sync_accounts(&accounts, window, added, &rows).await;
            }
            ScheduleStep::Cancelled { at, pages } => self.cancelled(at, pages).await,
            ScheduleStep::AnotherLogin { broken } => self.another_login(broken).await,
            ScheduleStep::SyncAll { outcomes, added } => self.sync_all(&outcomes, added).await,
        }
        self.see_rows().await;
    }

    fn connection(&self) -> finance_core::ConnectionId {
        self.linked.as_ref().unwrap().connection.id
    }

    async fn schedule(&self) -> ConnectionSchedule {
        let schedules = self.world.engine.schedule(&self.world.user).await.unwrap();
        schedules.into_iter().find(|schedule| schedule.connection == self.connection()).unwrap()
    }

    async fn sync_now(&self, expected: &Counts) {
        let scope = SyncScope::Connection(self.connection());
        let mut report = self.world.engine.sync_now(&self.world.user, &scope).await.unwrap();
        let sync = report.connections.remove(0);
        self.check_sync(sync.run.as_ref().unwrap(), sync.error.as_ref(), expected);
    }

    async fn work(&self, expected: &Work) {
        let options = WorkerOptions { poll: Duration::from_millis(100), ..WorkerOptions::default() };
        let worker = Worker::new(&self.world.second_engine(self.scenario.page_size), options);
        let shutdown = Cancellation::new();
        let until_done = async {
            loop {
                let status = worker.status().await.unwrap();
                if status.due == 0 && status.in_work() == 0 {
                    return shutdown.cancel();
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let (report, ()) = tokio::join!(worker.run(shutdown.clone()), until_done);
        assert_eq!((report.applied, report.failed, report.cancelled), (expected.applied, expected.failed, 0));
    }

    async fn sync_accounts(&mut self, names: &[String], window: DateWindow, added: u64, rows: &[String]) {
        let accounts = self.world.engine.accounts(&self.world.user).await.unwrap();
        let id = |name: &String| -> AccountId {
            accounts.iter().find(|account| account.provider.name == *name).unwrap().id
        };
        let scope = SyncScope::Accounts(names.iter().map(id).collect());
        let request = SyncRequest { window: Some(window), ..SyncRequest::new(scope) };
        let report = self.world.engine.sync_transactions(&self.world.user, &request).await.unwrap();
        assert!(report.is_complete());
        assert_eq!(report.counts().added, added);
        let found: Vec<String> = report.transactions.iter().map(|row| self.name(row)).collect();
        assert_eq!(found, rows);
    }

    async fn cancelled(&self, at: StopAt, pages: u32) {
        let cancellation = Cancellation::new();
        let cancel = cancellation.clone();
        let listener = move |step| match (at, step) {
            (StopAt::Page, SyncProgress::PageFetched { .. })
            | (StopAt::Storing, SyncProgress::Storing { .. }) => cancel.cancel(),
            _ => {}
        };
        let scope = SyncScope::Connection(self.connection());
        let request = SyncRequest { cancellation: Some(cancellation), ..SyncRequest::new(scope) };
        let engine = self.world.engine.with_progress(Arc::new(listener));
        let before = (self.world.ledger().await, self.schedule().await);
        let mut report = engine.sync_transactions(&self.world.user, &request).await.unwrap();
        let sync = report.connections.remove(0);
        assert_eq!(*sync.error.unwrap().kind(), SyncErrorKind::Cancelled);
        let run = sync.run.unwrap();
        assert_eq!((run.outcome, run.pages), (RunOutcome::Cancelled, pages));
        assert_eq!((self.world.ledger().await, self.schedule().await), before);
    }

    async fn another_login(&self, broken: bool) {
        let (request, item) = self.world.sign_in("user_good", None).await;
        let request = LinkRequest { allow_duplicate: true, ..request };
        self.world.engine.link(&self.world.user, request).await.unwrap();
        if broken {
            let change: Change = serde_json::from_str(r#"{"break_login": {}}"#).unwrap();
            self.world.control.change(&item, vec![change]).unwrap();
        }
    }

    async fn sync_all(&self, outcomes: &[String], added: u64) {
        let request = SyncRequest::new(SyncScope::All);
        let report = self.world.engine.sync_transactions(&self.world.user, &request).await.unwrap();
        let found: Vec<String> = report
            .connections
            .iter()
            .map(|sync| match (&sync.error, &sync.run) {
                (Some(error), _) => match error.kind() {
                    SyncErrorKind::Provider(kind) => kind.name().to_owned(),
                    other => format!("{other:?}"),
                },
                (None, Some(run)) => run.outcome.name().to_owned(),
                (None, None) => "nothing".to_owned(),
            })
            .collect();
        assert_eq!(found, outcomes);
        assert_eq!(report.counts().added, added);
        assert_eq!(report.is_complete(), report.connections.iter().all(|sync| sync.error.is_none()));
    }
}
