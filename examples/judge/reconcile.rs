//! The bank against the books, and why they differ.

use chrono::NaiveDate;
use finance_core::{
    Anchor, AnchorSource, Correction, Explanation, LedgerRow, ReconcileNote, ReconcilePolicy,
    ReconcileScorePart, reconcile,
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::case::{Answer, Fault, Object, answer, read};
use crate::field::{Amount, Day, Id, Instant};
use crate::row::{CurrencyCode, Names, Row, ledger_rows, named};

#[derive(Deserialize)]
#[serde(expecting = "an object such as {\"currency\":\"USD\",\"anchors\":[],\"transactions\":[]}")]
struct Case<'a> {
    currency: Option<CurrencyCode>,
    anchors: Vec<Object<KnownBalance>>,
    #[serde(borrow)]
    transactions: Vec<Object<Row<'a>>>,
    tolerance: Option<Amount>,
    policy: Option<Object<Choices>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an anchor such as {\"date\":\"2026-03-31\",\"balance\":\"100.00\"}")]
struct KnownBalance {
    date: Day,
    balance: Option<Amount>,
    source: Option<Source>,
    refreshed_at: Option<Instant>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Source {
    OpeningDerived,
    Provider,
    File,
    Statement,
}

/// The fields of `ReconcilePolicy` that the case itself does not name.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choices {
    drift_step: Option<Amount>,
    count_pending: Option<bool>,
    moved_days: Option<u16>,
    duplicate_days: Option<u16>,
    max_explanations: Option<usize>,
}

#[derive(Serialize)]
struct Judged<'a> {
    difference: Option<String>,
    first_unexplained_date: Option<NaiveDate>,
    score: Option<u8>,
    explanations: Vec<Explained<'a>>,
    score_parts: Vec<ScorePart<'a>>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct ScorePart<'a> {
    name: &'a str,
    points: u8,
    of: u8,
    reason: &'a str,
}

#[derive(Serialize)]
struct Explained<'a> {
    kind: &'static str,
    transactions: Vec<Id<'a>>,
    amount: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<NaiveDate>,
    confidence: u8,
    reason: &'a str,
    correction: Option<Remedy<'a>>,
}

/// What would change, by the names of the case.
#[derive(Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
enum Remedy<'a> {
    InsertRow { date: NaiveDate, amount: String, like: Option<Id<'a>> },
    RestoreRows { transactions: Vec<Id<'a>> },
    RemoveRows { transactions: Vec<Id<'a>> },
    ChangeAmount { transaction: Option<Id<'a>>, to: String },
    MoveRow { transaction: Option<Id<'a>>, to: NaiveDate },
    CountPending { transactions: Vec<Id<'a>> },
    LeavePendingOut { transactions: Vec<Id<'a>> },
    AdjustAnchor { anchor: usize, to: String },
    WaitForBank { anchor: usize },
    Nothing,
}

pub(crate) fn judge(line: &str) -> Answer {
    let case: Case<'_> = read(line)?;
    let policy = policy(case.currency, case.tolerance, case.policy.unwrap_or_default().0)?;
    let (ids, rows) = ledger_rows("transactions", case.transactions, &mut Names::default())?;
    one_account(&rows)?;
    let anchors: Vec<Anchor> = case.anchors.into_iter().map(|Object(known)| known.into_anchor()).collect();

    let found = reconcile(&anchors, &rows, &policy);
    answer(&Judged {
        difference: found.difference.map(|difference| difference.to_string()),
        first_unexplained_date: found.first_unexplained_date,
        score: found.score,
        explanations: found.explanations.iter().map(|explanation| explained(explanation, &ids)).collect(),
        score_parts: found.score_parts.iter().map(score_part).collect(),
        notes: found.notes.iter().filter_map(|note| sentence(note, &anchors, &ids)).collect(),
    })
}

fn explained<'a>(explanation: &'a Explanation, ids: &[Id<'a>]) -> Explained<'a> {
    Explained {
        kind: explanation.kind.name(),
        transactions: named(ids, &explanation.transactions),
        amount: explanation.amount.to_string(),
        date: explanation.date,
        confidence: explanation.confidence,
        reason: &explanation.reason,
        correction: change(&explanation.correction, ids),
    }
}

fn score_part(part: &ReconcileScorePart) -> ScorePart<'_> {
    ScorePart { name: part.name, points: part.points, of: part.of, reason: &part.reason }
}

/// `None` for a correction that this door does not know yet.
fn change<'a>(correction: &Correction, ids: &[Id<'a>]) -> Option<Remedy<'a>> {
    let id = |row: usize| ids.get(row).copied();
    Some(match *correction {
        Correction::InsertRow { date, amount, like } => {
            Remedy::InsertRow { date, amount: amount.to_string(), like: like.and_then(id) }
        }
        Correction::RestoreRows { ref rows } => Remedy::RestoreRows { transactions: named(ids, rows) },
        Correction::RemoveRows { ref rows } => Remedy::RemoveRows { transactions: named(ids, rows) },
        Correction::ChangeAmount { row, to } => {
            Remedy::ChangeAmount { transaction: id(row), to: to.to_string() }
        }
        Correction::MoveRow { row, to } => Remedy::MoveRow { transaction: id(row), to },
        Correction::CountPending { ref rows } => Remedy::CountPending { transactions: named(ids, rows) },
        Correction::LeavePendingOut { ref rows } => {
            Remedy::LeavePendingOut { transactions: named(ids, rows) }
        }
        Correction::AdjustAnchor { anchor, to } => Remedy::AdjustAnchor { anchor, to: to.to_string() },
        Correction::WaitForBank { anchor } => Remedy::WaitForBank { anchor },
        Correction::Nothing => Remedy::Nothing,
        _ => return None,
    })
}

/// A note for a person; `None` for one that this door does not know yet.
fn sentence(note: &ReconcileNote, anchors: &[Anchor], ids: &[Id<'_>]) -> Option<String> {
    let day = |anchor: usize| anchors.get(anchor).map(|known| known.date.to_string()).unwrap_or_default();
    Some(match *note {
        ReconcileNote::NoKnownBalance => {
            "Nothing could be compared: no balance is known; give two, of two days.".to_owned()
        }
        ReconcileNote::OneKnownBalance { anchor } => format!(
            "Nothing could be compared: the balance of one day only is known, {}; give that of another day.",
            day(anchor)
        ),
        ReconcileNote::BalanceUnknown { anchor } => {
            format!("anchors[{anchor}], of {}, has no balance and was passed over.", day(anchor))
        }
        ReconcileNote::AnchorReplaced { anchor, by, agrees } => {
            let balance = if agrees { "the same" } else { "another" };
            let day = day(anchor);
            format!("anchors[{anchor}] was passed over: anchors[{by}] tells {balance} balance of {day}.")
        }
        ReconcileNote::OtherCurrency { ref rows } => {
            let first: Vec<String> = named(ids, rows).iter().take(10).map(ToString::to_string).collect();
            let more = if rows.len() > first.len() { ", and more" } else { "" };
            let first = first.join(", ");
            format!("Not counted, because in another currency: {} (ids {first}{more}).", rows.len())
        }
        ReconcileNote::TooLarge => {
            "Nothing could be compared: the amounts have more digits than can be added exactly.".to_owned()
        }
        _ => return None,
    })
}

impl KnownBalance {
    fn into_anchor(self) -> Anchor {
        let source = match self.source {
            Some(Source::OpeningDerived) => AnchorSource::OpeningDerived,
            Some(Source::File) => AnchorSource::File,
            Some(Source::Statement) => AnchorSource::Statement,
            Some(Source::Provider) | None => AnchorSource::Provider,
        };
        let refreshed_at = self.refreshed_at.map(|instant| instant.0);
        Anchor { refreshed_at, ..Anchor::new(self.date.0, self.balance.map(|balance| balance.0), source) }
    }
}

fn policy(
    currency: Option<CurrencyCode>,
    tolerance: Option<Amount>,
    choices: Choices,
) -> Result<ReconcilePolicy, Fault> {
    let mut policy = match currency {
        Some(code) => ReconcilePolicy::of_currency(code.0),
        None => ReconcilePolicy::default(),
    };
    policy.tolerance = not_negative("tolerance", tolerance, policy.tolerance)?;
    policy.drift_step = not_negative("policy.drift_step", choices.drift_step, policy.drift_step)?;
    policy.count_pending = choices.count_pending.unwrap_or(policy.count_pending);
    policy.moved_days = choices.moved_days.unwrap_or(policy.moved_days);
    policy.duplicate_days = choices.duplicate_days.unwrap_or(policy.duplicate_days);
    policy.max_explanations = choices.max_explanations.unwrap_or(policy.max_explanations);
    Ok(policy)
}

fn not_negative(field: &str, given: Option<Amount>, default: Decimal) -> Result<Decimal, Fault> {
    match given {
        Some(Amount(amount)) if amount < Decimal::ZERO => {
            Err(Fault::at(field, format!("{amount} is below zero")))
        }
        Some(Amount(amount)) => Ok(amount),
        None => Ok(default),
    }
}

/// Balances are of one account; rows of others would all count as errors.
fn one_account(rows: &[LedgerRow]) -> Result<(), Fault> {
    let other = rows.iter().position(|row| Some(row.account) != rows.first().map(|first| first.account));
    other.map_or(Ok(()), |place| {
        let field = format!("transactions[{place}].account");
        Err(Fault::at(field, "is not that of the first row: give each account a line of its own"))
    })
}
