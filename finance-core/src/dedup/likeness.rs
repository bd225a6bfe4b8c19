//! How alike the texts of two rows are, each distinct text and pair of texts being looked at once.

use std::collections::HashMap;

use crate::LedgerRow;
use crate::bank_text::NormalText;

/// The normalised texts of the rows of one batch and what comparing them gave.
#[derive(Default)]
pub(super) struct Likeness<'a> {
    numbers: HashMap<&'a str, Option<usize>>,
    texts: Vec<NormalText>,
    compared: HashMap<(usize, usize), u8>,
}

/// What the two rows say of whom the money went to or came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextEvidence {
    /// 0 to 100; `None` when one of the rows has no text.
    pub(super) alike: Option<u8>,
    /// Whether both name the same counterparty; `None` when one of them names none.
    pub(super) counterparty: Option<bool>,
    /// Whether the numbers in the texts that are most alike, as of a shop or a cheque, are others.
    pub(super) other_numbers: bool,
}

impl TextEvidence {
    /// 0 to 100, the counterparty taken into account; `None` when there is nothing to go by.
    pub(super) fn points(self) -> Option<u8> {
        match (self.alike, self.counterparty) {
            (alike, Some(true)) => Some(alike.unwrap_or(0).max(95)),
            (alike, Some(false)) => Some(alike.unwrap_or(0).saturating_sub(45)),
            (alike, None) => alike,
        }
    }
}

impl<'a> Likeness<'a> {
    pub(super) fn compare(&mut self, ours: &'a LedgerRow, theirs: &'a LedgerRow) -> TextEvidence {
        let counterparty = match (&ours.counterparty, &theirs.counterparty) {
            (Some(ours), Some(theirs)) => Some(ours == theirs),
            _ => None,
        };
        let (our_texts, their_texts) = (self.texts_of(ours), self.texts_of(theirs));
        let mut best: Option<(u8, bool)> = None;
        for our_text in our_texts.into_iter().flatten() {
            for their_text in their_texts.into_iter().flatten() {
                let same_numbers = !self.texts[our_text].has_other_numbers(&self.texts[their_text]);
                best = best.max(Some((self.similarity(our_text, their_text), same_numbers)));
            }
        }
        let alike = best.map(|(alike, _)| alike.min(self.payees_allow(our_texts, their_texts)));
        TextEvidence {
            alike,
            counterparty,
            other_numbers: best.is_some_and(|(_, same_numbers)| !same_numbers),
        }
    }

    /// How alike the texts can be at most: two payees who have nothing in common outweigh an equal description.
    fn payees_allow(&mut self, ours: [Option<usize>; 2], theirs: [Option<usize>; 2]) -> u8 {
        match (ours, theirs) {
            ([Some(our_payee), Some(_)], [Some(their_payee), Some(_)])
                if self.similarity(our_payee, their_payee) < 30 =>
            {
                55
            }
            _ => 100,
        }
    }

    /// Payee and description; the notes when there is neither.
    fn texts_of(&mut self, row: &'a LedgerRow) -> [Option<usize>; 2] {
        let payee = row.payee.as_deref().and_then(|text| self.number_of(text));
        let description = row.description.as_deref().and_then(|text| self.number_of(text));
        if payee.is_none() && description.is_none() {
            return [row.notes.as_deref().and_then(|text| self.number_of(text)), None];
        }
        [payee, description]
    }

    fn number_of(&mut self, text: &'a str) -> Option<usize> {
        let texts = &mut self.texts;
        *self.numbers.entry(text).or_insert_with(|| {
            texts.push(NormalText::of(text)?);
            Some(texts.len() - 1)
        })
    }

    fn similarity(&mut self, ours: usize, theirs: usize) -> u8 {
        if ours == theirs {
            return 100;
        }
        let texts = &self.texts;
        let pair = (ours.min(theirs), ours.max(theirs));
        *self.compared.entry(pair).or_insert_with(|| texts[pair.0].similarity(&texts[pair.1]))
    }
}
