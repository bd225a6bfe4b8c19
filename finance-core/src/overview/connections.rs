//! Whether connections work, and what to do about those that do not.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::health::{Recommendation, duration_text, seconds_between};
use crate::model::{
    Account, AccountStatus, CONSENT_ENDS_SOON_DAYS, Connection, ConnectionFault, ConnectionId,
    ConnectionStatus, InstitutionRef,
};
use crate::schedule::Due;

/// How every connection of a user stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionsReport {
    /// As of when.
    pub at: DateTime<Utc>,
    /// The connections, oldest first. The accounts that the user keeps by hand have none.
    pub connections: Vec<ConnectionReport>,
    /// All of them in one.
    pub overall: ConnectionsSummary,
}

/// How the connections of a user stand in all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionsSummary {
    /// How many there are; connections that the user removed do not count here and below.
    pub connections: u32,
    /// How many of them the user must do something about.
    pub need_user: u32,
    /// How many of them wait for whoever runs the application.
    pub need_support: u32,
    /// The one that stands worst; of several the oldest. `None` when there is no connection.
    pub worst: Option<ConnectionId>,
    /// Its state.
    pub state: Option<ConnectionStatus>,
    /// Its fault.
    pub fault: Option<ConnectionFault>,
    /// What to do about it.
    pub action: ConnectionAction,
    /// When an update of any of them was last applied.
    pub synced_at: Option<DateTime<Utc>>,
    /// When any bank last gave data.
    pub bank_updated_at: Option<DateTime<Utc>>,
    /// All that in a sentence for the user.
    pub sentence: String,
}

/// How one connection stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConnectionReport {
    /// The connection.
    pub connection: ConnectionId,
    /// The institution, where the provider told it.
    pub institution: Option<InstitutionRef>,
    /// What to call it on a screen: the institution's name, else `Your bank`.
    pub name: String,
    /// Whether it works, by the status that is stored and by the end of the consent, which a lost webhook may hide.
    pub state: ConnectionStatus,
    /// When it was linked.
    pub linked_at: DateTime<Utc>,
    /// When an update of ours was last applied.
    pub synced_at: Option<DateTime<Utc>>,
    /// When the bank last gave the provider transactions.
    pub bank_updated_at: Option<DateTime<Utc>>,
    /// When the bank last failed to.
    pub bank_failed_at: Option<DateTime<Utc>>,
    /// What went wrong last, with the provider's code and a sentence for the user; a good sync clears it.
    pub fault: Option<ConnectionFault>,
    /// When the user's consent ends, where it does.
    pub consent_expires_at: Option<DateTime<Utc>>,
    /// Whether the bank has accounts that are not shared yet.
    pub new_accounts_available: bool,
    /// Its accounts that the provider lists.
    pub open_accounts: u32,
    /// When it is synced next by itself.
    pub next_due: Option<Due>,
    /// What to do.
    pub action: ConnectionAction,
    /// How it stands and what to do, in a sentence for the user.
    pub sentence: String,
}

/// What to do about a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConnectionAction {
    /// Nothing.
    #[default]
    Nothing,
    /// Open the link dialogue in update mode: to sign in again, to renew the consent, to share further accounts.
    Update {
        /// Whether to let the user choose accounts: the bank has some that are not shared yet.
        select_accounts: bool,
    },
    /// Link the bank anew: this connection is over.
    LinkAgain,
    /// Nothing but wait: it is tried again.
    Wait {
        /// When it is tried next, where that is planned.
        until: Option<DateTime<Utc>>,
    },
    /// Tell whoever runs the application: only they can mend it.
    ContactSupport,
}

impl ConnectionAction {
    /// The stable name, as in `link_again`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Update { .. } => "update",
            Self::LinkAgain => "link_again",
            Self::Wait { .. } => "wait",
            Self::ContactSupport => "contact_support",
        }
    }

    /// Whether it is the user's to do.
    pub const fn is_for_user(self) -> bool {
        matches!(self, Self::Update { .. } | Self::LinkAgain)
    }
}

/// Reports on one connection with its accounts and when it is due.
pub(super) fn report(
    connection: &Connection,
    accounts: &[&Account],
    next_due: Option<Due>,
    now: DateTime<Utc>,
) -> ConnectionReport {
    let name = connection.institution.as_ref().and_then(|institution| institution.name.clone());
    let name = name.unwrap_or_else(|| "Your bank".to_owned());
    let state = state(connection, now);
    let action = action(connection, state, next_due, now);
    let open = accounts.iter().filter(|account| account.status == AccountStatus::Open).count();
    ConnectionReport {
        connection: connection.id,
        institution: connection.institution.clone(),
        sentence: sentence(connection, &name, state, action, now),
        name,
        state,
        linked_at: connection.created_at,
        synced_at: connection.synced_at,
        bank_updated_at: connection.bank_updated_at,
        bank_failed_at: connection.bank_failed_at,
        fault: connection.fault.clone(),
        consent_expires_at: connection.consent_expires_at,
        new_accounts_available: connection.new_accounts_available,
        open_accounts: u32::try_from(open).unwrap_or(u32::MAX),
        next_due,
        action,
    }
}

/// Whether the user removed it and keeps its records. One that ended at the provider has a fault that says so.
pub(super) fn ended_by_user(connection: &Connection) -> bool {
    connection.status == ConnectionStatus::Removed && connection.fault.is_none()
}

/// The status that is stored, once the consent is looked at.
pub(super) fn state(connection: &Connection, now: DateTime<Utc>) -> ConnectionStatus {
    use ConnectionStatus as S;
    let ends_by = |at: DateTime<Utc>| connection.consent_expires_at.is_some_and(|end| end <= at);
    match connection.status {
        status if !status.is_alive() => status,
        _ if ends_by(now) => S::NeedsSignIn,
        S::New | S::Good if ends_by(now + TimeDelta::days(CONSENT_ENDS_SOON_DAYS)) => S::ConsentEndsSoon,
        status => status,
    }
}

fn action(
    connection: &Connection,
    state: ConnectionStatus,
    next_due: Option<Due>,
    now: DateTime<Utc>,
) -> ConnectionAction {
    use ConnectionStatus as S;
    let wait = || ConnectionAction::Wait { until: next_due.and_then(Due::at).filter(|at| *at > now) };
    let select_accounts = connection.new_accounts_available;
    if ended_by_user(connection) {
        return ConnectionAction::Nothing;
    }
    let by_fault =
        connection.fault.as_ref().and_then(|fault| Recommendation::for_fault(fault.kind)).map(|advice| {
            match advice {
                Recommendation::LinkAgain => ConnectionAction::LinkAgain,
                Recommendation::SignInAgain => ConnectionAction::Update { select_accounts },
                Recommendation::AskSupport => ConnectionAction::ContactSupport,
                _ => wait(),
            }
        });
    match (state, by_fault) {
        (S::Revoked | S::Removed, _) => ConnectionAction::LinkAgain,
        (S::NeedsSignIn | S::ConsentEndsSoon | S::Disconnecting, _) => {
            ConnectionAction::Update { select_accounts }
        }
        (S::New | S::Good | S::Degraded, Some(action)) => action,
        (S::New | S::Degraded, None) => wait(),
        (S::Good, None) if select_accounts => ConnectionAction::Update { select_accounts },
        (S::Good, None) => ConnectionAction::Nothing,
    }
}

fn sentence(
    connection: &Connection,
    name: &str,
    state: ConnectionStatus,
    action: ConnectionAction,
    now: DateTime<Utc>,
) -> String {
    use ConnectionStatus as S;
    match (state, action) {
        (S::Removed, ConnectionAction::Nothing) => {
            // By removing it, or by joining it with another one.
            format!("You ended this sign-in at {name}. What came from it so far is kept.")
        }
        (S::Removed, _) => format!("{name} is no longer connected. Connect it again to go on."),
        (S::Revoked, _) => format!("Access to {name} was withdrawn. Connect it again to go on."),
        (S::NeedsSignIn, _) => format!("{name} asks you to sign in again. Until then nothing new comes in."),
        (S::ConsentEndsSoon, _) => match connection.consent_expires_at {
            Some(end) => {
                format!(
                    "Your consent for {name} ends on {}. Renew it so that updates go on.",
                    end.date_naive()
                )
            }
            None => format!("Your consent for {name} ends soon. Renew it so that updates go on."),
        },
        (S::Disconnecting, _) => {
            format!("{name} will end the connection soon. Sign in again so that updates go on.")
        }
        (_, ConnectionAction::ContactSupport) => {
            format!(
                "{name} cannot be updated until a fault is mended that is not yours. Please contact support."
            )
        }
        (S::Degraded, _) => format!("{name} is not answering for now. We try again by ourselves."),
        (S::New, _) => format!("{name} is connected. Its first data is on its way."),
        (S::Good, ConnectionAction::Update { .. }) => {
            format!("{name} has accounts that you do not share yet. Add them if you like.")
        }
        (S::Good, ConnectionAction::Wait { .. }) => {
            format!("The last update of {name} did not go well. We try again by ourselves.")
        }
        (S::Good, _) => working(connection, name, now),
    }
}

/// A connection works, which says nothing of the age of its data.
fn working(connection: &Connection, name: &str, now: DateTime<Utc>) -> String {
    let Some(updated_at) = connection.bank_updated_at else { return format!("{name} works.") };
    let age = duration_text(seconds_between(updated_at, now));
    if connection.bank_failed_at.is_some_and(|failed_at| failed_at > updated_at) {
        format!("{name} works, but gave nothing when it was last asked. Its data is {age} old.")
    } else {
        format!("{name} works. Its data is {age} old.")
    }
}

/// How bad it is; the worst is greatest.
fn badness(report: &ConnectionReport) -> u8 {
    use ConnectionStatus as S;
    match (report.state, report.action) {
        (S::Removed | S::Revoked, _) => 8,
        (S::NeedsSignIn, _) => 7,
        (S::Disconnecting, _) => 6,
        (S::ConsentEndsSoon, _) => 5,
        (_, ConnectionAction::ContactSupport) => 4,
        (S::Degraded, _) => 3,
        (_, ConnectionAction::Wait { .. }) => 2,
        (S::Good | S::New, ConnectionAction::Update { .. }) => 1,
        (S::Good | S::New, _) => 0,
    }
}

/// All reports in one, those aside of connections that the user removed.
pub(super) fn summary(reports: &[ConnectionReport]) -> ConnectionsSummary {
    let is_over = |report: &&ConnectionReport| {
        report.state == ConnectionStatus::Removed && report.action == ConnectionAction::Nothing
    };
    let reports: Vec<&ConnectionReport> = reports.iter().filter(|report| !is_over(report)).collect();
    let count = |chosen: &dyn Fn(&ConnectionReport) -> bool| {
        u32::try_from(reports.iter().filter(|report| chosen(report)).count()).unwrap_or(u32::MAX)
    };
    let need_user = count(&|report| report.action.is_for_user() && badness(report) > 1);
    // Of equally bad ones the first: `max_by_key` would take the last.
    let worst = reports.iter().copied().rev().max_by_key(|report| badness(report));
    let sentence = match (&reports[..], worst) {
        (_, None) => "No bank is connected.".to_owned(),
        ([one], _) => one.sentence.clone(),
        (_, Some(worst)) if badness(worst) == 0 => format!("All {} banks work.", reports.len()),
        (_, Some(worst)) if need_user > 1 => {
            format!("{} And {} more need you.", worst.sentence, need_user - 1)
        }
        (_, Some(worst)) => worst.sentence.clone(),
    };
    ConnectionsSummary {
        connections: count(&|_| true),
        need_user,
        need_support: count(&|report| report.action == ConnectionAction::ContactSupport),
        worst: worst.map(|report| report.connection),
        state: worst.map(|report| report.state),
        fault: worst.and_then(|report| report.fault.clone()),
        action: worst.map_or(ConnectionAction::Nothing, |report| report.action),
        synced_at: reports.iter().filter_map(|report| report.synced_at).max(),
        bank_updated_at: reports.iter().filter_map(|report| report.bank_updated_at).max(),
        sentence,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{HistoryStatus, InstitutionId, ProviderConnectionId, ProviderName, UserId};
    use crate::provider::ProviderErrorKind as K;
    use crate::schedule::DueReason;

    pub(in super::super) fn now() -> DateTime<Utc> {
        "2026-03-16T12:00:00Z".parse().unwrap()
    }

    pub(in super::super) fn connection(id: i64, status: ConnectionStatus) -> Connection {
        Connection {
            id: ConnectionId::new(id),
            user: UserId::new("anna").unwrap(),
            provider: ProviderName::new("test").unwrap(),
            provider_id: ProviderConnectionId::new(format!("item-{id}")).unwrap(),
            institution: Some(InstitutionRef {
                id: InstitutionId::new("ins_1").unwrap(),
                name: Some("First Bank".to_owned()),
            }),
            status,
            cursor: None,
            history: HistoryStatus::Complete,
            created_at: now() - TimeDelta::days(90),
            synced_at: Some(now() - TimeDelta::hours(2)),
            fault: None,
            consent_expires_at: None,
            bank_updated_at: None,
            bank_failed_at: None,
            new_accounts_available: false,
            revision: 0,
        }
    }

    fn fault(kind: K) -> Option<ConnectionFault> {
        let user_message = "Something went wrong.".to_owned();
        Some(ConnectionFault { kind, code: Some("CODE".to_owned()), user_message, at: now() })
    }

    fn due_in(hours: i64) -> Option<Due> {
        Some(Due::At { at: now() + TimeDelta::hours(hours), why: DueReason::Period })
    }

    #[test]
    fn each_state_and_fault_asks_for_something() {
        use ConnectionAction as A;
        use ConnectionStatus as S;
        let update = A::Update { select_accounts: false };
        let choose = A::Update { select_accounts: true };
        let later = A::Wait { until: Some(now() + TimeDelta::hours(3)) };
        for (status, kind, new_accounts, action) in [
            (S::New, None, false, later),
            (S::Good, None, false, A::Nothing),
            (S::Good, None, true, choose),
            (S::Good, Some(K::RetryLater), true, later),
            (S::Good, Some(K::ProductNotSupported), false, A::Nothing),
            (S::Good, Some(K::Configuration), false, A::ContactSupport),
            (S::New, Some(K::QuotaUsedUp), false, A::ContactSupport),
            (S::NeedsSignIn, Some(K::SignInAgain), false, update),
            (S::NeedsSignIn, Some(K::SignInAgain), true, choose),
            (S::ConsentEndsSoon, None, false, update),
            (S::Disconnecting, Some(K::Unavailable), false, update),
            (S::Degraded, Some(K::Unavailable), false, later),
            (S::Degraded, Some(K::ProviderFault), false, A::ContactSupport),
            (S::Degraded, None, false, later),
            (S::Revoked, Some(K::LinkAgain), false, A::LinkAgain),
            (S::Removed, Some(K::ConnectionRemoved), true, A::LinkAgain),
            (S::Removed, None, true, A::Nothing),
        ] {
            let stored = Connection {
                fault: kind.and_then(fault),
                new_accounts_available: new_accounts,
                ..connection(1, status)
            };
            let report = report(&stored, &[], due_in(3), now());
            assert_eq!((report.state, report.action), (status, action), "{status:?} {kind:?}");
            assert!(report.sentence.contains("First Bank") && report.sentence.ends_with('.'));
        }
        let overdue = report(&connection(1, S::Degraded), &[], due_in(-3), now());
        assert_eq!(overdue.action, A::Wait { until: None });
    }

    #[test]
    fn the_end_of_the_consent_is_looked_at() {
        use ConnectionStatus as S;
        for (status, hours, state) in [
            (S::Good, 7 * 24 + 1, S::Good),
            (S::Good, 7 * 24, S::ConsentEndsSoon),
            (S::New, 1, S::ConsentEndsSoon),
            (S::Good, 0, S::NeedsSignIn),
            (S::ConsentEndsSoon, -1, S::NeedsSignIn),
            (S::Disconnecting, 1, S::Disconnecting),
            (S::Degraded, 1, S::Degraded),
            (S::Revoked, -1, S::Revoked),
        ] {
            let consent_expires_at = Some(now() + TimeDelta::hours(hours));
            let stored = Connection { consent_expires_at, ..connection(1, status) };
            assert_eq!(report(&stored, &[], None, now()).state, state, "{status:?} {hours}");
        }
    }

    #[test]
    fn sentences_say_how_it_stands() {
        let hours_ago = |hours| Some(now() - TimeDelta::hours(hours));
        let good = connection(1, ConnectionStatus::Good);
        for (stored, sentence) in [
            (good.clone(), "First Bank works."),
            (Connection { institution: None, ..good.clone() }, "Your bank works."),
            (
                Connection { bank_updated_at: hours_ago(3), bank_failed_at: hours_ago(9), ..good.clone() },
                "First Bank works. Its data is 3 hours old.",
            ),
            (
                Connection { bank_updated_at: hours_ago(60), bank_failed_at: hours_ago(1), ..good.clone() },
                "First Bank works, but gave nothing when it was last asked. Its data is 2 days old.",
            ),
            (
                Connection { consent_expires_at: hours_ago(-48), ..good },
                "Your consent for First Bank ends on 2026-03-18. Renew it so that updates go on.",
            ),
        ] {
            assert_eq!(report(&stored, &[], None, now()).sentence, sentence);
        }
    }

    #[test]
    fn the_worst_connection_speaks_for_all() {
        use ConnectionStatus as S;
        let summary_of = |statuses: &[ConnectionStatus]| {
            let ended = |status| (status == S::Removed).then(|| fault(K::ConnectionRemoved)).flatten();
            let stored = |(id, &status)| Connection { fault: ended(status), ..connection(id, status) };
            let numbered = (1..).zip(statuses).map(stored);
            let reports: Vec<_> = numbered.map(|stored| report(&stored, &[], None, now())).collect();
            summary(&reports)
        };
        let nothing = summary_of(&[]);
        assert_eq!((nothing.connections, nothing.state, nothing.worst), (0, None, None));
        assert_eq!(nothing.action, ConnectionAction::Nothing);
        assert_eq!(nothing.sentence, "No bank is connected.");

        for (statuses, worst, need_user, sentence) in [
            (&[S::Good][..], 1, 0, "First Bank works."),
            (&[S::Good, S::Good], 1, 0, "All 2 banks work."),
            (
                &[S::Good, S::Degraded, S::Degraded],
                2,
                0,
                "First Bank is not answering for now. We try again by ourselves.",
            ),
            (
                &[S::Degraded, S::NeedsSignIn, S::ConsentEndsSoon],
                2,
                2,
                "First Bank asks you to sign in again. Until then nothing new comes in. And 1 more need you.",
            ),
            (
                &[S::NeedsSignIn, S::Removed],
                2,
                2,
                "First Bank is no longer connected. Connect it again to go on. And 1 more need you.",
            ),
        ] {
            let found = summary_of(statuses);
            assert_eq!(found.worst, Some(ConnectionId::new(worst)), "{statuses:?}");
            assert_eq!(found.state, statuses.get(usize::try_from(worst).unwrap() - 1).copied());
            assert_eq!((found.need_user, found.sentence.as_str()), (need_user, sentence));
            assert_eq!(found.synced_at, Some(now() - TimeDelta::hours(2)));
        }
    }
}
