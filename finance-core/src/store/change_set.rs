//! Everything one sync step writes.

use chrono::{DateTime, Utc};

use super::{NewReconciliation, ResolutionWrite, StatementWrite};
use crate::audit::AuditDraft;
use crate::events::EventKind;
use crate::model::{
    AccountId, BalanceSource, ConnectionFault, ConnectionId, ConnectionStatus, Cursor, EditState,
    HistoryStatus, InstitutionRef, ProviderAccount, ProviderTransaction, ProviderTransactionId,
    ReconciliationId, RowOrigin, SyncRun, TransactionEdits, TransactionId,
};

/// Everything one step writes about one connection, be it a sync or a wish of the user's; a store applies it whole or not
/// at all.
#[derive(Debug, Clone)]
pub struct ChangeSet {
    /// The connection.
    pub connection: ConnectionId,
    /// The instant of the step; rows it writes carry it.
    pub at: DateTime<Utc>,
    /// Where the connection's [`revision`](crate::Connection::revision) must stand, for a step that rests on what it read of
    /// the connection's rows or status.
    pub revision: Option<u64>,
    /// The move of the cursor; `None` when the step did not page.
    pub cursor: Option<CursorStep>,
    /// Accounts to take over, and accounts that are no longer listed.
    pub accounts: AccountChanges,
    /// Where the balances of the listed accounts come from; [`BalanceSource::Cached`] unless told otherwise.
    pub balance_source: BalanceSource,
    /// When the balances of the listed accounts were asked for; `None` is the instant of the step. An account whose balances are
    /// from later keeps them.
    pub balances_at: Option<DateTime<Utc>>,
    /// What the user changed on one row that another one stands for now. Carried over before anything else is written
    /// to rows.
    pub edit_carries: Vec<EditCarry>,
    /// Known rows that change, each at most once.
    pub updates: Vec<RowUpdate>,
    /// New rows, each provider id at most once.
    pub inserts: Vec<RowInsert>,
    /// Identifiers under which known rows are known, too, from now on. Written after rows.
    pub known_as: Vec<KnownAs>,
    /// Known rows that the provider took back. A row that the user deleted stays deleted by the user.
    pub removals: Vec<TransactionId>,
    /// What the user changed on known rows, each at most once. Written after everything else that is said of rows.
    pub edits: Vec<EditWrite>,
    /// The connection's status afterwards; its fault is then `fault`. `None` leaves both as they are.
    pub status: Option<ConnectionStatus>,
    /// The fault that goes with the status. It is none of the run's, which may have gone well.
    pub fault: Option<ConnectionFault>,
    /// The readiness of the history, where the provider told it.
    pub history: Option<HistoryStatus>,
    /// The institution, where the provider told it now.
    pub institution: Option<InstitutionRef>,
    /// When the user's consent ends, where the provider told it now; `Some(None)` says that it does not end.
    pub consent_expires_at: Option<Option<DateTime<Utc>>>,
    /// When the bank last gave the provider transactions, where the provider told it now.
    pub bank_updated_at: Option<DateTime<Utc>>,
    /// When the bank last failed to, where the provider told it now.
    pub bank_failed_at: Option<DateTime<Utc>>,
    /// Whether the bank has accounts that are not shared yet, where that is known now.
    pub new_accounts_available: Option<bool>,
    /// The record of the attempt; `None` for steps that are no sync of transactions.
    pub run: Option<SyncRun>,
    /// Statements that are added, changed or taken back, each account's day at most once.
    pub statements: Vec<StatementWrite>,
    /// Comparisons with the bank to add.
    pub reconciliations: Vec<NewReconciliation>,
    /// What becomes of explanations of stored comparisons, each at most once.
    pub resolutions: Vec<ResolutionWrite>,
    /// What to write into the user's audit trail, in order.
    pub audit: Vec<AuditDraft>,
    /// What listeners are told beside what the store derives with [`events_of`](crate::events_of).
    pub events: Vec<EventKind>,
}

impl ChangeSet {
    /// A change set that changes nothing yet.
    pub fn new(connection: ConnectionId, at: DateTime<Utc>) -> Self {
        Self {
            connection,
            at,
            revision: None,
            cursor: None,
            accounts: AccountChanges::default(),
            balance_source: BalanceSource::default(),
            balances_at: None,
            edit_carries: Vec::new(),
            updates: Vec::new(),
            inserts: Vec::new(),
            known_as: Vec::new(),
            removals: Vec::new(),
            edits: Vec::new(),
            status: None,
            fault: None,
            history: None,
            institution: None,
            consent_expires_at: None,
            bank_updated_at: None,
            bank_failed_at: None,
            new_accounts_available: None,
            run: None,
            statements: Vec::new(),
            reconciliations: Vec::new(),
            resolutions: Vec::new(),
            audit: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Whether it writes what others may have planned on, so that the connection's [`revision`](crate::Connection::revision)
    /// grows: rows, the status, accounts that are gone, whether there are new ones.
    pub fn revises(&self) -> bool {
        let untouched = self.edit_carries.is_empty()
            && self.updates.is_empty()
            && self.inserts.is_empty()
            && self.known_as.is_empty()
            && self.removals.is_empty()
            && self.edits.is_empty();
        !untouched
            || self.status.is_some()
            || !self.accounts.gone.is_empty()
            || self.new_accounts_available.is_some()
    }
}

/// The identifiers that a store gave to what a change set brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// Of the inserted rows, in their order.
    pub transactions: Vec<TransactionId>,
    /// Of the listed accounts, in their order.
    pub accounts: Vec<AccountId>,
    /// Of the added reconciliations, in their order.
    pub reconciliations: Vec<ReconciliationId>,
}

/// A move of the cursor, made only if it still stands where the step began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CursorStep {
    /// Where the cursor must stand.
    pub expected: Option<Cursor>,
    /// Where it moves to.
    pub next: Option<Cursor>,
}

/// What a step learned of accounts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AccountChanges {
    /// Accounts to insert, or to update by their provider id; they are open.
    pub listed: Vec<ProviderAccount>,
    /// Accounts that the provider no longer lists.
    pub gone: Vec<AccountId>,
}

/// The user's changes to one row go to another, a deletion included. What the user made of both is joined as
/// [`EditState::joined`] says, the other one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EditCarry {
    /// The row that was changed; it keeps its changes, too.
    pub from: TransactionId,
    /// The row that stands for it now.
    pub to: TransactionId,
}

/// A new row.
#[derive(Debug, Clone)]
pub struct RowInsert {
    /// What the provider says of it.
    pub row: ProviderTransaction,
    /// What the digest of `row` is.
    pub digest: u64,
    /// Where it comes from.
    pub origin: RowOrigin,
    /// What the user says of it from the start.
    pub edits: Option<Box<TransactionEdits>>,
}

impl RowInsert {
    /// A row that comes from here, without a word of the user's.
    pub fn new(row: ProviderTransaction, origin: RowOrigin) -> Self {
        Self { digest: row.digest(), row, origin, edits: None }
    }
}

/// Another identifier that leads to a known row, as if the row had had it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownAs {
    /// The row.
    pub id: TransactionId,
    /// The identifier.
    pub provider_id: ProviderTransactionId,
}

/// A change of the user's to a known row, made only if the row still is as the user saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditWrite {
    /// The row.
    pub id: TransactionId,
    /// What the user must have made of it so far.
    pub before: EditState,
    /// What the user makes of it now.
    pub after: EditState,
}

/// A known row that changes.
#[derive(Debug, Clone)]
pub struct RowUpdate {
    /// The row. Its identifier, its edits and its creation time stay.
    pub id: TransactionId,
    /// What the provider says of it now, under the identifier that the row has from now on.
    pub row: ProviderTransaction,
    /// What the digest of `row` is.
    pub digest: u64,
    /// Whether `row` came under another provider id, as when a pending row posts. The old id is remembered and leads to
    /// this row from now on. The new id may be one that the row had before; it is then no longer an old one.
    pub renamed: bool,
    /// Where the row comes from, from now on.
    pub origin: RowOrigin,
}
