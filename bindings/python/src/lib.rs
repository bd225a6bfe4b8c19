//! The bank-sync engine for Python: converts and delegates, and decides nothing.
//!
//! A record ([`record`]) is listed once and becomes an immutable class; an operation ([`operations`]) is listed once and becomes a
//! coroutine and a waiting method. The package in `python/` re-exports both, beside its exceptions and protocols.

mod callbacks;
mod choices;
mod conformance;
mod engine;
mod errors;
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
mod values;

/// The compiled part of `finance_tracker`.
#[pyo3::pymodule]
mod _engine {
    #[pymodule_export]
    use super::choices::words;
    #[pymodule_export]
    use super::conformance::{BankChange, BankNews, check_provider, provider_checks};
    #[pymodule_export]
    use super::engine::{AsyncEngine, Engine};
    #[pymodule_export]
    use super::progress::SyncProgress;
    #[pymodule_export]
    use super::provider::Plaid;
    #[pymodule_export]
    use super::records::SyncCounts;
    #[pymodule_export]
    use super::records::{Account, AccountTotals, Balances, Money};
    #[pymodule_export]
    use super::records::{
        AssignedCategory, BalanceRequest, CategoryAnswer, CategoryQuestion, ExchangedConnection, Institution,
        LinkTokenRequest, OpenedLinkSession, PageRequest, ProviderAccount, ProviderCategory,
        ProviderConnection, ProviderFault, ProviderTransaction, ProviderWebhook, RemovedTransaction,
        UpdatePage, WebhookDelivery,
    };
    #[pymodule_export]
    use super::secrets::{AccessToken, LinkToken, PublicToken};
}
