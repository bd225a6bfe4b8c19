//! Payments and income that come again.

use chrono::NaiveDate;
use finance_core::{
    AmountRange, Recurring, RecurringPeriod, RecurringPolicy, RecurringReason, RecurringStatus,
    find_recurring,
};
use serde::{Deserialize, Serialize};

use crate::case::{Answer, Object, answer, read};
use crate::field::{Day, Id};
use crate::row::{Names, Row, ledger_rows, named};

#[derive(Deserialize)]
#[serde(expecting = "an object such as {\"today\":\"2026-03-31\",\"transactions\":[]}")]
struct Case<'a> {
    today: Day,
    #[serde(borrow)]
    transactions: Vec<Object<Row<'a>>>,
    policy: Option<Object<RecurringPolicy>>,
}

#[derive(Serialize)]
struct Judged<'a> {
    series: Vec<Series<'a>>,
}

#[derive(Serialize)]
struct Series<'a> {
    transactions: Vec<Id<'a>>,
    account: Option<Id<'a>>,
    currency: Option<&'a str>,
    payee: Option<&'a str>,
    period: RecurringPeriod,
    status: RecurringStatus,
    amount: Amounts,
    next_expected: Option<NaiveDate>,
    missed: u16,
    confidence: u8,
    reasons: Vec<String>,
}

#[derive(Serialize)]
struct Amounts {
    min: String,
    max: String,
    last: String,
    typical: String,
}

pub(crate) fn judge(line: &str) -> Answer {
    let case: Case<'_> = read(line)?;
    let mut names = Names::default();
    let (ids, rows) = ledger_rows("transactions", case.transactions, &mut names)?;
    let found = find_recurring(&rows, case.today.0, &case.policy.unwrap_or_default().0);
    answer(&Judged { series: found.iter().map(|series| told(series, &ids, &names)).collect() })
}

fn told<'a>(series: &'a Recurring, ids: &[Id<'a>], names: &Names<'a>) -> Series<'a> {
    let AmountRange { min, max, last, typical } = series.amount;
    Series {
        transactions: named(ids, &series.rows),
        account: names.written(series.account),
        currency: series.currency.as_ref().map(|currency| currency.code()),
        payee: series.payee.as_deref(),
        period: series.period,
        status: series.status,
        amount: Amounts {
            min: min.to_string(),
            max: max.to_string(),
            last: last.to_string(),
            typical: typical.to_string(),
        },
        next_expected: series.next_expected,
        missed: series.missed,
        confidence: series.confidence,
        reasons: series.reasons.iter().map(RecurringReason::to_string).collect(),
    }
}
