//! From the link dialogue to a connection with its first data.

use finance_core::{ConnectionId, LinkOptions, LinkRequest};
use pyo3::prelude::*;

use super::arguments::whole;
use super::operations;
use crate::errors::Failure;
use crate::records::{ConnectionSync, InstitutionRef, LinkSession, Linked, LinkedAccount};
use crate::secrets::PublicToken;
use crate::values::{Many, User};

operations! {
    /// Opens a session of the link dialogue: for a new bank, or with `connection` in update mode, which repairs or changes that one.
    ///
    /// `client_name` is what the dialogue calls the application. `products` are the provider's; a new connection has transactions unless told
    /// otherwise. `days_requested` of history cannot be changed later.
    #[pyo3(signature = (user, client_name, *, connection = None, select_accounts = false, products = None, days_requested = None, language = "en".to_owned(), country_codes = None, webhook = None, redirect_uri = None))]
    fn create_link_token(
        engine,
        user: User,
        client_name: String,
        connection: Option<i64>,
        select_accounts: bool,
        products: Option<Many<String>>,
        days_requested: Option<i64>,
        language: String,
        country_codes: Option<Many<String>>,
        webhook: Option<String>,
        redirect_uri: Option<String>,
    ) -> LinkSession {
        let mut options = match connection {
            None => LinkOptions::new(client_name),
            Some(connection) => LinkOptions::update(client_name, ConnectionId::new(connection)),
        };
        options.select_accounts = select_accounts;
        options.products = products.map_or(options.products, |products| products.0);
        let days_requested = days_requested.map(|days| whole("days_requested", days)).transpose()?;
        options.days_requested = days_requested.or(options.days_requested);
        options.dialogue.language = language;
        options.dialogue.country_codes = country_codes.map_or(options.dialogue.country_codes, |codes| codes.0);
        (options.dialogue.webhook, options.dialogue.redirect_uri) = (webhook, redirect_uri);
        Ok(engine.create_link_token(&user.0, &options).await?.into())
    }

    /// Turns the public token of a finished dialogue into a connection with its accounts and a first sync.
    ///
    /// With the institution and accounts from the dialogue's metadata, a bank that the user has already is found before the token is
    /// exchanged: then it raises `AlreadyLinkedError`, unless `allow_duplicate`.
    #[pyo3(signature = (user, public_token, *, institution = None, accounts = Many(Vec::new()), allow_duplicate = false))]
    fn link(
        engine,
        user: User,
        public_token: PublicToken,
        institution: Option<InstitutionRef>,
        accounts: Many<LinkedAccount>,
        allow_duplicate: bool,
    ) -> Linked {
        let mut request = LinkRequest::new(public_token.0);
        request.institution =
            institution.map(InstitutionRef::value).transpose().map_err(Failure::invalid)?;
        request.accounts = accounts.0.into_iter().map(Into::into).collect();
        request.allow_duplicate = allow_duplicate;
        Ok(engine.link(&user.0, request).await?.into())
    }

    /// Tells that the user finished the dialogue in update mode: the warning goes, and what they missed is synced.
    #[pyo3(signature = (user, connection))]
    fn finish_update(engine, user: User, connection: i64) -> ConnectionSync {
        Ok(engine.finish_update(&user.0, ConnectionId::new(connection)).await?.into())
    }
}
