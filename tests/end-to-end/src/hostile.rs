//! Input that somebody else writes: each reader takes any bytes without a panic, and what it accepts makes sense. The fuzzer in
//! `tests/fuzz` and a test that plays with the corpus call the same functions.

use std::path::PathBuf;

use chrono::DateTime;
use fastrand::Rng;
use finance_core::{
    AmountColumns, CsvLayout, DateOrder, DecimalMark, ImportFormat, ImportPolicy, TextEncoding, parse_amount,
    read_file,
};
use finance_plaid::wire::{AccountsAnswer, SyncPage};
use finance_plaid::{Environment, translate};

/// A reader, by its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every reader of foreign input.
pub const TARGETS: [Target; 7] = [
    ("csv", csv),
    ("ofx", ofx),
    ("file", file),
    ("amount", amount),
    ("page", page),
    ("accounts", accounts),
    ("webhook", webhook),
];

/// Rows that a file of so many bytes can have at the most, and thereby the memory that it takes.
fn read(bytes: &[u8], format: &ImportFormat) {
    let Ok(contents) = read_file(bytes, format, &ImportPolicy::default()) else { return };
    for statement in &contents.statements {
        assert!(statement.rows.len() + statement.problems.len() <= bytes.len() + 1, "rows out of nothing");
        for row in &statement.rows {
            // A row is accepted with the amount that it says, to the digit.
            assert_eq!(parse_amount(&row.amount.to_string()).ok(), Some(row.amount));
        }
    }
}

/// A table whose layout is told, with either decimal mark.
pub fn csv(bytes: &[u8]) {
    for decimal in [DecimalMark::Point, DecimalMark::Comma] {
        let layout = CsvLayout {
            encoding: TextEncoding::Auto,
            delimiter: if decimal == DecimalMark::Point { ',' } else { ';' },
            quote: '"',
            skip: 1,
            date: 0,
            date_order: DateOrder::YearMonthDay,
            amount: AmountColumns::One { column: 2, positive_out: false },
            decimal,
            description: vec![1],
            payee: None,
            currency: Some(3),
            id: None,
            check_number: None,
        };
        read(bytes, &ImportFormat::Csv(layout));
    }
}

/// An OFX file of any version.
pub fn ofx(bytes: &[u8]) {
    read(bytes, &ImportFormat::Ofx);
}

/// A file that is read as what it looks like.
pub fn file(bytes: &[u8]) {
    read(bytes, &ImportFormat::Auto);
}

/// The text of an amount.
pub fn amount(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(amount) = parse_amount(text) {
        let written = amount.to_string();
        let again = parse_amount(&written).unwrap();
        assert_eq!(
            (again, again.scale()),
            (amount, amount.scale()),
            "{text} is read otherwise than it is written"
        );
    }
}

/// A page of transactions.
pub fn page(bytes: &[u8]) {
    let Ok(page) = serde_json::from_slice::<SyncPage>(bytes) else { return };
    for keep_raw in [false, true] {
        let _ = translate::update_page(&page, keep_raw);
    }
}

/// A list of accounts.
pub fn accounts(bytes: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<AccountsAnswer>(bytes) else { return };
    let _ = translate::accounts(&answer.accounts);
}

/// The body of a webhook.
pub fn webhook(bytes: &[u8]) {
    let environment = Environment::Sandbox;
    let _ = translate::webhook(bytes, DateTime::UNIX_EPOCH, &environment);
}

/// What is known to be worth a try for a reader, and what once broke one.
///
/// # Panics
/// When the corpus is not there.
pub fn corpus(target: &str) -> Vec<Vec<u8>> {
    // A file is a table or OFX.
    let folders = if target == "file" { &["csv", "ofx"][..] } else { &[target][..] };
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in folders {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(folder);
        files.extend(std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// Texts that readers trip over.
const WORDS: [&str; 22] = [
    "null",
    "-0",
    "1e999",
    "0.1e-400",
    "\u{0}",
    "\u{feff}",
    "\"",
    ",",
    ";",
    "\n",
    "\r\n",
    "-",
    "'",
    "<",
    "</",
    "&#x110000;",
    "[[[[",
    "{\"a\":",
    "9999-12-31",
    "0000-00-00",
    "\u{1f4b0}",
    "79228162514264337593543950336",
];

/// One of these inputs, changed in some places.
pub fn mutated(rng: &mut Rng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus[rng.usize(..corpus.len())].clone();
    for _ in 0..rng.usize(1..8) {
        let at = rng.usize(..=bytes.len());
        let end = (at + rng.usize(..16)).min(bytes.len());
        match rng.u8(..7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 if at < bytes.len() => bytes[at] ^= 1 << rng.u8(..8),
            3 => drop(bytes.splice(at..at, WORDS[rng.usize(..WORDS.len())].bytes())),
            4 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece.repeat(rng.usize(1..6)));
            }
            5 => {
                let other = &corpus[rng.usize(..corpus.len())];
                let from = rng.usize(..=other.len());
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => bytes.insert(at, rng.u8(..)),
        }
    }
    bytes
}
