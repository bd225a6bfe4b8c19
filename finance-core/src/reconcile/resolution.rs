//! What accepting an explanation does, step by step, and how each step is taken back.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{ProposedChange, ProposedExplanation};
use crate::model::{
    EditState, Money, PaymentChannel, ProviderAccountId, ProviderTransaction, ProviderTransactionId,
    ReconciliationId, Transaction, TransactionEdits, TransactionId, decimal_text,
};

/// An explanation that the user accepted, and what that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The comparison.
    pub reconciliation: ReconciliationId,
    /// The number of the explanation in it.
    pub explanation: u32,
    /// When it was accepted last.
    pub resolved_at: DateTime<Utc>,
    /// When that was undone; `None` while it holds.
    pub undone_at: Option<DateTime<Utc>>,
    /// What was changed, in order. None where the explanation asks for no change.
    pub steps: Vec<ResolutionStep>,
    /// The row that was added, where one was.
    pub inserted: Option<TransactionId>,
}

/// One change that accepting an explanation made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResolutionStep {
    /// A row was added.
    Inserted {
        /// The identifier that stands for a provider's.
        provider_id: ProviderTransactionId,
    },
    /// A row that the user had deleted counts again.
    Restored {
        /// The row.
        row: TransactionId,
    },
    /// A row was deleted.
    Deleted {
        /// The row.
        row: TransactionId,
    },
    /// A row got another amount.
    AmountChanged {
        /// The row.
        row: TransactionId,
        /// The user's amount before; `None` when the source's counted.
        #[serde(with = "decimal_text::option")]
        before: Option<Decimal>,
        /// The user's amount from then on.
        #[serde(with = "decimal_text")]
        after: Decimal,
    },
    /// A row got another day.
    DateChanged {
        /// The row.
        row: TransactionId,
        /// The user's day before; `None` when the source's counted.
        before: Option<NaiveDate>,
        /// The user's day from then on.
        after: NaiveDate,
    },
    /// A row counts while it is pending, or does not.
    PendingCounted {
        /// The row.
        row: TransactionId,
        /// The user's word before.
        before: Option<bool>,
        /// The user's word from then on.
        after: bool,
    },
    /// A statement was added or changed.
    StatementWritten {
        /// Its day.
        date: NaiveDate,
        /// Its balance before; `None` when there was none.
        #[serde(with = "decimal_text::option")]
        before: Option<Decimal>,
        /// Its balance from then on.
        #[serde(with = "decimal_text")]
        after: Decimal,
    },
}

impl ResolutionStep {
    /// The known row that it changes.
    pub(crate) const fn row(&self) -> Option<TransactionId> {
        match self {
            Self::Restored { row }
            | Self::Deleted { row }
            | Self::AmountChanged { row, .. }
            | Self::DateChanged { row, .. }
            | Self::PendingCounted { row, .. } => Some(*row),
            Self::Inserted { .. } | Self::StatementWritten { .. } => None,
        }
    }

    /// What it makes of a row that the user left so.
    pub(crate) fn applied(&self, state: &EditState) -> EditState {
        let mut state = state.clone();
        match *self {
            Self::Restored { .. } => state.deleted = false,
            Self::Deleted { .. } => state.deleted = true,
            Self::AmountChanged { after, .. } => state.edits.amount = Some(after),
            Self::DateChanged { after, .. } => state.edits.date = Some(after),
            Self::PendingCounted { after, .. } => state.edits.counts_while_pending = Some(after),
            Self::Inserted { .. } | Self::StatementWritten { .. } => {}
        }
        state
    }

    /// What the row was before, other changes of the user's aside; `None` when what the step changed is something else by now.
    pub(crate) fn undone(&self, state: &EditState) -> Option<EditState> {
        let TransactionEdits { amount, date, counts_while_pending, .. } = state.edits;
        let mut undone = state.clone();
        let stands = match *self {
            Self::Restored { .. } => !std::mem::replace(&mut undone.deleted, true),
            Self::Deleted { .. } => std::mem::replace(&mut undone.deleted, false),
            Self::AmountChanged { before, after, .. } => {
                undone.edits.amount = before;
                amount == Some(after)
            }
            Self::DateChanged { before, after, .. } => {
                undone.edits.date = before;
                date == Some(after)
            }
            Self::PendingCounted { before, after, .. } => {
                undone.edits.counts_while_pending = before;
                counts_while_pending == Some(after)
            }
            Self::Inserted { .. } | Self::StatementWritten { .. } => true,
        };
        stands.then_some(undone)
    }
}

/// What accepting an explanation does. `rows` are the rows it names, as they stand, and `statement` is what a statement of
/// the day says by now. `None` when a row that is to change is not among the rows.
pub(crate) fn steps(
    reconciliation: ReconciliationId,
    explanation: &ProposedExplanation,
    rows: &[Transaction],
    statement: Option<Decimal>,
) -> Option<Vec<ResolutionStep>> {
    let edits = |id: TransactionId| rows.iter().find(|row| row.id == id).map(|row| &row.edits);
    let counting = |rows: &[TransactionId], after: bool| {
        rows.iter()
            .map(|&row| {
                let before = edits(row)?.counts_while_pending;
                Some(ResolutionStep::PendingCounted { row, before, after })
            })
            .collect()
    };
    match &explanation.change {
        ProposedChange::InsertRow { .. } => {
            let provider_id = correction_id(reconciliation, explanation.number)?;
            Some(vec![ResolutionStep::Inserted { provider_id }])
        }
        ProposedChange::RestoreRows { rows } => {
            rows.iter().map(|&row| edits(row).map(|_| ResolutionStep::Restored { row })).collect()
        }
        ProposedChange::RemoveRows { rows } => {
            rows.iter().map(|&row| edits(row).map(|_| ResolutionStep::Deleted { row })).collect()
        }
        &ProposedChange::ChangeAmount { row, to: after } => {
            Some(vec![ResolutionStep::AmountChanged { row, before: edits(row)?.amount, after }])
        }
        &ProposedChange::MoveRow { row, to: after } => {
            Some(vec![ResolutionStep::DateChanged { row, before: edits(row)?.date, after }])
        }
        ProposedChange::CountPending { rows } => counting(rows, true),
        ProposedChange::LeavePendingOut { rows } => counting(rows, false),
        &ProposedChange::AdjustAnchor { date, to: after } => {
            Some(vec![ResolutionStep::StatementWritten { date, before: statement, after }])
        }
        ProposedChange::WaitForBank { .. } | ProposedChange::Nothing => Some(Vec::new()),
    }
}

/// The identifier of the row that an explanation adds. No provider's identifier begins so.
fn correction_id(reconciliation: ReconciliationId, explanation: u32) -> Option<ProviderTransactionId> {
    ProviderTransactionId::new(format!("correction:{reconciliation}.{explanation}")).ok()
}

/// A row that the books lacked, with the texts of another one of its series.
pub(crate) fn correction_row(
    id: ProviderTransactionId,
    account: ProviderAccountId,
    date: NaiveDate,
    amount: Money,
    like: Option<&Transaction>,
) -> ProviderTransaction {
    let like = like.map(|row| &row.provider);
    ProviderTransaction {
        id,
        account,
        amount,
        date,
        authorized_date: None,
        datetime: None,
        authorized_datetime: None,
        pending: false,
        pending_id: None,
        description: like.map_or_else(|| "Correction".into(), |row| row.description.clone()),
        original_description: like.and_then(|row| row.original_description.clone()),
        merchant_name: like.and_then(|row| row.merchant_name.clone()),
        merchant_id: like.and_then(|row| row.merchant_id.clone()),
        category: like.and_then(|row| row.category.clone()),
        channel: like.map_or(PaymentChannel::Other, |row| row.channel.clone()),
        code: None,
        check_number: None,
        merchant_category_code: None,
        raw: None,
    }
}
