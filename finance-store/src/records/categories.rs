//! Assigned categories, choices, and the ranges of rows that wait for a category.

use std::collections::BTreeSet;

use finance_core::{
    AssignedCategory, CategoryAnswer, CategoryAnswers, CategoryChoice, CategoryQuestion, CategoryRule,
    MoneyDirection, StoreError, TransactionId, UserId, classify_account,
};

use super::{Cells, Row, transactions};
use crate::refusals::{conflict, invalid, unreadable};

/// Rows of a range at the most.
const RANGE_ROWS: usize = 500;

/// The ranges that these rows make, as their first and last numbers, given by ascending number. Where numbers are missing,
/// another range begins: they may be another user's.
pub(crate) fn ranges(rows: &[i64]) -> Vec<(i64, i64)> {
    let neighbours = rows.chunk_by(|one, next| one + 1 == *next);
    let ranges = neighbours.flat_map(|run| run.chunks(RANGE_ROWS));
    ranges.filter_map(|range| Some((*range.first()?, *range.last()?))).collect()
}

/// Values of the column `stage`.
pub(crate) const GIVEN_UP: i64 = 2;

/// Rows of one user that wait together.
pub(crate) struct Range {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) user: String,
    pub(crate) attempts: i64,
}

/// Reads `first_id, last_id, user_id, attempts`.
pub(crate) fn range(row: &impl Row) -> Result<Range, StoreError> {
    let mut cells = Cells::of(row);
    Ok(Range {
        first: cells.number()?,
        last: cells.number()?,
        user: cells.text()?,
        attempts: cells.number()?,
    })
}

/// Refuses answers to a claim that holds no ranges, or another user's.
pub(crate) fn check_held(answers: &CategoryAnswers, held: &[Range]) -> Result<(), StoreError> {
    let foreign = |user: &UserId| held.iter().any(|range| range.user != user.as_str());
    if held.is_empty() || answers.scope.user().is_some_and(foreign) {
        return Err(conflict("the claim does not hold: claim the rows again"));
    }
    Ok(())
}

/// Refuses answers that cannot be kept, or are of none of the claim's rows.
pub(crate) fn check_answers(answers: &[CategoryAnswer], held: &[Range]) -> Result<(), StoreError> {
    let mut answered = BTreeSet::new();
    for answer in answers {
        answer.assigned.check().map_err(|error| invalid(error.to_string()).with_source(error))?;
        let id = answer.transaction.number();
        if !held.iter().any(|range| (range.first..=range.last).contains(&id)) {
            return Err(invalid(format!("transaction {id} is none of the claim's")));
        }
        if !answered.insert(id) {
            return Err(invalid(format!("transaction {id} is answered twice")));
        }
    }
    Ok(())
}

/// Reads a transaction, then `user_id` and the account's `type, subtype`.
pub(crate) fn question(row: &impl Row) -> Result<CategoryQuestion, StoreError> {
    let mut cells = Cells::of(row);
    let transaction = transactions::read(&mut cells)?;
    let user = cells.parsed("identifier", |text| UserId::new(text).ok())?;
    let (kind, subtype): (String, Option<String>) = (cells.text()?, cells.optional_text()?);
    let kind = classify_account(&kind, subtype.as_deref()).kind;
    Ok(CategoryQuestion::of(user, &transaction, kind))
}

/// Reads `category, confidence, source`.
pub(crate) fn assigned(cells: &mut Cells<'_, impl Row>) -> Result<Option<AssignedCategory>, StoreError> {
    let (category, confidence, source) =
        (cells.optional_text()?, cells.optional_count()?, cells.optional_text()?);
    match (category, source) {
        (None, _) => Ok(None),
        (Some(category), Some(source)) => Ok(Some(AssignedCategory { category, confidence, source })),
        (Some(_), None) => Err(unreadable("category")),
    }
}

/// Reads `id, category, description, merchant_name, merchant_id` and the amount.
pub(crate) fn choice(row: &impl Row) -> Result<CategoryChoice, StoreError> {
    let mut cells = Cells::of(row);
    Ok(CategoryChoice {
        transaction: TransactionId::new(cells.number()?),
        category: cells.text()?,
        text: cells.text()?,
        merchant_name: cells.optional_text()?,
        merchant_id: cells.optional_text()?,
        direction: MoneyDirection::of(cells.amount()?),
    })
}

/// Reads `rules`.
pub(crate) fn rules(row: Option<&impl Row>) -> Result<Vec<CategoryRule>, StoreError> {
    let Some(row) = row else { return Ok(Vec::new()) };
    Cells::of(row).parsed("rule", |json| serde_json::from_str(json).ok())
}

/// What [`rules`] reads back.
pub(crate) fn rules_text(rules: &[CategoryRule]) -> Result<String, StoreError> {
    serde_json::to_string(rules).map_err(|error| invalid("a rule is no JSON").with_source(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_short_and_hold_only_the_rows_given() {
        let long: Vec<i64> = (1..=1_001).collect();
        for (rows, expected) in [
            (&[][..], &[][..]),
            (&[7], &[(7, 7)]),
            (&[7, 8, 9, 12, 14, 15], &[(7, 9), (12, 12), (14, 15)]),
            (&long, &[(1, 500), (501, 1_000), (1_001, 1_001)]),
        ] {
            assert_eq!(ranges(rows), expected);
        }
    }
}
