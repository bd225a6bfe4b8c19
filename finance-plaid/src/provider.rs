//! Plaid behind the library's port.

use std::panic::resume_unwind;

use async_trait::async_trait;
use finance_core::{
    AccessToken, BalanceRequest, BankProvider, ExchangedConnection, Institution, InstitutionId, LinkSession,
    LinkTokenRequest, PageRequest, ProviderAccount, ProviderAccountId, ProviderConnection,
    ProviderConnectionId, ProviderError, ProviderErrorKind, ProviderName, ProviderWebhook, PublicToken,
    UpdatePage, WebhookDelivery, WebhookError,
};
use futures::stream::{BoxStream, StreamExt, try_unfold};
use tokio_util::task::AbortOnDropHandle;

use crate::client::PlaidClient;
use crate::error::PlaidError;
use crate::options::{ClientOptions, Environment, PlaidOptions};
use crate::translate;
use crate::transport::Endpoint;
use crate::webhook::Verifier;
use crate::wire::{AccountsAnswer, SyncPage, SyncRequest};

/// The name under which connections through Plaid are stored.
const NAME: &str = "plaid";

/// Plaid as a [`BankProvider`]: calls its API and translates into the library's model.
///
/// Amounts come out in the library's sign, money in positive. An account or transaction that cannot be used
/// fails the call with [`ProviderErrorKind::InvalidAnswer`] and its id; none is left out silently.
#[derive(Debug)]
pub struct PlaidProvider {
    client: PlaidClient,
    environment: Environment,
    verifier: Verifier,
    options: PlaidOptions,
    name: ProviderName,
}

impl PlaidProvider {
    /// Sets the provider up; nothing is sent.
    ///
    /// # Errors
    /// [`ProviderErrorKind::Configuration`] when the address or a credential cannot be used.
    pub fn new(client: ClientOptions, options: PlaidOptions) -> Result<Self, PlaidError> {
        Ok(Self {
            environment: client.environment.clone(),
            client: PlaidClient::new(client)?,
            verifier: Verifier::new(options.webhooks.clone()),
            options,
            name: ProviderName::new(NAME).expect("the constant is not empty"),
        })
    }

    /// The client underneath, for calls that the port does not have, such as the sandbox's.
    pub fn client(&self) -> &PlaidClient {
        &self.client
    }
}

impl PlaidProvider {
    async fn page(&self, token: &AccessToken, page: PageRequest) -> Result<SyncPage, PlaidError> {
        let include_original_description = self.options.include_original_description;
        let request = SyncRequest { cursor: page.cursor, count: page.count, include_original_description };
        self.client.transactions_sync(token, &request).await
    }
}

fn translated(page: &SyncPage, keep_raw_json: bool) -> Result<UpdatePage, ProviderError> {
    let located =
        |error: PlaidError| error.at(Endpoint::TransactionsSync).with_request_id(page.request_id.as_deref());
    Ok(translate::update_page(page, keep_raw_json).map_err(located)?)
}

/// Translates in a task of its own.
async fn translated_beside(page: SyncPage, keep_raw_json: bool) -> Result<UpdatePage, ProviderError> {
    let translating = tokio::spawn(async move { translated(&page, keep_raw_json) });
    AbortOnDropHandle::new(translating).await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(gone) => {
            let error = PlaidError::new(ProviderErrorKind::RetryLater, "the runtime shuts down");
            Err(error.with_source(gone).into())
        }
    })
}

#[async_trait]
impl BankProvider for PlaidProvider {
    fn name(&self) -> ProviderName {
        self.name.clone()
    }

    async fn create_link_token(&self, request: &LinkTokenRequest) -> Result<LinkSession, ProviderError> {
        let request = translate::link_token_create(request)?;
        Ok(translate::link_session(self.client.link_token_create(&request).await?))
    }

    async fn exchange_public_token(&self, token: &PublicToken) -> Result<ExchangedConnection, ProviderError> {
        let answer = self.client.item_public_token_exchange(token).await?;
        Ok(ExchangedConnection { id: connection_id(answer.item_id)?, access_token: answer.access_token })
    }

    async fn connection(&self, token: &AccessToken) -> Result<ProviderConnection, ProviderError> {
        Ok(translate::connection(self.client.item_get(token).await?)?)
    }

    /// An Item that is gone already counts as removed, so that a repetition after a lost answer succeeds.
    async fn remove_connection(&self, token: &AccessToken) -> Result<(), ProviderError> {
        match self.client.item_remove(token).await {
            Err(error) if error.code() == Some("ITEM_NOT_FOUND") => Ok(()),
            Err(error) if error.kind() == ProviderErrorKind::ConnectionRemoved => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }

    async fn rotate_access_token(&self, token: &AccessToken) -> Result<AccessToken, ProviderError> {
        Ok(self.client.item_access_token_invalidate(token).await?.new_access_token)
    }

    async fn accounts(&self, token: &AccessToken) -> Result<Vec<ProviderAccount>, ProviderError> {
        let answer = self.client.accounts_get(token, &[]).await?;
        Ok(accounts_of(&answer, Endpoint::AccountsGet)?)
    }

    async fn live_balances(
        &self,
        token: &AccessToken,
        request: &BalanceRequest,
    ) -> Result<Vec<ProviderAccount>, ProviderError> {
        let accounts: Vec<&str> = request.accounts.iter().map(ProviderAccountId::as_str).collect();
        let answer = self.client.accounts_balance_get(token, &accounts, request.not_older_than).await?;
        Ok(accounts_of(&answer, Endpoint::AccountsBalanceGet)?)
    }

    async fn transactions_page(
        &self,
        token: &AccessToken,
        request: &PageRequest,
    ) -> Result<UpdatePage, ProviderError> {
        let page = self.page(token, request.clone()).await?;
        translated(&page, self.options.keep_raw_json)
    }

    /// While a page is translated, the next one is on its way.
    fn update_pages<'a>(
        &'a self,
        token: &'a AccessToken,
        first: PageRequest,
    ) -> BoxStream<'a, Result<UpdatePage, ProviderError>> {
        let (count, keep_raw_json) = (first.count, self.options.keep_raw_json);
        let fetched = try_unfold(Some(first), move |request| async move {
            let Some(request) = request else { return Ok(None) };
            let page = self.page(token, request).await?;
            let next = translate::next_cursor(&page).filter(|_| page.has_more);
            let next = next.map(|cursor| PageRequest { cursor: Some(cursor), count });
            Ok::<_, PlaidError>(Some((page, next)))
        });
        let translated = move |page: Result<SyncPage, PlaidError>| async move {
            translated_beside(page?, keep_raw_json).await
        };
        fetched.map(translated).buffered(2).boxed()
    }

    async fn refresh_transactions(&self, token: &AccessToken) -> Result<(), ProviderError> {
        Ok(self.client.transactions_refresh(token).await.map(drop)?)
    }

    async fn institution(
        &self,
        id: &InstitutionId,
        country_codes: &[String],
    ) -> Result<Institution, ProviderError> {
        let answer = self.client.institutions_get_by_id(id.as_str(), country_codes).await?;
        Ok(translate::institution(answer.institution)?)
    }

    /// The header `Plaid-Verification` is a token signed by ES256 with a key that Plaid tells; keys are kept, and asked for by
    /// [`WebhookPolicy`](crate::WebhookPolicy).
    async fn verify_webhook(&self, delivery: &WebhookDelivery) -> Result<ProviderWebhook, WebhookError> {
        let signed = self.verifier.verify(&self.client, delivery).await?;
        let (connection, news) = translate::webhook(&delivery.body, signed.at, &self.environment)?;
        Ok(ProviderWebhook { digest: signed.digest, sent_at: signed.at, connection, news })
    }
}

fn accounts_of(answer: &AccountsAnswer, endpoint: Endpoint) -> Result<Vec<ProviderAccount>, PlaidError> {
    let located = |error: PlaidError| error.at(endpoint).with_request_id(answer.request_id.as_deref());
    translate::accounts(&answer.accounts).map_err(located)
}

fn connection_id(item_id: String) -> Result<ProviderConnectionId, PlaidError> {
    ProviderConnectionId::new(item_id)
        .map_err(|_| PlaidError::new(ProviderErrorKind::InvalidAnswer, "the exchange gave an empty item_id"))
}
