//! A connection in a store, and the steps that checks take with it.

use std::sync::Arc;

use crate::conformance::VisitedRows;
use crate::conformance::samples::{account, at, insert, new_connection, row_id, user};
use crate::{
    Account, AccountId, Applied, ChangeSet, Connection, ConnectionId, ConnectionStatus, Cursor, CursorStep,
    EditState, EditWrite, Event, KnownTransaction, KnownTransactions, ProviderTransaction, Store, StoreError,
    StoreErrorKind, SyncRun, Transaction, TransactionEdit, TransactionId, TransactionQuery, TransactionText,
    TransactionView, UserId,
};

/// A connection of a user in a store. Every step panics when the store refuses it.
#[derive(Clone)]
pub struct Linked {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The user.
    pub user: UserId,
    /// The connection.
    pub id: ConnectionId,
}

impl Linked {
    /// Stores a connection of the user with these accounts, listed at second 1.
    pub async fn new(store: Arc<dyn Store>, owner: &str, provider_id: &str, accounts: &[&str]) -> Self {
        let user = user(owner);
        let connection = store.insert_connection(new_connection(&user, provider_id)).await.unwrap();
        let linked = Self { store, user, id: connection.id };
        let mut change = ChangeSet::new(linked.id, at(1));
        change.accounts.listed = accounts.iter().map(|id| account(id)).collect();
        linked.apply(change).await;
        linked
    }

    /// A change set of the connection at second 2 that changes nothing yet.
    pub fn change(&self) -> ChangeSet {
        ChangeSet::new(self.id, at(2))
    }

    /// Applies a change set.
    pub async fn apply(&self, change: ChangeSet) -> Applied {
        self.store.apply(&change).await.unwrap()
    }

    /// Applies a change set that must be refused in this way.
    pub async fn refuse(&self, change: ChangeSet, kind: StoreErrorKind) -> StoreError {
        let error = self.store.apply(&change).await.expect_err("the change set must be refused");
        assert_eq!(error.kind(), kind, "{error}");
        error
    }

    /// Records an attempt, with the connection's status and fault after it.
    pub async fn record(&self, run: &SyncRun, status: Option<ConnectionStatus>) {
        let (run, fault) = (Some(run.clone()), run.fault.clone());
        self.apply(ChangeSet { run, status, fault, ..self.change() }).await;
    }

    /// Inserts rows at second 2.
    pub async fn insert(&self, rows: impl IntoIterator<Item = ProviderTransaction>) {
        let inserts = rows.into_iter().map(insert).collect();
        self.apply(ChangeSet { inserts, ..self.change() }).await;
    }

    /// Removes the row with this provider id, as the provider does, at second 2.
    pub async fn remove(&self, provider_id: &str) {
        let removals = vec![self.id_of(provider_id).await];
        self.apply(ChangeSet { removals, ..self.change() }).await;
    }

    /// Edits the row with this provider id.
    pub async fn edit(&self, provider_id: &str, edit: &TransactionEdit) -> Transaction {
        let edits = vec![self.edit_write(provider_id, edit).await];
        self.apply(ChangeSet { edits, ..ChangeSet::new(self.id, at(5)) }).await;
        self.row(provider_id).await
    }

    /// The write of an edit to the row with this provider id, as the row stands now.
    pub async fn edit_write(&self, provider_id: &str, edit: &TransactionEdit) -> EditWrite {
        let row = self.row(provider_id).await;
        let before = row.edit_state();
        let deleted = edit.deleted.unwrap_or(before.deleted);
        EditWrite { id: row.id, after: EditState { edits: edit.applied_to(&before.edits), deleted }, before }
    }

    /// What is known of one provider id.
    pub async fn known(&self, provider_id: &str) -> Option<KnownTransaction> {
        let ids = [row_id(provider_id)];
        let mut known = self.store.known_transactions(self.id, KnownTransactions::Among(&ids)).await.unwrap();
        assert!(known.len() <= 1, "{known:?}");
        known.pop()
    }

    /// Our identifier of the row that this provider id leads to.
    pub async fn id_of(&self, provider_id: &str) -> TransactionId {
        self.known(provider_id).await.unwrap_or_else(|| panic!("{provider_id} must be known")).id
    }

    /// The row that this provider id leads to.
    pub async fn row(&self, provider_id: &str) -> Transaction {
        let id = self.id_of(provider_id).await;
        self.store.transaction(&self.user, id).await.unwrap()
    }

    /// The raw JSON of the row that this provider id leads to.
    pub async fn raw(&self, provider_id: &str) -> Option<String> {
        let id = self.id_of(provider_id).await;
        self.store.raw_transaction(&self.user, id).await.unwrap()
    }

    /// The provider ids of the rows that match, in the order of the answer.
    pub async fn list(&self, query: &TransactionQuery) -> Vec<String> {
        let rows = self.store.transactions(&self.user, query).await.unwrap();
        rows.iter().map(|row| row.provider.id.as_str().to_owned()).collect()
    }

    /// The rows that match as the store lends them must be those that it lists.
    pub async fn compare_visits(&self, query: &TransactionQuery, texts: &[TransactionText]) {
        let listed = self.store.transactions(&self.user, query).await.unwrap();
        let visited = VisitedRows::default();
        let visitor = Box::new(visited.clone());
        self.store.visit_transactions(&self.user, query, texts, visitor).await.unwrap();
        let expected: Vec<_> = listed.iter().map(|row| TransactionView::of(row, texts)).collect();
        assert_eq!(visited.take(), expected, "{query:?}");
    }

    /// The connection as it stands.
    pub async fn connection(&self) -> Connection {
        self.store.connection(&self.user, self.id).await.unwrap()
    }

    /// The connection's account with this provider id.
    pub async fn account(&self, provider_id: &str) -> Account {
        let accounts = self.store.accounts(&self.user).await.unwrap();
        let own =
            |account: &Account| account.connection == self.id && account.provider.id.as_str() == provider_id;
        accounts.into_iter().find(own).unwrap_or_else(|| panic!("{provider_id} must be an account"))
    }

    /// Our identifier of an account.
    pub async fn account_id(&self, provider_id: &str) -> AccountId {
        self.account(provider_id).await.id
    }

    /// Every event of the user with a number greater than this one.
    pub async fn events_after(&self, after: u64) -> Vec<Event> {
        self.store.events(&self.user, after, u32::MAX).await.unwrap().events
    }

    /// A move of the cursor.
    pub fn step(expected: Option<&str>, next: Option<&str>) -> Option<CursorStep> {
        Some(CursorStep { expected: expected.and_then(Cursor::new), next: next.and_then(Cursor::new) })
    }
}
