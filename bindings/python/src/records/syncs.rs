//! What syncs did.

use finance_core::{SyncError, SyncErrorKind};

use super::{Account, Balances, Connection, ConnectionFault, Transaction};
use crate::choices::*;
use crate::errors::Cause;
use crate::record::record;
use crate::values::{Instant, Many, Span};

record! {
    /// An error of one part of a larger operation, which went on without it.
    OperationError {
        /// What went wrong, as the exceptions' `kind`.
        kind: String,
        /// What a developer reads.
        message: String,
        /// A sentence for the user.
        user_message: String,
        /// How long to wait before the next try, where the bank's side says so.
        retry_after: Option<Span>,
        /// Of a failure of the provider, what it asks for.
        reason: Option<ProviderErrorKind>,
        /// What a provider written in Python raised.
        cause: Option<Cause> [None],
    }
}

impl From<SyncError> for OperationError {
    fn from(error: SyncError) -> Self {
        let reason = match error.kind() {
            SyncErrorKind::Provider(kind) => Some((*kind).into()),
            _ => None,
        };
        Self {
            kind: crate::errors::class(error.kind()).1.to_owned(),
            message: error.to_string(),
            user_message: error.user_message().to_owned(),
            retry_after: error.retry_after().map(Into::into),
            reason,
            cause: Cause::of(&error),
        }
    }
}

record! {
    /// How many rows a sync changed.
    SyncCounts from finance_core::SyncCounts as it {
        /// New rows.
        added: u64 = it.added,
        /// Rows that changed.
        modified: u64 = it.modified,
        /// Pending rows that posted.
        posted: u64 = it.posted,
        /// Rows that the bank took back.
        removed: u64 = it.removed,
        /// Rows that were told again and are as before.
        unchanged: u64 = it.unchanged,
        /// Rows that stay deleted, since the user deleted them.
        kept_deleted: u64 = it.kept_deleted,
        /// Rows that stood in the books already, from a file or by hand.
        matched: u64 = it.matched,
    }
}

record! {
    /// One attempt to sync a connection.
    SyncRun from finance_core::SyncRun as it {
        /// The connection.
        connection: i64 = it.connection.number(),
        /// When it began.
        started_at: Instant = it.started_at.into(),
        /// When it ended.
        ended_at: Instant = it.ended_at.into(),
        /// How it ended.
        outcome: RunOutcome = it.outcome.into(),
        /// What it changed.
        counts: SyncCounts = it.counts.into(),
        /// Pages that were fetched.
        pages: u32 = it.pages,
        /// How often it began again, since data changed while it was paged.
        restarts: u32 = it.restarts,
        /// Calls that were repeated.
        retries: u32 = it.retries,
        /// What went wrong.
        fault: Option<ConnectionFault> = it.fault.map(Into::into),
    }
}

record! {
    /// What a sync did to one connection.
    ConnectionSync from finance_core::ConnectionSync as it {
        /// The connection.
        connection: i64 = it.connection.number(),
        /// The attempt; `None` when there was none.
        run: Option<SyncRun> = it.run.map(Into::into),
        /// How long it took, waiting included.
        duration: Span = it.duration.into(),
        /// Why it failed.
        error: Option<OperationError> = it.error.map(Into::into),
        /// Account types of the provider that the engine does not know.
        unlisted_account_types: Many<String> = Many(it.unlisted_account_types),
    }
}

record! {
    /// What a sync did. One failing connection does not stop the others.
    SyncReport from finance_core::SyncReport as it {
        /// Whether every connection went well.
        is_complete: bool = it.is_complete(),
        /// What changed in all.
        counts: SyncCounts = it.counts().into(),
        /// Pages that were fetched in all.
        pages: u32 = it.pages(),
        /// Each connection.
        connections: Many<ConnectionSync> = Many::of(it.connections),
        /// The rows of the days that were asked for, newest first; empty when no day was named.
        transactions: Many<Transaction> = Many::of(it.transactions),
    }
}

record! {
    /// The balances of one account after they were asked for.
    AccountBalance from finance_core::AccountBalance as it {
        /// The account.
        account: i64 = it.account.number(),
        /// Whether they are live, from the provider's cache, or as stored before.
        source: BalanceSource = it.source.into(),
        /// The balances.
        balances: Balances = it.balances.into(),
        /// When they were told.
        balances_at: Instant = it.balances_at.into(),
        /// Why they are not live.
        reason: Option<String> = it.reason,
        /// What went wrong.
        fault: Option<ConnectionFault> = it.fault.map(Into::into),
    }
}

record! {
    /// What a refresh of balances brought.
    BalanceReport from finance_core::BalanceReport as it {
        /// Each account that was asked for.
        accounts: Many<AccountBalance> = Many::of(it.accounts),
    }
}

record! {
    /// A connection that the user has already, or had.
    DuplicateConnection from finance_core::DuplicateConnection as it {
        /// That connection.
        connection: i64 = it.connection.number(),
        /// Whether it needs a repair, for which update mode serves.
        needs_repair: bool = it.needs_repair,
        /// Whether it has ended.
        has_ended: bool = it.has_ended,
        /// Why they are taken for the same.
        reason: String = it.reason,
    }
}

record! {
    /// A new connection with its first data.
    Linked from finance_core::Linked as it {
        /// The connection.
        connection: Connection = it.connection.into(),
        /// Its accounts.
        accounts: Many<Account> = Many::of(it.accounts),
        /// Another connection that may be the same bank; it can be merged.
        possible_duplicate: Option<DuplicateConnection> = it.possible_duplicate.map(Into::into),
        /// How the first sync went.
        first_sync: ConnectionSync = it.first_sync.into(),
    }
}
