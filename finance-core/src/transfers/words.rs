//! The words of a row, and what they are about.

use crate::bank_text::{fold, split_words};

/// Beginnings of words for moving one's own money.
const TRANSFER_WORDS: &[&str] = &[
    "bonifico",
    "giroconto",
    "internal",
    "overboeking",
    "overfor",
    "prevod",
    "przelew",
    "sweep",
    "tfr",
    "topup",
    "transf",
    "trasferimento",
    "traspaso",
    "trf",
    "trnsfr",
    "trsf",
    "uberweisung",
    "ubertrag",
    "umbuchung",
    "virement",
    "xfer",
];

/// Beginnings of words for paying a debt back.
const PAYMENT_WORDS: &[&str] =
    &["autopay", "epay", "instal", "paiement", "payment", "pmt", "pymt", "repay", "splatka", "zahlung"];

/// Words that name a debt, where the kind of the account is not known.
const DEBT_WORDS: &[&str] =
    &["card", "credit", "crd", "kreditkarte", "loan", "mortgage", "thank", "visa", "mastercard"];

/// Beginnings of words for what is bought, earned or paid back, which no transfer between own accounts is.
const OTHER_PURPOSE_WORDS: &[&str] = &[
    "cashback",
    "dividend",
    "erstattung",
    "gehalt",
    "lohn",
    "miete",
    "payroll",
    "purchase",
    "rebate",
    "refund",
    "reimburs",
    "remboursement",
    "retour",
    "reversal",
    "reversed",
    "salaire",
    "salary",
    "wages",
];

/// The same, as whole words: longer ones begin with them.
const OTHER_PURPOSES: &[&str] = &["interest", "loyer", "pos", "rent", "return", "tax"];

/// Words that any side of a transfer may have, and that name nobody.
const COMMON_WORDS: &[&str] = &[
    "acc",
    "account",
    "accounts",
    "acct",
    "ach",
    "and",
    "app",
    "atm",
    "ato",
    "auf",
    "auto",
    "automatic",
    "balance",
    "bank",
    "banking",
    "between",
    "bill",
    "cash",
    "ccd",
    "checking",
    "chk",
    "chkg",
    "company",
    "compte",
    "conf",
    "confirmation",
    "conta",
    "conto",
    "corp",
    "cuenta",
    "current",
    "date",
    "dda",
    "debit",
    "deposit",
    "depuis",
    "des",
    "desde",
    "direct",
    "eft",
    "electronic",
    "ending",
    "eur",
    "external",
    "for",
    "from",
    "fund",
    "funds",
    "gbp",
    "giro",
    "gmbh",
    "inc",
    "incoming",
    "indn",
    "instant",
    "konto",
    "llc",
    "ltd",
    "main",
    "member",
    "mobile",
    "money",
    "monthly",
    "naar",
    "nach",
    "number",
    "online",
    "order",
    "outgoing",
    "own",
    "pay",
    "payee",
    "phone",
    "ppd",
    "rachunek",
    "received",
    "recurring",
    "ref",
    "reference",
    "rekening",
    "sav",
    "saving",
    "savings",
    "scheduled",
    "self",
    "send",
    "sent",
    "sepa",
    "share",
    "standing",
    "tel",
    "the",
    "trans",
    "transaction",
    "ucet",
    "uct",
    "uctu",
    "usd",
    "venmo",
    "vers",
    "via",
    "vklad",
    "von",
    "vyber",
    "web",
    "weekly",
    "wire",
    "with",
    "withdrawal",
    "you",
    "your",
    "zelle",
];

/// The words of a row, and what they are about.
#[derive(Debug, Default)]
pub(super) struct Words {
    words: Vec<String>,
    pub(super) transfer: bool,
    pub(super) payment: bool,
    pub(super) debt: bool,
}

impl Words {
    /// The words of the texts of a row.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut words: Vec<String> = texts.flat_map(split).collect();
        words.sort_unstable();
        words.dedup();
        let any = |is: &dyn Fn(&str) -> bool| words.iter().any(|word| is(word));
        let transfer = any(&|word| begins(word, TRANSFER_WORDS));
        let payment = any(&|word| begins(word, PAYMENT_WORDS));
        let debt = any(&|word| DEBT_WORDS.contains(&word));
        Self { words, transfer, payment, debt }
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.words.binary_search_by(|own| own.as_str().cmp(word)).is_ok()
    }

    pub(super) fn any_ends_in(&self, end: &str) -> bool {
        self.words.iter().any(|word| word.ends_with(end))
    }

    /// Whether they speak of buying, earning or paying back, names of the user's accounts aside.
    pub(super) fn other_purpose(&self, own: &[&str]) -> bool {
        let mut foreign = self.words.iter().map(String::as_str).filter(|word| !own.contains(word));
        foreign.any(tells_other_purpose)
    }

    /// The words that may be somebody's name, the names of the user's accounts aside.
    pub(super) fn names(&self, own: &[&str]) -> Vec<&str> {
        self.words.iter().map(String::as_str).filter(|word| is_name(word) && !own.contains(word)).collect()
    }
}

/// The words of a text, lower case and without accents.
pub(super) fn split(text: &str) -> Vec<String> {
    split_words(&fold(text)).map(str::to_owned).collect()
}

/// Whether the word alone could tell who is meant.
pub(super) fn is_telling(word: &str) -> bool {
    word.len() > 2 && !COMMON_WORDS.contains(&word) && !DEBT_WORDS.contains(&word)
}

fn begins(word: &str, list: &[&str]) -> bool {
    list.iter().any(|start| word.starts_with(start))
}

fn tells_other_purpose(word: &str) -> bool {
    begins(word, OTHER_PURPOSE_WORDS) || OTHER_PURPOSES.contains(&word)
}

/// Whether a word is no number or reference, and none that is known to name nobody.
fn is_name(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let known = begins(word, TRANSFER_WORDS) || begins(word, PAYMENT_WORDS) || tells_other_purpose(word);
    digits < 2 && word.len() - digits > 2 && is_telling(word) && !known
}
