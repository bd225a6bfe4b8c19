//! Plaid's endpoints, one typed call each.

use chrono::{DateTime, SecondsFormat, Utc};
use finance_core::{AccessToken, ProviderErrorKind, PublicToken};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::PlaidError;
use crate::options::ClientOptions;
use crate::transport::{Call, Endpoint, Transport};
use crate::wire::{
    AccountsAnswer, AccountsOptions, AccountsRequest, Answer, ExchangeAnswer, ExchangeRequest,
    FireWebhookAnswer, FireWebhookRequest, GetPage, InstitutionAnswer, InstitutionOptions,
    InstitutionRequest, InvalidateAnswer, ItemAnswer, LinkTokenAnswer, LinkTokenCreate, PlainAnswer,
    PublicTokenAnswer, ResetLoginAnswer, SandboxPublicToken, SandboxPublicTokenRequest, SandboxTransaction,
    SandboxTransactionsRequest, SyncBody, SyncPage, SyncRequest, TokenRequest, TransactionsGet,
    TransactionsGetBody, WebhookKeyAnswer, WebhookKeyRequest, WebhookUpdateAnswer, WebhookUpdateRequest,
};

/// A client of Plaid's API for one application in one environment.
///
/// It holds one pool of connections: make one client and share it. Each call keeps to the rate limits, is
/// repeated after passing faults where that is safe, and ends within its time-out. Every future may be
/// dropped at any time; only the answer is then lost.
///
/// # Errors
/// Every call fails with a [`PlaidError`] whose [`kind`](PlaidError::kind) says what to do.
pub struct PlaidClient {
    transport: Transport,
}

impl std::fmt::Debug for PlaidClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PlaidClient(…)")
    }
}

impl PlaidClient {
    /// Sets the client up; nothing is sent.
    ///
    /// # Errors
    /// [`ProviderErrorKind::Configuration`] when the address or a credential cannot be used.
    pub fn new(options: ClientOptions) -> Result<Self, PlaidError> {
        Ok(Self { transport: Transport::new(options)? })
    }

    /// `/link/token/create`: a token with which a device opens Link.
    pub async fn link_token_create(
        &self,
        request: &LinkTokenCreate<'_>,
    ) -> Result<LinkTokenAnswer, PlaidError> {
        self.call(Endpoint::LinkTokenCreate, request.access_token, request).await
    }

    /// `/item/public_token/exchange`: the access token for what Link returned. It is not repeated once Plaid
    /// may have seen it.
    pub async fn item_public_token_exchange(
        &self,
        token: &PublicToken,
    ) -> Result<ExchangeAnswer, PlaidError> {
        let request = ExchangeRequest { public_token: token.expose() };
        self.call(Endpoint::PublicTokenExchange, Some(token.expose()), &request).await
    }

    /// `/item/get`: the Item, its fault and when its data was last read.
    pub async fn item_get(&self, token: &AccessToken) -> Result<ItemAnswer, PlaidError> {
        self.call_for(Endpoint::ItemGet, token).await
    }

    /// `/item/remove`: ends the Item and its billing.
    pub async fn item_remove(&self, token: &AccessToken) -> Result<PlainAnswer, PlaidError> {
        self.call_for(Endpoint::ItemRemove, token).await
    }

    /// `/item/webhook/update`: sets the address of the Item's webhooks; `None` clears it.
    pub async fn item_webhook_update(
        &self,
        token: &AccessToken,
        webhook: Option<&str>,
    ) -> Result<WebhookUpdateAnswer, PlaidError> {
        let request = WebhookUpdateRequest { access_token: token.expose(), webhook };
        self.call(Endpoint::ItemWebhookUpdate, Some(token.expose()), &request).await
    }

    /// `/item/access_token/invalidate`: a new access token; the old one is dead at once. It is not repeated
    /// once Plaid may have seen it.
    pub async fn item_access_token_invalidate(
        &self,
        token: &AccessToken,
    ) -> Result<InvalidateAnswer, PlaidError> {
        self.call_for(Endpoint::AccessTokenInvalidate, token).await
    }

    /// `/accounts/get`: the open accounts with the balances Plaid last saw. No accounts named means all.
    pub async fn accounts_get(
        &self,
        token: &AccessToken,
        accounts: &[&str],
    ) -> Result<AccountsAnswer, PlaidError> {
        let options = AccountsOptions { account_ids: accounts.to_vec(), min_last_updated_datetime: None };
        let request = AccountsRequest { access_token: token.expose(), options };
        self.call(Endpoint::AccountsGet, Some(token.expose()), &request).await
    }

    /// `/accounts/balance/get`: balances asked from the bank now; slow and paid for. No accounts named means
    /// all. `not_older_than` matters to Capital One only, which wants it for cards and loans.
    ///
    /// It is not repeated after its answer was lost, for it may have been billed.
    pub async fn accounts_balance_get(
        &self,
        token: &AccessToken,
        accounts: &[&str],
        not_older_than: Option<DateTime<Utc>>,
    ) -> Result<AccountsAnswer, PlaidError> {
        let options = AccountsOptions {
            account_ids: accounts.to_vec(),
            min_last_updated_datetime: not_older_than
                .map(|instant| instant.to_rfc3339_opts(SecondsFormat::Secs, true)),
        };
        let request = AccountsRequest { access_token: token.expose(), options };
        self.call(Endpoint::AccountsBalanceGet, Some(token.expose()), &request).await
    }

    /// `/transactions/sync`: one page of what changed since a cursor.
    pub async fn transactions_sync(
        &self,
        token: &AccessToken,
        request: &SyncRequest,
    ) -> Result<SyncPage, PlaidError> {
        let call = Call {
            endpoint: Endpoint::TransactionsSync,
            body: json(&SyncBody::new(token.expose(), request))?,
            token: Some(token.expose()),
            cursor_sent: request.cursor.is_some(),
        };
        let (page, retries) = self.transport.call::<SyncPage>(call).await?;
        Ok(SyncPage { retries, ..page })
    }

    /// `/transactions/get`: one page of the transactions between two days, newest first.
    pub async fn transactions_get(
        &self,
        token: &AccessToken,
        request: &TransactionsGet,
    ) -> Result<GetPage, PlaidError> {
        let body = TransactionsGetBody::new(token.expose(), request);
        self.call(Endpoint::TransactionsGet, Some(token.expose()), &body).await
    }

    /// `/transactions/refresh`: asks Plaid to read the bank soon; a paid add-on. What is new comes later,
    /// through a sync. It is not repeated after its answer was lost, for it may have been billed.
    pub async fn transactions_refresh(&self, token: &AccessToken) -> Result<PlainAnswer, PlaidError> {
        self.call_for(Endpoint::TransactionsRefresh, token).await
    }

    /// `/institutions/get_by_id`: describes an institution that works in all of these countries.
    pub async fn institutions_get_by_id(
        &self,
        institution_id: &str,
        country_codes: &[String],
    ) -> Result<InstitutionAnswer, PlaidError> {
        let options = InstitutionOptions { include_optional_metadata: true };
        let request = InstitutionRequest { institution_id, country_codes, options };
        self.call(Endpoint::InstitutionsGetById, None, &request).await
    }

    /// `/webhook_verification_key/get`: the public key named in a webhook's signature.
    pub async fn webhook_verification_key_get(&self, key_id: &str) -> Result<WebhookKeyAnswer, PlaidError> {
        self.call(Endpoint::WebhookVerificationKeyGet, None, &WebhookKeyRequest { key_id }).await
    }

    /// `/sandbox/public_token/create`: a public token without Link. Sandbox only.
    pub async fn sandbox_public_token_create(
        &self,
        wanted: &SandboxPublicToken,
    ) -> Result<PublicTokenAnswer, PlaidError> {
        let request = SandboxPublicTokenRequest::new(wanted);
        self.call(Endpoint::SandboxPublicTokenCreate, None, &request).await
    }

    /// `/sandbox/item/reset_login`: makes the Item ask for a new sign-in. Sandbox only.
    pub async fn sandbox_item_reset_login(
        &self,
        token: &AccessToken,
    ) -> Result<ResetLoginAnswer, PlaidError> {
        self.call_for(Endpoint::SandboxItemResetLogin, token).await
    }

    /// `/sandbox/item/fire_webhook`: sends a webhook for the Item. Sandbox only.
    pub async fn sandbox_item_fire_webhook(
        &self,
        token: &AccessToken,
        webhook_type: Option<&str>,
        webhook_code: &str,
    ) -> Result<FireWebhookAnswer, PlaidError> {
        let request = FireWebhookRequest { access_token: token.expose(), webhook_code, webhook_type };
        self.call(Endpoint::SandboxItemFireWebhook, Some(token.expose()), &request).await
    }

    /// `/sandbox/transactions/create`: adds up to ten transactions. Sandbox only, and only for the user
    /// `user_transactions_dynamic`. It is not repeated once Plaid may have seen it.
    pub async fn sandbox_transactions_create(
        &self,
        token: &AccessToken,
        transactions: &[SandboxTransaction],
    ) -> Result<PlainAnswer, PlaidError> {
        let request = SandboxTransactionsRequest { access_token: token.expose(), transactions };
        self.call(Endpoint::SandboxTransactionsCreate, Some(token.expose()), &request).await
    }

    async fn call_for<T>(&self, endpoint: Endpoint, token: &AccessToken) -> Result<T, PlaidError>
    where
        T: Answer + DeserializeOwned,
    {
        let token = token.expose();
        self.call(endpoint, Some(token), &TokenRequest { access_token: token }).await
    }

    async fn call<T, R>(&self, endpoint: Endpoint, token: Option<&str>, request: &R) -> Result<T, PlaidError>
    where
        T: Answer + DeserializeOwned,
        R: Serialize,
    {
        let call = Call { endpoint, body: json(request)?, token, cursor_sent: false };
        self.transport.call(call).await.map(|(answer, _)| answer)
    }
}

fn json(request: &impl Serialize) -> Result<Vec<u8>, PlaidError> {
    serde_json::to_vec(request).map_err(|error| {
        let message = "the request cannot be written as JSON";
        PlaidError::new(ProviderErrorKind::InvalidRequest, message).with_source(error)
    })
}
