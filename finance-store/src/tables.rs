//! Every table of the books: whose its records are, and what becomes of them when connections or users go or accounts
//! become one. A test of each engine compares this list with its schema.

use finance_core::RecordKind;

/// A table with records of users.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// Whose its records are.
    pub(crate) of: Owner,
    /// What a record of it counts as; `None` for those that are a part of something else.
    pub(crate) kind: Option<RecordKind>,
    /// What becomes of them when accounts and rows become one.
    pub(crate) merge: OnMerge,
}

/// What the records of a table hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
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
pub(crate) enum OnMerge {
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
pub(crate) const TABLES: &[Table] = &[
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

/// Tables without records of users.
#[cfg(test)]
const SHARED: [&str; 4] = ["finance_schema", "finance_token_keys", "finance_categories", "finance_webhooks"];

/// Whether every table of a schema is listed for what it is, given the columns of each.
#[cfg(test)]
pub(crate) fn assert_none_is_forgotten(
    schema: &std::collections::BTreeMap<String, std::collections::BTreeSet<String>>,
) {
    let listed: Vec<&str> = TABLES.iter().map(|table| table.name).chain(SHARED).collect();
    let distinct: std::collections::BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(distinct.len(), listed.len(), "one stands twice");
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

/// Whether tables that hang on others stand before them, given each key's table and the one it leads to.
#[cfg(test)]
pub(crate) fn assert_in_order(keys: &[(String, String)]) {
    assert!(keys.len() > 5, "{keys:?}");
    let place = |name: &str| TABLES.iter().position(|table| table.name == name);
    for (child, parent) in keys {
        if let (Some(child_at), Some(parent_at)) = (place(child), place(parent)) {
            assert!(child_at < parent_at, "{child} hangs on {parent}");
        }
    }
}
