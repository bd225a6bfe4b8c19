//! From bytes to text, and what the text is of.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

use super::{ForeignFormat, ImportError};

/// How a file writes its letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TextEncoding {
    /// By its mark, else UTF-8 where it is that, else Windows-1252.
    #[default]
    Auto,
    /// UTF-8.
    Utf8,
    /// UTF-16, little end first.
    Utf16Le,
    /// UTF-16, big end first.
    Utf16Be,
    /// Windows-1252, which contains Latin-1.
    Windows1252,
}

/// The text of a file, without a mark of its encoding.
pub(super) fn decode(bytes: &[u8], encoding: TextEncoding) -> Result<Cow<'_, str>, ImportError> {
    refuse_binary(bytes)?;
    // An encoding that nobody named is no reason.
    let named =
        encoding != TextEncoding::Auto || Encoding::for_bom(bytes).is_some() || stated(bytes).is_some();
    let encoding = match encoding {
        TextEncoding::Auto => found(bytes),
        TextEncoding::Utf8 => UTF_8,
        TextEncoding::Utf16Le => UTF_16LE,
        TextEncoding::Utf16Be => UTF_16BE,
        TextEncoding::Windows1252 => WINDOWS_1252,
    };
    let bytes = Encoding::for_bom(bytes).map_or(bytes, |(_, length)| &bytes[length..]);
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let no_text = if named { ImportError::NotText(encoding.name()) } else { ImportError::NotRecognised };
    let text = text.filter(|text| !text.contains('\0')).ok_or(no_text)?;
    if text.trim().is_empty() { Err(ImportError::Empty) } else { Ok(text) }
}

fn found(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    // Letters of the West have a zero in every other byte of UTF-16.
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).take(200).filter(|byte| **byte == 0).count();
    let looked_at = (bytes.len() / 2).min(200);
    if looked_at > 1 && zeros(1) * 2 > looked_at && zeros(0) == 0 {
        UTF_16LE
    } else if looked_at > 1 && zeros(0) * 2 > looked_at && zeros(1) == 0 {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        stated(bytes).unwrap_or(WINDOWS_1252)
    }
}

/// The code page that the head of an OFX file names.
fn stated(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1_000)]).to_ascii_uppercase();
    let charset = head.split_once("CHARSET:")?.1;
    let label: String = charset.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let code_page = label.bytes().all(|byte| byte.is_ascii_digit());
    let label = if code_page { format!("windows-{label}") } else { label };
    Encoding::for_label(label.as_bytes()).filter(|encoding| encoding.is_single_byte())
}

fn refuse_binary(bytes: &[u8]) -> Result<(), ImportError> {
    let foreign = if bytes.starts_with(b"%PDF") {
        ForeignFormat::Pdf
    } else if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        ForeignFormat::Spreadsheet
    } else {
        return Ok(());
    };
    Err(ImportError::Unsupported(foreign))
}

/// Refuses formats of banks that are not read.
pub(super) fn refuse_foreign(text: &str) -> Result<(), ImportError> {
    let start = text.trim_start();
    let head: String = start.chars().take(2_000).collect();
    let upper = head.to_ascii_uppercase();
    let foreign = if head.contains("urn:iso:std:iso:20022") || head.contains("<BkToCstmr") {
        ForeignFormat::Camt
    } else if head.lines().any(is_swift_field) {
        ForeignFormat::Mt940
    } else if upper.starts_with("!TYPE:") || upper.starts_with("!ACCOUNT") {
        ForeignFormat::Qif
    } else if upper.starts_with("<!DOCTYPE HTML") || upper.starts_with("<HTML") {
        ForeignFormat::Html
    } else {
        return Ok(());
    };
    Err(ImportError::Unsupported(foreign))
}

/// Whether a line begins as a field of a SWIFT message does: `:61:`, `:60F:`.
fn is_swift_field(line: &str) -> bool {
    let Some((tag, _)) = line.trim_start().strip_prefix(':').and_then(|rest| rest.split_once(':')) else {
        return false;
    };
    let (digits, letter) = tag.split_at(tag.len().min(tag.bytes().take_while(u8::is_ascii_digit).count()));
    digits.len() == 2 && letter.len() <= 1 && letter.bytes().all(|byte| byte.is_ascii_uppercase())
}
