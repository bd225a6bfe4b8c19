//! What enters the books without the bank: by hand, and from files.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use finance_core::{
    AccountId, AccountKind, AccountStatus, Currency, ImportRequest, ImportedRow, ManualAccountUpdate,
    NewManualAccount, NewTransaction, StatedBalance, parse_amount,
};
use serde::Deserialize;

use super::Play;

/// What is done, and what must come of it. Amounts are in our sign; a row is named by its description.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum EntryStep {
    /// Opens an account that is kept by hand.
    OpenAccount { name: String, kind: AccountKind, currency: String },
    /// Says what such an account holds.
    State { account: String, balance: String, day: NaiveDate },
    /// Closes such an account.
    CloseAccount { account: String },
    /// Types a transaction in.
    TypeIn {
        account: String,
        amount: String,
        date: NaiveDate,
        text: String,
        #[serde(default)]
        category: Option<String>,
    },
    /// Takes a file in, given by its lines; how many rows become what, by the name of the action.
    Import { account: String, file: Vec<String>, rows: BTreeMap<String, usize> },
    /// A file that must be refused, and how the reason begins.
    Refuse { account: String, file: Vec<String>, because: String },
    /// How many pairs may be one transaction.
    Review { account: String, pairs: usize },
    /// Makes one of the pair that is most likely.
    MergeFirst { account: String },
}

impl Play<'_> {
    pub(super) async fn entry(&mut self, step: EntryStep) {
        let (engine, user) = (self.world.engine.clone(), self.world.user.clone());
        match step {
            EntryStep::OpenAccount { name, kind, currency } => {
                let new = NewManualAccount::new(name, kind, Currency::iso(&currency).unwrap());
                engine.create_manual_account(&user, &new).await.unwrap();
            }
            EntryStep::State { account, balance, day } => {
                let stated = StatedBalance { amount: parse_amount(&balance).unwrap(), day };
                let update =
                    ManualAccountUpdate { balance: Some(Some(stated)), ..ManualAccountUpdate::default() };
                let account =
                    engine.update_manual_account(&user, self.own(&account).await, &update).await.unwrap();
                assert_eq!(account.provider.balances.current, Some(stated.amount));
                let statements = engine.statements(&user, account.id).await.unwrap();
                assert!(statements.iter().any(|it| (it.date, it.balance) == (day, stated.amount)));
            }
            EntryStep::CloseAccount { account } => {
                let account = engine.close_manual_account(&user, self.own(&account).await).await.unwrap();
                assert_eq!(account.status, AccountStatus::Gone);
            }
            EntryStep::TypeIn { account, amount, date, text, category } => {
                let new = NewTransaction {
                    category,
                    ..NewTransaction::new(date, parse_amount(&amount).unwrap(), text)
                };
                engine.add_transaction(&user, self.own(&account).await, &new).await.unwrap();
                self.see_rows().await;
            }
            EntryStep::Import { account, file, rows } => {
                let (account, file) = (self.own(&account).await, ImportRequest::new(file.join("\n")));
                let preview = engine.preview_import(&user, account, &file).await.unwrap();
                let report = engine.import_file(&user, account, &file).await.unwrap();
                assert_eq!(actions(&preview.rows), rows, "as the preview tells");
                assert_eq!(actions(&report.rows), rows);
                self.see_rows().await;
            }
            EntryStep::Refuse { account, file, because } => {
                let (account, file) = (self.own(&account).await, ImportRequest::new(file.join("\n")));
                let error = engine.import_file(&user, account, &file).await.unwrap_err();
                assert!(error.to_string().starts_with(&because), "{error}");
            }
            EntryStep::Review { account, pairs } => {
                let found = engine.review_duplicates(&user, self.own(&account).await).await.unwrap();
                assert_eq!(found.len(), pairs, "{found:?}");
            }
            EntryStep::MergeFirst { account } => {
                let pairs = engine.review_duplicates(&user, self.own(&account).await).await.unwrap();
                engine.merge_transactions(&user, pairs[0].keep, pairs[0].drop).await.unwrap();
            }
        }
    }

    async fn own(&self, name: &str) -> AccountId {
        let accounts = self.world.engine.accounts(&self.world.user).await.unwrap();
        let found = accounts.iter().find(|account| account.provider.name == name);
        found.unwrap_or_else(|| panic!("there is no account {name}")).id
    }
}

/// How many rows become what.
fn actions(rows: &[ImportedRow]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let action = serde_json::to_value(row.verdict.action).unwrap();
        *counts.entry(action.as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}
