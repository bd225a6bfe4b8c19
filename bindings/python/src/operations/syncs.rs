//! Pulling balances and transactions.

use finance_core::{ConnectionId, SyncRequest};
use pyo3::prelude::*;

use super::arguments::{scope, whole, window};
use super::operations;
use crate::cancellation::Cancellation;
use crate::records::{BalanceReport, SyncReport, SyncRun};
use crate::values::{Day, Many, Nothing, User};

operations! {
    /// Pulls what is new: of all connections, of one, or of those that chosen accounts came through.
    ///
    /// One that fails does not stop the others; the report says how each went. Each is stored whole or not at all. With `since` or `until` the
    /// report also has the transactions of those days. `cancellation` ends it early: what is stored stays, and the report says the rest.
    #[pyo3(signature = (user, *, connection = None, accounts = None, since = None, until = None, cancellation = None))]
    fn sync_transactions(
        engine,
        user: User,
        connection: Option<i64>,
        accounts: Option<Many<i64>>,
        since: Option<Day>,
        until: Option<Day>,
        cancellation: Option<Cancellation>,
    ) -> SyncReport {
        let mut request = SyncRequest::new(scope(connection, accounts)?);
        request.cancellation = cancellation.map(|cancellation| cancellation.0);
        if since.is_some() || until.is_some() {
            request.window = Some(window(since, until)?);
        }
        Ok(engine.sync_transactions(&user.0, &request).await?.into())
    }

    /// Asks the banks for live balances. Where that fails the report has the cached or stored ones, and says why.
    #[pyo3(signature = (user, *, connection = None, accounts = None))]
    fn sync_balances(
        engine,
        user: User,
        connection: Option<i64>,
        accounts: Option<Many<i64>>,
    ) -> BalanceReport {
        Ok(engine.sync_balances(&user.0, &scope(connection, accounts)?).await?.into())
    }

    /// Asks the provider to look at the bank soon. What it finds comes with a later sync.
    #[pyo3(signature = (user, connection))]
    fn refresh_transactions(engine, user: User, connection: i64) -> Nothing {
        engine.refresh_transactions(&user.0, ConnectionId::new(connection)).await?;
        Ok(Nothing)
    }

    /// The latest attempts to sync a connection, newest first.
    #[pyo3(signature = (user, connection, *, limit = 20))]
    fn sync_runs(engine, user: User, connection: i64, limit: i64) -> Many<SyncRun> {
        Ok(Many::of(engine.sync_runs(&user.0, ConnectionId::new(connection), whole("limit", limit)?).await?))
    }
}
