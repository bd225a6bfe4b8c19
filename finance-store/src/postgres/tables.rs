//! Whose the records of each table are, as a condition.

use crate::tables::Owner;

macro_rules! accounts {
    () => {
        "account_id IN (SELECT id FROM finance_accounts WHERE connection_id = ANY($1))"
    };
}

/// Which records belong to the user `$1`, or hang on the connections whose numbers `$1` lists.
pub(super) const fn condition(owner: Owner) -> &'static str {
    match owner {
        Owner::User => "user_id = $1",
        Owner::Itself => "id = ANY($1)",
        Owner::Connection => "connection_id = ANY($1)",
        Owner::Account => accounts!(),
        Owner::Row => "transaction_id IN (SELECT id FROM finance_transactions WHERE connection_id = ANY($1))",
        Owner::Comparison => {
            concat!("reconciliation_id IN (SELECT id FROM finance_reconciliations WHERE ", accounts!(), ")")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use postgres_server::PostgresServer;

    use crate::tables::{assert_in_order, assert_none_is_forgotten};
    use crate::{PostgresOptions, PostgresStore};

    /// Asks an empty store for pairs of texts.
    async fn pairs(sql: &'static str) -> Vec<(String, String)> {
        let database = PostgresServer::shared().database().await;
        let store = PostgresStore::connect(&database.url(), PostgresOptions::default()).await.unwrap();
        let pairs = sqlx::query_as(sql).fetch_all(&store.pool).await.unwrap();
        store.close().await;
        pairs
    }

    #[tokio::test]
    async fn no_table_is_forgotten() {
        let sql = "SELECT table_name::text, column_name::text FROM information_schema.columns \
                   WHERE table_schema = 'public' AND table_name LIKE 'finance%'";
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, column) in pairs(sql).await {
            tables.entry(table).or_default().insert(column);
        }
        assert_none_is_forgotten(&tables);
    }

    #[tokio::test]
    async fn those_that_hang_on_another_stand_before_it() {
        let sql = "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'";
        assert_in_order(&pairs(sql).await);
    }
}
