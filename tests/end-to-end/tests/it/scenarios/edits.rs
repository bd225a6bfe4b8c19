//! What the user changes on rows, and what the trail remembers of it.

use finance_core::{TransactionEdit, TransactionPart, parse_amount};
use serde::Deserialize;

use super::Play;

/// What is edited, and what must be shown.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum EditStep {
    /// Changes rows; what is absent stays.
    Change(Box<Wish>),
    /// A row as it is shown, by its scenario name.
    Shown(Box<Shown>),
    /// The actions that the trail tells of a row, oldest first.
    History { row: String, actions: Vec<String> },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    rows: Vec<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    hidden: Option<bool>,
    #[serde(default)]
    deleted: Option<bool>,
    #[serde(default)]
    amount: Option<String>,
    #[serde(default)]
    date: Option<chrono::NaiveDate>,
    /// Amounts and categories of parts.
    #[serde(default)]
    parts: Option<Vec<(String, String)>>,
    /// Whether the edit must be refused.
    #[serde(default)]
    refused: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    row: String,
    name: String,
    #[serde(default)]
    category: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    hidden: bool,
    amount: String,
    /// Amounts and categories of parts.
    #[serde(default)]
    parts: Vec<(String, String)>,
    /// Whether the parts still sum up to the amount.
    parts_fit: bool,
}

impl Play<'_> {
    pub(super) async fn edits(&mut self, step: EditStep) {
        let (engine, user) = (&self.world.engine, &self.world.user);
        match step {
            EditStep::Change(wish) => {
                let part = |(amount, category): (String, String)| TransactionPart {
                    amount: parse_amount(&amount).unwrap(),
                    name: None,
                    category: Some(category),
                    note: None,
                };
                let edit = TransactionEdit {
                    name: wish.name.map(Some),
                    category: wish.category.map(Some),
                    note: wish.note.map(Some),
                    hidden: wish.hidden,
                    deleted: wish.deleted,
                    amount: wish.amount.map(|amount| Some(parse_amount(&amount).unwrap())),
                    date: wish.date.map(Some),
                    parts: wish.parts.map(|parts| parts.into_iter().map(part).collect()),
                    ..TransactionEdit::default()
                };
                let ids: Vec<_> = wish.rows.iter().map(|row| self.first_seen[row]).collect();
                let edited = match ids[..] {
                    [id] => engine.edit_transaction(user, id, &edit).await.map(|row| vec![row]),
                    _ => engine.edit_transactions(user, &ids, &edit).await,
                };
                assert_eq!(edited.is_err(), wish.refused, "{edited:?}");
            }
            EditStep::Shown(expected) => {
                let row = engine.transaction(user, self.first_seen[&expected.row]).await.unwrap();
                let part = |part: &TransactionPart| {
                    (part.amount.to_string(), part.category.clone().unwrap_or_default())
                };
                let shown = Shown {
                    row: expected.row.clone(),
                    name: row.name().to_owned(),
                    category: row.category().map(str::to_owned),
                    note: row.edits.note.clone(),
                    hidden: row.edits.hidden,
                    amount: row.amount().amount().to_string(),
                    parts: row.edits.parts.iter().map(part).collect(),
                    parts_fit: row.edits.parts_fit(row.amount().amount()),
                };
                assert_eq!(shown, *expected);
            }
            EditStep::History { row, actions } => {
                let history = engine.transaction_history(user, self.first_seen[&row]).await.unwrap();
                let found: Vec<&str> = history.iter().map(|entry| entry.action.as_str()).collect();
                assert_eq!(found, actions);
            }
        }
    }
}
