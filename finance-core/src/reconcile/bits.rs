//! Weights of evidence: logarithms to base two, in whole sixty-fourths.

/// A weight of evidence. 64 more makes a thing twice as likely.
pub(super) type Weight = i32;

/// One doubling.
pub(super) const BIT: Weight = 64;

/// What can be left out of a sum.
pub(super) const NEVER: Weight = -1_000 * BIT;

/// The logarithm of a count; that of nothing is [`NEVER`].
pub(super) fn log2(count: u128) -> Weight {
    if count == 0 {
        return NEVER;
    }
    let whole = count.ilog2();
    // The leading 32 bits, between 2^31 and 2^32.
    let mut lead = if whole >= 31 { count >> (whole - 31) } else { count << (31 - whole) };
    let mut fraction = 0;
    for _ in 0..6 {
        lead = (lead * lead) >> 31;
        fraction <<= 1;
        if lead >> 32 != 0 {
            lead >>= 1;
            fraction |= 1;
        }
    }
    whole.cast_signed() * BIT + fraction
}

/// The logarithm of `part` of `whole`, neither of them zero.
pub(super) fn share(part: u128, whole: u128) -> Weight {
    log2(part) - log2(whole.max(1))
}

/// Two raised to a weight, as a part of a million; weights above zero count as zero.
pub(super) fn millionths(weight: Weight) -> u64 {
    let weight = weight.min(0).saturating_neg();
    let (whole, fraction) = (weight / BIT, weight % BIT);
    if whole > 20 {
        return 0;
    }
    // Between two powers a straight line is near enough.
    let scaled = 1_000_000 * (2 * BIT - fraction).unsigned_abs();
    u64::from(scaled / (2 * BIT).unsigned_abs()) >> whole
}

/// The weight of one or the other happening.
pub(super) fn either(a: Weight, b: Weight) -> Weight {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    high + log2(u128::from(1_000_000 + millionths(low - high))) - log2(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_of_counts() {
        for (count, weight) in [
            (0, NEVER),
            (1, 0),
            (2, 64),
            (3, 101),
            (4, 128),
            (10, 212),
            (1 << 100, 6_400),
            (u128::MAX, 8_191),
        ] {
            assert_eq!(log2(count), weight, "{count}");
        }
    }

    #[test]
    fn powers_and_sums() {
        for (weight, part) in [(5, 1_000_000), (0, 1_000_000), (-32, 750_000), (-64, 500_000), (-6_400, 0)] {
            assert_eq!(millionths(weight), part);
        }
        assert_eq!(millionths(NEVER), 0);
        assert_eq!(either(-64, -64), 0);
        assert_eq!(either(0, NEVER), 0);
    }
}
