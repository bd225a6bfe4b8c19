//! Requests to a provider and its answers.

use std::fmt;

use chrono::{DateTime, Utc};

use super::ProviderErrorKind;
use crate::model::{
    AccessToken, Cursor, HistoryStatus, InstitutionRef, LinkToken, ProviderAccount, ProviderAccountId,
    ProviderConnectionId, ProviderTransaction, ProviderTransactionId, UserId,
};

/// What to open the link dialogue for.
#[derive(Debug, Clone)]
pub struct LinkTokenRequest {
    /// The user who will sign in.
    pub user: UserId,
    /// A new connection, or the repair of one.
    pub mode: LinkMode,
    /// How the dialogue looks and where it leads.
    pub dialogue: LinkDialogue,
}

impl LinkTokenRequest {
    /// A new connection with the provider's product `transactions`.
    pub fn new(user: UserId, client_name: impl Into<String>) -> Self {
        Self {
            user,
            mode: LinkMode::New { products: vec!["transactions".to_owned()], days_requested: None },
            dialogue: LinkDialogue::new(client_name),
        }
    }
}

/// How the link dialogue looks and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDialogue {
    /// The application's name as the dialogue shows it: 1 to 30 characters.
    pub client_name: String,
    /// The language of the dialogue, such as `en`.
    pub language: String,
    /// Upper-case ISO 3166 codes of the countries whose banks are offered; at least one.
    pub country_codes: Vec<String>,
    /// Where the provider sends its webhooks. Ignored in update mode.
    pub webhook: Option<String>,
    /// Where a web or iOS application takes the user back from the bank's own site.
    pub redirect_uri: Option<String>,
    /// The Android application to take the user back to, instead of a redirect.
    pub android_package_name: Option<String>,
    /// Set to let the provider show the dialogue on a page of its own.
    pub hosted: Option<HostedLink>,
}

impl LinkDialogue {
    /// In English, for banks in the United States.
    pub fn new(client_name: impl Into<String>) -> Self {
        Self {
            client_name: client_name.into(),
            language: "en".to_owned(),
            country_codes: vec!["US".to_owned()],
            webhook: None,
            redirect_uri: None,
            android_package_name: None,
            hosted: None,
        }
    }
}

/// A new connection, or the repair of one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum LinkMode {
    /// Links a new connection.
    New {
        /// The provider's products to ask consent for; at least one.
        products: Vec<String>,
        /// Days of history to ask for, 1 to 730. It cannot be changed later; `None` is the provider's default.
        days_requested: Option<u16>,
    },
    /// Repairs a connection or changes what it shares. Its access token stays as it is.
    Update {
        /// The connection's token.
        access_token: AccessToken,
        /// Whether the user may add and drop accounts.
        select_accounts: bool,
        /// Products to ask further consent for.
        additional_products: Vec<String>,
    },
}

/// A page of the provider's own on which the user links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostedLink {
    /// Where the user goes after finishing.
    pub completion_redirect_uri: Option<String>,
    /// How long the page's address is good for.
    pub url_lifetime_seconds: Option<u32>,
}

/// An opened session of the link dialogue. Its `Debug` text shows no address, which whoever has it could open.
#[derive(Clone)]
pub struct LinkSession {
    /// The key to open it with; it may reach the user's device.
    pub token: LinkToken,
    /// When the key ends.
    pub expires_at: DateTime<Utc>,
    /// The address of the provider's own page, when one was asked for.
    pub hosted_url: Option<String>,
}

impl fmt::Debug for LinkSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkSession")
            .field("token", &self.token)
            .field("expires_at", &self.expires_at)
            .field("hosted_url", &self.hosted_url.as_ref().map(|_| "<hidden>"))
            .finish()
    }
}

/// The result of an exchange.
#[derive(Debug, Clone)]
pub struct ExchangedConnection {
    /// The provider's identifier of the connection.
    pub id: ProviderConnectionId,
    /// The long-lived key to it.
    pub access_token: AccessToken,
}

/// What a provider knows of a connection itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ProviderConnection {
    /// The provider's identifier.
    pub id: ProviderConnectionId,
    /// The institution, where told.
    pub institution: Option<InstitutionRef>,
    /// When the user's consent ends, where it does.
    pub consent_expires_at: Option<DateTime<Utc>>,
    /// The fault the connection is in, in the same words as a failed call.
    pub fault: Option<ProviderFault>,
    /// When the bank last gave transactions, whether or not any were new.
    pub transactions_updated_at: Option<DateTime<Utc>>,
    /// When the bank last refused or failed to.
    pub transactions_failed_at: Option<DateTime<Utc>>,
}

/// The fault that a provider says a connection is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFault {
    /// What the fault asks for.
    pub kind: ProviderErrorKind,
    /// The provider's code, where it gave one.
    pub code: Option<String>,
    /// A sentence fit for the user.
    pub user_message: String,
}

/// Which balances to ask from the bank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BalanceRequest {
    /// The accounts; none means all.
    pub accounts: Vec<ProviderAccountId>,
    /// The oldest balance that will do. Some institutions (Capital One) refuse to answer without it.
    pub not_older_than: Option<DateTime<Utc>>,
}

/// Which page to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// The place to go on from; `None` is the beginning.
    pub cursor: Option<Cursor>,
    /// Rows a page at the most: 1 to 500.
    pub count: u16,
}

/// One page of what changed, in the order the provider reported it.
#[derive(Debug, Clone, Default)]
pub struct UpdatePage {
    /// New rows, oldest change first. May name rows that are known.
    pub added: Vec<ProviderTransaction>,
    /// Changed rows, oldest change first. May name rows that are not known.
    pub modified: Vec<ProviderTransaction>,
    /// Rows that are gone, oldest change first. May name rows that are not known.
    pub removed: Vec<RemovedTransaction>,
    /// The accounts that this page's rows belong to.
    pub accounts: Vec<ProviderAccount>,
    /// Where to go on; `None` when the provider gave no progress.
    pub next_cursor: Option<Cursor>,
    /// Whether the update goes on at `next_cursor`.
    pub has_more: bool,
    /// How much of the history is ready.
    pub history: Option<HistoryStatus>,
    /// How often the call was repeated after a passing fault before it gave this page.
    pub retries: u32,
}

impl UpdatePage {
    /// Rows that the page reports: added, modified and removed.
    pub const fn rows(&self) -> u64 {
        (self.added.len() + self.modified.len() + self.removed.len()) as u64
    }

    /// The page that follows, of so many rows; `None` when no more is promised, or no place to go on from.
    pub fn next_request(&self, count: u16) -> Option<PageRequest> {
        let cursor = self.next_cursor.clone().filter(|_| self.has_more)?;
        Some(PageRequest { cursor: Some(cursor), count })
    }
}

/// A row that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedTransaction {
    /// The provider's identifier of the row.
    pub id: ProviderTransactionId,
    /// The provider's identifier of its account, where told.
    pub account: Option<ProviderAccountId>,
}
