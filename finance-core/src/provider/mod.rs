//! The port to a bank provider, and what crosses it.

mod error;
mod types;
mod webhook;

use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt, try_unfold};

pub use error::{ProviderError, ProviderErrorKind};
pub use types::{
    BalanceRequest, ExchangedConnection, HostedLink, LinkDialogue, LinkMode, LinkSession, LinkTokenRequest,
    PageRequest, ProviderConnection, ProviderFault, RemovedTransaction, UpdatePage,
};
pub use webhook::{
    ProviderWebhook, WebhookDelivery, WebhookDigest, WebhookError, WebhookErrorKind, WebhookNews,
};

use crate::model::{AccessToken, Institution, InstitutionId, ProviderAccount, ProviderName, PublicToken};

/// A service that reaches banks for us.
///
/// An implementation translates: amounts and balances come out in our sign, unknown values are kept as text,
/// arrays that are missing are empty. It repeats calls after passing faults by its own policy, so that an
/// error that comes out of it is worth acting on; [`ProviderError::kind`] says how.
///
/// Every future may be dropped at any await. Calls for different connections may run at once.
#[async_trait]
pub trait BankProvider: Send + Sync {
    /// The provider's name, stored with each connection.
    fn name(&self) -> ProviderName;

    /// Opens a session of the provider's link dialogue, for a new connection or to repair one.
    async fn create_link_token(&self, request: &LinkTokenRequest) -> Result<LinkSession, ProviderError>;

    /// Turns the short-lived result of the dialogue into a connection. To be called once per token.
    async fn exchange_public_token(&self, token: &PublicToken) -> Result<ExchangedConnection, ProviderError>;

    /// What the provider knows of the connection itself.
    async fn connection(&self, token: &AccessToken) -> Result<ProviderConnection, ProviderError>;

    /// Ends the connection at the provider; the token is worthless afterwards. One that has ended there already is no error, so
    /// that a call whose answer was lost can be repeated.
    async fn remove_connection(&self, token: &AccessToken) -> Result<(), ProviderError>;

    /// Replaces the access token. The old one stops working at once, so the new one must be stored first of all.
    async fn rotate_access_token(&self, token: &AccessToken) -> Result<AccessToken, ProviderError>;

    /// Every open account with the balances the provider last saw.
    async fn accounts(&self, token: &AccessToken) -> Result<Vec<ProviderAccount>, ProviderError>;

    /// Balances asked from the bank now. Slow, and often paid for per call.
    async fn live_balances(
        &self,
        token: &AccessToken,
        request: &BalanceRequest,
    ) -> Result<Vec<ProviderAccount>, ProviderError>;

    /// One page of what changed since a cursor.
    async fn transactions_page(
        &self,
        token: &AccessToken,
        request: &PageRequest,
    ) -> Result<UpdatePage, ProviderError>;

    /// The pages of an update from this request on, in their order, until one says that no more follow or a call fails.
    ///
    /// Nothing is asked for before the first page is awaited. A provider may fetch a page while the one ahead of it is still read;
    /// dropping the stream gives up what is under way. What comes after a failure is of no use. Unless a provider does better, each
    /// page is asked for when it is awaited.
    fn update_pages<'a>(
        &'a self,
        token: &'a AccessToken,
        first: PageRequest,
    ) -> BoxStream<'a, Result<UpdatePage, ProviderError>> {
        let page = move |request: Option<PageRequest>| async move {
            let Some(request) = request else { return Ok(None) };
            let page = self.transactions_page(token, &request).await?;
            let next = page.next_request(request.count);
            Ok(Some((page, next)))
        };
        try_unfold(Some(first), page).boxed()
    }

    /// Asks the provider to look at the bank again soon. New data arrives later, through a sync.
    async fn refresh_transactions(&self, token: &AccessToken) -> Result<(), ProviderError>;

    /// Describes an institution that works in at least one of the countries.
    async fn institution(
        &self,
        id: &InstitutionId,
        country_codes: &[String],
    ) -> Result<Institution, ProviderError>;

    /// Makes sure that a webhook comes from the provider, unaltered and lately, and reads it.
    ///
    /// Nothing of the body is parsed before it is known to be genuine. The time is taken from the delivery. What this version
    /// does not know is [`WebhookNews::Nothing`], never an error.
    ///
    /// # Errors
    /// [`WebhookErrorKind::Unsupported`] for everything when the provider sends no webhooks.
    async fn verify_webhook(&self, delivery: &WebhookDelivery) -> Result<ProviderWebhook, WebhookError>;
}
