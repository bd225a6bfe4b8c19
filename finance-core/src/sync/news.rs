//! Pure: what the news of a webhook change on a connection.
//!
//! News are hints, may be late and may come in any order. What they say of a connection holds until the next sync has asked the
//! bank; in doubt they only make it ask. A connection that was removed stays removed.

use chrono::{DateTime, Utc};

use crate::audit::{Actor, AuditDraft, AuditSubject};
use crate::events::EventKind;
use crate::model::{
    Account, AccountStatus, Connection, ConnectionFault, ConnectionStatus, ProviderAccountId,
};
use crate::provider::{ProviderErrorKind, WebhookNews};
use crate::store::ChangeSet;

/// What news come to.
#[derive(Debug)]
pub(super) struct NewsPlan {
    /// What to write; `None` when everything stays as it is.
    pub(super) change: Option<ChangeSet>,
    /// Whether to ask the bank soon.
    pub(super) due: bool,
    /// Whether something newer is known.
    pub(super) outdated: bool,
}

impl NewsPlan {
    fn write(change: ChangeSet) -> Self {
        Self { change: Some(change), due: false, outdated: false }
    }

    const fn ask() -> Self {
        Self { change: None, due: true, outdated: false }
    }

    const fn stay() -> Self {
        Self { change: None, due: false, outdated: false }
    }

    /// What is known contradicts the news and is newer; the bank says which is right.
    const fn outdated() -> Self {
        Self { change: None, due: true, outdated: true }
    }
}

/// What news that the provider sent at an instant change on a connection, which is not removed, and on its accounts.
pub(super) fn plan_news(
    connection: &Connection,
    accounts: &[Account],
    news: &WebhookNews,
    sent_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> NewsPlan {
    use ConnectionStatus as S;
    let blank = ChangeSet { revision: Some(connection.revision), ..ChangeSet::new(connection.id, now) };
    let synced_since = connection.synced_at.is_some_and(|at| at > sent_at);
    match news {
        WebhookNews::TransactionsReady | WebhookNews::AccountsChanged => NewsPlan::ask(),
        WebhookNews::ConnectionBroken { .. } | WebhookNews::AccessRevoked { .. } if synced_since => {
            NewsPlan::outdated()
        }
        WebhookNews::ConnectionBroken { fault } => broken(connection, fault, blank),
        WebhookNews::AccessRevoked { .. } if connection.status == S::Revoked => NewsPlan::stay(),
        WebhookNews::AccessRevoked { fault } => {
            let subject = AuditSubject::Connection(connection.id);
            let draft = AuditDraft::new(Actor::Engine, "access_revoked", subject);
            NewsPlan::write(ChangeSet {
                status: Some(S::Revoked),
                fault: Some(fault.clone()),
                audit: vec![draft.changing(Some(&connection.status.name()), Some(&S::Revoked.name()))],
                ..blank
            })
        }
        WebhookNews::ConnectionRepaired => repaired(connection, blank),
        WebhookNews::ConsentEndsSoon { at } => {
            // A sync asks when the consent ends, so a later end that it brought is the renewed one.
            let renewed = connection.consent_expires_at > *at;
            if at.is_some() && renewed && synced_since {
                return NewsPlan::outdated();
            }
            NewsPlan::write(ChangeSet {
                status: warned(connection.status, S::ConsentEndsSoon),
                consent_expires_at: at.map(Some),
                ..blank
            })
        }
        WebhookNews::DisconnectsSoon { .. } => {
            let status = warned(connection.status, S::Disconnecting);
            NewsPlan::write(ChangeSet { status, ..blank })
        }
        WebhookNews::AccountRevoked { account } => revoked(accounts, account, sent_at, blank),
        WebhookNews::NewAccounts if connection.new_accounts_available => NewsPlan::stay(),
        WebhookNews::NewAccounts => NewsPlan::write(ChangeSet {
            new_accounts_available: Some(true),
            events: vec![EventKind::ConnectionChanged {
                connection: connection.id,
                status: connection.status,
            }],
            ..blank
        }),
        WebhookNews::LinkFinished { .. }
        | WebhookNews::OtherEnvironment { .. }
        | WebhookNews::Nothing { .. } => NewsPlan::stay(),
    }
}

/// A fault that is younger may be of a call made before the repair. Should it hold, the next sync finds it again; left to
/// stand it would keep the schedule from asking.
fn repaired(connection: &Connection, blank: ChangeSet) -> NewsPlan {
    use ConnectionStatus as S;
    let works = if connection.cursor.is_some() { S::Good } else { S::New };
    let change = match connection.status {
        S::NeedsSignIn | S::ConsentEndsSoon | S::Disconnecting | S::Degraded | S::Revoked => {
            Some(ChangeSet { status: Some(works), ..blank })
        }
        _ => None,
    };
    NewsPlan { change, ..NewsPlan::ask() }
}

fn broken(connection: &Connection, fault: &ConnectionFault, blank: ChangeSet) -> NewsPlan {
    let status = connection.status;
    if status == ConnectionStatus::Revoked {
        return NewsPlan::stay();
    }
    let after = status.after_failure(fault.kind);
    match fault.kind {
        // Sent again after a fault of the host's own it may come long after the user has signed in, so the bank is asked, too.
        ProviderErrorKind::SignInAgain => {
            let change = ChangeSet { status: Some(after), fault: Some(fault.clone()), ..blank };
            NewsPlan { change: Some(change), ..NewsPlan::ask() }
        }
        ProviderErrorKind::LinkAgain => {
            NewsPlan::write(ChangeSet { status: Some(after), fault: Some(fault.clone()), ..blank })
        }
        ProviderErrorKind::Unavailable if after != status => {
            NewsPlan::write(ChangeSet { status: Some(after), fault: Some(fault.clone()), ..blank })
        }
        ProviderErrorKind::Unavailable => NewsPlan::stay(),
        // A hint never ends a connection for good, and of other faults the next sync tells more.
        _ => NewsPlan::ask(),
    }
}

/// A warning covers no worse state, and that the institution disconnects covers that the consent ends.
fn warned(status: ConnectionStatus, warning: ConnectionStatus) -> Option<ConnectionStatus> {
    use ConnectionStatus as S;
    match (status, warning) {
        (S::Good, _) | (S::ConsentEndsSoon, S::Disconnecting) => Some(warning),
        _ => None,
    }
}

fn revoked(
    accounts: &[Account],
    account: &ProviderAccountId,
    sent_at: DateTime<Utc>,
    blank: ChangeSet,
) -> NewsPlan {
    let Some(account) = accounts.iter().find(|own| own.provider.id == *account) else {
        return NewsPlan::ask();
    };
    if account.status != AccountStatus::Open {
        return NewsPlan::stay();
    }
    if account.balances_at > sent_at {
        return NewsPlan::outdated();
    }
    let draft = AuditDraft::new(Actor::Engine, "account_revoked", AuditSubject::Account(account.id));
    let mut change = ChangeSet { audit: vec![draft], ..blank };
    change.accounts.gone.push(account.id);
    NewsPlan::write(change)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::model::*;
    use ConnectionStatus as S;
    use ProviderErrorKind as K;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn fault(kind: K, second: i64) -> ConnectionFault {
        ConnectionFault { kind, code: None, user_message: String::new(), at: at(second) }
    }

    /// Synced at second 100, and never broken.
    fn connection(status: S) -> Connection {
        Connection {
            id: ConnectionId::new(1),
            user: UserId::new("ada").unwrap(),
            provider: ProviderName::new("test").unwrap(),
            provider_id: ProviderConnectionId::new("item-1").unwrap(),
            institution: None,
            status,
            cursor: Cursor::new("c1"),
            history: HistoryStatus::Complete,
            created_at: at(0),
            synced_at: Some(at(100)),
            fault: None,
            consent_expires_at: None,
            bank_updated_at: None,
            bank_failed_at: None,
            new_accounts_available: false,
            revision: 0,
        }
    }

    fn plan(connection: &Connection, news: &WebhookNews, sent_at: i64) -> NewsPlan {
        plan_news(connection, &[], news, at(sent_at), at(sent_at + 1))
    }

    /// The status and fault that are written, and whether the connection becomes due.
    fn outcome(plan: &NewsPlan) -> (Option<S>, Option<K>, bool) {
        let change = plan.change.as_ref();
        let fault = change.and_then(|change| change.fault.as_ref());
        (change.and_then(|change| change.status), fault.map(|fault| fault.kind), plan.due)
    }

    #[test]
    fn which_status_news_lead_to() {
        let broken = |kind| WebhookNews::ConnectionBroken { fault: fault(kind, 200) };
        let revoked = WebhookNews::AccessRevoked { fault: fault(K::LinkAgain, 200) };
        let consent = WebhookNews::ConsentEndsSoon { at: Some(at(9_000)) };
        let disconnects = WebhookNews::DisconnectsSoon { at: None };
        let repaired = WebhookNews::ConnectionRepaired;
        let cases = [
            (S::Good, WebhookNews::TransactionsReady, None, None, true),
            (S::NeedsSignIn, WebhookNews::TransactionsReady, None, None, true),
            (S::Good, WebhookNews::AccountsChanged, None, None, true),
            (S::New, broken(K::SignInAgain), Some(S::NeedsSignIn), Some(K::SignInAgain), true),
            (S::Good, broken(K::SignInAgain), Some(S::NeedsSignIn), Some(K::SignInAgain), true),
            (S::Disconnecting, broken(K::SignInAgain), Some(S::NeedsSignIn), Some(K::SignInAgain), true),
            (S::NeedsSignIn, broken(K::SignInAgain), Some(S::NeedsSignIn), Some(K::SignInAgain), true),
            (S::Good, broken(K::LinkAgain), Some(S::Revoked), Some(K::LinkAgain), false),
            (S::Revoked, broken(K::SignInAgain), None, None, false),
            (S::Good, broken(K::Unavailable), Some(S::Degraded), Some(K::Unavailable), false),
            (S::NeedsSignIn, broken(K::Unavailable), None, None, false),
            (S::ConsentEndsSoon, broken(K::Unavailable), None, None, false),
            (S::Good, broken(K::ConnectionRemoved), None, None, true),
            (S::Good, broken(K::ProviderFault), None, None, true),
            (S::Good, revoked.clone(), Some(S::Revoked), Some(K::LinkAgain), false),
            (S::NeedsSignIn, revoked.clone(), Some(S::Revoked), Some(K::LinkAgain), false),
            (S::Revoked, revoked, None, None, false),
            (S::NeedsSignIn, repaired.clone(), Some(S::Good), None, true),
            (S::Degraded, repaired.clone(), Some(S::Good), None, true),
            (S::ConsentEndsSoon, repaired.clone(), Some(S::Good), None, true),
            (S::Disconnecting, repaired.clone(), Some(S::Good), None, true),
            (S::Good, repaired.clone(), None, None, true),
            (S::New, repaired.clone(), None, None, true),
            (S::Revoked, repaired, Some(S::Good), None, true),
            (S::Good, consent.clone(), Some(S::ConsentEndsSoon), None, false),
            (S::NeedsSignIn, consent.clone(), None, None, false),
            (S::Disconnecting, consent.clone(), None, None, false),
            (S::Revoked, consent, None, None, false),
            (S::Good, disconnects.clone(), Some(S::Disconnecting), None, false),
            (S::ConsentEndsSoon, disconnects.clone(), Some(S::Disconnecting), None, false),
            (S::NeedsSignIn, disconnects, None, None, false),
            (S::Good, WebhookNews::NewAccounts, None, None, false),
            (S::Good, WebhookNews::Nothing { name: "A/B".into() }, None, None, false),
        ];
        for (status, news, after, fault, due) in cases {
            let plan = plan(&connection(status), &news, 200);
            assert_eq!(outcome(&plan), (after, fault, due), "{status:?} {news:?}");
            assert!(!plan.outdated, "{status:?} {news:?}");
        }
    }

    #[test]
    fn news_older_than_what_is_known_only_make_it_ask() {
        let broken = WebhookNews::ConnectionBroken { fault: fault(K::SignInAgain, 99) };
        let revoked = WebhookNews::AccessRevoked { fault: fault(K::LinkAgain, 99) };
        let consent = WebhookNews::ConsentEndsSoon { at: Some(at(9_000)) };
        let failed = Connection { fault: Some(fault(K::SignInAgain, 150)), ..connection(S::NeedsSignIn) };
        let renewed = Connection { consent_expires_at: Some(at(99_000)), ..connection(S::Good) };
        let good = connection(S::Good);
        for (connection, news, sent_at, outdated) in [
            (&good, &broken, 99, true),
            (&good, &broken, 100, false),
            (&good, &revoked, 99, true),
            (&good, &revoked, 100, false),
            (&failed, &WebhookNews::ConnectionRepaired, 149, false),
            (&renewed, &consent, 99, true),
            (&renewed, &consent, 101, false),
            (&good, &consent, 99, false),
        ] {
            let plan = plan(connection, news, sent_at);
            assert_eq!(plan.outdated, outdated, "{news:?} at {sent_at}");
            assert!(!outdated || (plan.due && plan.change.is_none()), "{news:?} at {sent_at}");
        }
    }

    #[test]
    fn a_connection_without_data_is_new_again_once_repaired() {
        let fresh = Connection { cursor: None, synced_at: None, ..connection(S::NeedsSignIn) };
        assert_eq!(plan(&fresh, &WebhookNews::ConnectionRepaired, 200).change.unwrap().status, Some(S::New));
    }

    #[test]
    fn what_news_add_is_written() {
        let end = Some(at(9_000));
        let change = plan(&connection(S::NeedsSignIn), &WebhookNews::ConsentEndsSoon { at: end }, 200).change;
        assert_eq!(change.unwrap().consent_expires_at, Some(end));
        let untold = plan(&connection(S::Good), &WebhookNews::ConsentEndsSoon { at: None }, 200).change;
        assert_eq!(untold.unwrap().consent_expires_at, None);

        let change = plan(&connection(S::Good), &WebhookNews::NewAccounts, 200).change.unwrap();
        assert_eq!((change.new_accounts_available, change.events.len()), (Some(true), 1));
        let offered = Connection { new_accounts_available: true, ..connection(S::Good) };
        assert!(plan(&offered, &WebhookNews::NewAccounts, 200).change.is_none());
    }
}
