//! Calendar days as people and banks write them.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// The order in which a table writes day, month and year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "no bank uses another order")]
pub enum DateOrder {
    /// `31/01/2026`, also with the month's name.
    DayMonthYear,
    /// `01/31/2026`, also with the month's name.
    MonthDayYear,
    /// `2026-01-31` or `20260131`.
    YearMonthDay,
}

/// A part of a written day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// A number and how many digits it has.
    Number(u32, usize),
    Month(u32),
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// The first three parts of a written day; a time behind them is passed over.
fn parts(text: &str) -> Option<[Part; 3]> {
    let text = text.trim();
    let compact = text.len() >= 8 && text.bytes().take(8).all(|byte| byte.is_ascii_digit());
    if compact && !text.as_bytes().get(8).is_some_and(u8::is_ascii_digit) {
        let number = |range: std::ops::Range<usize>| {
            Some(Part::Number(text[range.clone()].parse().ok()?, range.len()))
        };
        return Some([number(0..4)?, number(4..6)?, number(6..8)?]);
    }
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut found = Vec::new();
    for word in words {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = word.split_at(digits);
        // `2026-01-31T10:00` and `1st`.
        let rest_passes =
            rest.is_empty() || rest.starts_with(['T', 't']) || ["st", "nd", "rd", "th"].contains(&rest);
        if digits > 0 && digits <= 4 && rest_passes {
            found.push(Part::Number(number.parse().ok()?, digits));
        } else if digits == 0 && word.is_ascii() && word.len() >= 3 {
            let month = MONTHS.iter().position(|month| word[..3].eq_ignore_ascii_case(month));
            match month {
                Some(month) => found.push(Part::Month(u32::try_from(month).ok()? + 1)),
                // A weekday in front.
                None if found.is_empty() => {}
                None => return None,
            }
        } else {
            return None;
        }
        if found.len() == 3 {
            break;
        }
    }
    found.try_into().ok()
}

/// The orders in which a text is a day; none when it is no day.
pub(super) fn orders(text: &str) -> Vec<DateOrder> {
    let Some(parts) = parts(text) else { return Vec::new() };
    let all = [DateOrder::YearMonthDay, DateOrder::DayMonthYear, DateOrder::MonthDayYear];
    let mut orders: Vec<DateOrder> =
        all.into_iter().filter(|order| day_of(parts, *order).is_some()).collect();
    // Only those who write the day first write points between the numbers.
    let points = text.trim().splitn(3, '.').count() == 3;
    if points && orders.contains(&DateOrder::DayMonthYear) {
        orders.retain(|order| *order != DateOrder::MonthDayYear);
    }
    orders
}

/// The day in a text.
pub(super) fn read(text: &str, order: DateOrder) -> Option<NaiveDate> {
    day_of(parts(text)?, order)
}

/// The day in the first eight digits of a text of OFX; its time and zone are passed over.
pub(super) fn read_ofx(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if ![8, 10, 12, 14].contains(&digits) {
        return None;
    }
    read(&text[..8], DateOrder::YearMonthDay)
}

fn day_of(parts: [Part; 3], order: DateOrder) -> Option<NaiveDate> {
    let [first, second, third] = parts;
    let (year, month, day) = match order {
        DateOrder::YearMonthDay => (first, second, third),
        DateOrder::DayMonthYear => (third, second, first),
        DateOrder::MonthDayYear => (third, first, second),
    };
    let Part::Number(year, digits) = year else { return None };
    let year = match (digits, order) {
        (4, _) => year,
        (2, DateOrder::DayMonthYear | DateOrder::MonthDayYear) if year < 80 => 2_000 + year,
        (2, DateOrder::DayMonthYear | DateOrder::MonthDayYear) => 1_900 + year,
        _ => return None,
    };
    let month = match month {
        Part::Month(month) => month,
        Part::Number(month, 1 | 2) => month,
        Part::Number(..) => return None,
    };
    let Part::Number(day, 1 | 2) = day else { return None };
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    (1900..2200).contains(&day.year()).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_banks_write_them() {
        use DateOrder::{DayMonthYear as D, MonthDayYear as M, YearMonthDay as Y};
        let cases: &[(&str, &[DateOrder])] = &[
            ("2026-01-31", &[Y]),
            ("2026/01/31", &[Y]),
            ("20260131", &[Y]),
            ("2026-01-31T10:00:00Z", &[Y]),
            ("2026-01-31 10:00", &[Y]),
            ("31.01.2026", &[D]),
            ("01.02.2026", &[D]),
            ("01.02.26", &[D]),
            ("31/01/2026", &[D]),
            ("01/31/2026", &[M]),
            ("1/2/26", &[D, M]),
            ("01-02-2026", &[D, M]),
            ("31-Jan-2026", &[D]),
            ("31 January 2026", &[D]),
            ("Jan 31, 2026", &[M]),
            ("Sat, 31 Jan 2026", &[D]),
            ("31/02/2026", &[]),
            ("2026-13-01", &[]),
            ("0202-01-01", &[]),
            ("12345", &[]),
            ("12.50", &[]),
            ("Rent", &[]),
            ("", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(orders(text), *expected, "{text}");
        }
        assert_eq!(read("1/2/26", D).unwrap().to_string(), "2026-02-01");
        assert_eq!(read("1/2/95", M).unwrap().to_string(), "1995-01-02");
    }

    #[test]
    fn days_of_ofx() {
        for (text, expected) in [
            ("20120720000000.000[-4:EDT]", Some("2012-07-20")),
            ("20180804093914:014", Some("2018-08-04")),
            ("20260131", Some("2026-01-31")),
            ("20120231", None),
            ("201120000000", None),
            ("2026-01-31", None),
            ("", None),
        ] {
            assert_eq!(read_ofx(text).map(|day| day.to_string()).as_deref(), expected, "{text}");
        }
    }
}
