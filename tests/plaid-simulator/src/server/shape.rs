//! Checks a request against the keys and types Plaid knows.

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value};

use crate::error::PlaidError;

/// The type of a key's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A string of at least so many characters and, if it is a choice, one of these.
    Text(usize, &'static [&'static str]),
    /// A whole number between two bounds.
    Whole(i64, i64),
    Number,
    Flag,
    Date,
    Instant,
    /// A list of at least so many.
    List(&'static Kind, usize),
    Object(&'static Shape),
    /// An object of a product this server does not simulate.
    Anything,
}

/// One key of an object.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
}

/// The keys of an object.
pub(crate) type Shape = [Key];

pub(super) const fn must(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, required: true, nullable: false }
}

pub(super) const fn may(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, required: false, nullable: false }
}

pub(super) const fn null(name: &'static str, kind: Kind) -> Key {
    Key { name, kind, required: false, nullable: true }
}

/// Checks a request's body; `client_id` and `secret` are allowed beside the shape's own keys.
pub(crate) fn check(body: &Map<String, Value>, shape: &Shape) -> Result<(), PlaidError> {
    let credentials = ["client_id", "secret"];
    for (name, value) in body.iter().filter(|(name, _)| credentials.contains(&name.as_str())) {
        check_value(value, &Kind::Text(0, &[]), name)?;
    }
    check_keys(body, shape, "", &credentials)
}

fn check_keys(body: &Map<String, Value>, shape: &Shape, path: &str, also: &[&str]) -> Result<(), PlaidError> {
    let full = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let known = |name: &&String| shape.iter().any(|key| key.name == **name) || also.contains(&name.as_str());
    let unknown: Vec<_> = body.keys().filter(|name| !known(name)).map(|name| full(name)).collect();
    if !unknown.is_empty() {
        let message =
            format!("the following fields are not recognized by this endpoint: {}", unknown.join(", "));
        return Err(PlaidError::with("UNKNOWN_FIELDS", message));
    }
    let missing: Vec<_> = shape
        .iter()
        .filter(|key| key.required && !body.contains_key(key.name))
        .map(|key| full(key.name))
        .collect();
    if !missing.is_empty() {
        let message = format!("the following required fields are missing: {}", missing.join(", "));
        return Err(PlaidError::with("MISSING_FIELDS", message));
    }
    for key in shape {
        match body.get(key.name) {
            None => {}
            Some(Value::Null) if key.nullable => {}
            Some(value) => check_value(value, &key.kind, &full(key.name))?,
        }
    }
    Ok(())
}

fn check_value(value: &Value, kind: &Kind, path: &str) -> Result<(), PlaidError> {
    let fault = |what: &str| Err(PlaidError::with("INVALID_FIELD", format!("{path} must be {what}")));
    match (kind, value) {
        (Kind::Anything, _) => Ok(()),
        (Kind::Text(least, _), Value::String(text)) if text.chars().count() < *least => {
            fault("a non-empty string")
        }
        (Kind::Text(_, choices), Value::String(text)) => {
            let fits = choices.is_empty() || choices.contains(&text.as_str());
            if fits { Ok(()) } else { fault(&format!("one of {}", choices.join(", "))) }
        }
        (Kind::Text(..), _) => fault("a string"),
        (Kind::Whole(low, high), value) => match value.as_i64() {
            Some(number) if (*low..=*high).contains(&number) => Ok(()),
            Some(_) => fault(&format!("between {low} and {high}")),
            None => fault("an integer"),
        },
        (Kind::Number, value) => {
            if value.is_number() {
                Ok(())
            } else {
                fault("a number")
            }
        }
        (Kind::Flag, value) => {
            if value.is_boolean() {
                Ok(())
            } else {
                fault("a boolean")
            }
        }
        (Kind::Date, value) => {
            let date = value.as_str().filter(|text| text.len() == 10);
            let fits = date.is_some_and(|text| text.parse::<NaiveDate>().is_ok());
            if fits { Ok(()) } else { fault("a date as YYYY-MM-DD") }
        }
        (Kind::Instant, value) => {
            let fits = value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok());
            if fits { Ok(()) } else { fault("a date-time in ISO 8601") }
        }
        (Kind::List(of, least), Value::Array(values)) => {
            if values.len() < *least {
                return fault("a list that is not empty");
            }
            values
                .iter()
                .enumerate()
                .try_for_each(|(at, value)| check_value(value, of, &format!("{path}[{at}]")))
        }
        (Kind::List(..), _) => fault("a list"),
        (Kind::Object(shape), Value::Object(body)) => check_keys(body, shape, path, &[]),
        (Kind::Object(_), _) => fault("an object"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Shape, check, may, must, null};
    use serde_json::{Value, json};

    const INNER: &Shape = &[must("day", Kind::Date), may("at", Kind::Instant)];
    const OUTER: &Shape = &[
        must("token", Kind::Text(1, &[])),
        may("count", Kind::Whole(1, 500)),
        may("options", Kind::Object(INNER)),
        null("products", Kind::List(&Kind::Text(0, &["a", "b"]), 1)),
    ];

    #[test]
    fn each_fault_has_its_code() {
        for (body, code) in [
            (json!({"token": "x"}), None),
            (json!({"token": "x", "client_id": "c", "secret": "s", "products": null, "count": 500}), None),
            (json!({"token": "x", "options": {"day": "2026-01-31", "at": "2026-01-31T00:00:00Z"}}), None),
            (json!({}), Some("MISSING_FIELDS")),
            (json!({"token": "x", "else": 1}), Some("UNKNOWN_FIELDS")),
            (json!({"token": "x", "options": {"day": "2026-01-31", "else": 1}}), Some("UNKNOWN_FIELDS")),
            (json!({"token": "x", "options": {}}), Some("MISSING_FIELDS")),
            (json!({"token": "x", "options": null}), Some("INVALID_FIELD")),
            (json!({"token": ""}), Some("INVALID_FIELD")),
            (json!({"token": 1}), Some("INVALID_FIELD")),
            (json!({"token": "x", "count": 501}), Some("INVALID_FIELD")),
            (json!({"token": "x", "count": 1.5}), Some("INVALID_FIELD")),
            (json!({"token": "x", "products": []}), Some("INVALID_FIELD")),
            (json!({"token": "x", "products": ["c"]}), Some("INVALID_FIELD")),
            (json!({"token": "x", "options": {"day": "2026-02-30"}}), Some("INVALID_FIELD")),
            (json!({"token": "x", "options": {"day": "2026-1-3"}}), Some("INVALID_FIELD")),
        ] {
            let Value::Object(map) = &body else { unreachable!() };
            let found = check(map, OUTER).err().map(|error| error.error_code);
            assert_eq!(found.as_deref(), code, "{body}");
        }
    }
}
