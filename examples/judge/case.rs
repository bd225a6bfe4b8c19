//! From a line to a case, or to the fault that names the field.

use serde::de::{Deserialize, Deserializer, IgnoredAny, Visitor};
use serde::{Serialize, forward_to_deserialize_any};
use serde_json::error::Category;

use crate::field::cut;
use crate::words;

/// Why a line could not be judged.
#[derive(Debug)]
pub(crate) struct Fault {
    /// The field, as in `incoming[2].amount`; none for a fault of the whole line.
    pub(crate) field: Option<String>,
    pub(crate) message: String,
}

impl Fault {
    pub(crate) fn at(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: Some(field.into()), message: message.into() }
    }

    pub(crate) fn of_line(message: impl Into<String>) -> Self {
        Self { field: None, message: message.into() }
    }
}

/// What a judgement makes of a line: one line of JSON.
pub(crate) type Answer = Result<String, Fault>;

pub(crate) fn answer(answer: &impl Serialize) -> Answer {
    serde_json::to_string(answer).map_err(|error| Fault::of_line(format!("the answer is no JSON: {error}")))
}

/// Reads a line. Where a fault lies is looked up only once there is one.
pub(crate) fn read<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T, Fault> {
    let error = match serde_json::from_str::<Object<T>>(line) {
        Ok(Object(case)) => return Ok(case),
        Err(error) => error,
    };
    let mut deserializer = serde_json::Deserializer::from_str(line);
    match serde_path_to_error::deserialize::<_, Object<T>>(&mut deserializer) {
        Ok(_) => Err(fault(line, String::new(), &error)),
        Err(error) => Err(fault(line, error.path().to_string(), error.inner())),
    }
}

fn fault(line: &str, path: String, error: &serde_json::Error) -> Fault {
    let mut message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    if let Some(end) = message.len().checked_sub(place.len()).filter(|end| message[*end..] == place) {
        message.truncate(end);
    }
    let mut field = known_part(path);
    let is_json = || serde_json::from_str::<IgnoredAny>(line).is_ok();
    if error.classify() == Category::Data {
        if let Some(key) = key_named_by(&message).filter(|key| !names(&field, key)) {
            let dot = if field.is_empty() { "" } else { "." };
            field = format!("{field}{dot}{key}");
        }
        message = words::of_value(&message, &field);
    } else if OF_VALUES.contains(&message.as_str()) && is_json() {
        message = words::of_value(&message, &field);
    } else {
        let character = line.bytes().take(error.column()).filter(|byte| byte & 0xC0 != 0x80).count();
        message = format!("no JSON: {}, at character {character} of the line", words::of_text(&message));
    }
    Fault { field: Some(cut(&field, 200)).filter(|field| !field.is_empty()), message: cut(&message, 400) }
}

/// What the reader calls faults of syntax, though the text may be JSON and only the value not the one that belongs there.
const OF_VALUES: &[&str] = &["expected value", "number out of range", "recursion limit exceeded"];

/// The path without the part that was not read to its end.
fn known_part(path: String) -> String {
    let known = path.strip_suffix('?').map(|known| known.strip_suffix('.').unwrap_or(known).to_owned());
    match known.unwrap_or(path) {
        whole if whole == "." => String::new(),
        part => part,
    }
}

/// The key that serde's words name when they speak of a field of the object at the path.
fn key_named_by(message: &str) -> Option<&str> {
    let words = ["missing field `", "unknown field `", "duplicate field `"];
    let rest = words.iter().find_map(|words| message.strip_prefix(words))?;
    rest.split_once('`').map(|(key, _)| key)
}

fn names(field: &str, key: &str) -> bool {
    field == key || field.strip_suffix(key).is_some_and(|parent| parent.ends_with('.'))
}

/// Reads a struct from a JSON object only. Derived structs would take an array of their fields, too, and then a case
/// of another shape could be judged by accident.
#[derive(Debug, Default)]
pub(crate) struct Object<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(MapOnly(deserializer)).map(Self)
    }
}

struct MapOnly<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for MapOnly<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
