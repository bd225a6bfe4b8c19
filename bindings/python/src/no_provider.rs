//! What stands for a provider where none was given.

use finance_core::{
    AccessToken, BalanceRequest, BankProvider, ExchangedConnection, Institution, InstitutionId, LinkSession,
    LinkTokenRequest, PageRequest, ProviderAccount, ProviderConnection, ProviderError, ProviderErrorKind,
    ProviderName, ProviderWebhook, PublicToken, UpdatePage, WebhookDelivery, WebhookError, WebhookErrorKind,
};

/// Refuses everything: books of accounts kept by hand and of files need no bank.
pub(crate) struct NoProvider;

fn refused<T>() -> Result<T, ProviderError> {
    let message = "no bank provider was given: open the engine with one";
    let user_message = "No bank can be reached, since none is set up here.";
    Err(ProviderError::new(ProviderErrorKind::Configuration, message, user_message))
}

#[async_trait::async_trait]
impl BankProvider for NoProvider {
    fn name(&self) -> ProviderName {
        ProviderName::new("none").expect("a name that is not empty")
    }

    async fn create_link_token(&self, _: &LinkTokenRequest) -> Result<LinkSession, ProviderError> {
        refused()
    }

    async fn exchange_public_token(&self, _: &PublicToken) -> Result<ExchangedConnection, ProviderError> {
        refused()
    }

    async fn connection(&self, _: &AccessToken) -> Result<ProviderConnection, ProviderError> {
        refused()
    }

    async fn remove_connection(&self, _: &AccessToken) -> Result<(), ProviderError> {
        refused()
    }

    async fn rotate_access_token(&self, _: &AccessToken) -> Result<AccessToken, ProviderError> {
        refused()
    }

    async fn accounts(&self, _: &AccessToken) -> Result<Vec<ProviderAccount>, ProviderError> {
        refused()
    }

    async fn live_balances(
        &self,
        _: &AccessToken,
        _: &BalanceRequest,
    ) -> Result<Vec<ProviderAccount>, ProviderError> {
        refused()
    }

    async fn transactions_page(&self, _: &AccessToken, _: &PageRequest) -> Result<UpdatePage, ProviderError> {
        refused()
    }

    async fn refresh_transactions(&self, _: &AccessToken) -> Result<(), ProviderError> {
        refused()
    }

    async fn institution(&self, _: &InstitutionId, _: &[String]) -> Result<Institution, ProviderError> {
        refused()
    }

    async fn verify_webhook(&self, _: &WebhookDelivery) -> Result<ProviderWebhook, WebhookError> {
        Err(WebhookError::new(WebhookErrorKind::Unsupported, "no bank provider was given"))
    }
}
