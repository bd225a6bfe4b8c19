//! Who asks: client id and secret from the headers or the body.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use crate::error::PlaidError;
use crate::options::SimulatorOptions;

/// The credentials of a request. They are compared and forgotten, never printed.
pub(super) struct Credentials<'a> {
    pub(super) client_id: Option<&'a str>,
    secret: Option<&'a str>,
    /// `headers`, `body` or `none`, for the journal.
    pub(super) place: &'static str,
}

impl<'a> Credentials<'a> {
    pub(super) fn read(headers: &'a HeaderMap, body: Option<&'a Map<String, Value>>) -> Self {
        let header = |name: &str| headers.get(name)?.to_str().ok().filter(|text| !text.is_empty());
        let key = |name: &str| body?.get(name)?.as_str().filter(|text| !text.is_empty());
        let by_header = (header("plaid-client-id"), header("plaid-secret"));
        let by_body = (key("client_id"), key("secret"));
        let place = match (by_header, by_body) {
            ((Some(_), Some(_)), _) => "headers",
            (_, (Some(_), Some(_))) => "body",
            _ => "none",
        };
        Self { client_id: by_header.0.or(by_body.0), secret: by_header.1.or(by_body.1), place }
    }

    pub(super) fn check(&self, options: &SimulatorOptions) -> Result<(), PlaidError> {
        let accepted = match (self.client_id, self.secret, &options.credentials) {
            (Some(_), Some(_), None) => true,
            (Some(id), Some(secret), Some((own_id, own_secret))) => id == own_id && secret == own_secret,
            _ => false,
        };
        if accepted { Ok(()) } else { Err(PlaidError::new("INVALID_API_KEYS")) }
    }
}
