//! Rows of one merchant or partner, which alone can be a series.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::LedgerRow;
use crate::bank_text::NormalText;
use crate::ledger_row::replaced_pendings;

/// A row of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Item {
    /// Its place in the slice given.
    pub(super) place: usize,
    pub(super) date: NaiveDate,
    pub(super) amount: Decimal,
}

/// Rows of one account, direction, currency and partner.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) partner: Partner,
    /// By day; those of one day in an order of their content.
    pub(super) items: Vec<Item>,
}

/// How the partner of a group is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Partner {
    /// By an identifier.
    Counterparty,
    /// By text.
    Text,
    /// Not at all: the rows have no more in common than their amount.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Counterparty(&'a str),
    Text(String),
    Amount(Decimal),
}

/// Groups the rows that count, are not zero, and are not replaced by another one.
pub(super) fn groups(rows: &[LedgerRow], same_text_from: u8) -> Vec<Group> {
    let replaced = replaced_pendings(rows);
    let takes_part =
        |place: &usize| rows[*place].counts() && !rows[*place].amount.is_zero() && !replaced.contains(place);
    let mut places: Vec<usize> = (0..rows.len()).filter(takes_part).collect();
    places.sort_by_key(|place| {
        let row = &rows[*place];
        (row.date, row.amount, &row.payee, &row.description, &row.notes, &row.imported_id, *place)
    });
    let mut sides: BTreeMap<_, BTreeMap<Key<'_>, Vec<Item>>> = BTreeMap::new();
    for place in places {
        let row = &rows[place];
        let side = sides.entry((row.account, row.amount.is_sign_positive(), &row.currency)).or_default();
        side.entry(key(row)).or_default().push(Item { place, date: row.date, amount: row.amount });
    }
    sides.into_values().flat_map(|side| merge_alike(side, same_text_from)).collect()
}

fn key(row: &LedgerRow) -> Key<'_> {
    if let Some(counterparty) = row.counterparty.as_deref().filter(|text| !text.trim().is_empty()) {
        return Key::Counterparty(counterparty);
    }
    let text = |text: &str| {
        let normal = NormalText::of(text)?;
        // A text of nothing but numbers names somebody only by all of them.
        let words = normal.words();
        Some(if words.is_empty() { text.trim().to_owned() } else { words.to_owned() })
    };
    let texts = [&row.payee, &row.description].into_iter().flatten();
    texts.filter_map(|own| text(own)).next().map_or(Key::Amount(row.amount), Key::Text)
}

/// Joins groups whose texts begin with the same word and are alike.
fn merge_alike(side: BTreeMap<Key<'_>, Vec<Item>>, same_text_from: u8) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    // The groups whose texts begin with the present word. Keys come sorted, so such texts follow each other.
    let mut leaders: Vec<(NormalText, usize)> = Vec::new();
    let mut first_word = String::new();
    for (key, items) in side {
        let partner = match &key {
            Key::Counterparty(_) => Partner::Counterparty,
            Key::Text(_) => Partner::Text,
            Key::Amount(_) => Partner::Unknown,
        };
        let Key::Text(text) = key else {
            groups.push(Group { partner, items });
            continue;
        };
        let word = text.split(' ').next().unwrap_or_default();
        if word != first_word {
            leaders.clear();
            word.clone_into(&mut first_word);
        }
        let normal = NormalText::of(&text).unwrap_or_default();
        let alike = leaders
            .iter()
            .rev()
            .take(LEADERS_MOST)
            .find(|(leader, _)| leader.similarity(&normal) >= same_text_from);
        match alike {
            Some((_, group)) => groups[*group].items.extend(items),
            None => {
                leaders.push((normal, groups.len()));
                groups.push(Group { partner, items });
            }
        }
    }
    for group in &mut groups {
        // The sort is stable: rows of one day keep the order of their content within each text.
        group.items.sort_by_key(|item| item.date);
    }
    groups
}

/// How many texts with the same first word a text is compared with.
const LEADERS_MOST: usize = 32;
