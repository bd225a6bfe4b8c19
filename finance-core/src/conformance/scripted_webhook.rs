//! The webhooks of the scripted provider: JSON, signed by a hash that only it can make.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::BankNews;
use crate::*;

const SIGNATURE: &str = "Scripted-Signature";
const SECRET: &str = "what only the scripted provider knows";
const OLDEST: TimeDelta = TimeDelta::minutes(5);
const NEWEST: TimeDelta = TimeDelta::minutes(1);

#[derive(Serialize, Deserialize)]
struct Body {
    connection: Option<ProviderConnectionId>,
    news: String,
    at: Option<DateTime<Utc>>,
    account: Option<ProviderAccountId>,
}

/// A webhook with this number, sent at this instant.
pub(super) fn signed(
    connection: &ProviderConnectionId,
    news: &BankNews,
    number: u64,
    sent_at: DateTime<Utc>,
) -> WebhookDelivery {
    let (name, at, account) = match news {
        BankNews::TransactionsReady => ("transactions_ready", None, None),
        BankNews::AccountsChanged => ("accounts_changed", None, None),
        BankNews::ConnectionBroken => ("connection_broken", None, None),
        BankNews::ConnectionRepaired => ("connection_repaired", None, None),
        BankNews::ConsentEndsSoon(at) => ("consent_ends_soon", Some(*at), None),
        BankNews::DisconnectsSoon(at) => ("disconnects_soon", Some(*at), None),
        BankNews::AccessRevoked => ("access_revoked", None, None),
        BankNews::AccountRevoked(account) => ("account_revoked", None, Some(account.clone())),
        BankNews::NewAccounts => ("new_accounts", None, None),
        BankNews::LinkFinished => ("link_finished", None, None),
        BankNews::Unheard => ("interest_rates_changed", None, None),
    };
    let connection = (name != "link_finished").then(|| connection.clone());
    let body = Body { connection, news: name.to_owned(), at, account };
    let body = serde_json::to_vec(&body).unwrap();
    let head = format!("{}/{number}", sent_at.timestamp());
    let signature = format!("{head}/{}", AuditHash(hash(&head, &body)));
    WebhookDelivery { headers: vec![(SIGNATURE.to_owned(), signature)], body, received_at: sent_at }
}

fn hash(head: &str, body: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(SECRET)
        .chain_update(head)
        .chain_update([0])
        .chain_update(body)
        .finalize()
        .into()
}

pub(super) fn verify(delivery: &WebhookDelivery) -> Result<ProviderWebhook, WebhookError> {
    let refused = |kind, message: &str| WebhookError::new(kind, message);
    let unsigned = || refused(WebhookErrorKind::Malformed, "there is no signature, or more than one");
    let (head, signature) =
        delivery.header(SIGNATURE).and_then(|it| it.rsplit_once('/')).ok_or_else(unsigned)?;
    let digest = hash(head, &delivery.body);
    if AuditHash(digest).to_string() != signature {
        return Err(refused(WebhookErrorKind::Forged, "the signature is not the provider's"));
    }
    let seconds = head.split_once('/').and_then(|(seconds, _)| seconds.parse().ok());
    let sent_at = seconds.and_then(|it| DateTime::from_timestamp(it, 0)).ok_or_else(unsigned)?;
    let age = delivery.received_at - sent_at;
    if age > OLDEST || age < -NEWEST {
        return Err(refused(WebhookErrorKind::Stale, "the webhook is too old, or not sent yet"));
    }
    let body: Body = serde_json::from_slice(&delivery.body).map_err(|error| {
        refused(WebhookErrorKind::Malformed, "the body cannot be read").with_source(error)
    })?;
    let news = body.news(sent_at);
    Ok(ProviderWebhook { digest: WebhookDigest(digest), sent_at, connection: body.connection, news })
}

impl Body {
    /// What the body tells, given when it was sent.
    fn news(&self, sent_at: DateTime<Utc>) -> WebhookNews {
        let fault = |kind: ProviderErrorKind, user_message: &str| ConnectionFault {
            kind,
            code: Some(self.news.to_uppercase()),
            user_message: user_message.to_owned(),
            at: sent_at,
        };
        match (self.news.as_str(), &self.account) {
            ("transactions_ready", _) => WebhookNews::TransactionsReady,
            ("accounts_changed", _) => WebhookNews::AccountsChanged,
            ("connection_broken", _) => WebhookNews::ConnectionBroken {
                fault: fault(ProviderErrorKind::SignInAgain, "Your bank wants you to sign in again."),
            },
            ("connection_repaired", _) => WebhookNews::ConnectionRepaired,
            ("consent_ends_soon", _) => WebhookNews::ConsentEndsSoon { at: self.at },
            ("disconnects_soon", _) => WebhookNews::DisconnectsSoon { at: self.at },
            ("access_revoked", _) => WebhookNews::AccessRevoked {
                fault: fault(ProviderErrorKind::LinkAgain, "Access to this bank was withdrawn."),
            },
            ("account_revoked", Some(account)) => WebhookNews::AccountRevoked { account: account.clone() },
            ("new_accounts", _) => WebhookNews::NewAccounts,
            ("link_finished", _) => WebhookNews::LinkFinished {
                link_token: LinkToken::new("link-scripted-of-the-webhook"),
                public_tokens: vec![PublicToken::new("public-scripted-of-the-webhook")],
            },
            _ => WebhookNews::Nothing { name: self.news.clone() },
        }
    }
}
