//! What crosses the port of a provider that is written in Python: link sessions and connections.

use finance_core::{InstitutionId, InstitutionRef, LinkMode, ProviderConnectionId};
use pyo3::prelude::*;

use super::unusable;
use crate::choices::ProviderErrorKind;
use crate::record::record;
use crate::secrets::{AccessToken, LinkToken};
use crate::values::{Instant, Many};

record! {
    /// What to open the link dialogue for.
    LinkTokenRequest {
        /// The user who will sign in.
        user: String,
        /// In update mode the connection to repair; `None` links a new one.
        access_token: Option<AccessToken>,
        /// Of a new connection, the products to ask consent for.
        products: Many<String>,
        /// Of a new connection, the days of history to ask for.
        days_requested: Option<u16>,
        /// In update mode, whether the user may add and drop accounts.
        select_accounts: bool,
        /// In update mode, products to ask further consent for.
        additional_products: Many<String>,
        /// The application's name as the dialogue shows it.
        client_name: String,
        /// The language of the dialogue, such as `en`.
        language: String,
        /// Upper-case ISO 3166 codes of the countries whose banks are offered.
        country_codes: Many<String>,
        /// Where webhooks are to go.
        webhook: Option<String>,
        /// Where the user comes back to from the bank's own site.
        redirect_uri: Option<String>,
        /// The Android application to take the user back to.
        android_package_name: Option<String>,
        /// Whether the provider shows the dialogue on a page of its own.
        hosted: bool,
        /// Where the user goes after finishing on that page.
        completion_redirect_uri: Option<String>,
        /// How long that page's address is good for.
        url_lifetime_seconds: Option<u32>,
    }
}

impl From<finance_core::LinkTokenRequest> for LinkTokenRequest {
    fn from(it: finance_core::LinkTokenRequest) -> Self {
        let (mut access_token, mut products, mut days_requested) = (None, Vec::new(), None);
        let (mut select_accounts, mut additional_products) = (false, Vec::new());
        match it.mode {
            LinkMode::New { products: asked, days_requested: days } => {
                (products, days_requested) = (asked, days);
            }
            LinkMode::Update { access_token: token, select_accounts: select, additional_products: more } => {
                access_token = Some(AccessToken(token));
                (select_accounts, additional_products) = (select, more);
            }
            _ => {}
        }
        let hosted = it.dialogue.hosted;
        Self {
            user: it.user.as_str().to_owned(),
            access_token,
            products: Many(products),
            days_requested,
            select_accounts,
            additional_products: Many(additional_products),
            client_name: it.dialogue.client_name,
            language: it.dialogue.language,
            country_codes: Many(it.dialogue.country_codes),
            webhook: it.dialogue.webhook,
            redirect_uri: it.dialogue.redirect_uri,
            android_package_name: it.dialogue.android_package_name,
            hosted: hosted.is_some(),
            url_lifetime_seconds: hosted.as_ref().and_then(|hosted| hosted.url_lifetime_seconds),
            completion_redirect_uri: hosted.and_then(|hosted| hosted.completion_redirect_uri),
        }
    }
}

record! {
    /// An opened session of the link dialogue.
    LinkSession from finance_core::LinkSession as it {
        /// The key to open it with; it may reach the user's device.
        token: LinkToken = LinkToken(it.token),
        /// When the key ends.
        expires_at: Instant = it.expires_at.into(),
        /// The address of the provider's own page, when one was asked for.
        hosted_url: Option<String> [None] = it.hosted_url,
    }
}

impl LinkSession {
    /// Whoever has the address can open the session.
    const HIDDEN: &[&str] = &["hosted_url"];

    pub(crate) fn core(self) -> finance_core::LinkSession {
        finance_core::LinkSession {
            token: self.token.0,
            expires_at: self.expires_at.0,
            hosted_url: self.hosted_url,
        }
    }
}

record! {
    /// The result of an exchange.
    ExchangedConnection {
        /// The provider's identifier of the connection.
        id: String,
        /// The long-lived key to it.
        access_token: AccessToken,
    }
}

impl ExchangedConnection {
    pub(crate) fn core(self) -> PyResult<finance_core::ExchangedConnection> {
        Ok(finance_core::ExchangedConnection {
            id: ProviderConnectionId::new(self.id).map_err(unusable)?,
            access_token: self.access_token.0,
        })
    }
}

record! {
    /// The fault that a provider says a connection is in.
    ProviderFault {
        /// What the fault asks for.
        reason: ProviderErrorKind,
        /// A sentence fit for the user.
        user_message: String,
        /// The provider's code.
        code: Option<String> [None],
    }
}

record! {
    /// What a provider knows of a connection itself.
    ProviderConnection {
        /// The provider's identifier.
        id: String,
        /// The provider's identifier of the institution.
        institution_id: Option<String> [None],
        /// The institution's name.
        institution_name: Option<String> [None],
        /// When the user's consent ends, where it does.
        consent_expires_at: Option<Instant> [None],
        /// The fault the connection is in.
        fault: Option<ProviderFault> [None],
        /// When the bank last gave transactions, whether or not any were new.
        transactions_updated_at: Option<Instant> [None],
        /// When the bank last refused or failed to.
        transactions_failed_at: Option<Instant> [None],
    }
}

impl ProviderConnection {
    pub(crate) fn core(self) -> PyResult<finance_core::ProviderConnection> {
        let institution = |id: String| -> PyResult<_> {
            let id = InstitutionId::new(id).map_err(unusable)?;
            Ok(InstitutionRef { id, name: self.institution_name })
        };
        let fault = |fault: ProviderFault| -> PyResult<_> {
            Ok(finance_core::ProviderFault {
                kind: fault.reason.value()?,
                code: fault.code,
                user_message: fault.user_message,
            })
        };
        Ok(finance_core::ProviderConnection {
            id: ProviderConnectionId::new(self.id).map_err(unusable)?,
            institution: self.institution_id.map(institution).transpose()?,
            consent_expires_at: self.consent_expires_at.map(|at| at.0),
            fault: self.fault.map(fault).transpose()?,
            transactions_updated_at: self.transactions_updated_at.map(|at| at.0),
            transactions_failed_at: self.transactions_failed_at.map(|at| at.0),
        })
    }
}

record! {
    /// What a provider tells of an institution.
    Institution from finance_core::Institution as it {
        /// The provider's identifier.
        id: String = it.id.as_str().to_owned(),
        /// The name people know it by.
        name: String = it.name,
        /// Upper-case ISO 3166 codes of the countries in which it works.
        country_codes: Many<String> [Many(Vec::new())] = Many(it.country_codes),
        /// Whether signing in leads through the bank's own site.
        oauth: bool [false] = it.oauth,
        /// Its home page.
        url: Option<String> [None] = it.url,
    }
}

impl Institution {
    pub(crate) fn core(self) -> PyResult<finance_core::Institution> {
        Ok(finance_core::Institution {
            id: InstitutionId::new(self.id).map_err(unusable)?,
            name: self.name,
            country_codes: self.country_codes.0,
            oauth: self.oauth,
            url: self.url,
        })
    }
}
