//! `handle_webhook`: what a provider tells by itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::conflicts::again_on_conflict;
use super::news::{NewsPlan, plan_news};
use super::{SyncEngine, SyncError};
use crate::model::{Connection, ConnectionId, ConnectionStatus, UserId};
use crate::provider::{ProviderWebhook, WebhookDelivery, WebhookNews};

/// How long a handled webhook is remembered: longer than any provider's signature is accepted.
const REMEMBERED_FOR: TimeDelta = TimeDelta::days(1);

/// What became of a genuine webhook.
#[derive(Debug, Clone)]
pub struct WebhookOutcome {
    /// Whose connection it is about, where that is known.
    pub user: Option<UserId>,
    /// The connection it is about, where it is one of ours.
    pub connection: Option<ConnectionId>,
    /// What it told.
    pub news: WebhookNews,
    /// What was done.
    pub handling: WebhookHandling,
    /// When the connection is due, if the news make it due: a schedule keeps a gap after the last attempt, and need not let
    /// webhooks in at all.
    pub due_at: Option<DateTime<Utc>>,
}

/// What was done with a genuine webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WebhookHandling {
    /// The connection is marked as the news say.
    Done,
    /// Nothing: it tells nothing that is of use here.
    Ignored,
    /// Nothing: what it tells is for the host to act on, as for [`WebhookNews::LinkFinished`].
    ForTheHost,
    /// Nothing: the same delivery was handled before.
    AlreadyHandled,
    /// Nothing but that the bank is asked again: something newer is known.
    Outdated,
    /// Nothing: no connection of this store has that name at the provider.
    UnknownConnection,
    /// Nothing: the connection was removed.
    ConnectionEnded,
    /// Nothing: it belongs to another environment of the provider.
    OtherEnvironment,
}

impl WebhookHandling {
    /// The stable name, as in `already_handled`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Ignored => "ignored",
            Self::ForTheHost => "for_the_host",
            Self::AlreadyHandled => "already_handled",
            Self::Outdated => "outdated",
            Self::UnknownConnection => "unknown_connection",
            Self::ConnectionEnded => "connection_ended",
            Self::OtherEnvironment => "other_environment",
        }
    }

    /// Whether there is anything in it that must not happen twice.
    const fn is_remembered(self) -> bool {
        matches!(self, Self::Done | Self::Outdated)
    }
}

impl SyncEngine {
    /// Takes a webhook as it arrived, makes sure that the provider sent it, marks the connection and makes it due; then returns
    /// at once. No bank is asked: whoever runs the schedule syncs what is due.
    ///
    /// Hand over every header, and the body byte for byte. It takes no user: the provider names the
    /// connection, and the outcome whose it is.
    ///
    /// | News | Status | Due |
    /// | --- | --- | --- |
    /// | [`TransactionsReady`](WebhookNews::TransactionsReady), [`AccountsChanged`](WebhookNews::AccountsChanged) | stays | yes |
    /// | [`ConnectionBroken`](WebhookNews::ConnectionBroken) | needs sign-in, revoked or degraded, with the fault | yes, unless revoked or degraded |
    /// | [`ConnectionRepaired`](WebhookNews::ConnectionRepaired) | good again, or new without data | yes |
    /// | [`ConsentEndsSoon`](WebhookNews::ConsentEndsSoon), [`DisconnectsSoon`](WebhookNews::DisconnectsSoon) | a warning where all is well | no |
    /// | [`AccessRevoked`](WebhookNews::AccessRevoked) | revoked, with the fault | no |
    /// | [`AccountRevoked`](WebhookNews::AccountRevoked) | stays; the account is gone, its history stays | no |
    /// | [`NewAccounts`](WebhookNews::NewAccounts) | stays; [`Connection::new_accounts_available`] | no |
    ///
    /// In doubt the bank is asked. A fault or a withdrawal sent before the last good sync, or within the same second, is
    /// [`WebhookHandling::Outdated`] and only makes the connection due; a repair always clears what it denies, and should it be
    /// an old one, the next sync finds the fault again. Every change is told as an event. A delivery is
    /// remembered after its effects, so one that a crash cut short has them when it comes again, and none has them twice. What is
    /// left to the host comes as often as the provider sends it.
    ///
    /// # Errors
    /// [`SyncErrorKind::Webhook`](super::SyncErrorKind::Webhook) for a webhook that is refused; answer with
    /// [`WebhookErrorKind::http_status`](crate::WebhookErrorKind::http_status). When the store fails, answer 503, and the provider
    /// sends the webhook again. Everything else is answered with 200.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// use finance_core::conformance::{BankNews, SampleBooks};
    /// use finance_core::{Clock, ConnectionStatus, SyncErrorKind, WebhookErrorKind, WebhookHandling};
    ///
    /// let books = SampleBooks::new().await;
    /// let now = books.clock.now();
    /// let webhook = books.provider.webhook_at(&books.sign_in, &BankNews::ConnectionBroken, now);
    ///
    /// let outcome = books.engine.handle_webhook(webhook.headers.clone(), webhook.body.clone()).await?;
    /// assert_eq!(outcome.handling, WebhookHandling::Done);
    /// assert_eq!((outcome.user, outcome.connection), (Some(books.user.clone()), Some(books.connection)));
    /// let connection = books.engine.connections(&books.user).await?.remove(0);
    /// assert_eq!(connection.status, ConnectionStatus::NeedsSignIn);
    ///
    /// // One that nobody signed changes nothing.
    /// let forged = books.engine.handle_webhook(webhook.headers, b"{}".to_vec()).await.unwrap_err();
    /// assert_eq!(*forged.kind(), SyncErrorKind::Webhook(WebhookErrorKind::Forged));
    /// # Ok::<(), finance_core::SyncError>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub async fn handle_webhook(
        &self,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<WebhookOutcome, SyncError> {
        let now = self.clock.now();
        let webhook =
            self.provider.verify_webhook(&WebhookDelivery { headers, body, received_at: now }).await?;
        let (handling, due_at) = if self.store.knows_webhook(&webhook.digest).await? {
            (WebhookHandling::AlreadyHandled, None)
        } else {
            again_on_conflict(|| self.act_on(&webhook, now)).await?
        };
        if handling.is_remembered() {
            self.store.remember_webhook(&webhook.digest, now, now - REMEMBERED_FOR).await?;
        }
        let connection = self.connection_of(&webhook).await?;
        let (user, connection) = connection.map(|connection| (connection.user, connection.id)).unzip();
        tracing::info!(
            connection = connection.map(ConnectionId::number),
            news = webhook.news.name(),
            handling = handling.name(),
            due_at = due_at.map(tracing::field::display),
            "a webhook"
        );
        Ok(WebhookOutcome { user, connection, news: webhook.news, handling, due_at })
    }

    async fn connection_of(&self, webhook: &ProviderWebhook) -> Result<Option<Connection>, SyncError> {
        let Some(id) = &webhook.connection else { return Ok(None) };
        Ok(self.store.connection_of_provider(&self.provider.name(), id).await?)
    }

    async fn act_on(
        &self,
        webhook: &ProviderWebhook,
        now: DateTime<Utc>,
    ) -> Result<(WebhookHandling, Option<DateTime<Utc>>), SyncError> {
        match &webhook.news {
            WebhookNews::OtherEnvironment { .. } => return Ok((WebhookHandling::OtherEnvironment, None)),
            WebhookNews::LinkFinished { .. } => return Ok((WebhookHandling::ForTheHost, None)),
            WebhookNews::Nothing { .. } => return Ok((WebhookHandling::Ignored, None)),
            _ => {}
        }
        let connection = self.connection_of(webhook).await?;
        let Some(connection) = connection else { return Ok((WebhookHandling::UnknownConnection, None)) };
        if connection.status == ConnectionStatus::Removed {
            return Ok((WebhookHandling::ConnectionEnded, None));
        }
        let mut accounts = Vec::new();
        if matches!(webhook.news, WebhookNews::AccountRevoked { .. }) {
            accounts = self.store.accounts(&connection.user).await?;
            accounts.retain(|account| account.connection == connection.id);
        }
        let plan = plan_news(&connection, &accounts, &webhook.news, webhook.sent_at, now);
        let handling = if plan.outdated { WebhookHandling::Outdated } else { WebhookHandling::Done };
        Ok((handling, self.carry_out(&connection, plan, now).await?))
    }

    /// Writes a plan, and returns when the connection is due if the plan makes it due.
    async fn carry_out(
        &self,
        connection: &Connection,
        plan: NewsPlan,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, SyncError> {
        let marked = plan.change.as_ref().is_some_and(|change| change.status.is_some());
        if let Some(change) = &plan.change {
            self.store.apply(change).await?;
        }
        let (user, id) = (&connection.user, connection.id);
        match (plan.due, marked) {
            (true, _) => Ok(self.note_webhook(user, id, now).await?.due.at()),
            (false, true) => self.reschedule(user, id).await.map(|_| None),
            (false, false) => Ok(None),
        }
    }
}
