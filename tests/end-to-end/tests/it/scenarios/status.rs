//! How connections and accounts stand, and balances.

use std::collections::BTreeMap;

use finance_core::{AccountId, ConnectionReport, DateWindow, StatusSubject, SyncScope};
use serde::Deserialize;

use super::{Counts, Play};

/// What is asked, and what must be answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum StatusStep {
    /// How the connection stands.
    Connection(ExpectedConnection),
    /// Opens the link dialogue that the report asks for: in update mode or not.
    OpenWhatIsAsked { update: bool },
    /// Ends update mode, with what the sync that follows must report.
    FinishUpdate(Counts),
    /// Refreshes every balance, by the account's name.
    Balances(BTreeMap<String, ExpectedBalance>),
    /// The history of an account's balances, newest first: current balance and source. Days aside: equal neighbours are one.
    History { account: String, entries: Vec<(String, String)> },
    /// Every account on one page.
    Overview(ExpectedOverview),
    /// How the connection's syncs went.
    Syncs(ExpectedSyncs),
    /// How an account does, in a word, and what would help.
    Health { account: String, level: String, recommendations: Vec<String> },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedConnection {
    state: String,
    action: String,
    #[serde(default)]
    code: Option<String>,
    /// How its sentence begins.
    sentence: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedBalance {
    source: String,
    current: Option<String>,
    #[serde(default)]
    code: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedOverview {
    worst_first: Vec<String>,
    /// Net by currency.
    net: BTreeMap<String, String>,
    unknown: Vec<String>,
    /// The most urgent advice.
    advice: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedSyncs {
    runs: u32,
    success_percent: u8,
    rows: u64,
    quality: String,
}

impl Play<'_> {
    pub(super) async fn status(&mut self, step: StatusStep) {
        match step {
            StatusStep::Connection(expected) => {
                let report = self.report().await;
                let code = report.fault.as_ref().and_then(|fault| fault.code.clone());
                assert_eq!((report.state.name(), code), (expected.state.as_str(), expected.code));
                assert_eq!(report.action.name(), expected.action);
                assert!(report.sentence.starts_with(&expected.sentence), "{}", report.sentence);
                assert!(report.synced_at.is_some() && report.bank_updated_at.is_some());
            }
            StatusStep::OpenWhatIsAsked { update } => {
                let options = self.report().await.link_options("Test").unwrap();
                assert_eq!(options.connection.is_some(), update);
                self.world.engine.create_link_token(&self.world.user, &options).await.unwrap();
            }
            StatusStep::FinishUpdate(counts) => {
                let connection = self.linked.as_ref().unwrap().connection.id;
                let sync = self.world.engine.finish_update(&self.world.user, connection).await.unwrap();
                self.check_sync(sync.run.as_ref().unwrap(), sync.error.as_ref(), &counts);
                self.see_rows().await;
            }
            StatusStep::Balances(expected) => self.balances(&expected).await,
            StatusStep::History { account, entries } => self.history(&account, &entries).await,
            StatusStep::Overview(expected) => self.overview(&expected).await,
            StatusStep::Syncs(expected) => {
                let subject = StatusSubject::Connection(self.linked.as_ref().unwrap().connection.id);
                let status = self.world.engine.sync_status(&self.world.user, subject).await.unwrap();
                let counted = &status.statistics;
                assert_eq!(
                    (counted.runs, counted.success_percent),
                    (expected.runs, Some(expected.success_percent))
                );
                assert_eq!((counted.rows, status.quality.name()), (expected.rows, expected.quality.as_str()));
                assert!(status.data_age_seconds.is_some());
            }
            StatusStep::Health { account, level, recommendations } => {
                let account = self.account_named(&account).await;
                let report = self.world.engine.account_health(&self.world.user, account).await.unwrap();
                let found: Vec<&str> = report.health.recommendations.iter().map(|it| it.name()).collect();
                assert_eq!(
                    (report.health.level.name(), found),
                    (level.as_str(), recommendations.iter().map(String::as_str).collect())
                );
            }
        }
    }

    async fn report(&self) -> ConnectionReport {
        let report = self.world.engine.connection_status(&self.world.user).await.unwrap();
        assert_eq!(report.overall.sentence, report.connections[0].sentence);
        report.connections.into_iter().next().unwrap()
    }

    async fn account_named(&self, name: &str) -> AccountId {
        let accounts = self.world.engine.accounts(&self.world.user).await.unwrap();
        accounts.iter().find(|account| account.provider.name == name).unwrap().id
    }

    async fn balances(&self, expected: &BTreeMap<String, ExpectedBalance>) {
        let report = self.world.engine.sync_balances(&self.world.user, &SyncScope::All).await.unwrap();
        assert_eq!(report.accounts.len(), expected.len());
        for (name, expected) in expected {
            let account = self.account_named(name).await;
            let found = report.accounts.iter().find(|one| one.account == account).unwrap();
            let current = found.balances.current.map(|current| current.to_string());
            assert_eq!((found.source.name(), current), (expected.source.as_str(), expected.current.clone()));
            assert_eq!(found.fault.as_ref().and_then(|fault| fault.code.clone()), expected.code);
            assert_eq!(found.reason.is_some(), expected.source != "live");
        }
    }

    async fn history(&self, account: &str, expected: &[(String, String)]) {
        let (engine, user) = (&self.world.engine, &self.world.user);
        let account = self.account_named(account).await;
        let history = engine.balance_history(user, account, DateWindow::default(), 100).await.unwrap();
        let mut entries: Vec<(String, String)> = history
            .iter()
            .map(|entry| (entry.balances.current.unwrap().to_string(), entry.source.name().to_owned()))
            .collect();
        entries.dedup();
        assert_eq!(entries, expected);
    }

    async fn overview(&self, expected: &ExpectedOverview) {
        let page = self.world.engine.sync_overview(&self.world.user).await.unwrap();
        let names: Vec<&str> = page.accounts.iter().map(|account| account.name.as_str()).collect();
        assert_eq!(names, expected.worst_first);
        let net = page.totals.by_currency.iter();
        let net =
            net.map(|total| (total.currency.to_string(), total.net.as_ref().unwrap().amount().to_string()));
        assert_eq!(net.collect::<BTreeMap<_, _>>(), expected.net);
        let name = |id| page.accounts.iter().find(|account| account.account == id).unwrap().name.clone();
        let unknown: Vec<String> = page.totals.unknown.iter().map(|id| name(*id)).collect();
        assert_eq!(unknown, expected.unknown);
        assert_eq!(page.advice[0].recommendation.name(), expected.advice);
    }
}
