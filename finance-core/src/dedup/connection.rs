//! Whether a finished link session names a connection that the user already has.

use crate::account_kind::classify_account;
use crate::model::{Account, Connection, ConnectionId, ConnectionStatus, InstitutionRef};

/// An account as the link dialogue reports it, before any token is exchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkedAccount {
    /// The account's name, where told.
    pub name: Option<String>,
    /// The last letters or digits of its number, where told.
    pub mask: Option<String>,
    /// The provider's type, where told.
    pub provider_type: Option<String>,
    /// The provider's subtype, where told.
    pub provider_subtype: Option<String>,
    /// An identifier that is the same for every link of the account, where the institution has one.
    pub persistent_id: Option<String>,
}

impl From<&Account> for LinkedAccount {
    fn from(account: &Account) -> Self {
        let provider = &account.provider;
        Self {
            name: Some(provider.name.clone()),
            mask: provider.mask.clone(),
            provider_type: Some(provider.provider_type.clone()),
            provider_subtype: provider.provider_subtype.clone(),
            persistent_id: provider.persistent_id.clone(),
        }
    }
}

/// A connection that the link session would double.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateConnection {
    /// The connection the user already has.
    pub connection: ConnectionId,
    /// Whether it is broken, so that update mode is what the user wanted.
    pub needs_repair: bool,
    /// Whether it has ended, revoked or removed: the session then takes its place, and only its rows would be doubled.
    pub has_ended: bool,
    /// Why it counts as the same.
    pub reason: String,
}

/// Compares a finished link session with the user's own connections.
///
/// A connection is the same when it is at the same institution and any account of the session is the same by its
/// persistent identifier, or by name and mask. Where name or mask is missing, the other one and the kind of account
/// decide; where both are missing, or the session tells no accounts, institution and user do.
///
/// The oldest match that still works wins; else the newest of those that have ended, which need an account to be compared by.
pub fn find_duplicate_connection(
    institution: Option<&InstitutionRef>,
    session: &[LinkedAccount],
    connections: &[Connection],
    accounts: &[Account],
) -> Option<DuplicateConnection> {
    let institution = institution?;
    let there = |connection: &&Connection| {
        connection.institution.as_ref().is_some_and(|own| own.id == institution.id)
    };
    let same = |connection: &Connection| {
        let has_ended = !connection.status.is_alive();
        let own: Vec<&Account> =
            accounts.iter().filter(|account| account.connection == connection.id).collect();
        let reason = if session.is_empty() || own.is_empty() {
            (!has_ended).then(|| "same institution, and no accounts to compare".to_owned())
        } else {
            session.iter().find_map(|linked| own.iter().find_map(|account| same_account(linked, account)))
        };
        reason.map(|reason| DuplicateConnection {
            connection: connection.id,
            needs_repair: connection.status == ConnectionStatus::NeedsSignIn,
            has_ended,
            reason,
        })
    };
    let (working, ended): (Vec<&Connection>, Vec<&Connection>) =
        connections.iter().filter(there).partition(|connection| connection.status.is_alive());
    working.into_iter().find_map(same).or_else(|| ended.into_iter().rev().find_map(same))
}

/// Why the account of a session is one of ours, if it is.
fn same_account(linked: &LinkedAccount, account: &Account) -> Option<String> {
    let own = &account.provider;
    if let (Some(theirs), Some(ours)) = (&linked.persistent_id, &own.persistent_id) {
        return (theirs == ours)
            .then(|| format!("the account `{}` has the same persistent identifier", own.name));
    }
    let kind_differs = linked.provider_type.as_deref().is_some_and(|provider_type| {
        classify_account(provider_type, linked.provider_subtype.as_deref()).kind
            != account.classification().kind
    });
    if kind_differs {
        return None;
    }
    let same_name = linked.name.as_deref().map(|name| name == own.name);
    let same_mask = match (&linked.mask, &own.mask) {
        (Some(theirs), Some(ours)) => Some(theirs.eq_ignore_ascii_case(ours)),
        _ => None,
    };
    match (same_name, same_mask) {
        (Some(true), Some(true)) => Some(format!("the account `{}` has the same name and mask", own.name)),
        (Some(true), None) => Some(format!("the account `{}` has the same name", own.name)),
        (None, Some(true)) => Some(format!("the account `{}` has the same mask", own.name)),
        (None, None) => Some("same institution, and no name or mask to compare".to_owned()),
        _ => None,
    }
}
