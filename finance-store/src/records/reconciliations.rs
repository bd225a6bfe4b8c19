//! Comparisons with the bank, resolutions and statements.

use finance_core::{
    AccountId, ChangeSet, Currency, Money, NewReconciliation, ReconciliationId, ReconciliationSummary,
    Statement, StoreError, StoredReconciliation, StoredResolution,
};

use super::{Cells, Row, Values};

/// Reads `id, account_id, at, score`, the difference and its `currency`.
pub(crate) fn summary(cells: &mut Cells<'_, impl Row>) -> Result<ReconciliationSummary, StoreError> {
    let (id, account) = (ReconciliationId::new(cells.number()?), AccountId::new(cells.number()?));
    let (at, score) = (cells.instant()?, cells.optional_count()?);
    let difference = cells.optional_amount()?;
    let currency = cells.optional_parsed("currency", |key| Currency::from_key(key).ok())?;
    let difference = difference.zip(currency).map(|(amount, currency)| Money::new(amount, currency));
    Ok(ReconciliationSummary { id, account, at, score, difference })
}

/// Reads what [`summary`] does, and `body`.
pub(crate) fn whole(row: &impl Row) -> Result<StoredReconciliation, StoreError> {
    let mut cells = Cells::of(row);
    Ok(StoredReconciliation { summary: summary(&mut cells)?, body: cells.text()? })
}

/// Gives what [`whole`] reads, but for the identifier.
pub(crate) fn give(values: &mut impl Values, change: &ChangeSet, new: &NewReconciliation) {
    values.number(new.account.number());
    values.instant(change.at);
    values.number(new.score.map(i64::from));
    values.amount(new.difference.as_ref().map(Money::amount));
    values.text(new.difference.as_ref().map(|difference| difference.currency().key()).as_deref());
    values.text(new.body.as_str());
}

/// Reads `explanation, resolved_at, undone_at, body`.
pub(crate) fn resolution(
    row: &impl Row,
    reconciliation: ReconciliationId,
) -> Result<StoredResolution, StoreError> {
    let mut cells = Cells::of(row);
    Ok(StoredResolution {
        reconciliation,
        explanation: cells.count()?,
        resolved_at: cells.instant()?,
        undone_at: cells.optional_instant()?,
        body: cells.text()?,
    })
}

/// Gives `reconciliation_id` and what [`resolution`] reads.
pub(crate) fn give_resolution(values: &mut impl Values, resolution: &StoredResolution) {
    values.number(resolution.reconciliation.number());
    values.number(i64::from(resolution.explanation));
    values.instant(resolution.resolved_at);
    values.instant(resolution.undone_at);
    values.text(resolution.body.as_str());
}

/// Reads the balance, `date, written_at`.
pub(crate) fn statement(row: &impl Row, account: AccountId) -> Result<Statement, StoreError> {
    let mut cells = Cells::of(row);
    let balance = cells.amount()?;
    Ok(Statement { account, date: cells.day()?, balance, written_at: cells.instant()? })
}
