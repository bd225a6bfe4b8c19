//! What speaks for and against two rows being one transfer.

use std::collections::BTreeMap;

use super::side::Side;
use super::words::{is_telling, split};
use super::{TransferAccount, TransferReason};
use crate::account_kind::AccountClass;
use crate::model::AccountId;

/// Words too common to name an account by themselves.
const COMMON_NAMES: &[&str] = &["account", "bank", "card", "cash", "credit", "current", "debit", "main"];

/// What a pair of one day scores by its amount alone, and what it does when a text speaks against it.
const POSSIBLE: i32 = 80;
const DOUBTFUL: i32 = 55;

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
        by_name || by_counterparty || known.mask.as_deref().is_some_and(|mask| side.words.any_ends_in(mask))
    }

    /// The words of an account's name.
    fn name_of(&self, account: AccountId) -> impl Iterator<Item = &str> {
        self.0.get(&account).into_iter().flat_map(|known| known.name.iter().map(String::as_str))
    }

    /// Whether a card or a loan is paid off: its own side says so, or the paying side names it.
    fn pays_debt(&self, from: &Side<'_>, to: &Side<'_>) -> bool {
        let thanks = to.words.payment || to.words.has("thank");
        match self.0.get(&to.row.account).and_then(|known| known.owes) {
            Some(false) => false,
            Some(true) => {
                let named = self.name_of(to.row.account).any(|word| is_telling(word) && from.words.has(word));
                thanks || named || self.named(from, to.row.account)
            }
            None => to.words.payment && (to.words.debt || from.words.debt),
        }
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
    other_payee: bool,
    other_purpose: bool,
}

impl Evidence {
    /// Weighs two sides of exactly opposite amounts in two accounts.
    pub(super) fn of(from: &Side<'_>, to: &Side<'_>, accounts: &Accounts) -> Self {
        let days = to.row.date.signed_duration_since(from.row.date).num_days();
        let own: Vec<&str> =
            [from, to].into_iter().flat_map(|side| accounts.name_of(side.row.account)).collect();
        let names_account = accounts.named(from, to.row.account) || accounts.named(to, from.row.account);
        let pays_debt = accounts.pays_debt(from, to);
        let explained = names_account || pays_debt;
        Self {
            days: u16::try_from(days.unsigned_abs()).unwrap_or(u16::MAX),
            arrived_before: days < 0,
            pending: u8::from(from.row.pending) + u8::from(to.row.pending),
            transfer_words: u8::from(from.words.transfer) + u8::from(to.words.transfer),
            names_account,
            pays_debt,
            other_payee: !explained && names_somebody(from, to, &own),
            other_purpose: from.words.other_purpose(&own) || to.words.other_purpose(&own),
        }
    }

    /// How likely the two are one transfer, 0 to 100. Direction and pending are left to [`Evidence::rank`]: they choose between
    /// rows of one account and tell nothing about two accounts.
    pub(super) fn score(&self) -> u8 {
        let days = i32::from(self.days.min(20)) * 4;
        let points = if self.other_payee || self.other_purpose {
            DOUBTFUL
        } else {
            let words = [0, 10, 15][usize::from(self.transfer_words.min(2))];
            let named = if self.names_account { 15 } else { 0 };
            let debt = if self.pays_debt { 10 } else { 0 };
            POSSIBLE + words + named + debt
        };
        u8::try_from((points - days).clamp(0, 100)).unwrap_or(0)
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
            (self.other_payee, TransferReason::OtherPayee),
            (self.other_purpose, TransferReason::OtherPurpose),
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

/// Whether somebody who is no account of the user may be the partner of either row. Two sides that name the same one, or that
/// both speak of a transfer and do not name different ones, may still be one transfer.
fn names_somebody(from: &Side<'_>, to: &Side<'_>, own: &[&str]) -> bool {
    let (ours, theirs) = (from.words.names(own), to.words.names(own));
    let (few, many) = if ours.len() <= theirs.len() { (&ours, &theirs) } else { (&theirs, &ours) };
    let conflict = few.iter().any(|name| !many.contains(name));
    conflict || (few.is_empty() && !many.is_empty() && !(from.words.transfer && to.words.transfer))
}
