//! Which old account of a re-linked connection each new account is.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::connection::LinkedAccount;
use crate::account_kind::{AccountClassification, AccountGroup, classify_account};
use crate::bank_text::NormalText;
use crate::model::{Account, Currency, HolderCategory, ProviderAccount};

/// What tells one account from another. What is not known is `None` and speaks neither for nor against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountIdentity {
    /// An identifier that is the same for every link of the account, where the institution has one.
    pub persistent_id: Option<String>,
    /// The name the user or the bank gave.
    pub name: Option<String>,
    /// The bank's official product name.
    pub official_name: Option<String>,
    /// The last letters or digits of its number.
    pub mask: Option<String>,
    /// The provider's type, verbatim.
    pub provider_type: Option<String>,
    /// The provider's subtype, verbatim.
    pub provider_subtype: Option<String>,
    /// The currency of its balances.
    pub currency: Option<Currency>,
    /// Whether a person or a business holds it.
    pub holder: Option<HolderCategory>,
}

impl From<&ProviderAccount> for AccountIdentity {
    fn from(account: &ProviderAccount) -> Self {
        Self {
            persistent_id: account.persistent_id.clone(),
            name: Some(account.name.clone()),
            official_name: account.official_name.clone(),
            mask: account.mask.clone(),
            provider_type: Some(account.provider_type.clone()),
            provider_subtype: account.provider_subtype.clone(),
            currency: account.balances.currency.clone(),
            holder: account.holder.clone(),
        }
    }
}

impl From<&Account> for AccountIdentity {
    fn from(account: &Account) -> Self {
        Self::from(&account.provider)
    }
}

impl From<&LinkedAccount> for AccountIdentity {
    fn from(account: &LinkedAccount) -> Self {
        Self {
            persistent_id: account.persistent_id.clone(),
            name: account.name.clone(),
            mask: account.mask.clone(),
            provider_type: account.provider_type.clone(),
            provider_subtype: account.provider_subtype.clone(),
            ..Self::default()
        }
    }
}

/// What became of the accounts of a connection that was linked anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountMatches {
    /// One answer per new account, in the order given.
    pub accounts: Vec<AccountMatch>,
    /// Old accounts that no new one can be, by their places in the slice given, ascending.
    pub gone: Vec<usize>,
}

/// What a new account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountMatch {
    /// What it is.
    pub verdict: AccountVerdict,
    /// The old accounts it may be, best first: one if it is the same, one or more if that cannot be told, none if it is new.
    pub candidates: Vec<AccountCandidate>,
}

/// What a new account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "an old one, none of them, or unknown")]
pub enum AccountVerdict {
    /// It is the old account that stands as the only candidate. No other new account is.
    Same,
    /// It may be one of the candidates, or none. The user must say.
    CannotTell,
    /// It is none of the old accounts.
    New,
}

impl AccountVerdict {
    /// The stable name, as in `cannot_tell`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::CannotTell => "cannot_tell",
            Self::New => "new",
        }
    }
}

/// An old account that a new one may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountCandidate {
    /// The old account, by its place in the slice given.
    pub old: usize,
    /// How likely it is, in whole points from 0 to 100.
    pub score: u8,
    /// Why, the weightiest first.
    pub reasons: Vec<AccountReason>,
}

/// A piece of evidence. Printed, it is a sentence's part for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountReason {
    /// Both have the same persistent identifier.
    SamePersistentId,
    /// The last letters or digits of the number are the same.
    SameMask,
    /// They differ.
    OtherMask,
    /// The names are the same.
    SameName,
    /// The names differ.
    OtherName,
    /// The bank's product names are the same.
    SameOfficialName,
    /// The bank's product names differ.
    OtherOfficialName,
    /// The kinds are the same.
    SameKind,
    /// The kinds are close, as far as they are known.
    SimilarKind,
    /// The currencies are the same.
    SameCurrency,
    /// The holders are the same.
    SameHolder,
    /// A person holds the one, a business the other.
    OtherHolder,
    /// It is the only one left on both sides.
    OnlyOneLeft,
    /// Another account fits as well.
    Ambiguous,
}

impl AccountReason {
    /// The stable name, as in `same_mask`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SamePersistentId => "same_persistent_id",
            Self::SameMask => "same_mask",
            Self::OtherMask => "other_mask",
            Self::SameName => "same_name",
            Self::OtherName => "other_name",
            Self::SameOfficialName => "same_official_name",
            Self::OtherOfficialName => "other_official_name",
            Self::SameKind => "same_kind",
            Self::SimilarKind => "similar_kind",
            Self::SameCurrency => "same_currency",
            Self::SameHolder => "same_holder",
            Self::OtherHolder => "other_holder",
            Self::OnlyOneLeft => "only_one_left",
            Self::Ambiguous => "ambiguous",
        }
    }
}

impl fmt::Display for AccountReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SamePersistentId => "same persistent identifier",
            Self::SameMask => "same last digits",
            Self::OtherMask => "other last digits",
            Self::SameName => "same name",
            Self::OtherName => "other name",
            Self::SameOfficialName => "same product name",
            Self::OtherOfficialName => "other product name",
            Self::SameKind => "same kind",
            Self::SimilarKind => "same kind as far as it is known",
            Self::SameCurrency => "same currency",
            Self::SameHolder => "same holder",
            Self::OtherHolder => "other holder",
            Self::OnlyOneLeft => "the only one left on both sides",
            Self::Ambiguous => "another account fits as well",
        })
    }
}

/// From this score on, a pair without a rival is certain.
const SAME_FROM: i32 = 40;
/// From this score on, a pair is worth a question.
const MAYBE_FROM: i32 = 20;
/// From this score on, a pair of which both are the only ones left is worth a question.
const ONLY_FROM: i32 = 10;
/// Pairs whose scores are no farther apart are equally good.
const MARGIN: i32 = 9;
/// The most that an uncertain pair, and a certain one without a persistent identifier, may score.
const MAYBE_MOST: i32 = 50;
const SAME_MOST: i32 = 95;

/// Finds which old account each new account is, after a connection was linked anew and all identifiers changed.
///
/// An equal persistent identifier decides; two that differ are two accounts. Otherwise no account is one of another currency or
/// another known kind, and the last digits of the number, the names, the product names, the kind, the currency and the holder
/// are weighed. Accounts are matched one to one, the clearest first, which may leave only one for the next. **Nothing is
/// guessed**: two savings accounts of one name and without numbers, or an account whose last digits changed, are
/// [`AccountVerdict::CannotTell`].
///
/// The answer does not depend on the order of either slice, save that of candidates which are equally good.
///
/// ```
/// use finance_core::{AccountIdentity, AccountVerdict, match_relinked_accounts};
///
/// let account = |name: &str, mask: &str| AccountIdentity {
///     name: Some(name.to_owned()),
///     mask: Some(mask.to_owned()),
///     ..AccountIdentity::default()
/// };
/// let old = [account("Everyday", "1234"), account("Rainy day", "9876")];
/// let new = [account("Rainy Day", "9876"), account("Travel", "5555")];
///
/// let matches = match_relinked_accounts(&old, &new);
/// assert_eq!(matches.accounts[0].verdict, AccountVerdict::Same);
/// assert_eq!(matches.accounts[0].candidates[0].old, 1);
/// assert_eq!(matches.accounts[1].verdict, AccountVerdict::New);
/// assert_eq!(matches.gone, [0]);
/// ```
pub fn match_relinked_accounts(old: &[AccountIdentity], new: &[AccountIdentity]) -> AccountMatches {
    let mut pairs: Vec<Pair> = Vec::new();
    for (n, new) in new.iter().enumerate() {
        pairs.extend(old.iter().enumerate().filter_map(|(o, old)| {
            let (score, reasons) = compare(old, new)?;
            Some(Pair { old: o, new: n, score, reasons })
        }));
    }
    let mut same: Vec<Pair> = Vec::new();
    let maybe: Vec<Pair> = loop {
        let rivals = Rivals::of(&pairs);
        let (clear, open): (Vec<Pair>, Vec<Pair>) =
            pairs.into_iter().partition(|pair| pair.score >= SAME_FROM && !rivals.compete_with(pair));
        if clear.is_empty() {
            break open.into_iter().filter_map(|pair| rivals.ask(pair)).collect();
        }
        same.extend(clear);
        let (olds, news): (BTreeSet<usize>, BTreeSet<usize>) =
            same.iter().map(|pair| (pair.old, pair.new)).unzip();
        pairs = open;
        pairs.retain(|pair| !olds.contains(&pair.old) && !news.contains(&pair.new));
    };
    let gone = |place: &usize| !same.iter().chain(&maybe).any(|pair| pair.old == *place);
    AccountMatches {
        gone: (0..old.len()).filter(gone).collect(),
        accounts: (0..new.len()).map(|place| answer(place, &same, &maybe)).collect(),
    }
}

fn answer(new: usize, same: &[Pair], maybe: &[Pair]) -> AccountMatch {
    if let Some(pair) = same.iter().find(|pair| pair.new == new) {
        let most = if pair.reasons.contains(&AccountReason::SamePersistentId) { 100 } else { SAME_MOST };
        return AccountMatch { verdict: AccountVerdict::Same, candidates: vec![pair.candidate(most)] };
    }
    let mut candidates: Vec<AccountCandidate> =
        maybe.iter().filter(|pair| pair.new == new).map(|pair| pair.candidate(MAYBE_MOST)).collect();
    candidates.sort_by_key(|candidate| (u8::MAX - candidate.score, candidate.old));
    let verdict = if candidates.is_empty() { AccountVerdict::New } else { AccountVerdict::CannotTell };
    AccountMatch { verdict, candidates }
}

/// An old and a new account that may be one.
#[derive(Debug, Clone)]
struct Pair {
    old: usize,
    new: usize,
    score: i32,
    reasons: Vec<AccountReason>,
}

impl Pair {
    fn candidate(&self, most: i32) -> AccountCandidate {
        let score = u8::try_from(self.score.clamp(0, most)).unwrap_or(0);
        AccountCandidate { old: self.old, score, reasons: self.reasons.clone() }
    }
}

/// The two best scores of each old and each new account among open pairs.
struct Rivals {
    old: BTreeMap<usize, [i32; 2]>,
    new: BTreeMap<usize, [i32; 2]>,
}

impl Rivals {
    fn of(pairs: &[Pair]) -> Self {
        let mut rivals = Self { old: BTreeMap::new(), new: BTreeMap::new() };
        for pair in pairs {
            for best in [rivals.old.entry(pair.old), rivals.new.entry(pair.new)] {
                let best = best.or_insert([i32::MIN; 2]);
                let second = best[0].min(pair.score).max(best[1]);
                *best = [best[0].max(pair.score), second];
            }
        }
        rivals
    }

    /// The two best scores of either account of a pair.
    fn best(&self, pair: &Pair) -> [[i32; 2]; 2] {
        [&self.old.get(&pair.old), &self.new.get(&pair.new)]
            .map(|best| best.copied().unwrap_or([i32::MIN; 2]))
    }

    /// Whether another pair of either account is better, or worse by no more than the margin.
    fn compete_with(&self, pair: &Pair) -> bool {
        self.best(pair).iter().any(|[first, second]| *first > pair.score || *second >= pair.score - MARGIN)
    }

    /// The pair as a question to the user, if it is worth one.
    fn ask(&self, mut pair: Pair) -> Option<Pair> {
        let only = self.best(&pair).iter().all(|[_, second]| *second == i32::MIN);
        let renumbered = [AccountReason::SameName, AccountReason::OtherMask];
        let renumbered = renumbered.iter().all(|reason| pair.reasons.contains(reason));
        if !renumbered && pair.score < if only { ONLY_FROM } else { MAYBE_FROM } {
            return None;
        }
        if only {
            pair.reasons.push(AccountReason::OnlyOneLeft);
        } else if self.compete_with(&pair) {
            pair.reasons.push(AccountReason::Ambiguous);
        }
        Some(pair)
    }
}

/// The evidence for two accounts being one, or `None` where they cannot be.
fn compare(old: &AccountIdentity, new: &AccountIdentity) -> Option<(i32, Vec<AccountReason>)> {
    use AccountReason as Reason;
    if let Some(same) = both(told(&old.persistent_id), told(&new.persistent_id), |one, other| one == other) {
        return same.then(|| (1000, vec![Reason::SamePersistentId]));
    }
    let kind = same_kind(old, new)?;
    let currency = both(old.currency.as_ref(), new.currency.as_ref(), |one, other| one == other);
    if currency == Some(false) {
        return None;
    }
    let mask = both(told(&old.mask), told(&new.mask), same_mask);
    let name = both(told(&old.name), told(&new.name), same_name);
    let official_name = both(told(&old.official_name), told(&new.official_name), same_name);
    let holder = both(old.holder.as_ref(), new.holder.as_ref(), |one, other| one == other);
    let evidence = [
        (mask, (Reason::SameMask, 45), (Reason::OtherMask, -25)),
        (name, (Reason::SameName, 20), (Reason::OtherName, -10)),
        (official_name, (Reason::SameOfficialName, 10), (Reason::OtherOfficialName, -5)),
        (kind, (Reason::SameKind, 10), (Reason::SimilarKind, 5)),
        (holder, (Reason::SameHolder, 5), (Reason::OtherHolder, -20)),
        (currency, (Reason::SameCurrency, 5), (Reason::SameCurrency, 0)),
    ];
    let (reasons, points): (Vec<Reason>, Vec<i32>) = evidence
        .into_iter()
        .filter_map(|(same, yes, no)| same.map(|same| if same { yes } else { no }))
        .unzip();
    Some((10 + points.into_iter().sum::<i32>(), reasons))
}

/// The text, if it tells anything.
fn told(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// Compares what both tell.
fn both<T>(one: Option<T>, other: Option<T>, same: impl Fn(T, T) -> bool) -> Option<bool> {
    one.zip(other).map(|(one, other)| same(one, other))
}

/// Whether the kinds are the same (`true`) or as near as can be told (`false`). The outer `None`: they differ; the inner one:
/// nothing is told.
fn same_kind(old: &AccountIdentity, new: &AccountIdentity) -> Option<Option<bool>> {
    let kind = |account: &AccountIdentity| {
        let provider_type = account.provider_type.as_deref()?;
        Some(classify_account(provider_type, account.provider_subtype.as_deref()))
    };
    let Some((ours, theirs)) = kind(old).zip(kind(new)) else { return Some(None) };
    let unknown = |kind: AccountClassification| !kind.known && kind.kind.group() == AccountGroup::Other;
    if ours.known && theirs.known {
        (ours.kind == theirs.kind).then_some(Some(true))
    } else if unknown(ours) || unknown(theirs) || ours.kind.group() == theirs.kind.group() {
        Some(Some(false))
    } else {
        None
    }
}

/// Whether two names are the same, numbers and words of no meaning aside.
fn same_name(one: &str, other: &str) -> bool {
    match (NormalText::of(one), NormalText::of(other)) {
        (Some(one), Some(other)) => one.words() == other.words() && one.similarity(&other) == 100,
        _ => one.trim() == other.trim(),
    }
}

/// Whether two masks are the same as far as the shorter one goes, which must be two letters at least.
fn same_mask(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim().to_ascii_lowercase(), other.trim().to_ascii_lowercase());
    let (short, long) = if one.len() <= other.len() { (&one, &other) } else { (&other, &one) };
    short == long || (short.len() > 1 && long.ends_with(short.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `persistent id | name | mask | type | subtype | currency`, a dash for what is not told.
    fn account(line: &str) -> AccountIdentity {
        let mut words = line.split('|').map(|word| Some(word.trim().to_owned()).filter(|word| word != "-"));
        let mut next = || words.next().flatten();
        AccountIdentity {
            persistent_id: next(),
            name: next(),
            mask: next(),
            provider_type: next(),
            provider_subtype: next(),
            currency: next().map(|code| Currency::iso(&code).unwrap()),
            ..AccountIdentity::default()
        }
    }

    fn matched(old: &[&str], new: &[&str]) -> AccountMatches {
        let accounts = |lines: &[&str]| lines.iter().map(|line| account(line)).collect::<Vec<_>>();
        match_relinked_accounts(&accounts(old), &accounts(new))
    }

    /// One old against one new account.
    fn verdict(old: &str, new: &str) -> (AccountVerdict, Option<u8>) {
        let mut matches = matched(&[old], &[new]);
        let account = matches.accounts.remove(0);
        assert_eq!(matches.gone.is_empty(), account.verdict != AccountVerdict::New);
        (account.verdict, account.candidates.first().map(|candidate| candidate.score))
    }

    #[test]
    fn one_against_one() {
        use AccountVerdict::{CannotTell, New, Same};
        let full = "- | Plaid Checking | 0000 | depository | checking | USD";
        for (old, new, expected) in [
            (full, full, Same),
            (full, "- | PLAID  checking | 0000 | depository | CHECKING | USD", Same),
            (full, "- | Plaid Checking | - | depository | checking | USD", Same),
            (full, "- | Plaid Checking | 00 | depository | checking | -", Same),
            (full, "- | My money | 0000 | depository | checking | USD", Same),
            (full, "- | Plaid Checking | 0000 | - | - | -", Same),
            (full, "- | Plaid Checking | 0000 | depository | moonshot | USD", Same),
            (full, "- | - | 0000 | - | - | -", Same),
            (full, "- | Plaid Checking | 1111 | depository | checking | USD", CannotTell),
            (full, "- | Plaid Checking | - | - | - | -", CannotTell),
            (full, "- | My money | - | depository | checking | USD", CannotTell),
            (full, "- | - | - | - | - | -", CannotTell),
            (full, "- | My money | 1111 | depository | checking | USD", New),
            (full, "- | Plaid Checking | 0000 | depository | savings | USD", New),
            (full, "- | Plaid Checking | 0000 | credit | moonshot | USD", New),
            (full, "- | Plaid Checking | 0000 | depository | checking | EUR", New),
            ("p1 | A | 1 | credit | credit card | USD", "p1 | B | 2 | loan | auto | EUR", Same),
            ("p1 | A | 1234 | loan | auto | USD", "p2 | A | 1234 | loan | auto | USD", New),
            ("p1 | A | 1234 | loan | auto | USD", "- | A | 1234 | loan | auto | USD", Same),
            (
                "- | Savings 1 | - | depository | savings | USD",
                "- | Savings 2 | - | depository | savings | USD",
                CannotTell,
            ),
            ("-|-|-|-|-|-", "-|-|-|-|-|-", CannotTell),
            ("| | | - | - | -", "| | | - | - | -", CannotTell),
        ] {
            assert_eq!(verdict(old, new).0, expected, "{old} / {new}");
            assert_eq!(verdict(new, old).0, expected, "{new} / {old}");
        }
        assert_eq!(verdict("p1|A|-|-|-|-", "p1|B|-|-|-|-"), (AccountVerdict::Same, Some(100)));
        assert!(verdict(full, full).1 < Some(100), "only a persistent identifier is beyond doubt");
    }

    #[test]
    fn two_that_are_equally_good_are_not_guessed() {
        let savings = "- | Savings | - | depository | savings | USD";
        let matches = matched(&[savings, savings], &[savings, savings]);
        for account in &matches.accounts {
            assert_eq!(account.verdict, AccountVerdict::CannotTell);
            let olds: Vec<usize> = account.candidates.iter().map(|candidate| candidate.old).collect();
            assert_eq!(olds, [0, 1]);
            assert!(account.candidates.iter().all(|one| one.reasons.contains(&AccountReason::Ambiguous)));
        }
        assert!(matches.gone.is_empty());
        let one_old = matched(&[savings], &[savings, savings]);
        assert!(one_old.accounts.iter().all(|account| account.verdict == AccountVerdict::CannotTell));
    }

    #[test]
    fn cards_whose_numbers_changed_are_asked_about() {
        let lines = |name: [&str; 2], masks: [&str; 2], currency: &str| {
            [0, 1].map(|place| {
                format!("- | {} | {} | credit | credit card | {currency}", name[place], masks[place])
            })
        };
        for (names, currency) in [
            (["Card", "Card"], "USD"),
            (["Card", "Card"], "-"),
            (["Gold", "Blue"], "USD"),
            (["Gold", "Blue"], "-"),
        ] {
            let (old, new) =
                (lines(names, ["1111", "2222"], currency), lines(names, ["3333", "4444"], currency));
            let matches = matched(&[&old[0], &old[1]], &[&new[0], &new[1]]);
            for (place, account) in matches.accounts.iter().enumerate() {
                assert_eq!(account.verdict, AccountVerdict::CannotTell, "{names:?} {currency}");
                assert!(account.candidates.iter().any(|candidate| candidate.old == place));
            }
            assert!(matches.gone.is_empty(), "{names:?} {currency}");
        }
    }

    #[test]
    fn a_clear_one_settles_the_next() {
        let (known, other) =
            ("p1 | Savings | - | depository | savings | USD", "- | Savings | - | depository | savings | USD");
        let matches = matched(&[other, known], &[known, other]);
        let told: Vec<_> = matches.accounts.iter().map(|one| (one.verdict, one.candidates[0].old)).collect();
        assert_eq!(told, [(AccountVerdict::Same, 1), (AccountVerdict::Same, 0)]);
    }

    #[test]
    fn one_persistent_identifier_on_two_old_accounts_is_not_guessed() {
        let matches = matched(&["p1|A|-|-|-|-", "p1|A|-|-|-|-"], &["p1|A|-|-|-|-"]);
        assert_eq!(matches.accounts[0].verdict, AccountVerdict::CannotTell);
        assert_eq!(matches.accounts[0].candidates.len(), 2);
    }

    #[test]
    fn a_business_account_is_not_taken_for_the_private_one() {
        let of = |holder| AccountIdentity {
            holder: Some(holder),
            ..account("-|Checking|-|depository|checking|USD")
        };
        let matches =
            match_relinked_accounts(&[of(HolderCategory::Personal)], &[of(HolderCategory::Business)]);
        assert_eq!(matches.accounts[0].verdict, AccountVerdict::CannotTell);
        assert!(matches.accounts[0].candidates[0].reasons.contains(&AccountReason::OtherHolder));
    }

    #[test]
    fn nothing_against_something() {
        assert_eq!(matched(&[], &[]), AccountMatches::default());
        assert_eq!(matched(&["-|A|-|-|-|-"], &[]).gone, [0]);
        assert_eq!(matched(&[], &["-|A|-|-|-|-"]).accounts[0].verdict, AccountVerdict::New);
    }

    fn any_account() -> impl Strategy<Value = AccountIdentity> {
        let text = |words: &'static [&'static str]| {
            proptest::option::of(proptest::sample::select(words).prop_map(str::to_owned))
        };
        let currency = text(&["USD", "EUR"]).prop_map(|code| code.map(|code| Currency::iso(&code).unwrap()));
        let ids =
            (text(&["p1", "p2"]), text(&["A", "B", ""]), text(&["12", "9912", "34"]), text(&["X", "Y"]));
        let kinds = (text(&["depository", "credit", "new"]), text(&["checking", "savings", "new"]));
        (ids, kinds, currency).prop_map(|((persistent_id, name, mask, official_name), kinds, currency)| {
            AccountIdentity {
                persistent_id,
                name,
                official_name,
                mask,
                provider_type: kinds.0,
                provider_subtype: kinds.1,
                currency,
                holder: None,
            }
        })
    }

    proptest! {
        #[test]
        fn one_to_one_whatever_the_order(
            old in proptest::collection::vec(any_account(), 0..6),
            new in proptest::collection::vec(any_account(), 0..6),
            turn in 0_usize..6,
        ) {
            let matches = match_relinked_accounts(&old, &new);
            let same: Vec<usize> = matches.accounts.iter()
                .filter(|one| one.verdict == AccountVerdict::Same)
                .map(|one| one.candidates[0].old)
                .collect();
            let all: BTreeSet<usize> = same.iter().copied().collect();
            prop_assert_eq!(all.len(), same.len(), "an old account is two new ones");
            for account in &matches.accounts {
                let candidates = account.candidates.len();
                let fits = match account.verdict {
                    AccountVerdict::Same => candidates == 1,
                    AccountVerdict::CannotTell => candidates > 0,
                    AccountVerdict::New => candidates == 0,
                };
                prop_assert!(fits);
                for candidate in &account.candidates {
                    prop_assert!(!matches.gone.contains(&candidate.old) && candidate.score <= 100);
                    prop_assert!(account.verdict == AccountVerdict::Same || !all.contains(&candidate.old));
                }
            }

            let turned = |accounts: &[AccountIdentity]| {
                let mut places: Vec<usize> = (0..accounts.len()).collect();
                places.rotate_left(turn % accounts.len().max(1));
                let accounts: Vec<_> = places.iter().map(|place| accounts[*place].clone()).collect();
                (places, accounts)
            };
            let ((old_places, old), (new_places, new)) = (turned(&old), turned(&new));
            let again = match_relinked_accounts(&old, &new);
            for (account, place) in again.accounts.iter().zip(new_places) {
                let before = &matches.accounts[place];
                prop_assert_eq!(account.verdict, before.verdict);
                let sorted = |account: &AccountMatch, places: &[usize]| {
                    let mut told: Vec<_> =
                        account.candidates.iter().map(|one| (places[one.old], one.score)).collect();
                    told.sort_unstable();
                    told
                };
                let as_given: Vec<usize> = (0..old_places.len()).collect();
                prop_assert_eq!(sorted(account, &old_places), sorted(before, &as_given));
            }
        }
    }
}
