//! How others word the same merchant: another connection, another file, the user.

use chrono::NaiveDate;
use fastrand::Rng;

const PREFIXES: [&str; 5] = ["POS PURCHASE", "DEBIT CARD", "CARD PAYMENT TO", "SQ *", "VISA"];
const CITIES: [&str; 4] = ["Birmingham GB", "Birmingham", "London GB", "Solihull"];

/// The merchant as another connection tells it: other letters, a store number more or less, a city, cut off after 22 to 32
/// letters, and around it the bank's prefix and a date. Each happens to a share of the rows.
pub fn reword(merchant: &str, date: NaiveDate, random: &mut Rng) -> String {
    let mut text = if chance(random, 30) { with_other_number(merchant, random) } else { merchant.to_owned() };
    if chance(random, 30) {
        text = format!("{text} {}", pick(random, &CITIES));
    }
    if chance(random, 40) {
        text = text.chars().take(random.usize(22..=32)).collect();
    }
    if chance(random, 35) {
        text = with_prefix(&text, random);
    }
    if chance(random, 15) {
        text = format!("{text} {}", date.format(pick(random, &["%d %b", "ON %d/%m", "%d%b"])));
    }
    match random.u8(0..10) {
        0..6 => text.to_uppercase(),
        6..8 => capitalised(&text),
        _ => text,
    }
}

/// The payee as a user types it: the first words that are five letters together, without numbers.
pub fn short_payee(merchant: &str) -> String {
    let bare = merchant.trim_start_matches("www.");
    let mut payee = String::new();
    for word in bare.split([' ', '*', '-', '.']).filter(|word| word.chars().any(char::is_alphabetic)) {
        if payee.len() >= 5 {
            break;
        }
        if !payee.is_empty() {
            payee.push(' ');
        }
        payee.push_str(word);
    }
    capitalised(if payee.is_empty() { bare } else { &payee })
}

/// Whether something happens that does so many times in a hundred.
pub fn chance(random: &mut Rng, percent: u8) -> bool {
    random.u8(0..100) < percent
}

fn pick<'a>(random: &mut Rng, from: &[&'a str]) -> &'a str {
    from[random.usize(0..from.len())]
}

/// Drops the store number at the end, or appends one.
fn with_other_number(merchant: &str, random: &mut Rng) -> String {
    let bare = merchant.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == ' ');
    if bare.len() < merchant.len() && !bare.is_empty() {
        bare.to_owned()
    } else {
        format!("{merchant} {}", random.u16(100..9999))
    }
}

fn with_prefix(text: &str, random: &mut Rng) -> String {
    match pick(random, &PREFIXES) {
        prefix @ "SQ *" => format!("{prefix}{text}"),
        prefix @ ("POS PURCHASE" | "DEBIT CARD") => format!("{prefix} {} {text}", random.u16(1000..9999)),
        prefix => format!("{prefix} {text}"),
    }
}

fn capitalised(text: &str) -> String {
    let mut start = true;
    let letters = text.chars().flat_map(|letter| {
        let letter = if start { letter.to_uppercase().next().unwrap_or(letter) } else { letter };
        start = !letter.is_alphanumeric();
        Some(letter)
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_types_little() {
        let cases = [
            ("amazon uk marketplace", "Amazon"),
            ("tp erdington", "Tp Erdington"),
            ("www.hope.ac.uk", "Hope Ac"),
            ("ryman 1154", "Ryman"),
            ("w m morrison plc", "W M Morrison"),
            ("123", "123"),
        ];
        for (merchant, expected) in cases {
            assert_eq!(short_payee(merchant), expected);
        }
    }

    #[test]
    fn a_seed_words_the_same_and_every_way_occurs() {
        let date = NaiveDate::from_ymd_opt(2015, 3, 9).unwrap();
        let word = |seed| reword("tesco stores 3297", date, &mut Rng::with_seed(seed));
        let words: Vec<String> = (0..200).map(word).collect();
        assert_eq!(words[7], word(7));
        for part in ["POS PURCHASE", "SQ *", "BIRMINGHAM", "09 MAR", "tesco", "Tesco"] {
            assert!(words.iter().any(|word| word.contains(part)), "{part}");
        }
        assert!(words.iter().any(|word| !word.contains("3297")));
    }
}
