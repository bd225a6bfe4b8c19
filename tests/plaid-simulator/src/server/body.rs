//! The bytes of an answer and what faults do to them.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::stream::{self, Stream, StreamExt as _};
use std::io::Write as _;

use super::CutConnection;

/// Smaller bodies are not worth compressing.
const GZIP_FROM: usize = 1_024;

pub(super) fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    if body.len() < GZIP_FROM {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

/// A body whose connection closes after so many bytes.
pub(super) fn cut(body: Vec<u8>, after: Option<usize>) -> Body {
    let after = after.unwrap_or(body.len() / 2).min(body.len().saturating_sub(1));
    let start = Bytes::from(body).slice(..after);
    let pause = stream::once(async {
        // The first bytes reach the client before the connection closes.
        tokio::time::sleep(Duration::from_millis(5)).await;
        Err(CutConnection)
    });
    Body::from_stream(stream::once(async { Ok(start) }).chain(pause))
}

/// A body that comes in pieces, with a pause before each.
pub(super) fn drip(body: Vec<u8>, bytes: usize, pause: Duration) -> Body {
    Body::from_stream(pieces(Bytes::from(body), bytes.max(1)).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, CutConnection>(piece)
    }))
}

fn pieces(body: Bytes, size: usize) -> impl Stream<Item = Bytes> {
    stream::unfold(body, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        let piece = rest.split_to(size.min(rest.len()));
        Some((piece, rest))
    })
}

/// A JSON object with a key of so many bytes in front; never held in memory as a whole.
pub(super) fn oversized(body: Vec<u8>, bytes: u64) -> Body {
    const PIECE: usize = 64 * 1_024;
    let padding = Bytes::from(vec![b'x'; PIECE]);
    let full = stream::repeat(padding.clone()).take((bytes / PIECE as u64) as usize);
    let rest = padding.slice(..(bytes % PIECE as u64) as usize);
    let start = stream::iter([Bytes::from_static(b"{\"padding\":\"")]);
    let end = stream::iter([rest, Bytes::from_static(b"\","), Bytes::from(body).slice(1..)]);
    Body::from_stream(start.chain(full).chain(end).map(Ok::<_, CutConnection>))
}

/// Replaces every occurrence of a text.
fn replace(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    let from = from.as_bytes();
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// Makes empty arrays null.
pub(super) fn null_arrays(body: &[u8]) -> Vec<u8> {
    replace(body, "\":[]", "\":null")
}

/// Sprinkles enum values and keys that no client has heard of.
pub(super) fn unknown_values(body: &[u8]) -> Vec<u8> {
    let new_key = "{\"a_new_key\":{\"deep\":[1,null,{\"x\":\"y\"}]},";
    let mut out = replace(body, "{\"account_id\":", &format!("{new_key}\"account_id\":"));
    for (from, to) in [
        ("\"payment_channel\":\"in store\"", "\"payment_channel\":\"in orbit\""),
        ("\"transaction_code\":null", "\"transaction_code\":\"teleport\""),
        ("\"subtype\":\"checking\"", "\"subtype\":\"quantum checking\""),
        ("\"type\":\"credit\"", "\"type\":\"lunar credit\""),
        ("\"type\":\"merchant\"", "\"type\":\"robot\""),
        ("\"update_type\":\"background\"", "\"update_type\":\"sideways\""),
        ("\"confidence_level\":\"LOW\"", "\"confidence_level\":\"HUNCH\""),
    ] {
        out = replace(&out, from, to);
    }
    out.splice(..1, new_key.bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::{null_arrays, unknown_values};
    use serde_json::Value;

    #[test]
    fn distorted_bodies_are_still_json() {
        let body = br#"{"added":[],"accounts":[{"account_id":"a","type":"credit"}]}"#;
        let nulls: Value = serde_json::from_slice(&null_arrays(body)).unwrap();
        assert!(nulls["added"].is_null() && nulls["accounts"].is_array());
        let strange: Value = serde_json::from_slice(&unknown_values(body)).unwrap();
        assert_eq!(strange["accounts"][0]["type"], "lunar credit");
        assert!(strange["a_new_key"].is_object() && strange["accounts"][0]["a_new_key"].is_object());
    }
}
