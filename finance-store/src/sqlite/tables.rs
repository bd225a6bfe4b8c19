//! Every table of the books: whose its records are, and what becomes of them when connections or users go or accounts
//! become one. A test compares this list with the schema.

use finance_core::RecordKind;

/// A table with records of users.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Whose its records are.
    pub(super) of: Owner,
    /// What a record of it counts as; `None` for those that are a part of something else.
    pub(super) kind: Option<RecordKind>,
    /// What becomes of them when accounts and rows become one.
    pub(super) merge: OnMerge,
}

/// What the records of a table hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    User,
    /// It is the table of connections.
    Itself,
    Connection,
    Account,
    Row,
    Comparison,
}

/// What becomes of records of an account or a row that goes, because another one stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnMerge {
    /// Nothing: they hang on something else.
    Stay,
    /// They go to the one that stays, unless it has its own.
    Move,
    /// They go to the one that stays, in place of its own.
    Replace,
    /// The merge deals with each of them.
    ByHand,
}

const fn table(name: &'static str, of: Owner, kind: RecordKind, merge: OnMerge) -> Table {
    Table { name, of, kind: Some(kind), merge }
}

const fn part(name: &'static str, of: Owner, merge: OnMerge) -> Table {
    Table { name, of, kind: None, merge }
}

/// Those that hang on another one stand before it.
pub(super) const TABLES: &[Table] = &[
    part("finance_resolutions", Owner::Comparison, OnMerge::Stay),
    table("finance_reconciliations", Owner::Account, RecordKind::Reconciliations, OnMerge::Move),
    table("finance_statements", Owner::Account, RecordKind::Statements, OnMerge::Move),
    table("finance_balances", Owner::Account, RecordKind::Balances, OnMerge::Move),
    part("finance_category_queue", Owner::User, OnMerge::Stay),
    table("finance_category_rules", Owner::User, RecordKind::CategoryRules, OnMerge::Stay),
    part("finance_transaction_categories", Owner::Row, OnMerge::Move),
    part("finance_transaction_edits", Owner::Row, OnMerge::ByHand),
    part("finance_transaction_json", Owner::Row, OnMerge::Replace),
    part("finance_old_ids", Owner::Connection, OnMerge::ByHand),
    table("finance_transactions", Owner::Connection, RecordKind::Transactions, OnMerge::ByHand),
    table("finance_accounts", Owner::Connection, RecordKind::Accounts, OnMerge::ByHand),
    part("finance_schedules", Owner::Connection, OnMerge::Stay),
    table("finance_runs", Owner::Connection, RecordKind::SyncRuns, OnMerge::Stay),
    table("finance_connections", Owner::Itself, RecordKind::Connections, OnMerge::ByHand),
    table("finance_events", Owner::User, RecordKind::Events, OnMerge::Stay),
    table("finance_audit", Owner::User, RecordKind::AuditEntries, OnMerge::Stay),
    part("finance_users", Owner::User, OnMerge::Stay),
];

macro_rules! connections {
    () => {
        "connection_id IN (SELECT value FROM json_each(?2))"
    };
}
macro_rules! accounts {
    () => {
        concat!("account_id IN (SELECT id FROM finance_accounts WHERE ", connections!(), ")")
    };
}

impl Owner {
    /// Which records belong to the user `?1`, or hang on the connections whose numbers `?2` lists as JSON.
    pub(super) const fn condition(self) -> &'static str {
        match self {
            Self::User => "user_id = ?1",
            Self::Itself => "id IN (SELECT value FROM json_each(?2))",
            Self::Connection => connections!(),
            Self::Account => accounts!(),
            Self::Row => {
                concat!("transaction_id IN (SELECT id FROM finance_transactions WHERE ", connections!(), ")")
            }
            Self::Comparison => {
                concat!(
                    "reconciliation_id IN (SELECT id FROM finance_reconciliations WHERE ",
                    accounts!(),
                    ")"
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::{SqliteOptions, SqliteStore};

    /// Tables without records of users.
    const SHARED: [&str; 4] =
        ["finance_schema", "finance_token_keys", "finance_categories", "finance_webhooks"];

    /// The tables of the schema, each with its columns.
    async fn schema() -> BTreeMap<String, BTreeSet<String>> {
        let folder = tempfile::tempdir().unwrap();
        let store =
            SqliteStore::open(folder.path().join("b.sqlite"), SqliteOptions::default()).await.unwrap();
        let sql = "SELECT t.name, c.name FROM pragma_table_list t JOIN pragma_table_info(t.name) c \
                   WHERE t.name LIKE 'finance%'";
        let rows: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&store.readers).await.unwrap();
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, column) in rows {
            tables.entry(table).or_default().insert(column);
        }
        tables
    }

    #[tokio::test]
    async fn no_table_is_forgotten() {
        let schema = schema().await;
        let listed: Vec<&str> = TABLES.iter().map(|table| table.name).chain(SHARED).collect();
        assert_eq!(listed.iter().copied().collect::<BTreeSet<_>>().len(), listed.len(), "one stands twice");
        for table in schema.keys() {
            assert!(listed.contains(&table.as_str()), "{table} must be listed: whose records does it hold?");
        }
        for table in TABLES {
            let columns = schema.get(table.name).unwrap_or_else(|| panic!("there is no {}", table.name));
            let column = match table.of {
                Owner::User => "user_id",
                Owner::Itself => "id",
                Owner::Connection => "connection_id",
                Owner::Account => "account_id",
                Owner::Row => "transaction_id",
                Owner::Comparison => "reconciliation_id",
            };
            assert!(columns.contains(column), "{} has no {column}", table.name);
            if ["account_id", "transaction_id"].iter().any(|column| columns.contains(*column)) {
                let name = table.name;
                assert_ne!(
                    table.merge,
                    OnMerge::Stay,
                    "what becomes of {name} when accounts and rows become one?"
                );
            }
        }
        for table in SHARED {
            let of_users = ["user_id", "connection_id", "account_id", "transaction_id"];
            let found = of_users.iter().find(|column| schema[table].contains(**column));
            assert_eq!(found, None, "{table} holds records of users");
        }
    }

    #[tokio::test]
    async fn those_that_hang_on_another_stand_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let store =
            SqliteStore::open(folder.path().join("b.sqlite"), SqliteOptions::default()).await.unwrap();
        let sql = "SELECT t.name, k.\"table\" FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) k \
                   WHERE t.name LIKE 'finance%'";
        let keys: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&store.readers).await.unwrap();
        assert!(keys.len() > 5, "{keys:?}");
        let place = |name: &str| TABLES.iter().position(|table| table.name == name);
        for (child, parent) in keys {
            if let (Some(child_at), Some(parent_at)) = (place(&child), place(&parent)) {
                assert!(child_at < parent_at, "{child} hangs on {parent}");
            }
        }
    }
}
