//! What the planner must know of stored rows.

use std::collections::BTreeSet;

use finance_core::{ConnectionId, KnownTransaction, KnownTransactions, ProviderTransactionId, StoreError};
use futures::TryStreamExt;
use sqlx::postgres::PgConnection;

use super::batch::Binder;
use super::error::store_error;
use super::text::escaped;
use crate::records::Values;
use crate::records::known::read;

const ALL: &str = "SELECT provider_id, id, FALSE, state, digest, account_id, origin \
     FROM finance_transactions WHERE connection_id = $1 \
     UNION ALL SELECT o.provider_id, t.id, TRUE, t.state, t.digest, t.account_id, t.origin \
     FROM finance_old_ids o JOIN finance_transactions t ON t.id = o.transaction_id WHERE o.connection_id = $1";

const AMONG: &str = "WITH asked (provider_id) AS (SELECT * FROM unnest($2::text[])) \
     SELECT t.provider_id, t.id, FALSE, t.state, t.digest, t.account_id, t.origin \
     FROM asked JOIN finance_transactions t ON t.connection_id = $1 AND t.provider_id = asked.provider_id \
     UNION ALL SELECT o.provider_id, t.id, TRUE, t.state, t.digest, t.account_id, t.origin \
     FROM asked JOIN finance_old_ids o ON o.connection_id = $1 AND o.provider_id = asked.provider_id \
     JOIN finance_transactions t ON t.id = o.transaction_id";

pub(super) async fn transactions(
    connection: &mut PgConnection,
    owner: ConnectionId,
    which: KnownTransactions<'_>,
) -> Result<Vec<KnownTransaction>, StoreError> {
    let mut binder = Binder::default();
    binder.number(owner.number());
    let sql = match which {
        KnownTransactions::All => ALL,
        KnownTransactions::Among(ids) => {
            // In order, as neighbours lie on the same pages of the index.
            let distinct: BTreeSet<&str> = ids.iter().map(ProviderTransactionId::as_str).collect();
            binder.push(distinct.into_iter().map(|id| escaped(id).into_owned()).collect::<Vec<String>>());
            AMONG
        }
    };
    let mut known = Vec::new();
    let mut rows = sqlx::query_with(sql, binder.finish()?).fetch(connection);
    while let Some(row) = rows.try_next().await.map_err(store_error)? {
        known.push(read(&row)?);
    }
    Ok(known)
}
