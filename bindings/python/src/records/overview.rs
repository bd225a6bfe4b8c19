//! How accounts do, and everything on one page.

use finance_core::{AppliedCap, HealthPart as CorePart};

use super::books::code;
use super::{Balances, ConnectionReport, ConnectionsReport, Due, Money, Reason, SyncRun, numbers};
use crate::choices::*;
use crate::record::record;
use crate::values::{Amount, Instant, Many};

record! {
    /// One part of a health score.
    HealthPart from CorePart as it {
        /// What is judged.
        factor: HealthFactor = it.factor.into(),
        /// How much it weighs, in percent of all.
        weight: u8 = it.weight,
        /// Its points, 0 to 100; `None` when it cannot be judged.
        points: Option<u8> = it.points,
        /// Why.
        reason: String = it.reason,
        /// What would raise it.
        action: Option<Reason> = it.action.as_ref().map(Reason::of),
    }
}

record! {
    /// A fault that keeps a health score low, whatever its parts say.
    HealthCap from AppliedCap as it {
        /// The fault.
        fault: HardFault = it.fault.into(),
        /// The most that the score can be.
        at_most: u8 = it.at_most,
    }
}

record! {
    /// How an account does.
    AccountHealth from finance_core::AccountHealth as it {
        /// 0 to 100; `None` when nothing can be judged.
        score: Option<u8> = it.score,
        /// The score in a word.
        level: HealthLevel = it.level.into(),
        /// The parts it is made of.
        parts: Many<HealthPart> = Many::of(it.parts),
        /// What keeps it low.
        caps: Many<HealthCap> = Many::of(it.caps),
        /// What to do, the most helpful first.
        recommendations: Many<Reason> = Many(it.recommendations.iter().map(Reason::of).collect()),
    }
}

record! {
    /// The last comparison of an account with the bank, in short.
    ReconciliationSummary from finance_core::ReconciliationSummary as it {
        /// Its identifier.
        id: i64 = it.id.number(),
        /// The account.
        account: i64 = it.account.number(),
        /// When it was made.
        at: Instant = it.at.into(),
        /// How well bank and books agree, 0 to 100; `None` when it cannot be said.
        score: Option<u8> = it.score,
        /// Bank less books; `None` when it is unknown.
        difference: Option<Money> = it.difference.map(Into::into),
    }
}

record! {
    /// One account in depth.
    AccountReport from finance_core::AccountReport as it {
        /// The account.
        account: i64 = it.account.number(),
        /// Its connection.
        connection: i64 = it.connection.number(),
        /// What to call it.
        name: String = it.name,
        /// The last digits of its number.
        mask: Option<String> = it.mask,
        /// What kind of account it is.
        kind: AccountKind = it.kind.into(),
        /// The institution's name.
        institution: Option<String> = it.institution,
        /// Whether the bank still lists it.
        status: AccountStatus = it.status.into(),
        /// The state of its connection; `None` for one kept by hand.
        state: Option<ConnectionStatus> = it.state.map(Into::into),
        /// Its balances.
        balances: Balances = it.balances.into(),
        /// What the rows of an account kept by hand sum up to.
        ledger_balance: Option<Money> = it.ledger_balance.map(Into::into),
        /// When the balances were told.
        balances_at: Instant = it.balances_at.into(),
        /// When its connection was last synced with success.
        synced_at: Option<Instant> = it.synced_at.map(Into::into),
        /// How old the bank's data is.
        data_age_seconds: Option<u64> = it.data_age_seconds,
        /// Pending rows.
        pending_rows: u32 = it.pending_rows,
        /// The last comparison with the bank.
        reconciliation: Option<ReconciliationSummary> = it.reconciliation.map(Into::into),
        /// When it is synced next.
        next_due: Option<Due> = it.next_due.map(Into::into),
        /// How it does.
        health: AccountHealth = it.health.into(),
    }
}

record! {
    /// One light on a dashboard.
    Indicator from finance_core::Indicator as it {
        /// What it shows.
        factor: HealthFactor = it.factor.into(),
        /// Its colour.
        light: Light = it.light.into(),
        /// Why.
        reason: String = it.reason,
    }
}

record! {
    /// What the runs of a connection come to.
    SyncStatistics from finance_core::SyncStatistics as it {
        /// Runs that were looked at.
        runs: u32 = it.runs,
        /// Those that went well.
        applied: u32 = it.applied,
        /// Those that failed.
        failed: u32 = it.failed,
        /// Those for which the bank was not ready.
        not_ready: u32 = it.not_ready,
        /// Those that another worker was faster than.
        superseded: u32 = it.superseded,
        /// Those that somebody stopped.
        cancelled: u32 = it.cancelled,
        /// When the oldest of them was.
        since: Option<Instant> = it.since.map(Into::into),
        /// How many of those that count went well, in percent.
        success_percent: Option<u8> = it.success_percent,
        /// How long they took on average.
        mean_milliseconds: Option<u64> = it.mean_milliseconds,
        /// How long all but the slowest twentieth took at the most.
        p95_milliseconds: Option<u64> = it.p95_milliseconds,
        /// Rows they changed.
        rows: u64 = it.rows,
        /// Rows they changed on average.
        rows_per_run: Option<Amount> = it.rows_per_run.map(Amount),
        /// Pages they fetched.
        pages: u64 = it.pages,
        /// How often they began again.
        restarts: u64 = it.restarts,
        /// Calls they repeated.
        retries: u64 = it.retries,
    }
}

record! {
    /// One connection in depth.
    SyncStatus from finance_core::SyncStatus as it {
        /// When this was so.
        at: Instant = it.at.into(),
        /// The connection.
        connection: ConnectionReport = it.connection.into(),
        /// Its accounts.
        accounts: Many<AccountReport> = Many::of(it.accounts),
        /// Its lights.
        indicators: Many<Indicator> = Many::of(it.indicators),
        /// What its runs come to.
        statistics: SyncStatistics = it.statistics.into(),
        /// How good the connection is.
        quality: HealthLevel = it.quality.into(),
        /// How old the bank's data is.
        data_age_seconds: Option<u64> = it.data_age_seconds,
        /// What to do.
        recommendations: Many<Reason> = Many(it.recommendations.iter().map(Reason::of).collect()),
        /// Its latest runs, newest first.
        latest_runs: Many<SyncRun> = Many::of(it.latest_runs),
    }
}

record! {
    /// The sum of one class of accounts in one currency.
    ClassTotal from finance_core::ClassTotal as it {
        /// The class.
        account_class: AccountClass = it.class.into(),
        /// How many accounts it has.
        accounts: u32 = it.accounts,
        /// Their sum; `None` when it does not fit.
        sum: Option<Money> = it.sum.map(Into::into),
    }
}

record! {
    /// What all accounts of one currency come to.
    CurrencyTotal from finance_core::CurrencyTotal as it {
        /// The currency.
        currency: String = code(&it.currency),
        /// What is owned less what is owed; `None` when it does not fit.
        net: Option<Money> = it.net.map(Into::into),
        /// Each class.
        by_class: Many<ClassTotal> = Many::of(it.by_class),
    }
}

record! {
    /// What all accounts come to. Currencies are never added up.
    BalanceTotals from finance_core::BalanceTotals as it {
        /// Each currency.
        by_currency: Many<CurrencyTotal> = Many::of(it.by_currency),
        /// Accounts whose balance is unknown, which are in no sum.
        unknown: Many<i64> = numbers!(it.unknown),
    }
}

record! {
    /// The next sync of all.
    NextSync from finance_core::NextSync as it {
        /// The connection.
        connection: i64 = it.connection.number(),
        /// When.
        at: Instant = it.at.into(),
        /// Why then.
        why: String = word(&it.why),
    }
}

record! {
    /// One thing to do, and for which accounts.
    AccountsAdvice from finance_core::AccountsAdvice as it {
        /// What to do.
        recommendation: Reason = Reason::of(&it.recommendation),
        /// The accounts it would help.
        accounts: Many<i64> = numbers!(it.accounts),
    }
}

record! {
    /// Everything on one page.
    SyncOverview from finance_core::SyncOverview as it {
        /// When this was so.
        at: Instant = it.at.into(),
        /// Every account that the bank lists, the one that does worst first.
        accounts: Many<AccountReport> = Many::of(it.accounts),
        /// Accounts that the bank no longer lists.
        gone_accounts: u32 = it.gone_accounts,
        /// Every connection.
        connections: ConnectionsReport = it.connections.into(),
        /// What the accounts come to.
        totals: BalanceTotals = it.totals.into(),
        /// The next sync.
        next_sync: Option<NextSync> = it.next_sync.map(Into::into),
        /// What to do.
        advice: Many<AccountsAdvice> = Many::of(it.advice),
    }
}
