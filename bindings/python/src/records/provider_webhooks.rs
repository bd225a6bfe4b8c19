//! What crosses the port of a provider that is written in Python: webhooks.

use finance_core::{ProviderConnectionId, WebhookDigest, WebhookNews};
use pyo3::prelude::*;

use super::{ProviderFault, account_id, unusable};
use crate::record::record;
use crate::secrets::{LinkToken, PublicToken};
use crate::values::{Instant, Many, Text};

record! {
    /// A webhook as it arrived over HTTP. Nobody knows yet who sent it.
    WebhookDelivery from finance_core::WebhookDelivery as it {
        /// Names and values of the headers.
        headers: Many<(String, String)> = Many(it.headers),
        /// The body, byte for byte.
        body: Vec<u8> = it.body,
        /// When it arrived.
        received_at: Instant = it.received_at.into(),
    }
}

impl WebhookDelivery {
    /// They hold whatever the provider sent, tokens included.
    const HIDDEN: &[&str] = &["headers", "body"];

    pub(crate) fn core(self) -> finance_core::WebhookDelivery {
        finance_core::WebhookDelivery {
            headers: self.headers.0,
            body: self.body,
            received_at: self.received_at.0,
        }
    }
}

record! {
    /// A webhook that surely comes from the provider. What its news need not carry is `None`.
    ProviderWebhook {
        /// 32 bytes: the same for every arrival of one delivery, others for anything else.
        digest: Vec<u8>,
        /// When the provider sent it.
        sent_at: Instant,
        /// What it tells: `transactions_ready`, `accounts_changed`, `connection_broken`, `connection_repaired`, `consent_ends_soon`,
        /// `disconnects_soon`, `access_revoked`, `account_revoked`, `new_accounts`, `link_finished` or `other_environment`. Any other word is the
        /// provider's name for something that asks for nothing.
        news: String,
        /// The provider's identifier of the connection it is about.
        connection: Option<String> [None],
        /// Why the connection is broken or access was revoked.
        fault: Option<ProviderFault> [None],
        /// When the consent or the connection ends.
        at: Option<Instant> [None],
        /// The account to which access was revoked.
        account: Option<Text> [None],
        /// The key of the link session that finished.
        link_token: Option<LinkToken> [None],
        /// The results of the link session; none when the user gave up.
        public_tokens: Many<PublicToken> [Many(Vec::new())],
        /// The name of the other environment.
        environment: Option<String> [None],
    }
}

/// Takes what news of this name cannot do without.
fn needed<T>(value: Option<T>, news: &str, field: &str) -> PyResult<T> {
    value.ok_or_else(|| unusable(format_args!("a webhook with the news {news} needs {field}")))
}

impl ProviderWebhook {
    pub(crate) fn core(self) -> PyResult<finance_core::ProviderWebhook> {
        let sent_at = self.sent_at.0;
        let fault = |fault: Option<ProviderFault>| -> PyResult<_> {
            let fault = needed(fault, &self.news, "fault")?;
            Ok(finance_core::ConnectionFault {
                kind: fault.reason.value()?,
                code: fault.code,
                user_message: fault.user_message,
                at: sent_at,
            })
        };
        let news = match self.news.as_str() {
            "transactions_ready" => WebhookNews::TransactionsReady,
            "accounts_changed" => WebhookNews::AccountsChanged,
            "connection_broken" => WebhookNews::ConnectionBroken { fault: fault(self.fault)? },
            "connection_repaired" => WebhookNews::ConnectionRepaired,
            "consent_ends_soon" => WebhookNews::ConsentEndsSoon { at: self.at.map(|at| at.0) },
            "disconnects_soon" => WebhookNews::DisconnectsSoon { at: self.at.map(|at| at.0) },
            "access_revoked" => WebhookNews::AccessRevoked { fault: fault(self.fault)? },
            "account_revoked" => WebhookNews::AccountRevoked {
                account: account_id(needed(self.account, &self.news, "account")?)?,
            },
            "new_accounts" => WebhookNews::NewAccounts,
            "link_finished" => WebhookNews::LinkFinished {
                link_token: needed(self.link_token, &self.news, "link_token")?.0,
                public_tokens: self.public_tokens.0.into_iter().map(|token| token.0).collect(),
            },
            "other_environment" => WebhookNews::OtherEnvironment {
                environment: needed(self.environment, &self.news, "environment")?,
            },
            _ => WebhookNews::Nothing { name: self.news },
        };
        let digest = self.digest.try_into().map_err(|_| unusable("a webhook's digest has 32 bytes"))?;
        Ok(finance_core::ProviderWebhook {
            digest: WebhookDigest(digest),
            sent_at,
            connection: self.connection.map(ProviderConnectionId::new).transpose().map_err(unusable)?,
            news,
        })
    }
}
