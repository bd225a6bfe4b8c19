//! What was asked and how it was answered, with secrets masked.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One request as the server saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Counts from 1 since the start.
    pub number: u64,
    /// When the answer was ready, by the real clock.
    pub at: DateTime<Utc>,
    /// The path, such as `/transactions/sync`.
    pub endpoint: String,
    /// The connection, if the request named a known one.
    pub item_id: Option<String>,
    /// The HTTP status; `None` if the connection was cut before an answer.
    pub status: Option<u16>,
    /// The error code of the answer.
    pub error_code: Option<String>,
    /// The request id of the answer.
    pub request_id: String,
    /// The fault that struck, by its name.
    pub fault: Option<String>,
    /// Where the credentials were: `headers`, `body` or `none`.
    pub credentials: String,
    /// The header `Plaid-Version`.
    pub plaid_version: Option<String>,
    /// The header `Accept-Encoding`.
    pub accept_encoding: Option<String>,
    /// The body with tokens, secrets and passwords replaced by `***`; null if it was no JSON.
    pub body: Value,
}

/// The latest entries, up to a limit.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: VecDeque<JournalEntry>,
    limit: usize,
    counted: u64,
}

impl Journal {
    pub(crate) fn new(limit: usize) -> Self {
        Self { entries: VecDeque::new(), limit, counted: 0 }
    }

    pub(crate) fn add(&mut self, mut entry: JournalEntry) {
        self.counted += 1;
        entry.number = self.counted;
        if self.entries.len() >= self.limit {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub(crate) fn entries(&self, endpoint: Option<&str>) -> Vec<JournalEntry> {
        let fits = |entry: &&JournalEntry| endpoint.is_none_or(|endpoint| entry.endpoint == endpoint);
        self.entries.iter().filter(fits).cloned().collect()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

const SECRET_KEYS: [&str; 8] = [
    "secret",
    "client_id",
    "access_token",
    "access_tokens",
    "public_token",
    "link_token",
    "override_password",
    "user_token",
];

/// Replaces every secret in a request's body.
pub(crate) fn masked(mut body: Value) -> Value {
    mask(&mut body);
    body
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if SECRET_KEYS.contains(&key.as_str()) && !value.is_null() {
                    *value = Value::from("***");
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(mask),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::masked;
    use serde_json::json;

    #[test]
    fn secrets_are_masked_at_any_depth() {
        let body = json!({"access_token": "a", "options": {"override_password": "p", "count": 5}, "list": [{"secret": 1}]});
        let want = json!({"access_token": "***", "options": {"override_password": "***", "count": 5}, "list": [{"secret": "***"}]});
        assert_eq!(masked(body), want);
    }
}
