//! How connections and accounts do.

use finance_core::{AccountId, ConnectionId, StatusSubject};
use pyo3::prelude::*;

use super::operations;
use crate::errors::Failure;
use crate::records::{AccountReport, ConnectionsReport, SyncOverview, SyncStatus};
use crate::values::User;

operations! {
    /// Whether the user's connections work, and what to do where one does not. No connections is an answer too.
    #[pyo3(signature = (user))]
    fn connection_status(engine, user: User) -> ConnectionsReport {
        Ok(engine.connection_status(&user.0).await?.into())
    }

    /// How an account does, and what would help.
    #[pyo3(signature = (user, account))]
    fn account_health(engine, user: User, account: i64) -> AccountReport {
        Ok(engine.account_health(&user.0, AccountId::new(account)).await?.into())
    }

    /// One connection in depth, or the one that an account came through.
    #[pyo3(signature = (user, *, connection = None, account = None))]
    fn sync_status(engine, user: User, connection: Option<i64>, account: Option<i64>) -> SyncStatus {
        let subject = match (connection, account) {
            (Some(connection), None) => StatusSubject::Connection(ConnectionId::new(connection)),
            (None, Some(account)) => StatusSubject::Account(AccountId::new(account)),
            _ => return Err(Failure::invalid("give a connection or an account")),
        };
        Ok(engine.sync_status(&user.0, subject).await?.into())
    }

    /// Everything on one page: all accounts, the one that does worst first, totals, and what is due next.
    #[pyo3(signature = (user))]
    fn sync_overview(engine, user: User) -> SyncOverview {
        Ok(engine.sync_overview(&user.0).await?.into())
    }
}
