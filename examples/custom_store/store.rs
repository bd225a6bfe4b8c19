//! The store: every port, handed on under a stopwatch.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, NaiveDate, Utc};
use finance_core::*;

/// A store that measures every call of the store it keeps its books in.
#[derive(Clone)]
pub(crate) struct MeteredStore {
    inner: Arc<dyn Store>,
    measured: Arc<Mutex<BTreeMap<&'static str, Measured>>>,
}

/// What was measured of one kind of call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    pub(crate) times: u64,
    pub(crate) refused: u64,
    pub(crate) took: Duration,
}

impl MeteredStore {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, measured: Arc::default() }
    }

    /// What was measured so far, by the name of the call.
    pub(crate) fn measured(&self) -> BTreeMap<&'static str, Measured> {
        self.meters().clone()
    }

    fn meters(&self) -> MutexGuard<'_, BTreeMap<&'static str, Measured>> {
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn measure<T>(
        &self,
        call: &'static str,
        answer: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let begun = Instant::now();
        let answer = answer.await;
        let mut meters = self.meters();
        let meter = meters.entry(call).or_default();
        meter.times += 1;
        meter.refused += u64::from(answer.is_err());
        meter.took += begun.elapsed();
        drop(meters);
        answer
    }
}

/// Implements a port by handing each call on.
macro_rules! metered {
    ($port:ident { $(fn $call:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $port for MeteredStore {
            $(async fn $call(&self $(, $argument: $kind)*) -> Result<$answer, StoreError> {
                self.measure(stringify!($call), self.inner.$call($($argument),*)).await
            })*
        }
    };
}

metered! {
    ConnectionStore {
        fn ready_for_tokens() -> ();
        fn insert_connection(new: NewConnection) -> Connection;
        fn connection(user: &UserId, id: ConnectionId) -> Connection;
        fn connections(user: &UserId) -> Vec<Connection>;
        fn connection_of_provider(provider: &ProviderName, id: &ProviderConnectionId) -> Option<Connection>;
        fn access_token(user: &UserId, id: ConnectionId) -> AccessToken;
        fn replace_access_token(user: &UserId, id: ConnectionId, token: &AccessToken) -> ();
        fn accounts(user: &UserId) -> Vec<Account>;
    }
}

metered! {
    LedgerStore {
        fn known_transactions(connection: ConnectionId, which: KnownTransactions<'_>) -> Vec<KnownTransaction>;
        fn apply(change: &ChangeSet) -> Applied;
        fn transactions(user: &UserId, query: &TransactionQuery) -> Vec<Transaction>;
        fn visit_transactions(
            user: &UserId,
            query: &TransactionQuery,
            texts: &[TransactionText],
            visitor: Box<dyn TransactionVisitor>
        ) -> ();
        fn transaction_days(user: &UserId, query: &TransactionQuery) -> Vec<(NaiveDate, u64)>;
        fn transaction(user: &UserId, id: TransactionId) -> Transaction;
        fn raw_transaction(user: &UserId, id: TransactionId) -> Option<String>;
        fn account_totals(user: &UserId) -> Vec<AccountTotals>;
        fn posted_sums_after(user: &UserId, account: AccountId, day: NaiveDate) -> Vec<Money>;
    }
}

metered! {
    RunStore {
        fn runs(user: &UserId, connection: ConnectionId, limit: u32) -> Vec<SyncRun>;
        fn recent_runs(user: &UserId, per_connection: u32) -> Vec<SyncRun>;
    }
}

metered! {
    EventStore {
        fn events(user: &UserId, after: u64, limit: u32) -> EventPage;
        fn wait_for_event(user: &UserId, after: u64, at_most: Duration) -> ();
        fn prune_events(before: DateTime<Utc>, keep: u64) -> u64;
    }
}

metered! {
    AuditStore {
        fn audit_entries(user: &UserId, after: u64, limit: u32) -> Vec<AuditEntry>;
        fn audit_entries_about(user: &UserId, subject: AuditSubject, limit: u32) -> Vec<AuditEntry>;
        fn audit_head(user: &UserId) -> AuditHead;
    }
}

metered! {
    HistoryStore {
        fn balance_history(user: &UserId, account: AccountId, window: DateWindow, limit: u32) -> Vec<BalanceEntry>;
        fn pending_days(user: &UserId, connection: Option<ConnectionId>) -> BTreeMap<AccountId, Vec<NaiveDate>>;
    }
}

metered! {
    RemovalStore {
        fn records(user: &UserId) -> RecordCounts;
        fn remove_connection(removal: &ConnectionRemoval) -> RecordCounts;
        fn merge_connections(merge: &ConnectionMerge) -> ();
        fn forget_user(user: &UserId) -> RecordCounts;
    }
}

metered! {
    ReconciliationStore {
        fn latest_reconciliations(user: &UserId) -> Vec<ReconciliationSummary>;
        fn reconciliations(user: &UserId, account: AccountId, limit: u32) -> Vec<ReconciliationSummary>;
        fn reconciliation(user: &UserId, id: ReconciliationId) -> StoredReconciliation;
        fn resolutions(user: &UserId, id: ReconciliationId) -> Vec<StoredResolution>;
        fn statements(user: &UserId, account: AccountId) -> Vec<Statement>;
    }
}

metered! {
    ScheduleStore {
        fn schedule(user: &UserId, connection: ConnectionId) -> StoredSchedule;
        fn schedules(user: &UserId) -> Vec<StoredSchedule>;
        fn save_schedule(schedule: &StoredSchedule, at: DateTime<Utc>, audit: &[AuditDraft]) -> ();
        fn claim_due(provider: &ProviderName, worker: &str, now: DateTime<Utc>, until: DateTime<Utc>, limit: u32) -> Vec<Lease>;
        fn take_lease(user: &UserId, connection: ConnectionId, worker: &str, now: DateTime<Utc>, until: DateTime<Utc>) -> Lease;
        fn renew_lease(lease: &Lease, until: DateTime<Utc>) -> Lease;
        fn release_lease(lease: &Lease) -> ();
        fn next_claim_at(provider: &ProviderName) -> Option<DateTime<Utc>>;
        fn attempted_after(provider: &ProviderName, at: DateTime<Utc>) -> Vec<(UserId, ConnectionId)>;
        fn scheduler_status(provider: &ProviderName, now: DateTime<Utc>) -> SchedulerStatus;
    }
}

metered! {
    CategoryStore {
        fn claim_uncategorised(request: &ClaimRequest) -> Option<CategoryClaim>;
        fn apply_categories(answers: &CategoryAnswers) -> u64;
        fn category_backlog(user: &UserId) -> CategoryBacklog;
        fn retry_categories(user: &UserId, at: DateTime<Utc>) -> ();
        fn category_choices(user: &UserId, limit: u32) -> Vec<CategoryChoice>;
        fn category_rules(user: &UserId) -> Vec<CategoryRule>;
        fn set_category_rules(user: &UserId, before: &[CategoryRule], after: &[CategoryRule], at: DateTime<Utc>, audit: &AuditDraft) -> ();
    }
}

metered! {
    WebhookStore {
        fn knows_webhook(digest: &WebhookDigest) -> bool;
        fn remember_webhook(digest: &WebhookDigest, at: DateTime<Utc>, forget_before: DateTime<Utc>) -> ();
    }
}
