//! The bank-sync engine for Python: converts and delegates, and decides nothing.
//!
//! A record (`record`) is listed once and becomes an immutable class; an operation (`operations`) is listed once and becomes a
//! coroutine and a waiting method. The package in `python/` re-exports both, beside its exceptions and protocols.

mod arrow;
mod callbacks;
mod cancellation;
mod choices;
mod conformance;
mod engine;
mod errors;
mod judgements;
mod no_provider;
mod operations;
mod progress;
mod provider;
mod python_categorizer;
mod python_provider;
mod record;
mod records;
mod runtime;
mod secrets;
mod streams;
mod values;

/// The compiled part of `finance_tracker`.
#[pyo3::pymodule]
mod _engine {
    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "Python calls it so")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
    #[pymodule_export]
    use super::arrow::{ArrowStream, CategoryClaimTable};
    #[pymodule_export]
    use super::cancellation::Cancellation;
    #[pymodule_export]
    use super::choices::words;
    #[pymodule_export]
    use super::conformance::{BankChange, BankNews, check_provider, provider_checks};
    #[pymodule_export]
    use super::engine::{AsyncEngine, Engine};
    #[pymodule_export]
    use super::judgements::{
        account_health, classify_account, deduplicate, find_recurring, pair_transfers, reconcile,
    };
    #[pymodule_export]
    use super::progress::SyncProgress;
    #[pymodule_export]
    use super::provider::Plaid;
    #[pymodule_export]
    use super::records::{
        Account, AccountBalance, AccountClassification, AccountHealth, AccountReport, AccountTotals,
        AccountsAdvice, Anchor, AuditEntry, AuditHead, AuditReport, BalanceEntry, BalanceReport,
        BalanceTotals, Balances, ClassTotal, ComparedPeriod, ComparedRow, Comparison, Connection,
        ConnectionFault, ConnectionReport, ConnectionSchedule, ConnectionSync, ConnectionTodo,
        ConnectionsReport, ConnectionsSummary, Count, CurrencyTotal, Decision, DedupSuggestion,
        Deduplication, Due, DuplicateConnection, DuplicatePair, ErasureReceipt, Event, Explanation,
        FileBalance, HealthCap, HealthPart, HealthRun, ImportReport, ImportSuggestion, ImportedRow,
        Indicator, InstitutionRef, LastAttempt, LedgerRow, LinkSession, Linked, LinkedAccount, MergePlan,
        MergeReport, Money, NextSync, NotEnded, Note, OperationError, PlannedAccount, PlannedCandidate,
        PlannedRow, ProposedChange, ProviderEnd, Reason, ReconcileReport, ReconciledAccount,
        ReconciledPeriod, Reconciliation, ReconciliationRecord, ReconciliationSummary, Recurring, Removal,
        Resolution, RowCorrection, RowExplanation, RowProblem, SchedulerStatus, ScorePart, Statement,
        SyncCounts, SyncOverview, SyncReport, SyncRun, SyncStatistics, SyncStatus, Transaction,
        TransactionEdits, TransactionPart, TransferAccount, TransferPair, Transfers, WebhookOutcome,
        WorkerReport,
    };
    #[pymodule_export]
    use super::records::{
        AgeScale, AgeStep, BackOff, CategoryPolicy, DedupPolicy, EngineOptions, EventRetention, HealthCaps,
        HealthPolicy, HealthWeights, ImportPolicy, LeasePolicy, MemoryPolicy, PagerPolicy, ProgressPolicy,
        ReconcilePolicy, RecurringPolicy, SchedulePolicy, StatePercents, StatusPolicy, TransferPolicy,
    };
    #[pymodule_export]
    use super::records::{
        AssignedCategory, BalanceRequest, CategorizeReport, CategoryAnswer, CategoryBacklog, CategoryClaim,
        CategoryQuestion, CategoryRule, ExchangedConnection, Institution, LinkTokenRequest, PageRequest,
        ProviderAccount, ProviderCategory, ProviderConnection, ProviderFault, ProviderTransaction,
        ProviderWebhook, RemovedTransaction, UpdatePage, WebhookDelivery,
    };
    #[pymodule_export]
    use super::secrets::{AccessToken, LinkToken, PublicToken};
    #[pymodule_export]
    use super::streams::{AsyncEvents, AsyncExport, Events, Export};
}
