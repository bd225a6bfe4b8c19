//! Each part judged by itself.

use std::cmp::Reverse;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    AppliedCap, HardFault, HealthConnection, HealthFactor, HealthInput, HealthPart, HealthPolicy,
    HealthReconciliation, HealthRun, HealthSchedule, Recommendation,
};
use crate::model::{ConnectionStatus, RunOutcome};
use crate::schedule::{AfterFault, PauseEnder, PauseReason, SyncFrequency};

const BY_HAND: &str = "the account is kept by hand";
const NEW: &str = "the connection is new and has brought no data yet";

/// A part before the weights are scaled.
pub(super) struct Judged {
    pub(super) factor: HealthFactor,
    /// `None` leaves the part out.
    pub(super) percent: Option<u8>,
    reason: String,
    action: Option<Recommendation>,
}

impl Judged {
    fn new(factor: HealthFactor, percent: u8, reason: String, action: Option<Recommendation>) -> Self {
        Self { factor, percent: Some(percent.min(100)), reason, action }
    }

    fn left_out(factor: HealthFactor, why: &str, action: Option<Recommendation>) -> Self {
        let reason = format!("Nothing is known of it yet: {why}.");
        Self { factor, percent: None, reason, action }
    }

    fn not_meant(factor: HealthFactor, why: &str, action: Option<Recommendation>) -> Self {
        Self { factor, percent: None, reason: format!("It does not count: {why}."), action }
    }

    /// Points are rounded down, so that only a perfect part earns all of them.
    pub(super) fn into_part(self, weight: u8) -> HealthPart {
        let Self { factor, percent, reason, action } = self;
        let points = percent
            .map(|percent| u8::try_from(u32::from(weight) * u32::from(percent) / 100).unwrap_or(weight));
        HealthPart { factor, weight, points, reason, action }
    }
}

/// An account with what the parts have in common.
pub(super) struct Judge<'a> {
    input: &'a HealthInput,
    policy: &'a HealthPolicy,
    now: DateTime<Utc>,
    /// The state of the connection, its consent and its runs looked at; `None` for a manual account.
    state: Option<ConnectionStatus>,
    /// Whether the connection works without its user, and its consent ends soon.
    consent_ends_soon: bool,
    /// Whether the latest run met a fault that pauses syncs until the operator or the provider mends it.
    awaits_support: bool,
}

impl<'a> Judge<'a> {
    pub(super) fn new(input: &'a HealthInput, policy: &'a HealthPolicy, now: DateTime<Utc>) -> Self {
        let pause = input.connection.and_then(|_| pause_by_latest_run(&input.runs));
        let brought_data = input.runs.iter().any(went_well);
        let state = input.connection.map(|connection| {
            let state = state(connection, policy, now);
            let state =
                if brought_data && state == ConnectionStatus::New { ConnectionStatus::Good } else { state };
            worsened(state, pause)
        });
        let consent_ends_soon = state.is_some_and(|state| {
            state == ConnectionStatus::ConsentEndsSoon
                || PauseReason::of_status(state).is_none()
                    && input.connection.is_some_and(|connection| ends_soon(connection, policy, now))
        });
        let awaits_support = pause.is_some_and(|pause| pause.ender() != PauseEnder::User);
        Self { input, policy, now, state, consent_ends_soon, awaits_support }
    }

    /// The weights of the parts that an account of this kind can have.
    pub(super) fn weight_of_its_kind(&self) -> u32 {
        let by_hand = [HealthFactor::Reconciliation, HealthFactor::Pendings];
        let has = |factor: &HealthFactor| self.state.is_some() || by_hand.contains(factor);
        HealthFactor::ALL
            .iter()
            .filter(|factor| has(factor))
            .map(|factor| u32::from(self.policy.weights.of(*factor)))
            .sum()
    }

    /// A part, or why it is left out. A part that weighs nothing is left out too.
    pub(super) fn part(&self, factor: HealthFactor) -> Judged {
        if self.policy.weights.of(factor) == 0 {
            return Judged::not_meant(factor, "the policy gives it no weight", None);
        }
        match factor {
            HealthFactor::Reconciliation => self.reconciliation(),
            HealthFactor::Connection => self.connection(),
            HealthFactor::Freshness => self.freshness(),
            HealthFactor::SyncSuccess => self.sync_success(),
            HealthFactor::Schedule => self.schedule(),
            HealthFactor::Pendings => self.pendings(),
        }
    }

    /// The hard faults, in no particular order.
    pub(super) fn caps(&self) -> Vec<AppliedCap> {
        let caps = &self.policy.caps;
        let of_state = self.state.and_then(|state| match state {
            ConnectionStatus::Removed => Some((HardFault::Removed, caps.removed)),
            ConnectionStatus::Revoked => Some((HardFault::Revoked, caps.revoked)),
            ConnectionStatus::NeedsSignIn => Some((HardFault::NeedsSignIn, caps.needs_sign_in)),
            ConnectionStatus::Disconnecting => Some((HardFault::Disconnecting, caps.disconnecting)),
            ConnectionStatus::New
            | ConnectionStatus::Good
            | ConnectionStatus::ConsentEndsSoon
            | ConnectionStatus::Degraded => None,
        });
        let paused = self.awaits_support.then_some((HardFault::SyncPaused, caps.sync_paused));
        let consent = self.consent_ends_soon.then_some((HardFault::ConsentEndsSoon, caps.consent_ends_soon));
        let stale = self.data_age().is_some_and(|age| self.data_worth(age).1);
        let reconciliation = self.input.reconciliation.as_ref();
        let apart = reconciliation
            .and_then(|made| made.score)
            .is_some_and(|score| score < self.policy.unreconciled_below);
        let stale = stale.then_some((HardFault::StaleData, caps.stale_data));
        let apart = apart.then_some((HardFault::Unreconciled, caps.unreconciled));
        let all = [of_state, stale, apart, paused, consent].into_iter().flatten();
        all.map(|(fault, at_most)| AppliedCap { fault, at_most }).collect()
    }

    fn reconciliation(&self) -> Judged {
        let factor = HealthFactor::Reconciliation;
        let Some(HealthReconciliation { score, at, difference }) = self.input.reconciliation else {
            let has_data = self.state != Some(ConnectionStatus::New);
            let action = has_data.then_some(Recommendation::Reconcile);
            return Judged::left_out(factor, "the account was never compared with the bank", action);
        };
        let Some(score) = score else {
            let reason = "the last comparison had too few balances";
            return Judged::left_out(factor, reason, Some(Recommendation::Reconcile));
        };
        let score = score.min(100);
        let age = seconds_between(at, self.now);
        let (worth, _) = self.policy.reconciliation_age.percent(age);
        let percent = u8::try_from(u32::from(score) * u32::from(worth) / 100).unwrap_or(score);
        let found = match difference {
            Some(difference) if difference.is_zero() => {
                "The account adds up to the bank's balance".to_owned()
            }
            Some(difference) => {
                format!("The account and the bank's balance differ by {}", difference.abs())
            }
            None if score == 100 => "The account agrees with the bank".to_owned(),
            None => "The account does not quite agree with the bank".to_owned(),
        };
        let reason = format!("{found}: {score} of 100, compared {} ago.", duration_text(age));
        let differs = difference.map_or(score < 100, |difference| !difference.is_zero());
        let action = match (percent, differs && score < 100) {
            (100, _) => None,
            (_, true) => Some(Recommendation::ReviewDifference),
            (_, false) => Some(Recommendation::Reconcile),
        };
        Judged::new(factor, percent, reason, action)
    }

    fn connection(&self) -> Judged {
        use ConnectionStatus as S;
        let factor = HealthFactor::Connection;
        let percents = &self.policy.states;
        let (percent, reason) = match self.state {
            None => return Judged::not_meant(factor, BY_HAND, None),
            Some(S::New) => return Judged::left_out(factor, NEW, self.state_action()),
            Some(S::Good) => (percents.good, "The connection works."),
            Some(S::ConsentEndsSoon) => (percents.consent_ends_soon, "Your consent ends soon."),
            Some(S::Disconnecting) => (percents.disconnecting, "The bank will end the connection soon."),
            Some(S::Degraded) if self.consent_ends_soon => {
                (percents.degraded, "The bank is not answering for now, and your consent ends soon.")
            }
            Some(S::Degraded) => (percents.degraded, "The bank is not answering for now."),
            Some(S::NeedsSignIn) => (0, "The bank asks you to sign in again."),
            Some(S::Revoked) => (0, "Access to the bank was withdrawn."),
            Some(S::Removed) => (0, "The connection was removed."),
        };
        let (percent, reason) = match self.awaits_support {
            true if percent > 0 => (
                percent.min(percents.degraded),
                "Syncs are paused: a fault that is not yours has to be mended.",
            ),
            _ => (percent, reason),
        };
        Judged::new(factor, percent, reason.to_owned(), self.state_action())
    }

    fn freshness(&self) -> Judged {
        let factor = HealthFactor::Freshness;
        let Some(age) = self.data_age() else {
            return match self.state {
                None => Judged::not_meant(factor, BY_HAND, None),
                Some(ConnectionStatus::New) => Judged::left_out(factor, NEW, None),
                Some(_) => Judged::left_out(factor, "the bank has not said how old its data is", None),
            };
        };
        let (percent, beyond) = self.data_worth(age);
        let reason = format!("The bank's data is {} old.", duration_text(age));
        let action = match self.pause_action() {
            _ if percent == 100 => None,
            Some(action) => Some(action),
            None if self.state == Some(ConnectionStatus::Degraded) => Some(Recommendation::WaitForBank),
            None if self.synced_lately() && beyond => Some(Recommendation::AskSupport),
            None if self.synced_lately() => Some(Recommendation::WaitForBank),
            None => Some(Recommendation::SyncNow),
        };
        Judged::new(factor, percent, reason, action)
    }

    fn sync_success(&self) -> Judged {
        let factor = HealthFactor::SyncSuccess;
        if self.state.is_none() {
            return Judged::not_meant(factor, BY_HAND, None);
        }
        let runs = self.recent_runs();
        if runs.is_empty() || runs.len() < usize::from(self.policy.runs_min) {
            return Judged::left_out(factor, "there were too few syncs lately", None);
        }
        let good = runs.iter().filter(|run| went_well(run)).count();
        let percent = u8::try_from(good * 100 / runs.len()).unwrap_or(100);
        let reason = format!("{good} of the last {} syncs went well.", runs.len());
        let latest = runs.first().filter(|run| !went_well(run));
        let action = latest.and_then(|run| self.pause_action().or_else(|| fault_action(run)));
        Judged::new(factor, percent, reason, action)
    }

    fn schedule(&self) -> Judged {
        let factor = HealthFactor::Schedule;
        if self.state.is_none() {
            return Judged::not_meant(factor, BY_HAND, None);
        }
        if let Some(action) = self.pause_action() {
            let why = match action {
                Recommendation::AskSupport => "syncs are paused until a fault is mended that is not yours",
                _ => "syncs are paused until you act",
            };
            return Judged::not_meant(factor, why, Some(action));
        }
        let Some(HealthSchedule { due_at, ran_at }) = self.input.schedule else {
            return Judged::left_out(factor, "no sync was due yet", None);
        };
        let late = seconds_between(due_at, ran_at.unwrap_or(self.now));
        let (percent, _) = self.policy.lateness.percent(late);
        if self.state == Some(ConnectionStatus::New) {
            let overdue = ran_at.is_none() && percent < 100;
            return Judged::left_out(factor, NEW, overdue.then_some(Recommendation::SyncNow));
        }
        let (reason, action) = match ran_at {
            _ if percent == 100 => ("Syncs run when they are due.".to_owned(), None),
            Some(_) => (format!("The last sync ran {} late.", duration_text(late)), None),
            None => {
                let reason = format!("A sync has been due for {}.", duration_text(late));
                (reason, Some(Recommendation::SyncNow))
            }
        };
        Judged::new(factor, percent, reason, action)
    }

    fn pendings(&self) -> Judged {
        let factor = HealthFactor::Pendings;
        let Some(pending) = &self.input.pending else {
            return Judged::left_out(factor, "the pending transactions were not read", None);
        };
        if pending.is_empty() && matches!(self.state, None | Some(ConnectionStatus::New)) {
            return Judged::left_out(factor, "the account has no pending transactions", None);
        }
        let today = self.now.date_naive();
        let days = |date: &NaiveDate| today.signed_duration_since(*date).num_days();
        let stale = pending.iter().map(days).filter(|days| *days > i64::from(self.policy.pending_stale_days));
        let (count, oldest) = stale.fold((0_u32, 0), |(count, oldest), days| (count + 1, days.max(oldest)));
        if count == 0 {
            return Judged::new(factor, 100, "No transaction has been pending for long.".to_owned(), None);
        }
        let lost = oldest > i64::from(self.policy.pending_lost_days);
        let cost = count.saturating_mul(self.policy.pending_stale_percent.into());
        let percent = if lost { 0 } else { u8::try_from(100_u32.saturating_sub(cost)).unwrap_or(0) };
        let rows = if count == 1 { "1 transaction has" } else { &format!("{count} transactions have") };
        let reason = format!("{rows} been pending for up to {oldest} days.");
        Judged::new(factor, percent, reason, Some(Recommendation::ReviewPending))
    }

    /// What the state of the connection asks for.
    pub(super) fn state_action(&self) -> Option<Recommendation> {
        use ConnectionStatus as S;
        match self.state? {
            S::New | S::Good | S::Degraded if self.consent_ends_soon => Some(Recommendation::RenewConsent),
            S::New | S::Good | S::Degraded if self.awaits_support => Some(Recommendation::AskSupport),
            S::Good => None,
            S::ConsentEndsSoon | S::Disconnecting => Some(Recommendation::RenewConsent),
            S::New | S::Degraded => Some(Recommendation::WaitForBank),
            S::NeedsSignIn => Some(Recommendation::SignInAgain),
            S::Revoked | S::Removed => Some(Recommendation::LinkAgain),
        }
    }

    /// What must be done before syncs go on, while they are paused.
    pub(super) fn pause_action(&self) -> Option<Recommendation> {
        match PauseReason::of_status(self.state?) {
            Some(_) => self.state_action(),
            None => self.awaits_support.then_some(Recommendation::AskSupport),
        }
    }

    /// The age of the bank's data in seconds; unknown for a manual account and before the first sync.
    fn data_age(&self) -> Option<i64> {
        self.state.filter(|state| *state != ConnectionStatus::New)?;
        self.input.bank_updated_at.map(|at| seconds_between(at, self.now))
    }

    /// What data of this age is worth, and whether it is too old; a period beyond a day is taken off its age first.
    fn data_worth(&self, age_seconds: i64) -> (u8, bool) {
        let period = self.input.frequency.and_then(SyncFrequency::period_seconds).map_or(0, i64::from);
        self.policy.data_age.percent(age_seconds - (period - 24 * 3600).max(0))
    }

    /// Whether a sync of ours went well within the time for which the bank's data counts as fresh.
    fn synced_lately(&self) -> bool {
        let lately = |run: &&HealthRun| self.data_worth(seconds_between(run.at, self.now)).0 == 100;
        self.input.runs.iter().filter(|run| went_well(run)).any(|run| lately(&run))
    }

    /// The latest runs that went well or failed, the latest first; of one instant the failed ones first.
    fn recent_runs(&self) -> Vec<&HealthRun> {
        let age_max = i64::from(self.policy.runs_age_max_days) * 24 * 3600;
        let counts = |run: &&HealthRun| {
            (went_well(run) || run.outcome == RunOutcome::Failed)
                && seconds_between(run.at, self.now) <= age_max
        };
        let mut runs: Vec<&HealthRun> = self.input.runs.iter().filter(counts).collect();
        runs.sort_by_key(|run| (Reverse(run.at), went_well(run), fault_action(run)));
        runs.truncate(self.policy.runs_max.into());
        runs
    }
}

/// The state of a connection once its consent is looked at: a webhook that should have told may be lost.
fn state(connection: HealthConnection, policy: &HealthPolicy, now: DateTime<Utc>) -> ConnectionStatus {
    use ConnectionStatus as S;
    let HealthConnection { status, consent_expires_at } = connection;
    match status {
        _ if !status.is_alive() => status,
        _ if consent_expires_at.is_some_and(|end| end <= now) => S::NeedsSignIn,
        S::New | S::Good if ends_soon(connection, policy, now) => S::ConsentEndsSoon,
        _ => status,
    }
}

fn ends_soon(connection: HealthConnection, policy: &HealthPolicy, now: DateTime<Utc>) -> bool {
    let soon = i64::from(policy.consent_ends_soon_days) * 24 * 3600;
    connection.consent_expires_at.is_some_and(|end| seconds_between(now, end) <= soon)
}

/// The pause of the schedule that the fault of the latest run leads to; of several at one instant, the worst. A run that was
/// cancelled says nothing.
fn pause_by_latest_run(runs: &[HealthRun]) -> Option<PauseReason> {
    let told = runs.iter().filter(|run| run.outcome != RunOutcome::Cancelled);
    let latest = told.map(|run| run.at).max()?;
    let pauses =
        runs.iter().filter(|run| run.at == latest).filter_map(|run| match AfterFault::of(run.fault?) {
            AfterFault::Pause(pause) => Some(pause),
            AfterFault::Wait(_) | AfterFault::GoOn => None,
        });
    pauses.max_by_key(|pause| match pause {
        PauseReason::ConnectionRemoved => 3,
        PauseReason::LinkAgain => 2,
        PauseReason::SignInAgain => 1,
        PauseReason::QuotaUsedUp | PauseReason::Configuration | PauseReason::ProviderFault => 0,
    })
}

/// The state once the pause by the latest run is looked at, which the status may not tell yet.
fn worsened(state: ConnectionStatus, pause: Option<PauseReason>) -> ConnectionStatus {
    use ConnectionStatus as S;
    match (state, pause) {
        (S::Removed, _) | (_, Some(PauseReason::ConnectionRemoved)) => S::Removed,
        (S::Revoked, _) | (_, Some(PauseReason::LinkAgain)) => S::Revoked,
        (_, Some(PauseReason::SignInAgain)) => S::NeedsSignIn,
        _ => state,
    }
}

fn went_well(run: &HealthRun) -> bool {
    matches!(run.outcome, RunOutcome::Applied | RunOutcome::Superseded)
}

fn fault_action(run: &HealthRun) -> Option<Recommendation> {
    run.fault.map_or(Some(Recommendation::SyncNow), Recommendation::for_fault)
}

/// From one instant to another in whole seconds; 0 when the other is earlier.
pub(crate) fn seconds_between(from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
    to.signed_duration_since(from).num_seconds().max(0)
}

/// A length of time in words, rounded down.
pub(crate) fn duration_text(seconds: i64) -> String {
    match (seconds / 3600, seconds / (24 * 3600)) {
        (0, _) => "less than an hour".to_owned(),
        (1, _) => "1 hour".to_owned(),
        (hours, 0 | 1) => format!("{hours} hours"),
        (_, days) => format!("{days} days"),
    }
}
