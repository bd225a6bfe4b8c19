//! What speaks for and against two rows being one transfer.

use std::collections::BTreeMap;

use super::side::Side;
use super::{TransferAccount, TransferReason};
use crate::account_kind::AccountClass;
use crate::model::AccountId;

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

/// Words that any side of a transfer may have.
const NEUTRAL_WORDS: &[&str] = &[
    "account",
    "atm",
    "balance",
    "bank",
    "banking",
    "cash",
    "checking",
    "credit",
    "current",
    "debit",
    "deposit",
    "incoming",
    "mobile",
    "money",
    "online",
    "outgoing",
    "savings",
    "withdrawal",
];

/// Words too common to name an account by themselves.
const COMMON_NAMES: &[&str] = &["account", "bank", "card", "cash", "credit", "current", "debit", "main"];

/// The words of a row, and what they are about.
#[derive(Debug, Default)]
pub(super) struct Words {
    words: Vec<String>,
    transfer: bool,
    payment: bool,
    debt: bool,
    neutral: bool,
}

impl Words {
    /// The words of the texts of a row.
    pub(super) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut words: Vec<String> = texts.flat_map(split).collect();
        words.sort_unstable();
        words.dedup();
        let begins =
            |list: &[&str]| words.iter().any(|word| list.iter().any(|start| word.starts_with(start)));
        let holds = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let (transfer, payment) = (begins(TRANSFER_WORDS), begins(PAYMENT_WORDS));
        let (debt, neutral) = (holds(DEBT_WORDS), holds(NEUTRAL_WORDS));
        Self { words, transfer, payment, debt, neutral }
    }

    fn has(&self, word: &str) -> bool {
        self.words.binary_search_by(|own| own.as_str().cmp(word)).is_ok()
    }

    /// Words that could be a name.
    fn names(&self) -> impl Iterator<Item = &String> {
        self.words.iter().filter(|word| word.len() > 2 && word.bytes().any(|byte| byte.is_ascii_alphabetic()))
    }

    /// Whether the words name somebody and nothing of them fits a transfer.
    fn names_somebody(&self) -> bool {
        !(self.transfer || self.payment || self.neutral) && self.names().next().is_some()
    }

    fn shares_name(&self, other: &Self) -> bool {
        self.names().any(|word| other.has(word))
    }
}

/// The words of a text, lower case and without accents.
fn split(text: &str) -> Vec<String> {
    let folded = deunicode::deunicode(text).to_ascii_lowercase();
    let words = folded.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What is known of the user's accounts.
pub(super) struct Accounts(BTreeMap<AccountId, Known>);

struct Known {
    name: Vec<String>,
    mask: Option<String>,
    owes: Option<bool>,
}

impl Accounts {
    pub(super) fn of(accounts: &[TransferAccount]) -> Self {
        let known = |account: &TransferAccount| {
            let mut name = account.name.as_deref().map(split).unwrap_or_default();
            if name.iter().all(|word| word.len() < 3 || COMMON_NAMES.contains(&word.as_str())) {
                name.clear();
            }
            let mask = account.mask.as_deref().map(|mask| split(mask).concat()).filter(|mask| mask.len() > 2);
            let owes = account.kind.map(|kind| kind.class() == AccountClass::Liability);
            (account.account, Known { name, mask, owes })
        };
        Self(accounts.iter().map(known).collect())
    }

    /// Whether a side names an account by its name or its number.
    fn named(&self, side: &Side<'_>, account: AccountId) -> bool {
        let Some(known) = self.0.get(&account) else { return false };
        let by_name = !known.name.is_empty() && known.name.iter().all(|word| side.words.has(word));
        let ends = |text: &str| known.mask.as_deref().is_some_and(|mask| text.ends_with(mask));
        let by_counterparty = side.row.counterparty.as_deref().is_some_and(|text| ends(&text.to_lowercase()));
        by_name || by_counterparty || side.words.words.iter().any(|word| ends(word))
    }

    fn pays_debt(&self, from: &Side<'_>, to: &Side<'_>) -> bool {
        let payment = from.words.payment || to.words.payment;
        let owes = self.0.get(&to.row.account).and_then(|known| known.owes);
        payment && owes.unwrap_or(from.words.debt || to.words.debt)
    }
}

/// What speaks for and against two rows being one transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Evidence {
    days: u16,
    arrived_before: bool,
    pending: u8,
    transfer_words: u8,
    names_account: bool,
    pays_debt: bool,
    other_payees: u8,
}

impl Evidence {
    /// Weighs two sides of exactly opposite amounts in two accounts.
    pub(super) fn of(from: &Side<'_>, to: &Side<'_>, accounts: &Accounts) -> Self {
        let days = to.row.date.signed_duration_since(from.row.date).num_days();
        let names_account = accounts.named(from, to.row.account) || accounts.named(to, from.row.account);
        let pays_debt = accounts.pays_debt(from, to);
        let explained = names_account || pays_debt || from.words.shares_name(&to.words);
        let other_payees = if explained {
            0
        } else {
            u8::from(from.words.names_somebody()) + u8::from(to.words.names_somebody())
        };
        Self {
            days: u16::try_from(days.unsigned_abs()).unwrap_or(u16::MAX),
            arrived_before: days < 0,
            pending: u8::from(from.row.pending) + u8::from(to.row.pending),
            transfer_words: u8::from(from.words.transfer) + u8::from(to.words.transfer),
            names_account,
            pays_debt,
            other_payees,
        }
    }

    /// How likely the two are one transfer, 0 to 100. Direction and pending are left to [`Evidence::rank`]: they choose between
    /// rows of one account and tell nothing about two accounts.
    pub(super) fn score(&self) -> u8 {
        let days = i32::from(self.days.min(20)) * 4;
        let words = [0, 10, 15][usize::from(self.transfer_words.min(2))];
        let named = if self.names_account { 15 } else { 0 };
        let debt = if self.pays_debt { 10 } else { 0 };
        let others = [0, 8, 25][usize::from(self.other_payees.min(2))];
        u8::try_from((80 - days + words + named + debt - others).clamp(0, 100)).unwrap_or(0)
    }

    /// What decides between equal scores, the least first.
    pub(super) fn rank(&self) -> (bool, u8) {
        (self.arrived_before, self.pending)
    }

    /// The evidence in words.
    pub(super) fn reasons(&self) -> Vec<TransferReason> {
        let told = [
            (self.names_account, TransferReason::NamesAccount),
            (self.transfer_words > 0, TransferReason::TransferWords),
            (self.pays_debt, TransferReason::PaysDebt),
            (self.other_payees > 0, TransferReason::OtherPayee),
            (self.arrived_before, TransferReason::ArrivedBefore),
            (self.pending > 0, TransferReason::Pending),
        ];
        let told = told.into_iter().filter_map(|(is, reason)| is.then_some(reason));
        [TransferReason::OppositeAmount, TransferReason::DaysApart(self.days)]
            .into_iter()
            .chain(told)
            .collect()
    }
}
