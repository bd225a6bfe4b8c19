//! Webhooks: sent and signed by the simulator, handed to the engine as a host hands them over.

use chrono::{DateTime, TimeDelta, Utc};
use finance_core::{AccountStatus, Connection, Due, DueReason, SyncErrorKind, WebhookErrorKind};
use plaid_simulator::{Delivery, FireWebhook};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Play;

/// Where nobody listens: the step takes the webhook from the simulator's own records.
const NOWHERE: &str = "http://127.0.0.1:9/";

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum WebhookStep {
    /// The bank sends a webhook of this type and code.
    Arrives {
        #[serde(rename = "type")]
        kind: String,
        code: String,
        /// Further keys of its body.
        #[serde(default)]
        extra: Map<String, Value>,
        /// Names the account that the webhook is about.
        #[serde(default)]
        account: Option<String>,
        then: Expected,
    },
    /// The last webhook arrives again.
    ArrivesAgain { then: Expected },
    /// The last webhook arrives with another body.
    ArrivesAltered,
    /// Plaid changes the key that it signs with.
    KeyRotates,
}

/// What must come of a webhook; a status of `None` is not looked at.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expected {
    news: String,
    handling: String,
    #[serde(default)]
    due: bool,
    #[serde(default)]
    status: Option<String>,
    /// The provider's code of the connection's fault.
    #[serde(default)]
    fault: Option<String>,
    #[serde(default)]
    consent_expires_at: Option<DateTime<Utc>>,
    #[serde(default)]
    new_accounts_available: bool,
    /// The names of the accounts that are open.
    #[serde(default)]
    open: Option<Vec<String>>,
}

impl Play<'_> {
    pub(super) async fn webhooks(&mut self, step: WebhookStep) {
        match step {
            WebhookStep::Arrives { kind, code, mut extra, account, then } => {
                if let Some(name) = account {
                    let accounts = self.world.engine.accounts(&self.world.user).await.unwrap();
                    let account = accounts.iter().find(|account| account.provider.name == name).unwrap();
                    extra.insert("account_id".to_owned(), json!(account.provider.id.as_str()));
                }
                self.fire(kind, code, extra).await;
                self.arrive(&then).await;
            }
            WebhookStep::ArrivesAgain { then } => self.arrive(&then).await,
            WebhookStep::ArrivesAltered => {
                let (headers, mut body) = self.last_webhook();
                body.push(b'\n');
                let before = self.books_connection().await;
                let error = self.world.engine.handle_webhook(headers, body).await.unwrap_err();
                assert_eq!(*error.kind(), SyncErrorKind::Webhook(WebhookErrorKind::Forged));
                assert_eq!(self.books_connection().await, before);
            }
            WebhookStep::KeyRotates => drop(self.world.control.rotate_key()),
        }
    }

    async fn fire(&self, webhook_type: String, webhook_code: String, extra: Map<String, Value>) {
        let (control, user) = (&self.world.control, &self.world.user);
        let id = self.linked.as_ref().unwrap().connection.id;
        let token = self.world.store.access_token(user, id).await.unwrap();
        self.world.provider.client().item_webhook_update(&token, Some(NOWHERE)).await.unwrap();
        // Webhooks are dated to the second, and one dated in the second of the last sync could be older than it.
        control.set_webhook_clock(TimeDelta::seconds(2));
        control.fire_webhook(&self.item, FireWebhook { webhook_type, webhook_code, extra }).unwrap();
        control.webhooks_settled().await;
    }

    fn last_webhook(&self) -> (Vec<(String, String)>, Vec<u8>) {
        let Delivery { body, verification, .. } = self.world.control.deliveries().pop().unwrap();
        let headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("plaid-verification".to_owned(), verification),
        ];
        (headers, serde_json::to_vec_pretty(&body).unwrap())
    }

    async fn books_connection(&self) -> Connection {
        let id = self.linked.as_ref().unwrap().connection.id;
        self.world.store.connection(&self.world.user, id).await.unwrap()
    }

    async fn arrive(&self, then: &Expected) {
        let (headers, body) = self.last_webhook();
        let outcome = self.world.engine.handle_webhook(headers, body).await.unwrap();
        assert_eq!((outcome.news.name(), outcome.handling.name()), (&*then.news, &*then.handling));
        assert_eq!(outcome.due_at.is_some(), then.due, "due");
        let connection = self.books_connection().await;
        if let Some(status) = &then.status {
            assert_eq!(connection.status.name(), status);
        }
        assert_eq!(connection.fault.and_then(|fault| fault.code), then.fault);
        assert_eq!(connection.consent_expires_at, then.consent_expires_at);
        assert_eq!(connection.new_accounts_available, then.new_accounts_available);
        if then.due {
            let schedule = self.world.store.schedule(&self.world.user, connection.id).await.unwrap();
            let by_webhook = matches!(schedule.due, Due::At { why: DueReason::Webhook, .. });
            assert!(by_webhook, "{:?}", schedule.due);
        }
        if let Some(expected) = &then.open {
            let accounts = self.world.engine.accounts(&self.world.user).await.unwrap();
            let open = accounts.iter().filter(|account| account.status == AccountStatus::Open);
            let open: Vec<&str> = open.map(|account| account.provider.name.as_str()).collect();
            assert_eq!(open, *expected);
        }
    }
}
