//! Real ledgers with one or two faults put in, and how often reconciliation finds them.
//!
//! Every account is tried with a balance for every day, for every month, and with an opening and a closing one only; with the
//! bank's texts and without.

use std::fmt;

use chrono::{Datelike, Days, NaiveDate};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use fastrand::Rng;
use finance_core::{
    Anchor, AnchorSource, Explanation, ExplanationKind, LedgerRow, ReconcilePolicy, reconcile,
};
use rust_decimal::Decimal;

use super::berka::BerkaAccount;

/// Which balances are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Those of every day that has rows.
    Daily,
    /// Those of every month's end.
    Monthly,
    /// The first day's, and that of a day when four fifths of the rows are past.
    Ends,
}

/// What is put wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A row is gone.
    Dropped,
    /// A row is there twice.
    Doubled,
    /// Money in became money out, or the reverse.
    Turned,
    /// Two neighbouring digits that differ changed places.
    Swapped,
    /// A row is dated one to three days beyond the anchor before or after it.
    Moved,
    /// An amount is ten times as large.
    Tenfold,
}

const KNOWN: [Known; 3] = [Known::Daily, Known::Monthly, Known::Ends];
const FAULTS: [Fault; 6] =
    [Fault::Dropped, Fault::Doubled, Fault::Turned, Fault::Swapped, Fault::Moved, Fault::Tenfold];
/// What the data themselves leave unexplained at most on one day.
const DRIFT: Decimal = Decimal::from_parts(20, 0, 0, false, 2);
/// Rows that are nearer to an anchor than this may be moved across it.
const NEAR_DAYS: i64 = 10;

/// How often one fault was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultFigure {
    /// The fault, and which balances and texts were known.
    pub case: String,
    /// Ledgers with the fault.
    pub tried: usize,
    /// Those of them on which no other single fault would leave the same books.
    pub tellable: usize,
    /// Tellable ones whose explanation came first.
    pub first: usize,
    /// Tellable ones whose explanation was among the first three. With two faults: both were.
    pub among_three: usize,
    /// Ledgers, tellable or not, whose explanation came first.
    pub first_of_all: usize,
    /// Ledgers, tellable or not, whose explanation was among the first three.
    pub among_three_of_all: usize,
    /// Clean ledgers of which a row was accused.
    pub accused: usize,
}

/// A fault in one row of a clean ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Injection {
    fault: Fault,
    /// The row, by its place in the clean ledger.
    row: usize,
    /// The row with the fault.
    becomes: LedgerRow,
}

/// What an explanation must name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Truth {
    fault: Fault,
    /// The rows concerned, by their place in the faulty ledger.
    rows: Vec<usize>,
    /// The amount before the fault.
    amount: Decimal,
    /// How much the clean ledger leaves unexplained between two balances, so that no amount can be told more closely.
    drift: Decimal,
}

/// Tries every fault on these accounts, `rounds` rows of each for every fault; the same seed gives the same figures.
pub fn reconcile_figures(accounts: &[BerkaAccount], rounds: usize, seed: u64) -> Vec<FaultFigure> {
    let mut figures = Vec::new();
    for known in KNOWN {
        for texts in [true, false] {
            let with = if texts { "texts" } else { "no texts" };
            let ledgers: Vec<BerkaAccount> =
                accounts.iter().map(|account| if texts { account.clone() } else { bare(account) }).collect();
            let mut rng = Rng::with_seed(seed);
            figures.push(clean(&ledgers, known, format!("clean, {known:?}, {with}")));
            for fault in FAULTS {
                let case = format!("{fault:?}, {known:?}, {with}");
                figures.push(faulty(&ledgers, known, &[fault], rounds, case, &mut rng));
            }
            let two = [Fault::Dropped, Fault::Doubled];
            let case = format!("two faults, {known:?}, {with}");
            figures.push(faulty(&ledgers, known, &two, rounds, case, &mut rng));
        }
    }
    figures
}

fn bare(account: &BerkaAccount) -> BerkaAccount {
    let mut account = account.clone();
    for row in &mut account.rows {
        row.description = None;
        row.counterparty = None;
    }
    account
}

fn clean(accounts: &[BerkaAccount], known: Known, case: String) -> FaultFigure {
    let mut figure = FaultFigure { case, ..FaultFigure::default() };
    for account in accounts {
        let answer = reconcile(&anchors(account, known), &account.rows, &ReconcilePolicy::default());
        figure.tried += 1;
        figure.accused +=
            usize::from(answer.explanations.iter().any(|found| found.kind != ExplanationKind::RoundingDrift));
    }
    figure
}

fn faulty(
    accounts: &[BerkaAccount],
    known: Known,
    faults: &[Fault],
    rounds: usize,
    case: String,
    rng: &mut Rng,
) -> FaultFigure {
    let mut figure = FaultFigure { case, ..FaultFigure::default() };
    for account in accounts {
        let anchors = anchors(account, known);
        let left = differences(&anchors, &account.rows);
        let drift = left.iter().map(Decimal::abs).fold(DRIFT, Decimal::max);
        for _ in 0..rounds {
            let Some(injections) = choose(account, &anchors, faults, rng) else { continue };
            let (rows, truths) = inject(&account.rows, &injections, drift);
            let alone = |injection: &Injection| {
                let (rows, truths) = inject(&account.rows, std::slice::from_ref(injection), drift);
                is_tellable(&anchors, &rows, &truths[0])
            };
            let found = reconcile(&anchors, &rows, &ReconcilePolicy::default()).explanations;
            let places: Vec<Option<usize>> =
                truths.iter().map(|truth| found.iter().position(|one| is_right(one, truth))).collect();
            let among = places.iter().all(|place| place.is_some_and(|place| place < 3));
            figure.tried += 1;
            figure.among_three_of_all += usize::from(among);
            figure.first_of_all += usize::from(places.contains(&Some(0)));
            if injections.iter().all(alone) && are_apart(&anchors, &account.rows, &injections) {
                figure.tellable += 1;
                figure.first += usize::from(places.contains(&Some(0)));
                figure.among_three += usize::from(among);
            }
        }
    }
    figure
}

/// The balances that are known.
fn anchors(account: &BerkaAccount, known: Known) -> Vec<Anchor> {
    let balances = &account.balances;
    let daily = || balances.iter().copied();
    let kept: Vec<(NaiveDate, Decimal)> = match known {
        Known::Daily => daily().collect(),
        Known::Monthly => {
            let month = |date: NaiveDate| (date.year(), date.month());
            daily()
                .zip(daily().skip(1))
                .filter(|(day, next)| month(day.0) != month(next.0))
                .map(|((date, balance), _)| (month_end(date), balance))
                .collect()
        }
        Known::Ends => [0, balances.len() * 4 / 5].map(|place| balances[place]).to_vec(),
    };
    kept.into_iter().map(|(date, balance)| Anchor::new(date, Some(balance), AnchorSource::Provider)).collect()
}

fn month_end(date: NaiveDate) -> NaiveDate {
    date + Days::new(u64::from(u32::from(date.num_days_in_month()) - date.day()))
}

/// Faults in different rows, all of them between the first and the last anchor.
fn choose(
    account: &BerkaAccount,
    anchors: &[Anchor],
    faults: &[Fault],
    rng: &mut Rng,
) -> Option<Vec<Injection>> {
    let mut chosen: Vec<Injection> = Vec::new();
    for &only in faults {
        let fault = if faults.len() == 1 { only } else { FAULTS[rng.usize(..FAULTS.len())] };
        let injection = (0..100).find_map(|_| {
            let row = rng.usize(..account.rows.len());
            let untouched = chosen.iter().all(|other| other.row != row);
            (untouched && period_of(anchors, account.rows[row].date).is_some())
                .then(|| becomes(fault, &account.rows[row], anchors, rng))?
                .map(|becomes| Injection { fault, row, becomes })
        })?;
        chosen.push(injection);
    }
    Some(chosen)
}

/// The period that a day lies in, by the place of the anchor that ends it.
fn period_of(anchors: &[Anchor], date: NaiveDate) -> Option<usize> {
    let place = anchors.iter().position(|anchor| anchor.date >= date)?;
    (place > 0).then_some(place)
}

fn becomes(fault: Fault, row: &LedgerRow, anchors: &[Anchor], rng: &mut Rng) -> Option<LedgerRow> {
    let mut faulty = row.clone();
    match fault {
        Fault::Dropped => {}
        Fault::Doubled => faulty.imported_id = Some(format!("{}-again", rng.u32(..)).into()),
        Fault::Turned => faulty.amount = -row.amount,
        Fault::Tenfold => faulty.amount = row.amount * Decimal::TEN,
        Fault::Swapped => {
            let swapped = swaps(row.amount);
            faulty.amount = *swapped.get(rng.usize(..swapped.len().max(1)))?;
        }
        Fault::Moved => {
            let end = period_of(anchors, row.date)?;
            let days = rng.u64(1..=3);
            let (later, earlier) =
                (anchors[end].date + Days::new(days), anchors[end - 1].date - Days::new(days - 1));
            let near = [later, earlier].map(|date| date.signed_duration_since(row.date).abs());
            let date = if near[0] <= near[1] { later } else { earlier };
            if date.signed_duration_since(row.date).abs().num_days() > NEAR_DAYS {
                return None;
            }
            faulty.date = date;
        }
    }
    Some(faulty)
}

/// The amounts in which two neighbouring digits that differ changed places, none with a leading zero.
fn swaps(amount: Decimal) -> Vec<Decimal> {
    let digits = amount.mantissa().abs().to_string().into_bytes();
    (1..digits.len())
        .filter(|&place| digits[place - 1] != digits[place] && !(place == 1 && digits[1] == b'0'))
        .filter_map(|place| {
            let mut swapped = digits.clone();
            swapped.swap(place - 1, place);
            let mantissa: i128 = String::from_utf8(swapped).ok()?.parse().ok()?;
            Some(Decimal::from_i128_with_scale(mantissa * amount.mantissa().signum(), amount.scale()))
        })
        .collect()
}

/// The ledger with the faults, and what must be found.
fn inject(clean: &[LedgerRow], injections: &[Injection], drift: Decimal) -> (Vec<LedgerRow>, Vec<Truth>) {
    let mut rows = Vec::with_capacity(clean.len() + injections.len());
    let mut truths = Vec::new();
    for (place, row) in clean.iter().enumerate() {
        let Some(injection) = injections.iter().find(|injection| injection.row == place) else {
            rows.push(row.clone());
            continue;
        };
        let first = rows.len();
        match injection.fault {
            Fault::Dropped => {}
            Fault::Doubled => rows.extend([row.clone(), injection.becomes.clone()]),
            _ => rows.push(injection.becomes.clone()),
        }
        let concerned = (first..rows.len()).collect();
        truths.push(Truth { fault: injection.fault, rows: concerned, amount: row.amount, drift });
    }
    (rows, truths)
}

/// Whether the faults fall into different periods.
fn are_apart(anchors: &[Anchor], clean: &[LedgerRow], injections: &[Injection]) -> bool {
    let touched = |injection: &Injection| {
        [clean[injection.row].date, injection.becomes.date].map(|date| period_of(anchors, date))
    };
    injections.iter().enumerate().all(|(place, one)| {
        injections[place + 1..]
            .iter()
            .all(|other| touched(one).iter().all(|period| !touched(other).contains(period)))
    })
}

fn is_right(found: &Explanation, truth: &Truth) -> bool {
    let kind = match truth.fault {
        Fault::Dropped => ExplanationKind::MissingTransaction,
        Fault::Doubled => ExplanationKind::Duplicate,
        Fault::Turned => ExplanationKind::WrongSign,
        Fault::Swapped => ExplanationKind::SwappedDigits,
        Fault::Moved => ExplanationKind::WrongSideOfAnchor,
        Fault::Tenfold => ExplanationKind::DroppedDecimals,
    };
    let amount = truth.fault != Fault::Dropped || (found.amount - truth.amount).abs() <= truth.drift;
    found.kind == kind && found.transactions == truth.rows && amount
}

/// Whether the data allow one fault to be told: it shows at all, and no other single change of a row that is there makes bank
/// and books agree as well. A row that is absent is always possible, and so counts as told only when nothing else is.
fn is_tellable(anchors: &[Anchor], rows: &[LedgerRow], truth: &Truth) -> bool {
    let differences = differences(anchors, rows);
    let shows = differences.iter().any(|difference| difference.abs() > DRIFT);
    let others = stories(anchors, rows, &differences)
        .into_iter()
        .filter(|(fault, concerned)| *fault != truth.fault || *concerned != truth.rows);
    shows && others.count() == 0
}

/// What the books lack in each period, the first of which ends with the second anchor.
fn differences(anchors: &[Anchor], rows: &[LedgerRow]) -> Vec<Decimal> {
    let mut differences: Vec<Decimal> = anchors
        .windows(2)
        .map(|pair| pair[1].balance.unwrap_or_default() - pair[0].balance.unwrap_or_default())
        .collect();
    for row in rows {
        if let Some(period) = period_of(anchors, row.date) {
            differences[period - 1] -= row.amount;
        }
    }
    differences
}

/// Every single change of a row that makes bank and books agree.
fn stories(anchors: &[Anchor], rows: &[LedgerRow], differences: &[Decimal]) -> Vec<(Fault, Vec<usize>)> {
    let mut found = Vec::new();
    let agrees = |changes: &[(Option<usize>, Decimal)]| {
        differences.iter().enumerate().all(|(place, difference)| {
            let change = changes.iter().filter(|change| change.0 == Some(place + 1)).map(|change| change.1);
            (*difference - change.sum::<Decimal>()).abs() <= DRIFT
        })
    };
    for (place, row) in rows.iter().enumerate() {
        let period = period_of(anchors, row.date);
        let becomes = |amount: Decimal| agrees(&[(period, amount - row.amount)]);
        if becomes(-row.amount) {
            found.push((Fault::Turned, vec![place]));
        }
        if becomes(row.amount / Decimal::TEN) || becomes(row.amount * Decimal::TEN) {
            found.push((Fault::Tenfold, vec![place]));
        }
        if swaps(row.amount).into_iter().any(&becomes) {
            found.push((Fault::Swapped, vec![place]));
        }
        if becomes(Decimal::ZERO) {
            let copies = (place + 1..rows.len())
                .filter(|&other| rows[other].date == row.date && rows[other].amount == row.amount);
            found.extend(copies.map(|other| (Fault::Doubled, vec![place, other])));
        }
        for anchor in anchors {
            let across = [anchor.date, anchor.date + Days::new(1)]
                .into_iter()
                .filter(|date| date.signed_duration_since(row.date).abs().num_days() <= NEAR_DAYS + 3);
            for date in across {
                let target = period_of(anchors, date);
                if target != period && agrees(&[(period, -row.amount), (target, row.amount)]) {
                    found.push((Fault::Moved, vec![place]));
                }
            }
        }
    }
    found.dedup();
    found
}

/// Figures as a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultFigures<'a>(pub &'a [FaultFigure]);

impl fmt::Display for FaultFigures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(NOTHING);
        table.set_header([
            "",
            "tried",
            "tellable",
            "first",
            "among 3",
            "of all: first",
            "among 3",
            "accused",
        ]);
        for figure in self.0 {
            let of = |part: usize, whole: usize| match whole {
                0 => "-".to_owned(),
                _ => format!("{}.{:02}", part * 100 / whole, part * 10_000 / whole % 100),
            };
            table.add_row([
                figure.case.clone(),
                figure.tried.to_string(),
                figure.tellable.to_string(),
                of(figure.first, figure.tellable),
                of(figure.among_three, figure.tellable),
                of(figure.first_of_all, figure.tried),
                of(figure.among_three_of_all, figure.tried),
                figure.accused.to_string(),
            ]);
        }
        write!(f, "{}", table.trim_fmt())
    }
}
