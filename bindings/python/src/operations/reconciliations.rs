//! Bank against books.

use finance_core::{AccountId, ReconcileRequest, ReconciliationId};
use pyo3::prelude::*;

use super::arguments::{scope, whole};
use super::operations;
use crate::records::{
    ReconcilePolicy, ReconcileReport, ReconciliationRecord, ReconciliationSummary, Resolution,
};
use crate::values::{Day, Many, User};

operations! {
    /// Compares accounts with what the bank and statements say, and explains every difference.
    ///
    /// `policy` says how closely they must agree; without one, each account has that of its currency (`ReconcilePolicy.of_currency`).
    #[pyo3(signature = (user, *, connection = None, accounts = None, since = None, policy = None))]
    fn reconcile(
        engine,
        user: User,
        connection: Option<i64>,
        accounts: Option<Many<i64>>,
        since: Option<Day>,
        policy: Option<ReconcilePolicy>,
    ) -> ReconcileReport {
        let mut request = ReconcileRequest::new(scope(connection, accounts)?);
        request.since = since.map(|day| day.0);
        request.policy = policy.map(TryInto::try_into).transpose()?;
        Ok(engine.reconcile(&user.0, &request).await?.into())
    }

    /// A comparison that was made, with what was accepted of it.
    #[pyo3(signature = (user, reconciliation))]
    fn reconciliation(engine, user: User, reconciliation: i64) -> ReconciliationRecord {
        Ok(engine.reconciliation(&user.0, ReconciliationId::new(reconciliation)).await?.into())
    }

    /// The comparisons of an account, newest first.
    #[pyo3(signature = (user, account, *, limit = 20))]
    fn reconciliations(engine, user: User, account: i64, limit: i64) -> Many<ReconciliationSummary> {
        Ok(Many::of(engine.reconciliations(&user.0, AccountId::new(account), whole("limit", limit)?).await?))
    }

    /// Accepts an explanation: exactly its proposed change is made.
    #[pyo3(signature = (user, reconciliation, explanation, *, reason = None))]
    fn resolve(
        engine,
        user: User,
        reconciliation: i64,
        explanation: u32,
        reason: Option<String>,
    ) -> Resolution {
        let id = ReconciliationId::new(reconciliation);
        Ok(engine.resolve(&user.0, id, explanation, reason).await?.into())
    }

    /// Takes back what accepting an explanation changed.
    #[pyo3(signature = (user, reconciliation, explanation, *, reason = None))]
    fn undo_resolution(
        engine,
        user: User,
        reconciliation: i64,
        explanation: u32,
        reason: Option<String>,
    ) -> Resolution {
        let id = ReconciliationId::new(reconciliation);
        Ok(engine.undo_resolution(&user.0, id, explanation, reason).await?.into())
    }
}
