//! A bank provider that is written in Python, as the engine's port.

use std::time::Duration;

use finance_core::{
    AccessToken, BalanceRequest, BankProvider, ExchangedConnection, Institution, InstitutionId, LinkSession,
    LinkTokenRequest, PageRequest, ProviderAccount, ProviderConnection, ProviderError, ProviderErrorKind,
    ProviderName, ProviderWebhook, PublicToken, UpdatePage, WebhookDelivery, WebhookError, WebhookErrorKind,
};
use pyo3::intern;
use pyo3::prelude::*;

use crate::callbacks::{Arguments, CallError, Home, Host};
use crate::choices;
use crate::errors::{Failure, is_exception_of};
use crate::{records, secrets};

/// What the user reads where a provider says nothing better.
const SORRY: &str =
    "Your bank could not be reached as it should be. Nothing was lost; please try again later.";

/// A provider that the host wrote.
pub(crate) struct PythonProvider {
    name: ProviderName,
    host: Host,
}

impl PythonProvider {
    pub(crate) fn new(provider: &Bound<'_, PyAny>, home: Home) -> Result<Self, Failure> {
        let name: String = provider.getattr(intern!(provider.py(), "name"))?.extract()?;
        let name = ProviderName::new(name).map_err(Failure::invalid)?;
        Ok(Self { name, host: Host::new(provider.clone().unbind(), home) })
    }

    async fn ask<T>(
        &self,
        method: &str,
        arguments: impl Arguments,
        read: fn(&Bound<'_, PyAny>) -> PyResult<T>,
    ) -> Result<T, ProviderError> {
        self.host.call(method, arguments, read).await.map_err(|error| provider_error(method, error))
    }
}

fn provider_error(method: &str, error: CallError) -> ProviderError {
    let (told, error) = match error {
        CallError::Raised(error) => {
            let told = Python::try_attach(|py| raised(py, &error)).and_then(Result::ok).flatten();
            let told = told.unwrap_or_else(|| {
                let message = format!("the provider's method {method} raised {error}");
                ProviderError::new(ProviderErrorKind::ProviderFault, message, SORRY)
            });
            (told, error)
        }
        CallError::Unreadable(error) => {
            let message = format!("the answer of the provider's method {method} cannot be used: {error}");
            (ProviderError::new(ProviderErrorKind::InvalidAnswer, message, SORRY), error)
        }
    };
    told.with_source(error)
}

/// What a `ProviderError` of Python says; nothing for any other exception.
fn raised(py: Python<'_>, error: &PyErr) -> PyResult<Option<ProviderError>> {
    if !is_exception_of(py, error, "ProviderError")? {
        return Ok(None);
    }
    let value = error.value(py);
    let reason: choices::ProviderErrorKind = value.getattr(intern!(py, "reason"))?.extract()?;
    let user_message: Option<String> = value.getattr(intern!(py, "user_message"))?.extract()?;
    let message = value.str()?.to_string();
    let mut told =
        ProviderError::new(reason.value()?, message, user_message.unwrap_or_else(|| SORRY.to_owned()));
    if let Some(wait) = value.getattr(intern!(py, "retry_after"))?.extract::<Option<Duration>>()? {
        told = told.with_retry_after(wait);
    }
    if let Some(code) = value.getattr(intern!(py, "code"))?.extract::<Option<String>>()? {
        told = told.with_code(code);
    }
    Ok(Some(told))
}

/// What a `WebhookError` of Python says. Of a webhook that could not be judged nobody knows whether it is genuine.
fn webhook_error(error: CallError) -> WebhookError {
    let (CallError::Raised(error) | CallError::Unreadable(error)) = error;
    let reason = Python::try_attach(|py| -> PyResult<WebhookErrorKind> {
        if !is_exception_of(py, &error, "WebhookError")? {
            return Ok(WebhookErrorKind::KeyUnavailable);
        }
        error.value(py).getattr(intern!(py, "reason"))?.extract::<choices::WebhookErrorKind>()?.value()
    });
    let reason = reason.and_then(Result::ok).unwrap_or(WebhookErrorKind::KeyUnavailable);
    WebhookError::new(reason, format!("the provider refused a webhook: {error}")).with_source(error)
}

fn accounts(answer: &Bound<'_, PyAny>) -> PyResult<Vec<ProviderAccount>> {
    answer.try_iter()?.map(|account| account?.extract::<records::ProviderAccount>()?.core()).collect()
}

/// One argument: the token.
fn of(token: &AccessToken) -> (secrets::AccessToken,) {
    (secrets::AccessToken(token.clone()),)
}

#[async_trait::async_trait]
impl BankProvider for PythonProvider {
    fn name(&self) -> ProviderName {
        self.name.clone()
    }

    async fn create_link_token(&self, request: &LinkTokenRequest) -> Result<LinkSession, ProviderError> {
        let arguments = (records::LinkTokenRequest::from(request.clone()),);
        self.ask("create_link_token", arguments, |answer| {
            Ok(answer.extract::<records::LinkSession>()?.core())
        })
        .await
    }

    async fn exchange_public_token(&self, token: &PublicToken) -> Result<ExchangedConnection, ProviderError> {
        let arguments = (secrets::PublicToken(token.clone()),);
        self.ask("exchange_public_token", arguments, |answer| {
            answer.extract::<records::ExchangedConnection>()?.core()
        })
        .await
    }

    async fn connection(&self, token: &AccessToken) -> Result<ProviderConnection, ProviderError> {
        self.ask("connection", of(token), |answer| answer.extract::<records::ProviderConnection>()?.core())
            .await
    }

    async fn remove_connection(&self, token: &AccessToken) -> Result<(), ProviderError> {
        self.ask("remove_connection", of(token), |_| Ok(())).await
    }

    async fn rotate_access_token(&self, token: &AccessToken) -> Result<AccessToken, ProviderError> {
        self.ask("rotate_access_token", of(token), |answer| Ok(answer.extract::<secrets::AccessToken>()?.0))
            .await
    }

    async fn accounts(&self, token: &AccessToken) -> Result<Vec<ProviderAccount>, ProviderError> {
        self.ask("accounts", of(token), accounts).await
    }

    async fn live_balances(
        &self,
        token: &AccessToken,
        request: &BalanceRequest,
    ) -> Result<Vec<ProviderAccount>, ProviderError> {
        let arguments = (secrets::AccessToken(token.clone()), records::BalanceRequest::from(request.clone()));
        self.ask("live_balances", arguments, accounts).await
    }

    async fn transactions_page(
        &self,
        token: &AccessToken,
        request: &PageRequest,
    ) -> Result<UpdatePage, ProviderError> {
        let arguments = (secrets::AccessToken(token.clone()), records::PageRequest::from(request.clone()));
        self.ask("transactions_page", arguments, |answer| answer.extract::<records::UpdatePage>()?.core())
            .await
    }

    async fn refresh_transactions(&self, token: &AccessToken) -> Result<(), ProviderError> {
        self.ask("refresh_transactions", of(token), |_| Ok(())).await
    }

    async fn institution(
        &self,
        id: &InstitutionId,
        country_codes: &[String],
    ) -> Result<Institution, ProviderError> {
        let arguments = (id.as_str().to_owned(), country_codes.to_vec());
        self.ask("institution", arguments, |answer| answer.extract::<records::Institution>()?.core()).await
    }

    async fn verify_webhook(&self, delivery: &WebhookDelivery) -> Result<ProviderWebhook, WebhookError> {
        let arguments = (records::WebhookDelivery::from(delivery.clone()),);
        self.host
            .call("verify_webhook", arguments, |answer| answer.extract::<records::ProviderWebhook>()?.core())
            .await
            .map_err(webhook_error)
    }
}
