//! Everything a store answers about some users.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    Account, AccountId, AccountTotals, AuditEntry, BalanceEntry, CategoryBacklog, CategoryChoice,
    CategoryRule, Connection, DateWindow, EventPage, KnownTransaction, KnownTransactions,
    ReconciliationSummary, Statement, Store, StoreErrorKind, StoredReconciliation, StoredResolution,
    StoredSchedule, SyncRun, Transaction, TransactionQuery, UserId,
};

/// The answers of every reading method of a store about some users, to be compared with later or other answers.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// By user.
    pub users: Vec<UserSnapshot>,
}

/// What a store answers about one user.
#[derive(Debug, PartialEq, Eq)]
pub struct UserSnapshot {
    /// With the access token of each that has one.
    pub connections: Vec<(Connection, Option<String>)>,
    /// Open ones and others.
    pub accounts: Vec<Account>,
    /// The list of live rows.
    pub live: Vec<Transaction>,
    /// Rows in every state, each with its raw JSON, by provider id.
    pub rows: Vec<(KnownTransaction, Transaction, Option<String>)>,
    /// The totals, or the message of the refusal.
    pub totals: Result<Vec<AccountTotals>, StoreErrorKind>,
    /// Newest first, by connection.
    pub runs: Vec<SyncRun>,
    /// Every event that is kept.
    pub events: EventPage,
    /// Of every account, newest first.
    pub balances: Vec<BalanceEntry>,
    /// By account.
    pub pending_days: BTreeMap<AccountId, Vec<NaiveDate>>,
    /// The whole trail.
    pub audit: Vec<AuditEntry>,
    /// The latest comparison of each account.
    pub latest: Vec<ReconciliationSummary>,
    /// Every comparison with its resolutions, by account and the latest first.
    pub reconciliations: Vec<(StoredReconciliation, Vec<StoredResolution>)>,
    /// By account and day.
    pub statements: Vec<Statement>,
    /// By connection.
    pub schedules: Vec<StoredSchedule>,
    /// What waits to be categorised.
    pub category_backlog: CategoryBacklog,
    /// Every choice, those of the rows edited last first.
    pub category_choices: Vec<CategoryChoice>,
    /// In their order.
    pub category_rules: Vec<CategoryRule>,
}

impl Snapshot {
    /// Asks the store everything about these users.
    pub async fn of(store: &dyn Store, users: &[UserId]) -> Self {
        let mut snapshot = Self { users: Vec::new() };
        for user in users {
            snapshot.users.push(UserSnapshot::of(store, user).await);
        }
        snapshot
    }
}

impl UserSnapshot {
    async fn of(store: &dyn Store, user: &UserId) -> Self {
        let mut connections = Vec::new();
        let mut rows = Vec::new();
        let mut runs = Vec::new();
        for connection in store.connections(user).await.unwrap() {
            let mut known = store.known_transactions(connection.id, KnownTransactions::All).await.unwrap();
            known.sort_by(|a, b| a.provider_id.cmp(&b.provider_id));
            for known in known {
                let row = store.transaction(user, known.id).await.unwrap();
                let raw = store.raw_transaction(user, known.id).await.unwrap();
                rows.push((known, row, raw));
            }
            runs.extend(store.runs(user, connection.id, u32::MAX).await.unwrap());
            let token = match store.access_token(user, connection.id).await {
                Ok(token) => Some(token.expose().to_owned()),
                Err(error) if error.kind() == StoreErrorKind::NoToken => None,
                Err(error) => panic!("{error}"),
            };
            let by_provider =
                store.connection_of_provider(&connection.provider, &connection.provider_id).await;
            assert_eq!(by_provider.unwrap().as_ref(), Some(&connection));
            connections.push((connection, token));
        }
        assert_eq!(store.recent_runs(user, u32::MAX).await.unwrap(), runs);
        let accounts = store.accounts(user).await.unwrap();
        let mut balances = Vec::new();
        let (mut reconciliations, mut statements) = (Vec::new(), Vec::new());
        for account in &accounts {
            let whole = DateWindow::default();
            balances.extend(store.balance_history(user, account.id, whole, u32::MAX).await.unwrap());
            statements.extend(store.statements(user, account.id).await.unwrap());
            for summary in store.reconciliations(user, account.id, u32::MAX).await.unwrap() {
                let whole = store.reconciliation(user, summary.id).await.unwrap();
                assert_eq!(whole.summary, summary);
                reconciliations.push((whole, store.resolutions(user, summary.id).await.unwrap()));
            }
        }
        let everything = TransactionQuery {
            rows: crate::RowSelection::Any,
            limit: u32::MAX,
            ..TransactionQuery::default()
        };
        Self {
            connections,
            accounts,
            balances,
            pending_days: store.pending_days(user, None).await.unwrap(),
            live: store.transactions(user, &everything).await.unwrap(),
            rows,
            totals: store.account_totals(user).await.map_err(|error| error.kind()),
            runs,
            events: store.events(user, 0, u32::MAX).await.unwrap(),
            audit: store.audit_entries(user, 0, u32::MAX).await.unwrap(),
            latest: store.latest_reconciliations(user).await.unwrap(),
            reconciliations,
            statements,
            schedules: store.schedules(user).await.unwrap(),
            category_backlog: store.category_backlog(user).await.unwrap(),
            category_choices: store.category_choices(user, u32::MAX).await.unwrap(),
            category_rules: store.category_rules(user).await.unwrap(),
        }
    }
}
