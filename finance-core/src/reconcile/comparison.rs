//! A comparison as the books keep it: what [`reconcile`](super::reconcile()) answers, under our identifiers.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Agreement, Anchor, AnchorSource, Correction, Explanation, ExplanationKind, ReconcileNote,
    ReconcilePolicy, ReconciledPeriod, Reconciliation,
};
use crate::LedgerRow;
use crate::model::{AccountId, ExactSum, Transaction, TransactionId, TransactionState, decimal_text};

/// One account compared with the bank. All amounts are in our sign and in the policy's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountComparison {
    /// The account.
    pub account: AccountId,
    /// The first day of which a balance was looked at; `None` when all were.
    pub since: Option<NaiveDate>,
    /// How closely bank and books had to agree. Its currency is that of all amounts, where it is known.
    pub policy: ReconcilePolicy,
    /// What happened between each two known balances, oldest first. Neighbouring periods that agree are told as one.
    pub periods: Vec<ComparedPeriod>,
    /// By how much the bank's balance changed from the first known balance to the last; `None` with fewer than two.
    #[serde(with = "decimal_text::option")]
    pub bank_change: Option<Decimal>,
    /// By how much the rows changed it in the same time.
    #[serde(with = "decimal_text::option")]
    pub books_change: Option<Decimal>,
    /// `bank_change` less `books_change`: what the books lack.
    #[serde(with = "decimal_text::option")]
    pub difference: Option<Decimal>,
    /// The first day on which bank and books part; `None` when they agree but for drift.
    pub first_unexplained_date: Option<NaiveDate>,
    /// How well they agree, 0 to 100, the sum of the parts; `None` when that cannot be known.
    pub score: Option<u8>,
    /// What the score is made of.
    pub score_parts: Vec<ComparisonScorePart>,
    /// Why they differ, best first. Empty when they agree.
    pub explanations: Vec<ProposedExplanation>,
    /// What is missing for an answer, or was left out of it.
    pub notes: Vec<ComparisonNote>,
}

/// The time after one known balance's day up to and with the next one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedPeriod {
    /// The balance it begins after.
    pub from: Anchor,
    /// The balance it ends with.
    pub to: Anchor,
    /// By how much the bank's balance changed.
    #[serde(with = "decimal_text::option")]
    pub bank_change: Option<Decimal>,
    /// By how much the counted rows changed it.
    #[serde(with = "decimal_text::option")]
    pub books_change: Option<Decimal>,
    /// `bank_change` less `books_change`.
    #[serde(with = "decimal_text::option")]
    pub difference: Option<Decimal>,
    /// How many rows were counted.
    pub rows: u64,
    /// Whether they agree.
    pub agreement: Agreement,
}

/// A part of the score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparisonScorePart {
    /// Its stable name.
    pub name: String,
    /// The points it gives.
    pub points: u8,
    /// The most it could give.
    pub of: u8,
    /// Why, a sentence for a person.
    pub reason: String,
}

/// One reason why bank and books may differ, and the change that would mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedExplanation {
    /// Its number in the comparison: 1, 2, 3, …
    pub number: u32,
    /// What kind of reason.
    pub kind: ExplanationKind,
    /// The rows concerned, as they stood; none for a row that is not there.
    pub transactions: Vec<ComparedRow>,
    /// The known balance concerned: the end of the first period that it explains.
    pub anchor: Anchor,
    /// The part of that period's difference that it explains. For a missing row that is the row's amount.
    #[serde(with = "decimal_text")]
    pub amount: Decimal,
    /// The day concerned, where it can be told.
    pub date: Option<NaiveDate>,
    /// How likely it is, in whole points from 0 to 100. Explanations that exclude each other share the points.
    pub confidence: u8,
    /// Why, a sentence or two for a person.
    pub reason: String,
    /// What accepting it changes.
    pub change: ProposedChange,
}

/// A row as it stood when it was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedRow {
    /// The row.
    pub id: TransactionId,
    /// Its day.
    pub date: NaiveDate,
    /// Its amount.
    #[serde(with = "decimal_text")]
    pub amount: Decimal,
    /// The name to show.
    pub name: String,
    /// Whether it was pending and not counted as posted by the user's wish.
    pub pending: bool,
    /// Whether the user had deleted it.
    #[serde(default)]
    pub deleted: bool,
}

/// What accepting an explanation changes; nothing else is changed by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ProposedChange {
    /// A row is added, of [`RowOrigin::Correction`](crate::RowOrigin::Correction).
    InsertRow {
        /// Its day.
        date: NaiveDate,
        /// Its amount.
        #[serde(with = "decimal_text")]
        amount: Decimal,
        /// The row that gives it its texts.
        like: Option<TransactionId>,
    },
    /// Rows that the user deleted count again, as when the user takes that back.
    RestoreRows {
        /// The rows.
        rows: Vec<TransactionId>,
    },
    /// Rows are deleted, as the user deletes them.
    RemoveRows {
        /// The rows.
        rows: Vec<TransactionId>,
    },
    /// A row gets another amount.
    ChangeAmount {
        /// The row.
        row: TransactionId,
        /// The amount.
        #[serde(with = "decimal_text")]
        to: Decimal,
    },
    /// A row gets another day.
    MoveRow {
        /// The row.
        row: TransactionId,
        /// The day.
        to: NaiveDate,
    },
    /// Rows count while they are pending.
    CountPending {
        /// The rows.
        rows: Vec<TransactionId>,
    },
    /// Rows do not count while they are pending.
    LeavePendingOut {
        /// The rows.
        rows: Vec<TransactionId>,
    },
    /// A statement of that day is added, or its balance changed.
    AdjustAnchor {
        /// The day.
        date: NaiveDate,
        /// The balance.
        #[serde(with = "decimal_text")]
        to: Decimal,
    },
    /// Nothing: a fresh balance of the bank is awaited.
    WaitForBank {
        /// The day of the balance that is in doubt.
        date: NaiveDate,
    },
    /// Nothing.
    Nothing,
}

/// What is missing for an answer, or was left out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ComparisonNote {
    /// No balance is known, so nothing can be compared.
    NoKnownBalance,
    /// Only this day's balance is known; a second one is needed.
    OneKnownBalance {
        /// The day.
        date: NaiveDate,
    },
    /// What was told of this day has no balance and was passed over.
    BalanceUnknown {
        /// The day.
        date: NaiveDate,
    },
    /// Of two balances of one day one is believed.
    BalanceReplaced {
        /// The day.
        date: NaiveDate,
        /// Who told the balance that was left out.
        left_out: AnchorSource,
        /// Who told the one that is believed.
        believed: AnchorSource,
        /// Whether both tell the same.
        agrees: bool,
    },
    /// These rows are in another currency and were not counted.
    OtherCurrency {
        /// The rows.
        transactions: Vec<TransactionId>,
    },
    /// The amounts need more digits than can be added exactly.
    TooLarge,
}

/// A row of the books as reconciliation sees it. While it is pending, the user decides whether it counts: as a posted one, or
/// not at all (`None`); without the user's word it is left to the policy.
pub(crate) fn counted_row(transaction: &Transaction, provider: &crate::ProviderName) -> Option<LedgerRow> {
    let row = LedgerRow::of_transaction(transaction, provider);
    match (row.pending, transaction.edits.counts_while_pending) {
        (true, Some(true)) => Some(LedgerRow { pending: false, ..row }),
        (true, Some(false)) => None,
        _ => Some(row),
    }
}

impl ComparedRow {
    pub(crate) fn of(transaction: &Transaction) -> Self {
        let counts = transaction.edits.counts_while_pending == Some(true);
        Self {
            id: transaction.id,
            date: transaction.date(),
            amount: transaction.amount().amount(),
            name: transaction.name().to_owned(),
            pending: transaction.provider.pending && !counts,
            deleted: transaction.state == TransactionState::DeletedByUser,
        }
    }

    /// Whether the row still is what it was for a comparison, whatever it is called by now.
    pub(crate) fn still_is(&self, transaction: &Transaction) -> bool {
        let now = Self { name: self.name.clone(), ..Self::of(transaction) };
        now == *self && transaction.state != TransactionState::RemovedByProvider
    }
}

/// The anchors and rows of one comparison, in the order in which the answer names them.
pub(crate) struct Compared<'a> {
    pub(crate) account: AccountId,
    pub(crate) since: Option<NaiveDate>,
    pub(crate) anchors: &'a [Anchor],
    pub(crate) rows: &'a [Transaction],
    pub(crate) policy: &'a ReconcilePolicy,
}

impl Compared<'_> {
    /// The answer under our identifiers.
    pub(crate) fn told(&self, answer: Reconciliation) -> AccountComparison {
        let explanations = answer.explanations.iter().zip(1..);
        AccountComparison {
            account: self.account,
            since: self.since,
            policy: self.policy.clone(),
            periods: self.periods(&answer.periods),
            bank_change: answer.bank_change,
            books_change: answer.books_change,
            difference: answer.difference,
            first_unexplained_date: answer.first_unexplained_date,
            score: answer.score,
            score_parts: answer
                .score_parts
                .into_iter()
                .map(|part| ComparisonScorePart {
                    name: part.name.to_owned(),
                    points: part.points,
                    of: part.of,
                    reason: part.reason,
                })
                .collect(),
            explanations: explanations.map(|(it, number)| self.explanation(number, it)).collect(),
            notes: answer.notes.into_iter().map(|note| self.note(note)).collect(),
        }
    }

    fn periods(&self, periods: &[ReconciledPeriod]) -> Vec<ComparedPeriod> {
        let mut told: Vec<ComparedPeriod> = Vec::new();
        for period in periods {
            let next = ComparedPeriod {
                from: self.anchors[period.from].clone(),
                to: self.anchors[period.to].clone(),
                bank_change: period.bank_change,
                books_change: period.books_change,
                difference: period.difference,
                rows: period.rows as u64,
                agreement: period.agreement,
            };
            match told.last_mut().and_then(|last| last.joined(&next)) {
                Some(joined) => {
                    told.pop();
                    told.push(joined);
                }
                None => told.push(next),
            }
        }
        told
    }

    fn id(&self, row: usize) -> TransactionId {
        self.rows[row].id
    }

    fn ids(&self, rows: &[usize]) -> Vec<TransactionId> {
        rows.iter().map(|&row| self.id(row)).collect()
    }

    fn explanation(&self, number: u32, it: &Explanation) -> ProposedExplanation {
        ProposedExplanation {
            number,
            kind: it.kind,
            transactions: it.transactions.iter().map(|&row| ComparedRow::of(&self.rows[row])).collect(),
            anchor: self.anchors[it.anchor].clone(),
            amount: it.amount,
            date: it.date,
            confidence: it.confidence,
            reason: it.reason.clone(),
            change: self.change(&it.correction),
        }
    }

    fn change(&self, correction: &Correction) -> ProposedChange {
        let date = |anchor: usize| self.anchors[anchor].date;
        match correction {
            Correction::InsertRow { date, amount, like } => {
                ProposedChange::InsertRow { date: *date, amount: *amount, like: like.map(|row| self.id(row)) }
            }
            Correction::RestoreRows { rows } => ProposedChange::RestoreRows { rows: self.ids(rows) },
            Correction::RemoveRows { rows } => ProposedChange::RemoveRows { rows: self.ids(rows) },
            Correction::ChangeAmount { row, to } => {
                ProposedChange::ChangeAmount { row: self.id(*row), to: *to }
            }
            Correction::MoveRow { row, to } => ProposedChange::MoveRow { row: self.id(*row), to: *to },
            Correction::CountPending { rows } => ProposedChange::CountPending { rows: self.ids(rows) },
            Correction::LeavePendingOut { rows } => ProposedChange::LeavePendingOut { rows: self.ids(rows) },
            Correction::AdjustAnchor { anchor, to } => {
                ProposedChange::AdjustAnchor { date: date(*anchor), to: *to }
            }
            Correction::WaitForBank { anchor } => ProposedChange::WaitForBank { date: date(*anchor) },
            Correction::Nothing => ProposedChange::Nothing,
        }
    }

    fn note(&self, note: ReconcileNote) -> ComparisonNote {
        let date = |anchor: usize| self.anchors[anchor].date;
        match note {
            ReconcileNote::NoKnownBalance => ComparisonNote::NoKnownBalance,
            ReconcileNote::OneKnownBalance { anchor } => {
                ComparisonNote::OneKnownBalance { date: date(anchor) }
            }
            ReconcileNote::BalanceUnknown { anchor } => ComparisonNote::BalanceUnknown { date: date(anchor) },
            ReconcileNote::AnchorReplaced { anchor, by, agrees } => ComparisonNote::BalanceReplaced {
                date: date(anchor),
                left_out: self.anchors[anchor].source,
                believed: self.anchors[by].source,
                agrees,
            },
            ReconcileNote::OtherCurrency { rows } => {
                ComparisonNote::OtherCurrency { transactions: self.ids(&rows) }
            }
            ReconcileNote::TooLarge => ComparisonNote::TooLarge,
        }
    }
}

fn sum(a: Option<Decimal>, b: Option<Decimal>) -> Option<Decimal> {
    let mut sum = ExactSum::default();
    sum.add(a?);
    sum.add(b?);
    sum.total()
}

impl ComparedPeriod {
    /// Both periods as one, where both agree and the sums can be kept.
    fn joined(&self, next: &Self) -> Option<Self> {
        if (self.agreement, next.agreement) != (Agreement::Agrees, Agreement::Agrees) {
            return None;
        }
        Some(Self {
            from: self.from.clone(),
            to: next.to.clone(),
            bank_change: Some(sum(self.bank_change, next.bank_change)?),
            books_change: Some(sum(self.books_change, next.books_change)?),
            difference: Some(sum(self.difference, next.difference)?),
            rows: self.rows + next.rows,
            agreement: Agreement::Agrees,
        })
    }
}

impl AccountComparison {
    /// The explanation with this number.
    pub fn explanation(&self, number: u32) -> Option<&ProposedExplanation> {
        self.explanations.iter().find(|explanation| explanation.number == number)
    }

    /// Whether the same explanation with the same change is still found. A row that is missing may be expected on another day
    /// by now.
    pub(crate) fn still_proposes(&self, earlier: &ProposedExplanation) -> bool {
        self.explanations.iter().any(|now| {
            (now.kind, &now.transactions, now.amount) == (earlier.kind, &earlier.transactions, earlier.amount)
                && now.change.is_like(&earlier.change)
        })
    }
}

impl ProposedChange {
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::InsertRow { amount, .. }, Self::InsertRow { amount: other, .. }) => amount == other,
            (Self::WaitForBank { .. }, Self::WaitForBank { .. }) => true,
            _ => self == other,
        }
    }
}
