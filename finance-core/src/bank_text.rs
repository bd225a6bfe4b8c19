//! Bank text, brought to a form in which the same shop reads the same, and how alike two such texts are.

use std::borrow::Cow;

use rapidfuzz::distance::indel;

/// Words that say how a payment was made, never who was paid.
const NOISE: &[&str] = &[
    "ach",
    "achat",
    "an",
    "at",
    "authorised",
    "authorized",
    "card",
    "carte",
    "cb",
    "checkcard",
    "chk",
    "chkcard",
    "compra",
    "contactless",
    "crd",
    "dbt",
    "debit",
    "eftpos",
    "from",
    "kartenzahlung",
    "lastschrift",
    "maestro",
    "mastercard",
    "on",
    "paid",
    "paiement",
    "payment",
    "pin",
    "pos",
    "pur",
    "purchase",
    "pwp",
    "recurring",
    "sepa",
    "tarjeta",
    "the",
    "to",
    "transaction",
    "visa",
    "withdrawal",
    "www",
];

/// What follows a company's name.
const LEGAL_FORMS: &[&str] = &["co", "com", "corp", "gmbh", "inc", "limited", "llc", "ltd", "plc"];

/// Months, as in `24 february`; bank text has them whole or cut to three letters.
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Payment processors that print their own name before the shop's, with an asterisk between.
const PROCESSORS: &[&str] =
    &["klarna", "paypal", "pypl", "square", "stripe", "sumup", "toast", "venmo", "worldpay", "zettle"];

/// How much a name of no, one, two or three letters says when a longer text begins with it.
const SHORT_NAME_POINTS: [u8; 4] = [0, 60, 75, 85];

/// The longest text that is looked at; the rest of a longer one tells nothing more.
const TEXT_BYTES_MAX: usize = 400;

/// A text of a bank or a person in a form to compare: lower case letters without accents, without store numbers, dates,
/// card numbers, processors' prefixes and words of noise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NormalText {
    /// The words, one space between.
    joined: String,
    /// The numbers left out of the words, sorted.
    numbers: Vec<String>,
}

impl NormalText {
    /// Normalises a text; `None` when nothing is left to compare.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let folded = fold(text);
        let mut words: Vec<&str> = Vec::new();
        let mut noise: Vec<&str> = Vec::new();
        let mut numbers: Vec<String> = Vec::new();
        let mut rest = &*folded;
        while let Some((before, after)) = rest.split_once('*') {
            let start = words.len();
            sort_words(before, &mut words, &mut noise, &mut numbers);
            let names_processor = words.len() > start
                && words.last().is_some_and(|word| word.len() <= 3 || PROCESSORS.contains(word));
            if names_processor && after.bytes().any(|byte| byte.is_ascii_alphabetic()) {
                words.pop();
            }
            rest = after;
        }
        sort_words(rest, &mut words, &mut noise, &mut numbers);
        numbers.sort_unstable();
        numbers.dedup();
        let words = if words.is_empty() { noise } else { words };
        if words.is_empty() && numbers.is_empty() {
            return None;
        }
        Some(Self { joined: words.join(" "), numbers })
    }

    /// The words, one space between; empty when the text has only numbers.
    pub(crate) fn words(&self) -> &str {
        &self.joined
    }

    /// How alike two texts are, 0 to 100. Other store or reference numbers take a little from equal words.
    pub(crate) fn similarity(&self, other: &Self) -> u8 {
        let numbers = self.compare_numbers(other);
        if self.joined.is_empty() || other.joined.is_empty() {
            return if numbers == Numbers::Shared { 100 } else { 0 };
        }
        let words = if self.joined == other.joined {
            100
        } else {
            letters_alike(&self.joined, &other.joined).max(words_alike(&self.joined, &other.joined))
        };
        match numbers {
            Numbers::Shared => (words + 5).min(100),
            Numbers::Absent => words,
            Numbers::OneSided => words.min(98),
            Numbers::Different => words.saturating_sub(10),
        }
    }

    /// Whether both texts have numbers, and none of them in common.
    pub(crate) fn has_other_numbers(&self, other: &Self) -> bool {
        self.compare_numbers(other) == Numbers::Different
    }

    fn compare_numbers(&self, other: &Self) -> Numbers {
        if self.numbers.is_empty() && other.numbers.is_empty() {
            Numbers::Absent
        } else if self.numbers.is_empty() || other.numbers.is_empty() {
            Numbers::OneSided
        } else if self.numbers.iter().any(|number| other.numbers.binary_search(number).is_ok()) {
            Numbers::Shared
        } else {
            Numbers::Different
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Shared,
    Absent,
    OneSided,
    Different,
}

/// Lower case ASCII of at most [`TEXT_BYTES_MAX`] bytes.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = &text[..end];
    let ascii = if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(deunicode::deunicode(text)) };
    if ascii.bytes().any(|byte| byte.is_ascii_uppercase() || byte == b'\'') {
        Cow::Owned(ascii.replace('\'', "").to_ascii_lowercase())
    } else {
        ascii
    }
}

/// The runs of letters and digits of a folded text.
pub(crate) fn split_words(folded: &str) -> impl Iterator<Item = &str> {
    folded.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// Puts the words of a text with those that name somebody, those of noise, or the numbers.
fn sort_words<'a>(
    text: &'a str,
    words: &mut Vec<&'a str>,
    noise: &mut Vec<&'a str>,
    numbers: &mut Vec<String>,
) {
    let parts: Vec<&str> = split_words(text).collect();
    let is_number =
        |place: usize| parts.get(place).is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    for (place, &word) in parts.iter().enumerate() {
        let in_date = is_number(place + 1) || place > 0 && is_number(place - 1);
        if word.bytes().any(|byte| byte.is_ascii_digit()) {
            match name_within(word, words.is_empty()) {
                Some(name) => words.push(name),
                None => numbers.push(word.trim_start_matches('0').to_owned()),
            }
        } else if is_noise(word, words.is_empty(), in_date) {
            noise.push(word);
        } else if !is_mask(word) {
            words.push(word);
        }
    }
}

/// Whether a word tells nothing of who was paid: legal forms and months do, where a name begins with them.
fn is_noise(word: &str, begins: bool, in_date: bool) -> bool {
    let is_month = || MONTHS.iter().any(|month| word == *month || word == &month[..3]);
    NOISE.contains(&word) || !begins && (LEGAL_FORMS.contains(&word) || in_date && is_month())
}

/// What names a shop in a word with digits: `1800flowers` and, where a name begins, `m6` and `99p` do; `2k4j9` and `12jan` do
/// not.
fn name_within(word: &str, begins: bool) -> Option<&str> {
    let mut letters = word.split(|letter: char| letter.is_ascii_digit()).filter(|letters| !is_mask(letters));
    let has_letters = letters.clone().any(|letters| !letters.is_empty());
    letters.find(|letters| letters.len() >= 4).or((begins && has_letters && word.len() <= 3).then_some(word))
}

/// `xxxx`, as before the last digits of a card.
fn is_mask(word: &str) -> bool {
    word.len() >= 2 && word.bytes().all(|byte| byte == b'x')
}

/// Likeness of the letters in their order, spaces aside. A text that begins with the whole other one is nearly equal.
fn letters_alike(ours: &str, theirs: &str) -> u8 {
    let squeeze = |text: &str| text.bytes().filter(|byte| *byte != b' ').collect::<Vec<u8>>();
    let (ours, theirs) = (squeeze(ours), squeeze(theirs));
    let (shorter, longer) = if ours.len() <= theirs.len() { (&ours, &theirs) } else { (&theirs, &ours) };
    if shorter.len() >= 5 && longer.starts_with(shorter) {
        return 82 + percent(shorter.len() * 14, longer.len() * 100);
    }
    let total = ours.len() + theirs.len();
    let shared = percent(total - indel::distance(ours.iter().copied(), theirs.iter().copied()), total);
    // Two names that have nothing to do with each other still share about four letters in ten.
    u8::try_from(usize::from(shared.saturating_sub(40)) * 100 / 60).unwrap_or(100)
}

/// The share of the shorter text's letters whose word is in the longer one, whole, cut off or abbreviated. A shop's name in
/// a longer text is nearly as good as the same text. What a text begins with counts most: shops share their last words, as
/// in `retail` or a city.
fn words_alike(ours: &str, theirs: &str) -> u8 {
    let (shorter, longer) = if letters(ours) <= letters(theirs) { (ours, theirs) } else { (theirs, ours) };
    if letters(shorter) < 4 {
        let begins = longer.strip_prefix(shorter).is_some_and(|rest| rest.starts_with(' '));
        return if begins { SHORT_NAME_POINTS[letters(shorter)] } else { 0 };
    }
    let mut free: Vec<&str> = longer.split(' ').collect();
    let mut points = 0;
    for word in shorter.split(' ') {
        let best = free.iter().enumerate().map(|(place, other)| (word_alike(word, other), place));
        if let Some((alike, place)) = best.max_by_key(|(alike, place)| (*alike, usize::MAX - place)) {
            if alike > 0 {
                free.remove(place);
            }
            points += usize::from(alike) * word.len();
        }
    }
    let share = percent(points, letters(shorter) * 100);
    let share = share - share / 10;
    let first = shorter.split(' ').next().unwrap_or_default();
    if longer.split(' ').take(2).any(|word| word_alike(first, word) > 0) { share } else { share / 2 }
}

fn letters(text: &str) -> usize {
    text.bytes().filter(|byte| *byte != b' ').count()
}

/// How well one word stands for another: whole, as its beginning, or with letters left out.
fn word_alike(ours: &str, theirs: &str) -> u8 {
    let (short, long) = if ours.len() <= theirs.len() { (ours, theirs) } else { (theirs, ours) };
    if short == long {
        100
    } else if short.len() >= 3 && long.starts_with(short) {
        90
    } else if short.len() >= 3 && short.as_bytes()[0] == long.as_bytes()[0] && is_abbreviation(short, long) {
        70
    } else {
        0
    }
}

/// Whether the letters of the short word stand in the long one in their order.
fn is_abbreviation(short: &str, long: &str) -> bool {
    let mut letters = long.bytes();
    long.len() <= short.len() * 3 && short.bytes().all(|wanted| letters.any(|letter| letter == wanted))
}

fn percent(part: usize, whole: usize) -> u8 {
    u8::try_from((part * 100).checked_div(whole).unwrap_or(0)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(ours: &str, theirs: &str) -> u8 {
        NormalText::of(ours).unwrap().similarity(&NormalText::of(theirs).unwrap())
    }

    #[test]
    fn noise_is_left_out() {
        for (text, words) in [
            ("POS PURCHASE 1234 SQ *BLUE BOTTLE #0042 01/12", "blue bottle"),
            ("TST* Pizza Gina's", "pizza ginas"),
            ("PAYPAL *STEAM GAMES 4029357733", "steam games"),
            ("AMZN Mktp US*2K4J93", "amzn mktp"),
            ("Café Zürich", "cafe zurich"),
            ("VISA DEBIT", "visa debit"),
            ("CARD XXXX1234 Bakery", "bakery"),
            ("1800FLOWERS.COM", "flowers"),
            ("  7-ELEVEN 33221 ", "eleven"),
            ("CARD PAYMENT TO M6 TOLL ON 24 FEB", "m6 toll"),
            ("MAY FLOWERS 24FEB", "may flowers"),
            ("Amazon Marketplace 9736 on 3 March", "amazon marketplace"),
        ] {
            assert_eq!(NormalText::of(text).unwrap().words(), words, "{text}");
        }
        assert_eq!(NormalText::of(" * -- "), None);
        assert_eq!(NormalText::of("00123").unwrap().words(), "");
    }

    #[test]
    fn the_same_shop_reads_alike_and_another_does_not() {
        for (ours, theirs) in [
            ("shell kings 587", "POS PURCHASE SHELL KINGS"),
            ("AMZN MKTP US*2K4J9", "Amazon Marketplace"),
            ("tesco pay at pump 4203", "TESCO PAY AT P"),
            ("WAL-MART #3341", "Walmart Supercenter"),
            ("Starbucks", "STARBUCKS STORE 00412 SEATTLE WA"),
            ("Blue Bottle Coffee", "SQ *BLUE BOTTLE COFFEE OAKLAND CA"),
        ] {
            assert!(alike(ours, theirs) >= 60, "{ours} / {theirs}: {}", alike(ours, theirs));
        }
        for (ours, theirs) in [
            ("shell kings 587", "tesco pay at pump 4203"),
            ("Netflix", "Spotify"),
            ("Rent", "Groceries"),
            ("amazon uk retail", "premier inn"),
            ("zawadi marketplace", "Amazon Uk Marketplace Birmingham"),
            ("99p Stores Ltd", "asda stores/petrol/"),
            ("birmingham", "ASDA HOME SHOPPING BIRMINGHAM"),
            ("texaco ash motor", "tesco stores"),
        ] {
            assert!(alike(ours, theirs) < 50, "{ours} / {theirs}: {}", alike(ours, theirs));
        }
    }

    #[test]
    fn equal_words_with_other_store_numbers_are_not_quite_equal() {
        assert_eq!(alike("TESCO 1234", "tesco 1234"), 100);
        assert_eq!(alike("TESCO 1234", "tesco"), 98);
        assert_eq!(alike("TESCO 1234", "tesco 99"), 90);
        assert_eq!(alike("1234", "001234"), 100);
        assert_eq!(alike("1234", "99"), 0);
    }

    #[test]
    fn a_long_text_is_cut_at_a_letter() {
        let text = "é".repeat(5_000);
        assert!(NormalText::of(&text).unwrap().words().len() <= TEXT_BYTES_MAX);
    }
}
