//! Connections, and how they do.

use finance_core::ConnectionAction;

use super::Due;
use crate::choices::*;
use crate::record::record;
use crate::values::{Instant, Many};

record! {
    /// An institution, as a connection remembers it.
    InstitutionRef from finance_core::InstitutionRef as it {
        /// The provider's identifier.
        id: String = it.id.as_str().to_owned(),
        /// Its name.
        name: Option<String> = it.name,
    }
}

record! {
    /// What last went wrong with a connection.
    ConnectionFault from finance_core::ConnectionFault as it {
        /// What it asks for.
        kind: ProviderErrorKind = it.kind.into(),
        /// The provider's own code.
        code: Option<String> = it.code,
        /// A sentence for the user.
        user_message: String = it.user_message,
        /// When it happened.
        at: Instant = it.at.into(),
    }
}

record! {
    /// One sign-in of a user at an institution.
    Connection from finance_core::Connection as it {
        /// Its identifier.
        id: i64 = it.id.number(),
        /// The provider's name; `manual` for what is kept by hand.
        provider: String = it.provider.as_str().to_owned(),
        /// The provider's identifier.
        provider_id: String = it.provider_id.as_str().to_owned(),
        /// The institution.
        institution: Option<InstitutionRef> = it.institution.map(Into::into),
        /// Its state.
        status: ConnectionStatus = it.status.into(),
        /// How much of its history the bank has handed out.
        history: HistoryStatus = it.history.into(),
        /// When it was linked.
        created_at: Instant = it.created_at.into(),
        /// When it was last synced with success.
        synced_at: Option<Instant> = it.synced_at.map(Into::into),
        /// What last went wrong, until a sync goes well.
        fault: Option<ConnectionFault> = it.fault.map(Into::into),
        /// When the user's consent ends.
        consent_expires_at: Option<Instant> = it.consent_expires_at.map(Into::into),
        /// When the provider last got data from the bank.
        bank_updated_at: Option<Instant> = it.bank_updated_at.map(Into::into),
        /// When the provider last failed to.
        bank_failed_at: Option<Instant> = it.bank_failed_at.map(Into::into),
        /// Whether the bank has accounts that are not shared.
        new_accounts_available: bool = it.new_accounts_available,
    }
}

record! {
    /// What to do about a connection.
    ConnectionTodo {
        /// `nothing`, `update` (open the dialogue in update mode), `link_again`, `wait` or `contact_support`.
        kind: String,
        /// In update mode, whether the user should choose accounts.
        select_accounts: bool,
        /// Until when to wait, where that is known.
        until: Option<Instant>,
    }
}

impl From<ConnectionAction> for ConnectionTodo {
    fn from(action: ConnectionAction) -> Self {
        let (select_accounts, until) = match action {
            ConnectionAction::Update { select_accounts } => (select_accounts, None),
            ConnectionAction::Wait { until } => (false, until),
            _ => (false, None),
        };
        Self { kind: action.name().to_owned(), select_accounts, until: until.map(Into::into) }
    }
}

record! {
    /// How one connection does, for a screen.
    ConnectionReport from finance_core::ConnectionReport as it {
        /// The connection.
        connection: i64 = it.connection.number(),
        /// The institution.
        institution: Option<InstitutionRef> = it.institution.map(Into::into),
        /// What to call it.
        name: String = it.name,
        /// Its state.
        state: ConnectionStatus = it.state.into(),
        /// When it was linked.
        linked_at: Instant = it.linked_at.into(),
        /// Our last success.
        synced_at: Option<Instant> = it.synced_at.map(Into::into),
        /// The bank's last success.
        bank_updated_at: Option<Instant> = it.bank_updated_at.map(Into::into),
        /// The bank's last failure.
        bank_failed_at: Option<Instant> = it.bank_failed_at.map(Into::into),
        /// What last went wrong, until a sync goes well.
        fault: Option<ConnectionFault> = it.fault.map(Into::into),
        /// When the user's consent ends.
        consent_expires_at: Option<Instant> = it.consent_expires_at.map(Into::into),
        /// Whether the bank has accounts that are not shared.
        new_accounts_available: bool = it.new_accounts_available,
        /// Accounts that the bank lists.
        open_accounts: u32 = it.open_accounts,
        /// When it is synced next.
        next_due: Option<Due> = it.next_due.map(Into::into),
        /// What to do.
        action: ConnectionTodo = it.action.into(),
        /// All of it in a sentence for the user.
        sentence: String = it.sentence,
    }
}

record! {
    /// How all connections do.
    ConnectionsSummary from finance_core::ConnectionsSummary as it {
        /// How many there are.
        connections: u32 = it.connections,
        /// How many need the user.
        need_user: u32 = it.need_user,
        /// How many need the application's makers.
        need_support: u32 = it.need_support,
        /// The one that does worst.
        worst: Option<i64> = it.worst.map(|id| id.number()),
        /// Its state.
        state: Option<ConnectionStatus> = it.state.map(Into::into),
        /// What went wrong with it.
        fault: Option<ConnectionFault> = it.fault.map(Into::into),
        /// What to do about it.
        action: ConnectionTodo = it.action.into(),
        /// The oldest of our last successes.
        synced_at: Option<Instant> = it.synced_at.map(Into::into),
        /// The oldest of the banks' last successes.
        bank_updated_at: Option<Instant> = it.bank_updated_at.map(Into::into),
        /// All of it in a sentence for the user.
        sentence: String = it.sentence,
    }
}

record! {
    /// How every connection does, and all of them together.
    ConnectionsReport from finance_core::ConnectionsReport as it {
        /// When this was so.
        at: Instant = it.at.into(),
        /// Each connection.
        connections: Many<ConnectionReport> = Many::of(it.connections),
        /// All of them.
        overall: ConnectionsSummary = it.overall.into(),
    }
}
