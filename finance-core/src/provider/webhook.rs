//! Webhooks: what a provider sends by itself, and what it means.

use std::error::Error as StdError;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{ConnectionFault, LinkToken, ProviderAccountId, ProviderConnectionId, PublicToken};

/// A webhook as it arrived over HTTP. Nobody knows yet who sent it.
///
/// Its `Debug` shows neither headers nor body, for they may hold tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Names and values of the headers.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte: a body that was parsed and written anew has another signature.
    pub body: Vec<u8>,
    /// When it arrived.
    pub received_at: DateTime<Utc>,
}

impl WebhookDelivery {
    /// The value of the header with this name, whatever the case of its letters; `None` when there is none, and when there
    /// are several, for then nobody can say which one counts.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }
}

impl fmt::Debug for WebhookDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookDelivery")
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .field("received_at", &self.received_at)
            .finish()
    }
}

/// A webhook that surely comes from the provider.
#[derive(Debug, Clone)]
pub struct ProviderWebhook {
    /// The same for every arrival of one delivery, and another one for one that says something else or was sent in another
    /// second.
    pub digest: WebhookDigest,
    /// When the provider sent it.
    pub sent_at: DateTime<Utc>,
    /// The connection it is about, where it is about one.
    pub connection: Option<ProviderConnectionId>,
    /// What it tells.
    pub news: WebhookNews,
}

/// What tells one delivery of a webhook from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WebhookDigest(pub [u8; 32]);

/// What a webhook tells. It is a hint: what stands at the bank is learned by asking.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum WebhookNews {
    /// There are transactions to fetch.
    TransactionsReady,
    /// Balances, holdings or debts of accounts changed.
    AccountsChanged,
    /// The connection works no longer, for this reason.
    ConnectionBroken {
        /// What the reason asks for.
        fault: ConnectionFault,
    },
    /// The connection works again.
    ConnectionRepaired,
    /// The user's consent ends soon, then, unless they renew it in update mode.
    ConsentEndsSoon {
        /// When, where told.
        at: Option<DateTime<Utc>>,
    },
    /// The institution ends the connection soon, then, unless the user renews it in update mode.
    DisconnectsSoon {
        /// When, where told.
        at: Option<DateTime<Utc>>,
    },
    /// The user or the bank withdrew access to the whole connection. The provider may want its data deleted.
    AccessRevoked {
        /// What that asks for.
        fault: ConnectionFault,
    },
    /// The user withdrew access to one account. The provider may want its data deleted.
    AccountRevoked {
        /// The account.
        account: ProviderAccountId,
    },
    /// The bank has accounts that the user does not share yet. They can be added in update mode.
    NewAccounts,
    /// A session of the link dialogue ended on the provider's own page.
    LinkFinished {
        /// The session's key, as it was handed out.
        link_token: LinkToken,
        /// The results, to be handed to [`SyncEngine::link`](crate::SyncEngine::link); none when the user gave up.
        public_tokens: Vec<PublicToken>,
    },
    /// The webhook belongs to another environment of the provider, such as its sandbox.
    OtherEnvironment {
        /// Its name.
        environment: String,
    },
    /// Nothing is to be done: it is of no use here, or this version does not know it.
    Nothing {
        /// The provider's name for the webhook.
        name: String,
    },
}

impl WebhookNews {
    /// The stable name, as in `transactions_ready`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TransactionsReady => "transactions_ready",
            Self::AccountsChanged => "accounts_changed",
            Self::ConnectionBroken { .. } => "connection_broken",
            Self::ConnectionRepaired => "connection_repaired",
            Self::ConsentEndsSoon { .. } => "consent_ends_soon",
            Self::DisconnectsSoon { .. } => "disconnects_soon",
            Self::AccessRevoked { .. } => "access_revoked",
            Self::AccountRevoked { .. } => "account_revoked",
            Self::NewAccounts => "new_accounts",
            Self::LinkFinished { .. } => "link_finished",
            Self::OtherEnvironment { .. } => "other_environment",
            Self::Nothing { .. } => "nothing",
        }
    }
}

/// Why a webhook is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WebhookErrorKind {
    /// The provider did not sign this body.
    Forged,
    /// It is signed, but at an instant too far from now: an old delivery sent again, or a clock that is wrong.
    Stale,
    /// It is no webhook of the provider: without a signature, too large, or not to be read.
    Malformed,
    /// Whether it is genuine cannot be told now. Let the provider send it again.
    KeyUnavailable,
    /// The provider sends no webhooks.
    Unsupported,
}

impl WebhookErrorKind {
    /// The HTTP status to answer with. One of 500 and above makes the provider send the webhook again.
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Forged | Self::Stale => 401,
            Self::Malformed => 400,
            Self::KeyUnavailable => 503,
            Self::Unsupported => 404,
        }
    }
}

/// A webhook that is refused. Nothing of its body is shown, for anybody may have written it.
#[derive(Debug)]
pub struct WebhookError {
    kind: WebhookErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl WebhookError {
    /// An error with a message for a developer.
    pub fn new(kind: WebhookErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the error underneath.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Why it is refused.
    pub const fn kind(&self) -> WebhookErrorKind {
        self.kind
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for WebhookError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_in_any_case_and_only_alone() {
        let delivery = |names: &[&str]| WebhookDelivery {
            headers: names.iter().map(|name| ((*name).to_owned(), format!("value of {name}"))).collect(),
            body: b"{}".to_vec(),
            received_at: DateTime::UNIX_EPOCH,
        };
        assert_eq!(delivery(&["a", "SIGNED"]).header("Signed"), Some("value of SIGNED"));
        assert_eq!(delivery(&["a", "signed-by"]).header("signed"), None);
        assert_eq!(delivery(&["signed", "Signed"]).header("signed"), None);
        assert!(!format!("{:?}", delivery(&["signed"])).contains("value"));
    }
}
