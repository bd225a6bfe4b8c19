//! The conformance suite of finance-core over a provider that is written in Python.

use std::sync::Arc;

use finance_core::conformance::{self, ProviderFixture, provider_checks as checks};
use finance_core::{BankProvider, InstitutionId};
use pyo3::exceptions::{PyAssertionError, PyValueError};
#[cfg(feature = "stubs")]
use pyo3::inspect::PyStaticExpr;
use pyo3::intern;
use pyo3::prelude::*;
#[cfg(feature = "stubs")]
use pyo3::type_hint_identifier;

use crate::callbacks::{Arguments, CallError, Home, Host};
use crate::errors::Failure;
use crate::python_provider::PythonProvider;
use crate::record::record;
use crate::records::{ProviderAccount, ProviderTransaction, WebhookDelivery};
use crate::runtime::{Work, panic_text};
use crate::secrets::PublicToken;
use crate::values::{Instant, Many, Text};

record! {
    /// Something that a conformance check lets happen at the bank.
    BankChange {
        /// What: `add`, `modify` or `remove` a row, `set_accounts`, `break_sign_in`, `heal_sign_in`, `become_ready`.
        kind: String,
        /// The row to add, or as it is from now on.
        row: Option<ProviderTransaction> [None],
        /// The identifier of the row to remove.
        row_id: Option<Text> [None],
        /// The accounts as they are listed from now on.
        accounts: Many<ProviderAccount> [Many(Vec::new())],
    }
}

impl From<conformance::BankChange> for BankChange {
    fn from(change: conformance::BankChange) -> Self {
        let of =
            |kind: &str| Self { kind: kind.to_owned(), row: None, row_id: None, accounts: Many(Vec::new()) };
        match change {
            conformance::BankChange::Add(row) => Self { row: Some(row.into()), ..of("add") },
            conformance::BankChange::Modify(row) => Self { row: Some(row.into()), ..of("modify") },
            conformance::BankChange::Remove(id) => Self { row_id: Some(Text(id.into())), ..of("remove") },
            conformance::BankChange::SetAccounts(accounts) => {
                Self { accounts: Many::of(accounts), ..of("set_accounts") }
            }
            conformance::BankChange::BreakSignIn => of("break_sign_in"),
            conformance::BankChange::HealSignIn => of("heal_sign_in"),
            conformance::BankChange::BecomeReady => of("become_ready"),
        }
    }
}

record! {
    /// What a webhook of a conformance check is to tell.
    BankNews {
        /// The news of `ProviderWebhook`, or `unheard` for something that no version of this package has heard of.
        kind: String,
        /// When the consent or the connection ends.
        at: Option<Instant> [None],
        /// The account to which access was revoked.
        account: Option<Text> [None],
    }
}

impl From<conformance::BankNews> for BankNews {
    fn from(news: conformance::BankNews) -> Self {
        use conformance::BankNews as News;
        let of = |kind: &str| Self { kind: kind.to_owned(), at: None, account: None };
        match news {
            News::TransactionsReady => of("transactions_ready"),
            News::AccountsChanged => of("accounts_changed"),
            News::ConnectionBroken => of("connection_broken"),
            News::ConnectionRepaired => of("connection_repaired"),
            News::ConsentEndsSoon(at) => Self { at: Some(at.into()), ..of("consent_ends_soon") },
            News::DisconnectsSoon(at) => Self { at: Some(at.into()), ..of("disconnects_soon") },
            News::AccessRevoked => of("access_revoked"),
            News::AccountRevoked(account) => {
                Self { account: Some(Text(account.into())), ..of("account_revoked") }
            }
            News::NewAccounts => of("new_accounts"),
            News::LinkFinished => of("link_finished"),
            News::Unheard => of("unheard"),
        }
    }
}

/// A fixture that is written in Python: an object with the methods of `finance_tracker.conformance.ProviderFixture`.
pub(crate) struct PythonFixture {
    provider: Arc<dyn BankProvider>,
    institution: InstitutionId,
    host: Host,
}

impl<'a, 'py> FromPyObject<'a, 'py> for PythonFixture {
    type Error = PyErr;
    #[cfg(feature = "stubs")]
    const INPUT_TYPE: PyStaticExpr = type_hint_identifier!("finance_tracker.conformance", "ProviderFixture");

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        let home = Home::default();
        let provider = PythonProvider::new(&value.getattr(intern!(py, "provider"))?, home.clone())?;
        let institution: String = value.getattr(intern!(py, "institution"))?.extract()?;
        Ok(Self {
            provider: Arc::new(provider),
            institution: InstitutionId::new(institution).map_err(Failure::invalid)?,
            host: Host::new(value.to_owned().unbind(), home),
        })
    }
}

impl PythonFixture {
    /// Calls a method of the fixture, whose failure is a failure of the check.
    async fn ask<T>(
        &self,
        method: &str,
        arguments: impl Arguments,
        read: fn(&Bound<'_, PyAny>) -> PyResult<T>,
    ) -> T {
        let answer = self.host.call(method, arguments, read).await;
        answer
            .map_err(|error| match error {
                CallError::Raised(error) => format!("the fixture's method {method} raised {error}"),
                CallError::Unreadable(error) => {
                    format!("the answer of the fixture's method {method} cannot be used: {error}")
                }
            })
            .unwrap_or_else(|message| std::panic::resume_unwind(Box::new(message)))
    }
}

#[async_trait::async_trait]
impl ProviderFixture for PythonFixture {
    async fn create() -> Self {
        unreachable!("a fixture of Python's is made there")
    }

    fn provider(&self) -> Arc<dyn BankProvider> {
        self.provider.clone()
    }

    async fn sign_in(
        &self,
        accounts: Vec<finance_core::ProviderAccount>,
        rows: Vec<finance_core::ProviderTransaction>,
        ready: bool,
    ) -> finance_core::PublicToken {
        let arguments = (Many::<ProviderAccount>::of(accounts), Many::<ProviderTransaction>::of(rows), ready);
        self.ask("sign_in", arguments, |answer| Ok(answer.extract::<PublicToken>()?.0)).await
    }

    async fn change(&self, sign_in: &finance_core::PublicToken, change: conformance::BankChange) {
        let arguments = (PublicToken(sign_in.clone()), BankChange::from(change));
        self.ask("change", arguments, |_| Ok(())).await;
    }

    async fn webhook(
        &self,
        sign_in: &finance_core::PublicToken,
        news: conformance::BankNews,
    ) -> Option<finance_core::WebhookDelivery> {
        let arguments = (PublicToken(sign_in.clone()), BankNews::from(news));
        let delivery =
            self.ask("webhook", arguments, |answer| Ok(answer.extract::<Option<WebhookDelivery>>()?));
        delivery.await.map(WebhookDelivery::core)
    }

    fn institution(&self) -> InstitutionId {
        self.institution.clone()
    }
}

/// The names of the checks that every provider passes.
#[pyfunction]
pub(crate) fn provider_checks() -> Many<&'static str> {
    Many(checks::NAMES.to_vec())
}

/// Puts one check to a provider whose bank has no users yet. Raises `AssertionError` with what is wrong.
#[pyfunction]
pub(crate) fn check_provider(py: Python<'_>, check: String, fixture: PythonFixture) -> Result<(), Failure> {
    Work::default().block_on(py, async move {
        let made = tokio::spawn(async move { checks::run(&check, &fixture).await }).await;
        match made.map_err(|error| error.try_into_panic().map(|panic| panic_text(&*panic).to_owned())) {
            Ok(true) => Ok(()),
            Ok(false) => Err(PyValueError::new_err("there is no check of this name").into()),
            Err(Ok(message)) => Err(PyAssertionError::new_err(message).into()),
            Err(Err(_)) => Err(Failure::Closed),
        }
    })
}
