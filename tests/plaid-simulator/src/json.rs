//! The few pieces of JSON that are written by hand, because a page of transactions has to be cheap.

use chrono::{Datelike as _, NaiveDate};

/// Appends a quoted, escaped string.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        // Writing into a Vec has no way to fail.
        let _ = serde_json::to_writer(&mut *out, text);
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// Appends a quoted string or `null`.
pub(crate) fn text_option(out: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => text(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// Appends a quoted `YYYY-MM-DD`.
pub(crate) fn date(out: &mut Vec<u8>, date: NaiveDate) {
    let Ok(year) = u32::try_from(date.year()) else {
        return text(out, &date.to_string());
    };
    let digit = |number: u32| b'0' + (number % 10) as u8;
    let (month, day) = (date.month(), date.day());
    out.extend_from_slice(&[
        b'"',
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
        b'"',
    ]);
}

/// Appends a quoted date or `null`.
pub(crate) fn date_option(out: &mut Vec<u8>, value: Option<NaiveDate>) {
    match value {
        Some(value) => date(out, value),
        None => out.extend_from_slice(b"null"),
    }
}

/// Appends a value that serde can write.
pub(crate) fn value(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::{date, text};
    use chrono::NaiveDate;

    #[test]
    fn strings_and_dates_are_valid_json() {
        for value in ["plain", "q\"uote", "back\\slash", "line\nbreak", "\u{1}", "naïve 日本"] {
            let mut out = Vec::new();
            text(&mut out, value);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), value);
        }
        let mut out = Vec::new();
        date(&mut out, NaiveDate::from_ymd_opt(2026, 1, 9).unwrap());
        assert_eq!(out, b"\"2026-01-09\"");
    }
}
