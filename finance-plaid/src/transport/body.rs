use std::time::Duration;

use finance_core::ProviderErrorKind;

use crate::error::{PlaidError, Reached};

/// Memory set aside at once on the word of a `Content-Length`.
const MAX_RESERVED: u64 = 4 << 20;

/// Reads the body, counted after decompression, and gives up as soon as it passes the limit.
pub(super) async fn read(
    mut response: reqwest::Response,
    max_bytes: usize,
    timeout: Duration,
) -> Result<Vec<u8>, PlaidError> {
    let announced = response.content_length().unwrap_or(0).min(MAX_RESERVED);
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(|error| lost(error, timeout))? {
        if chunk.len() > max_bytes - body.len() {
            let message = format!("the answer is larger than the {max_bytes} bytes that are allowed");
            return Err(PlaidError::new(ProviderErrorKind::InvalidAnswer, message));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// No answer, or only a part of one.
pub(super) fn lost(error: reqwest::Error, timeout: Duration) -> PlaidError {
    let (message, reached) = if error.is_connect() {
        ("Plaid cannot be reached".to_owned(), Reached::Nothing)
    } else if error.is_timeout() {
        (format!("no complete answer within {timeout:?}"), Reached::Unknown)
    } else {
        ("the connection broke before the answer was complete".to_owned(), Reached::Unknown)
    };
    PlaidError::new(ProviderErrorKind::RetryLater, message).reaching(reached).with_source(error.without_url())
}
