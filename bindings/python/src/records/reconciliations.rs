//! Bank against books.

use finance_core::ComparisonNote;

use super::{OperationError, numbers, tag};
use crate::choices::*;
use crate::record::record;
use crate::values::{Amount, Day, Instant, Many};

record! {
    /// A balance that the bank or the user told of a day.
    Anchor from finance_core::Anchor as it {
        /// The day at whose end it held.
        date: Day = Day(it.date),
        /// The balance.
        balance: Option<Amount> = it.balance.map(Amount),
        /// Where it comes from.
        source: AnchorSource = it.source.into(),
        /// When the bank last refreshed it.
        refreshed_at: Option<Instant> = it.refreshed_at.map(Into::into),
    }
}

record! {
    /// One period between two known balances.
    ComparedPeriod from finance_core::ComparedPeriod as it {
        /// The balance it begins with.
        start: Anchor = it.from.into(),
        /// The balance it ends with.
        end: Anchor = it.to.into(),
        /// By how much the bank's balance changed.
        bank_change: Option<Amount> = it.bank_change.map(Amount),
        /// By how much the rows say it did.
        books_change: Option<Amount> = it.books_change.map(Amount),
        /// Bank less books.
        difference: Option<Amount> = it.difference.map(Amount),
        /// Rows that count.
        rows: u64 = it.rows,
        /// Whether both agree.
        agreement: Agreement = it.agreement.into(),
    }
}

record! {
    /// One part of a score.
    ScorePart from finance_core::ComparisonScorePart as it {
        /// What is judged.
        name: String = it.name,
        /// Its points.
        points: u8 = it.points,
        /// The most it could have.
        of: u8 = it.of,
        /// Why.
        reason: String = it.reason,
    }
}

record! {
    /// A row that an explanation is about.
    ComparedRow from finance_core::ComparedRow as it {
        /// The transaction.
        id: i64 = it.id.number(),
        /// Its day.
        date: Day = Day(it.date),
        /// Its amount.
        amount: Amount = Amount(it.amount),
        /// What a list shows.
        name: String = it.name,
        /// Whether it is pending.
        pending: bool = it.pending,
        /// Whether the user deleted it.
        deleted: bool = it.deleted,
    }
}

record! {
    /// What accepting an explanation changes. Only what its kind is about is given.
    ProposedChange {
        /// What is done, such as `insert_row`, `change_amount` or `nothing`.
        kind: String,
        /// The rows it is done to; of `insert_row` the row it would be like.
        transactions: Many<i64>,
        /// The new amount or balance.
        amount: Option<Amount>,
        /// The day: of the new row, moved to, or of the balance.
        date: Option<Day>,
    }
}

impl From<finance_core::ProposedChange> for ProposedChange {
    fn from(change: finance_core::ProposedChange) -> Self {
        use finance_core::ProposedChange as Change;
        let row = |id: finance_core::TransactionId| Many(vec![id.number()]);
        let none = || Many(Vec::new());
        let (kind, transactions, amount, date) = match change {
            Change::InsertRow { date, amount, like } => {
                ("insert_row", like.map_or_else(none, row), Some(amount), Some(date))
            }
            Change::RestoreRows { rows } => ("restore_rows", numbers!(rows), None, None),
            Change::RemoveRows { rows } => ("remove_rows", numbers!(rows), None, None),
            Change::ChangeAmount { row: id, to } => ("change_amount", row(id), Some(to), None),
            Change::MoveRow { row: id, to } => ("move_row", row(id), None, Some(to)),
            Change::CountPending { rows } => ("count_pending", numbers!(rows), None, None),
            Change::LeavePendingOut { rows } => ("leave_pending_out", numbers!(rows), None, None),
            Change::AdjustAnchor { date, to } => ("adjust_anchor", none(), Some(to), Some(date)),
            Change::WaitForBank { date } => ("wait_for_bank", none(), None, Some(date)),
            _ => ("nothing", none(), None, None),
        };
        Self { kind: kind.to_owned(), transactions, amount: amount.map(Amount), date: date.map(Day) }
    }
}

record! {
    /// What may explain a difference, and what would put it right.
    Explanation from finance_core::ProposedExplanation as it {
        /// Its number in the comparison, for `resolve`.
        number: u32 = it.number,
        /// What it is.
        kind: ExplanationKind = it.kind.into(),
        /// The rows it is about.
        transactions: Many<ComparedRow> = Many::of(it.transactions),
        /// The balance it is about.
        anchor: Anchor = it.anchor.into(),
        /// How much of the difference it explains.
        amount: Amount = Amount(it.amount),
        /// The day it is about.
        date: Option<Day> = it.date.map(Day),
        /// How sure it is, 0 to 100.
        confidence: u8 = it.confidence,
        /// What it says, for people.
        reason: String = it.reason,
        /// What accepting it changes.
        change: ProposedChange = it.change.into(),
    }
}

record! {
    /// Something to know about a comparison.
    Note {
        /// What it is, such as `no_known_balance`.
        kind: String,
        /// The day it is about.
        date: Option<Day>,
        /// The rows it is about.
        transactions: Many<i64>,
    }
}

impl From<ComparisonNote> for Note {
    fn from(note: ComparisonNote) -> Self {
        let (kind, date, transactions) = match note {
            ComparisonNote::NoKnownBalance => ("no_known_balance", None, Vec::new()),
            ComparisonNote::OneKnownBalance { date } => ("one_known_balance", Some(date), Vec::new()),
            ComparisonNote::BalanceUnknown { date } => ("balance_unknown", Some(date), Vec::new()),
            ComparisonNote::BalanceReplaced { date, .. } => ("balance_replaced", Some(date), Vec::new()),
            ComparisonNote::OtherCurrency { transactions } => ("other_currency", None, transactions),
            ComparisonNote::TooLarge => ("too_large", None, Vec::new()),
            _ => ("other", None, Vec::new()),
        };
        Self { kind: kind.to_owned(), date: date.map(Day), transactions: numbers!(transactions) }
    }
}

record! {
    /// Bank against books of one account.
    Comparison from finance_core::AccountComparison as it {
        /// The account.
        account: i64 = it.account.number(),
        /// The day it begins with, where one was named.
        since: Option<Day> = it.since.map(Day),
        /// Each period between two known balances.
        periods: Many<ComparedPeriod> = Many::of(it.periods),
        /// By how much the bank's balance changed.
        bank_change: Option<Amount> = it.bank_change.map(Amount),
        /// By how much the rows say it did.
        books_change: Option<Amount> = it.books_change.map(Amount),
        /// Bank less books.
        difference: Option<Amount> = it.difference.map(Amount),
        /// Up to which day everything is explained.
        first_unexplained_date: Option<Day> = it.first_unexplained_date.map(Day),
        /// How well both agree, 0 to 100; `None` when it cannot be said.
        score: Option<u8> = it.score,
        /// The parts of the score.
        score_parts: Many<ScorePart> = Many::of(it.score_parts),
        /// What may explain the difference, the likeliest first.
        explanations: Many<Explanation> = Many::of(it.explanations),
        /// What else there is to know.
        notes: Many<Note> = Many::of(it.notes),
    }
}

record! {
    /// An explanation that was accepted.
    Resolution from finance_core::Resolution as it {
        /// The comparison.
        reconciliation: i64 = it.reconciliation.number(),
        /// The explanation's number in it.
        explanation: u32 = it.explanation,
        /// When it was accepted.
        resolved_at: Instant = it.resolved_at.into(),
        /// When that was taken back.
        undone_at: Option<Instant> = it.undone_at.map(Into::into),
        /// What was done, in order.
        steps: Many<String> = Many(it.steps.iter().map(|step| tag(step, "step")).collect()),
        /// The row that was added.
        inserted: Option<i64> = it.inserted.map(|id| id.number()),
    }
}

record! {
    /// A comparison that is kept, with what was accepted of it.
    ReconciliationRecord from finance_core::ReconciliationRecord as it {
        /// Its identifier.
        id: i64 = it.id.number(),
        /// When it was made.
        at: Instant = it.at.into(),
        /// The comparison.
        comparison: Comparison = it.comparison.into(),
        /// What was accepted.
        resolutions: Many<Resolution> = Many::of(it.resolutions),
    }
}

record! {
    /// The comparison of one account, or why there is none.
    ReconciledAccount {
        /// The account.
        account: i64,
        /// The comparison.
        record: Option<ReconciliationRecord>,
        /// Why it failed.
        error: Option<OperationError>,
    }
}

impl From<finance_core::ReconciledAccount> for ReconciledAccount {
    fn from(it: finance_core::ReconciledAccount) -> Self {
        let (record, error) = match it.outcome {
            Ok(record) => (Some(record.into()), None),
            Err(error) => (None, Some(error.into())),
        };
        Self { account: it.account.number(), record, error }
    }
}

record! {
    /// The comparisons that were asked for. One that fails does not stop the others.
    ReconcileReport from finance_core::ReconcileReport as it {
        /// Whether every account was compared.
        is_complete: bool = it.is_complete(),
        /// Each account.
        accounts: Many<ReconciledAccount> = Many::of(it.accounts),
    }
}
