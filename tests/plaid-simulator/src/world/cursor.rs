//! Where a caller of `/transactions/sync` stands, as an opaque text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::ids::mix;

/// A place in a login's history: so many of the rows that were there at first, and every change up to a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) base: u32,
    pub(crate) change: u64,
}

/// A decoded cursor. Between two pages of an update it holds where the update began, ends and stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The connection it belongs to.
    pub(crate) owner: u64,
    /// The account of `options.account_id`, by a number of its own; 0 for the whole connection.
    pub(crate) stream: u32,
    /// Set when the caller began with `"now"`: what lies before was never delivered.
    pub(crate) now: Option<Place>,
    pub(crate) start: Place,
    pub(crate) end: Place,
    pub(crate) at: Place,
    /// Pages of this update already delivered; 0 means the update is complete.
    pub(crate) page: u32,
}

const VERSION: u8 = 1;
const LENGTH: usize = 1 + 8 + 4 + 4 * 12 + 4 + 4;

impl Cursor {
    /// The cursor of a caller who has everything up to `place`.
    pub(crate) fn complete(owner: u64, stream: u32, now: Option<Place>, place: Place) -> Self {
        Self { owner, stream, now, start: place, end: place, at: place, page: 0 }
    }

    /// Whether further pages of an update follow.
    pub(crate) fn within_update(&self) -> bool {
        self.page > 0
    }

    pub(crate) fn encode(&self) -> String {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend(self.owner.to_le_bytes());
        bytes.extend(self.stream.to_le_bytes());
        let never = Place { base: u32::MAX, change: u64::MAX };
        for place in [self.now.unwrap_or(never), self.start, self.end, self.at] {
            bytes.extend(place.base.to_le_bytes());
            bytes.extend(place.change.to_le_bytes());
        }
        bytes.extend(self.page.to_le_bytes());
        bytes.extend(checksum(&bytes).to_le_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// `None` for a text that this server did not write.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (body, sum) = bytes.split_at_checked(LENGTH - 4)?;
        if bytes.len() != LENGTH || bytes[0] != VERSION || sum != checksum(body).to_le_bytes() {
            return None;
        }
        let small = |at: usize| Some(u32::from_le_bytes(body.get(at..at + 4)?.try_into().ok()?));
        let large = |at: usize| Some(u64::from_le_bytes(body.get(at..at + 8)?.try_into().ok()?));
        let place = |index: usize| {
            let at = 13 + 12 * index;
            Some(Place { base: small(at)?, change: large(at + 4)? })
        };
        Some(Self {
            owner: large(1)?,
            stream: small(9)?,
            now: place(0).filter(|place| place.base != u32::MAX),
            start: place(1)?,
            end: place(2)?,
            at: place(3)?,
            page: small(61)?,
        })
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(1, |sum, byte| mix(sum ^ u64::from(*byte))) as u32
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Place};

    #[test]
    fn cursors_survive_the_journey_and_forgeries_do_not() {
        let place = |base, change| Place { base, change };
        for now in [None, Some(place(3, 4))] {
            let cursor = Cursor {
                owner: 0xFFFF_0000_1234,
                stream: 9,
                now,
                start: place(1, 2),
                end: place(1_000_000, u64::MAX - 1),
                at: place(5, 6),
                page: 7,
            };
            let text = cursor.encode();
            assert!(text.len() <= 256);
            assert_eq!(Cursor::decode(&text), Some(cursor));
            let mut forged = text.clone().into_bytes();
            forged[20] = if forged[20] == b'A' { b'B' } else { b'A' };
            assert_eq!(Cursor::decode(std::str::from_utf8(&forged).unwrap()), None);
        }
        for text in ["", "abc", "not base64 !"] {
            assert_eq!(Cursor::decode(text), None, "{text}");
        }
    }
}
