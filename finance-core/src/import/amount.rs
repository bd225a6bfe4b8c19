//! Amounts as people and banks write them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::RowFault;
use crate::model::parse_amount;

/// Amounts of files are smaller than ten to this power.
const DIGITS_MAX: usize = 15;

/// What stands before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "there are two")]
pub enum DecimalMark {
    /// `1,234.50`.
    Point,
    /// `1.234,50`.
    Comma,
}

impl DecimalMark {
    const fn char(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

/// An amount taken apart: its sign, and its digits and marks.
struct Written {
    negative: bool,
    digits: String,
}

impl Written {
    /// Takes signs, brackets, currency names and spaces away.
    fn of(text: &str) -> Option<Self> {
        let mut text = text.trim();
        let mut negative = false;
        if let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
            (negative, text) = (true, inner);
        }
        let upper = text.to_ascii_uppercase();
        let debit = ["DR", "DB"].iter().any(|end| upper.ends_with(end));
        let ends = debit || upper.ends_with("CR");
        if ends && text.bytes().any(|byte| byte.is_ascii_digit()) {
            negative |= debit;
            text = text[..text.len() - 2].trim_end();
        }
        let mut digits = String::new();
        let (mut signs, mut letters, mut ended) = (0, 0, false);
        for c in text.chars() {
            match c {
                '0'..='9' | '.' | ',' if !ended => digits.push(c),
                // Between digits they separate thousands.
                '\'' | '\u{2019}' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' => {}
                '-' | '\u{2212}' | '\u{2013}' | '+' => {
                    negative |= c != '+';
                    signs += 1;
                    ended = !digits.is_empty();
                }
                _ if is_currency_sign(c) => {
                    letters += 1;
                    ended = !digits.is_empty();
                }
                _ => return None,
            }
        }
        let fits = signs <= 1 && letters <= 3 && digits.bytes().any(|byte| byte.is_ascii_digit());
        fits.then_some(Self { negative, digits })
    }

    /// The decimal mark that the amount shows: one that comes after the other one, or without three digits behind it.
    fn mark(&self) -> Seen {
        let last = self.digits.rfind(['.', ',']);
        let Some(last) = last else { return Seen::None };
        let mark = if self.digits[last..].starts_with('.') { DecimalMark::Point } else { DecimalMark::Comma };
        let same = self.digits.matches(mark.char()).count();
        let behind = self.digits.len() - last - 1;
        let other = self.digits.contains(if mark == DecimalMark::Point { ',' } else { '.' });
        let opposite = if mark == DecimalMark::Point { DecimalMark::Comma } else { DecimalMark::Point };
        match (same, other) {
            (1, true) => Seen::Sure(mark),
            (1, false) if behind != 3 => Seen::Sure(mark),
            // No thousands begin with a zero, and none have four digits before them.
            (1, false) if last == 0 || last > 3 || self.digits.starts_with('0') => Seen::Sure(mark),
            (1, false) => Seen::Either,
            _ => Seen::Sure(opposite),
        }
    }

    fn amount(&self, mark: DecimalMark) -> Option<Decimal> {
        let (whole, fraction) = self.digits.split_once(mark.char()).unwrap_or((&self.digits, ""));
        let thousands = if mark == DecimalMark::Point { ',' } else { '.' };
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut groups = whole.split(thousands);
        let first = groups.next().unwrap_or_default();
        let groups: Vec<&str> = groups.collect();
        // Three digits a group, or as in India two, and three at the end.
        let right = |(place, group): (usize, &&str)| {
            let last = place + 1 == groups.len();
            group.len() == 3 || !last && group.len() == 2
        };
        let one_dot = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !groups.iter().enumerate().all(right) || !one_dot(first) || !groups.iter().all(|it| one_dot(it)) {
            return None;
        }
        let whole: String = std::iter::once(first).chain(groups).collect();
        let whole = whole.trim_start_matches('0');
        if whole.len() > DIGITS_MAX {
            return None;
        }
        let whole = if whole.is_empty() { "0" } else { whole };
        let point = if fraction.is_empty() { "" } else { "." };
        let amount = parse_amount(&format!("{whole}{point}{fraction}")).ok()?;
        Some(if self.negative && !amount.is_zero() { -amount } else { amount })
    }
}

fn is_currency_sign(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '$' | '€' | '£' | '¥' | '₹' | '₽' | '₩' | '₺' | '₴' | '₪' | '฿')
}

/// What an amount shows of its decimal mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// It has no mark.
    None,
    /// It can only be this one.
    Sure(DecimalMark),
    /// It may be the decimal mark or separate thousands.
    Either,
}

/// What a value shows of its decimal mark; nothing when it is no amount.
pub(super) fn seen(text: &str) -> Option<Seen> {
    let written = Written::of(text)?;
    let seen = written.mark();
    let readable = match seen {
        Seen::Sure(mark) => written.amount(mark).is_some(),
        Seen::None | Seen::Either => written.amount(DecimalMark::Point).is_some(),
    };
    readable.then_some(seen)
}

/// The amount in a text with this decimal mark.
pub(super) fn read(text: &str, mark: DecimalMark) -> Option<Decimal> {
    Written::of(text)?.amount(mark)
}

/// The decimal marks that the amounts of an OFX file show. OFX takes a point or a comma for it and has no mark of thousands, but
/// banks write those too.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct OfxMarks {
    point: bool,
    comma: bool,
}

impl OfxMarks {
    pub(super) fn of<'a>(amounts: impl Iterator<Item = &'a str>) -> Self {
        amounts.filter_map(seen).fold(Self::default(), |marks, seen| Self {
            point: marks.point || seen == Seen::Sure(DecimalMark::Point),
            comma: marks.comma || seen == Seen::Sure(DecimalMark::Comma),
        })
    }

    /// The amount in a text of the file. `1,234` is read as the other amounts of the file are, and not at all when they do not
    /// settle it.
    pub(super) fn read(self, text: &str) -> Result<Decimal, RowFault> {
        let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '+') || c.is_whitespace();
        let written = Written::of(text).filter(|_| text.chars().all(plain)).ok_or(RowFault::NotAnAmount)?;
        let mark = match (written.mark(), self.point, self.comma) {
            (Seen::Sure(mark), ..) => mark,
            (Seen::None, ..) | (Seen::Either, true, false) => DecimalMark::Point,
            (Seen::Either, false, true) => DecimalMark::Comma,
            (Seen::Either, false, false) if written.digits.contains('.') => DecimalMark::Point,
            (Seen::Either, ..) => return Err(RowFault::UnclearMark),
        };
        written.amount(mark).ok_or(RowFault::NotAnAmount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_as_banks_write_them() {
        use DecimalMark::{Comma, Point};
        for (text, mark, expected) in [
            ("-1,234.50", Point, Some("-1234.50")),
            ("-1.234,50", Comma, Some("-1234.50")),
            ("(12.10)", Point, Some("-12.10")),
            ("12.10-", Point, Some("-12.10")),
            ("\u{2212}12,1", Comma, Some("-12.1")),
            ("$ 1,234", Point, Some("1234")),
            ("1 234,56 €", Comma, Some("1234.56")),
            ("1\u{a0}234,56", Comma, Some("1234.56")),
            ("1'234.50 CHF", Point, Some("1234.50")),
            ("12,34,567.00", Point, Some("1234567.00")),
            ("45.00 CR", Point, Some("45.00")),
            ("45.00DR", Point, Some("-45.00")),
            ("-0.00", Point, Some("0.00")),
            (".5", Point, Some("0.5")),
            ("007.00", Point, Some("7.00")),
            ("1,5", Point, None),
            ("1.234.5", Comma, None),
            ("--5", Point, None),
            ("5-5", Point, None),
            ("A1B2", Point, None),
            ("Rent 5", Point, None),
            ("", Point, None),
            ("USD", Point, None),
            ("12:30", Point, None),
            ("1234567890123456", Point, None),
        ] {
            let found = read(text, mark).map(|amount| amount.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_decimal_mark_shows_or_not() {
        use DecimalMark::{Comma, Point};
        for (text, expected) in [
            ("12", Some(Seen::None)),
            ("12.5", Some(Seen::Sure(Point))),
            ("12,50", Some(Seen::Sure(Comma))),
            ("1.234", Some(Seen::Either)),
            ("1,234", Some(Seen::Either)),
            ("0,234", Some(Seen::Sure(Comma))),
            ("1234,567", Some(Seen::Sure(Comma))),
            ("1.234.567", Some(Seen::Sure(Comma))),
            ("1,234.567", Some(Seen::Sure(Point))),
            ("words", None),
        ] {
            assert_eq!(seen(text), expected, "{text}");
        }
    }

    #[test]
    fn amounts_of_ofx() {
        use RowFault::{NotAnAmount, UnclearMark};
        const NONE: &[&str] = &["12"];
        const POINT: &[&str] = &["12", "-10.00"];
        const COMMA: &[&str] = &["12", "-10,00"];
        const BOTH: &[&str] = &["-10.00", "-10,00"];
        for (others, text, expected) in [
            (NONE, "-00000000001500.0000", Ok("-1500.0000")),
            (NONE, "+115.8331", Ok("115.8331")),
            (NONE, "-10,00", Ok("-10.00")),
            (NONE, "1.234,567", Ok("1234.567")),
            (NONE, "1,234,567", Ok("1234567")),
            (NONE, "1.500", Ok("1.500")),
            (NONE, "-0,234", Ok("-0.234")),
            (NONE, "-1,234", Err(UnclearMark)),
            (POINT, "-1,234", Ok("-1234")),
            (COMMA, "-1,234", Ok("-1.234")),
            (BOTH, "-1,234", Err(UnclearMark)),
            (POINT, "1.500", Ok("1.500")),
            (COMMA, "1.500", Ok("1500")),
            (BOTH, "1.500", Err(UnclearMark)),
            (NONE, "$120", Err(NotAnAmount)),
            (NONE, "", Err(NotAnAmount)),
        ] {
            let found = OfxMarks::of(others.iter().copied()).read(text).map(|amount| amount.to_string());
            assert_eq!(found, expected.map(str::to_owned), "{text} beside {others:?}");
        }
    }
}
