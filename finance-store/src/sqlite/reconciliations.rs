//! Comparisons with the bank, resolutions and statements.

use async_trait::async_trait;
use finance_core::{
    AccountId, ChangeSet, ConnectionId, NewReconciliation, ReconciliationId, ReconciliationStore,
    ReconciliationSummary, ResolutionWrite, Statement, StatementWrite, StoreError, StoredReconciliation,
    StoredResolution, UserId,
};
use sqlx::sqlite::{SqliteConnection, SqlitePool};

use super::SqliteStore;
use super::batch::Binder;
use super::error::store_error;
use super::read::day_number;
use crate::records::{Cells, Values, reconciliations as records};
use crate::refusals::{conflict, invalid, not_found};

/// Writes statements, resolutions and comparisons of a change set, within a transaction of the caller's, and returns the
/// identifiers of new comparisons.
pub(super) async fn write(
    connection: &mut SqliteConnection,
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
    connection: &mut SqliteConnection,
    owner: ConnectionId,
    account: AccountId,
) -> Result<(), StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM finance_accounts WHERE id = ? AND connection_id = ?)";
    let query = sqlx::query_scalar(sql).bind(account.number()).bind(owner.number());
    if query.fetch_one(connection).await.map_err(store_error)? {
        return Ok(());
    }
    Err(invalid(format!("account {account} is none of the connection's")))
}

async fn write_statement(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    &StatementWrite { account, date, before, after }: &StatementWrite,
) -> Result<(), StoreError> {
    own_account(connection, change.connection, account).await?;
    let sql = "SELECT balance, scale FROM finance_statements WHERE account_id = ? AND date = ?";
    let query = sqlx::query(sql).bind(account.number()).bind(day_number(date));
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
            "INSERT OR REPLACE INTO finance_statements (account_id, date, balance, scale, written_at) VALUES (?, ?, ?, ?, ?)"
        }
        None => "DELETE FROM finance_statements WHERE account_id = ? AND date = ?",
    };
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

async fn write_resolution(
    connection: &mut SqliteConnection,
    owner: ConnectionId,
    ResolutionWrite { before, after }: &ResolutionWrite,
) -> Result<(), StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM finance_reconciliations r JOIN finance_accounts a ON a.id = r.account_id \
               WHERE r.id = ? AND a.connection_id = ?)";
    let query = sqlx::query_scalar(sql).bind(after.reconciliation.number()).bind(owner.number());
    if !query.fetch_one(&mut *connection).await.map_err(store_error)? {
        return Err(invalid("a resolution is of no comparison of the connection's"));
    }
    let sql = "SELECT explanation, resolved_at, undone_at, body FROM finance_resolutions \
               WHERE reconciliation_id = ? AND explanation = ?";
    let query = sqlx::query(sql).bind(after.reconciliation.number()).bind(after.explanation);
    let stored = query.fetch_optional(&mut *connection).await.map_err(store_error)?;
    if stored.as_ref().map(|row| records::resolution(row, after.reconciliation)).transpose()? != *before {
        return Err(conflict("the explanation was accepted or undone meanwhile"));
    }
    let sql = "INSERT OR REPLACE INTO finance_resolutions (reconciliation_id, explanation, resolved_at, undone_at, body) \
               VALUES (?, ?, ?, ?, ?)";
    let mut binder = Binder::default();
    records::give_resolution(&mut binder, after);
    sqlx::query_with(sql, binder.finish()?).execute(connection).await.map(drop).map_err(store_error)
}

async fn insert(
    connection: &mut SqliteConnection,
    change: &ChangeSet,
    new: &NewReconciliation,
) -> Result<ReconciliationId, StoreError> {
    own_account(connection, change.connection, new.account).await?;
    let sql = "INSERT INTO finance_reconciliations (account_id, at, score, difference, difference_scale, currency, body) \
               VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id";
    let mut binder = Binder::default();
    records::give(&mut binder, change, new);
    let query = sqlx::query_scalar_with(sql, binder.finish()?);
    query.fetch_one(connection).await.map(ReconciliationId::new).map_err(store_error)
}

pub(super) const LATEST: &str = "SELECT r.id, r.account_id, r.at, r.score, r.difference, r.difference_scale, r.currency \
     FROM finance_connections c CROSS JOIN finance_accounts a ON a.connection_id = c.id \
     CROSS JOIN finance_reconciliations r \
     ON r.id = coalesce(\
         (SELECT max(l.id) FROM finance_reconciliations l WHERE l.account_id = a.id AND l.score IS NOT NULL), \
         (SELECT max(l.id) FROM finance_reconciliations l WHERE l.account_id = a.id)) \
     WHERE c.user_id = ? ORDER BY a.id";

pub(super) const OF_ACCOUNT: &str = "SELECT id, account_id, at, score, difference, difference_scale, currency \
     FROM finance_reconciliations WHERE account_id = ? ORDER BY id DESC LIMIT ?";

pub(super) const WHOLE: &str = "SELECT r.id, r.account_id, r.at, r.score, r.difference, r.difference_scale, r.currency, r.body \
     FROM finance_reconciliations r JOIN finance_accounts a ON a.id = r.account_id \
     JOIN finance_connections c ON c.id = a.connection_id WHERE r.id = ? AND c.user_id = ?";

pub(super) const RESOLUTIONS: &str = "SELECT explanation, resolved_at, undone_at, body FROM finance_resolutions \
     WHERE reconciliation_id = ? ORDER BY explanation";

pub(super) const STATEMENTS: &str =
    "SELECT balance, scale, date, written_at FROM finance_statements WHERE account_id = ? ORDER BY date";

/// Refuses an account that is not the user's.
async fn check_owner(readers: &SqlitePool, user: &UserId, account: AccountId) -> Result<(), StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM finance_accounts a JOIN finance_connections c ON c.id = a.connection_id \
               WHERE a.id = ? AND c.user_id = ?)";
    let query = sqlx::query_scalar(sql).bind(account.number()).bind(user.as_str());
    if query.fetch_one(readers).await.map_err(store_error)? {
        return Ok(());
    }
    Err(not_found("account", account.number()))
}

#[async_trait]
impl ReconciliationStore for SqliteStore {
    async fn latest_reconciliations(&self, user: &UserId) -> Result<Vec<ReconciliationSummary>, StoreError> {
        let query = sqlx::query(LATEST).bind(user.as_str());
        query
            .fetch_all(&self.readers)
            .await
            .map_err(store_error)?
            .iter()
            .map(|row| records::summary(&mut Cells::of(row)))
            .collect()
    }

    async fn reconciliations(
        &self,
        user: &UserId,
        account: AccountId,
        limit: u32,
    ) -> Result<Vec<ReconciliationSummary>, StoreError> {
        check_owner(&self.readers, user, account).await?;
        let query = sqlx::query(OF_ACCOUNT).bind(account.number()).bind(limit);
        query
            .fetch_all(&self.readers)
            .await
            .map_err(store_error)?
            .iter()
            .map(|row| records::summary(&mut Cells::of(row)))
            .collect()
    }

    async fn reconciliation(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<StoredReconciliation, StoreError> {
        let query = sqlx::query(WHOLE).bind(id.number()).bind(user.as_str());
        let row = query.fetch_optional(&self.readers).await.map_err(store_error)?;
        records::whole(&row.ok_or_else(|| not_found("reconciliation", id.number()))?)
    }

    async fn resolutions(
        &self,
        user: &UserId,
        id: ReconciliationId,
    ) -> Result<Vec<StoredResolution>, StoreError> {
        self.reconciliation(user, id).await?;
        let query = sqlx::query(RESOLUTIONS).bind(id.number());
        let rows = query.fetch_all(&self.readers).await.map_err(store_error)?;
        rows.iter().map(|row| records::resolution(row, id)).collect()
    }

    async fn statements(&self, user: &UserId, account: AccountId) -> Result<Vec<Statement>, StoreError> {
        check_owner(&self.readers, user, account).await?;
        let query = sqlx::query(STATEMENTS).bind(account.number());
        let rows = query.fetch_all(&self.readers).await.map_err(store_error)?;
        rows.iter().map(|row| records::statement(row, account)).collect()
    }
}
