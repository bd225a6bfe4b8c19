//! What serde says of a fault, in the words of the head.

/// The fault of a value that is JSON, but not the JSON that belongs at the field.
pub(crate) fn of_value(message: &str, field: &str) -> String {
    let mismatch = ["invalid type: ", "invalid value: ", "invalid length "];
    let mismatch = mismatch.iter().find_map(|start| message.strip_prefix(start));
    if let Some((found, expected)) = mismatch.and_then(|rest| rest.split_once(", expected ")) {
        let may_be_null = field.is_empty() || field.ends_with(']') || field.starts_with("policy.");
        return match found {
            "null" if !may_be_null => "is missing".to_owned(),
            _ => format!("is {}, not {}", what_is(found), what_belongs(expected)),
        };
    }
    if message.starts_with("missing field") {
        return "is missing".to_owned();
    }
    if message.starts_with("duplicate field") {
        return "stands twice in the same object".to_owned();
    }
    if message.starts_with("unknown field") {
        return format!("is no key that is known here: one of {}", choices(message));
    }
    if let Some((word, _)) = message.strip_prefix("unknown variant `").and_then(|rest| rest.split_once('`')) {
        return format!("{word:?} is none of {}", choices(message));
    }
    match message {
        "expected value" => "is not one of its words, written as a text".to_owned(),
        "number out of range" => "is a number that is too large".to_owned(),
        "recursion limit exceeded" => "is nested too deeply".to_owned(),
        _ => message.to_owned(),
    }
}

/// The fault of a text that is no JSON.
pub(crate) fn of_text(message: &str) -> String {
    match message {
        "expected ident" => "a word that is none of true, false and null".to_owned(),
        "expected value" => "a value is missing or is none".to_owned(),
        _ => message.replace("EOF while parsing", "the line ends within").replace("a string", "a text"),
    }
}

fn what_is(found: &str) -> String {
    let plain = match found {
        "sequence" => "a list",
        "map" => "an object",
        "unit" | "unit value" => "null",
        _ => "",
    };
    if !plain.is_empty() {
        return plain.to_owned();
    }
    let quoted = ["boolean ", "integer ", "floating point "];
    match (found.strip_prefix("string "), quoted.iter().find_map(|kind| found.strip_prefix(kind))) {
        (Some(text), _) => format!("the text {text}"),
        (_, Some(value)) => value.trim_matches('`').to_owned(),
        _ => found.to_owned(),
    }
}

fn what_belongs(expected: &str) -> String {
    let most = match expected {
        "u8" => u64::from(u8::MAX),
        "u16" => u64::from(u16::MAX),
        "u32" => u64::from(u32::MAX),
        "u64" | "usize" => u64::MAX,
        _ => 0,
    };
    match expected {
        _ if most > 0 => format!("a whole number from 0 to {most}"),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" | "map" => "an object".to_owned(),
        "a string" | "a borrowed string" | "string or map" | "unit" | "variant identifier" => {
            "a text".to_owned()
        }
        _ if expected.starts_with("struct ") => "an object".to_owned(),
        _ if expected.starts_with("enum ") || expected.starts_with("unit variant ") => "a text".to_owned(),
        _ => expected.to_owned(),
    }
}

/// The names of a list such as "expected one of `a`, `b`" or "expected `a` or `b`".
fn choices(message: &str) -> String {
    let list = message.rsplit_once("expected ").map_or("", |(_, list)| list);
    let names: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_in_plain_words() {
        for (message, field, plain) in [
            ("invalid value: integer `-1`, expected u8", "x", "is -1, not a whole number from 0 to 255"),
            (
                "invalid type: floating point `1.5`, expected u16",
                "x",
                "is 1.5, not a whole number from 0 to 65535",
            ),
            ("invalid type: map, expected a sequence", "x", "is an object, not a list"),
            ("invalid type: sequence, expected struct Choices", "policy", "is a list, not an object"),
            ("invalid type: string \"y\", expected a boolean", "x", "is the text \"y\", not true or false"),
            ("invalid type: null, expected a sequence", "x", "is missing"),
            ("invalid type: null, expected a row such as {}", "x[1]", "is null, not a row such as {}"),
            ("missing field `x`", "x", "is missing"),
            ("unknown variant `c`, expected one of `a`, `b`, `d`", "x", "\"c\" is none of a, b, d"),
            ("unknown variant `c`, expected `a` or `b`", "x", "\"c\" is none of a, b"),
            ("unknown field `c`, expected `a` or `b`", "c", "is no key that is known here: one of a, b"),
        ] {
            assert_eq!(of_value(message, field), plain, "{message}");
        }
    }
}
