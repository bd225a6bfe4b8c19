//! Comparisons with the bank, resolutions and statements.

use async_trait::async_trait;
use finance_core::{
    AccountId, ChangeSet, ConnectionId, NewReconciliation, ReconciliationId, ReconciliationStore,
    ReconciliationSummary, ResolutionWrite, Statement, StatementWrite, StoreError, StoredReconciliation,
    StoredResolution, UserId,
};
use sqlx::postgres::PgConnection;

use super::PostgresStore;
use super::batch::Binder;
use super::error::store_error;
use super::history::is_owned;
use super::writer::reading;
use crate::records::{Cells, Values, reconciliations as records};
use crate::refusals::{conflict, invalid, not_found};

/// Writes statements, resolutions and comparisons of a change set, within a transaction of the caller's, and returns the
/// identifiers of new comparisons.
pub(super) async fn write(
    connection: &mut PgConnection,
    change: &ChangeSet,
) -> Result<Vec<ReconciliationId>, StoreError> {
    for write in &change.statements {
        write_statement(connection, change, write).await?;
    }
    for write in &change.resolutions {
        write_resolution(connection, change.connection, write).await?;
    }
    let mut ids = Vec::with_capacity(change.reconciliations.len());
    for new in &change.reconciliations {
        ids.push(insert(connection, change, new).await?);
    }
    Ok(ids)
}

async fn own_account(
    connection: &mut PgConnection,
    owner: ConnectionId,
    account: AccountId,
) -> Result<(), StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM finance_accounts WHERE id = $1 AND connection_id = $2)";
    let query = sqlx::query_scalar(sql).bind(account.number()).bind(owner.number());
    if query.fetch_one(connection).await.map_err(store_error)? {
        return Ok(());
    }
    Err(invalid(format!("account {account} is none of the connection's")))
}

async fn write_statement(
    connection: &mut PgConnection,
    change: &ChangeSet,
    &StatementWrite { account, date, before, after }: &StatementWrite,
) -> Result<(), StoreError> {
    own_account(connection, change.connection, account).await?;
    let sql = "SELECT balance FROM finance_statements WHERE account_id = $1 AND date = $2";
    let query = sqlx::query(sql).bind(account.number()).bind(date);
    let stored = query.fetch_optional(&mut *connection).await.map_err(store_error)?;
    if stored.as_ref().map(|row| Cells::of(row).amount()).transpose()? != before {
        return Err(conflict("the statement was changed meanwhile"));
    }
    let mut binder = Binder::default();
    binder.number(account.number());
    binder.day(date);
    let sql = match after {
        Some(balance) => {
            binder.amount(balance);
            binder.instant(change.at);
            "INSERT INTO finance_statements (account_id, date, balance, written_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (account_id, date) DO UPDATE SET balance = $3, written_at = $4"
        }
        None => "DELETE FROM finance_statements WHERE account_id = $1 AND date = $2",
    };
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

async fn write_resolution(
    connection: &mut PgConnection,
    owner: ConnectionId,
    ResolutionWrite { before, after }: &ResolutionWrite,
) -> Result<(), StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM finance_reconciliations r JOIN finance_accounts a ON a.id = r.account_id \
               WHERE r.id = $1 AND a.connection_id = $2)";
    let query = sqlx::query_scalar(sql).bind(after.reconciliation.number()).bind(owner.number());
    if !query.fetch_one(&mut *connection).await.map_err(store_error)? {
        return Err(invalid("a resolution is of no comparison of the connection's"));
    }
    let sql = "SELECT explanation, resolved_at, undone_at, body FROM finance_resolutions \
               WHERE reconciliation_id = $1 AND explanation = $2";
    let query = sqlx::query(sql).bind(after.reconciliation.number()).bind(i64::from(after.explanation));
    let stored = query.fetch_optional(&mut *connection).await.map_err(store_error)?;
    let read = |row| records::resolution(row, after.reconciliation);
    if stored.as_ref().map(read).transpose()? != *before {
        return Err(conflict("the explanation was accepted or undone meanwhile"));
    }
    let sql = "INSERT INTO finance_resolutions (reconciliation_id, explanation, resolved_at, undone_at, body) \
               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (reconciliation_id, explanation) \
               DO UPDATE SET resolved_at = $3, undone_at = $4, body = $5";
    let mut binder = Binder::default();
    records::give_resolution(&mut binder, after);
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

async fn insert(
    connection: &mut PgConnection,
    change: &ChangeSet,
    new: &NewReconciliation,
) -> Result<ReconciliationId, StoreError> {
    own_account(connection, change.connection, new.account).await?;
    let sql = "INSERT INTO finance_reconciliations (account_id, at, score, difference, currency, body) \
               VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let mut binder = Binder::default();
    records::give(&mut binder, change, new);
    let query = sqlx::query_scalar_with(sql, binder.finish()?);
    query.fetch_one(connection).await.map(ReconciliationId::new).map_err(store_error)
}

const LATEST: &str = "SELECT r.id, r.account_id, r.at, r.score, r.difference, r.currency \
     FROM finance_connections c JOIN finance_accounts a ON a.connection_id = c.id \
     CROSS JOIN LATERAL (\
         SELECT * FROM finance_reconciliations WHERE account_id = a.id \
         ORDER BY (score IS NULL), id DESC LIMIT 1) r \
     WHERE c.user_id = $1 ORDER BY a.id";

const OF_ACCOUNT: &str = "SELECT id, account_id, at, score, difference, currency \
     FROM finance_reconciliations WHERE account_id = $1 ORDER BY id DESC LIMIT $2";

const WHOLE: &str = "SELECT r.id, r.account_id, r.at, r.score, r.difference, r.currency, r.body \
     FROM finance_reconciliations r JOIN finance_accounts a ON a.id = r.account_id \
     JOIN finance_connections c ON c.id = a.connection_id WHERE r.id = $1 AND c.user_id = $2";

const RESOLUTIONS: &str = "SELECT explanation, resolved_at, undone_at, body FROM finance_resolutions \
     WHERE reconciliation_id = $1 ORDER BY explanation";

const STATEMENTS: &str =
    "SELECT balance, date, written_at FROM finance_statements WHERE account_id = $1 ORDER BY date";

async fn whole(
    connection: &mut PgConnection,
    user: &UserId,
    id: ReconciliationId,
) -> Result<StoredReconciliation, StoreError> {
    let mut binder = Binder::default();
    binder.number(id.number());
    binder.text(user.as_str());
    let query = sqlx::query_with(WHOLE, binder.finish()?);
    let row = query.fetch_optional(connection).await.map_err(store_error)?;
    records::whole(&row.ok_or_else(|| not_found("reconciliation", id.number()))?)
}

/// Refuses an account that is not the user's.
async fn check_owner(
    connection: &mut PgConnection,
    user: &UserId,
    account: AccountId,
) -> Result<(), StoreError> {
    if is_owned(connection, user, account).await? {
        return Ok(());
    }
    Err(not_found("account", account.number()))
}

#[async_trait]
impl ReconciliationStore for PostgresStore {
    async fn latest_reconciliations(&self, user: &UserId) -> Result<Vec<ReconciliationSummary>, StoreError> {
        reading!(self, |connection| {
            let mut binder = Binder::default();
            binder.text(user.as_str());
            let rows = sqlx::query_with(LATEST, binder.finish()?).fetch_all(connection).await;
            rows.map_err(store_error)?.iter().map(|row| records::summary(&mut Cells::of(row))).collect()
        })
    }

    async fn reconciliations(
        &self,
        user: &UserId,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<ReconciliationSummary>, StoreError> {
        reading!(self, |connection| {
            check_owner(connection, user, account).await?;
            let query = sqlx::query(OF_ACCOUNT).bind(account.number()).bind(i64::from(limit));
            let rows = query.fetch_all(connection).await.map_err(store_error)?;
            rows.iter().map(|row| records::summary(&mut Cells::of(row))).collect()
        })
    }

    async fn reconciliation(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<StoredReconciliation, StoreError> {
        reading!(self, |connection| whole(connection, user, id).await)
    }

    async fn resolutions(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<Vec<StoredResolution>, StoreError> {
        reading!(self, |connection| {
            whole(connection, user, id).await?;
            let query = sqlx::query(RESOLUTIONS).bind(id.number());
            let rows = query.fetch_all(connection).await.map_err(store_error)?;
            rows.iter().map(|row| records::resolution(row, id)).collect()
        })
    }

    async fn statements(&self, user: &UserId, account: AccountId) -> Result<Vec<Statement>, StoreError> {
        reading!(self, |connection| {
            check_owner(connection, user, account).await?;
            let query = sqlx::query(STATEMENTS).bind(account.number());
            let rows = query.fetch_all(connection).await.map_err(store_error)?;
            rows.iter().map(|row| records::statement(row, account)).collect()
        })
    }
}
