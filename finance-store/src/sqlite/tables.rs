//! Whose the records of each table are, as a condition.

use crate::tables::Owner;

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

/// Which records belong to the user `?1`, or hang on the connections whose numbers `?2` lists as JSON.
pub(super) const fn condition(owner: Owner) -> &'static str {
    match owner {
        Owner::User => "user_id = ?1",
        Owner::Itself => "id IN (SELECT value FROM json_each(?2))",
        Owner::Connection => connections!(),
        Owner::Account => accounts!(),
        Owner::Row => {
            concat!("transaction_id IN (SELECT id FROM finance_transactions WHERE ", connections!(), ")")
        }
        Owner::Comparison => {
            concat!("reconciliation_id IN (SELECT id FROM finance_reconciliations WHERE ", accounts!(), ")")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use crate::tables::{assert_in_order, assert_none_is_forgotten};
    use crate::{SqliteOptions, SqliteStore};

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
        assert_none_is_forgotten(&schema().await);
    }

    #[tokio::test]
    async fn those_that_hang_on_another_stand_before_it() {
        let folder = tempfile::tempdir().unwrap();
        let store =
            SqliteStore::open(folder.path().join("b.sqlite"), SqliteOptions::default()).await.unwrap();
        let sql = "SELECT t.name, k.\"table\" FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) k \
                   WHERE t.name LIKE 'finance%'";
        let keys: Vec<(String, String)> = sqlx::query_as(sql).fetch_all(&store.readers).await.unwrap();
        assert_in_order(&keys);
    }
}
