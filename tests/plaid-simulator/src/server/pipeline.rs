//! What happens to every request: read, struck by a fault or not, checked, answered, written down.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::Response;
use chrono::Utc;
use serde_json::{Map, Value};

use super::answer::answer;
use super::credentials::Credentials;
use super::keys::shape;
use super::shape::check;
use super::{CutConnection, Endpoint, body};
use crate::error::PlaidError;
use crate::fault::{Fault, Subject};
use crate::journal::{JournalEntry, masked};
use crate::shared::Shared;
use crate::world::cursor::Cursor;
use crate::world::item::lock;

/// No request of Plaid's comes near this.
const LARGEST_REQUEST: usize = 8 * 1_024 * 1_024;

/// A request after its body was read.
pub(super) struct Call<'a> {
    pub(super) endpoint: Endpoint,
    pub(super) body: &'a Map<String, Value>,
    /// The body as it came, for the numbers' own text.
    pub(super) raw: &'a [u8],
    pub(super) request_id: &'a str,
    /// A fault that the endpoint itself has to carry out.
    pub(super) fault: Option<&'a Fault>,
}

/// An answer before it is sent.
struct Answer {
    status: u16,
    content_type: String,
    body: Vec<u8>,
    error_code: Option<String>,
    retry_after: Option<u64>,
}

impl Answer {
    fn of(result: Result<Vec<u8>, PlaidError>, request_id: &str) -> Self {
        match result {
            Ok(body) => Self::plain(200, body),
            Err(error) => Self {
                error_code: Some(error.error_code.clone()),
                ..Self::plain(error.status, error.body(request_id).to_string().into_bytes())
            },
        }
    }

    fn plain(status: u16, body: Vec<u8>) -> Self {
        let content_type = "application/json".into();
        Self { status, content_type, body, error_code: None, retry_after: None }
    }
}

/// Answers one request to Plaid's API.
pub(crate) async fn handle(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, incoming) = request.into_parts();
    let raw = to_bytes(incoming, LARGEST_REQUEST).await.unwrap_or_default();
    let request_id = shared.with_world(|world| world.fresh_id(15));
    let parsed: Option<Value> = serde_json::from_slice(&raw).ok();
    let object = parsed.as_ref().and_then(Value::as_object);
    let credentials = Credentials::read(&head.headers, object);
    let path = head.uri.path();
    let item_id = item_of(&shared, object);
    let fault = strike(&shared, path, item_id.as_deref(), object);

    if let Some(Fault::Delay { milliseconds }) = fault {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    }
    let result = match fault.as_ref().and_then(|fault| instead(fault, &request_id)) {
        Some(answer) => answer,
        None => {
            let found = match (Endpoint::find(path), &head.method) {
                (Some(endpoint), &Method::POST) => Ok(endpoint),
                _ => Err(PlaidError::new("NOT_FOUND")),
            };
            let worked = found.and_then(|endpoint| {
                let body = object.ok_or_else(|| PlaidError::new("INVALID_BODY"))?;
                credentials.check(&shared.options)?;
                check_version(&head.headers)?;
                check(body, shape(endpoint))?;
                shared.count_call(endpoint, item_id.as_deref(), credentials.client_id.unwrap_or_default())?;
                let call = Call { endpoint, body, raw: &raw, request_id: &request_id, fault: fault.as_ref() };
                answer(&shared, &call)
            });
            Answer::of(worked, &request_id)
        }
    };

    let text = |name: &str| head.headers.get(name)?.to_str().ok().map(str::to_owned);
    let cut = matches!(fault, Some(Fault::CutBeforeAnswer | Fault::CutAfterWork));
    lock(&shared.journal).add(JournalEntry {
        number: 0,
        at: Utc::now(),
        endpoint: path.to_owned(),
        item_id,
        status: (!cut).then_some(result.status),
        error_code: result.error_code.clone(),
        request_id,
        fault: fault.as_ref().map(|fault| fault.name().to_owned()),
        credentials: credentials.place.to_owned(),
        plaid_version: text("plaid-version"),
        accept_encoding: text(ACCEPT_ENCODING.as_str()),
        body: parsed.map(masked).unwrap_or_default(),
    });
    send(result, fault.as_ref(), &head.headers)
}

fn check_version(headers: &HeaderMap) -> Result<(), PlaidError> {
    let known = headers.get("plaid-version").is_none_or(|version| version == "2020-09-14");
    if known { Ok(()) } else { Err(PlaidError::new("INCOMPATIBLE_API_VERSION")) }
}

fn item_of(shared: &Shared, body: Option<&Map<String, Value>>) -> Option<String> {
    let token = body?.get("access_token")?.as_str()?;
    let world = lock(&shared.world);
    world.find_any(token).map(|item| world.items[item].item_id.clone())
}

fn strike(
    shared: &Shared,
    endpoint: &str,
    item_id: Option<&str>,
    body: Option<&Map<String, Value>>,
) -> Option<Fault> {
    let text = |key: &str| body?.get(key)?.as_str();
    let cursor = text("cursor").and_then(Cursor::decode);
    let page =
        (endpoint == Endpoint::TransactionsSync.path()).then(|| cursor.map_or(0, |cursor| cursor.page));
    lock(&shared.faults).strike(&Subject { endpoint, item_id, access_token: text("access_token"), page })
}

/// The answer of a fault that keeps the request from being carried out.
fn instead(fault: &Fault, request_id: &str) -> Option<Answer> {
    match fault {
        Fault::Error { code, error_type, status, message, retry_after } => {
            let mut error = PlaidError::new(code);
            error.error_type = error_type.clone().unwrap_or(error.error_type);
            error.error_message = message.clone().unwrap_or(error.error_message);
            error.status = status.unwrap_or(error.status);
            Some(Answer { retry_after: *retry_after, ..Answer::of(Err(error), request_id) })
        }
        Fault::Gateway { status, retry_after } => {
            let page =
                format!("<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>");
            let content_type = "text/html".into();
            Some(Answer {
                content_type,
                retry_after: *retry_after,
                ..Answer::plain(*status, page.into_bytes())
            })
        }
        Fault::Answer { status, content_type, body } => {
            Some(Answer { content_type: content_type.clone(), ..Answer::plain(*status, body.clone().into()) })
        }
        Fault::CutBeforeAnswer => Some(Answer::plain(500, Vec::new())),
        Fault::WrongJson => Some(Answer::plain(200, br#"["this is not the object you asked for"]"#.to_vec())),
        _ => None,
    }
}

fn send(answer: Answer, fault: Option<&Fault>, asked: &HeaderMap) -> Response {
    let Answer { status, content_type, body: mut bytes, retry_after, .. } = answer;
    match fault {
        Some(Fault::TruncatedJson) => bytes.truncate(bytes.len() / 2),
        Some(Fault::NullArrays) => bytes = body::null_arrays(&bytes),
        Some(Fault::UnknownValues) => bytes = body::unknown_values(&bytes),
        _ => {}
    }
    let wants_gzip =
        |headers: &HeaderMap| headers.get(ACCEPT_ENCODING)?.to_str().ok()?.contains("gzip").then_some(());
    let zipped = wants_gzip(asked).and_then(|()| body::gzip(&bytes));
    let is_zipped = zipped.is_some();
    let plain_streams = matches!(fault, Some(Fault::Oversized { .. }));
    let wire = match zipped {
        Some(zipped) if !plain_streams => zipped,
        _ => bytes,
    };
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    if is_zipped && !plain_streams {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(value) = HeaderValue::from_str(&content_type) {
        headers.insert(CONTENT_TYPE, value);
    }
    if let Some(seconds) = retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    match fault {
        Some(Fault::CutBeforeAnswer | Fault::CutAfterWork) => {
            response.extensions_mut().insert(CutConnection);
        }
        Some(Fault::CutBody { after }) => {
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(wire.len()));
            *response.body_mut() = body::cut(wire, *after);
        }
        Some(Fault::Drip { bytes, milliseconds }) => {
            *response.body_mut() = body::drip(wire, *bytes, Duration::from_millis(*milliseconds));
        }
        Some(Fault::Oversized { bytes }) => *response.body_mut() = body::oversized(wire, *bytes),
        _ => *response.body_mut() = Body::from(wire),
    }
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
}
