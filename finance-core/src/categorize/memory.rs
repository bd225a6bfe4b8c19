//! What the user's own choices say about other rows.

use std::collections::HashMap;

use super::policy::MemoryPolicy;
use super::question::{CategoryChoice, CategoryQuestion, MoneyDirection};
use crate::bank_text::{NormalText, fold};

/// Words of which a text alone names nobody in particular.
const GENERIC: &[&str] = &[
    "atm",
    "bank",
    "banking",
    "bill",
    "card",
    "cash",
    "check",
    "cheque",
    "credit",
    "debit",
    "deposit",
    "direct",
    "dr",
    "cr",
    "ebanking",
    "electronic",
    "external",
    "fee",
    "id",
    "instant",
    "interest",
    "internal",
    "internet",
    "mobile",
    "money",
    "online",
    "order",
    "payment",
    "purchase",
    "ref",
    "reference",
    "standing",
    "transaction",
    "transfer",
    "wire",
    "withdrawal",
    "zelle",
];

/// Stands for a merchant in a key; no folded name has a line break.
const ANY_MERCHANT: &str = "\n";

/// How sure so many choices make that agree: 1, 2, 3, and more.
const SURE_BY_COUNT: [u32; 4] = [75, 85, 90, 95];

/// What two rows may have in common, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Trait {
    MerchantId,
    MerchantName,
    Text,
}

impl Trait {
    /// What having only this in common takes from the confidence.
    const fn doubt(self) -> u32 {
        match self {
            Self::MerchantId => 0,
            Self::MerchantName => 3,
            Self::Text => 5,
        }
    }
}

type Key = (Trait, String, MoneyDirection);

/// The choices by what tells such rows again.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    choices: HashMap<Key, Vec<(String, usize)>>,
}

impl Memory {
    /// Learns from choices, the latest first.
    pub(super) fn of(choices: &[CategoryChoice], policy: &MemoryPolicy) -> Self {
        let mut memory = Self::default();
        for choice in choices.iter().filter(|choice| !choice.category.trim().is_empty()) {
            for (common, value) in Marks::of_choice(choice).to_learn() {
                memory.learn((common, value, choice.direction), &choice.category, policy);
            }
        }
        memory
    }

    fn learn(&mut self, key: Key, category: &str, policy: &MemoryPolicy) {
        let counts = self.choices.entry(key).or_default();
        if counts.iter().map(|(_, count)| count).sum::<usize>() >= policy.choices_per_key {
            return;
        }
        match counts.iter_mut().find(|(known, _)| known == category) {
            Some((_, count)) => *count += 1,
            None => counts.push((category.to_owned(), 1)),
        }
    }

    /// The category that the choices speak for most, and how sure that is.
    pub(super) fn recall(&self, question: &CategoryQuestion, policy: &MemoryPolicy) -> Option<(&str, u8)> {
        let mut best: Option<(&str, u8)> = None;
        for (common, value) in Marks::of_question(question).to_recall() {
            let found = self.choices.get(&(common, value, question.direction));
            if let Some(found) = found.and_then(|counts| most_chosen(counts, common))
                && best.is_none_or(|best| found.1 > best.1)
            {
                best = Some(found);
            }
        }
        best.filter(|(_, confidence)| *confidence >= policy.confidence_least)
    }
}

/// The category that was chosen most, the latest where two were chosen alike, and how sure that is.
fn most_chosen(counts: &[(String, usize)], common: Trait) -> Option<(&str, u8)> {
    let all: usize = counts.iter().map(|(_, count)| count).sum();
    // Of equals the first is the one chosen last.
    let (category, count) = counts.iter().rev().max_by_key(|(_, count)| count)?;
    let sure = SURE_BY_COUNT[(*count).min(SURE_BY_COUNT.len()).saturating_sub(1)];
    let agreeing = u32::try_from(*count * 100 / all.max(1)).unwrap_or(0);
    let confidence = (sure * agreeing / 100).saturating_sub(common.doubt());
    Some((category, u8::try_from(confidence).unwrap_or(0)))
}

/// What tells a row again.
struct Marks {
    merchant_id: Option<String>,
    merchant_name: Option<String>,
    words: Option<String>,
}

impl Marks {
    fn of_choice(choice: &CategoryChoice) -> Self {
        Self::new(&choice.text, choice.merchant_name.as_deref(), choice.merchant_id.as_deref())
    }

    fn of_question(question: &CategoryQuestion) -> Self {
        Self::new(&question.text, question.merchant_name.as_deref(), question.merchant_id.as_deref())
    }

    fn new(text: &str, name: Option<&str>, id: Option<&str>) -> Self {
        let name = name.map(|name| fold(name).trim().to_owned());
        let words = NormalText::of(text).map(|text| text.words().to_owned());
        let is_generic =
            |words: &String| words.split(' ').all(|word| word.len() < 2 || GENERIC.contains(&word));
        Self {
            merchant_id: id.map(str::to_owned),
            merchant_name: name.filter(|name| !name.is_empty()),
            words: words.filter(|words| !is_generic(words)),
        }
    }

    /// The merchant by name, or else by identifier.
    fn merchant(&self) -> Option<&String> {
        self.merchant_name.as_ref().or(self.merchant_id.as_ref())
    }

    fn of_merchant(&self) -> impl Iterator<Item = (Trait, String)> {
        let id = self.merchant_id.clone().map(|id| (Trait::MerchantId, id));
        let name = self.merchant_name.clone().map(|name| (Trait::MerchantName, name));
        [id, name].into_iter().flatten()
    }

    /// The text together with a merchant, with none, or with any: equal texts of two known merchants have nothing in common.
    fn text_with(&self, merchant: Option<&str>) -> Option<(Trait, String)> {
        let words = self.words.as_ref()?;
        Some((Trait::Text, format!("{words}\n{}", merchant.unwrap_or_default())))
    }

    fn to_learn(&self) -> impl Iterator<Item = (Trait, String)> {
        let own = self.text_with(self.merchant().map(String::as_str));
        self.of_merchant().chain(own).chain(self.text_with(Some(ANY_MERCHANT)))
    }

    fn to_recall(&self) -> impl Iterator<Item = (Trait, String)> {
        let texts = match self.merchant() {
            Some(merchant) => [self.text_with(Some(merchant)), self.text_with(None)],
            None => [self.text_with(Some(ANY_MERCHANT)), None],
        };
        self.of_merchant().chain(texts.into_iter().flatten())
    }
}
