//! What the pure judgements take and return. They name rows by their place, from 0, in what they were given.

use std::sync::Arc;

use finance_core::{AccountId, ConnectionId, Correction};
use pyo3::prelude::*;

use super::books::code;
use super::{Anchor, Reason};
use crate::choices::*;
use crate::errors::Failure;
use crate::operations::currency as to_currency;
use crate::record::record;
use crate::values::{Amount, Day, Instant, Many, Text};

record! {
    /// A transaction as the judgements see it, wherever it comes from: a bank, a file, or the user's own hand.
    LedgerRow {
        /// The account.
        account: i64,
        /// Its day.
        date: Day,
        /// Its amount: positive into the account, negative out of it.
        amount: Amount,
        /// Its currency; `None` is the account's own, whichever that is.
        currency: Option<String> [None],
        /// The merchant or payee.
        payee: Option<Text> [None],
        /// The bank's text.
        description: Option<Text> [None],
        /// The memo of a file, or the user's note.
        notes: Option<Text> [None],
        /// Who is on the other side, by an identifier that stays the same.
        counterparty: Option<Text> [None],
        /// The identifier its source gave it.
        imported_id: Option<Text> [None],
        /// Whether the bank may still replace it.
        pending: bool [false],
        /// The `imported_id` of the pending row that it replaces.
        pending_of: Option<Text> [None],
        /// The provider it came through; `None` for a file or by hand.
        provider: Option<Text> [None],
        /// The connection it came through.
        connection: Option<i64> [None],
        /// Whether it came through a re-link, so that its identifiers are new.
        relinked: bool [false],
        /// Whether it counts.
        state: TransactionState [finance_core::TransactionState::Live.into()],
        /// Whether the user changed it.
        user_edited: bool [false],
        /// Whether it is a part of a split row, which the whole row counts already.
        is_part: bool [false],
    }
}

impl LedgerRow {
    fn core(self) -> Result<finance_core::LedgerRow, Failure> {
        let text = |text: Option<Text>| -> Option<Arc<str>> { text.map(|text| text.0) };
        Ok(finance_core::LedgerRow {
            account: AccountId::new(self.account),
            date: self.date.0,
            amount: self.amount.0,
            currency: self.currency.map(|code| to_currency(&code)).transpose()?,
            payee: text(self.payee),
            description: text(self.description),
            notes: text(self.notes),
            counterparty: text(self.counterparty),
            imported_id: text(self.imported_id),
            pending: self.pending,
            pending_of: text(self.pending_of),
            provider: text(self.provider),
            connection: self.connection.map(ConnectionId::new),
            relinked: self.relinked,
            state: self.state.value()?,
            user_edited: self.user_edited,
            is_part: self.is_part,
        })
    }
}

/// The rows as the engine takes them.
pub(crate) fn ledger_rows(rows: Many<LedgerRow>) -> Result<Vec<finance_core::LedgerRow>, Failure> {
    rows.0.into_iter().map(LedgerRow::core).collect()
}

record! {
    /// What kind of account a provider's words mean.
    AccountClassification from finance_core::AccountClassification as it {
        /// The kind.
        kind: AccountKind = it.kind.into(),
        /// Whether it is something owned or something owed.
        account_class: AccountClass = it.kind.class().into(),
        /// Whether the words are known; if not, the kind is a guess.
        known: bool = it.known,
    }
}

record! {
    /// What to do with one incoming row.
    Decision from finance_core::Decision as it {
        /// What to do.
        action: DedupAction = it.action.into(),
        /// The stored row that it is.
        stored: Option<usize> = it.stored,
        /// The incoming row that it repeats.
        of: Option<usize> = it.of,
        /// How sure that is, 0 to 100.
        score: u8 = it.score,
        /// Why.
        reasons: Many<Reason> = Many(it.reasons.iter().map(Reason::of).collect()),
    }
}

record! {
    /// Two rows that may be one, which a person decides.
    DedupSuggestion from finance_core::Suggestion as it {
        /// The incoming row.
        incoming: usize = it.incoming,
        /// The stored row.
        stored: usize = it.stored,
        /// How alike they are, 0 to 100.
        score: u8 = it.score,
        /// Why.
        reasons: Many<Reason> = Many(it.reasons.iter().map(Reason::of).collect()),
    }
}

record! {
    /// What to do with a batch of incoming rows.
    Deduplication from finance_core::Deduplication as it {
        /// A decision for each incoming row, in their order.
        decisions: Many<Decision> = Many::of(it.decisions),
        /// Pairs that a person decides.
        suggestions: Many<DedupSuggestion> = Many::of(it.suggestions),
    }
}

record! {
    /// Money that went from one account to another of the same user.
    TransferPair from finance_core::TransferPair as it {
        /// The row it left by.
        source: usize = it.from,
        /// The row it came by.
        target: usize = it.to,
        /// How sure that is, 0 to 100.
        score: u8 = it.score,
        /// Why.
        reasons: Many<Reason> = Many(it.reasons.iter().map(Reason::of).collect()),
    }
}

record! {
    /// Transfers among rows.
    Transfers from finance_core::Transfers as it {
        /// Pairs that are sure enough.
        pairs: Many<TransferPair> = Many::of(it.pairs),
        /// Pairs that a person decides.
        suggestions: Many<TransferPair> = Many::of(it.suggestions),
    }
}

record! {
    /// What is known of an account whose transfers are looked for.
    TransferAccount {
        /// The account.
        account: i64,
        /// Its name.
        name: Option<String> [None],
        /// The last digits of its number.
        mask: Option<String> [None],
        /// Its kind.
        kind: Option<AccountKind> [None],
    }
}

impl TransferAccount {
    pub(crate) fn core(self) -> Result<finance_core::TransferAccount, Failure> {
        Ok(finance_core::TransferAccount {
            account: AccountId::new(self.account),
            name: self.name,
            mask: self.mask,
            kind: self.kind.map(|kind| kind.value()).transpose()?,
        })
    }
}

record! {
    /// A payment that comes again.
    Recurring from finance_core::Recurring as it {
        /// Its rows, oldest first.
        rows: Many<usize> = Many(it.rows),
        /// The account.
        account: i64 = it.account.number(),
        /// The currency.
        currency: Option<String> = it.currency.as_ref().map(code),
        /// Who is paid, or pays.
        payee: Option<Text> = it.payee.map(Text),
        /// How often it comes.
        period: RecurringPeriod = it.period.into(),
        /// The least amount.
        amount_min: Amount = Amount(it.amount.min),
        /// The largest amount.
        amount_max: Amount = Amount(it.amount.max),
        /// The last amount.
        amount_last: Amount = Amount(it.amount.last),
        /// The amount it mostly has.
        amount_typical: Amount = Amount(it.amount.typical),
        /// Whether it goes on.
        status: RecurringStatus = it.status.into(),
        /// When it is expected next.
        next_expected: Option<Day> = it.next_expected.map(Day),
        /// How often it failed to come of late.
        missed: u16 = it.missed,
        /// How sure it is, 0 to 100.
        confidence: u8 = it.confidence,
        /// Why.
        reasons: Many<Reason> = Many(it.reasons.iter().map(Reason::of).collect()),
    }
}

record! {
    /// One period between two known balances.
    ReconciledPeriod from finance_core::ReconciledPeriod as it {
        /// The balance it begins with.
        start: usize = it.from,
        /// The balance it ends with.
        end: usize = it.to,
        /// By how much the bank's balance changed.
        bank_change: Option<Amount> = it.bank_change.map(Amount),
        /// By how much the rows say it did.
        books_change: Option<Amount> = it.books_change.map(Amount),
        /// Bank less books.
        difference: Option<Amount> = it.difference.map(Amount),
        /// Rows that count.
        rows: usize = it.rows,
        /// Whether both agree.
        agreement: Agreement = it.agreement.into(),
    }
}

record! {
    /// What may explain a difference, and what would put it right.
    RowExplanation from finance_core::Explanation as it {
        /// What it is.
        kind: ExplanationKind = it.kind.into(),
        /// The rows it is about.
        rows: Many<usize> = Many(it.transactions),
        /// The balance it is about.
        anchor: usize = it.anchor,
        /// How much of the difference it explains.
        amount: Amount = Amount(it.amount),
        /// The day it is about.
        date: Option<Day> = it.date.map(Day),
        /// How sure it is, 0 to 100.
        confidence: u8 = it.confidence,
        /// What it says, for people.
        reason: String = it.reason,
        /// What would put it right.
        correction: RowCorrection = it.correction.into(),
    }
}

record! {
    /// What would put a difference right. Only what its kind is about is given.
    RowCorrection {
        /// What is done, such as `insert_row`, `change_amount` or `nothing`.
        kind: String,
        /// The rows it is done to; of `insert_row` the row it would be like.
        rows: Many<usize>,
        /// The new amount or balance.
        amount: Option<Amount>,
        /// The new day.
        date: Option<Day>,
        /// The balance it is done to.
        anchor: Option<usize>,
    }
}

impl From<Correction> for RowCorrection {
    fn from(correction: Correction) -> Self {
        let one = |row: usize| vec![row];
        let (kind, rows, amount, date, anchor) = match correction {
            Correction::InsertRow { date, amount, like } => {
                ("insert_row", like.map_or_else(Vec::new, one), Some(amount), Some(date), None)
            }
            Correction::RestoreRows { rows } => ("restore_rows", rows, None, None, None),
            Correction::RemoveRows { rows } => ("remove_rows", rows, None, None, None),
            Correction::ChangeAmount { row, to } => ("change_amount", one(row), Some(to), None, None),
            Correction::MoveRow { row, to } => ("move_row", one(row), None, Some(to), None),
            Correction::CountPending { rows } => ("count_pending", rows, None, None, None),
            Correction::LeavePendingOut { rows } => ("leave_pending_out", rows, None, None, None),
            Correction::AdjustAnchor { anchor, to } => {
                ("adjust_anchor", Vec::new(), Some(to), None, Some(anchor))
            }
            Correction::WaitForBank { anchor } => ("wait_for_bank", Vec::new(), None, None, Some(anchor)),
            _ => ("nothing", Vec::new(), None, None, None),
        };
        Self {
            kind: kind.to_owned(),
            rows: Many(rows),
            amount: amount.map(Amount),
            date: date.map(Day),
            anchor,
        }
    }
}

record! {
    /// Known balances against rows.
    Reconciliation from finance_core::Reconciliation as it {
        /// Each period between two known balances.
        periods: Many<ReconciledPeriod> = Many::of(it.periods),
        /// By how much the bank's balance changed.
        bank_change: Option<Amount> = it.bank_change.map(Amount),
        /// By how much the rows say it did.
        books_change: Option<Amount> = it.books_change.map(Amount),
        /// Bank less books.
        difference: Option<Amount> = it.difference.map(Amount),
        /// The first day that is not explained.
        first_unexplained_date: Option<Day> = it.first_unexplained_date.map(Day),
        /// What may explain the difference, the likeliest first.
        explanations: Many<RowExplanation> = Many::of(it.explanations),
        /// How well both agree, 0 to 100; `None` when it cannot be said.
        score: Option<u8> = it.score,
    }
}

impl Anchor {
    pub(crate) fn core(self) -> PyResult<finance_core::Anchor> {
        Ok(finance_core::Anchor {
            date: self.date.0,
            balance: self.balance.map(|amount| amount.0),
            source: self.source.value()?,
            refreshed_at: self.refreshed_at.map(|at| at.0),
        })
    }
}

record! {
    /// One sync run, as far as the health of an account is concerned.
    HealthRun {
        /// When it was.
        at: Instant,
        /// How it ended.
        outcome: RunOutcome,
        /// What went wrong.
        fault: Option<ProviderErrorKind> [None],
    }
}

impl HealthRun {
    pub(crate) fn core(self) -> PyResult<finance_core::HealthRun> {
        let fault = self.fault.map(|kind| kind.value()).transpose()?;
        Ok(finance_core::HealthRun { at: self.at.0, outcome: self.outcome.value()?, fault })
    }
}
