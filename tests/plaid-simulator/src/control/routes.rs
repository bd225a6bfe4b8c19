//! The commands over HTTP, for other processes and other languages.

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::TimeDelta;
use futures::stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Advance, Change, Control, ControlError, TruthAccount};

/// Everything below `/_simulator`.
pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/today", get(today))
        .route("/connections", get(connections).post(connect))
        .route("/connections/{id}", get(connection))
        .route("/connections/{id}/relink", post(relink))
        .route("/connections/{id}/changes", post(change))
        .route("/connections/{id}/truth", get(truth))
        .route("/connections/{id}/summary", get(summary))
        .route("/connections/{id}/webhooks", post(fire_webhook))
        .route("/advance", post(advance))
        .route("/link_session", post(link_session))
        .route("/faults", get(faults).post(add_faults).delete(clear_faults))
        .route("/journal", get(journal).delete(clear_journal))
        .route("/webhooks", get(deliveries))
        .route("/webhooks/keys", get(key).post(rotate_key))
        .route("/webhooks/clock", post(set_webhook_clock))
        .fallback(nothing)
        .with_state(control)
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::UnknownConnection(_) | Self::UnknownAccount(_) | Self::UnknownTransaction(_) => {
                StatusCode::NOT_FOUND
            }
            _ => StatusCode::BAD_REQUEST,
        };
        let code = match &self {
            Self::Refused { code, .. } => Some(code.clone()),
            _ => None,
        };
        (status, Json(json!({"error": self.to_string(), "error_code": code}))).into_response()
    }
}

fn tell<T: Serialize>(result: Result<T, ControlError>) -> Response {
    result.map(Json).into_response()
}

/// Like [`tell`] for commands in the body. What it does not know is an error, so that a typing mistake is not a
/// silent pass.
fn obey<C: DeserializeOwned, T: Serialize>(
    body: &Bytes,
    command: impl FnOnce(C) -> Result<T, ControlError>,
) -> Response {
    match serde_json::from_slice(body) {
        Ok(asked) => tell(command(asked)),
        Err(error) => {
            let body = json!({"error": error.to_string(), "error_code": null});
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}

async fn nothing() -> Response {
    (StatusCode::NOT_FOUND, Json(json!({"error": "there is no such command", "error_code": null})))
        .into_response()
}

async fn today(State(control): State<Control>) -> Json<Value> {
    Json(json!({"today": control.today()}))
}

async fn connections(State(control): State<Control>) -> Json<Value> {
    Json(json!({"connections": control.connections()}))
}

async fn connect(State(control): State<Control>, body: Bytes) -> Response {
    obey(&body, |new| control.connect(new))
}

async fn connection(State(control): State<Control>, Path(id): Path<String>) -> Response {
    tell(control.connection(&id))
}

async fn relink(State(control): State<Control>, Path(id): Path<String>) -> Response {
    tell(control.relink(&id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    changes: Vec<Change>,
    #[serde(default)]
    silent: bool,
}

async fn change(State(control): State<Control>, Path(id): Path<String>, body: Bytes) -> Response {
    obey(&body, |asked: Changes| {
        let change = if asked.silent { Control::change_silently } else { Control::change };
        change(&control, &id, asked.changes).map(|outcomes| json!({"outcomes": outcomes}))
    })
}

/// One JSON object, written in portions so that its size does not matter.
async fn truth(State(control): State<Control>, Path(id): Path<String>) -> Response {
    const PORTION: usize = 5_000;
    let accounts = match control.truth_accounts(&id) {
        Ok(accounts) => accounts,
        Err(error) => return error.into_response(),
    };
    let start = format!("{{\"accounts\":{},\"transactions\":[", text(&accounts));
    let portions = stream::unfold((Some(0), start), move |(from, mut out)| {
        let (control, id) = (control.clone(), id.clone());
        async move {
            let from = from?;
            let page = match control.truth_page(&id, from, PORTION) {
                Ok(page) => page,
                Err(error) => return Some((Err(error), (None, String::new()))),
            };
            let rows: Vec<_> = page.0.iter().map(text).collect();
            out.push_str(&rows.join(","));
            out.push_str(if page.1.is_some() { "," } else { "]}" });
            Some((Ok(out), (page.1, String::new())))
        }
    });
    ([("content-type", "application/json")], Body::from_stream(portions)).into_response()
}

/// Straight to text: through a JSON value the amounts would become floats.
fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[derive(Serialize)]
struct Summary {
    accounts: Vec<TruthAccount>,
}

async fn summary(State(control): State<Control>, Path(id): Path<String>) -> Response {
    tell(control.truth_accounts(&id).map(|accounts| Summary { accounts }))
}

async fn fire_webhook(State(control): State<Control>, Path(id): Path<String>, body: Bytes) -> Response {
    obey(&body, |fire| control.fire_webhook(&id, fire).map(|()| json!({})))
}

async fn advance(State(control): State<Control>, body: Bytes) -> Response {
    obey(&body, |asked: Advance| control.advance(&asked).map(|today| json!({"today": today})))
}

async fn link_session(State(control): State<Control>, body: Bytes) -> Response {
    obey(&body, |session| control.link_session(session))
}

async fn faults(State(control): State<Control>) -> Json<Value> {
    Json(json!({"faults": control.faults()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    faults: Vec<crate::fault::FaultRule>,
}

async fn add_faults(State(control): State<Control>, body: Bytes) -> Response {
    obey(&body, |asked: Rules| {
        asked.faults.into_iter().for_each(|rule| control.add_fault(rule));
        Ok(json!({}))
    })
}

async fn clear_faults(State(control): State<Control>) -> Json<Value> {
    control.clear_faults();
    Json(json!({}))
}

#[derive(Deserialize)]
struct Filter {
    endpoint: Option<String>,
}

async fn journal(State(control): State<Control>, Query(filter): Query<Filter>) -> Json<Value> {
    Json(json!({"requests": control.journal(filter.endpoint.as_deref())}))
}

async fn clear_journal(State(control): State<Control>) -> Json<Value> {
    control.clear_journal();
    Json(json!({}))
}

/// Waits for those still on their way.
async fn deliveries(State(control): State<Control>) -> Json<Value> {
    control.webhooks_settled().await;
    Json(json!({"deliveries": control.deliveries()}))
}

async fn key(State(control): State<Control>) -> Json<Value> {
    Json(json!({"key_id": control.key_id()}))
}

async fn rotate_key(State(control): State<Control>) -> Json<Value> {
    Json(json!({"key_id": control.rotate_key()}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookClock {
    ahead_seconds: i32,
}

async fn set_webhook_clock(State(control): State<Control>, body: Bytes) -> Response {
    obey(&body, |clock: WebhookClock| {
        control.set_webhook_clock(TimeDelta::seconds(clock.ahead_seconds.into()));
        Ok(json!({}))
    })
}
