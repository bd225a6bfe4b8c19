//! Faults by script: rules that strike chosen requests.

use serde::{Deserialize, Serialize};

/// When a fault strikes. A request takes the first rule that fits it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct FaultRule {
    /// Only this path, such as `/transactions/sync`; `None` is any.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Only this connection, by item id or access token.
    #[serde(default)]
    pub item: Option<String>,
    /// Only this page of an update, counted from 0; for `/transactions/sync`.
    #[serde(default)]
    pub page: Option<u32>,
    /// So many fitting requests pass unharmed first.
    #[serde(default)]
    pub skip: u32,
    /// So many requests are struck; `None` is all.
    #[serde(default = "once")]
    pub times: Option<u32>,
    /// What happens.
    pub fault: Fault,
}

fn once() -> Option<u32> {
    Some(1)
}

impl FaultRule {
    /// Strikes the next request of an endpoint, once.
    pub fn once(endpoint: &str, fault: Fault) -> Self {
        Self { endpoint: Some(endpoint.into()), item: None, page: None, skip: 0, times: Some(1), fault }
    }

    /// Strikes every request of an endpoint.
    pub fn always(endpoint: &str, fault: Fault) -> Self {
        Self { times: None, ..Self::once(endpoint, fault) }
    }

    /// The same for one page of an update only, counted from 0.
    pub fn on_page(self, page: u32) -> Self {
        Self { page: Some(page), ..self }
    }

    /// The same for one connection only.
    pub fn of_item(self, item: &str) -> Self {
        Self { item: Some(item.into()), ..self }
    }

    /// The same, after so many fitting requests.
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }

    /// The same, so many times.
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fault {
    /// An error of Plaid's, by its code; type, status and message are the usual ones unless given.
    Error {
        /// Such as `TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION`.
        code: String,
        /// Another `error_type`.
        #[serde(default)]
        error_type: Option<String>,
        /// Another HTTP status.
        #[serde(default)]
        status: Option<u16>,
        /// Another message.
        #[serde(default)]
        message: Option<String>,
        /// Seconds for a `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// A gateway's page of HTML.
    Gateway {
        /// The HTTP status, such as 502.
        status: u16,
        /// Seconds for a `Retry-After` header.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// Any answer, verbatim.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The content type.
        #[serde(default = "json_type")]
        content_type: String,
        /// The body.
        body: String,
    },
    /// The connection closes without an answer; the request has no effect.
    CutBeforeAnswer,
    /// The request is carried out, then the connection closes without an answer.
    CutAfterWork,
    /// The connection closes after so many bytes of the body, by default half of it.
    CutBody {
        /// How many bytes come through.
        #[serde(default)]
        after: Option<usize>,
    },
    /// The answer comes late.
    Delay {
        /// By how much.
        milliseconds: u64,
    },
    /// The body comes in small pieces.
    Drip {
        /// The size of a piece.
        bytes: usize,
        /// The pause before each.
        milliseconds: u64,
    },
    /// So many bytes of padding stand inside the body, which stays valid JSON.
    Oversized {
        /// How many.
        bytes: u64,
    },
    /// The body ends in the middle of its JSON; the transfer itself is complete.
    TruncatedJson,
    /// The body is JSON of another shape, with status 200.
    WrongJson,
    /// Empty arrays are null.
    NullArrays,
    /// Enum values and keys no client has heard of.
    UnknownValues,
    /// The page comes twice: the cursor behind it leads to the same page again.
    DuplicatePage,
    /// `has_more` is true and the cursor is the one that was sent.
    UnchangedCursor,
    /// `has_more` is true and the cursor is empty.
    EmptyCursor,
}

fn json_type() -> String {
    "application/json".into()
}

impl Fault {
    /// An error of Plaid's by its code, with the usual type, status and message.
    pub fn error(code: &str) -> Self {
        Self::Error { code: code.into(), error_type: None, status: None, message: None, retry_after: None }
    }

    /// The name in the journal.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Error { .. } => "error",
            Self::Gateway { .. } => "gateway",
            Self::Answer { .. } => "answer",
            Self::CutBeforeAnswer => "cut_before_answer",
            Self::CutAfterWork => "cut_after_work",
            Self::CutBody { .. } => "cut_body",
            Self::Delay { .. } => "delay",
            Self::Drip { .. } => "drip",
            Self::Oversized { .. } => "oversized",
            Self::TruncatedJson => "truncated_json",
            Self::WrongJson => "wrong_json",
            Self::NullArrays => "null_arrays",
            Self::UnknownValues => "unknown_values",
            Self::DuplicatePage => "duplicate_page",
            Self::UnchangedCursor => "unchanged_cursor",
            Self::EmptyCursor => "empty_cursor",
        }
    }
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<FaultRule>,
}

/// What a rule may ask about a request.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) endpoint: &'a str,
    pub(crate) item_id: Option<&'a str>,
    pub(crate) access_token: Option<&'a str>,
    pub(crate) page: Option<u32>,
}

impl Faults {
    pub(crate) fn add(&mut self, rule: FaultRule) {
        self.rules.push(rule);
    }

    pub(crate) fn list(&self) -> Vec<FaultRule> {
        self.rules.clone()
    }

    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// The fault that strikes a request, counted against its rule.
    pub(crate) fn strike(&mut self, subject: &Subject<'_>) -> Option<Fault> {
        for index in 0..self.rules.len() {
            let rule = &mut self.rules[index];
            if !rule.fits(subject) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            let fault = rule.fault.clone();
            match &mut rule.times {
                None => {}
                Some(0 | 1) => drop(self.rules.remove(index)),
                Some(times) => *times -= 1,
            }
            return Some(fault);
        }
        None
    }
}

impl FaultRule {
    fn fits(&self, subject: &Subject<'_>) -> bool {
        let item = |item: &String| [subject.item_id, subject.access_token].contains(&Some(item.as_str()));
        self.endpoint.as_ref().is_none_or(|endpoint| endpoint == subject.endpoint)
            && self.item.as_ref().is_none_or(item)
            && self.page.is_none_or(|page| subject.page == Some(page))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, FaultRule, Faults, Subject};

    #[test]
    fn rules_skip_strike_and_run_out() {
        let mut faults = Faults::default();
        faults.add(FaultRule::once("/a", Fault::TruncatedJson).after(1).times(2));
        faults.add(FaultRule::always("/b", Fault::WrongJson).on_page(1).of_item("i"));
        let mut strike = |endpoint, item_id, page| {
            let subject = Subject { endpoint, item_id, access_token: None, page };
            faults.strike(&subject).map(|fault| fault.name())
        };
        let seen: Vec<_> = (0..4).map(|_| strike("/a", None, None)).collect();
        assert_eq!(seen, [None, Some("truncated_json"), Some("truncated_json"), None]);
        assert_eq!(strike("/b", Some("i"), Some(0)), None);
        assert_eq!(strike("/b", Some("j"), Some(1)), None);
        assert_eq!(strike("/b", Some("i"), Some(1)), Some("wrong_json"));
        assert_eq!(strike("/b", Some("i"), Some(1)), Some("wrong_json"));
    }

    #[test]
    fn rules_are_read_from_json() {
        let rule: FaultRule = serde_json::from_str(
            r#"{"endpoint":"/x","fault":{"error":{"code":"RATE_LIMIT","retry_after":3}}}"#,
        )
        .unwrap();
        assert_eq!((rule.times, rule.skip), (Some(1), 0));
        let plain: FaultRule = serde_json::from_str(r#"{"times":null,"fault":"cut_before_answer"}"#).unwrap();
        assert_eq!((plain.times, plain.fault), (None, Fault::CutBeforeAnswer));
        assert!(serde_json::from_str::<FaultRule>(r#"{"fault":"cut_before_answer","tims":1}"#).is_err());
    }
}
