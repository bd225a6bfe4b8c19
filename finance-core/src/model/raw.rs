//! A provider's own JSON of a row, kept small.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The provider's own JSON text of one record, byte for byte, in compressed form.
///
/// Rows of one provider look alike, so they are compressed (LZ4) against a shared dictionary: a row of 1.5 kB
/// takes a few hundred bytes in memory and on disk.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawJson(Arc<[u8]>);

/// Stored bytes are no compressed JSON of this library: the record is damaged or from a newer version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored JSON cannot be read: it is damaged, or was written by a newer version")]
pub struct InvalidRawJson;

/// The first byte tells how the rest is to be read.
const LZ4_WITH_DICTIONARY_1: u8 = 1;
/// Frozen: rows written with it must stay readable. A better dictionary gets the next number.
const DICTIONARY_1: &[u8] = include_bytes!("raw_dictionary_1.json");
/// A row of a bank is small; anything claiming to be larger is damage.
const MAX_BYTES: usize = 64 << 20;

impl RawJson {
    /// Takes over the text, which is not checked to be JSON.
    pub fn from_text(text: &str) -> Self {
        let mut bytes = vec![LZ4_WITH_DICTIONARY_1];
        bytes.extend(lz4_flex::block::compress_prepend_size_with_dict(text.as_bytes(), DICTIONARY_1));
        Self(bytes.into())
    }

    /// The text as the provider sent it.
    ///
    /// # Errors
    /// [`InvalidRawJson`] when the bytes given to [`RawJson::from_bytes`] were damaged.
    pub fn to_text(&self) -> Result<String, InvalidRawJson> {
        let [LZ4_WITH_DICTIONARY_1, block @ ..] = &*self.0 else { return Err(InvalidRawJson) };
        let size = block.first_chunk().map(|size| u32::from_le_bytes(*size));
        if size.is_none_or(|size| size as usize > MAX_BYTES) {
            return Err(InvalidRawJson);
        }
        let text = lz4_flex::block::decompress_size_prepended_with_dict(block, DICTIONARY_1)
            .map_err(|_| InvalidRawJson)?;
        String::from_utf8(text).map_err(|_| InvalidRawJson)
    }

    /// The compressed form, for a store to keep.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Takes back what [`RawJson::as_bytes`] gave.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes compressed)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_back_byte_for_byte() {
        for text in ["", "{}", r#"{"amount": -12.10, "name":"Café\n"}"#, &"x".repeat(100_000)] {
            let raw = RawJson::from_text(text);
            assert_eq!(RawJson::from_bytes(raw.as_bytes()).to_text().unwrap(), text);
        }
    }

    #[test]
    fn damaged_bytes_are_an_error() {
        let raw = RawJson::from_text(r#"{"amount": 1}"#);
        let mut huge = raw.as_bytes().to_vec();
        huge[1..5].fill(0xff);
        for bytes in [&[][..], &[9, 1, 2, 3], &raw.as_bytes()[..raw.as_bytes().len() - 3], &huge] {
            assert_eq!(RawJson::from_bytes(bytes).to_text(), Err(InvalidRawJson));
        }
    }
}
