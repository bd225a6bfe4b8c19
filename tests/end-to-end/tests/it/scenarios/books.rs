//! Reading the books, and asking the provider for news and for link tokens.

use std::collections::BTreeMap;

use finance_core::conformance::VisitedRows;
use finance_core::{LinkOptions, TransactionQuery, TransactionState};
use serde::Deserialize;

use super::Play;

/// What is asked, and what must be answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum BooksStep {
    /// The names of the institutions, oldest connection first.
    Connections(Vec<String>),
    /// The names of all accounts, in order.
    Accounts(Vec<String>),
    /// Rows and sum by the account's name, in our sign.
    Totals(BTreeMap<String, (u64, String)>),
    /// The outcomes of the latest runs, newest first.
    Runs(Vec<String>),
    /// The scenario names of the live rows, newest first, read so many at a time.
    Listed { at_a_time: u32, rows: Vec<String> },
    /// One row by its scenario name, whatever its state, as the bank's own JSON tells it, too.
    Transaction { row: String, amount: String, state: TransactionState },
    /// Asks the provider to look at the bank again.
    Refresh,
    /// Opens the link dialogue for a new connection, or in update mode.
    LinkToken { update: bool },
}

impl Play<'_> {
    pub(super) async fn books(&mut self, step: BooksStep) {
        let (engine, user) = (&self.world.engine, &self.world.user);
        let connection = self.linked.as_ref().unwrap().connection.id;
        match step {
            BooksStep::Connections(expected) => {
                let connections = engine.connections(user).await.unwrap();
                let name = |one: &finance_core::Connection| one.institution.clone().unwrap().name.unwrap();
                assert_eq!(connections.iter().map(name).collect::<Vec<_>>(), expected);
            }
            BooksStep::Accounts(expected) => {
                let accounts = engine.accounts(user).await.unwrap();
                let names: Vec<String> = accounts.into_iter().map(|account| account.provider.name).collect();
                assert_eq!(names, expected);
            }
            BooksStep::Totals(expected) => {
                let accounts = engine.accounts(user).await.unwrap();
                let name = |id| accounts.iter().find(|one| one.id == id).unwrap().provider.name.clone();
                let totals = engine.account_totals(user).await.unwrap();
                let totals =
                    totals.iter().map(|one| (name(one.account), (one.rows, one.sum.amount().to_string())));
                assert_eq!(totals.collect::<BTreeMap<_, _>>(), expected);
            }
            BooksStep::Runs(expected) => {
                let runs = engine.sync_runs(user, connection, 100).await.unwrap();
                let outcomes: Vec<&str> = runs.iter().map(|run| run.outcome.name()).collect();
                assert_eq!(outcomes, expected);
            }
            BooksStep::Listed { at_a_time, rows } => {
                let mut query = TransactionQuery { limit: at_a_time, ..TransactionQuery::default() };
                let (mut names, mut ids) = (Vec::new(), Vec::new());
                loop {
                    let page = engine.transactions(user, &query).await.unwrap();
                    let Some(last) = page.last() else { break };
                    query.after = Some((last.date(), last.id));
                    names.extend(page.iter().map(|row| self.name(row)));
                    ids.extend(page.iter().map(|row| row.id));
                }
                assert_eq!(names, rows);
                let everything = TransactionQuery { limit: u32::MAX, ..TransactionQuery::default() };
                let visited = VisitedRows::default();
                let visitor = Box::new(visited.clone());
                engine.visit_transactions(user, &everything, &[], visitor).await.unwrap();
                assert_eq!(visited.take().iter().map(|row| row.id).collect::<Vec<_>>(), ids);
                let days = engine.transaction_days(user, &everything).await.unwrap();
                assert_eq!(days.iter().map(|(_, count)| *count).sum::<u64>(), rows.len() as u64);
            }
            BooksStep::Transaction { row, amount, state } => {
                let found = engine.transaction(user, self.first_seen[&row]).await.unwrap();
                assert_eq!((found.amount().amount().to_string(), found.state), (amount, state));
                let json = engine.transaction_json(user, found.id).await.unwrap().unwrap();
                let told: serde_json::Value = serde_json::from_str(&json).unwrap();
                assert_eq!(told["transaction_id"], found.provider.id.as_str());
            }
            BooksStep::Refresh => engine.refresh_transactions(user, connection).await.unwrap(),
            BooksStep::LinkToken { update } => {
                let options =
                    if update { LinkOptions::update("Test", connection) } else { LinkOptions::new("Test") };
                let session = engine.create_link_token(user, &options).await.unwrap();
                assert!(session.token.expose().starts_with("link-"));
            }
        }
    }
}
