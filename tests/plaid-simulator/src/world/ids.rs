//! Ids that need no memory: each follows from the connection's salt and a number, and leads back to it.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// The length of Plaid's own ids today.
pub(crate) const ID_LENGTH: usize = 37;
/// So many characters at the front carry the row number, scrambled.
const NUMBER_LENGTH: usize = 6;
const SCRAMBLE: u32 = 0x9E37_79B1;
const UNSCRAMBLE: u32 = inverse(SCRAMBLE);

const fn inverse(odd: u32) -> u32 {
    let mut x = odd;
    let mut round = 0;
    while round < 5 {
        x = x.wrapping_mul(2u32.wrapping_sub(odd.wrapping_mul(x)));
        round += 1;
    }
    x
}

/// A well-mixed 64-bit number that follows from `x` (splitmix64).
pub(crate) const fn mix(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A 64-bit number that follows from a seed and a text.
pub(crate) fn mix_text(seed: u64, text: &str) -> u64 {
    text.bytes().fold(mix(seed), |hash, byte| mix(hash ^ u64::from(byte)))
}

fn digits(out: &mut [u8], mut number: u64) {
    for place in out {
        *place = ALPHABET[(number % 62) as usize];
        number /= 62;
    }
}

/// `length` characters that follow from `seed`.
pub(crate) fn token(seed: u64, length: usize) -> String {
    let mut out = vec![0; length];
    for (part, chunk) in out.chunks_mut(10).enumerate() {
        digits(chunk, mix(seed ^ mix(part as u64)));
    }
    out.into_iter().map(char::from).collect()
}

/// The ids of one connection. Another connection of the same login has another salt, so all its ids differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IdSpace {
    salt: u64,
}

impl IdSpace {
    pub(crate) fn new(salt: u64) -> Self {
        Self { salt }
    }

    /// A number that stands for this connection inside cursors.
    pub(crate) fn owner(self) -> u64 {
        mix(self.salt ^ 0x0C)
    }

    pub(crate) fn account(self, index: u16) -> String {
        token(mix(self.salt ^ 0xACC0) ^ u64::from(index), ID_LENGTH)
    }

    /// Every sixteenth id differs from its neighbour's only by the case of one letter, because real ones may.
    pub(crate) fn transaction(self, row: u32) -> [u8; ID_LENGTH] {
        let twin = row % 16 == 1;
        let own = if twin { row - 1 } else { row };
        let mut id = [0; ID_LENGTH];
        let number = (own ^ self.salt as u32).wrapping_mul(SCRAMBLE);
        digits(&mut id[..NUMBER_LENGTH], u64::from(number));
        let seed = mix(self.salt ^ u64::from(own).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        digits(&mut id[6..16], seed);
        digits(&mut id[16..26], mix(seed));
        digits(&mut id[26..36], mix(seed ^ 1));
        id[36] = b'A' + (seed >> 40) as u8 % 26;
        if twin {
            id[36] = id[36].to_ascii_lowercase();
        }
        id
    }

    pub(crate) fn transaction_text(self, row: u32) -> String {
        self.transaction(row).into_iter().map(char::from).collect()
    }

    /// The row an id stands for, if the id belongs to this connection. Whether the row exists is another question.
    pub(crate) fn find_transaction(self, id: &str) -> Option<u32> {
        let id = id.as_bytes();
        if id.len() != ID_LENGTH {
            return None;
        }
        let mut number = 0u64;
        for byte in id[..NUMBER_LENGTH].iter().rev() {
            let digit = ALPHABET.iter().position(|letter| letter == byte)?;
            number = number * 62 + digit as u64;
        }
        let row = u32::try_from(number).ok()?.wrapping_mul(UNSCRAMBLE) ^ self.salt as u32;
        [row, row.wrapping_add(1)].into_iter().find(|&row| self.transaction(row) == id)
    }
}

#[cfg(test)]
mod tests {
    use super::{ID_LENGTH, IdSpace};
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_reversible_and_some_differ_by_case_only() {
        let ids = IdSpace::new(7);
        let mut seen = HashSet::new();
        let mut folded = HashSet::new();
        for row in 0..10_000 {
            let id = ids.transaction_text(row);
            assert_eq!(id.len(), ID_LENGTH);
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            assert_eq!(ids.find_transaction(&id), Some(row));
            assert_eq!(IdSpace::new(8).find_transaction(&id), None);
            folded.insert(id.to_ascii_lowercase());
            assert!(seen.insert(id));
        }
        assert_eq!(seen.len() - folded.len(), 10_000 / 16);
    }
}
